"""People, projects and types as administrators change them, with all that follows in the same transaction."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select, text

from models.database import WriteSession, command_transaction, read_session
from models.doctor import findings
from models.errors import DomainError, Invalid, KeyReused, NotFound, NotYours, Stale
from models.rules.people import PersonContent, ProjectContent
from models.rules.period_types import ACCENTS, TypeContent
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, SHIFT, TRAINING
from models.store import directory, period_types, projects
from models.store.changes import GivenBy, Kept
from models.store.people import load_circle
from models.tables.accruals import Accrual, AccrualRebuild
from models.tables.auth import Account, ApiToken, SignInSession
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange, Person
from models.tables.timesheet import Timesheet, Waiting
from tests.activities.conftest import waiters
from tests.desk import Desk, Life, as_written, carry_out_rebuilds
from tests.factories import MONDAY, Asking, Organisation, change_person, give_role, hire, make_organisation, worked
from tests.waiting import eventually

Row = TypeVar("Row")
Result = TypeVar("Result")

WALTER = PersonContent(
    external_id="staff-1013",
    name="Walter Skinner",
    email="walter@example.org",
    roles=frozenset({"worker", "supervisor"}),
    supervisor_id=None,
    time_zone="Europe/London",
    holiday_calendar="GB-ENG",
)
TRAVEL = TypeContent("Travel", "datetime", {"project": "required", "note": "required"})


@dataclass(frozen=True)
class Office:
    """Suzanne at work on the directory."""

    engine: Engine
    owner_engine: Engine
    org: Organisation

    def do(self, change: Callable[[WriteSession], Result]) -> Result:
        """One change, in a transaction of its own."""
        with command_transaction(self.engine, self.org.tenant_id) as session:
            return change(session)

    def given(self, command_id: UUID | None = None, actor: UUID | None = None) -> GivenBy:
        """A command of hers, or of somebody else."""
        return GivenBy(self.org.tenant_id, actor or self.org.suzanne, command_id or uuid4())

    def person(self, person_id: UUID) -> Kept[PersonContent]:
        """Somebody as they stand."""
        return self.do(lambda session: directory.kept_person(session, person_id))

    def add(self, given: GivenBy | None = None, **values: Any) -> Kept[PersonContent]:
        """Somebody new."""
        content = replace(WALTER, **values)
        return self.do(lambda session: directory.create_person(session, given or self.given(), content))

    def change(self, person_id: UUID, given: GivenBy | None = None, **values: Any) -> Kept[PersonContent]:
        """Some of what is said of somebody."""
        present = self.person(person_id)
        content = replace(present.content, **values)
        return self.replace(person_id, present.version, content, given)

    def replace(
        self, person_id: UUID, version: int, content: PersonContent, given: GivenBy | None = None
    ) -> Kept[PersonContent]:
        """All of what is said of somebody."""
        used = given or self.given()
        return self.do(lambda s: directory.replace_person(s, used, person_id, version, content))

    def set_password(self, person_id: UUID, hashed: str = "hash", given: GivenBy | None = None) -> bool:
        """A way in for somebody."""
        return self.do(lambda session: directory.set_password(session, given or self.given(), person_id, hashed))

    def add_project(self, content: ProjectContent, given: GivenBy | None = None) -> Kept[ProjectContent]:
        """A new project."""
        return self.do(lambda session: projects.create_project(session, given or self.given(), content))

    def rebuild(self) -> None:
        """What follows from her changes for many people."""
        carry_out_rebuilds(self.engine, self.org.tenant_id)

    def type_(self, type_id: UUID) -> Kept[TypeContent]:
        """A type as it stands."""
        return self.do(lambda session: period_types.kept_type(session, type_id))

    def add_type(self, **values: Any) -> Kept[TypeContent]:
        """A new type."""
        content = replace(TRAVEL, **values)
        return self.do(lambda session: period_types.create_type(session, self.given(), content))

    def change_type(self, type_id: UUID, **values: Any) -> Kept[TypeContent]:
        """Some of what is said of a type."""
        present = self.type_(type_id)
        content = replace(present.content, **values)
        return self.do(lambda s: period_types.replace_type(s, self.given(), type_id, present.version, content))

    def rows(self, table: type[Row]) -> list[Row]:
        """Every row of a table of the organisation."""
        with read_session(self.engine, self.org.tenant_id) as session:
            found = list(session.scalars(select(table).order_by(*as_written(table))))
            session.expunge_all()
            return found

    def waiting_for(self, owner: UUID) -> UUID | None:
        """Whose decision somebody's submitted timesheet waits for; it is whoever may decide on it."""
        with read_session(self.engine, self.org.tenant_id) as session:
            sheet = session.scalars(select(Timesheet).where(Timesheet.owner_id == owner)).one()
            assert sheet.state == State.SUBMITTED.value
            (approver_id,) = session.scalars(select(Waiting.approver_id).where(Waiting.timesheet_id == sheet.id))
            circle = load_circle(session, owner)
            assert (approver_id,) == circle.asked(sheet.id) == (circle.approver_id,)
            return approver_id

    @contextmanager
    def refused(self, error: type[DomainError], *fields: str) -> Iterator[DomainError]:
        """What happens within is refused, for these fields, and nothing is saved."""
        caught = DomainError("not yet")
        with command_transaction(self.engine, self.org.tenant_id) as session:
            before = self.contents(session)
        with pytest.raises(error) as raised:
            yield caught
        caught.message, caught.data = raised.value.message, raised.value.data
        assert [each["field"] for each in raised.value.data.get("errors", [])] == list(fields)
        with command_transaction(self.engine, self.org.tenant_id) as session:
            assert self.contents(session) == before

    def contents(self, session: WriteSession) -> list[int]:
        """How much was ever changed."""
        return [session.scalars(select(func.count()).select_from(each)).one() for each in (DirectoryChange, Person)]


