"""Anchors of seals, and transactions that add to the ledger while they are sealed"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# A row that is there already is held until the end: sealing leaves it for later, and whoever comes while it is being
# sealed adds it anew. Otherwise statements of a transaction id that comes back would wait for no seal.
HOLD_UNSEALED = """
CREATE OR REPLACE FUNCTION note_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsealed (tenant_id, transaction_id) SELECT DISTINCT tenant_id, transaction_id FROM added
    ON CONFLICT (tenant_id, transaction_id) DO UPDATE SET transaction_id = excluded.transaction_id WHERE false;
    RETURN NULL;
END $$
"""

NOTE_UNSEALED = """
CREATE OR REPLACE FUNCTION note_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsealed (tenant_id, transaction_id) SELECT DISTINCT tenant_id, transaction_id FROM added
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""


SUBJECTS = (
    "'person', 'project', 'time_period_type', 'tenant_policy', 'agreement', 'holiday_exception', 'balance_policy', "
    "'approval_policy', 'delegation', 'webhook'"
)


def upgrade() -> None:
    op.create_table(
        "anchor",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False, comment="the name of the file, or the address"),
        sa.Column(
            "anchored_to", sa.BigInteger(), nullable=False, comment="number of the last seal that is there; 0: none"
        ),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="in a row"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True, comment="after a failure; none: at once"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_anchor_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name=op.f("pk_anchor")),
        sa.CheckConstraint("kind IN ('file', 'url')", name=op.f("ck_anchor_kind")),
    )
    op.create_table(
        "seal_anchor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="of the seal"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False, comment="the name of the file, or the address"),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status; none: a file, or no answer"),
        sa.Column("error", sa.String(), nullable=True, comment="why it is not there, in words; none: it is"),
        sa.Column("tried_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_seal_anchor_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_anchor")),
    )
    op.create_index("ix_seal_anchor_number", "seal_anchor", ["tenant_id", "number"])
    _set_subjects(f"{SUBJECTS}, 'seal_anchors'")
    op.execute(HOLD_UNSEALED)


def _set_subjects(names: str) -> None:
    op.drop_constraint(op.f("ck_directory_change_subject_kind"), "directory_change")
    op.create_check_constraint(
        op.f("ck_directory_change_subject_kind"), "directory_change", f"subject_kind IN ({names})"
    )


def downgrade() -> None:
    op.execute(NOTE_UNSEALED)
    op.execute("DELETE FROM directory_change WHERE subject_kind = 'seal_anchors'")
    _set_subjects(SUBJECTS)
    op.drop_table("seal_anchor")
    op.drop_table("anchor")
