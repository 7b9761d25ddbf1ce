"""What may be said to the record: a definition for each type of the domain, times, and the relations of PROV."""

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import strawberry
from strawberry.types import Info

from models.errors import Invalid
from models.rules.assertions import (
    Assertion,
    associated,
    attributed,
    defined,
    delegated,
    derived,
    generated,
    identified,
    informed,
    timed,
    used,
)
from models.rules.prov_domain import DOMAIN, TermKind, TermType
from models.rules.prov_ids import iri_of
from models.rules.prov_times import instant_of
from models.rules.statements import instant_text
from web.graphql.ids import ID_INPUTS, named, required
from web.graphql.scalars import Instant, RoleType, role_said
from web.graphql.terms import DERIVATIONS

LONGEST_VALUE = 10_000
"""Characters of an attribute."""

if TYPE_CHECKING:  # they are made from the description of the domain, which only runs
    AgentId: TypeAlias = Any
    ActivityId: TypeAlias = Any
    EntityId: TypeAlias = Any
else:
    AgentId, ActivityId, EntityId = (ID_INPUTS[kind] for kind in (TermKind.AGENT, TermKind.ACTIVITY, TermKind.ENTITY))


@strawberry.enum
class SubmissionResult(Enum):
    """Whether anything was recorded."""

    SUBMISSION = "SUBMISSION"
    ALREADY_RECORDED = "ALREADY_RECORDED"


@strawberry.type
class Submission:
    """What came of an assertion: the term it is about, and the transaction if anything was recorded."""

    context: str
    submission_result: SubmissionResult
    tx_id: strawberry.ID | None


async def _say(info: Info, namespace: str | None, *said: Assertion) -> Submission:
    transaction_id = await info.context.say(namespace, said)
    result = SubmissionResult.SUBMISSION if transaction_id else SubmissionResult.ALREADY_RECORDED
    kind, external_id = said[0].about
    tx_id = strawberry.ID(str(transaction_id)) if transaction_id else None
    return Submission(context=iri_of(kind, external_id), submission_result=result, tx_id=tx_id)


def _define(type_: TermType) -> Any:
    """The definition of one type: with its attribute where it has one."""

    async def plain(info: Info, external_id: str, namespace: str | None = None) -> Submission:
        return await _say(info, namespace, defined(type_.kind, required(external_id), type_.name, {}))

    async def attributed_(info: Info, external_id: str, attributes: Any, namespace: str | None = None) -> Submission:
        value = _value(getattr(attributes, f"{type_.attribute}_attribute"))
        said = defined(type_.kind, required(external_id), type_.name, {str(type_.attribute): value})
        return await _say(info, namespace, said)

    what = f"Say that there is this {type_.full_name}."
    if type_.attribute is None:
        return strawberry.mutation(plain, description=what)
    name, field = f"{type_.full_name}Attributes", f"{type_.attribute}_attribute"
    attributed_.__annotations__["attributes"] = strawberry.input(type(name, (), {"__annotations__": {field: str}}))
    return strawberry.mutation(attributed_, description=what)


def _define_untyped(kind: TermKind) -> Any:
    async def say(info: Info, external_id: str, attributes: Any, namespace: str | None = None) -> Submission:
        type_ = next((each.name for each in DOMAIN if each.kind is kind and each.full_name == attributes.type), None)
        return await _say(
            info, namespace, defined(kind, required(external_id), type_ or _value(attributes.type or "") or None, {})
        )

    fields = {"__annotations__": {"type": str | None}, "type": None}
    say.__annotations__["attributes"] = strawberry.input(type(f"Prov{kind.capitalize()}Attributes", (), fields))
    return strawberry.mutation(
        say, description=f"Say that there is this {kind.value}, of a type of your own or of none."
    )


def _derive(kind: str) -> Any:
    async def say(
        info: Info,
        generated_entity: EntityId,
        used_entity: EntityId,
        namespace: str | None = None,
    ) -> Submission:
        entities = (named(TermKind.ENTITY, each) for each in (generated_entity, used_entity))
        return await _say(info, namespace, derived(kind, *entities))

    return strawberry.mutation(say, name=kind, description="Say how an entity was made from another one.")


