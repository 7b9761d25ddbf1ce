"""What others did to somebody's time, and what its owner says to it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Exists, ScalarSelect, Select, and_, exists, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import text

from models.reads.deeds import deeds_of, entries_that_stood_on
from models.reads.shown import ActShown, AnswerShown
from models.reads.viewer import Onlooker
from models.store.people import Circle
from models.tables.timecard import OwnerReview
from models.tables.timesheet import BY_OTHERS, Command

SHOWN_AT_MOST = 20
"""How many acts the week page lists; the history has all of them."""

WEEKS_AT_MOST = 5
"""How many other weeks the week page names."""


def acts_on(session: Session, onlooker: Onlooker, circle: Circle, timesheet_id: UUID) -> tuple[ActShown, ...]:
    """What others did to a timesheet, newest first: for its owner what waits for an answer, else all of it."""
    acts = select(Command).where(Command.timesheet_id == timesheet_id, Command.result.is_not(None), text(BY_OTHERS))
    if onlooker.person_id == circle.owner.id:
        acts = acts.where(~_answered())
    commands = session.scalars(acts.order_by(Command.completed_at.desc(), Command.id).limit(SHOWN_AT_MOST)).all()
    if not commands:
        return ()
    zone = circle.owner.zone
    deeds = deeds_of(session, commands, entries_that_stood_on(session, timesheet_id), circle.owner.id, zone)
    answers = answers_to(session, commands, circle)
    return tuple(ActShown(each.id, deeds.event(each, deeds.told(each), answers[each.id])) for each in commands)


def answers_to(session: Session, commands: Sequence[Command], circle: Circle) -> dict[UUID, AnswerShown]:
    """What the owner says to each of these acts of others, or that they have not said anything yet."""
    ids = [command.id for command in commands]
    tenants = {command.tenant_id for command in commands}
    these = (OwnerReview.tenant_id.in_(tenants), OwnerReview.command_id.in_(ids))
    said = {review.command_id: review for review in session.scalars(select(OwnerReview).where(*these))}
    return {id_: _answer(said.get(id_), circle) for id_ in ids}


def weeks_unanswered(session: Session, owner_id: UUID, but: date) -> tuple[tuple[date, int], ...]:
    """The newest other weeks in which something waits for the owner's answer, by their first day."""
    weeks = (
        _unanswered(owner_id)
        .with_only_columns(Command.period_start, func.count())
        .where(Command.period_start != but)
        .group_by(Command.period_start)
    )
    newest = weeks.order_by(Command.period_start.desc()).limit(WEEKS_AT_MOST)
    return tuple((start, count) for start, count in session.execute(newest))


def how_many_unanswered(owner_id: UUID, at_most: int) -> ScalarSelect[int]:
    """How much waits for somebody's answer, counted no further than `at_most`; a part of another question."""
    first = _unanswered(owner_id).with_only_columns(Command.id).limit(at_most).subquery()
    return select(func.count()).select_from(first).scalar_subquery()


def _unanswered(owner_id: UUID) -> Select[Command]:
    return select(Command).where(Command.owner_id == owner_id, text(BY_OTHERS), ~_answered())


def _answered() -> Exists:
    same = and_(OwnerReview.tenant_id == Command.tenant_id, OwnerReview.command_id == Command.id)
    return exists().where(same)


def _answer(review: OwnerReview | None, circle: Circle) -> AnswerShown:
    if review is None:
        return AnswerShown(None, circle.owner.name)
    at = review.reviewed_at.astimezone(circle.owner.zone)
    return AnswerShown(review.verdict, circle.owner.name, at, review.reason)
