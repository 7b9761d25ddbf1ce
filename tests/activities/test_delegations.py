"""Standing in for an approver: granted, in force by its days alone, taken back at once; never for one's own time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, update
from temporalio.exceptions import ApplicationError

from activities.delegations import DelegationActivities
from activities.failures import refused_by
from models.database import WriteSession, read_session
from models.errors import Invalid, KeyReused, NotFound, NotYours, OwnTime, ReasonRequired, Stale, WrongState
from models.messages import DelegationKey
from models.rules.delegations import DelegationState
from models.rules.notices import NoticeKind
from models.rules.transitions import CommandKind, State
from models.store.changes import GivenBy
from models.store.delegations import KeptDelegation, change_end, grant, revoke
from models.store.directory import kept_person, replace_person
from models.store.people import load_circle
from models.tables.approval import Delegation
from models.tables.delivery import Notification, OutboxEvent
from models.tables.people import DirectoryChange, Project
from models.tables.provenance import LedgerStatement
from models.tables.timesheet import Decision
from tests.activities.administering import do, fields, given, refused
from tests.activities.conftest import Racers, paused_before_commit
from tests.desk import Desk, Life
from tests.factories import (
    Asking,
    change_person,
    change_policy,
    hire,
    make_organisation,
    worked,
)
from tests.standing_in import away, change_delegation, in_days, stand_in
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def submitted(life: Life) -> Life:
    """Duane's week, submitted to Roland."""
    life.bring_to(State.SUBMITTED)
    return life


@pytest.fixture
def skinner(life: Life, owner_engine: Engine) -> UUID:
    """A supervisor of nobody."""
    return hire(owner_engine, life.org, "Walter Skinner", "supervisor")


def roland_away(life: Life, delegate: UUID, **others: Any) -> KeptDelegation:
    return stand_in(life.desk.engine, life.org, life.org.roland, delegate, **others)


def deciding(life: Life, person_id: UUID) -> Asking:
    """Somebody on Duane's week."""
    return Asking(life.org, life.org.duane, person_id)


def digest(life: Life) -> str:
    return life.desk.digest(life.key)


def approve(life: Life, person_id: UUID) -> State:
    return life.desk.do(deciding(life, person_id).approve(digest(life))).snapshot.state


def may_not(life: Life, person_id: UUID) -> None:
    assert isinstance(life.desk.refused(deciding(life, person_id).approve(digest(life))), NotYours)


def decision(life: Life) -> Decision:
    return max(life.desk.rows(life.org.tenant_id, Decision), key=lambda made: made.decided_at)


def by(life: Life, person_id: UUID) -> GivenBy:
    return given(life, by=person_id)


