"""Agreements and the rules of balances, as administrators see and change them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.reads.agreements import (
    AgreementPage,
    AgreementsAsked,
    Effect,
    agreement_page,
    agreement_rows,
    agreements_of_person,
    balance_rules,
    effect_of,
    how_many_without,
    person_of,
    standing_of,
)
from models.reads.directory import changes_of, holders, people_by_staff_id
from models.reads.people import person_by_staff_id, require
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.accrual_types import ACCRUAL_TYPES
from models.rules.agreement_dates import proposed_dates
from models.rules.agreements import STANDARD_DAY_MINUTES, AgreementContent, Target
from models.rules.policy import Action, Role
from models.rules.supposed import Supposed
from models.store.agreements import create_agreement, kept_agreement, replace_agreement
from models.store.changes import Kept
from models.store.holidays import balance_rules_id, set_tolerance
from web.api.lists import key_of_cursor, next_cursor, not_ours
from web.auth.viewer import Viewer
from web.forms import parse_day, version_in
from web.pages.admin import YES, change, given_by
from web.pages.agreement_form import AGREEMENT_FIELDS, agreement_typed, percent_typed, person_named
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show
from web.pages.what_if import look
from web.services import Services

router = APIRouter()

AGREEMENTS = Template("admin_agreements.html", "admin_agreements.html", fields=frozenset({"balanceTolerancePercent"}))
AGREEMENT = Template(
    "admin_agreement.html",
    "admin_agreement.html",
    fields=AGREEMENT_FIELDS,
)

ADDRESS = "/admin/agreements"
PAGE = 50


@router.get(ADDRESS)
def agreements(
    viewer: SignedIn,
    request: Request,
    use: Used,
    q: str = "",
    on: str = "",
    without: str = "",
    after: str | None = None,
) -> Response:
    """Whose time counts on a day by which agreement, and whose does not."""
    asked = AgreementsAsked(parse_day(on) or _today(viewer, use), q, without == YES)
    return show(request, viewer, AGREEMENTS, _read_all(viewer, asked, after))


@router.post(ADDRESS)
async def create(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Add an agreement: time that was recorded before counts at once."""

    def do() -> Response:
        given = given_by(viewer, form)

        def add(session: WriteSession) -> tuple[Kept[AgreementContent], PersonShown, Effect]:
            content = agreement_typed(form, person_named(session, form))
            return _with_effect(session, content.person_id, lambda: create_agreement(session, given, content))

        kept, person, effect = change(viewer, use, Action.MANAGE_BALANCES, add)
        return go_to(f"{ADDRESS}/{kept.id}", f"Added. {_told(person, effect, is_new=True)}")

    async def give() -> Response:
        return await run_in_threadpool(do)

    read = _read_new(viewer, use, form.get("person", ""))
    return await or_show_again(request, viewer, AGREEMENT, read, form, give())


@router.get(f"{ADDRESS}/new")
def new(viewer: SignedIn, request: Request, use: Used, person: str = "") -> Response:
    """The form of a new agreement, for the running year or the one after somebody's last agreement."""
    return show(request, viewer, AGREEMENT, _read_new(viewer, use, person))


