"""People, as administrators see and change them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.calendars import places
from models.database import ReadSession, WriteSession
from models.errors import Invalid
from models.reads.adjustments import AdjustmentShown, adjustments_of
from models.reads.agreements import agreements_of_person
from models.reads.directory import holders, person_page
from models.reads.flex import newest_flex_changes
from models.reads.people import people_page, person_by_staff_id, require
from models.reads.shown import FlexShown
from models.reads.viewer import Onlooker
from models.rules.agreements import AgreementContent
from models.rules.people import PersonContent
from models.rules.policy import Action, Role
from models.store.changes import Kept
from models.store.directory import create_person, replace_person, set_password, time_zones
from models.store.lists import USUAL_PLACE
from models.tables.people import TenantPolicy
from web.auth.passwords import hash_password, turn
from web.auth.viewer import Viewer
from web.forms import parse_id, text, version_in
from web.pages.admin import YES, change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, onlooker_of, or_show_again, show
from web.services import Services

router = APIRouter()

PEOPLE = Template("people.html", "people.html")
PERSON = Template(
    "admin_person.html",
    "admin_person.html",
    fields=frozenset(
        {"externalId", "name", "email", "roles", "supervisorId", "timeZone", "holidayCalendar", "active", "password"}
    ),
)

NEW = "/admin/people/new"
NEWEST = 5
"""How many adjustments and flex changes the page of a person names."""


@dataclass(frozen=True, slots=True)
class BooksShown:
    """What somebody's balances follow from beside recorded time."""

    agreement: tuple[UUID, AgreementContent] | None
    """The one in force today."""
    others: int
    adjustments: Sequence[AdjustmentShown]
    flex_changes: Sequence[FlexShown]


def address_of(staff_id: str) -> str:
    """The page of a person."""
    return f"/admin/people/{quote(staff_id)}"


@router.get("/admin/people")
def people(viewer: SignedIn, request: Request, q: str = "", inactive: str = "") -> Response:
    """Everybody of the organisation, for administrators and auditors."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        found = people_page(session, onlooker, q, inactive == YES)
        return {"people": found, "search": q, "inactive": inactive == YES, "page_title": "People"}

    return show(request, viewer, PEOPLE, read)


@router.post("/admin/people")
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add a person."""

    def do() -> Kept[PersonContent]:
        given, content = given_by(viewer, form), _content(form)
        return change(viewer, use, Action.MANAGE_PEOPLE, lambda session: create_person(session, given, content))

    async def give() -> Response:
        created = (await run_in_threadpool(do)).content
        return go_to(address_of(created.external_id), f"Added {created.name}. They sign in once you set a password.")

    return await or_show_again(request, viewer, PERSON, _read(viewer, use), form, give())


@router.get(NEW)
def new(viewer: SignedIn, request: Request, use: Used) -> Response:
    """The form of a new person."""
    return show(request, viewer, PERSON, _read(viewer, use))


@router.get("/admin/people/{staff_id}")
def person(staff_id: str, viewer: SignedIn, request: Request, use: Used) -> Response:
    """One person, what their balances follow from, and every change of them."""
    return show(request, viewer, PERSON, _read(viewer, use, staff_id))


