"""Recording time"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = ["time_entry_id", "time_entry_version", "accrual_code", "day"]
UNIQUE = ["person_id", "accrual_code", "day", "time_entry_id", "time_entry_version"]
FORMER_UNIQUE = "uq_contribution_person_id_accrual_code_day_time_entry_id_time_entry_version"


def upgrade() -> None:
    op.create_table(
        "scheduled_entry",
        sa.Column(
            "entry_id",
            sa.Uuid(),
            nullable=False,
            comment="the time entry's id; there is none when it was deleted unseen",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="the scheduler's, not the time entry's"),
        sa.Column("command_id", sa.Uuid(), nullable=False, comment="the command of the event that told it"),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_scheduled_entry_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name=op.f("pk_scheduled_entry")),
    )
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.String(), nullable=False, comment="SHA-256 of the token, hexadecimal"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="what it is revoked by"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, comment="what it is for, as its maker called it"),
        sa.Column(
            "scopes",
            postgresql.ARRAY(sa.String()),
            nullable=False,
            comment="what it may be used for; never more than its person",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="to the hour"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_api_token_tenant_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_token")),
        sa.UniqueConstraint("id", name=op.f("uq_api_token_id")),
    )
    op.create_index(
        "ix_command_by_others",
        "command",
        ["tenant_id", "owner_id", "completed_at"],
        unique=False,
        postgresql_where=sa.text(
            "completed_at IS NOT NULL AND actor_id <> owner_id"
            " AND kind IN ('add_flex_change', 'add_note', 'amend', 'confirm', 'record', 'remove')"
        ),
    )
    op.create_index("ix_api_token_person", "api_token", ["tenant_id", "person_id"], unique=False)
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False, comment="follows from the event, so that none is kept twice"),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False, comment="the whole event as text"),
        sa.Column(
            "reason", sa.String(), nullable=False, comment="why it could not be taken, the last time it was tried"
        ),
        sa.Column("sender_id", sa.Uuid(), nullable=False, comment="the identity it came from"),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True, comment="none: it waits for an administrator"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("outcome IN ('applied', 'ignored', 'discarded')", name=op.f("ck_dead_letter_outcome")),
        sa.CheckConstraint("route IN ('http', 'broker')", name=op.f("ck_dead_letter_route")),
        sa.ForeignKeyConstraint(["sender_id"], ["person.id"], name=op.f("fk_dead_letter_sender_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_dead_letter_settled_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_dead_letter_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
    )
    op.create_index(
        "ix_dead_letter_open",
        "dead_letter",
        ["tenant_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "directory_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="the version that the change made"),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="none: it was created"),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False, comment="the idempotency key of the form or call"),
        sa.Column("content_hash", sa.String(), nullable=False, comment="the same key with another content is refused"),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "subject_kind IN ('person', 'project', 'time_period_type', 'tenant_policy')",
            name=op.f("ck_directory_change_subject_kind"),
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_directory_change_changed_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_directory_change_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_change")),
        sa.UniqueConstraint(
            "tenant_id", "command_id", "subject_id", name=op.f("uq_directory_change_tenant_id_command_id_subject_id")
        ),
    )
    op.create_index(
        "ix_directory_change_subject", "directory_change", ["tenant_id", "subject_id", "version"], unique=False
    )
    op.create_table(
        "entry_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False, comment="who read it in"),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column(
            "lines",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="each line as it was written and understood",
        ),
        sa.Column(
            "problems",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="why lines are refused, by line number",
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "done", sa.Integer(), nullable=False, comment="lines checked or recorded so far; they count when all are"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True, comment="why nothing was recorded"),
        sa.Column("refused_line", sa.Integer(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'applying', 'applied', 'refused')", name=op.f("ck_entry_import_state")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_entry_import_actor_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_entry_import_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_import")),
    )
    op.create_index("ix_entry_import_actor", "entry_import", ["tenant_id", "actor_id", "created_at"], unique=False)
    op.create_table(
        "owner_review",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False, comment="the act"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "verdict = 'confirmed' OR reason IS NOT NULL", name=op.f("ck_owner_review_dispute_needs_reason")
        ),
        sa.CheckConstraint("verdict IN ('confirmed', 'disputed')", name=op.f("ck_owner_review_verdict")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_owner_review_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_owner_review_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_owner_review_timesheet_id")),
        sa.PrimaryKeyConstraint("tenant_id", "command_id", name=op.f("pk_owner_review")),
    )
    op.create_table(
        "week_row",
        sa.Column(
            "timesheet_id",
            sa.Uuid(),
            nullable=False,
            comment="not a foreign key: the week may not have been opened yet",
        ),
        sa.Column("line", sa.String(), nullable=False, comment="type and project: what tells lines apart"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("time_period_type_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_week_row_owner_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_week_row_project_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_week_row_tenant_id")),
        sa.PrimaryKeyConstraint("timesheet_id", "line", name=op.f("pk_week_row")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="on whose timesheet it stands"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False, comment="the owner's local day it is about"),
        sa.Column("content", sa.String(length=250), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("entry_version", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_note_author_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["time_entry.id"], name=op.f("fk_note_entry_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_note_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_note_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_note_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_note_timesheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_entry", "note", ["entry_id"], unique=False)
    op.create_index("ix_note_owner", "note", ["tenant_id", "owner_id", "local_date", "created_at"], unique=False)
    op.create_table(
        "flex_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="whose shift it was"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False, comment="of the shift after the change"),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column(
            "satisfies", postgresql.ARRAY(sa.String()), nullable=False, comment="every type that the change is true of"
        ),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("time_entry_version", sa.Integer(), nullable=False, comment="the version that was changed"),
        sa.Column(
            "entry_after_id", sa.Uuid(), nullable=False, comment="another entry when the shift moved to another day"
        ),
        sa.Column("entry_after_version", sa.Integer(), nullable=False),
        sa.Column(
            "local_date",
            sa.Date(),
            nullable=False,
            comment="the owner's local day that the shift starts on after the change",
        ),
        sa.Column("authorised_by", sa.String(), nullable=False, comment="the name of who authorised it"),
        sa.Column("authorised_by_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False, comment="who recorded it"),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=250), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "type IN ('extended', 'altered', 'curtailed', 'completelyChanged')", name=op.f("ck_flex_change_type")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_flex_change_author_id")),
        sa.ForeignKeyConstraint(["authorised_by_id"], ["person.id"], name=op.f("fk_flex_change_authorised_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_after_id", "entry_after_version"],
            ["time_entry_version.entry_id", "time_entry_version.version"],
            name=op.f("fk_flex_change_entry_after_id"),
        ),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_flex_change_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_flex_change_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_flex_change_tenant_id")),
        sa.ForeignKeyConstraint(
            ["time_entry_id", "time_entry_version"],
            ["time_entry_version.entry_id", "time_entry_version.version"],
            name=op.f("fk_flex_change_time_entry_id"),
        ),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_flex_change_timesheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flex_change")),
    )
    op.create_index("ix_flex_change_owner", "flex_change", ["tenant_id", "owner_id", "local_date", "id"], unique=False)
    op.add_column(
        "person",
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1, 2, 3…: one for each change",
        ),
    )
    op.create_index(
        "ix_person_active",
        "person",
        ["tenant_id", "name", "staff_id"],
        unique=False,
        postgresql_where=sa.text("active"),
    )
    op.add_column(
        "project",
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1, 2, 3…: one for each change",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "late_after_working_days",
            sa.Integer(),
            nullable=True,
            comment="time recorded later than so many working days after its end needs a reason; none: no limit",
        ),
    )
    op.add_column(
        "time_entry",
        sa.Column(
            "confirmed",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="false: planned by the scheduler, and nobody has said yet that it was worked; it counts nowhere",
        ),
    )
    op.add_column(
        "time_entry_version",
        sa.Column(
            "confirmed",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="false: planned by the scheduler, and nobody has said yet that it was worked; it counts nowhere",
        ),
    )
    op.add_column(
        "time_period_type",
        sa.Column("counts_to_target_hours", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "time_period_type",
        sa.Column(
            "effective_from", sa.Date(), nullable=True, comment="first local day it can be recorded on; none: always"
        ),
    )
    op.add_column(
        "time_period_type",
        sa.Column("effective_to", sa.Date(), nullable=True, comment="last local day, inclusive; none: for ever"),
    )
    op.add_column(
        "time_period_type",
        sa.Column(
            "person_ids",
            postgresql.ARRAY(sa.Uuid()),
            nullable=True,
            comment="who may record it; none: everybody of the tenant",
        ),
    )
    op.add_column(
        "time_period_type",
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1, 2, 3…: one for each change",
        ),
    )
    op.alter_column(
        "time_period_type",
        "fields",
        existing_type=postgresql.JSONB(astext_type=sa.Text()),
        comment="project, task, note, mealBreak → hidden, optional, required",
        existing_comment="project, task, mealBreak → hidden, optional, required",
        existing_nullable=False,
    )
    # The owner is held to the row policies as well; `models.migrate` puts them back afterwards.
    op.execute("ALTER TABLE time_period_type NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE time_period_type SET counts_to_target_hours = true WHERE 'ANNUAL_TARGET_HOURS' = ANY (feeds)")
    op.create_check_constraint(
        op.f("ck_time_period_type_effective"), "time_period_type", "effective_to >= effective_from"
    )
    op.create_check_constraint(
        op.f("ck_tenant_policy_late_after_working_days"), "tenant_policy", "late_after_working_days >= 0"
    )
    op.add_column(
        "contribution",
        sa.Column(
            "computation",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="of one version and day the highest counts: 0 when recorded, one more when reference data changed",
        ),
    )
    op.drop_constraint(op.f("pk_contribution"), "contribution")
    op.drop_constraint(op.f(FORMER_UNIQUE), "contribution")
    op.create_primary_key(op.f("pk_contribution"), "contribution", [*KEY, "computation"])
    op.create_unique_constraint(op.f("uq_contribution"), "contribution", [*UNIQUE, "computation"])


def downgrade() -> None:
    op.drop_constraint(op.f("uq_contribution"), "contribution")
    op.drop_constraint(op.f("pk_contribution"), "contribution")
    op.drop_column("contribution", "computation")
    op.create_primary_key(op.f("pk_contribution"), "contribution", KEY)
    op.create_unique_constraint(op.f(FORMER_UNIQUE), "contribution", UNIQUE)
    op.drop_constraint(op.f("ck_tenant_policy_late_after_working_days"), "tenant_policy")
    op.drop_constraint(op.f("ck_time_period_type_effective"), "time_period_type")
    op.alter_column(
        "time_period_type",
        "fields",
        existing_type=postgresql.JSONB(astext_type=sa.Text()),
        comment="project, task, mealBreak → hidden, optional, required",
        existing_comment="project, task, note, mealBreak → hidden, optional, required",
        existing_nullable=False,
    )
    op.drop_column("time_period_type", "version")
    op.drop_column("time_period_type", "person_ids")
    op.drop_column("time_period_type", "effective_to")
    op.drop_column("time_period_type", "effective_from")
    op.drop_column("time_period_type", "counts_to_target_hours")
    op.drop_column("time_entry_version", "confirmed")
    op.drop_column("time_entry", "confirmed")
    op.drop_column("tenant_policy", "late_after_working_days")
    op.drop_column("project", "version")
    op.drop_index("ix_person_active", table_name="person", postgresql_where=sa.text("active"))
    op.drop_column("person", "version")
    op.drop_index("ix_flex_change_owner", table_name="flex_change")
    op.drop_table("flex_change")
    op.drop_index("ix_note_owner", table_name="note")
    op.drop_index("ix_note_entry", table_name="note")
    op.drop_table("note")
    op.drop_table("week_row")
    op.drop_table("owner_review")
    op.drop_index("ix_entry_import_actor", table_name="entry_import")
    op.drop_table("entry_import")
    op.drop_index("ix_directory_change_subject", table_name="directory_change")
    op.drop_table("directory_change")
    op.drop_index("ix_dead_letter_open", table_name="dead_letter", postgresql_where=sa.text("outcome IS NULL"))
    op.drop_table("dead_letter")
    op.drop_index("ix_api_token_person", table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("scheduled_entry")
    op.drop_index("ix_command_by_others", table_name="command")
