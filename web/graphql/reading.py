"""One request's view of the record: what resolvers ask for of many terms is asked of the database once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session
from strawberry.dataloader import DataLoader

from models.database import ReadSession
from models.errors import Invalid
from models.reads.record.narrowing import Scope
from models.reads.record.relations import (
    Association,
    Related,
    associations,
    objects,
    public_keys,
    responsibles,
    subjects,
)
from models.reads.record.terms import Term, terms
from models.rules.prov_domain import TermKind

MOST_SHOWN = 20_000
"""Terms in one answer. A document is refused for what it may ask at most; this is for what there really is."""

Answer = TypeVar("Answer")
Asked = ParamSpec("Asked")


@dataclass
class View:
    """What all namespaces of one request share: one transaction, in which one thing is asked at a time."""

    tenant_id: UUID
    session: ReadSession | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shown: int = 0

    def count(self) -> None:
        """One more term is shown. Raises `Invalid` when they are too many."""
        self.shown += 1
        if self.shown > MOST_SHOWN:
            raise Invalid.field("query", f"This answer would show more than {MOST_SHOWN} terms. Ask for less at once.")


@dataclass
class Reading:
    """The caller's view of one namespace."""

    view: View
    scope: Scope
    _loaders: dict[tuple[str, ...], DataLoader[str, Any]] = field(default_factory=dict)

    @property
    def tenant_id(self) -> UUID:
        """Whose record it is."""
        return self.view.tenant_id

    async def ask(
        self, read: Callable[Concatenate[Session, Scope, Asked], Answer], *asked: Asked.args, **named: Asked.kwargs
    ) -> Answer:
        """Have something read in a thread."""
        async with self.view.lock:
            if self.view.session is None:
                raise Invalid("The answer was given up.", errors=[])
            return await asyncio.to_thread(read, self.view.session, self.scope, *asked, **named)

    async def term(self, kind: TermKind, external_id: str) -> Term | None:
        """One term; None when there is none."""
        self.view.count()
        found: Term | None = await self._load("term", kind, terms, external_id)
        return found

    async def objects(self, relation: str, subject: str) -> list[Related]:
        """What a term is related to."""
        return await self._load("objects", relation, objects, subject) or []

    async def subjects(self, relation: str, object_: str) -> list[Related]:
        """What is related to a term."""
        return await self._load("subjects", relation, subjects, object_) or []

    async def associations(self, activity: str) -> list[Association]:
        """Who is responsible for an activity, and who acted for them."""
        return await self._load("associations", "", lambda s, w, _, ids: associations(s, w, ids), activity) or []

    async def responsibles(self, delegate: str) -> list[Related]:
        """For whom an agent acted."""
        return await self._load("responsibles", "", lambda s, w, _, ids: responsibles(s, w, ids), delegate) or []

    async def public_key(self, agent: str) -> str | None:
        """What an agent's signatures are checked with."""
        found: str | None = await self._load("keys", "", lambda s, w, _, ids: public_keys(s, w, ids), agent)
        return found

    async def _load(self, what: str, which: Any, read: Callable[..., Mapping[str, Any]], key: str) -> Any:
        loader = self._loaders.get((what, which))
        if loader is None:

            async def load(keys: list[str]) -> list[Any]:
                found = await self.ask(read, which, keys)
                return [found.get(each) for each in keys]

            loader = self._loaders[what, which] = DataLoader(load_fn=load)
        return await loader.load(key)
