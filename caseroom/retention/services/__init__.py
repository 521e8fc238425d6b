"""Verbs: erase an item, destroy a room or a case with two people's consent, close a case, set how long things are
kept."""

from caseroom.retention.services.approving import approve_erasure, refuse_erasure
from caseroom.retention.services.asking import ask_erasure
from caseroom.retention.services.closing import close_case, withdraw_consent
from caseroom.retention.services.items import erase_item
from caseroom.retention.services.rooms import ask_to_destroy
from caseroom.retention.services.rules import set_rules

__all__ = [
    "approve_erasure",
    "ask_erasure",
    "ask_to_destroy",
    "close_case",
    "erase_item",
    "refuse_erasure",
    "set_rules",
    "withdraw_consent",
]
