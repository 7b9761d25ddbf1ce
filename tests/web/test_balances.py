"""Balances are the arithmetic of what is recorded, of one person on any day and through the year, and of a team."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.reads.shown_balances import TeamRow, TeamWanted
from models.reads.team_balances import PAGE, team_page
from models.reads.viewer import Onlooker
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.standard import ABSENCE, ON_CALL
from models.store.adjustments import AdjustmentContent, adjust
from models.store.agreements import create_agreement
from models.store.changes import GivenBy
from models.tables.people import Person
from tests.factories import (
    MONDAY,
    Asking,
    Organisation,
    change_person,
    change_policy,
    hire,
    make_organisation,
    take_role,
    worked,
)
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Element, Page

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY + timedelta(days=6)
HOURS, NIGHTS = AccrualCode.ANNUAL_TARGET_HOURS, AccrualCode.NIGHT_HOURS
ON_SUNDAY = f"/balances?on={SUNDAY}"
TEAM_ON_SUNDAY = f"/balances/team?on={SUNDAY}"


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def mine(org: Organisation) -> Asking:
    """Duane on his own week."""
    return Asking(org, org.duane, org.duane)


class TestBalances:
    """What remains and what should, on every day."""

    async def test_the_numbers_are_the_arithmetic_of_what_is_recorded(
        self, site: Site, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00", meal_break_minutes=30)))
        site.desk.do(mine.record(worked("22:00", "24:00", TUESDAY)))
        site.desk.do(mine.record(worked("00:00", "06:00", TUESDAY + timedelta(days=1))))

        hours = await duane.page(ON_SUNDAY)
        nights = await duane.page(f"{ON_SUNDAY}&type=NIGHT_HOURS")

        # 129 of 365 days are left: an even pace leaves 589.03 of 1666.67 hours, and 58.90 of 166.67.
        assert tiles(hours) == {
            "Annual target hours": "1651.17 h left Under target "
            "1062.13 h behind an even pace 15.50 of 1666.67 h worked",
            "Night hours": "159.67 h left Under target 100.77 h behind an even pace 7.00 of 166.67 h worked",
        }
        assert days(hours) == [
            ["Wednesday 18 November", "6.00", "1651.17", "607.30"],
            ["Tuesday 17 November", "2.00", "1657.17", "611.87"],
            ["Monday 16 November", "7.50", "1659.17", "616.43"],
        ]
        assert days(nights) == [
            ["Wednesday 18 November", "6.00", "159.67", "60.73"],
            ["Tuesday 17 November", "1.00", "165.67", "61.18"],
        ]

    async def test_only_what_stands_after_corrections_counts(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        for day in (MONDAY, TUESDAY):
            site.desk.do(mine.record(worked("09:00", "17:00", day)))
        monday, tuesday = site.live(org.key(org.duane))

        site.desk.do(mine.amend(monday.id, 1, worked("09:00", "10:00", TUESDAY + timedelta(days=2))))
        site.desk.do(mine.remove(tuesday.id, 1))
        page = await duane.page(ON_SUNDAY)

        assert tiles(page)["Annual target hours"].endswith("1.00 of 1666.67 h worked")
        assert [row[:3] for row in days(page)] == [["Thursday 19 November", "1.00", "1665.67"]]

    async def test_a_day_shows_what_was_left_at_its_end(self, site: Site, duane: Browser, mine: Asking) -> None:
        for day in (MONDAY, TUESDAY):
            site.desk.do(mine.record(worked("09:00", "17:00", day)))

        left = {
            on: tiles(await duane.page(f"/balances?on={on}"))["Annual target hours"][:7]
            for on in ("2026-11-15", "2026-11-16", "2026-11-17", "2027-03-31")
        }

        assert left == {
            "2026-11-15": "1666.67",
            "2026-11-16": "1658.67",
            "2026-11-17": "1650.67",
            "2027-03-31": "1650.67",
        }

    async def test_what_still_runs_counts_for_nothing(self, site: Site, duane: Browser, mine: Asking) -> None:
        site.desk.do(mine.record(worked("09:00", None)))

        assert tiles(await duane.page(ON_SUNDAY))["Annual target hours"].startswith("1666.67 h left")

    async def test_what_has_no_target_is_only_counted_and_what_has_nothing_is_left_out(
        self, site: Site, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("18:00", "24:00", type_id=ON_CALL)))
        site.desk.do(mine.record(worked("09:00", "12:00", SUNDAY)))

        page = await duane.page(ON_SUNDAY)

        assert counters(page) == {"Weekend hours": "3.00 h", "On call on a weekday": "1 times"}
        assert list(tiles(page)) == ["Annual target hours", "Night hours"]
        counted = await duane.page(f"{ON_SUNDAY}&type=ON_CALL_WEEKDAY")
        assert days(counted) == [["Monday 16 November", "1", "1"]]

    async def test_how_far_off_counts_as_on_target_is_for_the_organisation_to_say(
        self, site: Site, org: Organisation, owner_engine: Engine, duane: Browser
    ) -> None:
        change_policy(owner_engine, org, balance_tolerance_percent=64)
        assert " Under target " in tiles(await duane.page(ON_SUNDAY))["Annual target hours"]

        change_policy(owner_engine, org, balance_tolerance_percent=65)
        assert " On target " in tiles(await duane.page(ON_SUNDAY))["Annual target hours"]

    async def test_an_adjustment_is_a_step_and_listed_with_who_gave_it_and_why(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00")))
        give(site, org, org.duane, HOURS, 90, "Worked for <b>the other</b> branch.")
        give(site, org, org.duane, NIGHTS, -60, "Another type.")

        page = await duane.page(ON_SUNDAY)

        assert days(page) == [
            ["Tuesday 17 November", "", "+1.50", "1660.17", "611.87"],
            ["Monday 16 November", "8.00", "", "1658.67", "616.43"],
        ]
        assert rows(page, 1) == [["17 November", "+1.50 h", "Worked for <b>the other</b> branch. Suzanne Modeski"]]
        assert tiles(page)["Annual target hours"].endswith("8.00 of 1666.67 h worked")

    async def test_every_number_leads_to_why_it_is_so(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "12:00", SUNDAY)))
        staff_id = site.staff_id(org, org.duane)

        links = (await duane.page(f"/balances?on={SUNDAY + timedelta(days=1)}")).links

        explained = f"/balances/explain?person={staff_id}&type="
        for code in ("ANNUAL_TARGET_HOURS", "NIGHT_HOURS", "WEEKEND_HOURS"):
            assert f"{explained}{code}&date={SUNDAY + timedelta(days=1)}" in links
        assert f"{explained}ANNUAL_TARGET_HOURS&date={SUNDAY}" in links
        assert site.week(org, org.duane, SUNDAY) in links

    async def test_one_goes_from_day_to_day_and_keeps_what_one_looks_at(self, duane: Browser) -> None:
        page = await duane.page(f"{ON_SUNDAY}&type=NIGHT_HOURS")

        (form,) = [each for each in page.forms if each.action == "/balances"]
        assert form.fields == {"on": str(SUNDAY), "type": "NIGHT_HOURS"}
        for day in (SUNDAY - timedelta(days=1), SUNDAY + timedelta(days=1)):
            assert f"/balances?on={day}&type=NIGHT_HOURS" in page.links

    @pytest.mark.parametrize("code", ["", "NOTHING", "WEEKEND_HOURS", "night_hours", "'"])
    async def test_a_type_that_is_not_there_is_the_first_one(self, duane: Browser, code: str) -> None:
        page = await duane.page(ON_SUNDAY + (f"&type={code}" if code else ""))

        assert next(page.main.all("h2", id="year-title")).text == "Annual target hours"

    @pytest.mark.parametrize("on", ["", "today", "2026-02-30", "9999-12-31", "0001-01-01", "%FF", "'", "x" * 4_000])
    async def test_a_day_that_is_none_is_today(self, duane: Browser, on: str) -> None:
        assert (await duane.page(f"/balances?on={on}")).main.text == (await duane.page("/balances")).main.text

    async def test_those_who_may_see_the_time_see_them_and_nobody_else(
        self, site: Site, org: Organisation, owner_engine: Engine, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00")))
        other = make_organisation(owner_engine)
        paths = [f"{path}?on={SUNDAY}&person=" for path in ("/balances", "/balances.csv")]
        staff_id = site.staff_id(org, org.duane)

        for who in (org.duane, org.roland, org.suzanne, org.diana):
            assert "1658.67" in (await site.browser(org, who).get(paths[0] + staff_id)).text
            assert "1658.67" in (await site.browser(org, who).get(paths[1] + staff_id)).text
        strangers = [(org, org.max), (org, org.alex), (other, other.suzanne), (other, other.duane)]
        suzanne = site.browser(org, org.suzanne)
        nobodies = ("nobody", site.staff_id(other, other.duane), "'", "%25", "x" * 3_000)
        for path in paths:
            said = {page_of(await site.browser(*who).get(path + staff_id), 404).main.text for who in strangers}
            said |= {page_of(await suzanne.get(path + nobody), 404).main.text for nobody in nobodies}
            assert len(said) == 1

    async def test_one_sees_ones_own_or_those_of_whom_one_acts_for(
        self, site: Site, org: Organisation, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00")))

        acting = await (await site.acting(org, org.duane)).page(ON_SUNDAY)
        own = await site.browser(org, org.suzanne).page(ON_SUNDAY)

        assert tiles(acting)["Annual target hours"].startswith("1658.67 h left")
        assert tiles(own)["Annual target hours"].startswith("1666.67 h left")


class TestWithoutAnAgreement:
    """What no agreement covers is kept and not counted, and every page says so."""

    async def test_the_page_says_so_and_names_what_is_not_counted(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        later = date(2027, 4, 12)
        theirs = Asking(org, org.duane, org.duane, later)
        before = Asking(org, org.duane, org.duane, date(2027, 3, 29))
        site.desk.do(before.record(worked("09:00", "17:00", date(2027, 3, 30))))
        site.desk.do(before.record(worked("22:00", "24:00", date(2027, 3, 31))))
        site.desk.do(theirs.record(worked("09:00", "17:00", later, project_id=org.projects["proj-533"])))
        site.desk.do(theirs.record(worked("00:00", "24:00", later + timedelta(days=1), ABSENCE)))
        agree(site, org, org.duane, date(2028, 4, 1), date(2029, 3, 31))

        page = await duane.page("/balances?on=2027-04-01")

        assert "No agreement covers Thursday 1 April 2027, so nothing of this day counts." in page.main.text
        assert "Ask an administrator to add one." in page.main.text
        assert tiles(page) == {}
        # What feeds nothing never counts, and what an agreement covers does.
        assert rows(page, 0) == [["Monday 12 April 2027", "dog grooming Shift, 09:00 – 17:00"]]

    async def test_an_administrator_is_led_to_where_one_adds_an_agreement(self, site: Site, org: Organisation) -> None:
        staff_id = site.staff_id(org, org.duane)

        page = await site.browser(org, org.suzanne).page(f"/balances?on=2027-04-01&person={staff_id}")

        assert f"/admin/agreements/new?person={staff_id}" in page.links

    async def test_one_goes_from_one_agreement_to_another(self, site: Site, org: Organisation, duane: Browser) -> None:
        agree(site, org, org.duane, date(2024, 4, 1), date(2025, 3, 31), 600)

        page = await duane.page(ON_SUNDAY)
        former = await duane.page("/balances?on=2025-03-31&type=ANNUAL_TARGET_HOURS")

        assert "/balances?on=2025-03-31&type=ANNUAL_TARGET_HOURS" in page.links
        assert tiles(former)["Annual target hours"].startswith("10.00 h left Under target 10.00 h behind")
        assert [each.text for each in former.main.all("a", **{"aria-current": "page"})] == [
            "1 April 2024 – 31 March 2025"
        ]

    async def test_a_week_says_which_of_its_days_are_not_counted(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        for day in (date(2027, 3, 31), date(2027, 4, 1)):
            site.desk.do(Asking(org, org.duane, org.duane, day).record(worked("09:00", "17:00", day)))

        covered = await duane.page(site.week(org, org.duane, date(2027, 3, 31)))
        uncovered = await duane.page(site.week(org, org.duane, date(2027, 4, 1)))

        hint = "Not counted yet: no agreement covers this day."
        assert hint not in covered.main.text
        assert hint in uncovered.main.text
        assert "Not counted yet: no agreement covers all of this week." in covered.main.text
        assert "Not counted yet" not in (await duane.page(site.week(org, org.duane))).main.text


class TestAsCsv:
    """What a spreadsheet gets."""

    async def test_it_holds_how_each_type_stands_and_every_day(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00")))
        site.desk.do(mine.record(worked("18:00", "24:00", type_id=ON_CALL)))
        give(site, org, org.duane, HOURS, 90, "Worked elsewhere.")

        answer = await duane.get(f"/balances.csv?on={SUNDAY}")

        assert answer.headers["Content-Disposition"].endswith(f'balances-{SUNDAY}.csv"')
        lines = list(table(answer))
        assert [(line["Line"], line["Type"], line["Date"]) for line in lines] == [
            ("summary", "ANNUAL_TARGET_HOURS", "2026-11-22"),
            ("summary", "NIGHT_HOURS", "2026-11-22"),
            ("summary", "ON_CALL_WEEKDAY", "2026-11-22"),
            ("day", "ANNUAL_TARGET_HOURS", "2026-11-16"),
            ("day", "ANNUAL_TARGET_HOURS", "2026-11-17"),
            ("day", "ON_CALL_WEEKDAY", "2026-11-16"),
        ]
        figures = ("Target", "Used", "Adjusted", "Remaining", "Should remain", "Variance", "Status", "Used hours")
        assert [lines[0][name] for name in figures] == [
            "100000",
            "480",
            "90",
            "99610",
            "35342",
            "-64268",
            "under_target",
            "8.00",
        ]
        assert [lines[3][name] for name in figures] == ["", "480", "0", "99520", "36986", "", "", "8.00"]
        assert [lines[5][name] for name in figures] == ["", "1", "0", "-1", "", "", "", ""]

    async def test_a_name_that_is_a_formula_is_text(self, site: Site, org: Organisation, owner_engine: Engine) -> None:
        change_person(owner_engine, org.duane, name="=HYPERLINK(1)")
        roland, staff_id = site.browser(org, org.roland), site.staff_id(org, org.duane)

        for path in (f"/balances.csv?on={SUNDAY}&person={staff_id}", f"/balances/team.csv?on={SUNDAY}"):
            names = {line["Name"] for line in table(await roland.get(path))}
            assert "'=HYPERLINK(1)" in names
            assert "=HYPERLINK(1)" not in names

    async def test_without_an_agreement_it_has_no_lines(self, duane: Browser) -> None:
        assert list(table(await duane.get("/balances.csv?on=2027-04-01"))) == []


class TestTeam:
    """How those stand whose time somebody approves, those that are far off first."""

    async def test_a_supervisor_sees_those_they_approve_and_nobody_else(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        hire(owner_engine, other, "Elsewhere", "worker", supervisor=other.roland)
        left = hire(owner_engine, org, "Gone Away", "worker", supervisor=org.roland)
        change_person(owner_engine, left, active=False)

        assert people(await site.browser(org, org.roland).page(TEAM_ON_SUNDAY)) == ["Duane Barry", "Max Fenig"]
        assert people(await site.browser(org, org.alex).page(TEAM_ON_SUNDAY)) == ["Roland Fuller", "Suzanne Modeski"]

    async def test_whoever_is_below_somebody_who_does_not_approve_is_of_the_team_above(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        alex = site.browser(org, org.alex)
        take_role(owner_engine, org.roland, "supervisor")
        everybody = ["Duane Barry", "Max Fenig", "Roland Fuller", "Suzanne Modeski"]
        assert people(await alex.page(TEAM_ON_SUNDAY)) == everybody
        page_of(await site.browser(org, org.roland).get(TEAM_ON_SUNDAY), 404)

        # A circle of people, none of whom approves but Alex, ends somewhere.
        change_person(owner_engine, org.alex, supervisor_id=org.roland)
        assert people(await alex.page(TEAM_ON_SUNDAY)) == everybody

    async def test_administrators_and_auditors_see_everybody_who_works(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        hire(owner_engine, org, "scheduler", "integration")
        workers = ["Alex Krycek", "Duane Barry", "Max Fenig", "Roland Fuller", "Suzanne Modeski"]

        for who in (org.suzanne, org.diana):
            assert people(await site.browser(org, who).page(TEAM_ON_SUNDAY)) == workers

    @pytest.mark.parametrize("path", ["/balances/team", "/balances/team.csv"])
    async def test_who_has_no_team_does_not_learn_of_it(self, site: Site, org: Organisation, path: str) -> None:
        for who in (org.duane, org.max):
            browser = site.browser(org, who)
            page_of(await browser.get(path), 404)
            assert "/balances/team" not in (await browser.page("/balances")).links
        assert "/balances/team" in (await site.browser(org, org.roland).page("/balances")).links
        assert "/balances/team" in (await site.browser(org, org.diana).page("/balances/team")).links

    async def test_whoever_acts_for_a_supervisor_sees_the_team_of_that_one(self, site: Site, org: Organisation) -> None:
        acting = await site.acting(org, org.roland)
        assert people(await acting.page(TEAM_ON_SUNDAY)) == ["Duane Barry", "Max Fenig"]

        page_of(await (await site.acting(org, org.duane)).get(TEAM_ON_SUNDAY), 404)

    async def test_those_far_off_stand_first_and_each_row_says_how_far(
        self, site: Site, org: Organisation, mine: Asking, owner_engine: Engine
    ) -> None:
        nobody = hire(owner_engine, org, "Aa Nobody", "worker", supervisor=org.roland)
        extra = hire(owner_engine, org, "Bb Untargeted", "worker", supervisor=org.roland)
        agree(site, org, extra, date(2026, 4, 1), date(2027, 3, 31), None)
        site.desk.do(mine.record(worked("09:00", "17:00")))
        give(site, org, org.duane, HOURS, -64_000, "He worked a lot elsewhere.")

        page = await site.browser(org, org.roland).page(TEAM_ON_SUNDAY)

        assert "1 of 4 people is far off an even pace." in page.main.text
        assert rows(page, 0) == [
            [_who(site, org, org.max), "Under target", "0.00", "1666.67 left", "589.03", "−1077.63 against pace"],
            [_who(site, org, org.duane), "On target", "8.00", "592.00 left", "589.03", "−2.97 against pace"],
            [_who(site, org, extra), "No target", "0.00", "0.00 left", "", ""],
            [_who(site, org, nobody), "No agreement Not counted yet"],
        ]

    async def test_one_may_ask_for_a_type_and_a_status(self, site: Site, org: Organisation, mine: Asking) -> None:
        site.desk.do(mine.record(worked("00:00", "06:00")))
        give(site, org, org.duane, NIGHTS, -9_000, "He works at night.")
        roland = site.browser(org, org.roland)

        async def shown(query: str) -> list[str]:
            return people(await roland.page(f"{TEAM_ON_SUNDAY}&{query}"))

        assert await shown("type=NIGHT_HOURS&status=over_target") == ["Duane Barry"]
        assert await shown("type=NIGHT_HOURS&status=under_target") == ["Max Fenig"]
        assert await shown("type=ON_CALL_WEEKDAY&status=no_target") == ["Duane Barry", "Max Fenig"]
        assert await shown("type=NIGHT_HOURS&status=on_target") == []
        assert await shown("type=NOTHING&status='") == ["Duane Barry", "Max Fenig"]

    async def test_all_pages_together_name_everybody_once(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        for number in range(PAGE + 3):
            hire(owner_engine, org, f"Same Name {number // 20}", "worker", supervisor=org.roland)
        roland = site.browser(org, org.roland)

        first = await roland.page(TEAM_ON_SUNDAY)
        (more,) = [link for link in first.links if "after=" in link]
        second = await roland.page(more)

        found = [row[0] for page in (first, second) for row in rows(page, 0)]
        assert len(rows(first, 0)) == PAGE
        assert len(found) == len(set(found)) == PAGE + 5
        taken = table(await roland.get(f"/balances/team.csv?on={SUNDAY}"))
        assert [line["Staff ID"] for line in taken] == [each.split()[-1] for each in found]

    @pytest.mark.parametrize("after", ["x", "bm90aGluZw==", "MXwyfDM=", "TmFOfDF8MQ==", "'"])
    async def test_a_place_that_is_none_is_the_first_page(self, site: Site, org: Organisation, after: str) -> None:
        page = await site.browser(org, org.roland).page(f"{TEAM_ON_SUNDAY}&after={after}")

        assert people(page) == ["Duane Barry", "Max Fenig"]

    async def test_the_database_sorts_by_the_same_rule_that_is_shown(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        """Targets and openings at which rounding and tolerance are just decided."""
        change_policy(owner_engine, org, balance_tolerance_percent=10)
        for number, (target, opening) in enumerate(
            [(0, 0), (0, 5), (1, 1), (365, 365), (730, 300), (731, 329), (1_000, 456), (1_000, 256), (999, -50)]
        ):
            person = hire(owner_engine, org, f"Person {number}", "worker", supervisor=org.max)
            agree(site, org, person, date(2026, 4, 1), date(2027, 3, 31), target, opening)

        for day in (date(2026, 4, 1), date(2026, 9, 30), SUNDAY, date(2027, 3, 31)):
            found = [
                (row.balance.summary.status, status)
                for status in ("over_target", "under_target", "on_target")
                for row in self.everybody(site, org, TeamWanted(day, HOURS, status))
                if row.balance
            ]
            assert len(found) >= 9
            assert all(shown == asked for shown, asked in found), day

            off = [
                abs(row.balance.summary.variance or 0) / max(row.balance.summary.total, 1)
                for row in self.everybody(site, org, TeamWanted(day, HOURS))
                if row.balance
            ]
            assert off == pytest.approx(sorted(off, reverse=True), abs=1e-5)

    def everybody(self, site: Site, org: Organisation, wanted: TeamWanted) -> list[TeamRow]:
        with read_session(site.engine, org.tenant_id) as session:
            return list(team_page(session, Onlooker(org.tenant_id, org.suzanne), wanted).rows)


def give(site: Site, org: Organisation, person: UUID, code: AccrualCode, value: int, reason: str) -> None:
    """Suzanne adjusts a balance on the Tuesday."""
    with command_transaction(site.engine, org.tenant_id) as session:
        content = AdjustmentContent(person, code, TUESDAY, value, reason)
        adjust(session, GivenBy(org.tenant_id, org.suzanne, uuid4()), content)


def agree(
    site: Site,
    org: Organisation,
    person: UUID,
    start: date,
    end: date,
    hours: int | None = 100_000,
    opening: int | None = None,
) -> None:
    """An agreement of somebody, with so many minutes to work unless none."""
    known = {} if hours is None else {HOURS: Target(hours, hours if opening is None else opening)}
    with command_transaction(site.engine, org.tenant_id) as session:
        given = GivenBy(org.tenant_id, org.suzanne, uuid4())
        create_agreement(session, given, AgreementContent(person, start, end, targets=known))


def tiles(page: Page) -> dict[str, str]:
    """What each balance with a target says, by its title."""
    return {
        next(tile.all("h2")).text: " ".join(each.text for each in tile.all("p"))
        for tile in page.main.all(class_="tile")
    }


def counters(page: Page) -> dict[str, str]:
    """What is only counted, by its title."""
    return {
        next(each.all("dt")).text: next(each.all("dd")).text
        for counted in page.main.all("dl", class_="counters")
        for each in counted.all("div")
    }


def days(page: Page) -> list[list[str]]:
    """The days that made the chosen balance, as the twin of its plot has them."""
    return rows(page, 0)


def rows(page: Page, number: int) -> list[list[str]]:
    """The words of a table of the page."""
    table = list(page.main.all("table"))[number]
    return [_cells(line) for body in table.all("tbody") for line in body.all("tr")]


def _cells(line: Element) -> list[str]:
    return [cell.text for cell in line.all() if cell.tag in ("th", "td")]


def people(page: Page) -> list[str]:
    """Who is in a team, by name."""
    return sorted(each.text for table in page.main.all("table") for each in table.all("b") if not _is_figure(each.text))


def _is_figure(words: str) -> bool:
    return words.strip("−").replace(".", "").isdigit()


def _who(site: Site, org: Organisation, person_id: UUID) -> str:
    """How a row begins: initials, name and staff id."""
    (person,) = [each for each in site.rows(org, Person) if each.id == person_id]
    first, last = person.name.split()
    return f"{first[0]}{last[0]} {person.name} {person.staff_id}"


def table(answer: Response) -> Iterator[dict[str, str]]:
    """The lines of a CSV file by the names of its columns."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return csv.DictReader(answer.content.decode("utf-8-sig").splitlines())
