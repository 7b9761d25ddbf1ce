"""Every page in every state: no violation that axe knows, light and dark, on a desk and on a phone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import Engine, delete, func, insert, text, update

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.rules.notices import NoticeKind
from models.rules.periods import Period
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, ON_CALL, OVERTIME, SHIFT
from models.store.adjustments import AdjustmentContent, adjust
from models.store.bulk import CANCELLED, Pick, ask_bulk
from models.store.changes import GivenBy
from models.store.dead_letters import keep_letter
from models.store.duties import AskedCheck, run_check
from models.store.mail_decisions import make_link
from models.store.owner_review import Answer, Verdict, answer
from models.store.summaries import SummaryAsked, summarise
from models.tables.accruals import Accrual, Agreement, AgreementTarget
from models.tables.approval import BulkDecision, BulkDecisionRow
from models.tables.delivery import WebhookAttempt
from models.tables.provenance import LedgerStatement
from models.tables.timesheet import Decision, Submission
from tests.activities.hooks import hooked
from tests.activities.sealed import seal_some
from tests.crowd import APPROVE, Crowd
from tests.desk import Life
from tests.e2e.conftest import DESK, PHONE, People
from tests.e2e.steps import TODAY, act_for, edit, fill_times, record
from tests.factories import MONDAY, Asking, change_person, change_policy, give_role, hire, worked
from tests.mailbox import tell
from tests.projects import DOGS, lead, work
from tests.standing_in import change_delegation, in_days, stand_in

pytestmark = pytest.mark.e2e

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()

CHECK = """async () => {
  const {violations} = await axe.run({resultTypes: ["violations"], rules: {"target-size": {enabled: true}}});
  const told = (nodes) => nodes.map(({html, failureSummary}) => `${html} ${failureSummary}`).join("; ");
  return violations.map(({id, nodes}) => `${id}: ${told(nodes)}`);
}"""

NOWHERE = "http://127.0.0.1:1"
"""Where nobody answers."""

LOOKS: tuple[tuple[tuple[ViewportSize, Literal["light", "dark"]], ...], ...] = (
    ((DESK, "light"), (PHONE, "dark")),
    ((DESK, "dark"), (PHONE, "light")),
)
"""Each page in one of these pairs: so what differs by theme and by width is seen on all, and the frame in all four."""


@dataclass(frozen=True)
class Scene:
    """Who looks at what, after what was done: the test then only looks."""

    people: People
    life: Life
    owner_engine: Engine

    def duane(self, state: State | None = None, path: str | None = None) -> Page:
        """Duane on a page, his week if no other, with that in a state; nothing is recorded when there is none."""
        if state:
            self.life.bring_to(state)
        page = self.people.somebody(self.life.org, self.life.org.duane)
        page.goto(path or self.week)
        return page

    def roland(self, path: str, state: State | None = State.SUBMITTED) -> Page:
        """Roland on a page of his."""
        if state:
            self.life.bring_to(state)
        page = self.people.somebody(self.life.org, self.life.org.roland)
        page.goto(path)
        return page

    def suzanne(self, path: str) -> Page:
        """The administrator somewhere."""
        page = self.people.somebody(self.life.org, self.life.org.suzanne)
        page.goto(path)
        return page

    def diana(self, path: str) -> Page:
        """The auditor somewhere."""
        page = self.people.somebody(self.life.org, self.life.org.diana)
        page.goto(path)
        return page

    @property
    def week(self) -> str:
        """The address of Duane's week."""
        return f"/people/{self.staff_id}/week/{MONDAY}"

    @property
    def staff_id(self) -> str:
        """Duane's."""
        return f"{self.life.org.slug}-2"

    @property
    def sheet(self) -> str:
        """The last part of the addresses of Duane's timesheet."""
        return str(self.life.key.timesheet_id)


def sign_in(scene: Scene) -> Page:
    page = scene.people.nobody()
    page.goto("/sign-in")
    return showing(page, "This is a demonstration")


def sign_in_refused(scene: Scene) -> Page:
    page = sign_in(scene)
    page.get_by_label("Staff ID").fill("staff-4366")
    page.get_by_label("Password").fill("not this")
    page.get_by_role("button", name="Sign in").click()
    return showing(page, "password is not right")


def week_empty(scene: Scene) -> Page:
    return showing(scene.duane(), "Nothing recorded in this week")


def week_draft(scene: Scene) -> Page:
    scene.life.desk.do(scene.life.duane.record(worked("06:00", None, task="washing dog")))
    return showing(scene.duane(), "since 06:00")


def week_submitted(scene: Scene) -> Page:
    return showing(scene.duane(State.SUBMITTED), "Submitted")


def week_rejected(scene: Scene) -> Page:
    return showing(scene.duane(State.REJECTED), "Rejected")


def week_approved(scene: Scene) -> Page:
    return showing(scene.duane(State.APPROVED), "Approved")


def week_locked(scene: Scene) -> Page:
    return showing(scene.duane(State.LOCKED), "Locked")


def entry_recorded(scene: Scene) -> Page:
    page = scene.duane()
    record(page, MONDAY, "09:00", "17:00")
    return showing(page, "Recorded.")


def entry_refused(scene: Scene) -> Page:
    page = scene.duane(State.DRAFT)
    fill_times(page, "16:00", "25:00")
    page.get_by_label("Meal break").fill("half")
    page.get_by_role("button", name="Add to Monday").click()
    return showing(page, "Look at the fields marked below.")


def entry_overlapping(scene: Scene) -> Page:
    page = scene.duane(State.DRAFT)
    fill_times(page, "16:00", "18:00")
    page.get_by_role("button", name="Add to Monday").click()
    return showing(page, "must not overlap")


def entry_edited_in_a_revision(scene: Scene) -> Page:
    scene.life.bring_to(State.REJECTED)
    scene.life.revise()
    page = scene.duane()
    edit(page)
    return showing(page, "It is kept in the history")


def submit_dialog(scene: Scene) -> Page:
    page = scene.duane(State.DRAFT)
    page.get_by_role("link", name="Submit week").click()
    page.get_by_role("button", name="Certify and submit").click()
    return showing(page, "Without it nothing is submitted.")


def submit_page(scene: Scene) -> Page:
    return showing(scene.duane(State.DRAFT, f"/timesheets/{scene.sheet}/submission"), "Certify and submit")


def recall_dialog(scene: Scene) -> Page:
    page = scene.duane(State.SUBMITTED)
    page.get_by_role("link", name="Recall…").click()
    page.get_by_role("button", name="Recall").click()
    expect(page.get_by_role("dialog").locator(".problem")).to_be_visible()
    return page


def revise_page(scene: Scene) -> Page:
    return showing(scene.duane(State.REJECTED, f"/timesheets/{scene.sheet}/revision"), "Start the revision")