@pytest.fixture
def office(engine: Engine, owner_engine: Engine, org: Organisation) -> Office:
    return Office(engine, owner_engine, org)


@pytest.fixture
def other(owner_engine: Engine) -> Organisation:
    return make_organisation(owner_engine)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What came of acts that several people begin at the same moment."""
    start = Barrier(len(acts))

    def act(do: Callable[[], object]) -> object:
        start.wait()
        try:
            return do()
        except DomainError as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


class TestPersons:
    def test_a_new_person_is_there_as_was_said_and_the_change_is_recorded_and_announced(self, office: Office) -> None:
        given = office.given()

        created = office.add(given)

        assert created == Kept(created.id, 1, WALTER) == office.person(created.id)
        (change,) = office.rows(DirectoryChange)
        assert (change.subject_kind, change.subject_id, change.version) == ("person", created.id, 1)
        assert (change.before, change.after, change.changed_by_id) == (None, WALTER.json, office.org.suzanne)
        (event,) = office.rows(OutboxEvent)
        assert (event.type, event.subject) == ("countersign.person.changed", str(created.id))
        assert event.data == {"actorId": str(office.org.suzanne), "version": 1, "created": True}
        assert (change.command_id, event.command_id) == (given.command_id, given.command_id)

    def test_a_change_is_recorded_with_what_was_and_what_became(self, office: Office) -> None:
        before = office.person(office.org.duane).content

        changed = office.change(office.org.duane, name="Duane B.", roles=frozenset({"worker", "auditor"}))

        assert changed.version == 2
        assert office.person(office.org.duane) == changed
        (change,) = office.rows(DirectoryChange)
        assert (change.version, change.before, change.after) == (2, before.json, changed.content.json)

    def test_what_is_the_same_changes_nothing(self, office: Office) -> None:
        assert office.change(office.org.duane).version == 1
        assert office.rows(DirectoryChange) == []
        assert office.rows(OutboxEvent) == []

    def test_an_empty_mail_address_is_none(self, office: Office) -> None:
        assert office.add(email="").content.email is None

    @pytest.mark.parametrize("actor", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    def test_only_administrators_change_people(self, office: Office, actor: str) -> None:
        theirs = office.given(actor=office.org.people[actor])

        with office.refused(NotYours):
            office.add(theirs)
        with office.refused(NotYours):
            office.change(office.org.duane, theirs, name="Duane B.")
        with office.refused(NotYours):
            office.set_password(office.org.duane, given=theirs)
        with office.refused(NotYours):
            office.add_project(ProjectContent("p", "Paint", None), theirs)
        with office.refused(NotYours):
            office.do(lambda s: period_types.create_type(s, theirs, TRAVEL))

    def test_an_administrator_who_is_not_active_any_more_changes_nothing(
        self, office: Office, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, office.org.suzanne, active=False)

        with office.refused(NotYours):
            office.add()

    def test_somebody_of_another_organisation_is_nobody(self, office: Office, other: Organisation) -> None:
        with office.refused(NotFound):
            office.replace(other.duane, 1, WALTER)
        with office.refused(NotFound):
            office.set_password(other.duane)
        with office.refused(Invalid, "supervisorId"):
            office.change(office.org.duane, supervisor_id=other.roland)
        with office.refused(Invalid, "leadId"):
            lead = ProjectContent("p", "Paint", other.roland)
            office.add_project(lead)

    def test_a_staff_id_is_nobody_elses_here_and_somebody_elses_there(
        self, office: Office, other: Organisation, engine: Engine, owner_engine: Engine
    ) -> None:
        office.add()
        with office.refused(Invalid, "externalId") as refused:
            office.add(name="Another Walter")
        assert "Walter Skinner" in refused.message

        assert Office(engine, owner_engine, other).add().version == 1

    def test_another_version_than_the_one_looked_at_is_refused_with_the_present_one(self, office: Office) -> None:
        office.change(office.org.duane, name="Duane B.")

        with office.refused(Stale) as refused:
            office.replace(
                office.org.duane, 1, replace(WALTER, external_id=office.person(office.org.duane).content.name)
            )
        assert refused.data == {"version": 2}


class TestOnce:
    def test_the_same_command_again_gives_the_same_and_changes_nothing(self, office: Office) -> None:
        given, again = office.given(), office.given()
        created = office.add(given)
        changed = office.change(office.org.duane, again, name="Duane B.")

        assert office.add(given) == created
        content = office.person(office.org.duane).content
        assert office.replace(office.org.duane, 1, content, again) == changed
        assert len(office.rows(DirectoryChange)) == len(office.rows(OutboxEvent)) == 2

    def test_the_stored_result_is_given_even_when_things_went_on(self, office: Office) -> None:
        given = office.given()
        created = office.add(given)
        office.change(created.id, name="W. Skinner")

        assert office.add(given) == created

    def test_the_same_command_for_something_else_is_refused(self, office: Office, owner_engine: Engine) -> None:
        given = office.given()
        office.add(given)
        give_role(owner_engine, office.org, office.org.roland, "administrator")

        with office.refused(KeyReused):
            office.add(given, name="Somebody Else")
        with office.refused(KeyReused):
            office.change(office.org.duane, given, name="Duane B.")
        with office.refused(KeyReused):
            office.add(office.given(given.command_id, office.org.roland))
        with office.refused(KeyReused):
            office.add_project(ProjectContent("p", "Paint", None), given)

    def test_of_the_same_command_twice_at_once_one_is_carried_out_and_both_are_told_the_same(
        self, office: Office
    ) -> None:
        given = office.given()

        first, second = at_once(lambda: office.add(given), lambda: office.add(given))

        assert first == second
        assert isinstance(first, Kept)
        assert len(office.rows(DirectoryChange)) == 1

    def test_of_two_changes_of_the_same_version_at_once_one_wins(self, office: Office) -> None:
        content = office.person(office.org.duane).content
        said = [partial(office.replace, office.org.duane, 1, replace(content, name=name)) for name in ("D1", "D2")]

        came = at_once(*said)

        assert sorted(type(each).__name__ for each in came) == ["Kept", "Stale"]
        assert office.person(office.org.duane).version == 2


class TestHierarchy:
    @pytest.mark.parametrize("below", ["Roland Fuller", "Duane Barry"])
    def test_a_cycle_is_refused_by_name(self, office: Office, below: str) -> None:
        with office.refused(Invalid, "supervisorId") as refused:
            office.change(office.org.alex, supervisor_id=office.org.people[below])

        way = {"Roland Fuller": "Roland Fuller", "Duane Barry": "Duane Barry → Roland Fuller"}[below]
        assert refused.message == f"Nobody can be above themselves: Alex Krycek → {way} → Alex Krycek."

    def test_nobody_supervises_themselves(self, office: Office) -> None:
        with office.refused(Invalid, "supervisorId"):
            office.change(office.org.alex, supervisor_id=office.org.alex)

    def test_a_supervisor_is_there_and_active(self, office: Office, owner_engine: Engine) -> None:
        change_person(owner_engine, office.org.diana, active=False)

        with office.refused(Invalid, "supervisorId"):
            office.change(office.org.duane, supervisor_id=office.org.diana)
        with office.refused(Invalid, "supervisorId"):
            office.add(supervisor_id=uuid4())

    def test_whoever_has_a_supervisor_that_is_gone_can_still_be_changed_otherwise(
        self, office: Office, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, office.org.roland, active=False)

        assert office.change(office.org.duane, name="Duane B.").version == 2

    def test_two_changes_at_once_make_no_cycle(self, office: Office, owner_engine: Engine) -> None:
        for attempt in range(5):
            first, second = (hire(owner_engine, office.org, f"Head {attempt}{n}", "supervisor") for n in "ab")

            came = at_once(
                partial(office.change, first, supervisor_id=second),
                partial(office.change, second, supervisor_id=first),
            )

            assert sorted(type(each).__name__ for each in came) == ["Invalid", "Kept"]


class TestAdministrators:
    @pytest.mark.parametrize(
        ("changes", "field"), [({"active": False}, "active"), ({"roles": frozenset({"worker"})}, "roles")]
    )
    def test_the_last_one_stays(self, office: Office, changes: dict[str, Any], field: str) -> None:
        with office.refused(Invalid, field) as refused:
            office.change(office.org.suzanne, **changes)

        assert "the only administrator" in refused.message

    @pytest.mark.parametrize(
        ("changes", "field"), [({"active": False}, "active"), ({"roles": frozenset({"worker"})}, "roles")]
    )
    def test_nobody_stops_by_themselves_but_another_may_end_it(
        self, office: Office, owner_engine: Engine, changes: dict[str, Any], field: str
    ) -> None:
        give_role(owner_engine, office.org, office.org.roland, "administrator")

        with office.refused(Invalid, field):
            office.change(office.org.suzanne, **changes)

        theirs = office.given(actor=office.org.roland)
        assert office.change(office.org.suzanne, theirs, **changes).version == 2

    def test_two_who_end_each_other_at_once_leave_one(self, office: Office, owner_engine: Engine) -> None:
        give_role(owner_engine, office.org, office.org.roland, "administrator")
        suzanne, roland = office.org.suzanne, office.org.roland

        came = at_once(
            lambda: office.change(roland, office.given(actor=suzanne), active=False),
            lambda: office.change(suzanne, office.given(actor=roland), active=False),
        )

        assert sorted(type(each).__name__ for each in came) == ["Kept", "NotYours"]


class TestLeaving:
    def test_somebody_deactivated_is_signed_out_everywhere_and_keeps_their_record(
        self, office: Office, life: Life
    ) -> None:
        life.record()
        _let_in(office, office.org.duane)
        _let_in(office, office.org.max)

        office.change(office.org.duane, active=False)

        assert [each.person_id for each in office.rows(SignInSession)] == [office.org.max]
        revoked = {each.person_id: each.revoked_at is not None for each in office.rows(ApiToken)}
        assert revoked == {office.org.duane: True, office.org.max: False}
        assert len(life.desk.live(life.key)) == 1

    def test_somebody_who_comes_back_has_to_sign_in_anew(self, office: Office) -> None:
        _let_in(office, office.org.duane)
        office.change(office.org.duane, active=False)

        office.change(office.org.duane, active=True)

        assert office.rows(SignInSession) == []
        assert all(each.revoked_at for each in office.rows(ApiToken))

    def test_any_other_change_signs_nobody_out(self, office: Office) -> None:
        _let_in(office, office.org.duane)

        office.change(office.org.duane, name="Duane B.")

        assert len(office.rows(SignInSession)) == 1


def _let_in(office: Office, person_id: UUID) -> None:
    """A browser and a program of somebody."""
    ends = func.now() + timedelta(days=1)
    theirs = {"tenant_id": office.org.tenant_id, "person_id": person_id, "token_hash": uuid4().hex, "expires_at": ends}
    with office.owner_engine.begin() as connection:
        connection.execute(insert(SignInSession).values(theirs))
        connection.execute(insert(ApiToken).values(theirs | {"id": uuid4(), "name": "script", "scopes": []}))


class TestWaiting:
    """What is submitted waits for whoever may decide on it, whatever becomes of the hierarchy."""

    @pytest.fixture
    def submitted(self, life: Life) -> None:
        """Duane's week waits for Roland."""
        life.bring_to(State.SUBMITTED)

    @pytest.mark.usefixtures("submitted")
    def test_it_moves_with_the_supervisor(self, office: Office) -> None:
        assert office.waiting_for(office.org.duane) == office.org.roland

        office.change(office.org.duane, supervisor_id=office.org.alex)
        assert office.waiting_for(office.org.duane) == office.org.alex

        office.change(office.org.duane, supervisor_id=None)
        assert office.waiting_for(office.org.duane) is None

    @pytest.mark.usefixtures("submitted")
    @pytest.mark.parametrize("changes", [{"active": False}, {"roles": frozenset({"worker"})}])
    def test_it_moves_on_from_whoever_cannot_decide_any_more_and_back_when_they_can(
        self, office: Office, changes: dict[str, Any]
    ) -> None:
        office.change(office.org.roland, **changes)
        assert office.waiting_for(office.org.duane) == office.org.alex

        office.change(office.org.roland, active=True, roles=frozenset({"worker", "supervisor"}))
        assert office.waiting_for(office.org.duane) == office.org.roland

    @pytest.mark.usefixtures("submitted")
    def test_it_moves_when_somebody_further_up_does_and_those_between_cannot_decide(
        self, office: Office, owner_engine: Engine
    ) -> None:
        head = hire(owner_engine, office.org, "Walter Skinner", "supervisor")
        office.change(office.org.roland, active=False)

        office.change(office.org.roland, supervisor_id=head)
        assert office.waiting_for(office.org.duane) == head

        office.change(head, active=False)
        assert office.waiting_for(office.org.duane) is None

    @pytest.mark.usefixtures("submitted")
    def test_what_waits_for_others_stays_where_it_is(self, office: Office, life: Life) -> None:
        mine = Asking(office.org, office.org.suzanne, office.org.suzanne)
        life.desk.do(mine.record(worked("09:00", "10:00")))
        life.desk.do(mine.submit(life.desk.digest(office.org.key(office.org.suzanne))))

        office.change(office.org.roland, active=False)

        assert office.waiting_for(office.org.suzanne) == office.org.alex

    def test_what_is_not_submitted_waits_for_nobody(self, office: Office, life: Life) -> None:
        life.record()

        office.change(office.org.roland, active=False)

        assert office.rows(Waiting) == []

    def test_however_many_wait_it_takes_the_same_few_statements(
        self, office: Office, life: Life, owner_engine: Engine
    ) -> None:
        crew = [
            hire(owner_engine, office.org, f"Worker {n}", "worker", supervisor=office.org.roland) for n in range(40)
        ]
        with owner_engine.begin() as connection:
            connection.execute(_SUBMITTED, {"tenant": office.org.tenant_id, "boss": office.org.roland, "crew": crew})
        few = _statements(office, lambda: office.change(office.org.max, supervisor_id=office.org.alex))

        many = _statements(office, lambda: office.change(office.org.roland, active=False))

        assert {office.waiting_for(each) for each in crew} == {office.org.alex}
        # Signing out takes three more, whom they wait for now seven, and telling those four.
        assert len(many) <= len(few) + 14

    @pytest.mark.usefixtures("submitted")
    def test_a_submission_and_a_change_of_supervisor_at_once_agree_in_the_end(self, office: Office, life: Life) -> None:
        for turn in range(4):
            boss = (office.org.alex, office.org.roland)[turn % 2]
            life.desk.do(life.because(life.duane, "Once more.").move(CommandKind.RECALL))
            submission = life.duane.submit(life.desk.digest(life.key))
            life.desk.ask(submission)

            at_once(partial(office.change, office.org.duane, supervisor_id=boss), partial(life.desk.apply, submission))

            assert office.waiting_for(office.org.duane) == boss


