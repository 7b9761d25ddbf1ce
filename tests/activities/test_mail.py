"""Mails of notices: what they say, to whom they still go, and that each is sent at most once."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, update
from temporalio.testing import ActivityEnvironment

from activities.mail import MailActivities
from mail.address import MailServer
from mail.composing import Letterhead
from models.database import command_transaction
from models.messages import MailKey, MailOutcome, MailReport, MailResult
from models.rules.notices import MailState, NoticeKind
from models.store.mailing import (
    LOST_AFTER,
    NO_ADDRESS,
    NO_SERVER,
    NOT_KNOWN,
    NOT_OWED,
    TRIED_FOR,
    give_up_all_mails,
    give_up_lost_mails,
    mails_to_begin,
)
from models.tables.delivery import MailDecision, Notification
from models.tables.timesheet import Timesheet
from tests.desk import Life
from tests.factories import MONDAY, change_person, change_policy, make_organisation, take_role, worked
from tests.mailbox import CUT_OFF, Mailbox, give_address, mail_server, parts_of, tell

HEAD = Letterhead("Countersign <countersign@example.org>", "https://time.example.org/")
USUAL_HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Unsubscribe",
)
EVIL = "<svg/onload=alert(1)>"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@dataclass(frozen=True)
class Post:
    """Duane's week, a mail server, and what carries mail between them."""

    life: Life
    box: Mailbox
    owner_engine: Engine

    def carrier(self, server: MailServer | None = None) -> MailActivities:
        return MailActivities(self.life.desk.engine, server or self.box.server, HEAD)

    async def send(self, key: MailKey, server: MailServer | None = None) -> MailResult:
        """One attempt, only handed over."""
        return await ActivityEnvironment().run(self.carrier(server).send_mail, key)

    async def deliver(self, key: MailKey, server: MailServer | None = None) -> bool:
        """One attempt as the workflow makes it; whether there is to be another."""
        result = await self.send(key, server)
        if result.outcome is MailOutcome.NOTHING:
            return False
        return await ActivityEnvironment().run(self.carrier().note_mail, MailReport(key, result))

    async def delivered(self, key: MailKey) -> EmailMessage:
        """The one letter that comes of it."""
        before = len(self.box.letters)
        assert not await self.deliver(key)
        (letter,) = self.box.letters[before:]
        assert self.state(key) == (MailState.SENT, None)
        return letter

    async def dropped(self, key: MailKey) -> str | None:
        """Why nothing comes of it."""
        assert not await self.deliver(key)
        assert self.box.letters == []
        state, why = self.state(key)
        assert state == MailState.NONE
        return why

    def state(self, key: MailKey) -> tuple[str, str | None]:
        """How far a mail is, and why no further."""
        row = self.notice(key)
        return row.mail, row.mail_error

    def notice(self, key: MailKey) -> Notification:
        (row,) = [row for row in self.life.desk.rows(key.tenant_id, Notification) if row.id == key.notification_id]
        return row

    def age(self, key: MailKey, **moments: timedelta) -> None:
        """Let what happened to a mail have happened so long ago."""
        with self.owner_engine.begin() as connection:
            values = {name: func.now() - ago for name, ago in moments.items()}
            connection.execute(update(Notification).where(Notification.id == key.notification_id).values(values))

    def waiting_for_roland(self, kind: NoticeKind = NoticeKind.NUDGE) -> MailKey:
        """Duane's week is submitted, and Roland is told."""
        self.submit()
        return self.tell_of_submission(self.life.org.roland, kind)

    def tell_of_submission(self, person_id: UUID, kind: NoticeKind = NoticeKind.NUDGE) -> MailKey:
        sheet = self.sheet()
        data = {"ownerId": str(sheet.owner_id), "submissionId": str(sheet.submission_id)}
        digest = self.life.desk.digest(self.life.key)
        return tell(self.life.desk, self.life.org, person_id, kind, sheet.id, digest=digest, **data)

    def sheet(self) -> Timesheet:
        (sheet,) = self.life.desk.rows(self.life.org.tenant_id, Timesheet)
        return sheet

    def submit(self) -> None:
        self.life.record()
        self.life.submit()


