"""What a change would do to balances, looked at on pages before it is made."""

import asyncio
import csv
from dataclasses import replace
from io import StringIO
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.database import read_session
from models.rules.accrual_types import AccrualCode
from models.rules.books import Balances, differences
from models.standard import SHIFT
from models.store.recorded import agreements_of, kept_books
from models.tables.accruals import AccrualRebuild, Agreement
from models.tables.people import DirectoryChange
from tests.contents import Contents
from tests.desk import carry_out_rebuilds
from tests.factories import MONDAY, Asking, Organisation, hire, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Form, Page
from tests.web.test_statements import noting
from web.api.lists import next_cursor

WHAT_IF = "/admin/what-if"
SHIFTS = f"/admin/types/{SHIFT}"
HOLIDAYS = "/admin/holidays"
NIGHTS = {"type": "NIGHT_HOURS", "on": str(MONDAY), "target": "150 h"}
"""16 h 40 min less than there are."""


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture(autouse=True)
def unseen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told of what is looked at: each look stays as the test leaves it."""
    monkeypatch.setattr(type(site.services), "begin_rebuilds", lambda *_: None)


@pytest.fixture
async def recorded(site: Site, org: Organisation) -> None:
    """Duane worked a night, Max a day."""
    for person, shift in ((org.duane, worked("22:00", "30:00")), (org.max, worked("10:00", "16:00"))):
        await asyncio.to_thread(site.desk.do, Asking(org, person, person).record(shift))


async def look(site: Site, browser: Browser, org: Organisation, form: Form, **typed: object) -> str:
    """Send a form to be looked at, and have the look carried out; the address of the answer."""
    answer = await browser.send(form, **typed)
    assert answer.status_code == 303, page_of(answer).text
    carry_out_rebuilds(site.engine, org.tenant_id)
    return answer.headers["Location"]


async def type_form(browser: Browser, *unticked: str) -> Form:
    """The form of the shift, to be looked at, without some of what it feeds."""
    form = (await browser.page(SHIFTS)).form(f"{SHIFTS}/what-if")
    return replace(form, fields={name: value for name, value in form.fields.items() if name not in unticked})


async def holiday_form(browser: Browser) -> Form:
    """The form that adds a day, to be looked at."""
    page = await browser.page(f"{HOLIDAYS}?place=GB-ENG&year=2026")
    (form,) = [each for each in page.forms if each.fields.get("kind") == "added"]
    typed = {"date": str(MONDAY), "name": "Founders’ day"}
    return replace(form, action=f"{HOLIDAYS}/what-if", fields=form.fields | typed)


async def target_form(browser: Browser) -> Form:
    """The form of a target for everybody."""
    form = (await browser.page(WHAT_IF)).form(WHAT_IF)
    return replace(form, fields=form.fields | NIGHTS)


async def agreement_form(site: Site, browser: Browser, org: Organisation) -> Form:
    """The form of Duane's agreement, to be looked at, with other targets."""
    (kept,) = [each for each in site.rows(org, Agreement) if each.person_id == org.duane]
    address = f"/admin/agreements/{kept.id}"
    form = (await browser.page(address)).form(f"{address}/what-if")
    typed = {"targets.NIGHT_HOURS": "150 h", "openings.NIGHT_HOURS": "", "targets.WEEKEND_HOURS": "10"}
    return replace(form, fields=form.fields | typed)


async def form_of(kind: str, site: Site, browser: Browser, org: Organisation) -> Form:
    """A change of each kind."""
    match kind:
        case "type":
            return await type_form(browser, "accrual_NIGHT_HOURS")
        case "holiday":
            return await holiday_form(browser)
        case "target":
            return await target_form(browser)
    return await agreement_form(site, browser, org)


each_kind = pytest.mark.parametrize("kind", ["type", "agreement", "holiday", "target"])


def rows_of(page: Page, caption: str) -> list[str]:
    """The rows of the table with this caption."""
    (table,) = [each for each in page.main.all("table") if caption in each.text]
    return [each.text for each in table.all("tr") if any(each.all("td"))]


