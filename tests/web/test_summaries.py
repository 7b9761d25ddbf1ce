"""The pages of a project's summaries: for whoever leads it, with and without JavaScript, and the files of them."""

import asyncio
import csv
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import CommandKind, State
from models.tables.projects import Summary
from tests.factories import MONDAY, Organisation, change_person, give_role, make_organisation, worked
from tests.projects import DOGS, HATS, lead, take_on, work, worked_on
from tests.web.conftest import Browser, Site, page_of
from tests.web.documents import Workbook, pdf_words

PAGE = f"/projects/{DOGS}/summary"
NOVEMBER = f"{PAGE}?from=2026-11-01&to=2026-11-30"
DAYS: dict[str, object] = {"from": "2026-11-01", "to": "2026-11-30"}
NASTY = '=HYPERLINK("//x")<svg/onload=alert(1)>'


@pytest.fixture
def marita(site: Site, org: Organisation, owner_engine: Engine) -> Browser:
    """The lead of the dog grooming."""
    return site.browser(org, lead(owner_engine, org))


async def made(site: Site, org: Organisation, browser: Browser) -> str:
    """The address of a summary of Duane's and Max's work in November."""
    await worked_on(site.desk, org, org.duane)
    await worked_on(site.desk, org, org.max)
    answer = await browser.post_form(PAGE, **DAYS)
    assert answer.status_code == 303, page_of(answer).text
    return str(answer.headers["Location"])


async def test_a_lead_looks_creates_and_reads(site: Site, org: Organisation, marita: Browser) -> None:
    await worked_on(site.desk, org, org.duane)
    await worked_on(site.desk, org, org.max, State.SUBMITTED)
    projects = await marita.page("/projects")
    assert "dog grooming" in projects.main.text
    assert "make party hats" not in projects.main.text

    looked = await marita.page(NOVEMBER)
    assert "Waits for a decision" in looked.main.text
    assert "Max Fenig" in looked.main.text
    read = await marita.follow(await marita.send(looked.form(PAGE)))

    assert "Kept. It stays as it is" in read.text
    assert "It equals the timesheet it is made of, to the minute." in read.main.text
    assert "What is approved now is still the same." in read.main.text
    assert "8.00" in read.main.text
    assert "Max Fenig" not in read.main.text
    assert "1 – 30 November 2026" in (await marita.page(PAGE)).main.text
    assert "1 – 30 November 2026" in (await marita.page("/projects")).main.text


async def test_without_days_it_is_this_month(site: Site, marita: Browser) -> None:
    today = site.services.now().date()
    page = await marita.page(PAGE)

    assert f'value="{today.replace(day=1)}"' in page.html
    assert "Nothing is approved in these days" in page.main.text


async def test_by_htmx_only_the_part_is_exchanged(site: Site, org: Organisation, marita: Browser) -> None:
    await worked_on(site.desk, org, org.duane)
    part = await marita.by_htmx.get(NOVEMBER)

    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div class="stack" id="summaries">')
    assert "<html" not in part.text


async def test_the_same_form_twice_keeps_one(site: Site, org: Organisation, marita: Browser) -> None:
    await worked_on(site.desk, org, org.duane)
    form = (await marita.page(NOVEMBER)).form(PAGE)

    first, second = await marita.send(form), await marita.send(form)

    assert first.headers["Location"] == second.headers["Location"]
    assert len(site.rows(org, Summary)) == 1
    other = await marita.post_form(PAGE, **DAYS | {"to": "2026-11-29", "command_id": form.fields["command_id"]})
    assert "already sent with other content" in page_of(other, 409).main.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"to": "2026-11-31"}, "Write a day such as 2026-11-30."),
        ({"from": "<svg/onload=1>"}, "Write a day such as 2026-11-30."),
        ({"to": "2026-10-31"}, "The last day is before the first one."),
        ({"from": "2024-11-01"}, "Choose a year at most."),
    ],
)
async def test_days_that_are_none_are_said_beside_their_field(
    site: Site, org: Organisation, marita: Browser, typed: dict[str, object], told: str
) -> None:
    await worked_on(site.desk, org, org.duane)
    asked = {name: str(value) for name, value in (DAYS | typed).items()}

    looked = page_of(await marita.client.get(PAGE, params=asked), 200)
    sent = page_of(await marita.post_form(PAGE, **DAYS | typed), 400)

    assert told in looked.main.text
    assert told in sent.main.text
    assert "<svg/onload" not in sent.html
    assert site.rows(org, Summary) == []


