"""More than one level: the supervisor, then each project's lead for the lines on their project."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, update

from models.commands import Asked, Decide
from models.database import WriteSession
from models.errors import AlreadyDecided, Invalid, NotYours, OwnTime, WrongState
from models.messages import CommandOutcome
from models.rules.people import ProjectContent
from models.rules.standing_in import Deputy
from models.rules.transitions import CommandKind, State
from models.store.projects import kept_projects, replace_project
from models.tables.delivery import OutboxEvent
from models.tables.people import Project
from models.tables.provenance import LedgerStatement
from tests.activities.administering import do, given
from tests.activities.conftest import Racers
from tests.activities.waiting_for import decisions, due_again, grant, hours_pass, requests, sheet, told
from tests.desk import Desk, Life
from tests.factories import Asking, change_person, change_policy, give_role, hire, take_role, work_always, worked

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def leads(life: Life, owner_engine: Engine) -> dict[str, UUID]:
    """Both stages are wanted; Marita leads the grooming of dogs, Byers the making of hats."""
    change_policy(owner_engine, life.org, approval_stages=["supervisor", "project_lead"])
    names = {"proj-533": "Marita Covarrubias", "proj-576B": "John Byers"}
    people = {project: hire(owner_engine, life.org, name, "project_lead") for project, name in names.items()}
    for project, lead in people.items():
        _let_lead(life, owner_engine, project, lead)
    return people


@pytest.fixture
def submitted(life: Life, leads: dict[str, UUID]) -> Life:
    """Duane's week with a line on each project and one on none, submitted."""
    grooming, hats = (life.org.projects[project] for project in sorted(leads))
    life.desk.do(life.duane.record(worked("08:00", "10:00", project_id=grooming)))
    life.desk.do(life.duane.record(worked("10:00", "12:00", project_id=hats)))
    life.record("13:00", "15:00")
    life.submit()
    return life


@pytest.fixture
def halfway(submitted: Life) -> Life:
    """The same, approved by Roland."""
    submitted.approve()
    return submitted


def _let_lead(life: Life, owner_engine: Engine, project: str, lead: UUID | None) -> None:
    """Behind everybody's back, before anything is submitted."""
    with owner_engine.begin() as connection:
        connection.execute(update(Project).where(Project.id == life.org.projects[project]).values(lead_id=lead))


def _change_lead(life: Life, project: str, lead: UUID | None) -> None:
    """As an administrator does."""

    def change(session: WriteSession) -> None:
        id_ = life.org.projects[project]
        kept = kept_projects(session, [id_])[id_]
        content = ProjectContent(kept.content.external_id, kept.content.name, lead, kept.content.active)
        replace_project(session, given(life), id_, kept.version, content)

    do(life, change)


def _decide(life: Life, by: UUID, kind: CommandKind = CommandKind.APPROVE, **more: Any) -> Asked:
    asking = Asking(life.org, life.org.duane, by, on_behalf_of=more.pop("on_behalf_of", None))
    if kind is CommandKind.REJECT or asking.on_behalf_of:
        asking = Asking(life.org, life.org.duane, by, on_behalf_of=asking.on_behalf_of, reason="Wrong project.")
    return asking.ask(kind, Decide(life.desk.digest(life.key), **more))


def _approve(life: Life, by: UUID, **more: Any) -> CommandOutcome:
    return life.desk.do(_decide(life, by, **more))


def _take_back(life: Life, by: UUID) -> Asked:
    return Asking(life.org, life.org.duane, by, reason="Too soon.").move(CommandKind.TAKE_BACK)


def _wanted(life: Life, leads: dict[str, UUID]) -> set[tuple[UUID | None, UUID | None]]:
    return {(lead, life.org.projects[project]) for project, lead in leads.items()}


def _deputy(person_id: UUID) -> Deputy:
    today = date.today()  # noqa: DTZ011 - with a day around it, it is every zone's
    return Deputy(uuid4(), person_id, "", today - timedelta(days=1), today + timedelta(days=1))


