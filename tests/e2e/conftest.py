"""One server and one practice for all stories. Neus the mediator, Ada the claimant and Bruno the respondent each have a
real browser, signed in once; every story has a case of its own, and leaves the browsers as it found them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.e2e.chromium import DESK, Size, chromium
from tests.e2e.navigators import Person
from tests.e2e.practice import Account, Case, Practice

ARTIFACTS = Path(__file__).parent / "artifacts"
# Clara is Ada's counsel, Nils conducts cases of his own, Otto is in none.
NAMES = {
    "ada": "Ada Winter",
    "bruno": "Bruno Sommer",
    "clara": "Clara Herbst",
    "nils": "Nils Brandt",
    "otto": "Otto Kern",
}

OpenBrowser = Callable[..., Person]


@pytest.fixture(scope="session")
def practice(tmp_path_factory) -> Iterator[Practice]:
    practice = Practice(tmp_path_factory.mktemp("practice"))
    yield practice
    practice.stop()


@pytest.fixture(autouse=True)
def _untroubled_server(practice: Practice) -> Iterator[None]:
    """Whatever a story does, the server's log stays without a traceback."""
    before = len(practice.server.log())
    yield
    said = practice.server.log()[before:]
    assert "Traceback" not in said, said


class Accounts(dict[str, Account]):
    """Accounts by first name, each made when it is first asked for."""

    def __init__(self, practice: Practice) -> None:
        super().__init__(neus=practice.neus)
        self.practice = practice

    def __missing__(self, name: str) -> Account:
        self[name] = self.practice.person(NAMES[name])
        return self[name]


@pytest.fixture(scope="session")
def accounts(practice: Practice) -> Accounts:
    return Accounts(practice)


@pytest.fixture(scope="session")
def cast(practice: Practice, accounts: Accounts, tmp_path_factory) -> Iterator[dict[str, Person]]:
    """The three browsers that are signed in once."""
    with ExitStack() as stack:
        people = {}
        for name in ("neus", "ada", "bruno"):
            browser = stack.enter_context(chromium(tmp_path_factory.mktemp(name)))
            people[name] = Person.with_account(accounts[name], browser)
            people[name].signs_in()
        yield people


@pytest.fixture
def open_browser(practice: Practice, tmp_path: Path, request) -> Iterator[OpenBrowser]:
    """A fresh browser for somebody: an account, or a name and an address that has none yet."""
    opened: list[Person] = []
    numbers = count(1)
    with ExitStack() as stack:

        def open_for(who: Account | tuple[str, str], *, size: Size = DESK, language: str = "en") -> Person:
            browser = stack.enter_context(chromium(tmp_path / f"browser-{next(numbers)}", language=language, size=size))
            if isinstance(who, Account):
                person = Person.with_account(who, browser)
            else:
                person = Person(name=who[0], email=who[1], browser=browser, origin=practice.server.origin)
            opened.append(person)
            return person

        yield open_for
        _keep_what_was_seen(request, opened)


@pytest.fixture
def signed_in(cast: dict[str, Person], request) -> Iterator[dict[str, Person]]:
    for person in cast.values():
        person.browser.forget()
        person.actions = 0
    yield cast
    _keep_what_was_seen(request, list(cast.values()))
    for person in cast.values():
        person.finds_the_network_again()
        person.opens("about:blank")
        person.browser.looks_like(DESK)


@pytest.fixture
def neus(signed_in: dict[str, Person]) -> Person:
    return signed_in["neus"]


@pytest.fixture
def ada(signed_in: dict[str, Person]) -> Person:
    return signed_in["ada"]


@pytest.fixture
def bruno(signed_in: dict[str, Person]) -> Person:
    return signed_in["bruno"]


@pytest.fixture
def case(practice: Practice, accounts: Accounts, request) -> Case:
    """A mediation of Neus with Ada and Bruno, everybody admitted, nothing said yet."""
    return practice.mediation(f"Winter and Sommer, {request.node.name[:60]}", accounts["ada"], accounts["bruno"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


def _keep_what_was_seen(request, people: list[Person]) -> None:
    """After a failure: what each screen showed, and its source."""
    if not request.node.stash.get(FAILED, False):
        return
    for person in people:
        file = ARTIFACTS / request.node.name / person.name.split()[0].lower()
        person.browser.screenshot(file.with_suffix(".png"))
        file.with_suffix(".html").write_text(person.browser.driver.page_source, encoding="utf-8")
        file.with_suffix(".log").write_text("\n".join(person.browser.complaints), encoding="utf-8")
