"""What was done and who looked at it, in the whole organisation: for auditors and administrators, the newest first.

Acts are the commands that were carried out; who looked is what the record says of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.deeds import DEEDS, SCHEDULE
from models.reads.shown_people import PersonShown
from models.rules.prov_ids import LONGEST_ID
from models.rules.transitions import ENTRY_COMMANDS, CommandKind
from models.rules.viewing import HIDDEN

PAGE = 30
COUNTED = 1_000
"""How far results are counted; there may be any number."""

MOST_NAMED = 200
"""How many people, or projects, a part of a name may stand for."""


class ActKind(StrEnum):
    """A kind of act that can be asked for."""

    RECORDED = "recorded"
    AMENDED = "amended"
    REMOVED = "removed"
    PLANNED = "planned"
    NOTED = "noted"
    SUBMITTED = "submitted"
    RECALLED = "recalled"
    APPROVED = "approved"
    REJECTED = "rejected"
    TAKEN_BACK = "taken-back"
    REVISED = "revised"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    ESCALATED = "escalated"
    VIEWED = "viewed"


COMMANDS: dict[ActKind, tuple[CommandKind, ...]] = {
    ActKind.RECORDED: (CommandKind.RECORD, CommandKind.CONFIRM),
    ActKind.AMENDED: (CommandKind.AMEND, CommandKind.ADD_FLEX_CHANGE),
    ActKind.REMOVED: (CommandKind.REMOVE,),
    ActKind.PLANNED: (CommandKind.SCHEDULE,),
    ActKind.NOTED: (CommandKind.ADD_NOTE,),
    ActKind.SUBMITTED: (CommandKind.SUBMIT,),
    ActKind.RECALLED: (CommandKind.RECALL,),
    ActKind.APPROVED: (CommandKind.APPROVE,),
    ActKind.REJECTED: (CommandKind.REJECT,),
    ActKind.TAKEN_BACK: (CommandKind.TAKE_BACK,),
    ActKind.REVISED: (CommandKind.REVISE,),
    ActKind.LOCKED: (CommandKind.LOCK,),
    ActKind.UNLOCKED: (CommandKind.UNLOCK,),
    ActKind.ESCALATED: (CommandKind.ESCALATE,),
    ActKind.VIEWED: (),
}
"""Which commands each kind stands for; none: what the record says of looking."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked for; all of it together."""

    person: str = ""
    """Part of the name or staff id of whose time it is."""
    by: str = ""
    """Part of the name or staff id of who did it."""
    project: str = ""
    """Part of the name or id of a project that the timesheet has work on."""
    kind: ActKind | None = None
    on_behalf: bool = False
    """Only what somebody did in another person's place."""
    after_approval: bool = False
    """Only changes to the hours of a timesheet that had been approved before."""
    since: datetime | None = None
    until: datetime | None = None
    """Not from this instant on."""
    week: date | None = None
    """A day of the period that the timesheet is about."""
    after: tuple[datetime, UUID] | None = None
    """Where the page before ended."""
    limit: int = PAGE + 1


