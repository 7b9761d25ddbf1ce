"""Refusals and faults as answers: one table for the status, the same words for pages and programs."""

from collections.abc import Container, Mapping
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from models.database import UNAVAILABLE
from models.errors import (
    ActsUnanswered,
    AlreadyAnswered,
    AlreadyDecided,
    DomainError,
    Invalid,
    KeyReused,
    NotFound,
    NotViewed,
    NotYours,
    OwnTime,
    ReasonRequired,
    Removed,
    SealKeyChanged,
    Stale,
    Unavailable,
    Unconfirmed,
    Withdrawn,
    WrongState,
)
from models.reads.shown import FieldError
from web.api.caller import ScopeMissing
from web.api.refusing import UNSEEN, answer_fields, fields_of, is_for_programs
from web.api.versions import IfMatchMissing
from web.auth.csrf import posted_form
from web.auth.refusals import FormExpired, FromElsewhere, NotSignedIn, SignInRefused, Throttled
from web.htmx import htmx
from web.rendering import render
from web.security import TOO_LARGE

log = structlog.get_logger()

STATUS: Mapping[type[DomainError], int] = {
    NotFound: 404,
    NotYours: 403,
    ScopeMissing: 403,
    OwnTime: 403,
    Removed: 410,
    IfMatchMissing: 428,
    WrongState: 409,
    AlreadyDecided: 409,
    AlreadyAnswered: 409,
    NotViewed: 409,
    ActsUnanswered: 409,
    KeyReused: 409,
    SealKeyChanged: 409,
    Stale: 412,
    Invalid: 400,
    ReasonRequired: 400,
    Withdrawn: 503,
    Unavailable: 503,
    Unconfirmed: 503,
    NotSignedIn: 401,
    FromElsewhere: 403,
    FormExpired: 403,
    SignInRefused: 422,
    Throttled: 429,
}
"""The status of each refusal."""

TITLES: Mapping[int, str] = {
    400: "That cannot be accepted",
    403: "You may not do this",
    404: "There is no such page",
    405: "That is not possible here",
    409: "Something changed meanwhile",
    410: "It was removed",
    412: "Something changed meanwhile",
    413: "That is too large",
    401: "Please sign in",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Not available just now",
}
"""What a page about a status is called."""

WORDS: Mapping[int, str] = {
    404: "There is no such page, or you may not see it.",
    405: "This address is for something else. Nothing was saved.",
    413: TOO_LARGE,
    422: "This is no JSON that can be read. Nothing was saved.",
}
"""What a page says of a status that no refusal of ours explains."""

RETRY_AFTER = {"Retry-After": "5"}
"""Seconds a program should wait before it tries again."""

INTO_TOAST = {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML", "HX-Reselect": ".toast-card"}
"""What leaves the page as it is, with all that was typed, and says the refusal beside it."""

FORM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "startTime": ("start",),
    "endTime": ("finish",),
    "startAndEndTime": ("start", "finish"),
    "timePeriodTypeId": ("type_id",),
    "projectId": ("project_id",),
    "task": ("task",),
    "shiftType": ("shift_type",),
    "mealBreakMinutes": ("meal_break_minutes",),
    "reason": ("reason",),
    "certified": ("certified",),
    "authorisedBy": ("authorised_by",),
    "authorisedById": ("authorised_by",),
}
"""Where on a form the fields of the API stand."""


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal."""
    return STATUS.get(type(error), 400)


def form_errors(error: DomainError, fields: Container[str]) -> dict[str, FieldError]:
    """A refusal as errors beside those of its fields that a form has; the key '' is the form as a whole."""
    if isinstance(error, ReasonRequired) and "reason" in fields:
        return {"reason": FieldError("reason", error.message)}
    found = {}
    for each in error.data.get("errors", []):
        for name in FORM_FIELDS.get(each["field"], (each["field"],)):
            beside = name if name in fields else ""
            found[beside] = FieldError(beside, each["message"], tuple(each["data"]))
    return found or {"": FieldError("", error.message)}


def install(app: FastAPI) -> None:
    """Let the app answer refusals and faults with a page that says what happened and what happens next."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(DomainError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _not_understood)
    for fault in UNAVAILABLE:
        app.add_exception_handler(fault, _database)
    app.add_exception_handler(Exception, _unexpected)


