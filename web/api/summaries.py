"""Summaries of projects: the approved work of many people over some days, as it stood when it was kept."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from models.database import WriteSession
from models.reads.shown_summaries import SummaryRow
from models.reads.summaries import content_of, find_summaries, may_see_summaries, project_seen_by_id, summary_row
from models.rules.periods import Period
from models.rules.project_summary import MOST_ENTRIES
from models.store.changes import GivenBy
from models.store.summaries import LONGEST_REASON, SummaryAsked, summarise
from web.api.answers import READING, RECORDING
from web.api.asking import Key
from web.api.caller import Decides, Reads
from web.api.directory import change
from web.api.lists import Listed, Paged, instant_key, listed
from web.api.values import Day, Instant, Resource, Text
from web.services import Used

router = APIRouter(prefix="/resources/summaries", tags=["Summaries"])

ADDRESS = "/resources/summaries"


class NewSummary(Resource):
    """Which days of which project."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"projectId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11", "from": "2026-11-01", "to": "2026-11-30"}
            ]
        }
    )

    project_id: UUID = Field(description="A project that the caller leads, or `onBehalfOf` does.")
    from_: Day = Field(alias="from", description="First local day of whoever worked, included.")
    to: Day = Field(description="Last local day of whoever worked, included; at most a year.")
    on_behalf_of: UUID | None = Field(None, description="The lead of the project, when an administrator asks.")
    reason: Annotated[Text, Field(max_length=LONGEST_REASON)] | None = Field(
        None, description="Why; needed on somebody's behalf."
    )

    @property
    def asked(self) -> SummaryAsked:
        """As the rules know it."""
        return SummaryAsked(self.project_id, Period(self.from_, self.to), self.on_behalf_of, self.reason or None)


class Summary(Resource):
    """What was kept, and by whom. It never changes."""

    id: UUID
    project_id: UUID
    from_: Day = Field(alias="from")
    to: Day
    total_minutes: int
    digest: str = Field(description="SHA-256 of the canonical JSON (RFC 8785) of `content`, hexadecimal.")
    created_by_id: UUID
    on_behalf_of_id: UUID | None
    reason: str | None
    created_at: Instant


class Worker(Resource):
    """Somebody who worked on the project, as they were called then; days are counted in this zone."""

    id: UUID
    staff_id: str
    name: str
    time_zone: str


class MadeOf(Resource):
    """A timesheet that was approved, and the certification that this was."""

    id: UUID
    owner_id: UUID
    period_start: Day
    revision: int
    submission_id: UUID | None


class DayMinutes(Resource):
    """How much somebody worked on the project on a local day."""

    person_id: UUID
    date: Day
    minutes: int


class Worked(Resource):
    """One entry in the version that was approved; it counts on the local day in which it starts."""

    id: UUID
    version: int
    timesheet_id: UUID
    person_id: UUID
    date: Day
    minutes: int
    task: str | None


class Content(Resource):
    """What a summary is made of, exactly as it was digested."""

    project_id: UUID
    from_: Day = Field(alias="from")
    to: Day
    total_minutes: int
    time_period_type_ids: list[UUID] = Field(description="Of the kinds of time that counted as worked.")
    people: list[Worker]
    timesheets: list[MadeOf]
    minutes: list[DayMinutes]
    entries: list[Worked] = Field(description=f"At most {MOST_ENTRIES:,}.")


class SummaryInFull(Summary):
    """A summary with what it is made of."""

    content: Content


@router.get("", operation_id="findSummaries", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    project_id: Annotated[UUID | None, Query(alias="projectId", description="Only of this project.")] = None,
) -> Listed[Summary]:
    """Summaries, the newest first: of the projects that the caller leads, or of all for administrators and auditors."""
    after = instant_key(asked)
    with use.reading(caller.onlooker) as session:
        may_see_summaries(session, caller.onlooker)
        if project_id is not None:
            project_seen_by_id(session, caller.onlooker, project_id)
        rows = find_summaries(session, caller.onlooker, project_id, after, asked.first + 1, caller.zone)
        return listed(rows, asked, lambda row: (row.created_at, row.id), lambda row: Summary(**_fields(row)))


@router.post("", operation_id="createSummary", status_code=201, responses=RECORDING)
def create(caller: Decides, use: Used, key: Key, body: NewSummary, response: Response) -> SummaryInFull:
    """Keep what is approved now: by the lead of the project, or by an administrator on the lead's behalf."""

    def do(session: WriteSession, given: GivenBy) -> UUID:
        project_seen_by_id(session, caller.onlooker, body.project_id)
        return summarise(session, given, body.asked).id

    made = change(use, caller, key, do)
    response.headers["Location"] = f"{ADDRESS}/{made}"
    return _in_full(caller, use, made)


@router.get("/{summary_id}", operation_id="getSummary", responses=READING)
def get(caller: Reads, use: Used, summary_id: UUID) -> SummaryInFull:
    """One summary with everything it is made of."""
    return _in_full(caller, use, summary_id)


def _in_full(caller: Reads, use: Used, summary_id: UUID) -> SummaryInFull:
    with use.reading(caller.onlooker) as session:
        row = summary_row(session, caller.onlooker, summary_id, caller.zone)
        content = content_of(session, row.id)
    return SummaryInFull(**_fields(row), content=Content(**content))


def _fields(row: SummaryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "from": row.period.start,
        "to": row.period.end,
        "total_minutes": row.total_minutes,
        "digest": row.digest,
        "created_by_id": row.created_by_id,
        "on_behalf_of_id": row.on_behalf_of_id,
        "reason": row.reason,
        "created_at": row.created_at,
    }
