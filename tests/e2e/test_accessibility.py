"""Every page in every state: no violation that axe knows, light and dark, on a desk and on a phone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import Engine, delete, update

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.rules.transitions import State
from models.standard import ABSENCE, ON_CALL, OVERTIME, SHIFT
from models.store.adjustments import AdjustmentContent, adjust
from models.store.changes import GivenBy
from models.store.dead_letters import keep_letter
from models.store.owner_review import Answer, Verdict, answer
from models.tables.accruals import Accrual, Agreement, AgreementTarget
from tests.desk import Life
from tests.e2e.conftest import DESK, PHONE, People
from tests.e2e.steps import TODAY, act_for, edit, fill_times, record
from tests.factories import MONDAY, Asking, change_person, hire, worked

pytestmark = pytest.mark.e2e

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()

CHECK = """async () => {
  const {violations} = await axe.run({resultTypes: ["violations"], rules: {"target-size": {enabled: true}}});
  const told = (nodes) => nodes.map(({html, failureSummary}) => `${html} ${failureSummary}`).join("; ");
  return violations.map(({id, nodes}) => `${id}: ${told(nodes)}`);
}"""

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
    return showing(scene.roland(f"/inbox/{scene.sheet}", state=None), "What changed since it was last submitted")


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


def history_exports(scene: Scene) -> Page:
    page = history(scene)
    page.get_by_text("Export").click()
    return showing(page, "To print, sign and file")


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
    page = scene.suzanne("/admin/types")
    page.get_by_label("Late after so many working days").fill("3")
    page.get_by_role("button", name="Save the rule").click()
    return showing(page, "Late after working days")


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
    review,
    review_rejection_refused,
    review_decided_meanwhile,
    acting_asked,
    acting_refused,
    acting,
    history,
    history_exports,
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
    no_such_page,
    something_went_wrong,
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
