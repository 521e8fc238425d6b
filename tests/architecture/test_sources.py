"""Rules of shape that no tool of the gate checks: each with its reason in its name, each proved to see an offence."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from caseroom import errors
from caseroom.web import words

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "caseroom"
SOURCES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 350


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(source: str, *methods: str) -> list[int]:
    """The lines on which a method of one of these names is called."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    ]


def imports(source: str) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def offenders(offends, *, allowed=()):
    return [name(path) for path in SOURCES if name(path) not in allowed and offends(path.read_text(encoding="utf-8"))]


def test_the_rules_below_see_what_they_look_for():
    assert calls("work.session.commit()", "commit")
    assert not calls("commit = 1; committed()", "commit")
    assert imports("def f():\n    import eventlet.wsgi") == {"eventlet"}
    assert len(SOURCES) > 100


def test_only_the_unit_of_work_commits_or_rolls_back():
    """The ledger's entry and the change it tells of are in one transaction because nothing else ends one."""
    # An object being written to the store has a commit of its own, which is no transaction's.
    allowed = {"caseroom/db.py", "caseroom/exhibits/intake.py"}
    assert offenders(lambda source: calls(source, "commit", "rollback"), allowed=allowed) == []


def test_only_the_gateway_speaks_socket_io():
    """Every event passes its checks because there is no other way in or out."""
    offends = lambda source: imports(source) & {"flask_socketio", "socketio", "engineio"}  # noqa: E731
    assert offenders(offends, allowed={"caseroom/realtime/gateway.py"}) == []


def test_event_libraries_are_named_in_the_start_script_and_the_worker_seam_only():
    """So that leaving eventlet is one line."""
    offends = lambda source: imports(source) & {"eventlet", "gevent", "greenlet"}  # noqa: E731
    assert offenders(offends, allowed={"caseroom/workers.py"}) == []
    assert imports((ROOT / "wsgi.py").read_text()) >= {"eventlet", "gevent"}


def test_every_file_can_be_read_in_one_sitting():
    # A migration is read once, by a machine. The offline verifier is one file because a copy of it lies in every pack.
    long = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCES
        if path.parent.name != "versions" and name(path) != "caseroom/audit/verify.py"
    }
    assert {path: length for path, length in long.items() if length > LONGEST_FILE} == {}


def test_a_time_without_its_zone_is_refused_by_the_linter_everywhere():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "DTZ" in lint["select"]
    waived = [*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)]
    assert [rule for rule in waived if rule.startswith("DTZ")] == []
    assert offenders(re.compile(r"noqa:.*\bDTZ").search) == []


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")
    assert offenders(marks.search) == []


def test_no_template_and_no_module_passes_text_around_the_escaping():
    """Markup() is called on what was escaped piece by piece, or drawn by us; a template never says |safe."""
    unsafe = [
        path
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text())
    ]
    assert unsafe == []
    allowed = {"caseroom/web/text.py", "caseroom/accounts/views/sign_in.py"}
    made = [name(path) for path in SOURCES if re.search(r"\bMarkup\(", path.read_text(encoding="utf-8"))]
    assert set(made) <= allowed


def test_no_module_is_a_place_for_whatever_has_no_place():
    homeless = {"utils", "util", "helpers", "helper", "common", "misc", "tools_"}
    assert [name(path) for path in SOURCES if path.stem in homeless] == []


def test_no_module_keeps_state_that_changes():
    """Two workers, two threads or two tests would share it."""
    assert mutable("CACHE = {}\n") == [1]
    assert mutable("NAMES = {'a': 1}\nlog = getLogger()\n") == []
    found = {name(path): mutable(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}


def mutable(source: str) -> list[int]:
    """Lines of module-level names that begin as an empty collection: they can only be meant to be filled."""
    lines = []
    for node in ast.parse(source).body:
        value = getattr(node, "value", None) if isinstance(node, ast.Assign | ast.AnnAssign) else None
        empty_literal = (isinstance(value, ast.Dict) and not value.keys) or (
            isinstance(value, ast.List) and not value.elts
        )
        empty_call = (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in ("dict", "list", "set", "defaultdict", "deque")
            and not value.args
        )
        if empty_literal or empty_call:
            lines.append(node.lineno)
    return lines


# --- error codes ---

ERRORS = {
    each.__name__: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.CaseroomError)
}


def raised_codes(source: str) -> Iterator[tuple[str, str, int]]:
    """("problem" or "field", code, line) of every error that a file makes with a code written out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from problem_codes(node)
            yield from field_codes(node)
        elif isinstance(node, ast.Name) and node.id in ERRORS:
            yield "problem", ERRORS[node.id].default_code, node.lineno
        elif isinstance(node, ast.Dict):
            members = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if "field" in members and "code" in members:
                yield from (("field", code, node.lineno) for code in constants(members["code"]))


def problem_codes(node: ast.Call) -> Iterator[tuple[str, str, int]]:
    if node.func.id in ERRORS | {"Denied": None}:
        yield from (("problem", code, node.lineno) for argument in node.args[:1] for code in constants(argument))


def field_codes(node: ast.Call) -> Iterator[tuple[str, str, int]]:
    if node.func.id == "invalid_field" and len(node.args) > 1:
        yield from (("field", code, node.lineno) for code in constants(node.args[1]))


def constants(node: ast.expr) -> list[str]:
    """The texts an argument can be: one, or either of a conditional's."""
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def sentences(function: str) -> set[str]:
    """The codes that one of the tables of web/words.py has a sentence for."""
    tree = ast.parse((PACKAGE / "web" / "words.py").read_text(encoding="utf-8"))
    (defined,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    return {key.value for table in ast.walk(defined) if isinstance(table, ast.Dict) for key in table.keys}


def all_raised() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {"problem": {}, "field": {}}
    for path in SOURCES:
        for shape, code, line in raised_codes(path.read_text(encoding="utf-8")):
            found[shape].setdefault(code, f"{name(path)}:{line}")
    return found


def test_the_walk_sees_codes_in_every_form_in_which_they_are_raised():
    source = """
raise Conflict("one")
raise Forbidden
raise invalid_field("f", "two" if a == "not this" else "three")
raise Invalid(errors=[{"field": "x", "code": "four"}])
return Denied("five")
"""
    seen = {(shape, code) for shape, code, _ in raised_codes(source)}
    assert seen >= {("problem", "one"), ("problem", "forbidden"), ("problem", "five")}
    assert {code for shape, code in seen if shape == "field"} == {"two", "three", "four"}


@pytest.mark.parametrize(("shape", "function"), [("problem", "error_sentence"), ("field", "field_sentence")])
def test_every_code_that_is_raised_has_a_sentence_for_the_person(shape, function):
    raised = all_raised()[shape]
    assert len(raised) > 15
    told = sentences(function) | (words.POLICY_CODES if shape == "problem" else set())
    assert {code: where for code, where in raised.items() if code not in told} == {}


def test_every_error_has_its_own_status_and_a_default_code_with_a_sentence():
    told = sentences("error_sentence")
    for error in ERRORS.values():
        assert error.default_code in told, error.__name__
        assert 400 <= error.status <= 503
