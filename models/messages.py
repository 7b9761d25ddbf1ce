"""What travels through Temporal: references and small facts, never names, comments or times worked.

The content of a command waits in the `command` table; a workflow's history holds its id only.
Add fields with defaults; never rename one: old histories must still decode.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
class MailKey:
    """Which notification's mail a workflow delivers."""

    tenant_id: UUID
    notification_id: UUID


class MailOutcome(StrEnum):
    """What came of one attempt to send a mail."""

    NOTHING = "nothing"
    """There was nothing to send: it is not owed any more, or somebody else has sent it or tried to."""
    SENT = "sent"
    REFUSED = "refused"
    """The mail server did not take it, or there was none: it may be tried again."""
    UNKNOWN = "unknown"
    """The server may have taken it: it must not be sent again."""


@dataclass(frozen=True, slots=True)
class MailResult:
    """One attempt at a mail. Its words are ours, since a server's may hold the address."""

    outcome: MailOutcome
    words: str | None = None


@dataclass(frozen=True, slots=True)
class MailReport:
    """What came of an attempt, to be written down."""

    key: MailKey
    result: MailResult


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
class BulkKey:
    """Which bulk decision a workflow carries out."""

    tenant_id: UUID
    bulk_id: UUID


@dataclass(frozen=True, slots=True)
class DelegationKey:
    """Which delegation a workflow sees begin and end."""

    tenant_id: UUID
    delegation_id: UUID


@dataclass(frozen=True, slots=True)
class DelegationLook:
    """What a workflow knows of its delegation after a look at it."""

    due_at: datetime | None
    """When it begins or ends next (an instant, UTC); None: it is over, and both were told."""


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """Which webhook a workflow posts to."""

    tenant_id: UUID
    webhook_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryTurn:
    """How far a webhook came in one turn of its delivery."""

    more: bool
    """Whether there is something left to post."""
    pause_seconds: float | None = None
    """How long to wait before the next try, when this one failed."""


@dataclass(frozen=True, slots=True)
class SinglePost:
    """One event that is posted to a webhook out of turn, once."""

    key: WebhookKey
    command_id: UUID
    position: int | None = None
    """Its place in the feed; None: an event that only tests."""


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """Whose ledger a workflow seals, or whose seals it leaves elsewhere."""

    tenant_id: UUID


@dataclass(frozen=True, slots=True)
class PeriodsStart:
    """How a run over the periods of an organisation begins; carried over continue-as-new."""

    tenant_id: UUID
    step: int = 0
    after: UUID | None = None
    """Whom or what it has come to; None: it begins with the first."""


@dataclass(frozen=True, slots=True)
class PeriodsBatch:
    """The next ones of a step of it."""

    tenant_id: UUID
    after: UUID | None


@dataclass(frozen=True, slots=True)
class PeriodsDone:
    """What a step did: timesheets whose workflow has to look at them, and where to go on; None: it is over."""

    timesheet_ids: tuple[UUID, ...]
    goes_on_after: UUID | None


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
    due_at: datetime | None = None
    """When time next reminds or escalates (an instant, UTC)."""


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
