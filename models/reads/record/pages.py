"""Pages of the record: terms of a type by their ids, and activities in the order of time.

By keyset, so the last one costs what the first one does.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.errors import Invalid
from models.reads.record.narrowing import Scope, visible
from models.rules.prov_domain import TermKind
from models.rules.statements import instant_text

PAGE = 10
LONGEST_PAGE = 200

FEW = 500
"""Activities that a filter leaves and that are looked up one by one, rather than met on the way through time."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list is asked for, as Relay has it."""

    after: str | None = None
    before: str | None = None
    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        for name in ("first", "last"):
            number = getattr(self, name)
            if number is not None and not 0 <= number <= LONGEST_PAGE:
                raise Invalid.field(name, f"A page has at most {LONGEST_PAGE} nodes.")
        if self.first is not None and self.last is not None:
            raise Invalid.field("last", "Ask for the first ones or for the last ones, not for both.")

    @property
    def backwards(self) -> bool:
        """Whether the end of the list is asked for."""
        return self.last is not None or (self.first is None and self.before is not None and self.after is None)

    @property
    def size(self) -> int:
        """How many are asked for."""
        return next((number for number in (self.first, self.last) if number is not None), PAGE)


@dataclass(frozen=True, slots=True)
class Page:
    """External ids with their cursors, in order."""

    nodes: tuple[tuple[str, str], ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class TimelineAsked:
    """Filters of the timeline: or-ed within one, and-ed between them; an empty one is none. Types by short name."""

    types: Sequence[str | None] = ()
    entities: Sequence[str] = ()
    agents: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    newest_first: bool = True


def of_type(session: Session, scope: Scope, kind: TermKind, type_: str | None, cut: Cut) -> Page:
    """Terms of a type, or of none, by external id in the order of its bytes. Raises `Invalid`."""
    after, before = (_position(cut.after, 1), _position(cut.before, 1))
    asked = {
        "namespace": scope.namespace,
        "term": kind.value,
        "type": type_,
        "after": after[0] if after else None,
        "before": before[0] if before else None,
        "about": scope.narrow,
        "limit": cut.size + 1,
    }
    way = "DESC" if cut.backwards else "ASC"
    which = _TYPED if type_ is not None else _UNTYPED
    rows = session.execute(text(_OF_TYPE.format(which=which, visible=visible(scope, kind), way=way)), asked).all()
    return _page([((row.subject,), row.subject) for row in rows], cut)


def timeline(session: Session, scope: Scope, asked: TimelineAsked, cut: Cut, now: datetime) -> Page:
    """Activities that are over, in the order in which they began. Raises `Invalid`."""
    after, before = _position(cut.after, 2), _position(cut.before, 2)
    values: dict[str, Any] = {
        "namespace": scope.namespace,
        "types": [type_ for type_ in asked.types if type_],
        "entities": list(asked.entities),
        "agents": list(asked.agents),
        "since": asked.since,
        "until": asked.until,
        "now": instant_text(now),
        "about": scope.narrow,
        "limit": cut.size + 1,
    }
    conditions = [condition for name, condition in _PERIOD.items() if values[name]]
    conditions.append(visible(scope, TermKind.ACTIVITY))
    conditions += [_filtered(session, name, values) for name in _SUBJECTS if values[name] and name != "types"]
    if asked.types:
        conditions.append(_of_types(session, asked.types, values))
    # After a cursor is before it in time when the newest come first.
    for position, name, way in (
        (after, "after", "<" if asked.newest_first else ">"),
        (before, "before", ">" if asked.newest_first else "<"),
    ):
        if position:
            values |= {f"{name}_at": position[0], f"{name}_sequence": int(position[1])}
            conditions.append(f"(s.at, s.sequence) {way} (:{name}_at, :{name}_sequence)")
    way = "DESC" if asked.newest_first is not cut.backwards else "ASC"
    statement = _TIMELINE.format(conditions="".join(f" AND {each}" for each in conditions), way=way)
    rows = session.execute(text(statement), values).all()
    return _page([((row.at, row.sequence), row.subject) for row in rows], cut)


def _page(found: Sequence[tuple[tuple[object, ...], str]], cut: Cut) -> Page:
    more = len(found) > cut.size
    nodes = [(external_id, _cursor(position)) for position, external_id in found[: cut.size]]
    if cut.backwards:
        return Page(tuple(reversed(nodes)), has_previous=more, has_next=cut.before is not None)
    return Page(tuple(nodes), has_previous=cut.after is not None, has_next=more)


def _cursor(position: tuple[object, ...]) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str | None, length: int) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(found, list) or len(found) != length or "\0" in str(found[0]):
            raise ValueError
        return [str(found[0]), *(int(each) for each in found[1:])]
    except (ValueError, TypeError, OverflowError):
        raise Invalid.field("after", "This is no cursor of this list.") from None