def inbox(scene: Scene) -> Page:
    return showing(scene.roland("/inbox"), "1 timesheet waits")


def inbox_empty(scene: Scene) -> Page:
    return showing(scene.roland("/inbox", state=None), "All decided")


def inbox_search_of_nobody(scene: Scene) -> Page:
    return showing(scene.roland("/inbox?q=Quill"), "Nobody called")


def inbox_keys(scene: Scene) -> Page:
    page = scene.roland("/inbox")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def review(scene: Scene) -> Page:
    scene.life.bring_to(State.REJECTED)
    scene.life.revise()
    scene.life.record("18:00", "19:00")
    scene.life.submit()
    return showing(scene.roland(f"/inbox/{scene.sheet}", state=None), "What changed since it was submitted on")


def inbox_exceptions(scene: Scene) -> Page:
    page = scene.roland("/inbox?tab=exceptions")
    page.get_by_role("checkbox", name="Select Duane Barry").check()
    return showing(page, "under plan")


def inbox_nothing_ready(scene: Scene) -> Page:
    return showing(scene.roland("/inbox?tab=ready"), "Nothing without exceptions")


def inbox_delegated(scene: Scene) -> Page:
    return showing(scene.roland("/inbox?tab=delegated"), "You stand in for nobody today")


def inbox_not_submitted(scene: Scene) -> Page:
    last_week = Asking(scene.life.org, scene.life.org.duane, scene.life.org.duane, MONDAY - timedelta(weeks=1))
    scene.life.desk.do(last_week.record(worked("09:00", "17:00", last_week.day)))
    return showing(scene.roland("/inbox?tab=not-submitted", state=None), "not yet")


def inbox_decided(scene: Scene) -> Page:
    return showing(scene.roland("/inbox?tab=decided", state=State.APPROVED), "Take back…")


def inbox_taking_back(scene: Scene) -> Page:
    page = inbox_decided(scene)
    page.get_by_role("link", name="Take back…").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("dialog").locator(".problem")).to_be_visible()
    return page


def inbox_undo(scene: Scene) -> Page:
    page = scene.roland(f"/inbox/{scene.sheet}")
    page.get_by_role("button", name="Approve").click()
    return showing(page, "Undo")


def review_rejection_refused(scene: Scene) -> Page:
    page = scene.roland(f"/inbox/{scene.sheet}")
    page.keyboard.press("r")
    page.get_by_role("button", name="Reject with this reason").click()
    expect(page.locator("#review .problem")).to_be_visible()
    return page


def review_decided_meanwhile(scene: Scene) -> Page:
    page = scene.roland(f"/inbox/{scene.sheet}")
    scene.life.approve()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#review .note")).to_be_visible()
    return page


def acting_asked(scene: Scene) -> Page:
    page = scene.suzanne("/admin/people")
    page.get_by_role("link", name="Act for… Duane Barry").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def acting_refused(scene: Scene) -> Page:
    page = scene.suzanne(f"/admin/people/{scene.staff_id}/acting")
    page.get_by_role("button", name="Start acting").click()
    return showing(page, "it stands beside everything you do")


def acting(scene: Scene) -> Page:
    page = scene.suzanne("/")
    act_for(page, scene.staff_id, "Duane Barry", "Duane is on site without a network.")
    return page


def history(scene: Scene) -> Page:
    return showing(scene.duane(State.REJECTED, f"/history/{scene.sheet}"), "Everything that happened")


def history_compared(scene: Scene) -> Page:
    """A revision that is longer than what was certified, and everything under a seal."""
    scene.life.bring_to(State.APPROVED)
    scene.life.revise("It was longer.")
    entry = scene.life.desk.live(scene.life.key)[0]
    because = scene.life.because(scene.life.duane, "It was longer.")
    scene.life.desk.do(because.amend(entry.id, 1, worked("09:00", "18:00")))
    seal_some(scene.life.desk.engine, scene.life.org)
    return showing(scene.duane(path=f"/history/{scene.sheet}#compared"), "The present draft")


def history_known_then(scene: Scene) -> Page:
    """What was known before the approval."""
    page = scene.duane(State.APPROVED, f"/history/{scene.sheet}")
    page.get_by_role("link", name="As known then Submitted").click()
    return showing(page, "This is what was known at")


def history_refused(scene: Scene) -> Page:
    return showing(scene.duane(State.DRAFT, f"/history/{scene.sheet}?at=yesterday"), "Give a day and a time")


def history_that_does_not_hold(scene: Scene) -> Page:
    scene.life.bring_to(State.APPROVED)
    with scene.owner_engine.begin() as connection:
        this = update(LedgerStatement).where(LedgerStatement.tenant_id == scene.life.org.tenant_id)
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(this.values(digest=func.reverse(LedgerStatement.digest)))
    return showing(scene.duane(path=f"/history/{scene.sheet}"), "The record does not hold")


def history_exports(scene: Scene) -> Page:
    page = history(scene)
    page.get_by_text("Export").click()
    return showing(page, "To print, sign and file")


def receipt(scene: Scene) -> Page:
    return showing(scene.duane(State.APPROVED, f"/timesheets/{scene.sheet}/receipt"), "How to check it")


def balances(scene: Scene) -> Page:
    scene.life.desk.do(scene.life.duane.record(worked("18:00", "24:00", type_id=ON_CALL)))
    adjusted(scene, MONDAY, "By hand.")
    page = scene.duane(State.DRAFT, f"/balances?on={MONDAY}")
    page.get_by_text("Show as a table").click()
    page.locator("#plot").focus()
    return showing(page, "Should be left")


def balances_untouched(scene: Scene) -> Page:
    page = scene.duane(path="/balances")
    page.get_by_text("Show as a table").click()
    return showing(page, "Nothing has counted yet")


def balances_without_an_agreement(scene: Scene) -> Page:
    with scene.owner_engine.begin() as connection:
        for table in (AgreementTarget, Agreement):
            connection.execute(delete(table).where(table.tenant_id == scene.life.org.tenant_id))
    return showing(scene.duane(State.DRAFT, path=f"/balances?on={MONDAY}"), "Not counted yet")


def balances_in_a_gap(scene: Scene) -> Page:
    """A day without an agreement, beside a year with one."""
    return showing(scene.suzanne(f"/balances?on=2030-01-01&person={scene.staff_id}"), "Add an agreement")


def team_balances(scene: Scene) -> Page:
    """Somebody with a target, and somebody without an agreement."""
    hire(scene.owner_engine, scene.life.org, "Monica Reyes", "worker", supervisor=scene.life.org.roland)
    return showing(scene.roland(f"/balances/team?on={MONDAY}", State.DRAFT), "No agreement")


