"""Initial tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Lets an exclusion constraint compare ids without an extension beside the server.
    op.execute("CREATE TYPE uuid_range AS RANGE (subtype = uuid)")
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="hash of the account or address tried"),
        sa.Column("failed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index("ix_sign_in_failure_key", "sign_in_failure", ["key", "failed_at"], unique=False)
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False, comment="short name, for the command line and sign-in"),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="stable id of the event for its receivers"),
        sa.Column("type", sa.String(), nullable=False, comment="countersign.timesheet.submitted and the like"),
        sa.Column("subject", sa.String(), nullable=False, comment="the id of what it is about"),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_tenant_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "staff_id",
            sa.String(),
            nullable=False,
            comment="the organisation's own number; external id in provenance",
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False, comment="IANA name; days and weeks are counted in it"),
        sa.Column("holiday_calendar", sa.String(), nullable=False, comment="ISO 3166-2 place"),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("supervisor_id <> id", name=op.f("ck_person_not_own_supervisor")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["person.id"], name=op.f("fk_person_supervisor_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("tenant_id", "staff_id", name=op.f("uq_person_tenant_id_staff_id")),
    )
    op.create_index("ix_person_email", "person", ["tenant_id", sa.literal_column("lower(email)")], unique=False)
    op.create_index("ix_person_name", "person", ["tenant_id", "name", "staff_id"], unique=False)
    op.create_index("ix_person_supervisor", "person", ["tenant_id", "supervisor_id"], unique=False)
    op.create_table(
        "tenant_policy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False, comment="IANA name; the zone of people who name none"),
        sa.Column("week_starts_on", sa.Integer(), nullable=False, comment="0 = Monday"),
        sa.Column("lock_after_days", sa.Integer(), nullable=False, comment="days after the period's end"),
        sa.Column("certification", sa.String(), nullable=False, comment="what a worker accepts when submitting"),
        sa.CheckConstraint("lock_after_days >= 0", name=op.f("ck_tenant_policy_lock_after_days")),
        sa.CheckConstraint("week_starts_on BETWEEN 0 AND 6", name=op.f("ck_tenant_policy_week_starts_on")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_policy_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_policy")),
    )
    op.create_table(
        "time_period_type",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="the seven standard ids are the same in every tenant"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "value_type",
            sa.String(),
            nullable=False,
            comment="datetime: start and finish; date: a whole local day",
        ),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="project, task, mealBreak → hidden, optional, required",
        ),
        sa.Column(
            "feeds",
            postgresql.ARRAY(sa.String()),
            nullable=False,
            comment="codes of the accrual types it feeds",
        ),
        sa.Column("accent", sa.String(), nullable=False, comment="the colour of its bar on pages"),
        sa.Column("position", sa.Integer(), nullable=False, comment="order in lists"),
        sa.CheckConstraint("value_type IN ('datetime', 'date')", name=op.f("ck_time_period_type_value_type")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_time_period_type_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_time_period_type")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_time_period_type_tenant_id_name")),
    )
    op.create_table(
        "account",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False, comment="staff id, lower case"),
        sa.Column("password_hash", sa.String(), nullable=False, comment="argon2id"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_account_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_login", "account", ["login"], unique=False)
    op.create_table(
        "accrual",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("accrual_code", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the person's local day"),
        sa.Column("total", sa.Integer(), nullable=False, comment="sum of the day's effective contributions"),
        sa.Column("balance", sa.Integer(), nullable=False, comment="what remains at the end of the day"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_accrual_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_accrual_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", "accrual_code", "day", name=op.f("pk_accrual")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False, comment="inclusive"),
        sa.Column("end_date", sa.Date(), nullable=False, comment="inclusive"),
        sa.Column("standard_day_minutes", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        postgresql.ExcludeConstraint(
            (sa.text("uuid_range(person_id, person_id, '[]')"), "="),
            (sa.text("daterange(start_date, end_date, '[]')"), "&&"),
            using="gist",
            name="ex_agreement_no_overlap",
        ),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_agreement_dates")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_agreement_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_agreement_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_person", "agreement", ["person_id", "start_date"], unique=False)
    op.create_table(
        "command",
        sa.Column(
            "id",
            sa.Uuid(),
            nullable=False,
            comment="the idempotency key of the form or call; also the update id",
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "timesheet_id",
            sa.Uuid(),
            nullable=False,
            comment="not a foreign key: the first command creates the timesheet",
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True, comment="none: the schedule"),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="what was asked, by kind"),
        sa.Column("content_hash", sa.String(), nullable=False, comment="the same id with another content is refused"),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "withdrawn_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the asker was told that nothing was saved, so it may not be carried out any more",
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("(completed_at IS NULL) = (result IS NULL)", name=op.f("ck_command_completed_with_result")),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_command_actor_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_command_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_command_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_command_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_command")),
    )
    op.create_index(
        "ix_command_timesheet",
        "command",
        ["timesheet_id", "completed_at"],
        unique=False,
        postgresql_where=sa.text("result IS NOT NULL"),
    )
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "role IN ('worker', 'supervisor', 'project_lead', 'administrator', 'auditor', 'integration')",
            name=op.f("ck_person_role_role"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_role_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_person_role")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["lead_id"], ["person.id"], name=op.f("fk_project_lead_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_project_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("tenant_id", "external_id", name=op.f("uq_project_tenant_id_external_id")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(), nullable=False, comment="SHA-256 of the cookie's token, hexadecimal"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "used_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="idle expiry counts from here",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="absolute expiry"),
        sa.Column("acting_for_id", sa.Uuid(), nullable=True),
        sa.Column("acting_reason", sa.String(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["acting_for_id"], ["person.id"], name=op.f("fk_session_acting_for_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_session_tenant_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index("ix_session_person", "session", ["person_id"], unique=False)
    op.create_table(
        "statement",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("namespace", sa.String(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False, comment="the command that said it"),
        sa.Column("kind", sa.String(), nullable=False, comment="define, started, ended, used, wasInformedBy, …"),
        sa.Column("subject", sa.String(), nullable=False, comment="external id of the term the statement is about"),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the whole statement, as digested",
        ),
        sa.Column(
            "digest",
            sa.String(),
            nullable=False,
            comment="SHA-256 of the canonical JSON of the body, hexadecimal",
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "recorded_by_id",
            sa.Uuid(),
            nullable=True,
            comment="the authenticated identity; none: the schedule",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_statement_recorded_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_statement_tenant_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_statement")),
    )
    op.create_index("ix_statement_subject", "statement", ["tenant_id", "namespace", "subject"], unique=False)
    op.create_index("ix_statement_transaction", "statement", ["tenant_id", "transaction_id"], unique=False)
    op.create_index("uq_statement_content", "statement", ["tenant_id", "namespace", "digest"], unique=True)
    op.create_table(
        "timesheet",
        sa.Column("id", sa.Uuid(), nullable=False, comment="uuid5 of tenant, person and period start"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False, comment="first local day, inclusive"),
        sa.Column("period_end", sa.Date(), nullable=False, comment="last local day, inclusive"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "waiting_for_id",
            sa.Uuid(),
            nullable=True,
            comment="who decides while submitted; none: the administrators",
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True, comment="set while submitted"),
        sa.Column("submission_id", sa.Uuid(), nullable=True, comment="the latest submission"),
        sa.Column("lock_at", sa.DateTime(timezone=True), nullable=True, comment="when the approved timesheet locks"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "(state = 'submitted') = (submitted_at IS NOT NULL)", name=op.f("ck_timesheet_submitted_at")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected', 'locked')",
            name=op.f("ck_timesheet_state"),
        ),
        sa.CheckConstraint("period_end >= period_start", name=op.f("ck_timesheet_period")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_timesheet_owner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_timesheet_tenant_id")),
        sa.ForeignKeyConstraint(["waiting_for_id"], ["person.id"], name=op.f("fk_timesheet_waiting_for_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timesheet")),
        sa.UniqueConstraint(
            "tenant_id", "owner_id", "period_start", name=op.f("uq_timesheet_tenant_id_owner_id_period_start")
        ),
    )
    op.create_index(
        "ix_timesheet_inbox",
        "timesheet",
        ["tenant_id", "waiting_for_id", "submitted_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_table(
        "agreement_target",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("accrual_code", sa.String(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False, comment="minutes or count"),
        sa.Column(
            "opening_balance",
            sa.Integer(),
            nullable=False,
            comment="balance of the day before the agreement starts",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_target_agreement_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_agreement_target_tenant_id")),
        sa.PrimaryKeyConstraint("agreement_id", "accrual_code", name=op.f("pk_agreement_target")),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of the content, hexadecimal"),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the content the digest is of",
        ),
        sa.Column("certification", sa.String(), nullable=False, comment="the text that was accepted"),
        sa.Column(
            "approver_id",
            sa.Uuid(),
            nullable=True,
            comment="the approver when it arrived; none: the administrators",
        ),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_submission_approver_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_submission_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["person.id"], name=op.f("fk_submission_submitted_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_submission_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_submission_timesheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index("ix_submission_timesheet", "submission", ["timesheet_id", "submitted_at"], unique=False)
    op.create_table(
        "time_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "span",
            postgresql.TSTZRANGE(),
            sa.Computed(
                "tstzrange(start_at, coalesce(end_at, start_at), CASE WHEN end_at IS NULL THEN '[]' ELSE '[)' END)",
                persisted=True,
            ),
            nullable=False,
            comment="half open; an open entry is its starting instant",
        ),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False, comment="instant the time worked began"),
        sa.Column(
            "end_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="instant it ended; none: still running",
        ),
        sa.Column(
            "start_offset_minutes",
            sa.Integer(),
            nullable=False,
            comment="the offset from UTC that was typed with the start",
        ),
        sa.Column("end_offset_minutes", sa.Integer(), nullable=True),
        sa.Column("planned_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shift_type", sa.String(length=50), nullable=True),
        sa.Column("task", sa.String(), nullable=True),
        sa.Column("meal_break_minutes", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False, comment="true on the last version of a removed entry"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time_period_type_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="whose time it is"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        postgresql.ExcludeConstraint(
            (sa.text("uuid_range(owner_id, owner_id, '[]')"), "="),
            (sa.column("span"), "&&"),
            where=sa.text("NOT deleted"),
            using="gist",
            name="ex_time_entry_no_overlap",
        ),
        sa.CheckConstraint(
            "(planned_start_at IS NULL) = (planned_end_at IS NULL)",
            name=op.f("ck_time_entry_planned_both_or_neither"),
        ),
        sa.CheckConstraint("end_at IS NULL OR end_at > start_at", name=op.f("ck_time_entry_end_after_start")),
        sa.CheckConstraint("meal_break_minutes >= 0", name=op.f("ck_time_entry_meal_break")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_time_entry_owner_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_time_entry_project_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_time_entry_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_time_entry_timesheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_entry")),
    )
    op.create_index(
        "ix_time_entry_owner_start",
        "time_entry",
        ["tenant_id", "owner_id", "start_at"],
        unique=False,
        postgresql_where=sa.text("NOT deleted"),
    )
    op.create_index(
        "ix_time_entry_timesheet",
        "time_entry",
        ["timesheet_id"],
        unique=False,
        postgresql_where=sa.text("NOT deleted"),
    )
    op.create_table(
        "contribution",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("accrual_code", sa.String(), nullable=False),
        sa.Column("time_entry_id", sa.Uuid(), nullable=False),
        sa.Column("time_entry_version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the person's local day"),
        sa.Column("value", sa.Integer(), nullable=False, comment="minutes or count; positive uses up what remains"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contribution_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_contribution_tenant_id")),
        sa.ForeignKeyConstraint(["time_entry_id"], ["time_entry.id"], name=op.f("fk_contribution_time_entry_id")),
        sa.PrimaryKeyConstraint(
            "time_entry_id", "time_entry_version", "accrual_code", "day", name=op.f("pk_contribution")
        ),
        sa.UniqueConstraint(
            "person_id",
            "accrual_code",
            "day",
            "time_entry_id",
            "time_entry_version",
            name=op.f("uq_contribution_person_id_accrual_code_day_time_entry_id_time_entry_version"),
        ),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="of the content the decider was shown"),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False, comment="who really acted"),
        sa.Column("decided_as", sa.String(), nullable=False, comment="the role they acted in"),
        sa.Column("responsible_id", sa.Uuid(), nullable=False, comment="whose decision it is"),
        sa.Column(
            "approver_id",
            sa.Uuid(),
            nullable=True,
            comment="the approver at that moment; none: the administrators",
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("decision = 'approve' OR reason IS NOT NULL", name=op.f("ck_decision_reject_needs_reason")),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("ck_decision_decision")),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_decision_approver_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_decision_decided_by_id")),
        sa.ForeignKeyConstraint(["responsible_id"], ["person.id"], name=op.f("fk_decision_responsible_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_decision_submission_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_decision_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_decision_timesheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_decision_submission_id")),
    )
    op.create_index("ix_decision_timesheet", "decision", ["timesheet_id", "decided_at"], unique=False)
    op.create_table(
        "time_entry_version",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False, comment="the owner's local day it starts on"),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when we learned it",
        ),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False, comment="who really acted"),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False, comment="instant the time worked began"),
        sa.Column(
            "end_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="instant it ended; none: still running",
        ),
        sa.Column(
            "start_offset_minutes",
            sa.Integer(),
            nullable=False,
            comment="the offset from UTC that was typed with the start",
        ),
        sa.Column("end_offset_minutes", sa.Integer(), nullable=True),
        sa.Column("planned_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shift_type", sa.String(length=50), nullable=True),
        sa.Column("task", sa.String(), nullable=True),
        sa.Column("meal_break_minutes", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False, comment="true on the last version of a removed entry"),
        sa.Column("time_period_type_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="whose time it is"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["entry_id"], ["time_entry.id"], name=op.f("fk_time_entry_version_entry_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_time_entry_version_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_time_entry_version_owner_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_time_entry_version_project_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_time_entry_version_recorded_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_time_entry_version_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_time_entry_version_timesheet_id")),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_time_entry_version")),
    )
    op.create_index("ix_time_entry_version_timesheet", "time_entry_version", ["timesheet_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_time_entry_version_timesheet", table_name="time_entry_version")
    op.drop_table("time_entry_version")
    op.drop_index("ix_decision_timesheet", table_name="decision")
    op.drop_table("decision")
    op.drop_table("contribution")
    op.drop_index("ix_time_entry_timesheet", table_name="time_entry", postgresql_where=sa.text("NOT deleted"))
    op.drop_index("ix_time_entry_owner_start", table_name="time_entry", postgresql_where=sa.text("NOT deleted"))
    op.drop_table("time_entry")
    op.drop_index("ix_submission_timesheet", table_name="submission")
    op.drop_table("submission")
    op.drop_table("agreement_target")
    op.drop_index("ix_timesheet_inbox", table_name="timesheet", postgresql_where=sa.text("state = 'submitted'"))
    op.drop_table("timesheet")
    op.drop_index("uq_statement_content", table_name="statement")
    op.drop_index("ix_statement_transaction", table_name="statement")
    op.drop_index("ix_statement_subject", table_name="statement")
    op.drop_table("statement")
    op.drop_index("ix_session_person", table_name="session")
    op.drop_table("session")
    op.drop_table("project")
    op.drop_table("person_role")
    op.drop_index("ix_command_timesheet", table_name="command", postgresql_where=sa.text("result IS NOT NULL"))
    op.drop_table("command")
    op.drop_index("ix_agreement_person", table_name="agreement")
    op.drop_table("agreement")
    op.drop_table("accrual")
    op.drop_index("ix_account_login", table_name="account")
    op.drop_table("account")
    op.drop_table("time_period_type")
    op.drop_table("tenant_policy")
    op.drop_index("ix_person_supervisor", table_name="person")
    op.drop_index("ix_person_name", table_name="person")
    op.drop_index("ix_person_email", table_name="person")
    op.drop_table("person")
    op.drop_table("outbox")
    op.drop_table("tenant")
    op.drop_index("ix_sign_in_failure_key", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.execute("DROP TYPE uuid_range")
