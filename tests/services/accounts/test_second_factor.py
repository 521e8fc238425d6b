import pyotp
import pytest

from caseroom.accounts import queries, services
from caseroom.accounts.models import RecoveryCode
from caseroom.errors import Conflict, Invalid, Throttled

ADDRESS = "192.0.2.1"


def code_of(refused):
    (error,) = refused.value.data["errors"]
    assert error["field"] == "code"
    return error["code"]


def prove(database, someone, code):
    with database.unit_of_work() as work:
        services.prove_code(work, someone.id, code, address=ADDRESS)


def test_the_offer_stays_the_same_until_it_is_confirmed(database, person):
    ada = person("Ada Lovelace", "ada@example.org")
    with database.unit_of_work() as work:
        first = services.begin_totp(work, ada.id)
    with database.unit_of_work() as work:
        assert services.begin_totp(work, ada.id) == first
    assert first.secret in first.uri
    assert "issuer=Caseroom" in first.uri


def test_the_offer_names_the_practice_of_who_has_one(database, person):
    with database.unit_of_work() as work:
        practice = services.create_practice(work, name="Centre de Valmoncel")
    neus = person("Neus Català", "neus@example.org", practice_id=practice)
    with database.unit_of_work() as work:
        assert pyotp.parse_uri(services.begin_totp(work, neus.id).uri).issuer == "Centre de Valmoncel"


def test_a_wrong_first_code_confirms_nothing(database, person):
    ada = person("Ada Lovelace", "ada@example.org")
    with database.unit_of_work() as work:
        secret = services.begin_totp(work, ada.id).secret
    right = pyotp.TOTP(secret).at(ada.present.instant)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    with pytest.raises(Invalid) as refused, database.unit_of_work() as work:
        services.confirm_totp(work, ada.id, wrong, address=ADDRESS)
    assert code_of(refused) == "wrong_code"
    with database.unit_of_work() as work:
        assert len(services.confirm_totp(work, ada.id, right, address=ADDRESS)) == 10


def test_nothing_is_confirmed_that_was_not_offered(database, person):
    ada = person("Ada Lovelace", "ada@example.org")
    with pytest.raises(Conflict), database.unit_of_work() as work:
        services.confirm_totp(work, ada.id, "123456", address=ADDRESS)


def test_a_confirmed_second_factor_is_not_replaced_by_beginning_again(database, ada):
    for step in (
        lambda work: services.begin_totp(work, ada.id),
        lambda work: services.confirm_totp(work, ada.id, ada.fresh_code(), address=ADDRESS),
    ):
        with pytest.raises(Conflict) as refused, database.unit_of_work() as work:
            step(work)
        assert refused.value.status == 409


def test_a_code_is_used_once(database, ada):
    code = ada.fresh_code()
    prove(database, ada, code)
    with pytest.raises(Invalid) as refused:
        prove(database, ada, code)
    assert code_of(refused) == "wrong_code"
    prove(database, ada, ada.fresh_code())


def test_the_code_that_confirmed_the_second_factor_is_used(database, ada):
    with pytest.raises(Invalid) as refused:
        prove(database, ada, ada.code())
    assert code_of(refused) == "wrong_code"


def test_no_code_older_than_the_last_accepted_one_counts(database, ada):
    older = ada.fresh_code()
    prove(database, ada, ada.fresh_code())
    with pytest.raises(Invalid) as refused:
        prove(database, ada, older)
    assert code_of(refused) == "wrong_code"


def test_another_persons_code_is_wrong(database, ada, bruno):
    with pytest.raises(Invalid) as refused:
        prove(database, ada, bruno.fresh_code())
    assert code_of(refused) == "wrong_code"


def test_wrong_codes_are_throttled_and_right_ones_are_not(database, ada):
    for _ in range(8):
        prove(database, ada, ada.fresh_code())
    for _ in range(5):
        with pytest.raises(Invalid):
            prove(database, ada, "not a code")
    with pytest.raises(Throttled) as refused:
        prove(database, ada, ada.fresh_code())
    assert 0 < refused.value.data["retry_after"] <= 300


def test_recovery_codes_are_renewed_with_a_code_and_the_old_ones_are_gone(database, ada):
    actor = ada.actor(ada.signs_in())
    with pytest.raises(Invalid), database.unit_of_work() as work:
        services.renew_recovery_codes(work, actor, code="000 000 0", address=ADDRESS)
    with database.unit_of_work() as work:
        fresh = services.renew_recovery_codes(work, actor, code=ada.fresh_code(), address=ADDRESS)
    assert not set(fresh) & set(ada.recovery)
    with pytest.raises(Invalid):
        ada.gives_code(ada.gives_password(), ada.recovery[0])
    ada.gives_code(ada.gives_password(), fresh[0])
    with database.reading() as work:
        assert queries.me(work, actor).recovery_left == 9
        assert work.session.query(RecoveryCode).filter_by(person_id=ada.id).count() == 10


def test_shown_codes_are_read_again_by_their_person_alone(database, ada, bruno):
    with database.reading() as work:
        sealed = services.seal_shown_codes(work, ada.id, list(ada.recovery))
        assert services.open_shown_codes(work, ada.id, sealed) == list(ada.recovery)
        assert services.open_shown_codes(work, bruno.id, sealed) == []
        assert services.open_shown_codes(work, ada.id, b"damaged") == []
    assert ada.recovery[0].encode() not in sealed
