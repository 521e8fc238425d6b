import pyotp
import pytest

from caseroom.accounts import commands, queries, services
from caseroom.app import open_database
from caseroom.config import load_settings
from caseroom.errors import Invalid, NotFound

PASSWORD = "heron gris 41 galets"
NEUS = {"email": "neus@example.org", "name": "Neus Català", "password": PASSWORD}


@pytest.fixture
def settings(tmp_path):
    return load_settings({"CASEROOM_DATA": str(tmp_path), "CASEROOM_ORIGIN": "https://rooms.example.org"})


def test_init_founds_a_practice_whose_owner_can_sign_in_at_once(database, present):
    made = commands.init_practice(database, practice="Centre de Valmoncel", **NEUS)
    assert set(made) == {"id", "practice_id", "totp_uri"}
    proven = services.prove_password(database, email=NEUS["email"], password=PASSWORD, address="192.0.2.1")
    code = pyotp.parse_uri(made["totp_uri"]).at(present.instant)
    with database.unit_of_work() as work:
        pending = services.sign_in(work, proven, device="")
        assert pending.enrolled
        secret = services.confirm_sign_in(work, pending.secret, code, address="192.0.2.1")
    with database.reading() as work:
        actor = queries.resolve_session(work, secret)
        assert (actor.person, actor.practice) == (made["id"], made["practice_id"])
        assert queries.me(work, actor).owner


def test_create_user_joins_a_practice_that_exists(database):
    with pytest.raises(NotFound):
        commands.create_user(database, practice="Centre de Valmoncel", **NEUS)
    founded = commands.init_practice(
        database, practice="Centre de Valmoncel", email="x@example.org", name="Xavi", password=PASSWORD
    )
    made = commands.create_user(database, practice="Centre de Valmoncel", **NEUS)
    assert set(made) == {"id", "totp_uri"}
    assert pyotp.parse_uri(made["totp_uri"]).issuer == "Centre de Valmoncel"
    with database.reading() as work:
        assert queries.person_by_email(work, NEUS["email"]).practice == founded["practice_id"]


def test_what_the_command_line_gives_is_checked_like_what_a_page_gives(database):
    with pytest.raises(Invalid) as refused:
        commands.init_practice(database, practice="", email="x", name="", password="short")
    assert {error["field"] for error in refused.value.data["errors"]} == {"practice", "email", "name", "password"}
    with database.reading() as work:
        assert not queries.has_practice(work)


def test_a_token_from_the_command_line_is_its_person(database):
    made = commands.init_practice(database, practice="Centre de Valmoncel", **NEUS)
    token = commands.create_token(database, email="NEUS@example.org")
    with database.reading() as work:
        assert queries.resolve_token(work, token).person == made["id"]


def test_who_lost_password_or_telephone_gets_new_ones_and_everything_old_ends(database, present, publisher):
    made = commands.init_practice(database, practice="Centre de Valmoncel", **NEUS)
    with database.unit_of_work() as work:
        session = services.open_session(work, made["id"], device="")
    token = commands.create_token(database, email=NEUS["email"])
    with pytest.raises(NotFound):
        commands.reset_access(database, email="otto@example.org", password="sarcelle 77 roseaux")
    with pytest.raises(Invalid):
        commands.reset_access(database, email=NEUS["email"], password="valmoncel-77-x")
    again = commands.reset_access(database, email=NEUS["email"], password="sarcelle 77 roseaux")
    assert again["id"] == made["id"]
    assert again["totp_uri"] != made["totp_uri"]
    assert len(publisher.cut) == 2, "the session's connections and the token's"
    with database.reading() as work:
        assert queries.resolve_session(work, session) is None
        assert queries.resolve_token(work, token) is None
    with pytest.raises(Invalid):
        services.prove_password(database, email=NEUS["email"], password=PASSWORD, address="192.0.2.1")
    proven = services.prove_password(database, email=NEUS["email"], password="sarcelle 77 roseaux", address="192.0.2.1")
    with database.unit_of_work() as work:
        pending = services.sign_in(work, proven, device="").secret
    old, new = (pyotp.parse_uri(each["totp_uri"]).at(present.instant) for each in (made, again))
    with pytest.raises(Invalid), database.unit_of_work() as work:
        services.confirm_sign_in(work, pending, old, address="192.0.2.1")
    with database.unit_of_work() as work:
        assert services.confirm_sign_in(work, pending, new, address="192.0.2.1")


def test_the_set_up_link_is_renewed_at_each_start_until_there_is_a_practice(database, settings):
    first, second = (commands.first_setup_link(database, settings) for _ in range(2))
    assert first.startswith("https://rooms.example.org/setup/")
    with database.reading() as work:
        assert queries.find_link(work, "setup", first.rpartition("/")[2]) is None
        assert queries.find_link(work, "setup", second.rpartition("/")[2]) is not None
    commands.init_practice(database, practice="Centre de Valmoncel", **NEUS)
    assert commands.first_setup_link(database, settings) is None
    with database.reading() as work:
        assert queries.find_link(work, "setup", second.rpartition("/")[2]) is None


def test_the_command_line_ends_sessions_without_anybody_to_tell(tmp_path):
    settings = load_settings({"CASEROOM_DATA": str(tmp_path)})
    database = open_database(settings)
    made = commands.init_practice(database, practice="Centre de Valmoncel", **NEUS)
    with database.unit_of_work() as work:
        session = services.open_session(work, made["id"], device="")
    commands.reset_access(database, email=NEUS["email"], password="sarcelle 77 roseaux")
    with database.reading() as work:
        assert queries.resolve_session(work, session) is None
