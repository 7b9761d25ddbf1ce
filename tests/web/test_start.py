"""The way in for each kind of person, the look, the list of people, and what operators ask."""

import re

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import Engine

from embedded import EmbeddedPostgres, EmbeddedTemporal, free_port
from models.rules.transitions import State
from tests.factories import Organisation, change_person, give_role, hire, make_organisation, take_role
from tests.standing_in import stand_in
from tests.waiting import eventually_async
from tests.web.conftest import OURS, Browser, Site, page_of, settings_for, site_on
from tests.web.reading import Page


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


class TestTheFrame:
    """What stands around every page leads nobody to a page that refuses them."""

    @pytest.mark.parametrize("role", ["worker", "supervisor", "project_lead", "administrator", "auditor"])
    async def test_every_place_of_a_role_is_there_for_it(
        self, site: Site, org: Organisation, owner_engine: Engine, role: str
    ) -> None:
        somebody = hire(owner_engine, org, "Monica Reyes", role)

        assert await refusing(site.browser(org, somebody)) == []

    async def test_every_place_of_a_worker_who_stands_in_is_there(self, site: Site, org: Organisation) -> None:
        stand_in(site.engine, org, org.roland, org.max)
        max_ = site.browser(org, org.max)

        assert "/inbox" in await places(max_)
        assert await refusing(max_) == []

    @pytest.mark.parametrize("name", ["Duane Barry", "Roland Fuller", "Alex Krycek"])
    async def test_every_place_is_there_while_acting_for_somebody(
        self, site: Site, org: Organisation, name: str
    ) -> None:
        assert await refusing(await site.acting(org, org.people[name])) == []


async def places(browser: Browser) -> list[str]:
    """Where the frame leads, from a page that everybody has."""
    page = await browser.page("/notifications")
    inside = [link for header in page.root.all("header", class_="frame") for link in header.all("a")]
    return sorted({link.attributes["href"] for link in inside})


async def refusing(browser: Browser) -> list[str]:
    """Those of them that do not show a page in the end."""
    found = await places(browser)
    assert found
    return [address for address in found if not await shows(browser, address)]


async def shows(browser: Browser, address: str) -> bool:
    answer = await browser.get(address)
    while answer.status_code == 303:
        answer = await browser.get(answer.headers["Location"])
    return answer.status_code == 200


