"""Keeping records for as long as an organisation has promised: the database refuses to destroy them, whoever asks.

The application's role has no right to delete records at all. The triggers here hold for the owner of the tables, too.
They follow from the tables, as privileges do, so that a new table cannot be forgotten.
"""

from collections.abc import Iterator

from sqlalchemy import Table, text
from sqlalchemy.sql.elements import TextClause

NO_RECORD = frozenset({"DELETE"})
"""A table whose rows the application may delete holds no records: what is said in it is said elsewhere for good."""

AGES = (
    "recorded_at",
    "decided_at",
    "submitted_at",
    "completed_at",
    "reviewed_at",
    "changed_at",
    "checked_at",
    "sealed_at",
    "created_at",
    "granted_at",
    "occurred_at",
    "received_at",
    "told_at",
    "end_at",
)
"""What tells the age of a row, the first of them that it has; a row without any is never too old."""

ALSO_KEPT = {"bulk_decision": "OLD.state <> 'draft'", "bulk_decision_row": "OLD.outcome <> 'waiting'"}
"""Tables with drafts, which are no records: the rows that are none any more."""


def functions() -> Iterator[TextClause]:
    """What the triggers call. Each looks at the promise of the row's own organisation, past any row policy."""
    for sql in (_KEEP_POLICY, _KEEP_ROW, _KEEP_TABLE):
        yield text(sql)


def triggers(table: Table) -> Iterator[TextClause]:
    """What guards one table, if it holds records."""
    if table.name == "tenant_policy":
        yield text(_ON_POLICY)
    if not keeps_records(table):
        return
    age = next((name for name in AGES if name in table.c), "")
    when = f"WHEN ({ALSO_KEPT[table.name]})" if table.name in ALSO_KEPT else ""
    yield text(
        f"CREATE OR REPLACE TRIGGER keep_row BEFORE DELETE ON {table.name} "
        f"FOR EACH ROW {when} EXECUTE FUNCTION keep_row('{age}')"
    )
    yield text(
        f"CREATE OR REPLACE TRIGGER keep_table BEFORE TRUNCATE ON {table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_table()"
    )


def keeps_records(table: Table) -> bool:
    """Whether rows of a table are records: all those of an organisation that the application may not delete."""
    if table.info.get("directory"):
        return False
    return table.name in ALSO_KEPT or not NO_RECORD.intersection(table.info["grants"])


_KEEP_POLICY = """
CREATE OR REPLACE FUNCTION keep_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.retention_years IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.tenant_id = OLD.tenant_id AND NEW.retention_years >= OLD.retention_years THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Records are kept for % years. That is never shortened.', OLD.retention_years
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_ON_POLICY = """
CREATE OR REPLACE TRIGGER keep_policy BEFORE UPDATE OF retention_years, tenant_id OR DELETE ON tenant_policy
FOR EACH ROW EXECUTE FUNCTION keep_policy()
"""

_KEEP_ROW = """
CREATE OR REPLACE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen text := coalesce(current_setting('countersign.tenant', true), '');
    years integer;
    at timestamptz := nullif(to_jsonb(OLD) ->> TG_ARGV[0], '')::timestamptz;
BEGIN
    PERFORM set_config('countersign.tenant', OLD.tenant_id::text, true);
    SELECT retention_years INTO years FROM tenant_policy WHERE tenant_id = OLD.tenant_id;
    PERFORM set_config('countersign.tenant', seen, true);
    IF years IS NULL OR at + make_interval(years => years) <= now() THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Records are kept for % years: nothing of % is deleted.', years, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_KEEP_TABLE = """
CREATE OR REPLACE FUNCTION keep_table() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen text := coalesce(current_setting('countersign.tenant', true), '');
    each uuid;
BEGIN
    FOR each IN SELECT id FROM tenant LOOP
        PERFORM set_config('countersign.tenant', each::text, true);
        IF EXISTS (SELECT FROM tenant_policy WHERE tenant_id = each AND retention_years IS NOT NULL) THEN
            RAISE EXCEPTION 'Records are kept: % is not emptied.', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    PERFORM set_config('countersign.tenant', seen, true);
    RETURN NULL;
END $$
"""
