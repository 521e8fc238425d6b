"""Erasures, closings and the rules of keeping

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

import caseroom.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_event",
        sa.Column("room_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("erasure_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "seq", name=op.f("pk_erased_event")),
    )
    op.create_index("ix_erased_event_erasure_id", "erased_event", ["erasure_id"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=2), nullable=False),
        sa.Column("content", sa.String(length=12), nullable=True),
        sa.Column("room_id", sa.String(length=32), nullable=True),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("asked_at", caseroom.db.Instant(), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("approved_person", sa.String(length=32), nullable=True),
        sa.Column("approved_at", caseroom.db.Instant(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("in_ledger", sa.Boolean(), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("sealed_in", sa.Integer(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("done_at", caseroom.db.Instant(), nullable=True),
        sa.Column("keys_gone_by", caseroom.db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_erasure_practice_id_practice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_practice_id", "erasure", ["practice_id"])
    op.create_index("ix_erasure_state", "erasure", ["state"])
    op.create_index("ix_erasure_case_id_asked_at", "erasure", ["case_id", "asked_at"])
    op.create_table(
        "closing_consent",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("participant_id", sa.String(length=32), nullable=False),
        sa.Column("side_id", sa.String(length=32), nullable=True),
        sa.Column("at", caseroom.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "participant_id", name=op.f("pk_closing_consent")),
    )
    op.create_table(
        "retention_rule",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=12), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", caseroom.db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_retention_rule_practice_id_practice")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_retention_rule_set_by_person")),
        sa.PrimaryKeyConstraint("practice_id", "content", name=op.f("pk_retention_rule")),
    )


def downgrade() -> None:
    op.drop_table("retention_rule")
    op.drop_table("closing_consent")
    for index in ("ix_erasure_case_id_asked_at", "ix_erasure_state", "ix_erasure_practice_id"):
        op.drop_index(index, table_name="erasure")
    op.drop_table("erasure")
    op.drop_index("ix_erased_event_erasure_id", table_name="erased_event")
    op.drop_table("erased_event")
