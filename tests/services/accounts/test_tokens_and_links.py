import threading

import pytest

from caseroom.access.words import AuthLevel
from caseroom.accounts import queries, services
from caseroom.errors import Invalid, NotFound


def who(database, secret):
    with database.reading() as work:
        return queries.resolve_token(work, secret)


def make_token(database, email="ada@example.org", label="script"):
    with database.unit_of_work() as work:
        return services.create_token(work, email=email, label=label)


def link_of(database, purpose, code):
    with database.reading() as work:
        return queries.find_link(work, purpose, code)


def test_a_token_is_its_person_without_second_factor(database, ada):
    actor = who(database, make_token(database))
    assert actor.person == ada.id
    assert actor.level is AuthLevel.AL0


def test_a_token_is_no_web_session_and_a_session_is_no_token(database, ada):
    token, secret = make_token(database), ada.signs_in()
    assert who(database, secret) is None
    with database.reading() as work:
        assert queries.resolve_session(work, token) is None


def test_a_revoked_token_opens_nothing_and_its_connections_are_cut(database, ada, publisher):
    kept, lost = make_token(database), make_token(database, label="lost")
    lost_id = who(database, lost).session
    me = ada.actor(ada.signs_in())
    with database.unit_of_work() as work:
        services.revoke_token(work, me, token_id=lost_id)
    assert who(database, lost) is None
    assert who(database, kept) is not None
    assert publisher.cut == [lost_id]
    with database.reading() as work:
        assert [token.label for token in queries.my_tokens(work, me)] == ["script"]


def test_nobody_revokes_another_persons_token(database, ada, bruno):
    token = make_token(database)
    bruno_actor = bruno.actor(bruno.signs_in())
    with pytest.raises(NotFound), database.unit_of_work() as work:
        services.revoke_token(work, bruno_actor, token_id=who(database, token).session)
    assert who(database, token) is not None


def test_a_token_needs_a_person_and_a_readable_label(database, ada):
    with pytest.raises(NotFound):
        make_token(database, email="otto@example.org")
    with pytest.raises(Invalid):
        make_token(database, label="\x1b[31m")


def test_the_last_use_of_a_token_is_noted(database, ada, present):
    token = make_token(database)
    actor = who(database, token)
    with database.unit_of_work() as work:
        assert queries.my_tokens(work, actor)[0].used_at is None
        services.note_use(work, actor)
    with database.reading() as work:
        assert queries.my_tokens(work, actor)[0].used_at == present.instant


def test_a_link_works_once(database, present):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="invite", subject="p" * 32, email="Ada@example.org", days=7)
    found = link_of(database, "invite", code)
    assert (found.subject, found.email) == ("p" * 32, "ada@example.org")
    with database.unit_of_work() as work:
        assert services.use_link(work, "invite", code) == found
    assert link_of(database, "invite", code) is None
    with pytest.raises(NotFound), database.unit_of_work() as work:
        services.use_link(work, "invite", code)


def test_a_link_used_in_work_that_is_rolled_back_still_works(database):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="invite", days=7)

    def use_and_fail():
        with database.unit_of_work() as work:
            services.use_link(work, "invite", code)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        use_and_fail()
    assert link_of(database, "invite", code) is not None


def test_a_link_used_by_two_at_once_serves_one(database):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="setup", days=7)
    outcomes = []

    def use():
        try:
            with database.unit_of_work() as work:
                services.use_link(work, "setup", code)
            outcomes.append("used")
        except NotFound:
            outcomes.append("refused")

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["used"]


def test_a_link_ends_with_its_days(database, present):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="invite", days=7)
    present.move(days=7, seconds=-1)
    assert link_of(database, "invite", code) is not None
    present.move(seconds=1)
    assert link_of(database, "invite", code) is None
    with pytest.raises(NotFound), database.unit_of_work() as work:
        services.use_link(work, "invite", code)


def test_a_link_serves_its_purpose_alone(database):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="invite", days=7)
    assert link_of(database, "setup", code) is None
    assert link_of(database, "invite", code) is not None


def test_revoked_links_are_gone_and_those_of_others_stay(database):
    with database.unit_of_work() as work:
        adas = services.make_link(work, purpose="invite", subject="a" * 32, days=7)
        brunos = services.make_link(work, purpose="invite", subject="b" * 32, days=7)
    with database.unit_of_work() as work:
        assert services.revoke_links(work, "invite", "a" * 32) == 1
        assert services.revoke_links(work, "invite", "a" * 32) == 0
    assert link_of(database, "invite", adas) is None
    assert link_of(database, "invite", brunos) is not None


def test_a_demo_link_may_be_used_again(database):
    with database.unit_of_work() as work:
        code = services.make_link(work, purpose="demo", subject="a" * 32, days=30)
    for _ in range(2):
        with database.unit_of_work() as work:
            assert services.use_link(work, "demo", code).subject == "a" * 32
