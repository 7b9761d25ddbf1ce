"""Deciding from the mail: the link shows what was certified, and one form of it decides, once."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import Engine, func, update

from models.database import command_transaction
from models.messages import SheetKey
from models.rules.transitions import CommandKind, State
from models.store.mail_decisions import hash_of, make_link
from models.tables.delivery import MailDecision
from models.tables.timesheet import Decision
from tests.contents import Contents
from tests.desk import Life
from tests.factories import Organisation, change_person, change_policy, make_organisation, take_role
from tests.standing_in import change_delegation, in_days, stand_in
from tests.web.conftest import HTMX, OURS, Site, page_of
from tests.web.reading import Page

EVIL = "<svg/onload=alert(1)>"


@dataclass(frozen=True)
class Mail:
    """What Roland has in his mail about Duane's submitted week."""

    site: Site
    org: Organisation
    owner_engine: Engine
    key: SheetKey
    path: str
    client: AsyncClient

    @property
    def life(self) -> Life:
        return Life(self.site.desk, self.org)

    @property
    def token(self) -> str:
        return self.path.rpartition("/")[2]

    async def look(self, status: int = 200, client: AsyncClient | None = None) -> Page:
        """The page behind the link, in a browser that is signed in nowhere."""
        return page_of(await (client or self.client).get(self.path), status)

    async def send(self, page: Page, verb: str, **typed: str) -> Response:
        """One of the forms of the page, as shown and with what is typed."""
        form = page.form(f"{self.path}/{verb}")
        return await self.client.post(form.action, data=form.fields | typed, headers={"Origin": OURS})

    def state(self) -> State:
        sheet = self.site.sheet(self.key)
        assert sheet is not None
        return State(sheet.state)

    def decisions(self) -> list[tuple[str, object]]:
        return [(row.decision, row.decided_by_id) for row in self.site.rows(self.org, Decision)]

    def used(self) -> bool:
        (row,) = [row for row in self.site.rows(self.org, MailDecision) if row.token_hash == hash_of(self.token)]
        return row.used_at is not None

    def contents(self) -> Contents:
        return self.site.contents(self.org)


def link_for(site: Site, org: Organisation, person_id: object, key: SheetKey, digest: str | None = None) -> str:
    with command_transaction(site.engine, org.tenant_id) as session:
        return f"/mail/{make_link(session, org.tenant_id, person_id, key.timesheet_id, digest or site.digest(key))}"  # type: ignore[arg-type]  # an id


@pytest.fixture
async def mail(site: Site, org: Organisation, owner_engine: Engine) -> Mail:
    key = await site.bring_to(org, State.SUBMITTED)
    return Mail(site, org, owner_engine, key, link_for(site, org, org.roland, key), site.visitor())


async def test_the_link_shows_what_was_certified_and_no_more(mail: Mail) -> None:
    page = await mail.look()

    assert page.heading == "Duane Barry, 16 – 22 November 2026"
    assert "I certify that this is true." in page.text
    assert "Monday 16 November 8.00" in page.text
    assert "Approve as Roland Fuller" in page.text
    assert "washing dog" not in page.text
    assert not any("sign-out" in form.action for form in page.forms)


async def test_approving_decides_as_the_person_whom_the_mail_was_for(mail: Mail) -> None:
    answer = await mail.send(await mail.look(), "approval")

    assert (answer.status_code, answer.headers["Location"]) == (303, mail.path)
    assert mail.state() is State.APPROVED
    assert mail.decisions() == [("approve", mail.org.roland)]
    assert mail.used()
    after = await mail.look()
    assert "Roland Fuller approved the timesheet of Duane Barry" in after.text
    assert not after.offers(f"{mail.path}/approval")


async def test_rejecting_wants_a_reason_and_keeps_the_link_until_there_is_one(mail: Mail) -> None:
    page = await mail.look()

    refused = await mail.send(page, "rejection", reason=" ")
    again = page_of(refused, 400)
    assert "reason" in again.problem("reason").lower()
    assert mail.state() is State.SUBMITTED
    assert not mail.used()
    answer = await mail.send(again, "rejection", reason="It was Tuesday.")

    assert answer.status_code == 303
    assert mail.state() is State.REJECTED
    assert [row.reason for row in mail.site.rows(mail.org, Decision)] == ["It was Tuesday."]


