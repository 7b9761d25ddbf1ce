"""Lists of people and of projects: read in after a look at every line, and taken along."""

import asyncio
import csv
from dataclasses import dataclass
from io import StringIO

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.rules.transitions import State
from models.store.lists import MOST_MOVED
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange, Person, PersonRole, Project
from models.tables.timesheet import Waiting
from tests.factories import Organisation, change_person, give_role, hire, make_organisation
from tests.web.conftest import OURS, Browser, Site, page_of
from tests.web.reading import Page
from web.lists import LARGEST, MOST_LINES


@dataclass(frozen=True)
class Clerk:
    """Suzanne with a list of people, or of projects."""

    site: Site
    org: Organisation
    browser: Browser
    kind: str = "people"

    async def send(self, content: str | bytes, page: str = "/preview", **fields: str) -> Response:
        """Upload a file, as the page's form does."""
        raw = content.encode() if isinstance(content, str) else content
        address = f"/admin/{self.kind}/import{page}"
        data = {"csrf": self.browser.csrf_token, **fields}
        return await self.browser.client.post(
            address, data=data, files={"file": ("list.csv", raw, "text/csv")}, headers={"Origin": OURS}
        )

    async def preview(self, content: str | bytes) -> Page:
        """What every line would do."""
        return page_of(await self.send(content), 200)

    async def refusal(self, content: str | bytes) -> str:
        """Why a list cannot be read as a whole."""
        page = page_of(await self.send(content), 400)
        assert not can_be_saved(page)
        return page.alert

    async def save(self, page: Page) -> Response:
        """Save all of what a page shows."""
        return await self.browser.send(page.form(f"/admin/{self.kind}/import"))

    async def read_in(self, content: str | bytes) -> Page:
        """Look and save."""
        return await self.browser.follow(await self.save(await self.preview(content)))

    def people(self) -> dict[str, Person]:
        """Everybody by staff id."""
        return {each.staff_id: each for each in self.site.rows(self.org, Person)}

    def staff_id(self, name: str) -> str:
        """Of somebody who is there."""
        return self.site.staff_id(self.org, self.org.people[name])


@pytest.fixture
def clerk(site: Site, org: Organisation) -> Clerk:
    return Clerk(site, org, site.browser(org, org.suzanne))


def can_be_saved(page: Page) -> bool:
    """Whether a page offers to save what it shows."""
    return any(form.action in ("/admin/people/import", "/admin/projects/import") for form in page.forms)


def verdicts(page: Page) -> list[tuple[str, str, str]]:
    """Line, verdict and what it changes, of every line."""
    rows = [list(row.all()) for row in page.main.all("tr") if list(row.all("td"))]
    cells = [[each.text for each in row if each.tag == "td"] for row in rows]
    return [(line.removeprefix("Line "), verdict, what) for line, verdict, what in cells]


