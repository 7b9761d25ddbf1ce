"""Records are kept for as long as an organisation has promised: nothing destroys them, whoever asks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, Table, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from activities.commands import SheetActivities
from embedded import EmbeddedPostgres
from models.database import command_transaction, engine_for
from models.migrate import migrate
from models.retention import ALSO_KEPT, keeps_records
from models.rules.transitions import State
from models.tables.metadata import everything
from tests.desk import Desk, Life
from tests.factories import change_policy, make_organisation

RECORDS = [table for table in everything().sorted_tables if keeps_records(table)]
BY_GRANT = [table for table in RECORDS if table.name not in ALSO_KEPT]

DELETES = {
    "decision": "DELETE FROM decision",
    "submission": "DELETE FROM submission",
    "time_entry_version": "DELETE FROM time_entry_version",
    "statement": "DELETE FROM statement",
    "command": "DELETE FROM command",
    "person": "DELETE FROM person",
}


@pytest.fixture(scope="module")
def admin(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """The superuser of a database of its own: what has promised to be kept must not stand in other tests' way."""
    name = f"kept{uuid4().hex[:8]}"
    postgres.create_database(name)
    migrate(postgres.owner_url(name), postgres.app_url(name))
    engine = create_engine(postgres.admin_url(name), connect_args={"application_name": name})
    yield engine
    engine.dispose()
    engine_for(postgres.app_url(name)).dispose()
    postgres.drop_database(name)


@pytest.fixture
def life(postgres: EmbeddedPostgres, admin: Engine) -> Life:
    """Duane's week, approved."""
    name = admin.url.database
    assert name
    engine = engine_for(postgres.app_url(name))
    life = Life(Desk(engine, SheetActivities(engine), admin), make_organisation(admin))
    life.bring_to(State.APPROVED)
    return life


def as_owner(postgres: EmbeddedPostgres, admin: Engine, life: Life, *changes: str) -> None:
    """What the owner of the tables does to Duane's organisation, seeing its rows."""
    name = admin.url.database
    assert name
    owner = create_engine(postgres.owner_url(name))
    try:
        with owner.begin() as connection:
            connection.execute(
                text("SELECT set_config('countersign.tenant', :tenant, true)"), {"tenant": str(life.org.tenant_id)}
            )
            for change in changes:
                connection.execute(text(change))
    finally:
        owner.dispose()


