import pytest
from argon2 import Parameters, Type
from sqlalchemy import select

from caseroom.access.words import AuthLevel
from caseroom.accounts import queries, services
from caseroom.accounts.models import Person, SignIn
from caseroom.accounts.passwords import Passwords
from caseroom.accounts.throttle import Throttle
from caseroom.errors import Conflict, Invalid, SecondFactorRequired, Throttled, Unauthenticated

ADDRESS, PASSWORD = "192.0.2.1", "heron gris 41 galets"


def who(database, secret):
    with database.reading() as work:
        return queries.resolve_session(work, secret)


def test_password_and_code_make_a_session_with_both_factors(database, ada):
    secret = ada.signs_in()
    actor = who(database, secret)
    assert actor.person == ada.id
    assert actor.name == "Ada Lovelace"
    assert actor.level is AuthLevel.AL1
    assert actor.practice is None


def test_after_the_password_alone_a_person_is_nobody(database, ada):
    pending = ada.gives_password()
    assert who(database, pending) is None
    with database.reading() as work:
        waiting = queries.pending_person(work, pending)
    assert (waiting.person, waiting.email, waiting.enrolled) == (ada.id, "ada@example.org", True)


def test_the_secret_changes_when_the_session_begins_so_that_a_known_one_opens_nothing(database, ada):
    pending = ada.gives_password()
    secret = ada.gives_code(pending, ada.fresh_code())
    assert secret != pending
    assert who(database, secret) is not None
    assert who(database, pending) is None
    with database.reading() as work:
        assert queries.pending_person(work, pending) is None
        assert queries.pending_person(work, secret) is None
    with pytest.raises(Unauthenticated):
        ada.gives_code(pending, ada.fresh_code())


def test_unknown_address_and_wrong_password_are_answered_alike(database, ada):
    def refusal(email):
        with pytest.raises(Invalid) as refused:
            services.prove_password(database, email=email, password="wrong all the way", address=ADDRESS)
        return refused.value.status, refused.value.code, refused.value.data

    assert refusal("ada@example.org") == refusal("otto@example.org") == refusal("not even an address")
    ada.gives_password()


def test_unknown_and_known_addresses_are_throttled_alike(database, ada):
    for email in ("ada@example.org", "otto@example.org"):
        for _ in range(5):
            with pytest.raises(Invalid):
                services.prove_password(database, email=email, password="wrong all the way", address=ADDRESS)
        with pytest.raises(Throttled):
            services.prove_password(database, email=f" {email.upper()}", password=PASSWORD, address="192.0.2.77")


def test_a_throttled_guess_costs_no_hash(database, ada, monkeypatch):
    for _ in range(5):
        with pytest.raises(Invalid):
            services.prove_password(database, email="ada@example.org", password="wrong", address=ADDRESS)
    asked = []
    monkeypatch.setattr(database.tool(Passwords), "verify", lambda *given: asked.append(given))
    with pytest.raises(Throttled):
        services.prove_password(database, email="ada@example.org", password=PASSWORD, address=ADDRESS)
    assert asked == []


def test_signing_in_many_times_is_never_throttled(ada):
    for _ in range(12):
        ada.signs_in()


def test_the_password_is_checked_outside_any_unit_of_work(database, ada, monkeypatch):
    # A second thread can write while Argon2 runs: the writer's lock is free and so is the database.
    passwords = database.tool(Passwords)
    real = passwords.verify

    def verify(encoded, password):
        import threading

        def write():
            with database.unit_of_work() as work:
                work.session.get(Person, ada.id).theme = "dark"

        other = threading.Thread(target=write)
        other.start()
        other.join(timeout=5)
        assert not other.is_alive()
        return real(encoded, password)

    monkeypatch.setattr(passwords, "verify", verify)
    ada.gives_password()
    with database.reading() as work:
        assert work.session.get(Person, ada.id).theme == "dark"


def test_a_password_changed_between_proof_and_use_makes_the_proof_worthless(database, ada):
    proven = services.prove_password(database, email=ada.email, password=PASSWORD, address=ADDRESS)
    with database.unit_of_work() as work:
        work.session.get(Person, ada.id).password_hash = database.tool(Passwords).hash("another long password")
    with pytest.raises(Invalid), database.unit_of_work() as work:
        services.sign_in(work, proven, device="")


def test_a_hash_of_dated_parameters_is_renewed_at_the_next_sign_in(database, ada):
    stronger = Parameters(
        type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=16, parallelism=1
    )
    database.provide(Passwords, Passwords(stronger))
    ada.signs_in()
    with database.reading() as work:
        assert "m=16,t=2,p=1" in work.session.get(Person, ada.id).password_hash
    ada.signs_in()


