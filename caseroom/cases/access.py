"""The door to a case: the only place where a case is loaded for a person.

Absent and forbidden are one NotFound. The reason goes to the log, never to the person."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.access.policy import Denied, decide_case
from caseroom.access.words import CaseKind, Role, State
from caseroom.cases.models import Case, Participant
from caseroom.db import Work
from caseroom.errors import Forbidden, NotFound
from caseroom.ids import is_id
from caseroom.vault.keyring import Keyring, RoomKeys
from caseroom.vault.keys import CASE_SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case proved for one participant, with the key of its title, labels and names. Holding it is the proof."""

    case: Case
    me: Participant
    keys: RoomKeys

    @property
    def kind(self) -> CaseKind:
        return CaseKind(self.case.kind)

    @property
    def role(self) -> Role:
        return Role(self.me.role)


def access_case(work: Work, actor: Actor, case_id: str, permission: Permission) -> OpenCase:
    """Return the case if this person is admitted to it and the policy allows. Raises NotFound to everybody else, and
    Forbidden to a participant who may know that the case exists but not do this."""
    if not is_id(case_id):
        raise NotFound(reason="not an id")
    found = work.session.execute(
        select(Case, Participant)
        .join(Participant, Participant.case_id == Case.id)
        .where(Case.id == case_id, Participant.person_id == actor.person, Participant.state == "admitted")
    ).first()
    if found is None:
        raise NotFound(reason="no such case for this person")
    case, me = found
    decision = decide_case(permission, kind=CaseKind(case.kind), role=Role(me.role), state=State(case.state))
    if isinstance(decision, Denied):
        raise Forbidden(decision.reason)
    return OpenCase(case=case, me=me, keys=case_keys(work, case.id))


def case_keys(work: Work, case_id: str) -> RoomKeys:
    """The case's own key, for a caller that has proved the case or a room of it."""
    return work.tool(Keyring).find(work, case_id=case_id, slot=CASE_SLOT)
