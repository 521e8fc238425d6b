"""Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint, Ed25519 type 0x01; docs/evidence.md §4).

A note is a text ending in a newline, an empty line, and signature lines::

    rooms.example.org/c/a9e18803a60705d16eaa7848dd023409
    1
    6BPeudMInBY5Nr8eYE9vlQXIYOW7xU8y0mIJFaQ2v5I=

    — rooms.example.org/c/a9e18803a60705d16eaa7848dd023409 73BPbVId...

A checkpoint is a note whose text has exactly those three lines: origin, size, root. Base64 is read strictly:
a changed unused bit is a change.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from caseroom.audit.tree import HASH_SIZE

_ED25519 = b"\x01"
_PUBLIC_SIZE = 32
_KEY_ID_SIZE = 4
_SIGNATURE_MARK = "— "
_MAX_SIGNATURES = 100
_MAX_TREE_SIZE = 2**63 - 1

_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/=]+)")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_REFUSED_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A note, key or checkpoint that must not be believed."""


class MalformedNote(NoteError):
    """Bytes, a key or a checkpoint text that are not of the format."""


class SignatureBroken(NoteError):
    """A signature in the name of a known key that is not of that key over this text."""


class NoteUnverified(NoteError):
    """A well-formed note that none of the known keys signed."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key known by name."""

    name: str
    key_id: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key that signs under a name."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line of a note: key name, 4-byte key id, signature bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """The text of a note with the signatures that were verified and those of unknown keys."""

    text: str
    verified: tuple[NoteSignature, ...]
    unverified: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, its number of leaves, its 32-byte root."""

    origin: str
    size: int
    root: bytes


def key_id(name: str, public: bytes) -> bytes:
    """The first 4 bytes of `SHA-256(name || 0x0A || 0x01 || public key)`."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_SIZE]


def format_vkey(name: str, public: bytes) -> str:
    """The verifier key `name+id+base64` of a 32-byte Ed25519 public key."""
    _check_name(name)
    if len(public) != _PUBLIC_SIZE:
        raise MalformedNote("an Ed25519 public key has 32 bytes")
    return f"{name}+{key_id(name, public).hex()}+{encode_base64(_ED25519 + public)}"


def parse_vkey(text: str) -> Verifier:
    """Read a verifier key; a wrong id, another algorithm or another length raises MalformedNote."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise MalformedNote("not a verifier key")
    name, identity, encoded = match.groups()
    _check_name(name)
    key = decode_base64(encoded)
    public = key[1:]
    if key[:1] != _ED25519 or len(public) != _PUBLIC_SIZE:
        raise MalformedNote("not an Ed25519 verifier key")
    if key_id(name, public).hex() != identity:
        raise MalformedNote("the key id is not that of name and key")
    return Verifier(name, key_id(name, public), public)


def sign_note(text: str, *signers: NoteSigner) -> str:
    """The note of this text (ending in a newline) with one signature line per signer, in the order given."""
    _check_text(text)
    if not signers:
        raise MalformedNote("a note needs a signer")
    return text + "\n" + "".join(_signature_line(text, signer) for signer in signers)


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> OpenedNote:
    """Split a note and verify it with the known keys.

    Raises MalformedNote, SignatureBroken when a known key's signature is wrong, and NoteUnverified when no
    known key signed. Signatures of unknown keys are returned apart and prove nothing.
    """
    text, lines = _split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    if len(known) != len({(verifier.name, verifier.key_id, verifier.public) for verifier in verifiers}):
        raise NoteError("two known keys share a name and an id")
    verified: dict[tuple[str, bytes], NoteSignature] = {}
    unverified: list[NoteSignature] = []
    for line in lines:
        signature = _parse_signature_line(line)
        identity = (signature.name, signature.key_id)
        if identity in verified:
            continue
        if identity not in known:
            unverified.append(signature)
            continue
        try:
            Ed25519PublicKey.from_public_bytes(known[identity].public).verify(signature.signature, text.encode())
        except InvalidSignature as error:
            raise SignatureBroken(f"invalid signature of {signature.name}") from error
        verified[identity] = signature
    if not verified:
        raise NoteUnverified("no verifiable signature")
    return OpenedNote(text, tuple(verified.values()), tuple(unverified))


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text that a log signs: `origin\\nsize\\nroot_b64\\n`."""
    _check_name(origin)
    if not 0 <= size <= _MAX_TREE_SIZE or len(root) != HASH_SIZE:
        raise MalformedNote("not a size and root of a tree")
    return f"{origin}\n{size}\n{encode_base64(root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; it has exactly three lines, extension lines are not ours and are refused."""
    match text.split("\n"):
        case [origin, size, encoded, ""]:
            pass
        case _:
            raise MalformedNote("a checkpoint has three lines")
    _check_name(origin)
    root = decode_base64(encoded)
    if len(root) != HASH_SIZE:
        raise MalformedNote("a root has 32 bytes")
    return Checkpoint(origin, parse_decimal(size), root)


def encode_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4) with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decode strict standard base64: the one text that `encode_base64` gives, else MalformedNote."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedNote("not base64") from error
    if encode_base64(data) != text:
        raise MalformedNote("not the only base64 form of its bytes")
    return data


def parse_decimal(text: str) -> int:
    """A tree size or index: ASCII decimal without leading zero, at most 2^63-1, else MalformedNote."""
    if _DECIMAL.fullmatch(text) is None or int(text) > _MAX_TREE_SIZE:
        raise MalformedNote("not a decimal number in its only form")
    return int(text)


def _signature_line(text: str, signer: NoteSigner) -> str:
    _check_name(signer.name)
    public = signer.private.public_key().public_bytes_raw()
    signature = signer.private.sign(text.encode())
    return f"{_SIGNATURE_MARK}{signer.name} {encode_base64(key_id(signer.name, public) + signature)}\n"


def _split_note(note: bytes) -> tuple[str, list[str]]:
    """The text with its final newline, and the signature lines. The last empty line divides them."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedNote("a note is UTF-8") from error
    divide = whole.rfind("\n\n")
    if divide < 0 or not whole.endswith("\n"):
        raise MalformedNote("a note is a text, an empty line and signature lines")
    text, signatures = whole[: divide + 1], whole[divide + 2 :]
    _check_text(text)
    lines = signatures.split("\n")[:-1]
    if not 0 < len(lines) <= _MAX_SIGNATURES:
        raise MalformedNote("a note has from 1 to 100 signatures")
    return text, lines


def _parse_signature_line(line: str) -> NoteSignature:
    name, divider, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not line.startswith(_SIGNATURE_MARK) or not divider:
        raise MalformedNote("not a signature line")
    _check_name(name)
    data = decode_base64(encoded)
    if len(data) <= _KEY_ID_SIZE:
        raise MalformedNote("a signature line without a signature")
    return NoteSignature(name, data[:_KEY_ID_SIZE], data[_KEY_ID_SIZE:])


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedNote("a note is UTF-8") from error
    if not text.endswith("\n") or _REFUSED_CONTROL.search(text):
        raise MalformedNote("a note's text ends in a newline and has no other control character")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name) or _REFUSED_CONTROL.search(name):
        raise MalformedNote("a key name has no space, plus sign or control character")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedNote("a key name is UTF-8") from error
