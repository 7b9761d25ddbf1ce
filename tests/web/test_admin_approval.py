"""How an organisation certifies and approves, as administrators see it, try it and change it on a page."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from models.messages import SheetKey
from models.rules.transitions import State
from models.tables.people import DirectoryChange, TenantPolicy
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Decision, Submission, Timesheet
from tests.factories import Organisation, make_organisation
from tests.waiting import eventually_async
from tests.web.conftest import Browser, Site, page_of

APPROVAL = "/admin/approval"
TRIAL = f"{APPROVAL}/trial"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def policy(site: Site, org: Organisation) -> TenantPolicy:
    found: TenantPolicy
    (found,) = site.rows(org, TenantPolicy)
    return found


async def save(browser: Browser, **said: object) -> object:
    """Send the form with something else in it; the answer."""
    form = (await browser.page(APPROVAL)).form(APPROVAL)
    return await browser.send(form, **said)


class TestChanging:
    async def test_everything_said_is_kept_and_shown_again(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        said = {
            "certification": "True, all of it.",
            "approvalStages": "supervisor,project_lead",
            "submitGraceHours": "",
            "remindAfterHours": "4",
            "escalateAfterHours": "12",
            "lockAfterDays": "7",
            "lateAfterWorkingDays": "3",
            "workStarts": "07:30",
            "workEnds": "15:45",
            "holidayCalendar": "gb-sct",
            "workDay5": "yes",
        }
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = await suzanne.follow(await suzanne.send(form, **said))

        kept = policy(site, org)
        assert (kept.certification, kept.approval_stages) == ("True, all of it.", ["supervisor", "project_lead"])
        assert (kept.submit_grace_hours, kept.remind_after_hours, kept.escalate_after_hours) == (None, 4, 12)
        assert (kept.lock_after_days, kept.holiday_calendar) == (7, "GB-SCT")
        assert (f"{kept.work_starts:%H:%M}", f"{kept.work_ends:%H:%M}") == ("07:30", "15:45")
        assert kept.late_after_working_days == 3
        assert kept.work_days == [0, 1, 2, 3, 4, 5]
        shown = page.form(APPROVAL).fields
        assert (shown["lockAfterDays"], shown["submitGraceHours"], shown["workDay5"]) == ("7", "", "yes")
        assert shown["lateAfterWorkingDays"] == "3"
        assert "Locks after days 21 became → 7" in page.text
        assert "Late after working days nothing became → 3" in page.text
        assert "Friday, Saturday" in page.text
        (change,) = site.rows(org, DirectoryChange)
        assert change.subject_kind == "approval_policy"

    async def test_the_same_form_twice_is_one_change(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        for _ in range(2):
            await suzanne.follow(await suzanne.send(form, lockAfterDays="7"))

        assert len(site.rows(org, DirectoryChange)) == 1

    async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        old = (await suzanne.page(APPROVAL)).form(APPROVAL)
        await suzanne.follow(await suzanne.send((await suzanne.page(APPROVAL)).form(APPROVAL), lockAfterDays="7"))

        page = page_of(await suzanne.send(old, remindAfterHours="1"), 412)

        assert "Somebody changed this policy meanwhile" in page.text
        assert page.form(APPROVAL).fields["remindAfterHours"] == "1"
        assert policy(site, org).remind_after_hours == 16

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("certification", "", "Write what people certify"),
            ("workEnds", "08:00", "end after it starts"),
            ("workEnds", "25:00", "such as 09:00"),
            ("workStarts", "soon", "such as 09:00"),
            ("holidayCalendar", "GB-ATLANTIS", "such as GB"),
            ("remindAfterHours", "0", "from 1 to 1000"),
            ("escalateAfterHours", "١", "whole hours"),
            ("lockAfterDays", "-1", "whole days"),
            ("lockAfterDays", "999", "from 0 to 366"),
            ("lateAfterWorkingDays", "-1", "whole days"),
            ("lateAfterWorkingDays", "251", "from 0 to 250"),
        ],
    )
    async def test_what_is_refused_is_said_beside_its_field(
        self, site: Site, suzanne: Browser, org: Organisation, field: str, value: str, words: str
    ) -> None:
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = page_of(await suzanne.send(form, **{field: value}), 400)

        assert words in page.problem(field)
        assert site.rows(org, DirectoryChange) == []

    async def test_what_waits_is_reckoned_anew_by_the_worker(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        await site.bring_to(org, State.SUBMITTED)
        (before,) = site.rows(org, Timesheet)

        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        await suzanne.follow(await suzanne.send(form, remindAfterHours="", escalateAfterHours="400"))

        async def later() -> bool:
            now: Timesheet
            (now,) = [each for each in site.rows(org, Timesheet) if each.id == before.id]
            return bool(now.due_at and now.due_at > before.due_at)

        await eventually_async(later, "the deadlines to be reckoned anew")


class TestTrying:
    @pytest.fixture
    async def slow(self, site: Site, org: Organisation, owner_engine: Engine) -> SheetKey:
        """Duane's week, submitted four weeks ago and approved three weeks ago."""
        key = await site.bring_to(org, State.APPROVED)
        now = datetime.now(UTC)
        with owner_engine.begin() as connection:
            theirs = Submission.timesheet_id == key.timesheet_id
            connection.execute(update(Submission).where(theirs).values(submitted_at=now - timedelta(weeks=4)))
            decided = update(Decision).where(Decision.timesheet_id == key.timesheet_id)
            connection.execute(decided.values(decided_at=now - timedelta(weeks=3)))
        return key

    async def test_it_says_whose_submission_would_have_gone_otherwise_and_changes_nothing(
        self, site: Site, suzanne: Browser, org: Organisation, slow: SheetKey
    ) -> None:
        before = site.contents(org)
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = page_of(await suzanne.post_form(TRIAL, **form.fields | {"escalateAfterHours": "8"}), 200)

        assert "1 submission since" in page.text
        assert "1 would have gone otherwise. Nothing was changed." in page.text
        assert "Escalations to the next approver 1 would have been → 5" in page.text
        assert f"/history/{slow.timesheet_id}" in page.links
        assert page.form(APPROVAL).fields["escalateAfterHours"] == "8"
        assert site.contents(org) == before

    async def test_late_entries_without_a_reason_are_counted_and_told_by_week(
        self, suzanne: Browser, org: Organisation, slow: SheetKey, owner_engine: Engine
    ) -> None:
        with owner_engine.begin() as connection:
            theirs = update(TimeEntryVersion).where(TimeEntryVersion.timesheet_id == slow.timesheet_id)
            connection.execute(theirs.values(recorded_at=TimeEntryVersion.end_at + timedelta(days=8)))
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)

        strict = page_of(await suzanne.post_form(TRIAL, **form.fields | {"lateAfterWorkingDays": "5"}), 200)
        assert "Late entries without a reason 0 would have been → 1" in strict.text
        assert "Late entries without a reason: none would have been → 1" in strict.text
        assert f"/history/{slow.timesheet_id}" in strict.links
        lax = page_of(await suzanne.post_form(TRIAL, **form.fields | {"lateAfterWorkingDays": "8"}), 200)
        assert "nothing would have been otherwise" in lax.text

    async def test_what_has_a_reason_is_not_counted_as_late(
        self, suzanne: Browser, slow: SheetKey, owner_engine: Engine
    ) -> None:
        with owner_engine.begin() as connection:
            theirs = update(TimeEntryVersion).where(TimeEntryVersion.timesheet_id == slow.timesheet_id)
            late = TimeEntryVersion.end_at + timedelta(days=8)
            connection.execute(theirs.values(recorded_at=late, reason="The machine was away."))
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)

        page = page_of(await suzanne.post_form(TRIAL, **form.fields | {"lateAfterWorkingDays": "0"}), 200)
        assert "nothing would have been otherwise" in page.text

    async def test_the_same_policy_changes_nothing(self, suzanne: Browser, slow: SheetKey) -> None:
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = page_of(await suzanne.post_form(TRIAL, **form.fields), 200)

        assert "nothing would have been otherwise" in page.text

    async def test_what_cannot_be_tried_is_said_beside_its_field(self, suzanne: Browser) -> None:
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = page_of(await suzanne.post_form(TRIAL, **form.fields | {"lockAfterDays": "999"}), 400)

        assert "from 0 to 366" in page.problem("lockAfterDays")

    async def test_submissions_of_others_are_not_looked_at(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        await site.bring_to(make_organisation(owner_engine), State.APPROVED)
        form = (await suzanne.page(APPROVAL)).form(APPROVAL)
        page = page_of(await suzanne.post_form(TRIAL, **form.fields), 200)

        assert "0 submissions since" in page.text


@pytest.mark.parametrize("who", ["duane", "roland", "diana"])
async def test_only_administrators_find_the_page(site: Site, org: Organisation, who: str) -> None:
    browser = site.browser(org, getattr(org, who))

    assert (await browser.get(APPROVAL)).status_code == 404
    for address in (APPROVAL, TRIAL):
        answer = await browser.post_form(address, version=0, certification="Mine.", approvalStages="supervisor")
        assert answer.status_code in (400, 404)
    assert site.rows(org, DirectoryChange) == []
