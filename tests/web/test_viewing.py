"""Who opens what is not their own is recorded, once in a sitting, and shown with the decision."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Engine, text

from models.database import read_session
from models.rules.transitions import CommandKind, State
from models.store.views import has_viewed
from models.tables.approval import Look as LookRow
from tests.desk import Life
from tests.factories import MONDAY, Organisation, change_person, give_role, make_organisation
from tests.looked import looks
from tests.projects import DOGS
from tests.standing_in import stand_in
from tests.web.api.conftest import Api
from tests.web.conftest import Site
from tests.web.test_policy_of_routes import _led
from tests.web.test_statements import noting
from web.auth.viewer import REFRESH_HEADER


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    found = Life(site.desk, org)
    found.bring_to(State.SUBMITTED)
    return found


def opened(life: Life) -> str:
    return f"/inbox/{life.key.timesheet_id}"


class TestWhoLooks:
    async def test_an_approver_who_opens_what_waits_for_them(self, site: Site, org: Organisation, life: Life) -> None:
        await site.browser(org, org.roland).page(opened(life))

        (look,) = looks(site, org)
        assert look.activity.startswith(f"view-{life.key.timesheet_id}-1-")
        assert (look.by, look.about) == (org.roland, org.duane)
        assert (look.agent, look.role) == (site.staff_id(org, org.roland), "SUPERVISOR")
        assert look.saw == f"timesheet-{life.key.timesheet_id}"
        assert look.for_whom is None

    @pytest.mark.parametrize(
        "address",
        [
            "/inbox/{sheet}",
            "/people/{staff}/week/{day}",
            "/people/{staff}/week/{day}/form",
            "/history/{sheet}",
            "/timesheets/{sheet}/export.csv",
            "/timesheets/{sheet}/export.xlsx",
            "/timesheets/{sheet}/export.pdf",
        ],
    )
    async def test_whichever_page_or_file_of_it_they_open(
        self, site: Site, org: Organisation, life: Life, address: str
    ) -> None:
        path = address.format(sheet=life.key.timesheet_id, staff=site.staff_id(org, org.duane), day=MONDAY)

        assert (await site.browser(org, org.suzanne).get(path)).status_code == 200

        (look,) = looks(site, org)
        assert (look.by, look.role, look.saw) == (org.suzanne, "ADMINISTRATOR", f"timesheet-{life.key.timesheet_id}")

    @pytest.mark.parametrize("path", ["", "/history"])
    async def test_a_program_that_reads_it_for_somebody(
        self, site: Site, org: Organisation, life: Life, path: str
    ) -> None:
        program = Api(site).program(org, org.roland)
        for _ in range(2):
            assert (await program.get(f"/resources/timesheets/{life.key.timesheet_id}{path}")).status_code == 200

        (look,) = looks(site, org)
        assert (look.by, look.role) == (org.roland, "SUPERVISOR")

    async def test_another_token_is_another_sitting(self, site: Site, org: Organisation, life: Life) -> None:
        for _ in range(2):
            await Api(site).program(org, org.roland).get(f"/resources/timesheets/{life.key.timesheet_id}")

        assert len(looks(site, org)) == 2

    async def test_whoever_stands_in_looks_for_who_is_away(
        self, site: Site, org: Organisation, life: Life, engine: Engine
    ) -> None:
        stand_in(engine, org, org.roland, org.max)

        await site.browser(org, org.max).page(opened(life))

        (look,) = looks(site, org)
        assert (look.by, look.role) == (org.max, "SUPERVISOR")
        assert (look.agent, look.for_whom) == (site.staff_id(org, org.max), site.staff_id(org, org.roland))

    async def test_an_administrator_who_acts_for_somebody(self, site: Site, org: Organisation, life: Life) -> None:
        suzanne = await site.acting(org, org.roland)

        await suzanne.page(opened(life))

        (look,) = looks(site, org)
        assert (look.by, look.role) == (org.suzanne, "ADMINISTRATOR")
        assert (look.agent, look.for_whom) == (site.staff_id(org, org.suzanne), site.staff_id(org, org.roland))

    async def test_an_auditor_looks_in_no_role_of_the_domain(self, site: Site, org: Organisation, life: Life) -> None:
        await site.browser(org, org.diana).page(f"/history/{life.key.timesheet_id}")

        (look,) = looks(site, org)
        assert (look.by, look.role) == (org.diana, None)

    async def test_the_lead_of_a_project_who_opens_a_summary(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        names = await asyncio.to_thread(_led, site, org, "")
        roland = site.browser(org, org.roland)
        page = f"/projects/{DOGS}/summary/{names['summary_id']}"

        for address in (page, f"{page}/export.csv", page):
            assert (await roland.get(address)).status_code == 200
        program = Api(site).program(org, org.suzanne)
        assert (await program.get(f"/resources/summaries/{names['summary_id']}")).status_code == 200

        found = looks(site, org)
        assert [(look.by, look.role) for look in found] == [
            (org.roland, "PROJECT_LEAD"),
            (org.suzanne, "ADMINISTRATOR"),
        ]
        assert {look.saw for look in found} == {f"summary-{names['summary_id']}"}


class TestWhoDoesNot:
    async def test_nobody_is_recorded_who_looks_at_their_own(self, site: Site, org: Organisation, life: Life) -> None:
        duane, program = site.browser(org, org.duane), Api(site).program(org, org.duane)
        for address in (f"/history/{life.key.timesheet_id}", f"/week/{MONDAY}", site.week(org, org.duane)):
            await duane.follow(await duane.get(address)) if address.startswith("/week") else await duane.page(address)
        await program.get(f"/resources/timesheets/{life.key.timesheet_id}")

        assert looks(site, org) == []

    async def test_the_owner_does_not_either_who_is_an_administrator_too(
        self, site: Site, org: Organisation, life: Life, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, org, org.duane, "administrator")

        await site.browser(org, org.duane).page(f"/history/{life.key.timesheet_id}")

        assert looks(site, org) == []

    async def test_whoever_may_not_see_it_leaves_nothing(
        self, site: Site, org: Organisation, life: Life, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        for whose, who in ((org, org.max), (other, other.suzanne), (other, other.diana)):
            answer = await site.browser(whose, who).get(f"/history/{life.key.timesheet_id}")
            assert answer.status_code == 404

        assert looks(site, org) == looks(site, other) == []

    @pytest.mark.parametrize(
        "says", [{REFRESH_HEADER: "1"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}]
    )
    async def test_a_page_that_nobody_asked_for_is_not_looked_at(
        self, site: Site, org: Organisation, life: Life, says: dict[str, str]
    ) -> None:
        assert (await site.browser(org, org.roland).get(opened(life), **says)).status_code == 200

        assert looks(site, org) == []
        assert site.rows(org, LookRow) == []

    async def test_what_a_page_asks_by_itself_records_nothing(self, site: Site, org: Organisation, life: Life) -> None:
        for who in (org.roland, org.diana):
            answer = await site.browser(org, who).get(f"{opened(life)}/standing")
            assert answer.status_code == 200
            assert (await site.browser(org, who).get("/live/counts")).status_code == 200

        assert looks(site, org) == []

    async def test_lists_open_nothing(self, site: Site, org: Organisation, life: Life) -> None:
        roland = site.browser(org, org.roland)
        await roland.page("/inbox")
        await Api(site).program(org, org.roland).get("/resources/timesheets", ownerId=org.duane)

        assert looks(site, org) == []


class TestOnce:
    async def test_a_sitting_says_it_once_and_then_writes_nothing(
        self, site: Site, org: Organisation, life: Life
    ) -> None:
        roland = site.browser(org, org.roland)
        for address in (opened(life), f"/history/{life.key.timesheet_id}", site.week(org, org.duane), opened(life)):
            await roland.page(address)
        with noting(site.services.engine) as asked:
            await roland.page(opened(life))

        assert len(looks(site, org)) == 1
        assert not [statement for statement in asked if "INSERT" in statement or "UPDATE statement" in statement]

    async def test_another_sitting_says_it_again(self, site: Site, org: Organisation, life: Life) -> None:
        for _ in range(2):
            await site.browser(org, org.roland).page(opened(life))

        assert len(looks(site, org)) == 2

    async def test_another_revision_is_something_else(self, site: Site, org: Organisation, life: Life) -> None:
        roland = site.browser(org, org.roland)
        await roland.page(opened(life))
        life.desk.do(life.because(life.duane, "It was Thursday.").move(CommandKind.RECALL))
        await roland.page(f"/history/{life.key.timesheet_id}")

        first, second = looks(site, org)
        assert first.saw == f"timesheet-{life.key.timesheet_id}"
        assert second.saw == f"revision-{life.key.timesheet_id}-2"

    async def test_what_is_shown_in_the_inbox_is_the_revision_that_was_certified(
        self, site: Site, org: Organisation, life: Life
    ) -> None:
        life.desk.do(life.because(life.duane, "It was Thursday.").move(CommandKind.RECALL))

        await site.browser(org, org.roland).page(opened(life))

        assert [look.saw for look in looks(site, org)] == [f"timesheet-{life.key.timesheet_id}"]

    async def test_many_at_once_say_it_once(self, site: Site, org: Organisation, life: Life) -> None:
        roland = site.browser(org, org.roland)

        answers = await asyncio.gather(*(roland.get(f"/history/{life.key.timesheet_id}") for _ in range(8)))

        assert {answer.status_code for answer in answers} == {200}
        assert len(looks(site, org)) == 1

    async def test_a_changed_role_in_the_same_sitting_says_nothing_new(
        self, site: Site, org: Organisation, life: Life, owner_engine: Engine
    ) -> None:
        roland = site.browser(org, org.roland)
        await roland.page(f"/history/{life.key.timesheet_id}")
        give_role(owner_engine, org, org.roland, "administrator")
        change_person(owner_engine, org.duane, supervisor_id=org.alex)
        await roland.page(f"/history/{life.key.timesheet_id}")

        (look,) = looks(site, org)
        assert look.role == "SUPERVISOR"

    async def test_has_viewed_knows_who_which_and_what(self, site: Site, org: Organisation, life: Life) -> None:
        await site.browser(org, org.roland).page(opened(life))

        sheet = life.key.timesheet_id
        with read_session(site.engine, org.tenant_id) as session:
            assert has_viewed(session, org.roland, sheet, 1)
            assert not has_viewed(session, org.roland, sheet, 2)
            assert not has_viewed(session, org.roland, sheet, 11)
            assert not has_viewed(session, org.suzanne, sheet, 1)
            assert not has_viewed(session, org.roland, org.key(org.max).timesheet_id, 1)


class TestWithTheDecision:
    async def test_it_is_said_that_whoever_decided_had_opened_it(
        self, site: Site, org: Organisation, life: Life
    ) -> None:
        roland = site.browser(org, org.roland)
        await roland.page(opened(life))
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))

        assert "Decided after viewing revision 1 at " in (await roland.page(opened(life))).main.text
        acts = await self.decisions(site, org, life)
        assert [each["viewedRevision"] for each in acts] == [1]
        assert acts[0]["viewedAt"] < acts[0]["at"]

    async def test_it_is_said_that_they_had_not(self, site: Site, org: Organisation, life: Life) -> None:
        await site.browser(org, org.suzanne).page(opened(life))
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))

        assert "Decided without opening it" in (await site.browser(org, org.roland).page(opened(life))).main.text
        assert [(each["viewedAt"], each["viewedRevision"]) for each in await self.decisions(site, org, life)] == [
            (None, None)
        ]

    async def test_what_they_opened_afterwards_does_not_count(self, site: Site, org: Organisation, life: Life) -> None:
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))
        roland = site.browser(org, org.roland)
        await roland.page(opened(life))

        assert "Decided without opening it" in (await roland.page(opened(life))).main.text

    async def test_a_former_revision_is_named_beside_the_one_that_was_decided_on(
        self, site: Site, org: Organisation, life: Life
    ) -> None:
        roland = site.browser(org, org.roland)
        await roland.page(opened(life))
        life.desk.do(life.because(life.duane, "It was Thursday.").move(CommandKind.RECALL))
        life.desk.do(life.duane.submit(life.desk.digest(life.key)))
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))

        text_ = (await roland.page(opened(life))).main.text
        assert "Decided after viewing revision 1 at " in text_
        assert ", not revision 2" in text_

    async def test_of_what_was_decided_before_views_were_recorded_nothing_is_said(
        self, site: Site, org: Organisation, life: Life, owner_engine: Engine
    ) -> None:
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))
        with owner_engine.begin() as connection:
            connection.execute(
                text("UPDATE decision SET views_recorded = false WHERE tenant_id = :id"), {"id": org.tenant_id}
            )

        page = (await site.browser(org, org.roland).page(opened(life))).main.text
        assert "Approved by Roland Fuller" in page
        assert "opening it" not in page

    @staticmethod
    async def decisions(site: Site, org: Organisation, life: Life) -> list[Any]:
        program = Api(site).program(org, org.suzanne)
        found = (await program.get(f"/resources/timesheets/{life.key.timesheet_id}/history")).json()["items"]
        return [each for each in found if each["kind"] == "approve"]


async def test_the_page_is_shown_when_nothing_can_be_written(
    site: Site, org: Organisation, life: Life, owner_engine: Engine
) -> None:
    roland = site.browser(org, org.roland)
    with owner_engine.begin() as connection:
        connection.execute(text("REVOKE INSERT ON statement FROM countersign_app"))
    try:
        assert "Certified by Duane Barry" in (await roland.page(opened(life))).main.text
    finally:
        with owner_engine.begin() as connection:
            connection.execute(text("GRANT INSERT ON statement TO countersign_app"))

    assert looks(site, org) == []
