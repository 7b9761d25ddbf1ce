"""The period that has come: who owes a timesheet gets one, once; and deadlines follow the rules of now."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, update
from temporalio.testing import ActivityEnvironment

from activities.periods import PeriodActivities
from models.database import read_session
from models.doctor import findings
from models.messages import PeriodsBatch, PeriodsDone
from models.rules.periods import period_of
from models.rules.transitions import State
from models.store.periods import late
from models.tables.accruals import Agreement
from models.tables.delivery import OutboxEvent
from models.tables.timesheet import Timesheet
from tests.desk import Life
from tests.factories import Asking, change_person, change_policy, hire, make_organisation, take_role, worked

HOUR = timedelta(hours=1)


@pytest.fixture
def periods(engine: Engine) -> PeriodActivities:
    return PeriodActivities(engine)


@pytest.fixture(autouse=True)
def agreed(life: Life, owner_engine: Engine) -> None:
    """Everybody has an agreement today, whichever day the tests run on."""
    today = datetime.now(UTC).date()
    year = {"start_date": today - timedelta(days=100), "end_date": today + timedelta(days=100)}
    with owner_engine.begin() as connection:
        connection.execute(update(Agreement).where(Agreement.tenant_id == life.org.tenant_id).values(year))


def sheets(life: Life) -> dict[UUID, Timesheet]:
    return {sheet.owner_id: sheet for sheet in life.desk.rows(life.org.tenant_id, Timesheet)}


def workers(life: Life) -> set[UUID]:
    return set(life.org.people.values()) - {life.org.diana}


def open_all(life: Life, periods: PeriodActivities, attempt: int = 1, after: UUID | None = None) -> PeriodsDone:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    done: PeriodsDone = environment.run(periods.open_periods, PeriodsBatch(life.org.tenant_id, after))
    return done


class TestOpening:
    def test_everybody_who_works_under_an_agreement_gets_the_sheet_of_this_week(
        self, life: Life, periods: PeriodActivities
    ) -> None:
        done = open_all(life, periods)

        found = sheets(life)
        assert found.keys() == workers(life)
        assert set(done.timesheet_ids) == {sheet.id for sheet in found.values()}
        assert done.goes_on_after is None
        this_week = period_of(datetime.now(ZoneInfo("Europe/London")).date())
        assert {(sheet.period_start, sheet.period_end) for sheet in found.values()} == {
            (this_week.start, this_week.end)
        }
        assert {sheet.state for sheet in found.values()} == {State.DRAFT}
        assert all(sheet.due_at for sheet in found.values())

    def test_an_opening_is_told_to_the_record_and_to_the_outside(self, life: Life, periods: PeriodActivities) -> None:
        open_all(life, periods)

        told = [event.type for event in life.desk.rows(life.org.tenant_id, OutboxEvent)]
        assert told == ["countersign.timesheet.opened"] * len(workers(life))
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            assert list(findings(session)) == []

    def test_done_again_it_opens_nothing(self, life: Life, periods: PeriodActivities) -> None:
        open_all(life, periods)
        before = life.desk.contents(life.org.tenant_id)

        assert open_all(life, periods).timesheet_ids == ()
        assert life.desk.contents(life.org.tenant_id) == before

    def test_after_an_attempt_that_died_the_next_one_names_what_that_one_opened(
        self, life: Life, periods: PeriodActivities
    ) -> None:
        untold = set(open_all(life, periods).timesheet_ids)

        assert set(open_all(life, periods, attempt=2).timesheet_ids) == untold

    def test_two_at_once_open_each_sheet_once(self, life: Life, periods: PeriodActivities) -> None:
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda _: open_all(life, periods), range(2)))

        opened = [id_ for each in done for id_ in each.timesheet_ids]
        assert len(opened) == len(set(opened)) == len(workers(life))

    def test_who_recorded_already_has_the_sheet_of_their_own_making(
        self, life: Life, periods: PeriodActivities
    ) -> None:
        today = datetime.now(ZoneInfo("Europe/London")).date()
        duane = Asking(life.org, life.org.duane, life.org.duane, today)
        life.desk.do(duane.record(worked("00:00", "00:01", today)))

        assert duane.org.key(life.org.duane, today).timesheet_id not in open_all(life, periods).timesheet_ids

    @pytest.mark.parametrize("why", ["inactive", "no worker", "no agreement", "an agreement that is over"])
    def test_who_owes_nothing_gets_none(
        self, life: Life, periods: PeriodActivities, owner_engine: Engine, why: str
    ) -> None:
        theirs = Agreement.person_id == life.org.duane
        match why:
            case "inactive":
                change_person(owner_engine, life.org.duane, active=False)
            case "no worker":
                take_role(owner_engine, life.org.duane, "worker")
            case "no agreement":
                with owner_engine.begin() as connection:
                    targets = (
                        "DELETE FROM agreement_target USING agreement a WHERE a.id = agreement_id AND person_id = %s"
                    )
                    connection.exec_driver_sql(targets, (life.org.duane,))
                    connection.execute(delete(Agreement).where(theirs))
            case _:
                long_ago = datetime.now(UTC).date() - timedelta(days=8)
                with owner_engine.begin() as connection:
                    connection.execute(update(Agreement).where(theirs).values(end_date=long_ago))

        open_all(life, periods)

        assert sheets(life).keys() == workers(life) - {life.org.duane}

    def test_the_week_is_that_of_the_persons_own_zone(
        self, life: Life, periods: PeriodActivities, owner_engine: Engine
    ) -> None:
        zones = {life.org.duane: "Pacific/Kiritimati", life.org.max: "Pacific/Pago_Pago"}
        for person, zone in zones.items():
            change_person(owner_engine, person, time_zone=zone)

        open_all(life, periods)

        for person, zone in zones.items():
            assert sheets(life)[person].period_start == period_of(datetime.now(ZoneInfo(zone)).date()).start

    def test_people_of_other_organisations_are_left_alone(
        self, life: Life, periods: PeriodActivities, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        open_all(life, periods)

        assert life.desk.rows(other.tenant_id, Timesheet) == []


class TestReckoning:
    @pytest.fixture
    def submitted(self, life: Life) -> Timesheet:
        life.bring_to(State.SUBMITTED)
        return sheets(life)[life.org.duane]

    def test_sooner_escalation_is_sooner_and_its_workflow_is_woken(
        self, life: Life, periods: PeriodActivities, submitted: Timesheet, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, life.org, remind_after_hours=None, escalate_after_hours=1)

        done = periods.reckon_deadlines(PeriodsBatch(life.org.tenant_id, None))

        (after,) = sheets(life).values()
        assert done.timesheet_ids == (submitted.id,)
        assert submitted.due_at
        assert after.due_at
        assert after.due_at < submitted.due_at

    def test_later_is_later_and_nobody_is_woken(
        self, life: Life, periods: PeriodActivities, submitted: Timesheet, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, life.org, remind_after_hours=None, escalate_after_hours=400)

        done = periods.reckon_deadlines(PeriodsBatch(life.org.tenant_id, None))

        (after,) = sheets(life).values()
        assert done == PeriodsDone((), None)
        assert submitted.due_at
        assert after.due_at
        assert after.due_at > submitted.due_at

    def test_what_would_have_been_due_long_ago_is_due_at_once(
        self, life: Life, periods: PeriodActivities, submitted: Timesheet, owner_engine: Engine
    ) -> None:
        weeks_ago = datetime.now(UTC) - timedelta(days=21)
        with owner_engine.begin() as connection:
            connection.execute(update(Timesheet).values(state_since=weeks_ago, reminded_until=weeks_ago))
        change_policy(owner_engine, life.org, escalate_after_hours=1)

        periods.reckon_deadlines(PeriodsBatch(life.org.tenant_id, None))

        (after,) = sheets(life).values()
        assert after.due_at
        assert after.due_at < datetime.now(UTC)

    def test_never_is_never(
        self, life: Life, periods: PeriodActivities, submitted: Timesheet, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, life.org, remind_after_hours=None, escalate_after_hours=None)

        periods.reckon_deadlines(PeriodsBatch(life.org.tenant_id, None))

        assert sheets(life)[life.org.duane].due_at is None


class TestBatches:
    @pytest.fixture(autouse=True)
    def by_twos(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("models.store.periods.A_BATCH", 2)

    def test_batch_after_batch_everybody_is_looked_at_once(
        self, life: Life, periods: PeriodActivities, owner_engine: Engine
    ) -> None:
        hire(owner_engine, life.org, "Somebody new", "worker")

        done = list(self._run(life, periods))

        assert len(done) == 4
        assert {id_ for each in done for id_ in each.timesheet_ids} == {sheet.id for sheet in sheets(life).values()}
        assert sheets(life).keys() == workers(life)

    def _run(self, life: Life, periods: PeriodActivities) -> Iterator[PeriodsDone]:
        after: UUID | None = None
        while True:
            done = open_all(life, periods, after=after)
            yield done
            after = done.goes_on_after
            if after is None:
                return


def test_what_nobody_has_seen_to_is_found(life: Life, owner_engine: Engine) -> None:
    life.bring_to(State.SUBMITTED)
    (sheet,) = sheets(life).values()

    def found() -> list[UUID]:
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            return late(session, 60, 10)

    assert found() == []
    for column in ("due_at", "lock_at"):
        with owner_engine.begin() as connection:
            state = {"state": "approved", "stage": None, "submitted_at": None} if column == "lock_at" else {}
            values = {"due_at": None, "lock_at": None} | state | {column: datetime.now(UTC) - HOUR}
            connection.execute(update(Timesheet).where(Timesheet.id == sheet.id).values(values))
        assert found() == [sheet.id]
