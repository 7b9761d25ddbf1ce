"""Timesheets: read them with their history, certify them, decide on them, and what else is done to a whole one."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body, Decide, Move, Submit
from models.reads.api.entries import entries_of_sheet
from models.reads.api.records import DaysWanted, acts_on, digests_on, timesheets
from models.reads.api.timesheets import SheetFound, with_content
from models.reads.record.views import Viewed, viewed_before, views_of
from models.reads.sheets import sheet_of
from models.reads.viewer import circle_for, circle_of_sheet
from models.rules.reasons import ReasonCode
from models.rules.transitions import DECISIONS, CommandKind, State
from models.tables.timesheet import Command
from models.tables.timesheet import Timesheet as SheetRow
from web.api.answers import DECIDING, READING
from web.api.asking import Given, Key, given_by, whose_sheet
from web.api.caller import Caller, Decides, Reads, Records
from web.api.days import Within
from web.api.lists import Listed, Paged, day_key, instant_key, listed
from web.api.time_entries import TimeEntry
from web.api.time_entries import shown as entry_shown
from web.api.values import Accepted, Day, Digest, Instant, Reason, Resource, Text
from web.services import Services, Used

router = APIRouter(prefix="/resources/timesheets", tags=["Timesheets"])


class TimesheetListed(Resource):
    """One person's period: the unit of certification and approval."""

    id: UUID
    owner_id: UUID
    period_start: Day
    period_end: Day
    state: State
    revision: int
    digest: str = Field(description="Of the present content; a submission or a decision names it.")
    total_minutes: int
    waiting_for: UUID | None = Field(description="Who decides while it is submitted; null: the administrators.")
    waiting_for_all: list[UUID | None] = Field(
        description="Everybody who is asked while it is submitted, the first one first; null: the administrators."
    )
    submitted_at: Instant | None
    decision: Literal["approve", "reject"] | None = Field(description="On the last submission.")
    decided_by: UUID | None
    decided_at: Instant | None
    decision_reason: str | None
    decision_reason_code: ReasonCode | None = Field(description="The kind of reason of a rejection.")
    decision_time_entry_ids: list[UUID] = Field(description="The lines that a rejection names; none: all of it.")
    lock_at: Instant | None = Field(description="When the approved timesheet locks.")


class Timesheet(TimesheetListed):
    """A timesheet with its live entries."""

    entries: list[TimeEntry]


class Act(Resource):
    """One act in the life of a timesheet."""

    id: UUID = Field(description="The idempotency key it was asked with.")
    kind: CommandKind
    at: Instant
    actor_id: UUID | None = Field(description="Who really acted; null: the schedule.")
    on_behalf_of: UUID | None
    reason: str | None
    digest: str | None = Field(description="Of the content that was certified or decided on.")
    time_entry_id: UUID | None
    time_entry_version: int | None
    viewed_at: Instant | None = Field(
        None, description="Of a decision: when whoever decided had last opened the timesheet; null: they had not."
    )
    viewed_revision: int | None = Field(None, description="Which revision they saw then.")


class Certification(Given):
    """The worker's word for exactly the content that was shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "0" * 64, "certified": True}]})

    digest: Digest
    certified: Accepted = Field(description="That the tenant's words of certification were accepted.")


class Verdict(Given):
    """A decision on exactly the content that was shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"digest": "0" * 64, "reason": "It was Thursday."}]})

    digest: Digest
    comment: Text | None = Field(None, max_length=500)


class Rejection(Verdict):
    """Why exactly this content is sent back: in words, by its kind, and which lines are meant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"digest": "0" * 64, "reason": "It was Thursday.", "reasonCode": "wrong_times"}]
        }
    )

    reason_code: ReasonCode | None = Field(None, description="The kind of reason, to be counted.")
    time_entry_ids: list[UUID] = Field([], max_length=500, description="The lines that are meant; none: all of it.")


class Cause(Given):
    """Why something is done to a whole timesheet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Misremembered which day."}]})

    reason: Reason | None = Field(None, description="Why; it is kept with the record, and needed.")


