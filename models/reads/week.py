"""The week page of one person."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.balances import agreement_on, tiles
from models.reads.entries import WEEKEND, dates, days_of, live_entries, rows_of, type_shown
from models.reads.sheets import approver_name, revision_reason, status_shown
from models.reads.shown import ProjectShown, TypeShown, WeekShown
from models.reads.viewer import Onlooker, circle_for, commands_offered, shown
from models.rules.digest import sheet_digest
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import State
from models.store import sheets
from models.store.people import Circle
from models.tables.accruals import Agreement
from models.tables.people import Project, TenantPolicy
from models.tables.timecard import TimePeriodType
from models.tables.timesheet import Timesheet


@dataclass(frozen=True, slots=True)
class WeekOf:
    """Which week of whom to show, and which day of it is open."""

    owner_id: UUID
    day: date | None
    """None: today."""
    now: datetime
    viewer_zone: ZoneInfo


def week_page(session: Session, onlooker: Onlooker, asked: WeekOf) -> WeekShown:
    """The week of one person, for somebody who may see it. Raises `NotFound` when they may not."""
    circle = circle_for(session, onlooker, asked.owner_id)
    policy = session.get_one(TenantPolicy, onlooker.tenant_id)
    zone = circle.owner.zone
    today = asked.now.astimezone(zone).date()
    day = asked.day or today
    period = period_of(day, policy.week_starts_on)
    sheet_id = timesheet_id(onlooker.tenant_id, circle.owner.id, period.start)
    sheet = session.get(Timesheet, sheet_id)
    days = days_of(live_entries(session, sheet_id, zone), period.start, period.end, today, day)
    agreement = agreement_on(session, circle.owner.id, period.end)
    return WeekShown(
        owner=shown(circle.owner),
        zone=zone.key,
        zone_differs=zone != asked.viewer_zone,
        period_start=period.start,
        period_end=period.end,
        previous_start=period.start - timedelta(days=7),
        next_start=period.end + timedelta(days=1),
        today=today,
        timesheet_id=sheet_id,
        exists=sheet is not None,
        revision=sheet.revision if sheet else 1,
        digest=_digest(session, circle, period, sheet_id),
        status=status_shown(session, sheet, circle, zone),
        days=days,
        rows=rows_of(days),
        total_minutes=sum(day.minutes for day in days),
        plan_minutes=plan_minutes(agreement, period),
        balances=tiles(session, agreement, period.end),
        commands=commands_offered(onlooker, circle, State(sheet.state) if sheet else State.DRAFT),
        entry_reason_required=onlooker.person_id != circle.owner.id,
        types=types_offered(session),
        projects=projects_offered(session),
        certification=policy.certification,
        approver=approver_name(circle),
        revision_reason=revision_reason(session, sheet) if sheet else None,
        has_agreement=agreement is not None,
    )


def plan_minutes(agreement: Agreement | None, period: Period) -> int:
    """Minutes planned in a period: the standard day for each day from Monday to Friday under the agreement."""
    if agreement is None:
        return 0
    working = [
        day
        for day in dates(period.start, period.end)
        if day.weekday() < WEEKEND and agreement.start_date <= day <= agreement.end_date
    ]
    return agreement.standard_day_minutes * len(working)


def types_offered(session: Session) -> tuple[TypeShown, ...]:
    """The time period types one may record, in the tenant's order."""
    found = session.scalars(select(TimePeriodType).order_by(TimePeriodType.position, TimePeriodType.name))
    return tuple(type_shown(type_) for type_ in found)


def projects_offered(session: Session) -> tuple[ProjectShown, ...]:
    """The projects one may record time on, by name."""
    found = session.execute(
        select(Project.id, Project.external_id, Project.name).where(Project.active).order_by(Project.name)
    )
    return tuple(ProjectShown(*row) for row in found)


def _digest(session: Session, circle: Circle, period: Period, sheet_id: UUID) -> str:
    entries = sheets.live_entries(session, sheet_id)
    return sheet_digest(sheets.content_of(circle.owner.id, period, entries))
