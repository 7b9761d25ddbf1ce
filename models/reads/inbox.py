"""What waits for an approver, oldest first, a page at a time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, select, tuple_, union_all
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.entries import dates
from models.reads.shown import CheckShown, InboxRow, InboxShown, PersonShown
from models.reads.viewer import Onlooker, shown
from models.reads.week import plan_minutes
from models.rules.accrual_types import AccrualCode
from models.rules.days import local_date
from models.rules.durations import hours_text
from models.rules.periods import Period
from models.rules.policy import Role
from models.rules.transitions import State
from models.store.people import load_circle
from models.tables.accruals import Agreement
from models.tables.people import Person
from models.tables.timecard import TimeEntry, TimePeriodType
from models.tables.timesheet import Timesheet

PAGE = 25
COUNTED = 99
"""Counts stop here and show a plus, so that they cost the same however many wait."""

NEAR_PLAN = 60
"""Minutes over or under the plan that are not worth a look."""

LONG_DAY = 10 * 60
"""Minutes in one day from which it is worth a look."""

LATE = timedelta(days=3)
"""A submission later than this after the period's end is worth a look."""


@dataclass(frozen=True, slots=True)
class Approver:
    """Whose inbox it is: the onlooker, or the person they act for."""

    person: PersonShown
    is_administrator: bool

    @property
    def queues(self) -> tuple[ColumnElement[bool], ...]:
        """What waits for this approver; administrators also get what nobody else can decide."""
        theirs = Timesheet.waiting_for_id == self.person.id
        nobodys = Timesheet.waiting_for_id.is_(None)
        others = and_(Timesheet.state == State.SUBMITTED.value, Timesheet.owner_id != self.person.id)
        return tuple(and_(queue, others) for queue in ((theirs, nobodys) if self.is_administrator else (theirs,)))


def approver_for(session: Session, onlooker: Onlooker) -> Approver:
    """Whose inbox the onlooker looks at. Raises `NotFound` for people who approve nobody's time."""
    person_id = onlooker.acting_for_id or onlooker.person_id
    member = load_circle(session, person_id).owner
    if not member.rank.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotFound("There is no such page, or you may not see it.")
    return Approver(shown(member), Role.ADMINISTRATOR in member.rank.roles)


def count_waiting(session: Session, approver: Approver) -> int:
    """How many timesheets wait, at most one more than `COUNTED`."""
    found = session.scalar(select(func.count()).select_from(_first(approver, COUNTED + 1))) or 0
    return min(found, COUNTED + 1)


def count_text(count: int) -> str:
    """A count as shown: 99+ when there are more."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def inbox_page(
    session: Session, onlooker: Onlooker, now: datetime, search: str = "", after: str | None = None
) -> InboxShown:
    """One page of what waits. `search` is part of a name; `after` the cursor of the page before."""
    approver = approver_for(session, onlooker)
    found = _page(session, approver, search, after)
    count = count_waiting(session, approver)
    more = len(found) > PAGE
    return InboxShown(
        approver=approver.person,
        rows=rows_for(session, found[:PAGE], now),
        count=count,
        count_text=count_text(count),
        next_cursor=_cursor(found[PAGE - 1][0]) if more else None,
        search=search,
    )


def next_waiting(session: Session, approver: Approver, decided: Timesheet) -> UUID | None:
    """The timesheet to open after one: the next in the inbox, or else its first."""
    if decided.submitted_at:
        later = _oldest(session, approver, tuple_(*_ORDER) > (decided.submitted_at, decided.id))
        if later:
            return later
    return _oldest(session, approver, Timesheet.id != decided.id)


def next_for(session: Session, onlooker: Onlooker, decided: Timesheet) -> UUID | None:
    """What the onlooker opens after one timesheet; None for those who may look but approve nobody's time."""
    try:
        return next_waiting(session, approver_for(session, onlooker), decided)
    except NotFound:
        return None


def rows_for(
    session: Session, found: Sequence[tuple[Timesheet, Person, datetime]], now: datetime
) -> tuple[InboxRow, ...]:
    """Timesheets, with their owners and when they were submitted, as rows of the inbox."""
    minutes = _minutes(session, found)
    agreements = _agreements(session, {owner.id for _, owner, _ in found})
    return tuple(
        _row(sheet, owner, submitted_at, minutes, _agreement(agreements, sheet), now)
        for sheet, owner, submitted_at in found
    )


