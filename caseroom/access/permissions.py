"""Permissions are words. One per thing a person can ask for inside a case."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    CASE_READ = "case:read"
    CASE_STEER = "case:steer"
    ENTRY_FILE = "entry:file"
    ENTRY_POST = "entry:post"
    LEDGER_READ = "ledger:read"
    ROOM_READ = "room:read"
