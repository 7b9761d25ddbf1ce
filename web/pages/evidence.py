"""What proves recorded time elsewhere: the record of a timesheet, its evidence pack, receipts, and approved time."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from models.database import ReadSession
from models.errors import Invalid
from models.reads.record.approved_time import approved_time, wanted_time
from models.reads.record.evidence import (
    Receipt,
    evidence_of,
    receipt_of,
    record_of,
    staff_ids,
    summary_record_of,
)
from models.reads.viewer import Onlooker
from models.store.sealing import keys_from, private_half
from web.auth.viewer import Viewer
from web.exports import files
from web.exports.evidence_pack import ZIP, Sign, evidence_pack
from web.exports.prov_files import PROV_JSON, PROV_N, prov_json, prov_n
from web.exports.prov_records import prov_document
from web.exports.receipt_pdf import receipt_pdf
from web.exports.time_csv import time_csv
from web.exports.totals import by_type
from web.pages.page import SignedIn, Template, Used, onlooker_of, show
from web.services import Services

router = APIRouter()

RECEIPT = Template("receipt.html", "receipt.html")
SHEET = "/timesheets/{sheet_id}"
SUMMARY = "/projects/{external_id}/summary/{summary_id}"
USUAL_DAYS = 92
"""Of approved time, when nobody says from when."""

FORMS: dict[str, tuple[str, Callable[[Any], bytes]]] = {"json": (PROV_JSON, prov_json), "provn": (PROV_N, prov_n)}
"""The forms of PROV by the ending of their files."""


@router.get(f"{SHEET}/evidence.zip")
def evidence(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """Everything that proves a timesheet, to be verified by anybody."""
    return pack_of(use, onlooker_of(viewer), sheet_id)


@router.get(f"{SHEET}/prov.json")
def sheet_as_json(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """What the record says of a timesheet, as PROV-JSON."""
    return _sheet(sheet_id, viewer, use, "json")


@router.get(f"{SHEET}/prov.provn")
def sheet_as_notation(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """The same as PROV-N."""
    return _sheet(sheet_id, viewer, use, "provn")


@router.get(f"{SUMMARY}/prov.json")
def summary_as_json(external_id: str, summary_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """What the record says of a summary, as PROV-JSON."""
    return _summary(external_id, summary_id, viewer, use, "json")


@router.get(f"{SUMMARY}/prov.provn")
def summary_as_notation(external_id: str, summary_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """The same as PROV-N."""
    return _summary(external_id, summary_id, viewer, use, "provn")


@router.get(f"{SHEET}/receipt")
def receipt(sheet_id: UUID, viewer: SignedIn, request: Request, use: Used) -> Response:
    """The receipt of the approval of a timesheet, to be printed."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = receipt_of(session, onlooker, sheet_id, use.now())
        return {
            "receipt": found,
            "last": found.approvals[-1],
            "totals": by_type(found.sheet.entries),
            "page_title": "Receipt of approval",
        }

    return show(request, viewer, RECEIPT, read)


@router.get(f"{SHEET}/receipt.pdf")
def receipt_on_paper(sheet_id: UUID, viewer: SignedIn, use: Used) -> Response:
    """The same on paper."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        found: Receipt = receipt_of(session, onlooker, sheet_id, use.now())
    sheet = found.sheet
    return files.attachment(receipt_pdf(found), files.PDF, sheet.owner.staff_id, sheet.period.start, "receipt", "pdf")


@router.get("/audit/time.csv")
def time_as_csv(
    viewer: SignedIn,
    use: Used,
    person: str = "",
    project: str = "",
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """Approved time by person, project and days: all for auditors and administrators, their projects' for leads."""
    onlooker = onlooker_of(viewer)
    today = use.now().astimezone(viewer.zone).date()
    end = _day("to", last) or today
    start = _day("from", first) or end - timedelta(days=USUAL_DAYS - 1)
    with use.reading(onlooker) as session:
        wanted = wanted_time(session, onlooker, (start, end), person.strip(), project.strip())
        content = files.set_down(time_csv(approved_time(session, wanted)))
    return files.attachment(files.taken_up(content), files.CSV, "time", person, project, start, end, "csv")


def pack_of(use: Services, onlooker: Onlooker, sheet_id: UUID) -> Response:
    """The evidence pack of a timesheet. Raises `NotFound`, and `SealKeyChanged`."""
    with use.reading(onlooker) as session:
        found = evidence_of(session, onlooker, sheet_id, use.now())
        content = evidence_pack(found, _signer(use))
    sheet = found.sheet
    return files.attachment(content, ZIP, sheet.owner.staff_id, sheet.period.start, "evidence", "zip")


def _signer(use: Services) -> Sign:
    key_of = keys_from(use.settings.secret_key.get_secret_value())
    return lambda key, data: private_half(key, key_of).sign(data)


def _sheet(sheet_id: UUID, viewer: Viewer, use: Services, ending: str) -> Response:
    onlooker, (media_type, written) = onlooker_of(viewer), FORMS[ending]
    with use.reading(onlooker) as session:
        sheet, story = record_of(session, onlooker, sheet_id, use.now())
        content = written(prov_document(story, onlooker.tenant_id, staff_ids(session, story)))
    return files.attachment(content, media_type, sheet.owner.staff_id, sheet.period.start, "prov", ending)


def _summary(external_id: str, summary_id: UUID, viewer: Viewer, use: Services, ending: str) -> Response:
    onlooker, (media_type, written) = onlooker_of(viewer), FORMS[ending]
    with use.reading(onlooker) as session:
        story = summary_record_of(session, onlooker, external_id, summary_id)
        content = written(prov_document(story, onlooker.tenant_id, staff_ids(session, story)))
    return files.attachment(content, media_type, external_id, "summary", "prov", ending)


def _day(field: str, text: str) -> date | None:
    """A day of a form, if there is one. Raises `Invalid`."""
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise Invalid.field(field, "This is no date. Write it like 2026-11-16.") from None