@router.get(f"{ADDRESS}/rules")
def rules(viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants to see the rules."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/rules")
async def change_rules(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Say how exact balances have to be."""

    def do() -> None:
        given, version, percent = given_by(viewer, form), version_in(form), percent_typed(form)
        change(viewer, use, Action.MANAGE_BALANCES, lambda session: set_tolerance(session, given, version, percent))

    async def give() -> Response:
        await run_in_threadpool(do)
        return go_to(ADDRESS, "Saved. The change stands below.")

    read = _read_all(viewer, AgreementsAsked(_today(viewer, use)), None)
    return await or_show_again(request, viewer, AGREEMENTS, read, form, give())


@router.get(f"{ADDRESS}/{{agreement_id}}")
def agreement(agreement_id: UUID, viewer: SignedIn, request: Request) -> Response:
    """One agreement, and every change of it."""
    return show(request, viewer, AGREEMENT, _read(viewer, agreement_id))


@router.post(f"{ADDRESS}/{{agreement_id}}")
async def amend(agreement_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Change an agreement: balances follow at once."""

    def do() -> Response:
        given, version = given_by(viewer, form), version_in(form)

        def put(session: WriteSession) -> tuple[Kept[AgreementContent], PersonShown, Effect]:
            person_id = kept_agreement(session, agreement_id).content.person_id
            content = agreement_typed(form, person_id)
            return _with_effect(
                session, person_id, lambda: replace_agreement(session, given, agreement_id, version, content)
            )

        _, person, effect = change(viewer, use, Action.MANAGE_BALANCES, put)
        return go_to(f"{ADDRESS}/{agreement_id}", f"Saved. {_told(person, effect)}")

    async def give() -> Response:
        return await run_in_threadpool(do)

    return await or_show_again(request, viewer, AGREEMENT, _read(viewer, agreement_id), form, give())


@router.get(f"{ADDRESS}/{{agreement_id}}/what-if")
def looked(agreement_id: UUID, viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the agreement."""
    return go_to(f"{ADDRESS}/{agreement_id}")


@router.post(f"{ADDRESS}/{{agreement_id}}/what-if")
async def look_at_agreement(
    agreement_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used
) -> Response:
    """Look at what a change of an agreement would do to balances."""

    def suppose(session: WriteSession) -> Supposed:
        person_id = kept_agreement(session, agreement_id).content.person_id
        return Supposed(agreement_typed(form, person_id), agreement_id, version_in(form))

    async def give() -> Response:
        return await run_in_threadpool(look, viewer, use, form, suppose)

    return await or_show_again(request, viewer, AGREEMENT, _read(viewer, agreement_id), form, give())


def _with_effect(
    session: WriteSession, person_id: UUID, make: Callable[[], Kept[AgreementContent]]
) -> tuple[Kept[AgreementContent], PersonShown, Effect]:
    before = standing_of(session, person_id)
    kept = make()
    return kept, person_of(session, person_id), effect_of(before, standing_of(session, person_id))


def _told(person: PersonShown, effect: Effect, is_new: bool = False) -> str:
    """What a change did to balances: Duane Barry: 3 balances changed. Time of 2 days more counts."""
    balances = f"{person.name}: {effect.changed or 'no'} {'balance' if effect.changed == 1 else 'balances'} changed."
    days = f"{abs(effect.days)} {'day' if abs(effect.days) == 1 else 'days'}"
    if effect.days > 0:
        return f"{'' if is_new else f'{balances} '}Time recorded on {days} {'' if is_new else 'more '}counts now."
    if effect.days < 0:
        return f"{balances} Time recorded on {days} does not count any more."
    return f"{person.name}: what is recorded counts from now on." if is_new else balances


def _today(viewer: Viewer, use: Services) -> date:
    return use.now().astimezone(viewer.zone).date()


def _read_all(viewer: Viewer, asked: AgreementsAsked, after: str | None) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        found = agreement_rows(session, asked, None if after is None else _key(after), PAGE + 1)
        return {
            "rows": found[:PAGE],
            "next_cursor": next_cursor(found[PAGE - 1].key) if len(found) > PAGE else None,
            "asked": asked,
            "missing": how_many_without(session, asked.on),
            "rules": balance_rules(session, onlooker.tenant_id),
            "changes": changes_of(session, balance_rules_id(onlooker.tenant_id), viewer.zone),
            "page_title": "Agreements",
        }

    return read


def _key(after: str) -> tuple[str, str]:
    found = key_of_cursor(after)
    if len(found) != 2:
        raise not_ours()
    return found[0], found[1]


def _read(viewer: Viewer, agreement_id: UUID) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        page = agreement_page(session, agreement_id, viewer.zone)
        return _shown(page, page.person, page.kept.content, page.others)

    return read


def _read_new(viewer: Viewer, use: Services, staff_id: str) -> Read:
    """The form of a new agreement; of nobody yet without a staff id, or with one that nobody has."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_BALANCES)
        known = people_by_staff_id(session, [staff_id])
        person = person_by_staff_id(session, staff_id) if known else None
        others = tuple(agreements_of_person(session, person.id)) if person else ()
        content = _proposed([each for _, each in others], _today(viewer, use))
        people = () if person else holders(session, Role.WORKER)
        return _shown(None, person, content, others) | {"people": people, "asked_for": staff_id}

    return read


def _shown(
    page: AgreementPage | None,
    person: PersonShown | None,
    content: AgreementContent,
    others: tuple[tuple[UUID, AgreementContent], ...],
) -> dict[str, Any]:
    return {
        "known": page,
        "person": person,
        "content": content,
        "others": others,
        "accrual_types": ACCRUAL_TYPES,
        "people": (),
        "asked_for": "",
        "page_title": f"Agreement of {person.name}" if page and person else "Add an agreement",
    }


def _proposed(others: list[AgreementContent], today: date) -> AgreementContent:
    """What the form of a new agreement begins with: the terms of the last one, with nothing worked yet."""
    start, end = proposed_dates(others, today)
    if not others:
        return AgreementContent(_NOBODY, start, end, STANDARD_DAY_MINUTES)
    last = others[-1]
    targets = {code: Target(each.target, each.target) for code, each in last.targets.items()}
    return replace(last, start_date=start, end_date=end, targets=targets)


_NOBODY = UUID(int=0)
