"""Strict timekeeping on the pages: said before, refused beside its field, and the same for lists, mails and many."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from models.messages import SheetKey
from models.rules.transitions import State
from models.standard import SHIFT
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Decision, Submission
from tests.crowd import Crowd
from tests.desk import Life
from tests.factories import MONDAY, Asking, Organisation, change_policy, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.test_bulk import asked, decided
from tests.web.test_imports import lines, read_in
from tests.web.test_mail_decisions import Mail, link_for

FAR = date(2090, 1, 2)
AHEAD = "Work on a project is recorded once it is done"


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


class TestFutureWork:
    @pytest.fixture(autouse=True)
    def refusing(self, org: Organisation, owner_engine: Engine) -> None:
        change_policy(owner_engine, org, refuse_future_work=True)

    async def test_the_form_says_it_before_and_the_field_afterwards(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        page = await duane.page(site.week(org, org.duane, FAR))
        assert f"{AHEAD}, not ahead." in page.text
        form = page.form(f"{site.week(org, org.duane, FAR)}/entries")

        typed = {"start": "09:00", "finish": "17:00", "type_id": str(SHIFT)}
        refused = page_of(
            await duane.send(form, **typed, project_id=str(org.projects["proj-533"]), task="washing dog"), 400
        )

        assert "This is still ahead" in refused.problem("start")
        assert site.rows(org, TimeEntryVersion) == []

    async def test_a_list_says_of_each_line_that_is_ahead_why_it_cannot_be(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        staff_id = site.staff_id(org, org.duane)
        rest = "Shift,09:00,17:00,30,proj-533,washing dog,"

        sent = await read_in(duane, lines(f"{staff_id},{MONDAY},{rest}", f"{staff_id},{FAR},{rest}"))

        assert "This is still ahead" in sent.text
        assert site.rows(org, TimeEntryVersion) == []

    async def test_last_week_is_not_copied_into_days_that_are_ahead(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, org, refuse_future_work=False)
        before = FAR - timedelta(days=7)
        fields = worked("09:00", "17:00", before, project_id=org.projects["proj-533"], task="washing dog")
        site.desk.do(Asking(org, org.duane, org.duane, before).record(fields))
        change_policy(owner_engine, org, refuse_future_work=True)

        week = site.week(org, org.duane, FAR)
        refused = page_of(await duane.post_form(f"{week}/copy", what="hours"), 400)

        assert "This is still ahead" in refused.text
        assert len(site.rows(org, TimeEntryVersion)) == 1


class TestTotalTime:
    async def test_the_days_are_named_with_links_before_and_after_a_try(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, org, account_for_days=True)
        key = await site.bring_to(org, State.DRAFT)
        address = f"/timesheets/{key.timesheet_id}/submission"
        page = await duane.page(address)

        assert "Not every planned hour is accounted for" in page.main.text
        assert "Tuesday 17 November (7.40 h)" in page.main.text
        assert "Monday 16 November" not in page.main.text
        assert any(link.endswith("/week/2026-11-17#day-card") for link in page.links)

        refused = page_of(await duane.send(page.form(address), certified="true"), 400)
        assert "Tuesday 17 November (7.40 h)" in refused.main.text
        assert site.rows(org, Submission) == []

    async def test_switched_off_nothing_is_said(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.DRAFT)

        assert "accounted for" not in (await duane.page(f"/timesheets/{key.timesheet_id}/submission")).main.text


class TestExplaining:
    async def test_the_form_of_a_saved_entry_asks_why(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        await site.bring_to(org, State.DRAFT)
        week = site.week(org, org.duane)
        (entry,) = site.desk.live(org.key(org.duane))
        assert "reason" not in (await duane.page(f"{week}?edit={entry.id}")).form(f"{week}/entries/{entry.id}").fields

        change_policy(owner_engine, org, explain_changes=True)
        form = (await duane.page(f"{week}?edit={entry.id}")).form(f"{week}/entries/{entry.id}")
        refused = page_of(await duane.send(form, finish="16:00"), 400)
        assert "give a reason" in refused.problem("reason")

        form = refused.form(f"{week}/entries/{entry.id}")
        assert (await duane.send(form, reason="I left early.")).status_code == 303
        assert [each.reason for each in site.rows(org, TimeEntryVersion)] == [None, "I left early."]


class TestAnswering:
    async def test_the_page_says_what_is_to_be_answered_first(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        change_policy(owner_engine, org, answer_acts_first=True)
        site.desk.do(Asking(org, org.duane, org.roland, reason="He forgot.").record(worked("09:00", "17:00")))
        address = f"/timesheets/{org.key(org.duane).timesheet_id}/submission"
        page = await duane.page(address)
        assert "Others acted in your place in this week" in page.main.text

        refused = page_of(await duane.send(page.form(address), certified="true"), 409)
        assert "Confirm or dispute that first" in refused.main.text
        assert site.rows(org, Submission) == []

    async def test_whoever_is_to_approve_is_told_before_that_it_waits_for_the_owner(
        self, site: Site, org: Organisation, roland: Browser, owner_engine: Engine
    ) -> None:
        key, suzanne = org.key(org.duane), Life(site.desk, org).suzanne_for(org.duane, "He is ill.")
        site.desk.do(suzanne.record(worked("09:00", "17:00")))
        site.desk.do(suzanne.submit(site.digest(key)))
        address, waits = f"/inbox/{key.timesheet_id}", "has not said yet whether what others did"
        assert waits not in (await roland.page(address)).main.text

        change_policy(owner_engine, org, answer_acts_first=True)

        page = await roland.page(address)
        assert waits in page.main.text
        refused = page_of(await roland.send(page.form(f"/timesheets/{key.timesheet_id}/approval")), 409)
        assert waits in refused.main.text
        assert site.rows(org, Decision) == []


class TestOpening:
    @pytest.fixture(autouse=True)
    def opening(self, org: Organisation, owner_engine: Engine) -> None:
        change_policy(owner_engine, org, view_before_approving=True)

    async def test_the_review_page_is_the_look_that_is_wanted(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        page = await roland.page(f"/inbox/{key.timesheet_id}")

        answer = await roland.send(page.form(f"/timesheets/{key.timesheet_id}/approval"))

        assert answer.status_code == 303
        assert [each.decision for each in site.rows(org, Decision)] == ["approve"]

    async def test_who_looked_at_the_draft_has_to_look_again(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        await roland.page(site.week(org, org.duane))
        site.desk.do(Asking(org, org.duane, org.duane).submit(site.digest(key)))
        given = {"digest": site.digest(key)}

        refused = await roland.post_form(f"/timesheets/{key.timesheet_id}/approval", **given)
        assert refused.status_code == 409
        await roland.page(f"/inbox/{key.timesheet_id}")
        assert (await roland.post_form(f"/timesheets/{key.timesheet_id}/approval", **given)).status_code == 303

    async def test_of_many_only_those_that_were_opened_are_approved(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        crowd = Crowd(site.desk, org)
        first, second = crowd.submitted(2)
        assert "Only those whose details you have opened" in (await roland.page("/inbox")).text
        await roland.page(f"/inbox/{first.timesheet_id}")

        page = await decided(roland, site, await asked(roland, [first, second]), "approve")

        assert "You have not opened the details of this timesheet" in page.text
        assert (crowd.states([first]), crowd.states([second])) == ({"approved"}, {"submitted"})

    async def test_a_mail_shows_the_lines_and_its_form_counts_as_a_look(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key: SheetKey = await site.bring_to(org, State.SUBMITTED)
        mail = Mail(site, org, owner_engine, key, link_for(site, org, org.roland, key), site.visitor())
        page = await mail.look()
        assert "Mon 16 · " in page.text
        assert "09:00 – 17:00" in page.text
        assert mail.decisions() == []

        await mail.send(page, "approval")

        assert mail.state() is State.APPROVED

    async def test_a_mail_that_was_only_fetched_is_no_look(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        mail = Mail(site, org, owner_engine, key, link_for(site, org, org.roland, key), site.visitor())
        await mail.look()

        refused = await roland.post_form(f"/timesheets/{key.timesheet_id}/approval", digest=site.digest(key))

        assert refused.status_code == 409
        assert mail.state() is State.SUBMITTED


async def test_a_clock_may_run_and_be_stopped_under_every_rule(
    site: Site, org: Organisation, duane: Browser, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, refuse_future_work=True, explain_changes=True)
    today = datetime.now(UTC).date()
    week = site.week(org, org.duane, today)

    await duane.follow(await duane.send((await duane.page(week)).form(f"{week}/timer")))
    page = await duane.page(week)
    await duane.follow(await duane.send(page.form(f"{week}/timer/stop")))

    assert [each.version for each in site.rows(org, TimeEntryVersion)] == [1, 2]
