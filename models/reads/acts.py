"""What was done in other people's place: what one is asked about, and for administrators and auditors everybody's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, false, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.reads.deeds import DEEDS, deeds_of, entries_touched_by
from models.reads.owner_review import answered, answers_to
from models.reads.people import require
from models.reads.shown import EventShown, PersonShown
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.rules.transitions import OF_THE_APPROVER, CommandKind
from models.store.owner_review import Verdict
from models.tables.people import Person
from models.tables.timecard import OwnerReview
from models.tables.timesheet import Command

PAGE = 30


class ActState(StrEnum):
    """How far an act of somebody else is."""

    UNANSWERED = "unanswered"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class OwnAct:
    """Something that somebody else did in one's place."""

    command_id: UUID
    event: EventShown
    timesheet_id: UUID
    owner: PersonShown
    is_own_time: bool
    """Otherwise it is a decision on the time of somebody else."""
    period_start: date


@dataclass(frozen=True, slots=True)
class ActListed:
    """An act in somebody's place, for those who look after it."""

    command_id: UUID
    kind: CommandKind
    timesheet_id: UUID
    period_start: date
    owner: PersonShown
    actor: PersonShown
    for_whom: PersonShown
    for_whom_active: bool
    """Somebody who left answers no more: the act stays unconfirmed, with the reason that was given."""
    as_approver: bool
    """Whether it was a decision in the place of an approver."""
    reason: str | None
    at: datetime
    state: ActState
    answer_reason: str | None
    answered_at: datetime | None

    @property
    def title(self) -> str:
        """What was done, in few words."""
        return DEEDS[self.kind][0]


@dataclass(frozen=True, slots=True)
class WantedActs:
    """Which acts are asked for."""

    states: tuple[ActState, ...] = tuple(ActState)
    for_id: UUID | None = None
    """In whose place they were done; None: anybody's."""
    search: str = ""
    """Part of the name or staff id of who did it or in whose place."""
    after: tuple[datetime, UUID] | None = None
    """Where the page before ended."""
    limit: int = PAGE + 1


def own_acts(
    session: Session, person_id: UUID, zone: ZoneInfo, was_answered: bool, after: tuple[datetime, UUID] | None
) -> list[OwnAct]:
    """What others did in somebody's place, newest first: what waits for an answer, or what was answered."""
    these = select(Command).where(
        Command.put_before_id == person_id, answered() if was_answered else ~answered(), *_after(after)
    )
    commands = session.scalars(these.order_by(*_NEWEST_FIRST).limit(PAGE + 1)).all()
    deeds = deeds_of(session, commands, entries_touched_by(session, commands), zone)
    answers = answers_to(session, commands, zone)
    owners = _people(session, {command.owner_id for command in commands})
    return [
        OwnAct(
            each.id,
            deeds.event(each, deeds.told(each), answers[each.id]),
            each.timesheet_id,
            owners[each.owner_id],
            each.owner_id == person_id,
            each.period_start,
        )
        for each in commands
    ]


def find_acts(session: Session, wanted: WantedActs) -> list[ActListed]:
    """Acts in anybody's place, newest first. Whoever asks may see them."""
    chosen = select(Command.id).where(*_wanted(wanted), *_after(wanted.after))
    page = chosen.order_by(*_NEWEST_FIRST).limit(wanted.limit).subquery()
    rows = session.execute(_ACTS.join(page, page.c.id == Command.id).order_by(*_NEWEST_FIRST))
    return [_listed(row) for row in rows]


def seen_act(session: Session, onlooker: Onlooker, command_id: UUID) -> ActListed:
    """One act, for whoever it was put before and for administrators and auditors. Raises `NotFound`."""
    its_id = (Command.tenant_id == onlooker.tenant_id, Command.id == command_id, Command.put_before_id.is_not(None))
    row = session.execute(_ACTS.where(*its_id)).first()
    if row is None:
        raise NotFound("There is nothing like this that somebody else did in your place.")
    found = _listed(row)
    if found.for_whom.id != onlooker.person_id:
        require(session, onlooker, Action.AUDIT)
    return found


_ACTOR, _FOR, _OWNER = aliased(Person), aliased(Person), aliased(Person)

_ACTS = (
    select(
        Command,
        OwnerReview.verdict,
        OwnerReview.reason.label("answer_reason"),
        OwnerReview.reviewed_at,
        _ACTOR,
        _FOR,
        _OWNER,
    )
    .join(_ACTOR, _ACTOR.id == Command.actor_id)
    .join(_FOR, _FOR.id == Command.put_before_id)
    .join(_OWNER, _OWNER.id == Command.owner_id)
    .outerjoin(OwnerReview, and_(OwnerReview.tenant_id == Command.tenant_id, OwnerReview.command_id == Command.id))
)


_SAME = and_(OwnerReview.tenant_id == Command.tenant_id, OwnerReview.command_id == Command.id)

# Looked up for one act after the other, the newest first, until the page is full.
_STATE = func.coalesce(
    select(OwnerReview.verdict).where(_SAME).correlate(Command).scalar_subquery(), ActState.UNANSWERED.value
)

_DISPUTED = select(OwnerReview.command_id).where(OwnerReview.verdict == Verdict.DISPUTED.value)


def _wanted(wanted: WantedActs) -> list[Any]:
    conditions: list[Any] = [Command.put_before_id.is_not(None)]
    if wanted.states == (ActState.DISPUTED,):
        conditions.append(Command.id.in_(_DISPUTED))
    elif set(wanted.states) != set(ActState):
        # Within `coalesce` the planner takes it to be so of every second act, and not of hardly any: so it walks along
        # the index until the page is full, instead of sorting all of them first.
        conditions.append(func.coalesce(_STATE.in_([state.value for state in wanted.states]), false()))
    if wanted.for_id:
        conditions.append(Command.put_before_id == wanted.for_id)
    if wanted.search.strip():
        typed = wanted.search.strip()
        columns = (Person.name, Person.staff_id)
        named = select(Person.id).where(or_(*(column.icontains(typed, autoescape=True) for column in columns)))
        conditions.append(or_(Command.actor_id.in_(named), Command.put_before_id.in_(named)))
    return conditions


def _after(after: tuple[datetime, UUID] | None) -> list[Any]:
    return [tuple_(Command.completed_at, Command.id) < tuple_(*after)] if after else []


_NEWEST_FIRST = (Command.completed_at.desc(), Command.id.desc())


def _listed(row: Any) -> ActListed:
    command, verdict, answer_reason, answered_at, actor, for_whom, owner = row
    kind = CommandKind(command.kind)
    return ActListed(
        command.id,
        kind,
        command.timesheet_id,
        command.period_start,
        _shown(owner),
        _shown(actor),
        _shown(for_whom),
        for_whom.active,
        kind in OF_THE_APPROVER,
        command.reason,
        command.completed_at,
        ActState(Verdict(verdict).value) if verdict else ActState.UNANSWERED,
        answer_reason,
        answered_at,
    )


def _people(session: Session, ids: Collection[UUID]) -> dict[UUID, PersonShown]:
    return {person.id: _shown(person) for person in session.scalars(select(Person).where(Person.id.in_(ids)))}


def _shown(person: Person) -> PersonShown:
    return PersonShown(person.id, person.staff_id, person.name)