class TestDeciding:
    def test_who_stands_in_decides_and_it_is_the_decision_of_who_is_away(self, submitted: Life, skinner: UUID) -> None:
        kept = roland_away(submitted, skinner)

        assert approve(submitted, skinner) is State.APPROVED

        made = decision(submitted)
        assert (made.decided_by_id, made.responsible_id) == (skinner, submitted.org.roland)
        assert (made.delegation_id, made.decided_as, made.reason) == (kept.id, "supervisor", None)

    def test_the_ledger_names_both(self, submitted: Life, skinner: UUID) -> None:
        roland_away(submitted, skinner)
        approve(submitted, skinner)

        act = f"approve-{decision(submitted).id}"
        said = [row.body for row in submitted.desk.rows(submitted.org.tenant_id, LedgerStatement)]
        roland, walter = (staff_id(submitted, person) for person in (submitted.org.roland, skinner))
        about = {"activity": act, "role": "SUPERVISOR"}
        assert {"statement": "wasAssociatedWith", "agent": roland} | about in said
        assert {"statement": "actedOnBehalfOf", "responsible": roland, "delegate": walter} | about in said
        assert [each for each in said if each.get("agent") == walter] == []

    def test_who_is_away_may_still_decide(self, submitted: Life, skinner: UUID) -> None:
        roland_away(submitted, skinner)

        submitted.approve()

        assert decision(submitted).delegation_id is None

    def test_naming_who_is_away_needs_no_reason(self, submitted: Life, skinner: UUID) -> None:
        kept = roland_away(submitted, skinner)
        named = Asking(submitted.org, submitted.org.duane, skinner, on_behalf_of=submitted.org.roland)

        submitted.desk.do(named.approve(digest(submitted)))

        assert decision(submitted).delegation_id == kept.id

    @pytest.mark.parametrize(("first", "last"), [(-9, -1), (2, 9)], ids=["over", "coming"])
    def test_nobody_decides_outside_its_days(
        self, submitted: Life, skinner: UUID, owner_engine: Engine, first: int, last: int
    ) -> None:
        kept = roland_away(submitted, skinner)
        change_delegation(owner_engine, kept.id, from_day=in_days(first - 1), to_day=in_days(last - 1))

        may_not(submitted, skinner)

    def test_its_days_are_those_of_who_is_away(self, submitted: Life, skinner: UUID, owner_engine: Engine) -> None:
        """A day that is over in Kiribati goes on in Samoa's neighbour a day behind."""
        kept = roland_away(submitted, skinner)
        with read_session(submitted.desk.engine, submitted.org.tenant_id) as session:
            ahead = session.scalar(select(func.date(func.timezone("Pacific/Kiritimati", func.now()))))
        change_delegation(owner_engine, kept.id, from_day=ahead, to_day=ahead)
        change_person(owner_engine, submitted.org.roland, time_zone="Pacific/Pago_Pago")
        may_not(submitted, skinner)

        change_person(owner_engine, submitted.org.roland, time_zone="Pacific/Kiritimati")

        assert approve(submitted, skinner) is State.APPROVED

    def test_what_was_revoked_while_the_page_was_open_is_refused(self, submitted: Life, skinner: UUID) -> None:
        kept = roland_away(submitted, skinner)
        shown = deciding(submitted, skinner).approve(digest(submitted))
        do(submitted, lambda session: revoke(session, by(submitted, submitted.org.roland), kept.id, None))

        assert isinstance(submitted.desk.refused(shown), NotYours)

    def test_the_worker_does_not_decide_on_their_own_time_by_it(self, submitted: Life) -> None:
        roland_away(submitted, submitted.org.duane)

        refusal = submitted.desk.refused(deciding(submitted, submitted.org.duane).approve(digest(submitted)))

        assert isinstance(refusal, OwnTime)
        named = Asking(submitted.org, submitted.org.duane, submitted.org.duane, on_behalf_of=submitted.org.roland)
        assert isinstance(submitted.desk.refused(named.approve(digest(submitted))), OwnTime)

    def test_the_worker_decides_on_somebody_elses_time_by_it(self, life: Life) -> None:
        roland_away(life, life.org.duane)
        maxs = Asking(life.org, life.org.max, life.org.max)
        life.desk.do(maxs.record(worked("09:00", "17:00")))
        key = life.org.key(life.org.max)
        life.desk.do(maxs.submit(life.desk.digest(key)))

        duane = Asking(life.org, life.org.max, life.org.duane)

        assert life.desk.do(duane.approve(life.desk.digest(key))).snapshot.state is State.APPROVED

    def test_nobody_decides_on_the_time_of_whom_they_stand_in_for(self, life: Life, skinner: UUID) -> None:
        """What Roland decides is what comes to Roland, which his own time never does."""
        roland_away(life, skinner)
        rolands = Asking(life.org, life.org.roland, life.org.roland)
        life.desk.do(rolands.record(worked("09:00", "17:00")))
        key = life.org.key(life.org.roland)
        life.desk.do(rolands.submit(life.desk.digest(key)))

        refusal = life.desk.refused(Asking(life.org, life.org.roland, skinner).approve(life.desk.digest(key)))

        assert isinstance(refusal, NotYours)

    def test_after_the_delegator_lost_the_role_nobody_stands_in(self, submitted: Life, skinner: UUID) -> None:
        roland_away(submitted, skinner)
        becomes(submitted, submitted.org.roland, roles=frozenset({"worker"}))

        may_not(submitted, skinner)

    def test_a_delegate_who_only_looks_from_now_on_decides_nothing(self, submitted: Life, skinner: UUID) -> None:
        roland_away(submitted, skinner)
        becomes(submitted, skinner, roles=frozenset({"auditor"}))

        may_not(submitted, skinner)

    @pytest.mark.parametrize("gone", ["delegator", "delegate"])
    def test_somebody_who_left_gives_and_takes_nothing(self, submitted: Life, skinner: UUID, gone: str) -> None:
        roland_away(submitted, skinner)
        becomes(submitted, skinner if gone == "delegate" else submitted.org.roland, active=False)

        may_not(submitted, skinner)

    def test_it_is_not_passed_on(self, submitted: Life, skinner: UUID, owner_engine: Engine) -> None:
        """Roland → Walter → Monica: Monica decides nothing of Roland's."""
        monica = hire(owner_engine, submitted.org, "Monica Reyes", "supervisor")
        roland_away(submitted, skinner)
        stand_in(submitted.desk.engine, submitted.org, skinner, monica)

        may_not(submitted, monica)

    def test_two_who_stand_in_for_each_other_decide_in_each_others_place_and_never_on_their_own_time(
        self, submitted: Life, owner_engine: Engine
    ) -> None:
        """Alex approves Roland's time and Roland that of Duane; a circle of grants adds nothing for either's own."""
        org, engine = submitted.org, submitted.desk.engine
        roland_away(submitted, org.alex)
        stand_in(engine, org, org.alex, org.roland)
        rolands = Asking(org, org.roland, org.roland)
        submitted.desk.do(rolands.record(worked("09:00", "17:00")))
        key = org.key(org.roland)
        submitted.desk.do(rolands.submit(submitted.desk.digest(key)))

        own = submitted.desk.refused(Asking(org, org.roland, org.roland).approve(submitted.desk.digest(key)))

        assert isinstance(own, OwnTime)
        assert approve(submitted, org.alex) is State.APPROVED

    def test_of_two_at_once_each_may_and_the_first_decides(self, submitted: Life, skinner: UUID) -> None:
        first, second = roland_away(submitted, skinner), roland_away(submitted, submitted.org.alex)
        assert first.id != second.id
        approve(submitted, submitted.org.alex)

        assert decision(submitted).delegation_id == second.id
        refusal = submitted.desk.refused(deciding(submitted, skinner).approve(digest(submitted)))
        assert refusal.code in ("wrong_state", "decided")

    def test_it_reaches_only_who_was_named(self, submitted: Life, skinner: UUID) -> None:
        kept = roland_away(submitted, skinner, only=[submitted.org.max])
        may_not(submitted, skinner)
        with read_session(submitted.desk.engine, submitted.org.tenant_id) as session:
            assert load_circle(session, submitted.org.max, skinner).delegations(skinner)
        do(submitted, lambda session: revoke(session, by(submitted, submitted.org.roland), kept.id, None))

        roland_away(submitted, skinner, only=[submitted.org.duane, submitted.org.max])

        assert approve(submitted, skinner) is State.APPROVED

    def test_it_reaches_nobody_elses_people(self, life: Life, skinner: UUID, owner_engine: Engine) -> None:
        elsewhere = hire(owner_engine, life.org, "Emil Skoda", "worker", supervisor=life.org.alex)
        roland_away(life, skinner)
        theirs = Asking(life.org, elsewhere, elsewhere)
        life.desk.do(theirs.record(worked("09:00", "17:00")))
        key = life.org.key(elsewhere)
        life.desk.do(theirs.submit(life.desk.digest(key)))

        refusal = life.desk.refused(Asking(life.org, elsewhere, skinner).approve(life.desk.digest(key)))

        assert isinstance(refusal, NotYours)

    def test_it_reaches_through_whoever_does_not_approve(
        self, submitted: Life, skinner: UUID, owner_engine: Engine
    ) -> None:
        """Roland left, so it is Alex who is asked, and Walter who stands in for Alex."""
        stand_in(submitted.desk.engine, submitted.org, submitted.org.alex, skinner)
        may_not(submitted, skinner)
        change_person(owner_engine, submitted.org.roland, active=False)

        assert approve(submitted, skinner) is State.APPROVED
        assert decision(submitted).responsible_id == submitted.org.alex

    def test_an_approval_under_it_can_be_taken_back_by_who_stood_in_even_when_it_is_over(
        self, submitted: Life, skinner: UUID
    ) -> None:
        kept = roland_away(submitted, skinner)
        approve(submitted, skinner)
        do(submitted, lambda session: revoke(session, by(submitted, submitted.org.roland), kept.id, None))

        mine = submitted.because(deciding(submitted, skinner), "It was the wrong week.")

        assert submitted.desk.do(mine.move(CommandKind.TAKE_BACK)).snapshot.state is State.SUBMITTED

    def test_whoever_stands_in_for_a_lead_decides_on_the_lines_of_that_project(
        self, life: Life, skinner: UUID, owner_engine: Engine
    ) -> None:
        marita = hire(owner_engine, life.org, "Marita Covarrubias", "project_lead")
        change_policy(owner_engine, life.org, approval_stages=["supervisor", "project_lead"])
        lead_project(owner_engine, life, marita)
        life.desk.do(life.duane.record(worked("09:00", "17:00", project_id=life.org.projects["proj-533"])))
        life.submit()
        life.approve()
        stand_in(life.desk.engine, life.org, marita, skinner)

        assert approve(life, skinner) is State.APPROVED

        made = decision(life)
        assert (made.responsible_id, made.stage) == (marita, "project_lead")
        assert made.project_ids == [life.org.projects["proj-533"]]


