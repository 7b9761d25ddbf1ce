"""Summaries of projects held against the certified timesheets that they name: entry by entry, to the minute."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.rules.days import local_date
from models.rules.digest import canonical_json
from models.rules.project_summary import ProjectWork, Sheet, Work, work_of, worked_minutes
from models.rules.transitions import CommandKind
from models.tables.projects import Summary
from models.tables.timesheet import Decision, Submission

AT_ONCE = 20
"""Summaries that are in memory at the same time."""

Counted = tuple[str, int, int]
"""An entry, its version and its minutes."""


def wrong_summaries(session: Session) -> Iterator[str]:
    """Every summary that does not say what was certified and approved when it was made."""
    for summary in session.scalars(select(Summary).order_by(Summary.id).execution_options(yield_per=AT_ONCE)):
        for words in _wrong(session, summary):
            yield f"summary {summary.id}: {words}"


def _wrong(session: Session, summary: Summary) -> Iterator[str]:
    if sha256(canonical_json(summary.content)).hexdigest() != summary.digest:
        yield "its content does not have its digest"
        return
    content, work = summary.content, work_of(summary.content)
    by_day = sum(each["minutes"] for each in content["minutes"])
    by_entry = sum(each.minutes for each in work.entries)
    if {summary.total_minutes, content["totalMinutes"], by_day} != {by_entry}:
        yield "its minutes do not add up"
    said = (str(summary.project_id), summary.from_day.isoformat(), summary.to_day.isoformat())
    if said != (content["projectId"], content["from"], content["to"]):
        yield "it is filed under another project or other days than it is about"
    if {each.timesheet_id for each in work.entries} != work.sheets.keys():
        yield "it does not name the timesheets that its entries stand on"
        return
    for sheet in work.sheets.values():
        yield from _wrong_sheet(session, summary, work, sheet)


def _wrong_sheet(session: Session, summary: Summary, work: ProjectWork, sheet: Sheet) -> Iterator[str]:
    submission = session.get(Submission, sheet.submission_id) if sheet.submission_id else None
    if submission is None or submission.timesheet_id != sheet.id or not _was_approved(session, submission.id, summary):
        yield f"timesheet {sheet.id} was not approved as it names it"
    elif _said(work, sheet) != _certified(submission, summary.project_id, work, work.people[sheet.owner_id].zone):
        yield f"what it says of timesheet {sheet.id} is not what was certified there"


def _was_approved(session: Session, submission_id: UUID, summary: Summary) -> bool:
    approved = (Decision.submission_id == submission_id, Decision.decision == CommandKind.APPROVE.value)
    return bool(session.scalar(select(select(Decision.id).where(*approved, _before(summary)).exists())))


def _before(summary: Summary) -> Any:
    return Decision.decided_at <= summary.created_at


def _said(work: ProjectWork, sheet: Sheet) -> set[Counted]:
    return {_counted(each) for each in work.entries if each.timesheet_id == sheet.id}


def _counted(work: Work) -> Counted:
    return str(work.entry_id), work.version, work.minutes


def _certified(submission: Submission, project_id: UUID, work: ProjectWork, zone: str) -> set[Counted]:
    """What was certified on the project in the days of the summary, of the kinds of time that it counts."""
    types, found = set(map(str, work.type_ids)), set()
    for entry in submission.content["entries"]:
        if entry["projectId"] != str(project_id) or entry["timePeriodTypeId"] not in types or not entry["endTime"]:
            continue
        start, end = (datetime.fromisoformat(entry[name]) for name in ("startTime", "endTime"))
        if work.period.start <= local_date(start, ZoneInfo(zone)) <= work.period.end:
            found.add((entry["id"], entry["version"], worked_minutes(start, end, entry["mealBreakMinutes"])))
    return found
