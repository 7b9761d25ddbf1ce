"""What was known of a timesheet at a past moment, whatever has become of it since."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from models.database import WriteSession
from models.reads.shown_history import KnownShown
from models.rules.accrual_types import AccrualCode
from models.rules.people import PersonContent
from models.rules.transitions import State
from models.store.adjustments import AdjustmentContent, adjust
from models.store.agreements import kept_agreement, replace_agreement
from models.store.delegations import change_end, revoke
from models.store.directory import kept_person, replace_person, set_password
from models.store.projects import kept_project, replace_project
from models.store.recorded import agreements_of
from tests.activities.administering import do, given
from tests.activities.looking_back import history_of, known_at, moment
from tests.desk import Life
from tests.factories import MONDAY, change_policy, hire, worked
from tests.standing_in import in_days, stand_in

NIGHTS = AccrualCode.NIGHT_HOURS


def lines(known: KnownShown) -> list[str]:
    """The entries with their times."""
    return [f"{each.start:%H:%M} – {each.end:%H:%M}" for day in known.days for each in day.entries if each.end]


def chain(known: KnownShown) -> list[str]:
    """Who would have decided, one after the other."""
    return [step.name for step in known.chain]


def left(known: KnownShown, code: AccrualCode = NIGHTS) -> tuple[int, int | None]:
    """What was known to remain, and what is known to now."""
    return next((tile.balance, now) for tile, now in known.balances if tile.code is code)


def make(life: Life, person_id: UUID, **values: Any) -> None:
    """Suzanne lets a person be otherwise."""

    def change(session: WriteSession) -> None:
        kept = kept_person(session, person_id)
        content: PersonContent = replace(kept.content, **values)
        replace_person(session, given(life), person_id, kept.version, content)

    do(life, change)


class TestTheSheet:
    def test_an_entry_is_as_it_was_recorded_then_although_it_was_amended_since(self, life: Life) -> None:
        entry = life.record("09:00", "17:00").entry_id
        then = moment(life)
        assert entry
        life.desk.do(life.duane.amend(entry, 1, worked("10:00", "12:00")))

        known = known_at(life, then)

        assert (lines(known), known.total_minutes) == (["09:00 – 17:00"], 8 * 60)

    def test_an_entry_is_there_although_it_was_removed_since_and_a_later_one_is_not(self, life: Life) -> None:
        entry = life.record("09:00", "17:00").entry_id
        then = moment(life)
        assert entry
        life.desk.do(life.duane.remove(entry, 1))
        life.record("18:00", "19:00")

        assert lines(known_at(life, then)) == ["09:00 – 17:00"]
        assert lines(known_at(life, moment(life))) == ["18:00 – 19:00"]

    def test_it_waits_although_it_was_approved_and_revised_since(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        then = moment(life)
        life.approve()
        approved = moment(life)
        life.revise("It was Tuesday.")

        before, after = known_at(life, then), known_at(life, approved)

        assert before.status
        assert after.status
        assert (before.status.state, before.revision) == ("submitted", 1)
        assert before.status.sentence.startswith("Waiting for Roland Fuller since")
        assert (after.status.state, after.revision) == ("approved", 1)
        assert after.status.sentence.startswith("Approved by Roland Fuller. It locks on")

    def test_a_reason_is_the_one_of_then(self, life: Life) -> None:
        life.bring_to(State.REJECTED)
        rejected = moment(life)
        life.revise("Wrong week.")
        revising = moment(life)
        life.submit()
        life.approve()

        sentences = [status.sentence for at in (rejected, revising) if (status := known_at(life, at).status)]

        assert "rejected it: “Wrong day.”" in sentences[0]
        assert sentences[1].startswith("Revising: Wrong week.")

    def test_before_anything_was_recorded_nothing_was_known(self, life: Life) -> None:
        then = moment(life)
        life.bring_to(State.APPROVED)

        history = history_of(life, then)

        assert history.known is not None
        assert (history.known.status, history.known.days, history.known.chain) == (None, (), ())
        assert (history.items, history.graph.nodes, history.verified.statements) == ((), (), 0)

    def test_the_timeline_and_the_graph_end_there_too(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        then = moment(life)
        life.approve()

        history = history_of(life, then)

        assert [item.event.title for item in history.items if item.event] == [
            "Submitted and certified",
            "Time recorded",
        ]
        assert not any("Approved" in node.lines for node in history.graph.nodes)

    def test_what_is_to_come_is_what_is_known_now(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)

        assert history_of(life, datetime(2199, 1, 1, tzinfo=UTC)).known is None

    def test_a_time_without_a_zone_is_the_owners(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)

        known = known_at(life, datetime(2025, 7, 1, 12, 0))  # noqa: DTZ001 - as browsers send it

        assert known.at.isoformat() == "2025-07-01T12:00:00+01:00"


class TestWhoWouldHaveDecided:
    def test_the_supervisor_is_the_one_of_then(self, life: Life) -> None:
        life.bring_to(State.SUBMITTED)
        then = moment(life)
        make(life, life.org.duane, supervisor_id=life.org.alex)

        before, after = known_at(life, then), known_at(life, moment(life))

        assert before.chain[0].name == "Roland Fuller"
        assert before.chain[0].words == "Asked about the whole timesheet"
        assert after.chain[0].name == "Alex Krycek"
        assert before.looked_up == ("Roland Fuller was looked up as approver when it was submitted.",)

    def test_who_was_above_the_supervisor_is_asked_next(self, life: Life) -> None:
        life.record()
        then = moment(life)
        make(life, life.org.roland, supervisor_id=None)

        assert chain(known_at(life, then)) == ["Roland Fuller", "Alex Krycek", "the administrators"]
        assert chain(known_at(life, moment(life))) == ["Roland Fuller", "the administrators"]

    def test_whoever_was_a_supervisor_then_is_one_although_they_are_none_now(self, life: Life) -> None:
        life.record()
        then = moment(life)
        make(life, life.org.roland, roles=frozenset({"worker"}), name="R. Fuller")
        gone = moment(life)
        make(life, life.org.roland, active=False)

        assert chain(known_at(life, then)) == ["Roland Fuller", "Alex Krycek", "the administrators"]
        assert chain(known_at(life, gone)) == ["Alex Krycek", "the administrators"]

    def test_a_password_says_nothing_of_who_somebody_was(self, life: Life, owner_engine: Engine) -> None:
        life.record()
        then = moment(life)
        make(life, life.org.roland, email="roland@example.org")
        do(life, lambda session: set_password(session, given(life), life.org.roland, "hashed"))
        make(life, life.org.duane, supervisor_id=life.org.alex)

        assert chain(known_at(life, then))[0] == "Roland Fuller"

    def test_who_stood_in_then_stands_in_although_it_was_revoked_since(self, life: Life, owner_engine: Engine) -> None:
        life.bring_to(State.SUBMITTED)
        without = moment(life)
        skinner = hire(owner_engine, life.org, "Walter Skinner", "supervisor")
        kept = stand_in(life.desk.engine, life.org, life.org.roland, skinner)
        then = moment(life)
        do(life, lambda session: revoke(session, given(life, by=life.org.roland), kept.id, None))

        assert [each.split(" until ")[0] for each in known_at(life, then).stand_ins] == [
            "Walter Skinner stands in for Roland Fuller"
        ]
        assert known_at(life, without).stand_ins == known_at(life, moment(life)).stand_ins == ()

    def test_a_grant_ends_on_the_day_that_was_said_then(self, life: Life, owner_engine: Engine) -> None:
        life.bring_to(State.SUBMITTED)
        skinner = hire(owner_engine, life.org, "Walter Skinner", "supervisor")
        kept = stand_in(life.desk.engine, life.org, life.org.roland, skinner, last=5)
        then = moment(life)
        before = known_at(life, then).stand_ins
        by_roland = given(life, by=life.org.roland)
        do(life, lambda session: change_end(session, by_roland, kept.id, kept.version, in_days(20), None))

        assert known_at(life, then).stand_ins == before != known_at(life, moment(life)).stand_ins

    def test_after_the_supervisor_the_leads_of_then_are_asked(self, life: Life, owner_engine: Engine) -> None:
        change_policy(owner_engine, life.org, approval_stages=["supervisor", "project_lead"])
        dogs = life.org.projects["proj-533"]
        leads = [hire(owner_engine, life.org, name, "project_lead") for name in ("Marita", "Monica")]
        lead(life, dogs, leads[0])
        life.desk.do(life.duane.record(worked("09:00", "17:00", project_id=dogs)))
        life.submit()
        life.approve()
        then = moment(life)
        lead(life, dogs, leads[1])

        before, after = known_at(life, then), known_at(life, moment(life))

        assert (before.chain[0].name, before.chain[0].words) == ("Marita", "Asked about the lines on one project")
        assert after.chain[0].name == "Monica"


class TestBalances:
    def test_a_balance_is_that_of_what_was_recorded_by_then(self, life: Life) -> None:
        entry = life.record("22:00", "24:00").entry_id
        then = moment(life)
        assert entry
        life.desk.do(life.duane.amend(entry, 1, worked("21:00", "23:00")))
        amended = moment(life)
        life.desk.do(life.duane.amend(entry, 2, worked("23:00", "25:00")))
        again = moment(life)
        life.desk.do(life.duane.remove(entry, 3))

        known = [left(known_at(life, at)) for at in (then, amended, again)]

        assert known == [(10_000 - 60, 10_000), (10_000, 10_000), (10_000 - 120, 10_000)]

    def test_an_adjustment_made_since_was_not_known(self, life: Life) -> None:
        life.record("22:00", "24:00")
        then = moment(life)
        what = AdjustmentContent(life.org.duane, NIGHTS, MONDAY, 500, "Agreed with him.")
        do(life, lambda session: adjust(session, given(life), what))

        assert left(known_at(life, then)) == (10_000 - 60, 10_500 - 60)
        assert left(known_at(life, moment(life)))[0] == 10_500 - 60

    def test_an_agreement_changed_since_is_that_of_then(self, life: Life) -> None:
        life.record("22:00", "24:00")
        then = moment(life)
        opening(life, NIGHTS, 7_000)

        assert left(known_at(life, then)) == (10_000 - 60, 7_000 - 60)

    def test_what_was_computed_again_since_is_as_it_was_computed_then(self, life: Life) -> None:
        life.record("22:00", "24:00")
        then = moment(life)
        make(life, life.org.duane, time_zone="America/New_York")

        known = known_at(life, then)

        assert left(known)[0] == 10_000 - 60


def lead(life: Life, project_id: UUID, person_id: UUID) -> None:
    """Suzanne lets somebody lead a project."""

    def change(session: WriteSession) -> None:
        kept = kept_project(session, project_id)
        content = replace(kept.content, lead_id=person_id)
        replace_project(session, given(life), project_id, kept.version, content)

    do(life, change)


def opening(life: Life, code: AccrualCode, balance: int) -> None:
    """Suzanne lets an agreement of Duane's begin with another balance."""

    def change(session: WriteSession) -> None:
        (id_,) = agreements_of(session, [life.org.duane])[life.org.duane]
        kept = kept_agreement(session, id_)
        targets = {**kept.content.targets, code: replace(kept.content.targets[code], opening_balance=balance)}
        content = replace(kept.content, targets=targets)
        replace_agreement(session, given(life), id_, kept.version, content)

    do(life, change)
