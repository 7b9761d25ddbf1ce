"""The description of the API for programs, and the page that people browse and try it on."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from models.database import UNAVAILABLE
from models.rules.policy import Action, Relation, Standing, authorise
from settings import Settings
from web.api.exactness import exact
from web.assets import asset
from web.auth.viewer import viewer_if_any
from web.rendering import render
from web.version import VERSION

DESCRIPTION = """
Record time, certify it, decide on it and read all of it, as the pages do: every command goes through the same
workflow, the same rules and the same transaction.

* **Who calls**: `Authorization: Bearer TOKEN`. `countersign token create --person STAFF_ID` prints a token.
* **Once**: every command takes an `Idempotency-Key`; the same call sent again with the same key happens once.
* **What was seen**: `ETag` and `If-Match` carry versions; decisions carry the digest of the content.
* **Lists** are `{"meta": {"next": …}, "items": […]}`; `next` goes into `after`.
* **Refusals**: fields as a list of `{"field", "message", "data"}`, everything else as `{"message", "code"}`.
* **Times** carry an offset; days are local to the person whose time it is.
* **The record** of who did what is read, and programs add to it, by GraphQL at `/graphql` with the same tokens.
"""

TAGS = [
    {"name": "Time entries", "description": "Periods of a person's time. Every change is a new version."},
    {"name": "Flex changes", "description": "Shifts that were changed at short notice."},
    {"name": "Notes", "description": "What is said about a day."},
    {"name": "Timesheets", "description": "Certify a period, and decide on it."},
    {"name": "Delegations", "description": "Who may decide in whose place, from when until when."},
    {"name": "Notifications", "description": "What the caller was told, and how they want to be told."},
    {"name": "Acts on behalf", "description": "What was done in whose place, and what that person says to it."},
    {"name": "Duty checks", "description": "Whether nobody decided on their own time, directly or otherwise."},
    {"name": "Seals", "description": "What proves that the ledger is as it was, and the keys to verify it with."},
    {"name": "Compliance", "description": "How far the settings meet what US government contractors are asked of."},
    {"name": "People", "description": "People, their roles and supervisors."},
    {"name": "Projects", "description": "What work is done for."},
    {"name": "Summaries", "description": "The approved work of many people on a project, kept as it stood."},
    {"name": "Time period types", "description": "What kinds of time there are, and which fields each has."},
    {"name": "Agreements", "description": "From when to when somebody's time counts, and what they are to work."},
    {"name": "Adjustments", "description": "What was given or taken by hand, for good."},
    {"name": "Accruals", "description": "What remains of each accrual type, day by day, and how somebody stands."},
    {"name": "Events", "description": "What other systems tell us, and what they are told."},
    {"name": "Webhooks", "description": "Addresses that events are posted to."},
]

STYLES = "style-src 'self' 'unsafe-inline'"
"""The library draws with inline styles; it runs no inline script."""


def install(app: FastAPI, settings: Settings) -> None:
    """Serve the description and its page."""

    def describe() -> dict[str, Any]:
        if not app.openapi_schema:
            described = get_openapi(
                title="Countersign",
                version=VERSION,
                description=DESCRIPTION,
                routes=app.routes,
                tags=TAGS,
                # First where the description was read: a browser may know this host by another name.
                servers=[{"url": "/"}, {"url": settings.base_url}],
            )
            app.openapi_schema = exact(described)
        return app.openapi_schema

    def openapi() -> Response:
        """The description of the API, for programs."""
        return JSONResponse(describe())

    def docs(request: Request) -> Response:
        """The description of the API, for people."""
        response = render(request, "api.html", page_title="API", asset=asset, may_explore=_may_explore(request))
        response.headers["Content-Security-Policy"] = content_policy(request.state.csp_nonce)
        return response

    app.openapi = describe  # type: ignore[method-assign]  # how FastAPI wants it replaced
    app.add_api_route("/openapi.json", openapi, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)


def _may_explore(request: Request) -> bool:
    """Whether somebody is signed in who may see the whole record. The page is there for everybody else as well."""
    try:
        viewer = viewer_if_any(request)
    except UNAVAILABLE:
        return False
    if viewer is None:
        return False
    return authorise(Action.AUDIT, Standing(viewer.person_id, viewer.roles, frozenset({Relation.SELF}))) is not None


def content_policy(nonce: str) -> str:
    """The page's own policy: the library's scripts by nonce, its inline styles, and our own API."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            STYLES,
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
