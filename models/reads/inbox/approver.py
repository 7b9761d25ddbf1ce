"""Whose inbox it is: what waits for them in their own right, and in whose place they stand."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.looking import Looker, StandIn, looker
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.policy import Action, Role, Standing, authorise


@dataclass(frozen=True, slots=True)
class Approver:
    """The onlooker, or the person they act for."""

    person: PersonShown
    roles: frozenset[Role]
    zone: ZoneInfo
    today: date
    week_starts_on: int
    stands_in: tuple[StandIn, ...] = ()
    opens_first: bool = False
    """Whether they may approve only what they have opened."""

    @property
    def is_administrator(self) -> bool:
        """Whether what nobody else can decide is theirs too."""
        return Role.ADMINISTRATOR in self.roles

    @property
    def slots(self) -> tuple[UUID | None, ...]:
        """As whom they are asked in their own right; None stands for the administrators."""
        return (self.person.id, None) if self.is_administrator else (self.person.id,)


def approver_for(session: Session, onlooker: Onlooker) -> Approver:
    """Whose inbox the onlooker looks at. Raises `NotFound` for people who approve nobody's time."""
    found = approver_if_any(session, onlooker)
    if found is None:
        raise NotFound("There is no such page, or you may not see it.")
    return found


def approver_if_any(session: Session, onlooker: Onlooker) -> Approver | None:
    """The same; None for people who approve nobody's time."""
    who = looker(session, onlooker, onlooker.acting_for_id)
    # Standing in does not pass on: whoever acts for a deputy acts for them alone.
    stands_in = () if onlooker.acting_for_id else who.stands_in
    if authorise(Action.SEE_INBOX, _standing(who, bool(stands_in))) is None:
        return None
    return Approver(who.person, who.roles, who.zone, who.today, who.week_starts_on, stands_in, who.opens_first)


def _standing(who: Looker, is_deputy: bool) -> Standing:
    return who.standing if is_deputy else replace(who, stands_in=()).standing
