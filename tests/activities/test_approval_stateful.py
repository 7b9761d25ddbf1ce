"""Whatever happens around a timesheet, in whatever order: nobody decides on their own time, one decision at the most
is in force, and it waits for exactly those who may decide.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, update
from temporalio.exceptions import ApplicationError

from activities.commands import SheetActivities
from activities.failures import refused_by
from models.commands import Asked
from models.database import WriteSession, command_transaction, read_session
from models.doctor import findings
from models.errors import DomainError
from models.rules.people import ProjectContent
from models.rules.stages import approvals_in_force
from models.rules.standing_in import Deputy
from models.rules.transitions import DECISIONS, CommandKind, State
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person
from models.store.projects import kept_projects, replace_project
from models.tables.people import Project
from models.tables.timesheet import Decision
from tests.activities.waiting_for import decisions, grant, hours_pass, requests, sheet
from tests.desk import Desk, Life
from tests.factories import Asking, change_policy, give_role, hire, make_organisation, work_always, worked

STEPS_OF_A_STORY = 30
STORIES = 6
REASON = "It has to be."
PEOPLE = ("Duane Barry", "Roland Fuller", "Alex Krycek", "Suzanne Modeski", "Max Fenig", "The Boss")
PROJECTS = ("proj-533", "proj-576B")

people = st.sampled_from(PEOPLE)
maybe_people = st.none() | people


class Approvals(RuleBasedStateMachine):
    """Duane's week, and everybody who could be asked about it."""

    def __init__(self, engine: Engine, owner_engine: Engine, steps: list[str]) -> None:
        super().__init__()
        self.owner_engine, self.steps = owner_engine, steps
        self.life = Life(Desk(engine, SheetActivities(engine), owner_engine), make_organisation(owner_engine))
        self.everybody = dict(self.life.org.people)

    @initialize(stages=st.booleans(), leads=st.tuples(maybe_people, maybe_people))
    def begin(self, stages: bool, leads: tuple[str | None, str | None]) -> None:
        """Anybody may lead a project; the boss is above Alex."""
        org = self.life.org
        work_always(self.owner_engine, org)
        if stages:
            change_policy(self.owner_engine, org, approval_stages=["supervisor", "project_lead"])
        self.everybody["The Boss"] = hire(self.owner_engine, org, "The Boss", "supervisor")
        for name in PEOPLE:
            give_role(self.owner_engine, org, self.everybody[name], "project_lead")
        with self.owner_engine.begin() as connection:
            for project, lead in zip(PROJECTS, leads, strict=True):
                led = update(Project).where(Project.id == org.projects[project])
                connection.execute(led.values(lead_id=self.everybody[lead] if lead else None))
        self._supervise("Alex Krycek", "The Boss")
        for hour, project in zip((8, 10), PROJECTS, strict=True):
            fields = worked(f"{hour:02}:00", f"{hour + 1:02}:00", project_id=org.projects[project])
            self.life.desk.do(self.life.duane.record(fields))
        self.life.submit()

    @precondition(lambda self: self.state is State.DRAFT)
    @rule()
    def submit(self) -> None:
        """Duane certifies it."""
        self._do(self.life.duane.submit(self.life.desk.digest(self.life.key)))

    @precondition(lambda self: self.state in (State.REJECTED, State.APPROVED))
    @rule()
    def revise(self) -> None:
        """Duane opens it again."""
        self._do(self.life.because(self.life.duane, REASON).move(CommandKind.REVISE))

    @precondition(lambda self: self.state is State.SUBMITTED)
    @rule()
    def recall(self) -> None:
        """Duane wants it back."""
        self._try(self.life.because(self.life.duane, REASON).move(CommandKind.RECALL))

    @rule(who=people, whose=maybe_people, kind=st.sampled_from([*([CommandKind.APPROVE] * 4), CommandKind.REJECT]))
    def decide(self, who: str, whose: str | None, kind: CommandKind) -> None:
        """Anybody tries, in their own right or somebody's name."""
        asking = self._as(who, whose)
        digest = self.life.desk.digest(self.life.key)
        self._try(asking.approve(digest) if kind is CommandKind.APPROVE else asking.reject(digest))

    @precondition(lambda self: self.state is State.SUBMITTED)
    @rule(data=st.data())
    def decide_as_asked(self, data: st.DataObject) -> None:
        """One of those who are asked decides, and nothing is in their way."""
        waiting = requests(self.life)
        able = [approver for approver, _ in waiting if approver]
        able += [self.life.org.suzanne] * any(approver is None for approver, _ in waiting)
        able = [each for each in able if each != self.life.org.duane and self._is_active(each)]
        if able:
            asking = Asking(self.life.org, self.life.org.duane, data.draw(st.sampled_from(able)))
            self._do(asking.approve(self.life.desk.digest(self.life.key)))

    @precondition(lambda self: self.state in (State.APPROVED, State.SUBMITTED))
    @rule(who=people, whose=maybe_people)
    def take_back(self, who: str, whose: str | None) -> None:
        """Anybody tries."""
        self._try(self._as(who, whose).move(CommandKind.TAKE_BACK))

    @rule(hours=st.sampled_from([10, 17, 41, 200]))
    def time_passes(self, hours: int) -> None:
        """Whatever is due is done."""
        hours_pass(self.life, hours)
        for _ in range(len(PEOPLE)):  # what is late is caught up with step by step
            self.life.desk.act_on_time(self.life.key)
        self.steps.append("time")

    @rule(who=people, above=maybe_people)
    def supervise(self, who: str, above: str | None) -> None:
        """Somebody gets another supervisor."""
        self._supervise(who, above)

    @rule(who=st.sampled_from(["Roland Fuller", "Alex Krycek", "The Boss", "Max Fenig"]), active=st.booleans())
    def leave_or_return(self, who: str, active: bool) -> None:
        """Somebody is there no more, or again."""
        self._change(who, active=active)

    @rule(who=people, role=st.sampled_from(["supervisor", "project_lead"]), has=st.booleans())
    def give_or_take_a_role(self, who: str, role: str, has: bool) -> None:
        """Somebody may approve from now on, or no more."""
        with read_session(self.life.desk.engine, self.life.org.tenant_id) as session:
            roles = kept_person(session, self.everybody[who]).content.roles
        self._change(who, roles=roles | {role} if has else roles - {role})

    @rule(project=st.sampled_from(PROJECTS), lead=maybe_people)
    def lead(self, project: str, lead: str | None) -> None:
        """Somebody else leads a project."""

        def change(session: WriteSession) -> None:
            id_ = self.life.org.projects[project]
            kept = kept_projects(session, [id_])[id_]
            named = self.everybody[lead] if lead else None
            content = ProjectContent(kept.content.external_id, kept.content.name, named, kept.content.active)
            replace_project(session, self._given(), id_, kept.version, content)

        self._administer("lead", change)

    @rule(delegator=people, deputy=people)
    def stand_in(self, delegator: str, deputy: str) -> None:
        """Somebody stands in for somebody else from yesterday to tomorrow."""
        if delegator != deputy:
            today = date.today()  # noqa: DTZ011 - with a day around it, it is every zone's
            days = today - timedelta(days=1), today + timedelta(days=1)
            grant(self.life, Deputy(uuid4(), self.everybody[deputy], "", *days), self.everybody[delegator])
            self.steps.append("stand in")

    @property
    def state(self) -> State:
        """Where Duane's week stands; before the story begins it is no state that anything is asked in."""
        return self.life.state

    @invariant()
    def nobody_decides_on_their_own_time(self) -> None:
        owner = self.life.org.duane
        assert all(owner not in (each.decided_by_id, each.responsible_id) for each in decisions(self.life))

    @invariant()
    def decisions_are_counted_and_one_at_the_most_is_in_force(self) -> None:
        now = sheet(self.life)
        made = [each for each in decisions(self.life) if each.submission_id == now.submission_id]
        assert [each.number for each in made] == list(range(1, len(made) + 1))
        if now.state == State.APPROVED:
            assert now.decision_id == approvals_in_force(made)[-1].id == made[-1].id
            self._everything_is_approved(made)
        elif now.state == State.SUBMITTED:
            assert now.decision_id is None

    @invariant()
    def it_waits_for_exactly_whom_it_should(self) -> None:
        requests(self.life)
        with read_session(self.life.desk.engine, self.life.org.tenant_id) as session:
            assert list(findings(session)) == []

    def _everything_is_approved(self, made: Iterable[Decision]) -> None:
        """By the supervisor, and by the lead of each project if one was asked."""
        in_force = approvals_in_force(made)
        assert in_force[0].stage == "supervisor"
        decided = [project for each in in_force for project in each.project_ids or ()]
        assert not decided or sorted(decided) == sorted(self.life.org.projects.values())

    def _as(self, who: str, whose: str | None) -> Asking:
        named = self.everybody[whose] if whose else None
        return Asking(self.life.org, self.life.org.duane, self.everybody[who], on_behalf_of=named, reason=REASON)

    def _is_active(self, person_id: UUID) -> bool:
        with read_session(self.life.desk.engine, self.life.org.tenant_id) as session:
            return kept_person(session, person_id).content.active

    def _do(self, asked: Asked) -> None:
        self.life.desk.do(asked)
        self.steps.append(asked.kind.value)

    def _try(self, asked: Asked) -> None:
        try:
            self._do(asked)
        except ApplicationError as failure:
            if refused_by(failure) is None:
                raise
            self.steps.append("refused" if asked.kind in DECISIONS else f"{asked.kind.value}, refused")

    def _supervise(self, who: str, above: str | None) -> None:
        self._change(who, supervisor_id=self.everybody[above] if above else None)

    def _change(self, who: str, **values: Any) -> None:
        def change(session: WriteSession) -> None:
            kept = kept_person(session, self.everybody[who])
            replace_person(session, self._given(), kept.id, kept.version, replace(kept.content, **values))

        self._administer("change", change)

    def _administer(self, what: str, change: Callable[[WriteSession], None]) -> None:
        try:
            with command_transaction(self.life.desk.engine, self.life.org.tenant_id) as session:
                change(session)
        except DomainError:
            what += ", refused"
        self.steps.append(what)

    def _given(self) -> GivenBy:
        return GivenBy(self.life.org.tenant_id, self.life.org.suzanne, uuid4())


def test_whatever_happens_only_who_is_asked_decides_and_it_waits_for_nobody_else(
    engine: Engine, owner_engine: Engine
) -> None:
    steps: list[str] = []

    class ApprovalsHere(Approvals):
        def __init__(self) -> None:
            super().__init__(engine, owner_engine, steps)

    stories = settings(max_examples=STORIES, stateful_step_count=STEPS_OF_A_STORY)
    run_state_machine_as_test(ApprovalsHere, settings=stories)
    print(f"\n{len(steps)} steps: {dict(Counter(steps))}")