def test_the_code_must_come_within_ten_minutes(database, ada, present):
    late, timely = ada.gives_password(), ada.gives_password()
    present.move(minutes=9, seconds=59)
    ada.gives_code(timely, ada.code())
    present.move(seconds=31)
    with pytest.raises(Unauthenticated):
        ada.gives_code(late, ada.code())


def test_a_wrong_code_signs_nobody_in_and_the_right_one_still_does(database, ada):
    pending = ada.gives_password()
    with pytest.raises(Invalid):
        ada.gives_code(pending, "not a code")
    assert who(database, ada.gives_code(pending, ada.fresh_code())) is not None


def test_a_person_without_second_factor_is_led_to_one_and_never_past_it(database, person):
    ada = person("Ada Lovelace", "ada@example.org")
    pending = ada.gives_password()
    with pytest.raises(SecondFactorRequired):
        ada.gives_code(pending, "123456")
    with database.unit_of_work() as work:
        ada.secret = services.begin_totp(work, ada.id).secret
    with database.unit_of_work() as work:
        enrolled = services.enrol(work, pending, ada.code(), address=ADDRESS)
    assert who(database, enrolled.secret).person == ada.id
    assert who(database, pending) is None
    assert len(enrolled.recovery_codes) == 10


def test_a_half_signed_in_person_cannot_replace_a_second_factor(database, ada):
    pending = ada.gives_password()
    with pytest.raises(Conflict), database.unit_of_work() as work:
        services.enrol(work, pending, ada.fresh_code(), address=ADDRESS)
    assert who(database, pending) is None


def test_a_recovery_code_stands_for_the_phone_once(database, ada):
    secret = ada.gives_code(ada.gives_password(), f" {ada.recovery[3].lower()} ")
    assert who(database, secret) is not None
    pending = ada.gives_password()
    with pytest.raises(Invalid):
        ada.gives_code(pending, ada.recovery[3])
    ada.gives_code(pending, ada.recovery[4])


def test_another_persons_recovery_code_is_nothing(ada, bruno):
    pending = ada.gives_password()
    with pytest.raises(Invalid):
        ada.gives_code(pending, bruno.recovery[0])
    bruno.gives_code(bruno.gives_password(), bruno.recovery[0])


def test_a_session_ends_twelve_hours_after_its_last_use(database, ada, present):
    secret = ada.signs_in()
    for _ in range(3):
        present.move(hours=11)
        with database.unit_of_work() as work:
            services.note_use(work, ada.actor(secret))
    present.move(hours=12, seconds=1)
    assert who(database, secret) is None


def test_a_session_ends_seven_days_after_it_began_however_much_it_is_used(database, ada, present):
    secret = ada.signs_in()
    for _ in range(16):
        present.move(hours=10)
        with database.unit_of_work() as work:
            services.note_use(work, ada.actor(secret))
    present.move(hours=8, seconds=1)
    assert who(database, secret) is None


def test_the_time_of_last_use_is_written_once_a_minute(database, ada, present):
    secret = ada.signs_in()
    began = present.instant

    def seen():
        with database.reading() as work:
            return work.session.scalars(select(SignIn.seen_at)).one(), queries.find_session(work, secret).seen_due

    present.move(seconds=59)
    with database.unit_of_work() as work:
        services.note_use(work, ada.actor(secret))
    assert seen() == (began, False)
    present.move(seconds=1)
    assert seen() == (began, True)
    with database.unit_of_work() as work:
        services.note_use(work, ada.actor(secret))
    assert seen() == (present.instant, False)


def test_signing_out_ends_this_session_and_cuts_its_connections(database, ada, publisher):
    kept, left = ada.signs_in(), ada.signs_in()
    actor = ada.actor(left)
    with database.unit_of_work() as work:
        services.sign_out(work, actor)
        assert publisher.cut == []  # nothing before the commit
    assert publisher.cut == [actor.session]
    assert who(database, left) is None
    assert who(database, kept) is not None


def test_a_sign_out_that_is_rolled_back_cuts_nobody(database, ada, publisher):
    secret = ada.signs_in()
    actor = ada.actor(secret)

    def sign_out_and_fail():
        with database.unit_of_work() as work:
            services.sign_out(work, actor)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        sign_out_and_fail()
    assert publisher.cut == []
    assert who(database, secret) is not None


