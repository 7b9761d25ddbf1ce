"""Changes of reference data: one after the other, recorded, once for each command, and announced."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from models.commands import made_by
from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotYours
from models.rules.entry_fields import Refused
from models.rules.policy import Action, Relation, Standing, authorise, roles_of
from models.tables.delivery import OutboxEvent
from models.tables.people import DirectoryChange, Person, PersonRole

Content = TypeVar("Content")


class Subject(StrEnum):
    """What a change is about, by its name in the record."""

    PERSON = "person"
    PROJECT = "project"
    TYPE = "time_period_type"
    AGREEMENT = "agreement"
    HOLIDAY = "holiday_exception"
    BALANCES = "balance_policy"
    APPROVAL = "approval_policy"
    DELEGATION = "delegation"
    WEBHOOK = "webhook"
    ANCHORS = "seal_anchors"


EVENTS = {
    Subject.PERSON: "countersign.person.changed",
    Subject.PROJECT: "countersign.project.changed",
    Subject.TYPE: "countersign.time-period-type.changed",
    Subject.AGREEMENT: "countersign.agreement.changed",
    Subject.HOLIDAY: "countersign.public-holiday.changed",
    Subject.BALANCES: "countersign.balance-rules.changed",
    Subject.APPROVAL: "countersign.approval-policy.changed",
    Subject.DELEGATION: "countersign.delegation.changed",
    Subject.WEBHOOK: "countersign.webhook.changed",
    Subject.ANCHORS: "countersign.seal-anchors.changed",
}
"""The outgoing event of each change; its data has `created` on the first one."""


@dataclass(frozen=True, slots=True)
class GivenBy:
    """Who asks for a change, and by which command: the same command id means the same change."""

    tenant_id: UUID
    actor_id: UUID
    command_id: UUID

    def makes(self, what: str) -> UUID:
        """The id of what this command makes."""
        return made_by(self.tenant_id, self.command_id, what)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Content]):
    """A person, project or type as it stands, and its version for the next change."""

    id: UUID
    version: int
    content: Content


@dataclass(frozen=True, slots=True)
class Change:
    """One thing changed by a command."""

    subject_id: UUID
    version: int
    before: dict[str, Any] | None
    """None: it is new."""
    after: dict[str, Any]
    reason: str | None = None
    """Why, where it was asked for."""


def take_turn(session: WriteSession, given: GivenBy, action: Action) -> None:
    """Let no other change of this organisation happen meanwhile, and ask whether this one may.

    Changes are rare, and what they must not do together (a cycle, no administrator left, a name twice) needs
    no further thought this way. Taken before every timesheet and person. Raises `NotYours`.
    """
    session.execute(_ONE_AFTER_THE_OTHER, {"key": f"directory/{given.tenant_id}"})
    if not may(session, given, action):
        raise NotYours("Only an administrator may change this.")


def may(session: Session, given: GivenBy, action: Action) -> bool:
    """Whether whoever gives a command may do something that concerns nobody else's time."""
    roles = session.scalars(select(PersonRole.role).join(Person).where(Person.id == given.actor_id, Person.active))
    standing = Standing(given.actor_id, roles_of(roles), frozenset({Relation.SELF, Relation.TENANT}))
    return authorise(action, standing) is not None


def hash_of(*asked: Any) -> str:
    """What tells one command from another: everything that was asked."""
    return sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def done_before(session: WriteSession, given: GivenBy, content_hash: str) -> list[DirectoryChange]:
    """What this command has changed already; nothing when it has not. Raises `KeyReused`."""
    these = select(DirectoryChange).where(DirectoryChange.command_id == given.command_id)
    found = list(session.scalars(these.order_by(DirectoryChange.subject_id)))
    if any((change.content_hash, change.changed_by_id) != (content_hash, given.actor_id) for change in found):
        raise KeyReused("This form was already sent with other content. Reload the page and try again.")
    return found


def keep(session: WriteSession, given: GivenBy, subject: Subject, content_hash: str, changes: Sequence[Change]) -> None:
    """Record what a command changed, and say so to the outside."""
    rows = [_row(given, subject, content_hash, change) for change in changes]
    # Apart, since a JSON column takes None for the JSON value null.
    for these in (
        [row for row in rows if "before" in row],
        [row for row in rows if "before" not in row],
    ):
        if these:
            session.execute(insert(DirectoryChange), these)
    if changes:
        session.execute(insert(OutboxEvent), [_event(given, subject, change) for change in changes])


def require_none(errors: Sequence[Refused]) -> None:
    """Raises `Invalid` with every error there is."""
    if errors:
        told = [{"field": each.field, "message": each.message, "data": []} for each in errors]
        raise Invalid(errors[0].message, errors=told)


def last_version(session: Session, subject_id: UUID) -> int:
    """How often something was changed that keeps no version of its own."""
    these = DirectoryChange.subject_id == subject_id
    return session.scalar(select(func.max(DirectoryChange.version)).where(these)) or 0


_ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def _row(given: GivenBy, subject: Subject, content_hash: str, change: Change) -> dict[str, Any]:
    row = {
        "id": given.makes(f"change/{change.subject_id}"),
        "tenant_id": given.tenant_id,
        "subject_kind": subject.value,
        "subject_id": change.subject_id,
        "version": change.version,
        "after": change.after,
        "command_id": given.command_id,
        "content_hash": content_hash,
        "changed_by_id": given.actor_id,
        "reason": change.reason,
    }
    return row if change.before is None else row | {"before": change.before}


def _event(given: GivenBy, subject: Subject, change: Change) -> dict[str, Any]:
    """The event's id follows from the command and what it is about; what is known of people stays here."""
    data = {"actorId": str(given.actor_id), "version": change.version, "created": change.before is None}
    return {
        "id": given.makes(f"{EVENTS[subject]}/{change.subject_id}"),
        "tenant_id": given.tenant_id,
        "type": EVENTS[subject],
        "subject": str(change.subject_id),
        "data": data,
        "command_id": given.command_id,
    }
