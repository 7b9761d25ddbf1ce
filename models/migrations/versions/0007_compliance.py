"""Compliance"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SWITCHES = (
    ("refuse_future_work", "whether work on a project is refused as long as it is ahead"),
    (
        "account_for_days",
        "whether a timesheet is only submitted when what was planned of each working day is accounted for",
    ),
    ("explain_changes", "whether each change of a saved entry needs a reason"),
    ("view_before_approving", "whether only who has opened the details of a submission may approve it"),
    ("answer_acts_first", "whether the owner says first whether what others did in their place is right"),
)
RETENTION = "for how many years no record can be destroyed; none: nothing is promised. Never shortened"


def upgrade() -> None:
    for name, comment in SWITCHES:
        op.add_column(
            "tenant_policy",
            sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment),
        )
    op.add_column("tenant_policy", sa.Column("retention_years", sa.SmallInteger(), nullable=True, comment=RETENTION))
    op.create_check_constraint(
        op.f("ck_tenant_policy_retention_years"), "tenant_policy", "retention_years BETWEEN 1 AND 100"
    )
    op.add_column(
        "directory_change", sa.Column("reason", sa.String(), nullable=True, comment="why, where it was asked for")
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS keep_policy() CASCADE")
    op.execute("DROP FUNCTION IF EXISTS keep_row() CASCADE")
    op.execute("DROP FUNCTION IF EXISTS keep_table() CASCADE")
    op.drop_column("directory_change", "reason")
    op.drop_constraint(op.f("ck_tenant_policy_retention_years"), "tenant_policy")
    op.drop_column("tenant_policy", "retention_years")
    for name, _ in reversed(SWITCHES):
        op.drop_column("tenant_policy", name)
