"""`/graphql/explore`: a page on which whoever may see the whole record asks it questions, with their sign-in.

It only reads: the schema that it asks has nothing that could change something.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from models.database import ReadSession
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from web.api.refusing import RECORD
from web.auth.csrf import posted_form
from web.auth.viewer import Viewer
from web.graphql.route import answering_for
from web.graphql.schema import reading_schema
from web.pages.page import SignedIn, Template, Used, show
from web.services import Services

ADDRESS = f"{RECORD}/explore"

EXPLORE = Template("explore.html", "explore.html")

STYLES = "style-src 'self' 'unsafe-inline'"
"""The editor places its cursor and its lines with inline styles; no script of the page is inline."""

EXAMPLE = """{
  activityTimeline(activityTypes: [ApproveActivity, RejectActivity], first: 5) {
    nodes {
      ... on ApproveActivity {
        externalId
        started
        recordedBy
      }
      ... on RejectActivity {
        externalId
        started
        reasonAttribute
      }
    }
  }
}
"""

router = APIRouter()


async def asked_in(request: Request) -> dict[str, Any]:
    """What is asked: as JSON by the editor, as a form without it. What is neither asks nothing."""
    if not request.headers.get("Content-Type", "").startswith("application/json"):
        return dict(await posted_form(request))
    try:
        said = json.loads(await request.body())
    except ValueError:
        return {}  # it may also be no text at all
    return said if isinstance(said, dict) else {}


Question = Annotated[dict[str, Any], Depends(asked_in)]


@router.get(ADDRESS)
def explore(viewer: SignedIn, request: Request) -> Response:
    """The page."""
    return _page(request, viewer, EXAMPLE, None)


@router.post(ADDRESS)
async def ask(viewer: SignedIn, question: Question, request: Request, use: Used) -> Response:
    """The answer to a question: to the editor as it is, and without it below the question."""
    onlooker = Onlooker(viewer.tenant_id, viewer.person_id)
    await run_in_threadpool(_require, use, onlooker)
    document, variables = question.get("query"), question.get("variables")
    answer = await _answer(
        request,
        onlooker,
        document if isinstance(document, str) else "",
        variables if isinstance(variables, dict) else {},
        str(question.get("operationName") or "") or None,
    )
    if request.headers.get("Content-Type", "").startswith("application/json"):
        return JSONResponse(answer)
    shown = json.dumps(answer, indent=2, ensure_ascii=False)
    return await run_in_threadpool(_page, request, viewer, str(document or ""), shown)


def _page(request: Request, viewer: Viewer, document: str, answer: str | None) -> Response:
    def read(session: ReadSession, _onlooker: Onlooker) -> dict[str, Any]:
        require(session, Onlooker(viewer.tenant_id, viewer.person_id), Action.AUDIT)
        return {"page_title": "Ask the record", "document": document, "answer": answer}

    response = show(request, viewer, EXPLORE, read)
    response.headers["Content-Security-Policy"] = content_policy(request.state.csp_nonce)
    return response


def content_policy(nonce: str) -> str:
    """The page's own policy: what every page has, but for the editor's styles."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            STYLES,
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _require(use: Services, onlooker: Onlooker) -> None:
    with use.reading(onlooker) as session:
        require(session, onlooker, Action.AUDIT)


async def _answer(
    request: Request, onlooker: Onlooker, document: str, variables: dict[str, Any], operation: str | None
) -> dict[str, Any]:
    if not document.strip():
        return _refused("Nothing is asked. Write a question in GraphQL, such as the one that this page begins with.")
    context = answering_for(request, onlooker, frozenset())
    try:
        found = await reading_schema.execute(
            document, variables, context, None, operation, allowed_operation_types={OperationType.QUERY}
        )
    except InvalidOperationTypeError:
        return _refused("Here the record is only read. Programs add to it with a token, at /graphql.")
    except CannotGetOperationTypeError:
        return _refused("There is no operation of this name, or it is not said which of several is meant.")
    finally:
        await context.close()
    return _told(found)


def _told(found: ExecutionResult) -> dict[str, Any]:
    errors = {"errors": [error.formatted for error in found.errors]} if found.errors else {}
    return {"data": found.data, **errors}


def _refused(words: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"message": words}]}
