"""The Merkle tree of RFC 6962 section 2.1, its proofs, and which of its hashes a log has to store.

Leaf hash `SHA-256(0x00 || data)`, node hash `SHA-256(0x01 || left || right)`, empty root `SHA-256("")`
(docs/evidence.md §1). A node is (level, position): the root of the complete subtree over the leaves
`position * 2**level` up to `(position + 1) * 2**level`. Complete subtrees never change once their last leaf
is there, so a log stores exactly those, as golang's sumdb/tlog does; every other hash is computed from at
most log2(size) of them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

Node = tuple[int, int]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof that does not prove what it was given for."""


class NodeReader(Protocol):
    """Where the hashes of complete subtrees are kept."""

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """The hashes of these nodes, in this order; a node that is not stored is an error of the store."""
        ...


class MemoryNodes:
    """A NodeReader in memory that can grow."""

    def __init__(self) -> None:
        self.size = 0
        self._hashes: dict[Node, bytes] = {}

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self._hashes.update(nodes_to_store(self.size, leaf, self))
        self.size += 1

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self._hashes[node] for node in nodes]


def leaf_hash(data: bytes) -> bytes:
    """The 32-byte hash of one leaf's data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def right_edge(size: int) -> list[Node]:
    """The complete subtrees that a tree of ``size`` leaves is made of, from left to right: all that an append reads."""
    return _cover(0, size)


def nodes_to_store(size: int, leaf: bytes, reader: NodeReader) -> list[tuple[Node, bytes]]:
    """The hashes completed by appending the leaf hash `leaf` to a tree of `size` leaves, the leaf itself first."""
    left_siblings: list[Node] = []
    level = 0
    while (size >> level) & 1:
        left_siblings.append((level, (size >> level) - 1))
        level += 1
    completed = [((0, size), leaf)]
    for level, left in enumerate(reader.read(left_siblings), start=1):
        completed.append(((level, size >> level), node_hash(left, completed[-1][1])))
    return completed


def root(size: int, reader: NodeReader) -> bytes:
    """The root of the tree over the first `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    return _range_hashes([(0, size)], reader)[0]


def inclusion_proof(index: int, size: int, reader: NodeReader) -> list[bytes]:
    """The path from leaf `index` to the root at `size`, the leaf's sibling first (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _range_hashes(ranges[::-1], reader)


def consistency_proof(old: int, new: int, reader: NodeReader) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new` (RFC 6962 section 2.1.2).

    It is empty when `old` is 0 or equals `new`.
    """
    if not 0 <= old <= new:
        raise ValueError("the old size is outside the tree")
    if old in (0, new):
        return []
    ranges: list[tuple[int, int]] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # at 0 the subtree is the whole old tree, whose root the verifier holds already
        ranges.append((start, end))
    return _range_hashes(ranges[::-1], reader)


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` of the tree with this size and root, or raise ProofError.

    The algorithm is that of RFC 9162 section 2.1.3.2.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError("the index is outside the tree")
    position, last, running = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if position & 1 or position == last:
            running = node_hash(sibling, running)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            running = node_hash(running, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if running != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is the beginning of the new one, or raise ProofError.

    The algorithm is that of RFC 9162 section 2.1.4.2; the empty tree is the beginning of every tree and
    has an empty proof.
    """
    _check_hashes(old_root, new_root, *proof)
    if not 0 <= old_size <= new_size:
        raise ProofError("the old tree is not the smaller one")
    if (old_size == 0 and old_root != EMPTY_ROOT) or (new_size == 0 and new_root != EMPTY_ROOT):
        raise ProofError("an empty tree has another root")
    if old_size not in (0, new_size):
        if (old_root, new_root) != _consistent_roots(old_size, new_size, old_root, proof):
            raise ProofError("the consistency proof leads to other roots")
    elif proof:
        raise ProofError("the consistency proof is too long")
    elif old_size == new_size and old_root != new_root:
        raise ProofError("two roots for the same size")


def _consistent_roots(old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to, for 0 < old_size < new_size."""
    if old_size & (old_size - 1) == 0:  # the old tree is itself a complete subtree of the new one
        proof = [old_root, *proof]
    if not proof:
        raise ProofError("the consistency proof is too short")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_running = new_running = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if position & 1 or position == last:
            old_running = node_hash(sibling, old_running)
            new_running = node_hash(sibling, new_running)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_running = node_hash(new_running, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("the consistency proof is too short")
    return old_running, new_running


def tree_root(leaf_data: Sequence[bytes]) -> bytes:
    """The root over the data of all leaves, for a small tree held in memory."""
    hashes = [leaf_hash(data) for data in leaf_data]
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        hashes = _next_level(hashes)
    return hashes[0]


def tree_path(leaf_data: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion proof of leaf `index` in a small tree held in memory, the leaf's sibling first."""
    if not 0 <= index < len(leaf_data):
        raise ValueError("the index is outside the tree")
    hashes = [leaf_hash(data) for data in leaf_data]
    path: list[bytes] = []
    while len(hashes) > 1:
        if index ^ 1 < len(hashes):
            path.append(hashes[index ^ 1])
        hashes = _next_level(hashes)
        index >>= 1
    return path


def _next_level(hashes: list[bytes]) -> list[bytes]:
    """Pair neighbours; a last one without a neighbour goes up unchanged, which is RFC 6962's split seen from below."""
    paired = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
    return paired + hashes[-1:] if len(hashes) & 1 else paired


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _cover(start: int, end: int) -> list[Node]:
    """The complete subtrees that make up the leaves from `start` to `end`, from left to right."""
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _range_hashes(ranges: Sequence[tuple[int, int]], reader: NodeReader) -> list[bytes]:
    """The subtree hash of each range, with one read for all of them."""
    covers = [_cover(start, end) for start, end in ranges]
    hashes = iter(reader.read([node for cover in covers for node in cover]))
    return [_fold(next(hashes) for _ in cover) for cover in covers]


def _fold(hashes: Iterable[bytes]) -> bytes:
    """Join the hashes of complete subtrees, the smallest (rightmost) two first."""
    *rest, running = hashes
    for left in reversed(rest):
        running = node_hash(left, running)
    return running


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_SIZE for each in hashes):
        raise ProofError("a hash has the wrong length")
