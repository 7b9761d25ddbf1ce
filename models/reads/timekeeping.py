"""What strict timekeeping asks of a week before it is submitted, so that it is said before it is refused."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.shown import StrictShown
from models.rules.agreements import plan_by_day
from models.rules.periods import Period
from models.rules.timekeeping import Missing, holds_back_submission, unaccounted
from models.rules.transitions import State
from models.store.accruals import local_calendar
from models.store.people import Circle
from models.store.sheets import live_entries
from models.store.timekeeping import accounted_by, answers_on
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet


def strict_shown(
    session: Session, policy: TenantPolicy, circle: Circle, sheet: Timesheet | None, period: Period, own: bool
) -> StrictShown:
    """What there is to say of it; what a submission needs only while there may be one."""
    is_open = sheet is not None and sheet.state == State.DRAFT
    missing: tuple[Missing, ...] = ()
    awaits_answers = False
    if is_open and sheet is not None:
        if policy.account_for_days:
            missing = _missing(session, circle, sheet, period)
        if policy.answer_acts_first and own:
            awaits_answers = holds_back_submission(answers_on(session, circle.owner.id, sheet.id))
    return StrictShown(policy.explain_changes, policy.refuse_future_work, missing, awaits_answers)


def views_first(session: Session) -> bool:
    """Whether whoever approves has to have seen the details before."""
    return session.scalars(select(TenantPolicy.view_before_approving)).one()


def _missing(session: Session, circle: Circle, sheet: Timesheet, period: Period) -> tuple[Missing, ...]:
    calendar = local_calendar(session, circle.owner, period.start, period.end)
    plan = plan_by_day(calendar.agreements, period)
    entries = accounted_by(session, live_entries(session, sheet.id), period, circle.owner.zone)
    return unaccounted(plan, calendar.public_holidays, entries)
