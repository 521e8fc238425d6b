"""The page of a case: what each sees, and what stewards do."""

import re

import pytest

from caseroom.ids import new_id
from tests.edges.pages.conftest import codes_on, invited


def test_a_steward_invites_somebody_and_gets_the_link_once(neus, mediation, otto):
    neus.open(f"/cases/{mediation}")
    neus.send(f"/cases/{mediation}/participants", name="Otto", email=otto.email, role="observer", side="")
    assert neus.browser.status == 303
    [code] = codes_on(neus.open(neus.browser.location).page)
    assert "Otto" in neus.browser.words()
    assert otto.accepts(code).case_id == mediation
    assert otto.open(f"/cases/{mediation}").status == 200


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"name": ""}, 422, "invite-name"),
        ({"email": "nobody"}, 422, "invite-email"),
        ({"side": ""}, 422, "invite-side"),
        ({"side": "7"}, 422, "invite-side"),
        ({"role": "judge"}, 422, "invite-role"),
        ({"email": "ada@example.org"}, 409, None),
    ],
)
def test_a_wrong_invitation_comes_back_with_what_was_typed(neus, mediation, wrong, status, field):
    sent = {"name": "Grace Hopper", "email": "grace@example.org", "role": "party", "side": "1"}
    neus.open(f"/cases/{mediation}")
    neus.send(f"/cases/{mediation}/participants", **{**sent, **wrong})
    page = neus.browser.page
    assert neus.browser.status == status
    assert 'id="errors"' in page
    if field:
        assert f'href="#{field}"' in page
        assert f'id="{field}-error"' in page
    if "name" not in wrong:
        assert 'value="Grace Hopper"' in page
    assert neus.send(f"/cases/{mediation}/participants", **sent).status == 303


def test_a_party_sees_who_is_there_and_nothing_to_steer_with(neus, ada, mediation):
    path = f"/cases/{mediation}"
    assert "Invite somebody" in neus.open(path).words()
    page = ada.open(path).page
    assert "Neus Ferrer" in page
    assert "Invite somebody" not in page
    assert "/participants" not in page
    assert "Bruno Munari" not in page, "who is invited and has not come is the stewards' business"
    assert "Caucus Respondent" not in page


def test_a_party_who_posts_to_steer_is_refused_and_a_steward_is_not(neus, ada, mediation, participant):
    bruno = participant(neus, mediation, "Bruno")
    paths = {
        f"/cases/{mediation}/participants": {"name": "X", "email": "x@example.org", "role": "party", "side": "0"},
        f"/cases/{mediation}/participants/{bruno}/link": {},
        f"/cases/{mediation}/participants/{bruno}/remove": {},
    }
    ada.open(f"/cases/{mediation}")
    neus.open(f"/cases/{mediation}")
    for path, fields in paths.items():
        assert ada.send(path, **fields).status == 403, path
        assert neus.send(path, **fields).status == 303, path
    assert ada.open(f"/cases/{mediation}/participants/{bruno}/remove").status == 403


def test_an_outsider_gets_the_bytes_of_an_unknown_case_whatever_is_asked(neus, otto, mediation, participant):
    bruno = participant(neus, mediation, "Bruno")
    otto.open("/")

    def answers(case_id, person):
        pages = [otto.open(f"/cases/{case_id}"), otto.open(f"/cases/{case_id}/participants/{person}/remove")]
        said = [(pages[0].status, pages[0].page)]
        for path in ("", f"/{person}/link", f"/{person}/remove"):
            otto.open("/")
            answer = otto.send(f"/cases/{case_id}/participants{path}", name="X", email="x@example.org", role="party")
            said.append((answer.status, answer.page))
        return said

    hidden, absent = answers(mediation, bruno), answers(new_id(), new_id())
    assert hidden == absent
    assert {status for status, _page in hidden} == {404}


def test_removing_asks_first_names_the_person_and_says_what_happens(neus, ada, mediation, participant):
    person = participant(neus, mediation, "Ada")
    page = neus.open(f"/cases/{mediation}/participants/{person}/remove").words()
    assert "Remove Ada Lovelace from the case?" in page
    assert "stays in the record" in page
    assert ada.open(f"/cases/{mediation}").status == 200, "asking removed nobody"
    neus.send(f"/cases/{mediation}/participants/{person}/remove")
    assert neus.browser.status == 303
    assert ada.open(f"/cases/{mediation}").status == 404
    words = neus.open(f"/cases/{mediation}").words()
    assert re.search(r"Ada Lovelace Party Removed", words)


def test_a_withdrawn_invitation_no_longer_opens_anything(neus, bruno, participant):
    case_id = neus.opens_a_case(**invited(("Bruno Munari", bruno.email, "party", "1")))
    [code] = codes_on(neus.browser.page)
    assert bruno.open(f"/invitation/{code}").status == 200
    person = participant(neus, case_id, "Bruno")
    neus.open(f"/cases/{case_id}/participants/{person}/remove")
    assert "Withdraw the invitation of Bruno Munari?" in neus.browser.words()
    neus.send(f"/cases/{case_id}/participants/{person}/remove")
    assert bruno.open(f"/invitation/{code}").status == 404


def test_a_steward_cannot_act_on_a_person_of_another_case(neus, mediation, participant):
    person = participant(neus, mediation, "Bruno")
    other = neus.opens_a_case(title="Another")
    assert neus.open(f"/cases/{other}/participants/{person}/remove").status == 404
    for verb in ("link", "remove"):
        neus.open(f"/cases/{other}")
        assert neus.send(f"/cases/{other}/participants/{person}/{verb}").status == 404
        assert neus.browser.status == 404


def test_counsel_who_steer_together_answer_for_their_own_side(neus, someone, participant):
    """Once the other side has its lawyer, nobody else invites or removes its people."""
    marta = someone("Marta Counsel", "marta@example.org", member=True)
    case_id = neus.opens_a_case(
        kind="collaborative",
        me="counsel:0",
        **invited(("Marta Counsel", marta.email, "counsel", "1"), ("Bruno Munari", "bruno@example.org", "party", "0")),
    )
    invite = {"name": "Grace", "email": "grace@example.org", "role": "party", "side": "1"}
    marta.accepts(codes_on(neus.browser.page)[0])
    page = neus.open(f"/cases/{case_id}").page
    assert not re.search(r'<option value="1"[^>]*>Respondent</option>', page)
    assert page.count('/remove"') == 1, "Bruno, of the own side, and nobody else"
    assert neus.send(f"/cases/{case_id}/participants", **invite).status == 403
    marta.open(f"/cases/{case_id}")
    assert marta.send(f"/cases/{case_id}/participants", **invite).status == 303
    bruno = participant(neus, case_id, "Bruno")
    assert "Bruno" not in marta.open(f"/cases/{case_id}").page, "whom the other side has invited is theirs to tell"
    assert marta.open(f"/cases/{case_id}/participants/{bruno}/remove").status == 404
    assert marta.send(f"/cases/{case_id}/participants/{bruno}/remove").status == 403
    assert neus.open(f"/cases/{case_id}/participants/{bruno}/remove").status == 200


def test_a_form_without_the_pages_token_changes_nothing(neus, mediation):
    neus.browser.token = "forged"
    sent = {"name": "X", "email": "x@example.org", "role": "observer", "side": ""}
    assert neus.send(f"/cases/{mediation}/participants", **sent).status == 400
    neus.open(f"/cases/{mediation}")
    assert "x@example.org" not in neus.browser.page
    assert neus.send(f"/cases/{mediation}/participants", **sent).status == 303
