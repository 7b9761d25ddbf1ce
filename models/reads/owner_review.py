"""What others did in somebody's place, and what that person says to it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, ScalarSelect, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from models.reads.deeds import deeds_of, entries_that_stood_on
from models.reads.shown import ActShown, AnswerShown
from models.reads.viewer import Onlooker
from models.store.people import Circle
from models.tables.people import Person
from models.tables.timecard import OwnerReview
from models.tables.timesheet import Command

SHOWN_AT_MOST = 20
"""How many acts the week page lists; the history has all of them."""

WEEKS_AT_MOST = 5
"""How many other weeks the week page names."""


def acts_on(session: Session, onlooker: Onlooker, circle: Circle, timesheet_id: UUID) -> tuple[ActShown, ...]:
    """What others did to a timesheet in its owner's place, newest first: for the owner what waits for an answer, else
    all of it.
    """
    acts = select(Command).where(
        Command.timesheet_id == timesheet_id, Command.result.is_not(None), Command.put_before_id == circle.owner.id
    )
    if onlooker.person_id == circle.owner.id:
        acts = acts.where(~answered())
    commands = session.scalars(acts.order_by(Command.completed_at.desc(), Command.id).limit(SHOWN_AT_MOST)).all()
    if not commands:
        return ()
    zone = circle.owner.zone
    deeds = deeds_of(session, commands, entries_that_stood_on(session, timesheet_id), zone)
    answers = answers_to(session, commands, zone)
    return tuple(ActShown(each.id, deeds.event(each, deeds.told(each), answers[each.id])) for each in commands)


def answers_to(session: Session, commands: Sequence[Command], zone: ZoneInfo) -> dict[UUID, AnswerShown]:
    """What is said to each of these acts of others, or that nothing was said yet."""
    ids = [command.id for command in commands]
    tenants = {command.tenant_id for command in commands}
    these = (OwnerReview.tenant_id.in_(tenants), OwnerReview.command_id.in_(ids))
    said = {review.command_id: review for review in session.scalars(select(OwnerReview).where(*these))}
    whose = {command.put_before_id for command in commands}
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(whose))).all())
    return {
        command.id: _answer(said.get(command.id), names[command.put_before_id], zone)
        for command in commands
        if command.put_before_id
    }


def weeks_unanswered(session: Session, owner_id: UUID, but: date) -> tuple[tuple[date, int], ...]:
    """The newest other weeks of somebody in which something waits for their answer, by their first day."""
    weeks = (
        unanswered(owner_id)
        .with_only_columns(Command.period_start, func.count())
        .where(Command.owner_id == owner_id, Command.period_start != but)
        .group_by(Command.period_start)
    )
    newest = weeks.order_by(Command.period_start.desc()).limit(WEEKS_AT_MOST)
    return tuple((start, count) for start, count in session.execute(newest))


def how_many_unanswered(person_id: UUID, at_most: int) -> ScalarSelect[int]:
    """How much waits for somebody's answer, counted no further than `at_most`; a part of another question."""
    first = unanswered(person_id).with_only_columns(Command.id).limit(at_most).subquery()
    return select(func.count()).select_from(first).scalar_subquery()


def unanswered(person_id: UUID) -> Select[Command]:
    """What waits for somebody's answer."""
    return select(Command).where(Command.put_before_id == person_id, ~answered())


def answered() -> Exists:
    """Whether something was said to an act."""
    same = and_(OwnerReview.tenant_id == Command.tenant_id, OwnerReview.command_id == Command.id)
    return exists().where(same)


def _answer(review: OwnerReview | None, by: str, zone: ZoneInfo) -> AnswerShown:
    if review is None:
        return AnswerShown(None, by)
    return AnswerShown(review.verdict, by, review.reviewed_at.astimezone(zone), review.reason)
