"""Steps 13 and 15: the signatures of acts, and the links of what was released."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from caseroom.audit.canonical import canonical
from caseroom.audit.event_bytes import link
from tests.evidence.building import FIELDS, PackBuilder, drawn
from tests.evidence.judging import named, places

# --- acts signed with a security key ---


def security_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1000 + number, ec.SECP256R1())


def spki(key: ec.EllipticCurvePrivateKey) -> str:
    data = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(data).decode()


def signing(key: ec.EllipticCurvePrivateKey, *, flags: int = 0x05, **changes: Any) -> Callable[[bytes], bytes]:
    """What an authenticator makes of the SHA-256 of an intent (docs/evidence.md §6)."""

    def act(intent: bytes) -> bytes:
        challenge = base64.urlsafe_b64encode(intent).rstrip(b"=").decode()
        stated = {"type": "webauthn.get", "challenge": challenge, "origin": "https://rooms.example.org"}
        client = json.dumps(stated | changes.get("client", {})).encode()
        authenticator = bytes(32) + bytes([flags]) + bytes(4)
        signature = key.sign(authenticator + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        encoded = {"authenticatorData": authenticator, "clientDataJSON": client, "signature": signature}
        members = {"v": "caseroom/v1/act", "alg": "ES256", "key": spki(key)}
        members |= {name: base64.b64encode(data).decode() for name, data in encoded.items()}
        return canonical(members | changes.get("members", {}))

    return act


def signed_case(act: Callable[[bytes], bytes], **admission: Any) -> PackBuilder:
    """An exhibit filed with an act signature by somebody admitted with the first security key."""
    builder = PackBuilder()
    room = builder.space(11)
    keys = admission.pop("keys", (spki(security_key(1)),))
    room.admit(builder.exporter, keys=keys, at=builder.opened, **admission)
    room.exhibit(b"signed", act=act)
    builder.seal()
    return builder


def test_an_act_signed_with_the_key_of_the_admission_verifies(judge: Any) -> None:
    report = judge(signed_case(signing(security_key(1))))
    assert (report.findings, [note for note in report.notes if note.check == "act"]) == ([], [])


@pytest.mark.parametrize(
    "act",
    [
        signing(security_key(2)),
        signing(security_key(1), flags=0x01),
        signing(security_key(1), client={"challenge": "AAAA"}),
        signing(security_key(1), client={"type": "webauthn.create"}),
        signing(security_key(1), members={"signature": base64.b64encode(b"x").decode()}),
        signing(security_key(1), members={"alg": "RS256"}),
        signing(security_key(1), members={"more": 1}),
        signing(security_key(1), members={"key": "not base64"}),
        lambda _: b"{}",
        lambda _: b"\xff",
    ],
)
def test_an_act_signature_of_another_key_act_or_form_is_found(judge: Any, act: Callable[[bytes], bytes]) -> None:
    report = judge(signed_case(act))
    assert named(report) == {"act"}
    assert places(report, "act") == [(11, 1, None)]


def test_an_act_signature_that_is_missing_or_exchanged_is_found(judge: Any) -> None:
    builder = signed_case(signing(security_key(1)))
    files = builder.files()
    path = next(name for name in files if "/acts/" in name)
    other = signing(security_key(1))(bytes(32))
    assert named(judge(builder, files | {path: other})) == {"act"}
    del files[path]
    assert named(judge(builder, files)) == {"act"}


def test_the_latest_admission_before_the_act_says_which_key_is_somebody_s(judge: Any) -> None:
    builder = signed_case(signing(security_key(1)))
    room = builder.space(11)
    room.admit(builder.exporter, keys=(spki(security_key(2)),))
    room.exhibit(b"second", act=signing(security_key(2)))
    assert judge(builder).findings == []
    room.exhibit(b"third", act=signing(security_key(1)))
    assert places(judge(builder), "act") == [(11, 4, None)]


def test_an_act_whose_admission_was_erased_is_unverifiable_and_no_finding(judge: Any) -> None:
    builder = signed_case(signing(security_key(1)))
    room = builder.space(11)
    room.event("item.erased", {"of": room.events[0].leaf.hex(), "basis": "GDPR 17"})
    room.events[0].disclosed = None
    report = judge(builder)
    assert report.findings == []
    assert [(note.check, note.seq) for note in report.notes if note.check == "act"] == [("act", 1)]
    nobody = signed_case(signing(security_key(1)))
    nobody.space(11).events.pop(0)
    assert "act" in named(judge(nobody))


# --- from the private room to the joint one ---


def released(**changes: Any) -> PackBuilder:
    """The exporter consents in room 2 to the release of an exhibit, which then stands in room 11."""
    builder = PackBuilder()
    joint, private = builder.space(11), builder.space(2)
    joint.admit(builder.exporter, at=builder.opened)
    private.admit(builder.exporter, at=builder.opened)
    data = b"the offer"
    digest = hashlib.sha256(data).hexdigest()
    filed = private.exhibit(data)
    slip = {"of": filed.leaf.hex(), "files": [digest], "to": 11} | changes.get("slip", {})
    meta = changes.get("meta", {"level": "show"})
    consent = private.event("release.consented", slip, meta=meta, actor=changes.get("consenter"))
    if changes.get("withdrawn"):
        private.event("release.withdrawn", {"of": consent.leaf.hex()})
    salt = drawn("salt")
    who = {"owner": builder.exporter, "consent": link(salt, consent.leaf).hex()} | changes.get("who", {})
    at = builder.opened if changes.get("early") else None
    actor = changes.get("mover")
    joint.exhibit(changes.get("data", data), kind="exhibit.released", who=who, actor=actor, at=at)
    builder.links = [{"joint": [11, 1], "caucus": [2, 2], "salt": salt.hex()} | changes.get("link", {})]
    builder.seal()
    assert FIELDS == ("body", "meta", "who")
    return builder


NEUTRAL = drawn("neutral", size=16).hex()
CLEANED = b"cleaned offer"
CLEANED_HASH = hashlib.sha256(CLEANED).hexdigest()


def test_a_release_is_linked_to_the_owner_s_consent(judge: Any) -> None:
    assert judge(released()).findings == []
    assert judge(released(mover=NEUTRAL, who={"via": NEUTRAL})).findings == []
    cleaned = released(data=CLEANED, slip={"files": [CLEANED_HASH]}, meta={"level": "show", "cleaned": True})
    assert judge(cleaned).findings == []


@pytest.mark.parametrize(
    "changes",
    [
        {"link": {"salt": "0" * 64}},
        {"link": {"joint": [11, 0]}},
        {"link": {"joint": [11, 99]}},
        {"link": {"joint": [12, 1]}},
        {"link": {"caucus": [2, 1]}},
        {"link": {"caucus": [2]}},
        {"link": {"more": 1}},
        {"slip": {"to": 12}},
        {"slip": {"of": "0" * 64}},
        {"slip": {"files": []}},
        {"consenter": NEUTRAL},
        {"data": CLEANED},
        {"data": CLEANED, "slip": {"files": [CLEANED_HASH]}},
        {"withdrawn": True},
        {"early": True},
        {"mover": NEUTRAL},
        {"who": {"via": NEUTRAL}},
        {"who": {"owner": "nobody"}},
    ],
)
def test_a_release_without_the_owner_s_earlier_consent_to_it_is_found(judge: Any, changes: dict[str, Any]) -> None:
    assert "link" in named(judge(released(**changes)))


def test_a_link_left_out_or_told_twice_is_found(judge: Any) -> None:
    builder = released()
    files = builder.files()
    assert named(judge(builder, files | {"links.jsonl": files["links.jsonl"] * 2})) == {"link"}
    assert named(judge(builder, files | {"links.jsonl": b""})) == {"link"}


def test_a_pack_without_any_links_says_which_release_has_none(judge: Any) -> None:
    builder = released()
    builder.links = []
    report = judge(builder)
    assert report.findings == []
    assert [(note.space, note.seq) for note in report.notes if note.check == "link"] == [(11, 1)]


def test_somebody_who_has_only_the_joint_room_needs_no_link(judge: Any) -> None:
    builder = released()
    del builder.spaces[2]
    builder.links = []
    assert judge(builder).findings == []