class TestTheStart:
    """People come to what they have to do."""

    async def test_a_worker_comes_to_the_week_and_an_auditor_to_the_people(self, site: Site, org: Organisation) -> None:
        assert await start(site, org, "Duane Barry") == "/week"
        assert await start(site, org, "Diana Fowley") == "/admin/people"

    @pytest.mark.parametrize(
        ("owner", "who"),
        [("Duane Barry", "Roland Fuller"), ("Roland Fuller", "Alex Krycek"), ("Alex Krycek", "Suzanne Modeski")],
    )
    async def test_an_approver_comes_to_the_inbox_while_something_waits(
        self, site: Site, org: Organisation, owner: str, who: str
    ) -> None:
        assert await start(site, org, who) == "/week"

        await site.bring_to(org, State.SUBMITTED, org.people[owner])

        assert await start(site, org, who) == "/inbox"
        assert await start(site, org, owner) == "/week"

    async def test_an_auditor_who_works_comes_to_the_week(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, org, org.diana, "worker")

        assert await start(site, org, "Diana Fowley") == "/week"

    async def test_whoever_acts_for_an_approver_comes_to_their_inbox(self, site: Site, org: Organisation) -> None:
        await site.bring_to(org, State.SUBMITTED)

        assert await start(site, org, "Suzanne Modeski") == "/week"
        assert (await (await site.acting(org, org.roland)).get("/")).headers["Location"] == "/inbox"

    async def test_somebody_without_any_role_comes_to_a_page_that_says_so(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        take_role(owner_engine, org.max, "worker")
        max_ = site.browser(org, org.max)

        answer = await max_.get("/")
        while answer.status_code == 303:
            answer = await max_.get(answer.headers["Location"])

        assert "or you may not see it" in page_of(answer, 404).main.text

    async def test_nobody_comes_to_the_sign_in(self, site: Site) -> None:
        assert (await site.visitor().get("/")).headers["Location"] == "/sign-in"

    async def test_an_address_that_is_none_is_not_found_in_words(self, site: Site, suzanne: Browser) -> None:
        for path in ("/nothing", "/admin", "/week/x/y", "/%F0%9F%9B%B8", "/" + "x" * 4_000):
            assert "It does not exist, or you may not see it." in page_of(await suzanne.get(path), 404).main.text
            assert (await suzanne.by_htmx.get(path)).headers["HX-Retarget"] == "#toast"
        for path in ("/healthz", "/inbox", "/metrics"):
            assert "Nothing was saved" in page_of(await suzanne.post_form(path), 405).main.text


class TestTheTheme:
    """Light, dark, or as the device says."""

    async def test_it_is_kept_and_shown(self, suzanne: Browser) -> None:
        for chosen in ("dark", "light", "auto"):
            answer = await suzanne.post_form("/theme", theme=chosen)
            assert "Max-Age=31536000" in answer.headers["Set-Cookie"]
            assert theme(await suzanne.page("/balances")) == chosen

    @pytest.mark.parametrize("chosen", [None, "", "blue", '"><script>', "x" * 10_000])
    async def test_what_is_no_theme_is_as_the_device_says(self, suzanne: Browser, chosen: str | None) -> None:
        await suzanne.post_form("/theme", theme="dark")

        await suzanne.post_form("/theme", theme=chosen)

        assert theme(await suzanne.page("/balances")) == "auto"

    async def test_a_cookie_that_somebody_made_up_is_as_the_device_says(self, suzanne: Browser) -> None:
        suzanne.client.cookies.set("theme", "x-onload-alert")

        assert theme(await suzanne.page("/balances")) == "auto"

    async def test_those_who_are_not_signed_in_choose_too(self, site: Site) -> None:
        visitor = site.visitor()

        chosen = await visitor.post("/theme", data={"theme": "dark"}, headers={"Origin": OURS})

        assert chosen.status_code == 303
        assert theme(page_of(await visitor.get("/sign-in"), 200)) == "dark"

    @pytest.mark.parametrize(
        ("came_from", "leads_to"),
        [
            (f"{OURS}/balances?on=2026-11-16", "/balances?on=2026-11-16"),
            (f"{OURS}/", "/"),
            (None, "/"),
            ("", "/"),
            ("about:blank", "/"),
            (f"{OURS}//evil.example/x", "/"),
            (f"{OURS}/\\evil.example", "/"),
            ("https://evil.example/balances", "/balances"),
            (f"{OURS}/sign-out", "/"),
        ],
    )
    async def test_it_leads_back_to_a_page_of_ours_only(self, site: Site, came_from: str | None, leads_to: str) -> None:
        headers = {"Origin": OURS} | ({} if came_from is None else {"Referer": came_from})

        answer = await site.visitor().post("/theme", data={"theme": "dark"}, headers=headers)

        assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)

    async def test_another_site_does_not_choose(self, site: Site) -> None:
        answer = await site.visitor().post("/theme", data={"theme": "dark"}, headers={"Origin": "https://evil.example"})

        assert answer.status_code == 403
        assert "theme=" not in answer.headers.get("Set-Cookie", "")


