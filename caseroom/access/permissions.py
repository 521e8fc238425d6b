"""Permissions are words. One per thing a person can ask for inside a case."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    CASE_CLOSE = "case:close"
    CASE_ERASE = "case:erase"
    CASE_READ = "case:read"
    CASE_STEER = "case:steer"
    ENTRY_ERASE = "entry:erase"
    ENTRY_ERASE_OWN = "entry:erase_own"
    ENTRY_FILE = "entry:file"
    ENTRY_POST = "entry:post"
    LEDGER_READ = "ledger:read"
    ROOM_READ = "room:read"
    ROOM_SHRED = "room:shred"
