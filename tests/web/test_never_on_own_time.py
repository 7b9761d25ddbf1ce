"""Nobody decides on their own time by any door: page, program, bulk, mail, acting for others; under whatever hats."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import Engine, update

from models.messages import SheetKey
from models.rules.transitions import State
from models.tables.delivery import Notification
from models.tables.people import Project
from models.tables.timesheet import Decision
from tests.crowd import delegate
from tests.factories import Organisation, change_person, change_policy, give_role
from tests.web.api.conftest import SHEETS, Api, Program, answered, refused
from tests.web.conftest import OURS, Browser, Site, page_of
from tests.web.test_mail_decisions import link_for

APPROVALS = "/resources/approvals"
WORDS = "Nobody decides on their own time"


@dataclass(frozen=True)
class Duane:
    """Duane, who is above his own supervisor, administers, leads the project, and stands in for everybody."""

    site: Site
    org: Organisation
    key: SheetKey

    @property
    def browser(self) -> Browser:
        return self.site.browser(self.org, self.org.duane)

    @property
    def program(self) -> Program:
        return Api(self.site).program(self.org, self.org.duane)

    @property
    def digest(self) -> str:
        return self.site.digest(self.key)

    @property
    def colleagues(self) -> list[str]:
        """The staff ids of those in whose name he might try."""
        org = self.org
        return [self.site.staff_id(org, each) for each in (org.roland, org.alex, org.suzanne)]

    def decisions(self) -> list[Decision]:
        return self.site.rows(self.org, Decision)

    def state(self) -> State:
        sheet = self.site.sheet(self.key)
        assert sheet is not None
        return State(sheet.state)


async def _with_every_hat(site: Site, org: Organisation, owner_engine: Engine, state: State) -> Duane:
    key = await site.bring_to(org, state)
    for role in ("supervisor", "project_lead", "administrator"):
        give_role(owner_engine, org, org.duane, role)
    change_person(owner_engine, org.alex, supervisor_id=org.duane)
    for delegator in (org.roland, org.alex, org.suzanne):
        delegate(owner_engine, org, delegator, org.duane)
    with owner_engine.begin() as connection:
        leads = update(Project).where(Project.tenant_id == org.tenant_id)
        connection.execute(leads.values(lead_id=org.duane))
    change_policy(owner_engine, org, approval_stages=["supervisor", "project_lead"])
    return Duane(site, org, key)


@pytest.fixture
async def duane(site: Site, org: Organisation, owner_engine: Engine) -> Duane:
    """His week waits for a decision."""
    return await _with_every_hat(site, org, owner_engine, State.SUBMITTED)


@pytest.fixture
async def approved(site: Site, org: Organisation, owner_engine: Engine) -> Duane:
    """His week is approved by Roland."""
    return await _with_every_hat(site, org, owner_engine, State.APPROVED)


@pytest.mark.parametrize("move", ["approval", "rejection"])
async def test_by_a_page(duane: Duane, move: str) -> None:
    browser = duane.browser
    address = f"/timesheets/{duane.key.timesheet_id}/{move}"
    page = await browser.page(f"/inbox/{duane.key.timesheet_id}")
    assert not page.offers(address)

    for extra in ({}, {"onBehalfOf": duane.org.roland}, {"on_behalf_of": duane.colleagues[0]}):
        answer = await browser.post_form(address, digest=duane.digest, reason="Fine.", **extra)
        assert WORDS in page_of(answer, 403).alert
    assert (duane.state(), duane.decisions()) == (State.SUBMITTED, [])


@pytest.mark.parametrize("move", ["approval", "rejection"])
async def test_by_a_program(duane: Duane, move: str) -> None:
    path = f"{SHEETS}/{duane.key.timesheet_id}/{move}"
    for name in (None, duane.org.roland, duane.org.alex, duane.org.suzanne):
        body = {"digest": duane.digest, "reason": "Fine.", "onBehalfOf": str(name) if name else None}
        refused(await duane.program.post(path, body), 403, "own_time")
    assert (duane.state(), duane.decisions()) == (State.SUBMITTED, [])


async def test_by_taking_back(approved: Duane) -> None:
    path = f"{SHEETS}/{approved.key.timesheet_id}/approval"
    for name in (None, approved.org.roland, approved.org.suzanne):
        body = {"reason": "Too soon.", "onBehalfOf": str(name) if name else None}
        refused(await approved.program.delete(path, body=body), 403, "own_time")
    answer = await approved.browser.post_form(f"/timesheets/{approved.key.timesheet_id}/take-back", reason="Too soon.")
    assert answer.status_code == 403
    assert approved.state() is State.APPROVED


async def test_by_bulk_as_a_program(duane: Duane) -> None:
    """Beside Max's week, which is his to decide."""
    key = await duane.site.bring_to(duane.org, State.SUBMITTED, duane.org.max)
    own, other = (
        {"timesheetId": str(each.timesheet_id), "digest": duane.site.digest(each), "decision": "approve"}
        for each in (duane.key, key)
    )
    waiting = answered(await duane.program.get(APPROVALS, state="pending"), 200)["items"]
    assert str(duane.key.timesheet_id) not in {each["timesheetId"] for each in waiting}

    rows = answered(await duane.program.post(APPROVALS, {"decisions": [own, other]}), 200)["items"]

    assert [(each["outcome"], each.get("code")) for each in rows] == [("refused", "own_time"), ("done", None)]
    assert (duane.state(), {row.timesheet_id for row in duane.decisions()}) == (State.SUBMITTED, {key.timesheet_id})


