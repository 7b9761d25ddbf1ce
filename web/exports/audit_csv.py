"""What was done and who looked at it, as CSV."""

from collections.abc import Iterable, Iterator

from models.reads.audit import Found
from web.exports.cells import Cell, csv_of

HEADER = (
    "At",
    "What",
    "By staff ID",
    "By",
    "On behalf of",
    "Time of staff ID",
    "Time of",
    "Period start",
    "Seen",
    "Reason",
    "Address",
)

MOST_LINES = 10_000


def audit_csv(found: Iterable[Found]) -> Iterator[bytes]:
    """A line for each of them."""
    for line in csv_of(HEADER, (_line(each) for each in found)):
        yield line.encode()


def _line(each: Found) -> list[Cell]:
    return [
        each.at,
        each.title,
        each.actor.staff_id if each.actor else None,
        each.actor_name,
        each.on_behalf_of,
        each.owner.staff_id if each.owner else None,
        each.owner.name if each.owner else None,
        each.period_start,
        each.seen,
        each.reason,
        each.address,
    ]
