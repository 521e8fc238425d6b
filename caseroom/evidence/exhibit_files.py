"""The bytes of an exhibit for a pack, checked whole before the first of them leaves: what was sent cannot be taken
back, and a file that breaks off half-way would spoil a pack in which all the rest is well."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from sqlalchemy import select

from caseroom import workers
from caseroom.access.actor import Actor
from caseroom.access.permissions import Permission
from caseroom.audit.pack.room_part import FiledBytes
from caseroom.db import Database
from caseroom.errors import Gone, NotFound
from caseroom.exhibits.models import Exhibit
from caseroom.exhibits.queries import Content, open_content
from caseroom.rooms.access import access_room
from caseroom.vault.chunked import ObjectBroken
from caseroom.vault.keys import SealBroken
from caseroom.vault.objects import ObjectMissing

STEP = 1024 * 1024  # bytes read, opened and handed on at a time


class WholeFile:
    """An open exhibit that was found whole. Iterating gives its plain bytes; leaving its ``with`` block closes it."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        opener = self._content.opener
        for start in range(0, opener.size, STEP):
            yield workers.run(opener.read, start, STEP)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._content.close()


def open_file(database: Database, actor: Actor, room_id: str, file: FiledBytes) -> WholeFile | str | None:
    """Open the file that an event of a room lists. A word for the operator's log where it is missing or does not open,
    or is not what was filed; None where it has been erased. Raises NotFound once the person may not read the room."""
    with database.reading() as work:
        access_room(work, actor, room_id, Permission.LEDGER_READ)
        row = select(Exhibit.id).where(Exhibit.room_id == room_id, Exhibit.seq == file.seq)
        exhibit_id = work.session.scalars(row).first()
        if exhibit_id is None:
            return "not in the register"
        try:
            content = open_content(work, actor, exhibit_id)
        except (NotFound, Gone):
            return None
        except (ObjectBroken, ObjectMissing, SealBroken, OSError) as error:
            return type(error).__name__
    return _checked(content, file)


def _checked(content: Content, file: FiledBytes) -> WholeFile | str:
    whole = WholeFile(content)
    try:
        found = workers.run(_digest, content)
    except (ObjectBroken, OSError) as error:
        content.close()
        return type(error).__name__
    except BaseException:
        content.close()
        raise
    if found != file.sha256:
        content.close()
        return "another SHA-256 than was filed"
    return whole


def _digest(content: Content) -> str:
    digest = hashlib.sha256()
    for block in content.opener.iter(0, content.size, STEP):
        digest.update(block)
    return digest.hexdigest()
