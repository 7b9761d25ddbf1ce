"""A summary of a project as CSV: a line for each entry that it is made of."""

from collections.abc import Iterator

from models.reads.shown_summaries import SummaryShown
from models.rules.project_summary import in_order
from web.exports.cells import Cell, csv_of
from web.exports.columns import hours

HEADER = (
    "Project ID",
    "Project",
    "From",
    "To",
    "Staff ID",
    "Name",
    "Date",
    "Time zone",
    "Task",
    "Minutes",
    "Hours",
    "Timesheet ID",
    "Entry ID",
    "Version",
)


def summary_csv(it: SummaryShown) -> bytes:
    """The entries of a summary by person and day, each with which project and days it is of."""
    return "".join(csv_of(HEADER, entry_lines(it))).encode()


def entry_lines(it: SummaryShown) -> Iterator[list[Cell]]:
    """The entries, by person, then by day."""
    work, period = it.shown.work, it.row.period
    place = {person.id: number for number, person in enumerate(in_order(work.people.values()))}
    for entry in sorted(work.entries, key=lambda entry: (place[entry.owner_id], entry.day, entry.entry_id)):
        person = work.people[entry.owner_id]
        yield [
            it.project.external_id,
            it.project.name,
            period.start,
            period.end,
            person.staff_id,
            person.name,
            entry.day,
            person.zone,
            entry.task,
            entry.minutes,
            hours(entry.minutes),
            str(entry.timesheet_id),
            str(entry.entry_id),
            entry.version,
        ]
