"""Rebuilds of balances on pages: how far each is, stopped and gone on with, and everything rebuilt by hand."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from activities.accruals import AccrualActivities
from models.database import command_transaction, read_session
from models.messages import RebuildBatch, RebuildKey
from models.store import rebuilds
from models.store.changes import GivenBy
from models.store.rebuilds import put_aside, rebuild_everybody
from models.tables.accruals import AccrualRebuild
from models.verifying.balances import verify
from tests.desk import carry_out_rebuilds
from tests.factories import Asking, Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Element, Page

REBUILDS = "/admin/rebuilds"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def unseen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told of rebuilds that are asked for: each stays as the test leaves it."""
    monkeypatch.setattr(type(site.services), "begin_rebuilds", lambda *_: None)


def ask(site: Site, org: Organisation) -> RebuildKey:
    """A rebuild of everybody that nobody carries out but the test."""
    given = GivenBy(org.tenant_id, org.suzanne, uuid4())
    with command_transaction(site.engine, org.tenant_id) as session:
        return RebuildKey(org.tenant_id, rebuild_everybody(session, given))


def begin(site: Site, key: RebuildKey, people: int) -> None:
    """Let so many people have their turn."""
    activities = AccrualActivities(site.engine)
    activities.begin_rebuild(key)
    for _ in range(people):
        assert activities.rebuild_next(RebuildBatch(key, 0))


def the_rebuild(site: Site, org: Organisation) -> AccrualRebuild:
    """The only one there is, as stored."""
    (found,) = site.rows(org, AccrualRebuild)
    return found  # type: ignore[no-any-return]  # a row of a table named by its class


def bar(page: Page) -> Element:
    """The progress bar."""
    (found,) = page.root.all("progress")
    return found


def asks_itself(page: Page, id_: str) -> bool:
    """Whether a region asks again by itself."""
    (region,) = page.root.all(id=id_)
    return "hx-trigger" in region.attributes


