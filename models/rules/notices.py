"""What people are told, and how each kind of it reaches them unless they want it otherwise."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class NoticeKind(StrEnum):
    """What somebody is told."""

    RECORD_REMINDER = "record_reminder"
    SUBMIT_REMINDER = "submit_reminder"
    NOT_SUBMITTED = "not_submitted"
    WAITING = "waiting"
    NUDGE = "nudge"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    TAKEN_BACK = "taken_back"
    DELEGATION_BEGINS = "delegation_begins"
    DELEGATION_ENDS = "delegation_ends"
    ACTED_FOR = "acted_for"
    ACT_DISPUTED = "act_disputed"


class MailState(StrEnum):
    """How far the mail of a notice is."""

    NONE = "none"
    WAITING = "waiting"
    SENDING = "sending"
    """A worker talks to the mail server, or died while it did: nobody sends it again."""
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ways:
    """How one kind of notice reaches a person: on the pages, by mail, both or not at all."""

    in_app: bool
    mail: bool


EVERY_WAY = Ways(in_app=True, mail=True)
QUIETLY = Ways(in_app=True, mail=False)

DEFAULTS: dict[NoticeKind, Ways] = {
    NoticeKind.RECORD_REMINDER: EVERY_WAY,
    NoticeKind.SUBMIT_REMINDER: EVERY_WAY,
    NoticeKind.NOT_SUBMITTED: QUIETLY,
    NoticeKind.WAITING: QUIETLY,
    NoticeKind.NUDGE: EVERY_WAY,
    NoticeKind.ESCALATED: EVERY_WAY,
    NoticeKind.APPROVED: QUIETLY,
    NoticeKind.REJECTED: EVERY_WAY,
    NoticeKind.TAKEN_BACK: EVERY_WAY,
    NoticeKind.DELEGATION_BEGINS: EVERY_WAY,
    NoticeKind.DELEGATION_ENDS: EVERY_WAY,
    NoticeKind.ACTED_FOR: EVERY_WAY,
    NoticeKind.ACT_DISPUTED: EVERY_WAY,
}
"""As is usual for each kind; a person may have it otherwise."""


def waiting_reason(submission_id: UUID, since: datetime, stage: str) -> str:
    """Why approvers are told that a submission waits, from when it began to: what was taken back waits anew."""
    return f"{submission_id}/{since.isoformat()}/{stage}"


DECIDABLE = frozenset({NoticeKind.WAITING, NoticeKind.NUDGE, NoticeKind.ESCALATED})
"""Tell an approver that a submission waits for them, as long as it does."""

UNSUBMITTED = frozenset({NoticeKind.SUBMIT_REMINDER, NoticeKind.NOT_SUBMITTED})
"""Are about a timesheet that its owner still has to certify."""

SETTLES: dict[NoticeKind, frozenset[NoticeKind]] = {
    NoticeKind.WAITING: UNSUBMITTED,
    NoticeKind.APPROVED: DECIDABLE,
    NoticeKind.REJECTED: DECIDABLE,
}
"""What one notice about a timesheet has done with: those need not be read any more."""
