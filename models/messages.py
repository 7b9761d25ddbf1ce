"""What travels through Temporal: references and small facts, never names, comments or times worked.

The content of a command waits in the `command` table; a workflow's history holds its id only.
Add fields with defaults; never rename one: old histories must still decode.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.rules.transitions import CommandKind, State


@dataclass(frozen=True, slots=True)
class SheetKey:
    """Which timesheet a workflow drives."""

    tenant_id: UUID
    timesheet_id: UUID


@dataclass(frozen=True, slots=True)
class ImportKey:
    """Which list of entries a workflow goes through."""

    tenant_id: UUID
    import_id: UUID


@dataclass(frozen=True, slots=True)
class RebuildKey:
    """Which rebuild of balances a workflow carries out."""

    tenant_id: UUID
    rebuild_id: UUID


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """How a rebuild is cut up: batches 0, 1, 2…, so many of them at once."""

    batches: int
    at_once: int
    a_run: int = 1_000
    """Batches after which a new run of the workflow goes on, so that no history grows too long."""


@dataclass(frozen=True, slots=True)
class RebuildBatch:
    """One batch of a rebuild."""

    key: RebuildKey
    number: int


@dataclass(frozen=True, slots=True)
class RebuildStart:
    """How a run of a rebuild's workflow begins; carried over continue-as-new."""

    key: RebuildKey
    first: int = 0
    """The first batch that is not finished."""


@dataclass(frozen=True, slots=True)
class CommandRef:
    """A command that was asked; its content is in the `command` table under the same id."""

    key: SheetKey
    command_id: UUID
    kind: CommandKind
    spans: bool = False
    """Whether it touches other timesheets as well, all of which have to be held."""


@dataclass(frozen=True, slots=True)
class SheetSnapshot:
    """What a workflow knows of its timesheet: enough to say what may come next and what time does."""

    exists: bool
    state: State
    revision: int
    lock_at: datetime | None = None
    """When the approved timesheet locks (an instant, UTC)."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """What a command did, as committed."""

    command_id: UUID
    kind: CommandKind
    snapshot: SheetSnapshot
    entry_id: UUID | None = None
    entry_version: int | None = None
    ignored: bool = False
    """It changed nothing, because something newer was known already."""
    repeated: bool = False
    """The command had been carried out before; this is its stored result."""


@dataclass(frozen=True, slots=True)
class TimesheetStart:
    """How a run of a timesheet's workflow begins; carried over continue-as-new."""

    key: SheetKey
    carried: SheetSnapshot | None = None
    recent_command_ids: tuple[UUID, ...] = ()