_SUBMITTED = text(
    """
    WITH sheets AS (
        INSERT INTO timesheet (id, tenant_id, owner_id, period_start, period_end, state, stage, submitted_at,
                               submission_id, revision)
        SELECT gen_random_uuid(), :tenant, id, '2026-11-16', '2026-11-22', 'submitted', 'supervisor', now(),
               gen_random_uuid(), 1
        FROM unnest(CAST(:crew AS uuid[])) AS id RETURNING *
    ), submissions AS (
        INSERT INTO submission (id, tenant_id, timesheet_id, revision, digest, content, certification, submitted_by_id)
        SELECT submission_id, tenant_id, id, 1, 'digest', '{"entries": []}', 'Certified.', owner_id FROM sheets
    )
    INSERT INTO waiting (timesheet_id, number, tenant_id, owner_id, approver_id, has_exceptions, submitted_at)
    SELECT id, 0, tenant_id, owner_id, :boss, false, submitted_at FROM sheets
    """
)


def _statements(office: Office, act: Callable[[], object]) -> list[str]:
    """What an act asks of the database."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(office.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(office.engine, "before_cursor_execute", note)
    return asked


class TestZones:
    def test_another_time_zone_recomputes_what_was_contributed(self, office: Office, life: Life) -> None:
        life.record("22:00", "23:30")
        assert _totals(office) == {("ANNUAL_TARGET_HOURS", MONDAY): 90, ("NIGHT_HOURS", MONDAY): 30}

        office.change(office.org.duane, time_zone="Asia/Tokyo")

        tuesday = MONDAY + timedelta(days=1)
        assert _totals(office) == {("ANNUAL_TARGET_HOURS", tuesday): 90}
        with read_session(office.engine, office.org.tenant_id) as session:
            assert list(findings(session)) == []


def _totals(office: Office) -> dict[tuple[str, date], int]:
    return {(each.accrual_code, each.day): each.total for each in office.rows(Accrual)}


class TestPasswords:
    def test_somebody_signs_in_by_staff_id_in_lower_case(self, office: Office) -> None:
        created = office.add(external_id="Staff-1013")

        assert office.set_password(created.id)

        (account,) = office.rows(Account)
        assert (account.person_id, account.login, account.password_hash) == (created.id, "staff-1013", "hash")
        set_, _ = sorted(office.rows(DirectoryChange), key=lambda change: "password" not in change.after)
        assert (set_.before, set_.after) == ({"password": None}, {"password": "set"})
        assert office.person(created.id).version == 1

    def test_another_one_takes_its_place_and_signs_out_everywhere(self, office: Office) -> None:
        office.set_password(office.org.duane, "first")
        _let_in(office, office.org.duane)

        office.set_password(office.org.duane, "second")

        assert [each.password_hash for each in office.rows(Account)] == ["second"]
        assert office.rows(SignInSession) == []

    def test_the_same_command_again_sets_no_other(self, office: Office) -> None:
        given = office.given()
        office.set_password(office.org.duane, "first", given)

        assert not office.set_password(office.org.duane, "second", given)

        assert [each.password_hash for each in office.rows(Account)] == ["first"]

    def test_whoever_does_not_sign_in_has_none(self, office: Office, owner_engine: Engine) -> None:
        program = hire(owner_engine, office.org, "scheduler", "integration")
        change_person(owner_engine, office.org.duane, active=False)

        for nobody in (program, office.org.duane):
            with office.refused(Invalid, "password"):
                office.set_password(nobody)

    def test_two_staff_ids_that_look_alike_are_no_two_ways_in(self, office: Office) -> None:
        first, second = office.add(external_id="staff-A"), office.add(external_id="Staff-a")
        office.set_password(first.id)

        with office.refused(Invalid, "password"):
            office.set_password(second.id)


class TestProjects:
    def test_a_project_is_added_and_changed_and_led_by_a_lead(self, office: Office, owner_engine: Engine) -> None:
        give_role(owner_engine, office.org, office.org.max, "project_lead")
        content = ProjectContent("proj-9", "Paint", office.org.max)

        created = office.add_project(content)
        gone = replace(content, active=False)
        changed = office.do(lambda s: projects.replace_project(s, office.given(), created.id, 1, gone))

        assert (created.version, changed) == (1, Kept(created.id, 2, gone))
        assert office.do(lambda s: projects.kept_project(s, created.id)) == changed
        recorded = sorted(office.rows(DirectoryChange), key=lambda change: change.version)
        assert [(each.before, each.after) for each in recorded] == [(None, content.json), (content.json, gone.json)]
        assert {each.type for each in office.rows(OutboxEvent)} == {"countersign.project.changed"}

    def test_only_an_active_lead_leads(self, office: Office, owner_engine: Engine) -> None:
        give_role(owner_engine, office.org, office.org.max, "project_lead")
        change_person(owner_engine, office.org.max, active=False)

        for nobody in (office.org.max, office.org.roland, uuid4()):
            with office.refused(Invalid, "leadId"):
                lead = ProjectContent("proj-9", "Paint", nobody)
                office.add_project(lead)

    def test_an_id_is_taken_once_and_never_changes(self, office: Office) -> None:
        given = office.given()
        with office.refused(Invalid, "externalId"):
            office.add_project(ProjectContent("proj-533", "Another", None), given)
        with office.refused(Invalid, "externalId"):
            other = ProjectContent("proj-534", "dog grooming", None)
            project = office.org.projects["proj-533"]
            office.do(lambda s: projects.replace_project(s, given, project, 1, other))

    def test_an_old_version_and_another_organisations_project_are_refused(
        self, office: Office, other: Organisation
    ) -> None:
        content = ProjectContent("proj-533", "dogs", None)
        project = office.org.projects["proj-533"]
        with office.refused(Stale):
            office.do(lambda s: projects.replace_project(s, office.given(), project, 2, content))
        with office.refused(NotFound):
            theirs = other.projects["proj-533"]
            office.do(lambda s: projects.replace_project(s, office.given(), theirs, 1, content))


class TestTypes:
    def test_a_new_type_comes_last_in_a_colour_of_its_own(self, office: Office) -> None:
        created = office.add_type(counts_to_target_hours=True)

        assert (created.version, created.content.position) == (1, 7)
        assert created.content.accent in ACCENTS
        assert created.content.accrual_types == {"ANNUAL_TARGET_HOURS"}
        assert office.type_(created.id) == created

    def test_a_change_keeps_its_looks_when_nothing_is_said_of_them(self, office: Office) -> None:
        created = office.add_type(accent="rose", position=2)

        changed = office.change_type(created.id, name="Journey", accent=None, position=None)

        assert (changed.version, changed.content.accent, changed.content.position) == (2, "rose", 2)
        (_, change) = sorted(office.rows(DirectoryChange), key=lambda change: change.version)
        assert (change.subject_kind, change.before["name"], change.after["name"]) == (  # type: ignore[index]
            "time_period_type",
            "Travel",
            "Journey",
        )

    def test_a_name_is_taken_once(self, office: Office) -> None:
        with office.refused(Invalid, "name"):
            office.add_type(name="Shift")
        with office.refused(Invalid, "name"):
            office.change_type(SHIFT, name="Absence")

    def test_what_is_being_recorded_counts_by_what_the_type_feeds_when_it_is_there(
        self, office: Office, life: Life, own_desk: Desk, owner_engine: Engine
    ) -> None:
        """Whoever records has read what it feeds, and has written nothing yet that refers to it."""
        changing: list[Future[Kept[TypeContent]]] = []

        def change(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
            if "INSERT INTO time_entry " in statement:
                changing.append(executor.submit(office.change_type, TRAINING, counts_to_target_hours=False))
                eventually(lambda: changing[0].done() or waiters(owner_engine) > 0, "the change to wait")

        event.listen(own_desk.engine, "before_cursor_execute", change)
        with ThreadPoolExecutor(1) as executor:
            own_desk.do(life.duane.record(worked("09:00", "10:00", type_id=TRAINING)))

        assert changing[0].exception() is None
        office.rebuild()
        assert "ANNUAL_TARGET_HOURS" not in {code for code, _ in _totals(office)}
        with read_session(office.engine, office.org.tenant_id) as session:
            assert list(findings(session)) == []

    def test_what_was_recorded_before_counts_by_what_it_feeds_now(self, office: Office, life: Life) -> None:
        office.change_type(ABSENCE, counts_to_target_hours=True)
        life.desk.do(life.duane.record(worked("09:00", "17:00")))

        office.change_type(SHIFT, counts_to_target_hours=False, accrual_types=frozenset({"ROSTERED_SHIFT_ALLOWANCE"}))
        office.rebuild()
        assert _totals(office) == {}
        office.change_type(SHIFT, counts_to_target_hours=True)
        office.rebuild()

        assert _totals(office) == {("ANNUAL_TARGET_HOURS", MONDAY): 480}

    def test_a_change_that_feeds_nothing_else_rebuilds_nothing(self, office: Office, life: Life) -> None:
        assert office.change_type(SHIFT, name="Day shift", effective_to=date(2030, 1, 1)).version == 2

        assert office.rows(AccrualRebuild) == []

    def test_it_is_only_for_people_there_are(self, office: Office, other: Organisation) -> None:
        assert office.add_type(person_ids=frozenset({office.org.duane})).content.person_ids == frozenset(
            {office.org.duane}
        )
        with office.refused(Invalid, "personIds"):
            office.add_type(name="Another", person_ids=frozenset({office.org.duane, other.duane}))

    def test_everything_wrong_is_said_at_once(self, office: Office) -> None:
        with office.refused(Invalid, "name", "fields.mealBreak", "effectiveTo"):
            office.add_type(
                name="",
                value_type="date",
                fields={"mealBreak": "required"},
                effective_from=date(2026, 2, 1),
                effective_to=date(2026, 1, 1),
            )

    def test_types_of_the_same_id_are_each_organisations_own(
        self, office: Office, other: Organisation, engine: Engine, owner_engine: Engine
    ) -> None:
        office.change_type(SHIFT, name="Day shift")

        assert Office(engine, owner_engine, other).type_(SHIFT).content.name == "Shift"