class TestGranting:
    def test_it_is_recorded_and_announced(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner, reason="On holiday.")

        (change,) = [row for row in life.desk.rows(life.org.tenant_id, DirectoryChange) if row.subject_id == kept.id]
        assert (change.subject_kind, change.changed_by_id, change.version) == ("delegation", life.org.roland, 1)
        assert change.after == kept.content.json
        events = [row.type for row in life.desk.rows(life.org.tenant_id, OutboxEvent)]
        assert events == ["countersign.delegation.changed"]
        assert (kept.version, kept.granted_by_id, kept.content.reason) == (1, life.org.roland, "On holiday.")

    def test_given_again_it_is_the_same(self, life: Life, skinner: UUID) -> None:
        used, content = by(life, life.org.roland), away(life.org.roland, skinner)
        first = do(life, lambda session: grant(session, used, content))

        assert do(life, lambda session: grant(session, used, content)) == first
        other = away(life.org.roland, life.org.alex)
        refused(life, KeyReused, lambda: do(life, lambda session: grant(session, used, other)))

    def test_an_administrator_grants_it_for_anybody_with_a_reason(self, life: Life, skinner: UUID) -> None:
        without = away(life.org.roland, skinner)
        refused(life, ReasonRequired, lambda: do(life, lambda session: grant(session, given(life), without)))

        reasoned = away(life.org.roland, skinner, reason="He is in hospital.")
        kept = do(life, lambda session: grant(session, given(life), reasoned))

        assert (kept.granted_by_id, kept.content.delegator_id) == (life.org.suzanne, life.org.roland)

    @pytest.mark.parametrize("who", ["Duane Barry", "Alex Krycek", "Diana Fowley"])
    def test_nobody_else_grants_it_for_somebody(self, life: Life, skinner: UUID, who: str) -> None:
        content = away(life.org.roland, skinner, reason="So that I can.")
        used = by(life, life.org.people[who])

        refused(life, NotYours, lambda: do(life, lambda session: grant(session, used, content)))

    def test_a_worker_has_nothing_to_give(self, life: Life, skinner: UUID) -> None:
        content = away(life.org.duane, skinner)

        refused(life, NotYours, lambda: do(life, lambda session: grant(session, by(life, life.org.duane), content)))

    def test_the_rules_are_asked_with_what_is_there(self, life: Life, skinner: UUID) -> None:
        roland_away(life, skinner, first=-1, last=7)
        again = away(life.org.roland, skinner, first=7, last=9)

        refusal = refused(life, Invalid, lambda: do(life, lambda s: grant(s, by(life, life.org.roland), again)))

        assert fields(refusal) == ["from"]

    @pytest.mark.parametrize("named", ["delegate", "limited to"])
    def test_people_of_another_organisation_are_nobody(self, life: Life, owner_engine: Engine, named: str) -> None:
        other = make_organisation(owner_engine)
        content = (
            away(life.org.roland, other.alex)
            if named == "delegate"
            else away(life.org.roland, life.org.alex, only=[other.duane])
        )

        refused(life, NotFound, lambda: do(life, lambda s: grant(s, by(life, life.org.roland), content)))

    def test_of_two_overlapping_ones_at_once_only_one_is_granted(
        self, life: Life, own_desk: Desk, skinner: UUID, owner_engine: Engine
    ) -> None:
        outcomes: list[KeptDelegation | Invalid] = []

        def attempt(engine: Engine) -> None:
            try:
                outcomes.append(stand_in(engine, life.org, life.org.roland, skinner))
            except Invalid as refusal:
                outcomes.append(refusal)

        with ThreadPoolExecutor(2) as executor:
            with paused_before_commit(own_desk.engine) as paused:
                first = executor.submit(attempt, own_desk.engine)
                eventually(paused.reached.is_set, "the first to reach its commit")
                second = executor.submit(attempt, life.desk.engine)
            first.result(), second.result()

        assert sorted(type(each).__name__ for each in outcomes) == ["Invalid", "KeptDelegation"]
        assert len(life.desk.rows(life.org.tenant_id, Delegation)) == 1


