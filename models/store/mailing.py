"""The mails of notices on their way: claimed before anybody talks to the mail server, so that each is sent at most
once.

Times are the database's, so that all processes agree.
"""

import re
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update

from models.database import WriteSession
from models.messages import MailKey, MailOutcome, MailResult
from models.reads.owed import facts_if_owed, is_asked
from models.rules.letters import Letter
from models.rules.notice_words import words_of
from models.rules.notices import DECIDABLE, MailState, NoticeKind
from models.store.mail_decisions import make_link
from models.tables.delivery import Notification
from models.tables.people import Person, Tenant, TenantPolicy
from models.tables.timesheet import Timesheet

TRIED_FOR = timedelta(days=3)
"""A mail that no server takes is given up so long after it was due."""

LOST_AFTER = timedelta(hours=1)
"""A mail that somebody began to send so long ago, and said nothing since: whether it arrived is not known."""

LONGEST_PAUSE = timedelta(hours=6)
"""Between two attempts."""

BEGUN_AT_ONCE = 500
"""Of one organisation: the others wait for the next round."""

LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)

NO_SERVER = "No mail server is set up."
NOT_KNOWN = "It is not known whether it arrived, so it was not sent again."
NOT_OWED = "It was not owed any more when it was to be sent."
NO_ADDRESS = "There is no mail address that could be used."


def claim_mail(session: WriteSession, key: MailKey) -> Letter | None:
    """Take a mail to send it, which nobody else can then; None when there is nothing (any more) to send.

    What nobody owes any more is dropped, and so is what has nowhere to go.
    """
    notice = session.get(Notification, key.notification_id, with_for_update=True)
    if notice is None or notice.mail != MailState.WAITING:
        return None
    person = session.get_one(Person, notice.person_id)
    address = (person.email or "").strip()
    if not usable(address):
        _drop(notice, NO_ADDRESS)
        return None
    facts = facts_if_owed(session, notice, person) if person.active else None
    if facts is None:
        _drop(notice, NOT_OWED)
        return None
    notice.mail, notice.mail_tried_at, notice.mail_error = MailState.SENDING, func.now(), None
    organisation = session.get_one(Tenant, notice.tenant_id).name
    words = words_of(NoticeKind(notice.kind), facts)
    return Letter(notice.id, organisation, person.name, address, words, _decision_link(session, notice))


def note_result(session: WriteSession, key: MailKey, result: MailResult) -> bool:
    """Write down what came of an attempt; whether there is to be another one."""
    notice = session.get(Notification, key.notification_id, with_for_update=True)
    if notice is None or notice.mail != MailState.SENDING:
        return False
    match result.outcome:
        case MailOutcome.SENT:
            notice.mail = MailState.SENT
        case MailOutcome.REFUSED:
            notice.mail, notice.mail_error = _again_or_never(session, notice), result.words
        case MailOutcome.UNKNOWN:
            notice.mail, notice.mail_error = MailState.FAILED, NOT_KNOWN
    return notice.mail == MailState.WAITING


def mails_to_begin(session: WriteSession) -> list[UUID]:
    """Mails that wait, and that nobody has tried for longer than any pause."""
    forgotten = or_(
        Notification.mail_tried_at.is_(None), Notification.mail_tried_at < func.now() - LONGEST_PAUSE - LOST_AFTER
    )
    waiting = select(Notification.id).where(Notification.mail == MailState.WAITING, forgotten)
    return list(session.scalars(waiting.order_by(Notification.created_at).limit(BEGUN_AT_ONCE)))


def give_up_lost_mails(session: WriteSession) -> int:
    """Say of every mail whose sender died that it is not known whether it arrived; how many there were."""
    lost = update(Notification).where(
        Notification.mail == MailState.SENDING, Notification.mail_tried_at < func.now() - LOST_AFTER
    )
    values = {"mail": MailState.FAILED, "mail_error": NOT_KNOWN}
    return len(session.scalars(lost.values(values).returning(Notification.id)).all())


def give_up_all_mails(session: WriteSession) -> int:
    """Where no mail server is set up nothing waits for one: the pages show what was to come by mail alone."""
    waiting = update(Notification).where(Notification.mail == MailState.WAITING)
    values = {"mail": MailState.NONE, "mail_error": NO_SERVER, "in_app": True}
    return len(session.scalars(waiting.values(values).returning(Notification.id)).all())


def usable(address: str) -> bool:
    """Whether mail can be sent to an address as it stands in the directory."""
    return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def _drop(notice: Notification, why: str) -> None:
    notice.mail, notice.mail_error = MailState.NONE, why


def _again_or_never(session: WriteSession, notice: Notification) -> MailState:
    in_time = select(func.now() < notice.created_at + TRIED_FOR)
    return MailState.WAITING if session.scalar(in_time) else MailState.FAILED


def _decision_link(session: WriteSession, notice: Notification) -> str | None:
    """A token for whoever may decide on what the notice tells of, where that may be done from mail."""
    digest, sheet_id = notice.data.get("digest"), notice.timesheet_id
    if NoticeKind(notice.kind) not in DECIDABLE or not digest or sheet_id is None:
        return None
    allowed = session.scalar(select(TenantPolicy.mail_decisions).where(TenantPolicy.tenant_id == notice.tenant_id))
    owner_id = session.get_one(Timesheet, sheet_id).owner_id
    if not allowed or not is_asked(session, sheet_id, owner_id, notice.person_id):
        return None
    return make_link(session, notice.tenant_id, notice.person_id, sheet_id, digest)
