"""The terms of the record as GraphQL types, made from the description of the domain."""

import asyncio
from collections.abc import Callable
from inspect import cleandoc
from typing import Annotated, Any, Union
from uuid import NAMESPACE_URL, UUID, uuid5

import strawberry

from models.reads.record.relations import Association as Associated
from models.reads.record.relations import Related
from models.reads.record.terms import Recording, Term
from models.rules.prov_domain import DOMAIN, TermKind, types_of
from models.rules.prov_ids import iri_of
from models.rules.prov_order import Happened, warnings_of
from models.rules.statements import instant_text
from web.graphql.reading import Reading
from web.graphql.scalars import Instant, RoleType, role_shown, untyped_name

DERIVATIONS = ("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource")


def _later(name: str) -> Any:
    """A type that is made further down."""
    return Annotated[name, strawberry.lazy("web.graphql.terms")]


ANY = {kind: _later(kind.capitalize()) for kind in TermKind}
"""The union of all types of a kind."""


def list_of(type_: Any) -> Any:
    """A list of a type that is made here."""
    return list.__class_getitem__(type_)


def told(graphql_type: Any = None) -> Callable[[Callable[..., Any]], Any]:
    """A field of a type, described by what is written of it here."""

    def field(resolver: Callable[..., Any]) -> Any:
        return strawberry.field(resolver, graphql_type=graphql_type, description=cleandoc(resolver.__doc__ or ""))

    return field


@strawberry.type
class Namespace:
    """Where a term stands: ids are unique in it."""

    external_id: strawberry.ID
    uuid: UUID


@strawberry.type
class Identity:
    """How an agent signs."""

    public_key: str = strawberry.field(
        description="What its signatures are checked with: the 32 bytes of an Ed25519 key as hexadecimal digits."
    )


@strawberry.type
class _Related:
    related: strawberry.Private[Related]
    reading: strawberry.Private[Reading]

    @told(RoleType | None)
    def role(self) -> Any:
        """As what."""
        return role_shown(self.related.role)


@strawberry.type
class AgentRef(_Related):
    """An agent in a role."""

    @told(ANY[TermKind.AGENT])
    async def agent(self) -> Any:
        """Who it is."""
        return await shown(self.reading, TermKind.AGENT, self.related.external_id)


@strawberry.type
class EntityRef(_Related):
    """An entity, and the role of whoever is responsible for it."""

    @told(ANY[TermKind.ENTITY])
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

    @told()
    def id(self) -> strawberry.ID:
        """The address of the term."""
        return strawberry.ID(iri_of(self.term.kind, self.term.external_id))

    @told()
    def external_id(self) -> str:
        """What whoever defined it calls it."""
        return self.term.external_id

    @told()
    def namespace(self) -> Namespace:
        """Where it stands."""
        scope = self.reading.scope
        uuid = uuid5(NAMESPACE_URL, f"{self.reading.tenant_id}/{scope.namespace}")
        return Namespace(external_id=strawberry.ID(scope.namespace), uuid=uuid)

    @told()
    def type(self) -> str | None:
        """The name of its type, which may be one that only whoever defined it knows."""
        known = next((each for each in DOMAIN if (each.kind, each.name) == (self.term.kind, self.term.type)), None)
        return known.full_name if known else self.term.type

    @told()
    def recorded_at(self) -> Instant | None:
        """When its definition came into the record, which may be long after it happened."""
        return Instant(instant_text(self._recording.at)) if self._recording else None

    @told()
    def recorded_by(self) -> str | None:
        """Staff id of whoever was signed in when it was defined; none for the schedule."""
        return self._recording.by if self._recording else None

    @told()
    def digest(self) -> str | None:
        """SHA-256 of its definition as it stands in the record, hexadecimal."""
        return self._recording.digest if self._recording else None

    @told()
    def tx_id(self) -> strawberry.ID | None:
        """The transaction that defined it."""
        return strawberry.ID(str(self._recording.transaction_id)) if self._recording else None

    @property
    def _recording(self) -> Recording | None:
        return self.term.recording

    async def _terms(self, kind: TermKind, related: list[Related]) -> list[Any]:
        # All at once, so that they are read at once.
        return await asyncio.gather(*(shown(self.reading, kind, each.external_id) for each in related))

    def _agent(self, related: Related) -> AgentRef:
        return AgentRef(related=related, reading=self.reading)


