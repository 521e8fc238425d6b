"""The schedule of epochs, their time stamps, and what a shredded room leaves behind

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

import caseroom.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "time_stamp",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_since", caseroom.db.Instant(), nullable=False),
        sa.Column("next_try", caseroom.db.Instant(), nullable=False),
        sa.Column("tsa", sa.String(length=200), nullable=False),
        sa.Column("gen_time", caseroom.db.Instant(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("pinned_in", sa.Integer(), nullable=True),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "n", name=op.f("pk_time_stamp")),
    )
    op.create_index("ix_time_stamp_state_next_try", "time_stamp", ["state", "next_try"])
    op.create_index("ix_time_stamp_case_id_pinned_in_n", "time_stamp", ["case_id", "pinned_in", "n"])
    op.create_table(
        "tsa_root",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("added_at", caseroom.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_tsa_root")),
    )
    with op.batch_alter_table("case_log") as table:
        table.add_column(sa.Column("next_due", caseroom.db.Instant(), nullable=True))
        table.add_column(sa.Column("closed_at", caseroom.db.Instant(), nullable=True))
        table.add_column(sa.Column("key_destroyed_at", caseroom.db.Instant(), nullable=True))
        table.create_index("ix_case_log_next_due", ["next_due"])
    with op.batch_alter_table("epoch") as table:
        table.add_column(sa.Column("sealed_at", caseroom.db.Instant(), nullable=True))
        table.add_column(sa.Column("slot_values", sa.LargeBinary(), nullable=True))
    unsigned = sa.text("note IS NULL")
    op.create_index("ix_epoch_unsigned", "epoch", ["case_id", "n"], sqlite_where=unsigned, postgresql_where=unsigned)
    with op.batch_alter_table("slot") as table:
        table.alter_column("blind_key", existing_type=sa.LargeBinary(), nullable=True)
    # Cases opened before there was a schedule: their first grid instant is one interval after their opening.
    op.execute(
        "UPDATE case_log SET next_due = (SELECT due FROM epoch WHERE epoch.case_id = case_log.case_id AND n = 0)"
        " + interval * 1000"
    )


def downgrade() -> None:
    with op.batch_alter_table("slot") as table:
        table.alter_column("blind_key", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_index("ix_epoch_unsigned", table_name="epoch")
    with op.batch_alter_table("epoch") as table:
        table.drop_column("slot_values")
        table.drop_column("sealed_at")
    with op.batch_alter_table("case_log") as table:
        table.drop_index("ix_case_log_next_due")
        table.drop_column("key_destroyed_at")
        table.drop_column("closed_at")
        table.drop_column("next_due")
    op.drop_table("tsa_root")
    op.drop_index("ix_time_stamp_state_next_try", table_name="time_stamp")
    op.drop_table("time_stamp")
