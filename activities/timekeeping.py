"""What strict timekeeping asks of a timesheet before it is certified and approved, where the organisation wants it."""

from collections.abc import Iterable, Sequence

from activities.act import Act
from activities.checks import require_done
from models.errors import ActsUnanswered, NotViewed, Unaccounted
from models.rules.agreements import plan_by_day
from models.rules.timekeeping import Missing, holds_back_submission, in_words, unaccounted
from models.store.accruals import local_calendar
from models.store.timekeeping import accounted_by, answers_on, held_back
from models.store.views import has_viewed
from models.tables.timecard import TimeEntry
from models.tables.timesheet import Submission

DAYS = "days"
"""The field that days which are not accounted for are refused by."""


def require_worked(act: Act, entries: Iterable[TimeEntry]) -> None:
    """Nothing on a project is certified before it is done. Raises `FutureWork`."""
    for entry in entries:
        require_done(act, entry.start_at, entry.end_at, entry.project_id)


def require_accounted(act: Act, entries: Sequence[TimeEntry]) -> None:
    """Every planned hour of the period is accounted for. Raises `Unaccounted` with the days that are not."""
    if not act.policy.account_for_days:
        return
    calendar = local_calendar(act.session, act.owner, act.period.start, act.period.end)
    plan = plan_by_day(calendar.agreements, act.period)
    missing = unaccounted(plan, calendar.public_holidays, accounted_by(act.session, entries, act.period, act.zone))
    if missing:
        raise Unaccounted.field(DAYS, in_words(missing), [_told(each) for each in missing])


def require_answered(act: Act) -> None:
    """The owner answers what others did in their place before they certify it. Raises `ActsUnanswered`.

    Who submits for them need not wait: nobody can approve it before the owner has answered.
    """
    if not act.policy.answer_acts_first or act.actor.id != act.owner.id:
        return
    if holds_back_submission(answers_on(act.session, act.owner.id, act.sheet.id)):
        raise ActsUnanswered(
            "Somebody else acted in your place in this week. Confirm or dispute that first, then submit.",
            timesheetId=str(act.sheet.id),
        )


def require_approvable(act: Act, submission: Submission) -> None:
    """It was opened by whoever approves it, and its owner stands by it. Raises `NotViewed` or `ActsUnanswered`."""
    if act.policy.view_before_approving and not has_viewed(
        act.session, act.actor.id, act.sheet.id, submission.revision
    ):
        raise NotViewed("You have not opened the details of this timesheet. Open them, then approve it.")
    if not act.policy.answer_acts_first:
        return
    held = held_back(act.session, act.owner, act.sheet.id, submission)
    if held:
        raise ActsUnanswered(held, timesheetId=str(act.sheet.id))


def _told(missing: Missing) -> dict[str, object]:
    return {"date": missing.day.isoformat(), "minutes": missing.minutes}
