"""The evidence pack of a timesheet, for programs."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from web.api.answers import refusals
from web.api.caller import Reads
from web.exports.evidence_pack import ZIP
from web.pages.evidence import pack_of
from web.services import Used

router = APIRouter(prefix="/resources/timesheets", tags=["Timesheets"])

A_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The pack.", "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get(
    "/{timesheet_id}/evidence",
    operation_id="getTimesheetEvidence",
    response_class=Response,
    responses=A_ZIP | refusals(400, 404),
)
def evidence(caller: Reads, use: Used, timesheet_id: UUID) -> Response:
    """Everything that proves a timesheet, as a zip that anybody can verify: the record, the sheet, proofs and seals."""
    return pack_of(use, caller.onlooker, timesheet_id)
