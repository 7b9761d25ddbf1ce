"""What people take with them: one timesheet as it stands, and a person's shifts over some time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.entries import days_of, entries_between, live_entries
from models.reads.sheets import acted_by, last_submission, sheet_of, status_shown
from models.reads.shown import DayShown, EntryShown, PersonShown, StatusShown
from models.reads.viewer import Onlooker, circle_for, opens_sheet, shown
from models.rules.days import day_bounds
from models.rules.digest import sheet_digest
from models.rules.periods import Period
from models.store import sheets
from models.tables.people import Tenant
from models.tables.timesheet import Decision, Submission, Timesheet


@dataclass(frozen=True, slots=True)
class SignedShown:
    """Who put their name to a timesheet, when, and the words that go with it."""

    by: str
    """With on whose behalf, if it was somebody else's to do."""
    at: datetime
    words: str | None


@dataclass(frozen=True, slots=True)
class SheetExport:
    """One timesheet with everything a reader far from this system needs. Times are in `zone`, its owner's."""

    owner: PersonShown
    organisation: str
    zone: ZoneInfo
    period: Period
    status: StatusShown
    revision: int
    digest: str
    certified: SignedShown | None
    """The certification of what is here; none while it can change."""
    decided: SignedShown | None
    decision: str | None
    """approve or reject, when somebody decided on what is here."""
    days: tuple[DayShown, ...]
    """Those of the period, and those beside it that entries lie on since their owner moved to another zone."""

    @property
    def entries(self) -> tuple[EntryShown, ...]:
        """Every entry, by start."""
        return tuple(entry for day in self.days for entry in day.entries)

    @property
    def total_minutes(self) -> int:
        """Minutes worked in the whole period."""
        return sum(day.minutes for day in self.days)


@dataclass(frozen=True, slots=True)
class ShiftShown:
    """One of a person's entries, with when its present version was recorded."""

    entry: EntryShown
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftsExport:
    """A person's entries over some time; `shifts` can be read once, while the session is open."""

    owner: PersonShown
    zone: ZoneInfo
    shifts: Iterator[ShiftShown]


def sheet_export(session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime) -> SheetExport:
    """One timesheet as it stands, for somebody who may see it. Raises `NotFound`."""
    sheet = sheet_of(session, timesheet_id)
    circle = circle_for(session, onlooker, sheet.owner_id)
    opens_sheet(onlooker, circle, sheet)
    zone = circle.owner.zone
    submission = _submission_of_this(session, sheet)
    decision = _decision_on(session, sheet, submission)
    entries = live_entries(session, sheet.id, zone)
    return SheetExport(
        owner=shown(circle.owner),
        organisation=session.scalar(select(Tenant.name).where(Tenant.id == onlooker.tenant_id)) or "",
        zone=zone,
        period=Period(sheet.period_start, sheet.period_end),
        status=status_shown(session, sheet, circle, zone),
        revision=sheet.revision,
        digest=_digest(session, sheet),
        certified=_certified(session, submission, zone) if submission else None,
        decided=_decided(session, decision, zone) if decision else None,
        decision=decision.decision if decision else None,
        days=_days(sheet, entries, now.astimezone(zone).date()),
    )


def shifts_export(session: Session, onlooker: Onlooker, owner_id: UUID, first: date, last: date) -> ShiftsExport:
    """A person's entries that start on the local days from `first` to `last`, for somebody who may see them.

    Raises `NotFound`.
    """
    circle = circle_for(session, onlooker, owner_id)
    zone = circle.owner.zone
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    found = entries_between(session, owner_id, start, end, zone)
    return ShiftsExport(shown(circle.owner), zone, (ShiftShown(*row) for row in found))


def _days(sheet: Timesheet, entries: list[EntryShown], today: date) -> tuple[DayShown, ...]:
    on = [sheet.period_start, sheet.period_end, *(entry.day for entry in entries)]
    return days_of(entries, min(on), max(on), today)


def _submission_of_this(session: Session, sheet: Timesheet) -> Submission | None:
    """The submission of the present revision: one of a former revision says nothing about what is here."""
    submission = last_submission(session, sheet)
    return submission if submission and submission.revision == sheet.revision else None


def _decision_on(session: Session, sheet: Timesheet, submission: Submission | None) -> Decision | None:
    return session.get(Decision, sheet.decision_id) if submission and sheet.decision_id else None


def _digest(session: Session, sheet: Timesheet) -> str:
    period = Period(sheet.period_start, sheet.period_end)
    return sheet_digest(sheets.content_of(sheet.owner_id, period, sheets.live_entries(session, sheet.id)))


def _certified(session: Session, submission: Submission, zone: ZoneInfo) -> SignedShown:
    by = acted_by(session, submission.submitted_by_id, submission.on_behalf_of_id)
    return SignedShown(by, submission.submitted_at.astimezone(zone), submission.certification)


def _decided(session: Session, decision: Decision, zone: ZoneInfo) -> SignedShown:
    by = acted_by(session, decision.decided_by_id, decision.responsible_id)
    return SignedShown(by, decision.decided_at.astimezone(zone), decision.reason or decision.comment)
