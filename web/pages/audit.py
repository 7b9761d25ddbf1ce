"""The search of auditors and administrators: what was done and who looked at it, in the whole organisation."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from models.database import ReadSession
from models.errors import Invalid
from models.reads.audit import COUNTED, PAGE, ActKind, Found, Sought, count, search
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.days import ONE_DAY, day_bounds
from models.rules.policy import Action
from web.api.lists import Page, instant_key, key_of_cursor, next_cursor
from web.errors import form_errors
from web.exports import files
from web.exports.audit_csv import MOST_LINES, audit_csv
from web.forms import parse_day
from web.pages.page import SignedIn, Template, Used, onlooker_of, show

router = APIRouter()

ADDRESS = "/audit"
AUDIT = Template("audit.html", "audit.html")

NAMES = ("person", "by", "project", "kind", "on_behalf", "after_approval", "from", "to", "week")
LONGEST = 100
"""Characters of one part of a search."""

KINDS: tuple[tuple[ActKind, str], ...] = (
    (ActKind.RECORDED, "Recorded"),
    (ActKind.AMENDED, "Amended"),
    (ActKind.REMOVED, "Removed"),
    (ActKind.PLANNED, "Planned"),
    (ActKind.NOTED, "Note added"),
    (ActKind.SUBMITTED, "Submitted"),
    (ActKind.RECALLED, "Recalled"),
    (ActKind.APPROVED, "Approved"),
    (ActKind.REJECTED, "Rejected"),
    (ActKind.TAKEN_BACK, "Approval taken back"),
    (ActKind.REVISED, "Revised"),
    (ActKind.LOCKED, "Locked"),
    (ActKind.UNLOCKED, "Unlocked"),
    (ActKind.ESCALATED, "Next approver asked"),
    (ActKind.VIEWED, "Viewed"),
)
"""Kinds of acts as the form offers them."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A search as it stands in the address, and what it means; what means nothing is told, and not looked for."""

    fields: dict[str, str]
    sought: Sought
    refused: Invalid | None

    @property
    def query(self) -> str:
        """The same for an address."""
        return urlencode({name: value for name, value in self.fields.items() if value})


@router.get(ADDRESS)
def audit(viewer: SignedIn, request: Request, after: str | None = None) -> Response:
    """What was done and who looked, the newest first, narrowed by what the address says."""
    typed = _typed(request, viewer.zone)
    sought = replace(typed.sought, after=_key(after))

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.AUDIT)
        found = [] if typed.refused else search(session, sought)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return {
            "found": [_in_zone(each, viewer.zone) for each in found[:PAGE]],
            "count": 0 if typed.refused else count(session, typed.sought),
            "counted": COUNTED,
            "kinds": KINDS,
            "typed": typed.fields,
            "query": typed.query,
            "errors": form_errors(typed.refused, frozenset(NAMES)) if typed.refused else {},
            "next_cursor": next_cursor((last.at, last.id)) if last else None,
            "page_title": "Audit",
        }

    return show(request, viewer, AUDIT, read, 400 if typed.refused else 200)


@router.get(f"{ADDRESS}.csv")
def audit_as_csv(viewer: SignedIn, request: Request, use: Used) -> Response:
    """The newest of the same as a list."""
    typed, onlooker = _typed(request, viewer.zone), onlooker_of(viewer)
    if typed.refused:
        raise typed.refused
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.AUDIT)
        found = search(session, replace(typed.sought, limit=MOST_LINES))
        content = files.set_down(audit_csv(_in_zone(each, viewer.zone) for each in found))
    return files.attachment(files.taken_up(content), files.CSV, "audit", use.now().date(), "csv")


def _typed(request: Request, zone: ZoneInfo) -> Typed:
    fields = {name: request.query_params.get(name, "").strip()[:LONGEST] for name in NAMES}
    days = {name: parse_day(fields[name]) for name in ("from", "to", "week")}
    wrong = [_wrong(name, "Write a day such as 2026-11-30.") for name, day in days.items() if fields[name] and not day]
    # A field for a day takes nothing else.
    fields |= {name: "" for name, day in days.items() if day is None}
    if days["from"] and days["to"] and days["to"] < days["from"]:
        wrong.append(_wrong("to", "The last day is before the first."))
    kinds = {kind.value: kind for kind, _ in KINDS}
    sought = Sought(
        person=fields["person"],
        by=fields["by"],
        project=fields["project"],
        kind=kinds.get(fields["kind"]),
        on_behalf=bool(fields["on_behalf"]),
        after_approval=bool(fields["after_approval"]),
        since=_start(days["from"], zone),
        until=_start(days["to"] + ONE_DAY, zone) if days["to"] else None,
        week=days["week"],
    )
    return Typed(fields, sought, Invalid("Nothing was searched.", errors=wrong) if wrong else None)


def _wrong(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message, "data": []}


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    return day_bounds(day, zone)[0] if day else None


def _in_zone(found: Found, zone: ZoneInfo) -> Found:
    return replace(found, at=found.at.astimezone(zone))


def _key(after: str | None) -> tuple[datetime, UUID] | None:
    return instant_key(Page(None if after is None else key_of_cursor(after), PAGE))