class TestChangingTheEnd:
    def change(self, life: Life, kept: KeptDelegation, last: int, who: UUID, **others: Any) -> KeptDelegation:
        asked = {"version": kept.version, "reason": None, "used": by(life, who)} | others
        return do(
            life,
            lambda session: change_end(
                session, asked["used"], kept.id, asked["version"], in_days(last), asked["reason"]
            ),
        )

    def test_it_ends_later_or_sooner(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner)
        later = self.change(life, kept, 20, life.org.roland)
        sooner = self.change(life, later, 1, life.org.roland)

        assert [later.content.last, sooner.content.last] == [in_days(20), in_days(1)]
        assert [later.version, sooner.version] == [2, 3]

    def test_an_administrator_says_why_and_nobody_else_changes_it(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner)
        refused(life, ReasonRequired, lambda: self.change(life, kept, 9, life.org.suzanne))
        refused(life, NotYours, lambda: self.change(life, kept, 9, skinner))
        refused(life, NotFound, lambda: self.change(life, kept, 9, life.org.alex))
        refused(life, NotYours, lambda: self.change(life, kept, 9, life.org.diana))

        assert self.change(life, kept, 9, life.org.suzanne, reason="He stays longer.").content.last == in_days(9)

    def test_somebody_elses_change_meanwhile_is_not_overwritten(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner)
        used = by(life, life.org.roland)
        self.change(life, kept, 9, life.org.roland, used=used)

        refused(life, Stale, lambda: self.change(life, kept, 10, life.org.roland))
        assert self.change(life, kept, 9, life.org.roland, used=used).version == 2

    def test_it_does_not_end_before_today_nor_in_what_was_granted_besides(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner, last=3)
        roland_away(life, skinner, first=6, last=9)

        for last, field in [(-1, "to"), (6, "from"), (9, "from")]:
            refusal = refused(life, Invalid, lambda last=last: self.change(life, kept, last, life.org.roland))  # type: ignore[misc]
            assert fields(refusal) == [field]

    def test_what_is_over_stays_over(self, life: Life, skinner: UUID, owner_engine: Engine) -> None:
        ended, revoked = roland_away(life, skinner), roland_away(life, life.org.alex)
        change_delegation(owner_engine, ended.id, from_day=in_days(-9), to_day=in_days(-2))
        do(life, lambda session: revoke(session, by(life, life.org.roland), revoked.id, None))

        for kept, version in ((ended, 1), (revoked, 2)):
            refused(life, WrongState, lambda k=kept, v=version: self.change(life, k, 9, life.org.roland, version=v))  # type: ignore[misc]


