"""An organisation sees and changes its own rows only, and the database itself sees to it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, Table, func, select, text
from sqlalchemy.exc import DatabaseError, ProgrammingError

from activities.commands import SheetActivities
from models.database import command_transaction, credential_transaction, read_session
from models.rules.flex import FlexType
from models.rules.transitions import State
from models.tables.metadata import everything
from tests.desk import Desk, Life
from tests.factories import NEXT_MONDAY, make_organisation, worked

TENANT_TABLES = [table for table in everything().sorted_tables if "tenant_id" in table.columns]
DIRECTORIES = [table for table in everything().sorted_tables if "tenant_id" not in table.columns]

WRITTEN_BY_COMMANDS = {
    "accrual",
    "command",
    "contribution",
    "decision",
    "flex_change",
    "note",
    "notification",
    "outbox",
    "person",
    "project",
    "scheduled_entry",
    "statement",
    "submission",
    "time_entry",
    "time_entry_version",
    "timesheet",
    "waiting",
}


def _each(tables: list[Table]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("table", tables, ids=lambda table: str(table.name))


def _that_grant(privilege: str) -> list[Table]:
    return [table for table in TENANT_TABLES if privilege in table.info["grants"]]


@pytest.fixture(scope="module")
def lived(engine: Engine, owner_engine: Engine) -> Life:
    """An organisation with something in every table that commands write to; nobody here changes it."""
    life = Life(Desk(engine, SheetActivities(engine), owner_engine), make_organisation(owner_engine))
    planned = life.plan("18:00", "20:00")
    life.desk.do(life.duane.change_shift(FlexType.EXTENDED, planned, worked("18:00", "21:00")))
    life.desk.do(life.duane.note("The dog bit me."))
    life.bring_to(State.LOCKED)
    life.desk.do(life.next_week.record(worked("09:00", "17:00", NEXT_MONDAY)))
    life.desk.do(life.next_week.submit(life.desk.digest(life.next_key)))
    return life


@pytest.fixture(scope="module")
def stranger(owner_engine: Engine) -> UUID:
    """Another organisation."""
    return make_organisation(owner_engine).tenant_id


def test_only_the_directory_of_tenants_and_failed_sign_ins_belong_to_no_tenant() -> None:
    assert {table.name for table in DIRECTORIES} == {"tenant", "sign_in_failure"}


@_each(TENANT_TABLES)
def test_row_level_security_is_on_and_forced(owner_engine: Engine, table: Table) -> None:
    told = text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)")
    with owner_engine.connect() as connection:
        assert tuple(connection.execute(told, {"name": table.name}).one()) == (True, True)


@_each(TENANT_TABLES)
def test_each_table_has_one_policy_for_reading_and_writing(owner_engine: Engine, table: Table) -> None:
    told = text("SELECT cmd, qual, with_check FROM pg_policies WHERE tablename = :name")
    with owner_engine.connect() as connection:
        (policy,) = connection.execute(told, {"name": table.name}).all()
    assert policy.cmd == "ALL"
    assert "countersign.tenant" in policy.qual
    assert "countersign.credential" not in policy.with_check


def test_every_table_of_the_database_is_one_the_product_knows(owner_engine: Engine) -> None:
    """A table made outside the models would have no policy."""
    told = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    with owner_engine.connect() as connection:
        stored = set(connection.scalars(told))
    assert stored - {"alembic_version"} == {table.name for table in everything().sorted_tables}


def test_the_application_owns_nothing_and_cannot_look_past_the_policies(engine: Engine) -> None:
    with engine.connect() as connection:
        role = connection.execute(
            text("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        ).one()
        owned = connection.scalar(text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"))
        memberships = connection.scalar(
            text("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole")
        )
    assert not any(role)
    assert (owned, memberships) == (0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE statement DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON statement",
        "DROP TABLE statement",
        "SET ROLE countersign_owner",
        "INSERT INTO tenant (id, slug, name) VALUES (gen_random_uuid(), 'mine', 'Mine')",
        "SELECT * FROM alembic_version",
    ],
)
def test_the_application_cannot_change_the_rules_it_lives_under(engine: Engine, statement: str) -> None:
    with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement))


@_each(TENANT_TABLES)
def test_another_organisations_rows_are_not_there(lived: Life, stranger: UUID, table: Table) -> None:
    all_ = select(func.count()).select_from(table)
    theirs = all_.where(table.c.tenant_id == lived.org.tenant_id)
    with lived.desk.owner_engine.connect() as connection:
        stored = connection.scalar(theirs)
    with command_transaction(lived.desk.engine, lived.org.tenant_id) as session:
        assert session.scalar(all_) == session.scalar(theirs) == stored
    with command_transaction(lived.desk.engine, stranger) as session:
        assert session.scalar(theirs) == 0
    with read_session(lived.desk.engine, stranger) as reading:
        assert reading.scalar(theirs) == 0


@_each(TENANT_TABLES)
def test_without_a_tenant_there_is_nothing_to_see(lived: Life, table: Table) -> None:
    with lived.desk.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_the_tenant_of_one_transaction_is_forgotten_in_the_next(lived: Life) -> None:
    count = text("SELECT count(*) FROM timesheet")
    with lived.desk.engine.connect() as connection:
        with connection.begin():
            set_tenant = text("SELECT set_config('countersign.tenant', :tenant, true)")
            connection.execute(set_tenant, {"tenant": str(lived.org.tenant_id)})
            assert connection.scalar(count) == 2
        with connection.begin():
            assert connection.scalar(count) == 0


@_each(_that_grant("UPDATE"))
def test_another_organisations_rows_cannot_be_changed(lived: Life, stranger: UUID, table: Table) -> None:
    before = lived.desk.contents(lived.org.tenant_id)
    with command_transaction(lived.desk.engine, stranger) as session:
        session.execute(table.update().where(table.c.tenant_id != stranger).values(tenant_id=stranger))

    assert lived.desk.contents(lived.org.tenant_id) == before


@_each(_that_grant("DELETE"))
def test_another_organisations_rows_cannot_be_removed(lived: Life, stranger: UUID, table: Table) -> None:
    before = lived.desk.contents(lived.org.tenant_id)
    with command_transaction(lived.desk.engine, stranger) as session:
        session.execute(table.delete())

    assert lived.desk.contents(lived.org.tenant_id) == before


@_each([table for table in TENANT_TABLES if table.name in WRITTEN_BY_COMMANDS])
def test_a_row_cannot_be_added_in_another_organisations_name(lived: Life, stranger: UUID, table: Table) -> None:
    """A copy of a row that is there, word for word, sent from another organisation's transaction."""
    one = table.select().where(table.c.tenant_id == lived.org.tenant_id).limit(1)
    with lived.desk.owner_engine.connect() as connection:
        row = connection.execute(one).mappings().one()
    copied = {column.name: row[column] for column in table.columns if not (column.computed or column.identity)}
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        command_transaction(lived.desk.engine, stranger) as session,
    ):
        session.execute(table.insert().values(copied))


