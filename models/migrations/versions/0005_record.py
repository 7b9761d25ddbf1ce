"""Record"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BYTES = sa.Text(collation="C")

OBJECT = """
CASE kind
  WHEN 'used' THEN (said::jsonb) ->> 'entity' WHEN 'wasGeneratedBy' THEN (said::jsonb) ->> 'entity'
  WHEN 'wasInformedBy' THEN (said::jsonb) ->> 'informing'
  WHEN 'wasAssociatedWith' THEN (said::jsonb) ->> 'agent' WHEN 'wasAttributedTo' THEN (said::jsonb) ->> 'agent'
  WHEN 'actedOnBehalfOf' THEN (said::jsonb) ->> 'delegate'
  ELSE (said::jsonb) ->> 'used'
END
""".strip()

# As RFC 8785 has it for what statements are made of: texts, and objects of them.
CANONICAL = """
CREATE FUNCTION canonical(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(value)
        WHEN 'object' THEN (
            SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || canonical(member), ','
                                              ORDER BY key COLLATE "C"), '') || '}'
            FROM jsonb_each(value) AS each(key, member))
        ELSE value::text
    END
$$
"""

# What has another digest than was recorded was changed by somebody, and has to be looked into first.
REQUIRE_SAME = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM statement WHERE encode(sha256(convert_to(said, 'UTF8')), 'hex') <> digest) THEN
        RAISE EXCEPTION 'A statement of the ledger does not have the digest that was recorded with it.';
    END IF;
END $$
"""

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

NOTE_UNSEALED = """
CREATE FUNCTION note_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsealed (tenant_id, transaction_id) SELECT DISTINCT tenant_id, transaction_id FROM added
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

ON_EVERY_INSERT = """
CREATE TRIGGER note_unsealed AFTER INSERT ON statement REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION note_unsealed()
"""

SEAL_EVERYTHING = """
INSERT INTO unsealed (tenant_id, transaction_id) SELECT DISTINCT tenant_id, transaction_id FROM statement
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
    _keep_what_was_said()
    op.add_column(
        "statement", sa.Column("once", sa.String(), nullable=True, comment="what may be said of a term only once")
    )
    for name, type_, computed, comment in (
        ("term", sa.String(), "(said::jsonb) ->> 'kind'", "agent, activity, entity: of definitions"),
        ("type", sa.String(), "(said::jsonb) ->> 'type'", "of definitions"),
        ("object", BYTES, OBJECT, "external id of the other term of a relation"),
        ("responsible", BYTES, "(said::jsonb) ->> 'responsible'", "of delegations: external id of who was acted for"),
        ("at", BYTES, "(said::jsonb) ->> 'at'", "of starts and ends: UTC, in the order of time"),
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
        "ix_statement_decision",
        "statement",
        ["tenant_id", "recorded_at"],
        postgresql_where=sa.text("kind = 'define' AND type IN ('Approve', 'Reject')"),
    )
    op.create_index(
        "ix_statement_start",
        "statement",
        ["tenant_id", "namespace", "at", "sequence"],
        postgresql_where=sa.text("kind = 'started'"),
    )
    op.create_index(
        "ix_statement_responsible",
        "statement",
        ["tenant_id", "namespace", "responsible"],
        postgresql_where=sa.text("responsible IS NOT NULL"),
    )
    op.create_index(
        "ix_statement_about",
        "statement",
        ["tenant_id", "about_id", "at"],
        postgresql_where=sa.text("kind = 'started' AND about_id IS NOT NULL"),
    )
    op.create_index(
        "ix_statement_asserted",
        "statement",
        ["tenant_id", "namespace", "recorded_by_id"],
        postgresql_where=sa.text("about_id IS NULL"),
    )
    _index_what_was_done()
    # Of what was decided before, nobody knows who had looked at it.
    known: sa.Column[bool] = sa.Column(
        "views_recorded",
        sa.Boolean(),
        server_default=sa.text("false"),
        nullable=False,
        comment="whether it was recorded by then who looked at a timesheet",
    )
    op.add_column("decision", known)
    op.alter_column("decision", "views_recorded", server_default=sa.text("true"))
    _create_seals()
    op.execute(NOTE_UNSEALED)
    op.execute(ON_EVERY_INSERT)
    op.execute(SEAL_EVERYTHING)


def _keep_what_was_said() -> None:
    said = sa.Column("said", sa.String(), nullable=True, comment="the whole statement as canonical JSON (RFC 8785)")
    op.add_column("statement", said)
    op.execute(CANONICAL)
    op.execute("UPDATE statement SET said = canonical(body)")
    op.execute("DROP FUNCTION canonical(jsonb)")
    op.execute(REQUIRE_SAME)
    op.alter_column("statement", "said", nullable=False)
    op.alter_column("statement", "digest", comment="SHA-256 of what is said, hexadecimal")
    op.drop_index("ix_statement_decision", table_name="statement")
    op.drop_column("statement", "body")
    body = sa.Column(
        "body",
        postgresql.JSONB(),
        sa.Computed("said::jsonb", persisted=True),
        nullable=False,
        comment="the same, to be asked",
    )
    op.add_column("statement", body)