class TestTakingBack:
    @pytest.mark.parametrize("who", ["delegator", "delegate"])
    def test_both_may_at_once_and_without_a_reason(self, life: Life, skinner: UUID, who: str) -> None:
        kept = roland_away(life, skinner)
        actor = life.org.roland if who == "delegator" else skinner
        gone = do(life, lambda session: revoke(session, by(life, actor), kept.id, None))

        assert gone.revoked_by_id == actor
        assert gone.state(gone.revoked_at or gone.granted_at) is DelegationState.REVOKED

    def test_a_worker_gives_it_back(self, life: Life) -> None:
        kept = roland_away(life, life.org.duane)

        assert do(life, lambda session: revoke(session, by(life, life.org.duane), kept.id, None)).revoked_at

    def test_an_administrator_says_why_and_who_is_not_concerned_sees_nothing(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner)
        acts: list[tuple[type[Any], UUID]] = [
            (ReasonRequired, life.org.suzanne),
            (NotFound, life.org.alex),
            (NotFound, life.org.duane),
            (NotYours, life.org.diana),
        ]
        for error, who in acts:
            refused(life, error, lambda who=who: do(life, lambda s: revoke(s, by(life, who), kept.id, None)))  # type: ignore[misc]

        gone = do(life, lambda session: revoke(session, by(life, life.org.suzanne), kept.id, "Fraud is looked into."))

        assert gone.revoked_by_id == life.org.suzanne

    def test_twice_is_once_and_by_another_command_too_late(self, life: Life, skinner: UUID) -> None:
        kept, used = roland_away(life, skinner), by(life, life.org.roland)
        first = do(life, lambda session: revoke(session, used, kept.id, None))

        assert do(life, lambda session: revoke(session, used, kept.id, None)) == first
        refused(life, WrongState, lambda: do(life, lambda s: revoke(s, by(life, skinner), kept.id, None)))

    def test_another_organisation_has_no_such_delegation(self, life: Life, skinner: UUID, owner_engine: Engine) -> None:
        kept, other = roland_away(life, skinner), Life(life.desk, make_organisation(owner_engine))
        before = life.desk.contents(life.org.tenant_id)

        with pytest.raises(NotFound):
            do(other, lambda session: revoke(session, given(other), kept.id, "Because."))

        assert life.desk.contents(life.org.tenant_id) == before

    def test_the_days_are_free_again(self, life: Life, skinner: UUID) -> None:
        kept = roland_away(life, skinner)
        do(life, lambda session: revoke(session, by(life, life.org.roland), kept.id, None))

        assert roland_away(life, skinner).id != kept.id


