"""The trees' hashes in the database: what ``tree.NodeReader`` asks for, and what an append stores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, insert, select, union_all

from caseroom.audit import tree
from caseroom.audit.models import LogNode
from caseroom.db import Work, table_of

NODE = table_of(LogNode)
ADD_NODES = insert(NODE)
MOST_AT_ONCE = 32  # nodes in one query


class StoredNodes:
    """The complete subtrees of one log. Implements ``tree.NodeReader``. What was read or appended is kept in ``known``:
    complete subtrees never change, so it may be handed to a later reader of the same log."""

    def __init__(self, work: Work, log_id: str, *, known: dict[tree.Node, bytes] | None = None) -> None:
        self._work = work
        self._log_id = log_id
        self.known = {} if known is None else known

    def read(self, nodes: Sequence[tree.Node]) -> list[bytes]:
        """Return the hashes in the order asked. Raises KeyError where the stored tree has a hole."""
        missing = [node for node in nodes if node not in self.known]
        for start in range(0, len(missing), MOST_AT_ONCE):
            self._fetch(missing[start : start + MOST_AT_ONCE])
        return [self.known[node] for node in nodes]

    def append(self, size: int, leaf: bytes) -> bytes:
        """Store what a leaf at index ``size`` completes; return the new root."""
        self.read(tree.right_edge(size))  # in one query what the next two steps ask for one after the other
        fresh = tree.nodes_to_store(size, leaf, self)
        self._work.execute(
            ADD_NODES,
            [
                {"log_id": self._log_id, "level": level, "position": position, "hash": digest}
                for (level, position), digest in fresh
            ],
        )
        self.known.update(fresh)
        return tree.root(size + 1, self)

    def _fetch(self, nodes: Sequence[tree.Node]) -> None:
        values: dict[str, object] = {"log_id": self._log_id}
        for index, (level, position) in enumerate(nodes):
            values[f"level_{index}"], values[f"position_{index}"] = level, position
        rows = self._work.execute(_nodes_query(len(nodes)), values)
        self.known.update({(level, position): digest for level, position, digest in rows})


@cache
def _nodes_query(number: int) -> CompoundSelect[*tuple[Any, ...]]:
    """One look-up by key for each node: given a row-value ``IN``, or more than two alternatives, SQLite would walk
    through every node of the log."""
    return union_all(
        *(
            select(NODE.c.level, NODE.c.position, NODE.c.hash).where(
                NODE.c.log_id == bindparam("log_id"),
                NODE.c.level == bindparam(f"level_{index}"),
                NODE.c.position == bindparam(f"position_{index}"),
            )
            for index in range(number)
        )
    )