def test_a_tenant_that_is_no_id_opens_nothing(lived: Life) -> None:
    with lived.desk.engine.begin() as connection:
        connection.execute(text("SELECT set_config('countersign.tenant', '', true)"))
        assert connection.scalar(text("SELECT count(*) FROM timesheet")) == 0


@pytest.fixture(scope="module")
def account(lived: Life) -> str:
    """An account in the database; its login."""
    login = f"login-{lived.org.slug}"
    with lived.desk.owner_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO account (tenant_id, person_id, login, password_hash)"
                " VALUES (:tenant, :person, :login, 'x')"
            ),
            {"tenant": lived.org.tenant_id, "person": lived.org.duane, "login": login},
        )
    return login


class TestCredentials:
    """Before the tenant is known: the one row that the very key in hand leads to."""

    def test_a_key_leads_to_its_row_and_to_nothing_else(self, lived: Life, account: str) -> None:
        with credential_transaction(lived.desk.engine, account) as session:
            assert session.scalars(text("SELECT login FROM account")).all() == [account]
            for table in TENANT_TABLES:
                if not table.info.get("key"):
                    assert session.scalar(select(func.count()).select_from(table)) == 0

    @pytest.mark.parametrize("key", ["", "%", "login-", "' OR true --"])
    def test_another_key_leads_nowhere(self, lived: Life, account: str, key: str) -> None:
        with credential_transaction(lived.desk.engine, key) as session:
            assert session.scalar(text("SELECT count(*) FROM account")) == 0

    def test_a_key_lets_nobody_write(self, lived: Life, account: str) -> None:
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            credential_transaction(lived.desk.engine, account) as session,
        ):
            session.execute(text("UPDATE account SET password_hash = 'mine'"))

    def test_a_failed_sign_in_can_be_noted_and_forgotten(self, engine: Engine) -> None:
        key = {"key": uuid4().hex}
        with credential_transaction(engine, key["key"]) as session:
            session.execute(text("INSERT INTO sign_in_failure (key) VALUES (:key)"), key)
            forgotten = session.execute(text("DELETE FROM sign_in_failure WHERE key = :key RETURNING key"), key)
            assert forgotten.scalars().all() == [key["key"]]
