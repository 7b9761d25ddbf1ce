"""Agreements and their targets, made and changed by administrators; balances follow in the same transaction.

Every function is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `Stale` and `KeyReused`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import NotFound, Stale
from models.rules.agreements import AgreementContent, agreement_errors
from models.rules.entry_fields import Refused
from models.rules.policy import Action
from models.rules.supposed import TargetForAll
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
from models.store.rebuilds import counts_otherwise
from models.store.recorded import agreements_of, with_target
from models.tables.accruals import Agreement, AgreementTarget
from models.tables.people import DirectoryChange, Person


def create_agreement(session: WriteSession, given: GivenBy, content: AgreementContent) -> Kept[AgreementContent]:
    """Add an agreement, or return the one that this command added before; time recorded before counts at once."""
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("create agreement", content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    id_ = given.makes("agreement")
    require_none(_errors(session, id_, content))
    _write(session, given, asked, {id_: (None, Kept(id_, 1, content))})
    return Kept(id_, 1, content)


def replace_agreement(
    session: WriteSession, given: GivenBy, agreement_id: UUID, version: int, content: AgreementContent
) -> Kept[AgreementContent]:
    """Let an agreement be what `content` says; `version` is the one that was looked at."""
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("replace agreement", agreement_id, version, content.json)
    if done := done_before(session, given, asked):
        return _as_changed(done[0])
    present = kept_agreement(session, agreement_id)
    if present.version != version:
        raise Stale(
            "Somebody changed this agreement meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    require_none(_change_errors(present.content, content) or _errors(session, agreement_id, content))
    if content == present.content:
        return present
    changed = Kept(agreement_id, version + 1, content)
    _write(session, given, asked, {agreement_id: (present.content, changed)})
    return changed


def set_target_for_all(session: WriteSession, given: GivenBy, change: TargetForAll) -> int:
    """Give every agreement in force on a day another target of one accrual type, if it has one; how many that were."""
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("set target for all", change.json)
    if done := done_before(session, given, asked):
        return len(done)
    in_force = Agreement.start_date <= change.on, Agreement.end_date >= change.on
    rows = {row.id: row for row in session.scalars(select(Agreement).where(*in_force))}
    found = agreements_of(session, {row.person_id for row in rows.values()})
    changes: dict[UUID, tuple[AgreementContent | None, Kept[AgreementContent]]] = {}
    for theirs in found.values():
        for id_, content in theirs.items():
            after = with_target(content, change)
            if after != content:
                require_none(agreement_errors(after, ()))
                changes[id_] = content, Kept(id_, rows[id_].version + 1, after)
    _write(session, given, asked, changes)
    return len(changes)


def kept_agreement(session: Session, agreement_id: UUID) -> Kept[AgreementContent]:
    """An agreement as it stands. Raises `NotFound`."""
    row = session.execute(
        select(Agreement.person_id, Agreement.version).where(Agreement.id == agreement_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such agreement.")
    return Kept(agreement_id, row.version, agreements_of(session, [row.person_id])[row.person_id][agreement_id])


def _change_errors(before: AgreementContent, after: AgreementContent) -> list[Refused]:
    if before.person_id != after.person_id:
        return [Refused("personId", "An agreement stays that of its person. Add another one.")]
    return []


def _errors(session: Session, agreement_id: UUID, content: AgreementContent) -> list[Refused]:
    if session.scalar(select(Person.id).where(Person.id == content.person_id)) is None:
        return [Refused("personId", "There is no such person.")]
    theirs = agreements_of(session, [content.person_id]).get(content.person_id, {})
    return agreement_errors(content, [other for id_, other in theirs.items() if id_ != agreement_id])


def _write(
    session: WriteSession,
    given: GivenBy,
    asked: str,
    changes: Mapping[UUID, tuple[AgreementContent | None, Kept[AgreementContent]]],
) -> None:
    """Store what agreements are now, with the record of it, and let balances follow.

    Whatever is counted meanwhile by what they were is corrected, since people are held from then on.
    """
    rows = [_row(given.tenant_id, after) for _, after in changes.values()]
    new = [row for row in rows if changes[row["id"]][0] is None]
    changed = [row for row in rows if changes[row["id"]][0] is not None]
    if new:
        session.execute(insert(Agreement), new)
    if changed:
        session.execute(update(Agreement), changed)
        session.execute(delete(AgreementTarget).where(AgreementTarget.agreement_id.in_([row["id"] for row in changed])))
    targets = [target for _, after in changes.values() for target in _targets(given.tenant_id, after)]
    if targets:
        session.execute(insert(AgreementTarget), targets)
    told = [
        Change(id_, after.version, before.json if before else None, after.content.json)
        for id_, (before, after) in changes.items()
    ]
    keep(session, given, Subject.AGREEMENT, asked, told)
    counts_otherwise(session, given, "Agreements changed", {row["person_id"] for row in rows})


def _row(tenant_id: UUID, kept: Kept[AgreementContent]) -> dict[str, Any]:
    content = kept.content
    return {
        "id": kept.id,
        "tenant_id": tenant_id,
        "person_id": content.person_id,
        "start_date": content.start_date,
        "end_date": content.end_date,
        "standard_day_minutes": content.standard_day_minutes,
        "version": kept.version,
    }


def _targets(tenant_id: UUID, kept: Kept[AgreementContent]) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": tenant_id,
            "agreement_id": kept.id,
            "accrual_code": code.value,
            "target": each.target,
            "opening_balance": each.opening_balance,
        }
        for code, each in kept.content.targets.items()
    ]


def _as_changed(change: DirectoryChange) -> Kept[AgreementContent]:
    return Kept(change.subject_id, change.version, AgreementContent.from_json(change.after))
