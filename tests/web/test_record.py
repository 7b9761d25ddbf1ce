"""Looking back: the history of a timesheet tells every act."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, update

from models.messages import SheetKey
from models.rules.flex import FlexType
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, OVERTIME
from models.tables.timesheet import Command, Timesheet
from tests.factories import (
    MONDAY,
    NEXT_MONDAY,
    Asking,
    Organisation,
    change_person,
    hire,
    make_organisation,
    worked,
)
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Element, Page

TUESDAY = date(2026, 11, 17)
NASTY = ("</p><svg/onload=alert(1)>", "{{7*7}} {% raw %}", "javascript:alert('1')", "'; DROP TABLE person; --")


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def mine(org: Organisation) -> Asking:
    """Duane on his own week."""
    return Asking(org, org.duane, org.duane)


class TestHistory:
    """Who did what, when and why, newest first; nothing is ever left out."""

    async def test_every_act_is_told_with_who_did_it_and_why(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        key = whole_life(site, org, mine)

        assert told(await duane.page(f"/history/{key.timesheet_id}")) == [
            "Locked · Suzanne Modeski as administrator · Payroll has run.",
            "Approved · Suzanne Modeski on behalf of Roland Fuller, as administrator · "
            "Decided without opening it. "
            "· Not answered yet Roland Fuller has not said yet whether it is right. · He is on leave.",
            "Submitted and certified · Duane Barry · Revision 3. I certify that this is true.",
            "Recalled · Duane Barry · Forgot Friday.",
            "Submitted and certified · Duane Barry · Revision 2. I certify that this is true.",
            "Time amended · Roland Fuller as supervisor "
            "· Tue 17 Nov, 10:08 – 10:28 · dog grooming · washing dog · Day: Mon 16 Nov → Tue 17 Nov "
            "· Start: 09:00 → 10:08 · Finish: 17:00 → 10:28 "
            "· Not answered yet Duane Barry has not said yet whether it is right. · He asked me to.",
            "Opened for revision · Duane Barry · Misremembered which day.",
            "Rejected · Roland Fuller as supervisor · Decided without opening it. · Wrong day.",
            "Submitted and certified · Duane Barry · Revision 1. I certify that this is true.",
            "Time removed · Duane Barry · Mon 16 Nov, 18:00 – 19:00, less 5 min meal break · Shift",
            "Time recorded · Duane Barry · Mon 16 Nov, 18:00 – 19:00, less 5 min meal break · Shift",
            "Time recorded · Duane Barry · Mon 16 Nov, 09:00 – 17:00 · dog grooming · washing dog",
        ]

    async def test_every_act_is_told_with_its_moment_in_the_owners_zone(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, time_zone="America/New_York")
        key = await site.bring_to(org, State.DRAFT)
        completed_at(owner_engine, key, "2026-11-16T17:30:05Z")

        page = await duane.page(f"/history/{key.timesheet_id}")

        (when,) = page.main.all("time")
        assert (when.text, when.attributes["datetime"]) == ("16 Nov 2026, 12:30", "2026-11-16T12:30:05-05:00")
        assert "Times are in America/New_York" in page.main.text
        assert "04:00 – 12:00" in page.main.text

    async def test_what_is_certified_and_decided_shows_one_digest(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)

        page = await duane.page(f"/history/{key.timesheet_id}")

        titles = [each.attributes["title"] for each in page.main.all("code")]
        digests = [title.split()[-1] for title in titles if title.startswith("The digest of the content")]
        assert digests == [site.digest(key)] * 2

    async def test_what_was_asked_and_refused_is_no_part_of_it(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        refused = await duane.post_form(f"/timesheets/{key.timesheet_id}/revision", reason="Never mind.")
        assert refused.status_code == 409
        assert "revise" in {command.kind for command in site.rows(org, Command)}

        page = await duane.page(f"/history/{key.timesheet_id}")

        assert "Never mind." not in page.main.text
        assert len(told(page)) == 2

    async def test_a_lock_by_the_schedule_names_the_schedule(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        lock_is_due(owner_engine, key)
        site.desk.lock_on_schedule(key)

        newest = told(await duane.page(f"/history/{key.timesheet_id}"))[0]

        assert newest == "Locked · The schedule · The time for corrections is over."

    async def test_those_who_may_see_the_time_see_it_and_nobody_else(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)
        path = f"/history/{key.timesheet_id}"

        pages = [await site.browser(org, who).page(path) for who in (org.duane, org.roland, org.suzanne, org.diana)]
        strangers = [(org, org.max), (org, org.alex)] + [(other, who) for who in other.people.values()]
        refused = [page_of(await site.browser(*who).get(path), 404).main.text for who in strangers]

        assert all("Submitted and certified" in page.main.text for page in pages)
        assert len(set(refused)) == 1
        for nothing in (org.key(org.max).timesheet_id, uuid4(), "1", "'", "x" * 3_000):
            page_of(await site.browser(org, org.suzanne).get(f"/history/{nothing}"), 404)

    async def test_a_supervisor_who_is_none_any_more_sees_what_they_decided_and_nothing_else(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        change_person(owner_engine, org.duane, supervisor_id=org.alex)

        other = await site.bring_to(org, State.SUBMITTED, day=NEXT_MONDAY)

        for who in (org.roland, org.alex):
            page = await site.browser(org, who).page(f"/history/{key.timesheet_id}")
            assert any(act.startswith("Approved · Roland Fuller") for act in told(page))
        page_of(await site.browser(org, org.roland).get(f"/history/{other.timesheet_id}"), 404)

    @pytest.mark.parametrize("text", NASTY)
    async def test_what_people_typed_is_text(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, text: str, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, name=text)
        because = Asking(org, org.duane, org.duane, reason=text)
        key = org.key(org.duane)
        site.desk.do(mine.record(worked("09:00", "17:00", task=text)))
        site.desk.do(mine.submit(site.digest(key)))
        site.desk.do(because.move(CommandKind.RECALL))

        page = await duane.page(f"/history/{key.timesheet_id}")

        assert told(page)[0] == f"Recalled · {text} · {text}"
        assert told(page)[2].endswith(f"Shift · {text}")
        assert "<svg/onload" not in page.html

    async def test_every_field_that_changed_is_told_with_its_old_and_new_value(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        done = site.desk.do(mine.record(worked("09:00", "17:00", task="washing dog")))
        assert done.entry_id
        dogs: dict[str, Any] = {"project_id": org.projects["proj-533"], "meal_break_minutes": 30}
        site.desk.do(mine.amend(done.entry_id, 1, worked("22:00", "26:00", type_id=OVERTIME, **dogs)))
        site.desk.do(mine.amend(done.entry_id, 2, worked("22:00", None, type_id=OVERTIME, **dogs)))
        site.desk.do(mine.amend(done.entry_id, 3, worked("00:00", "24:00", type_id=ABSENCE)))

        absent, running, later, _ = told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}"))

        assert later == (
            "Time amended · Duane Barry · Mon 16 Nov, 22:00 – 02:00, less 30 min meal break · dog grooming "
            "· Kind: Shift → Overtime · Start: 09:00 → 22:00 · Finish: 17:00 → 02:00 on Tue 17 Nov "
            "· Project: nothing → dog grooming · Task: washing dog → nothing · Meal break: nothing → 30 min"
        )
        assert running.endswith("Finish: 02:00 on Tue 17 Nov → still running")
        assert absent.startswith(
            "Time amended · Duane Barry · Mon 16 Nov, whole day · Absence · Kind: Overtime → Absence"
        )
        assert "Start: 22:00 → nothing · Finish: still running → nothing" in absent

    async def test_an_entry_that_moved_between_weeks_is_told_in_both(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        done = site.desk.do(mine.record(worked("09:00", "17:00")))
        assert done.entry_id
        site.desk.do(mine.amend(done.entry_id, 1, worked("09:00", "17:00", NEXT_MONDAY), NEXT_MONDAY))
        site.desk.do(Asking(org, org.duane, org.duane, NEXT_MONDAY).remove(done.entry_id, 2))

        there = told(await duane.page(f"/history/{org.key(org.duane, NEXT_MONDAY).timesheet_id}"))
        here = told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}"))

        moved = "Time amended · Duane Barry · Mon 23 Nov, 09:00 – 17:00 · Shift · Day: Mon 16 Nov → Mon 23 Nov"
        assert there == ["Time removed · Duane Barry · Mon 23 Nov, 09:00 – 17:00 · Shift", moved]
        assert here == [moved, "Time recorded · Duane Barry · Mon 16 Nov, 09:00 – 17:00 · Shift"]

    async def test_a_change_at_short_notice_is_told_with_who_authorised_it(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        done = site.desk.do(mine.record(worked("09:00", "17:00")))
        assert done.entry_id
        longer = worked("09:00", "17:45")
        site.desk.do(mine.change_shift(FlexType.EXTENDED, done.entry_id, longer, note="Late bus."))

        newest = told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}"))[0]

        assert newest == (
            "Shift extended · Duane Barry · 09:00 – 17:00 → 09:00 – 17:45, authorised by Roland Fuller "
            "· Note: “Late bus.”"
        )

    async def test_a_shift_that_moved_to_another_week_is_told_in_both(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        done = site.desk.do(mine.record(worked("09:00", "17:00")))
        assert done.entry_id
        moved = worked("10:00", "18:00", NEXT_MONDAY)
        site.desk.do(mine.change_shift(FlexType.COMPLETELY_CHANGED, done.entry_id, moved, moves_to=NEXT_MONDAY))

        for day in (MONDAY, NEXT_MONDAY):
            newest = told(await duane.page(f"/history/{org.key(org.duane, day).timesheet_id}"))[0]
            assert newest == (
                "Shift completely changed · Duane Barry · Mon 16 Nov, 09:00 – 17:00 → Mon 23 Nov, 10:00 – 18:00, "
                "authorised by Roland Fuller"
            )

    async def test_planned_shifts_are_told_from_the_plan_to_the_word_of_who_worked_them(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, owner_engine: Engine
    ) -> None:
        scheduler = hire(owner_engine, org, "The roster", "integration")
        rostered, passed_on = (Asking(org, org.duane, who) for who in (scheduler, org.suzanne))
        shift, other, third = uuid4(), uuid4(), uuid4()
        site.desk.do(rostered.schedule(shift, worked("09:00", "17:00")))
        site.desk.do(rostered.schedule(shift, worked("08:00", "16:00"), version=2))
        site.desk.do(rostered.schedule(shift, worked("09:00", "17:00"), version=1))
        site.desk.do(mine.confirm(shift, 2))
        site.desk.do(passed_on.schedule(other, worked("18:00", "19:00")))
        site.desk.do(mine.amend(other, 1, worked("18:00", "19:30")))
        site.desk.do(rostered.schedule(third, worked("20:00", "21:00")))
        site.desk.do(mine.remove(third, 1))

        assert told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}")) == [
            "Planned shift not worked · Duane Barry · Mon 16 Nov, 20:00 – 21:00 · Shift",
            "Shift planned · The roster as scheduler · Mon 16 Nov, 20:00 – 21:00 · Shift",
            "Planned shift changed and confirmed · Duane Barry · Mon 16 Nov, 18:00 – 19:30 · Shift "
            "· Finish: 19:00 → 19:30",
            "Shift planned · Suzanne Modeski as administrator · Mon 16 Nov, 18:00 – 19:00 · Shift",
            "Planned shift confirmed · Duane Barry · Mon 16 Nov, 08:00 – 16:00 · Shift",
            "Plan changed · The roster as scheduler · Mon 16 Nov, 08:00 – 16:00 · Shift · Start: 09:00 → 08:00 "
            "· Finish: 17:00 → 16:00 · Planned: Mon 16 Nov, 09:00 – 17:00 → Mon 16 Nov, 08:00 – 16:00",
            "Shift planned · The roster as scheduler · Mon 16 Nov, 09:00 – 17:00 · Shift",
        ]

    async def test_what_is_done_together_is_told_part_by_part(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        parts = [mine.record(worked(f"{hour:02}:00", f"{hour:02}:30")) for hour in (9, 11)]
        site.desk.do(mine.batch(*parts))

        assert sorted(told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}"))) == [
            "Time recorded · Duane Barry · Mon 16 Nov, 09:00 – 09:30 · Shift",
            "Time recorded · Duane Barry · Mon 16 Nov, 11:00 – 11:30 · Shift",
        ]

    async def test_notes_are_told_with_their_words(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.note("Van broke down."))
        site.desk.do(Asking(org, org.duane, org.roland, reason="He asked me to.").note("Was on site."))
        site.desk.do(mine.record(worked("09:00", "17:00", note="Two dogs.")))

        recorded, theirs, own = told(await duane.page(f"/history/{org.key(org.duane).timesheet_id}"))

        assert own == "Note added · Duane Barry · Mon 16 Nov: “Van broke down.”"
        assert theirs.startswith("Note added · Roland Fuller as supervisor · Mon 16 Nov: “Was on site.” · Not answered")
        assert recorded == "Time recorded · Duane Barry · Mon 16 Nov, 09:00 – 17:00 · Shift · Note: “Two dogs.”"

    async def test_htmx_gets_it_as_a_whole_page(self, site: Site, org: Organisation, duane: Browser) -> None:
        """No region of a page is answered by it, so it is never put into one."""
        key = await site.bring_to(org, State.DRAFT)

        assert "<html" in (await duane.by_htmx.get(f"/history/{key.timesheet_id}")).text


def whole_life(site: Site, org: Organisation, mine: Asking) -> SheetKey:
    """A week that was recorded, rejected, revised, recalled, approved on somebody's behalf, and locked."""
    key = org.key(org.duane)

    def by(who: str, reason: str | None = None, on_behalf_of: str | None = None) -> Asking:
        behalf = org.people[on_behalf_of] if on_behalf_of else None
        return Asking(org, org.duane, org.people[who], reason=reason, on_behalf_of=behalf)

    def submit() -> None:
        site.desk.do(mine.submit(site.digest(key)))

    dogs = org.projects["proj-533"]
    site.desk.do(mine.record(worked("09:00", "17:00", project_id=dogs, task="washing dog")))
    site.desk.do(mine.record(worked("18:00", "19:00", meal_break_minutes=5)))
    washing, late = site.live(key)
    site.desk.do(mine.remove(late.id, 1))
    submit()
    site.desk.do(by("Roland Fuller", "Wrong day.").reject(site.digest(key)))
    site.desk.do(by("Duane Barry", "Misremembered which day.").move(CommandKind.REVISE))
    moved = worked("10:08", "10:28", TUESDAY, project_id=dogs, task="washing dog")
    site.desk.do(by("Roland Fuller", "He asked me to.").amend(washing.id, 1, moved))
    submit()
    site.desk.do(by("Duane Barry", "Forgot Friday.").move(CommandKind.RECALL))
    submit()
    site.desk.do(by("Suzanne Modeski", "He is on leave.", "Roland Fuller").approve(site.digest(key)))
    site.desk.do(by("Suzanne Modeski", "Payroll has run.").move(CommandKind.LOCK))
    return key


def told(page: Page) -> list[str]:
    """The acts as one reads them, without their moments and digests."""
    return [" · ".join(_words(act)) for timeline in page.main.all("ol") for act in timeline.all("li")]


def _words(act: Element) -> list[str]:
    parts = [part for tag in ("h3", "p", "blockquote") for part in act.all(tag)]
    return [part.text.replace("→ became", "→") for part in parts if part.attributes.get("class") != "marks"]


def completed_at(owner: Engine, key: SheetKey, moment: str) -> None:
    """Move the moment at which everything was done to a timesheet."""
    with owner.begin() as connection:
        connection.execute(update(Command).where(Command.timesheet_id == key.timesheet_id).values(completed_at=moment))


def lock_is_due(owner: Engine, key: SheetKey) -> None:
    """Let the time to lock a timesheet have come."""
    with owner.begin() as connection:
        long_ago = {"lock_at": "2026-01-01T00:00:00Z"}
        connection.execute(update(Timesheet).where(Timesheet.id == key.timesheet_id).values(long_ago))
