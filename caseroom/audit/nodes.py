"""The trees' hashes in the database: what ``tree.NodeReader`` asks for, and what an append stores."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from caseroom.audit import tree
from caseroom.audit.models import LogNode


class StoredNodes:
    """The complete subtrees of one log. Implements ``tree.NodeReader``; ``append`` keeps what it was just given, so
    that a root asked for next needs no second trip."""

    def __init__(self, session: Session, log_id: str) -> None:
        self._session = session
        self._log_id = log_id
        self._known: dict[tree.Node, bytes] = {}

    def read(self, nodes: Sequence[tree.Node]) -> list[bytes]:
        """Return the hashes in the order asked. Raises KeyError where the stored tree has a hole."""
        missing = [node for node in nodes if node not in self._known]
        if missing:
            rows = self._session.execute(
                select(LogNode.level, LogNode.position, LogNode.hash).where(
                    LogNode.log_id == self._log_id, tuple_(LogNode.level, LogNode.position).in_(missing)
                )
            )
            self._known.update({(level, position): digest for level, position, digest in rows})
        return [self._known[node] for node in nodes]

    def append(self, size: int, leaf: bytes) -> bytes:
        """Store what a leaf at index ``size`` completes; return the new root."""
        fresh = tree.nodes_to_store(size, leaf, self)
        for (level, position), digest in fresh:
            self._session.add(LogNode(log_id=self._log_id, level=level, position=position, hash=digest))
            self._known[(level, position)] = digest
        return tree.root(size + 1, self)