async def test_nobody_else_sees_or_makes_any(
    site: Site, org: Organisation, owner_engine: Engine, marita: Browser
) -> None:
    address = await made(site, org, marita)
    other = make_organisation(owner_engine)
    others_lead = site.browser(other, lead(owner_engine, other))
    strangers = [
        site.browser(org, org.duane),
        site.browser(org, org.roland),
        site.browser(org, lead(owner_engine, org, HATS)),
        site.browser(other, other.suzanne),
        others_lead,
    ]
    before = site.contents(org)

    for browser in strangers:
        for path in (address, *(f"{address}/export.{kind}" for kind in ("csv", "xlsx", "pdf"))):
            assert (await browser.get(path)).status_code == 404
        if browser not in strangers[3:]:
            assert (await browser.get(PAGE)).status_code == 404
            assert (await browser.post_form(PAGE, **DAYS)).status_code == 404

    assert site.contents(org) == before
    # A summary is only there under its own project.
    both = site.browser(org, lead(owner_engine, org, HATS, UUID(str(site.rows(org, Summary)[0].created_by_id))))
    assert (await both.get(f"/projects/{HATS}/summary/{address.rpartition('/')[2]}")).status_code == 404
    assert (await both.get(f"{PAGE}/{uuid4()}")).status_code == 404


async def test_an_auditor_reads_and_makes_none(site: Site, org: Organisation, marita: Browser) -> None:
    address = await made(site, org, marita)
    diana = site.browser(org, org.diana)

    assert "make party hats" in (await diana.page("/projects")).main.text
    read = await diana.page(address)
    assert "Duane Barry" in read.main.text
    assert f"/people/{site.staff_id(org, org.duane)}/week/{MONDAY}" in read.html
    looked = await diana.page(NOVEMBER)
    assert "Create this summary" not in looked.main.text
    assert (await diana.post_form(PAGE, **DAYS)).status_code == 403
    assert (await diana.get(f"{address}/export.csv")).status_code == 200


async def test_a_lead_is_led_only_to_time_they_may_see_anyway(
    site: Site, org: Organisation, marita: Browser, owner_engine: Engine
) -> None:
    address = await made(site, org, marita)
    hidden = await marita.page(address)
    lead(owner_engine, org, person_id=org.roland)
    give_role(owner_engine, org, org.roland, "project_lead")
    seen = await site.browser(org, org.roland).page(address)

    assert "/history/" not in hidden.html
    assert not [link for link in hidden.links if link.startswith("/people/")]
    assert "/history/" in seen.html


async def test_an_administrator_makes_one_on_behalf_of_the_lead_with_a_reason(
    site: Site, org: Organisation, marita: Browser
) -> None:
    await worked_on(site.desk, org, org.duane)
    suzanne = site.browser(org, org.suzanne)
    form = (await suzanne.page(NOVEMBER)).form(PAGE)

    refused = page_of(await suzanne.send(form), 400)
    assert "Please give a reason" in refused.main.text
    read = await suzanne.follow(await suzanne.send(form, reason=NASTY))

    assert "Made by Suzanne Modeski on behalf of Marita Covarrubias" in read.main.text
    assert NASTY in read.main.text
    assert "<svg/onload" not in read.html


async def test_acting_for_the_lead_says_why_already(site: Site, org: Organisation, owner_engine: Engine) -> None:
    await worked_on(site.desk, org, org.duane)
    leader = lead(owner_engine, org)
    acting = await site.acting(org, leader, "She is away.")
    elsewhere = await site.acting(org, org.duane)

    assert (await elsewhere.post_form(PAGE, **DAYS)).status_code == 403
    assert (await acting.post_form(PAGE, **DAYS)).status_code == 303
    (row,) = site.rows(org, Summary)
    assert (row.on_behalf_of_id, row.reason) == (leader, "She is away.")