@dataclass(frozen=True, slots=True)
class Found:
    """One act, or one look at something."""

    id: UUID
    at: datetime
    title: str
    actor: PersonShown | None
    """None: the schedule."""
    on_behalf_of: str | None
    owner: PersonShown | None
    """Whose time it is about; None: that of several people, or nobody's."""
    period_start: date | None
    reason: str | None
    seen: str | None
    """What was looked at, in words."""
    address: str | None
    """Where there is more of it; None: it cannot be opened again."""

    @property
    def actor_name(self) -> str:
        """Who did it."""
        return self.actor.name if self.actor else SCHEDULE


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search as conditions of both of its halves."""

    acts: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, acts: str, views: str, /, **values: Any) -> None:
        self.acts.append(acts)
        self.views.append(views)
        self.values.update(values)


def search(session: Session, sought: Sought) -> list[Found]:
    """What is sought, the newest first. Whoever asks may see it."""
    asked = _asked(session, sought)
    if sought.after:
        earlier = "({}) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        asked.add(
            earlier.format("c.completed_at, c.id"),
            earlier.format("s.recorded_at, s.transaction_id"),
            after_at=sought.after[0],
            after_id=sought.after[1],
        )
    found = text(_FOUND.format(halves=_halves(asked, sought.kind, "*")))
    return [_found(row) for row in session.execute(found, asked.values | {"limit": sought.limit})]


def count(session: Session, sought: Sought) -> int:
    """How many there are, counted no further than just above `COUNTED`."""
    asked = _asked(session, sought)
    counted = text(_COUNTED.format(halves=_halves(asked, sought.kind, "1")))
    return int(session.execute(counted, asked.values | {"limit": COUNTED + 1}).scalar_one())


def _halves(asked: _Asked, kind: ActKind | None, columns: str) -> str:
    """Both halves, each no longer than what is asked for in the end."""
    halves = []
    if kind is not ActKind.VIEWED:
        halves.append(_ACTS.format(conditions="".join(f" AND {each}" for each in asked.acts)))
    if kind in (None, ActKind.VIEWED):
        halves.append(_VIEWS.format(conditions="".join(f" AND {each}" for each in asked.views)))
    both = " UNION ALL ".join(f"({half})" for half in halves)
    return f"SELECT {columns} FROM ({both}) AS half ORDER BY at DESC, id DESC LIMIT :limit"  # noqa: S608 - of words here


def _asked(session: Session, sought: Sought) -> _Asked:
    asked = _Asked()
    named = _named(session, sought)
    if sought.person.strip():
        owner = (_one_of(column, "owners", named) for column in ("c.owner_id", "s.about_id"))
        asked.add(*owner, **_ids("owners", named))
    if sought.by.strip():
        actor = (_one_of(column, "actors", named) for column in ("c.actor_id", "s.recorded_by_id"))
        asked.add(*actor, **_ids("actors", named))
    if sought.project.strip():
        sheet = _ON_PROJECT.format("c.timesheet_id", ""), _ON_PROJECT.format(_SHEET_SEEN, "::text")
        asked.add(*sheet, projects=named["projects"])
    if sought.kind and sought.kind is not ActKind.VIEWED:
        kinds = [each.value for each in COMMANDS[sought.kind]]
        which = "c.kind = :kind" if len(kinds) == 1 else "c.kind = ANY(:kinds)"
        asked.add(which, "false", kind=kinds[0], kinds=kinds)
    if sought.on_behalf:
        asked.add(_ON_BEHALF.format("c.id"), _ON_BEHALF.format("s.transaction_id"))
    if sought.after_approval:
        asked.add(_AFTER_APPROVAL, "false", entry_kinds=sorted(each.value for each in ENTRY_COMMANDS))
    if sought.since:
        asked.add("c.completed_at >= :since", "s.recorded_at >= :since", since=sought.since)
    if sought.until:
        asked.add("c.completed_at < :until", "s.recorded_at < :until", until=sought.until)
    if sought.week:
        asked.add(_OF_WEEK.format("c.timesheet_id", ""), _OF_WEEK.format(_SHEET_SEEN, "::text"), week=sought.week)
    return asked


def _named(session: Session, sought: Sought) -> dict[str, list[UUID]]:
    """Whom and what the parts of names stand for, in one statement however many are given."""
    patterns = {name: _pattern(getattr(sought, name)) for name in ("person", "by", "project")}
    known: dict[tuple[str | None, ...], dict[str, list[UUID]]] = session.info.setdefault("named", {})
    names = tuple(patterns.values())
    if names not in known:
        row = session.execute(_NAMED, patterns | {"most": MOST_NAMED}).one()
        known[names] = {"owners": row.owners, "actors": row.actors, "projects": row.projects}
    return known[names]


def _pattern(typed: str) -> str | None:
    """What is looked for as a pattern in which `/` takes the next sign as it is; None: nothing is."""
    plain = typed.strip().replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{plain}%" if plain else None


def _one_of(column: str, name: str, named: Mapping[str, Collection[UUID]]) -> str:
    """Equal to the only one keeps the order of an index."""
    return f"{column} = :{name}_one" if len(named[name]) == 1 else f"{column} = ANY(CAST(:{name} AS uuid[]))"


def _ids(name: str, named: dict[str, list[UUID]]) -> dict[str, Any]:
    ids = named[name]
    return {name: ids, f"{name}_one": ids[0] if ids else None}


def _found(row: Any) -> Found:
    viewed = row.kind == ActKind.VIEWED
    return Found(
        row.id,
        row.at,
        "Viewed" if viewed else TITLES[CommandKind(row.kind)],
        _person(row.actor_id, row.actor_staff_id, row.actor_name),
        row.on_behalf_name,
        _person(row.owner_id, row.owner_staff_id, row.owner_name),
        row.period_start,
        row.reason,
        _seen(row) if viewed else None,
        _address(row),
    )


TITLES = {
    **{kind: title for kind, (title, _, _) in DEEDS.items()},
    CommandKind.SCHEDULE: "Shift planned",
}


def _person(id_: UUID | None, staff_id: str | None, name: str | None) -> PersonShown | None:
    return PersonShown(id_, staff_id, name) if id_ and staff_id is not None and name is not None else None


def _seen(row: Any) -> str:
    if row.sheet_id:
        return f"revision {row.revision}"
    if row.summary_id:
        return f"summary of {row.project_name}"
    return row.page or row.subject  # type: ignore[no-any-return]


def _address(row: Any) -> str | None:
    if row.sheet_id:
        return f"/history/{row.sheet_id}"
    if row.summary_id:
        return f"/projects/{row.project_external_id}/summary/{row.summary_id}"
    return row.page if row.page and _is_page(row.page) else None


def _is_page(address: str) -> bool:
    """Whether a browser can open it again: it is whole, ours, and not for programs."""
    whole = HIDDEN not in address and len(address) < LONGEST_ID
    return whole and address.startswith("/") and not address.startswith(("//", "/resources/", "/events", "/graphql"))


_SHEET_SEEN = "substring(s.subject, 6, 36)"
"""The timesheet of a View, by its id."""

_ON_PROJECT = (
    "{} IN (SELECT v.timesheet_id{} FROM time_entry_version v WHERE v.project_id = ANY(CAST(:projects AS uuid[])))"
)

_OF_WEEK = "{} IN (SELECT w.id{} FROM timesheet w WHERE w.period_start <= :week AND w.period_end >= :week)"

_ON_BEHALF = "{} IN (SELECT o.transaction_id FROM statement o WHERE o.kind = 'actedOnBehalfOf')"

_AFTER_APPROVAL = """c.kind = ANY(:entry_kinds)
    AND c.timesheet_id IN (SELECT r.id FROM timesheet r WHERE r.revision > 1)
    AND EXISTS (SELECT FROM decision d
                WHERE d.timesheet_id = c.timesheet_id AND d.decision = 'approve' AND d.decided_at < c.completed_at)"""

_ACTS = """
    SELECT c.completed_at AS at, c.id, c.kind, c.timesheet_id AS of_sheet_id, c.actor_id, c.owner_id, c.reason,
           NULL AS subject
    FROM command c
    WHERE c.result IS NOT NULL AND c.kind <> 'batch' AND (c.result ->> 'ignored') IS DISTINCT FROM 'true'{conditions}
    ORDER BY c.completed_at DESC, c.id DESC LIMIT :limit
