"""One submitted timesheet opened for a decision, exactly as it was certified, with what a decision has to go by."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.balances import agreement_on, tiles
from models.reads.decisions import decisions_on
from models.reads.entries import certified_entries, days_of
from models.reads.inbox.approver import approver_if_any
from models.reads.inbox.rows import row_of
from models.reads.looks import compared
from models.reads.notes import notes_in
from models.reads.owner_review import acts_on
from models.reads.sheets import (
    acted_by,
    approver_named,
    coming,
    last_submission,
    revision_reason,
    sheet_of,
    status_shown,
)
from models.reads.shown import ActShown, BalanceChange, ReviewShown
from models.reads.viewer import Onlooker, circle_of_sheet, commands_offered, may_take_back, opens_sheet
from models.rules.periods import Period
from models.rules.policy import Role
from models.rules.stages import Stage
from models.rules.transitions import DECISIONS, State
from models.store.people import Circle, with_approvers
from models.store.timekeeping import held_back
from models.tables.people import Person, Project, TenantPolicy
from models.tables.timesheet import Submission, Timesheet

COUNTED_STATES = frozenset({State.SUBMITTED, State.APPROVED, State.LOCKED})
"""In which balances hold exactly what was certified."""


def review_page(session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime) -> ReviewShown:
    """A certified timesheet for somebody who may see it.

    Raises `NotFound` when they may not, or when nothing was certified yet.
    """
    sheet = sheet_of(session, timesheet_id)
    circle = circle_of_sheet(session, onlooker, sheet)
    submission = last_submission(session, sheet)
    if submission is None:
        raise NotFound("There is no such page, or you may not see it.")
    opens_sheet(onlooker, circle, sheet, submission.revision)
    zone, state = circle.owner.zone, State(sheet.state)
    entries = certified_entries(session, submission.content, zone)
    since = compared(session, onlooker.person_id, submission, entries, zone)
    period = Period(sheet.period_start, sheet.period_end)
    commands = commands_offered(onlooker, circle, state, sheet.id)
    policy = session.get_one(TenantPolicy, sheet.tenant_id) if commands & DECISIONS else None
    return ReviewShown(
        row=row_of(session, sheet.id, approver_if_any(session, onlooker), now),
        state=sheet.state,
        status=None if commands & DECISIONS else status_shown(session, sheet, circle, zone),
        digest=submission.digest,
        zone=zone.key,
        days=days_of(entries, period.start, period.end, now.astimezone(zone).date()),
        certified_by=acted_by(session, submission.submitted_by_id, submission.on_behalf_of_id, circle),
        certified_text=f"{submission.submitted_at.astimezone(zone):%-d %B %Y, %H:%M}",
        certification=submission.certification,
        balances=tuple(_balances(session, sheet, submission)),
        changes=since.changes,
        changed_since=since.since,
        reason=revision_reason(session, sheet),
        commands=commands,
        held_back=_held_back(session, policy, circle, sheet, submission) if policy else None,
        may_take_back=_may_take_back(session, onlooker, circle, sheet),
        notes=notes_in(session, sheet.owner_id, period, zone),
        decisions=decisions_on(session, sheet.id, {entry.id: entry for entry in entries}, zone),
        acts=_unanswered(session, onlooker, circle, sheet),
        asked=tuple(_others_asked(onlooker, circle, sheet)) if state is State.SUBMITTED else (),
        then=tuple(_then(session, policy, circle, sheet, submission)) if policy else (),
        my_projects=_my_projects(onlooker, circle, sheet),
        look=submission.id if since.is_new else None,
    )


def _balances(session: Session, sheet: Timesheet, submission: Submission) -> Iterator[BalanceChange]:
    """What remains with the week, and what would remain without it."""
    agreement = agreement_on(session, sheet.owner_id, sheet.period_end)
    shown = tiles(session, agreement, sheet.period_end)
    used = _used(session, submission, sheet, agreement.start_date) if agreement and shown else {}
    counts = State(sheet.state) in COUNTED_STATES
    for tile in shown:
        yield BalanceChange(tile, tile.balance + (used.get(tile.code.value, 0) if counts else 0))


def _used(session: Session, submission: Submission, sheet: Timesheet, since: object) -> dict[str, int]:
    """What the entries of a submission use up of each accrual, until the end of the period."""
    named = submission.content["entries"]
    if not named:
        return {}
    these = {
        "entries": [UUID(each["id"]) for each in named],
        "versions": [each["version"] for each in named],
        "first": since,
        "last": sheet.period_end,
    }
    return {row.accrual_code: row.used for row in session.execute(_USED, these)}


_USED = text(
    """
    SELECT counted.accrual_code, CAST(sum(counted.value) AS bigint) AS used
    FROM (
        SELECT DISTINCT ON (c.time_entry_id, c.time_entry_version, c.accrual_code, c.day) c.accrual_code, c.value
        FROM unnest(CAST(:entries AS uuid[]), CAST(:versions AS int[])) AS i (entry_id, version)
        JOIN contribution c ON c.time_entry_id = i.entry_id
             AND (c.time_entry_version = i.version OR c.flex_change_id IS NOT NULL)
        WHERE c.day BETWEEN :first AND :last
        ORDER BY c.time_entry_id, c.time_entry_version, c.accrual_code, c.day, c.computation DESC
    ) AS counted
    GROUP BY counted.accrual_code
    """
)


def _may_take_back(session: Session, onlooker: Onlooker, circle: Circle, sheet: Timesheet) -> bool:
    is_approved = sheet.state == State.APPROVED
    is_partly_approved = sheet.state == State.SUBMITTED and sheet.stage != Stage.SUPERVISOR
    if not is_approved and not is_partly_approved:
        return False
    known = with_approvers(session, circle, sheet.id)
    return bool(known.deciders) and may_take_back(onlooker, known, sheet.id)


def _unanswered(session: Session, onlooker: Onlooker, circle: Circle, sheet: Timesheet) -> tuple[ActShown, ...]:
    acts = acts_on(session, onlooker, circle, sheet.id)
    return tuple(act for act in acts if act.event.answer is None or act.event.answer.verdict != "confirmed")


def _held_back(
    session: Session, policy: TenantPolicy, circle: Circle, sheet: Timesheet, submission: Submission
) -> str | None:
    return held_back(session, circle.owner, sheet.id, submission) if policy.answer_acts_first else None


def _others_asked(onlooker: Onlooker, circle: Circle, sheet: Timesheet) -> Iterator[str]:
    mine = {onlooker.acting_for_id or onlooker.person_id}
    me = circle.members.get(onlooker.person_id)
    if me and Role.ADMINISTRATOR in me.rank.roles:
        mine.add(None)  # type: ignore[arg-type]  # None stands for the administrators, of whom they are one
    for approver in circle.asked(sheet.id):
        if approver not in mine:
            yield approver_named(circle, approver)


def _then(
    session: Session, policy: TenantPolicy, circle: Circle, sheet: Timesheet, submission: Submission
) -> Iterator[str]:
    asking = circle.submitted.get(sheet.id)
    if asking and asking.stage is Stage.SUPERVISOR and Stage.PROJECT_LEAD in policy.approval_stages:
        leads = list(_leads(session, submission))
        if leads:
            yield f"Once you approve it, it goes to {', '.join(leads)}."
    yield from coming(session, sheet, circle, circle.owner.zone)


def _leads(session: Session, submission: Submission) -> Iterator[str]:
    projects = {UUID(each["projectId"]) for each in submission.content["entries"] if each.get("projectId")}
    if not projects:
        return
    rows = session.execute(
        select(Project.name, Person.name)
        .outerjoin(Person, Person.id == Project.lead_id)
        .where(Project.id.in_(projects))
        .order_by(Project.name)
    )
    for project, lead in rows:
        yield f"{lead or 'the administrators'} for {project}"


def _my_projects(onlooker: Onlooker, circle: Circle, sheet: Timesheet) -> frozenset[UUID]:
    asking = circle.submitted.get(sheet.id)
    if asking is None or asking.stage is not Stage.PROJECT_LEAD:
        return frozenset()
    me = onlooker.acting_for_id or onlooker.person_id
    found = circle.projects_of(sheet.id, me)
    for delegator in circle.delegations(onlooker.person_id, sheet.id):
        found |= circle.projects_of(sheet.id, delegator)
    return found
