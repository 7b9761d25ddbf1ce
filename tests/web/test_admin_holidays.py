"""Public holidays of a place in a year, as administrators see and change them on pages."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.tables.accruals import Accrual, AccrualRebuild, HolidayException
from models.tables.people import DirectoryChange
from tests.desk import carry_out_rebuilds
from tests.factories import MONDAY, Organisation, change_person, make_organisation
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Form, Page

HOLIDAYS = "/admin/holidays"
ENGLAND = f"{HOLIDAYS}?place=GB-ENG&year=2026"
FOUNDERS = {"date": str(MONDAY), "name": "Founders’ day"}


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def adding(page: Page) -> Form:
    """The form of a new day."""
    (form,) = [each for each in page.forms if each.fields.get("kind") == "added"]
    return form


def of_day(page: Page, day: date) -> Form:
    """The buttons beside a day in the list."""
    (form,) = [each for each in page.forms if each.fields.get("date") == str(day)]
    return form


def row(page: Page, day: date) -> str:
    """What the list says of a day."""
    (found,) = [each for each in page.main.all("tr") if any(each.all("time", datetime=str(day)))]
    return found.text


def exceptions(site: Site, org: Organisation) -> set[tuple[str, date, str, str]]:
    """What the organisation has made of days, as stored."""
    return {(row.place, row.day, row.kind, row.name) for row in site.rows(org, HolidayException)}


async def add(browser: Browser, **said: str) -> Page:
    """Add a day by the page."""
    form = adding(await browser.page(ENGLAND))
    return await browser.follow(await browser.send(form, **FOUNDERS | said))


class TestTheYear:
    async def test_has_the_days_of_the_place_with_their_substitutes(self, suzanne: Browser) -> None:
        page = await suzanne.page(ENGLAND)

        assert "Friday 25 December Christmas Day" in row(page, date(2026, 12, 25))
        assert "Saturday 26 December Boxing Day" in row(page, date(2026, 12, 26))
        assert "Boxing Day (observed)" in row(page, date(2026, 12, 28))

    async def test_begins_with_the_place_of_most_people_and_this_year(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.max, holiday_calendar="GB-SCT")
        change_person(owner_engine, org.diana, holiday_calendar="FR", active=False)

        page = await suzanne.page(HOLIDAYS)

        assert page.heading == "Public holidays of GB-ENG"
        assert str(site.services.now().year) in page.text
        assert "GB-ENG 4 people" in page.text
        assert "GB-SCT 1 person" in page.text
        assert "/admin/holidays?place=FR" not in page.html
        assert f"{HOLIDAYS}?place=GB-SCT&year={site.services.now().year}" in page.links

    async def test_leads_to_the_years_around_and_to_any_other_place(self, suzanne: Browser) -> None:
        page = await suzanne.page(ENGLAND)
        assert {f"{HOLIDAYS}?place=GB-ENG&year={year}" for year in (2025, 2027)} <= page.links
        assert any(option.attributes["value"] == "DE-BY" for option in page.main.all("option"))

        bavaria = await suzanne.page(f"{HOLIDAYS}?place=de-by&year=2027")

        assert bavaria.heading == "Public holidays of DE-BY"
        assert "Corpus Christi" in bavaria.text
        assert "They count for nobody here yet" in bavaria.text

    @pytest.mark.parametrize(
        ("address", "field", "words"),
        [
            ("place=GB-ATLANTIS&year=2026", "place", "The holidays of “GB-ATLANTIS” are not known"),
            ("place=GB-ENG&year=1974", "year", "from 1975 to 2100"),
            ("place=GB-ENG&year=soon", "year", "such as 2026"),
            ("place=GB-ENG&year=٢٠٢٦", "year", "such as 2026"),
        ],
    )
    async def test_what_there_is_not_is_said_beside_its_field(
        self, suzanne: Browser, address: str, field: str, words: str
    ) -> None:
        page = await suzanne.page(f"{HOLIDAYS}?{address}", 400)

        assert words in page.problem(field)
        assert page.heading == "Public holidays of GB-ENG"


class TestChanging:
    async def test_a_day_is_added_and_what_was_recorded_on_it_counts(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
        form = (await duane.page(monday)).form(f"{monday}/entries")
        assert (await duane.send(form, start="9", finish="17")).status_code == 303

        page = await add(suzanne)
        carry_out_rebuilds(site.engine, org.tenant_id)

        assert "Monday 16 November 2026 is a public holiday now." in page.notice
        assert "Founders’ day Added" in row(page, MONDAY)
        assert "1 day of your own" in page.text
        counted = {each.accrual_code: each.total for each in site.rows(org, Accrual)}
        assert counted["PUBLIC_HOLIDAY_HOURS"] == 480

    async def test_a_day_is_left_out_and_taken_back(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        christmas = date(2026, 12, 25)
        form = of_day(await suzanne.page(ENGLAND), christmas)
        page = await suzanne.follow(await suzanne.send(form))
        assert "is left out now" in page.notice
        assert "Christmas Day Left out" in row(page, christmas)
        assert exceptions(site, org) == {("GB-ENG", christmas, "removed", "")}

        page = await suzanne.follow(await suzanne.send(of_day(page, christmas)))

        assert "is as the calendar has it again" in page.notice
        assert "Left out" not in row(page, christmas)
        assert exceptions(site, org) == set()

    async def test_an_added_day_is_taken_back(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        page = await add(suzanne)

        page = await suzanne.follow(await suzanne.send(of_day(page, MONDAY)))

        assert exceptions(site, org) == set()
        assert "Founders’ day" not in " ".join(each.text for each in page.main.all("table"))

    async def test_the_page_tells_who_changed_what(self, suzanne: Browser) -> None:
        await add(suzanne)
        page = await add(suzanne, name="Another name")

        told = [each.text for each in page.main.all("div", class_="event")]
        assert len(told) == 2
        assert "Suzanne Modeski" in told[0]
        assert "Monday 16 November 2026 public holiday, Founders’ day became → public holiday, Another name" in told[0]
        assert "no public holiday became → public holiday, Founders’ day" in told[1]

    async def test_the_changes_of_another_place_or_year_are_told_there(self, suzanne: Browser) -> None:
        await add(suzanne)

        for elsewhere in ("place=GB-SCT&year=2026", "place=GB-ENG&year=2027"):
            assert "No changes yet" in (await suzanne.page(f"{HOLIDAYS}?{elsewhere}")).text

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"date": ""}, "date", "such as 2026-12-24"),
            ({"date": "tomorrow"}, "date", "such as 2026-12-24"),
            ({"date": "2150-01-01"}, "date", "from 1975 to 2100"),
            ({"date": "2026-12-25"}, "date", "a public holiday of GB-ENG already"),
            ({"name": "  "}, "name", ""),
            ({"name": "x" * 101}, "name", "100"),
        ],
    )
    async def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(
        self, site: Site, suzanne: Browser, org: Organisation, typed: dict[str, str], field: str, words: str
    ) -> None:
        form = adding(await suzanne.page(ENGLAND))
        before = site.contents(org)
        sent = FOUNDERS | typed

        for action in (HOLIDAYS, f"{HOLIDAYS}/what-if"):
            page = page_of(await suzanne.send(replace(form, action=action), **sent), 400)
            assert words in page.problem(field)
            assert page.problem(field)
            assert {name: adding(page).fields[name] for name in sent} == sent

        assert site.contents(org) == before

    @pytest.mark.parametrize("wrong", [{"kind": "invented"}, {"place": "GB-ATLANTIS"}, {"date": "2026-11-17"}])
    async def test_a_button_that_is_tampered_with_changes_nothing(
        self, site: Site, suzanne: Browser, org: Organisation, wrong: dict[str, str]
    ) -> None:
        form = of_day(await suzanne.page(ENGLAND), date(2026, 12, 25))
        before = site.contents(org)

        page = page_of(await suzanne.send(form, **wrong), 400)

        assert page.alert
        assert site.contents(org) == before

    async def test_the_same_form_twice_is_one_change(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = adding(await suzanne.page(ENGLAND))

        for _ in range(2):
            assert (await suzanne.send(form, **FOUNDERS)).status_code == 303
        refused = page_of(await suzanne.send(form, date="2026-11-17", name="Another"), 409)

        assert "already sent with other content" in refused.alert
        assert len(site.rows(org, DirectoryChange)) == 1
        assert exceptions(site, org) == {("GB-ENG", MONDAY, "added", "Founders’ day")}

    async def test_markup_in_a_name_is_text(self, suzanne: Browser) -> None:
        page = await add(suzanne, name="<script>alert(1)</script>")

        assert "<script>alert(1)</script>" in row(page, MONDAY)

    async def test_another_organisation_has_its_own_days(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        await add(site.browser(other, other.suzanne))

        page = await suzanne.page(ENGLAND)

        assert "Founders’ day" not in page.html.replace("such as Founders’ day", "")
        assert "No changes yet" in page.text

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_it_is_for_administrators(self, site: Site, org: Organisation, who: str) -> None:
        browser = site.browser(org, org.people[who])
        sent = FOUNDERS | {"place": "GB-ENG", "kind": "added", "command_id": uuid4()}

        page_of(await browser.get(HOLIDAYS), 404)
        for action in (HOLIDAYS, f"{HOLIDAYS}/what-if"):
            page_of(await browser.post_form(action, **sent), 404)

        assert exceptions(site, org) == set()
        assert site.rows(org, AccrualRebuild) == []


class TestThePlaceOfAPerson:
    async def test_is_chosen_from_the_places_there_are(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        person = f"/admin/people/{site.staff_id(org, org.duane)}"
        page = await suzanne.page(person)
        (places,) = page.root.all("datalist", id="places")
        assert {"GB", "GB-ENG", "DE-BY"} <= {option.attributes["value"] for option in places.all("option")}

        refused = page_of(await suzanne.send(page.form(person), holidayCalendar="GB-XXX"), 400)

        assert "not known" in refused.problem("holidayCalendar")