class TestPeople:
    async def test_every_line_is_shown_with_what_it_would_do_and_nothing_is_saved(
        self, clerk: Clerk, org: Organisation
    ) -> None:
        duane, roland, max_ = (clerk.staff_id(name) for name in ("Duane Barry", "Roland Fuller", "Max Fenig"))
        before = clerk.site.contents(org)

        page = await clerk.preview(
            "staff_id,name,supervisor\n"
            f"staff-1,Walter Skinner,{roland}\n"
            f"{duane},Duane B.,staff-1\n"
            f"{max_},Max Fenig,{roland}\n"
            "staff-2,,nobody\n"
        )

        assert verdicts(page) == [
            (
                "2",
                "New",
                "Roles: worker; Supervisor: Roland Fuller; Time zone: Europe/London; Public holidays of: GB-ENG",
            ),
            ("3", "Changed", "Name Duane Barry becomes → Duane B. Supervisor Roland Fuller becomes → Walter Skinner"),
            ("4", "Unchanged", ""),
            (
                "5",
                "Refused",
                "There is no person with the staff id nobody, named as supervisor. "
                "Write a name of 1 to 200 characters.",
            ),
        ]
        assert not can_be_saved(page)
        assert clerk.site.contents(org) == before

    async def test_all_of_it_is_saved_under_one_command_and_each_change_is_recorded(
        self, clerk: Clerk, org: Organisation
    ) -> None:
        duane = clerk.staff_id("Duane Barry")

        page = await clerk.read_in(
            f"staff_id,name,roles,supervisor\n{duane},Duane B.,,staff-2\nstaff-1,Monica,worker,staff-2\n"
            "staff-2,Walter,worker supervisor,\n"
        )

        assert "Read in: 2 added, 1 changed." in page.notice
        people = clerk.people()
        assert people[duane].supervisor_id == people["staff-1"].supervisor_id == people["staff-2"].id
        assert people[duane].name == "Duane B."
        recorded = clerk.site.rows(org, DirectoryChange)
        assert len(recorded) == 3
        assert len({each.command_id for each in recorded}) == 1
        assert {each.changed_by_id for each in recorded} == {org.suzanne}
        assert len(clerk.site.rows(org, OutboxEvent)) == 3

    async def test_what_a_list_leaves_out_stays_as_it_is(
        self, clerk: Clerk, org: Organisation, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, email="duane@example.org", time_zone="Asia/Tokyo", active=False)
        give_role(owner_engine, org, org.duane, "auditor")
        duane = clerk.staff_id("Duane Barry")

        await clerk.read_in(f"name;staff_id\nDuane B.;{duane}\n")

        after = clerk.people()[duane]
        assert (after.name, after.email, after.time_zone, after.active) == (
            "Duane B.",
            "duane@example.org",
            "Asia/Tokyo",
            False,
        )
        assert after.supervisor_id == org.roland
        roles = {each.role for each in clerk.site.rows(org, PersonRole) if each.person_id == org.duane}
        assert roles == {"worker", "auditor"}

    async def test_an_empty_cell_takes_an_address_and_a_supervisor_away(
        self, clerk: Clerk, org: Organisation, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, email="duane@example.org")
        duane = clerk.staff_id("Duane Barry")

        await clerk.read_in(f"staff_id,name,email,supervisor\n{duane},Duane Barry,,\n")

        after = clerk.people()[duane]
        assert (after.email, after.supervisor_id) == (None, None)

    async def test_a_cycle_within_a_list_is_refused(self, clerk: Clerk) -> None:
        page = await clerk.preview("staff_id,name,supervisor\nstaff-1,Ann,staff-2\nstaff-2,Ben,staff-1\n")

        assert [(verdict, what) for _, verdict, what in verdicts(page)] == [
            ("Refused", "Nobody can be above themselves: Ann → Ben → Ann."),
            ("Refused", "Nobody can be above themselves: Ben → Ann → Ben."),
        ]

    async def test_a_cycle_that_a_list_makes_with_those_who_are_there_is_refused(self, clerk: Clerk) -> None:
        alex, duane = clerk.staff_id("Alex Krycek"), clerk.staff_id("Duane Barry")

        page = await clerk.preview(f"staff_id,name,supervisor\n{alex},Alex Krycek,{duane}\n")

        assert "Alex Krycek → Duane Barry → Roland Fuller → Alex Krycek" in verdicts(page)[0][2]

    async def test_one_long_line_of_people_is_refused(self, clerk: Clerk) -> None:
        lines = "".join(f"s-{number},Worker {number},s-{number + 1}\n" for number in range(200))

        page = await clerk.preview(f"staff_id,name,supervisor\n{lines}s-200,Head,\n")

        assert "A hierarchy has 50 levels at most" in verdicts(page)[0][2]
        assert verdicts(page)[-1][1] == "New"

    async def test_supervisors_may_change_places_in_one_list(self, clerk: Clerk, org: Organisation) -> None:
        roland, alex = clerk.staff_id("Roland Fuller"), clerk.staff_id("Alex Krycek")

        await clerk.read_in(f"staff_id,name,supervisor\n{roland},Roland Fuller,\n{alex},Alex Krycek,{roland}\n")

        assert clerk.people()[alex].supervisor_id == org.roland

    async def test_a_supervisor_who_is_deactivated_by_the_same_list_decides_for_nobody(self, clerk: Clerk) -> None:
        alex, duane = clerk.staff_id("Alex Krycek"), clerk.staff_id("Duane Barry")

        page = await clerk.preview(
            f"staff_id,name,supervisor,active\n{alex},Alex Krycek,,no\n{duane},Duane Barry,{alex},yes\n"
        )

        assert [verdict for _, verdict, _ in verdicts(page)] == ["Changed", "Refused"]

    async def test_what_waits_moves_with_a_list(self, clerk: Clerk, org: Organisation) -> None:
        await clerk.site.bring_to(org, State.SUBMITTED)
        alex, duane = clerk.staff_id("Alex Krycek"), clerk.staff_id("Duane Barry")

        await clerk.read_in(f"staff_id,name,supervisor\n{duane},Duane Barry,{alex}\n")

        assert [each.approver_id for each in clerk.site.rows(org, Waiting)] == [org.alex]

    async def test_the_last_administrator_stays(self, clerk: Clerk) -> None:
        page = await clerk.preview(f"staff_id,name,roles\n{clerk.staff_id('Suzanne Modeski')},Suzanne Modeski,worker\n")

        assert "the only administrator" in verdicts(page)[0][2]

    async def test_a_line_that_comes_twice_is_refused(self, clerk: Clerk) -> None:
        page = await clerk.preview("staff_id,name\nstaff-1,Ann\nstaff-1,Ben\n")

        assert verdicts(page)[1] == ("3", "Refused", "Line 2 is about staff-1 already.")

    async def test_not_everybody_moves_to_another_time_zone_at_once(
        self, clerk: Clerk, org: Organisation, owner_engine: Engine
    ) -> None:
        for number in range(MOST_MOVED + 1):
            hire(owner_engine, org, f"Worker {number}")
        lines = "".join(f"{each.staff_id},{each.name},Asia/Tokyo\n" for each in clerk.people().values())

        page = await clerk.preview(f"staff_id,name,time_zone\n{lines}")

        counted = [verdict for _, verdict, _ in verdicts(page)]
        assert (counted.count("Changed"), counted.count("Refused")) == (MOST_MOVED, 7)


