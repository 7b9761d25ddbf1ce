"""People, as administrators see and change them on pages."""

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.auth import Account
from models.tables.people import DirectoryChange, Person, PersonRole
from tests.factories import Organisation, change_person, give_role, make_organisation
from tests.web.conftest import OURS, Browser, Site, page_of
from tests.web.reading import Page

WALTER = {"externalId": "staff-1013", "name": "Walter Skinner", "email": "walter@example.org"}


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def duane(site: Site, org: Organisation) -> str:
    """The address of Duane's page."""
    return f"/admin/people/{site.staff_id(org, org.duane)}"


def person(site: Site, org: Organisation, name: str) -> Person:
    """Somebody as stored."""
    found: Person = next(each for each in site.rows(org, Person) if each.name == name)
    return found


def changes(page: Page) -> str:
    """What the page tells of changes."""
    return " ".join(each.text for each in page.main.all("ol", class_="events"))


class TestTheList:
    async def test_who_is_not_active_is_hidden_until_asked_for(
        self, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.max, active=False)

        page = await suzanne.page("/admin/people?q=max")
        assert "Nobody is called" in page.main.text
        assert "/admin/people?inactive=yes&q=max" in page.links

        page = await suzanne.page("/admin/people?inactive=yes&q=max")
        assert "Max Fenig" in page.main.text
        assert "/admin/people?q=max" in page.links

    async def test_a_staff_id_is_found_as_well(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        page = await suzanne.page(f"/admin/people?q={site.staff_id(org, org.max).upper()}")

        assert "Max Fenig" in page.main.text
        assert "Duane Barry" not in page.main.text

    async def test_administrators_are_led_to_everything_and_auditors_to_what_they_may_see(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str
    ) -> None:
        links = (await suzanne.page("/admin/people")).links
        assert {duane, "/admin/people/new", "/admin/people/import", "/admin/projects", "/admin/types"} <= links

        diana = site.browser(org, org.diana)
        links = {link for link in (await diana.page("/admin/people")).links if link.startswith("/admin")}
        lists = {"/admin/people", "/admin/people?inactive=yes", "/admin/approvers", "/admin/acts", "/admin/duties"}
        lists |= {"/admin/seals", "/admin/compliance"}
        assert links == lists
        for address in (duane, "/admin/people/new", "/admin/people/export", "/admin/projects", "/admin/types"):
            page_of(await diana.get(address), 404)


class TestAdding:
    async def test_a_person_is_added_with_everything_said(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = (await suzanne.page("/admin/people/new")).form("/admin/people")

        page = await suzanne.follow(
            await suzanne.send(
                form,
                **WALTER,
                role_supervisor="yes",
                supervisorId=org.alex,
                timeZone="America/New_York",
                holidayCalendar="US-DC",
            )
        )

        assert page.heading == "Walter Skinner"
        assert "Added Walter Skinner" in page.notice
        assert changes(page).startswith("Created")
        assert "Roles supervisor, worker" in changes(page)
        stored = person(site, org, "Walter Skinner")
        assert (stored.staff_id, stored.email, stored.supervisor_id) == ("staff-1013", "walter@example.org", org.alex)
        assert (stored.time_zone, stored.holiday_calendar, stored.active) == ("America/New_York", "US-DC", True)
        assert {each.role for each in site.rows(org, PersonRole) if each.person_id == stored.id} == {
            "worker",
            "supervisor",
        }

    async def test_what_is_refused_is_said_beside_its_field_and_what_was_typed_stays(
        self, suzanne: Browser, org: Organisation, site: Site
    ) -> None:
        form = (await suzanne.page("/admin/people/new")).form("/admin/people")
        form.fields.pop("role_worker")

        answer = await suzanne.send(
            form, externalId="a/b", name="", email="nobody", timeZone="Mars/Base", role_auditor="yes"
        )

        page = page_of(answer, 400)
        assert "Use letters" in page.problem("externalId")
        assert "1 to 200 characters" in page.problem("name")
        assert "mail address" in page.problem("email")
        assert "“Mars/Base”" in page.problem("timeZone")
        again = page.form("/admin/people").fields
        assert (again["externalId"], again["email"], again["timeZone"]) == ("a/b", "nobody", "Mars/Base")
        assert (again.get("role_worker"), again.get("role_auditor")) == (None, "yes")
        assert len(site.rows(org, Person)) == 6

    async def test_a_name_is_shown_as_it_is_written(self, suzanne: Browser) -> None:
        odd = '<svg/onload=alert(1)> {{7*7}} "it\'s"'
        form = (await suzanne.page("/admin/people/new")).form("/admin/people")

        page = await suzanne.follow(await suzanne.send(form, **WALTER | {"name": odd, "externalId": "a b&c=d'e"}))

        assert page.heading == odd
        assert "<svg/onload" not in page.html
        listed = await suzanne.page("/admin/people?q=svg")
        assert "/admin/people/a%20b%26c%3Dd%27e" in listed.links
        assert (await suzanne.page("/admin/people/a%20b%26c%3Dd%27e")).heading == odd

    async def test_sent_twice_it_is_added_once(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = (await suzanne.page("/admin/people/new")).form("/admin/people")

        for _ in range(2):
            assert (await suzanne.send(form, **WALTER)).headers["Location"] == "/admin/people/staff-1013"
        page_of(await suzanne.send(form, **WALTER | {"name": "Somebody Else"}), 409)

        assert len(site.rows(org, DirectoryChange)) == 1


class TestChanging:
    async def test_a_change_is_told_with_what_was_and_what_became(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str
    ) -> None:
        form = (await suzanne.page(duane)).form(duane)

        page = await suzanne.follow(
            await suzanne.send(form, name="Duane B.", supervisorId=org.alex, role_project_lead="yes")
        )

        assert "Saved." in page.notice
        told = changes(page)
        assert "Suzanne Modeski" in told
        assert "Name Duane Barry became → Duane B." in told
        assert "Supervisor Roland Fuller became → Alex Krycek" in told
        assert "Roles worker became → project lead, worker" in told
        assert person(site, org, "Duane B.").version == 2

    async def test_whoever_was_quicker_is_not_written_over(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str
    ) -> None:
        form = (await suzanne.page(duane)).form(duane)
        other = (await suzanne.page(duane)).form(duane)
        await suzanne.send(form, name="The First")

        page = page_of(await suzanne.send(other, name="The Second"), 412)

        assert "Somebody changed this person meanwhile" in page.alert
        assert page.form(duane).fields["name"] == "The Second"
        assert duane in page.links
        page_of(await suzanne.send(page.form(duane)), 412)
        assert person(site, org, "The First").version == 2

    async def test_a_cycle_is_refused_beside_the_supervisor(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        alex = f"/admin/people/{site.staff_id(org, org.alex)}"
        form = (await suzanne.page(alex)).form(alex)

        page = page_of(await suzanne.send(form, supervisorId=org.roland), 400)

        assert page.problem("supervisorId").endswith("Alex Krycek → Roland Fuller → Alex Krycek.")

    async def test_nobody_supervises_themselves_by_choice(
        self, suzanne: Browser, site: Site, org: Organisation
    ) -> None:
        page = await suzanne.page(f"/admin/people/{site.staff_id(org, org.roland)}")

        (choice,) = page.main.all("select", id="supervisorId")
        assert [each.text.split(" ·")[0] for each in choice.all("option")] == [
            "Nobody: administrators decide",
            "Alex Krycek",
        ]

    async def test_the_last_administrator_stays_one(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        mine = f"/admin/people/{site.staff_id(org, org.suzanne)}"
        form = (await suzanne.page(mine)).form(mine)
        form.fields.pop("role_administrator")

        page = page_of(await suzanne.send(form), 400)

        assert "Suzanne Modeski is the only administrator" in page.text

    async def test_a_smuggled_staff_id_is_not_heeded(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str
    ) -> None:
        form = (await suzanne.page(duane)).form(duane)

        await suzanne.post_form(duane, **form.fields | {"externalId": "staff-1", "name": "Duane B."})

        assert person(site, org, "Duane B.").staff_id == site.staff_id(org, org.duane)

    async def test_somebody_deactivated_is_out_at_once_and_their_week_waits_for_another(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        roland, address = site.browser(org, org.roland), f"/admin/people/{site.staff_id(org, org.roland)}"
        assert (await roland.get("/inbox")).status_code == 200
        form = (await suzanne.page(address)).form(address)
        form.fields.pop("active")

        page = await suzanne.follow(await suzanne.send(form))

        assert "Active yes became → no" in changes(page)
        assert (await roland.get("/inbox")).headers["Location"].startswith("/sign-in")
        alex = site.browser(org, org.alex)
        assert f"/inbox/{key.timesheet_id}" in (await alex.page("/inbox")).links

    async def test_another_organisations_person_is_nobody(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        theirs = f"/admin/people/{site.staff_id(other, other.duane)}"

        page_of(await suzanne.get(theirs), 404)
        page_of(await suzanne.post_form(theirs, version=1, name="Mine"), 404)
        page_of(await suzanne.post_form(f"{theirs}/password"), 404)
        assert site.rows(other, DirectoryChange) == []

    async def test_with_htmx_the_answer_is_a_page_as_well(self, suzanne: Browser, duane: str) -> None:
        form = (await suzanne.page(duane)).form(duane)

        answer = await suzanne.by_htmx.send(form, name="")

        assert "1 to 200 characters" in page_of(answer, 400).problem("name")

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_nobody_else_changes_anybody(self, site: Site, org: Organisation, duane: str, who: str) -> None:
        browser = site.browser(org, org.people[who])
        before = site.contents(org)

        page_of(await browser.get(duane), 404)
        page_of(await browser.post_form(duane, version=1, name="Mine", timeZone="Europe/London"), 404)
        page_of(await browser.post_form("/admin/people", **WALTER), 404)

        assert site.contents(org) == before

    async def test_acting_for_an_administrator_makes_nobody_one(
        self, site: Site, org: Organisation, owner_engine: Engine, duane: str
    ) -> None:
        """And what an administrator changes while acting for somebody is their own change."""
        give_role(owner_engine, org, org.roland, "administrator")
        suzanne = await site.acting(org, org.roland)

        await suzanne.follow(await suzanne.send((await suzanne.page(duane)).form(duane), name="Duane B."))

        (change,) = site.rows(org, DirectoryChange)
        assert change.changed_by_id == org.suzanne


class TestPasswords:
    async def test_a_password_is_shown_once_lets_in_and_signs_out_everywhere(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str
    ) -> None:
        browser = site.browser(org, org.duane)
        form = (await suzanne.page(duane)).form(f"{duane}/password")

        page = page_of(await suzanne.send(form), 200)

        secret = "".join(each.text for each in page.main.all(class_="secret"))
        assert len(secret) == 19
        assert (await browser.get("/balances")).headers["Location"].startswith("/sign-in")
        assert await _lets_in(site, org, secret)
        again = page_of(await suzanne.send(form), 200)
        assert "shown that one time" in again.alert
        assert secret not in again.html
        assert secret not in (await suzanne.page(duane)).html
        assert await _lets_in(site, org, secret)
        assert "Password set" in changes(again)

    async def test_another_takes_its_place(self, site: Site, suzanne: Browser, org: Organisation, duane: str) -> None:
        secrets = []
        for _ in range(2):
            page = page_of(await suzanne.send((await suzanne.page(duane)).form(f"{duane}/password")), 200)
            secrets.append("".join(each.text for each in page.main.all(class_="secret")))

        assert not await _lets_in(site, org, secrets[0])
        assert await _lets_in(site, org, secrets[1])
        assert len(site.rows(org, Account)) == 1

    async def test_whoever_is_not_active_gets_none(
        self, site: Site, suzanne: Browser, org: Organisation, duane: str, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, active=False)

        page = page_of(await suzanne.send((await suzanne.page(duane)).form(f"{duane}/password")), 400)

        assert "does not sign in" in page.alert
        assert page.form(duane).fields["name"] == "Duane Barry"
        assert site.rows(org, Account) == []


async def _lets_in(site: Site, org: Organisation, secret: str) -> bool:
    """Whether Duane gets in with a password."""
    visitor = site.visitor()
    form = page_of(await visitor.get("/sign-in"), 200).form("/sign-in")
    typed = {"staff_id": site.staff_id(org, org.duane), "password": secret}
    answer = await visitor.post("/sign-in", data=form.fields | typed, headers={"Origin": OURS})
    return answer.status_code == 303