@pytest.fixture
def post(life: Life, box: Mailbox, owner_engine: Engine) -> Post:
    for person in (life.org.duane, life.org.roland, life.org.suzanne):
        give_address(owner_engine, life.org, person)
    return Post(life, box, owner_engine)


async def test_a_letter_is_text_and_html_and_says_where_it_comes_from(post: Post) -> None:
    key = post.waiting_for_roland()

    letter = await post.delivered(key)

    plain, html = parts_of(letter)
    assert letter.get_content_type() == "multipart/alternative"
    assert letter["Subject"] == "Duane Barry's timesheet of 16 – 22 November 2026 still waits for you"
    assert letter["From"] == "Countersign <countersign@example.org>"
    assert letter["To"] == f"Roland Fuller <{post.box.recipients[0]}>"
    assert letter["Message-ID"] == f"<{key.notification_id}@time.example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<https://time.example.org/notifications/settings>"
    for said in (plain, html):
        assert "Nobody has decided on it yet." in said
        assert f"https://time.example.org/inbox/{post.sheet().id}" in said
        assert "https://time.example.org/mail/cs_" in said
    assert "<img" not in html
    assert "http:" not in html


async def test_the_token_in_a_letter_is_stored_as_a_hash_only(post: Post) -> None:
    letter = await post.delivered(post.waiting_for_roland())

    (stored,) = post.life.desk.rows(post.life.org.tenant_id, MailDecision)
    assert stored.token_hash not in letter.as_string()
    assert (stored.person_id, stored.used_at) == (post.life.org.roland, None)
    assert stored.expires_at - stored.created_at == timedelta(days=7)


async def test_only_who_may_decide_gets_a_link_to_decide(post: Post) -> None:
    post.submit()
    for_duane = post.tell_of_submission(post.life.org.duane, NoticeKind.ESCALATED)
    await post.delivered(for_duane)
    change_policy(post.owner_engine, post.life.org, mail_decisions=False)
    letter = await post.delivered(post.tell_of_submission(post.life.org.roland))

    assert "/mail/" not in "".join(parts_of(letter))
    assert post.life.desk.rows(post.life.org.tenant_id, MailDecision) == []


@pytest.mark.parametrize(
    "name",
    [
        "Roland\r\nBcc: everybody@example.org",
        "Roland\nSubject: You have won",
        "Roland\u2028\x00\x07 Fuller",
        "R" * 10_000,
        'Roland "the" Fuller, <somebody@example.org>;',
        EVIL,
        "{{ 7 * 7 }} {% include 'x' %}",
    ],
)
async def test_no_name_becomes_anything_but_words(post: Post, name: str) -> None:
    owner, recipient = post.life.org.duane, post.life.org.roland
    key = post.waiting_for_roland()
    for person in (owner, recipient):
        change_person(post.owner_engine, person, name=name.replace("\x00", ""))

    letter = await post.delivered(key)

    plain, html = parts_of(letter)
    assert sorted(letter.keys()) == sorted([*USUAL_HEADERS, "MIME-Version", "Content-Type"])
    assert len(letter.get_all("To", [])) == len(letter["To"].addresses) == len(post.box.recipients) == 1
    assert "\n" not in str(letter["Subject"])
    assert len(str(letter["Subject"])) <= 150
    assert EVIL not in html
    assert "49" not in plain.replace(str(post.sheet().id), "").split("https")[0]
    assert len(plain) < 2_000


async def test_a_reason_that_somebody_typed_is_words_as_well(post: Post) -> None:
    post.life.record()
    post.life.submit()
    outcome = post.life.reject(f"{EVIL}\r\nBcc: x@example.org")
    assert outcome.snapshot.state == "rejected"
    sheet = post.sheet()
    key = tell(
        post.life.desk,
        post.life.org,
        post.life.org.duane,
        NoticeKind.REJECTED,
        sheet.id,
        byId=str(post.life.org.roland),
        decisionId=str(sheet.decision_id),
    )

    letter = await post.delivered(key)

    plain, html = parts_of(letter)
    assert letter["Bcc"] is None
    assert EVIL not in html
    assert "&lt;svg/onload" in html
    assert f"rejected it: {EVIL}" in plain


