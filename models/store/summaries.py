"""Summaries of the approved work on a project: made by its lead, or by administrators in the lead's name; for good.

`summarise` is one command in the caller's transaction. Refusals are `Invalid` (with the fields of the API),
`NotYours`, `NotFound`, `ReasonRequired` and `KeyReused`.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Text as AnyText
from sqlalchemy import bindparam, cast, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, defer

from models.database import WriteSession
from models.errors import Invalid, KeyReused, NotFound, NotYours, ReasonRequired
from models.rules.days import day_bounds
from models.rules.digest import canonical_json
from models.rules.periods import Period
from models.rules.policy import Action, Capacity, Relation, Role, Standing, authorise, roles_of
from models.rules.project_summary import ProjectWork, content_json, period_errors
from models.rules.prov_domain import ProvRole
from models.rules.statements import Agent, Delegate, about_summary, work_id
from models.store.changes import GivenBy, hash_of, require_none
from models.store.ledger import SaidBy, announce, state
from models.store.project_work import work_on
from models.tables.people import Person, PersonRole, Project, TenantPolicy
from models.tables.projects import Summary

LONGEST_REASON = 500
EVENT = "countersign.summary.created"


@dataclass(frozen=True, slots=True)
class SummaryAsked:
    """Everything that is asked of a summary."""

    project_id: UUID
    period: Period
    on_behalf_of_id: UUID | None = None
    """The lead, when an administrator makes it in their name."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Party:
    """Somebody who makes a summary, or is responsible for it."""

    agent: Agent
    roles: frozenset[Role]
    active: bool


def summarise(session: WriteSession, given: GivenBy, asked: SummaryAsked) -> Summary:
    """Keep what is approved now of the work on a project, or return what this command kept before."""
    session.execute(_ONCE, {"key": f"summary/{given.tenant_id}/{given.command_id}"})
    content_hash = hash_of("summarise", asked.project_id, asked.period.start, asked.period.end, *_why(asked))
    project = _held_project(session, asked.project_id)
    parties = _held_parties(session, {given.actor_id, *filter(None, (project.lead_id, asked.on_behalf_of_id))})
    capacity = _require_allowed(given, asked, project, parties)
    done = session.get(Summary, given.makes("summary"), options=_WITHOUT_CONTENT)
    if done is not None:
        if (done.content_hash, done.created_by_id) != (content_hash, given.actor_id):
            raise KeyReused("This form was already sent with other content. Reload the page and try again.")
        return done
    require_none(period_errors(asked.period))
    work = work_on(session, project.id, asked.period)
    if not work.approved:
        raise Invalid.field("to", "Nothing on this project is approved in these days yet, so there is nothing to keep.")
    made = _row(given, asked, content_hash, work)
    session.execute(_KEEP, made)
    _tell(session, given, asked, project, parties, capacity, work, made)
    return session.get_one(Summary, made["id"], options=_WITHOUT_CONTENT)


def standing_on(person_id: UUID, roles: frozenset[Role], lead_id: UUID | None) -> Standing:
    """What somebody is to a project that `lead_id` leads."""
    relations = {Relation.SELF, Relation.TENANT} | ({Relation.LEADS} if person_id == lead_id else set())
    return Standing(person_id, roles, frozenset(relations))


_WITHOUT_CONTENT = (defer(Summary.content),)
"""It may be as long as a hundred thousand entries are."""

# The text that was digested, as it is.
_KEEP = insert(Summary).values(content=cast(bindparam("canonical", type_=AnyText), JSONB))

_ONCE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


def _why(asked: SummaryAsked) -> tuple[UUID | None, str | None]:
    return asked.on_behalf_of_id, asked.reason


def _held_project(session: WriteSession, project_id: UUID) -> Project:
    """The project, whose lead stays the same until the transaction ends. Raises `NotFound`."""
    found = session.scalar(select(Project).where(Project.id == project_id).with_for_update(read=True))
    if found is None:
        raise NotFound("There is no such project, or you may not see it.")
    return found