def standing(site: Site, org: Organisation) -> dict[UUID, Balances]:
    """Everybody's balances as they are stored."""
    people = list(org.people.values())
    with read_session(site.engine, org.tenant_id) as session:
        agreements, kept = agreements_of(session, people), kept_books(session, people)
    return {id_: Balances(agreements.get(id_, {}).values(), kept[id_].balances) for id_ in people}


def without_rebuilds(contents: Contents) -> Contents:
    """Everything but what a look writes down for itself."""
    return {name: rows for name, rows in contents.items() if not name.startswith("accrual_rebuild")}


async def csv_of(browser: Browser, address: str) -> list[dict[str, str]]:
    """Everybody's differences as a spreadsheet has them."""
    answer = await browser.get(f"{address}/differences.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.usefixtures("recorded")
class TestTheAnswer:
    @each_kind
    async def test_of_each_kind_of_change_is_what_making_it_does(
        self, site: Site, suzanne: Browser, org: Organisation, kind: str
    ) -> None:
        before = site.contents(org)
        address = await look(site, suzanne, org, await form_of(kind, site, suzanne, org))
        assert without_rebuilds(site.contents(org)) == without_rebuilds(before)
        told = {
            (row["staff_id"], row["accrual_type"], row["date"], row["after"]) for row in await csv_of(suzanne, address)
        }
        page, then = await suzanne.page(address), standing(site, org)

        await suzanne.follow(await suzanne.send(page.form(f"{address}/change")))
        carry_out_rebuilds(site.engine, org.tenant_id)

        now = standing(site, org)
        assert told
        assert told == {
            (site.staff_id(org, id_), each.code.value, str(each.day), str(each.after))
            for id_ in then
            for each in differences(then[id_], now[id_])
        }

    async def test_says_in_words_what_the_change_is(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        words = {
            "type": "Feeds Annual target hours, Night hours, Public holiday hours, Rostered shift allowance, "
            "Weekend hours becomes → Annual target hours, Public holiday hours",
            "agreement": "Night hours 166:40 becomes → 150 h Weekend hours nothing becomes → 10 h",
            "holiday": "Monday 16 November 2026 no public holiday becomes → public holiday, Founders’ day",
            "target": "in force on 16 November 2026 that has a target each its own target becomes → 150 h",
        }
        for kind, said in words.items():
            address = await look(site, suzanne, org, await form_of(kind, site, suzanne, org))
            (told,) = (await suzanne.page(address)).main.all("dl", class_="told")
            assert said in told.text

    async def test_sums_it_up_by_accrual_type(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = await type_form(suzanne, "accrual_NIGHT_HOURS", "countsToTargetHours")

        page = await suzanne.page(await look(site, suzanne, org, form))

        assert "2 of 6 people would have other balances. Nothing was changed yet." in page.text
        target, night = rows_of(page, "by accrual type")
        assert target == "Annual target hours 2 +14 h +8 h –"
        assert night == "Night hours 1 +7 h +7 h –"

    async def test_names_whose_balances_change_most_first(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await type_form(suzanne, "accrual_NIGHT_HOURS", "countsToTargetHours")
        address = await look(site, suzanne, org, form)

        page = await suzanne.page(address)
        told = rows_of(page, "before and after")
        assert [each.split(" Annual")[0].split(" Night")[0].rsplit(" ", 1)[0] for each in told] == [
            "Duane Barry",
            "Duane Barry",
            "Max Fenig",
        ]
        assert "Annual target hours on 31 March 2027 1,658:40 1,666:40 +8 h" in told[0]
        staff_id = site.staff_id(org, org.duane)
        assert f"/balances?person={staff_id}&on=2027-03-31&type=ANNUAL_TARGET_HOURS" in page.links

        nights = rows_of(await suzanne.page(f"{address}?of=NIGHT_HOURS"), "before and after")
        assert len(nights) == 1
        assert "Night hours" in nights[0]
        assert len(rows_of(await suzanne.page(f"{address}?of=NONSENSE"), "before and after")) == 3

    async def test_leads_on_to_everybody_else(
        self, site: Site, suzanne: Browser, org: Organisation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.pages.what_if.PAGE", 2)
        next_address: str | None = await look(site, suzanne, org, await target_form(suzanne))
        found: list[str] = []
        while next_address:
            page = await suzanne.page(next_address)
            found += rows_of(page, "before and after")
            next_address = next((link for link in page.links if "after=" in link), None)

        assert len(found) == len(set(found)) == 6

    async def test_a_balance_that_there_is_not_yet_is_said_to_be_not_counted(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await agreement_form(site, suzanne, org)

        page = await suzanne.page(await look(site, suzanne, org, form, endDate="2027-04-30"))

        night = [each for each in rows_of(page, "before and after") if "Night hours on 30 April 2027" in each]
        assert len(night) == 1
        assert "not counted" in night[0]

    async def test_a_name_in_the_csv_is_no_formula(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        person = hire(owner_engine, org, "=1+1", "worker")
        form = (await suzanne.page(f"/admin/agreements/new?person={site.staff_id(org, person)}")).form(
            "/admin/agreements"
        )
        year = {"startDate": "2026-04-01", "endDate": "2027-03-31", "targets.NIGHT_HOURS": "100 h"}
        await suzanne.follow(await suzanne.send(form, **year))

        told = await csv_of(suzanne, await look(site, suzanne, org, await target_form(suzanne)))

        assert "'=1+1" in {row["name"] for row in told}
        assert {row["difference"] for row in told} == {"-1000", "3000"}

    @pytest.mark.parametrize(
        "key", [["x"], ["1", "2", "3", "4"], ["9" * 40, str(uuid4()), "NIGHT_HOURS", "2026-01-01"]]
    )
    async def test_a_cursor_that_is_none_is_refused(
        self, site: Site, suzanne: Browser, org: Organisation, key: list[str]
    ) -> None:
        address = await look(site, suzanne, org, await target_form(suzanne))

        page_of(await suzanne.get(f"{address}?after={next_cursor(tuple(key))}"), 400)

    async def test_that_nobodys_balance_changes_is_said(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = await type_form(suzanne)

        page = await suzanne.page(await look(site, suzanne, org, form, name="Day shift"))

        assert "No balance would change." in page.text
        assert "Name Shift becomes → Day shift" in page.text


class TestWhileItIsLookedAt:
    async def test_a_bar_says_how_far_it_is_and_asks_again_by_itself(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        answer = await suzanne.send(await target_form(suzanne))
        address = answer.headers["Location"]

        part = await suzanne.by_htmx.page(address)
        whole = await suzanne.page(address)
        for page in (part, whole):
            (region,) = page.root.all(id="looked-at")
            assert (region.attributes["hx-get"], region.attributes["hx-trigger"]) == (address, "every 1s")
            (bar,) = page.root.all("progress")
            assert (bar.attributes["value"], bar.attributes["max"]) == ("0", "6")
            assert not page.offers(f"{address}/change")
        assert "<html" not in part.html
        assert '<meta http-equiv="refresh"' in whole.html

        carry_out_rebuilds(site.engine, org.tenant_id)

        part = await suzanne.by_htmx.page(address)
        (region,) = part.root.all(id="looked-at")
        assert "hx-trigger" not in region.attributes
        assert part.offers(f"{address}/change")

    async def test_it_can_be_stopped(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        answer = await suzanne.send(await target_form(suzanne))
        address = answer.headers["Location"]
        stop = address.replace(WHAT_IF, "/admin/rebuilds") + "/stop"

        page = await suzanne.follow(await suzanne.send((await suzanne.page(address)).form(stop)))

        assert "Stopped after 0 of 6 people. Nothing was changed." in page.text
        assert {each.state for each in site.rows(org, AccrualRebuild)} == {"cancelled"}


class TestAsking:
    async def test_twice_with_the_same_form_is_one_look(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = await target_form(suzanne)

        first, second = [(await suzanne.send(form)).headers["Location"] for _ in range(2)]
        third = (await suzanne.send(form, target="140 h")).headers["Location"]

        assert first == second != third
        assert len(site.rows(org, AccrualRebuild)) == 2

    async def test_a_form_that_was_looked_at_can_still_be_saved(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await type_form(suzanne, "accrual_NIGHT_HOURS")
        await look(site, suzanne, org, form)

        saved = await suzanne.send(replace(form, action=SHIFTS))

        assert saved.status_code == 303
        assert len(site.rows(org, DirectoryChange)) == 1

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"type": "LUNCHES"}, "type", "Choose an accrual type"),
            ({"on": "some day"}, "on", "such as 2026-11-18"),
            ({"target": ""}, "target", "cannot be read"),
            ({"target": "many"}, "target", "cannot be read"),
            ({"target": "-5"}, "target", "write a number up to"),
            ({"target": "200000 h"}, "target", "too much"),
            ({"type": "FLEXIBLE_CREDITS", "target": "2.5"}, "target", "whole number"),
        ],
    )
    async def test_a_target_that_is_none_is_refused_beside_its_field(
        self, site: Site, suzanne: Browser, org: Organisation, typed: dict[str, str], field: str, words: str
    ) -> None:
        page = page_of(await suzanne.send(await target_form(suzanne), **typed), 400)

        assert words in page.problem(field)
        sent = {name: value for name, value in (NIGHTS | typed).items() if name != "type"}
        assert {name: page.form(WHAT_IF).fields[name] for name in sent} == sent
        assert site.rows(org, AccrualRebuild) == []

    async def test_what_could_not_be_saved_is_refused_like_that(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await type_form(suzanne)

        taken = page_of(await suzanne.send(form, name="Absence"), 400)
        unknown = page_of(await suzanne.send(form, personIds="nobody"), 400)

        assert "Another type has this name already" in taken.problem("name")
        assert taken.form(f"{SHIFTS}/what-if").fields["name"] == "Absence"
        assert "no person with the staff id nobody" in unknown.problem("personIds")
        assert site.rows(org, AccrualRebuild) == []

    async def test_an_old_form_is_refused(self, suzanne: Browser) -> None:
        form, other = [await type_form(suzanne) for _ in range(2)]
        await suzanne.send(replace(form, action=SHIFTS), name="Day shift")

        page = page_of(await suzanne.send(other, name="Night shift"), 412)

        assert "Somebody changed this type meanwhile" in page.alert

    async def test_a_type_that_is_new_has_nothing_to_look_at(self, suzanne: Browser) -> None:
        page = await suzanne.page("/admin/types/new")

        assert "See what it would change" not in page.text
        page_of(await suzanne.post_form(f"/admin/types/{uuid4()}/what-if", name="Travel", version=1), 404)

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_it_is_for_administrators(self, site: Site, suzanne: Browser, org: Organisation, who: str) -> None:
        address = await look(site, suzanne, org, await target_form(suzanne))
        browser, before = site.browser(org, org.people[who]), site.contents(org)

        for read in (WHAT_IF, address, f"{address}/differences.csv"):
            page_of(await browser.get(read), 404)
        page_of(await browser.post_form(WHAT_IF, **NIGHTS), 404)
        page_of(await browser.post_form(f"{address}/change"), 404)
        page_of(await browser.post_form(f"{SHIFTS}/what-if", name="Shift", version=1), 404)

        assert site.contents(org) == before

    async def test_another_organisation_has_never_looked(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        address = await look(site, suzanne, org, await target_form(suzanne))
        stranger = site.browser(other, other.suzanne)

        for read in (address, f"{address}/differences.csv"):
            page_of(await stranger.get(read), 404)
        page_of(await stranger.post_form(f"{address}/change"), 404)
        assert "Nothing was looked at yet" in (await stranger.page(WHAT_IF)).text


@pytest.mark.usefixtures("recorded")
class TestMaking:
    async def test_leads_to_the_rebuild_that_follows(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        address = await look(site, suzanne, org, await target_form(suzanne))

        made = await suzanne.send((await suzanne.page(address)).form(f"{address}/change"))
        page = await suzanne.follow(made)

        assert made.headers["Location"].startswith("/admin/rebuilds/")
        assert page.heading == "Agreements changed"
        again = await suzanne.page(address)
        assert "Suzanne Modeski made this change on" in again.text
        assert made.headers["Location"] in again.links
        assert not again.offers(f"{address}/change")

    async def test_of_a_few_people_is_followed_at_once(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        address = await look(site, suzanne, org, await agreement_form(site, suzanne, org))

        page = await suzanne.follow(await suzanne.send((await suzanne.page(address)).form(f"{address}/change")))

        assert "The balances follow it already." in page.notice
        night = standing(site, org)[org.duane].on(AccrualCode.NIGHT_HOURS, MONDAY.replace(month=12))
        assert night == 9_000 - 420

    async def test_twice_or_by_two_is_once(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        address = await look(site, suzanne, org, await target_form(suzanne))
        other = site.browser(org, hire(owner_engine, org, "Monica Reyes", "administrator"))
        form = (await suzanne.page(address)).form(f"{address}/change")

        answers = [await suzanne.send(form), await suzanne.send(form), await other.post_form(f"{address}/change")]

        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert len(site.rows(org, DirectoryChange)) == 6

    async def test_of_what_somebody_changed_since_is_told_in_words(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await type_form(suzanne, "accrual_NIGHT_HOURS")
        address = await look(site, suzanne, org, form)
        shown = await suzanne.page(address)
        save = (await suzanne.page(SHIFTS)).form(SHIFTS)
        await suzanne.send(save, name="Day shift")
        before = site.contents(org)

        page = page_of(await suzanne.send(shown.form(f"{address}/change")), 412)

        assert "Somebody changed this type meanwhile. Nothing was saved" in page.alert
        assert site.contents(org) == before
        now = await suzanne.page(address)
        assert "Somebody has changed this since you looked" in now.alert
        assert not now.offers(f"{address}/change")
        assert SHIFTS in now.links

    async def test_of_what_there_is_not_finds_nothing(self, suzanne: Browser) -> None:
        page_of(await suzanne.post_form(f"{WHAT_IF}/{uuid4()}/change"), 404)

    async def test_left_nothing_changes(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        before = site.contents(org)
        for kind, back in (("type", SHIFTS), ("holiday", f"{HOLIDAYS}?place=GB-ENG&year=2026"), ("target", WHAT_IF)):
            address = await look(site, suzanne, org, await form_of(kind, site, suzanne, org))
            page = await suzanne.page(address)
            (leave,) = [link for link in page.main.all("a") if link.text == "Leave it"]
            await suzanne.page(leave.attributes["href"])
            assert leave.attributes["href"] == back

        assert without_rebuilds(site.contents(org)) == without_rebuilds(before)


class TestTheList:
    async def test_tells_what_was_looked_at_by_whom_and_what_became_of_it(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        addresses = [
            await look(site, suzanne, org, await form_of(kind, site, suzanne, org))
            for kind in ("type", "agreement", "holiday", "target")
        ]
        await suzanne.post_form(f"{addresses[3]}/change")

        page = await suzanne.page(WHAT_IF)

        told = rows_of(page, "looked at")
        titles = ["Night hours: the target of everybody", "Monday 16 November 2026 in GB-ENG"]
        titles += ["The agreement of Duane Barry", "The type Shift"]
        assert [title in row for title, row in zip(titles, told, strict=True)] == [True] * 4
        assert [row.endswith("Made") for row in told] == [True, False, False, False]
        assert all("Suzanne Modeski" in row for row in told)
        assert set(addresses) <= page.links

    async def test_asks_the_database_as_often_for_many_looks_as_for_one(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        asked = []
        for kinds in (["agreement"], ["type", "agreement", "holiday", "target"]):
            for kind in kinds:
                address = await look(site, suzanne, org, await form_of(kind, site, suzanne, org))
            await suzanne.post_form(f"{address}/change")
            for page in (WHAT_IF, "/admin/rebuilds", HOLIDAYS):
                with noting(site.services.engine) as statements:
                    await suzanne.page(page)
                asked.append(len(statements))

        assert asked[:3] == asked[3:]

    async def test_has_no_rebuilds_and_the_rebuilds_have_no_looks(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        address = await look(site, suzanne, org, await target_form(suzanne))
        await suzanne.post_form(f"{address}/change")
        rebuild = next(row for row in site.rows(org, AccrualRebuild) if row.supposed is None)

        assert str(rebuild.id) not in (await suzanne.page(WHAT_IF)).html
        assert address.rpartition("/")[2] not in (await suzanne.page("/admin/rebuilds")).html
        page_of(await suzanne.get(f"{WHAT_IF}/{rebuild.id}"), 404)
        page_of(await suzanne.get(f"/admin/rebuilds/{address.rpartition('/')[2]}"), 404)
