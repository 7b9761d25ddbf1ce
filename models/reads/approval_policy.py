"""The policy of approval as administrators see it, and what another one would have done to the last quarter."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.reads.policy_facts import strictly
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.approval_policy import ApprovalPolicy
from models.rules.days import day_bounds
from models.rules.policy_trial import Course, Past, Strictly, course_of
from models.rules.transitions import CommandKind
from models.rules.working_time import WorkingCalendar
from models.store.holidays import holiday_exceptions
from models.tables.people import Person, Project, TenantPolicy
from models.tables.timesheet import Decision, Submission, Timesheet

LOOKED_BACK = timedelta(weeks=13)
MOST_LOOKED_AT = 20_000
"""Submissions, the newest; more take longer than anybody waits."""

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What would have been otherwise for one submission: in words, what was and what would have been."""

    owner: PersonShown
    timesheet_id: UUID
    period_start: date
    period_end: date
    what: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The last quarter under another policy."""

    since: date
    looked_at: int
    is_all: bool
    """Whether these are all submissions of the quarter."""
    counts: tuple[tuple[str, int, int], ...]
    """How often something happened by the present policy and by the other one."""
    differing: int
    shown: tuple[Difference, ...]


def try_policy(
    session: Session, onlooker: Onlooker, present: ApprovalPolicy, other: ApprovalPolicy, now: datetime
) -> Trial:
    """Replay every submission of the last quarter by both policies and say what differs. It changes nothing."""
    zone = ZoneInfo(session.get_one(TenantPolicy, onlooker.tenant_id).time_zone)
    calendars = {policy: _calendar(session, policy, zone) for policy in {present, other}}
    since, counts, differing = now - LOOKED_BACK, Counter[tuple[str, bool]](), list[Difference]()
    looked_at = 0
    limits = [each.late_after_working_days for each in (present, other)]
    unexplained = _unexplained(session, since, [limit for limit in limits if limit is not None])
    strict = strictly(session, since, MOST_LOOKED_AT) if any(map(_is_strict, (present, other))) else {}
    for found, past in _submissions(session, since, now, unexplained, strict):
        looked_at += 1
        was, would_be = (course_of(past, policy, calendars[policy]) for policy in (present, other))
        counts.update({(name, False): number for name, number in _happened(was)})
        counts.update({(name, True): number for name, number in _happened(would_be)})
        if was != would_be:
            differing.append(_difference(found, was, would_be, zone))
    return Trial(
        since=since.astimezone(zone).date(),
        looked_at=looked_at,
        is_all=looked_at < MOST_LOOKED_AT,
        counts=tuple((words, counts[name, False], counts[name, True]) for name, words in _COUNTED.items()),
        differing=len(differing),
        shown=tuple(differing[:MOST_SHOWN]),
    )


def _is_strict(policy: ApprovalPolicy) -> bool:
    return (
        policy.refuse_future_work
        or policy.account_for_days
        or policy.explain_changes
        or policy.view_before_approving
        or policy.answer_acts_first
    )


def _calendar(session: Session, policy: ApprovalPolicy, zone: ZoneInfo) -> WorkingCalendar:
    holidays = PublicHolidays(policy.holiday_calendar, holiday_exceptions(session, policy.holiday_calendar))
    return WorkingCalendar(zone, frozenset(policy.work_days), policy.work_starts, policy.work_ends, holidays)


@dataclass(frozen=True, slots=True)
class _Found:
    owner: PersonShown
    timesheet_id: UUID
    period_start: date
    period_end: date


Days = tuple[tuple[date, date], ...]
"""The local days that work ended and was recorded on."""


def _unexplained(session: Session, since: datetime, limits: Collection[int]) -> dict[UUID, Days]:
    """Of each submission the entries without a reason that may be late by one of these limits, in working days."""
    if not limits:
        return {}
    found: dict[UUID, Days] = {}
    rows = session.execute(_UNEXPLAINED, {"since": since, "most": MOST_LOOKED_AT, "late_after": min(limits)})
    for submission_id, ended, recorded in rows:
        found[submission_id] = (*found.get(submission_id, ()), (ended, recorded))
    return found


_UNEXPLAINED = text(
    """
    SELECT s.id, days.ended, days.recorded
    FROM (SELECT id, timesheet_id, content, submitted_at FROM submission
          WHERE submitted_at >= :since ORDER BY submitted_at DESC LIMIT :most) s
    JOIN timesheet t ON t.id = s.timesheet_id
    JOIN person p ON p.id = t.owner_id
    CROSS JOIN LATERAL jsonb_to_recordset(s.content -> 'entries') AS line (id uuid, version int)
    JOIN time_entry_version v ON v.entry_id = line.id AND v.version = line.version
    CROSS JOIN LATERAL (SELECT (v.end_at AT TIME ZONE p.time_zone)::date AS ended,
                               (v.recorded_at AT TIME ZONE p.time_zone)::date AS recorded) days
    WHERE v.reason IS NULL AND days.recorded - days.ended > :late_after
    ORDER BY days.ended
    """
)
"""By calendar days, of which there are never fewer than working days."""


def _submissions(
    session: Session,
    since: datetime,
    now: datetime,
    unexplained: Mapping[UUID, Days],
    strict: Mapping[UUID, Strictly],
) -> Iterator[tuple[_Found, Past]]:
    """The newest first, each with the first decision on it."""
    projects: Mapping[UUID, str] = dict(session.execute(select(Project.id, Project.name)).all())
    rows = session.execute(
        select(Submission, Timesheet, Person, Decision.decision, Decision.decided_at)
        .join(Timesheet, Timesheet.id == Submission.timesheet_id)
        .join(Person, Person.id == Timesheet.owner_id)
        .outerjoin(Decision, and_(Decision.submission_id == Submission.id, Decision.number == 1))
        .where(Submission.submitted_at >= since)
        .order_by(Submission.submitted_at.desc())
        .limit(MOST_LOOKED_AT)
        .execution_options(yield_per=500)
    )
    for submission, sheet, owner, decision, decided_at in rows:
        shown = PersonShown(owner.id, owner.staff_id, owner.name)
        named = {UUID(line["projectId"]) for line in submission.content["entries"] if line.get("projectId")}
        yield (
            _Found(shown, sheet.id, sheet.period_start, sheet.period_end),
            Past(
                period_ends=day_bounds(sheet.period_end, ZoneInfo(owner.time_zone))[1],
                submitted_at=submission.submitted_at,
                ended_at=_earlier(decided_at, now),
                approved=decision == CommandKind.APPROVE,
                projects=tuple(sorted(projects[id_] for id_ in named if id_ in projects)),
                unexplained=unexplained.get(submission.id, ()),
                strictly=strict.get(submission.id, Strictly()),
            ),
        )


def _earlier(decided_at: datetime | None, now: datetime) -> datetime:
    return decided_at or now


_COUNTED = {
    "nudged": "Reminders to approvers",
    "escalated": "Escalations to the next approver",
    "leads": "Timesheets that project leads are asked about",
    "locked": "Timesheets that lock",
    "late": "Late entries without a reason",
    "ahead": "Entries on projects ahead of time",
    "unaccounted": "Timesheets with days that are not accounted for",
    "corrections": "Changes of saved entries without a reason",
    "unopened": "Approvals without having opened it",
    "unanswered": "Approvals before the owner answered for acts of others",
}
"""What is counted, in words."""


def _happened(course: Course) -> tuple[tuple[str, int], ...]:
    return (
        ("nudged", int(course.nudged_at is not None)),
        ("escalated", len(course.escalated_at)),
        ("leads", int(bool(course.leads_of))),
        ("locked", int(course.locks_at is not None)),
        ("late", course.late),
        ("ahead", course.refused.ahead),
        ("unaccounted", int(course.refused.unaccounted > 0)),
        ("corrections", course.refused.corrections),
        ("unopened", int(course.refused.unopened)),
        ("unanswered", int(course.refused.unanswered)),
    )


def _difference(found: _Found, was: Course, would_be: Course, zone: ZoneInfo) -> Difference:
    told = [
        ("Approver reminded", _moment(was.nudged_at, zone), _moment(would_be.nudged_at, zone)),
        ("Next approver asked", _moments(was.escalated_at, zone), _moments(would_be.escalated_at, zone)),
        ("Project leads asked", _names(was.leads_of), _names(would_be.leads_of)),
        ("Locks", _moment(was.locks_at, zone), _moment(would_be.locks_at, zone)),
        ("Late entries without a reason", str(was.late or "none"), str(would_be.late or "none")),
        ("Refused", _refusals(was.refused), _refusals(would_be.refused)),
    ]
    what = tuple(each for each in told if each[1] != each[2])
    return Difference(found.owner, found.timesheet_id, found.period_start, found.period_end, what)


def _refusals(strict: Strictly) -> str:
    """For what it would have been refused."""
    reasons = [
        strict.ahead and f"{strict.ahead} on projects ahead of time",
        strict.unaccounted and f"{_count(strict.unaccounted, 'day')} not accounted for",
        strict.corrections and f"{_count(strict.corrections, 'change')} without a reason",
        strict.unopened and "approved without having been opened",
        strict.unanswered and "approved before the owner answered",
    ]
    return "; ".join(reason for reason in reasons if reason) or "no"


def _count(number: int, of: str) -> str:
    return f"1 {of}" if number == 1 else f"{number} {of}s"


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    if at is None:
        return "never"
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _moments(all_: tuple[datetime, ...], zone: ZoneInfo) -> str:
    return "; ".join(_moment(at, zone) for at in all_) or "never"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nobody"