def _index_what_was_done() -> None:
    done = sa.text("result IS NOT NULL")
    for name, column in (("done", None), ("kind", "kind"), ("owner", "owner_id"), ("actor", "actor_id")):
        columns = ["tenant_id", *([column] if column else []), "completed_at", "id"]
        op.create_index(f"ix_command_{name}", "command", columns, postgresql_where=done)
    view = sa.text("kind = 'define' AND type = 'View'")
    for name, column in (("view", None), ("view_by", "recorded_by_id"), ("view_of", "about_id")):
        columns = ["tenant_id", *([column] if column else []), "recorded_at", "transaction_id"]
        op.create_index(f"ix_statement_{name}", "statement", columns, postgresql_where=view)


def _create_seals() -> None:
    def tenant() -> sa.Column[object]:
        return sa.Column("tenant_id", sa.Uuid(), nullable=False, comment="whose row it is")

    def table(name: str, *columns: sa.schema.SchemaItem) -> None:
        to_tenant = sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f(f"fk_{name}_tenant_id"))
        op.create_table(name, *columns, tenant(), to_tenant)

    table(
        "unsealed",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", name=op.f("pk_unsealed")),
    )
    table(
        "ledger_leaf",
        sa.Column("position", sa.BigInteger(), nullable=False, comment="0, 1, 2…"),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="which statement stands there"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="of the leaf, by RFC 9162 with SHA-256"),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("pk_ledger_leaf")),
        sa.ForeignKeyConstraint(["sequence"], ["statement.sequence"], name=op.f("fk_ledger_leaf_sequence")),
        sa.UniqueConstraint("sequence", name=op.f("uq_ledger_leaf_sequence")),
    )
    table(
        "ledger_node",
        sa.Column("height", sa.SmallInteger(), nullable=False, comment="it is over 2^height leaves"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="0 is over the first ones"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "height", "number", name=op.f("pk_ledger_node")),
    )
    table(
        "seal_key",
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3…"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="Ed25519, 32 bytes"),
        sa.Column("introduced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "signature", sa.LargeBinary(), nullable=True, comment="of the former key over this one; none: the first"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_seal_key")),
    )
    table(
        "seal",
        sa.Column("number", sa.BigInteger(), nullable=False, comment="1, 2, 3…"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="leaves that it is over"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous_root", sa.LargeBinary(), nullable=True, comment="of the seal before; none: the first"),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False, comment="which key signed it"),
        sa.Column(
            "signature", sa.LargeBinary(), nullable=False, comment="Ed25519, over the canonical JSON of the rest"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_seal")),
        sa.CheckConstraint("size > 0", name=op.f("ck_seal_size")),
    )
    op.create_index("ix_seal_size", "seal", ["tenant_id", "size"])


def downgrade() -> None:
    for name in ("done", "kind", "owner", "actor"):
        op.drop_index(f"ix_command_{name}", table_name="command")
    for name in ("view", "view_by", "view_of"):
        op.drop_index(f"ix_statement_{name}", table_name="statement")
    op.drop_column("decision", "views_recorded")
    op.execute("DROP TRIGGER note_unsealed ON statement")
    op.execute("DROP FUNCTION note_unsealed()")
    for name in ("seal", "seal_key", "ledger_node", "ledger_leaf", "unsealed"):
        op.drop_table(name)
    for name in ("decision", "asserted", "about", "responsible", "start", "type", "object", "subject"):
        op.drop_index(f"ix_statement_{name}", table_name="statement")
    op.drop_index("uq_statement_once", table_name="statement")
    for name in ("responsible", "at", "object", "type", "term", "once", "about_id"):
        op.drop_column("statement", name)
    op.execute("ALTER TABLE statement ALTER COLUMN body DROP EXPRESSION")
    op.alter_column("statement", "body", comment="the whole statement, as digested")
    op.alter_column("statement", "digest", comment="SHA-256 of the canonical JSON of the body, hexadecimal")
    op.drop_column("statement", "said")
    op.alter_column("statement", "subject", type_=sa.String())
    op.create_index("ix_statement_subject", "statement", ["tenant_id", "namespace", "subject"])
    op.create_index(
        "ix_statement_decision",
        "statement",
        ["tenant_id", "recorded_at"],
        postgresql_where=sa.text("kind = 'define' AND body ->> 'type' IN ('Approve', 'Reject')"),
    )
