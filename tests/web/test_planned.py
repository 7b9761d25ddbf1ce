"""Planned shifts: shown as such, counted nowhere, and confirmed, changed or taken off with a click."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.timecard import TimeEntryVersion
from tests.desk import Life
from tests.factories import MONDAY, Organisation, change_policy, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of

TUESDAY, WEDNESDAY = (MONDAY + timedelta(days=number) for number in (1, 2))


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    return Life(site.desk, org)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


class TestOneShift:
    async def test_it_is_shown_as_planned_and_counts_nowhere(self, life: Life, duane: Browser, monday: str) -> None:
        life.plan("09:00", "17:00", shift_type="Early")

        page = await duane.page(monday)

        entry = next(page.root.all(class_="unconfirmed")).text
        assert entry.startswith("Shift Early · 09:00 – 17:00 Planned Confirm Change")
        assert next(page.root.all(class_="stats")).text.startswith("Recorded 0.00")

    async def test_one_click_confirms_it_and_it_counts(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan()
        form = (await duane.page(monday)).form(f"{monday}/entries/{planned}/confirmation")
        assert "reason" not in form.named

        page = await duane.follow(await duane.send(form))

        assert "Confirmed" in page.notice
        assert not list(page.root.all("li", class_="unconfirmed"))
        assert next(page.root.all(class_="stats")).text.startswith("Recorded 8.00")
        assert [(version.version, version.confirmed) for version in versions(site, org, planned)] == [
            (1, False),
            (2, True),
        ]

    async def test_sent_twice_it_is_confirmed_once(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan()
        form = (await duane.page(monday)).form(f"{monday}/entries/{planned}/confirmation")

        for _ in range(2):
            await duane.follow(await duane.send(form))

        assert len(versions(site, org, planned)) == 2

    async def test_a_plan_that_changed_meanwhile_is_not_confirmed_unseen(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan()
        form = (await duane.page(monday)).form(f"{monday}/entries/{planned}/confirmation")
        later = life.suzanne.schedule(planned, worked("12:00", "20:00"), version=2)
        site.desk.do(later)

        page = page_of(await duane.send(form), 412)

        assert "changed since you opened it" in page.alert
        assert "12:00 – 20:00" in page.main.text
        assert site.live(life.key) == []

    async def test_changing_it_confirms_it_and_both_times_are_shown(
        self, site: Site, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan("09:00", "17:00", shift_type="Early")
        page = await duane.page(f"{monday}?edit={planned}")
        assert "Change this planned shift" in page.main.text
        assert "Save and confirm" in page.main.text

        page = await duane.follow(await duane.send(page.form(f"{monday}/entries/{planned}"), finish="17:45"))

        assert "Early · 09:00 – 17:45 planned 09:00 – 17:00" in next(page.root.all(class_="entries")).text
        (entry,) = site.live(life.key)
        assert (entry.shift_type, entry.confirmed) == ("Early", True)

    async def test_one_that_was_not_worked_is_taken_off(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan()
        page = await duane.page(monday)

        page = await duane.follow(await duane.send(page.form(f"{monday}/entries/{planned}/removal")))

        assert "Nothing recorded" in page.main.text
        assert [version.deleted for version in versions(site, org, planned)] == [False, True]

    async def test_confirming_late_asks_why_and_takes_the_focus_there(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        long_ago = date(2026, 9, 7)
        change_policy(owner_engine, org, late_after_working_days=5)
        planned = Life(site.desk, org).plan(day=long_ago)
        duane, then = site.browser(org, org.duane), site.week(org, org.duane, long_ago)
        address = f"{then}/entries/{planned}/confirmation"

        page = page_of(await duane.send((await duane.page(then)).form(address)), 400)

        assert "more than 5 working days ago" in page.problem(f"{planned}-reason")
        field = next(page.root.all(id=f"{planned}-reason"))
        assert "autofocus" in field.attributes
        await duane.follow(await duane.send(page.form(address), reason="Was ill."))

    async def test_a_supervisor_says_why_and_the_owner_is_told(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        planned = life.plan()
        roland, address = site.browser(org, org.roland), f"{monday}/entries/{planned}/confirmation"
        form = (await roland.page(monday)).form(address)

        page = page_of(await roland.send(form), 400)
        assert "give a reason" in page.problem(f"{planned}-reason")
        await roland.follow(await roland.send(page.form(address), reason="I saw him there."))

        assert "Roland Fuller changed this week" in (await duane.page(monday)).main.text

    async def test_a_supervisor_says_why_it_was_not_worked(
        self, site: Site, org: Organisation, life: Life, monday: str
    ) -> None:
        planned = life.plan()
        roland, address = site.browser(org, org.roland), f"{monday}/entries/{planned}/removal"
        form = (await roland.page(monday)).form(address)

        page = page_of(await roland.send(form), 400)
        assert "give a reason" in page.problem("reason")
        await roland.follow(await roland.send(page.form(address), reason="He rang in."))

        assert versions(site, org, planned)[-1].reason == "He rang in."

    async def test_strangers_confirm_nothing(
        self, site: Site, org: Organisation, life: Life, monday: str, owner_engine: Engine
    ) -> None:
        planned, other = life.plan(), make_organisation(owner_engine)
        address = f"{monday}/entries/{planned}/confirmation"

        for browser in (site.browser(org, org.max), site.browser(other, other.suzanne)):
            assert (await browser.post_form(address, version=1, reason="Why.")).status_code == 404
        diana = site.browser(org, org.diana)
        assert (await diana.post_form(address, version=1, reason="Why.")).status_code == 403
        assert not list((await diana.page(monday)).root.all("form", action=address))
        assert site.live(life.key) == []

    async def test_what_is_no_planned_shift_is_told_in_words(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(org.key(org.duane))

        page = page_of(await duane.post_form(f"{monday}/entries/{entry.id}/confirmation", version=1), 412)

        assert "confirmed already" in page.alert


class TestAllOfAWeek:
    async def test_what_was_planned_up_to_today_is_confirmed_together(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        for day in (MONDAY, TUESDAY):
            life.plan(day=day)
        page = await duane.page(monday)
        assert "2 planned shifts are not confirmed yet Mon 16 , Tue 17" in page.main.text

        page = await duane.follow(await duane.send(page.form(f"{monday}/planned/confirmation")))

        assert "not confirmed yet" not in page.main.text
        assert [entry.version for entry in site.live(life.key)] == [2, 2]

    async def test_what_is_planned_for_later_is_not_among_them(self, site: Site, org: Organisation) -> None:
        today = site.services.now().date()
        next_week = today + timedelta(days=7)
        Life(site.desk, org).plan(day=next_week)

        page = await site.browser(org, org.duane).page(site.week(org, org.duane, next_week))

        assert list(page.root.all("li", class_="unconfirmed"))
        assert not list(page.root.all(class_="strip"))

    async def test_one_that_changed_meanwhile_stops_all_of_them(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        first, _ = life.plan(), life.plan(day=TUESDAY)
        form = (await duane.page(monday)).form(f"{monday}/planned/confirmation")
        site.desk.do(life.suzanne.schedule(first, worked("12:00", "20:00"), version=2))

        page = page_of(await duane.send(form), 412)

        assert "changed since you opened it" in page.alert
        assert site.live(life.key) == []

    @pytest.mark.parametrize("shown", ["", "x", "1:1", f"{UUID(int=1)}:x y", "x:1 " * 500])
    async def test_a_form_that_names_nothing_confirms_nothing(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str, shown: str
    ) -> None:
        life.plan()

        answer = await duane.post_form(f"{monday}/planned/confirmation", shown=shown)

        assert "Reload the page" in page_of(answer, 400).alert
        assert site.live(life.key) == []

    async def test_somebody_else_says_why_of_each(self, site: Site, org: Organisation, life: Life, monday: str) -> None:
        planned = [life.plan(), life.plan(day=TUESDAY)]
        roland = site.browser(org, org.roland)
        form = (await roland.page(monday)).form(f"{monday}/planned/confirmation")

        page = page_of(await roland.send(form), 400)
        assert "give a reason" in page.problem("planned-reason")
        await roland.follow(await roland.send(page.form(f"{monday}/planned/confirmation"), reason="I was there."))

        assert {versions(site, org, each)[-1].reason for each in planned} == {"I was there."}

    async def test_the_addresses_of_refused_confirmations_lead_to_the_day(self, duane: Browser, monday: str) -> None:
        for path in (f"{monday}/planned/confirmation", f"{monday}/entries/{UUID(int=1)}/confirmation"):
            assert (await duane.get(path)).headers["Location"] == monday


class TestSubmitting:
    async def test_the_dialog_says_what_is_not_confirmed_and_offers_to(
        self, site: Site, life: Life, duane: Browser, monday: str
    ) -> None:
        life.plan()
        life.plan(day=TUESDAY)
        submission = f"/timesheets/{life.key.timesheet_id}/submission"
        page = await duane.page(submission)
        assert "2 planned shifts are not confirmed yet: Mon 16 , Tue 17" in page.alert

        refused = page_of(await duane.send(page.form(submission), certified="true"), 400)
        assert "2 planned shifts are not confirmed yet" in refused.alert
        await duane.follow(await duane.send(refused.form(f"{monday}/planned/confirmation")))

        page = await duane.page(submission)
        assert "not confirmed" not in page.main.text
        await duane.follow(await duane.send(page.form(submission), certified="true"))
        assert [entry.confirmed for entry in site.live(life.key)] == [True, True]


def versions(site: Site, org: Organisation, entry_id: UUID) -> list[TimeEntryVersion]:
    """Every version of an entry, in order."""
    found = (version for version in site.rows(org, TimeEntryVersion) if version.entry_id == entry_id)
    return sorted(found, key=lambda version: version.version)
