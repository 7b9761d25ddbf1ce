"""The grid of the week: what is typed into cells is recorded, amended or removed, one by one or all together."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, update

from models.rules.lines import Line
from models.rules.transitions import State
from models.standard import ABSENCE, SHIFT, TRAINING
from models.tables.people import TenantPolicy
from models.tables.timecard import TimeEntry, TimeEntryVersion, WeekRow
from models.tables.timesheet import Command
from tests.desk import Life
from tests.factories import LONDON, MONDAY, Asking, Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page
from tests.web.test_week import totals, without_commands

TUESDAY, WEDNESDAY, SATURDAY, SUNDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 5, 6))
CLOCKS_BACK = date(2026, 10, 25)
CLOCKS_FORWARD = date(2027, 3, 28)


def cell(day: date, type_id: UUID = SHIFT, project: UUID | None = None) -> str:
    """The field of a cell."""
    return f"h.{Line(type_id, project)}-{day}"


@dataclass(frozen=True)
class Grid:
    """Duane's week in somebody's browser."""

    site: Site
    org: Organisation
    browser: Browser
    at: str

    @property
    def entries(self) -> list[TimeEntry]:
        """What is recorded of him, by start."""
        found = [entry for entry in self.site.rows(self.org, TimeEntry) if not entry.deleted]
        return sorted(found, key=lambda entry: entry.start_at)

    @property
    def times(self) -> list[str]:
        """When it is, as the clocks of London show it."""
        return [
            f"{entry.start_at.astimezone(LONDON):%a %H:%M} – {entry.end_at.astimezone(LONDON):%H:%M}"
            for entry in self.entries
            if entry.end_at
        ]

    async def page(self) -> Page:
        """The week as it is now."""
        return await self.browser.page(self.at)

    async def save(self, typed: dict[str, str], page: Page | None = None) -> Response:
        """Send the whole grid as it is shown, with this typed into it; None leaves a box without its tick."""
        return await self.browser.send((page or await self.page()).form(f"{self.at}/cells"), **typed)

    async def send(self, name: str, text: str, page: Page | None = None, **more: Any) -> Response:
        """Send one cell, as the script does."""
        form = (page or await self.page()).form(f"{self.at}/cells")
        base = name.replace("h.", "was.", 1)
        shown = {base: form.fields[base]} if base in form.fields else {}
        fields: dict[str, object] = {"command_id": form.fields["command_id"], "turn": 1, name: text} | shown | more
        return await self.browser.by_htmx.post_form(f"{self.at}/cells", **fields)

    async def commit(self, name: str, text: str, page: Page | None = None, **more: Any) -> Page:
        """Send one cell, which must be saved; the parts of the page that change."""
        return page_of(await self.send(name, text, page, **more), 200)

    async def refused(self, name: str, text: str, status: int, **more: Any) -> str:
        """Send one cell, which must be refused; what is said of it."""
        part = page_of(await self.send(name, text, **more), status)
        assert {each.attributes["hx-target"] for each in part.root.all("hx-partial")} <= {"#refusals", "#hours-why"}
        return part.text


@pytest.fixture
def grid(site: Site, org: Organisation) -> Grid:
    """In his own."""
    return Grid(site, org, site.browser(org, org.duane), site.week(org, org.duane))


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    """What was done before a test looks."""
    return Life(site.desk, org)


def partial(part: Page, target: str) -> str:
    """The words that go into one place of the page."""
    (found,) = [each for each in part.root.all("hx-partial") if each.attributes["hx-target"] == target]
    return found.text


def field_of(page: Page, name: str) -> dict[str, str]:
    """The field of a cell."""
    return next(page.root.all("input", name=name)).attributes


class TestOneCell:
    async def test_hours_in_an_empty_cell_are_placed_at_the_usual_start_and_it_is_said_where(self, grid: Grid) -> None:
        part = await grid.commit(cell(MONDAY), "7.5")

        assert grid.times == ["Mon 09:00 – 16:30"]
        assert partial(part, "#toast").startswith("Recorded: Monday 16 November, 09:00 – 16:30.")
        assert "09:00 – 16:30" in partial(part, "#day-card")
        assert partial(part, "#stats").startswith("Recorded 7.50 of 37.00 h")
        assert partial(part, "#hours-foot").startswith("Day total 7.50 –")
        assert "Submit week" in partial(part, "#week-head")

    async def test_the_usual_start_is_that_of_the_last_four_weeks(self, grid: Grid, life: Life) -> None:
        for days, start in (
            (-7, "07:15"),
            (-8, "07:15"),
            (-9, "10:00"),
            (-40, "05:00"),
            (-41, "05:00"),
            (-42, "05:00"),
        ):
            day = MONDAY + timedelta(days=days)
            life.desk.do(Asking(grid.org, grid.org.duane, grid.org.duane, day).record(worked(start, "11:00", day)))

        await grid.commit(cell(MONDAY), "1")

        assert grid.times[-1] == "Mon 07:15 – 08:15"

    async def test_hours_follow_the_last_entry_of_the_day(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "12:15")

        await grid.commit(cell(MONDAY, TRAINING), "45m")

        assert grid.times == ["Mon 09:00 – 12:15", "Mon 12:15 – 13:00"]

    async def test_times_are_what_they_say(self, grid: Grid) -> None:
        part = await grid.commit(cell(MONDAY), "22:00-06:00")

        assert grid.times == ["Mon 22:00 – 06:00"]
        assert partial(part, "#said") == "Recorded: Monday 16 November, 22:00 – 06:00."

    async def test_hours_over_an_entry_keep_its_start_its_break_and_everything_else(
        self, grid: Grid, life: Life
    ) -> None:
        dogs = grid.org.projects["proj-533"]
        fields = worked(
            "08:30", "17:00", project_id=dogs, task="washing dog", meal_break_minutes=30, shift_type="Early"
        )
        life.desk.do(life.duane.record(fields))
        name = cell(MONDAY, project=dogs)
        assert field_of(await grid.page(), name)["value"] == "8.00"

        part = await grid.commit(name, "4:00")

        (entry,) = grid.entries
        assert grid.times == ["Mon 08:30 – 13:00"]
        assert (entry.version, entry.task, entry.meal_break_minutes, entry.shift_type, entry.project_id) == (
            2,
            "washing dog",
            30,
            "Early",
            dogs,
        )
        assert field_of(part, name)["value"] == "4.00"
        assert field_of(part, name.replace("h.", "was.", 1))["value"] == f"{entry.id}:2:4.00"

    async def test_times_over_an_entry_set_both_its_ends(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")

        await grid.commit(cell(MONDAY), "10-12")

        assert grid.times == ["Mon 10:00 – 12:00"]

    async def test_an_emptied_cell_removes_its_entry_and_the_line_stays(self, grid: Grid, life: Life) -> None:
        life.record()

        part = await grid.commit(cell(MONDAY), " ")

        assert grid.entries == []
        assert partial(part, "#said") == "Removed. The record keeps what was there."
        assert field_of(part, cell(MONDAY))["value"] == ""
        assert "Remove the row Shift" in (await grid.page()).text

    async def test_the_line_that_stays_is_that_of_the_entry_whatever_line_the_form_names(
        self, grid: Grid, life: Life
    ) -> None:
        entry_id = life.record().entry_id
        name = cell(MONDAY, SHIFT, uuid4())

        await grid.commit(name, "", None, **{name.replace("h.", "was.", 1): f"{entry_id}:1:8.00"})

        assert grid.entries == []
        (row,) = grid.site.rows(grid.org, WeekRow)
        assert (row.time_period_type_id, row.project_id) == (SHIFT, None)

    async def test_a_whole_day_is_ticked_and_its_tick_taken_away(self, grid: Grid) -> None:
        await grid.commit(cell(SATURDAY, ABSENCE), "x")
        assert grid.times == ["Sat 00:00 – 00:00"]
        page = await grid.page()
        assert "checked" in field_of(page, cell(SATURDAY, ABSENCE))

        await grid.commit(cell(SATURDAY, ABSENCE), "", page)
        assert grid.entries == []

    async def test_a_planned_shift_counts_nowhere_and_what_is_typed_over_it_confirms_it(
        self, grid: Grid, life: Life
    ) -> None:
        planned = life.plan("09:00", "17:00")
        page = await grid.page()
        shown = field_of(page, cell(MONDAY))
        assert (shown["value"], shown["placeholder"]) == ("", "8.00")
        assert "planned 09:00 – 17:00, not confirmed" in shown["aria-label"]
        assert totals(page) == ["–"] * 7 + ["0.00"]

        await grid.commit(cell(MONDAY), "6", page)

        (entry,) = grid.entries
        assert (entry.id, entry.confirmed, grid.times) == (planned, True, ["Mon 09:00 – 15:00"])

    async def test_what_runs_is_ended_by_typing_how_long_it_took(self, grid: Grid, life: Life) -> None:
        life.record("09:02", None)
        assert field_of(await grid.page(), cell(MONDAY))["value"] == ""

        await grid.commit(cell(MONDAY), "1")

        assert grid.times == ["Mon 09:02 – 10:02"]

    async def test_a_cell_of_several_entries_is_a_link_to_its_day(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "12:00")
        life.record("13:00", "17:00")

        page = await grid.page()

        (link,) = page.root.all("a", class_="several")
        assert link.text == "7.00 2 Shift, Monday 16 November, 2 entries: open the day"
        assert link.attributes["href"] == f"{grid.at}#day-card"
        assert not list(page.root.all("input", name=cell(MONDAY)))

    async def test_the_day_of_the_cell_opens_unless_another_is_half_filled_in(self, grid: Grid) -> None:
        answer = await grid.send(cell(TUESDAY), "1")
        assert answer.headers["HX-Replace-Url"] == grid.at.replace(str(MONDAY), str(TUESDAY))
        assert partial(page_of(answer), "#day-card").startswith("Tuesday 17 November")

        answer = await grid.send(cell(WEDNESDAY), "1", busy="true")
        assert "HX-Replace-Url" not in answer.headers
        assert "day-card" not in answer.text.replace("#day-card", "", 1) or 'hx-target="#day-card"' not in answer.text

    async def test_a_day_on_which_the_clocks_change_counts_the_minutes_that_passed(self, grid: Grid) -> None:
        back = Grid(grid.site, grid.org, grid.browser, grid.site.week(grid.org, grid.org.duane, CLOCKS_BACK))
        await back.commit(cell(CLOCKS_BACK), "0030-0230")
        assert field_of(await back.page(), cell(CLOCKS_BACK))["value"] == "3.00"

        await back.commit(cell(CLOCKS_BACK), "2")
        assert back.times == ["Sun 00:30 – 01:30"]
        assert field_of(await back.page(), cell(CLOCKS_BACK))["value"] == "2.00"


class TestRefusedCell:
    """It says why, and everything else on the page stays."""

    @pytest.mark.parametrize(
        ("typed", "status", "says"),
        [
            ("half", 400, "“half” cannot be read. Type hours such as 7.5, 7:30 or 7h 30m"),
            ("25", 400, "A day has 24 hours"),
            ("9-9", 400, "takes no time"),
            ("16-18", 400, "must not overlap with another time period Shift, Mon 16 Nov, 09:00 – 17:00"),
            ("x" * 10_000, 400, "cannot be read"),
            ("9\x00", 400, "cannot be read"),
            ('"><svg/onload=alert(1)>', 400, '“"><svg/onload=alert(” cannot be read'),
        ],
    )
    async def test_says_why_beside_its_name(self, grid: Grid, life: Life, typed: str, status: int, says: str) -> None:
        life.record("09:00", "17:00")

        await grid.browser.post_form(f"{grid.at}/rows", type_id=TRAINING)

        said = await grid.refused(cell(MONDAY, TRAINING), typed, status)

        assert said.startswith("Training, Mon 16. ")
        assert says in said
        assert len(grid.entries) == 1

    async def test_a_time_that_the_clocks_skip_or_show_twice(self, grid: Grid) -> None:
        for day, says in ((CLOCKS_FORWARD, "There is no 01:30"), (CLOCKS_BACK, "Open the day to choose.")):
            there = Grid(grid.site, grid.org, grid.browser, grid.site.week(grid.org, grid.org.duane, day))
            await there.browser.post_form(f"{there.at}/rows", type_id=SHIFT)
            assert says in await there.refused(cell(day), "0130-9", 400)

    async def test_hours_after_a_night_do_not_slip_into_the_next_day(self, grid: Grid, life: Life) -> None:
        life.record("22:00", "30:00")
        await grid.browser.post_form(f"{grid.at}/rows", type_id=TRAINING)

        assert "ends at 06:00 on Tuesday" in await grid.refused(cell(MONDAY, TRAINING), "1", 400)

    async def test_a_stale_page_overwrites_nothing(self, grid: Grid, life: Life) -> None:
        empty = await grid.page()
        life.record("09:00", "17:00")
        full = await grid.page()
        assert "recorded here meanwhile" in page_of(await grid.send(cell(MONDAY), "1", empty), 412).text
        (entry,) = grid.entries
        life.desk.do(life.duane.amend(entry.id, 1, worked("09:00", "16:00")))
        assert "changed since you opened it" in page_of(await grid.send(cell(MONDAY), "1", full), 412).text
        life.desk.do(life.duane.remove(entry.id, 2))
        assert "removed or moved meanwhile" in page_of(await grid.send(cell(MONDAY), "2", full), 412).text
        assert grid.entries == []

    async def test_what_was_certified_is_only_removed_with_a_reason(self, site: Site, grid: Grid) -> None:
        key = await site.bring_to(grid.org, State.REJECTED)
        await grid.browser.post_form(f"/timesheets/{key.timesheet_id}/revision", reason="Wrong day.")
        dogs = cell(MONDAY)

        said = await grid.refused(dogs, "", 400)
        assert "certified before. Please give a reason" in said

        await grid.commit(dogs, "", reason="It was not me.", turn=2)
        assert {each.version: each.reason for each in site.rows(grid.org, TimeEntryVersion)} == {
            1: None,
            2: "It was not me.",
        }

    async def test_what_is_late_asks_for_a_reason(self, site: Site, grid: Grid, owner_engine: Engine) -> None:
        with owner_engine.begin() as connection:
            of_tenant = update(TenantPolicy).where(TenantPolicy.tenant_id == grid.org.tenant_id)
            connection.execute(of_tenant.values(late_after_working_days=3))
        long_ago = MONDAY - timedelta(weeks=30)
        then = Grid(site, grid.org, grid.browser, site.week(grid.org, grid.org.duane, long_ago))

        assert "more than 3 working days ago" in await then.refused(cell(long_ago), "1", 400)
        await then.commit(cell(long_ago), "1", reason="I was ill.", turn=2)
        assert len(grid.entries) == 1

    async def test_a_frozen_week_says_so(self, site: Site, grid: Grid) -> None:
        page = await grid.page()
        await site.bring_to(grid.org, State.SUBMITTED)

        part = page_of(await grid.send(cell(MONDAY), "1", page), 409)

        assert "This timesheet is submitted." in partial(part, "#refusals")
        shown = await grid.page()
        assert "Frozen while it waits" in shown.text
        assert not shown.offers(f"{grid.at}/cells")

    @pytest.mark.parametrize(
        "name",
        [
            "h.",
            "h.x-2026-11-16",
            f"h.{SHIFT.hex}",
            f"h.{SHIFT.hex}-2026-02-30",
            f"h.{SHIFT.hex}-",
            f"h.{SHIFT}-2026-11-16",
        ],
    )
    async def test_a_name_that_no_cell_has_is_passed_over(self, grid: Grid, name: str) -> None:
        answer = await grid.browser.by_htmx.post_form(f"{grid.at}/cells", **{name: "8"})

        assert answer.status_code == 200
        assert grid.entries == []

    async def test_a_day_of_another_week_and_a_type_that_is_none_are_refused(self, grid: Grid) -> None:
        for name in (cell(MONDAY + timedelta(days=7)), cell(MONDAY, uuid4()), cell(MONDAY, project=uuid4())):
            assert (await grid.browser.by_htmx.post_form(f"{grid.at}/cells", **{name: "8"})).status_code == 400
        assert grid.entries == []


class TestOnce:
    async def test_a_cell_sent_twice_is_recorded_once(self, site: Site, grid: Grid) -> None:
        page = await grid.page()

        first, second = [partial(await grid.commit(cell(MONDAY), "7.5", page), "#toast") for _ in range(2)]

        assert first == second
        assert grid.times == ["Mon 09:00 – 16:30"]

    async def test_the_next_turn_is_another_command(self, grid: Grid) -> None:
        page = await grid.page()
        await grid.commit(cell(MONDAY), "8", page, turn=1)
        (entry,) = grid.entries
        await grid.commit(cell(MONDAY), "", turn=2)
        await grid.commit(cell(MONDAY), "8", page, turn=3)

        assert [found.id != entry.id for found in grid.entries] == [True]

    async def test_two_cells_at_once_are_both_saved(self, grid: Grid) -> None:
        page = await grid.page()

        answers = await asyncio.gather(
            grid.send(cell(MONDAY), "2", page, turn=1),
            grid.send(cell(MONDAY, TRAINING), "3", page, turn=2),
            grid.send(cell(TUESDAY), "4", page, turn=3),
        )

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert len(grid.entries) == 3

    async def test_an_id_that_somebody_else_used_shows_nothing_of_theirs(self, site: Site, grid: Grid) -> None:
        roland = Grid(site, grid.org, site.browser(grid.org, grid.org.roland), grid.at)
        page = await grid.page()
        await grid.commit(cell(MONDAY), "8", page)
        command_id = page.form(f"{grid.at}/cells").fields["command_id"]

        answer = await roland.send(cell(MONDAY), "8", page, command_id=command_id, reason="He forgot.")

        assert answer.status_code in (409, 412)
        assert len(grid.entries) == 1

    @pytest.mark.parametrize("missing", [None, "", "1"])
    async def test_a_form_without_a_valid_id_is_not_taken(self, grid: Grid, missing: str | None) -> None:
        answer = await grid.browser.by_htmx.post_form(f"{grid.at}/cells", command_id=missing, **{cell(MONDAY): "8"})

        assert "has no valid id" in page_of(answer, 400).text
        assert grid.site.rows(grid.org, Command) == []


class TestWithoutJavaScript:
    """The grid is one form: everything that was changed, or nothing."""

    async def test_a_week_is_saved_at_once(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", WEDNESDAY)))
        await grid.browser.post_form(f"{grid.at}/rows", type_id=TRAINING)
        await grid.browser.post_form(f"{grid.at}/rows", type_id=ABSENCE)

        page = await grid.browser.follow(
            await grid.save(
                {
                    cell(MONDAY): "4",
                    cell(MONDAY, TRAINING): "2",
                    cell(TUESDAY): "9-17:30",
                    cell(WEDNESDAY): "",
                    cell(SATURDAY, ABSENCE): "x",
                    cell(SUNDAY): "0",
                }
            )
        )

        assert "Saved: 5 entries." in page.notice
        assert grid.times == ["Mon 09:00 – 13:00", "Mon 13:00 – 15:00", "Tue 09:00 – 17:30", "Sat 00:00 – 00:00"]
        assert totals(page) == ["6.00", "8.50", "–", "–", "–", "–", "–", "14.50"]
        kinds = [command.kind for command in grid.site.rows(grid.org, Command)]
        assert kinds.count("batch") == 1

    async def test_one_change_needs_no_batch_and_none_no_command(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")
        assert "There was nothing to save." in (await grid.browser.follow(await grid.save({}))).notice

        await grid.browser.follow(await grid.save({cell(TUESDAY): "1"}))

        assert [command.kind for command in grid.site.rows(grid.org, Command)] == ["record", "record"]

    async def test_one_refused_cell_keeps_all_from_being_saved_and_is_named(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")
        life.desk.do(life.duane.record(worked("09:00", "10:00", WEDNESDAY, TRAINING)))

        page = page_of(await grid.save({cell(TUESDAY): "8", cell(WEDNESDAY): "0930-11"}), 400)

        assert "Shift, Wed 18. Time periods must not overlap" in page.alert
        shown = page.form(f"{grid.at}/cells").fields
        assert (shown[cell(TUESDAY)], shown[cell(WEDNESDAY)], shown[cell(MONDAY)]) == ("8", "0930-11", "8.00")
        wrong = field_of(page, cell(WEDNESDAY))
        assert wrong["aria-invalid"] == "true"
        assert list(page.root.all(id=wrong["aria-describedby"]))
        assert "aria-invalid" not in field_of(page, cell(TUESDAY))
        assert len(grid.entries) == 2

    async def test_every_cell_that_cannot_be_read_says_so(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")

        page = page_of(await grid.save({cell(TUESDAY): "?", cell(WEDNESDAY): "!"}), 400)

        assert "Shift, Tue 17. “?” cannot be read." in page.alert
        assert "Shift, Wed 18. “!” cannot be read." in page.alert

    async def test_the_same_form_twice_saves_once(self, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")
        page = await grid.page()

        for _ in range(2):
            led = await grid.browser.follow(await grid.save({cell(TUESDAY): "8", cell(MONDAY): "1"}, page))
            assert "Saved: 2 entries." in led.notice

        assert grid.times == ["Mon 09:00 – 10:00", "Tue 09:00 – 17:00"]

    async def test_a_missing_reason_is_asked_for_once_for_all(self, site: Site, grid: Grid, life: Life) -> None:
        life.record("09:00", "17:00")
        roland = Grid(site, grid.org, site.browser(grid.org, grid.org.roland), grid.at)

        page = page_of(await roland.save({cell(TUESDAY): "8", cell(WEDNESDAY): "8"}), 400)
        assert "give a reason" in page.problem("hours-reason")

        await roland.browser.follow(await roland.save({"reason": "He forgot."}, page))
        assert [version.reason for version in site.rows(grid.org, TimeEntryVersion)].count("He forgot.") == 2
        assert len(grid.entries) == 3

    async def test_the_address_leads_back_to_the_week(self, grid: Grid) -> None:
        assert (await grid.browser.get(f"{grid.at}/cells")).headers["Location"] == grid.at


class TestOthers:
    async def test_an_administrator_types_on_behalf_and_both_names_are_kept(self, site: Site, grid: Grid) -> None:
        suzanne = Grid(site, grid.org, await site.acting(grid.org, grid.org.duane), grid.at)

        await suzanne.commit(cell(MONDAY), "8", reason="He is away.")

        (version,) = site.rows(grid.org, TimeEntryVersion)
        assert (version.recorded_by_id, version.on_behalf_of_id) == (grid.org.suzanne, grid.org.duane)

    async def test_an_auditor_sees_and_does_not_type(self, site: Site, grid: Grid, life: Life) -> None:
        page = await grid.page()
        life.record()
        diana = Grid(site, grid.org, site.browser(grid.org, grid.org.diana), grid.at)
        shown = await diana.page()
        assert "Only to read" in shown.text
        assert not shown.offers(f"{grid.at}/cells")

        assert (await diana.send(cell(TUESDAY), "8", page)).status_code == 403
        assert len(grid.entries) == 1

    async def test_a_stranger_learns_and_changes_nothing(
        self, site: Site, grid: Grid, life: Life, owner_engine: Engine
    ) -> None:
        life.record()
        page, other = await grid.page(), make_organisation(owner_engine)
        before = site.contents(grid.org)
        for stranger in (site.browser(other, other.suzanne), site.browser(grid.org, grid.org.max)):
            theirs = Grid(site, grid.org, stranger, grid.at)
            assert (await theirs.send(cell(MONDAY), "1", page)).status_code == 404
        assert without_commands(site.contents(grid.org)) == without_commands(before)

    async def test_an_entry_of_somebody_else_cannot_be_typed_over(self, site: Site, grid: Grid) -> None:
        (maxs,) = site.live(await site.bring_to(grid.org, State.DRAFT, grid.org.max))
        await site.bring_to(grid.org, State.DRAFT)

        for text in ("1", ""):
            forged: dict[str, Any] = {f"was.{cell(TUESDAY)[2:]}": f"{maxs.id}:1:8.00"}
            answer = await grid.send(cell(TUESDAY), text, turn=text, **forged)
            assert answer.status_code in (404, 412)
        assert site.live(grid.org.key(grid.org.max))[0].version == 1


async def test_times_are_in_the_zone_of_who_worked(site: Site, grid: Grid, owner_engine: Engine) -> None:
    change_person(owner_engine, grid.org.duane, time_zone="America/New_York")

    await grid.commit(cell(MONDAY), "8")

    assert grid.times == ["Mon 14:00 – 22:00"]