class TestSaving:
    LIST = "staff_id,name\nstaff-1,Ann\nstaff-2,Ben\n"

    async def test_sent_twice_it_is_saved_once(self, clerk: Clerk, org: Organisation) -> None:
        page = await clerk.preview(self.LIST)

        answers = [await clerk.save(page) for _ in range(2)]

        assert {answer.headers["Location"] for answer in answers} == {"/admin/people"}
        assert len(clerk.site.rows(org, DirectoryChange)) == 2

    async def test_sent_twice_at_once_it_is_saved_once(self, clerk: Clerk, org: Organisation) -> None:
        page = await clerk.preview(self.LIST)

        answers = await asyncio.gather(clerk.save(page), clerk.save(page))

        assert [answer.status_code for answer in answers] == [303, 303]
        assert len(clerk.site.rows(org, DirectoryChange)) == 2

    async def test_another_list_than_the_one_looked_at_is_refused(self, clerk: Clerk, org: Organisation) -> None:
        form = (await clerk.preview(self.LIST)).form("/admin/people/import")

        answer = await clerk.browser.send(form, list="staff_id,name\nstaff-1,Eve\n")

        page = page_of(answer, 412)
        assert "look at it once more" in page.alert
        assert "Eve" in page.form("/admin/people/import/preview").fields["list"]
        assert "staff-1" not in clerk.people()

    async def test_what_somebody_else_changed_meanwhile_is_looked_at_again(
        self, clerk: Clerk, org: Organisation
    ) -> None:
        duane = clerk.staff_id("Duane Barry")
        page = await clerk.preview(f"staff_id,name\n{duane},Duane B.\n")
        address = f"/admin/people/{duane}"
        form = (await clerk.browser.page(address)).form(address)
        await clerk.browser.send(form, name="Duane the First")

        page_of(await clerk.save(page), 412)

        assert clerk.people()[duane].name == "Duane the First"

    async def test_what_cannot_be_done_any_more_is_refused_as_a_whole(
        self, clerk: Clerk, org: Organisation, owner_engine: Engine
    ) -> None:
        page = await clerk.preview(
            f"staff_id,name,supervisor\nstaff-1,Ann,\nstaff-2,Ben,{clerk.staff_id('Alex Krycek')}\n"
        )
        change_person(owner_engine, org.alex, active=False)

        refused = page_of(await clerk.save(page), 400)

        assert "Nothing was saved. Line 3: Alex Krycek is not active" in refused.alert
        assert {"staff-1", "staff-2"}.isdisjoint(clerk.people())

    async def test_a_list_can_be_pasted(self, clerk: Clerk) -> None:
        form = (await clerk.browser.page("/admin/people/import")).form("/admin/people/import/preview")
        form.fields.pop("file")

        page = page_of(await clerk.browser.send(form, list=self.LIST), 200)

        await clerk.browser.follow(await clerk.save(page))
        assert {"staff-1", "staff-2"} <= clerk.people().keys()

    async def test_nothing_is_saved_when_nothing_changes(self, clerk: Clerk) -> None:
        page = await clerk.preview(f"staff_id,name\n{clerk.staff_id('Duane Barry')},Duane Barry\n")

        assert "nothing to save" in page.main.text
        assert not can_be_saved(page)

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_nobody_else_reads_lists_in_or_takes_them_along(
        self, site: Site, org: Organisation, who: str
    ) -> None:
        clerk = Clerk(site, org, site.browser(org, org.people[who]))
        before = site.contents(org)

        for page in ("import", "export", "template"):
            page_of(await clerk.browser.get(f"/admin/people/{page}"), 404)
        page_of(await clerk.send(self.LIST), 404)
        page_of(await clerk.browser.post_form("/admin/people/import", list=self.LIST, plan="x"), 404)

        assert site.contents(org) == before

    async def test_another_organisations_people_are_nobody(
        self, clerk: Clerk, site: Site, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        theirs = site.staff_id(other, other.duane)
        before = site.contents(other)

        page = await clerk.preview(f"staff_id,name,supervisor\n{theirs},Mine,\nstaff-1,Ann,{theirs}-x\n")

        assert verdicts(page)[0][1] == "New"
        assert "no person with the staff id" in verdicts(page)[1][2]
        assert site.contents(other) == before


class TestHostileLists:
    async def test_formulas_markup_and_quotes_are_names_like_any_other(self, clerk: Clerk) -> None:
        odd = ['=HYPERLINK("http://evil.example")', "<svg/onload=alert(1)>", "{{7*7}}", "O'Brien; -- %_"]
        text = StringIO()
        csv.writer(text).writerows([["staff_id", "name"], *([f"s-{n}", name] for n, name in enumerate(odd))])

        page = await clerk.preview(text.getvalue())
        assert "<svg/onload" not in page.html
        await clerk.browser.follow(await clerk.save(page))

        assert [clerk.people()[f"s-{number}"].name for number in range(4)] == odd
        export = await clerk.browser.get("/admin/people/export")
        assert f's-0,"\'{odd[0].replace(chr(34), chr(34) * 2)}"' in export.text

    async def test_what_is_taken_along_changes_nothing_when_it_is_read_in_again(self, clerk: Clerk) -> None:
        await clerk.read_in('staff_id,name,roles\n"=1+1","@SUM(A1)",worker supervisor\n')
        export = await clerk.browser.get("/admin/people/export")
        assert export.headers["Content-Disposition"] == 'attachment; filename="countersign-people.csv"'

        page = await clerk.preview(export.content)

        assert {verdict for _, verdict, _ in verdicts(page)} == {"Unchanged"}
        assert len(verdicts(page)) == 7

    async def test_the_template_is_a_list_that_can_be_read_in(self, clerk: Clerk) -> None:
        template = await clerk.browser.get("/admin/people/template")

        assert {verdict for _, verdict, _ in verdicts(await clerk.preview(template.content))} == {"New"}

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "Choose a file, or paste a list."),
            (b" \r\n ", "Choose a file, or paste a list."),
            (b"staff_id,name\n", "no lines below"),
            (b"staff_id,name\nstaff-1,J\xfcrgen\n", "Line 2 is not UTF-8"),
            (b"staff_id,name\nstaff-1,A\x00b\n", "characters that no text has"),
            ("staff_id,name\nstaff-1,Ann\n".encode("utf-16"), "Line 1 is not UTF-8"),
            (b"staff_id\nstaff-1\n", "name cannot be left out"),
            (b"staff-1,Ann\n", "staff_id and name cannot be left out"),
            (b"staff_id,name,salary\nstaff-1,Ann,1\n", "There is no column"),
            (b"staff_id,name,name\nstaff-1,Ann,Ben\n", "names a column twice"),
            (b'staff_id,name\nstaff-1,"Ann\nstaff-2,Ben\n', "From line 2 on it cannot be read"),
            (b"staff_id,name\n" + b"x,y\n" * (MOST_LINES + 1), "at most; this one has 5,001"),
            (b"staff_id,name\n" + b'"' + b"x" * 200_000 + b'",y\n', "From line 2 on it cannot be read"),
            (b"staff_id,name\n" + b"x" * LARGEST, "1 MB at most"),
        ],
    )
    async def test_what_is_no_list_is_refused_as_a_whole(
        self, clerk: Clerk, org: Organisation, content: bytes, words: str
    ) -> None:
        before = clerk.site.contents(org)

        assert words in await clerk.refusal(content)

        assert clerk.site.contents(org) == before

    async def test_more_than_a_request_may_hold_is_not_read_at_all(self, clerk: Clerk) -> None:
        assert (await clerk.send(b"x" * 2_000_000)).status_code == 413

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("staff-1,Ann,extra", "This line has 3 cells, the first line 2."),
            ("staff-1", "This line has 1 cells, the first line 2."),
            (",Ann", "Write a staff id"),
            ("a/b,Ann", "no /"),
            ('staff-1,"A\nnn"', "on one line"),
            ("staff-1," + "x" * 201, "1 to 200 characters"),
            ("import,Ann", "a word that pages use"),
        ],
    )
    async def test_what_is_wrong_with_a_line_stands_with_that_line(self, clerk: Clerk, line: str, words: str) -> None:
        page = await clerk.preview(f"staff_id,name\n\nstaff-9,Zoe\n{line}\n")

        assert verdicts(page)[0][:2] == ("3", "New")
        number, verdict, why = verdicts(page)[1]
        assert (number, verdict) == ("4", "Refused")
        assert words in why

    @pytest.mark.parametrize(
        ("column", "cell", "words"),
        [
            ("roles", "emperor", "no role “emperor”"),
            ("email", "nobody", "mail address"),
            ("time_zone", "Mars/Base", "no time zone"),
            ("holiday_calendar", "England", "a country"),
            ("active", "perhaps", "yes or no"),
        ],
    )
    async def test_each_cell_is_looked_at(self, clerk: Clerk, column: str, cell: str, words: str) -> None:
        page = await clerk.preview(f"staff_id,name,{column}\nstaff-1,Ann,{cell}\n")

        assert words in verdicts(page)[0][2]

    async def test_as_spreadsheet_programs_write_it(self, clerk: Clerk) -> None:
        content = '\ufeffStaff ID;Name;Roles;Active\r\n"staff-1";"Anna; ""Nan""";"Worker  Supervisor";"No"\r\n;;;\r\n'

        await clerk.read_in(content)

        after = clerk.people()["staff-1"]
        assert (after.name, after.active) == ('Anna; "Nan"', False)

    async def test_as_many_lines_as_there_may_be(self, clerk: Clerk, org: Organisation) -> None:
        lines = "".join(f"w-{number},Worker {number},{'w-0' if number else ''}\n" for number in range(MOST_LINES))

        page = await clerk.read_in(f"staff_id,name,supervisor\n{lines}")

        assert "Read in: 5,000 added, 0 changed." in page.notice
        assert len(clerk.people()) == MOST_LINES + 6