@strawberry.type
class _Activity(_Shown):
    @told()
    def started(self) -> Instant | None:
        """When it began."""
        return Instant(self.term.started) if self.term.started else None

    @told()
    def ended(self) -> Instant | None:
        """When it was over."""
        return Instant(self.term.ended) if self.term.ended else None

    @told()
    async def was_associated_with(self) -> list[Association]:
        """Who is responsible for it, once for everybody who acted for them."""
        found = await self.reading.associations(self.term.external_id)
        return [self._association(each) for each in found]

    @told(list_of(ANY[TermKind.ENTITY]))
    async def used(self) -> Any:
        """What it used."""
        return await self._terms(TermKind.ENTITY, await self.reading.objects("used", self.term.external_id))

    @told(list_of(ANY[TermKind.ACTIVITY]))
    async def was_informed_by(self) -> Any:
        """What it acts on."""
        found = await self.reading.objects("wasInformedBy", self.term.external_id)
        return await self._terms(TermKind.ACTIVITY, found)

    @told(list_of(ANY[TermKind.ENTITY]))
    async def generated(self) -> Any:
        """What it made."""
        return await self._terms(TermKind.ENTITY, await self.reading.objects("wasGeneratedBy", self.term.external_id))

    @told()
    async def warnings(self) -> list[str]:
        """What cannot be true of it together with what it acts on, such as an approval before its submission."""
        related = await self.reading.objects("wasInformedBy", self.term.external_id)
        found = await asyncio.gather(*(self.reading.term(TermKind.ACTIVITY, each.external_id) for each in related))
        return warnings_of(_happened(self.term), [_happened(each) for each in found if each])

    def _association(self, found: Associated) -> Association:
        delegate = self._agent(found.delegate) if found.delegate else None
        return Association(responsible=self._agent(found.responsible), delegate=delegate)


@strawberry.type
class _Agent(_Shown):
    @told()
    async def identity(self) -> Identity | None:
        """How it signs; none before a key was generated for it."""
        key = await self.reading.public_key(self.term.external_id)
        return Identity(public_key=key) if key else None

    @told()
    async def acted_on_behalf_of(self) -> list[AgentRef]:
        """For whom it acted."""
        return [self._agent(each) for each in await self.reading.responsibles(self.term.external_id)]

    @told()
    async def attribution(self) -> list[InvertedAttribution]:
        """What it is responsible for."""
        found = await self.reading.subjects("wasAttributedTo", self.term.external_id)
        return [InvertedAttribution(attributed=EntityRef(related=each, reading=self.reading)) for each in found]


@strawberry.type
class _Entity(_Shown):
    @told()
    async def was_attributed_to(self) -> list[Attribution]:
        """Who is responsible for it."""
        found = await self.reading.objects("wasAttributedTo", self.term.external_id)
        return [Attribution(responsible=self._agent(each)) for each in found]

    @told(list_of(ANY[TermKind.ACTIVITY]))
    async def was_generated_by(self) -> Any:
        """What made it."""
        found = await self.reading.subjects("wasGeneratedBy", self.term.external_id)
        return await self._terms(TermKind.ACTIVITY, found)


def _derivation(kind: str) -> Any:
    async def sources(self: Any) -> Any:
        return await self._terms(TermKind.ENTITY, await self.reading.objects(kind, self.term.external_id))

    description = "What it was made from, by the relation of this name."
    return strawberry.field(sources, name=kind, description=description, graphql_type=list_of(ANY[TermKind.ENTITY]))


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


def _happened(term: Term) -> Happened:
    return Happened(term.external_id, term.type, term.started)


async def shown(reading: Reading, kind: TermKind, external_id: str) -> Any:
    """A term as its GraphQL type: what is named and not known, or hidden from the caller, has none."""
    term = await reading.term(kind, external_id) or Term(kind, external_id)
    return as_shown(reading, term)


def as_shown(reading: Reading, term: Term) -> Any:
    """A term that was found as its GraphQL type."""
    of_type = _CLASSES.get((term.kind, term.type)) or _CLASSES[term.kind, None]
    return of_type(term=term, reading=reading)
