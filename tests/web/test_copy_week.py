"""Rows of the grid, and beginning a week with what was there the week before."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, insert, update

from models.rules.lines import Line
from models.rules.transitions import State
from models.standard import ABSENCE, OVERTIME, SHIFT, TRAINING
from models.store.week_rows import MOST
from models.tables.people import Project, TenantPolicy
from models.tables.timecard import Note, TimeEntry, TimeEntryVersion, TimePeriodType, WeekRow
from models.tables.timesheet import Command
from tests.factories import LONDON, MONDAY, Asking, Organisation, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page

WEEK = timedelta(days=7)
LAST = MONDAY - WEEK
CLOCKS_FORWARD = date(2027, 3, 28)


@dataclass(frozen=True)
class Weeks:
    """Two weeks of Duane's, in his browser."""

    site: Site
    org: Organisation
    browser: Browser
    monday: date = MONDAY

    @property
    def at(self) -> str:
        """The address of the later one."""
        return self.site.week(self.org, self.org.duane, self.monday)

    def before(self, start: str, end: str | None, days: int = 0, type_id: UUID = SHIFT, **fields: object) -> None:
        """Record something in the earlier one, so many days after its Monday."""
        day = self.monday - WEEK + timedelta(days=days)
        self._record(day, start, end, type_id, **fields)

    def now(self, start: str, end: str | None, days: int = 0, type_id: UUID = SHIFT) -> None:
        """Record something in the later one."""
        self._record(self.monday + timedelta(days=days), start, end, type_id)

    def _record(self, day: date, start: str, end: str | None, type_id: UUID, **fields: object) -> None:
        mine = Asking(self.org, self.org.duane, self.org.duane, day)
        self.site.desk.do(mine.record(worked(start, end, day, type_id, **fields)))

    async def copy(self, what: str = "hours", **fields: object) -> Page:
        """Press one of the two buttons; what it leads to."""
        form = (await self.browser.page(self.at)).form(f"{self.at}/copy")
        return await self.browser.follow(await self.browser.post_form(form.action, what=what, **fields))

    @property
    def times(self) -> list[str]:
        """What is recorded in the later week."""
        found = sorted(self.site.live(self.org.key(self.org.duane, self.monday)), key=lambda entry: entry.start_at)
        return [
            f"{entry.start_at.astimezone(LONDON):%a %H:%M} – {entry.end_at.astimezone(LONDON):%H:%M}"
            for entry in found
            if entry.end_at
        ]

    @property
    def lines(self) -> set[str]:
        """The lines that the later week was given."""
        sheet = self.org.key(self.org.duane, self.monday).timesheet_id
        return {row.line for row in self.site.rows(self.org, WeekRow) if row.timesheet_id == sheet}


@pytest.fixture
def weeks(site: Site, org: Organisation) -> Weeks:
    return Weeks(site, org, site.browser(org, org.duane))


def shown_rows(page: Page) -> list[str]:
    """The heads of the rows of the grid."""
    return [next(row.all("th")).text for row in page.root.all("tr", class_="activity")]


