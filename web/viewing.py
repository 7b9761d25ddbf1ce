"""Recording who looked: what a request has opened is said to the record before it is shown.

The one place that does it, for pages, exports and calls alike. What is opened is noted by whatever reads it
(`models/reads/opened.py`): a timesheet or a summary, by whoever is not its owner. Of an auditor everything else that
they open is recorded as well, by its address. While the database is away the page is shown all the same.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.database import command_transaction
from models.reads.opened import noting
from models.rules.days import local_date
from models.rules.policy import Role
from models.rules.statements import Agent
from models.rules.viewing import address_seen, question_seen, sitting_of
from models.store.looks import remember_look
from models.store.views import Looker, Opened, record_opened, record_page
from web.api.caller import Caller
from web.auth.tokens import Holder
from web.auth.viewer import REFRESH_HEADER, Viewer
from web.services import Services

log = structlog.get_logger()

_REGION = re.compile(r"/live(/.*)?|/notifications/bell|/inbox/[^/]+/standing|/static/.*")
"""Small parts of a page that is open already, and what holds nobody's time."""

QUESTIONS = frozenset({"/graphql", "/graphql/explore"})
"""Where the record is asked with POST."""

SUBSCRIPTION = "/graphql subscription { commitNotifications }"
"""What is said of whoever is told of commits, whatever fields they ask for."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks at what, as far as it is to be recorded."""

    by: Looker
    opened: tuple[Opened, ...]
    page: str | None
    submission_id: UUID | None
    """The submission of which they are told later what changed since."""


class Viewings:
    """Wraps the application: nothing that is opened is shown before it is recorded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at its answer if it may open something."""
        if scope["type"] != "http" or not _may_open(scope):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        with noting() as opened:

            async def send_recorded(message: Message) -> None:
                if message["type"] == "http.response.start" and message["status"] == 200:
                    looking = _looking(scope, state, tuple(opened.values()))
                    if looking:
                        await run_in_threadpool(_record, scope["app"].state.services, looking)
                await send(message)

            await self._app(scope, receive, send_recorded)


def _may_open(scope: Scope) -> bool:
    if scope["method"] == "POST":
        return scope["path"] in QUESTIONS
    return scope["method"] == "GET" and not _REGION.fullmatch(scope["path"])


def _looking(scope: Scope, state: dict[str, Any], opened: tuple[Opened, ...]) -> Looking | None:
    found = _who(state)
    if found is None:
        return None
    by, roles = found
    is_auditor = Role.AUDITOR in roles
    # Whoever is audited by what they open cannot say that they did not look at it.
    if not is_auditor and _looks_by_itself(Headers(scope=scope)):
        return None
    page = _page(scope, state) if is_auditor and not opened else None
    looked = state.get("submission_opened")
    looking = Looking(by, opened, page, looked if isinstance(looked, UUID) else None)
    return looking if looking.opened or looking.page or looking.submission_id else None


def _page(scope: Scope, state: dict[str, Any]) -> str:
    match state.get("asked"):
        case [(document, variables), *_]:
            return question_seen(scope["path"], document, variables)
    return address_seen(scope["path"], scope["query_string"].decode("latin-1"))


def _who(state: dict[str, Any]) -> tuple[Looker, frozenset[Role]] | None:
    match state.get("viewer") or state.get("caller"):
        case Viewer() as viewer:
            sitting = sitting_of(viewer.session_hash, viewer.acting_for_id)
            agent = Agent(viewer.staff_id, viewer.name)
            return Looker(viewer.tenant_id, viewer.person_id, agent, sitting), viewer.roles
        case Caller() as caller:
            return _program(caller, caller.at), caller.roles
    return None


def _program(of: Caller | Holder, at: datetime) -> Looker:
    """Whose token a program has; a sitting of it is a day."""
    sitting = sitting_of(of.token_id, local_date(at, of.zone))
    return Looker(of.tenant_id, of.person_id, Agent(of.staff_id, of.name), sitting)


def _looks_by_itself(headers: Headers) -> bool:
    """A page that asks again by itself, or one that is fetched before anybody wants it."""
    purpose = headers.get("sec-purpose") or headers.get("purpose") or headers.get("x-moz") or ""
    return REFRESH_HEADER in headers or "prefetch" in purpose


def record_subscription(engine: Engine, holder: Holder, at: datetime) -> UUID | None:
    """Of an auditor who is told of commits that is recorded as well; the transaction that says so."""
    if Role.AUDITOR not in holder.roles:
        return None
    try:
        with command_transaction(engine, holder.tenant_id) as session:
            return record_page(session, _program(holder, at), SUBSCRIPTION, at)
    except SQLAlchemyError as away:
        log.warning("view not recorded", error=type(away).__name__, person_id=str(holder.person_id))
        return None


def _record(use: Services, looking: Looking) -> None:
    try:
        with command_transaction(use.engine, looking.by.tenant_id) as session:
            if looking.submission_id:
                remember_look(session, looking.by.person_id, looking.submission_id)
            record_opened(session, looking.by, looking.opened, use.now())
            if looking.page:
                record_page(session, looking.by, looking.page, use.now())
    except SQLAlchemyError as away:
        log.warning("view not recorded", error=type(away).__name__, person_id=str(looking.by.person_id))