async def test_a_reason_that_is_too_long_stays_in_the_form(mail: Mail) -> None:
    answer = await mail.send(await mail.look(), "rejection", reason="x" * 501)

    page = page_of(answer, 400)
    assert "at most 500 characters" in page.problem("reason")
    assert page.form(f"{mail.path}/rejection").fields["reason"] == "x" * 501


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("rest", ["", "/approval", "/rejection", "?approve=yes"])
async def test_whoever_only_looks_changes_nothing(mail: Mail, method: str, rest: str) -> None:
    before = mail.contents()

    for headers in ({}, HTMX, {"User-Agent": "a mail scanner"}):
        answer = await mail.client.request(method, f"{mail.path}{rest}", headers=headers)
        assert answer.status_code in (200, 303, 405)

    assert mail.contents() == before
    assert mail.state() is State.SUBMITTED


async def test_it_decides_once(mail: Mail) -> None:
    page = await mail.look()
    first = await mail.send(page, "approval")
    second = await mail.send(page, "approval")
    another = await mail.send(page, "rejection", reason="No.", command_id="0192f0c1-2222-7000-8000-000000000001")

    assert [each.status_code for each in (first, second, another)] == [303, 303, 303]
    assert mail.decisions() == [("approve", mail.org.roland)]
    assert mail.state() is State.APPROVED


async def test_of_two_at_once_one_decides(mail: Mail) -> None:
    page = await mail.look()
    other = {"command_id": "0192f0c1-2222-7000-8000-000000000002"}

    answers = await asyncio.gather(
        mail.send(page, "approval"),
        mail.send(page, "approval"),
        mail.send(page, "rejection", reason="No.", **other),
    )

    assert {answer.status_code for answer in answers} <= {303, 409}
    assert len(mail.decisions()) == 1
    assert mail.used()


async def test_what_was_taken_back_is_not_decided_by_a_used_link(mail: Mail) -> None:
    page = await mail.look()
    await mail.send(page, "rejection", reason="No.")
    mail.life.revise()
    mail.life.submit()  # the very same content

    again = await mail.look(410)
    answer = await mail.send(page, "approval", command_id="0192f0c1-2222-7000-8000-000000000003")

    assert "This link was used already" in again.text
    assert answer.status_code == 303
    assert mail.state() is State.SUBMITTED


async def test_an_expired_link_says_so(mail: Mail) -> None:
    page = await mail.look()
    with mail.owner_engine.begin() as connection:
        this = update(MailDecision).where(MailDecision.token_hash == hash_of(mail.token))
        connection.execute(this.values(expires_at=func.now() - timedelta(seconds=1)))

    await mail.send(page, "approval")

    assert "This link has expired" in (await mail.look(410)).text
    assert mail.state() is State.SUBMITTED


async def test_content_that_changed_is_not_decided_on(mail: Mail) -> None:
    page = await mail.look()
    mail.life.reject()
    mail.life.revise()
    mail.life.record("18:00", "19:00")
    mail.life.submit()

    await mail.send(page, "approval")

    assert mail.state() is State.SUBMITTED
    assert "Approve as" not in (await mail.client.get(mail.path)).text


async def test_the_same_content_submitted_after_the_mail_is_not_what_it_told_of(mail: Mail) -> None:
    page = await mail.look()
    mail.life.desk.do(mail.life.because(mail.life.duane, "Once more.").move(CommandKind.RECALL))
    mail.life.submit()

    await mail.send(page, "approval")

    assert "The timesheet has changed since that mail" in (await mail.look(410)).text
    assert mail.state() is State.SUBMITTED


async def test_a_link_for_another_digest_decides_nothing(mail: Mail) -> None:
    path = link_for(mail.site, mail.org, mail.org.roland, mail.key, "0" * 64)

    assert "has changed" in page_of(await mail.client.get(path), 410).text


