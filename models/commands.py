"""What people ask of a timesheet, in the imperative, with everything needed to carry it out.

A command waits in the `command` table until the timesheet's workflow gets to it. Instants carry the offset
that was typed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from models.messages import CommandRef, SheetKey
from models.rules.digest import canonical_json
from models.rules.flex import FlexType
from models.rules.periods import timesheet_id
from models.rules.reasons import ReasonCode
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
    note: str | None = None
    """Kept beside the entry as a note of its own, which is never changed."""

    @property
    def start_offset_minutes(self) -> int:
        """The offset from UTC that was typed with the start."""
        return _offset_minutes(self.start)

    @property
    def end_offset_minutes(self) -> int | None:
        """The offset from UTC that was typed with the end."""
        return None if self.end is None else _offset_minutes(self.end)


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
    moves_to: date | None = None
    """The start of the period that the entry moves into; None: it stays in its own."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Say that a planned entry was worked as planned."""

    entry_id: UUID
    version: int
    """The version that was shown."""


@dataclass(frozen=True, slots=True)
class Remove:
    """End an entry with a last version that no longer counts."""

    entry_id: UUID
    version: int
    """The version that was shown."""


class ScheduleAction(StrEnum):
    """What the scheduler has done to a planned shift."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Plan a shift, plan it otherwise or take it back."""

    entry_id: UUID
    version: int
    """The scheduler's: what is older than the newest one known is ignored."""
    action: ScheduleAction
    time_period_type_id: UUID
    start: datetime
    end: datetime
    shift_type: str | None = None
    moved_from: date | None = None
    """The start of the period that the entry stands in now; None: in the one it is planned for, or nowhere."""


@dataclass(frozen=True, slots=True)
class AddFlexChange:
    """Record that a shift was changed at short notice, and change its entry so."""

    type: FlexType
    entry_id: UUID
    version: int
    """The version that was shown, and that the change is measured against."""
    start: datetime
    end: datetime
    authorised_by: str
    authorised_by_id: UUID | None = None
    note: str | None = None
    moves_to: date | None = None
    """The start of the period that the shift moves into; None: it stays in its own."""


@dataclass(frozen=True, slots=True)
class AddNote:
    """Say something about a day, for good."""

    day: date
    content: str
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One command of several that are carried out together."""

    kind: CommandKind
    owner_id: UUID
    period_start: date
    body: dict[str, Any]
    """As JSON values, by kind."""
    on_behalf_of_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of entries, of one timesheet or of many: all of them or none."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Submit:
    """Certify exactly the content that was shown."""

    digest: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Approve or reject exactly the content that was shown."""

    digest: str
    comment: str | None = None
    reason_code: ReasonCode | None = None
    """The kind of reason of a rejection."""
    entry_ids: tuple[UUID, ...] = ()
    """The lines that a rejection names."""


@dataclass(frozen=True, slots=True)
class Move:
    """Recall, take back, escalate, revise, lock or unlock: the kind of the command and its reason say it all."""


Body = Record | Amend | Confirm | Remove | Schedule | AddFlexChange | AddNote | Batch | Submit | Decide | Move

BODIES: dict[CommandKind, type[Body]] = {
    CommandKind.RECORD: Record,
    CommandKind.AMEND: Amend,
    CommandKind.REMOVE: Remove,
    CommandKind.CONFIRM: Confirm,
    CommandKind.SCHEDULE: Schedule,
    CommandKind.ADD_FLEX_CHANGE: AddFlexChange,
    CommandKind.ADD_NOTE: AddNote,
    CommandKind.BATCH: Batch,
    CommandKind.SUBMIT: Submit,
    CommandKind.APPROVE: Decide,
    CommandKind.REJECT: Decide,
    CommandKind.RECALL: Move,
    CommandKind.TAKE_BACK: Move,
    CommandKind.ESCALATE: Move,
    CommandKind.REVISE: Move,
    CommandKind.LOCK: Move,
    CommandKind.UNLOCK: Move,
}
"""What each kind of command carries."""

_ADAPTERS: dict[type[Body], TypeAdapter[Any]] = {body: TypeAdapter(body) for body in set(BODIES.values())}


@dataclass(frozen=True, slots=True)
class Place:
    """A timesheet by whose it is and when its period begins; it need not have been opened yet."""

    owner_id: UUID
    period_start: date

    def timesheet_id(self, tenant_id: UUID) -> UUID:
        """The id of the timesheet."""
        return timesheet_id(tenant_id, self.owner_id, self.period_start)


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
        return CommandRef(self.key, self.id, self.kind, spans=len(self.places) > 1)

    @property
    def places(self) -> frozenset[Place]:
        """Every timesheet that the command touches."""
        others = {place for part in self.parts() for place in part.places} if isinstance(self.body, Batch) else set()
        return self.own_places | others

    @property
    def own_places(self) -> frozenset[Place]:
        """Those that the command itself changes, without the commands of a batch."""
        return frozenset({Place(self.owner_id, self.period_start), *self._other_places()})

    def parts(self) -> Iterator["Asked"]:
        """The commands of a batch, in order; each is known by an id of its own."""
        assert isinstance(self.body, Batch)
        for number, change in enumerate(self.body.changes):
            yield replace(
                self,
                id=self.makes(f"part/{number}"),
                kind=change.kind,
                key=SheetKey(
                    self.key.tenant_id, timesheet_id(self.key.tenant_id, change.owner_id, change.period_start)
                ),
                owner_id=change.owner_id,
                period_start=change.period_start,
                body=body_from_json(change.kind, change.body),
                on_behalf_of_id=change.on_behalf_of_id,
                reason=change.reason,
            )

    def _other_places(self) -> Iterator[Place]:
        match self.body:
            case Amend(moves_to=date() as other) | AddFlexChange(moves_to=date() as other):
                yield Place(self.owner_id, other)
            case Schedule(moved_from=date() as other):
                yield Place(self.owner_id, other)

    def makes(self, what: str) -> UUID:
        """The id of what this command makes."""
        return made_by(self.key.tenant_id, self.id, what)

    @property
    def body_json(self) -> dict[str, Any]:
        """The body as JSON values."""
        return json_of(self.body)

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


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def made_by(tenant_id: UUID, command_id: UUID, what: str) -> UUID:
    """The id of what a command makes: the same however often it is tried, and another in every tenant."""
    return uuid5(command_id, f"{tenant_id}/{what}")


def json_of(body: Body) -> dict[str, Any]:
    """A body as JSON values."""
    dumped: dict[str, Any] = _ADAPTERS[type(body)].dump_python(body, mode="json")
    return dumped


def body_from_json(kind: CommandKind, value: dict[str, Any]) -> Body:
    """The body of a stored command."""
    body: Body = _ADAPTERS[BODIES[kind]].validate_python(value)
    return body
