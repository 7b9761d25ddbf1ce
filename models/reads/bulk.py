"""Bulk decisions as those see them who ask for them: what they are about to decide, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.inbox.approver import Approver, approver_for, approver_if_any
from models.reads.inbox.tabs import Wanted
from models.reads.pending import Pending, pending, pending_among
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Relation, Standing, authorise
from models.store.bulk import CANCELLED, MOST, Bulk, BulkState, Pick, RowOutcome, bulk_of, rows_of
from models.tables.approval import BulkDecisionRow
from models.tables.people import Person
from models.tables.timesheet import Timesheet

UNCHECKED = frozenset({"not_found", CANCELLED})
"""Of what was refused with these nobody has said whether the asker may see it."""


@dataclass(frozen=True, slots=True)
class PersonOfBulk:
    """Whose timesheets are about to be decided on."""

    person: PersonShown
    periods: tuple[tuple[date, date], ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class ConfirmShown:
    """What is about to be decided: only what still waits, just as it was shown."""

    people: tuple[PersonOfBulk, ...]
    count: int
    minutes: int
    left_out: int
    """How many cannot be decided any more."""


@dataclass(frozen=True, slots=True)
class RowShown:
    """What came of one timesheet; its owner only where the asker may see them."""

    timesheet_id: UUID
    digest: str
    outcome: RowOutcome
    message: str | None
    owner: PersonShown | None
    period: tuple[date, date] | None
    can_be_tried_again: bool
    """It still waits, just as it was shown."""
    changed: bool
    """It waits again, as something else than what was shown."""


@dataclass(frozen=True, slots=True)
class BulkShown:
    """A bulk decision, a draft or what came of it."""

    bulk: Bulk
    confirm: ConfirmShown | None
    refused: tuple[RowShown, ...] = ()
    done: tuple[RowShown, ...] = ()
    stopped_by: PersonShown | None = None


def matching(session: Session, onlooker: Onlooker, wanted: Wanted) -> list[Pick]:
    """What waits for the onlooker and fits, as it is now, the oldest first; as many as one bulk decision takes.

    Raises `NotFound` for those who approve nobody's time.
    """
    return [
        Pick(each.sheet.id, each.digest) for each in pending(session, approver_for(session, onlooker), wanted, MOST)
    ]


def oversees_bulks(approver: Approver) -> bool:
    """Whether somebody may see, and stop, what others decide on many timesheets."""
    standing = Standing(approver.person.id, approver.roles, frozenset({Relation.SELF}))
    return authorise(Action.OVERSEE_BULK, standing) is not None


def bulk_shown(session: Session, onlooker: Onlooker, bulk_id: UUID) -> BulkShown:
    """A bulk decision of the onlooker's own, or one that they oversee. Raises `NotFound`."""
    bulk = bulk_of(session, bulk_id, onlooker.person_id, oversees_bulks(approver_for(session, onlooker)))
    rows = rows_of(session, bulk_id)
    if bulk.state is BulkState.DRAFT:
        return BulkShown(bulk, _confirm(session, onlooker, rows))
    told = rows if bulk.is_over else [row for row in rows if row.outcome == RowOutcome.REFUSED.value]
    waiting = _waiting(session, onlooker, [row for row in told if row.outcome != RowOutcome.DONE.value])
    owners = _owners(session, [row for row in told if _is_checked(row)])
    shown = [_row(row, waiting.get(row.timesheet_id), owners) for row in told]
    return BulkShown(
        bulk,
        None,
        refused=tuple(row for row in shown if row.outcome is RowOutcome.REFUSED),
        done=tuple(row for row in shown if row.outcome is RowOutcome.DONE),
        stopped_by=_person(session, bulk.stopped_by_id) if bulk.stopped_by_id else None,
    )


def _person(session: Session, person_id: UUID) -> PersonShown:
    found = session.get_one(Person, person_id)
    return PersonShown(found.id, found.staff_id, found.name)


def _confirm(session: Session, onlooker: Onlooker, rows: Sequence[BulkDecisionRow]) -> ConfirmShown:
    waiting = _waiting(session, onlooker, rows)
    same = [found for row in rows if (found := waiting.get(row.timesheet_id)) and found.digest == row.digest]
    by_owner: dict[UUID, list[Pending]] = {}
    for each in same:
        by_owner.setdefault(each.owner.id, []).append(each)
    people = tuple(
        PersonOfBulk(
            theirs[0].owner,
            tuple(sorted((each.sheet.period_start, each.sheet.period_end) for each in theirs)),
            sum(each.minutes for each in theirs),
        )
        for theirs in by_owner.values()
    )
    people = tuple(sorted(people, key=lambda each: (each.person.name, each.person.staff_id)))
    return ConfirmShown(people, len(same), sum(each.minutes for each in same), len(rows) - len(same))


def _waiting(session: Session, onlooker: Onlooker, rows: Sequence[BulkDecisionRow]) -> dict[UUID, Pending]:
    approver = approver_if_any(session, onlooker)
    return pending_among(session, approver, [row.timesheet_id for row in rows]) if approver else {}


def _is_checked(row: BulkDecisionRow) -> bool:
    """Whether the asker was found to be somebody who may see it when its turn came."""
    return row.outcome != RowOutcome.WAITING.value and row.code not in UNCHECKED


Owners = Mapping[UUID, tuple[PersonShown, tuple[date, date]]]


def _owners(session: Session, rows: Sequence[BulkDecisionRow]) -> Owners:
    these = (
        select(Timesheet.id, Timesheet.period_start, Timesheet.period_end, Person.id, Person.staff_id, Person.name)
        .join(Person, Person.id == Timesheet.owner_id)
        .where(Timesheet.id.in_([row.timesheet_id for row in rows]))
    )
    return {
        sheet_id: (PersonShown(person_id, staff_id, name), (start, end))
        for sheet_id, start, end, person_id, staff_id, name in session.execute(these)
    }


def _row(row: BulkDecisionRow, waits: Pending | None, owners: Owners) -> RowShown:
    owner, period = owners.get(row.timesheet_id, (None, None))
    if waits is not None:
        owner, period = waits.owner, (waits.sheet.period_start, waits.sheet.period_end)
    same = waits is not None and waits.digest == row.digest
    return RowShown(
        row.timesheet_id,
        row.digest,
        RowOutcome(row.outcome),
        row.message,
        owner,
        period,
        can_be_tried_again=same,
        changed=waits is not None and not same,
    )
