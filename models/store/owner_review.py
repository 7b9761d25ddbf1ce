"""What the owner of the time says to what somebody else did to it: once for each act, and for good."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import text

from models.database import WriteSession
from models.errors import AlreadyAnswered, NotFound, ReasonRequired
from models.store.ledger import announce
from models.tables.timecard import OwnerReview
from models.tables.timesheet import BY_OTHERS, Command


class Verdict(StrEnum):
    """What an owner may say."""

    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says to an act on their own time."""

    tenant_id: UUID
    owner_id: UUID
    command_id: UUID
    """The act."""
    verdict: Verdict
    reason: str | None = None


def answer(session: WriteSession, given: Answer) -> None:
    """Keep what the owner says and tell it to the outside; saying the same again changes nothing.

    Raises `NotFound` for what is no act of somebody else on this owner's time, `ReasonRequired` for a dispute
    without one, and `AlreadyAnswered` when the owner said something else before.
    """
    act = _act(session, given)
    if given.verdict is Verdict.DISPUTED and not given.reason:
        raise ReasonRequired("Say what is not right: whoever did it reads your reason.")
    kept = insert(OwnerReview).values(
        tenant_id=given.tenant_id,
        command_id=act.id,
        owner_id=given.owner_id,
        timesheet_id=act.timesheet_id,
        verdict=given.verdict.value,
        reason=given.reason,
    )
    if session.execute(kept.on_conflict_do_nothing().returning(OwnerReview.command_id)).first() is None:
        _require_same(session, given)
        return
    data = {
        "ownerId": str(given.owner_id),
        "actorId": str(given.owner_id),
        "timesheetId": str(act.timesheet_id),
        "actKind": act.kind,
        "actActorId": str(act.actor_id),
    }
    announce(session, given.tenant_id, act.id, f"countersign.act.{given.verdict.value}", act.id, data)


def _act(session: WriteSession, given: Answer) -> Command:
    its_id = (Command.tenant_id == given.tenant_id, Command.id == given.command_id)
    act = session.scalar(select(Command).where(*its_id, Command.owner_id == given.owner_id, text(BY_OTHERS)))
    if act is None:
        raise NotFound("There is nothing like this that somebody else did to your time.")
    return act


def _require_same(session: WriteSession, given: Answer) -> None:
    said = session.get_one(OwnerReview, (given.tenant_id, given.command_id))
    if (said.verdict, said.reason) != (given.verdict.value, given.reason):
        raise AlreadyAnswered(
            f"You {said.verdict} this already. What you said stays on record, and nothing else was saved.",
            verdict=said.verdict,
        )