class TestBothStages:
    """It is approved when every stage is."""

    def test_after_the_supervisor_each_lead_is_asked_for_their_lines(
        self, halfway: Life, leads: dict[str, UUID]
    ) -> None:
        assert (halfway.state, sheet(halfway).stage) == (State.SUBMITTED, "project_lead")
        assert set(requests(halfway)) == _wanted(halfway, leads)
        assert sheet(halfway).decision_id is None
        assert sheet(halfway).lock_at is None

    def test_it_is_approved_when_every_lead_has_approved(self, halfway: Life, leads: dict[str, UUID]) -> None:
        marita, byers = leads["proj-533"], leads["proj-576B"]
        assert _approve(halfway, marita).snapshot.state is State.SUBMITTED
        assert requests(halfway) == [(byers, halfway.org.projects["proj-576B"])]
        outcome = _approve(halfway, byers)

        assert outcome.snapshot.state is State.APPROVED
        assert outcome.snapshot.lock_at
        assert requests(halfway) == []
        made = decisions(halfway)
        assert [(each.number, each.stage, each.decided_as) for each in made] == [
            (1, "supervisor", "supervisor"),
            (2, "project_lead", "project_lead"),
            (3, "project_lead", "project_lead"),
        ]
        assert [each.project_ids for each in made] == [None, *([halfway.org.projects[name]] for name in sorted(leads))]
        assert sheet(halfway).decision_id == made[-1].id

    def test_the_owner_is_told_of_the_approval_only_when_it_is_one(self, halfway: Life, leads: dict[str, UUID]) -> None:
        assert told(halfway, "approved") == []
        for lead in leads.values():
            _approve(halfway, lead)
        assert told(halfway, "approved") == [("Duane Barry", "approved")]
        types = [row.type.removeprefix("countersign.timesheet.") for row in _events(halfway)]
        assert types == ["stage-approved", "stage-approved", "approved"]

    def test_each_lead_is_told_once_that_it_waits(self, halfway: Life, leads: dict[str, UUID]) -> None:
        _approve(halfway, leads["proj-533"])

        waiting = [name for name, _ in told(halfway, "waiting") if name != "Roland Fuller"]
        assert sorted(waiting) == sorted(str(lead) for lead in leads.values())

    def test_the_record_names_the_leads_as_such(self, halfway: Life, leads: dict[str, UUID]) -> None:
        _approve(halfway, leads["proj-533"])

        made = decisions(halfway)[-1]
        said = [row.body for row in halfway.desk.rows(halfway.org.tenant_id, LedgerStatement)]
        assert [body for body in said if f"approve-{made.id}" in str(body) and "PROJECT_LEAD" in str(body)]

    def test_one_lead_of_two_projects_decides_once(
        self, life: Life, leads: dict[str, UUID], owner_engine: Engine
    ) -> None:
        marita = leads["proj-533"]
        _let_lead(life, owner_engine, "proj-576B", marita)
        _bring_halfway(life)
        assert {lead for lead, _ in requests(life)} == {marita}
        assert len(requests(life)) == 2

        assert _approve(life, marita).snapshot.state is State.APPROVED
        assert decisions(life)[-1].project_ids == sorted(life.org.projects.values())

    def test_without_lines_on_projects_the_supervisor_is_enough(self, life: Life, leads: dict[str, UUID]) -> None:
        life.record()
        life.submit()

        assert life.approve().snapshot.state is State.APPROVED

    def test_a_policy_that_changes_meanwhile_leaves_those_who_are_asked(
        self, halfway: Life, leads: dict[str, UUID], owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, halfway.org, approval_stages=["supervisor"])
        _approve(halfway, leads["proj-533"])
        assert _approve(halfway, leads["proj-576B"]).snapshot.state is State.APPROVED


