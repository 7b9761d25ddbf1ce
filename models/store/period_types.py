"""Time period types and the rules of recording, created and changed by administrators.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `Stale` and `KeyReused`.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import NotFound, Stale
from models.rules.entry_fields import Refused
from models.rules.period_types import ACCENTS, TARGET_HOURS, TypeContent, agreed, type_change_errors, type_errors
from models.rules.policy import Action
from models.store.changes import (
    Change,
    GivenBy,
    Kept,
    Subject,
    done_before,
    hash_of,
    keep,
    require_none,
    take_turn,
)
from models.store.rebuilds import agreed_people, counts_otherwise
from models.tables.people import DirectoryChange, Person
from models.tables.timecard import TimePeriodType

COUNTING = select(TimePeriodType.id).where(TimePeriodType.feeds.contains([TARGET_HOURS]))
"""The types whose time is time worked."""


def create_type(session: WriteSession, given: GivenBy, content: TypeContent) -> Kept[TypeContent]:
    """Add a time period type, or return the one that this command added before."""
    take_turn(session, given, Action.MANAGE_TYPES)
    asked = hash_of("create type", content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    complete = _with_looks(session, agreed(content), None)
    id_ = given.makes("type")
    require_none(_errors(session, id_, complete, None))
    session.execute(insert(TimePeriodType).values(_row(complete) | {"id": id_, "tenant_id": given.tenant_id}))
    keep(session, given, Subject.TYPE, asked, [Change(id_, 1, None, complete.json)])
    return Kept(id_, 1, complete)


def replace_type(
    session: WriteSession, given: GivenBy, type_id: UUID, version: int, content: TypeContent
) -> Kept[TypeContent]:
    """Let a type be what `content` says; `version` is the one that was looked at.

    What was recorded of it counts as it says from here on, whenever it was recorded: balances are rebuilt.
    """
    take_turn(session, given, Action.MANAGE_TYPES)
    asked = hash_of("replace type", type_id, version, content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    present = _held_type(session, type_id)
    if present.version != version:
        raise Stale(
            "Somebody changed this type meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    complete = _with_looks(session, agreed(content), present.content)
    require_none(_errors(session, type_id, complete, present.content))
    if complete == present.content:
        return present
    changed = Kept(type_id, version + 1, complete)
    this = update(TimePeriodType).where(TimePeriodType.id == type_id)
    session.execute(this.values(_row(complete) | {"version": changed.version}))
    change = Change(type_id, changed.version, present.content.json, complete.json)
    keep(session, given, Subject.TYPE, asked, [change])
    if complete.accrual_types != present.content.accrual_types:
        counts_otherwise(session, given, f"{complete.name} counts otherwise", agreed_people(session))
    return changed


def kept_type(session: Session, type_id: UUID) -> Kept[TypeContent]:
    """A type as it stands. Raises `NotFound`."""
    row = session.scalar(select(TimePeriodType).where(TimePeriodType.id == type_id))
    if row is None:
        raise NotFound("There is no such time period type.")
    return as_kept(row)


def as_kept(row: TimePeriodType) -> Kept[TypeContent]:
    """A row as a type."""
    content = TypeContent(
        name=row.name,
        value_type=row.value_type,
        fields=row.fields,
        counts_to_target_hours=row.counts_to_target_hours,
        accrual_types=frozenset(row.feeds),
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        person_ids=None if row.person_ids is None else frozenset(row.person_ids),
        accent=row.accent,
        position=row.position,
    )
    return Kept(row.id, row.version, agreed(content))


def _held_type(session: WriteSession, type_id: UUID) -> Kept[TypeContent]:
    """A type whose row nobody refers to anew meanwhile: what is recorded of it counts by what it was, or will be."""
    row = session.scalar(select(TimePeriodType).where(TimePeriodType.id == type_id).with_for_update())
    if row is None:
        raise NotFound("There is no such time period type.")
    return as_kept(row)


def _errors(session: Session, type_id: UUID, content: TypeContent, present: TypeContent | None) -> list[Refused]:
    errors = type_errors(content)
    if present:
        errors += type_change_errors(present, content)
    same_name = TimePeriodType.name == content.name, TimePeriodType.id != type_id
    if session.scalar(select(TimePeriodType.id).where(*same_name)):
        errors.append(Refused("name", "Another type has this name already."))
    if content.person_ids:
        known = session.scalar(select(func.count()).select_from(Person).where(Person.id.in_(content.person_ids)))
        if known != len(content.person_ids):
            errors.append(Refused("personIds", "Some of these people are not in your organisation."))
    return errors


def _with_looks(session: Session, content: TypeContent, present: TypeContent | None) -> TypeContent:
    """The colour and the place in lists that it had, or the next ones."""
    if present:
        accent, position = present.accent, present.position
    else:
        last = session.scalar(select(func.max(TimePeriodType.position)))
        position = 0 if last is None else last + 1
        accent = ACCENTS[position % len(ACCENTS)]
    return replace(
        content,
        accent=accent if content.accent is None else content.accent,
        position=position if content.position is None else content.position,
    )


def _row(content: TypeContent) -> dict[str, object]:
    return {
        "name": content.name,
        "value_type": content.value_type,
        "fields": dict(content.fields),
        "feeds": sorted(content.accrual_types),
        "counts_to_target_hours": content.counts_to_target_hours,
        "effective_from": content.effective_from,
        "effective_to": content.effective_to,
        "person_ids": None if content.person_ids is None else sorted(content.person_ids),
        "accent": content.accent,
        "position": content.position,
    }


def _as_changed(change: DirectoryChange) -> Kept[TypeContent]:
    return Kept(change.subject_id, change.version, TypeContent.from_json(change.after))
