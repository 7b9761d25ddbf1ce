"""The terms of the record as GraphQL types, made from the description of the domain."""

from collections.abc import Callable
from typing import Annotated, Any, Union
from uuid import NAMESPACE_URL, UUID, uuid5

import strawberry

from models.reads.record.relations import Association as Associated
from models.reads.record.relations import Related
from models.reads.record.terms import Term
from models.rules.prov_domain import DOMAIN, TermKind, types_of
from models.rules.prov_ids import iri_of
from web.graphql.reading import Reading
from web.graphql.scalars import Instant, RoleType, role_shown, untyped_name

DERIVATIONS = ("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource")


def _later(name: str) -> Any:
    """A type that is made further down."""
    return Annotated[name, strawberry.lazy("web.graphql.terms")]


ANY = {kind: _later(kind.capitalize()) for kind in TermKind}
"""The union of all types of a kind."""


@strawberry.type
class Namespace:
    """Where a term stands: ids are unique in it."""

    external_id: strawberry.ID
    uuid: UUID


@strawberry.type
class Identity:
    """How an agent signs. People sign in instead, so there is no key of theirs."""

    public_key: str | None = None


@strawberry.type
class _Related:
    related: strawberry.Private[Related]
    reading: strawberry.Private[Reading]

    @strawberry.field(graphql_type=RoleType | None)
    def role(self) -> Any:
        """As what."""
        return role_shown(self.related.role)


@strawberry.type
class AgentRef(_Related):
    """An agent in a role."""

    @strawberry.field(graphql_type=ANY[TermKind.AGENT])
    async def agent(self) -> Any:
        """Who it is."""
        return await shown(self.reading, TermKind.AGENT, self.related.external_id)


@strawberry.type
class EntityRef(_Related):
    """An entity, and the role of whoever is responsible for it."""

    @strawberry.field(graphql_type=ANY[TermKind.ENTITY])
    async def entity(self) -> Any:
        """Which it is."""
        return await shown(self.reading, TermKind.ENTITY, self.related.external_id)


@strawberry.type
class Association:
    """Who is responsible for an activity, and who acted for them if somebody did."""

    responsible: AgentRef
    delegate: AgentRef | None


@strawberry.type
class Attribution:
    """Who is responsible for an entity."""

    responsible: AgentRef


@strawberry.type
class InvertedAttribution:
    """What an agent is responsible for."""

    attributed: EntityRef


@strawberry.type
class _Shown:
    """What every term has."""

    term: strawberry.Private[Term]
    reading: strawberry.Private[Reading]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """The address of the term."""
        return strawberry.ID(iri_of(self.term.kind, self.term.external_id))

    @strawberry.field
    def external_id(self) -> str:
        """What whoever defined it calls it."""
        return self.term.external_id

    @strawberry.field
    def namespace(self) -> Namespace:
        """Where it stands."""
        scope = self.reading.scope
        uuid = uuid5(NAMESPACE_URL, f"{self.reading.tenant_id}/{scope.namespace}")
        return Namespace(external_id=strawberry.ID(scope.namespace), uuid=uuid)

    @strawberry.field
    def type(self) -> str | None:
        """The name of its type, which may be one that only whoever defined it knows."""
        known = next((each for each in DOMAIN if (each.kind, each.name) == (self.term.kind, self.term.type)), None)
        return known.full_name if known else self.term.type

    async def _terms(self, kind: TermKind, related: list[Related]) -> list[Any]:
        return [await shown(self.reading, kind, each.external_id) for each in related]

    def _agent(self, related: Related) -> AgentRef:
        return AgentRef(related=related, reading=self.reading)


@strawberry.type
class _Activity(_Shown):
    @strawberry.field
    def started(self) -> Instant | None:
        """When it began."""
        return Instant(self.term.started) if self.term.started else None

    @strawberry.field
    def ended(self) -> Instant | None:
        """When it was over."""
        return Instant(self.term.ended) if self.term.ended else None

    @strawberry.field
    async def was_associated_with(self) -> list[Association]:
        """Who is responsible for it, once for everybody who acted for them."""
        found = await self.reading.associations(self.term.external_id)
        return [self._association(each) for each in found]

    @strawberry.field(graphql_type=list[ANY[TermKind.ENTITY]])
    async def used(self) -> Any:
        """What it used."""
        return await self._terms(TermKind.ENTITY, await self.reading.objects("used", self.term.external_id))

    @strawberry.field(graphql_type=list[ANY[TermKind.ACTIVITY]])
    async def was_informed_by(self) -> Any:
        """What it acts on."""
        found = await self.reading.objects("wasInformedBy", self.term.external_id)
        return await self._terms(TermKind.ACTIVITY, found)

    @strawberry.field(graphql_type=list[ANY[TermKind.ENTITY]])
    async def generated(self) -> Any:
        """What it made."""
        return await self._terms(TermKind.ENTITY, await self.reading.objects("wasGeneratedBy", self.term.external_id))

    def _association(self, found: Associated) -> Association:
        delegate = self._agent(found.delegate) if found.delegate else None
        return Association(responsible=self._agent(found.responsible), delegate=delegate)


