"""What waits for an approver: read along its index, oldest first, and only as far as it is needed.

A queue is whoever is asked with what is worth a look or without, so a part of an inbox is a few of them together.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, literal_column, select, tuple_, union
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.inbox.approver import Approver, approver_for
from models.reads.inbox.tabs import Tab, Wanted
from models.reads.viewer import Onlooker
from models.tables.people import Person
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Timesheet, Waiting

ORDER = (Waiting.submitted_at, Waiting.timesheet_id)

WORTH_A_LOOK = {Tab.READY: (False,), Tab.EXCEPTIONS: (True,)}
"""Of the parts that are one or the other; all others are both."""

Position = tuple[datetime, UUID]


def first_waiting(approver: Approver, wanted: Wanted, at_most: int, after: Position | None = None) -> Subquery:
    """The oldest of what waits, so many at most: when each was submitted, and its id."""
    conditions = list(_looked_for(wanted))
    if after:
        conditions.append(tuple_(*ORDER) > after)
    runs = [_oldest(queue, conditions, at_most).subquery() for queue in queues(approver, wanted.tab)]
    if not runs:
        return select(*ORDER).where(Waiting.timesheet_id.is_(None)).subquery()
    return union(*(select(run) for run in runs)).subquery()


def next_waiting(session: Session, approver: Approver, wanted: Wanted, decided: Timesheet) -> UUID | None:
    """The timesheet to open after one: the next in its part of the inbox, or else the first of it."""
    if decided.submitted_at:
        later = _first_of(session, first_waiting(approver, wanted, 1, (decided.submitted_at, decided.id)))
        if later:
            return later
    return _first_of(session, first_waiting(approver, wanted, 2), decided.id)


def next_for(session: Session, onlooker: Onlooker, decided: Timesheet, wanted: Wanted) -> UUID | None:
    """What the onlooker opens after one timesheet; None for those who may look but approve nobody's time."""
    try:
        return next_waiting(session, approver_for(session, onlooker), wanted, decided)
    except NotFound:
        return None


def queues(approver: Approver, tab: Tab) -> Iterator[ColumnElement[bool]]:
    """The queues that a part of an inbox is made of. Nobody's own timesheets are in any."""
    asked = [*_in_their_own_right(approver)] if tab is not Tab.DELEGATED else []
    if tab in (Tab.ALL, Tab.DELEGATED):
        asked += _in_anothers_place(approver)
    others = Waiting.owner_id != approver.person.id
    for each in asked:
        for worth_a_look in WORTH_A_LOOK.get(tab, (False, True)):
            yield and_(each, Waiting.has_exceptions.is_(worth_a_look), others)


def _in_their_own_right(approver: Approver) -> Iterator[ColumnElement[bool]]:
    for slot in approver.slots:
        yield Waiting.approver_id.is_(None) if slot is None else Waiting.approver_id == slot


def _in_anothers_place(approver: Approver) -> Iterator[ColumnElement[bool]]:
    for each in approver.stands_in:
        theirs = Waiting.approver_id == each.delegator.id
        yield theirs if each.only is None else and_(theirs, Waiting.owner_id.in_(each.only))


def _looked_for(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.pattern:
        yield _has(Person.id == Waiting.owner_id, Person.name.ilike(wanted.pattern, escape="/"))
    if wanted.period:
        yield _has(Timesheet.id == Waiting.timesheet_id, Timesheet.period_start == wanted.period)
    if wanted.project:
        on_it = (TimeEntry.project_id == wanted.project, ~TimeEntry.deleted)
        yield _has(TimeEntry.timesheet_id == Waiting.timesheet_id, *on_it)


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether what waits has such a row, looked up for one after the other.

    The offset of nothing keeps the planner from finding every such row of the organisation first.
    """
    return select(literal_column("1")).where(*conditions).correlate(Waiting).offset(literal_column("0")).exists()


def _oldest(queue: ColumnElement[bool], conditions: list[ColumnElement[bool]], at_most: int) -> Select[datetime, UUID]:
    # Somebody who leads several projects of a timesheet is asked once for each.
    return select(*ORDER).distinct().where(queue, *conditions).order_by(*ORDER).limit(at_most)


def _first_of(session: Session, found: Subquery, but: UUID | None = None) -> UUID | None:
    first = select(found.c.timesheet_id).order_by(found.c.submitted_at, found.c.timesheet_id).limit(1)
    return session.scalar(first if but is None else first.where(found.c.timesheet_id != but))
