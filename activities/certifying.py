"""Submit, recall and revise: what the owner (or an administrator in their place) does to a whole timesheet."""

from typing import cast

from activities.act import Act
from activities.asking import ask_supervisor
from activities.counting import planned_minutes, worked_by_day
from activities.timekeeping import require_accounted, require_answered, require_worked
from models.commands import Submit
from models.errors import AlreadyDecided, Invalid, Stale
from models.rules.days import local_date
from models.rules.digest import content_json, sheet_digest
from models.rules.exceptions import exceptions_of
from models.rules.stages import Stage
from models.rules.statements import about_revision, about_submission, sheet_activity_id, work_id
from models.rules.transitions import CommandKind, State
from models.store.sheets import content_of, live_entries, planned_entries
from models.store.waiting import ask_nobody
from models.tables.timesheet import Submission


def submit(act: Act) -> None:
    """Certify the content that was shown; from here on it is frozen.

    Raises `Stale` when it is not the present content any more, `Invalid` when a planned shift is not confirmed
    yet or an entry is still running, and what strict timekeeping has against it where the organisation wants that.
    """
    entries = live_entries(act.session, act.sheet.id)
    content = content_of(act.owner.id, act.period, entries)
    digest = sheet_digest(content)
    if cast(Submit, act.asked.body).digest != digest:
        raise Stale(
            "This week changed since you opened it. Nothing was submitted: look at it again.",
            state=act.sheet.state,
            digest=digest,
        )
    _require_confirmed(planned_entries(act.session, act.sheet.id))
    if any(entry.end_at is None for entry in entries):
        raise Invalid.field("endTime", "An entry is still running. Give it a finish, then submit.")
    require_worked(act, entries)
    require_accounted(act, entries)
    require_answered(act)
    minutes, plan = worked_by_day(act, entries), planned_minutes(act)
    submission = Submission(
        id=act.asked.makes("submission"),
        tenant_id=act.asked.key.tenant_id,
        timesheet_id=act.sheet.id,
        revision=act.sheet.revision,
        digest=digest,
        content=content_json(content),
        certification=act.policy.certification,
        approver_id=act.circle.approver_id,
        submitted_by_id=act.actor.id,
        on_behalf_of_id=act.asked.on_behalf_of_id,
        reason=act.asked.reason,
        submitted_at=act.now,
        minutes_by_day=minutes,
        plan_minutes=plan,
        exceptions=exceptions_of(
            minutes, plan, act.period.end, local_date(act.now, act.zone), by_another=act.actor.id != act.owner.id
        ),
    )
    act.session.add(submission)
    act.move_to(State.SUBMITTED)
    act.sheet.submitted_at = act.now
    act.sheet.submission_id = submission.id
    act.sheet.decision_id = None
    ask_supervisor(act, submission)
    act.statements += about_submission(
        f"submit-{submission.id}",
        act.now,
        sheet_activity_id(act.sheet.id, act.sheet.revision),
        [work_id(entry.id, entry.version) for entry in entries],
        act.owner.agent,
        act.acts_for_owner,
        digest,
    )
    act.announce("timesheet.submitted", act.sheet.id, revision=act.sheet.revision, digest=digest)


def _require_confirmed(planned: int) -> None:
    if planned == 1:
        raise Invalid.field(
            "planned", "1 planned shift is not confirmed yet. Confirm, change or remove it, then submit."
        )
    if planned:
        raise Invalid.field(
            "planned", f"{planned} planned shifts are not confirmed yet. Confirm, change or remove them, then submit."
        )


def reopen(act: Act) -> None:
    """Recall or revise: the next revision begins as a draft; what was certified or decided stays on record.

    Raises `AlreadyDecided` for a recall after somebody has decided.
    """
    if act.asked.kind is CommandKind.RECALL and act.sheet.stage == Stage.PROJECT_LEAD:
        raise AlreadyDecided(
            "Your supervisor has approved this timesheet already. Ask a project lead to send it back.",
            state=act.sheet.state,
        )
    revised = sheet_activity_id(act.sheet.id, act.sheet.revision)
    act.sheet.revision += 1
    act.sheet.lock_at = None
    if act.asked.kind is CommandKind.RECALL:
        ask_nobody(act.session, act.sheet)
    act.move_to(State.DRAFT)
    act.statements += about_revision(
        sheet_activity_id(act.sheet.id, act.sheet.revision),
        act.asked.reason or "",
        revised,
        *act.period_instants,
        act.owner.agent,
        act.acts_for_owner,
    )
    done = "recalled" if act.asked.kind is CommandKind.RECALL else "revised"
    act.announce(f"timesheet.{done}", act.sheet.id, revision=act.sheet.revision)
