"""What every check is given: one snapshot of the database, the signer's heads from just before it, and where findings
go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from caseroom.audit.services import Stream
from caseroom.config import Settings
from caseroom.db import Work
from caseroom.ids import is_id
from caseroom.upkeep.doctor.findings import Diagnosis
from caseroom.upkeep.doctor.instance import InstanceKeys
from caseroom.upkeep.loss import AcceptedLoss
from caseroom.upkeep.signer_heads import SignerHeads
from caseroom.vault.keyring import Keyring, RoomKeys
from caseroom.vault.keys import SealBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """``heads``: the signer's from before the snapshot, with its keys from after; ``heads_after``: from after. What
    was signed before must be in the snapshot, and what is in it must be signed by now. ``quick``: no room is read from
    its first entry, and no file of an exhibit is opened."""

    settings: Settings
    work: Work
    heads: SignerHeads
    heads_after: SignerHeads
    held: InstanceKeys
    diagnosis: Diagnosis
    now: datetime
    quick: bool = False
    accepted: Mapping[str, AcceptedLoss] = field(default_factory=dict)

    def keys(self, case_id: str, slot: int) -> RoomKeys | None:
        """The keys of a room or a case (``CASE_SLOT``), or None where there are none that open: the check of the keys
        has said so."""
        if not is_id(case_id) or not 0 <= slot < 2**32:
            return None
        try:
            return self.work.tool(Keyring).find(self.work, case_id=case_id, slot=slot)
        except (SealBroken, OverflowError, ValueError):
            return None

    def stream(self, room_id: str, case_id: str, slot: int) -> Stream | None:
        keys = self.keys(case_id, slot)
        return None if keys is None else Stream(room_id=room_id, case_id=case_id, slot=slot, keys=keys)
