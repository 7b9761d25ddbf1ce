"""Events that could not be taken: kept as they came, tried again or put away, and never kept twice."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import NotFound
from models.tables.intake import DeadLetter, ScheduledEntry
from models.tables.timecard import TimeEntry

LETTERS = UUID("0a5d3f8e-6c0f-4b2a-9d7e-3e2b1a0c9f87")
"""The namespace of ids of dead letters."""


class PlannedMeanwhile(Exception):
    """Somebody has heard of the shift by now: it has to be taken back like any other."""


def keep_letter(session: WriteSession, tenant_id: UUID, sender_id: UUID, route: str, body: str, reason: str) -> UUID:
    """Keep an event with the reason, or count the try if it is kept already. Its id follows from sender and content."""
    body = body.replace("\0", "\N{REPLACEMENT CHARACTER}")
    id_ = uuid5(LETTERS, f"{tenant_id}/{sender_id}/{body}")
    new = insert(DeadLetter).values(
        id=id_, tenant_id=tenant_id, sender_id=sender_id, route=route, body=body, reason=reason, tries=1
    )
    again = {"tries": DeadLetter.tries + 1, "reason": reason}
    session.execute(new.on_conflict_do_update(index_elements=[DeadLetter.id], set_=again))
    return id_


def letter_held(session: WriteSession, letter_id: UUID) -> DeadLetter:
    """A letter that waits, held until the transaction ends. Raises `NotFound` for one that was settled."""
    waits = (DeadLetter.id == letter_id, DeadLetter.outcome.is_(None))
    letter = session.scalar(select(DeadLetter).where(*waits).with_for_update())
    if letter is None:
        raise NotFound("There is no such event, or it was settled meanwhile.")
    return letter


def settle(letter: DeadLetter, outcome: str, by_id: UUID) -> None:
    """Say what became of a letter, and who saw to it."""
    letter.outcome = outcome
    letter.settled_at = func.now()
    letter.settled_by_id = by_id


def letters(session: Session, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[DeadLetter]:
    """The letters that wait, newest first."""
    found = select(DeadLetter).where(DeadLetter.outcome.is_(None))
    if after:
        found = found.where(tuple_(DeadLetter.received_at, DeadLetter.id) < after)
    return session.scalars(found.order_by(DeadLetter.received_at.desc(), DeadLetter.id.desc()).limit(limit)).all()


def forget_unseen(session: WriteSession, tenant_id: UUID, entry_id: UUID, version: int, command_id: UUID) -> None:
    """Remember that a shift was taken back before anybody heard of it, so that its late creation is ignored.

    Raises `PlannedMeanwhile`, and then it must not be remembered.
    """
    new = insert(ScheduledEntry).values(tenant_id=tenant_id, entry_id=entry_id, version=version, command_id=command_id)
    newer = new.on_conflict_do_update(
        index_elements=[ScheduledEntry.tenant_id, ScheduledEntry.entry_id],
        set_={"version": version, "command_id": command_id},
        where=ScheduledEntry.version < version,
    )
    session.execute(newer)  # waits for whoever is just planning it
    if session.get(TimeEntry, entry_id) is not None:
        raise PlannedMeanwhile