async def test_nobody_gets_two_however_many_try(post: Post) -> None:
    key = post.waiting_for_roland()

    results = await asyncio.gather(*(post.send(key) for _ in range(4)))

    assert sorted(each.outcome for each in results) == [MailOutcome.NOTHING] * 3 + [MailOutcome.SENT]
    assert len(post.box.letters) == 1


async def test_what_was_refused_is_tried_again_and_arrives_once(post: Post) -> None:
    key = post.waiting_for_roland()
    post.box.answers.append("451 Try later")

    assert await post.deliver(key)
    assert post.state(key) == (MailState.WAITING, "The mail server refused it (451).")
    assert not await post.deliver(key)

    assert post.state(key) == (MailState.SENT, None)
    assert len(post.box.letters) == 1


async def test_a_server_that_is_away_takes_nothing_and_is_tried_again(post: Post) -> None:
    key = post.waiting_for_roland()
    with mail_server() as gone:
        away = gone.server

    assert await post.deliver(key, away)

    assert post.state(key)[0] == MailState.WAITING
    assert "could not be reached" in (post.state(key)[1] or "")
    await post.delivered(key)


async def test_after_three_days_of_refusals_it_is_given_up_with_the_reason(post: Post) -> None:
    key = post.waiting_for_roland()
    post.age(key, created_at=TRIED_FOR + timedelta(minutes=1))
    post.box.answers.append("550 No such user")

    assert not await post.deliver(key)

    assert post.state(key) == (MailState.FAILED, "The mail server refused it (550).")


async def test_a_worker_that_dies_after_its_claim_leaves_a_mail_that_nobody_sends_again(post: Post) -> None:
    key = post.waiting_for_roland()
    assert post.carrier()._claim(key) is not None  # and then it dies

    assert not await post.deliver(key)
    assert post.box.letters == []
    assert post.state(key)[0] == MailState.SENDING
    with command_transaction(post.life.desk.engine, key.tenant_id) as session:
        assert give_up_lost_mails(session) == 0
    post.age(key, mail_tried_at=LOST_AFTER + timedelta(minutes=1))
    with command_transaction(post.life.desk.engine, key.tenant_id) as session:
        assert give_up_lost_mails(session) == 1

    assert post.state(key) == (MailState.FAILED, NOT_KNOWN)
    assert not await post.deliver(key)
    assert post.box.letters == []


async def test_a_server_that_is_gone_before_it_answers_may_have_taken_it(post: Post) -> None:
    key = post.waiting_for_roland()
    post.box.answers.append(CUT_OFF)

    assert not await post.deliver(key)

    assert len(post.box.letters) == 1
    assert post.state(key) == (MailState.FAILED, NOT_KNOWN)
    assert not await post.deliver(key)
    assert len(post.box.letters) == 1


async def test_a_late_report_changes_nothing_that_is_settled(post: Post) -> None:
    key = post.waiting_for_roland()
    await post.delivered(key)
    late = MailReport(key, MailResult(MailOutcome.REFUSED, "The mail server refused it (451)."))

    assert not await ActivityEnvironment().run(post.carrier().note_mail, late)

    assert post.state(key) == (MailState.SENT, None)


async def test_what_was_decided_meanwhile_needs_no_nudge(post: Post) -> None:
    key = post.waiting_for_roland()
    post.life.approve()

    assert await post.dropped(key) == NOT_OWED


async def test_a_later_submission_is_not_what_was_nudged_for(post: Post) -> None:
    key = post.waiting_for_roland()
    post.life.reject()
    post.life.revise()
    post.life.submit()

    assert await post.dropped(key) == NOT_OWED


