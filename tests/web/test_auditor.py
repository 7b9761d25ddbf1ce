"""An auditor changes nothing, and whatever they open is itself recorded: every route, pages and calls alike."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest
from httpx2 import Response

from models.rules.prov_ids import LONGEST_ID
from models.rules.transitions import State
from models.tables.auth import SignInSession
from tests.factories import Organisation
from tests.looked import looks
from tests.web.api import test_policy_of_calls as api_policy
from tests.web.api.conftest import Api
from tests.web.conftest import Site
from tests.web.test_policy_of_routes import (
    CHANGES,
    LEADS_ON,
    NAMES,
    OWN_PAGE,
    REQUESTS,
    Asking,
    named,
    scene_of,
)
from web.auth.viewer import REFRESH_HEADER

OWN_SETTINGS = {
    "POST /notifications/settings": "their own settings",
    "POST /notifications/reading": "their own notifications",
    "POST /access": "their own access",
    "POST /access/calendar": "their own access",
    "PUT /resources/notifications/settings": "their own settings",
    "POST /resources/notifications/reading": "their own notifications",
    "POST /graphql/explore": "asks the record, and is recorded",
    "POST /admin/duties": "looks decisions over and keeps what it found: the report of an auditor",
}
"""What an auditor may send, and why."""

REGIONS = {"GET /live", "GET /live/counts", "GET /notifications/bell", "GET /inbox/{sheet_id}/standing"}
"""Parts of a page that is open already."""

PEOPLE_ASKED_FOR = {
    "query": """{
  agentsByType(agentType: PersonAgent) { pageInfo { hasNextPage } }
}"""
}
ONE_ASKED_FOR = {
    "query": "query One($id: String!) { agentById(id: {externalId: $id}) { __typename } }",
    "variables": {"id": "nobody"},
}

READS = [(route, each) for route, each in REQUESTS if route.startswith("GET ")]
SENT = [(route, each) for route, each in CHANGES if route not in OWN_SETTINGS]
CALLED = [(route, each) for route, each in api_policy.CHANGES.items() if route not in OWN_SETTINGS]
READ = [(route, each) for route, each in api_policy.CALLS.items() if route.startswith("GET ")]


@pytest.fixture
def api(site: Site) -> Api:
    return Api(site)


@pytest.mark.parametrize(("route", "asking"), SENT, ids=named)
async def test_no_form_of_an_auditor_changes_anything(
    site: Site, org: Organisation, route: str, asking: Asking
) -> None:
    scene = await scene_of(site, org, route, asking)
    diana = site.browser(org, org.diana)
    before = scene.everything()

    answers = [await scene.sent_by(diana), await scene.sent_by(diana.by_htmx)]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert scene.everything() == before


@pytest.mark.parametrize("state", sorted({asked.state for _, asked in CALLED}))
async def test_no_call_of_an_auditor_changes_anything(api: Api, org: Organisation, state: State) -> None:
    scenes = [each async for each in scenes_in(api, org, state, CALLED)]
    program = api.program(org, org.diana)
    before = api.saved(org)

    for scene in scenes:
        answer = await scene.made_by(program)
        refused = answer.status_code in (403, 404)
        rows = answer.json()["items"] if answer.status_code == 200 else []
        assert refused or {row["outcome"] for row in rows} == {"refused"}, (scene.route, answer.text)
        assert api.saved(org) == before, scene.route


async def scenes_in(
    api: Api, org: Organisation, state: State, those: list[tuple[str, api_policy.Call]]
) -> AsyncIterator[api_policy.Scene]:
    """The calls that are granted in a state, all in one organisation."""
    first = await api_policy.scene_of(api, org, "summaries", next(each for _, each in those if each.state is state))
    for route, asked in those:
        if asked.state is state:
            yield replace(first, route=route, call=asked)


async def opens_once(
    site: Site, org: Organisation, open_: Callable[[], Awaitable[Response]], what: str, *, is_new: bool = True
) -> None:
    """Fails unless what is shown is recorded the first time and not again, and what is not shown never is."""
    before, first = len(looks(site, org)), await open_()
    seen, second = looks(site, org), await open_()

    assert len(seen) - before == (is_new and first.status_code == 200 and what not in REGIONS), (what, first.text)
    assert second.status_code == first.status_code
    assert looks(site, org) == seen
    assert {look.by for look in seen[before:]} <= {org.diana}


@pytest.mark.parametrize(("route", "asking"), READS, ids=named)
async def test_every_page_that_an_auditor_opens_is_recorded_once(
    site: Site, org: Organisation, route: str, asking: Asking
) -> None:
    scene = await scene_of(site, org, route, asking)
    diana = site.browser(org, org.diana)

    await opens_once(site, org, partial(diana.get, scene.address), route)


async def test_what_only_leads_on_is_not_opened(site: Site, org: Organisation) -> None:
    key = await site.bring_to(org, State.SUBMITTED)
    names = NAMES | {"staff_id": site.staff_id(org, org.duane), "sheet_id": key.timesheet_id}
    diana = site.browser(org, org.diana)
    for route in [*LEADS_ON, *(OWN_PAGE.keys() - {"GET /live"})]:
        address = route.partition(" ")[2].format(**names)
        await opens_once(site, org, partial(diana.get, address), route)


@pytest.mark.parametrize("state", sorted({asked.state for _, asked in READ}))
async def test_every_call_with_which_an_auditor_reads_is_recorded_once(
    site: Site, api: Api, org: Organisation, state: State
) -> None:
    program = api.program(org, org.diana)
    seen = set()

    async for scene in scenes_in(api, org, state, READ):
        is_sheet = scene.route.startswith("GET /resources/timesheets/{")
        first_of_it = not (is_sheet and is_sheet in seen)
        seen.add(is_sheet)
        await opens_once(site, org, partial(scene.made_by, program), scene.route, is_new=first_of_it)


async def test_what_is_asked_with_graphql_is_recorded(site: Site, api: Api, org: Organisation) -> None:
    program = api.program(org, org.diana)

    for asked in (PEOPLE_ASKED_FOR, PEOPLE_ASKED_FOR, ONE_ASKED_FOR):
        assert (await program.call("POST", "/graphql", asked)).status_code == 200

    assert {look.saw for look in looks(site, org)} == {
        "/graphql { agentsByType(agentType: PersonAgent) { pageInfo { hasNextPage } } }",
        '/graphql query One($id: String!) { agentById(id: {externalId: $id}) { __typename } } {"id": "nobody"}',
    }


async def test_what_is_asked_on_the_page_for_it_is_recorded(site: Site, org: Organisation) -> None:
    diana = site.browser(org, org.diana)
    await diana.page("/audit")

    for _ in range(2):
        await diana.post_form("/graphql/explore", query=ONE_ASKED_FOR["query"])

    assert {look.saw for look in looks(site, org)} == {
        "/audit",
        "/graphql/explore query One($id: String!) { agentById(id: {externalId: $id}) { __typename } }",
    }


async def test_a_question_that_is_no_text_is_recorded_as_far_as_it_is(site: Site, api: Api, org: Organisation) -> None:
    program = api.program(org, org.diana)

    answer = await program.call("POST", "/graphql", rb'{"query": "{ \ud800 \u0000 }"}')

    assert answer.status_code == 200

    assert [look.saw for look in looks(site, org)] == ["/graphql { ? ? }"]


class TestAddresses:
    async def test_a_page_is_named_by_its_address(self, site: Site, org: Organisation) -> None:
        await site.browser(org, org.diana).page("/admin/people?q=Duane&inactive=yes")

        (look,) = looks(site, org)
        assert look.saw == "/admin/people?q=Duane&inactive=yes"
        assert (look.agent, look.role, look.about) == (site.staff_id(org, org.diana), None, None)

    async def test_another_search_is_another_page(self, site: Site, org: Organisation) -> None:
        diana = site.browser(org, org.diana)
        for sought in ("Duane", "Max", "Duane"):
            await diana.page(f"/admin/people?q={sought}")

        assert [look.saw for look in looks(site, org)] == ["/admin/people?q=Duane", "/admin/people?q=Max"]

    async def test_an_address_is_no_longer_than_an_id(self, site: Site, org: Organisation) -> None:
        await site.browser(org, org.diana).page(f"/admin/people?q={'ü' * 900}")

        (look,) = looks(site, org)
        assert len(look.saw) == LONGEST_ID
        assert look.saw.startswith("/admin/people?q=%C3%BC")

    @pytest.mark.parametrize("name", ["token", "api_key", "password", "csrf", "code", "client_secret"])
    async def test_secrets_are_left_out(self, site: Site, org: Organisation, name: str) -> None:
        await site.browser(org, org.diana).page(f"/admin/people?q=x&{name}=hush&other=cs_{'a' * 43}")

        (look,) = looks(site, org)
        assert look.saw == f"/admin/people?q=x&{name}=***&other=***"

    async def test_bytes_that_are_no_text_are_recorded_as_text(self, site: Site, org: Organisation) -> None:
        await site.browser(org, org.diana).page("/admin/people?q=%ff%fe%0a<b>")

        (look,) = looks(site, org)
        assert look.saw.isascii()
        assert look.saw.isprintable()


class TestWhoIsAnAuditor:
    async def test_no_header_keeps_it_from_being_recorded(self, site: Site, org: Organisation) -> None:
        diana = site.browser(org, org.diana)
        for number, says in enumerate(({REFRESH_HEADER: "1"}, {"Sec-Purpose": "prefetch"})):
            assert (await diana.get(f"/admin/people?q={number}", **says)).status_code == 200

        assert len(looks(site, org)) == 2

    async def test_of_everybody_else_pages_are_not_recorded(self, site: Site, org: Organisation) -> None:
        for who in (org.suzanne, org.roland):
            await site.browser(org, who).page("/acts")
        await site.browser(org, org.suzanne).page("/admin/people")

        assert looks(site, org) == []

    async def test_it_stands_on_every_page_of_theirs(self, site: Site, org: Organisation) -> None:
        said = "What you open here is recorded."
        for address in ("/admin/people", "/audit", "/acts"):
            assert said in (await site.browser(org, org.diana).page(address)).text
        assert said not in (await site.browser(org, org.suzanne).page("/admin/people")).text

    async def test_sessions_are_not_part_of_the_name(self, site: Site, org: Organisation) -> None:
        diana = site.browser(org, org.diana)
        await diana.page("/admin/people")
        (session,) = site.rows(org, SignInSession)

        (look,) = looks(site, org)
        assert session.token_hash[:8] not in look.activity