def _filtered(session: Session, name: str, values: dict[str, Any]) -> str:
    """The condition of one filter: where it leaves few activities these are looked up, else each is looked at in turn.

    The planner cannot know which of both is right for just these names, and one of them reads the whole ledger.
    """
    few = session.scalars(text(_SUBJECTS[name] + " LIMIT :few"), values | {"few": FEW + 1}).all()
    if len(few) > FEW:
        return _IN_TURN.format(subjects=_SUBJECTS[name])
    values[f"{name}_found"] = sorted(set(few))
    return f"s.subject = ANY(:{name}_found)"


def _of_types(session: Session, types: Sequence[str | None], values: dict[str, Any]) -> str:
    typed = _filtered(session, "types", values) if values["types"] else "FALSE"
    return f"({typed} OR {_NO_TYPE})" if None in types else typed


_OF_TYPE = """
    SELECT DISTINCT s.subject FROM statement s
    WHERE s.namespace = :namespace AND s.kind = 'define' AND s.term = :term AND {which}
      AND (CAST(:after AS text) IS NULL OR s.subject > :after)
      AND (CAST(:before AS text) IS NULL OR s.subject < :before)
      AND {visible}
    ORDER BY s.subject {way} LIMIT :limit
"""

_TYPED = "s.type = :type"
_UNTYPED = """s.type IS NULL AND CAST(:type AS text) IS NULL AND NOT EXISTS (
        SELECT FROM statement d
        WHERE d.tenant_id = s.tenant_id AND d.namespace = s.namespace AND d.kind = 'define' AND d.term = s.term
          AND d.type IS NOT NULL AND d.subject = s.subject)"""

_NO_TYPE = """NOT EXISTS (
        SELECT FROM statement d
        WHERE d.tenant_id = s.tenant_id AND d.namespace = s.namespace AND d.subject = s.subject
          AND d.kind = 'define' AND d.term = 'activity' AND d.type IS NOT NULL)"""

_SUBJECTS = {
    "types": """
        SELECT r.subject FROM statement r
        WHERE r.namespace = :namespace AND r.kind = 'define' AND r.term = 'activity' AND r.type = ANY(:types)""",
    "entities": """
        SELECT r.subject FROM statement r
        WHERE r.namespace = :namespace AND r.kind IN ('used', 'wasGeneratedBy') AND r.object = ANY(:entities)""",
    "agents": """
        SELECT r.subject FROM statement r
        WHERE r.namespace = :namespace AND r.kind IN ('wasAssociatedWith', 'actedOnBehalfOf')
          AND r.object = ANY(:agents)
        UNION ALL
        SELECT r.subject FROM statement r
        WHERE r.namespace = :namespace AND r.responsible = ANY(:agents)""",
}
"""Which activities the filters leave."""

_IN_TURN = "(SELECT 1 FROM ({subjects}) AS each WHERE each.subject = s.subject LIMIT 1) IS NOT NULL"

_PERIOD = {"since": "s.at >= :since", "until": "e.at <= :until"}

_TIMELINE = """
    SELECT s.subject, s.at, s.sequence FROM statement s
    JOIN statement e ON e.tenant_id = s.tenant_id AND e.namespace = s.namespace AND e.subject = s.subject
        AND e.kind = 'ended'
    WHERE s.namespace = :namespace AND s.kind = 'started' AND e.at <= :now{conditions}
    ORDER BY s.at {way}, s.sequence {way} LIMIT :limit
"""
