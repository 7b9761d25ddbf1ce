"""Agreements and the rules of balances, as administrators see and change them on pages."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.tables.accruals import Accrual, Agreement, AgreementTarget
from models.tables.people import DirectoryChange, TenantPolicy
from tests.factories import MONDAY, Asking, Organisation, change_person, hire, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Form, Page

AGREEMENTS = "/admin/agreements"
NEW = f"{AGREEMENTS}/new"
YEAR = {"startDate": "2026-04-01", "endDate": "2027-03-31", "standardDayMinutes": "7:24"}
TARGETS = {"targets.ANNUAL_TARGET_HOURS": "1,731 h", "targets.ON_CALL_WEEKDAY": "12"}


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def monica(site: Site, org: Organisation, owner_engine: Engine) -> UUID:
    """Somebody new, who has no agreement yet."""
    return hire(owner_engine, org, "Monica Reyes", "worker", supervisor=org.roland)


def agreement_of(site: Site, org: Organisation, person_id: UUID) -> Agreement:
    """The one agreement of somebody, as stored."""
    (found,) = [each for each in site.rows(org, Agreement) if each.person_id == person_id]
    return found  # type: ignore[no-any-return]  # a row of a table named by its class


def targets_of(site: Site, org: Organisation, agreement: Agreement) -> dict[str, tuple[int, int]]:
    """What there is to work, and what there was to begin with, by accrual type."""
    rows = [row for row in site.rows(org, AgreementTarget) if row.agreement_id == agreement.id]
    return {row.accrual_code: (row.target, row.opening_balance) for row in rows}


async def form_for(browser: Browser, site: Site, org: Organisation, person_id: UUID) -> Form:
    """The form of a new agreement of somebody."""
    return (await browser.page(f"{NEW}?person={site.staff_id(org, person_id)}")).form(AGREEMENTS)


async def form_of_duane(browser: Browser, site: Site, org: Organisation) -> Form:
    """The form of the agreement that Duane has."""
    address = f"{AGREEMENTS}/{agreement_of(site, org, org.duane).id}"
    return (await browser.page(address)).form(address)


def changes(page: Page) -> str:
    """What the page tells of changes."""
    return " ".join(each.text for each in page.main.all("ol", class_="events"))


def left(site: Site, org: Organisation, person_id: UUID, code: AccrualCode) -> dict[str, int]:
    """What is left of somebody's accrual type on the days something happened."""
    rows = [row for row in site.rows(org, Accrual) if (row.person_id, row.accrual_code) == (person_id, code.value)]
    return {str(row.day): row.balance for row in sorted(rows, key=lambda row: row.day)}


