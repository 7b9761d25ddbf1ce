"""Rebuilds of balances: asked for in the transaction that changes reference data, carried out person by person.

A few people are done at once. More of them are written down here, in batches, for the workflow; a batch
goes on where it stopped, since each person is finished in the transaction that says so. Whoever cannot be computed
is put aside, with the reason, so that the others have their turn.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.orm import Session

from models.commands import made_by
from models.database import WriteSession
from models.errors import NotFound
from models.messages import RebuildPlan
from models.rules.books import Balances, Difference, books_of, differences
from models.rules.policy import Action
from models.rules.supposed import Supposed
from models.store.accruals import lock_balances
from models.store.changes import GivenBy, take_turn
from models.store.rebuilding import recompute
from models.store.recorded import agreements_of, kept_books, recorded_of
from models.tables.accruals import AccrualRebuild, AccrualRebuildBatch

FEW = 5
"""How many people are recomputed in the transaction of the change itself; more would be kept waiting for long."""

BATCH = 100
"""How many people a worker takes at a time."""

LOOKS_KEPT = timedelta(days=30)
"""How long the answer to what a change would do can be read."""

AT_ONCE = 64
"""Batches that workers may take at the same time; each worker has one. With a limit in time, it is one for all."""


EVERYBODY = "Everybody, asked for by hand"
"""What a rebuild is called that no change has asked for."""

A_RUN = 1_000
"""Batches of one run of the workflow."""


class RebuildState(StrEnum):
    """Where a rebuild stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is."""

    id: UUID
    because: str
    only_looks: bool
    """It says what a change would do, and changes nothing."""
    state: RebuildState
    people: int
    done: int
    changed: int
    """People whose balances were changed, or would be."""
    aside: int
    """People who could not be computed; they are among those who are done."""
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Aside:
    """Somebody whose balances could not be computed; they are as they were."""

    person_id: UUID
    why: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is in a batch."""

    person_id: UUID
    supposed: Supposed | None
    people_per_second: int | None


@dataclass(frozen=True, slots=True)
class ByProgram:
    """Who asks when nobody does: the command line."""

    tenant_id: UUID
    command_id: UUID
    actor_id: None = None

    def makes(self, what: str) -> UUID:
        """The id of what this command makes."""
        return made_by(self.tenant_id, self.command_id, what)


def counts_otherwise(session: WriteSession, given: GivenBy, because: str, person_ids: Collection[UUID]) -> None:
    """Let these people's balances follow a change of reference data that was just made.

    `because` says in words what changed.
    """
    if len(person_ids) > FEW:
        ask_rebuild(session, given, because, person_ids)
        return
    lock_balances(session, *person_ids)
    for person_id in sorted(person_ids):
        recompute(session, given.tenant_id, person_id)


def ask_rebuild(
    session: WriteSession,
    given: GivenBy | ByProgram,
    because: str,
    person_ids: Collection[UUID],
    supposed: Supposed | None = None,
    people_per_second: int | None = None,
) -> UUID:
    """Have these people's balances rebuilt, or looked at as if `supposed` had been made; the rebuild's id.

    It begins some time after the transaction.
    """
    if supposed:
        session.execute(_FORGET_LOOKS, {"kept": LOOKS_KEPT})
    id_ = given.makes("rebuild")
    rebuild = {
        "id": id_,
        "tenant_id": given.tenant_id,
        "because": because,
        "state": RebuildState.WAITING.value,
        "people": len(person_ids),
        "people_per_second": people_per_second,
        "asked_by_id": given.actor_id,
        "command_id": given.command_id,
    }
    # A JSON column takes None for the JSON value null.
    session.execute(insert(AccrualRebuild).values(rebuild | ({"supposed": supposed.json} if supposed else {})))
    ordered = sorted(person_ids)
    batches = [
        {"tenant_id": given.tenant_id, "rebuild_id": id_, "number": number, "person_ids": ordered[at : at + BATCH]}
        for number, at in enumerate(range(0, len(ordered), BATCH))
    ]
    if batches:
        session.execute(insert(AccrualRebuildBatch), batches)
    return id_


def rebuild_everybody(session: WriteSession, given: GivenBy, people_per_second: int | None = None) -> UUID:
    """Have the balances of everybody who has an agreement rebuilt, once for each command; the rebuild's id.

    Raises `NotYours`.
    """
    take_turn(session, given, Action.MANAGE_BALANCES)
    id_ = given.makes("rebuild")
    if session.get(AccrualRebuild, id_) is None:
        ask_rebuild(session, given, EVERYBODY, agreed_people(session), people_per_second=people_per_second)
    return id_


