"""Whoever submitted timesheets wait for from now on is told so: once for each reason, and nobody else."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from models.database import WriteSession, command_transaction
from models.rules.notices import DEFAULTS
from models.rules.people import ProjectContent
from models.rules.transitions import CommandKind
from models.store import directory
from models.store.delegations import KeptDelegation, revoke, see_to
from models.store.projects import kept_projects, replace_project
from models.store.reading_notices import choose_ways
from models.tables.delivery import Notification
from models.tables.people import Project
from tests.activities.administering import do, given
from tests.activities.waiting_for import told
from tests.crowd import Crowd
from tests.desk import Desk, Life
from tests.factories import change_policy, give_role, hire, worked
from tests.standing_in import change_delegation, in_days, stand_in

pytestmark = pytest.mark.usefixtures("sound")

ROLAND, ALEX, SUZANNE = (("Roland Fuller", "waiting"), ("Alex Krycek", "waiting"), ("Suzanne Modeski", "waiting"))


@pytest.fixture
def submitted(life: Life) -> Life:
    """Duane's week, submitted to Roland, who was told."""
    life.record()
    life.submit()
    assert told(life, "waiting") == [ROLAND]
    return life


def change(life: Life, person_id: UUID, **values: Any) -> None:
    """An administrator changes some of what is said of somebody."""

    def some(session: WriteSession) -> None:
        present = directory.kept_person(session, person_id)
        content = replace(present.content, **values)
        directory.replace_person(session, given(life), person_id, present.version, content)

    do(life, some)


def let_lead(life: Life, project: str, lead: UUID | None) -> None:
    """An administrator changes who leads a project."""

    def some(session: WriteSession) -> None:
        id_ = life.org.projects[project]
        kept = kept_projects(session, [id_])[id_]
        content = ProjectContent(kept.content.external_id, kept.content.name, lead, kept.content.active)
        replace_project(session, given(life), id_, kept.version, content)

    do(life, some)


def look(life: Life, kept: KeptDelegation) -> None:
    """What the workflow of a delegation has done when its time has come."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        see_to(session, life.org.tenant_id, kept.id)


class TestHierarchy:
    def test_another_supervisor_is_told_and_nobody_else(self, submitted: Life) -> None:
        change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)

        assert told(submitted, "waiting") == [ALEX, ROLAND]

    def test_it_reads_like_what_is_told_at_the_submission(self, submitted: Life) -> None:
        change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)

        rows = [row for row in submitted.desk.rows(submitted.org.tenant_id, Notification) if row.kind == "waiting"]
        assert len({(row.key, row.timesheet_id, str(sorted(row.data.items()))) for row in rows}) == 1

    def test_who_was_told_before_is_not_told_again(self, submitted: Life) -> None:
        for supervisor in (submitted.org.alex, submitted.org.roland, submitted.org.alex):
            change(submitted, submitted.org.duane, supervisor_id=supervisor)

        assert told(submitted, "waiting") == [ALEX, ROLAND]

    def test_it_is_told_anew_once_it_was_submitted_anew(self, submitted: Life) -> None:
        change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)
        submitted.desk.do(submitted.because(submitted.duane, "Forgot one.").move(CommandKind.RECALL))
        submitted.submit()

        assert told(submitted, "waiting") == [ALEX, ALEX, ROLAND]

    def test_when_the_approver_leaves_theirs_is_told(self, submitted: Life) -> None:
        change(submitted, submitted.org.roland, active=False)

        assert told(submitted, "waiting") == [ALEX, ROLAND]

    def test_without_an_approver_the_administrators_are_told(self, submitted: Life) -> None:
        change(submitted, submitted.org.duane, supervisor_id=None)

        assert told(submitted, "waiting") == [ROLAND, SUZANNE]

    def test_an_administrator_is_not_told_of_their_own_time(self, life: Life, owner_engine: Engine) -> None:
        give_role(owner_engine, life.org, life.org.duane, "administrator")
        life.record()
        life.submit()
        change(life, life.org.duane, supervisor_id=None)

        assert told(life, "waiting") == [ROLAND, SUZANNE]

    def test_whoever_stands_in_for_the_new_one_is_told_as_well(self, submitted: Life, owner_engine: Engine) -> None:
        org = submitted.org
        skinner, scully = (hire(owner_engine, org, name, "supervisor") for name in ("Skinner", "Scully"))
        for deputy, owner in ((skinner, org.duane), (scully, org.max)):
            look(submitted, stand_in(submitted.desk.engine, org, org.alex, deputy, only=[owner]))
        change(submitted, org.duane, supervisor_id=org.alex)

        assert told(submitted, "waiting") == sorted([ALEX, ROLAND, (str(skinner), "waiting")])

    def test_other_changes_tell_nobody(self, submitted: Life) -> None:
        change(submitted, submitted.org.duane, name="Duane B.")
        change(submitted, submitted.org.max, supervisor_id=submitted.org.alex)

        assert told(submitted, "waiting") == [ROLAND]

    def test_what_is_not_submitted_is_told_to_nobody(self, life: Life) -> None:
        life.record()
        change(life, life.org.duane, supervisor_id=life.org.alex)

        assert told(life, "waiting") == []

    def test_who_wants_to_hear_nothing_of_it_hears_nothing(self, submitted: Life) -> None:
        never = {kind: replace(ways, in_app=False) for kind, ways in DEFAULTS.items()}
        do(submitted, lambda session: choose_ways(session, submitted.org.tenant_id, submitted.org.alex, never))
        change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)

        assert told(submitted, "waiting") == [ROLAND]

    def test_however_many_they_are_it_takes_the_same_few_statements(
        self, own_desk: Desk, life: Life, statements: list[str]
    ) -> None:
        crowd, counts = Crowd(own_desk, life.org), []
        for who, weeks in ((life.org.duane, 1), (life.org.max, 12)):
            crowd.submitted(weeks, who)
            statements.clear()
            change(replace(life, desk=own_desk), who, supervisor_id=life.org.alex)
            counts.append(len(statements))

        assert counts[0] == counts[1]
        assert told(life, "waiting").count(ALEX) == 13


class TestLeads:
    @pytest.fixture
    def halfway(self, life: Life, owner_engine: Engine) -> Life:
        """Duane's week with lines on two projects that one and the same person leads, approved by Roland."""
        org = life.org
        change_policy(owner_engine, org, approval_stages=["supervisor", "project_lead"])
        marita = hire(owner_engine, org, "Marita", "project_lead")
        with owner_engine.begin() as connection:
            connection.execute(update(Project).where(Project.id.in_(org.projects.values())).values(lead_id=marita))
        for start, end, project in (("08:00", "10:00", "proj-533"), ("10:00", "12:00", "proj-576B")):
            life.desk.do(life.duane.record(worked(start, end, project_id=org.projects[project])))
        life.submit()
        life.approve()
        return life

    def test_another_lead_is_told_once_for_all_projects_and_nobody_else(
        self, halfway: Life, owner_engine: Engine
    ) -> None:
        before, byers = told(halfway, "waiting"), hire(owner_engine, halfway.org, "Byers", "project_lead")
        for project in ("proj-533", "proj-576B"):
            let_lead(halfway, project, byers)

        assert told(halfway, "waiting") == sorted([*before, (str(byers), "waiting")])

    def test_without_a_lead_the_administrators_are_told(self, halfway: Life) -> None:
        before = told(halfway, "waiting")
        let_lead(halfway, "proj-533", None)

        assert told(halfway, "waiting") == sorted([*before, SUZANNE])