class TestRows:
    async def test_a_row_is_added_to_type_into_and_stays_without_hours(self, weeks: Weeks) -> None:
        page = await weeks.browser.page(weeks.at)
        form = page.form(f"{weeks.at}/rows")
        dogs = weeks.org.projects["proj-533"]

        page = await weeks.browser.follow(await weeks.browser.send(form, type_id=OVERTIME, project_id=dogs))

        assert shown_rows(page) == ["dog grooming Overtime · proj-533"]
        line = Line(OVERTIME, dogs)
        assert next(page.root.all("input", name=f"h.{line}-{MONDAY}")).attributes.get("autofocus") == ""
        assert shown_rows(await weeks.browser.page(weeks.at)) == ["dog grooming Overtime · proj-533"]
        assert weeks.site.rows(weeks.org, Command) == []

    async def test_rows_stand_in_the_order_of_their_types_then_projects(self, weeks: Weeks) -> None:
        hats, dogs = weeks.org.projects["proj-576B"], weeks.org.projects["proj-533"]
        for type_id, project in ((ABSENCE, None), (OVERTIME, None), (SHIFT, hats), (SHIFT, dogs), (SHIFT, None)):
            await weeks.browser.post_form(f"{weeks.at}/rows", type_id=type_id, project_id=project)
        weeks.now("09:00", "10:00", type_id=TRAINING)

        assert [row.partition(" ")[0] for row in shown_rows(await weeks.browser.page(weeks.at))] == [
            "Shift",
            "dog",
            "make",
            "Overtime",
            "Training",
            "Absence",
        ]

    async def test_a_type_without_projects_has_one_row(self, weeks: Weeks) -> None:
        dogs = weeks.org.projects["proj-533"]

        for project in (dogs, None):
            await weeks.browser.post_form(f"{weeks.at}/rows", type_id=TRAINING, project_id=project)

        assert weeks.lines == {str(Line(TRAINING))}

    async def test_an_empty_row_is_removed_and_one_with_hours_stays(self, weeks: Weeks) -> None:
        await weeks.browser.post_form(f"{weeks.at}/rows", type_id=TRAINING)
        page = await weeks.browser.page(weeks.at)
        form = page.form(f"{weeks.at}/rows/removal")

        page = await weeks.browser.follow(await weeks.browser.post_form(form.action, line=Line(TRAINING)))
        assert shown_rows(page) == []

        weeks.now("09:00", "10:00", type_id=TRAINING)
        page = await weeks.browser.follow(await weeks.browser.post_form(form.action, line=Line(TRAINING)))
        assert shown_rows(page) == ["Training No project"]
        assert "Remove the row" not in page.text

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"type_id": uuid4()}, "There is no such time period type"),
            ({"type_id": "shift"}, "There is no such time period type"),
            ({"type_id": SHIFT, "project_id": uuid4()}, "There is no such project"),
        ],
    )
    async def test_what_is_no_type_or_project_is_refused(
        self, weeks: Weeks, fields: dict[str, object], says: str
    ) -> None:
        page = page_of(await weeks.browser.post_form(f"{weeks.at}/rows", **fields), 400)

        assert says in page.alert
        assert weeks.lines == set()

    async def test_a_project_of_another_organisation_is_none(self, weeks: Weeks, owner_engine: Engine) -> None:
        theirs = make_organisation(owner_engine).projects["proj-533"]

        answer = await weeks.browser.post_form(f"{weeks.at}/rows", type_id=SHIFT, project_id=theirs)

        assert answer.status_code == 400

    async def test_what_is_no_line_is_refused_when_removing(self, weeks: Weeks) -> None:
        for line in ("", "x", "' OR 1=1", str(SHIFT)):
            assert (await weeks.browser.post_form(f"{weeks.at}/rows/removal", line=line)).status_code == 400

    async def test_a_week_takes_only_so_many_rows(self, weeks: Weeks, owner_engine: Engine) -> None:
        with owner_engine.begin() as connection:
            rows = [
                {"id": uuid4(), "tenant_id": weeks.org.tenant_id, "external_id": f"p{number}", "name": f"p{number}"}
                for number in range(MOST + 2)
            ]
            connection.execute(insert(Project).values(rows))

        for row in rows:
            await weeks.browser.post_form(f"{weeks.at}/rows", type_id=SHIFT, project_id=row["id"])

        assert len(weeks.lines) == MOST

    async def test_rows_are_for_those_who_may_record_on_a_draft(self, weeks: Weeks, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)
        strangers = [
            (weeks.site.browser(weeks.org, weeks.org.diana), 403),
            (weeks.site.browser(weeks.org, weeks.org.max), 404),
            (weeks.site.browser(other, other.suzanne), 404),
        ]
        for browser, status in strangers:
            for path, fields in (("rows", {"type_id": SHIFT}), ("rows/removal", {"line": Line(SHIFT)}), ("copy", {})):
                for sender in (browser, browser.by_htmx):
                    assert (await sender.post_form(f"{weeks.at}/{path}", **fields)).status_code == status, path
        await weeks.site.bring_to(weeks.org, State.SUBMITTED)
        for path in ("rows", "rows/removal", "copy"):
            page = page_of(await weeks.browser.post_form(f"{weeks.at}/{path}", type_id=SHIFT), 409)
            assert "This timesheet is submitted." in page.alert
        assert weeks.lines == set()

    async def test_the_addresses_lead_back_to_the_week(self, weeks: Weeks) -> None:
        for path in ("rows", "rows/removal", "copy"):
            assert (await weeks.browser.get(f"{weeks.at}/{path}")).headers["Location"] == weeks.at


