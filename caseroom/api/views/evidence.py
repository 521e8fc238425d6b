"""Evidence: the pack of a case, and the proof of one exhibit."""

from __future__ import annotations

from flask import Blueprint, Response

from caseroom.evidence.sending import send_disclosure, send_pack


def add_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/cases/<case_id>/evidence", view_func=pack)
    blueprint.add_url_rule("/exhibits/<exhibit_id>/evidence", view_func=disclosure)


def pack(case_id: str) -> Response:
    return send_pack(case_id)


def disclosure(exhibit_id: str) -> Response:
    return send_disclosure(exhibit_id)
