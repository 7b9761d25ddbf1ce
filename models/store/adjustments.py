"""Adjustments: what an administrator gives or takes by hand, with a reason, for good.

`adjust` is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `OwnTime`, `NotFound` and `KeyReused`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotFound, OwnTime
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import MOST_OF_A_TARGET
from models.rules.entry_fields import Refused
from models.rules.policy import Action
from models.store.accruals import Change, cascade, local_calendar, lock_balances
from models.store.changes import GivenBy, hash_of, require_none, take_turn
from models.store.people import Member, load_circle
from models.tables.accruals import Adjustment, Contribution
from models.tables.delivery import OutboxEvent
from models.tables.timecard import FlexChange

LONGEST_REASON = 250


@dataclass(frozen=True, slots=True)
class AdjustmentContent:
    """Everything that an administrator says of an adjustment."""

    person_id: UUID
    code: AccrualCode
    day: date
    """The person's local day, from which on it counts."""
    value: int
    """Minutes or a count; positive raises what remains."""
    reason: str
    reverses_flex_change_id: UUID | None = None

    @property
    def json(self) -> dict[str, Any]:
        """As programs read it."""
        reverses = str(self.reverses_flex_change_id) if self.reverses_flex_change_id else None
        return {
            "personId": str(self.person_id),
            "type": self.code.value,
            "date": self.day.isoformat(),
            "value": self.value,
            "reason": self.reason,
            "reversesFlexChangeId": reverses,
        }


def adjust(session: WriteSession, given: GivenBy, content: AdjustmentContent) -> Adjustment:
    """Adjust a balance, or return the adjustment that this command made before.

    Nobody adjusts their own balances.
    """
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("adjust", content.json)
    done = session.get(Adjustment, given.makes("adjustment"))
    if done is not None:
        if (done.content_hash, done.authorised_by_id) != (asked, given.actor_id):
            raise KeyReused("This form was already sent with other content. Reload the page and try again.")
        return done
    if content.person_id == given.actor_id:
        raise OwnTime("Nobody adjusts their own balances: another administrator has to do this.")
    owner = _held_owner(session, content.person_id)
    require_none(_errors(content))
    if not local_calendar(session, owner, content.day, content.day).agreements:
        raise Invalid.field("date", "No agreement of this person is in force on this day.")
    if content.reverses_flex_change_id:
        _require_reversible(session, content, content.reverses_flex_change_id)
    made = _row(given, asked, content)
    session.execute(insert(Adjustment).values(made))
    session.execute(insert(OutboxEvent).values(_event(given, content)))
    cascade(session, given.tenant_id, content.person_id, {(content.code, content.day): Change(given=content.value)})
    return session.get_one(Adjustment, made["id"])


def reversal_of(session: Session, flex_change_id: UUID, reason: str) -> AdjustmentContent:
    """The adjustment that gives back what a flex change used. Raises `NotFound`, `Invalid` when it used nothing."""
    change = session.get(FlexChange, flex_change_id)
    if change is None:
        raise NotFound("There is no such flex change.")
    used = _used_by(session, flex_change_id)
    if not used:
        raise Invalid.field("reversesFlexChangeId", "This flex change counts nowhere, so there is nothing to reverse.")
    day, value = used[0]
    return AdjustmentContent(change.owner_id, AccrualCode.FLEXIBLE_CREDITS, day, value, reason, flex_change_id)


def _held_owner(session: WriteSession, person_id: UUID) -> Member:
    if not lock_balances(session, person_id):
        raise Invalid.field("personId", "There is no such person.")
    return load_circle(session, person_id).owner


def _errors(content: AdjustmentContent) -> list[Refused]:
    errors = []
    if content.value == 0 or abs(content.value) > MOST_OF_A_TARGET:
        errors.append(Refused("value", f"Write a whole number other than 0, up to {MOST_OF_A_TARGET}."))
    if not content.reason.strip() or len(content.reason) > LONGEST_REASON:
        errors.append(Refused("reason", f"Say why, in at most {LONGEST_REASON} characters."))
    return errors


def _require_reversible(session: Session, content: AdjustmentContent, flex_change_id: UUID) -> None:
    """A reversal gives back what a flex change of the same person used, once."""
    change = session.get(FlexChange, flex_change_id)
    if change is None or change.owner_id != content.person_id:
        raise Invalid.field("reversesFlexChangeId", "There is no such flex change of this person.")
    if content.code is not AccrualCode.FLEXIBLE_CREDITS:
        raise Invalid.field("type", "A flex change uses flexible credits: its reversal gives those back.")
    if (content.day, content.value) not in _used_by(session, flex_change_id):
        raise Invalid.field("value", "This is not what the flex change used, on the day it used it.")
    reversed_ = select(Adjustment.id).where(Adjustment.reverses_flex_change_id == flex_change_id)
    if session.scalar(reversed_) is not None:
        raise Invalid.field("reversesFlexChangeId", "This flex change was reversed before.")


def _used_by(session: Session, flex_change_id: UUID) -> Sequence[tuple[date, int]]:
    """What a flex change uses now, by day."""
    rows = session.execute(
        select(Contribution.day, Contribution.value)
        .join(FlexChange, FlexChange.id == Contribution.flex_change_id)
        .where(
            Contribution.flex_change_id == flex_change_id,
            Contribution.time_entry_id == FlexChange.entry_after_id,
            Contribution.time_entry_version == FlexChange.entry_after_version,
        )
        .order_by(Contribution.computation)
    )
    last = dict(rows.all())
    return [(day, value) for day, value in last.items() if value]


def _row(given: GivenBy, asked: str, content: AdjustmentContent) -> dict[str, Any]:
    return {
        "id": given.makes("adjustment"),
        "tenant_id": given.tenant_id,
        "person_id": content.person_id,
        "accrual_code": content.code.value,
        "day": content.day,
        "value": content.value,
        "reason": content.reason.strip(),
        "reverses_flex_change_id": content.reverses_flex_change_id,
        "authorised_by_id": given.actor_id,
        "command_id": given.command_id,
        "content_hash": asked,
    }


def _event(given: GivenBy, content: AdjustmentContent) -> dict[str, Any]:
    """By ids only: why a balance was adjusted stays here."""
    return {
        "id": given.makes("adjustment/event"),
        "tenant_id": given.tenant_id,
        "type": "countersign.balance.adjusted",
        "subject": str(given.makes("adjustment")),
        "data": {"ownerId": str(content.person_id), "actorId": str(given.actor_id), "type": content.code.value},
        "command_id": given.command_id,
    }