class TestCopying:
    async def test_rows_come_without_hours(self, weeks: Weeks) -> None:
        weeks.before("09:00", "17:00", project_id=weeks.org.projects["proj-533"])
        weeks.before("00:00", "24:00", 5, ABSENCE)

        page = await weeks.copy("rows")

        assert "Copied 2 rows from last week." in page.notice
        assert shown_rows(page) == ["dog grooming Shift · proj-533", "Absence Whole days"]
        assert weeks.times == []
        assert "All rows of last week are here already." in (await weeks.copy("rows")).notice

    async def test_rows_with_hours_come_at_the_same_times(self, weeks: Weeks) -> None:
        dogs = weeks.org.projects["proj-533"]
        weeks.before("09:00", "17:00", project_id=dogs, task="washing dog", meal_break_minutes=30, shift_type="Early")
        weeks.before("22:00", "30:00", 2)
        weeks.before("00:00", "24:00", 5, ABSENCE)

        page = await weeks.copy()

        assert "Copied 3 entries from last week." in page.notice
        assert weeks.times == ["Mon 09:00 – 17:00", "Wed 22:00 – 06:00", "Sat 00:00 – 00:00"]
        first = weeks.site.live(weeks.org.key(weeks.org.duane))[0]
        assert (first.project_id, first.task, first.meal_break_minutes, first.shift_type) == (
            dogs,
            "washing dog",
            30,
            "Early",
        )

    async def test_pressing_twice_copies_nothing_twice(self, weeks: Weeks) -> None:
        weeks.before("09:00", "17:00")
        weeks.before("09:00", "17:00", 1)

        await weeks.copy()
        page = await weeks.copy()

        assert "Nothing was copied. 2 entries skipped" in page.notice
        assert len(weeks.times) == 2

    async def test_the_same_form_twice_says_the_same_twice(self, weeks: Weeks) -> None:
        weeks.before("09:00", "17:00")
        weeks.before("09:00", "17:00", 1)
        same = uuid4()

        said = {(await weeks.copy(command_id=same)).notice for _ in range(2)}

        assert len(said) == 1
        assert "Copied 2 entries from last week." in said.pop()
        assert len(weeks.times) == 2

    async def test_what_is_in_the_way_is_left_out_and_counted(self, weeks: Weeks) -> None:
        weeks.before("09:00", "17:00")
        weeks.before("09:00", "17:00", 1)
        weeks.before("09:00", "17:00", 2)
        weeks.now("16:00", "18:00")
        weeks.now("00:00", "24:00", 1, ABSENCE)

        page = await weeks.copy()

        assert "Copied 1 entry from last week. 2 entries skipped: something is there already" in page.notice
        assert weeks.times == ["Mon 16:00 – 18:00", "Tue 00:00 – 00:00", "Wed 09:00 – 17:00"]

    async def test_what_touches_is_not_in_the_way(self, weeks: Weeks) -> None:
        weeks.before("09:00", "12:00")
        weeks.now("12:00", "13:00")

        await weeks.copy()

        assert weeks.times == ["Mon 09:00 – 12:00", "Mon 12:00 – 13:00"]

    async def test_nothing_is_copied_that_could_not_be_recorded(self, weeks: Weeks, owner_engine: Engine) -> None:
        hats = weeks.org.projects["proj-576B"]
        weeks.before("09:00", "10:00", project_id=hats)
        weeks.before("11:00", "12:00", type_id=OVERTIME)
        weeks.before("13:00", "14:00", type_id=TRAINING)
        weeks.before("15:00", None)
        weeks.before("08:00", "09:00", note="Began early.")
        with owner_engine.begin() as connection:
            connection.execute(update(Project).where(Project.id == hats).values(active=False))
            of_tenant = update(TimePeriodType).where(TimePeriodType.tenant_id == weeks.org.tenant_id)
            connection.execute(
                of_tenant.where(TimePeriodType.id == OVERTIME).values(effective_to=MONDAY - timedelta(1))
            )
            fields = {"note": "required", "task": "optional"}
            connection.execute(of_tenant.where(TimePeriodType.id == TRAINING).values(fields=fields))

        page = await weeks.copy()

        assert "Copied 1 entry from last week. 4 entries skipped" in page.notice
        assert weeks.times == ["Mon 08:00 – 09:00"]
        assert len(weeks.site.rows(weeks.org, Note)) == 1

    async def test_what_was_only_planned_is_not_copied(self, weeks: Weeks) -> None:
        planned = Asking(weeks.org, weeks.org.duane, weeks.org.suzanne, LAST)
        weeks.site.desk.do(planned.schedule(uuid4(), worked("09:00", "17:00", LAST)))

        assert "Last week is empty, so there is nothing to copy." in (await weeks.copy()).notice
        assert [entry.confirmed for entry in weeks.site.rows(weeks.org, TimeEntry)] == [False]

    @pytest.mark.parametrize("what", ["rows", "hours", "everything"])
    async def test_an_empty_week_says_so(self, weeks: Weeks, what: str) -> None:
        assert "Last week is empty, so there is nothing to copy." in (await weeks.copy(what)).notice

    async def test_the_clock_on_the_wall_stays_when_the_clocks_change(self, site: Site, org: Organisation) -> None:
        weeks = Weeks(site, org, site.browser(org, org.duane), CLOCKS_FORWARD - timedelta(days=6))
        weeks.before("09:00", "17:00", 5)
        weeks.before("01:15", "04:00", 6)

        await weeks.copy()

        assert weeks.times == ["Sat 09:00 – 17:00", "Sun 02:00 – 04:00"]

    async def test_a_reason_is_asked_for_where_one_is_needed(self, weeks: Weeks, owner_engine: Engine) -> None:
        with owner_engine.begin() as connection:
            of_tenant = update(TenantPolicy).where(TenantPolicy.tenant_id == weeks.org.tenant_id)
            connection.execute(of_tenant.values(late_after_working_days=1))
        long_ago = Weeks(weeks.site, weeks.org, weeks.browser, MONDAY - 30 * WEEK)
        mine = Asking(weeks.org, weeks.org.duane, weeks.org.duane, MONDAY - 31 * WEEK, reason="I was ill.")
        weeks.site.desk.do(mine.record(worked("09:00", "17:00", mine.day)))

        page = page_of(await weeks.browser.post_form(f"{long_ago.at}/copy", what="hours"), 400)
        assert "more than 1 working days ago. Please give a reason" in page.alert
        assert "reason" in page.form(f"{long_ago.at}/copy").named

        await long_ago.copy(reason="I was ill.")
        assert [version.reason for version in weeks.site.rows(weeks.org, TimeEntryVersion)] == ["I was ill."] * 2
