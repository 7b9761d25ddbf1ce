"""Taking time along: one timesheet as CSV, XLSX or PDF, and a person's shifts as a calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from models.reads.exports import SheetExport, sheet_export, shifts_export
from models.reads.people import person_by_staff_id
from models.reads.viewer import Onlooker
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.sheet_csv import sheet_csv
from web.exports.sheet_pdf import sheet_pdf
from web.exports.sheet_xlsx import sheet_xlsx
from web.exports.shifts_ics import shifts_ics
from web.pages.page import SignedIn, Used, onlooker_of
from web.services import Services

router = APIRouter()

WEEKS_BACK, WEEKS_AHEAD = 8, 26
"""How far a calendar of shifts reaches, counted from today."""


@router.get("/timesheets/{sheet_id}/export.csv")
def as_csv(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A timesheet as CSV."""
    return _sheet(sheet_id, viewer, use, "csv", files.CSV, lambda sheet, now: sheet_csv(sheet))


@router.get("/timesheets/{sheet_id}/export.xlsx")
def as_xlsx(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A timesheet as a workbook."""
    return _sheet(sheet_id, viewer, use, "xlsx", files.XLSX, sheet_xlsx)


@router.get("/timesheets/{sheet_id}/export.pdf")
def as_pdf(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """A timesheet on paper."""
    return _sheet(sheet_id, viewer, use, "pdf", files.PDF, sheet_pdf)


@router.get("/people/{staff_id}/shifts.ics")
def shifts(staff_id: str, viewer: SignedIn, use: Used) -> Response:
    """A person's shifts of the last weeks and the next months as a calendar."""
    return calendar_of(use, onlooker_of(viewer), staff_id, viewer.zone)


def calendar_of(use: Services, onlooker: Onlooker, staff_id: str, zone: ZoneInfo) -> Response:
    """Somebody's shifts around today, in the zone of who looks. Raises `NotFound`."""
    today = use.now().astimezone(zone).date()
    first, last = today - timedelta(weeks=WEEKS_BACK), today + timedelta(weeks=WEEKS_AHEAD)
    with use.reading(onlooker) as session:
        owner = person_by_staff_id(session, staff_id)
        export = shifts_export(session, onlooker, owner.id, first, last)
        calendar = files.set_down(shifts_ics(export, first, last))
    return files.attachment(files.taken_up(calendar), files.ICALENDAR, owner.staff_id, "shifts", "ics")


def _sheet(
    sheet_id: UUID,
    viewer: Viewer,
    use: Used,
    ending: str,
    media_type: str,
    written: Callable[[SheetExport, datetime], bytes],
) -> Response:
    onlooker, now = onlooker_of(viewer), use.now()
    with use.reading(onlooker) as session:
        sheet = sheet_export(session, onlooker, sheet_id, now)
    return files.attachment(written(sheet, now), media_type, sheet.owner.staff_id, sheet.period.start, ending)