"""

_VIEWS = """
    SELECT s.recorded_at AS at, s.transaction_id AS id, 'viewed' AS kind, NULL AS of_sheet_id,
           s.recorded_by_id AS actor_id, s.about_id AS owner_id, NULL AS reason, s.subject
    FROM statement s
    WHERE s.namespace = 'default' AND s.kind = 'define' AND s.type = 'View'{conditions}
    ORDER BY s.recorded_at DESC, s.transaction_id DESC LIMIT :limit
"""

_COUNTED = "SELECT count(*) FROM ({halves}) AS found"

_UUID = "[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"

# What there is to say of the few that are shown.
_FOUND = f"""
    SELECT found.*, t.id AS sheet_id, t.period_start, p.name AS project_name, p.external_id AS project_external_id,
           y.id AS summary_id, substring(found.subject FROM '^view-{_UUID}-([0-9]+)-') AS revision,
           actor.staff_id AS actor_staff_id, actor.name AS actor_name,
           owner.staff_id AS owner_staff_id, owner.name AS owner_name, on_behalf.name AS on_behalf_name,
           (SELECT u.object FROM statement u
            WHERE u.namespace = 'default' AND u.subject = found.subject AND u.kind = 'used' LIMIT 1) AS page
    FROM ({{halves}}) AS found
    LEFT JOIN timesheet t ON t.id = coalesce(
        CAST(found.of_sheet_id AS uuid),
        CAST(substring(found.subject FROM '^view-({_UUID})-[0-9]+-[0-9a-f]+$') AS uuid))
    LEFT JOIN summary y ON y.id = CAST(substring(found.subject FROM '^view-({_UUID})-[0-9a-f]+$') AS uuid)
    LEFT JOIN project p ON p.id = y.project_id
    LEFT JOIN person actor ON actor.id = found.actor_id
    LEFT JOIN person owner ON owner.id = found.owner_id
    LEFT JOIN LATERAL (
        SELECT b.name FROM statement o JOIN person b ON b.staff_id = o.body ->> 'responsible'
        WHERE o.transaction_id = found.id AND o.kind = 'actedOnBehalfOf' LIMIT 1) AS on_behalf ON true
    ORDER BY found.at DESC, found.id DESC
"""  # noqa: S608 - made of the words above alone

_NAMED = text(
    """
    SELECT ARRAY(SELECT id FROM person WHERE concat_ws(' ', name, staff_id) ILIKE CAST(:person AS text) ESCAPE '/'
                 LIMIT :most) AS owners,
           ARRAY(SELECT id FROM person WHERE concat_ws(' ', name, staff_id) ILIKE CAST(:by AS text) ESCAPE '/'
                 LIMIT :most) AS actors,
           ARRAY(SELECT id FROM project WHERE concat_ws(' ', name, external_id) ILIKE CAST(:project AS text) ESCAPE '/'
                 LIMIT :most) AS projects
    """
)