class TestTheList:
    async def test_names_everybody_with_the_agreement_of_the_day_and_who_has_none(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        page = await suzanne.page(f"{AGREEMENTS}?on=2026-11-16")

        rows = {each.text for each in page.main.all("tr")}
        (duane,) = [row for row in rows if "Duane Barry" in row]
        (without,) = [row for row in rows if "Monica Reyes" in row]
        assert "1 April 2026 – 31 March 2027" in duane
        assert "1,666:40" in duane
        assert "No agreement: time is not counted yet" in without
        assert f"{NEW}?person={site.staff_id(org, monica)}" in page.links
        assert "1 person has no agreement on 16 November" in page.main.text

    async def test_of_another_day_is_another_list(self, suzanne: Browser) -> None:
        page = await suzanne.page(f"{AGREEMENTS}?on=2026-03-31")

        assert "1 April 2026" not in page.main.text
        assert page.main.text.count("No agreement: time is not counted yet") == 5

    async def test_finds_people_by_name_and_those_without_one(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        found = await suzanne.page(f"{AGREEMENTS}?on=2026-11-16&q=REYES")
        assert "Monica Reyes" in found.main.text
        assert "Duane Barry" not in found.main.text
        assert "Monica Reyes" in (await suzanne.page(f"{AGREEMENTS}?q={site.staff_id(org, monica)}")).main.text

        without = await suzanne.page(f"{AGREEMENTS}?on=2026-11-16&without=yes")
        assert "Monica Reyes" in without.main.text
        assert "Duane Barry" not in without.main.text
        assert "Nobody is to be shown" in (await suzanne.page(f"{AGREEMENTS}?q=100%25")).main.text

    async def test_whoever_left_or_records_no_time_is_not_missed(
        self, suzanne: Browser, org: Organisation, owner_engine: Engine, monica: UUID
    ) -> None:
        hire(owner_engine, org, "Rostering", "integration")
        change_person(owner_engine, monica, active=False)

        page = await suzanne.page(f"{AGREEMENTS}?on=2026-11-16")

        assert "Rostering" not in page.main.text
        assert "Monica Reyes" not in page.main.text
        assert "no agreement on" not in page.main.text

    async def test_comes_in_pages_that_name_everybody_once(
        self, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        for number in range(60):
            hire(owner_engine, org, f"Worker {number // 2:02}", "worker")

        first = await suzanne.page(f"{AGREEMENTS}?on=2026-11-16")
        (following,) = [link for link in first.links if "after=" in link]
        second = await suzanne.page(following)

        names = [row.text for page in (first, second) for row in page.main.all("th", scope="row")]
        assert len(names) == len(set(names)) == 66
        assert not [link for link in second.links if "after=" in link]
        assert "on=2026-11-16" in following

    @pytest.mark.parametrize("query", ["after=x", "after=WyIxIl0", "on=2026-13-01&q=%00", "on=tomorrow", "q=%27%3B--"])
    async def test_an_address_made_up_is_no_fault(self, suzanne: Browser, query: str) -> None:
        assert (await suzanne.get(f"{AGREEMENTS}?{query}")).status_code in (200, 400)

    async def test_htmx_takes_the_rows_of_the_same_page(self, suzanne: Browser) -> None:
        page = page_of(await suzanne.by_htmx.get(f"{AGREEMENTS}?q=duane"), 200)

        (rows,) = page.root.all(id="agreement-rows")
        assert "Duane Barry" in rows.text

    async def test_everybody_stays_in_their_own_organisation(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        theirs = f"{AGREEMENTS}/{agreement_of(site, other, other.duane).id}"

        page_of(await suzanne.get(theirs), 404)
        page_of(await suzanne.post_form(theirs, **YEAR, version=1), 404)
        assert site.staff_id(other, other.duane) not in (await suzanne.page(AGREEMENTS)).html

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_nobody_but_administrators_sees_or_changes_agreements(
        self, site: Site, org: Organisation, who: str
    ) -> None:
        browser, before = site.browser(org, org.people[who]), site.contents(org)
        this = f"{AGREEMENTS}/{agreement_of(site, org, org.duane).id}"

        for address in (AGREEMENTS, NEW, this):
            page_of(await browser.get(address), 404)
        for address in (AGREEMENTS, this, f"{AGREEMENTS}/rules"):
            page_of(await browser.post_form(address, **YEAR, version=1, balanceTolerancePercent=1), 404)

        assert site.contents(org) == before


class TestAdding:
    async def test_time_recorded_before_counts_at_once(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        mine = Asking(org, monica, monica)
        for day in (MONDAY, MONDAY + timedelta(days=1)):
            site.desk.do(mine.record(worked("09:00", "17:00", day)))
        assert left(site, org, monica, AccrualCode.ANNUAL_TARGET_HOURS) == {}

        form = await form_for(suzanne, site, org, monica)
        page = await suzanne.follow(
            await suzanne.send(form, **YEAR | TARGETS, **{"openings.ANNUAL_TARGET_HOURS": "900:30"})
        )

        assert page.notice.startswith("Added. Time recorded on 2 days counts now.")
        stored = agreement_of(site, org, monica)
        assert (str(stored.start_date), str(stored.end_date)) == ("2026-04-01", "2027-03-31")
        assert stored.standard_day_minutes == 444
        assert targets_of(site, org, stored) == {
            "ANNUAL_TARGET_HOURS": (1_731 * 60, 900 * 60 + 30),
            "ON_CALL_WEEKDAY": (12, 12),
        }
        assert left(site, org, monica, AccrualCode.ANNUAL_TARGET_HOURS) == {
            "2026-11-16": 54_030 - 480,
            "2026-11-17": 54_030 - 960,
        }
        told = changes(page)
        assert "First day 1 April 2026" in told
        assert "Standard day 7:24" in told
        assert "Annual target hours 1,731 h, of which 900:30 were left" in told
        assert "On call on a weekday 12" in told

    async def test_the_running_year_is_proposed(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        year = site.services.now().year
        form = await form_for(suzanne, site, org, hire(site.owner_engine, org, "Monica Reyes", "worker"))

        assert form.fields["startDate"] in (f"{year}-04-01", f"{year - 1}-04-01")
        assert form.fields["endDate"] in (f"{year + 1}-03-31", f"{year}-03-31")
        assert form.fields["standardDayMinutes"] == "7:24"
        assert {value for name, value in form.fields.items() if name.startswith(("targets", "openings"))} == {""}

    async def test_the_next_year_begins_with_the_terms_of_the_last_one(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        this = agreement_of(site, org, org.duane)
        staff_id = site.staff_id(org, org.duane)
        assert f"{NEW}?person={staff_id}" in (await suzanne.page(f"{AGREEMENTS}/{this.id}")).links
        with command_transaction(site.engine, org.tenant_id) as session:
            row = session.get_one(Agreement, this.id)
            row.start_date, row.end_date = row.start_date.replace(year=2024), row.end_date.replace(year=2096)

        form = await form_for(suzanne, site, org, org.duane)

        assert form.fields["startDate"] == "2096-04-01"
        assert form.fields["endDate"] == "2097-03-31"
        assert form.fields["targets.ANNUAL_TARGET_HOURS"] == "1,666:40"
        assert form.fields["openings.ANNUAL_TARGET_HOURS"] == ""

    async def test_whose_it_is_can_be_typed(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        form = (await suzanne.page(NEW)).form(AGREEMENTS)

        refused = page_of(await suzanne.send(form, **YEAR, person="staff-nobody"), 400)
        assert refused.problem("person") == "There is no person with the staff id staff-nobody."
        refused = page_of(await suzanne.send(refused.form(AGREEMENTS), person=""), 400)
        assert refused.problem("person") == "Say whose agreement it is."
        await suzanne.follow(await suzanne.send(refused.form(AGREEMENTS), person=site.staff_id(org, monica)))

        assert agreement_of(site, org, monica).standard_day_minutes == 444

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"startDate": "tomorrow"}, "startDate", "such as 2026-04-01"),
            ({"endDate": ""}, "endDate", "such as 2026-04-01"),
            ({"endDate": "2026-03-31"}, "endDate", "before the first"),
            ({"endDate": "2036-03-31"}, "endDate", "three years at most"),
            ({"standardDayMinutes": ""}, "standardDayMinutes", "Write 7:24"),
            ({"standardDayMinutes": "0"}, "standardDayMinutes", "from 1 to 1440"),
            ({"standardDayMinutes": "25:00"}, "standardDayMinutes", "from 1 to 1440"),
            ({"targets.NIGHT_HOURS": "many"}, "targets.NIGHT_HOURS", "Write hours such as 1,731 h"),
            ({"targets.NIGHT_HOURS": "-3"}, "targets.NIGHT_HOURS", "not below zero"),
            ({"targets.NIGHT_HOURS": "9999999 h"}, "targets.NIGHT_HOURS", "write at most 166,666:40"),
            ({"targets.ON_CALL_WEEKEND": "1.5"}, "targets.ON_CALL_WEEKEND", "whole number"),
            ({"openings.ON_CALL_WEEKEND": "3"}, "openings.ON_CALL_WEEKEND", "Without a target"),
            ({"targets.WEEKEND_HOURS": "9", "openings.WEEKEND_HOURS": "<b>"}, "openings.WEEKEND_HOURS", "<b>"),
        ],
    )
    async def test_what_is_refused_is_said_beside_its_field_with_all_that_was_typed(
        self,
        site: Site,
        suzanne: Browser,
        org: Organisation,
        monica: UUID,
        typed: dict[str, object],
        field: str,
        words: str,
    ) -> None:
        form, before = await form_for(suzanne, site, org, monica), site.contents(org)

        page = page_of(await suzanne.send(form, **YEAR | TARGETS | typed), 400)

        assert words in page.problem(field)
        again = page.form(AGREEMENTS).fields
        assert {name: again[name] for name in typed} == typed
        assert again["targets.ANNUAL_TARGET_HOURS"] == "1,731 h"
        assert site.contents(org) == before

    async def test_everything_wrong_is_said_at_once(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        form = await form_for(suzanne, site, org, monica)

        page = page_of(
            await suzanne.send(form, startDate="x", standardDayMinutes="y", **{"targets.NIGHT_HOURS": "z"}), 400
        )

        assert all(page.problem(field) for field in ("startDate", "standardDayMinutes", "targets.NIGHT_HOURS"))

    async def test_two_of_one_person_never_overlap(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = await form_for(suzanne, site, org, org.duane)

        page = page_of(await suzanne.send(form, startDate="2027-03-31", endDate="2028-03-31"), 400)

        assert "overlaps the agreement from 2026-04-01 to 2027-03-31" in page.problem("startDate")

    async def test_the_same_form_sent_twice_adds_one(
        self, site: Site, suzanne: Browser, org: Organisation, monica: UUID
    ) -> None:
        form = await form_for(suzanne, site, org, monica)

        answers = [await suzanne.send(form, **YEAR | TARGETS) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].headers["Location"] == answers[1].headers["Location"]
        assert agreement_of(site, org, monica).version == 1
        assert page_of(await suzanne.send(form, **YEAR), 409).alert.startswith("This form was already sent")

    async def test_nobody_of_another_organisation_gets_one(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        before = site.contents(other), site.contents(org)

        page = page_of(await suzanne.post_form(AGREEMENTS, **YEAR, person=site.staff_id(other, other.duane)), 400)

        assert "There is no person with the staff id" in page.problem("person")
        assert (site.contents(other), site.contents(org)) == before


class TestChanging:
    async def test_balances_follow_and_the_effect_is_said(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        site.desk.do(Asking(org, org.duane, org.duane).record(worked("22:00", "30:00")))
        form = await form_of_duane(suzanne, site, org)

        page = await suzanne.follow(
            await suzanne.send(form, **{"targets.ANNUAL_TARGET_HOURS": "1,731 h", "targets.NIGHT_HOURS": ""})
        )

        assert page.notice.startswith("Saved. Duane Barry: 2 balances changed.")
        assert left(site, org, org.duane, AccrualCode.ANNUAL_TARGET_HOURS) == {
            "2026-11-16": 103_860 - 120,
            "2026-11-17": 103_860 - 480,
        }
        assert left(site, org, org.duane, AccrualCode.NIGHT_HOURS)["2026-11-17"] == -420
        told = changes(page)
        assert "Annual target hours 1,666:40 became → 1,731 h" in told
        assert "Night hours 166:40 became → nothing" in told

    async def test_an_opening_balance_that_was_the_target_follows_it(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await form_of_duane(suzanne, site, org)
        assert form.fields["openings.NIGHT_HOURS"] == ""

        await suzanne.follow(await suzanne.send(form, **{"targets.NIGHT_HOURS": "100"}))

        assert targets_of(site, org, agreement_of(site, org, org.duane))["NIGHT_HOURS"] == (6_000, 6_000)

    async def test_days_that_lose_their_agreement_are_told(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        site.desk.do(Asking(org, org.duane, org.duane).record(worked("09:00", "17:00")))
        form = await form_of_duane(suzanne, site, org)

        page = await suzanne.follow(await suzanne.send(form, endDate="2026-11-15"))

        assert "Time recorded on 1 day does not count any more." in page.notice
        assert left(site, org, org.duane, AccrualCode.ANNUAL_TARGET_HOURS) == {}
        week = await site.browser(org, org.duane).page(site.week(org, org.duane))
        assert "09:00 – 17:00" in week.main.text

    async def test_an_old_form_writes_over_nothing(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form, other = [await form_of_duane(suzanne, site, org) for _ in range(2)]
        await suzanne.send(form, **{"targets.NIGHT_HOURS": "1"})

        page = page_of(await suzanne.send(other, **{"targets.NIGHT_HOURS": "2"}), 412)

        assert "Somebody changed this agreement meanwhile" in page.alert
        assert page.form(other.action).fields["targets.NIGHT_HOURS"] == "2"
        assert "Show it as it is now" in page.main.text
        assert targets_of(site, org, agreement_of(site, org, org.duane))["NIGHT_HOURS"] == (60, 60)

    async def test_the_same_form_sent_twice_changes_once(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = await form_of_duane(suzanne, site, org)

        for _ in range(2):
            await suzanne.follow(await suzanne.send(form, **{"targets.NIGHT_HOURS": "1"}))

        assert agreement_of(site, org, org.duane).version == 2
        assert len(site.rows(org, DirectoryChange)) == 1

    async def test_a_form_without_a_change_changes_nothing(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form, before = await form_of_duane(suzanne, site, org), site.contents(org)

        page = await suzanne.follow(await suzanne.send(form))

        assert page.notice.startswith("Saved. Duane Barry: no balances changed.")
        assert site.contents(org) == before

    async def test_whose_it_is_stays_whatever_a_form_says(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await form_of_duane(suzanne, site, org)
        smuggled = Form(form.action, form.fields | {"person": site.staff_id(org, org.max)}, form.named)

        await suzanne.follow(await suzanne.send(smuggled, **{"targets.NIGHT_HOURS": "1"}))

        assert agreement_of(site, org, org.duane).version == 2
        assert agreement_of(site, org, org.max).version == 1


class TestOnTarget:
    async def test_the_tolerance_is_set_and_its_history_told(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        (before,) = {policy.balance_tolerance_percent for policy in site.rows(org, TenantPolicy)}
        form = (await suzanne.page(AGREEMENTS)).form(f"{AGREEMENTS}/rules")
        assert form.fields["balanceTolerancePercent"] == str(before)

        page = await suzanne.follow(await suzanne.send(form, balanceTolerancePercent="7 %"))

        assert [policy.balance_tolerance_percent for policy in site.rows(org, TenantPolicy)] == [7]
        assert page.form(f"{AGREEMENTS}/rules").fields["balanceTolerancePercent"] == "7"
        assert f"On target within percent {before} became → 7" in changes(page)

    @pytest.mark.parametrize("typed", ["", "-1", "101", "a few", "2.5"])
    async def test_nonsense_is_refused(self, site: Site, suzanne: Browser, org: Organisation, typed: str) -> None:
        form = (await suzanne.page(AGREEMENTS)).form(f"{AGREEMENTS}/rules")

        page = page_of(await suzanne.send(form, balanceTolerancePercent=typed), 400)

        assert "whole number from 0 to 100" in page.problem("balanceTolerancePercent")
        assert page.form(f"{AGREEMENTS}/rules").fields["balanceTolerancePercent"] == typed
        assert site.rows(org, DirectoryChange) == []

    async def test_an_old_form_writes_over_nothing(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form, other = [(await suzanne.page(AGREEMENTS)).form(f"{AGREEMENTS}/rules") for _ in range(2)]
        await suzanne.send(form, balanceTolerancePercent=7)

        page = page_of(await suzanne.send(other, balanceTolerancePercent=8), 412)

        assert "Somebody changed these rules meanwhile" in page.alert
        assert [policy.balance_tolerance_percent for policy in site.rows(org, TenantPolicy)] == [7]
