"""Recording who looked at what, and knowing who has looked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.commands import made_by
from models.database import WriteSession
from models.rules.prov_domain import ProvRole
from models.rules.statements import Agent, about_view, sheet_view_id, view_id
from models.rules.viewing import page_id
from models.store.ledger import NAMESPACE, SaidBy, state

OF_A_DRAFT = "-draft"
"""Ends the id of a View of what was not certified yet: certified, it has to be opened again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A timesheet or a summary that somebody looks at, and as what."""

    seen_id: UUID
    revision: int | None
    """Of a timesheet; None: a summary, of which there is only one."""
    seen: str
    """The external id of its activity."""
    viewer: Agent
    role: ProvRole | None
    acts_for: Agent | None = None
    about_id: UUID | None = None
    """Whose time it is; None: that of several people."""
    is_draft: bool = False
    """It is not certified yet, so that what is seen of it is not what will be decided on."""

    def activity(self, sitting: str) -> str:
        """The external id of its View."""
        if self.revision is None:
            return view_id(self.seen_id, sitting)
        return sheet_view_id(self.seen_id, self.revision, f"{sitting}{OF_A_DRAFT}" if self.is_draft else sitting)


@dataclass(frozen=True, slots=True)
class Looker:
    """Who sits in front of it."""

    tenant_id: UUID
    person_id: UUID
    agent: Agent
    sitting: str


def record_opened(session: WriteSession, by: Looker, opened: Iterable[Opened], at: datetime) -> None:
    """Record what somebody has opened of timesheets and summaries, each once in a sitting."""
    for each in opened:
        activity = each.activity(by.sitting)
        said_by = _said_by(by, each.seen_id, activity, each.about_id)
        record_view(session, said_by, each.viewer, each.role, activity, at, (each.seen,), each.acts_for)


def record_page(session: WriteSession, by: Looker, address: str, at: datetime) -> UUID:
    """Record that somebody has opened a page, by its address, once in a sitting; the transaction that says it."""
    page = page_id(by.tenant_id, address)
    activity = view_id(page, by.sitting)
    said_by = _said_by(by, page, activity)
    record_view(session, said_by, by.agent, None, activity, at, page=address)
    return said_by.transaction_id


def record_view(
    session: WriteSession,
    by: SaidBy,
    viewer: Agent,
    role: ProvRole | None,
    activity: str,
    at: datetime,
    acts_on: Sequence[str] = (),
    acts_for: Agent | None = None,
    page: str | None = None,
) -> bool:
    """Record that somebody looked, and as what; whether that was new.

    `activity` is the id of the View, by which one sitting says it once, whatever else has changed since.
    """
    if is_recorded(session, activity):
        return False
    return state(session, by, about_view(activity, at, acts_on, viewer, role, acts_for, page)) > 0


def is_recorded(session: Session, activity: str) -> bool:
    """Whether the record knows of a View."""
    return bool(session.scalar(_IS_RECORDED, {"namespace": NAMESPACE, "activity": activity}))


def has_viewed(session: Session, person_id: UUID, timesheet_id: UUID, revision: int) -> bool:
    """Whether somebody has opened this revision of a timesheet themselves since it was certified, in whatever role."""
    first = sheet_view_id(timesheet_id, revision, "")
    asked = {"namespace": NAMESPACE, "person": person_id, "first": first, "after": f"{first[:-1]}."}
    return bool(session.scalar(_HAS_VIEWED, asked))


def _said_by(by: Looker, seen_id: UUID, activity: str, about_id: UUID | None = None) -> SaidBy:
    return SaidBy(by.tenant_id, made_by(by.tenant_id, seen_id, activity), by.person_id, about_id)


_IS_RECORDED = text(
    """
    SELECT EXISTS (SELECT FROM statement
                   WHERE namespace = :namespace AND subject = :activity AND kind = 'define' AND type = 'View')
    """
)

# Ids are in the order of their bytes: after every "-…" of a revision comes its ".".
_HAS_VIEWED = text(
    """
    SELECT EXISTS (SELECT FROM statement
                   WHERE namespace = :namespace AND subject >= :first AND subject < :after
                     AND kind = 'define' AND type = 'View' AND recorded_by_id = :person
                     AND subject NOT LIKE '%-draft')
    """
)