def _held_parties(session: WriteSession, person_ids: set[UUID]) -> dict[UUID, _Party]:
    """People whose roles stay the same until the transaction ends."""
    these = select(Person).where(Person.id.in_(person_ids)).order_by(Person.id)
    people = list(session.scalars(these.with_for_update(read=True)))
    roles: dict[UUID, list[str]] = {}
    for person_id, role in session.execute(
        select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(person_ids))
    ):
        roles.setdefault(person_id, []).append(role)
    return {
        each.id: _Party(Agent(each.staff_id, each.name), roles_of(roles.get(each.id, ())), each.active)
        for each in people
    }


def _require_allowed(given: GivenBy, asked: SummaryAsked, project: Project, parties: dict[UUID, _Party]) -> Capacity:
    """As what somebody makes a summary. Raises `NotFound`, `NotYours`, `Invalid` or `ReasonRequired`."""
    actor = parties.get(given.actor_id)
    if actor is None or not actor.active:
        raise NotYours("Only the lead of this project may do this.")
    standing = standing_on(given.actor_id, actor.roles, project.lead_id)
    if authorise(Action.SEE_SUMMARY, standing) is None:
        raise NotFound("There is no such project, or you may not see it.")
    for_another = asked.on_behalf_of_id is not None
    capacity = authorise(Action.SUMMARISE, standing, on_behalf=for_another)
    if capacity is None:
        raise NotYours("Only the lead of this project makes summaries of it, or an administrator in the lead’s name.")
    if for_another:
        _require_lead(given, asked, project, parties)
    return capacity


def _require_lead(given: GivenBy, asked: SummaryAsked, project: Project, parties: dict[UUID, _Party]) -> None:
    lead = parties.get(project.lead_id) if project.lead_id else None
    if lead is None or project.lead_id != asked.on_behalf_of_id or project.lead_id == given.actor_id:
        raise Invalid.field("onBehalfOf", "This is not the lead of this project, or it is yourself.")
    if not lead.active or Role.PROJECT_LEAD not in lead.roles:
        raise Invalid.field("onBehalfOf", f"{lead.agent.name} leads projects no more. Name another lead first.")
    if not asked.reason:
        raise ReasonRequired("Please give a reason: it is kept with the record.")


def _row(given: GivenBy, asked: SummaryAsked, content_hash: str, work: ProjectWork) -> dict[str, Any]:
    content = content_json(asked.project_id, work)
    canonical = canonical_json(content)
    return {
        "id": given.makes("summary"),
        "tenant_id": given.tenant_id,
        "project_id": asked.project_id,
        "from_day": asked.period.start,
        "to_day": asked.period.end,
        "total_minutes": content["totalMinutes"],
        "canonical": canonical.decode(),
        "digest": sha256(canonical).hexdigest(),
        "created_by_id": given.actor_id,
        "on_behalf_of_id": asked.on_behalf_of_id,
        "reason": asked.reason,
        "command_id": given.command_id,
        "content_hash": content_hash,
    }


def _tell(
    session: WriteSession,
    given: GivenBy,
    asked: SummaryAsked,
    project: Project,
    parties: dict[UUID, _Party],
    capacity: Capacity,
    work: ProjectWork,
    made: dict[str, Any],
) -> None:
    """To the ledger and to the outside; there by ids only."""
    start, end = _instants(session, given.tenant_id, asked.period)
    delegate = Delegate(parties[given.actor_id].agent, ProvRole[capacity.role.name]) if capacity.on_behalf else None
    statements = about_summary(
        f"summary-{made['id']}",
        start,
        end,
        (project.external_id, project.name),
        [work_id(each.entry_id, each.version) for each in work.approved],
        parties[asked.on_behalf_of_id or given.actor_id].agent,
        delegate,
    )
    state(session, SaidBy(given.tenant_id, given.command_id, given.actor_id), statements)
    said = {
        "projectId": str(project.id),
        "from": asked.period.start.isoformat(),
        "to": asked.period.end.isoformat(),
        "totalMinutes": made["total_minutes"],
        "digest": made["digest"],
        "actorId": str(given.actor_id),
    }
    announce(session, given.tenant_id, given.command_id, EVENT, made["id"], said)


def _instants(session: Session, tenant_id: UUID, period: Period) -> tuple[datetime, datetime]:
    """The ends of the period where the organisation is."""
    zone = ZoneInfo(session.get_one(TenantPolicy, tenant_id).time_zone)
    return day_bounds(period.start, zone)[0], day_bounds(period.end, zone)[1]
