"""Approval"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


SUBJECTS = (
    "'person', 'project', 'time_period_type', 'tenant_policy', 'agreement', 'holiday_exception', 'balance_policy'"
)
NEW_SUBJECTS = "'approval_policy', 'delegation', 'webhook'"

CHECKS = (
    ("timesheet", "stage", "(state = 'submitted') = (stage IS NOT NULL)"),
    ("timesheet", "known_stage", "stage IN ('supervisor', 'project_lead')"),
    ("decision", "stage", "stage IN ('supervisor', 'project_lead')"),
    ("tenant_policy", "work_days", "cardinality(work_days) > 0 AND work_days <@ '{0,1,2,3,4,5,6}'"),
    ("tenant_policy", "work_ends", "work_ends > work_starts"),
    ("tenant_policy", "hours", "least(submit_grace_hours, remind_after_hours, escalate_after_hours) > 0"),
    (
        "tenant_policy",
        "approval_stages",
        "array_to_string(approval_stages, ',') IN ('supervisor', 'supervisor,project_lead')",
    ),
)


def upgrade() -> None:
    op.create_table(
        "duty_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False, comment="how many were looked at"),
        sa.Column("breaches", sa.Integer(), nullable=False, comment="findings that must not be"),
        sa.Column("remarks", sa.Integer(), nullable=False, comment="findings that are worth a look"),
        sa.Column(
            "findings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what was found, the first ones of each kind",
        ),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True, comment="none: the schedule"),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_duty_check_asked_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_duty_check_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_check")),
    )
    op.create_index("ix_duty_check_checked", "duty_check", ["tenant_id", "checked_at"], unique=False)
    op.create_table(
        "bulk_decision",
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by the idempotency key of the form or call"),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True, comment="none: a draft, or each row has its own"),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=False, comment="the same key with another content is refused"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="when every row had its outcome"),
        sa.Column(
            "stopped_by_id",
            sa.Uuid(),
            nullable=True,
            comment="who let nothing more be decided: whoever asked, or an administrator",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "(state = 'cancelled') = (stopped_by_id IS NOT NULL)", name=op.f("ck_bulk_decision_stopped_by_somebody")
        ),
        sa.CheckConstraint(
            "decision = 'approve' OR reason IS NOT NULL", name=op.f("ck_bulk_decision_reject_needs_reason")
        ),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("ck_bulk_decision_decision")),
        sa.CheckConstraint("state IN ('draft', 'running', 'done', 'cancelled')", name=op.f("ck_bulk_decision_state")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_bulk_decision_asked_by_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_bulk_decision_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["stopped_by_id"], ["person.id"], name=op.f("fk_bulk_decision_stopped_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_bulk_decision_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_decision")),
    )
    op.create_index(
        "ix_bulk_decision_asked_by", "bulk_decision", ["tenant_id", "asked_by_id", "asked_at"], unique=False
    )
    op.create_index(
        "ix_bulk_decision_open",
        "bulk_decision",
        ["tenant_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'draft' AND finished_at IS NULL"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False, comment="whose decisions they are"),
        sa.Column("delegate_id", sa.Uuid(), nullable=False, comment="who may decide in their place"),
        sa.Column("from_day", sa.Date(), nullable=False, comment="first local day of the delegator, inclusive"),
        sa.Column("to_day", sa.Date(), nullable=False, comment="last local day of the delegator, inclusive"),
        sa.Column("person_ids", sa.ARRAY(sa.Uuid()), nullable=True, comment="whose timesheets only; none: everybody's"),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("granted_by_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when both are told next that it begins or ends; none: there is nothing left to tell",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name=op.f("ck_delegation_revoked")),
        sa.CheckConstraint("cardinality(person_ids) > 0", name=op.f("ck_delegation_person_ids")),
        sa.CheckConstraint("delegate_id <> delegator_id", name=op.f("ck_delegation_not_to_oneself")),
        sa.CheckConstraint("to_day >= from_day", name=op.f("ck_delegation_days")),
        sa.ForeignKeyConstraint(["delegate_id"], ["person.id"], name=op.f("fk_delegation_delegate_id")),
        sa.ForeignKeyConstraint(["delegator_id"], ["person.id"], name=op.f("fk_delegation_delegator_id")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["person.id"], name=op.f("fk_delegation_granted_by_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["person.id"], name=op.f("fk_delegation_revoked_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_delegation_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_delegate", "delegation", ["tenant_id", "delegate_id", "to_day"], unique=False)
    op.create_index("ix_delegation_delegator", "delegation", ["tenant_id", "delegator_id", "to_day"], unique=False)
    op.create_index(
        "ix_delegation_due",
        "delegation",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="the reason: nobody is told twice for the same one"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=True, comment="the timesheet it is about"),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="ids and dates that its words are made of when it is shown",
        ),
        sa.Column("in_app", sa.Boolean(), nullable=False, comment="whether the pages show it"),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail", sa.String(), nullable=False, comment="how far its mail is"),
        sa.Column("mail_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_error", sa.String(), nullable=True, comment="why it was not sent, in words"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "mail IN ('none', 'waiting', 'sending', 'sent', 'failed')", name=op.f("ck_notification_mail")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_notification_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("tenant_id", "person_id", "key", name=op.f("uq_notification_tenant_id_person_id_key")),
    )
    op.create_index(
        "ix_notification_mail",
        "notification",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("mail IN ('waiting', 'sending')"),
    )
    op.create_index("ix_notification_person", "notification", ["tenant_id", "person_id", "created_at"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["tenant_id", "person_id"],
        unique=False,
        postgresql_where=sa.text("in_app AND read_at IS NULL"),
    )
    op.create_index(
        "ix_notification_sheet",
        "notification",
        ["tenant_id", "timesheet_id"],
        unique=False,
        postgresql_where=sa.text("in_app AND read_at IS NULL"),
    )
    op.create_table(
        "notification_setting",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_setting_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_notification_setting_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_notification_setting")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False, comment="signs what is posted: whsec_ and base64"),
        sa.Column("old_secret", sa.String(), nullable=True, comment="the one before, which signs as well for a while"),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_types", sa.ARRAY(sa.String()), nullable=True, comment="which events only; none: all"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("paused_because", sa.String(), nullable=True, comment="why nothing is posted any more, in words"),
        sa.Column(
            "delivered_to",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="position of the last event it has taken",
        ),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True, comment="since when nothing arrives"),
        sa.Column(
            "failures", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="in a row, of the same event"
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="1, 2, 3…: one for each change",
        ),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("state IN ('active', 'paused', 'removed')", name=op.f("ck_webhook_state")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_webhook_created_by_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_webhook_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(
        "ix_webhook_active", "webhook", ["tenant_id"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "bulk_decision_row",
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="0, 1, 2…, in the order asked"),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False, comment="as asked; it need not be one, or one to be seen"),
        sa.Column("digest", sa.String(), nullable=False, comment="of the content that was shown"),
        sa.Column(
            "decision",
            sa.String(),
            nullable=True,
            comment="none: that of the whole, and so with all that belongs to it",
        ),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True, comment="as asked; it need not be anybody"),
        sa.Column("outcome", sa.String(), server_default="waiting", nullable=False),
        sa.Column("code", sa.String(), nullable=True, comment="why it was refused, for programs"),
        sa.Column("message", sa.String(), nullable=True, comment="why it was refused, in words"),
        sa.Column("sheet_state", sa.String(), nullable=True, comment="the timesheet's state afterwards"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint(
            "decision = 'approve' OR reason IS NOT NULL", name=op.f("ck_bulk_decision_row_reject_needs_reason")
        ),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("ck_bulk_decision_row_decision")),
        sa.CheckConstraint("outcome IN ('waiting', 'done', 'refused')", name=op.f("ck_bulk_decision_row_outcome")),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_decision.id"], name=op.f("fk_bulk_decision_row_bulk_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_bulk_decision_row_tenant_id")),
        sa.PrimaryKeyConstraint("bulk_id", "number", name=op.f("pk_bulk_decision_row")),
    )
    op.create_table(
        "mail_decision",
        sa.Column("token_hash", sa.String(), nullable=False, comment="SHA-256 of the token in the link, hexadecimal"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="of the content that the mail told of"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_decision_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_mail_decision_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_mail_decision_timesheet_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mail_decision")),
    )
    op.create_table(
        "summary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False, comment="first local day of the work, inclusive"),
        sa.Column("to_day", sa.Date(), nullable=False, comment="last local day of the work, inclusive"),
        sa.Column("total_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the work it is made of: people, entries, minutes by day",
        ),
        sa.Column(
            "digest", sa.String(), nullable=False, comment="SHA-256 of the canonical JSON of the content, hexadecimal"
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("on_behalf_of_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("command_id", sa.Uuid(), nullable=False, comment="the idempotency key of the form or call"),
        sa.Column("content_hash", sa.String(), nullable=False, comment="the same key with another content is refused"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.CheckConstraint("to_day >= from_day", name=op.f("ck_summary_days")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_summary_created_by_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["person.id"], name=op.f("fk_summary_on_behalf_of_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_summary_project_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_summary_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary")),
    )
    op.create_index("ix_summary_project", "summary", ["tenant_id", "project_id", "created_at"], unique=False)
    op.create_index(
        "ix_time_entry_project",
        "time_entry",
        ["tenant_id", "project_id", "start_at"],
        unique=False,
        postgresql_where=sa.text("project_id IS NOT NULL AND NOT deleted"),
    )
    op.create_table(
        "waiting",
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="0, 1, 2…; the first is asked first"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True, comment="none: the administrators"),
        sa.Column("project_id", sa.Uuid(), nullable=True, comment="whose lines it is about; none: the whole timesheet"),
        sa.Column("has_exceptions", sa.Boolean(), nullable=False, comment="whether something on it is worth a look"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_waiting_approver_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_waiting_owner_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_waiting_project_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_waiting_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_waiting_timesheet_id")),
        sa.PrimaryKeyConstraint("timesheet_id", "number", name=op.f("pk_waiting")),
    )
    op.create_index(
        "ix_waiting_inbox",
        "waiting",
        ["tenant_id", "approver_id", "has_exceptions", "submitted_at", "timesheet_id"],
        unique=False,
    )
    op.create_index(
        "ix_waiting_project", "waiting", ["tenant_id", "project_id"], postgresql_where=sa.text("project_id IS NOT NULL")
    )
    op.create_index("ix_waiting_owner", "waiting", ["tenant_id", "owner_id"], unique=False)
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status; none: no answer"),
        sa.Column("error", sa.String(), nullable=True, comment="why it counts as not taken, in words"),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_webhook_attempt_tenant_id")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_attempt_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index("ix_webhook_attempt_webhook", "webhook_attempt", ["tenant_id", "webhook_id", "id"], unique=False)
    op.create_table(
        "look",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("timesheet_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True, comment="the submission they had seen before that one"),
        sa.Column("looked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is"),
        sa.ForeignKeyConstraint(["before_id"], ["submission.id"], name=op.f("fk_look_before_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_person_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_look_submission_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_look_tenant_id")),
        sa.ForeignKeyConstraint(["timesheet_id"], ["timesheet.id"], name=op.f("fk_look_timesheet_id")),
        sa.PrimaryKeyConstraint("person_id", "timesheet_id", name=op.f("pk_look")),
    )
    op.add_column(
        "decision",
        sa.Column(
            "number", sa.SmallInteger(), server_default=sa.text("1"), nullable=False, comment="on the submission"
        ),
    )
    op.add_column(
        "decision",
        sa.Column("stage", sa.String(), server_default="supervisor", nullable=False, comment="what was asked"),
    )
    op.add_column(
        "decision",
        sa.Column(
            "project_ids",
            sa.ARRAY(sa.Uuid()),
            nullable=True,
            comment="the projects whose lines were decided on; none: the whole timesheet",
        ),
    )
    op.add_column(
        "decision",
        sa.Column("entry_ids", sa.ARRAY(sa.Uuid()), nullable=True, comment="the lines that a rejection names"),
    )
    op.add_column(
        "decision",
        sa.Column("delegation_id", sa.Uuid(), nullable=True, comment="the delegation under which somebody stood in"),
    )
    op.add_column(
        "decision",
        sa.Column("reason_code", sa.String(), nullable=True, comment="the kind of reason, from the list of them"),
    )
    op.drop_constraint(op.f("uq_decision_submission_id"), "decision", type_="unique")
    op.create_index("ix_decision_decided", "decision", ["tenant_id", "decided_at"], unique=False)
    op.create_index("ix_decision_decided_by", "decision", ["tenant_id", "decided_by_id", "decided_at"], unique=False)
    op.create_index("ix_decision_responsible", "decision", ["tenant_id", "responsible_id", "decided_at"], unique=False)
    op.create_unique_constraint(op.f("uq_decision_submission_id_number"), "decision", ["submission_id", "number"])
    op.add_column(
        "outbox",
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=True,
            comment="1, 2, 3… in the feed, given after the commit, so that nothing appears below what was read",
        ),
    )
    op.create_index(
        "ix_outbox_unplaced",
        "outbox",
        ["tenant_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_unique_constraint(op.f("uq_outbox_tenant_id_position"), "outbox", ["tenant_id", "position"])
    op.add_column(
        "submission",
        sa.Column(
            "minutes_by_day",
            sa.ARRAY(sa.SmallInteger()),
            server_default="{}",
            nullable=False,
            comment="worked, for each local day of the period",
        ),
    )
    op.add_column(
        "submission",
        sa.Column(
            "plan_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="agreed for the period"
        ),
    )
    op.add_column(
        "submission",
        sa.Column(
            "exceptions",
            sa.ARRAY(sa.String()),
            server_default="{}",
            nullable=False,
            comment="what is worth a look, by code",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "holiday_calendar",
            sa.String(),
            server_default="GB-ENG",
            nullable=False,
            comment="ISO 3166-2 place whose public holidays nobody works on",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "work_days",
            sa.ARRAY(sa.SmallInteger()),
            server_default="{0,1,2,3,4}",
            nullable=False,
            comment="days that deadlines count, 0 = Monday",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "work_starts",
            sa.Time(),
            server_default="09:00",
            nullable=False,
            comment="local time from which on deadlines count",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "work_ends",
            sa.Time(),
            server_default="17:00",
            nullable=False,
            comment="local time up to which deadlines count",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "remind_to_record",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="remind of a working day without an entry, once",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "submit_grace_hours",
            sa.Integer(),
            server_default=sa.text("8"),
            nullable=True,
            comment="working hours after the period's end until the owner is reminded to submit; none: never",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "remind_after_hours",
            sa.Integer(),
            server_default=sa.text("16"),
            nullable=True,
            comment="working hours after the submission until whoever it waits for is reminded; none: never",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "escalate_after_hours",
            sa.Integer(),
            server_default=sa.text("40"),
            nullable=True,
            comment="working hours after the submission until the next approver is asked as well; none: never",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "approval_stages",
            sa.ARRAY(sa.String()),
            server_default="{supervisor}",
            nullable=False,
            comment="who approves one after the other: supervisor, or supervisor and project_lead",
        ),
    )
    op.add_column(
        "tenant_policy",
        sa.Column(
            "mail_decisions",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether approvers may decide from their mail",
        ),
    )
    op.add_column(
        "timesheet",
        sa.Column(
            "state_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when it came into its state; deadlines count from here",
        ),
    )
    op.add_column(
        "timesheet",
        sa.Column(
            "stage", sa.String(), nullable=True, comment="who is asked while submitted: supervisor, then project_lead"
        ),
    )
    op.add_column(
        "timesheet",
        sa.Column(
            "escalations",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="how often the next approver was asked as well",
        ),
    )
    op.add_column(
        "timesheet",
        sa.Column("decision_id", sa.Uuid(), nullable=True, comment="the decision in force on the latest submission"),
    )
    op.add_column(
        "timesheet",
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True, comment="when time next reminds or escalates"),
    )
    op.add_column(
        "timesheet",
        sa.Column(
            "reminded_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="deadlines up to here have been seen to",
        ),
    )
    _carry_over()
    op.drop_index(
        op.f("ix_timesheet_inbox"), table_name="timesheet", postgresql_where="((state)::text = 'submitted'::text)"
    )
    op.create_index(
        "ix_timesheet_due",
        "timesheet",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_timesheet_lock", "timesheet", ["tenant_id", "lock_at"], postgresql_where=sa.text("state = 'approved'")
    )
    op.create_index(
        "ix_timesheet_owed",
        "timesheet",
        ["tenant_id", "owner_id", "period_end"],
        unique=False,
        postgresql_where=sa.text("state IN ('draft', 'rejected')"),
    )
    op.create_index(
        "ix_timesheet_submitted",
        "timesheet",
        ["tenant_id", "owner_id"],
        unique=False,
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.drop_constraint(op.f("fk_timesheet_waiting_for_id"), "timesheet", type_="foreignkey")
    op.drop_column("timesheet", "waiting_for_id")
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    _put_acts_before_people()
    _set_decisions("'approve', 'reject', 'take_back'")
    _set_subjects(f"{SUBJECTS}, {NEW_SUBJECTS}")


def _put_acts_before_people() -> None:
    """What others did in somebody's place, decisions too, waits for the answer of whoever's it was."""
    op.add_column(
        "command",
        sa.Column(
            "put_before_id",
            sa.Uuid(),
            nullable=True,
            comment="who says whether it is right, as somebody else did it in their place",
        ),
    )
    op.create_foreign_key(op.f("fk_command_put_before_id"), "command", "person", ["put_before_id"], ["id"])
    commands = sa.table("command", sa.column("put_before_id"), sa.column("owner_id"), sa.column("on_behalf_of_id"))
    op.execute(commands.update().values(put_before_id=commands.c.owner_id).where(sa.text(DONE_FOR_THE_OWNER)))
    op.execute(commands.update().values(put_before_id=commands.c.on_behalf_of_id).where(sa.text(DONE_FOR_AN_APPROVER)))
    op.create_check_constraint(
        op.f("ck_command_put_before_when_done"), "command", "put_before_id IS NULL OR completed_at IS NOT NULL"
    )
    op.drop_index("ix_command_by_others", table_name="command", postgresql_where=sa.text(BY_OTHERS))
    op.create_index(
        "ix_command_by_others",
        "command",
        ["tenant_id", "put_before_id", "completed_at", "id"],
        unique=False,
        postgresql_where=sa.text("put_before_id IS NOT NULL"),
    )
    op.create_index(
        "ix_command_acts",
        "command",
        ["tenant_id", "completed_at", "id"],
        unique=False,
        postgresql_where=sa.text("put_before_id IS NOT NULL"),
    )
    op.alter_column("owner_review", "owner_id", comment=WHO_ANSWERS, existing_comment=None)
    op.add_column("owner_review", sa.Column("key", sa.Uuid(), nullable=True, comment=KEY_OF_AN_ANSWER))
    op.create_unique_constraint(op.f("uq_owner_review_tenant_id_key"), "owner_review", ["tenant_id", "key"])
    op.create_index(
        "ix_owner_review_disputed",
        "owner_review",
        ["tenant_id", "command_id"],
        unique=False,
        postgresql_where=sa.text("verdict = 'disputed'"),
    )
    op.create_index(
        "ix_statement_decision",
        "statement",
        ["tenant_id", "recorded_at"],
        unique=False,
        postgresql_where=sa.text("kind = 'define' AND body ->> 'type' IN ('Approve', 'Reject')"),
    )


def _put_acts_before_owners_only() -> None:
    op.drop_index("ix_statement_decision", table_name="statement")
    op.drop_index("ix_owner_review_disputed", table_name="owner_review")
    op.drop_constraint(op.f("uq_owner_review_tenant_id_key"), "owner_review", type_="unique")
    op.drop_column("owner_review", "key")
    op.alter_column("owner_review", "owner_id", comment=None, existing_comment=WHO_ANSWERS)
    op.drop_index("ix_command_acts", table_name="command")
    op.drop_index("ix_command_by_others", table_name="command")
    op.create_index(
        "ix_command_by_others",
        "command",
        ["tenant_id", "owner_id", "completed_at"],
        unique=False,
        postgresql_where=sa.text(BY_OTHERS),
    )
    op.drop_column("command", "put_before_id")


BY_OTHERS = (
    "completed_at IS NOT NULL AND actor_id <> owner_id"
    " AND kind IN ('add_flex_change', 'add_note', 'amend', 'confirm', 'record', 'remove')"
)
DONE_FOR_THE_OWNER = (
    "completed_at IS NOT NULL AND actor_id <> owner_id"
    " AND kind IN ('add_flex_change', 'add_note', 'amend', 'confirm', 'record', 'remove', 'submit', 'revise')"
)
DONE_FOR_AN_APPROVER = "completed_at IS NOT NULL AND on_behalf_of_id <> actor_id AND kind IN ('approve', 'reject')"
"""Delegations, which need no answer, did not exist."""

WHO_ANSWERS = "who says it: the owner of the time, or the approver whose decision it was"

KEY_OF_AN_ANSWER = "of the form or call that said it; none: from before it was kept"


def _set_subjects(names: str) -> None:
    op.drop_constraint(op.f("ck_directory_change_subject_kind"), "directory_change")
    op.create_check_constraint(
        op.f("ck_directory_change_subject_kind"), "directory_change", f"subject_kind IN ({names})"
    )


def _set_decisions(names: str) -> None:
    op.drop_constraint(op.f("ck_decision_decision"), "decision")
    op.create_check_constraint(op.f("ck_decision_decision"), "decision", f"decision IN ({names})")


TABLES = ("timesheet", "submission", "decision", "waiting", "person", "time_entry", "time_period_type", "command")


def _carry_over() -> None:
    """What follows from earlier rows; the owner of the tables sees those of every organisation meanwhile."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE timesheet SET stage = 'supervisor', state_since = submitted_at WHERE state = 'submitted'")
    op.execute(
        """
        UPDATE timesheet t SET decision_id = d.id, state_since = d.decided_at
        FROM decision d WHERE d.submission_id = t.submission_id AND t.state IN ('approved', 'rejected', 'locked')
        """
    )
    op.execute(_WORKED)
    op.execute(
        """
        INSERT INTO waiting (tenant_id, timesheet_id, number, owner_id, approver_id, has_exceptions, submitted_at)
        SELECT tenant_id, id, 0, owner_id, waiting_for_id, true, submitted_at FROM timesheet WHERE state = 'submitted'
        """
    )


