"""People of an organisation, created and changed by administrators; everything that follows from a change with it.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `Stale` and `KeyReused`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from models.calendars import places
from models.database import WriteSession
from models.errors import Invalid, NotFound, Stale
from models.rules.entry_fields import Refused
from models.rules.people import (
    MOST_LEVELS,
    PersonContent,
    change_errors,
    cycle_above,
    cycle_text,
    is_too_deep,
    person_errors,
)
from models.rules.policy import Action, Role
from models.store.changes import Change, GivenBy, Kept, Subject, done_before, hash_of, keep, require_none, take_turn
from models.store.rebuilds import counts_otherwise
from models.store.signing_out import end_sessions
from models.store.waiting import hold_sheets_below, look_up_again, look_up_leads_again
from models.tables.auth import Account, ApiToken, SignInSession
from models.tables.people import DirectoryChange, Person, PersonRole

People = Mapping[UUID, Kept[PersonContent]]


@dataclass(frozen=True, slots=True)
class Above:
    """What the check of the hierarchy needs to know of somebody."""

    name: str
    supervisor_id: UUID | None
    active: bool


def create_person(session: WriteSession, given: GivenBy, content: PersonContent) -> Kept[PersonContent]:
    """Add a person, or return the one that this command added before."""
    take_turn(session, given, Action.MANAGE_PEOPLE)
    asked = hash_of("create person", content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    (created,) = change_people(session, given, asked, {given.makes("person"): content})
    return created


def replace_person(
    session: WriteSession, given: GivenBy, person_id: UUID, version: int, content: PersonContent
) -> Kept[PersonContent]:
    """Let a person be what `content` says; `version` is the one that was looked at.

    What is the same already changes nothing.
    """
    take_turn(session, given, Action.MANAGE_PEOPLE)
    asked = hash_of("replace person", person_id, version, content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    present = kept_person(session, person_id)
    if present.version != version:
        raise Stale(
            "Somebody changed this person meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    changed = change_people(session, given, asked, {person_id: content})
    return changed[0] if changed else present


def set_password(session: WriteSession, given: GivenBy, person_id: UUID, password_hash: str) -> bool:
    """Give a person a password and sign them out everywhere; False when this command did so before.

    Raises `Invalid` for somebody who does not sign in.
    """
    take_turn(session, given, Action.MANAGE_PEOPLE)
    asked = hash_of("set password", person_id)
    if done_before(session, given, asked):
        return False
    person = kept_person(session, person_id)
    _require_signs_in(person)
    theirs = update(Account).where(Account.person_id == person_id).values(password_hash=password_hash)
    had = session.execute(theirs.returning(Account.person_id)).first()
    if had is None:
        values = {"person_id": person_id, "login": _login_of(session, person), "password_hash": password_hash}
        session.execute(insert(Account).values(values | {"tenant_id": given.tenant_id}))
    _end_sessions(session, [person_id])
    before, after = {"password": "set before" if had else None}, {"password": "set"}
    keep(session, given, Subject.PERSON, asked, [Change(person_id, person.version, before, after)])
    return True


def kept_person(session: Session, person_id: UUID) -> Kept[PersonContent]:
    """A person as they stand. Raises `NotFound`."""
    found = kept_people(session, [person_id])
    if person_id not in found:
        raise NotFound("There is no such person.")
    return found[person_id]


def kept_people(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Kept[PersonContent]]:
    """People as they stand, by id; whom there is not is missing."""
    rows = session.execute(PEOPLE.where(Person.id.in_(person_ids)))
    return {row.id: as_kept(row) for row in rows}


_ROLES = select(PersonRole.role).where(PersonRole.person_id == Person.id).correlate(Person)

PEOPLE = select(
    Person.id,
    Person.version,
    Person.staff_id,
    Person.name,
    Person.email,
    Person.supervisor_id,
    Person.time_zone,
    Person.holiday_calendar,
    Person.active,
    func.array(_ROLES.scalar_subquery()).label("roles"),
)
"""People with their roles, for `as_kept`."""


def as_kept(row: Row[Any]) -> Kept[PersonContent]:
    """A row of `PEOPLE`."""
    return Kept(
        row.id,
        row.version,
        PersonContent(
            external_id=row.staff_id,
            name=row.name,
            email=row.email,
            roles=frozenset(row.roles),
            supervisor_id=row.supervisor_id,
            time_zone=row.time_zone,
            holiday_calendar=row.holiday_calendar,
            active=row.active,
        ),
    )


def change_people(
    session: WriteSession, given: GivenBy, asked: str, wanted: Mapping[UUID, PersonContent]
) -> list[Kept[PersonContent]]:
    """Let each of these people be what is wanted, all of them or none; those who are not there yet are added.

    In a transaction that took its turn (`changes.take_turn`). Whom nothing changes about is left out of the answer.
    """
    before = kept_people(session, wanted)
    wanted = {id_: replace(content, email=content.email or None) for id_, content in wanted.items()}
    refused = people_refused(session, given.actor_id, before, wanted)
    require_none([error for errors in refused.values() for error in errors])
    changed = {
        id_: Kept(id_, before[id_].version + 1 if id_ in before else 1, content)
        for id_, content in wanted.items()
        if id_ not in before or before[id_].content != content
    }
    _write(session, given, before, changed)
    changes = [
        Change(id_, kept.version, before[id_].content.json if id_ in before else None, kept.content.json)
        for id_, kept in changed.items()
    ]
    keep(session, given, Subject.PERSON, asked, changes)
    return list(changed.values())


def people_refused(
    session: Session, actor_id: UUID, before: People, wanted: Mapping[UUID, PersonContent]
) -> dict[UUID, list[Refused]]:
    """Why these people cannot become what is wanted, by person; empty when all of them can."""
    alone = _only_administrators(session, before, wanted)
    taken = _staff_ids_taken(session, wanted)
    above = _people_above(session, wanted)
    supervisors = {id_: each.supervisor_id for id_, each in above.items()}
    refused = {}
    for id_, content in wanted.items():
        errors = person_errors(content, time_zones(), places())
        if content.external_id in taken:
            errors.append(Refused("externalId", f"This staff id is that of {taken[content.external_id]} already."))
        if id_ in before:
            errors += change_errors(before[id_].content, content, id_ == actor_id, id_ in alone)
        if id_ not in before or before[id_].content.supervisor_id != content.supervisor_id:
            errors += _supervisor_errors(id_, content.supervisor_id, above, supervisors)
        if errors:
            refused[id_] = errors
    return refused


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Every time zone that a person can be in."""
    return frozenset(available_timezones())


