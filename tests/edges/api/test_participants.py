"""The people of a case: who sees whom, inviting, accepting, removing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from caseroom.access.words import Role
from caseroom.accounts.models import Person
from caseroom.rooms.undertaking import undertaking_hash

OTTO = {"email": "otto@example.org", "name": "Otto Brandtwein", "role": "observer"}
YES = {"undertaking": True}


def test_a_steward_sees_everybody_with_their_address(standing, neus, given):
    people = given(neus.get(f"/cases/{standing.id}/participants"))
    assert people["next"] is None
    by_id = {person["id"]: person for person in people["items"]}
    assert set(by_id) == set(standing.participants.values())
    assert by_id[standing.participants["ada"]] == {
        "id": standing.participants["ada"],
        "name": "Ada Quilliam",
        "role": "party",
        "side_id": standing.sides[0],
        "state": "admitted",
        "email": "ada@example.org",
    }


def test_others_see_whom_they_share_a_room_with_and_no_address(house, mediation, ada, given):
    house.invite(mediation, "otto", Role.OBSERVER)
    people = given(ada.get(f"/cases/{mediation.id}/participants"))["items"]
    assert {person["id"] for person in people} == set(mediation.participants.values())
    assert all("email" not in person for person in people)


def test_strangers_see_nobody(standing, otto, refused):
    hidden, absent = (otto.get(f"/cases/{case}/participants") for case in (standing.id, "0" * 32))
    refused(hidden, 404, "not_found")
    assert hidden.data == absent.data


def test_an_invitation_is_a_link_that_the_invited_person_accepts(mediation, neus, otto, given, refused):
    joint = mediation["joint"]
    refused(otto.get(f"/rooms/{joint}"), 404, "not_found")
    invited = given(neus.post(f"/cases/{mediation.id}/participants", OTTO), 201)
    origin, code = invited["invitation_url"].rsplit("/invitation/", 1)
    assert origin == "http://127.0.0.1:8000"
    state = {each["id"]: each["state"] for each in given(neus.get(f"/cases/{mediation.id}/participants"))["items"]}
    assert state[invited["id"]] == "invited"
    accepted = given(otto.post(f"/invitations/{code}/accept", YES))
    assert accepted == {"case_id": mediation.id, "participant_id": invited["id"]}
    assert otto.get(f"/rooms/{joint}").status_code == 200
    refused(otto.post(f"/invitations/{code}/accept", YES), 404, "not_found")


def test_the_ledger_says_under_which_text_somebody_came(mediation, neus, otto, given):
    invited = given(neus.post(f"/cases/{mediation.id}/participants", OTTO), 201)
    code = invited["invitation_url"].rsplit("/", 1)[1]
    given(otto.post(f"/invitations/{code}/accept", YES))
    last = given(neus.get(f"/rooms/{mediation['joint']}/entries"))["items"][-1]
    assert last["kind"] == "participant.admitted"
    assert last["facts"]["undertaking"] == undertaking_hash("en"), "Otto's program speaks English"


def test_somebody_elses_link_is_as_unknown_as_none(mediation, neus, otto, ada, clara, given, refused):
    invited = given(neus.post(f"/cases/{mediation.id}/participants", OTTO), 201)
    code = invited["invitation_url"].rsplit("/", 1)[1]
    for person in (ada, clara):
        answer = person.post(f"/invitations/{code}/accept", YES)
        refused(answer, 404, "not_found")
        assert answer.data == person.post(f"/invitations/{'a' * 43}/accept", YES).data
    assert otto.post(f"/invitations/{code}/accept", YES).status_code == 200, "the link was not used up by others"


@pytest.mark.parametrize("body", [{}, {"undertaking": False}])
def test_nobody_enters_without_the_undertaking(mediation, neus, otto, given, refused, body):
    invited = given(neus.post(f"/cases/{mediation.id}/participants", OTTO), 201)
    code = invited["invitation_url"].rsplit("/", 1)[1]
    refused(otto.post(f"/invitations/{code}/accept", body), 422, "undertaking_required")
    refused(otto.get(f"/cases/{mediation.id}"), 404, "not_found")
    assert otto.post(f"/invitations/{code}/accept", YES).status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"undertaking": "yes"}, {"undertaking": "wrong_type"}),
        ({"undertaking": 1}, {"undertaking": "wrong_type"}),
        ({"undertaking": None}, {"undertaking": "wrong_type"}),
        ({"undertaking": True, "role": "neutral"}, {"role": "unknown_field"}),
    ],
)
def test_an_acceptance_out_of_shape_is_refused(otto, refused, body, fields):
    refused(otto.post(f"/invitations/{'a' * 43}/accept", body), 422, "invalid", **fields)


@pytest.mark.parametrize("code", ["x", "%00", "%ff", "a" * 5000, "..", "%2e%2e"])
def test_a_code_of_any_shape_is_unknown(otto, refused, code):
    refused(otto.post(f"/invitations/{code}/accept", YES), 404, "not_found")


def test_who_is_in_the_case_already_is_told_so(house, mediation, neus, newcomer, given, refused):
    """Invited twice under two addresses, of which the second became her only one."""
    eva = newcomer("eva")
    path = f"/cases/{mediation.id}/participants"
    links = [
        given(neus.post(path, {**OTTO, "email": email}), 201)["invitation_url"].rsplit("/", 1)[1]
        for email in ("eva@example.org", "eva@example.net")
    ]
    given(eva.post(f"/invitations/{links[0]}/accept", YES))
    with house.database.unit_of_work() as work:
        work.session.scalars(select(Person).where(Person.email == "eva@example.org")).one().email = "eva@example.net"
    refused(eva.post(f"/invitations/{links[1]}/accept", YES), 409, "already_participant")


def test_an_address_is_invited_once(mediation, neus, given, refused):
    path = f"/cases/{mediation.id}/participants"
    given(neus.post(path, OTTO), 201)
    refused(neus.post(path, {**OTTO, "email": "OTTO@example.org "}), 409, "already_invited")


def test_only_stewards_invite_and_strangers_learn_nothing(mediation, ada, otto, refused):
    path = f"/cases/{mediation.id}/participants"
    refused(ada.post(path, OTTO), 403, "not_a_steward")
    hidden = otto.post(path, OTTO)
    refused(hidden, 404, "not_found")
    assert hidden.data == otto.post(f"/cases/{'0' * 32}/participants", OTTO).data


def test_counsel_who_steer_answer_for_their_own_side(house, app, clara, given, refused):
    affair = house.collaborative()
    path = f"/cases/{affair.id}/participants"
    new = {**OTTO, "role": "party"}
    refused(clara.post(path, {**new, "side_id": affair.sides[1]}), 403, "other_sides_people")
    assert given(clara.post(path, {**new, "side_id": affair.sides[0]}), 201)["id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": 1}, {"email": "wrong_type"}),
        ({"name": ""}, {"name": "empty"}),
        ({"name": "x" * 121}, {"name": "too_long"}),
        ({"name": "Otto\u202e"}, {"name": "control_characters"}),
        ({"name": "\udfff"}, {"name": "bad_unicode"}),
        ({"role": "guest"}, {"role": "unknown_value"}),
        ({"role": "party"}, {"side_id": "side_required"}),
        ({"role": "party", "side_id": "0" * 32}, {"side_id": "unknown_value"}),
        ({"role": "party", "side_id": "x"}, {"side_id": "unknown_value"}),
        ({"role": "party", "side_id": 0}, {"side_id": "wrong_type"}),
        ({"state": "admitted"}, {"state": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_by_field(standing, neus, refused, changes, fields):
    refused(neus.post(f"/cases/{standing.id}/participants", {**OTTO, **changes}), 422, "invalid", **fields)


NO_ADDRESS = ["", "otto", "otto@", "@example.org", "o tto@example.org", "a@b", "x" * 400 + "@a.org"]


@pytest.mark.parametrize("email", NO_ADDRESS)
def test_what_is_no_address_is_refused_by_field(standing, neus, refused, email):
    answer = neus.post(f"/cases/{standing.id}/participants", {**OTTO, "email": email})
    refused(answer, 422, "invalid", email="invalid_email" if email else "empty")


def test_the_other_cases_side_is_unknown(house, mediation, neus, refused):
    other = house.mediation()
    new = {**OTTO, "role": "party", "side_id": other.sides[0]}
    refused(neus.post(f"/cases/{mediation.id}/participants", new), 422, "invalid", side_id="unknown_value")
    assert neus.post(f"/cases/{other.id}/participants", new).status_code == 201


def test_who_is_removed_is_out_at_once(mediation, neus, ada, refused):
    room = f"/rooms/{mediation['joint']}"
    path = f"/cases/{mediation.id}/participants/{mediation.participants['ada']}"
    assert ada.get(room).status_code == 200
    answer = neus.delete(path)
    assert (answer.status_code, answer.data) == (204, b"")
    refused(ada.get(room), 404, "not_found")
    refused(neus.delete(path), 409, "already_removed")


def test_an_invitation_can_be_revoked(mediation, neus, otto, given, refused):
    invited = given(neus.post(f"/cases/{mediation.id}/participants", OTTO), 201)
    assert neus.delete(f"/cases/{mediation.id}/participants/{invited['id']}").status_code == 204
    code = invited["invitation_url"].rsplit("/", 1)[1]
    refused(otto.post(f"/invitations/{code}/accept", YES), 404, "not_found")


def test_who_may_not_remove_is_told_and_strangers_are_not(house, mediation, neus, ada, otto, refused):
    path = f"/cases/{mediation.id}/participants/"
    refused(ada.delete(path + mediation.participants["bruno"]), 403, "not_a_steward")
    refused(neus.delete(path + mediation.participants["neus"]), 409, "cannot_remove_yourself")
    refused(otto.delete(path + mediation.participants["bruno"]), 404, "not_found")
    elsewhere = house.mediation().participants["ada"]
    for unknown in (elsewhere, "0" * 32, "x", "%00"):
        refused(neus.delete(path + unknown), 404, "not_found")