def team_balances_of_nobody(scene: Scene) -> Page:
    page = scene.roland(f"/balances/team?on={MONDAY}&status=over_target", state=None)
    return showing(page, "Nobody like that")


def explain(scene: Scene, code: str = "ANNUAL_TARGET_HOURS") -> Page:
    return scene.duane(path=f"/balances/explain?type={code}&date={MONDAY}")


def balance_explained(scene: Scene) -> Page:
    busy_day(scene)
    return showing(explain(scene), "To the minute: 100000 − 420 + 0 = 99580 min.")


def balance_of_flex_credits_explained(scene: Scene) -> Page:
    busy_day(scene)
    return showing(explain(scene, "FLEXIBLE_CREDITS"), "The change itself uses 1 credit")


def balance_explained_as_wrong(scene: Scene) -> Page:
    scene.life.bring_to(State.APPROVED)
    with scene.owner_engine.begin() as connection:
        theirs = Accrual.person_id == scene.life.org.duane
        connection.execute(update(Accrual).where(theirs).values(balance=Accrual.balance + 1))
    return showing(explain(scene), "The stored balances are wrong.")


def balance_not_counted_explained(scene: Scene) -> Page:
    scene.life.record()
    with scene.owner_engine.begin() as connection:
        for table in (AgreementTarget, Agreement):
            connection.execute(delete(table).where(table.tenant_id == scene.life.org.tenant_id))
    return showing(explain(scene), "Not counted yet")


def people_listed(scene: Scene) -> Page:
    change_person(scene.owner_engine, scene.life.org.max, active=False)
    return showing(scene.suzanne("/admin/people?inactive=yes"), "Inactive")


def people_search_of_nobody(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/people?q=Quill"), "Nobody is called")


def person_new(scene: Scene) -> Page:
    page = scene.suzanne("/admin/people/new")
    page.get_by_label("Mail address").fill("nobody")
    page.get_by_label("Time zone").fill("Mars/Base")
    page.get_by_role("button", name="Add this person").click()
    return showing(page, "no time zone “Mars/Base”")


def person_changed(scene: Scene) -> Page:
    page = scene.suzanne(f"/admin/people/{scene.staff_id}")
    page.get_by_label("Name").fill("Duane B.")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Set a password").click()
    return showing(page, "is shown only now")


def projects(scene: Scene) -> Page:
    page = scene.suzanne("/admin/projects/proj-533")
    page.get_by_label("Active").uncheck()
    page.get_by_role("button", name="Save changes").click()
    showing(page, "Saved.")
    page.goto("/admin/projects")
    return showing(page, "Inactive")


def project_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/projects/proj-533")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Save changes").click()
    return showing(page, "1 to 200 characters")


