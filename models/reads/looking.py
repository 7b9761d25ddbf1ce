"""Who looks at a page, and for whom they stand in now: one statement, however often it is asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.shown_people import PersonShown
from models.reads.viewer import Onlooker
from models.rules.days import local_date
from models.rules.delegations import APPROVING
from models.rules.policy import Relation, Role, Standing, roles_of


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody in whose place one decides today."""

    delegator: PersonShown
    until: date
    """The last local day of the delegator."""
    only: frozenset[UUID] | None
    """Whose time only; None: everybody's."""

    @property
    def is_limited(self) -> bool:
        """Whether it reaches only some people's time."""
        return self.only is not None


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody who looks at a page, or for whom one does."""

    person: PersonShown
    roles: frozenset[Role]
    zone: ZoneInfo
    now: datetime
    week_starts_on: int
    """0 is Monday."""
    active: bool = True
    stands_in: tuple[StandIn, ...] = ()
    opens_first: bool = False
    """Whether only who has opened the details of a submission may approve it."""

    @property
    def today(self) -> date:
        """Their local day."""
        return local_date(self.now, self.zone)

    @property
    def standing(self) -> Standing:
        """What they are, where it concerns nobody else's time."""
        relations = {Relation.SELF, Relation.TENANT} | ({Relation.DELEGATE} if self.stands_in else set())
        return Standing(self.person.id, self.roles, frozenset(relations))


def looker(session: Session, onlooker: Onlooker, person_id: UUID | None = None) -> Looker:
    """The onlooker, or the person they act for. Raises `NotFound`."""
    people = {onlooker.person_id, onlooker.acting_for_id or onlooker.person_id}
    known: dict[UUID, Looker] = session.info.setdefault("lookers", {})
    if not people <= known.keys():
        remember_lookers(session, look_up(session, people))
    found = known.get(person_id or onlooker.person_id)
    if found is None:
        raise NotFound("There is no such page, or you may not see it.")
    return found


def look_up(session: Session, people: Collection[UUID]) -> dict[UUID, Looker]:
    """People as they are now, whether active or not."""
    rows = session.execute(_LOOKERS, {"people": list(people), "approving": [role.value for role in APPROVING]})
    return {row.id: _looker(row) for row in rows}


def remember_lookers(session: Session, lookers: Mapping[UUID, Looker]) -> None:
    """People who were looked up already, so that nobody asks again."""
    session.info.setdefault("lookers", {}).update(lookers)


_LOOKERS = text(
    """
    SELECT p.id, p.staff_id, p.name, p.time_zone, p.active, now() AS now,
           t.week_starts_on, t.view_before_approving,
           ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id) AS roles,
           (SELECT json_agg(json_build_object(
                'id', o.id, 'staff_id', o.staff_id, 'name', o.name, 'until', d.to_day, 'only', d.person_ids)
                ORDER BY o.name, d.to_day)
            FROM delegation d JOIN person o ON o.id = d.delegator_id
            WHERE d.delegate_id = p.id AND d.to_day >= now()::date - 1 AND d.revoked_at IS NULL AND o.active
              AND (now() AT TIME ZONE o.time_zone)::date BETWEEN d.from_day AND d.to_day
              AND EXISTS (SELECT FROM person_role r
                          WHERE r.person_id = o.id AND r.role = ANY (CAST(:approving AS text[])))
           ) AS stands_in
    FROM person p JOIN tenant_policy t ON t.tenant_id = p.tenant_id WHERE p.id = ANY (CAST(:people AS uuid[]))
    """
)


def _looker(row: Any) -> Looker:
    return Looker(
        PersonShown(row.id, row.staff_id, row.name),
        roles_of(row.roles),
        ZoneInfo(row.time_zone),
        row.now,
        row.week_starts_on,
        row.active,
        tuple(_stand_in(each) for each in row.stands_in or ()),
        row.view_before_approving,
    )


def _stand_in(found: dict[str, Any]) -> StandIn:
    return StandIn(
        PersonShown(UUID(found["id"]), found["staff_id"], found["name"]),
        date.fromisoformat(found["until"]),
        None if found["only"] is None else frozenset(UUID(each) for each in found["only"]),
    )
