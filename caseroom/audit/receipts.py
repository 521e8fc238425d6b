"""Receipts: the C2SP tlog-proof text that shows one event in its room's tree (docs/evidence.md §4).

::

    c2sp.org/tlog-proof@v1
    index 0
    <path, one base64 hash per line, the leaf's sibling first>

    <signed checkpoint>

The format's optional `extra` line is not authenticated by anything, so ours never has one and one is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from caseroom.audit.notes import (
    Checkpoint,
    MalformedNote,
    NoteError,
    Verifier,
    decode_base64,
    encode_base64,
    open_note,
    parse_checkpoint,
    parse_decimal,
)
from caseroom.audit.tree import HASH_SIZE, ProofError, verify_inclusion

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = "index "
_MAX_PATH = 63


class ReceiptError(ValueError):
    """A receipt that is not of the format or does not prove its event."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed receipt: leaf index, path, and the signed checkpoint as text. Nothing of it is verified yet."""

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str


def format_receipt(index: int, path: Sequence[bytes], checkpoint_note: str) -> str:
    """The receipt for leaf `index` with its inclusion proof in the tree of the signed checkpoint."""
    if index < 0 or len(path) > _MAX_PATH or any(len(each) != HASH_SIZE for each in path):
        raise ReceiptError("not an index and a path of hashes")
    lines = [_HEADER, f"{_INDEX}{index}", *(encode_base64(each) for each in path)]
    return "\n".join(lines) + "\n\n" + checkpoint_note


def parse_receipt(text: str) -> Receipt:
    """Read a receipt without verifying it; anything but the format above raises ReceiptError."""
    head, divider, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if not divider or header != _HEADER or not lines or not lines[0].startswith(_INDEX):
        raise ReceiptError("not a tlog-proof of version 1")
    if len(lines) - 1 > _MAX_PATH:
        raise ReceiptError("the path is longer than any tree is high")
    try:
        index = parse_decimal(lines[0].removeprefix(_INDEX))
        path = tuple(decode_base64(line) for line in lines[1:])
    except MalformedNote as error:
        raise ReceiptError(str(error)) from error
    if any(len(each) != HASH_SIZE for each in path):
        raise ReceiptError("a hash of the path has the wrong length")
    return Receipt(index, path, note)


def verify_receipt(text: str, leaf: bytes, verifier: Verifier) -> Checkpoint:
    """Check that the event with this leaf hash is in the tree that the log of `verifier` signed.

    Gives the checkpoint, or raises ReceiptError: not of the format, not signed by that log, another log's
    checkpoint, or a path that does not lead from the leaf to the root.
    """
    receipt = parse_receipt(text)
    try:
        opened = open_note(receipt.checkpoint_note.encode(), [verifier])
        checkpoint = parse_checkpoint(opened.text)
        if checkpoint.origin != verifier.name:
            raise ReceiptError("the checkpoint is of another log")
        verify_inclusion(index=receipt.index, size=checkpoint.size, leaf=leaf, proof=receipt.path, root=checkpoint.root)
    except (NoteError, ProofError, UnicodeEncodeError) as error:
        raise ReceiptError(str(error)) from error
    return checkpoint