class TestPeople:
    """Everybody of the organisation, for administrators and auditors."""

    async def test_everybody_is_listed_with_roles_and_supervisor(
        self, site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.max, active=False)

        found = people(await suzanne.page("/admin/people?inactive=yes"))

        assert found == [
            ["AK Alex Krycek", "Supervisor, worker", "Administrators decide", "Act for… Alex Krycek Edit Alex Krycek"],
            ["DF Diana Fowley", "Auditor", "", "Act for… Diana Fowley Edit Diana Fowley"],
            ["DB Duane Barry", "Worker", "Decided by Roland Fuller", "Act for… Duane Barry Edit Duane Barry"],
            ["MF Max Fenig", "Worker Inactive", "Decided by Roland Fuller", "Edit Max Fenig"],
            [
                "RF Roland Fuller",
                "Supervisor, worker",
                "Decided by Alex Krycek",
                "Act for… Roland Fuller Edit Roland Fuller",
            ],
            ["SM Suzanne Modeski", "Administrator, worker", "Decided by Alex Krycek", "Edit Suzanne Modeski"],
        ]

    async def test_a_search_finds_part_of_a_name_and_takes_every_sign_as_it_is(self, suzanne: Browser) -> None:
        assert [row[0] for row in people(await suzanne.page("/admin/people?q=BARR"))] == ["DB Duane Barry"]
        assert len(people(await suzanne.page("/admin/people?q=%20"))) == 6
        for odd in ("%25", "_", "'", "%27%20OR%201%3D1%20--", "%5C", "x" * 4_000):
            assert people(await suzanne.page(f"/admin/people?q={odd}")) == []
        page = await suzanne.page("/admin/people?q=%3Csvg%2Fonload%3D1%3E")
        assert "Nobody is called “<svg/onload=1>”" in page.main.text
        assert "<svg/onload" not in page.html

    async def test_htmx_selects_the_rows_from_the_page(self, suzanne: Browser) -> None:
        answer = await suzanne.by_htmx.get("/admin/people?q=duane")

        assert len(list(page_of(answer, 200).root.all(id="people-rows"))) == 1

    async def test_an_auditor_sees_them_and_acts_for_nobody(self, site: Site, org: Organisation) -> None:
        found = people(await site.browser(org, org.diana).page("/admin/people"))

        assert len(found) == 6
        assert {row[3] for row in found} == {""}

    async def test_nobody_else_sees_them(self, site: Site, org: Organisation) -> None:
        for who in (org.duane, org.roland, org.alex):
            browser = site.browser(org, who)
            page_of(await browser.get("/admin/people"), 404)
            assert "/admin/people" not in (await browser.page("/balances")).links

    async def test_nobody_of_another_organisation_is_listed(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        change_person(owner_engine, other.duane, name="Luis Cardinal")

        assert people(await suzanne.page("/admin/people?q=Luis")) == []
        assert len(people(await site.browser(other, other.suzanne).page("/admin/people"))) == 6


class TestWhatOperatorsAsk:
    """Whether it lives, whether it is ready, and how much it does."""

    async def test_everything_answers(self, site: Site) -> None:
        visitor = site.visitor()

        assert (await visitor.get("/healthz")).text == "ok"
        # The server counts a worker only once it has asked for work.
        await eventually_async(lambda: is_ready(visitor), "a worker that is counted")

    async def test_what_does_not_answer_is_named(
        self, site: Site, postgres: EmbeddedPostgres, temporal: EmbeddedTemporal
    ) -> None:
        nobody = f"127.0.0.1:{free_port()}"
        everything = {"postgresql": True, "temporal": True, "worker": True}
        await eventually_async(lambda: is_ready(site.visitor()), "a worker that is counted")

        async def without(**others: str) -> Response:
            settings = settings_for(postgres, temporal, site.settings.data_dir, **others)
            async with site_on(settings, site.engine, site.owner_engine) as other:
                return await other.visitor().get("/readyz")

        no_database = await without(database_url=f"postgresql://countersign_app@{nobody}/countersign")
        no_temporal = await without(temporal_address=nobody)
        no_worker = await without(task_queue="one that nobody serves")

        assert {answer.status_code for answer in (no_database, no_temporal, no_worker)} == {503}
        assert no_database.json() == everything | {"postgresql": False}
        assert no_temporal.json() == everything | {"temporal": False, "worker": False}
        assert no_worker.json() == everything | {"worker": False}

    async def test_requests_are_counted_by_route(self, site: Site, org: Organisation, suzanne: Browser) -> None:
        route = 'method="GET",route="/people/{staff_id}/week/{day}",status="200"'
        before = await count(site, route)

        await suzanne.page(site.week(org, org.suzanne))
        await suzanne.page(site.week(org, org.duane))

        assert await count(site, route) == before + 2


async def start(site: Site, org: Organisation, name: str) -> str:
    """Where somebody comes to."""
    return str((await site.browser(org, org.people[name]).get("/")).headers["Location"])


def theme(page: Page) -> str:
    """How a page looks."""
    return next(page.root.all("html")).attributes["data-bs-theme"]


def people(page: Page) -> list[list[str]]:
    """The list without staff ids: who, roles, supervisor, what to do."""
    lines = [line for body in page.main.all("tbody") for line in body.all("tr")]
    rows = [[cell.text for cell in line.all() if cell.tag in ("th", "td")] for line in lines]
    return [[row[0].rpartition(" ")[0], *row[1:]] for row in rows]


async def is_ready(visitor: AsyncClient) -> bool:
    """Whether everything answers."""
    answer = await visitor.get("/readyz")
    return answer.status_code == 200 and all(answer.json().values())


async def count(site: Site, route: str) -> float:
    """How often a route was answered."""
    found = re.search(rf"^countersign_requests_total\{{{re.escape(route)}\}} (\S+)$", await metrics(site), re.MULTILINE)
    return float(found[1]) if found else 0.0


async def metrics(site: Site) -> str:
    """What Prometheus reads."""
    return (await site.visitor().get("/metrics")).text