class TestProjects:
    async def test_projects_are_added_and_changed(
        self, clerk: Clerk, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, org, org.max, "project_lead")
        projects = Clerk(site, org, clerk.browser, "projects")

        page = await projects.preview(
            f"project_id,name,lead,active\nproj-533,dog washing,{clerk.staff_id('Max Fenig')},yes\nproj-9,Paint,,\n"
        )
        assert [verdict for _, verdict, _ in verdicts(page)] == ["Changed", "New"]
        await clerk.browser.follow(await projects.save(page))

        stored = {each.external_id: (each.name, each.lead_id) for each in site.rows(org, Project)}
        assert stored["proj-533"] == ("dog washing", org.max)
        assert stored["proj-9"] == ("Paint", None)

    async def test_a_lead_is_one_and_a_list_taken_along_can_be_read_in_again(
        self, clerk: Clerk, site: Site, org: Organisation
    ) -> None:
        projects = Clerk(site, org, clerk.browser, "projects")

        page = await projects.preview(
            f"project_id,name,lead\np-1,Paint,{clerk.staff_id('Max Fenig')}\np-2,Dig,nobody\n"
        )
        assert "Max Fenig is no active project lead" in verdicts(page)[0][2]
        assert "no person with the staff id nobody" in verdicts(page)[1][2]

        export = await clerk.browser.get("/admin/projects/export")
        page = await projects.preview(export.content)
        assert {verdict for _, verdict, _ in verdicts(page)} == {"Unchanged"}
        template = await clerk.browser.get("/admin/projects/template")
        assert {verdict for _, verdict, _ in verdicts(await projects.preview(template.content))} == {"New"}
