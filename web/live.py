"""The open pages of this web process, told of what concerns them as soon as it is committed.

One connection listens for all of them (`listening`). A signal is handed on in memory: it costs no query, however many
pages are open. What a page is told is only that there is something to look at; it then fetches the regions concerned,
and sees what its person may see.

How a page takes part, so that who rebuilds one keeps it:

* `base.html` puts `partials/live.html` into `#live` for whoever is signed in: the one stream of a page (`GET /live`).
  With `review` in its context it names that timesheet; `partials/updates.html` exchanges it when another one opens.
* Events bubble to `#live`, so a region refreshes itself with
  `hx-get="…" hx-swap="outerMorph" {{ ui.on_live("inbox") }}`: on `inbox`, and on `refresh`, which says that events may
  have been missed. Morphing keeps focus, selection and what is typed; rows of a list need ids for it.
* `inbox`: what waits for this person may have changed (the list of the inbox, the count in the frame).
  `notification`: they were told something. `sheet`: the timesheet that they have open changed
  (`partials/standing.html` in the review).
* `{{ ui.live_dot() }}` shows whether the stream stands.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from listening import Signal, listening
from models.store.signals import RECORDED
from web.graphql.commits import Commits

HEARD_AGAIN_SECONDS = 5.0
"""What was signalled so shortly before a stream opened may have come after its page was read."""

HEARD_AGAIN_AT_MOST = 1_000

PAUSE_SECONDS = 0.5
"""Between two events of one stream: a hundred decisions at once are a few fetches."""

PAGES_OF_ONE_SESSION = 20
"""Browsers close the streams of tabs that nobody looks at, so nobody comes near this."""


class Told(StrEnum):
    """The events of a stream."""

    INBOX = "inbox"
    NOTIFICATION = "notification"
    SHEET = "sheet"
    REFRESH = "refresh"
    SIGNED_OUT = "signed-out"


TO_PEOPLE = frozenset({Told.INBOX, Told.NOTIFICATION})
"""Signals that are handed on to the people whom they name; all others say only that a timesheet changed."""

SESSION = "session"

ANYTHING = "all"
"""Instead of an id, when there is none to tell."""


class NoRoom(Exception):
    """No further page can be kept up to date now; `seconds` says when it may be tried again."""

    def __init__(self, status: int, seconds: int) -> None:
        super().__init__()
        self.status, self.seconds = status, seconds


@dataclass(eq=False, slots=True)
class OpenPage:
    """One page that is told. Of each kind of event the latest waits, so a slow reader holds up and uses nothing."""

    tenant_id: UUID
    people: frozenset[UUID]
    """Its viewer, and for whom they act."""
    session: str
    timesheet_id: UUID | None = None
    seconds_left: float = 0.0
    """Until its session ends when nobody uses it."""
    _waiting: dict[Told, str] = field(default_factory=dict)
    _ended: bool = False
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, told: Told, about: str = ANYTHING) -> None:
        """Let it know, as soon as it takes what it is told."""
        self._waiting[told] = about
        self._ready.set()

    def end(self) -> None:
        """Tell it what waits, and nothing more. Its browser opens another stream, and is asked who it is."""
        self._ended = True
        self._ready.set()

    async def events(self) -> AsyncIterator[tuple[Told, str]]:
        """What it is told, until it is ended or its session is over."""
        over = asyncio.get_running_loop().time() + self.seconds_left
        while await self._is_told_by(over):
            self._ready.clear()
            waiting, self._waiting = self._waiting, {}
            for told, about in waiting.items():
                yield told, about
            if self._ended:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _is_told_by(self, over: float) -> bool:
        try:
            async with asyncio.timeout_at(over):
                await self._ready.wait()
        except TimeoutError:
            return False
        return True


@dataclass(eq=False, slots=True)
class Live:
    """All open pages of a process. Everything here happens on its event loop, and nothing waits."""

    database_url: str
    at_most: int
    """Pages open at once."""
    commits: Commits = field(default_factory=Commits)
    """Those who are told what is added to the record."""
    _pages: dict[UUID, set[OpenPage]] = field(default_factory=dict)
    _of_session: Counter[str] = field(default_factory=Counter)
    _lately: deque[tuple[float, Signal]] = field(default_factory=lambda: deque(maxlen=HEARD_AGAIN_AT_MOST))
    _hears: bool = False

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Hear signals for as long as the block runs; at its end all streams end."""
        try:
            async with listening(self.database_url, self.hear, self._connected, self._lost):
                yield
        finally:
            self._lost()

    @property
    def pages(self) -> int:
        """How many are open."""
        return self._of_session.total()

    def join(self, page: OpenPage, *, again: bool = False) -> None:
        """From here on this page is told, until it leaves. Raises `NoRoom`.

        `again` is for one that lost its stream: it refreshes itself, since nobody knows what it missed.
        """
        if not self._hears:
            raise NoRoom(503, 5)
        if self._of_session[page.session] >= PAGES_OF_ONE_SESSION:
            raise NoRoom(429, 30)
        if self.pages >= self.at_most:
            raise NoRoom(503, 30)
        self._pages.setdefault(page.tenant_id, set()).add(page)
        self._of_session[page.session] += 1
        for signal in self._heard_lately():
            _hand_on(signal, page)
        if again:
            page.tell(Told.REFRESH)

    def leave(self, page: OpenPage) -> None:
        """Nobody reads this one's events any more."""
        theirs = self._pages.get(page.tenant_id, set())
        if page not in theirs:
            return
        theirs.remove(page)
        if not theirs:
            del self._pages[page.tenant_id]
        self._of_session[page.session] -= 1
        if not self._of_session[page.session]:
            del self._of_session[page.session]

    def hear(self, signal: Signal) -> None:
        """Hand a signal on to whom it concerns."""
        self.commits.hear(signal)
        if signal.what == RECORDED:
            return
        self._lately.append((_now(), signal))
        for page in self._pages.get(signal.tenant_id, ()):
            _hand_on(signal, page)

    def _heard_lately(self) -> Iterator[Signal]:
        since = _now() - HEARD_AGAIN_SECONDS
        return (signal for heard_at, signal in self._lately if heard_at >= since)

    def _connected(self) -> None:
        self._hears = True
        self.commits.connected()

    def _lost(self) -> None:
        """Pages must not seem live while nothing is heard. Those that come back refresh themselves."""
        self._hears = False
        self.commits.lost()
        for pages in self._pages.values():
            for page in pages:
                page.end()


def _hand_on(signal: Signal, page: OpenPage) -> None:
    if signal.what == SESSION:
        if signal.session == page.session:
            page.tell(Told.SIGNED_OUT)
            page.end()
        return
    sheet = str(signal.timesheet_id) if signal.timesheet_id else ANYTHING
    if signal.what in TO_PEOPLE:
        if signal.people is None:
            page.tell(Told(signal.what))  # not all of them may know which timesheet it is about
        elif signal.people & page.people:
            page.tell(Told(signal.what), sheet)
    if signal.what != Told.NOTIFICATION and signal.timesheet_id and signal.timesheet_id == page.timesheet_id:
        page.tell(Told.SHEET, sheet)


def _now() -> float:
    return asyncio.get_running_loop().time()
