"""Separation of duties: decisions that one person should not have made, found in the record of all of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

NEAR = timedelta(days=28)
"""Two people who decide on each other's time within so long do so in pairs."""


class Duty(StrEnum):
    """What can be found."""

    OWN_TIME = "own_time"
    """Somebody decided on their own time, or it was decided in their name."""
    OWN_GRANT = "own_grant"
    """It was decided under a delegation that the owner of the time had granted: they chose who decides."""
    NOT_STATED = "not_stated"
    """A decision of which the ledger knows nothing, or names others."""
    NOT_DECIDED = "not_decided"
    """The ledger knows a decision that nobody made."""
    IN_PAIRS = "in_pairs"
    """Two people decided on each other's time."""
    CLOSE = "close"
    """An administrator decided in an approver's name on the time of somebody directly above or below them."""


BREACHES = frozenset({Duty.OWN_TIME, Duty.OWN_GRANT, Duty.NOT_STATED, Duty.NOT_DECIDED})
"""Must not be. Everything else is a remark: in a small organisation it may have to be so."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the tables have it, and what the ledger says of it."""

    id: UUID
    timesheet_id: UUID
    owner_id: UUID
    decided_by_id: UUID
    responsible_id: UUID
    at: datetime
    granted_by_id: UUID | None = None
    """Who granted the delegation under which it was decided; None: there was none."""
    is_stated: bool = True
    """Whether the ledger says the same."""

    @property
    def deciders(self) -> frozenset[UUID]:
        """Who really decided, and whose decision it is."""
        return frozenset({self.decided_by_id, self.responsible_id})

    @property
    def is_ad_hoc(self) -> bool:
        """Whether it was made on somebody's behalf, without a delegation."""
        return self.granted_by_id is None and self.decided_by_id != self.responsible_id


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was found: which people it is about, and which decisions it is made of."""

    duty: Duty
    people: tuple[UUID, ...]
    decisions: tuple[UUID, ...]
    activity: str | None = None
    """What the ledger calls a decision that nobody made."""

    @property
    def is_breach(self) -> bool:
        """Whether it must not be; otherwise it is worth a look."""
        return self.duty in BREACHES


def check_duties(
    decisions: Collection[Decided],
    supervisors: Mapping[UUID, UUID | None],
    unknown: Iterable[str] = (),
) -> list[Found]:
    """Everything worth saying of some decisions, breaches first; nothing when all is well.

    `supervisors`: who is directly above whom; `unknown`: decisions that only the ledger knows.
    """
    found = [
        *_of_each(decisions, supervisors),
        *(Found(Duty.NOT_DECIDED, (), (), activity) for activity in unknown),
        *_in_pairs(decisions),
    ]
    order = list(Duty)
    return sorted(found, key=lambda each: order.index(each.duty))


def _of_each(decisions: Collection[Decided], supervisors: Mapping[UUID, UUID | None]) -> Iterator[Found]:
    for each in decisions:
        owner, who = each.owner_id, each.decided_by_id
        if owner in each.deciders:
            yield Found(Duty.OWN_TIME, (owner,), (each.id,))
        elif each.granted_by_id == owner:
            yield Found(Duty.OWN_GRANT, (owner, who), (each.id,))
        if not each.is_stated:
            yield Found(Duty.NOT_STATED, (owner, who), (each.id,))
        if (
            each.is_ad_hoc
            and owner not in each.deciders
            and (supervisors.get(owner) == who or supervisors.get(who) == owner)
        ):
            yield Found(Duty.CLOSE, (who, owner, each.responsible_id), (each.id,))


def _in_pairs(decisions: Iterable[Decided]) -> Iterator[Found]:
    """Each pair once, with every decision of one that is near to one of the other."""
    by_pair: dict[tuple[UUID, UUID], list[Decided]] = defaultdict(list)
    for each in decisions:
        for decider in each.deciders - {each.owner_id}:
            by_pair[decider, each.owner_id].append(each)
    for (one, other), made in by_pair.items():
        back = by_pair.get((other, one), [])
        near = _near(made, back) | _near(back, made)
        if near and one < other:
            in_order = sorted((*made, *back), key=lambda each: (each.at, each.id))
            yield Found(Duty.IN_PAIRS, (one, other), tuple(each.id for each in in_order if each.id in near))


def _near(these: Iterable[Decided], others: Collection[Decided]) -> set[UUID]:
    return {each.id for each in these if any(abs(other.at - each.at) <= NEAR for other in others)}