@router.get("", operation_id="findTimesheets", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    within: Within,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> Listed[TimesheetListed]:
    """The timesheets of a person, by period; those that touch the days asked for."""
    with use.reading(caller.onlooker) as session:
        owner = circle_for(session, caller.onlooker, within.owner_id or caller.person_id).owner
        wanted = DaysWanted(owner.id, within.start, within.end, day_key(asked), asked.first + 1)
        found = with_content(session, timesheets(session, wanted, state.value if state else None))
        return listed(found, asked, lambda each: (each.sheet.period_start, each.sheet.id), _listed)


@router.get("/{timesheet_id}", operation_id="getTimesheet", responses=READING)
def get(caller: Reads, use: Used, timesheet_id: UUID, response: Response) -> Timesheet:
    """One timesheet with its live entries."""
    return _read(use, caller, timesheet_id, response)


@router.get("/{timesheet_id}/history", operation_id="getTimesheetHistory", responses=READING)
def history(caller: Reads, use: Used, timesheet_id: UUID, asked: Paged) -> Listed[Act]:
    """Everything that was done to a timesheet, the first act first."""
    with use.reading(caller.onlooker) as session:
        _visible(session, caller, timesheet_id)
        digests, views = digests_on(session, timesheet_id), views_of(session, timesheet_id)
        acts = acts_on(session, timesheet_id, instant_key(asked), asked.first + 1)
        return listed(acts, asked, lambda act: (act.completed_at, act.id), lambda act: _act(act, digests, views))


@router.post("/{timesheet_id}/submission", operation_id="submitTimesheet", status_code=201, responses=DECIDING)
async def submit(
    caller: Records, use: Used, key: Key, timesheet_id: UUID, body: Certification, response: Response
) -> Timesheet:
    """Certify the content that was shown, and ask for a decision on it."""
    return await _give(use, caller, key, timesheet_id, CommandKind.SUBMIT, Submit(body.digest), body, response)


@router.delete("/{timesheet_id}/submission", operation_id="recallTimesheet", responses=DECIDING)
async def recall(
    caller: Records,
    use: Used,
    key: Key,
    timesheet_id: UUID,
    response: Response,
    body: Cause | None = None,
    reason: Annotated[Reason | None, Query(description="Why, where a body is not possible.")] = None,
) -> Timesheet:
    """Take the submission back while nobody has decided; what was certified stays on record."""
    given = given_by(body, reason)
    return await _give(use, caller, key, timesheet_id, CommandKind.RECALL, Move(), given, response)


@router.post("/{timesheet_id}/approval", operation_id="approveTimesheet", status_code=201, responses=DECIDING)
async def approve(
    caller: Decides, use: Used, key: Key, timesheet_id: UUID, body: Verdict, response: Response
) -> Timesheet:
    """Approve what was shown."""
    decide = Decide(body.digest, body.comment or None)
    return await _give(use, caller, key, timesheet_id, CommandKind.APPROVE, decide, body, response)


@router.delete("/{timesheet_id}/approval", operation_id="takeBackApproval", responses=DECIDING)
async def take_back(
    caller: Decides,
    use: Used,
    key: Key,
    timesheet_id: UUID,
    response: Response,
    body: Cause | None = None,
    reason: Annotated[Reason | None, Query(description="Why, where a body is not possible.")] = None,
) -> Timesheet:
    """Take the last approval back while the timesheet is not locked: it waits for a decision again."""
    given = given_by(body, reason)
    return await _give(use, caller, key, timesheet_id, CommandKind.TAKE_BACK, Move(), given, response)


@router.post("/{timesheet_id}/rejection", operation_id="rejectTimesheet", status_code=201, responses=DECIDING)
async def reject(
    caller: Decides, use: Used, key: Key, timesheet_id: UUID, body: Rejection, response: Response
) -> Timesheet:
    """Reject what was shown, with a reason; its kind and the lines that are meant can be named too."""
    decide = Decide(body.digest, body.comment or None, body.reason_code, tuple(body.time_entry_ids))
    return await _give(use, caller, key, timesheet_id, CommandKind.REJECT, decide, body, response)


@router.post("/{timesheet_id}/revision", operation_id="reviseTimesheet", status_code=201, responses=DECIDING)
async def revise(
    caller: Records, use: Used, key: Key, timesheet_id: UUID, body: Cause, response: Response
) -> Timesheet:
    """Open the next revision of a rejected or approved timesheet."""
    return await _give(use, caller, key, timesheet_id, CommandKind.REVISE, Move(), body, response)


@router.post("/{timesheet_id}/lock", operation_id="lockTimesheet", status_code=201, responses=DECIDING)
async def lock(caller: Decides, use: Used, key: Key, timesheet_id: UUID, body: Cause, response: Response) -> Timesheet:
    """Lock an approved timesheet now."""
    return await _give(use, caller, key, timesheet_id, CommandKind.LOCK, Move(), body, response)


@router.post("/{timesheet_id}/unlock", operation_id="unlockTimesheet", status_code=201, responses=DECIDING)
async def unlock(
    caller: Decides, use: Used, key: Key, timesheet_id: UUID, body: Cause, response: Response
) -> Timesheet:
    """Unlock a locked timesheet, so that it can be revised."""
    return await _give(use, caller, key, timesheet_id, CommandKind.UNLOCK, Move(), body, response)


async def _give(
    use: Services,
    caller: Caller,
    key: UUID,
    timesheet_id: UUID,
    kind: CommandKind,
    body: Body,
    given: Given,
    response: Response,
) -> Timesheet:
    def ask(session: Session) -> Asked:
        sheet = sheet_of(session, timesheet_id)
        return whose_sheet(session, caller, sheet).ask(key, kind, sheet.period_start, body, given)

    await use.commands.give(caller.onlooker, ask)
    response.headers["Location"] = f"/resources/timesheets/{timesheet_id}"
    return await run_in_threadpool(_read, use, caller, timesheet_id, response)


def _read(use: Services, caller: Caller, timesheet_id: UUID, response: Response) -> Timesheet:
    with use.reading(caller.onlooker) as session:
        sheet = _visible(session, caller, timesheet_id)
        found = with_content(session, [sheet])[0]
        entries = [entry_shown(entry) for entry in entries_of_sheet(session, timesheet_id)]
    response.headers["ETag"] = f'W/"{found.digest}"'
    return Timesheet(entries=entries, **_facts(found))


def _visible(session: Session, caller: Caller, timesheet_id: UUID) -> SheetRow:
    sheet = sheet_of(session, timesheet_id)
    circle_of_sheet(session, caller.onlooker, sheet)
    return sheet


def _listed(found: SheetFound) -> TimesheetListed:
    return TimesheetListed(**_facts(found))


def _facts(found: SheetFound) -> dict[str, Any]:
    sheet, decision = found.sheet, found.decision
    return {
        "id": sheet.id,
        "owner_id": sheet.owner_id,
        "period_start": sheet.period_start,
        "period_end": sheet.period_end,
        "state": sheet.state,
        "revision": sheet.revision,
        "digest": found.digest,
        "total_minutes": found.total_minutes,
        "waiting_for": found.waiting_for[0] if found.waiting_for else None,
        "waiting_for_all": list(found.waiting_for),
        "submitted_at": sheet.submitted_at,
        "decision": decision.decision if decision else None,
        "decided_by": decision.decided_by_id if decision else None,
        "decided_at": decision.decided_at if decision else None,
        "decision_reason": decision.reason if decision else None,
        "decision_reason_code": decision.reason_code if decision else None,
        "decision_time_entry_ids": (decision.entry_ids if decision else None) or [],
        "lock_at": sheet.lock_at,
    }


def _act(command: Command, digests: dict[Any, str], views: Sequence[Viewed]) -> Act:
    made = command.result or {}
    assert command.completed_at is not None
    decided_by = command.actor_id if command.kind in DECISIONS else None
    viewed = viewed_before(views, decided_by, command.completed_at) if decided_by else None
    return Act(
        id=command.id,
        kind=CommandKind(command.kind),
        at=command.completed_at,
        actor_id=command.actor_id,
        on_behalf_of=command.on_behalf_of_id,
        reason=command.reason,
        digest=digests.get(command.completed_at),
        time_entry_id=made.get("entry_id"),
        time_entry_version=made.get("entry_version"),
        viewed_at=viewed.at if viewed else None,
        viewed_revision=viewed.revision if viewed else None,
    )