def _supervisor_errors(
    person_id: UUID,
    supervisor_id: UUID | None,
    above: Mapping[UUID, Above],
    supervisors: Mapping[UUID, UUID | None],
) -> list[Refused]:
    if supervisor_id is None:
        return []
    if supervisor_id not in above:
        return [Refused("supervisorId", "There is no such person. Choose somebody of your organisation.")]
    cycle = cycle_above(person_id, supervisors)
    if cycle:
        return [Refused("supervisorId", cycle_text(above[id_].name for id_ in cycle))]
    if is_too_deep(person_id, supervisors):
        return [Refused("supervisorId", f"A hierarchy has {MOST_LEVELS} levels at most. Choose somebody further up.")]
    if not above[supervisor_id].active:
        return [Refused("supervisorId", f"{above[supervisor_id].name} is not active, so decides for nobody.")]
    return []


def _people_above(session: Session, wanted: Mapping[UUID, PersonContent]) -> dict[UUID, Above]:
    """Whoever is above these people, as it would be, and they themselves."""
    named = {content.supervisor_id for content in wanted.values() if content.supervisor_id}
    rows = session.execute(_ABOVE, {"people": list(named | wanted.keys())})
    found = {row.id: Above(row.name, row.supervisor_id, row.active) for row in rows}
    return found | {id_: Above(each.name, each.supervisor_id, each.active) for id_, each in wanted.items()}


_ABOVE = text(
    """
    WITH RECURSIVE above (id) AS (
        SELECT unnest(CAST(:people AS uuid[]))
        UNION
        SELECT p.supervisor_id FROM above JOIN person p ON p.id = above.id WHERE p.supervisor_id IS NOT NULL
    )
    SELECT p.id, p.name, p.supervisor_id, p.active FROM person p WHERE p.id IN (SELECT id FROM above)
    """
)


def _staff_ids_taken(session: Session, wanted: Mapping[UUID, PersonContent]) -> dict[str, str]:
    """The staff ids among those wanted that somebody else has, and whose they are."""
    staff_ids = [content.external_id for content in wanted.values()]
    theirs = Person.staff_id.in_(staff_ids), Person.id.not_in(wanted.keys())
    return dict(session.execute(select(Person.staff_id, Person.name).where(*theirs)).all())


