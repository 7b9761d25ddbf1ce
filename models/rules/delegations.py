"""Standing in for an approver: what may be granted, for how long, and when it begins and ends.

Rule: delegation. Two people may stand in for each other at the same time: nobody decides on their own time under any
hat, and what one was granted is never passed on, so no circle of grants leads anybody back to their own time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.rules.date_words import day_year
from models.rules.days import day_bounds
from models.rules.entry_fields import Refused
from models.rules.policy import Role

LONGEST = timedelta(days=366)
"""From the first day to the last, and from today to the first: what is granted further ahead is forgotten."""

MOST_PEOPLE = 200
"""How many people a delegation may be limited to."""

LONGEST_REASON = 500

APPROVING = frozenset({Role.SUPERVISOR, Role.PROJECT_LEAD})
"""Whose decisions somebody else can take."""

NEVER_DECIDES = frozenset({Role.AUDITOR, Role.INTEGRATION})
"""Whoever has no other role stands in for nobody: an auditor only looks, and a program does not sign in."""


class DelegationState(StrEnum):
    """How far a delegation is, on a local day of the one it stands in for."""

    COMING = "coming"
    CURRENT = "current"
    PAST = "past"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class DelegationContent:
    """Everything that is said of a delegation. Fields are refused by their names in the API."""

    delegator_id: UUID
    """Whose decisions they are. It never changes."""
    delegate_id: UUID
    """Who may decide in their place. It never changes."""
    first: date
    last: date
    """Local days of the delegator, both included."""
    person_ids: frozenset[UUID] | None = None
    """Whose time only; None: everybody's."""
    reason: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded."""
        return {
            "delegatorId": str(self.delegator_id),
            "delegateId": str(self.delegate_id),
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "personIds": None if self.person_ids is None else sorted(map(str, self.person_ids)),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Colleague:
    """What the checks need to know of a person."""

    id: UUID
    name: str
    active: bool
    roles: frozenset[Role]
    zone: ZoneInfo


Days = tuple[date, date]
"""First and last day."""


def grant_errors(
    content: DelegationContent,
    people: Mapping[UUID, Colleague],
    today: date,
    granted: Collection[Days],
) -> list[Refused]:
    """Why this cannot be granted. `people` has everybody who is named; `today` is a local day of the delegator.

    `granted` are the days on which this delegate stands in for this delegator already.
    """
    delegator, delegate = people[content.delegator_id], people[content.delegate_id]
    return [
        *_delegator_errors(delegator),
        *_delegate_errors(delegator, delegate),
        *_person_errors(content, people),
        *days_errors(content.first, content.last, today),
        *overlap_errors(content.first, content.last, granted, delegate.name),
    ]


def days_errors(first: date, last: date, today: date) -> list[Refused]:
    """Why it cannot be for these days."""
    if last < first:
        return [Refused("to", "The last day comes before the first.")]
    if last < today:
        return [Refused("to", "These days are over. Choose a last day from today on.")]
    if first > today + LONGEST:
        return [Refused("from", "This is more than a year ahead. Grant it when it is nearer.")]
    if last - first > LONGEST:
        return [Refused("to", "It can last a year at most. Grant it anew when it ends.")]
    return []


def overlap_errors(first: date, last: date, granted: Iterable[Days], delegate: str) -> list[Refused]:
    """Why these days cannot be added to those on which the same person stands in already."""
    for begins, ends in granted:
        if begins <= last and first <= ends:
            days = f"from {day_year(begins)} to {day_year(ends)}"
            return [Refused("from", f"{delegate} stands in {days} already. Change that, or choose other days.")]
    return []


def state_of(first: date, last: date, revoked: bool, today: date) -> DelegationState:
    """How far it is on a local day of the delegator."""
    if revoked:
        return DelegationState.REVOKED
    if today < first:
        return DelegationState.COMING
    return DelegationState.CURRENT if today <= last else DelegationState.PAST


@dataclass(frozen=True, slots=True)
class Span:
    """From when on, and until when, somebody stands in (instants, UTC)."""

    begins: datetime
    ends: datetime
    revoked_at: datetime | None = None

    @classmethod
    def of(cls, first: date, last: date, zone: ZoneInfo, revoked_at: datetime | None = None) -> "Span":
        """From the first midnight of the first local day to the one after the last."""
        return cls(day_bounds(first, zone)[0], day_bounds(last, zone)[1], revoked_at)

    def has_begun(self, now: datetime) -> bool:
        """Whether anybody ever stood in."""
        return self.begins <= min(now, self.revoked_at or now) and self.begins < self.ends

    def is_over(self, now: datetime) -> bool:
        """Whether nobody stands in any more."""
        return self.revoked_at is not None or self.ends <= now

    def next_due(self, now: datetime) -> datetime | None:
        """When it begins or ends next; None once it is over."""
        if self.is_over(now):
            return None
        return self.ends if self.has_begun(now) else self.begins


def _delegator_errors(delegator: Colleague) -> list[Refused]:
    if not delegator.active:
        return [Refused("delegatorId", f"{delegator.name} is not active, so decides nothing.")]
    if not delegator.roles & APPROVING:
        return [Refused("delegatorId", f"{delegator.name} approves nobody's time: only supervisors and leads do.")]
    return []


def _delegate_errors(delegator: Colleague, delegate: Colleague) -> list[Refused]:
    if delegate.id == delegator.id:
        return [Refused("delegateId", "Nobody stands in for themselves. Choose somebody else.")]
    if not delegate.active:
        return [Refused("delegateId", f"{delegate.name} is not active. Choose somebody else.")]
    if not delegate.roles - NEVER_DECIDES:
        return [Refused("delegateId", f"{delegate.name} decides on nobody's time. Choose somebody else.")]
    return []


def _person_errors(content: DelegationContent, people: Mapping[UUID, Colleague]) -> list[Refused]:
    """Whose time it is limited to: somebody's whom the delegate may decide on."""
    if content.person_ids is None:
        return []
    if not content.person_ids:
        return [Refused("personIds", "Choose somebody, or leave it out for everybody.")]
    if len(content.person_ids) > MOST_PEOPLE:
        return [Refused("personIds", f"Choose {MOST_PEOPLE} people at most, or leave it out for everybody.")]
    if content.person_ids <= {content.delegate_id, content.delegator_id}:
        alone = people[next(iter(content.person_ids))].name
        return [Refused("personIds", f"Nobody can decide on the time of {alone} by this. Choose somebody else.")]
    return []