@pytest.mark.usefixtures("unseen")
class TestTheBar:
    async def test_says_how_many_people_of_all_are_done_and_how_long_it_takes(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        key = ask(site, org)
        begin(site, key, 3)

        page = await suzanne.page(f"{REBUILDS}/{key.rebuild_id}")

        assert (bar(page).attributes["value"], bar(page).attributes["max"]) == ("3", "6")
        (label,) = page.main.all("label", for_=bar(page).attributes["id"])
        assert label.text == "50 % 3 of 6 people"
        assert "left" in page.text
        assert "Going on" in page.text
        assert "Suzanne Modeski" in page.main.text

    async def test_says_what_changed_so_far(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        await asyncio.to_thread(site.desk.do, Asking(org, org.duane, org.duane).record(worked("22:00", "30:00")))
        change_person(owner_engine, org.duane, time_zone="Pacific/Auckland")
        key = ask(site, org)
        begin(site, key, 6)

        assert "1 changed so far" in (await suzanne.page(f"{REBUILDS}/{key.rebuild_id}")).text

    async def test_asks_again_by_itself_until_it_is_over(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        key = ask(site, org)
        address = f"{REBUILDS}/{key.rebuild_id}"
        for people in (0, 5):
            begin(site, key, people)
            part = await suzanne.by_htmx.page(address)
            assert asks_itself(part, "rebuild")
            assert "<html" not in part.html

        carry_out_rebuilds(site.engine, org.tenant_id)

        part = await suzanne.by_htmx.page(address)
        assert not asks_itself(part, "rebuild")
        assert "Nobody’s balances changed." in part.text
        assert bar(part).attributes["value"] == "6"

    async def test_without_scripts_the_page_asks_again_itself_until_it_is_over(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        key = ask(site, org)
        address = f"{REBUILDS}/{key.rebuild_id}"
        page = await suzanne.page(address)
        assert '<meta http-equiv="refresh"' in page.html
        assert address in page.links

        carry_out_rebuilds(site.engine, org.tenant_id)

        assert '<meta http-equiv="refresh"' not in (await suzanne.page(address)).html

    async def test_names_whoever_could_not_be_computed(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        key = ask(site, org)
        begin(site, key, 0)
        first = min(org.people.values())
        with command_transaction(site.engine, org.tenant_id) as session:
            put_aside(session, key.rebuild_id, 0, first, "Their zone is not known.")

        page = await suzanne.page(f"{REBUILDS}/{key.rebuild_id}")

        (name,) = [name for name, id_ in org.people.items() if id_ == first]
        assert f"{name} Their zone is not known." in page.text
        assert "1 could not be computed" in page.text

    async def test_of_nobody_is_full(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        given = GivenBy(org.tenant_id, org.suzanne, uuid4())
        with command_transaction(site.engine, org.tenant_id) as session:
            id_ = rebuilds.ask_rebuild(session, given, "Nobody", [])

        page = await suzanne.page(f"{REBUILDS}/{id_}")

        assert bar(page).attributes["value"] == bar(page).attributes["max"]


@pytest.mark.usefixtures("unseen")
class TestStopping:
    async def test_whoever_is_done_stays_done_and_it_goes_on_with_the_others(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        key = ask(site, org)
        address = f"{REBUILDS}/{key.rebuild_id}"
        begin(site, key, 2)
        form = (await suzanne.page(address)).form(f"{address}/stop")

        stopped = await suzanne.follow(await suzanne.send(form))

        assert "Stopped after 2 of 6 people." in stopped.text
        assert "the others have those of before until it goes on" in stopped.alert
        assert not asks_itself(stopped, "rebuild")
        assert AccrualActivities(site.engine).rebuild_next(RebuildBatch(key, 0)) is None

        going = await suzanne.follow(await suzanne.send(stopped.form(f"{address}/resume")))
        assert asks_itself(going, "rebuild")
        carry_out_rebuilds(site.engine, org.tenant_id)
        done = await suzanne.page(address)
        assert "6 of 6 people" in done.text
        assert not done.offers(f"{address}/stop")
        assert not done.offers(f"{address}/resume")

    async def test_twice_says_that_it_is_so_already(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        key = ask(site, org)
        address = f"{REBUILDS}/{key.rebuild_id}"

        assert "nothing to go on with" in (await suzanne.follow(await suzanne.post_form(f"{address}/resume"))).notice
        assert (await suzanne.follow(await suzanne.post_form(f"{address}/stop"))).notice == ""
        assert "over already" in (await suzanne.follow(await suzanne.post_form(f"{address}/stop"))).notice

    async def test_nobody_stops_what_there_is_not_or_what_is_another_organisations(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        theirs = ask(site, other).rebuild_id

        for id_ in (uuid4(), theirs):
            page_of(await suzanne.get(f"{REBUILDS}/{id_}"), 404)
            for move in ("stop", "resume"):
                page_of(await suzanne.post_form(f"{REBUILDS}/{id_}/{move}"), 404)

        assert the_rebuild(site, other).state == "waiting"


class TestEverybody:
    @pytest.mark.usefixtures("unseen")
    async def test_is_rebuilt_by_hand_once_for_each_form(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = (await suzanne.page(REBUILDS)).form(REBUILDS)

        page = await suzanne.follow(await suzanne.send(form, peoplePerSecond="20"))
        await suzanne.send(form, peoplePerSecond="20")

        rebuild = the_rebuild(site, org)
        assert (rebuild.people, rebuild.people_per_second, rebuild.asked_by_id) == (6, 20, org.suzanne)
        assert page.heading == "Everybody, asked for by hand"
        assert "at most 20 people each second" in page.text

    @pytest.mark.usefixtures("unseen")
    async def test_what_was_wrong_is_right_afterwards(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        await asyncio.to_thread(site.desk.do, Asking(org, org.duane, org.duane).record(worked("22:00", "30:00")))
        change_person(owner_engine, org.duane, time_zone="Pacific/Auckland")
        assert wrong(site, org)

        await suzanne.send((await suzanne.page(REBUILDS)).form(REBUILDS))
        carry_out_rebuilds(site.engine, org.tenant_id)

        assert wrong(site, org) == []
        page = await suzanne.page(f"{REBUILDS}/{the_rebuild(site, org).id}")
        assert "1 of 6 people have other balances than before." in page.text

    @pytest.mark.parametrize("typed", ["0", "-1", "1.5", "fast", "10001", "²", "9" * 30])
    async def test_a_pace_that_is_none_is_refused_beside_its_field(
        self, site: Site, suzanne: Browser, org: Organisation, typed: str
    ) -> None:
        form = (await suzanne.page(REBUILDS)).form(REBUILDS)

        page = page_of(await suzanne.send(form, peoplePerSecond=typed), 400)

        assert "whole number from 1 to 10,000" in page.problem("peoplePerSecond")
        assert page.form(REBUILDS).fields["peoplePerSecond"] == typed
        assert site.rows(org, AccrualRebuild) == []


@pytest.mark.usefixtures("unseen")
class TestTheList:
    async def test_tells_why_who_when_and_how_far(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        key = ask(site, org)
        begin(site, key, 3)

        page = await suzanne.page(REBUILDS)

        (row,) = [each.text for each in page.main.all("tr") if any(each.all("td"))]
        assert "Everybody, asked for by hand" in row
        assert "Suzanne Modeski" in row
        assert "0 of 6" in row
        assert "50 %" in row
        assert f"{REBUILDS}/{key.rebuild_id}" in page.links

    async def test_leads_on_to_older_ones(
        self, site: Site, suzanne: Browser, org: Organisation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.pages.rebuilds.PAGE", 2)
        ids = [str(ask(site, org).rebuild_id) for _ in range(3)]

        page = await suzanne.page(REBUILDS)
        (older,) = [link for link in page.links if "after=" in link]
        rest = await suzanne.page(older)

        assert [id_ in page.html for id_ in ids] == [False, True, True]
        assert [id_ in rest.html for id_ in ids] == [True, False, False]

    @pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyJ4IiwieSJd"])
    async def test_a_cursor_that_is_none_is_refused(self, suzanne: Browser, cursor: str) -> None:
        for address in (REBUILDS, "/admin/what-if"):
            page_of(await suzanne.get(f"{address}?after={cursor}"), 400)

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_it_is_for_administrators(self, site: Site, org: Organisation, who: str) -> None:
        browser, key = site.browser(org, org.people[who]), ask(site, org)

        for address in (REBUILDS, f"{REBUILDS}/hint", f"{REBUILDS}/{key.rebuild_id}"):
            page_of(await browser.get(address), 404)
        for address in (REBUILDS, f"{REBUILDS}/{key.rebuild_id}/stop", f"{REBUILDS}/{key.rebuild_id}/resume"):
            page_of(await browser.post_form(address), 404)

        assert the_rebuild(site, org).state == "waiting"


@pytest.mark.usefixtures("unseen")
class TestTheHint:
    async def test_stands_on_pages_of_administration_while_one_goes_on(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        (region,) = (await suzanne.page("/admin/types")).root.all(id="rebuild-hint")
        assert region.attributes["hx-get"] == f"{REBUILDS}/hint"
        nothing = await suzanne.by_htmx.page(f"{REBUILDS}/hint")
        assert nothing.text == ""
        assert not asks_itself(nothing, "rebuild-hint")

        key = ask(site, org)
        begin(site, key, 1)

        hint = await suzanne.by_htmx.page(f"{REBUILDS}/hint")
        assert "1 of 6 people" in hint.text
        assert f"{REBUILDS}/{key.rebuild_id}" in hint.links
        assert asks_itself(hint, "rebuild-hint")


def wrong(site: Site, org: Organisation) -> list[str]:
    """What is wrong with the balances of an organisation."""
    found = verify(lambda: read_session(site.engine, org.tenant_id))
    return [words for checked in found for words in checked.wrong]