class TestRejecting:
    """At any stage: the whole timesheet goes back, with the lines named."""

    def test_a_lead_sends_it_back_and_names_the_lines(self, halfway: Life, leads: dict[str, UUID]) -> None:
        line = halfway.desk.live(halfway.key)[0].id
        outcome = halfway.desk.do(_decide(halfway, leads["proj-533"], CommandKind.REJECT, entry_ids=(line,)))

        assert outcome.snapshot.state is State.REJECTED
        assert requests(halfway) == []
        made = decisions(halfway)[-1]
        assert (made.decision, made.entry_ids, made.stage) == ("reject", [line], "project_lead")
        assert told(halfway, "rejected") == [("Duane Barry", "rejected")]

    def test_lines_that_are_not_on_it_cannot_be_named(self, halfway: Life, leads: dict[str, UUID]) -> None:
        refusal = halfway.desk.refused(_decide(halfway, leads["proj-533"], CommandKind.REJECT, entry_ids=(uuid4(),)))

        assert isinstance(refusal, Invalid)

    def test_submitted_again_it_begins_with_the_supervisor(self, halfway: Life, leads: dict[str, UUID]) -> None:
        halfway.desk.do(_decide(halfway, leads["proj-533"], CommandKind.REJECT))
        halfway.revise()
        halfway.submit()

        assert requests(halfway) == [(halfway.org.roland, None)]
        assert sheet(halfway).stage == "supervisor"
        assert sheet(halfway).decision_id is None


class TestWhoDecides:
    """The leads for their lines, and nobody twice or out of turn."""

    def test_a_lead_decides_nothing_before_the_supervisor_has(self, submitted: Life, leads: dict[str, UUID]) -> None:
        assert isinstance(submitted.desk.refused(_decide(submitted, leads["proj-533"])), NotYours)

    def test_the_supervisor_decides_nothing_after_they_have(self, halfway: Life) -> None:
        for kind in (CommandKind.APPROVE, CommandKind.REJECT):
            assert isinstance(halfway.desk.refused(_decide(halfway, halfway.org.roland, kind)), NotYours)

    def test_a_lead_decides_once(self, halfway: Life, leads: dict[str, UUID]) -> None:
        _approve(halfway, leads["proj-533"])

        assert isinstance(halfway.desk.refused(_decide(halfway, leads["proj-533"])), NotYours)

    def test_a_lead_of_nothing_on_it_decides_nothing(self, halfway: Life, owner_engine: Engine) -> None:
        other = hire(owner_engine, halfway.org, "Melvin Frohike", "project_lead")

        assert isinstance(halfway.desk.refused(_decide(halfway, other)), NotYours)

    @pytest.mark.parametrize("why", ["owner", "nobody", "inactive", "no lead any more"])
    def test_instead_of_a_lead_who_cannot_the_administrators_are_asked(
        self, life: Life, leads: dict[str, UUID], owner_engine: Engine, why: str
    ) -> None:
        marita = leads["proj-533"]
        if why == "owner":
            give_role(owner_engine, life.org, life.org.duane, "project_lead")
            _let_lead(life, owner_engine, "proj-533", life.org.duane)
        elif why == "nobody":
            _let_lead(life, owner_engine, "proj-533", None)
        elif why == "inactive":
            change_person(owner_engine, marita, active=False)
        else:
            take_role(owner_engine, marita, "project_lead")
        _bring_halfway(life)

        grooming, hats = life.org.projects["proj-533"], life.org.projects["proj-576B"]
        assert set(requests(life)) == {(None, grooming), (leads["proj-576B"], hats)}
        refused = life.desk.refused(_decide(life, life.org.duane if why == "owner" else marita))
        assert isinstance(refused, OwnTime if why == "owner" else NotYours)
        _approve(life, life.org.suzanne)
        assert (decisions(life)[-1].decided_as, decisions(life)[-1].project_ids) == ("administrator", [grooming])
        assert requests(life) == [(leads["proj-576B"], hats)]

    def test_whoever_stands_in_for_a_lead_decides_for_them(self, halfway: Life, leads: dict[str, UUID]) -> None:
        deputy = _deputy(halfway.org.max)
        grant(halfway, deputy, leads["proj-533"])
        _approve(halfway, halfway.org.max)

        made = decisions(halfway)[-1]
        assert (made.decided_by_id, made.responsible_id) == (halfway.org.max, leads["proj-533"])
        assert (made.delegation_id, made.project_ids) == (deputy.delegation_id, [halfway.org.projects["proj-533"]])
        assert [project for _, project in requests(halfway)] == [halfway.org.projects["proj-576B"]]

    def test_a_lead_who_stands_in_for_another_one_names_whose_lines(
        self, halfway: Life, leads: dict[str, UUID]
    ) -> None:
        """Byers decides for Marita, naming her: it is her decision on her lines, and his are still to come."""
        marita, byers = leads["proj-533"], leads["proj-576B"]
        deputy = _deputy(byers)
        grant(halfway, deputy, marita)
        asking = Asking(halfway.org, halfway.org.duane, byers, on_behalf_of=marita)
        halfway.desk.do(asking.approve(halfway.desk.digest(halfway.key)))

        made = decisions(halfway)[-1]
        assert (made.responsible_id, made.delegation_id) == (marita, deputy.delegation_id)
        assert requests(halfway) == [(byers, halfway.org.projects["proj-576B"])]

    def test_an_administrator_decides_on_behalf_of_a_lead(self, halfway: Life, leads: dict[str, UUID]) -> None:
        _approve(halfway, halfway.org.suzanne, on_behalf_of=leads["proj-533"])

        made = decisions(halfway)[-1]
        assert (made.responsible_id, made.project_ids) == (leads["proj-533"], [halfway.org.projects["proj-533"]])

    def test_two_leads_at_once_both_decide(
        self, halfway: Life, leads: dict[str, UUID], own_desk: Desk, race: Racers
    ) -> None:
        first, second = (_decide(halfway, lead) for lead in leads.values())
        halfway.desk.ask(first)
        halfway.desk.ask(second)
        done = race(lambda: own_desk.apply(first), lambda: halfway.desk.apply(second))

        assert [each.result().snapshot.state for each in done] == [State.SUBMITTED, State.APPROVED]


