"""What a change of reference data would do: looked at by a dry run of the rebuild, then made or left."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Invalid, NotFound
from models.rules.agreements import AgreementContent
from models.rules.period_types import TypeContent
from models.rules.policy import Action
from models.rules.supposed import HolidayContent, Supposed
from models.store.agreements import create_agreement, replace_agreement, set_target_for_all
from models.store.changes import GivenBy, take_turn
from models.store.holidays import set_holiday
from models.store.period_types import replace_type
from models.store.rebuilds import agreed_people, ask_rebuild
from models.tables.accruals import AccrualRebuild


def look_at(session: WriteSession, given: GivenBy, supposed: Supposed) -> UUID:
    """Have it looked at whose balances a change would alter; the id to ask for the answer by."""
    take_turn(session, given, Action.MANAGE_BALANCES)
    id_ = given.makes("rebuild")
    if session.get(AccrualRebuild, id_) is None:
        ask_rebuild(session, given, "A change is looked at", _concerned(session, supposed), supposed)
    return id_


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
    return agreed_people(session, content.place if isinstance(content, HolidayContent) else None)
