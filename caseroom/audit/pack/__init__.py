"""The evidence pack's files (docs/evidence.md §9.1): the zip as it streams, the case's part and a room's part. Who may
hold which of them is decided above, in ``caseroom.evidence``."""
