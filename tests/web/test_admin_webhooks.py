"""Webhooks, as administrators see and change them on pages."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client

from models.payloads import data_converter
from models.tables.delivery import Webhook, WebhookAttempt
from models.tables.people import DirectoryChange
from tests.activities.hooks import happens
from tests.desk import Life
from tests.factories import Organisation, make_organisation
from tests.office import delivering
from tests.receiver import Receiver, receiving
from tests.waiting import eventually_async
from tests.web.conftest import Browser, Site, page_of

ADDRESS = "/admin/webhooks"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def deliverer(site: Site) -> AsyncIterator[None]:
    """What posts in the worker of the site."""
    settings = site.settings
    client = await Client.connect(settings.temporal_address, data_converter=data_converter(""))
    async with delivering(client, settings.task_queue, settings.database_url):
        yield


async def added(browser: Browser, url: str, types: str = "") -> tuple[str, str]:
    """A webhook that was added on the page: its address there, and its secret."""
    form = (await browser.page(f"{ADDRESS}/new")).form(ADDRESS)
    page = page_of(await browser.send(form, url=url, eventTypes=types), 200)
    (secret,) = [each.text for each in page.main.all("code") if each.text.startswith("whsec_")]
    listed = await browser.page(ADDRESS)
    links = [link.attributes["href"] for link in listed.main.all("a", class_="address")]
    return links[-1], secret


async def test_one_is_added_and_its_secret_shown_this_once(site: Site, suzanne: Browser, org: Organisation) -> None:
    address, secret = await added(
        suzanne, "https://example.org/hook", "countersign.timesheet.*\ncountersign.note.added"
    )

    page = await suzanne.page(address)
    (row,) = site.rows(org, Webhook)
    assert row.secret == secret
    assert secret not in page.text
    assert row.event_types == ["countersign.timesheet.*", "countersign.note.added"]
    assert "https://example.org/hook" in (await suzanne.page(ADDRESS)).main.text
    assert "Webhooks" in (await suzanne.page("/admin/people")).text


async def test_what_is_refused_is_said_beside_its_field(site: Site, suzanne: Browser, org: Organisation) -> None:
    form = (await suzanne.page(f"{ADDRESS}/new")).form(ADDRESS)

    page = page_of(await suzanne.send(form, url="http://10.0.0.1/<svg onload=alert(1)>", eventTypes="*"), 400)

    assert "whole address" in page.problem("url")
    assert "is no type of events" in page.problem("eventTypes")
    assert "<svg onload" not in page.text.replace("&lt;svg onload", "")
    for wrong in ("", "https://192.168.0.1/", "http://example.org/", "javascript:alert(1)", "https://u:p@example.org/"):
        page = page_of(await suzanne.post_form(ADDRESS, url=wrong), 400)
        assert page.problem("url")
    assert site.rows(org, Webhook) == []


async def test_sent_twice_it_is_added_once_with_the_same_secret(
    site: Site, suzanne: Browser, org: Organisation
) -> None:
    form = (await suzanne.page(f"{ADDRESS}/new")).form(ADDRESS)

    pages = [page_of(await suzanne.send(form, url="https://example.org/"), 200) for _ in range(2)]

    (row,) = site.rows(org, Webhook)
    assert all(row.secret in page.text for page in pages)
    page = page_of(await suzanne.send(form, url="https://example.org/other"), 409)
    assert row.secret not in page.text


async def test_it_is_changed_paused_and_resumed_and_every_change_is_listed(
    site: Site, suzanne: Browser, org: Organisation
) -> None:
    address, _ = await added(suzanne, "https://example.org/hook")

    form = (await suzanne.page(address)).form(address)
    page = await suzanne.follow(await suzanne.send(form, url="https://example.org/other"))
    assert "Saved" in page.notice
    page = await suzanne.follow(await suzanne.send((await suzanne.page(address)).form(f"{address}/pause")))
    assert "An administrator paused it." in page.main.text
    page = await suzanne.follow(await suzanne.send(page.form(f"{address}/resume")))

    told = " ".join(each.text for each in page.main.all("ol", class_="events"))
    assert "Address https://example.org/hook became → https://example.org/other" in told
    assert "Paused no became → yes" in told
    assert "Paused yes became → no" in told
    assert [row.version for row in site.rows(org, DirectoryChange)] == [1, 2, 3, 4]


async def test_an_old_form_writes_over_nothing(site: Site, suzanne: Browser, org: Organisation) -> None:
    address, _ = await added(suzanne, "https://example.org/hook")
    page, other = [await suzanne.page(address) for _ in range(2)]
    await suzanne.send(other.form(address), url="https://example.org/first")

    stale = page_of(await suzanne.send(page.form(address), url="https://example.org/second"), 412)

    assert "Somebody changed this webhook meanwhile" in stale.alert
    for what in ("pause", "secret", "removal"):
        page_of(await suzanne.send(page.form(f"{address}/{what}")), 412)
    (row,) = site.rows(org, Webhook)
    assert (row.url, row.state) == ("https://example.org/first", "active")


async def test_its_secret_is_changed_and_shown_once(site: Site, suzanne: Browser, org: Organisation) -> None:
    address, old = await added(suzanne, "https://example.org/hook")
    form = (await suzanne.page(address)).form(f"{address}/secret")

    pages = [page_of(await suzanne.send(form), 200) for _ in range(2)]

    (row,) = site.rows(org, Webhook)
    assert row.secret != old
    assert row.old_secret == old
    assert all(row.secret in page.text and old not in page.text for page in pages)
    assert row.secret not in (await suzanne.page(address)).text


async def test_a_test_is_posted_and_what_came_of_it_stands_on_the_page(
    site: Site, suzanne: Browser, org: Organisation, receiver: Receiver, deliverer: None
) -> None:
    address, secret = await added(suzanne, receiver.url)
    receiver.always = 418
    form = (await suzanne.page(address)).form(f"{address}/post")
    for _ in range(2):
        page = await suzanne.follow(await suzanne.send(form))

    async def noted() -> bool:
        return "webhook.test" in (await suzanne.page(address)).main.text

    await eventually_async(noted, "the attempt to be listed")
    page = await suzanne.page(address)
    assert "It answered 418." in page.main.text
    assert receiver.posted[-1].said(secret)["type"] == "countersign.webhook.test"
    assert len([each for each in receiver.posted if each.said(secret)["type"].endswith("test")]) == 1


async def test_what_happened_is_posted_again_from_a_place_on_and_one_by_one(
    site: Site, suzanne: Browser, org: Organisation, receiver: Receiver, deliverer: None
) -> None:
    life = Life(site.desk, org)
    address, _ = await added(suzanne, receiver.url, "countersign.note.*")
    subjects = happens(life, "countersign.note.added", 3)

    page = await suzanne.page(address)
    await suzanne.follow(await suzanne.send(page.form(f"{address}/replay"), **{"from": "1"}))

    async def all_came() -> bool:
        return len(receiver.posted) == 3

    await eventually_async(all_came, "what happened to be posted")
    assert receiver.subjects() == subjects
    await eventually_async(lambda: _listed(site, org, 3), "the attempts to be noted")
    newest = site.rows(org, WebhookAttempt)[-1]
    answer = await suzanne.post_form(f"{address}/post", position=newest.position)
    await suzanne.follow(answer)

    async def again() -> bool:
        return receiver.subjects() == [*subjects, subjects[-1]]

    await eventually_async(again, "one event to be posted again")
    for wrong in ("0", "999999", "x", "-1", "9" * 30, "１"):
        page = page_of(await suzanne.post_form(f"{address}/replay", version=2, **{"from": wrong}), 400)
        assert page.problem("from")
        page_of(await suzanne.post_form(f"{address}/post", position=wrong), 400)


async def _listed(site: Site, org: Organisation, count: int) -> bool:
    return len(site.rows(org, WebhookAttempt)) == count


async def test_taken_away_it_is_gone(site: Site, suzanne: Browser, org: Organisation) -> None:
    address, _ = await added(suzanne, "https://example.org/hook")
    form = (await suzanne.page(address)).form(f"{address}/removal")

    page = await suzanne.follow(await suzanne.send(form))

    assert "No webhooks yet" in page.main.text
    page_of(await suzanne.get(address), 404)
    page_of(await suzanne.post_form(f"{address}/secret", version=2), 404)
    assert (await suzanne.send(form)).status_code in (303, 404)
    assert len(site.rows(org, Webhook)) == 1


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_nobody_else_sees_or_changes_webhooks(site: Site, org: Organisation, suzanne: Browser, who: str) -> None:
    address, _ = await added(suzanne, "https://example.org/hook")
    browser = site.browser(org, org.people[who])
    before = site.contents(org)

    for path in (ADDRESS, f"{ADDRESS}/new", address):
        page_of(await browser.get(path), 404)
    page_of(await browser.post_form(ADDRESS, url="https://example.org/mine"), 404)
    page_of(await browser.post_form(address, url="https://example.org/mine", version=1), 404)
    for what in ("pause", "resume", "secret", "replay", "post", "removal"):
        fields = {"version": 1, "from": 1}
        page_of(await browser.post_form(f"{address}/{what}", **fields), 404)

    assert site.contents(org) == before


async def test_another_organisations_webhook_is_none(
    site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    address, secret = await added(site.browser(other, other.suzanne), "https://example.org/secret-hook")
    before = site.contents(other)

    for browser in (suzanne, suzanne.by_htmx):
        page_of(await browser.get(address), 404)
        page_of(await browser.post_form(address, url="https://example.org/mine", version=1), 404)
        for what in ("pause", "resume", "secret", "replay", "post", "removal"):
            answer = await browser.post_form(f"{address}/{what}", version=1, **{"from": 1})
            page_of(answer, 404)
            assert secret not in answer.text
    assert "secret-hook" not in (await suzanne.page(ADDRESS)).text
    assert site.contents(other) == before


async def test_one_that_is_given_up_says_why(
    site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
) -> None:
    address, _ = await added(suzanne, "https://example.org/hook")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE webhook SET state = 'paused', paused_because = 'Nothing was taken for 5 days. <b>' "
            "WHERE tenant_id = %s",
            (org.tenant_id,),
        )

    page = await suzanne.page(address)

    assert "Nothing was taken for 5 days. <b>" in page.main.text
    assert "Paused" in (await suzanne.page(ADDRESS)).main.text
    assert page.form(f"{address}/resume").fields["version"] == "1"


async def test_one_that_nobody_knows_is_none(suzanne: Browser) -> None:
    page_of(await suzanne.get(f"{ADDRESS}/{uuid4()}"), 404)
    page_of(await suzanne.post_form(f"{ADDRESS}/{uuid4()}/pause", version=1), 404)
    assert (await suzanne.get(f"{ADDRESS}/x")).status_code in (404, 422)