async def test_who_is_not_asked_any_more_is_not_nudged(post: Post) -> None:
    key = post.waiting_for_roland()
    take_role(post.owner_engine, post.life.org.roland, "supervisor")

    assert await post.dropped(key) == NOT_OWED


async def test_who_has_submitted_is_not_reminded_to(post: Post) -> None:
    post.life.record()
    key = tell(post.life.desk, post.life.org, post.life.org.duane, NoticeKind.SUBMIT_REMINDER, post.sheet().id)
    post.life.submit()

    assert await post.dropped(key) == NOT_OWED


async def test_who_has_not_submitted_is_reminded_to(post: Post) -> None:
    post.life.record()
    key = tell(post.life.desk, post.life.org, post.life.org.duane, NoticeKind.SUBMIT_REMINDER, post.sheet().id)

    letter = await post.delivered(key)

    assert letter["Subject"] == "Your timesheet of 16 – 22 November 2026 is not submitted yet"
    assert f"https://time.example.org/week/{MONDAY}" in parts_of(letter)[0]


async def test_only_days_that_still_have_no_entry_are_reminded_of(post: Post) -> None:
    tuesday = MONDAY + timedelta(days=1)
    days = [MONDAY.isoformat(), tuesday.isoformat()]
    first, second = (
        tell(post.life.desk, post.life.org, post.life.org.duane, NoticeKind.RECORD_REMINDER, days=days)
        for _ in range(2)
    )
    post.life.record()

    letter = await post.delivered(first)
    post.box.letters.clear()
    post.life.desk.do(post.life.duane.record(worked("09:00", "17:00", tuesday)))

    assert letter["Subject"] == "Nothing is recorded yet for Tuesday 17 November"
    assert await post.dropped(second) == NOT_OWED


async def test_nobody_who_is_gone_gets_mail(post: Post) -> None:
    key = post.waiting_for_roland()
    change_person(post.owner_engine, post.life.org.roland, active=False)

    assert await post.dropped(key) == NOT_OWED


@pytest.mark.parametrize(
    "address",
    [None, "", "nobody", "a@b\r\nBcc: c@example.org", "a@b, c@d", "<a@b>", "a b@c", f"{'a' * 300}@b", "ü@example.org"],
)
async def test_what_is_no_address_is_not_written_to(post: Post, address: str | None) -> None:
    key = post.waiting_for_roland()
    change_person(post.owner_engine, post.life.org.roland, email=address)

    assert await post.dropped(key) == NO_ADDRESS


async def test_the_key_of_another_organisation_leads_to_nothing(post: Post) -> None:
    key = post.waiting_for_roland()
    other = make_organisation(post.owner_engine)

    assert not await post.deliver(MailKey(other.tenant_id, key.notification_id))
    assert not await post.deliver(MailKey(key.tenant_id, uuid4()))

    assert post.box.letters == []
    assert post.state(key)[0] == MailState.WAITING


async def test_without_a_mail_server_nothing_is_claimed_and_the_pages_show_it(post: Post) -> None:
    key = post.waiting_for_roland()
    silent = MailActivities(post.life.desk.engine, None, HEAD)

    assert (await ActivityEnvironment().run(silent.send_mail, key)).outcome is MailOutcome.NOTHING
    with command_transaction(post.life.desk.engine, key.tenant_id) as session:
        assert give_up_all_mails(session) == 1

    assert post.state(key) == (MailState.NONE, NO_SERVER)
    assert post.notice(key).in_app


async def test_only_mails_that_nobody_is_at_are_begun(post: Post) -> None:
    key = post.waiting_for_roland()

    def begun() -> list[UUID]:
        with command_transaction(post.life.desk.engine, key.tenant_id) as session:
            return mails_to_begin(session)

    assert begun() == [key.notification_id]
    post.box.answers.append("451 Try later")
    await post.deliver(key)
    assert begun() == []
    post.age(key, mail_tried_at=timedelta(hours=8))
    assert begun() == [key.notification_id]
    await post.delivered(key)
    assert begun() == []
