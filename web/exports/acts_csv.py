"""What was done in other people's place, as CSV."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from models.reads.acts import ActListed, ActState
from web.exports.cells import Cell, csv_of

HEADER = (
    "Done at",
    "What",
    "By staff ID",
    "By",
    "For staff ID",
    "For",
    "Is active",
    "Timesheet of",
    "Period start",
    "Reason",
    "State",
    "Days unanswered",
    "Answered at",
    "Answer",
)

MOST_LINES = 50_000


def acts_csv(acts: Iterable[ActListed], now: datetime) -> Iterator[bytes]:
    """A line for each act."""
    for line in csv_of(HEADER, (_line(act, now) for act in acts)):
        yield line.encode()


def _line(act: ActListed, now: datetime) -> list[Cell]:
    return [
        act.at,
        act.title,
        act.actor.staff_id,
        act.actor.name,
        act.for_whom.staff_id,
        act.for_whom.name,
        "yes" if act.for_whom_active else "no",
        act.owner.name,
        act.period_start,
        act.reason,
        act.state.value,
        (now - act.at) // timedelta(days=1) if act.state is ActState.UNANSWERED else None,
        act.answered_at,
        act.answer_reason,
    ]