class TestAtOnce:
    """A decision under a delegation, and its revocation: whichever is committed first counts."""

    def test_a_decision_that_comes_after_the_revocation_is_refused(
        self, submitted: Life, own_desk: Desk, skinner: UUID, race: Racers
    ) -> None:
        kept = roland_away(submitted, skinner)
        asked = deciding(submitted, skinner).approve(digest(submitted))
        submitted.desk.ask(asked)
        revoking = Life(own_desk, submitted.org)

        first, second = race(
            lambda: do(revoking, lambda s: revoke(s, by(submitted, submitted.org.roland), kept.id, None)),  # type: ignore[arg-type, return-value]
            lambda: submitted.desk.apply(asked),
        )

        first.result()
        with pytest.raises(ApplicationError) as raised:
            second.result()
        assert isinstance(refused_by(raised.value), NotYours)
        assert submitted.state is State.SUBMITTED

    def test_a_revocation_that_comes_after_the_decision_leaves_it_standing(
        self, submitted: Life, own_desk: Desk, skinner: UUID, race: Racers
    ) -> None:
        kept = roland_away(submitted, skinner)
        asked = deciding(submitted, skinner).approve(digest(submitted))
        submitted.desk.ask(asked)

        first, second = race(
            lambda: own_desk.apply(asked),
            lambda: do(submitted, lambda s: revoke(s, by(submitted, submitted.org.roland), kept.id, None)),  # type: ignore[arg-type, return-value]
        )

        first.result()
        gone = second.result()
        assert submitted.state is State.APPROVED
        assert gone.revoked_at > decision(submitted).decided_at  # type: ignore[attr-defined]


