"""Projects, as administrators see and change them on pages."""

import pytest
from sqlalchemy import Engine

from models.tables.people import DirectoryChange, Project
from tests.factories import Organisation, give_role, make_organisation
from tests.web.conftest import Browser, Site, page_of

DOGS = "/admin/projects/proj-533"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


async def test_a_project_is_added_and_time_can_be_recorded_on_it(
    site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
) -> None:
    give_role(owner_engine, org, org.max, "project_lead")
    form = (await suzanne.page("/admin/projects/new")).form("/admin/projects")

    page = await suzanne.follow(await suzanne.send(form, externalId="proj-9", name="paint the fence", leadId=org.max))

    assert "Added paint the fence" in page.notice
    assert "Max Fenig" in page.main.text
    week = await site.browser(org, org.duane).page(site.week(org, org.duane))
    assert "paint the fence · proj-9" in week.main.text


async def test_one_that_is_not_active_is_not_offered_any_more_and_stays_in_the_list(
    site: Site, suzanne: Browser, org: Organisation
) -> None:
    form = (await suzanne.page(DOGS)).form(DOGS)
    form.fields.pop("active")

    page = await suzanne.follow(await suzanne.send(form, name="dog washing"))

    told = " ".join(each.text for each in page.main.all("ol", class_="events"))
    assert "Name dog grooming became → dog washing" in told
    assert "Active yes became → no" in told
    assert "dog washing" in (await suzanne.page("/admin/projects")).main.text
    week = await site.browser(org, org.duane).page(site.week(org, org.duane))
    assert "dog washing" not in week.main.text


async def test_what_is_refused_is_said_beside_its_field(site: Site, suzanne: Browser, org: Organisation) -> None:
    form = (await suzanne.page("/admin/projects/new")).form("/admin/projects")

    page = page_of(await suzanne.send(form, externalId="proj-533", name="", leadId=org.max), 400)

    assert "that of dog grooming already" in page.problem("externalId")
    assert "1 to 200 characters" in page.problem("name")
    assert "Max Fenig is no active project lead" in page.problem("leadId")
    page = page_of(await suzanne.post_form("/admin/projects", externalId="p", name="x", leadId="nobody"), 400)
    assert "Choose a lead from the list" in page.problem("leadId")
    assert len(site.rows(org, Project)) == 2


async def test_sent_twice_it_is_changed_once_and_an_old_form_writes_over_nothing(
    site: Site, suzanne: Browser, org: Organisation
) -> None:
    form, other = [(await suzanne.page(DOGS)).form(DOGS) for _ in range(2)]

    for _ in range(2):
        assert (await suzanne.send(form, name="dog washing")).status_code == 303
    page = page_of(await suzanne.send(other, name="cat grooming"), 412)

    assert "Somebody changed this project meanwhile" in page.alert
    assert len(site.rows(org, DirectoryChange)) == 1


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_nobody_else_sees_or_changes_projects(site: Site, org: Organisation, who: str) -> None:
    browser = site.browser(org, org.people[who])
    before = site.contents(org)

    for address in ("/admin/projects", "/admin/projects/new", DOGS):
        page_of(await browser.get(address), 404)
    page_of(await browser.post_form(DOGS, version=1, name="mine"), 404)
    page_of(await browser.post_form("/admin/projects", externalId="mine", name="mine"), 404)

    assert site.contents(org) == before


async def test_another_organisations_project_is_none(site: Site, org: Organisation, owner_engine: Engine) -> None:
    other = make_organisation(owner_engine)
    theirs = site.browser(other, other.suzanne)
    form = (await theirs.page("/admin/projects/new")).form("/admin/projects")
    await theirs.follow(await theirs.send(form, externalId="only-theirs", name="secret"))

    suzanne = site.browser(org, org.suzanne)

    page_of(await suzanne.get("/admin/projects/only-theirs"), 404)
    page_of(await suzanne.post_form("/admin/projects/only-theirs", version=1, name="mine"), 404)
    assert "secret" not in (await suzanne.page("/admin/projects")).text
