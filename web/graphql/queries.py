"""The seven questions one may ask of the record."""

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry
from strawberry.types import Info

from models.reads.record.pages import Cut, Page, TimelineAsked, of_type, timeline
from models.rules.prov_domain import TermKind
from web.graphql.ids import ID_INPUTS, named
from web.graphql.reading import Reading
from web.graphql.scalars import TYPES, Instant, type_said
from web.graphql.terms import ANY, as_shown, list_of, shown


@strawberry.enum
class TimelineOrder(Enum):
    """Which activities come first, by their start."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


@strawberry.type
class PageInfo:
    """Whether there is more of a list, and from where to go on."""

    has_previous_page: bool
    has_next_page: bool
    start_cursor: str | None
    end_cursor: str | None


def _connection(kind: TermKind) -> Any:
    edge = strawberry.type(
        type(f"{kind.capitalize()}Edge", (), {"__annotations__": {"node": ANY[kind], "cursor": str}}),
        description="One of a list, and where it stands.",
    )
    fields = {"edges": list_of(edge), "nodes": list_of(ANY[kind]), "page_info": PageInfo}
    made = strawberry.type(
        type(f"{kind.capitalize()}Connection", (), {"__annotations__": fields}), description="A page of a list."
    )
    return made, edge


CONNECTIONS = {kind: _connection(kind) for kind in TermKind}


async def _listed(reading: Reading, kind: TermKind, page: Page) -> Any:
    connection, edge = CONNECTIONS[kind]
    # All at once, so that they are read at once.
    nodes = await asyncio.gather(*(shown(reading, kind, external_id) for external_id, _ in page.nodes))
    cursors = [cursor for _, cursor in page.nodes]
    return connection(
        edges=[edge(node=node, cursor=cursor) for node, cursor in zip(nodes, cursors, strict=True)],
        nodes=list(nodes),
        page_info=PageInfo(
            has_previous_page=page.has_previous,
            has_next_page=page.has_next,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )


def _by_id(kind: TermKind) -> Any:
    async def found(info: Info, id: Any, namespace: str | None = None) -> Any:
        reading = await info.context.reading(namespace)
        term = await reading.term(kind, named(kind, id))
        return as_shown(reading, term) if term else None

    found.__annotations__["id"] = ID_INPUTS[kind]
    return strawberry.field(
        found, description=f"One {kind.value}; null when there is none.", graphql_type=ANY[kind] | None
    )


def _by_type(kind: TermKind) -> Any:
    async def found(
        info: Info,
        chosen: Any,
        namespace: str | None = None,
        after: str | None = None,
        before: str | None = None,
        first: int | None = None,
        last: int | None = None,
    ) -> Any:
        reading = await info.context.reading(namespace)
        page = await reading.ask(of_type, kind, type_said(kind, chosen), Cut(after, before, first, last))
        return await _listed(reading, kind, page)

    found.__annotations__["chosen"] = Annotated[TYPES[kind], strawberry.argument(name=f"{kind.value}Type")]
    what = "Those of a type, in the order of the bytes of their external ids."
    return strawberry.field(found, description=what, graphql_type=CONNECTIONS[kind][0])


if TYPE_CHECKING:  # they are made from the description of the domain, which only runs
    ActivityType: TypeAlias = Any
    AgentId: TypeAlias = Any
    EntityId: TypeAlias = Any
else:
    ActivityType = TYPES[TermKind.ACTIVITY]
    AgentId, EntityId = ID_INPUTS[TermKind.AGENT], ID_INPUTS[TermKind.ENTITY]


async def _timeline(
    info: Info,
    activity_types: list[ActivityType] | None = None,
    for_entity: list[EntityId] | None = None,
    for_agent: list[AgentId] | None = None,
    since: Annotated[Instant | None, strawberry.argument(name="from")] = None,
    until: Annotated[Instant | None, strawberry.argument(name="to")] = None,
    order: TimelineOrder | None = None,
    namespace: str | None = None,
    after: str | None = None,
    before: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> Any:
    reading = await info.context.reading(namespace)
    asked = TimelineAsked(
        types=[type_said(TermKind.ACTIVITY, each) for each in activity_types or ()],
        entities=[named(TermKind.ENTITY, each) for each in for_entity or ()],
        agents=[named(TermKind.AGENT, each) for each in for_agent or ()],
        since=since,
        until=until,
        newest_first=order is not TimelineOrder.OLDEST_FIRST,
    )
    page = await reading.ask(timeline, asked, Cut(after, before, first, last), info.context.now)
    return await _listed(reading, TermKind.ACTIVITY, page)


@strawberry.type
class Query:
    """What one may ask of the record."""

    activity_timeline = strawberry.field(
        _timeline,
        description="Activities that are over, in the order in which they began.",
        graphql_type=CONNECTIONS[TermKind.ACTIVITY][0],
    )
    activities_by_type = _by_type(TermKind.ACTIVITY)
    agents_by_type = _by_type(TermKind.AGENT)
    entities_by_type = _by_type(TermKind.ENTITY)
    activity_by_id = _by_id(TermKind.ACTIVITY)
    agent_by_id = _by_id(TermKind.AGENT)
    entity_by_id = _by_id(TermKind.ENTITY)
