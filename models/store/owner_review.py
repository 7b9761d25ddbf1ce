"""What somebody says to what was done in their place: once for each act, and for good."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.errors import AlreadyAnswered, KeyReused, NotFound, ReasonRequired
from models.rules.notices import NoticeKind
from models.store.ledger import announce
from models.store.notifying import Notice, notify, settle
from models.tables.timecard import OwnerReview
from models.tables.timesheet import Command


class Verdict(StrEnum):
    """What one may say."""

    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says to an act that was put before them."""

    tenant_id: UUID
    person_id: UUID
    command_id: UUID
    """The act."""
    verdict: Verdict
    reason: str | None = None
    key: UUID | None = None
    """Of the form or call that says it: the same key means the same answer."""


def answer(session: WriteSession, given: Answer) -> None:
    """Keep what somebody says and tell it to whoever did it and to the outside; saying the same again changes nothing.

    Raises `NotFound` for what nobody else did in this person's place, `ReasonRequired` for a dispute without one,
    `AlreadyAnswered` when they said something else before, and `KeyReused` when the key said something else.
    """
    act = _act(session, given)
    if _said_by_key(session, given):
        return
    if given.verdict is Verdict.DISPUTED and not given.reason:
        raise ReasonRequired("Say what is not right: whoever did it reads your reason.")
    kept = insert(OwnerReview).values(
        tenant_id=given.tenant_id,
        command_id=act.id,
        owner_id=given.person_id,
        timesheet_id=act.timesheet_id,
        verdict=given.verdict.value,
        reason=given.reason,
        key=given.key,
    )
    if session.execute(kept.on_conflict_do_nothing().returning(OwnerReview.command_id)).first() is None:
        if not _said_by_key(session, given):
            _require_same(session, given)
        return
    data = {
        "ownerId": str(act.owner_id),
        "actorId": str(given.person_id),
        "timesheetId": str(act.timesheet_id),
        "actKind": act.kind,
        "actActorId": str(act.actor_id),
    }
    announce(session, given.tenant_id, act.id, f"countersign.act.{given.verdict.value}", act.id, data)
    settle(session, given.tenant_id, given.person_id, _WHAT_WAS_TOLD.format(act.id))
    if given.verdict is Verdict.DISPUTED and act.actor_id:
        notify(session, given.tenant_id, [_disputed(act, act.actor_id, given)])


_WHAT_WAS_TOLD = NoticeKind.ACTED_FOR.value + "/{}"
"""The key of the notice of an act on a whole timesheet; of several acts on entries there is one notice for the day."""


def _disputed(act: Command, actor_id: UUID, given: Answer) -> Notice:
    kind = NoticeKind.ACT_DISPUTED
    data = {"commandId": str(act.id), "byId": str(given.person_id)}
    return Notice(actor_id, kind, f"{kind.value}/{act.id}", act.timesheet_id, data)


def _act(session: WriteSession, given: Answer) -> Command:
    its_id = (Command.tenant_id == given.tenant_id, Command.id == given.command_id)
    act = session.scalar(select(Command).where(*its_id, Command.put_before_id == given.person_id))
    if act is None:
        raise NotFound("There is nothing like this that somebody else did in your place.")
    return act


def _said_by_key(session: WriteSession, given: Answer) -> bool:
    """Whether just this was said by the key before. Raises `KeyReused` when something else was."""
    by_key = (OwnerReview.tenant_id == given.tenant_id, OwnerReview.key == given.key)
    said = session.scalar(select(OwnerReview).where(*by_key)) if given.key else None
    if said is None:
        return False
    asked = (given.command_id, given.person_id, given.verdict.value, given.reason)
    if (said.command_id, said.owner_id, said.verdict, said.reason) != asked:
        raise KeyReused("This form was already sent with other content. Reload the page and try again.")
    return True


def _require_same(session: WriteSession, given: Answer) -> None:
    said = session.get_one(OwnerReview, (given.tenant_id, given.command_id))
    if (said.verdict, said.reason) != (given.verdict.value, given.reason):
        raise AlreadyAnswered(
            f"You {said.verdict} this already. What you said stays on record, and nothing else was saved.",
            verdict=said.verdict,
        )