async def _time(
    info: Info, activity: Any, agent: Any, time: str | None, namespace: str | None, *ends: str
) -> Submission:
    name = named(TermKind.ACTIVITY, activity)
    at = time or instant_of(instant_text(info.context.now))
    said = [timed(name, at if "started" in ends else None, at if "ended" in ends else None)]
    if agent:
        said.append(associated(name, named(TermKind.AGENT, agent), None))
    return await _say(info, namespace, *said)


async def start_activity(
    info: Info,
    id: ActivityId,
    agent: AgentId | None = None,
    time: Instant | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say when an activity began; now if not said."""
    return await _time(info, id, agent, time, namespace, "started")


async def end_activity(
    info: Info,
    id: ActivityId,
    agent: AgentId | None = None,
    time: Instant | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say when an activity was over; now if not said."""
    return await _time(info, id, agent, time, namespace, "ended")


async def instant_activity(
    info: Info,
    id: ActivityId,
    agent: AgentId | None = None,
    time: Instant | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say when an activity happened that took no time; now if not said."""
    return await _time(info, id, agent, time, namespace, "started", "ended")


async def used_(info: Info, activity: ActivityId, id: EntityId, namespace: str | None = None) -> Submission:
    """Say that an activity used an entity."""
    return await _say(info, namespace, used(named(TermKind.ACTIVITY, activity), named(TermKind.ENTITY, id)))


async def was_generated_by(
    info: Info,
    activity: ActivityId,
    id: EntityId,
    namespace: str | None = None,
) -> Submission:
    """Say that an activity made an entity."""
    return await _say(info, namespace, generated(named(TermKind.ACTIVITY, activity), named(TermKind.ENTITY, id)))


async def was_informed_by(
    info: Info,
    activity: ActivityId,
    informing_activity: ActivityId,
    namespace: str | None = None,
) -> Submission:
    """Say that an activity acts on another one."""
    activities = (named(TermKind.ACTIVITY, each) for each in (activity, informing_activity))
    return await _say(info, namespace, informed(*activities))


async def was_associated_with(
    info: Info,
    responsible: AgentId,
    activity: ActivityId,
    role: RoleType | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say who is responsible for an activity."""
    said = associated(named(TermKind.ACTIVITY, activity), named(TermKind.AGENT, responsible), role_said(role))
    return await _say(info, namespace, said)


async def was_attributed_to(
    info: Info,
    responsible: AgentId,
    entity: EntityId,
    role: RoleType | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say who is responsible for an entity."""
    said = attributed(named(TermKind.ENTITY, entity), named(TermKind.AGENT, responsible), role_said(role))
    return await _say(info, namespace, said)


async def acted_on_behalf_of(
    info: Info,
    responsible: AgentId,
    delegate: AgentId,
    activity: ActivityId | None = None,
    role: RoleType | None = None,
    namespace: str | None = None,
) -> Submission:
    """Say who acted for whoever is responsible, in one activity or in general."""
    of, by = (named(TermKind.AGENT, each) for each in (responsible, delegate))
    name = named(TermKind.ACTIVITY, activity) if activity else None
    return await _say(info, namespace, delegated(of, by, name, role_said(role)))


async def generate_key(
    info: Info,
    id: AgentId,
    namespace: str | None = None,
) -> Submission:
    """Give an agent a key pair, and record its public half; its private half never leaves this installation."""
    agent = named(TermKind.AGENT, id)
    return await _say(info, namespace, identified(agent, info.context.public_key(namespace, agent)))


def _value(value: str) -> str:
    if len(value) > LONGEST_VALUE or "\0" in value:
        raise Invalid.field("attributes", f"An attribute has at most {LONGEST_VALUE} characters, none of them NUL.")
    return value


_SAID_BY_HAND = (
    start_activity,
    end_activity,
    instant_activity,
    was_generated_by,
    was_informed_by,
    was_associated_with,
    was_attributed_to,
    acted_on_behalf_of,
    generate_key,
)

_FIELDS = (
    {f"define{each.full_name}": _define(each) for each in DOMAIN}
    | {f"define{kind.capitalize()}": _define_untyped(kind) for kind in TermKind}
    | {each.__name__: strawberry.mutation(each, description=each.__doc__) for each in _SAID_BY_HAND}
    | {"used": strawberry.mutation(used_, description=used_.__doc__)}
    | {kind: _derive(kind) for kind in DERIVATIONS}
)

Mutation = strawberry.type(
    type("Mutation", (), {"__annotations__": {}} | _FIELDS), description="What may be said to the record."
)