def age_text(moment: datetime, now: datetime) -> str:
    """How long ago something was, in one unit."""
    minutes = max(0, (now - moment) // timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return "yesterday" if days == 1 else f"{days} days ago"


_ORDER = (Timesheet.submitted_at, Timesheet.id)


def _first(approver: Approver, at_most: int, *conditions: ColumnElement[bool]) -> Subquery:
    """So many of the oldest of each queue: each is read along its index, and only as far as needed."""
    oldest = [
        select(*_ORDER).where(queue, *conditions).order_by(*_ORDER).limit(at_most).subquery()
        for queue in approver.queues
    ]
    return union_all(*(select(queue) for queue in oldest)).subquery()


def _oldest(session: Session, approver: Approver, *conditions: ColumnElement[bool]) -> UUID | None:
    first = _first(approver, 1, *conditions)
    return session.scalar(select(first.c.id).order_by(first.c.submitted_at, first.c.id).limit(1))


def _page(
    session: Session, approver: Approver, search: str, after: str | None
) -> list[tuple[Timesheet, Person, datetime]]:
    conditions: list[ColumnElement[bool]] = []
    if search.strip():
        named = Person.name.icontains(search.strip(), autoescape=True)
        conditions.append(exists().where(Person.id == Timesheet.owner_id, named))
    position = _position(after)
    if position:
        conditions.append(tuple_(*_ORDER) > position)
    first = _first(approver, PAGE + 1, *conditions)
    rows = session.execute(
        select(Timesheet, Person, Timesheet.submitted_at)
        .join(first, first.c.id == Timesheet.id)
        .join(Person, Person.id == Timesheet.owner_id)
        .order_by(*_ORDER)
        .limit(PAGE + 1)
    )
    return [(sheet, owner, submitted_at) for sheet, owner, submitted_at in rows if submitted_at]


def _row(
    sheet: Timesheet,
    owner: Person,
    submitted_at: datetime,
    minutes: dict[tuple[UUID, date], int],
    agreement: Agreement | None,
    now: datetime,
) -> InboxRow:
    zone = ZoneInfo(owner.time_zone)
    by_day = tuple(minutes.get((sheet.id, day), 0) for day in dates(sheet.period_start, sheet.period_end))
    plan = plan_minutes(agreement, Period(sheet.period_start, sheet.period_end))
    late = submitted_at.astimezone(zone).date() > sheet.period_end + LATE
    return InboxRow(
        timesheet_id=sheet.id,
        owner=PersonShown(owner.id, owner.staff_id, owner.name),
        period_start=sheet.period_start,
        period_end=sheet.period_end,
        minutes_by_day=by_day,
        total_minutes=sum(by_day),
        plan_minutes=plan,
        checks=_checks(by_day, plan, late, sheet.revision),
        submitted_at=submitted_at.astimezone(zone),
        waiting_text=age_text(submitted_at, now),
        revision=sheet.revision,
    )


def _checks(by_day: tuple[int, ...], plan: int, late: bool, revision: int) -> tuple[CheckShown, ...]:
    checks = []
    difference = sum(by_day) - plan
    if plan == 0:
        checks.append(CheckShown("No agreement", "warn"))
    elif difference > NEAR_PLAN:
        checks.append(CheckShown(f"{hours_text(difference)} h over plan", "warn"))
    elif difference < -NEAR_PLAN:
        checks.append(CheckShown(f"{hours_text(-difference)} h under plan", "info"))
    if max(by_day) > LONG_DAY:
        checks.append(CheckShown(f"Day of {hours_text(max(by_day))} h", "bad"))
    if late:
        checks.append(CheckShown("Late", "warn"))
    if revision > 1:
        checks.append(CheckShown(f"Revision {revision}", "info"))
    return tuple(checks) or (CheckShown("No exceptions", "ok"),)


def _minutes(session: Session, found: Sequence[tuple[Timesheet, Person, datetime]]) -> dict[tuple[UUID, date], int]:
    """Minutes worked by timesheet and local day, for all rows in one statement."""
    zones = {sheet.id: ZoneInfo(owner.time_zone) for sheet, owner, _ in found}
    rows = session.execute(
        select(TimeEntry.timesheet_id, TimeEntry.start_at, TimeEntry.end_at, TimeEntry.meal_break_minutes)
        .join(
            TimePeriodType,
            and_(
                TimePeriodType.tenant_id == TimeEntry.tenant_id,
                TimePeriodType.id == TimeEntry.time_period_type_id,
            ),
        )
        .where(
            TimeEntry.timesheet_id.in_(zones),
            ~TimeEntry.deleted,
            TimeEntry.confirmed,
            TimeEntry.end_at.is_not(None),
            TimePeriodType.feeds.contains([AccrualCode.ANNUAL_TARGET_HOURS.value]),
        )
    )
    totals: dict[tuple[UUID, date], int] = {}
    for sheet_id, start, end, meal_break in rows:
        at = (sheet_id, local_date(start, zones[sheet_id]))
        worked = (end - start) // timedelta(minutes=1) if end else 0
        totals[at] = totals.get(at, 0) + worked - meal_break
    return totals


def _agreements(session: Session, owners: set[UUID]) -> dict[UUID, list[Agreement]]:
    by_owner: dict[UUID, list[Agreement]] = {}
    for agreement in session.scalars(select(Agreement).where(Agreement.person_id.in_(owners))):
        by_owner.setdefault(agreement.person_id, []).append(agreement)
    return by_owner


def _agreement(agreements: dict[UUID, list[Agreement]], sheet: Timesheet) -> Agreement | None:
    theirs = agreements.get(sheet.owner_id, [])
    return next((found for found in theirs if found.start_date <= sheet.period_end <= found.end_date), None)


def _cursor(sheet: Timesheet) -> str:
    assert sheet.submitted_at is not None
    return urlsafe_b64encode(f"{sheet.submitted_at.isoformat()}|{sheet.id}".encode()).decode()


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a page starts; a cursor nobody made starts at the beginning."""
    if not cursor:
        return None
    try:
        at, _, id_ = urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        return None
