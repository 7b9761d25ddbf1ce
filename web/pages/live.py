"""The stream of one open page: that there is something to look at, never what; and two small regions to look at."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from models.database import ReadSession
from models.reads.meanwhile import meanwhile
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_of_sheet
from models.rules.transitions import State
from web.auth.viewer import Viewer, watching_viewer
from web.live import Live, NoRoom, OpenPage
from web.pages.page import SignedIn, Template, Used, onlooker_of, show
from web.services import Services

router = APIRouter()

HEARTBEAT_SECONDS = 20.0
"""How often a stream says that it stands: proxies end connections on which nothing is said."""

SEND_SECONDS = 20.0
"""A reader that takes nothing for so long has its stream ended."""

RETRY_MILLISECONDS = 1_000

COUNTS = Template("partials/counts.html", "partials/counts.html")
STANDING = Template("partials/standing.html", "partials/standing.html")

Watching = Annotated[Viewer, Depends(watching_viewer)]


@router.get("/live")
async def live(viewer: Watching, request: Request, use: Used, timesheet: UUID | None = None) -> Response:
    """Events for one page, and for the timesheet that it shows. Raises `NotFound` for one that it may not show."""
    onlooker = onlooker_of(viewer)
    if timesheet:
        await run_in_threadpool(_require_seen, use, onlooker, timesheet)
    page = OpenPage(
        tenant_id=viewer.tenant_id,
        people=frozenset({onlooker.person_id, onlooker.acting_for_id or onlooker.person_id}),
        session=viewer.session_hash,
        timesheet_id=timesheet,
        seconds_left=viewer.seconds_left,
    )
    try:
        # A browser that had a stream before says where it stopped.
        use.live.join(page, again="Last-Event-ID" in request.headers)
    except NoRoom as full:
        return Response(status_code=full.status, headers={"Retry-After": str(full.seconds)})
    return Stream(use.live, page)


@router.get("/live/counts")
def counts(viewer: SignedIn, request: Request) -> Response:
    """The counts of the frame, for a page that heard that they changed."""
    return show(request, viewer, COUNTS, lambda _session, _onlooker: {})


@router.get("/inbox/{sheet_id}/standing")
def standing(
    sheet_id: UUID, viewer: SignedIn, request: Request, use: Used, state: State = State.SUBMITTED, digest: str = ""
) -> Response:
    """What became of a timesheet that somebody has open in this state, with the content of this digest."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return {"meanwhile": meanwhile(session, onlooker, sheet_id, state, digest, use.now())}

    return show(request, viewer, STANDING, read)


class Stream(EventSourceResponse):
    """The events of a page, for as long as somebody reads them."""

    def __init__(self, all_pages: Live, page: OpenPage) -> None:
        super().__init__(
            _events(page),
            sep="\n",
            ping=HEARTBEAT_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="here", sep="\n"),
            send_timeout=SEND_SECONDS,
        )
        self._all, self._page = all_pages, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them until one of both sides ends it; then the page is forgotten."""
        try:
            await super().__call__(scope, receive, send)
        except TimeoutError:
            pass  # the reader took nothing: its connection ends with the answer
        finally:
            self._all.leave(self._page)


async def _events(page: OpenPage) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(id="0", retry=RETRY_MILLISECONDS, comment="open", sep="\n")
    async for told, about in page.events():
        yield ServerSentEvent(event=told, data=about, sep="\n")


def _require_seen(use: Services, onlooker: Onlooker, sheet_id: UUID) -> None:
    with use.reading(onlooker) as session:
        circle_of_sheet(session, onlooker, sheet_of(session, sheet_id))
