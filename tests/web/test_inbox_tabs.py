"""The parts of the inbox: what is in each for whom, how much, what one finds in it, and where its pages end."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, update

from models.database import command_transaction
from models.messages import SheetKey
from models.rules.notices import NoticeKind
from models.rules.transitions import CommandKind, State
from models.store.people import load_circle
from models.tables.delivery import Notification
from models.tables.people import Project
from models.tables.timesheet import Timesheet
from tests.factories import (
    MONDAY,
    Asking,
    Organisation,
    change_person,
    change_policy,
    hire,
    make_organisation,
    take_role,
    work_always,
    worked,
)
from tests.standing_in import change_delegation, stand_in
from tests.web.conftest import Browser, Site
from tests.web.reading import Page
from tests.web.test_inbox import approval, form, names, rows

LAST_WEEK = MONDAY - timedelta(weeks=1)
ON_PLAN = ("09:00", "16:24")
DAYS = [timedelta(days=number) for number in range(5)]


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


class TestReadyAndExceptions:
    """What waits in one's own right, by whether something on it is worth a look."""

    async def test_each_is_in_one_of_them_and_all_of_it_in_the_first(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        await site.bring_to(org, State.SUBMITTED)
        await as_planned(site, org, org.max)

        assert await names(roland, "?tab=ready") == ["Max Fenig"]
        assert await names(roland, "?tab=exceptions") == ["Duane Barry"]
        assert await names(roland) == ["Duane Barry", "Max Fenig"]
        assert counts(await roland.page("/inbox")) == {
            "All": "2",
            "Ready": "1",
            "Exceptions": "1",
            "Not submitted": "0",
            "Decided": "0",
        }

    async def test_a_part_that_nobody_knows_is_all_of_it(self, site: Site, org: Organisation, roland: Browser) -> None:
        await site.bring_to(org, State.SUBMITTED)

        for odd in ("x", "'", "READY", "x" * 4_000):
            assert await names(roland, f"?tab={odd}") == ["Duane Barry"], odd

    async def test_administrators_have_what_nobody_above_approves_but_never_their_own(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.suzanne, supervisor_id=None)
        for owner in (org.alex, org.suzanne, org.duane):
            await site.bring_to(org, State.SUBMITTED, owner)

        assert await names(site.browser(org, org.suzanne), "?tab=exceptions") == ["Alex Krycek"]

    async def test_somebody_who_was_asked_as_well_reads_since_when(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        work_always(owner_engine, org)
        key = await site.bring_to(org, State.SUBMITTED)
        alex = site.browser(org, org.alex)
        assert await names(alex) == []

        escalate(site, owner_engine, key)

        (row,) = rows(await alex.page("/inbox"))
        assert row[0].startswith("DB Duane Barry")
        assert "you were asked as well" in row[5]
        (row,) = rows(await site.browser(org, org.roland).page("/inbox"))
        assert "you were asked as well" not in row[5]
        opened = (await alex.page(f"/inbox/{key.timesheet_id}")).main.text
        assert "You were asked as well on" in opened
        assert "Also asked: Roland Fuller." in opened

    async def test_a_project_lead_has_what_waits_for_their_lines(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser
    ) -> None:
        lead = hire(owner_engine, org, "Marita Covarrubias", "worker", "project_lead")
        project = lead_projects(owner_engine, org, lead)
        mine = Asking(org, org.duane, org.duane)
        site.desk.do(mine.record(worked("09:00", "12:00", project_id=project)))
        site.desk.do(mine.record(worked("13:00", "17:00")))
        await site.take_on(mine, State.SUBMITTED)
        key, marita = org.key(org.duane), site.browser(org, lead)

        before = (await roland.page(f"/inbox/{key.timesheet_id}")).main.text
        assert "Once you approve it, it goes to Marita Covarrubias for" in before
        assert await names(marita) == []
        await roland.follow(await roland.send(await form(roland, approval(key))))

        (row,) = rows(await marita.page("/inbox"))
        assert "lines on your project" in row[0]
        page = await marita.page(f"/inbox/{key.timesheet_id}")
        assert page.main.text.count("yours") == 2  # said once, and on the one line of three
        await marita.follow(await marita.send(page.form(approval(key))))
        assert (site.sheet(key) or Timesheet()).state == State.APPROVED

    async def test_nobody_of_another_organisation_finds_anything(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)

        for who in (other.roland, other.suzanne, other.alex):
            for tab in ("all", "ready", "exceptions", "delegated", "not-submitted", "decided"):
                assert rows(await site.browser(other, who).page(f"/inbox?tab={tab}")) == []


class TestDelegated:
    """What waits for those in whose place one stands today, by their day, and as far as they granted it."""

    async def test_it_says_for_whom_and_is_in_nobody_elses_inbox(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        await site.bring_to(org, State.SUBMITTED)
        await site.bring_to(org, State.SUBMITTED, org.alex)
        stand_in(site.services.engine, org, org.roland, org.max)
        max_ = site.browser(org, org.max)

        (row,) = rows(await max_.page("/inbox?tab=delegated"))

        assert "for Roland Fuller" in row[0]
        assert "Duane Barry" in row[0]
        page = await max_.page("/inbox")
        assert counts(page)["Delegated"] == "1"
        assert counts(page)["All"] == "1"
        assert counts(page)["Ready"] == counts(page)["Exceptions"] == "0"
        assert {each.text for each in page.root.all(class_="inbox-count")} == {"1"}
        assert "You stand in for Roland Fuller" in page.main.text

    async def test_a_deputy_without_a_role_decides_and_both_are_named(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        stand_in(site.services.engine, org, org.roland, org.max)
        max_ = site.browser(org, org.max)

        page = await max_.page(f"/inbox/{key.timesheet_id}?tab=delegated")
        assert "You decide for Roland Fuller" in page.main.text
        await max_.follow(await max_.send(page.form(approval(key))))

        (row,) = rows(await max_.page("/inbox?tab=decided"))
        assert "for Roland Fuller" in row[0]
        (row,) = rows(await site.browser(org, org.roland).page("/inbox?tab=decided"))
        assert "by Max Fenig in your name" in row[0]

    @pytest.mark.parametrize(
        "changed",
        [
            {"from_day": date(2099, 1, 1), "to_day": date(2099, 1, 2)},
            {"from_day": date(2020, 1, 1), "to_day": date(2020, 1, 2)},
        ],
    )
    async def test_outside_its_dates_there_is_no_inbox(
        self, site: Site, org: Organisation, owner_engine: Engine, changed: dict[str, date]
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        change_delegation(owner_engine, stand_in(site.services.engine, org, org.roland, org.max).id, **changed)
        max_ = site.browser(org, org.max)

        for path in ("/inbox", "/inbox?tab=delegated", f"/inbox/{key.timesheet_id}"):
            await max_.page(path, 404)
        assert "/inbox" not in (await max_.page("/balances")).links

    async def test_who_may_not_grant_any_more_has_nobody_in_their_place(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        await site.bring_to(org, State.SUBMITTED)
        stand_in(site.services.engine, org, org.roland, org.max)
        take_role(owner_engine, org.roland, "supervisor")

        await site.browser(org, org.max).page("/inbox", 404)

    async def test_only_the_people_that_were_named(self, site: Site, org: Organisation) -> None:
        await site.bring_to(org, State.SUBMITTED)
        await site.bring_to(org, State.SUBMITTED, org.max)
        stand_in(site.services.engine, org, org.roland, org.alex, only={org.max})

        page = await site.browser(org, org.alex).page("/inbox?tab=delegated")

        assert [row[0].partition(" 16 ")[0] for row in rows(page)] == ["MF Max Fenig"]
        assert counts(page)["Delegated"] == "1"

    async def test_never_ones_own_time(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED, org.max)
        stand_in(site.services.engine, org, org.roland, org.max)
        max_ = site.browser(org, org.max)

        assert rows(await max_.page("/inbox")) == []
        assert not (await max_.page(f"/inbox/{key.timesheet_id}")).offers(approval(key))

    async def test_who_acts_for_a_deputy_stands_in_for_nobody(self, site: Site, org: Organisation) -> None:
        await site.bring_to(org, State.SUBMITTED)
        stand_in(site.services.engine, org, org.roland, org.alex)
        suzanne = await site.acting(org, org.alex)

        page = await suzanne.page("/inbox")

        assert rows(page) == []
        assert "Delegated" not in counts(page)


class TestNotSubmitted:
    """Whose period is over, and who owe a timesheet, to whoever approves their time."""

    async def test_it_lists_what_is_owed_by_ones_people(self, site: Site, org: Organisation, roland: Browser) -> None:
        await site.bring_to(org, State.DRAFT, day=LAST_WEEK)
        await site.bring_to(org, State.REJECTED, org.max, LAST_WEEK)
        await site.bring_to(org, State.SUBMITTED, day=LAST_WEEK - timedelta(weeks=1))
        await site.bring_to(org, State.DRAFT, day=date(2030, 1, 7))

        page = await roland.page("/inbox?tab=not-submitted")

        said = {row[0][3:14]: row[1] for row in rows(page)}
        assert said == {"Duane Barry": "Draft", "Max Fenig 9": "Rejected, not revised"}
        assert counts(page)["Not submitted"] == "2"
        assert f"/people/{site.staff_id(org, org.duane)}/week/{LAST_WEEK}" in page.links

    async def test_an_approver_who_cannot_approve_is_skipped(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser
    ) -> None:
        await site.bring_to(org, State.DRAFT, day=LAST_WEEK)
        alex = site.browser(org, org.alex)
        assert rows(await alex.page("/inbox?tab=not-submitted")) == []

        change_person(owner_engine, org.roland, active=False)

        assert [row[0][3:14] for row in rows(await alex.page("/inbox?tab=not-submitted"))] == ["Duane Barry"]

    async def test_administrators_have_those_without_an_approver(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        await site.bring_to(org, State.DRAFT, org.alex, LAST_WEEK)
        await site.bring_to(org, State.DRAFT, org.duane, LAST_WEEK)
        suzanne = site.browser(org, org.suzanne)

        assert [row[0][3:14] for row in rows(await suzanne.page("/inbox?tab=not-submitted"))] == ["Alex Krycek"]

    async def test_everybodys_list_is_who_the_hierarchy_says(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        """The statement walks down what commands walk up."""
        take_role(owner_engine, org.alex, "supervisor")
        people = (org.duane, org.roland, org.suzanne, org.max, org.alex)
        for owner in people:
            await site.bring_to(org, State.DRAFT, owner, LAST_WEEK)

        with command_transaction(site.services.engine, org.tenant_id) as session:
            approvers = {owner: load_circle(session, owner).approver_id for owner in people}
        for who in (org.roland, org.suzanne):
            mine = {id_ for id_, approver in approvers.items() if approver == (None if who == org.suzanne else who)}
            page = await site.browser(org, who).page("/inbox?tab=not-submitted")
            listed = {href.split("/")[2] for href in page.links if f"/week/{LAST_WEEK}" in href}
            assert listed == {site.staff_id(org, id_) for id_ in mine - {who}}

    async def test_it_says_when_they_were_reminded(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.DRAFT, day=LAST_WEEK)
        assert rows(await roland.page("/inbox?tab=not-submitted"))[0][3] == "not yet"

        with command_transaction(site.services.engine, org.tenant_id) as session:
            session.add(reminder(org, org.duane, key.timesheet_id))

        assert rows(await roland.page("/inbox?tab=not-submitted"))[0][3] != "not yet"


class TestDecided:
    """What one decided, the newest first, and what may be taken back of it."""

    async def test_the_newest_first_with_what_became_of_it(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        approved = await site.bring_to(org, State.APPROVED)
        await site.bring_to(org, State.REJECTED, org.max)
        locked = await site.bring_to(org, State.LOCKED, org.duane, LAST_WEEK)

        page = await roland.page("/inbox?tab=decided")

        assert [row[1] for row in rows(page)] == ["Approved", "Rejected It says Tuesday.", "Approved"]
        assert page.offers(f"/timesheets/{approved.timesheet_id}/take-back")
        assert not page.offers(f"/timesheets/{locked.timesheet_id}/take-back")

    async def test_what_was_taken_back_says_so(self, site: Site, org: Organisation, roland: Browser) -> None:
        await site.bring_to(org, State.APPROVED)
        mine = Asking(org, org.duane, org.roland, reason="Too quick.")
        site.desk.do(mine.move(CommandKind.TAKE_BACK))
        site.desk.do(mine.approve(site.digest(org.key(org.duane))))

        found = [row[1] for row in rows(await roland.page("/inbox?tab=decided"))]

        assert found == ["Approved", "Approved, then taken back"]

    async def test_others_decisions_are_not_ones_own(self, site: Site, org: Organisation) -> None:
        await site.bring_to(org, State.APPROVED)

        for who in (org.alex, org.suzanne):
            page = await site.browser(org, who).page("/inbox?tab=decided")
            assert rows(page) == []
            assert "Nothing decided yet" in page.main.text


class TestFinding:
    """A name, a week, and page after page."""

    @pytest.mark.parametrize("tab", ["all", "ready", "exceptions", "delegated", "not-submitted", "decided"])
    async def test_every_sign_is_taken_as_it_is(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser, tab: str
    ) -> None:
        stand_in(site.services.engine, org, org.alex, org.roland)
        await fill(site, org, owner_engine)
        assert len(rows(await roland.page(f"/inbox?tab={tab}"))) >= 1

        for odd in ("%25", "_", "/", "'", "%27%20OR%201%3D1%20--", "--", "%5C", "%F0%9F%9B%B8", "x" * 4_000):
            assert rows(await roland.page(f"/inbox?tab={tab}&q={odd}")) == [], odd

    @pytest.mark.parametrize("tab", ["all", "exceptions", "not-submitted", "decided"])
    async def test_a_week_is_one_week(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser, tab: str
    ) -> None:
        await fill(site, org, owner_engine)
        everything = len(rows(await roland.page(f"/inbox?tab={tab}")))

        found = [len(rows(await roland.page(f"/inbox?tab={tab}&period={day}"))) for day in (MONDAY, LAST_WEEK)]

        assert (sum(found) == everything and max(found) < everything) or everything == 1
        assert rows(await roland.page(f"/inbox?tab={tab}&period=1999-01-04")) == []
        assert len(rows(await roland.page(f"/inbox?tab={tab}&period='"))) == everything

    @pytest.mark.parametrize("tab", ["all", "exceptions", "delegated", "not-submitted", "decided"])
    async def test_a_project_is_what_some_of_the_time_is_for(
        self, site: Site, org: Organisation, roland: Browser, tab: str
    ) -> None:
        state = {"not-submitted": State.DRAFT, "decided": State.APPROVED}.get(tab, State.SUBMITTED)
        stand_in(site.services.engine, org, org.roland, org.max)
        looks = site.browser(org, org.max) if tab == "delegated" else roland
        project, another = org.projects.values()
        await site.take_on(on_project(site, org, project), state)
        await site.bring_to(org, state, day=LAST_WEEK - timedelta(weeks=1))
        assert len(rows(await looks.page(f"/inbox?tab={tab}"))) == 2

        (row,) = rows(await looks.page(f"/inbox?tab={tab}&project={project}"))
        assert "9 – 15 Nov" in row[0]
        nothing = await looks.page(f"/inbox?tab={tab}&project={another}")
        assert rows(nothing) == []
        assert "Nothing of that project" in nothing.main.text
        for odd in ("x", "'", "%FF", "1" * 4_000):
            assert len(rows(await looks.page(f"/inbox?tab={tab}&project={odd}"))) == 2, odd

    async def test_a_project_of_an_entry_that_was_removed_is_found_no_more(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        project, _ = org.projects.values()
        mine = on_project(site, org, project)
        (first,) = site.live(org.key(org.duane, LAST_WEEK))
        site.desk.do(mine.record(worked("18:00", "19:00", LAST_WEEK)))
        site.desk.do(mine.remove(first.id, first.version))
        await site.take_on(mine, State.SUBMITTED)

        assert rows(await roland.page(f"/inbox?project={project}")) == []

    async def test_projects_are_offered_by_name_and_the_one_that_is_looked_for_is_chosen(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser
    ) -> None:
        other = make_organisation(owner_engine)
        gone, stays = org.projects.values()
        with owner_engine.begin() as connection:
            connection.execute(update(Project).where(Project.id == gone).values(active=False))

        offered = projects(await roland.page("/inbox"))
        assert set(offered) == {"", str(stays)}
        assert offered[""] == "Every project"
        page = await roland.page(f"/inbox?project={gone}")
        assert set(projects(page)) == {"", str(gone), str(stays)}
        (chosen,) = [each for each in page.root.all("option") if str(gone) == each.attributes["value"]]
        assert "selected" in chosen.attributes
        theirs = next(iter(other.projects.values()))
        assert set(projects(await roland.page(f"/inbox?project={theirs}"))) == {"", str(stays)}

    async def test_what_is_looked_for_goes_along_to_the_next_one_and_to_all_that_match(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        project, _ = org.projects.values()
        first, last = (on_project(site, org, project, MONDAY - timedelta(weeks=weeks)) for weeks in (1, 3))
        await site.take_on(first, State.SUBMITTED)
        await site.bring_to(org, State.SUBMITTED, day=MONDAY - timedelta(weeks=2))
        await site.take_on(last, State.SUBMITTED)
        key, query = org.key(org.duane, first.day), f"?project={project}"

        listed = await roland.page(f"/inbox{query}")
        assert all(query in href for href in listed.links if href.startswith("/inbox/"))
        bulk = listed.form("/inbox/bulk")
        sent = await roland.post_form(bulk.action, **(bulk.fields | {"all": "yes"}))
        assert f"project={project}" in sent.headers["Location"]
        confirm = await roland.follow(sent)
        assert "2 weeks" in confirm.main.text
        kept = {form.fields["project"] for form in confirm.forms if form.action == "/inbox/bulk/decisions"}
        assert kept == {str(project)}

        page = await roland.page(f"/inbox/{key.timesheet_id}{query}")
        answer = await roland.send(page.form(approval(key)))
        assert answer.headers["Location"] == f"/inbox/{org.key(org.duane, last.day).timesheet_id}{query}"

    @pytest.mark.parametrize("tab", ["all", "not-submitted", "decided"])
    async def test_pages_follow_each_other_without_a_gap(
        self, site: Site, org: Organisation, roland: Browser, tab: str
    ) -> None:
        state = {"all": State.SUBMITTED, "not-submitted": State.DRAFT, "decided": State.REJECTED}[tab]
        for number in range(1, 28):
            await site.bring_to(org, state, day=MONDAY - timedelta(weeks=number))

        first = await roland.page(f"/inbox?tab={tab}")
        (onward,) = [href for href in first.links if "after=" in href]
        second = await roland.page(onward)

        weeks = [row[0] for page in (first, second) for row in rows(page)]
        assert len(weeks) == len(set(weeks)) == 27
        for odd in ("x", "%FF", "bm8=", "'", "A" * 3_000):
            assert len(rows(await roland.page(f"/inbox?tab={tab}&after={odd}"))) == 25, odd

    async def test_after_a_decision_the_next_of_the_same_part_opens(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await as_planned(site, org, org.max)
        await site.bring_to(org, State.SUBMITTED)

        page = await roland.page(f"/inbox/{key.timesheet_id}?tab=ready")
        answer = await roland.send(page.form(approval(key)))

        assert answer.headers["Location"] == "/inbox?tab=ready"
        assert "What waits has something that is worth a look" in (await roland.follow(answer)).main.text

    async def test_the_row_carries_what_is_needed_to_select_it(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)

        page = await roland.page("/inbox?tab=exceptions&q=dua")

        (pick,) = page.root.all("input", name="pick")
        assert pick.attributes["value"] == f"{key.timesheet_id}:{site.digest(key)}"
        bulk = page.form("/inbox/bulk").fields
        assert (bulk["tab"], bulk["q"], bulk["period"]) == ("exceptions", "dua", "")


def counts(page: Page) -> dict[str, str]:
    """What stands beside the name of each part."""
    (tabs,) = page.root.all("nav", id="inbox-tabs")
    return {link.text.rpartition(" ")[0]: link.text.rpartition(" ")[2] for link in tabs.all("a")}


def on_project(site: Site, org: Organisation, project: UUID, day: date = LAST_WEEK) -> Asking:
    """A week of Duane's with time on a project."""
    mine = Asking(org, org.duane, org.duane, day)
    site.desk.do(mine.record(worked("09:00", "12:00", day, project_id=project)))
    return mine


def projects(page: Page) -> dict[str, str]:
    """The projects that one may look for, by the value of each."""
    (choice,) = page.root.all("select", id="project")
    return {each.attributes["value"]: each.text for each in choice.all("option")}


async def as_planned(site: Site, org: Organisation, owner: UUID, day: date = MONDAY) -> SheetKey:
    """A week of exactly the hours that were agreed, submitted."""
    mine = Asking(org, owner, owner, day)
    for each in DAYS:
        site.desk.do(mine.record(worked(*ON_PLAN, day + each)))
    await site.take_on(mine, State.SUBMITTED)
    return org.key(owner, day)


async def fill(site: Site, org: Organisation, owner_engine: Engine) -> None:
    """Something in each part of Roland's inbox."""
    await as_planned(site, org, org.max)
    await site.bring_to(org, State.SUBMITTED)
    await site.bring_to(org, State.SUBMITTED, org.max, LAST_WEEK)
    await site.bring_to(org, State.SUBMITTED, org.suzanne)
    await site.bring_to(org, State.DRAFT, day=LAST_WEEK)
    await site.bring_to(org, State.REJECTED, day=LAST_WEEK - timedelta(weeks=2))
    with owner_engine.begin() as connection:
        owed = Timesheet.tenant_id == org.tenant_id, Timesheet.state == "rejected"
        connection.execute(update(Timesheet).where(*owed).values(state="approved"))


def escalate(site: Site, owner: Engine, key: SheetKey) -> None:
    """As if nobody had decided for a week."""
    with owner.begin() as connection:
        columns = (Timesheet.state_since, Timesheet.due_at, Timesheet.reminded_until)
        earlier = {column.key: column - timedelta(hours=45) for column in columns}
        connection.execute(update(Timesheet).where(Timesheet.id == key.timesheet_id).values(earlier))
    site.desk.act_on_time(key)


def lead_projects(owner: Engine, org: Organisation, lead: UUID) -> UUID:
    """Somebody leads every project, and leads approve; one of the projects."""
    change_policy(owner, org, approval_stages=["supervisor", "project_lead"])
    with owner.begin() as connection:
        connection.execute(update(Project).where(Project.tenant_id == org.tenant_id).values(lead_id=lead))
    return next(iter(org.projects.values()))


def reminder(org: Organisation, person_id: UUID, timesheet_id: UUID) -> Notification:
    """That somebody has to submit."""
    return Notification(
        id=uuid4(),
        tenant_id=org.tenant_id,
        person_id=person_id,
        kind=NoticeKind.SUBMIT_REMINDER.value,
        key="once",
        timesheet_id=timesheet_id,
        data={},
        in_app=True,
        mail="none",
    )