_WORKED = """
    UPDATE submission s SET minutes_by_day = worked.by_day, exceptions = '{carried_over}'
    FROM (
        SELECT days.id, array_agg(days.minutes ORDER BY days.day) AS by_day
        FROM (
            SELECT t.submission_id AS id, d.day, coalesce(sum(
                extract(epoch FROM e.end_at - e.start_at) / 60 - e.meal_break_minutes
            ), 0)::smallint AS minutes
            FROM timesheet t
            JOIN person p ON p.id = t.owner_id
            CROSS JOIN LATERAL generate_series(t.period_start, t.period_end, interval '1 day') d (day)
            LEFT JOIN (
                time_entry e JOIN time_period_type y ON y.tenant_id = e.tenant_id AND y.id = e.time_period_type_id
                    AND 'ANNUAL_TARGET_HOURS' = ANY (y.feeds)
            ) ON e.timesheet_id = t.id AND NOT e.deleted AND e.confirmed AND e.end_at IS NOT NULL
                AND (e.start_at AT TIME ZONE p.time_zone)::date = d.day
            WHERE t.submission_id IS NOT NULL AND t.state <> 'draft'
            GROUP BY t.submission_id, d.day
        ) days GROUP BY days.id
    ) worked
    WHERE s.id = worked.id
"""
"""What was worked on each day of the timesheets that are as they were certified."""


