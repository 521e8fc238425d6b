"""Addresses of the evidence pack and of the proof of one exhibit."""

from __future__ import annotations

from flask import Blueprint, Response

from caseroom.evidence.sending import send_disclosure, send_pack, stated_reader

blueprint = Blueprint("evidence_pack", __name__)


@blueprint.get("/cases/<case_id>/evidence/pack")
def pack(case_id: str) -> Response:
    return send_pack(case_id)


@blueprint.post("/cases/<case_id>/evidence/pack")
def encrypted_pack(case_id: str) -> Response:
    """The same for a mailbox or a stick: only who has the passphrase or the key opens it."""
    return send_pack(case_id, to=stated_reader())


@blueprint.get("/exhibits/<exhibit_id>/evidence")
def disclosure(exhibit_id: str) -> Response:
    return send_disclosure(exhibit_id)