async def test_what_somebody_else_decided_is_told(mail: Mail) -> None:
    page = await mail.look()
    mail.life.approve()

    answer = await mail.send(page, "rejection", reason="No.")

    assert answer.status_code == 303
    assert "Roland Fuller approved the timesheet of Duane Barry" in (await mail.look()).text
    assert mail.state() is State.APPROVED


@pytest.mark.parametrize("lost", ["role", "active", "policy"])
async def test_who_lost_the_right_lost_the_link(mail: Mail, lost: str) -> None:
    page = await mail.look()
    if lost == "role":
        take_role(mail.owner_engine, mail.org.roland, "supervisor")
    elif lost == "active":
        change_person(mail.owner_engine, mail.org.roland, active=False)
    else:
        change_policy(mail.owner_engine, mail.org, mail_decisions=False)

    answer = await mail.send(page, "approval")

    assert answer.status_code in (303, 404)
    told = page_of(await mail.client.get(mail.path), 404 if lost == "active" else 410).main.text
    assert "8.00" not in told
    assert mail.state() is State.SUBMITTED
    assert mail.decisions() == []


@pytest.mark.parametrize("person", ["Duane Barry", "Max Fenig", "Suzanne Modeski", "Diana Fowley"])
async def test_a_link_lends_nobody_a_right(mail: Mail, person: str) -> None:
    """Neither the owner of the time, nor a colleague, nor an administrator who is not asked."""
    path = link_for(mail.site, mail.org, mail.org.people[person], mail.key)

    page = page_of(await mail.client.get(path), 410)
    answer = await mail.client.post(f"{path}/approval", data={"csrf": "x" * 64}, headers={"Origin": OURS})

    assert "not asked here any more" in page.text
    assert answer.status_code == 403
    assert mail.state() is State.SUBMITTED


@pytest.mark.parametrize("person", ["Duane Barry", "Max Fenig", "Suzanne Modeski", "Diana Fowley", "elsewhere"])
async def test_a_mail_that_was_passed_on_decides_nothing_for_whoever_is_signed_in(mail: Mail, person: str) -> None:
    """Above all not for the owner of the time."""
    at = make_organisation(mail.owner_engine) if person == "elsewhere" else mail.org
    browser = mail.site.browser(at, at.roland if person == "elsewhere" else at.people[person])
    form = (await mail.look()).form(f"{mail.path}/approval")

    page = page_of(await browser.client.get(mail.path), 403)
    browser.client.cookies.update(mail.client.cookies)
    for verb in ("approval", "rejection"):
        fields = form.fields | {"reason": "No."}
        answer = await browser.client.post(f"{mail.path}/{verb}", data=fields, headers={"Origin": OURS})
        assert (answer.status_code, answer.headers["Location"]) == (303, mail.path)

    assert "This link is for somebody else" in page.text
    assert "8.00" not in page.text
    assert "Duane" not in page.text
    assert mail.state() is State.SUBMITTED
    assert not mail.used()
    await mail.client.post(form.action, data=form.fields, headers={"Origin": OURS})
    assert mail.decisions() == [("approve", mail.org.roland)]


async def test_signed_in_as_oneself_one_decides_from_the_mail_as_well(mail: Mail) -> None:
    roland = mail.site.browser(mail.org, mail.org.roland)
    form = page_of(await roland.client.get(mail.path), 200).form(f"{mail.path}/approval")

    await roland.client.post(form.action, data=form.fields, headers={"Origin": OURS})

    assert mail.decisions() == [("approve", mail.org.roland)]