def downgrade() -> None:
    _put_acts_before_owners_only()
    _set_subjects(SUBJECTS)
    _set_decisions("'approve', 'reject'")
    for table, name, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.add_column(
        "timesheet",
        sa.Column(
            "waiting_for_id",
            sa.UUID(),
            autoincrement=False,
            nullable=True,
            comment="who decides while submitted; none: the administrators",
        ),
    )
    op.create_foreign_key(op.f("fk_timesheet_waiting_for_id"), "timesheet", "person", ["waiting_for_id"], ["id"])
    op.drop_index("ix_timesheet_submitted", table_name="timesheet", postgresql_where=sa.text("state = 'submitted'"))
    op.drop_index("ix_timesheet_lock", table_name="timesheet", postgresql_where=sa.text("state = 'approved'"))
    op.drop_index(
        "ix_timesheet_owed", table_name="timesheet", postgresql_where=sa.text("state IN ('draft', 'rejected')")
    )
    op.drop_index("ix_timesheet_due", table_name="timesheet", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        op.f("ix_timesheet_inbox"),
        "timesheet",
        ["tenant_id", "waiting_for_id", "submitted_at", "id"],
        unique=False,
        postgresql_where="((state)::text = 'submitted'::text)",
    )
    op.drop_column("timesheet", "reminded_until")
    op.drop_column("timesheet", "due_at")
    op.drop_column("timesheet", "decision_id")
    op.drop_column("timesheet", "escalations")
    op.drop_column("timesheet", "stage")
    op.drop_column("timesheet", "state_since")
    op.drop_column("tenant_policy", "mail_decisions")
    op.drop_column("tenant_policy", "approval_stages")
    op.drop_column("tenant_policy", "escalate_after_hours")
    op.drop_column("tenant_policy", "remind_after_hours")
    op.drop_column("tenant_policy", "submit_grace_hours")
    op.drop_column("tenant_policy", "remind_to_record")
    op.drop_column("tenant_policy", "work_ends")
    op.drop_column("tenant_policy", "work_starts")
    op.drop_column("tenant_policy", "work_days")
    op.drop_column("tenant_policy", "holiday_calendar")
    op.drop_column("submission", "exceptions")
    op.drop_column("submission", "plan_minutes")
    op.drop_column("submission", "minutes_by_day")
    op.drop_constraint(op.f("uq_outbox_tenant_id_position"), "outbox", type_="unique")
    op.drop_index("ix_outbox_unplaced", table_name="outbox", postgresql_where=sa.text("position IS NULL"))
    op.drop_column("outbox", "position")
    op.drop_constraint(op.f("uq_decision_submission_id_number"), "decision", type_="unique")
    op.drop_index("ix_decision_responsible", table_name="decision")
    op.drop_index("ix_decision_decided_by", table_name="decision")
    op.drop_index("ix_decision_decided", table_name="decision")
    op.create_unique_constraint(
        op.f("uq_decision_submission_id"), "decision", ["submission_id"], postgresql_nulls_not_distinct=False
    )
    op.drop_column("decision", "reason_code")
    op.drop_column("decision", "delegation_id")
    op.drop_column("decision", "entry_ids")
    op.drop_column("decision", "project_ids")
    op.drop_column("decision", "stage")
    op.drop_column("decision", "number")
    op.drop_table("look")
    op.drop_index("ix_webhook_attempt_webhook", table_name="webhook_attempt")
    op.drop_table("webhook_attempt")
    op.drop_index("ix_waiting_project", table_name="waiting", postgresql_where=sa.text("project_id IS NOT NULL"))
    op.drop_index("ix_waiting_owner", table_name="waiting")
    op.drop_index("ix_waiting_inbox", table_name="waiting")
    op.drop_table("waiting")
    op.drop_index(
        "ix_time_entry_project",
        table_name="time_entry",
        postgresql_where=sa.text("project_id IS NOT NULL AND NOT deleted"),
    )
    op.drop_index("ix_summary_project", table_name="summary")
    op.drop_table("summary")
    op.drop_table("mail_decision")
    op.drop_table("bulk_decision_row")
    op.drop_index("ix_webhook_active", table_name="webhook", postgresql_where=sa.text("state = 'active'"))
    op.drop_table("webhook")
    op.drop_table("notification_setting")
    op.drop_index(
        "ix_notification_sheet", table_name="notification", postgresql_where=sa.text("in_app AND read_at IS NULL")
    )
    op.drop_index(
        "ix_notification_unread", table_name="notification", postgresql_where=sa.text("in_app AND read_at IS NULL")
    )
    op.drop_index("ix_notification_person", table_name="notification")
    op.drop_index(
        "ix_notification_mail", table_name="notification", postgresql_where=sa.text("mail IN ('waiting', 'sending')")
    )
    op.drop_table("notification")
    op.drop_index("ix_delegation_due", table_name="delegation", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("ix_delegation_delegator", table_name="delegation")
    op.drop_index("ix_delegation_delegate", table_name="delegation")
    op.drop_table("delegation")
    op.drop_index(
        "ix_bulk_decision_open",
        table_name="bulk_decision",
        postgresql_where=sa.text("state <> 'draft' AND finished_at IS NULL"),
    )
    op.drop_index("ix_bulk_decision_asked_by", table_name="bulk_decision")
    op.drop_table("bulk_decision")
    op.drop_index("ix_duty_check_checked", table_name="duty_check")
    op.drop_table("duty_check")
