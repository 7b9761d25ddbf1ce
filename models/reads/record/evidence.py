"""Everything that proves one timesheet: what was said, where it is sealed, and what exactly was certified."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.exports import SheetExport, sheet_export
from models.reads.record.proofs import Proofs, proofs_of
from models.reads.record.signatures import Signature, positions_of, sealed_places, signatures_of
from models.reads.record.story import Said, story_of, summary_story_of
from models.reads.summaries import UNSEEN, project_seen, summary_row
from models.reads.viewer import Onlooker
from models.rules.stages import approvals_in_force
from models.rules.statements import sheet_activity_id
from models.rules.transitions import SETTLED, CommandKind
from models.tables.people import Person, Project
from models.tables.timecard import TimePeriodType
from models.tables.timesheet import Submission, Timesheet

OF_AN_APPROVAL = "This timesheet is not approved, so there is no receipt of an approval."


@dataclass(frozen=True, slots=True)
class Content:
    """What was certified by one submission."""

    activity: str
    sheet: str
    """The activity of the timesheet, or of its revision, as the record calls it."""
    digest: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an evidence pack is made of."""

    tenant_id: UUID
    timesheet_id: UUID
    sheet: SheetExport
    story: tuple[Said, ...]
    proofs: Proofs
    signatures: tuple[Signature, ...]
    contents: tuple[Content, ...]
    staff: Mapping[UUID, str]
    """Staff ids of those who recorded something."""
    types: Mapping[UUID, TimePeriodType]
    projects: Mapping[UUID, Project]

    @property
    def known_at(self) -> datetime:
        """When the last of it was recorded: what is made of the same evidence is the same, whenever it is made."""
        return max(said.recorded_at for said in self.story)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker holds in their hands of the approval of a timesheet."""

    timesheet_id: UUID
    sheet: SheetExport
    certified: Signature
    approvals: tuple[Signature, ...]
    """Those in force, the first one first."""

    @property
    def signed(self) -> tuple[Signature, ...]:
        """Who stands for it: who certified it, then who approved it."""
        return self.certified, *self.approvals

    @property
    def digest(self) -> str:
        """Of the content that was approved."""
        return self.certified.digest


def evidence_of(session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime) -> Evidence:
    """The evidence of a timesheet for somebody who may see it. Raises `NotFound`, or `Invalid` when it is too much."""
    sheet = sheet_export(session, onlooker, timesheet_id, now)
    story = story_of(session, timesheet_id)
    proofs = proofs_of(session, [said.position for said in story if said.position is not None])
    signed = signatures_of(session, timesheet_id, sheet.zone)
    places = {said.subject: said.position for said in story if said.kind == "define" and said.position is not None}
    contents = _contents([submission for signature, submission in signed if signature.decision == CommandKind.SUBMIT])
    return Evidence(
        onlooker.tenant_id,
        timesheet_id,
        sheet,
        story,
        proofs,
        tuple(_placed([signature for signature, _ in signed], places, proofs)),
        contents,
        staff_ids(session, story),
        _types(session, contents),
        _projects(session, contents),
    )


def record_of(
    session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime
) -> tuple[SheetExport, tuple[Said, ...]]:
    """What the record says of a timesheet, for somebody who may see it. Raises `NotFound`."""
    return sheet_export(session, onlooker, timesheet_id, now), story_of(session, timesheet_id)


def summary_record_of(session: Session, onlooker: Onlooker, external_id: str, summary_id: UUID) -> tuple[Said, ...]:
    """What the record says of a summary, for somebody who may see it. Raises `NotFound`."""
    project = project_seen(session, onlooker, external_id)
    if summary_row(session, onlooker, summary_id, ZoneInfo("UTC")).project_id != project.id:
        raise NotFound(UNSEEN)
    return summary_story_of(session, summary_id)


def receipt_of(session: Session, onlooker: Onlooker, timesheet_id: UUID, now: datetime) -> Receipt:
    """The receipt of the approval that is in force. Raises `NotFound` for those who may not see it, or without one."""
    sheet = sheet_export(session, onlooker, timesheet_id, now)
    submission_id = _approved_submission(session, timesheet_id)
    signed = [
        signature
        for signature, submission in signatures_of(session, timesheet_id, sheet.zone)
        if submission.id == submission_id
    ]
    positions = positions_of(session, [each.activity for each in signed])
    certified, *decided = _placed(signed, positions, proofs_of(session, list(positions.values())))
    return Receipt(timesheet_id, sheet, certified, tuple(approvals_in_force(decided)))


def staff_ids(session: Session, story: tuple[Said, ...]) -> dict[UUID, str]:
    """Who recorded these statements, as the record calls them."""
    people = {said.recorded_by_id for said in story if said.recorded_by_id}
    return dict(session.execute(select(Person.id, Person.staff_id).where(Person.id.in_(people))).all())


def _approved_submission(session: Session, timesheet_id: UUID) -> UUID:
    settled = Timesheet.state.in_([state.value for state in SETTLED])
    submission_id = session.scalar(select(Timesheet.submission_id).where(Timesheet.id == timesheet_id, settled))
    if submission_id is None:
        raise NotFound(OF_AN_APPROVAL)
    return submission_id


def _placed(signatures: list[Signature], positions: Mapping[str, int], proofs: Proofs) -> list[Signature]:
    theirs = {each.activity: positions[each.activity] for each in signatures if each.activity in positions}
    places = sealed_places(theirs, proofs)
    return [replace(each, sealed=places.get(each.activity)) for each in signatures]


def _contents(submissions: list[Submission]) -> tuple[Content, ...]:
    return tuple(
        Content(f"submit-{each.id}", sheet_activity_id(each.timesheet_id, each.revision), each.digest, each.content)
        for each in submissions
    )


def _types(session: Session, contents: tuple[Content, ...]) -> dict[UUID, TimePeriodType]:
    named = {UUID(entry["timePeriodTypeId"]) for each in contents for entry in each.content["entries"]}
    return {each.id: each for each in session.scalars(select(TimePeriodType).where(TimePeriodType.id.in_(named)))}


def _projects(session: Session, contents: tuple[Content, ...]) -> dict[UUID, Project]:
    named = {UUID(entry["projectId"]) for each in contents for entry in each.content["entries"] if entry["projectId"]}
    return {each.id: each for each in session.scalars(select(Project).where(Project.id.in_(named)))}
