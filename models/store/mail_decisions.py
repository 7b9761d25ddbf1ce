"""Links by which an approver decides from their mail: random, stored hashed, for one person, submission and use.

Times are the database's, so that all processes agree.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession, command_transaction, credential_transaction
from models.reads.owed import is_asked, waiting_submission
from models.reads.sheets import last_decision
from models.tables.delivery import MailDecision
from models.tables.people import Person, Tenant, TenantPolicy
from models.tables.timesheet import Submission, Timesheet

GOOD_FOR = timedelta(days=7)
"""A link decides nothing after so long."""

PREFIX = "cs_"
"""The mark of everything that nobody may read in a log."""

LONGEST_TOKEN = 100


class LinkState(StrEnum):
    """What a link leads to now."""

    OPEN = "open"
    DECIDED = "decided"
    """The submission was decided on, by its person or by somebody else."""
    USED = "used"
    EXPIRED = "expired"
    STALE = "stale"
    """What the mail told of is not what is there now."""
    CLOSED = "closed"
    """Its person is not asked any more, or nobody decides from mail any more."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    token_hash: str
    tenant_id: UUID
    person_id: UUID
    timesheet_id: UUID
    digest: str


@dataclass(frozen=True, slots=True)
class LinkFound:
    """A link with what it leads to now."""

    state: LinkState
    organisation: str
    person: Person
    sheet: Timesheet
    owner: Person
    submission: Submission | None
    decided: tuple[str, str, datetime] | None
    """Who decided what and when, on the submission that the mail told of."""


def make_link(session: WriteSession, tenant_id: UUID, person_id: UUID, timesheet_id: UUID, digest: str) -> str:
    """A new token for somebody whom a submission waits for. It is not known afterwards."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    session.add(
        MailDecision(
            token_hash=hash_of(token),
            tenant_id=tenant_id,
            person_id=person_id,
            timesheet_id=timesheet_id,
            digest=digest,
            expires_at=func.now() + GOOD_FOR,
        )
    )
    return token


def find_link(engine: Engine, token: str) -> Link | None:
    """What a token stands for, of whichever tenant; None for one that nobody was sent. It changes nothing."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    with credential_transaction(engine, hash_of(token)) as session:
        row = session.get(MailDecision, hash_of(token))
        if row is None:
            return None
        return Link(row.token_hash, row.tenant_id, row.person_id, row.timesheet_id, row.digest)


def follow_link(session: Session, link: Link) -> LinkFound | None:
    """Where a link leads now; None when its person is gone."""
    row = session.get(MailDecision, link.token_hash)
    person, sheet = session.get(Person, link.person_id), session.get(Timesheet, link.timesheet_id)
    if row is None or person is None or not person.active or sheet is None:
        return None
    owner = session.get_one(Person, sheet.owner_id)
    told_of = _told_of(session, row)
    decided = _decided(session, told_of, owner)
    state = _state(session, row, sheet, told_of, decided is not None)
    organisation = session.get_one(Tenant, link.tenant_id).name
    shown = told_of if state is LinkState.OPEN else None
    return LinkFound(state, organisation, person, sheet, owner, shown, decided)


def take_link(engine: Engine, link: Link) -> bool:
    """Use a link up; False when somebody has, or it has expired. Of two at once one is first."""
    with command_transaction(engine, link.tenant_id) as session:
        unused = update(MailDecision).where(
            MailDecision.token_hash == link.token_hash,
            MailDecision.used_at.is_(None),
            MailDecision.expires_at > func.now(),
        )
        return session.scalar(unused.values(used_at=func.now()).returning(MailDecision.token_hash)) is not None


def give_back_link(engine: Engine, link: Link) -> None:
    """A link by which nothing was decided may be used after all."""
    with command_transaction(engine, link.tenant_id) as session:
        this = update(MailDecision).where(MailDecision.token_hash == link.token_hash)
        session.execute(this.values(used_at=None))


def hash_of(token: str) -> str:
    """What is stored of a token. It is random, so a fast hash without salt is enough."""
    return sha256(token.encode()).hexdigest()


def _told_of(session: Session, row: MailDecision) -> Submission | None:
    """The newest submission that was there when the link was made."""
    return session.scalar(
        select(Submission)
        .where(
            Submission.timesheet_id == row.timesheet_id,
            Submission.digest == row.digest,
            Submission.submitted_at <= row.created_at,
        )
        .order_by(Submission.submitted_at.desc())
        .limit(1)
    )


def _decided(session: Session, told_of: Submission | None, owner: Person) -> tuple[str, str, datetime] | None:
    found = last_decision(session, told_of.timesheet_id) if told_of else None
    if told_of is None or found is None or found[0].submission_id != told_of.id:
        return None
    decision, by = found
    return by, decision.decision, decision.decided_at


def _state(
    session: Session, row: MailDecision, sheet: Timesheet, told_of: Submission | None, decided: bool
) -> LinkState:
    waits = waiting_submission(session, sheet.id)
    if waits is None and decided:
        return LinkState.DECIDED
    if row.used_at is not None:
        return LinkState.USED
    if _is_over(session, row):
        return LinkState.EXPIRED
    if waits is None or told_of is None or waits[1].id != told_of.id:
        return LinkState.STALE
    allowed = session.scalar(select(TenantPolicy.mail_decisions).where(TenantPolicy.tenant_id == row.tenant_id))
    if allowed and is_asked(session, sheet.id, sheet.owner_id, row.person_id):
        return LinkState.OPEN
    return LinkState.CLOSED


def _is_over(session: Session, row: MailDecision) -> bool:
    return bool(session.scalar(select(MailDecision.expires_at <= func.now()).where(_same(row))))


def _same(row: MailDecision):  # type: ignore[no-untyped-def]  # a condition has no short type
    return MailDecision.token_hash == row.token_hash
