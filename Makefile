# `make` alone lists the targets. Each sets up what it needs first; what is already set up takes no time.

.DEFAULT_GOAL := help
# Gates run in the order they are written, cheapest first, whatever -j says: a log then has one story.
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
# -qq: errors only.
PIP := $(PYTHON) -m pip -qq --disable-pip-version-check --no-input

# Marks of what is set up. A mark is older than what it depends on exactly when the work must be done again.
SERVER := $(VENV)/.stamp-server
TOOLS := $(VENV)/.stamp-tools
ASSETS := node_modules/.stamp-run
DEV_ASSETS := node_modules/.stamp-dev
BROWSER := $(VENV)/browser.env
CHECKERS := $(VENV)/.stamp-checkers

LANGUAGES := fr
CATALOGUES := caseroom/translations

# Where the tests find the browser and its driver; written by scripts/install_browser.sh.
WITH_BROWSER = set -a && . ./$(BROWSER) && set +a &&

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- Use ---

.PHONY: demo
demo: setup ## Serve a sample practice with four cases and print sign-in links
	$(PYTHON) -m caseroom demo

.PHONY: run
run: setup ## Serve an empty real instance; the first start prints a one-time set-up link
	$(PYTHON) -m caseroom serve

.PHONY: setup
setup: $(SERVER) $(ASSETS) ## Set up what the server needs

# --- Work on it ---

.PHONY: setup-dev
setup-dev: $(TOOLS) $(DEV_ASSETS) $(BROWSER) $(CHECKERS) ## Set up what tests and tools need as well, browser included

.PHONY: test
test: setup-dev ## Run all tests, or T=tests/unit/test_x.py for the inner loop
ifdef T
	$(WITH_BROWSER) $(PYTHON) -m pytest -q $(T)
else
	node --test tests/js
	$(WITH_BROWSER) $(PYTHON) -m pytest -n 2 --dist loadfile --ignore=tests/e2e tests
	$(WITH_BROWSER) $(PYTHON) -m pytest tests/e2e
endif

.PHONY: lint
lint: $(TOOLS) ## Check style, import directions, templates and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/mypy

.PHONY: check
check: lint test ## Run every gate, as CI does

.PHONY: bench
bench: setup-dev ## Measure against the bare loops of the same run; prints ratios and JSON
	$(PYTHON) bench/run.py
	$(PYTHON) bench/evidence.py

.PHONY: fmt
fmt: $(TOOLS) ## Format the code and mend what can be mended safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: screenshots
screenshots: setup-dev ## Make the README's screenshots from the demo
	$(WITH_BROWSER) $(PYTHON) scripts/screenshots.py

.PHONY: translations
translations: $(SERVER) ## Collect the texts of code and templates into the catalogues
	mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file=pyproject.toml --keyword=lazy_gettext --add-comments=Translators: \
		--project=Caseroom --add-location=file --sort-by-file --no-wrap --output-file=build/messages.pot .
	for language in $(LANGUAGES); do \
		if [ -f $(CATALOGUES)/$$language/LC_MESSAGES/messages.po ]; then \
			$(BIN)/pybabel --quiet update --ignore-obsolete --ignore-pot-creation-date --no-fuzzy-matching --no-wrap \
				--input-file=build/messages.pot --output-dir=$(CATALOGUES) --locale=$$language; \
		else \
			$(BIN)/pybabel --quiet init --no-wrap \
				--input-file=build/messages.pot --output-dir=$(CATALOGUES) --locale=$$language; \
		fi || exit 1; \
	done

.PHONY: clean
clean: ## Remove what make can make again; never var/ and var-demo/, which hold data
	rm -rf $(VENV) node_modules build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './var*/*' -prune -exec rm -rf {} +

# --- Marks ---

$(VENV)/pyvenv.cfg:
	scripts/make_venv.sh $(VENV)

$(SERVER): requirements.txt | $(VENV)/pyvenv.cfg
	@echo "Installing Python packages; the first time takes a minute."
	$(PIP) install -r requirements.txt
	@touch $@

$(TOOLS): requirements.txt requirements-dev.txt | $(VENV)/pyvenv.cfg
	@echo "Installing Python packages; the first time takes a minute."
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(SERVER)

# The script sets the mark itself, or not: without Node.js the server still serves, and the next `make` asks again.
$(ASSETS): package.json package-lock.json
	@scripts/install_assets.sh run

$(DEV_ASSETS): package.json package-lock.json
	@scripts/install_assets.sh dev

$(BROWSER): scripts/install_browser.sh | $(VENV)/pyvenv.cfg
	@scripts/install_browser.sh > $@

$(CHECKERS): scripts/install_checkers.sh | $(VENV)/pyvenv.cfg
	@scripts/install_checkers.sh
	@touch $@