def agreed_people(session: Session, place: str | None = None) -> Sequence[UUID]:
    """Everybody who has an agreement, so that their time counts; those at one place only when it is given."""
    return session.scalars(_AGREED, {"place": place}).all()


def begin_rebuild(session: WriteSession, rebuild_id: UUID) -> RebuildPlan:
    """Say that a rebuild is under way, and how it is cut up; one that was cancelled meanwhile has no batches."""
    this = update(AccrualRebuild).where(
        AccrualRebuild.id == rebuild_id,
        AccrualRebuild.state.in_(_OPEN),
    )
    started = func.coalesce(AccrualRebuild.started_at, func.now())
    begun = this.values(state=RebuildState.RUNNING.value, started_at=started)
    row = session.execute(begun.returning(AccrualRebuild.people_per_second)).first()
    if row is None:
        return RebuildPlan(0, 1)
    batches = session.scalar(select(func.count()).where(AccrualRebuildBatch.rebuild_id == rebuild_id)) or 0
    return RebuildPlan(batches, AT_ONCE if row.people_per_second is None else 1, A_RUN)


def take_person(session: WriteSession, rebuild_id: UUID, number: int) -> Turn | None:
    """Whose turn it is in a batch, which nobody else works on until the transaction ends.

    None when the batch is finished, or the rebuild was cancelled.
    """
    row = session.execute(_NEXT, {"rebuild": rebuild_id, "number": number}).first()
    if row is None:
        return None
    return Turn(row.person_id, Supposed.from_json(row.supposed) if row.supposed else None, row.people_per_second)


def rebuild_person(session: WriteSession, tenant_id: UUID, rebuild_id: UUID, number: int, turn: Turn) -> None:
    """Rebuild whoever's turn it is, or look at what would be, and say so in the same transaction."""
    if turn.supposed is None:
        changed, found = recompute(session, tenant_id, turn.person_id), list[dict[str, Any]]()
    else:
        lock_balances(session, turn.person_id)  # so that what is recorded meanwhile is in both or in neither
        person = {"personId": str(turn.person_id)}
        found = [person | each.json for each in would_differ(session, turn.person_id, turn.supposed)]
        changed = bool(found)
    this = (AccrualRebuildBatch.rebuild_id == rebuild_id, AccrualRebuildBatch.number == number)
    told = {"done": AccrualRebuildBatch.done + 1, "changed": AccrualRebuildBatch.changed + int(changed)}
    if found:
        told["differences"] = AccrualRebuildBatch.differences.op("||")(found)
    session.execute(update(AccrualRebuildBatch).where(*this).values(told))


def put_aside(session: WriteSession, rebuild_id: UUID, number: int, person_id: UUID, why: str) -> None:
    """Let the others of a batch have their turn before somebody who cannot be computed, unless somebody else did."""
    told = [{"personId": str(person_id), "why": why}]
    this = (
        AccrualRebuildBatch.rebuild_id == rebuild_id,
        AccrualRebuildBatch.number == number,
        AccrualRebuildBatch.person_ids[AccrualRebuildBatch.done + 1] == person_id,
    )
    after = {"done": AccrualRebuildBatch.done + 1, "aside": AccrualRebuildBatch.aside.op("||")(told)}
    session.execute(update(AccrualRebuildBatch).where(*this).values(after))


def would_differ(session: Session, person_id: UUID, supposed: Supposed) -> list[Difference]:
    """What a change would do to somebody's balances at the end of their agreements; it is not made."""
    recorded = recorded_of(session, [person_id], supposed).get(person_id)
    if recorded is None:
        return []
    present = agreements_of(session, [person_id]).get(person_id, {}).values()
    before = Balances(present, kept_books(session, [person_id])[person_id].balances)
    return differences(before, Balances(recorded.calendar.agreements, books_of(recorded).balances))


def is_running(session: Session, rebuild_id: UUID) -> bool:
    """Whether a rebuild goes on."""
    state = select(AccrualRebuild.state).where(AccrualRebuild.id == rebuild_id)
    return session.scalar(state) == RebuildState.RUNNING.value