class TestMeanwhile:
    """While it waits for the leads."""

    def test_it_cannot_be_recalled_any_more(self, halfway: Life) -> None:
        recall = halfway.because(halfway.duane, "Forgot Tuesday.").move(CommandKind.RECALL)

        assert isinstance(halfway.desk.refused(recall), AlreadyDecided)

    def test_another_lead_is_asked_instead(self, halfway: Life, leads: dict[str, UUID], owner_engine: Engine) -> None:
        frohike = hire(owner_engine, halfway.org, "Melvin Frohike", "project_lead")
        _change_lead(halfway, "proj-533", frohike)

        assert (frohike, halfway.org.projects["proj-533"]) in requests(halfway)
        assert isinstance(halfway.desk.refused(_decide(halfway, leads["proj-533"])), NotYours)
        _approve(halfway, frohike)
        _change_lead(halfway, "proj-576B", None)
        assert requests(halfway) == [(None, halfway.org.projects["proj-576B"])]

    def test_when_no_lead_decides_the_administrators_are_asked_for_all_of_it(
        self, life: Life, leads: dict[str, UUID], owner_engine: Engine
    ) -> None:
        """Even where they were asked for one project already."""
        work_always(owner_engine, life.org)
        _let_lead(life, owner_engine, "proj-533", None)
        _bring_halfway(life)
        hours_pass(life, 41)
        life.desk.act_on_time(life.key)

        assert requests(life)[-1] == (None, None)
        assert len(requests(life)) == 3
        due_again(life)
        hours_pass(life, 100)
        life.desk.act_on_time(life.key)
        assert sheet(life).escalations == 1
        assert _approve(life, life.org.suzanne).snapshot.state is State.APPROVED
        assert decisions(life)[-1].project_ids == sorted(life.org.projects.values())

    def test_a_lead_still_decides_after_it_went_to_the_administrators(
        self, halfway: Life, leads: dict[str, UUID], owner_engine: Engine
    ) -> None:
        work_always(owner_engine, halfway.org)
        due_again(halfway)
        hours_pass(halfway, 400)
        halfway.desk.act_on_time(halfway.key)
        _approve(halfway, leads["proj-533"])

        assert requests(halfway) == [(leads["proj-576B"], halfway.org.projects["proj-576B"]), (None, None)]
        assert _approve(halfway, leads["proj-576B"]).snapshot.state is State.APPROVED

    def test_the_supervisors_deadlines_begin_anew_for_the_leads(self, submitted: Life, owner_engine: Engine) -> None:
        work_always(owner_engine, submitted.org)
        hours_pass(submitted, 100)
        submitted.desk.act_on_time(submitted.key)
        assert sheet(submitted).escalations > 0
        submitted.approve()

        assert sheet(submitted).escalations == 0
        assert all(project for _, project in requests(submitted))


