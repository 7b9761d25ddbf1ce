"""Telling those who have subscribed of each transaction that adds to the record, as soon as it is committed.

The process's one connection that listens (`web.live`) hands the signals on. A signal says only which transaction it
was; what it said is read by whoever is told, as far as they may see it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from listening import Signal

MOST_WAITING = 1_000
"""Transactions that one subscriber has not taken yet; they are ended rather than told of some of them only."""

MOST_OF_ONE_TOKEN = 10
MOST_OF_ONE_PROCESS = 500

AT_ONCE = 100
"""Transactions that are read together."""


class Ended(Enum):
    """Why somebody is told nothing more."""

    REFUSED = "This token is no longer good for it."
    LOST = "Commits are not heard of at present. Subscribe again in a moment, and read what was recorded meanwhile."
    BEHIND = "More was recorded than you took. Subscribe again, and read what was recorded meanwhile."


class NoMore(Exception):
    """Somebody is told nothing more, or cannot be told at all; `why` says it in words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(eq=False, slots=True)
class Subscriber:
    """Somebody who is told of the transactions of one organisation."""

    tenant_id: UUID
    token: str
    """The hash of the token that they came with."""
    seconds_left: float
    """Until it expires."""
    _waiting: deque[UUID] = field(default_factory=deque)
    _ended: Ended | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, transaction_id: UUID) -> None:
        """There is one more."""
        if len(self._waiting) >= MOST_WAITING:
            self.end(Ended.BEHIND)
        elif self._ended is None:
            self._waiting.append(transaction_id)
            self._ready.set()

    def end(self, why: Ended) -> None:
        """Tell them nothing more."""
        self._ended = self._ended or why
        self._ready.set()

    async def transactions(self) -> AsyncIterator[list[UUID]]:
        """Transactions in the order of their commits, several at once if they came faster than they were taken.

        Raises `NoMore` at the end.
        """
        over = asyncio.get_running_loop().time() + self.seconds_left
        while True:
            try:
                async with asyncio.timeout_at(over):
                    await self._ready.wait()
            except TimeoutError:
                raise NoMore(Ended.REFUSED.value) from None
            if self._ended:
                raise NoMore(self._ended.value)
            taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            if not self._waiting:
                self._ready.clear()
            if taken:
                yield taken


@dataclass(eq=False, slots=True)
class Commits:
    """All subscribers of a process. Everything here happens on its event loop, and nothing waits."""

    _subscribers: dict[UUID, set[Subscriber]] = field(default_factory=dict)
    _of_token: Counter[str] = field(default_factory=Counter)
    _hears: bool = False

    def join(self, subscriber: Subscriber) -> None:
        """From here on they are told, until they leave. Raises `NoMore`."""
        if not self._hears:
            raise NoMore(Ended.LOST.value)
        if self._of_token[subscriber.token] >= MOST_OF_ONE_TOKEN:
            raise NoMore(f"One token is told of commits {MOST_OF_ONE_TOKEN} times at once.")
        if self._of_token.total() >= MOST_OF_ONE_PROCESS:
            raise NoMore("Too many are told of commits at present. Try again later.")
        self._subscribers.setdefault(subscriber.tenant_id, set()).add(subscriber)
        self._of_token[subscriber.token] += 1

    def leave(self, subscriber: Subscriber) -> None:
        """They take nothing more."""
        theirs = self._subscribers.get(subscriber.tenant_id, set())
        if subscriber not in theirs:
            return
        theirs.remove(subscriber)
        if not theirs:
            del self._subscribers[subscriber.tenant_id]
        self._of_token[subscriber.token] -= 1
        if not self._of_token[subscriber.token]:
            del self._of_token[subscriber.token]

    def hear(self, signal: Signal) -> None:
        """Hand a signal on to whom it concerns: a transaction, or a token that is revoked."""
        for subscriber in self._subscribers.get(signal.tenant_id, ()):
            if signal.transaction_id:
                subscriber.tell(signal.transaction_id)
            elif signal.session == subscriber.token:
                subscriber.end(Ended.REFUSED)

    def connected(self) -> None:
        """Signals are heard."""
        self._hears = True

    def lost(self) -> None:
        """Nobody must believe that they are told of everything while nothing is heard."""
        self._hears = False
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.end(Ended.LOST)