def _only_administrators(session: Session, before: People, wanted: Mapping[UUID, PersonContent]) -> set[UUID]:
    """Who would take the last administrator away; nobody as long as there is another one."""
    losing = {
        id_
        for id_, kept in before.items()
        if id_ in wanted and kept.content.administers and not wanted[id_].administers
    }
    if not losing or any(content.administers for content in wanted.values()):
        return set()
    others = (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == Role.ADMINISTRATOR.value, Person.active, Person.id.not_in(wanted.keys()))
    )
    return set() if session.scalar(others.limit(1)) else losing


def _write(session: WriteSession, given: GivenBy, before: People, changed: People) -> None:
    """Timesheets are held before people, as commands do, so that neither waits for the other in a circle."""
    known = {id_: before[id_].content for id_ in sorted(changed.keys() & before.keys())}
    now = {id_: changed[id_].content for id_ in known}
    ranked = {id_ for id_ in known if _rank(known[id_]) != _rank(now[id_])}
    moved = [id_ for id_ in known if known[id_].time_zone != now[id_].time_zone]
    held = hold_sheets_below(session, ranked.union(moved)) if ranked or moved else ()
    _store(session, given.tenant_id, before, changed)
    _sign_out(session, [id_ for id_ in known if known[id_].active and not now[id_].active])
    elsewhere = [id_ for id_ in known if _place(known[id_]) != _place(now[id_])]
    counts_otherwise(session, given, "People live elsewhere", elsewhere)
    look_up_again(session, held)
    leads = [id_ for id_ in known if known[id_].can_lead != now[id_].can_lead]
    if leads:
        look_up_leads_again(session, leads, ())


def _rank(content: PersonContent) -> tuple[UUID | None, bool]:
    return content.supervisor_id, content.can_approve


def _place(content: PersonContent) -> tuple[str, str]:
    """What decides on which days their time falls, and which of those are public holidays."""
    return content.time_zone, content.holiday_calendar


def _store(session: WriteSession, tenant_id: UUID, before: People, changed: People) -> None:
    """Those who are new come first, without a supervisor, who may be new as well."""
    rows = [_row(kept) for kept in sorted(changed.values(), key=lambda kept: kept.id)]
    new = [row | {"tenant_id": tenant_id, "supervisor_id": None} for row in rows if row["id"] not in before]
    if new:
        session.execute(insert(Person), new)
    if rows:
        session.execute(update(Person), rows)
    session.execute(delete(PersonRole).where(PersonRole.person_id.in_(changed.keys())))
    roles = [
        {"tenant_id": tenant_id, "person_id": id_, "role": role}
        for id_, kept in changed.items()
        for role in sorted(kept.content.roles)
    ]
    if roles:
        session.execute(insert(PersonRole), roles)


def _row(kept: Kept[PersonContent]) -> dict[str, Any]:
    content = kept.content
    return {
        "id": kept.id,
        "version": kept.version,
        "staff_id": content.external_id,
        "name": content.name,
        "email": content.email,
        "time_zone": content.time_zone,
        "holiday_calendar": content.holiday_calendar,
        "supervisor_id": content.supervisor_id,
        "active": content.active,
    }


def _sign_out(session: WriteSession, person_ids: list[UUID]) -> None:
    """Nobody who is gone gets in any more, by browser or by program."""
    if person_ids:
        _end_sessions(session, person_ids)
        standing = ApiToken.person_id.in_(person_ids), ApiToken.revoked_at.is_(None)
        session.execute(update(ApiToken).where(*standing).values(revoked_at=func.now()))


def _end_sessions(session: WriteSession, person_ids: list[UUID]) -> None:
    end_sessions(session, SignInSession.person_id.in_(person_ids))


def _require_signs_in(person: Kept[PersonContent]) -> None:
    if not person.content.active:
        raise Invalid.field("password", f"{person.content.name} is not active, so does not sign in.")
    if person.content.roles == {Role.INTEGRATION}:
        raise Invalid.field("password", f"{person.content.name} is a program, which does not sign in: it has tokens.")


def _login_of(session: WriteSession, person: Kept[PersonContent]) -> str:
    """The staff id in lower case. Raises `Invalid` when that of somebody else differs from it by that only."""
    login = person.content.external_id.lower()
    if session.scalar(select(Account.person_id).where(Account.login == login)):
        raise Invalid.field("password", f"Somebody else signs in as {login} already: these staff ids look alike.")
    return login


def _as_changed(change: DirectoryChange) -> Kept[PersonContent]:
    return Kept(change.subject_id, change.version, PersonContent.from_json(change.after))
