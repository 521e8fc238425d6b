"""What may differ between two worlds in which a person was told the same: random ids, keys and salts, hashes and
signatures, time-stamp tokens, what a clock said, and the number drawn for a room. Everything else is compared."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from itertools import zip_longest

from pypdf import PdfReader

from tests.properties.visitors import Answer

CLOCK = (
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",  # HTTP
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?",
    r"[A-Z][a-z]{2,8} \d{1,2}, \d{4}",
    r"(?<![\d.])\d{1,2}:\d\d(:\d\d)?([\s\u202f][AP]M\b)?(?!\d)",
    r'(?<="now": )\d{13}',
    r'(?<="saved_at":)\d{13}',
)
MASKS = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"nonce[-=]\"?[A-Za-z0-9_-]+", "<nonce>"),
        (r'(csrf[_-]token" (?:value|content)=")[^"]+', r"\1<form token>"),
        (r"__Host-caseroom=[^;]+", "__Host-caseroom=<cookie>"),
        (r'"sid":"[^"]+"', '"sid":"<connection>"'),
        (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}", "+<key>"),
        (r"[A-Za-z0-9+/]{91}=", "<signature>"),
        (r"[A-Za-z0-9+/]{43}=", "<base64>"),
        (r"[0-9a-f]{64}", "<hash>"),
        (r"[0-9a-f]{32}", "<id>"),
        (r"\b[0-9a-f]{16}\b", "<audience>"),
        (r"\b[0-9a-f]{4}…[0-9a-f]{4}\b", "<short hash>"),
        (r"[A-Za-z0-9+/]{8}…[A-Za-z0-9+/]{3,4}=", "<short hash>"),
        (r"(caseroom|certificate)-[0-9a-f]{8}", r"\1-<case>"),
        (r"\b([a-z]+)\.\d+@example\.org", r"\1@example.org"),
        (r"/s/\d+", "/s/<slot>"),
        (r'("(?:space|slot)"):\d+', r"\1:<slot>"),
        (r"spaces/\d+/", "spaces/<slot>/"),
        (r"\b([Ss]pace) \d+\b", r"\1 <slot>"),
        *((pattern, "<clock>") for pattern in CLOCK),
    )
)
# On paper a line may end anywhere within these.
PAPER_MASKS = (
    (re.compile(r"\+[0-9a-f]{8}\+(?:[A-Za-z0-9+/=] ?){44}"), "+<key> "),
    (re.compile(r"(?:[A-Za-z0-9+/] ?){91}="), "<signature>"),
)
DRAWN_FOR_EACH_ANSWER = tuple(
    (re.compile(pattern), mask)
    for pattern, mask in (
        (rb"nonce[-=]\"?[A-Za-z0-9_-]+", b"nonce"),
        (rb'(csrf[_-]token" (?:value|content)=")[^"]+', rb"\1"),
        (rb'(?<="now": )\d{13}', b""),
        (rb"\(D:\d{14}[^)]*\)|/ID *\n?\[<[^]]+\]", b""),  # of a PDF that is drawn anew
    )
)


def masked(text: str) -> str:
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def told(answer: Answer) -> tuple[str, int, list[tuple[str, str]], object]:
    """One answer as it may be compared: its name, status, the lines of its head in their order, and its body."""
    headers = []
    for name, value in answer.headers:
        if name == "Content-Length" and answer.body:
            assert int(value) == len(answer.body), answer.asked
        # Of what has clocks or a drawn number in it the length says no more than the body; a file's is its own.
        drawn = name == "Content-Length" and "/content" not in answer.asked
        headers.append((name, "<that of the body>" if drawn else masked(value)))
    return answer.asked, answer.status, headers, body_of(answer)


def exact(answer: Answer) -> tuple[str, int, list[tuple[str, str]], object]:
    """One answer to the byte, the length that its head states included; without what is drawn anew for each answer."""
    headers = [
        (name, "" if name in ("Date", "Set-Cookie") else _undrawn(value.encode()).decode())
        for name, value in answer.headers
    ]
    if answer.media == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            # These two say when the pack was made.
            dated = ("README.txt", "manifest.json")
            body = [
                (name, masked(archive.read(name).decode()) if name in dated else archive.read(name))
                for name in archive.namelist()
            ]
        return answer.asked, answer.status, headers, body
    return answer.asked, answer.status, headers, _undrawn(answer.body)


def _undrawn(data: bytes) -> bytes:
    for pattern, mask in DRAWN_FOR_EACH_ANSWER:
        data = pattern.sub(mask, data)
    return data


def body_of(answer: Answer) -> object:
    if answer.media == "application/zip" and answer.body:
        return members(answer.body)
    if answer.media == "application/pdf" and answer.body:
        return [_on_paper(page.extract_text()) for page in PdfReader(io.BytesIO(answer.body)).pages]
    if answer.body.startswith(b"age-encryption.org/v1\n"):
        return b"age-encryption.org/v1\n"  # of the zip inside no byte can be compared
    return masked(answer.body.decode())


def _on_paper(text: str) -> str:
    words = masked(" ".join(text.split()))
    for pattern, mask in PAPER_MASKS:
        words = pattern.sub(mask, words)
    return words


def members(data: bytes) -> list[tuple[str, int, str]]:
    """The files of a zip in their order: path, length and content, each masked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [_member(info, archive.read(info)) for info in archive.infolist()]


def _member(info: zipfile.ZipInfo, content: bytes) -> tuple[str, int, str]:
    path = masked(info.filename)
    kind = (info.compress_type, info.flag_bits, info.create_system, info.external_attr, len(info.extra), info.comment)
    if path.endswith(".tsr"):
        return f"{path} {kind}", 0, "<token>"  # its signature is of no fixed length
    if path == "manifest.json":
        # Its files are in the order of their paths, and so of the numbers that were drawn.
        files = json.loads(content)["files"]
        hidden = "\n".join(sorted(masked(f"{name} {digest}") for name, digest in files.items()))
        head = masked(json.dumps(json.loads(content) | {"files": len(files)}))
        return f"{path} {kind}", len(hidden), f"{head}\n{hidden}"
    hidden = masked(content.decode())
    return f"{path} {kind}", len(hidden), hidden


def differences(first: Sequence[object], second: Sequence[object]) -> str:
    """Where two tellings part, for the reader of a failure: of each pair the text around the first difference; empty
    where they are the same."""
    found = []
    for one, other in zip_longest(first, second):
        if one != other:
            texts = str(one), str(other)
            place = next((n for n, pair in enumerate(zip(*texts, strict=False)) if len(set(pair)) > 1), 0)
            found += [texts[0][:70], *(f"    {text[max(0, place - 80) : place + 80]!r}" for text in texts)]
    return "\n".join(found)