class TestTakingBack:
    """The latest approval that is in force is undone, and only what it was about."""

    def test_the_supervisor_takes_theirs_back_before_a_lead_decided(self, halfway: Life) -> None:
        halfway.desk.do(_take_back(halfway, halfway.org.roland))

        assert requests(halfway) == [(halfway.org.roland, None)]
        assert sheet(halfway).stage == "supervisor"
        halfway.desk.do(halfway.because(halfway.duane, "Forgot Tuesday.").move(CommandKind.RECALL))

    def test_a_lead_takes_theirs_back_while_another_one_is_still_asked(
        self, halfway: Life, leads: dict[str, UUID]
    ) -> None:
        """Both are asked again; nobody's approval is lost on the way."""
        marita, byers = leads["proj-533"], leads["proj-576B"]
        _approve(halfway, marita)
        halfway.desk.do(_take_back(halfway, marita))
        assert set(requests(halfway)) == _wanted(halfway, leads)

        assert _approve(halfway, marita).snapshot.state is State.SUBMITTED
        assert _approve(halfway, byers).snapshot.state is State.APPROVED

    def test_a_lead_takes_the_last_one_back_and_the_others_stand(self, halfway: Life, leads: dict[str, UUID]) -> None:
        marita, byers = leads["proj-533"], leads["proj-576B"]
        _approve(halfway, marita)
        _approve(halfway, byers)
        halfway.desk.do(_take_back(halfway, byers))

        assert requests(halfway) == [(byers, halfway.org.projects["proj-576B"])]
        last = decisions(halfway)[-1]
        assert (last.decision, last.stage, last.decided_as) == ("take_back", "project_lead", "project_lead")
        assert last.project_ids == [halfway.org.projects["proj-576B"]]
        assert _approve(halfway, byers).snapshot.state is State.APPROVED

    def test_after_a_lead_took_theirs_back_the_supervisor_can_as_well(
        self, halfway: Life, leads: dict[str, UUID]
    ) -> None:
        _approve(halfway, leads["proj-533"])
        halfway.desk.do(_take_back(halfway, leads["proj-533"]))
        halfway.desk.do(_take_back(halfway, halfway.org.roland))
        assert requests(halfway) == [(halfway.org.roland, None)]
        assert isinstance(halfway.desk.refused(_take_back(halfway, halfway.org.roland)), WrongState)

        halfway.approve()
        assert set(requests(halfway)) == _wanted(halfway, leads)

    def test_a_lead_who_has_not_decided_takes_nothing_back(self, halfway: Life, leads: dict[str, UUID]) -> None:
        assert isinstance(halfway.desk.refused(_take_back(halfway, leads["proj-533"])), NotYours)
        grant(halfway, _deputy(halfway.org.max), leads["proj-533"])
        assert isinstance(halfway.desk.refused(_take_back(halfway, halfway.org.max)), NotYours)


def _bring_halfway(life: Life) -> None:
    for number, project in enumerate(life.org.projects.values()):
        fields = worked(f"{8 + number:02}:00", f"{9 + number:02}:00", project_id=project)
        life.desk.do(life.duane.record(fields))
    life.submit()
    life.approve()


def _events(life: Life) -> list[OutboxEvent]:
    rows = life.desk.rows(life.org.tenant_id, OutboxEvent)
    return [row for row in rows if row.type.endswith("approved")]