def types(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/types"), "Whole days")


def type_refused(scene: Scene) -> Page:
    page = scene.suzanne(f"/admin/types/{SHIFT}")
    page.get_by_label("Name").fill("Absence")
    page.get_by_role("button", name="Save changes").click()
    return showing(page, "Another type has this name already")


def agreements(scene: Scene) -> Page:
    """Somebody without one, and a rule in the history."""
    hire(scene.owner_engine, scene.life.org, "Monica Reyes", "worker", supervisor=scene.life.org.roland)
    page = scene.suzanne("/admin/agreements")
    page.get_by_label("Balances count as on target").fill("7")
    page.get_by_role("button", name="Save the rule").click()
    return showing(page, "On target within percent")


def agreements_of_nobody(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/agreements?q=Quill"), "Nobody is to be shown")


def agreement_refused(scene: Scene) -> Page:
    """With all that is said of a next year, beside the year before."""
    page = scene.suzanne(f"/admin/agreements/new?person={scene.staff_id}")
    page.get_by_label("Night hours: target").fill("many")
    page.get_by_label("Standard day").fill("long")
    page.get_by_role("button", name="Add this agreement").click()
    return showing(page, "“many” cannot be read")


def agreement_changed(scene: Scene) -> Page:
    page = scene.suzanne("/admin/agreements?q=Duane")
    page.get_by_role("link", name="Edit the agreement of Duane Barry").click()
    page.get_by_label("Night hours: target").fill("100 h")
    page.get_by_role("button", name="Save changes").click()
    return showing(page, "1 balance changed")


def adjustments(scene: Scene) -> Page:
    adjusted(scene, MONDAY, "By hand, after we had talked about it.")
    return showing(scene.suzanne("/admin/adjustments"), "By hand")


def adjustments_like_none(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/adjustments?type=NIGHT_HOURS"), "No adjustment is like that")


def adjustment_refused(scene: Scene) -> Page:
    page = scene.suzanne(f"/admin/adjustments/new?person={scene.staff_id}&type=NIGHT_HOURS&date={MONDAY}&value=1")
    page.get_by_role("button", name="Adjust the balance").click()
    return showing(page, "Say why")


def person_with_books(scene: Scene) -> Page:
    busy_day(scene)
    adjusted(scene, MONDAY, "By hand.")
    return showing(scene.suzanne(f"/admin/people/{scene.staff_id}"), "By hand.")


def credit_offered(scene: Scene) -> Page:
    busy_day(scene)
    return showing(scene.suzanne(scene.week), "Give the credit back")


def credit_refused(scene: Scene) -> Page:
    page = credit_offered(scene)
    page.locator(".give-back textarea").fill(" ")
    page.get_by_role("button", name="Give the credit back").click()
    return showing(page, "Say why")


def adjusted(scene: Scene, day: date, reason: str) -> None:
    """Suzanne gave Duane an hour and a half."""
    given = GivenBy(scene.life.org.tenant_id, scene.life.org.suzanne, uuid4())
    with command_transaction(scene.life.desk.engine, given.tenant_id) as session:
        adjust(
            session, given, AdjustmentContent(scene.life.org.duane, AccrualCode.ANNUAL_TARGET_HOURS, day, 90, reason)
        )


def holidays(scene: Scene) -> Page:
    """One day added, one left out, both in the history."""
    page = scene.suzanne("/admin/holidays?place=GB-ENG&year=2026")
    page.get_by_label("Day", exact=True).fill(MONDAY.isoformat())
    page.get_by_label("Name").fill("Founders’ day")
    page.get_by_role("button", name="Add this day").click()
    page.get_by_role("button", name="Leave out Friday 25 December", exact=True).click()
    return showing(page, "Left out")


def holidays_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/holidays?place=GB-ENG&year=2026")
    page.get_by_label("Day", exact=True).fill("2026-12-25")
    page.get_by_role("button", name="Add this day").click()
    return showing(page, "a public holiday of GB-ENG already")


def what_if_answered(scene: Scene) -> Page:
    scene.life.record("22:00", "30:00")
    page = scene.suzanne(f"/admin/types/{SHIFT}")
    page.get_by_label("Night hours").uncheck()
    page.get_by_role("button", name="See what it would change").click()
    return showing(page, "1 of 6 people would have other balances")


def what_if_refused(scene: Scene) -> Page:
    """With a look in the list."""
    page = what_if_answered(scene)
    page.goto("/admin/what-if")
    page.get_by_role("button", name="See what it would change").click()
    return showing(page, "cannot be read")


def rebuild_going_on(scene: Scene) -> Page:
    page = scene.suzanne("/admin/rebuilds")
    page.get_by_label("At most so many people each second").fill("1")
    page.get_by_role("button", name="Rebuild all balances").click()
    return showing(page, "Going on")


def rebuild_stopped(scene: Scene) -> Page:
    page = rebuild_going_on(scene)
    page.get_by_role("button", name="Stop").click()
    return showing(page, "Go on with the other")


def rebuilds(scene: Scene) -> Page:
    page = rebuild_stopped(scene)
    page.goto("/admin/rebuilds")
    page.get_by_label("At most so many people each second").fill("many")
    page.get_by_role("button", name="Rebuild all balances").click()
    return showing(page, "whole number from 1 to 10,000")


def list_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/people/import")
    page.get_by_label("Or paste it here").fill("staff_id,salary")
    page.get_by_role("button", name="Look at every line").click()
    return showing(page, "cannot be left out")


def list_looked_at(scene: Scene) -> Page:
    page = scene.suzanne("/admin/people/import")
    lines = (
        "staff_id,name",
        "staff-1,Walter",
        f"{scene.staff_id},Duane B.",
        "staff-2,",
        f"{scene.life.org.slug}-0,Alex Krycek",
    )
    page.get_by_label("Or paste it here").fill("\n".join(lines))
    page.get_by_role("button", name="Look at every line").click()
    return showing(page, "Some lines are refused")


def events_kept(scene: Scene) -> Page:
    """Events that could not be taken, one of them unfolded."""
    with command_transaction(scene.life.desk.engine, scene.life.org.tenant_id) as session:
        for number in range(3):
            body = f'{{"id": {number}, "source": "/roster"}}'
            keep_letter(session, scene.life.org.tenant_id, scene.life.org.roland, "http", body, "It is not understood.")
    page = scene.suzanne("/admin/events")
    page.get_by_text("Show the event").first.click()
    return page


def events_all_taken(scene: Scene) -> Page:
    return scene.suzanne("/admin/events")


def entries_to_read_in(scene: Scene) -> Page:
    page = scene.duane(path="/import")
    page.get_by_role("button", name="Look at every line").click()
    expect(page.get_by_text("Choose a file, or paste a list")).to_be_visible()
    return page


def entries_looked_at(scene: Scene) -> Page:
    """A list with lines of either verdict."""
    return read_in(scene, f"nobody,{MONDAY},Shift,09:00,10:00")


def entries_recorded(scene: Scene) -> Page:
    page = read_in(scene)
    page.get_by_role("button", name="Record all").click()
    expect(page.get_by_text("All 2 lines are recorded")).to_be_visible()
    return page


def read_in(scene: Scene, *others: str) -> Page:
    """Duane's list of a shift and an absence, after every line was checked."""
    days = [MONDAY, MONDAY + timedelta(days=1)]
    mine = [f"{scene.staff_id},{days[0]},Shift,09:00,17:00", f"{scene.staff_id},{days[1]},Absence,,"]
    page = scene.duane(path="/import")
    page.get_by_label("Or paste it here").fill("\n".join(["staff_id,date,type,start,finish", *mine, *others]))
    page.get_by_role("button", name="Look at every line").click()
    expect(page.get_by_text("Can be recorded").first).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    return page


def access_made(scene: Scene) -> Page:
    """A calendar address just made."""
    page = scene.duane(path="/access")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_text("It is shown this once.")).to_be_visible()
    return page


def access_empty(scene: Scene) -> Page:
    return scene.duane(path="/access")


def no_such_page(scene: Scene) -> Page:
    return showing(scene.duane(path="/nowhere"), "There is no such page")


def something_went_wrong(scene: Scene) -> Page:
    change_person(scene.owner_engine, scene.life.org.duane, time_zone="Nowhere/At_All")
    return showing(scene.suzanne(scene.week), "Something went wrong")


def full_grid(scene: Scene) -> None:
    """Everything that a cell can show: hours, too many of them, several entries, a plan, a whole day, nothing."""
    life, days = scene.life, [MONDAY + timedelta(days=number) for number in range(7)]
    dogs = life.org.projects["proj-533"]
    life.desk.do(life.duane.record(worked("08:00", "18:30", days[0], project_id=dogs, task="washing dog")))
    life.desk.do(life.duane.record(worked("09:00", "12:00", days[1], OVERTIME)))
    life.desk.do(life.duane.record(worked("13:00", "14:00", days[1], OVERTIME)))
    life.desk.do(life.duane.record(worked("00:00", "24:00", days[2], ABSENCE)))
    life.desk.do(life.duane.record(worked("09:02", None, days[3], project_id=dogs)))
    life.plan("09:00", "17:00", days[4])


def grid_full(scene: Scene) -> Page:
    full_grid(scene)
    page = showing(scene.duane(), "Day total")
    page.get_by_text("Copy last week", exact=True).click()
    return page


def grid_saved(scene: Scene) -> Page:
    full_grid(scene)
    page = scene.duane()
    page.get_by_label("Overtime, Friday").fill("2")
    page.keyboard.press("Enter")
    page.get_by_label("Overtime, Saturday").fill("1")
    return showing(page, "Recorded: Friday 20 November, 17:00 – 19:00.")


def grid_refused(scene: Scene) -> Page:
    full_grid(scene)
    page = scene.duane()
    for day, typed in (("Monday", "9-12"), ("Saturday", "half")):
        page.get_by_label(f"Overtime, {day}").fill(typed)
        page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_have_text("Not saved: 2")
    page.get_by_text("Add a row", exact=True).click()
    return showing(page, "“half” cannot be read.")


def grid_wants_a_reason(scene: Scene) -> Page:
    scene.life.bring_to(State.REJECTED)
    scene.life.revise()
    page = scene.duane()
    page.get_by_label("Shift, Monday").fill("")
    page.keyboard.press("Enter")
    return showing(page, "certified before. Please give a reason")


def grid_of_others(scene: Scene) -> Page:
    full_grid(scene)
    return showing(scene.roland(scene.week, state=None), "Why do you change it?")


def week_keys(scene: Scene) -> Page:
    page = scene.duane()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def clock_running(scene: Scene) -> Page:
    page = scene.duane(path="/week")
    page.locator("summary", has_text="Go to a date").click()
    page.locator(".timer summary").click()
    page.get_by_role("button", name="Start the clock").click()
    return showing(page, "Stop it when you are done.")


def clock_refused(scene: Scene) -> Page:
    page = scene.duane(path="/week")
    page.locator(".timer summary").click()
    mine = Asking(scene.life.org, scene.life.org.duane, scene.life.org.duane, TODAY)
    scene.life.desk.do(mine.record(worked("00:00", "24:00", TODAY, ABSENCE)))
    page.get_by_role("button", name="Start the clock").click()
    return showing(page, "the whole day")


def busy_day(scene: Scene) -> UUID:
    """A Monday with a shift changed at short notice, a note, a planned shift, and what Roland did; the entry's id."""
    life = scene.life
    done = life.desk.do(life.duane.record(worked("09:00", "17:00", note="Two dogs.")))
    assert done.entry_id
    life.desk.do(life.duane.change_shift(FlexType.EXTENDED, done.entry_id, worked("09:00", "17:45"), note="Late bus."))
    life.plan("18:00", "22:00", shift_type="Late")
    life.desk.do(life.because(life.roland, "He left early.").amend(done.entry_id, 2, worked("09:00", "16:00")))
    noted = life.because(life.roland, "He asked me to.").note("Was on site.")
    life.desk.do(noted)
    life.desk.do(replace(life.next_week, actor=life.org.roland, reason="He asked me to.").note("On site again."))
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        answer(session, Answer(life.org.tenant_id, life.org.duane, noted.id, Verdict.DISPUTED, "I was ill."))
    return done.entry_id


def around_entries(scene: Scene) -> Page:
    busy_day(scene)
    return showing(scene.duane(), "Others wait for your answer, too: week of 23 November")


def around_entries_for_a_supervisor(scene: Scene) -> Page:
    busy_day(scene)
    page = scene.roland(scene.week, state=None)
    page.locator("summary", has_text="Did not work").click()
    return showing(page, "I was ill.")


def around_entries_refused(scene: Scene) -> Page:
    busy_day(scene)
    page = scene.duane()
    page.get_by_text("Add a note").click()
    page.get_by_role("button", name="Keep this note").click()
    return showing(page, "Write what you want to have said.")


def dispute_refused(scene: Scene) -> Page:
    busy_day(scene)
    page = scene.duane()
    page.locator("#acts summary").click()
    page.locator("#acts").get_by_role("button", name="Dispute").click()
    return showing(page, "Say what is not right")


def entry_with_notes_edited(scene: Scene) -> Page:
    return showing(scene.duane(path=f"{scene.week}?edit={busy_day(scene)}"), "Add another note")


def flex_asked(scene: Scene) -> Page:
    busy_day(scene)
    page = scene.duane()
    page.get_by_role("link", name="Changed at short notice").click()
    page.locator("#flex-finish").fill("18:00")
    return showing(page, "Adds 120 min at the end.")


def flex_refused(scene: Scene) -> Page:
    page = scene.duane(path=f"{scene.week}/entries/{busy_day(scene)}/flex-change")
    page.get_by_label("Curtailed").check()
    page.get_by_label("Start").fill("25:00")
    page.get_by_role("button", name="Record the change").click()
    return showing(page, "Say who authorised it.")


def flex_without_an_entry(scene: Scene) -> Page:
    page = scene.duane()
    page.get_by_text("Shift changed at short notice…").click()
    return showing(page, "A change is recorded on an entry")


def submit_with_planned_shifts(scene: Scene) -> Page:
    busy_day(scene)
    page = scene.duane()
    page.get_by_role("link", name="Submit week").click()
    return showing(page, "1 planned shift is not confirmed yet")


def history_of_a_busy_day(scene: Scene) -> Page:
    busy_day(scene)
    return showing(scene.duane(path=f"/history/{scene.sheet}"), "Shift extended")


def notified(scene: Scene) -> Page:
    """What is read and what is not, of every tone."""
    scene.life.bring_to(State.REJECTED)
    for day in (16, 17):
        tell(scene.life.desk, scene.life.org, scene.life.org.duane, NoticeKind.RECORD_REMINDER, days=[f"2026-11-{day}"])
    page = scene.duane(path="/notifications")
    page.get_by_role("button", name="Open the week").first.click()
    page.goto("/notifications")
    return showing(page, "was rejected")


def notified_of_nothing(scene: Scene) -> Page:
    return showing(scene.duane(path="/notifications"), "Nothing yet")


def ways_of_being_told(scene: Scene) -> Page:
    page = scene.duane(path="/notifications/settings")
    page.get_by_role("checkbox", name="A working day has no entry yet: By mail").uncheck()
    page.get_by_role("button", name="Save").click()
    return showing(page, "Not as usual")


def mail_opened(scene: Scene) -> Page:
    """By a link in a mail to Roland, in a browser that is signed in nowhere."""
    scene.life.bring_to(State.SUBMITTED)
    key = scene.life.key
    with command_transaction(scene.life.desk.engine, key.tenant_id) as session:
        digest = scene.life.desk.digest(key)
        token = make_link(session, key.tenant_id, scene.life.org.roland, key.timesheet_id, digest)
    page = scene.people.nobody()
    page.goto(f"/mail/{token}")
    return showing(page, "Approve as Roland Fuller")


def mail_refused(scene: Scene) -> Page:
    page = mail_opened(scene)
    page.get_by_text("Reject…").click()
    page.get_by_role("button", name="Reject with this reason").click()
    expect(page.locator(".problem")).to_be_visible()
    return page


def mail_used(scene: Scene) -> Page:
    page = mail_opened(scene)
    page.get_by_role("button", name="Approve as Roland Fuller").click()
    return showing(page, "Roland Fuller approved the timesheet")


def projects_led(scene: Scene) -> Page:
    _summary(scene)
    return showing(scene.roland("/projects", None), "dog grooming")


def projects_of_nobody(scene: Scene) -> Page:
    give_role(scene.owner_engine, scene.life.org, scene.life.org.roland, "project_lead")
    return showing(scene.roland("/projects", None), "You lead no project")


def summaries(scene: Scene) -> Page:
    """With what is approved, what is still missing, and one that was made before."""
    _summary(scene)
    work(scene.life.desk, scene.life.org, scene.life.org.duane, state=State.SUBMITTED)
    page = scene.roland(f"/projects/{DOGS}/summary?from={MONDAY}&to={MONDAY + timedelta(days=40)}", None)
    page.get_by_text("Show by task").click()
    return showing(page, "Still missing")


def summaries_refused(scene: Scene) -> Page:
    """On behalf of the lead, without a reason."""
    _summary(scene)
    page = scene.suzanne(f"/projects/{DOGS}/summary?from={MONDAY}&to={MONDAY}")
    page.get_by_role("button", name="Create this summary").click()
    return showing(page, "Please give a reason")


def summaries_of_wrong_days(scene: Scene) -> Page:
    _summary(scene)
    page = scene.roland(f"/projects/{DOGS}/summary?from={MONDAY}&to={MONDAY - timedelta(days=1)}", None)
    return showing(page, "The last day is before the first one.")


def summaries_none(scene: Scene) -> Page:
    lead(scene.owner_engine, scene.life.org)
    page = scene.suzanne(f"/projects/{DOGS}/summary?from={MONDAY}&to={MONDAY}")
    return showing(page, "No summary yet")


def summary(scene: Scene) -> Page:
    """With everything open, and something approved since."""
    address = _summary(scene)
    work(scene.life.desk, scene.life.org, scene.life.org.duane)
    page = scene.suzanne(address)
    page.get_by_text("Show by task").click()
    page.get_by_text("Show the timesheet").click()
    page.get_by_text("Export").click()
    return showing(page, "What is approved now differs")


def _summary(scene: Scene) -> str:
    """The address of a summary of approved work of Max's on a project that Roland leads."""
    org, desk = scene.life.org, scene.life.desk
    give_role(scene.owner_engine, org, org.roland, "project_lead")
    lead(scene.owner_engine, org, person_id=org.roland)
    work(desk, org, org.max, [("09:00", "17:00", MONDAY), ("10:00", "11:30", MONDAY + timedelta(days=2))])
    with command_transaction(desk.engine, org.tenant_id) as session:
        asked = SummaryAsked(org.projects[DOGS], Period(MONDAY, MONDAY + timedelta(days=6)))
        made = summarise(session, GivenBy(org.tenant_id, org.roland, uuid4()), asked)
        return f"/projects/{DOGS}/summary/{made.id}"


def delegations(scene: Scene) -> Page:
    """Now, coming and over, granted and received, with a form of a row open."""
    org, engine = scene.life.org, scene.life.desk.engine
    kept = stand_in(engine, org, org.roland, org.alex, only=[org.duane], reason="On holiday.")
    stand_in(engine, org, org.roland, org.duane, first=10, last=12)
    stand_in(engine, org, org.alex, org.roland)
    past = stand_in(engine, org, org.roland, org.suzanne)
    change_delegation(scene.owner_engine, past.id, from_day=in_days(-9), to_day=in_days(-2))
    page = scene.roland("/delegations", None)
    row = page.locator(f"#delegation-{kept.id}")
    row.get_by_text("Change the end…").click()
    row.get_by_text("Take back…").click()
    page.get_by_text("Only for some people…").click()
    return page


def delegations_of_a_worker(scene: Scene) -> Page:
    return scene.duane(path="/delegations")


def a_delegation_refused(scene: Scene) -> Page:
    page = scene.roland("/delegations", None)
    page.get_by_role("button", name="Let them stand in").click()
    expect(page.locator("#delegateId-error")).to_be_visible()
    return page


def everybodys_delegations(scene: Scene) -> Page:
    """With the refusal of a row."""
    org = scene.life.org
    stand_in(scene.life.desk.engine, org, org.roland, org.alex, reason="On holiday.")
    page = scene.suzanne("/delegations/all")
    page.get_by_text("Take back…").click()
    page.get_by_role("button", name="Take it back now").click()
    expect(page.locator(".problem")).to_be_visible()
    return page


def no_delegations(scene: Scene) -> Page:
    return scene.suzanne("/delegations/all")


def a_delegation_for_somebody(scene: Scene) -> Page:
    page = scene.suzanne("/delegations/new")
    page.get_by_role("button", name="Let them stand in").click()
    expect(page.locator("#delegatorId-error")).to_be_visible()
    return page


def needs_an_approver(scene: Scene) -> Page:
    """Of every kind, with something that waits."""
    change_person(scene.owner_engine, scene.life.org.alex, active=False)
    change_person(scene.owner_engine, scene.life.org.roland, active=False)
    scene.life.bring_to(State.SUBMITTED)
    return scene.suzanne("/admin/approvers")


def done_in_ones_name(scene: Scene) -> Page:
    """An approver, with a dispute that was refused."""
    _approved_for_roland(scene)
    page = scene.roland("/acts", None)
    page.locator("summary", has_text="Dispute").click()
    page.get_by_role("button", name="Dispute", exact=True).click()
    expect(page.locator(".problem")).to_be_visible()
    return page


def answered_in_ones_name(scene: Scene) -> Page:
    _approved_for_roland(scene)
    page = scene.roland("/acts", None)
    page.get_by_role("button", name="That is right").click()
    expect(page.get_by_role("status")).to_contain_text("You said that it is right.")
    page.goto("/acts?answered=yes")
    return showing(page, "Confirmed")


def on_behalf_of_others(scene: Scene) -> Page:
    """Unanswered of somebody who left, and disputed."""
    act = _approved_for_roland(scene)
    with command_transaction(scene.life.desk.engine, scene.life.org.tenant_id) as session:
        answer(session, Answer(scene.life.org.tenant_id, scene.life.org.roland, act, Verdict.DISPUTED, "No."))
    scene.life.desk.do(scene.life.suzanne_for(scene.life.org.roland).move(CommandKind.TAKE_BACK))
    change_person(scene.owner_engine, scene.life.org.roland, active=False)
    return showing(scene.suzanne("/admin/acts"), "They left")


def on_behalf_of_nobody(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/acts"), "Everything is confirmed")


def audit(scene: Scene) -> Page:
    """Acts, one of them on behalf of somebody, and what an auditor looked at."""
    _approved_for_roland(scene)
    page = scene.diana(f"/history/{scene.life.key.timesheet_id}")
    page.goto("/admin/people?q=%3D1")
    page.goto("/audit")
    return showing(page, "Viewed")


def audit_refused(scene: Scene) -> Page:
    return showing(scene.diana("/audit?from=2026-11-30&to=2026-11-01"), "Nothing was searched")


def audit_none(scene: Scene) -> Page:
    return showing(scene.diana("/audit?person=nobody"), "None like that")


def duties(scene: Scene) -> Page:
    """With breaches, a period that was refused, and what is fine."""
    _checked(scene)
    page = scene.suzanne("/admin/duties")
    page.get_by_label("Last day").fill("2020-01-01")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#to-error")).to_be_visible()
    return showing(page, "breaches")


def seals(scene: Scene) -> Page:
    """With a seal, its key, and anchors that were refused."""
    page = scene.suzanne("/admin/seals")
    page.get_by_role("button", name="Seal now").click()
    page.get_by_label("File").fill("../seals")
    page.get_by_role("button", name="Save anchors").click()
    expect(page.locator("#file-error")).to_be_visible()
    return showing(page, "Public keys")


def duties_found(scene: Scene) -> Page:
    _checked(scene)
    page = scene.suzanne("/admin/duties")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    return showing(page, "was made by them")


def duties_fine(scene: Scene) -> Page:
    page = scene.suzanne("/admin/duties")
    page.get_by_role("button", name="Check now").click()
    return showing(page, "All is fine")


def bulk_selected(scene: Scene) -> Page:
    """The bar over a list that is longer than the page."""
    _crowd(scene).submitted(12)
    page = scene.roland("/inbox", None)
    page.get_by_role("checkbox").first.check()
    return showing(page, "1 selected · 8.00 h")


def bulk_asked(scene: Scene) -> Page:
    """What to decide on several, of which one was decided meanwhile."""
    crowd = _crowd(scene)
    first, *_ = [*crowd.submitted(2), crowd.submit_week(scene.life.org.max)]
    page = scene.roland("/inbox", None)
    page.get_by_role("checkbox", name="Select Max Fenig").check()
    page.get_by_role("button", name="Select this page").click()
    page.get_by_role("button", name="Approve…").click()
    showing(page, "Decide on 3 timesheets")
    crowd.approve(first, weeks_ago=1)
    page.reload()
    return showing(page, "1 of those selected cannot be decided as shown")


def bulk_refused(scene: Scene) -> Page:
    page = bulk_asked(scene)
    page.locator("summary#reject").click()
    page.get_by_role("button", name="Return 2 timesheets with this reason").click()
    expect(page.locator("#reason-error")).to_be_visible()
    return page


def bulk_with_nothing_left(scene: Scene) -> Page:
    pick = _crowd(scene).submit_week(scene.life.org.duane)
    page = scene.roland("/inbox", None)
    page.get_by_role("checkbox", name="Select Duane Barry").check()
    page.get_by_role("button", name="Approve…").click()
    showing(page, "Decide on 1 timesheet")
    _crowd(scene).approve(pick)
    page.reload()
    return showing(page, "Nothing is left to decide")


def bulk_over(scene: Scene) -> Page:
    """One decided, one that somebody else decided, and one that still waits, with its tick."""
    crowd = _crowd(scene)
    picks = [*crowd.submitted(2), crowd.submit_week(scene.life.org.max)]
    for number in (0, 1):
        crowd.approve(picks[number], weeks_ago=1 - number)
    address = _stopped(scene, picks)
    page = scene.roland(address, None)
    page.get_by_text("Show the one that was decided").click()
    return showing(page, "Still waiting, as you saw them")


def _crowd(scene: Scene) -> Crowd:
    return Crowd(scene.life.desk, scene.life.org)


def _stopped(scene: Scene, picks: list[Pick]) -> str:
    """The address of a bulk decision on three timesheets, of each of which something else came."""
    org = scene.life.org
    came = (
        {"outcome": "done"},
        {"outcome": "refused", "code": "decided", "message": "Roland Fuller approved it."},
        {"outcome": "refused", "code": CANCELLED, "message": "The rest was stopped."},
    )
    with command_transaction(scene.life.desk.engine, org.tenant_id) as session:
        bulk_id = ask_bulk(session, GivenBy(org.tenant_id, org.roland, uuid4()), picks, APPROVE)
        over = {"state": "cancelled", "stopped_by_id": org.roland, "finished_at": func.now()}
        session.execute(update(BulkDecision).where(BulkDecision.id == bulk_id).values(over))
        for number, told in enumerate(came):
            row = (BulkDecisionRow.bulk_id == bulk_id) & (BulkDecisionRow.number == number)
            session.execute(update(BulkDecisionRow).where(row).values(told))
    return f"/inbox/bulk/{bulk_id}"


def webhooks(scene: Scene) -> Page:
    """In every state."""
    for name, values in (
        ("up-to-date", {"failures": 0}),
        ("paused", {"state": "paused", "paused_because": "Nothing was taken for five days."}),
        ("failing", {"failures": 1234, "failing_since": datetime(2026, 11, 16, tzinfo=UTC)}),
    ):
        hooked(scene.life, f"{NOWHERE}/{name}", "countersign.timesheet.*").change(**values)
    return showing(scene.suzanne("/admin/webhooks"), "Not taken")


def webhooks_none(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/webhooks"), "No webhooks yet")


def webhook(scene: Scene) -> Page:
    """Paused, with what was taken and what was not, and a place that cannot be read."""
    hook = hooked(scene.life, NOWHERE)
    hook.pause()
    for status, error in ((204, None), (503, "It answered 503."), (None, "Nobody answered.")):
        attempt = {"status": status, "error": error, "position": 1, "milliseconds": 1234, "event_id": uuid4()}
        with command_transaction(scene.life.desk.engine, scene.life.org.tenant_id) as session:
            tenant = scene.life.org.tenant_id
            session.execute(insert(WebhookAttempt).values(attempt | {"tenant_id": tenant, "webhook_id": hook.id}))
    page = scene.suzanne(f"/admin/webhooks/{hook.id}")
    page.get_by_label("From place").fill("soon")
    page.get_by_role("button", name="Go on from there").click()
    expect(page.locator("#from-error")).to_be_visible()
    return showing(page, "No answer")


def webhook_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/webhooks/new")
    page.get_by_label("Address").fill("javascript:alert(1)")
    page.get_by_label("Only events of these types").fill("*")
    page.get_by_role("button", name="Add this webhook").click()
    return showing(page, "is no type of events")


def webhook_added(scene: Scene) -> Page:
    """With the secret that is shown this once."""
    page = scene.suzanne("/admin/webhooks/new")
    page.get_by_label("Address").fill(f"{NOWHERE}/an/address/of-a-receiver/that-is-much-longer/than-a-phone-is-wide")
    page.get_by_role("button", name="Add this webhook").click()
    return showing(page, "whsec_")


def webhook_secret_changed(scene: Scene) -> Page:
    page = scene.suzanne(f"/admin/webhooks/{hooked(scene.life, NOWHERE).id}")
    page.get_by_role("button", name="Change the secret").click()
    return showing(page, "its new secret")


def approval_policy(scene: Scene) -> Page:
    """With a change in the history."""
    page = scene.suzanne("/admin/approval")
    page.get_by_label("Remind the approver after").fill("4")
    page.get_by_role("button", name="Save", exact=True).click()
    return showing(page, "Saved.")


def approval_policy_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/approval")
    page.get_by_label("Remind the approver after").fill("soon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#remindAfterHours-error")).to_be_visible()
    return page


def approval_policy_tried(scene: Scene) -> Page:
    """With what would have gone otherwise."""
    scene.life.bring_to(State.APPROVED)
    with scene.owner_engine.begin() as connection:
        submitted = update(Submission).where(Submission.timesheet_id == scene.life.key.timesheet_id)
        connection.execute(submitted.values(submitted_at=func.now() - timedelta(weeks=4)))
        decided = update(Decision).where(Decision.timesheet_id == scene.life.key.timesheet_id)
        connection.execute(decided.values(decided_at=func.now() - timedelta(weeks=3)))
    page = scene.suzanne("/admin/approval")
    page.get_by_label("Ask the next approver as well after").fill("8")
    page.get_by_role("button", name="See what it would have changed").click()
    return showing(page, "1 would have gone otherwise.")


def compliance(scene: Scene) -> Page:
    return showing(scene.suzanne("/admin/compliance"), "8 of 15 rules are met")


def compliance_refused(scene: Scene) -> Page:
    page = scene.suzanne("/admin/compliance")
    page.get_by_role("button", name="Apply the preset").click()
    expect(page.locator("#reason-error")).to_be_visible()
    return page


def compliance_applied(scene: Scene) -> Page:
    """With who applied it, when and why."""
    page = scene.suzanne("/admin/compliance")
    page.get_by_label("Reason").fill("We have a contract with the Navy.")
    page.get_by_role("button", name="Apply the preset").click()
    return showing(page, "15 of 15 rules are met")


def unaccounted_days(scene: Scene) -> Page:
    """A week that cannot be submitted yet, with the days that are missing."""
    change_policy(scene.owner_engine, scene.life.org, account_for_days=True)
    return showing(scene.duane(State.DRAFT, f"/timesheets/{scene.sheet}/submission"), "accounted for")


def _approved_for_roland(scene: Scene) -> UUID:
    scene.life.bring_to(State.SUBMITTED)
    approval = scene.life.suzanne_for(scene.life.org.roland).approve(scene.life.desk.digest(scene.life.key))
    return scene.life.desk.do(approval).command_id


def _checked(scene: Scene) -> None:
    """Duane's week, as if he had approved it himself, and a check of it."""
    org = scene.life.org
    scene.life.bring_to(State.APPROVED)
    with scene.owner_engine.begin() as connection:
        this = update(Decision).where(Decision.tenant_id == org.tenant_id)
        connection.execute(this.values(decided_by_id=org.duane, responsible_id=org.duane))
    with command_transaction(scene.life.desk.engine, org.tenant_id) as session:
        run_check(session, AskedCheck(uuid4(), org.tenant_id, in_days(-7), in_days(1), org.suzanne))


SCENES: tuple[Callable[[Scene], Page], ...] = (
    sign_in,
    sign_in_refused,
    week_empty,
    week_draft,
    week_submitted,
    week_rejected,
    week_approved,
    week_locked,
    week_keys,
    grid_full,
    grid_saved,
    grid_refused,
    grid_wants_a_reason,
    grid_of_others,
    clock_running,
    clock_refused,
    entry_recorded,
    entry_refused,
    entry_overlapping,
    entry_edited_in_a_revision,
    submit_dialog,
    submit_page,
    recall_dialog,
    revise_page,
    inbox,
    inbox_empty,
    inbox_search_of_nobody,
    inbox_keys,
    inbox_exceptions,
    inbox_nothing_ready,
    inbox_delegated,
    inbox_not_submitted,
    inbox_decided,
    inbox_taking_back,
    inbox_undo,
    review,
    review_rejection_refused,
    review_decided_meanwhile,
    acting_asked,
    acting_refused,
    acting,
    history,
    history_compared,
    history_known_then,
    history_refused,
    history_that_does_not_hold,
    history_exports,
    receipt,
    balances,
    balances_untouched,
    balances_without_an_agreement,
    balance_explained,
    balance_of_flex_credits_explained,
    balance_explained_as_wrong,
    balance_not_counted_explained,
    balances_in_a_gap,
    team_balances,
    team_balances_of_nobody,
    around_entries,
    around_entries_for_a_supervisor,
    around_entries_refused,
    dispute_refused,
    entry_with_notes_edited,
    flex_asked,
    flex_refused,
    flex_without_an_entry,
    submit_with_planned_shifts,
    history_of_a_busy_day,
    people_listed,
    people_search_of_nobody,
    person_new,
    person_changed,
    projects,
    project_refused,
    types,
    type_refused,
    agreements,
    agreements_of_nobody,
    agreement_refused,
    agreement_changed,
    adjustments,
    adjustments_like_none,
    adjustment_refused,
    person_with_books,
    credit_offered,
    credit_refused,
    holidays,
    holidays_refused,
    what_if_answered,
    what_if_refused,
    rebuild_going_on,
    rebuild_stopped,
    rebuilds,
    list_refused,
    list_looked_at,
    events_kept,
    events_all_taken,
    entries_to_read_in,
    entries_looked_at,
    entries_recorded,
    access_made,
    access_empty,
    notified,
    notified_of_nothing,
    ways_of_being_told,
    mail_opened,
    mail_refused,
    mail_used,
    no_such_page,
    something_went_wrong,
    projects_led,
    projects_of_nobody,
    summaries,
    summaries_refused,
    summaries_of_wrong_days,
    summaries_none,
    summary,
    delegations,
    delegations_of_a_worker,
    a_delegation_refused,
    everybodys_delegations,
    no_delegations,
    a_delegation_for_somebody,
    needs_an_approver,
    done_in_ones_name,
    answered_in_ones_name,
    on_behalf_of_others,
    on_behalf_of_nobody,
    audit,
    audit_refused,
    audit_none,
    duties,
    seals,
    duties_found,
    duties_fine,
    bulk_selected,
    bulk_asked,
    bulk_refused,
    bulk_with_nothing_left,
    bulk_over,
    webhooks,
    webhooks_none,
    webhook,
    webhook_refused,
    webhook_added,
    webhook_secret_changed,
    approval_policy,
    approval_policy_refused,
    approval_policy_tried,
    compliance,
    compliance_refused,
    compliance_applied,
    unaccounted_days,
)


CASES = [pytest.param(scene, LOOKS[number % 2], id=scene.__name__) for number, scene in enumerate(SCENES)]


@pytest.mark.parametrize(("arrange", "looks"), CASES)
def test_nothing_stands_in_anybodys_way(
    arrange: Callable[[Scene], Page], looks: Any, people: People, life: Life, owner_engine: Engine
) -> None:
    page = arrange(Scene(people, life, owner_engine))
    page.evaluate(AXE)
    found = []
    for viewport, theme in looks:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=theme)
        found += page.evaluate(CHECK)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{viewport['width']} pixels are not wide enough")
    assert found == []


def showing(page: Page, words: str) -> Page:
    """The page, once it shows these words."""
    expect(page.locator("body")).to_contain_text(words)
    return page
