"""Record"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BYTES = sa.Text(collation="C")

OBJECT = """
CASE kind
  WHEN 'used' THEN body ->> 'entity' WHEN 'wasGeneratedBy' THEN body ->> 'entity'
  WHEN 'wasInformedBy' THEN body ->> 'informing'
  WHEN 'wasAssociatedWith' THEN body ->> 'agent' WHEN 'wasAttributedTo' THEN body ->> 'agent'
  WHEN 'actedOnBehalfOf' THEN body ->> 'delegate'
  ELSE body ->> 'used'
END
""".strip()

# What was said twice before it was looked at (somebody's later name) stays recorded, and the first of them counts.
FILL_ONCE = """
UPDATE statement SET once = said.once
FROM (
    SELECT DISTINCT ON (tenant_id, namespace, once) sequence, once
    FROM (
        SELECT sequence, tenant_id, namespace,
               CASE kind
                 WHEN 'define' THEN concat_ws('/', body ->> 'kind',
                    CASE WHEN body -> 'attributes' <> '{}' THEN 'attributes' ELSE 'type' END, subject)
                 ELSE kind || '/' || subject
               END AS once
        FROM statement WHERE kind IN ('define', 'started', 'ended')
    ) each
    ORDER BY tenant_id, namespace, once, sequence
) said
WHERE said.sequence = statement.sequence
"""

FILL_ABOUT = """
UPDATE statement SET about_id = timesheet.owner_id
FROM command JOIN timesheet ON timesheet.id = command.timesheet_id
WHERE command.tenant_id = statement.tenant_id AND command.id = statement.transaction_id
"""


def upgrade() -> None:
    op.alter_column("statement", "subject", type_=BYTES)
    op.add_column(
        "statement",
        sa.Column(
            "about_id", sa.Uuid(), nullable=True, comment="whose time it is about; none: nobody's, or it was not said"
        ),
    )
    op.create_foreign_key(op.f("fk_statement_about_id"), "statement", "person", ["about_id"], ["id"])
    op.add_column("statement", sa.Column("once", sa.String(), nullable=True, comment="what may be said of a term only once"))
    for name, type_, computed, comment in (
        ("term", sa.String(), "body ->> 'kind'", "agent, activity, entity: of definitions"),
        ("type", sa.String(), "body ->> 'type'", "of definitions"),
        ("object", BYTES, OBJECT, "external id of the other term of a relation"),
        ("at", BYTES, "body ->> 'at'", "of starts and ends: UTC, in the order of time"),
    ):
        column = sa.Column(name, type_, sa.Computed(computed, persisted=True), nullable=True, comment=comment)
        op.add_column("statement", column)
    op.execute(FILL_ONCE)
    op.execute(FILL_ABOUT)
    op.drop_index("ix_statement_subject", table_name="statement")
    op.create_index("ix_statement_subject", "statement", ["tenant_id", "namespace", "subject", "kind"])
    op.create_index("ix_statement_object", "statement", ["tenant_id", "namespace", "object", "kind"])
    op.create_index("uq_statement_once", "statement", ["tenant_id", "namespace", "once"], unique=True)
    op.create_index(
        "ix_statement_type",
        "statement",
        ["tenant_id", "namespace", "term", "type", "subject"],
        postgresql_where=sa.text("kind = 'define'"),
    )
    op.create_index(
        "ix_statement_start",
        "statement",
        ["tenant_id", "namespace", "at", "sequence"],
        postgresql_where=sa.text("kind = 'started'"),
    )


def downgrade() -> None:
    for name in ("start", "type", "object", "subject"):
        op.drop_index(f"ix_statement_{name}", table_name="statement")
    op.drop_index("uq_statement_once", table_name="statement")
    for name in ("at", "object", "type", "term", "once", "about_id"):
        op.drop_column("statement", name)
    op.alter_column("statement", "subject", type_=sa.String())
    op.create_index("ix_statement_subject", "statement", ["tenant_id", "namespace", "subject"])
