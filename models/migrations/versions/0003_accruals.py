"""Accruals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


SUBJECTS = "'person', 'project', 'time_period_type', 'tenant_policy'"
NEW_SUBJECTS = "'agreement', 'holiday_exception', 'balance_policy'"


def upgrade() -> None:
    op.create_table(
        "holiday_exception",
        sa.Column("place", sa.String(), nullable=False, comment="ISO 3166 place"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("kind IN ('added', 'removed')", name=op.f("ck_holiday_exception_kind")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_holiday_exception_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "place", "day", name=op.f("pk_holiday_exception")),
    )
    op.create_table(
        "accrual_rebuild",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.String(), nullable=False, comment="what changed, in words"),
        sa.Column(
            "supposed",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the change that is only looked at, with what it would do; none: the balances are rebuilt",
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False, comment="whom it concerns"),
        sa.Column("people_per_second", sa.Integer(), nullable=True, comment="none: as fast as it goes"),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True, comment="none: the command line"),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'cancelled')", name=op.f("ck_accrual_rebuild_state")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_accrual_rebuild_asked_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_accrual_rebuild_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrual_rebuild")),
    )
    op.create_index("ix_accrual_rebuild_begun", "accrual_rebuild", ["tenant_id", "asked_at"], unique=False)
    op.create_index(
        "ix_accrual_rebuild_open",
        "accrual_rebuild",
        ["tenant_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_table(
        "accrual_rebuild_batch",
        sa.Column("rebuild_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="0, 1, 2…"),
        sa.Column("person_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "changed",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="people whose balances changed",
        ),
        sa.Column(
            "differences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="of what is only looked at: whose, before and after",
        ),
        sa.Column(
            "aside",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="who of them could not be computed, and why",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("done BETWEEN 0 AND cardinality(person_ids)", name=op.f("ck_accrual_rebuild_batch_done")),
        sa.ForeignKeyConstraint(
            ["rebuild_id"], ["accrual_rebuild.id"], name=op.f("fk_accrual_rebuild_batch_rebuild_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_accrual_rebuild_batch_tenant_id")),
        sa.PrimaryKeyConstraint("rebuild_id", "number", name=op.f("pk_accrual_rebuild_batch")),
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("accrual_code", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the person's local day from which on it counts"),
        sa.Column("value", sa.Integer(), nullable=False, comment="minutes or count; positive raises what remains"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "reverses_flex_change_id", sa.Uuid(), nullable=True, comment="the flex change whose credit it gives back"
        ),
        sa.Column("authorised_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column(
            "content_hash", sa.String(), nullable=False, comment="the same command with another content is refused"
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_adjustment_reason")),
        sa.CheckConstraint("value <> 0", name=op.f("ck_adjustment_value")),
        sa.ForeignKeyConstraint(["authorised_by_id"], ["person.id"], name=op.f("fk_adjustment_authorised_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_adjustment_person_id")),
        sa.ForeignKeyConstraint(
            ["reverses_flex_change_id"], ["flex_change.id"], name=op.f("fk_adjustment_reverses_flex_change_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_adjustment_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint("reverses_flex_change_id", name=op.f("uq_adjustment_reverses_flex_change_id")),
    )
    op.create_index("ix_adjustment_person", "adjustment", ["person_id", "day", "id"], unique=False)
    op.add_column(
        "agreement",
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1, 2, 3…: one for each change",
        ),
    )
    op.add_column(
        "contribution",
        sa.Column(
            "flex_change_id",
            sa.Uuid(),
            nullable=True,
            comment="the change whose credit this is; it made this version of the entry",
        ),
    )
    op.create_foreign_key(
        op.f("fk_contribution_flex_change_id"), "contribution", "flex_change", ["flex_change_id"], ["id"]
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "balance_tolerance_percent",
            sa.Integer(),
            server_default=sa.text("5"),
            nullable=False,
            comment="of the target: how far from an even pace somebody may be and still count as on target",
        ),
    )
    op.create_check_constraint(
        op.f("ck_tenant_policy_balance_tolerance_percent"),
        "tenant_policy",
        "balance_tolerance_percent BETWEEN 0 AND 100",
    )
    op.create_check_constraint(
        op.f("ck_contribution_flexible_credits_of_changes"),
        "contribution",
        "(accrual_code = 'FLEXIBLE_CREDITS') = (flex_change_id IS NOT NULL)",
    )
    _set_subjects(f"{SUBJECTS}, {NEW_SUBJECTS}")
    op.execute("ALTER TABLE accrual SET (fillfactor = 50)")
    _count_what_counted_nowhere()


def _set_subjects(names: str) -> None:
    op.drop_constraint(op.f("ck_directory_change_subject_kind"), "directory_change")
    op.create_check_constraint(
        op.f("ck_directory_change_subject_kind"), "directory_change", f"subject_kind IN ({names})"
    )


def _count_what_counted_nowhere() -> None:
    """There are accrual types now that time recorded before feeds as well: everybody's balances are rebuilt."""
    # The owner is held to the row policies as well; `models.migrate` puts them back afterwards.
    op.execute("ALTER TABLE agreement NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        INSERT INTO accrual_rebuild (id, tenant_id, because, state, people, command_id)
        SELECT gen_random_uuid(), tenant_id, 'There are more accrual types', 'waiting',
               count(DISTINCT person_id), gen_random_uuid()
        FROM agreement GROUP BY tenant_id
        """
    )
    op.execute(
        """
        INSERT INTO accrual_rebuild_batch (rebuild_id, tenant_id, number, person_ids)
        SELECT r.id, r.tenant_id, (ranked.place - 1) / 100, array_agg(ranked.person_id ORDER BY ranked.place)
        FROM accrual_rebuild r
        JOIN (
            SELECT tenant_id, person_id, row_number() OVER (PARTITION BY tenant_id ORDER BY person_id) AS place
            FROM (SELECT DISTINCT tenant_id, person_id FROM agreement) agreed
        ) ranked ON ranked.tenant_id = r.tenant_id
        GROUP BY r.id, r.tenant_id, (ranked.place - 1) / 100
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE accrual RESET (fillfactor)")
    _set_subjects(SUBJECTS)
    op.drop_constraint(op.f("ck_contribution_flexible_credits_of_changes"), "contribution")
    op.drop_constraint(op.f("ck_tenant_policy_balance_tolerance_percent"), "tenant_policy")
    op.drop_column("tenant_policy", "balance_tolerance_percent")
    op.drop_constraint(op.f("fk_contribution_flex_change_id"), "contribution", type_="foreignkey")
    op.drop_column("contribution", "flex_change_id")
    op.drop_column("agreement", "version")
    op.drop_index("ix_adjustment_person", table_name="adjustment")
    op.drop_table("adjustment")
    op.drop_table("accrual_rebuild_batch")
    op.drop_index(
        "ix_accrual_rebuild_open",
        table_name="accrual_rebuild",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_index("ix_accrual_rebuild_begun", table_name="accrual_rebuild")
    op.drop_table("accrual_rebuild")
    op.drop_table("holiday_exception")