async def test_by_bulk_as_a_page(duane: Duane) -> None:
    """Ticked by hand, and by 'all that match'."""
    browser = duane.browser
    ticked = {"pick": f"{duane.key.timesheet_id}:{duane.digest}"}
    for chosen in (ticked, {"all": "yes"}, {"all": "yes", "q": "Duane"}):
        answer = await browser.post_form("/inbox/bulk", **chosen)
        page = await browser.follow(answer)
        forms = [each for each in page.forms if each.fields.get("decision") == "approve" and "bulk" in each.fields]
        if forms:
            sent = await browser.send(forms[0])
            workflow = f"bulk/{sent.headers['Location'].rpartition('/')[2].partition('?')[0]}"
            await duane.site.services.client.get_workflow_handle(workflow).result()
    assert (duane.state(), duane.decisions()) == (State.SUBMITTED, [])


async def test_by_a_link_in_a_mail(duane: Duane) -> None:
    """Neither a link of his own, nor Roland's, in the browser in which he is signed in."""
    browser = duane.browser
    for person in (duane.org.duane, duane.org.roland):
        path = link_for(duane.site, duane.org, person, duane.key)
        page = page_of(await browser.client.get(path))
        assert not page.offers(f"{path}/approval")
        fields = {"csrf": browser.csrf_token, "command_id": str(uuid4()), "reason": "Fine."}
        for verb in ("approval", "rejection"):
            answer = await browser.client.post(f"{path}/{verb}", data=fields, headers={"Origin": OURS})
            assert answer.status_code in (303, 403)
    assert (duane.state(), duane.decisions()) == (State.SUBMITTED, [])


async def test_by_acting_for_each_colleague(duane: Duane) -> None:
    for colleague in duane.colleagues:
        browser = duane.browser
        begun = await browser.post_form("/acting", staff_id=colleague, reason="They are away.")
        assert begun.status_code == 303
        for move in ("approval", "rejection"):
            address = f"/timesheets/{duane.key.timesheet_id}/{move}"
            answer = await browser.post_form(address, digest=duane.digest, reason="Fine.")
            assert WORDS in page_of(answer, 403).alert
    assert (duane.state(), duane.decisions()) == (State.SUBMITTED, [])


async def test_nobody_asks_him(duane: Duane) -> None:
    """Neither a notification nor a count leads him there."""
    inbox = await duane.browser.page("/inbox")

    assert f"/inbox/{duane.key.timesheet_id}" not in {link.partition("?")[0] for link in inbox.links}
    waiting = [row for row in duane.site.rows(duane.org, Notification) if row.kind == "waiting"]
    assert {row.person_id for row in waiting} == {duane.org.roland}
