"""What a change of reference data would do: looked at by a dry run of the rebuild, then made or left."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.commands import made_by
from models.database import WriteSession, taken_back
from models.errors import Invalid, NotFound
from models.rules.accrual_types import ACCRUAL_TITLES
from models.rules.agreements import MOST_OF_A_TARGET, AgreementContent
from models.rules.entry_fields import Refused
from models.rules.period_types import TypeContent, agreed
from models.rules.policy import Action
from models.rules.supposed import HolidayContent, Supposed, TargetForAll
from models.store.agreements import create_agreement, replace_agreement, set_target_for_all
from models.store.changes import GivenBy, hash_of, require_none, take_turn
from models.store.holidays import set_holiday
from models.store.period_types import kept_type, replace_type
from models.store.rebuilds import agreed_people, ask_rebuild
from models.tables.accruals import AccrualRebuild


def look_at(session: WriteSession, given: GivenBy, supposed: Supposed) -> UUID:
    """Have it looked at whose balances a change would alter; the id to ask for the answer by.

    A form that is looked at may be sent again, with other content or to make the change itself, so what it is
    looked at by is of its own. Raises what making the change would raise.
    """
    take_turn(session, given, Action.MANAGE_BALANCES)
    looked_at = replace(given, command_id=given.makes(f"look at {hash_of(supposed.json)}"))
    id_ = looked_at.makes("rebuild")
    if session.get(AccrualRebuild, id_) is None:
        concerned = _concerned(session, supposed)
        _require_possible(session, looked_at, supposed)
        ask_rebuild(session, looked_at, "A change is looked at", concerned, supposed)
    return id_


def made_from(given: GivenBy, rebuild_id: UUID) -> GivenBy:
    """By which command what was looked at is made: it is made once, whoever presses the button how often."""
    return replace(given, command_id=made_by(given.tenant_id, rebuild_id, "make it"))


def supposed_in(session: Session, rebuild_id: UUID) -> Supposed:
    """The change that was looked at. Raises `NotFound`."""
    kept = session.scalar(select(AccrualRebuild.supposed).where(AccrualRebuild.id == rebuild_id))
    if kept is None:
        raise NotFound("There is no such change.")
    return Supposed.from_json(kept)


def make(session: WriteSession, given: GivenBy, supposed: Supposed) -> None:
    """Make a change that was looked at. Raises what the change itself raises, `Stale` among it."""
    content, subject = supposed.content, supposed.subject_id
    if isinstance(content, TypeContent):
        if subject is None:
            raise Invalid.field("name", "A type that is new alters no balances: add it at once.")
        replace_type(session, given, subject, supposed.version, content)
    elif isinstance(content, AgreementContent):
        if subject is None:
            create_agreement(session, given, content)
        else:
            replace_agreement(session, given, subject, supposed.version, content)
    elif isinstance(content, HolidayContent):
        set_holiday(session, given, content)
    else:
        set_target_for_all(session, given, content)


def _concerned(session: Session, supposed: Supposed) -> Sequence[UUID]:
    content = supposed.content
    if isinstance(content, AgreementContent):
        return [content.person_id]
    if isinstance(content, TypeContent) and supposed.subject_id:
        present = kept_type(session, supposed.subject_id).content
        if agreed(content).accrual_types == present.accrual_types:
            return []
    return agreed_people(session, content.place if isinstance(content, HolidayContent) else None)


def _require_possible(session: WriteSession, given: GivenBy, supposed: Supposed) -> None:
    """Make it and take it back; of a target only the number, as it would be written for everybody."""
    if isinstance(supposed.content, TargetForAll):
        require_none(_target_errors(supposed.content))
        return
    with taken_back(session):
        make(session, given, supposed)


def _target_errors(change: TargetForAll) -> list[Refused]:
    if 0 <= change.target <= MOST_OF_A_TARGET:
        return []
    return [Refused("target", f"{ACCRUAL_TITLES[change.code]}: write a number up to {MOST_OF_A_TARGET}.")]