class TestBeingTold:
    """The beginning and the end are told to both, once."""

    @pytest.fixture
    def see_to(self, life: Life) -> Callable[[KeptDelegation], Any]:
        activities = DelegationActivities(life.desk.engine)
        return lambda kept: activities.see_to_delegation(DelegationKey(life.org.tenant_id, kept.id)).due_at

    def told(self, life: Life) -> list[tuple[UUID, str]]:
        rows = life.desk.rows(life.org.tenant_id, Notification)
        return sorted((row.person_id, row.kind) for row in rows)

    def both(self, life: Life, skinner: UUID, *kinds: NoticeKind) -> list[tuple[UUID, str]]:
        return sorted((person, kind.value) for person in (life.org.roland, skinner) for kind in kinds)

    def test_what_has_begun_is_told_once_however_often_it_is_looked_at(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any]
    ) -> None:
        kept = roland_away(life, skinner)

        assert [see_to(kept) for _ in range(3)] == [kept.span.ends] * 3
        assert self.told(life) == self.both(life, skinner, NoticeKind.DELEGATION_BEGINS)

    def test_what_is_coming_is_not_told_yet(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any]
    ) -> None:
        kept = roland_away(life, skinner, first=3)

        assert see_to(kept) == kept.span.begins
        assert self.told(life) == []

    def test_the_end_is_told_and_then_there_is_nothing_left(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any], owner_engine: Engine
    ) -> None:
        kept = roland_away(life, skinner)
        see_to(kept)
        days = {"from_day": in_days(-9), "to_day": in_days(-2)}
        change_delegation(owner_engine, kept.id, due_at=kept.granted_at, **days)

        assert [see_to(kept), see_to(kept)] == [None, None]
        begun_and_ended = (NoticeKind.DELEGATION_BEGINS, NoticeKind.DELEGATION_ENDS)
        assert self.told(life) == self.both(life, skinner, *begun_and_ended)

    def test_what_is_taken_back_is_told_if_it_had_begun(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any]
    ) -> None:
        kept = roland_away(life, skinner)
        see_to(kept)
        do(life, lambda session: revoke(session, by(life, life.org.roland), kept.id, None))

        assert see_to(kept) is None
        begun_and_ended = (NoticeKind.DELEGATION_BEGINS, NoticeKind.DELEGATION_ENDS)
        assert self.told(life) == self.both(life, skinner, *begun_and_ended)

    def test_what_is_taken_back_before_it_began_is_told_to_nobody(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any]
    ) -> None:
        kept = roland_away(life, skinner, first=3)
        do(life, lambda session: revoke(session, by(life, life.org.roland), kept.id, None))

        assert see_to(kept) is None
        assert self.told(life) == []

    def test_another_end_is_waited_for(
        self, life: Life, skinner: UUID, see_to: Callable[[KeptDelegation], Any]
    ) -> None:
        kept = roland_away(life, skinner)
        see_to(kept)
        change = TestChangingTheEnd().change(life, kept, 20, life.org.roland)

        assert see_to(kept) == change.span.ends == kept.span.ends + timedelta(days=13) + self.clocks(kept, change)

    def clocks(self, kept: KeptDelegation, change: KeptDelegation) -> timedelta:
        """By how much the clocks were changed between two ends."""
        zone = kept.zone
        return kept.span.ends.astimezone(zone).utcoffset() - change.span.ends.astimezone(zone).utcoffset()  # type: ignore[operator]


def becomes(life: Life, person_id: UUID, **values: Any) -> None:
    """Suzanne changes somebody."""

    def change(session: WriteSession) -> None:
        kept = kept_person(session, person_id)
        replace_person(session, given(life), person_id, kept.version, replace(kept.content, **values))

    do(life, change)


def staff_id(life: Life, person_id: UUID) -> str:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        return load_circle(session, person_id).owner.staff_id


def lead_project(owner_engine: Engine, life: Life, lead: UUID) -> None:
    """The first project of the organisation has a lead."""
    with owner_engine.begin() as connection:
        this = Project.id == life.org.projects["proj-533"]
        connection.execute(update(Project).where(this).values(lead_id=lead))
