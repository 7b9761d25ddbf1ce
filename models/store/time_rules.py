"""What an organisation has decided of deadlines, with its calendar, as the rules need it."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.rules.deadlines import Timed, TimeRules
from models.rules.periods import Period
from models.rules.transitions import State
from models.rules.working_time import WorkingCalendar
from models.store.holidays import holiday_exceptions
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet


def time_rules(session: Session, policy: TenantPolicy) -> TimeRules:
    """The rules of now: a change of them holds for every timesheet from then on."""
    return TimeRules(
        calendar=WorkingCalendar(
            ZoneInfo(policy.time_zone),
            frozenset(policy.work_days),
            policy.work_starts,
            policy.work_ends,
            PublicHolidays(policy.holiday_calendar, holiday_exceptions(session, policy.holiday_calendar)),
        ),
        remind_to_record=policy.remind_to_record,
        submit_grace_hours=policy.submit_grace_hours,
        remind_after_hours=policy.remind_after_hours,
        escalate_after_hours=policy.escalate_after_hours,
    )


def timed(sheet: Timesheet, zone: ZoneInfo, may_escalate: bool) -> Timed:
    """What deadlines depend on. `zone` is the owner's."""
    return Timed(
        state=State(sheet.state),
        since=sheet.state_since,
        period=Period(sheet.period_start, sheet.period_end),
        zone=zone,
        escalations=sheet.escalations,
        may_escalate=may_escalate,
    )