@pytest.mark.parametrize("what", ["revoked", "over"])
async def test_a_delegation_that_ended_while_the_page_was_open_ended_the_link(mail: Mail, what: str) -> None:
    kept = stand_in(mail.site.engine, mail.org, mail.org.roland, mail.org.alex)
    path = link_for(mail.site, mail.org, mail.org.alex, mail.key)
    form = page_of(await mail.client.get(path), 200).form(f"{path}/approval")
    ended = {"revoked_at": func.now(), "revoked_by_id": mail.org.roland}
    days = {"from_day": in_days(-9), "to_day": in_days(-3)}
    change_delegation(mail.owner_engine, kept.id, **(ended if what == "revoked" else days))

    await mail.client.post(form.action, data=form.fields, headers={"Origin": OURS})

    assert "not asked here any more" in page_of(await mail.client.get(path), 410).text
    assert mail.decisions() == []
    assert mail.state() is State.SUBMITTED


async def test_only_a_form_of_our_own_page_decides(mail: Mail) -> None:
    page = await mail.look()
    form = page.form(f"{mail.path}/approval")
    other_path = link_for(mail.site, mail.org, mail.org.roland, mail.key)
    stranger = mail.site.visitor()
    foreign = [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": OURS, "Sec-Fetch-Site": "cross-site"},
    ]

    for headers in foreign:
        assert (await mail.client.post(form.action, data=form.fields, headers=headers)).status_code == 403
    for fields in (form.fields | {"csrf": ""}, form.fields | {"csrf": "ab" * 32}):
        assert (await mail.client.post(form.action, data=fields, headers={"Origin": OURS})).status_code == 403
    # A form of another browser, or of another link, is none of this one.
    assert (await stranger.post(form.action, data=form.fields, headers={"Origin": OURS})).status_code == 403
    answer = await mail.client.post(f"{other_path}/approval", data=form.fields, headers={"Origin": OURS})
    assert answer.status_code == 403

    assert mail.state() is State.SUBMITTED
    assert not mail.used()
    # It was these that were in the way.
    assert (await mail.send(page, "approval")).status_code == 303


async def test_a_token_that_nobody_was_sent_leads_nowhere(mail: Mail) -> None:
    for token in ("x", "cs_" + "x" * 43, mail.token[:-1], hash_of(mail.token), "x" * 5_000, "%F0%9F%98%80"):
        answer = await mail.client.get(f"/mail/{token}")
        assert answer.status_code == 404, token
        posted = await mail.client.post(f"/mail/{token}/approval", data={}, headers={"Origin": OURS})
        assert posted.status_code == 404, token


async def test_the_address_is_kept_from_others_and_from_caches(mail: Mail) -> None:
    page = await mail.look()
    answers = [await mail.client.get(mail.path), await mail.send(page, "approval")]

    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert not [link for link in page.links if link.startswith("http")]


async def test_no_name_becomes_anything_but_words(mail: Mail) -> None:
    change_person(mail.owner_engine, mail.org.duane, name=EVIL)

    answer = await mail.client.get(mail.path)

    assert EVIL not in answer.text
    assert page_of(answer).heading.startswith(EVIL)


async def test_another_organisation_is_never_touched(mail: Mail) -> None:
    """A row that names a timesheet of elsewhere finds none, since it is looked for in its own organisation."""
    other = make_organisation(mail.owner_engine)
    before = mail.contents()
    path = link_for(mail.site, mail.org, mail.org.roland, mail.key)
    with mail.owner_engine.begin() as connection:
        this = update(MailDecision).where(MailDecision.token_hash == hash_of(path.rpartition("/")[2]))
        connection.execute(this.values(tenant_id=other.tenant_id))

    assert (await mail.client.get(path)).status_code == 404
    assert (await mail.client.post(f"{path}/approval", data={}, headers={"Origin": OURS})).status_code in (403, 404)

    assert mail.contents() == before


async def test_no_log_shows_the_token(mail: Mail, capfd: pytest.CaptureFixture[str]) -> None:
    with _loud():
        page = await mail.look()
        await mail.send(page, "approval")
        await mail.client.get(f"{mail.path}/nothing")
        metrics = (await mail.client.get("/metrics")).text

    said = capfd.readouterr()
    assert mail.token not in said.out + said.err + metrics
    assert "/mail/{token}" in metrics


@contextmanager
def _loud() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(before)