async def _not_signed_in(request: Request, error: Exception) -> Response:
    """People are sent to the sign-in page, and back to where they were or wanted to go; programs are told."""
    if _wants_json(request):
        return await _refused(request, error)
    asked = htmx(request)
    wanted = asked.current_path if asked.wants_part else request.url.path if request.method == "GET" else ""
    address = f"/sign-in?{urlencode({'next': wanted})}" if wanted not in ("", "/") else "/sign-in"
    if asked.wants_part:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    if isinstance(error, Invalid) and is_api(request):
        return answer_fields(error.data["errors"], error.message)
    message = UNSEEN if isinstance(error, NotFound) and is_api(request) else error.message
    return await _answer(request, status_of(error), message, code=error.code, **error.data)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # The framework's own 400 is said of a body that it could not read at all.
    status = 422 if error.status_code == 400 and is_api(request) else error.status_code
    response = await _answer(request, status, WORDS.get(status, str(error.detail)))
    response.headers.update(error.headers or {})
    if status == 405:
        response.headers["Allow"] = _allowed_at(request)
    return response


def _allowed_at(request: Request) -> str:
    """Every verb of an address; the framework names those of one of its routes only."""
    routes = iter_route_contexts(request.app.routes)
    here = [route.methods or () for route in routes if route.path_regex.match(request.url.path)]
    return ", ".join(sorted({method for methods in here for method in methods}))


async def _not_understood(request: Request, error: Exception) -> Response:
    """An id that is none leads as far as the id of nothing; to programs every field is named."""
    assert isinstance(error, RequestValidationError)
    in_path = any(each["loc"][0] == "path" for each in error.errors())
    if in_path or not is_api(request):
        return await _refused(request, NotFound(WORDS[404]))
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return await _answer(request, 422, WORDS[422])
    return answer_fields(fields_of(error))


async def _database(request: Request, error: Exception) -> Response:
    log.error("database fault", path=request.url.path, error=type(error).__name__)
    saved = "The page cannot be read" if request.method in ("GET", "HEAD") else "Nothing was saved just now"
    return await _answer(request, 503, f"{saved}: the database does not answer. Try again in a moment.")


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected fault", path=request.url.path, exc_info=error)
    return await _answer(request, 500, "The fault was noted. Nothing was saved unless the page says so.")


async def _answer(request: Request, status: int, message: str, **data: object) -> Response:
    headers = RETRY_AFTER if status == 503 else {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if _wants_json(request):
        return JSONResponse({"message": message, **data}, status, headers=headers)
    if htmx(request).wants_part:
        part = render(request, "partials/problem.html", status=status, message=message)
        part.headers.update(headers | INTO_TOAST)
        return part
    title = TITLES.get(status, TITLES[500])
    sent = await _sent(request) if status == 503 else {}
    context = {"page_title": title, "status_code": status, "message": message, "sent": sent}
    response = render(request, "error.html", status=status, **context)
    response.headers.update(headers)
    return response


async def _sent(request: Request) -> dict[str, str]:
    """The form that came, to be sent again as it is; what holds a password is never shown."""
    try:
        form = await posted_form(request) if request.method == "POST" else {}
    except HTTPException:
        return {}
    return {} if "password" in form else form


def is_api(request: Request) -> bool:
    """Whether a request is a program's."""
    return is_for_programs(request.url.path)


def _wants_json(request: Request) -> bool:
    return is_api(request) or request.headers.get("accept", "").startswith("application/json")
