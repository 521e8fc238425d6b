"""From the key-encryption key to the key of one room. Only a door asks for a room's key, and hands it out with the
room it has just proved; a query that returns another room's row by mistake returns bytes that do not open."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from caseroom import clock
from caseroom.db import Work, table_of
from caseroom.vault.keys import CASE_SLOT, SealBroken, SpaceKey, sealed_version, unwrap, wrap, wrap_aad
from caseroom.vault.models import SpaceKeyWrap

WRAP = table_of(SpaceKeyWrap)
WRAPS = select(WRAP.c.slot, WRAP.c.version, WRAP.c.wrapped).where(WRAP.c.case_id == bindparam("case_id"))
WRAPS_OF_SLOT = WRAPS.where(WRAP.c.slot == bindparam("slot"))
WRAPS_OF_ROOM_AND_CASE = WRAPS.where((WRAP.c.slot == bindparam("slot")) | (WRAP.c.slot == CASE_SLOT))


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """All versions of one room's key. New content is sealed with the newest; old content opens with its own."""

    versions: Mapping[int, SpaceKey]

    @property
    def newest(self) -> SpaceKey:
        return self.versions[max(self.versions)]

    def seal(self, name: str, row: bytes, plain: bytes) -> bytes:
        return self.newest.seal(name, row, plain)

    def open(self, name: str, row: bytes, sealed: bytes) -> bytes:
        """Raises SealBroken where the bytes are not of this room, this field and this row."""
        key = self.versions.get(sealed_version(sealed))
        if key is None:
            raise SealBroken
        return key.open(name, row, sealed)

    def digest(self, name: str, data: bytes) -> bytes:
        """As ``SpaceKey.digest``, under the oldest version: the same before and after somebody is removed."""
        return self.versions[min(self.versions)].digest(name, data)

    def unwrap_event_key(self, wrapped: bytes, *, seq: int, version: int) -> bytes:
        key = self.versions.get(version)
        if key is None:
            raise SealBroken
        return key.unwrap_event_key(wrapped, seq)


class Keyring:
    """Wraps and unwraps the keys of rooms under the key-encryption key."""

    def __init__(self, kek: bytes) -> None:
        self._kek = kek

    def create(self, work: Work, *, case_id: str, slot: int) -> RoomKeys:
        """Draw the first key of a room (or of the case itself, slot ``CASE_SLOT``)."""
        return RoomKeys({1: self._draw(work, case_id, slot, version=1)})

    def renew(self, work: Work, keys: RoomKeys) -> RoomKeys:
        """Draw a new version, after somebody was removed: what comes next is sealed with a key he never caused to be
        unwrapped."""
        old = keys.newest
        case_id = old.case_id.hex()
        fresh = self._draw(work, case_id, old.slot, version=old.version + 1)
        return RoomKeys({**keys.versions, fresh.version: fresh})

    def find(self, work: Work, *, case_id: str, slot: int) -> RoomKeys:
        """Unwrap all versions. Raises SealBroken where there are none left: the room was shredded."""
        rows = work.execute(WRAPS_OF_SLOT, {"case_id": case_id, "slot": slot})
        return self._unwrap(case_id, slot, rows)

    def find_with_case(self, work: Work, *, case_id: str, slot: int) -> tuple[RoomKeys, RoomKeys]:
        """The keys of a room and those of its case, in one query. Raises SealBroken as ``find`` does."""
        rows = work.execute(WRAPS_OF_ROOM_AND_CASE, {"case_id": case_id, "slot": slot}).all()
        of_room = self._unwrap(case_id, slot, (row for row in rows if row.slot == slot))
        return of_room, self._unwrap(case_id, CASE_SLOT, (row for row in rows if row.slot == CASE_SLOT))

    def _unwrap(self, case_id: str, slot: int, rows: Iterable[Any]) -> RoomKeys:
        case = bytes.fromhex(case_id)
        versions = {
            version: SpaceKey(case, slot, version, unwrap(self._kek, wrapped, wrap_aad(case, slot, version)))
            for _, version, wrapped in rows
        }
        if not versions:
            raise SealBroken
        return RoomKeys(versions)

    def _draw(self, work: Work, case_id: str, slot: int, *, version: int) -> SpaceKey:
        case, secret = bytes.fromhex(case_id), secrets.token_bytes(32)
        work.session.add(
            SpaceKeyWrap(
                case_id=case_id,
                slot=slot,
                version=version,
                recipient_type="kms",
                recipient="",
                enc=b"",
                wrapped=wrap(self._kek, secret, wrap_aad(case, slot, version)),
                created_at=clock.now(),
            )
        )
        return SpaceKey(case, slot, version, secret)