@pytest.mark.parametrize("table", BY_GRANT, ids=lambda table: table.name)
@pytest.mark.parametrize("change", ["DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_the_application_has_no_right_to_destroy_a_record(engine: Engine, table: Table, change: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        command_transaction(engine, uuid4()) as session,
    ):
        session.execute(text(change.format(table.name)))


def test_what_the_application_may_delete_holds_no_records() -> None:
    """Each with why: whoever adds a table that it may delete from has to say so here."""
    gone = {table.name for table in everything().sorted_tables if not keeps_records(table)}

    assert gone == {
        # Directories, of which rows are added by the owner, and counted failures.
        "tenant",
        "sign_in_failure",
        # Computed anew from records at any time.
        "accrual",
        "accrual_rebuild",
        "accrual_rebuild_batch",
        "waiting",
        "unsealed",
        # What somebody has before them now; what they did is on record.
        "session",
        "look",
        "week_row",
        "notification_setting",
        # Present state, of which every change is on record.
        "person_role",
        "agreement_target",
        "holiday_exception",
        # Tries to tell others; what was told is on record.
        "webhook_attempt",
        "anchor",
    }


class TestTriggers:
    @pytest.mark.parametrize("table", DELETES)
    def test_the_owner_of_the_tables_is_refused_as_well(
        self, postgres: EmbeddedPostgres, admin: Engine, life: Life, table: str
    ) -> None:
        change_policy(admin, life.org, retention_years=5)

        with pytest.raises(IntegrityError, match=f"kept for 5 years: nothing of {table} is deleted"):
            as_owner(postgres, admin, life, DELETES[table])
        with pytest.raises(IntegrityError, match="is not emptied"):
            as_owner(postgres, admin, life, f"TRUNCATE {table} CASCADE")

    def test_a_superuser_who_says_no_tenant_is_refused_as_well(self, admin: Engine, life: Life) -> None:
        change_policy(admin, life.org, retention_years=5)

        with pytest.raises(IntegrityError, match="kept for 5 years"), admin.begin() as connection:
            connection.execute(text("DELETE FROM decision WHERE tenant_id = :id"), {"id": life.org.tenant_id})

    @pytest.mark.parametrize(("days", "goes"), [(-1, False), (1, True)])
    def test_what_is_older_than_promised_may_go_and_nothing_sooner(
        self, admin: Engine, life: Life, days: int, goes: bool
    ) -> None:
        change_policy(admin, life.org, retention_years=1)
        years = datetime.now(UTC).replace(year=datetime.now(UTC).year - 1) - timedelta(days=days)
        these = {"id": life.org.tenant_id, "at": years}
        with admin.begin() as connection:
            connection.execute(text("UPDATE decision SET decided_at = :at WHERE tenant_id = :id"), these)
        delete = text("DELETE FROM decision WHERE tenant_id = :id")
        if goes:
            with admin.begin() as connection:
                assert connection.execute(delete, these).rowcount == 1
        else:
            with pytest.raises(IntegrityError, match="kept for 1 years"), admin.begin() as connection:
                connection.execute(delete, these)

    def test_without_a_promise_nothing_stands_in_the_owners_way(self, admin: Engine, life: Life) -> None:
        with admin.begin() as connection:
            gone = connection.execute(
                text("DELETE FROM decision WHERE tenant_id = :id"), {"id": life.org.tenant_id}
            ).rowcount

        assert gone == 1

    def test_one_organisations_promise_binds_nobody_else(self, admin: Engine, life: Life) -> None:
        change_policy(admin, make_organisation(admin), retention_years=5)

        with admin.begin() as connection:
            these = {"id": life.org.tenant_id}
            assert connection.execute(text("DELETE FROM decision WHERE tenant_id = :id"), these).rowcount == 1

    @pytest.mark.parametrize("years", [5, None])
    def test_the_promise_is_never_shortened(self, admin: Engine, life: Life, years: int | None) -> None:
        change_policy(admin, life.org, retention_years=5)
        change_policy(admin, life.org, retention_years=6)

        with pytest.raises(IntegrityError, match="never shortened"), admin.begin() as connection:
            connection.execute(
                text("UPDATE tenant_policy SET retention_years = :years WHERE tenant_id = :id"),
                {"id": life.org.tenant_id, "years": years},
            )

    def test_the_policy_cannot_be_taken_away_to_get_past_it(self, admin: Engine, life: Life) -> None:
        change_policy(admin, life.org, retention_years=5)

        with pytest.raises(IntegrityError), admin.begin() as connection:
            connection.execute(text("DELETE FROM tenant_policy WHERE tenant_id = :id"), {"id": life.org.tenant_id})

    def test_a_bulk_decision_that_was_made_is_kept_and_a_draft_is_none(self, admin: Engine, life: Life) -> None:
        change_policy(admin, life.org, retention_years=5)
        with admin.begin() as connection:
            for state in ("draft", "running"):
                connection.execute(
                    text(
                        "INSERT INTO bulk_decision (id, tenant_id, asked_by_id, decision, content_hash, state, rows)"
                        " VALUES (gen_random_uuid(), :tenant, :person, 'approve', 'x', :state, 1)"
                    ),
                    {"tenant": life.org.tenant_id, "person": life.org.roland, "state": state},
                )
        delete = text("DELETE FROM bulk_decision WHERE state = :state")
        with command_transaction(life.desk.engine, life.org.tenant_id) as session:
            session.execute(delete, {"state": "draft"})
        with (
            pytest.raises(IntegrityError, match="kept for 5 years"),
            command_transaction(life.desk.engine, life.org.tenant_id) as session,
        ):
            session.execute(delete, {"state": "running"})

    def test_a_database_that_is_migrated_again_is_guarded_as_before(
        self, postgres: EmbeddedPostgres, admin: Engine, life: Life
    ) -> None:
        name = admin.url.database
        assert name
        change_policy(admin, life.org, retention_years=5)
        migrate(postgres.owner_url(name), postgres.app_url(name))

        with pytest.raises(IntegrityError), admin.begin() as connection:
            connection.execute(text("DELETE FROM decision WHERE tenant_id = :id"), {"id": life.org.tenant_id})