def test_signing_out_everywhere_ends_every_session_of_the_person_and_nobody_elses(database, ada, bruno, publisher):
    one, two, pending, his = ada.signs_in(), ada.signs_in(), ada.gives_password(), bruno.signs_in()
    sessions = {ada.actor(one).session, ada.actor(two).session}
    with database.unit_of_work() as work:
        assert services.sign_out_everywhere(work, ada.actor(one)) == 3
    assert sessions < set(publisher.cut)
    assert len(publisher.cut) == 3
    assert who(database, one) is who(database, two) is None
    with pytest.raises(Unauthenticated):
        ada.gives_code(pending, ada.fresh_code())
    assert who(database, his) is not None


def test_a_lost_phones_session_is_ended_from_another_device(database, ada, bruno, publisher):
    here, phone, his = ada.signs_in(), ada.signs_in(), bruno.signs_in()
    phone_id, his_id = ada.actor(phone).session, bruno.actor(his).session
    with database.unit_of_work() as work:
        services.end_session(work, ada.actor(here), session_id=phone_id)
        services.end_session(work, ada.actor(here), session_id=his_id)
    assert who(database, phone) is None
    assert who(database, his) is not None
    assert publisher.cut == [phone_id]


def test_a_person_sees_her_open_sessions_and_which_one_this_is(database, ada, bruno, present):
    first = ada.signs_in()
    present.move(minutes=5)
    second = ada.signs_in()
    ada.gives_password()
    bruno.signs_in()
    with database.reading() as work:
        listed = queries.my_sessions(work, ada.actor(second))
    assert [(view.id, view.present) for view in listed] == [
        (ada.actor(second).session, True),
        (ada.actor(first).session, False),
    ]
    assert {view.device for view in listed} == {"Firefox, Linux"}


def test_a_changed_password_replaces_the_old_one_and_ends_the_other_sessions(database, ada, publisher):
    here, elsewhere = ada.signs_in(), ada.signs_in()
    actor, other = ada.actor(here), ada.actor(elsewhere).session
    proven = services.prove_password(database, email=ada.email, password=PASSWORD, address=ADDRESS)
    new = services.prepare_password(database, actor, password="sarcelle 77 roseaux")
    with database.unit_of_work() as work:
        services.change_password(work, actor, proven, new)
    assert who(database, here) is not None
    assert who(database, elsewhere) is None
    assert publisher.cut == [other]
    with pytest.raises(Invalid):
        ada.gives_password(PASSWORD)
    ada.gives_password("sarcelle 77 roseaux")


def test_a_new_password_obeys_the_rules_with_the_persons_own_name_and_practice(database, person):
    with database.unit_of_work() as work:
        practice = services.create_practice(work, name="Centre de Valmoncel")
    neus = person("Neus Català", "neus@example.org", practice_id=practice)
    neus.enrols()
    actor = neus.actor(neus.signs_in())
    for typed, code in (("short", "too_short"), ("valmoncel-77-x", "password_has_name")):
        with pytest.raises(Invalid) as refused:
            services.prepare_password(database, actor, password=typed)
        (error,) = refused.value.data["errors"]
        assert (error["field"], error["code"]) == ("new_password", code)


def test_nobody_changes_another_persons_password_with_his_own(database, ada, bruno):
    actor = ada.actor(ada.signs_in())
    his = services.prove_password(database, email=bruno.email, password=PASSWORD, address=ADDRESS)
    new = services.prepare_password(database, actor, password="sarcelle 77 roseaux")
    with pytest.raises(Conflict), database.unit_of_work() as work:
        services.change_password(work, actor, his, new)
    ada.gives_password(PASSWORD)
    bruno.gives_password(PASSWORD)


def test_made_up_secrets_are_nobody(database, ada):
    ada.signs_in()
    with database.reading() as work:
        for secret in ("", "x", "\ud800", "\x00", "a" * 100_000):
            assert queries.resolve_session(work, secret) is None
            assert queries.resolve_token(work, secret) is None
            assert queries.pending_person(work, secret) is None
            assert queries.find_link(work, "invite", secret) is None


def test_the_demo_opens_a_session_at_once(database, ada):
    with database.unit_of_work() as work:
        secret = services.open_session(work, ada.id, device="demo")
    assert who(database, secret).person == ada.id


def test_failures_of_many_addresses_lock_an_account_for_a_window_and_not_for_ever(database, ada, monkeypatch):
    for number in range(5):
        with pytest.raises(Invalid):
            ada.gives_password("wrong all the way", address=f"198.51.100.{number}")
    with pytest.raises(Throttled) as refused:
        ada.gives_password()
    assert refused.value.data["retry_after"] <= 300
    database.tool(Throttle).storage.reset()  # as the end of the window does
    ada.signs_in()
