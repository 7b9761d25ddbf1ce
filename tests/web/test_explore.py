"""The page on which whoever may see the whole record asks it questions, and that it only reads."""

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.rules.transitions import State
from tests.factories import Organisation, make_organisation
from tests.web.api.conftest import Json
from tests.web.conftest import OURS, Browser, Site, page_of

ADDRESS = "/graphql/explore"
PEOPLE = "{ agentsByType(agentType: PersonAgent) { nodes { ... on PersonAgent { nameAttribute } } } }"


@pytest.fixture
def auditor(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.diana)


async def ask(browser: Browser, said: Json, **headers: str) -> Response:
    """What the editor on the page sends."""
    given = {"X-CSRF-Token": browser.csrf_token, "Origin": OURS} | headers
    return await browser.client.post(ADDRESS, json=said, headers=given)


def names(answer: Json) -> list[str]:
    """The people in an answer."""
    return [each["nameAttribute"] for each in answer["data"]["agentsByType"]["nodes"]]


@pytest.mark.parametrize("name", ["Diana Fowley", "Suzanne Modeski"])
async def test_whoever_may_see_the_whole_record_asks_it(site: Site, org: Organisation, name: str) -> None:
    await site.bring_to(org, State.APPROVED)
    browser = site.browser(org, org.people[name])
    await browser.page(ADDRESS)

    answer = await ask(browser, {"query": PEOPLE})

    assert {"Duane Barry", "Roland Fuller"} <= set(names(answer.json()))


async def test_variables_and_the_name_of_the_operation_are_heeded(auditor: Browser) -> None:
    document = (
        """query One { __typename } query Two($id: String!) { agentById(id: {externalId: $id}) { __typename } }"""
    )

    two = await ask(auditor, {"query": document, "variables": {"id": "nobody"}, "operationName": "Two"})
    neither = await ask(auditor, {"query": document, "operationName": "Three"})

    assert two.json() == {"data": {"agentById": None}}
    assert neither.json()["errors"]


async def test_without_scripts_a_form_asks_and_the_answer_stands_below_it(
    site: Site, org: Organisation, auditor: Browser
) -> None:
    await site.bring_to(org, State.APPROVED)
    page = await auditor.page(ADDRESS)

    answer = page_of(await auditor.send(page.form(ADDRESS), query=PEOPLE), 200)

    assert "Roland Fuller" in answer.text
    assert "agentsByType" in answer.form(ADDRESS).fields["query"]


@pytest.mark.parametrize("said", ["<script>alert(1)</script>", "{{7*7}}", "{", ""])
async def test_what_is_no_question_is_refused_in_words(auditor: Browser, said: str) -> None:
    page = await auditor.page(ADDRESS)

    answer = await auditor.send(page.form(ADDRESS), query=said)

    assert answer.status_code == 200
    assert "errors" in page_of(answer).text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"[1]", b'{"query": 7}', b'{"query": "{a}", "variables": 7}', b"\xff"]
)
async def test_a_body_that_is_no_question_is_refused_in_words(auditor: Browser, body: bytes) -> None:
    given = {"X-CSRF-Token": auditor.csrf_token, "Origin": OURS, "Content-Type": "application/json"}

    answer = await auditor.client.post(ADDRESS, content=body, headers=given)

    assert answer.status_code == 200
    assert answer.json()["errors"]


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
async def test_it_only_reads(site: Site, org: Organisation, auditor: Browser, kind: str) -> None:
    before = site.contents(org)
    fields = {
        "mutation": 'defineSubmitActivity(externalId: "a") { txId }',
        "subscription": "commitNotifications { txId }",
    }

    answer = await ask(auditor, {"query": f"{kind} {{ {fields[kind]} }}"})

    assert "only read" in answer.json()["errors"][0]["message"]
    added = site.contents(org)["statement"] - before["statement"]
    assert not [each for each in added if "Submit" in each]


async def test_another_site_asks_nothing(auditor: Browser) -> None:
    assert (await ask(auditor, {"query": PEOPLE}, Origin="https://elsewhere.example")).status_code == 403
    assert (await ask(auditor, {"query": PEOPLE}, **{"X-CSRF-Token": "0" * 64})).status_code == 403
    assert (await ask(auditor, {"query": PEOPLE}, **{"Sec-Fetch-Site": "cross-site"})).status_code == 403


@pytest.mark.parametrize("name", ["Duane Barry", "Roland Fuller"])
async def test_for_everybody_else_there_is_no_such_page(site: Site, org: Organisation, name: str) -> None:
    browser = site.browser(org, org.people[name])

    assert (await browser.get(ADDRESS)).status_code in (403, 404)
    assert (await ask(browser, {"query": PEOPLE})).status_code in (403, 404)
    assert (await site.visitor().get(ADDRESS)).headers["Location"] == "/sign-in?next=%2Fgraphql%2Fexplore"


async def test_another_organisation_is_not_seen(
    site: Site, org: Organisation, auditor: Browser, owner_engine: Engine
) -> None:
    elsewhere = make_organisation(owner_engine)
    await site.bring_to(elsewhere, State.APPROVED)

    assert "Roland Fuller" not in names((await ask(auditor, {"query": PEOPLE})).json())


async def test_whoever_acts_for_somebody_else_reads_with_their_own_rights(site: Site, org: Organisation) -> None:
    acting = await site.acting(org, org.duane)
    await site.bring_to(org, State.APPROVED)

    assert "Roland Fuller" in names((await ask(acting, {"query": PEOPLE})).json())


async def test_only_the_styles_of_its_policy_differ_from_other_pages(auditor: Browser) -> None:
    theirs = (await auditor.get(ADDRESS)).headers["Content-Security-Policy"]

    assert "script-src 'nonce-" in theirs
    assert "unsafe-inline" not in theirs.replace("style-src 'self' 'unsafe-inline'", "")
    assert "unsafe-eval" not in theirs


async def test_the_page_about_the_api_leads_there_whoever_may_go(
    site: Site, org: Organisation, auditor: Browser
) -> None:
    assert ADDRESS in (await auditor.get("/docs")).text
    for other in (site.browser(org, org.duane).client, site.visitor()):
        assert ADDRESS not in (await other.get("/docs")).text
