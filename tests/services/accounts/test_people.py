import pytest
from sqlalchemy import func, select

from caseroom.accounts import queries, services
from caseroom.accounts.models import Person, Practice, SignIn
from caseroom.errors import Invalid
from tests.doubles import RecordingPublisher

GOOD = "heron gris 41 galets"


def errors_of(refused):
    return [(error["field"], error["code"]) for error in refused.value.data["errors"]]


def count(database, model):
    with database.reading() as work:
        return work.session.scalar(select(func.count()).select_from(model))


def test_a_practice_is_founded_with_its_owner(database):
    prepared = services.prepare_person(
        database,
        email="Neus@Valmoncel.example",
        name="Neus Català",
        password=GOOD,
        practice="  Centre de  Valmoncel ",
        founding=True,
    )
    with database.unit_of_work() as work:
        assert not queries.has_practice(work)
        person_id = services.found_practice(work, prepared, locale="fr", zone="Europe/Paris")
    with database.reading() as work:
        assert queries.has_practice(work)
        found = queries.person_by_email(work, "NEUS@valmoncel.example ")
        assert found is not None
        assert found.person == person_id
        assert found.email == "neus@valmoncel.example"
        row = work.session.get(Person, person_id)
        assert row.owner
        assert work.session.get(Practice, row.practice_id).name == "Centre de Valmoncel"
        assert row.password_hash.startswith("$argon2id$")
        assert row.totp_confirmed_at is None


def test_everything_wrong_in_a_set_up_is_said_at_once_and_nothing_is_written(database):
    with pytest.raises(Invalid) as refused:
        services.prepare_person(database, email="x", name="", password="short", practice="\x07", founding=True)
    assert errors_of(refused) == [
        ("practice", "control_characters"),
        ("name", "empty"),
        ("email", "invalid_email"),
        ("password", "too_short"),
    ]
    assert count(database, Practice) == count(database, Person) == 0


def test_one_address_is_one_person(database, person):
    person("Ada Lovelace", "ada@example.org")
    with pytest.raises(Invalid) as refused:
        person("Ada Again", "ADA@example.org")
    assert errors_of(refused) == [("email", "email_taken")]
    assert count(database, Person) == 1


def test_two_people_who_take_one_address_in_the_same_moment_are_told_by_the_database(database, person, monkeypatch):
    person("Ada Lovelace", "ada@example.org")
    prepared = services.prepare_person(database, email="ada@example.org", name="Ada Again", password=GOOD)
    with database.unit_of_work() as work:
        # The other one's row appears between the look and the writing.
        monkeypatch.setattr(work.session, "scalar", lambda _: None)
        with pytest.raises(Invalid) as refused:
            services.create_person(work, prepared)
        work.session.rollback()
    assert errors_of(refused) == [("email", "email_taken")]


def test_one_name_is_one_practice(database):
    with database.unit_of_work() as work:
        services.create_practice(work, name="Centre de Valmoncel")
    with database.unit_of_work() as work, pytest.raises(Invalid) as refused:
        services.create_practice(work, name="Centre  de Valmoncel")
    assert errors_of(refused) == [("practice", "practice_taken")]


def test_a_person_chooses_language_zone_and_theme(database, ada):
    secret = ada.signs_in()
    with database.unit_of_work() as work:
        services.set_preferences(work, ada.actor(secret), locale="en", zone="America/Lima", theme="dark")
    with database.unit_of_work() as work:
        services.set_preferences(work, ada.actor(secret), theme="")
    with database.reading() as work:
        me = queries.me(work, ada.actor(secret))
    assert (me.locale, me.zone, me.theme) == ("en", "America/Lima", "")
    assert ada.actor(secret).locale == "en"
    assert ada.actor(secret).zone == "America/Lima"


def test_an_unknown_choice_is_refused_and_leaves_the_others(database, ada):
    actor = ada.actor(ada.signs_in())
    with pytest.raises(Invalid) as refused, database.unit_of_work() as work:
        services.set_preferences(work, actor, locale="en", zone="Mars/Olympus", theme="pink")
    assert errors_of(refused) == [("zone", "unknown_value"), ("theme", "unknown_value")]
    with database.reading() as work:
        assert queries.me(work, actor).locale == ""


def test_a_person_changes_her_own_name(database, ada):
    secret = ada.signs_in()
    with database.unit_of_work() as work:
        services.rename(work, ada.actor(secret), name="Ada King")
    assert ada.actor(secret).name == "Ada King"
    with pytest.raises(Invalid), database.unit_of_work() as work:
        services.rename(work, ada.actor(secret), name="Ada\u202e")
    assert ada.actor(secret).name == "Ada King"


def test_no_secret_stands_in_the_database_as_it_is_presented(database, ada, tmp_path):
    secret = ada.signs_in()
    with database.unit_of_work() as work:
        token = services.create_token(work, email=ada.email, label="script")
        link = services.make_link(work, purpose="invite", subject="x", days=1)
    assert count(database, SignIn) == 1
    database.engine.dispose()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("caseroom.db*"))
    assert ada.email.encode() in files
    for known in (GOOD, ada.secret, secret, token, link, *ada.recovery, *(c.replace("-", "") for c in ada.recovery)):
        assert known.encode() not in files


def test_a_publisher_of_the_tests_has_what_the_real_one_must_have():
    publisher = RecordingPublisher()
    publisher.cut_session("x")
    assert (publisher.events, publisher.cut) == ([], ["x"])
