"""People, projects and types as administrators change them, with all that follows in the same transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from models.database import WriteSession, command_transaction, read_session
from models.errors import DomainError, Invalid, KeyReused, NotFound, NotYours, Stale
from models.rules.people import PersonContent, ProjectContent
from models.rules.period_types import TypeContent
from models.standard import ABSENCE, SHIFT
from models.store import directory, period_types, projects
from models.store.changes import GivenBy, Kept
from models.tables.accruals import Accrual
from models.tables.auth import Account, ApiToken, SignInSession
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange, PersonRole, TenantPolicy
from models.tables.timesheet import Timesheet
from tests.desk import Desk, Life
from tests.factories import Organisation, change_person, give_role, make_organisation, take_role

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


@dataclass(frozen=True)
class Office:
    """Suzanne at work on the directory."""

    engine: Engine
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

    def add(self, content: PersonContent = WALTER) -> Kept[PersonContent]:
        """Somebody new."""
        return self.do(lambda session: directory.create_person(session, self.given(), content))

    def change(self, person_id: UUID, given: GivenBy | None = None, **values: object) -> Kept[PersonContent]:
        """Some of what is said of somebody."""
        present = self.person(person_id)
        content = replace(present.content, **values)  # type: ignore[arg-type]  # whatever a test names
        used = given or self.given()
        return self.do(lambda s: directory.replace_person(s, used, person_id, present.version, content))

    def refused(self, change: Callable[[], object]) -> DomainError:
        """The refusal of a change that saved nothing."""
        with pytest.raises(DomainError) as raised:
            change()
        return raised.value

    def rows(self, table: type[Result]) -> list[Result]:
        """Every row of a table of the organisation."""
        with read_session(self.engine, self.org.tenant_id) as session:
            found = list(session.scalars(select(table)))
            session.expunge_all()
            return found


@pytest.fixture
def office(engine: Engine, org: Organisation) -> Office:
    return Office(engine, org)


def test_smoke(office: Office) -> None:
    kept = office.add()
    assert office.person(kept.id) == kept
    changed = office.change(office.org.duane, supervisor_id=kept.id)
    assert changed.version == 2
    project = office.do(lambda s: projects.create_project(s, office.given(), ProjectContent("p-1", "Paint", None)))
    assert project.version == 1
    t = office.do(
        lambda s: period_types.create_type(s, office.given(), TypeContent("Travel", "datetime", {"note": "required"}))
    )
    assert t.content.position == 7
    t2 = office.do(
        lambda s: period_types.replace_type(
            s,
            office.given(),
            SHIFT,
            1,
            replace(office.do(lambda s: period_types.kept_type(s, SHIFT)).content, name="Shifty"),
        )
    )
    assert t2.version == 2
    office.do(lambda s: period_types.set_lateness(s, office.given(), 0, 3))
    assert [r.late_after_working_days for r in office.rows(TenantPolicy)] == [3]
    assert len(office.rows(OutboxEvent)) == 6
    office.do(lambda s: directory.set_password(s, office.given(), kept.id, "x"))
    from models.reads.directory import changes_of, find_types, holders, person_page
    from models.rules.policy import Role
    from tests.factories import LONDON

    with read_session(office.engine, office.org.tenant_id) as session:
        print(changes_of(session, office.org.duane, LONDON))
        print(person_page(session, "staff-1013", LONDON))
        print(len(find_types(session, person_id=office.org.duane)))
        print(holders(session, Role.SUPERVISOR))