@router.post("/admin/people/{staff_id}")
async def replace(staff_id: str, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change a person."""

    def do() -> Kept[PersonContent]:
        given, content, version = given_by(viewer, form), _content(form | {"externalId": staff_id}), version_in(form)
        return change(
            viewer,
            use,
            Action.MANAGE_PEOPLE,
            lambda session: replace_person(session, given, _id_of(session, staff_id), version, content),
        )

    async def give() -> Response:
        await run_in_threadpool(do)
        return go_to(address_of(staff_id), "Saved. The change stands below.")

    return await or_show_again(request, viewer, PERSON, _read(viewer, use, staff_id), form, give())


@router.get("/admin/people/{staff_id}/password")
def password(staff_id: str, viewer: SignedIn) -> Response:
    """Where a form leaves the browser: whoever asks for that address again wants to see the person."""
    return go_to(address_of(staff_id))


@router.post("/admin/people/{staff_id}/password")
async def give_password(staff_id: str, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Give a person a password, shown this one time, and sign them out everywhere."""
    made = new_password()
    read = _read(viewer, use, staff_id)

    async def give() -> Response:
        is_new = await run_in_threadpool(_give_password, viewer, use, staff_id, form, made)
        shown = made if is_new else None
        return await run_in_threadpool(lambda: show(request, viewer, PERSON, read, new_password=shown, was_set=True))

    return await or_show_again(request, viewer, PERSON, read, form, give())


def _give_password(viewer: Viewer, use: Services, staff_id: str, form: dict[str, str], made: str) -> bool:
    """The hash is made before the transaction: it takes a while, and other changes wait for this one."""
    onlooker, given = onlooker_of(viewer), given_by(viewer, form)
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.MANAGE_PEOPLE)
        person_id = person_by_staff_id(session, staff_id).id
    with turn():
        hashed = hash_password(made)
    return change(viewer, use, Action.MANAGE_PEOPLE, lambda session: set_password(session, given, person_id, hashed))


def new_password() -> str:
    """A password nobody guesses, in letters that nobody takes for others when they are read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def _read(viewer: Viewer, use: Services, staff_id: str | None = None) -> Read:
    """What the page of a person shows; of nobody yet without a staff id."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_PEOPLE)
        page = person_page(session, staff_id, viewer.zone) if staff_id is not None else None
        usual = session.get_one(TenantPolicy, onlooker.tenant_id).time_zone
        supervisor_id = page.kept.content.supervisor_id if page else None
        return {
            "known": page,
            "books": _books(session, page.person.id, viewer, use) if page else None,
            "content": page.kept.content if page else _nobody(usual),
            "roles": [role.value for role in Role],
            "supervisors": [each for each in _supervisors(session, supervisor_id) if not page or each != page.person],
            "time_zones": sorted(time_zones()),
            "places": sorted(places()),
            "new_password": None,
            "was_set": False,
            "page_title": page.person.name if page else "Add a person",
        }

    return read


def _books(session: ReadSession, person_id: UUID, viewer: Viewer, use: Services) -> BooksShown:
    agreements, today = agreements_of_person(session, person_id), use.now().astimezone(viewer.zone).date()
    in_force = next((pair for pair in agreements if pair[1].covers(today)), None)
    return BooksShown(
        in_force,
        len(agreements) - (1 if in_force else 0),
        adjustments_of(session, person_id, NEWEST, viewer.zone),
        newest_flex_changes(session, person_id, NEWEST, viewer.zone),
    )


def _supervisors(session: ReadSession, present: UUID | None) -> Any:
    return holders(session, Role.SUPERVISOR, present)


def _nobody(zone: str) -> PersonContent:
    """What the form of a new person begins with."""
    return PersonContent("", "", None, frozenset({Role.WORKER.value}), None, zone, USUAL_PLACE)


def _content(form: dict[str, str]) -> PersonContent:
    """A person as typed. Raises `Invalid` for what cannot be understood at all."""
    supervisor, chosen = form.get("supervisorId", ""), parse_id(form.get("supervisorId", ""))
    if supervisor and chosen is None:
        raise Invalid.field("supervisorId", "Choose a supervisor from the list.")
    return PersonContent(
        external_id=text(form, "externalId") or "",
        name=text(form, "name") or "",
        email=text(form, "email"),
        roles=frozenset(role.value for role in Role if form.get(f"role_{role.value}") == YES),
        supervisor_id=chosen,
        time_zone=text(form, "timeZone") or "",
        holiday_calendar=text(form, "holidayCalendar") or "",
        active=form.get("active") == YES,
    )


def _id_of(session: WriteSession, staff_id: str) -> UUID:
    return person_by_staff_id(session, staff_id).id
