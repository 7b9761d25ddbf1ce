"""Where a timesheet stands, in words: what happened and what happens next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from models.reads.shown import StatusShown
from models.rules.transitions import State

LABELS: dict[State, tuple[str, str, str]] = {
    State.DRAFT: ("Draft", "neutral", "pencil-line"),
    State.SUBMITTED: ("Submitted", "info", "send"),
    State.APPROVED: ("Approved", "ok", "check"),
    State.REJECTED: ("Rejected", "bad", "undo-2"),
    State.LOCKED: ("Locked", "neutral", "lock"),
}
"""Label, tone and icon of each state."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """The facts a status is told from. Times are instants, shown in `zone`."""

    state: State
    zone: ZoneInfo
    approver: str
    """Who decides next."""
    submitted_at: datetime | None = None
    lock_at: datetime | None = None
    decided_by: str | None = None
    rejected_because: str | None = None
    revising_because: str | None = None
    coming: tuple[str, ...] = ()
    """What happens while it waits, and who stands in: whole sentences."""


def status_of(facts: SheetFacts) -> StatusShown:
    """The status of a timesheet, with what happens next."""
    label, tone, icon = LABELS[facts.state]
    return StatusShown(facts.state.value, label, tone, icon, _SENTENCES[facts.state](facts))


def day_text(moment: datetime, zone: ZoneInfo) -> str:
    """A local day as people say it: Wednesday 18 November."""
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}"


def _draft(facts: SheetFacts) -> str:
    revising = f"Revising: {facts.revising_because}. " if facts.revising_because else ""
    return f"{revising}Record the week, then submit it to {facts.approver}."


def _submitted(facts: SheetFacts) -> str:
    since = f" since {day_text(facts.submitted_at, facts.zone)}" if facts.submitted_at else ""
    waits = f"Waiting for {facts.approver}{since}. Nothing can change until it is decided or recalled."
    return " ".join((waits, *facts.coming))


def _approved(facts: SheetFacts) -> str:
    by = f"Approved by {facts.decided_by}. " if facts.decided_by else ""
    locks = f"It locks on {day_text(facts.lock_at, facts.zone)}" if facts.lock_at else "It locks later"
    return f"{by}{locks}; until then it can be revised."


def _rejected(facts: SheetFacts) -> str:
    by = facts.decided_by or "The approver"
    return f"{by} rejected it: “{facts.rejected_because}”. Revise it, then submit it again."


def _locked(_facts: SheetFacts) -> str:
    return "Approved and locked. An administrator can unlock it."


_SENTENCES: dict[State, Callable[[SheetFacts], str]] = {
    State.DRAFT: _draft,
    State.SUBMITTED: _submitted,
    State.APPROVED: _approved,
    State.REJECTED: _rejected,
    State.LOCKED: _locked,
}
