"""The outside time stamps: every token is of its checkpoint and of a root on record, pinned once, and says what its row
says; none is long overdue (docs/evidence.md §4, §10 step 6, §19)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import decode_timestamp_response
from sqlalchemy import select

from caseroom.audit.epoch_bytes import Epoch, pin_tokens
from caseroom.audit.models import CaseEpoch, CaseLog, TimeStamp, TsaRoot
from caseroom.audit.stamps.queue import ALARM, LATE
from caseroom.audit.stamps.tokens import Verdict, check_token
from caseroom.upkeep.doctor.examination import Examination

IMPRINT = bytes.fromhex("3031300d060960864801650304020105000420")
"""The beginning of a messageImprint of SHA-256 in DER (RFC 3161 §2.4.1), up to the hash."""


def check_roots(exam: Examination) -> None:
    for row in exam.work.session.scalars(select(TsaRoot)):
        try:
            certificate = x509.load_pem_x509_certificate(row.pem.encode())
            whole = (
                certificate.fingerprint(hashes.SHA256()).hex() == row.fingerprint
                and certificate.public_bytes(Encoding.PEM).decode() == row.pem
            )
        except ValueError:
            whole = False
        exam.diagnosis.expect("timestamp", f"root {row.fingerprint}", "The certificate is not that one", holds=whole)


def check_stamps(exam: Examination, log: CaseLog, rows: Sequence[CaseEpoch], epochs: Mapping[int, Epoch]) -> None:
    stamps = {
        each.n: each for each in exam.work.session.scalars(select(TimeStamp).where(TimeStamp.case_id == log.case_id))
    }
    roots = _roots(exam)
    notes = {row.n: row.note for row in rows}
    for n, stamp in stamps.items():
        where = f"case {log.case_id} epoch {n}"
        with exam.diagnosis.reading("timestamp", where):
            if n not in epochs:
                exam.diagnosis.find("timestamp", where, "A time stamp of an epoch that is not there")
            elif stamp.state == "waiting":
                _check_waiting(exam, stamp, where)
            else:
                _check_kept(exam, stamp, notes[n] or "", epochs[n], roots, where)
    for epoch in epochs.values():
        _check_pins(exam, stamps, epoch)
    pinned = {n: epoch.n for epoch in epochs.values() for n in epoch.stamps}
    for n, stamp in stamps.items():
        named = stamp.pinned_in == pinned.get(n)
        exam.diagnosis.expect(
            "timestamp", f"case {log.case_id} epoch {n}", "Another epoch pins its token than its row says", holds=named
        )


def _roots(exam: Examination) -> list[x509.Certificate]:
    pems = [*exam.work.session.scalars(select(TsaRoot.pem)), *exam.settings.tsa_roots]
    roots = []
    for pem in dict.fromkeys(pems):
        try:
            roots.append(x509.load_pem_x509_certificate(pem.encode()))
        except ValueError:
            continue  # check_roots has said so
    return roots


def _check_waiting(exam: Examination, stamp: TimeStamp, where: str) -> None:
    empty = (stamp.token, stamp.request, stamp.gen_time, stamp.pinned_in, stamp.late) == (None, None, None, None, False)
    exam.diagnosis.expect("timestamp", where, "It waits for a time stamp and has one", holds=empty)
    if exam.now - stamp.asked_since > ALARM:
        exam.diagnosis.find(
            "stamp-overdue", where, f"It has waited for its time stamp since {stamp.asked_since:%F %T} UTC"
        )


def _check_kept(
    exam: Examination, stamp: TimeStamp, note: str, epoch: Epoch, roots: Sequence[x509.Certificate], where: str
) -> None:
    exam.diagnosis.count("time stamps")
    if stamp.state != "kept" or stamp.token is None:
        exam.diagnosis.find("timestamp", where, "Its time stamp is not there")
        return
    checked = check_token(stamp.token, note.encode(), roots=roots)
    if checked.state is Verdict.WRONG:
        exam.diagnosis.find("timestamp", where, f"Its token is not of this checkpoint: {checked.reason}")
        return
    if checked.state is Verdict.UNREADABLE:
        exam.diagnosis.find("timestamp", where, f"Its token cannot be checked here: {checked.reason}")
        return
    late = checked.gen_time is not None and checked.gen_time > epoch.due + LATE
    same = stamp.gen_time == checked.gen_time and stamp.late == late
    exam.diagnosis.expect("timestamp", where, "Its row does not say what its token says", holds=same)
    asked = stamp.request is not None and _is_request(stamp.request, stamp.token, note)
    exam.diagnosis.expect("timestamp", where, "The request that is kept is not the one of its token", holds=asked)


def _is_request(request: bytes, response: bytes, note: bytes | str) -> bool:
    """Whether a TimeStampReq asks for the SHA-256 of the note with the token's nonce, and for nothing else: version 1,
    imprint, nonce, certReq (RFC 3161 §2.4.1), as ``asking.build_request`` makes it."""
    data = note.encode() if isinstance(note, str) else note
    imprint = IMPRINT + hashlib.sha256(data).digest()
    try:
        nonce = decode_timestamp_response(response).tst_info.nonce
    except ValueError:
        return imprint in request  # read by openssl alone
    number = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    body = b"\x02\x01\x01" + imprint + b"\x02" + bytes([len(number)]) + number + b"\x01\x01\xff"
    return request == b"\x30" + bytes([len(body)]) + body


def _check_pins(exam: Examination, stamps: Mapping[int, TimeStamp], epoch: Epoch) -> None:
    if not epoch.stamps:
        return
    tokens = [stamps[n].token if n in stamps else None for n in epoch.stamps]
    found = [hashlib.sha256(token).digest() for token in tokens if token is not None]
    holds = len(found) == len(tokens) and pin_tokens(found) == epoch.tst
    where = f"case {epoch.case.hex()} epoch {epoch.n}"
    exam.diagnosis.expect("timestamp", where, "A token that it pins is missing or another one", holds=holds)
