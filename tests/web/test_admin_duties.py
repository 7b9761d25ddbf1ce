"""The page of separation of duties: checks by night and by hand, what they found, and who may look."""

import csv
import io
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Engine, update

from models.rules.transitions import State
from models.tables.projects import DutyCheck
from models.tables.timesheet import Decision
from tests.factories import Organisation, make_organisation
from tests.standing_in import in_days
from tests.web.conftest import Browser, Site, page_of

DUTIES = "/admin/duties"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def days(first: int = -7, last: int = 1) -> dict[str, date]:
    return {"from": in_days(first), "to": in_days(last)}


async def checked(browser: Browser) -> str:
    """The address of a check that is made now."""
    answer = await browser.post_form(DUTIES, **days())
    assert answer.status_code == 303, page_of(answer).text
    return answer.headers["Location"]


async def own_time(site: Site, org: Organisation, owner_engine: Engine) -> None:
    """Duane's week, as if he had approved it himself."""
    await site.bring_to(org, State.APPROVED)
    with owner_engine.begin() as connection:
        this = update(Decision).where(Decision.tenant_id == org.tenant_id)
        connection.execute(this.values(decided_by_id=org.duane, responsible_id=org.duane))


async def test_before_the_first_check_the_page_says_what_it_looks_for(suzanne: Browser) -> None:
    text = (await suzanne.page(DUTIES)).main.text

    assert "No checks yet" in text
    assert "Nobody decided on their own time, neither themselves nor through somebody in their name." in text


async def test_a_check_by_hand_in_which_all_is_fine(site: Site, org: Organisation, suzanne: Browser) -> None:
    await site.bring_to(org, State.APPROVED)

    page = await suzanne.page(await checked(suzanne))

    assert "1 decision was looked at" in page.main.text
    assert "asked for by Suzanne Modeski" in page.main.text
    assert "All is fine" in page.main.text
    assert "All is fine 1" in (await suzanne.page(DUTIES)).main.text


async def test_a_breach_is_told_in_a_sentence_and_leads_to_the_history(
    site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
) -> None:
    await own_time(site, org, owner_engine)
    address = await checked(suzanne)

    page = await suzanne.page(address)

    assert "A decision on the time of Duane Barry was made by them, or in their name." in page.main.text
    assert "approved by Duane Barry" in page.main.text
    assert f"/history/{org.key(org.duane).timesheet_id}" in page.links
    assert "2 breaches" in (await suzanne.page(DUTIES)).main.text
    answer = await suzanne.get(f"{address}/findings.csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(line["Kind"], line["Breach"], line["By"]) for line in lines] == [
        ("own_time", "yes", "Duane Barry"),
        ("not_stated", "yes", "Duane Barry"),
    ]


async def test_an_auditor_may_look_and_check_and_nobody_else(site: Site, org: Organisation) -> None:
    diana = site.browser(org, org.diana)
    address = await checked(diana)
    await diana.page(address)

    for who in (org.duane, org.roland):
        browser = site.browser(org, who)
        for each in (DUTIES, address, f"{address}/findings.csv"):
            assert (await browser.get(each)).status_code == 404
        assert (await browser.post_form(DUTIES, **days())).status_code == 404
    assert len(site.rows(org, DutyCheck)) == 1


async def test_another_organisation_does_not_know_the_check(
    site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
) -> None:
    address, other = await checked(suzanne), make_organisation(owner_engine)
    browser = site.browser(other, other.suzanne)

    for each in (address, f"{address}/findings.csv", f"{DUTIES}/{uuid4()}"):
        assert (await browser.get(each)).status_code == 404
    assert "No checks yet" in (await browser.page(DUTIES)).main.text


async def test_sent_twice_it_is_one_check_and_another_period_needs_another_form(
    site: Site, org: Organisation, suzanne: Browser
) -> None:
    form = {"command_id": uuid4()}
    sent = [await suzanne.post_form(DUTIES, **form, **days()) for _ in range(2)]
    assert len({answer.headers["Location"] for answer in sent}) == 1
    assert (await suzanne.post_form(DUTIES, **form, **days(-9))).status_code == 409
    assert len(site.rows(org, DutyCheck)) == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"from": "soon", "to": in_days(0)}, "from"),
        ({"from": in_days(0), "to": ""}, "to"),
        ({"from": in_days(0), "to": in_days(-1)}, "to"),
        ({"from": in_days(-400), "to": in_days(0)}, "from"),
        ({"from": in_days(3), "to": in_days(4)}, "from"),
    ],
)
async def test_a_period_that_is_none_comes_back_with_the_field_and_what_was_typed(
    site: Site, org: Organisation, suzanne: Browser, typed: dict[str, object], field: str
) -> None:
    answer = await suzanne.post_form(DUTIES, **typed)

    page = page_of(answer, 400)
    assert list(page.root.all(id=f"{field}-error"))
    assert site.rows(org, DutyCheck) == []


async def test_older_checks_are_on_further_pages(suzanne: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("models.reads.duties", "web.pages.admin_duties"):
        monkeypatch.setattr(f"{module}.PAGE", 2)
    made = {await checked(suzanne) for _ in range(3)}

    page = await suzanne.page(DUTIES)
    (further,) = [link for link in page.links if "after=" in link]
    links = {*page.links, *(await suzanne.page(further)).links}

    assert made <= links
    assert (await suzanne.get(f"{DUTIES}?after=nonsense")).status_code == 400
