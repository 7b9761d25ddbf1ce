"""How an organisation certifies and approves: changed by administrators, and tried on the last quarter before."""

from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.calendars import places
from models.database import ReadSession
from models.errors import Invalid
from models.reads.approval_policy import try_policy
from models.reads.directory import ChangeShown, changes_of
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.approval_policy import HOURS, STAGES, SWITCHES, ApprovalPolicy, policy_errors, retention_errors
from models.rules.policy import Action
from models.rules.stages import Stage
from models.store.approval_policy import kept_policy, replace_policy
from models.store.changes import Kept, require_none
from web.auth.viewer import Viewer
from web.forms import reason_in, text, version_in
from web.pages.admin import YES, change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show

router = APIRouter()

ADDRESS = "/admin/approval"
FIELDS = HOURS.keys() | {
    "certification",
    "approvalStages",
    "workDays",
    "workStarts",
    "workEnds",
    "holidayCalendar",
    "lockAfterDays",
    "lateAfterWorkingDays",
    "retentionYears",
    "reason",
}
APPROVAL = Template("admin_approval.html", "admin_approval.html", fields=frozenset(FIELDS))

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STAGE_WORDS = {
    (Stage.SUPERVISOR,): "The supervisor",
    (Stage.SUPERVISOR, Stage.PROJECT_LEAD): "The supervisor, then each project’s lead for the lines on their project",
}


@router.get(ADDRESS)
def policy(viewer: SignedIn, request: Request) -> Response:
    """The policy, and every change of it."""
    return show(request, viewer, APPROVAL, _read(viewer))


@router.post(ADDRESS)
async def change_policy(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change the policy; deadlines of what waits are reckoned anew."""

    def do() -> Kept[ApprovalPolicy]:
        given, version, content, reason = given_by(viewer, form), version_in(form), _content(form), reason_in(form)
        return change(
            viewer,
            use,
            Action.MANAGE_APPROVAL,
            lambda session: replace_policy(session, given, version, content, reason),
        )

    async def give() -> Response:
        await run_in_threadpool(do)
        await use.see_to_periods(viewer.tenant_id)
        return go_to(ADDRESS, "Saved. It holds from now on, also for what waits already.")

    return await or_show_again(request, viewer, APPROVAL, _read(viewer, form), form, give())


@router.get(f"{ADDRESS}/trial")
def tried(viewer: SignedIn) -> Response:
    """Where a trial leaves the browser: whoever asks for that address again wants the policy."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/trial")
async def try_it(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """See what such a policy would have done to the last quarter. It changes nothing."""

    def look() -> Response:
        content = _content(form)
        require_none(policy_errors(content, places()))

        def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
            found = _read(viewer, form)(session, onlooker)
            present = found["policy"].content
            require_none(retention_errors(present, content))
            return found | {"trial": try_policy(session, onlooker, present, content, use.now())}

        return show(request, viewer, APPROVAL, read, form=form)

    return await or_show_again(request, viewer, APPROVAL, _read(viewer, form), form, run_in_threadpool(look))


def _read(viewer: Viewer, typed: dict[str, str] | None = None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_APPROVAL)
        policy = kept_policy(session, onlooker.tenant_id)
        return {
            "policy": policy,
            "said": _typed(typed) if typed else _said(policy.content),
            "weekdays": WEEKDAYS,
            "stages": [(",".join(stages), STAGE_WORDS[stages]) for stages in STAGES],
            "changes": _changes(session, policy.id, onlooker.tenant_id, viewer.zone),
            "places": sorted(places()),
            "trial": None,
            "page_title": "Approval",
        }

    return read


def _changes(session: ReadSession, policy_id: UUID, tenant_id: UUID, zone: ZoneInfo) -> list[ChangeShown]:
    """Newest first, with those from when lateness was a rule of its own, on record under the organisation itself."""
    both = *changes_of(session, policy_id, zone), *changes_of(session, tenant_id, zone)
    return sorted(both, key=lambda change: change.at, reverse=True)


def _said(content: ApprovalPolicy) -> dict[str, Any]:
    """The policy as the form shows it."""
    return {
        **{name: _shown(getattr(content, field)) for name, field in HOURS.items()},
        "certification": content.certification,
        "holidayCalendar": content.holiday_calendar,
        "workDays": {str(day) for day in content.work_days},
        "workStarts": f"{content.work_starts:%H:%M}",
        "workEnds": f"{content.work_ends:%H:%M}",
        "lockAfterDays": str(content.lock_after_days),
        "lateAfterWorkingDays": _shown(content.late_after_working_days),
        "retentionYears": _shown(content.retention_years),
        "approvalStages": ",".join(content.stages),
        **{name: getattr(content, field) for name, field in SWITCHES.items()},
    }


def _shown(number: int | None) -> str:
    """None is never: an empty field."""
    return "" if number is None else str(number)


def _typed(form: dict[str, str]) -> dict[str, Any]:
    """What was typed, as the form shows it again."""
    ticked = {name: form.get(name) == YES for name in SWITCHES}
    days = {str(day) for day in range(7) if form.get(f"workDay{day}") == YES}
    return dict.fromkeys(FIELDS, "") | form | ticked | {"workDays": days}


def _content(form: dict[str, str]) -> ApprovalPolicy:
    """A policy as typed. Raises `Invalid` for what cannot be understood at all."""
    stages = {",".join(each): each for each in STAGES}.get(form.get("approvalStages", ""))
    if stages is None:
        raise Invalid.field("approvalStages", "Choose who approves.")
    hours = {field: _number(form, name) for name, field in HOURS.items()}
    return ApprovalPolicy(
        certification=text(form, "certification") or "",
        holiday_calendar=form.get("holidayCalendar", "").strip().upper(),
        work_days=tuple(day for day in range(7) if form.get(f"workDay{day}") == YES),
        work_starts=_clock(form, "workStarts"),
        work_ends=_clock(form, "workEnds"),
        submit_grace_hours=hours["submit_grace_hours"],
        remind_after_hours=hours["remind_after_hours"],
        escalate_after_hours=hours["escalate_after_hours"],
        lock_after_days=_number(form, "lockAfterDays", "Write whole days.") or 0,
        late_after_working_days=_number(form, "lateAfterWorkingDays", "Write whole days, or nothing for never."),
        retention_years=_number(form, "retentionYears", "Write whole years, or nothing to promise nothing."),
        stages=stages,
        **{field: form.get(name) == YES for name, field in SWITCHES.items()},
    )


def _number(form: dict[str, str], name: str, words: str = "Write whole hours, or nothing for never.") -> int | None:
    typed = form.get(name, "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise Invalid.field(name, words)
    return int(typed)


def _clock(form: dict[str, str], name: str) -> time:
    try:
        return time.fromisoformat(form.get(name, "").strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Invalid.field(name, "Write a time such as 09:00.") from None