def finish_rebuild(session: WriteSession, rebuild_id: UUID) -> bool:
    """Say that everybody was rebuilt, if that is so; whether the rebuild is over.

    One that was cancelled meanwhile stays so. One that was resumed after that is not over.
    """
    left = exists().where(
        AccrualRebuildBatch.rebuild_id == rebuild_id,
        AccrualRebuildBatch.done < func.cardinality(AccrualRebuildBatch.person_ids),
    )
    this = update(AccrualRebuild).where(
        AccrualRebuild.id == rebuild_id, AccrualRebuild.state == RebuildState.RUNNING.value, ~left
    )
    session.execute(this.values(state=RebuildState.DONE.value, finished_at=func.now()))
    state = session.scalar(select(AccrualRebuild.state).where(AccrualRebuild.id == rebuild_id))
    return state not in _OPEN


def cancel_rebuild(session: WriteSession, rebuild_id: UUID) -> bool:
    """Let nobody else be rebuilt; who is done stays done. False when it was over already."""
    return _move(session, rebuild_id, (RebuildState.WAITING, RebuildState.RUNNING), RebuildState.CANCELLED)


def resume_rebuild(session: WriteSession, rebuild_id: UUID) -> bool:
    """Let a cancelled rebuild go on with those who are left. False when it was not cancelled."""
    return _move(session, rebuild_id, (RebuildState.CANCELLED,), RebuildState.WAITING)


def progress_of(session: Session, rebuild_id: UUID) -> Progress:
    """How far a rebuild is. Raises `NotFound`."""
    row = session.execute(_PROGRESS, {"rebuild": rebuild_id}).first()
    if row is None:
        raise NotFound("There is no such rebuild.")
    values = dict(row._mapping)
    return Progress(**values | {"state": RebuildState(values["state"])})


def under_way(session: Session) -> Sequence[UUID]:
    """Rebuilds that wait or run, the oldest first; what is only looked at is among them."""
    these = select(AccrualRebuild.id).where(AccrualRebuild.state.in_(_OPEN))
    return session.scalars(these.order_by(AccrualRebuild.asked_at, AccrualRebuild.id)).all()


def put_aside_by(session: Session, rebuild_id: UUID) -> list[Aside]:
    """Whom a rebuild could not compute."""
    batches = select(AccrualRebuildBatch.aside).where(AccrualRebuildBatch.rebuild_id == rebuild_id)
    rows = session.scalars(batches.order_by(AccrualRebuildBatch.number))
    return [Aside(UUID(each["personId"]), each["why"]) for aside in rows for each in aside]


def _move(session: WriteSession, rebuild_id: UUID, from_: tuple[RebuildState, ...], to: RebuildState) -> bool:
    this = update(AccrualRebuild).where(AccrualRebuild.id == rebuild_id, AccrualRebuild.state.in_(from_))
    over = func.now() if to is RebuildState.CANCELLED else None
    moved = this.values(state=to.value, finished_at=over).returning(AccrualRebuild.id)
    return session.execute(moved).first() is not None


_OPEN = (RebuildState.WAITING.value, RebuildState.RUNNING.value)

_FORGET_LOOKS = text(
    """
    WITH old AS (
        SELECT id FROM accrual_rebuild
        WHERE supposed IS NOT NULL AND state IN ('done', 'cancelled') AND finished_at < now() - CAST(:kept AS interval)
    ),
    batches AS (DELETE FROM accrual_rebuild_batch WHERE rebuild_id IN (SELECT id FROM old))
    DELETE FROM accrual_rebuild WHERE id IN (SELECT id FROM old)
    """
)

_AGREED = text(
    """
    SELECT p.id FROM person p
    WHERE EXISTS (SELECT FROM agreement g WHERE g.person_id = p.id)
      AND (CAST(:place AS text) IS NULL OR p.holiday_calendar = :place)
    ORDER BY p.id
    """
)

_NEXT = text(
    """
    SELECT b.person_ids[b.done + 1] AS person_id, r.supposed, r.people_per_second
    FROM accrual_rebuild_batch b JOIN accrual_rebuild r ON r.id = b.rebuild_id
    WHERE b.rebuild_id = :rebuild AND b.number = :number
      AND b.done < cardinality(b.person_ids) AND r.state = 'running'
    FOR UPDATE OF b
    """
)

_PROGRESS = text(
    """
    SELECT r.id, r.because, r.supposed IS NOT NULL AS only_looks, r.state, r.people,
           CAST(coalesce(sum(b.done), 0) AS int) AS done, CAST(coalesce(sum(b.changed), 0) AS int) AS changed,
           CAST(coalesce(sum(jsonb_array_length(b.aside)), 0) AS int) AS aside,
           r.asked_at, r.started_at, r.finished_at
    FROM accrual_rebuild r LEFT JOIN accrual_rebuild_batch b ON b.rebuild_id = r.id
    WHERE r.id = :rebuild GROUP BY r.id
    """
)
