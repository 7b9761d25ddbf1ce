"""Addresses by which calendar programs follow one's shifts: shown once, one's own, ended at once."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from models.tables.auth import ApiToken
from tests.factories import Asking, Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from web.auth.tokens import Scope, create_token

TODAY = datetime.now(UTC).date()


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


async def made_by(browser: Browser) -> str:
    """The path of a new address."""
    page = page_of(await browser.send((await browser.page("/access")).form("/access/calendar")), 200)
    (address,) = [each.text for each in page.root.all("code", class_="made")]
    return urlsplit(address).path


async def test_an_address_shows_ones_shifts_to_whoever_has_it(site: Site, org: Organisation, duane: Browser) -> None:
    await site.give(
        Asking(org, org.duane, org.duane, TODAY).record(worked("09:00", "17:00", TODAY, task="washing dog"))
    )
    path = await made_by(duane)

    answer = await site.visitor().get(path)

    assert answer.status_code == 200
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert "washing dog" in str(event["SUMMARY"]) + str(event["DESCRIPTION"])


async def test_it_is_shown_this_once(duane: Browser) -> None:
    path = await made_by(duane)
    assert path not in (await duane.page("/access")).html


async def test_an_ended_address_shows_nothing(site: Site, duane: Browser) -> None:
    path = await made_by(duane)
    page = await duane.page("/access")
    (end,) = [form for form in page.forms if form.action.endswith("/revocation")]

    assert "Ended." in (await duane.follow(await duane.send(end))).notice
    assert (await site.visitor().get(path)).status_code == 404
    assert (await duane.send(end)).status_code == 303


async def test_whoever_is_gone_has_no_calendar(site: Site, org: Organisation, duane: Browser) -> None:
    path = await made_by(duane)
    change_person(site.owner_engine, org.duane, active=False)
    assert (await site.visitor().get(path)).status_code == 404


async def test_an_address_opens_nothing_else(site: Site, duane: Browser) -> None:
    token = (await made_by(duane)).removeprefix("/calendar/").removesuffix(".ics")
    for path in ("/resources/time-entries", "/resources/persons", "/resources/timesheets"):
        answer = await site.visitor().get(path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def test_a_token_for_something_else_is_no_calendar_address(site: Site, org: Organisation) -> None:
    staff_id = site.staff_id(org, org.duane)
    token = create_token(site.engine, org.tenant_id, staff_id, "a program", [Scope.READ], timedelta(days=1))
    assert (await site.visitor().get(f"/calendar/{token}.ics")).status_code == 404
    assert (await site.visitor().get("/calendar/nonsense.ics")).status_code == 404


async def test_nobody_ends_the_access_of_somebody_else(site: Site, org: Organisation, duane: Browser) -> None:
    await made_by(duane)
    (token,) = site.rows(org, ApiToken)
    other = make_organisation(site.owner_engine)
    for stranger in (site.browser(org, org.suzanne), site.browser(org, org.roland), site.browser(other, other.duane)):
        assert (await stranger.post_form(f"/access/{token.id}/revocation")).status_code == 404
    assert site.rows(org, ApiToken)[0].revoked_at is None


async def test_somebody_elses_access_is_not_listed(site: Site, org: Organisation, duane: Browser) -> None:
    await made_by(duane)
    assert "Nothing yet" in (await site.browser(org, org.max).page("/access")).text