async def test_a_project_without_an_active_lead_says_so(site: Site, org: Organisation, owner_engine: Engine) -> None:
    await worked_on(site.desk, org, org.duane)
    suzanne = site.browser(org, org.suzanne)

    assert "Nobody leads this project" in (await suzanne.page(NOVEMBER)).main.text
    leader = lead(owner_engine, org)
    change_person(owner_engine, leader, active=False)
    gone = await suzanne.page(NOVEMBER)
    assert "Create this summary" not in gone.main.text
    assert (await suzanne.post_form(PAGE, **DAYS, reason="She left.")).status_code == 403
    assert f"{PAGE}" in (await suzanne.page(f"/admin/projects/{DOGS}")).html


async def test_what_was_revised_since_stands_on_the_page(site: Site, org: Organisation, marita: Browser) -> None:
    duane = await worked_on(site.desk, org, org.duane)
    read = await marita.follow(await marita.post_form(PAGE, **DAYS))
    assert "still the same" in read.main.text

    def revise() -> None:
        why = replace(duane, reason="Misremembered.")
        site.desk.do(why.move(CommandKind.REVISE))
        (entry,) = site.desk.live(org.key(org.duane))
        fields = worked("09:00", "18:00", project_id=org.projects[DOGS], task="washing dog")
        site.desk.do(why.amend(entry.id, 1, fields))
        take_on(site.desk, duane, State.APPROVED)

    await asyncio.to_thread(revise)
    (row,) = site.rows(org, Summary)
    again = await marita.page(f"{PAGE}/{row.id}")

    assert "What is approved now differs: 1 changed. That is +1.00 h." in again.main.text
    assert "What differs now" in again.main.text
    assert "It equals the timesheet it is made of" in again.main.text


async def test_the_list_goes_on(
    site: Site, org: Organisation, marita: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.summaries.PAGE", 1)
    await made(site, org, marita)
    await marita.post_form(PAGE, **DAYS | {"to": "2026-11-29"})

    first = await marita.page(PAGE)
    (onwards,) = (link for link in first.links if "after=" in link)
    following = await marita.page(onwards)

    assert "1 – 29 November 2026" in first.main.text
    assert "1 – 30 November 2026" in following.main.text
    assert "1 – 29 November 2026" not in following.main.text


async def test_the_files_read_back_say_the_same(site: Site, org: Organisation, marita: Browser) -> None:
    await asyncio.to_thread(work, site.desk, org, org.duane, task=NASTY)
    times = [("09:00", "10:20", MONDAY + timedelta(days=2)), ("22:00", "24:00", MONDAY)]
    await asyncio.to_thread(work, site.desk, org, org.max, times)
    address = (await marita.post_form(PAGE, **DAYS)).headers["Location"]
    answers = {kind: await marita.get(f"{address}/export.{kind}") for kind in ("csv", "xlsx", "pdf")}

    for kind, answer in answers.items():
        name = f'filename="countersign-proj-533-2026-11-01-2026-11-30.{kind}"'
        assert (answer.status_code, name in answer.headers["Content-Disposition"]) == (200, True)
    lines = list(csv.DictReader(StringIO(answers["csv"].content.decode("utf-8-sig"))))
    assert [(line["Name"], line["Date"], line["Minutes"]) for line in lines] == [
        ("Duane Barry", "2026-11-16", "480"),
        ("Max Fenig", "2026-11-16", "120"),
        ("Max Fenig", "2026-11-18", "80"),
    ]
    assert lines[0]["Task"] == f"'{NASTY}"
    book = Workbook(answers["xlsx"].content)
    assert any("Max Fenig" in line and 200 in line for line in book.sheet(1))
    assert ["Equals its timesheets", "yes"] in [line[:2] for line in book.sheet(1)]
    assert any(f"'{NASTY}" in line for line in book.sheet(2))
    assert 680 in book.sheet(2)[-1]
    assert not book.has_formulas()
    paper = pdf_words(answers["pdf"].content)
    assert "Max Fenig" in paper
    assert "11.33" in paper


async def test_the_frame_leads_there_only_whoever_has_projects(site: Site, org: Organisation, marita: Browser) -> None:
    assert 'href="/projects"' in (await marita.page("/projects")).html
    assert 'href="/projects"' not in (await site.browser(org, org.roland).page("/inbox")).html
    assert (await site.browser(org, org.duane).get("/projects")).status_code == 404
