"""What people ask of a timesheet, in the imperative, with everything needed to carry it out.

A command waits in the `command` table until the timesheet's workflow gets to it. Instants carry the offset
that was typed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from models.messages import CommandRef, SheetKey
from models.rules.digest import canonical_json
from models.rules.transitions import CommandKind


@dataclass(frozen=True, slots=True)
class EntryFields:
    """What is recorded of one period of time."""

    time_period_type_id: UUID
    start: datetime
    end: datetime | None = None
    project_id: UUID | None = None
    task: str | None = None
    shift_type: str | None = None
    meal_break_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """Add a time entry."""

    fields: EntryFields


@dataclass(frozen=True, slots=True)
class Amend:
    """Replace the content of an entry by a new version of it."""

    entry_id: UUID
    version: int
    """The version that was shown."""
    fields: EntryFields


@dataclass(frozen=True, slots=True)
class Remove:
    """End an entry with a last version that no longer counts."""

    entry_id: UUID
    version: int
    """The version that was shown."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Certify exactly the content that was shown."""

    digest: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Approve or reject exactly the content that was shown."""

    digest: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Recall, revise, lock or unlock: the kind of the command and its reason say it all."""


Body = Record | Amend | Remove | Submit | Decide | Move

BODIES: dict[CommandKind, type[Body]] = {
    CommandKind.RECORD: Record,
    CommandKind.AMEND: Amend,
    CommandKind.REMOVE: Remove,
    CommandKind.SUBMIT: Submit,
    CommandKind.APPROVE: Decide,
    CommandKind.REJECT: Decide,
    CommandKind.RECALL: Move,
    CommandKind.REVISE: Move,
    CommandKind.LOCK: Move,
    CommandKind.UNLOCK: Move,
}
"""What each kind of command carries."""

_ADAPTERS: dict[type[Body], TypeAdapter[Any]] = {body: TypeAdapter(body) for body in set(BODIES.values())}


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it was asked: by whom, for whom, on which timesheet, why."""

    id: UUID
    """The idempotency key: whoever asks again with the same id gets the same answer."""
    kind: CommandKind
    key: SheetKey
    owner_id: UUID
    period_start: date
    actor_id: UUID | None
    """Who really asks; none is the schedule."""
    body: Body
    on_behalf_of_id: UUID | None = None
    reason: str | None = None

    @property
    def ref(self) -> CommandRef:
        """What the workflow is told."""
        return CommandRef(self.key, self.id, self.kind)

    def makes(self, what: str) -> UUID:
        """The id of what this command makes."""
        return made_by(self.key.tenant_id, self.id, what)

    @property
    def body_json(self) -> dict[str, Any]:
        """The body as JSON values."""
        dumped: dict[str, Any] = _ADAPTERS[type(self.body)].dump_python(self.body, mode="json")
        return dumped

    @property
    def content_hash(self) -> str:
        """SHA-256 over all of it but the id: the same id with another content is another command."""
        content = {
            "kind": self.kind.value,
            "timesheet": str(self.key.timesheet_id),
            "actor": str(self.actor_id),
            "onBehalfOf": str(self.on_behalf_of_id),
            "reason": self.reason,
            "body": self.body_json,
        }
        return sha256(canonical_json(content)).hexdigest()


def made_by(tenant_id: UUID, command_id: UUID, what: str) -> UUID:
    """The id of what a command makes: the same however often it is tried, and another in every tenant."""
    return uuid5(command_id, f"{tenant_id}/{what}")


def body_from_json(kind: CommandKind, value: dict[str, Any]) -> Body:
    """The body of a stored command."""
    body: Body = _ADAPTERS[BODIES[kind]].validate_python(value)
    return body
