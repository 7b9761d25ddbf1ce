"""The week page of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from models.reads.balances import agreements_between, tiles
from models.reads.entries import days_of, last_entry, live_entries, rows_of, type_shown
from models.reads.flex import flex_changes_in
from models.reads.notes import notes_in
from models.reads.owner_review import acts_on, weeks_unanswered
from models.reads.sheets import approver_name, revision_reason, status_shown
from models.reads.shown import ProjectShown, TimerShown, TypeShown, WeekShown
from models.reads.timekeeping import strict_shown
from models.reads.viewer import Onlooker, circle_for, commands_offered, opens_sheet, shown
from models.rules.agreements import plan_by_day
from models.rules.digest import sheet_digest
from models.rules.entry_fields import TypeMetadata
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import State
from models.store import sheets
from models.store.people import Circle
from models.tables.people import Project, TenantPolicy
from models.tables.timecard import TimePeriodType, WeekRow
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
    if sheet is not None:
        opens_sheet(onlooker, circle, sheet)
    agreements = agreements_between(session, circle.owner.id, period.start, period.end)
    agreement = next((each for each in agreements if each.end_date >= period.end), None)
    plan = plan_by_day(agreements, period)
    days = days_of(live_entries(session, sheet_id, zone), period.start, period.end, today, day, plan)
    types = _types(session)
    own = onlooker.person_id == circle.owner.id
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
        rows=rows_of(days, kept_rows(session, sheet_id), [type_.id for type_ in types]),
        total_minutes=sum(day.minutes for day in days),
        plan_minutes=sum(plan.values()),
        balances=tiles(session, agreement, period.end),
        commands=commands_offered(onlooker, circle, State(sheet.state) if sheet else State.DRAFT, sheet_id),
        entry_reason_required=not own,
        types=_offered(types, circle.owner.id, day),
        projects=projects_offered(session),
        certification=policy.certification,
        approver=approver_name(circle),
        revision_reason=revision_reason(session, sheet) if sheet else None,
        days_without_agreement=frozenset(
            day for day in period.days if not any(each.start_date <= day <= each.end_date for each in agreements)
        ),
        notes=notes_in(session, circle.owner.id, period, zone),
        flex_changes=flex_changes_in(session, circle.owner.id, period, zone),
        acts=acts_on(session, onlooker, circle, sheet_id),
        acts_elsewhere=weeks_unanswered(session, circle.owner.id, period.start) if own else (),
        timer=timer_shown(session, circle.owner.id, asked.now, zone),
        strict=strict_shown(session, policy, circle, sheet, period, own),
    )


def kept_rows(session: Session, sheet_id: UUID) -> list[tuple[TypeShown, ProjectShown | None]]:
    """The lines that somebody wants to see in the grid of a week, whether or not anything is recorded on them."""
    found: Select[TimePeriodType, Project | None] = (
        select(TimePeriodType, Project)
        .select_from(WeekRow)
        .join(
            TimePeriodType,
            and_(TimePeriodType.tenant_id == WeekRow.tenant_id, TimePeriodType.id == WeekRow.time_period_type_id),
        )
        .outerjoin(Project, Project.id == WeekRow.project_id)
        .where(WeekRow.timesheet_id == sheet_id)
    )
    return [
        (type_shown(type_), ProjectShown(project.id, project.external_id, project.name) if project else None)
        for type_, project in session.execute(found)
    ]


def timer_shown(session: Session, owner_id: UUID, now: datetime, zone: ZoneInfo) -> TimerShown:
    """What somebody's clock runs for, or what it was last used for."""
    last = last_entry(session, owner_id, now, zone)
    if last is None:
        return TimerShown(None, None)
    return TimerShown(last if last.end is None else None, last.line)


def types_offered(session: Session, owner_id: UUID, day: date) -> tuple[TypeShown, ...]:
    """The time period types that somebody may record on a local day, in the tenant's order."""
    return _offered(_types(session), owner_id, day)


def all_types(session: Session) -> tuple[TypeShown, ...]:
    """Every time period type, also those that nobody may record any more: entries of it are still there."""
    return tuple(type_shown(type_) for type_ in _types(session))


def projects_offered(session: Session) -> tuple[ProjectShown, ...]:
    """The projects one may record time on, by name."""
    found = session.execute(
        select(Project.id, Project.external_id, Project.name).where(Project.active).order_by(Project.name)
    )
    return tuple(ProjectShown(*row) for row in found)


def _types(session: Session) -> Sequence[TimePeriodType]:
    return session.scalars(select(TimePeriodType).order_by(TimePeriodType.position, TimePeriodType.name)).all()


def _offered(types: Sequence[TimePeriodType], owner_id: UUID, day: date) -> tuple[TypeShown, ...]:
    return tuple(type_shown(type_) for type_ in types if metadata_of(type_).is_for(owner_id, day))


def metadata_of(type_: TimePeriodType) -> TypeMetadata:
    """A type as the rules know it."""
    people = None if type_.person_ids is None else frozenset(type_.person_ids)
    return TypeMetadata(type_.fields, type_.effective_from, type_.effective_to, people)


def _digest(session: Session, circle: Circle, period: Period, sheet_id: UUID) -> str:
    entries = sheets.live_entries(session, sheet_id)
    return sheet_digest(sheets.content_of(circle.owner.id, period, entries))