class TestDelegations:
    def test_who_begins_to_stand_in_is_told_of_what_waits(self, submitted: Life) -> None:
        kept = stand_in(submitted.desk.engine, submitted.org, submitted.org.roland, submitted.org.alex)
        for _ in range(2):
            look(submitted, kept)

        assert told(submitted, "waiting") == [ALEX, ROLAND]

    def test_only_of_whose_time_it_is_for(self, submitted: Life) -> None:
        org = submitted.org
        look(submitted, stand_in(submitted.desk.engine, org, org.roland, org.alex, only=[org.max]))

        assert told(submitted, "waiting") == [ROLAND]

    def test_not_before_it_begins(self, submitted: Life) -> None:
        look(
            submitted, stand_in(submitted.desk.engine, submitted.org, submitted.org.roland, submitted.org.alex, first=2)
        )

        assert told(submitted, "waiting") == [ROLAND]

    def test_not_of_ones_own_time(self, submitted: Life, owner_engine: Engine) -> None:
        org = submitted.org
        give_role(owner_engine, org, org.duane, "supervisor")
        look(submitted, stand_in(submitted.desk.engine, org, org.roland, org.duane))

        assert told(submitted, "waiting") == [ROLAND]

    def test_not_when_it_was_over_before_anybody_looked(self, submitted: Life, owner_engine: Engine) -> None:
        kept = stand_in(submitted.desk.engine, submitted.org, submitted.org.roland, submitted.org.alex)
        change_delegation(owner_engine, kept.id, from_day=in_days(-9), to_day=in_days(-3))
        look(submitted, kept)

        assert told(submitted, "waiting") == [ROLAND]

    def test_not_when_it_was_taken_back(self, submitted: Life) -> None:
        kept = stand_in(submitted.desk.engine, submitted.org, submitted.org.roland, submitted.org.alex)
        do(submitted, lambda session: revoke(session, given(submitted, by=submitted.org.roland), kept.id, None))
        look(submitted, kept)

        assert told(submitted, "waiting") == [ROLAND]

    def test_somebody_told_as_a_deputy_is_not_told_again_as_the_approver(self, submitted: Life) -> None:
        org = submitted.org
        look(submitted, stand_in(submitted.desk.engine, org, org.roland, org.alex))
        change(submitted, org.duane, supervisor_id=org.alex)

        assert told(submitted, "waiting") == [ALEX, ROLAND]


def test_an_approval_that_came_first_leaves_nothing_to_tell(submitted: Life) -> None:
    submitted.approve()
    change(submitted, submitted.org.duane, supervisor_id=submitted.org.alex)

    assert told(submitted, "waiting") == [ROLAND]