@strawberry.type
class _Agent(_Shown):
    identity: Identity | None = None

    @strawberry.field
    async def acted_on_behalf_of(self) -> list[AgentRef]:
        """For whom it acted."""
        return [self._agent(each) for each in await self.reading.responsibles(self.term.external_id)]

    @strawberry.field
    async def attribution(self) -> list[InvertedAttribution]:
        """What it is responsible for."""
        found = await self.reading.subjects("wasAttributedTo", self.term.external_id)
        return [InvertedAttribution(attributed=EntityRef(related=each, reading=self.reading)) for each in found]


@strawberry.type
class _Entity(_Shown):
    @strawberry.field
    async def was_attributed_to(self) -> list[Attribution]:
        """Who is responsible for it."""
        found = await self.reading.objects("wasAttributedTo", self.term.external_id)
        return [Attribution(responsible=self._agent(each)) for each in found]

    @strawberry.field(graphql_type=list[ANY[TermKind.ACTIVITY]])
    async def was_generated_by(self) -> Any:
        """What made it."""
        found = await self.reading.subjects("wasGeneratedBy", self.term.external_id)
        return await self._terms(TermKind.ACTIVITY, found)


def _derivation(kind: str) -> Any:
    async def sources(self: Any) -> Any:
        return await self._terms(TermKind.ENTITY, await self.reading.objects(kind, self.term.external_id))

    description = "What it was made from, by the relation of this name."
    return strawberry.field(sources, name=kind, description=description, graphql_type=list[ANY[TermKind.ENTITY]])


def _attribute(name: str) -> Any:
    def value(self: Any) -> str | None:
        said: str | None = self.term.attributes.get(name)
        return said

    return strawberry.field(value, name=f"{name}Attribute", description=f"Its {name}, as it was recorded first.")


_BASES: dict[TermKind, type] = {
    TermKind.AGENT: _Agent,
    TermKind.ACTIVITY: _Activity,
    TermKind.ENTITY: strawberry.type(
        type("_Source", (_Entity,), {"__annotations__": {}} | {kind: _derivation(kind) for kind in DERIVATIONS})
    ),
}


def _class(name: str, kind: TermKind, attribute: str | None) -> Any:
    fields = {f"{attribute}_attribute": _attribute(attribute)} if attribute else {}
    what = f"An {kind.value} of this type." if attribute is not None else f"An {kind.value}."
    made = type(name, (_BASES[kind],), {"__annotations__": {}, "__doc__": what} | fields)
    return strawberry.type(made, description=what)


_CLASSES: dict[tuple[TermKind, str | None], Callable[..., Any]] = {
    (kind, None): _class(untyped_name(kind), kind, None) for kind in TermKind
} | {(each.kind, each.name): _class(each.full_name, each.kind, each.attribute) for each in DOMAIN}


def _union(kind: TermKind) -> Any:
    members = (_CLASSES[kind, None], *(_CLASSES[kind, each.name] for each in types_of(kind)))
    return Annotated[Union[members], strawberry.union(kind.capitalize())]  # noqa: UP007 - of types that are made here


Agent, Activity, Entity = _union(TermKind.AGENT), _union(TermKind.ACTIVITY), _union(TermKind.ENTITY)


async def shown(reading: Reading, kind: TermKind, external_id: str) -> Any:
    """A term as its GraphQL type: what is named and not known, or hidden from the caller, has none."""
    term = await reading.term(kind, external_id) or Term(kind, external_id)
    return as_shown(reading, term)


def as_shown(reading: Reading, term: Term) -> Any:
    """A term that was found as its GraphQL type."""
    of_type = _CLASSES.get((term.kind, term.type)) or _CLASSES[term.kind, None]
    return of_type(term=term, reading=reading)
