"""The sign-in page, and the way out."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from models.errors import DomainError
from models.reads.shown import FieldError
from settings import Settings
from web.auth import cookies, csrf, demo
from web.auth.local_paths import local_path
from web.auth.refusals import FormExpired, SignInRefused, Throttled
from web.auth.sessions import end_session
from web.auth.sign_in import Credentials, secret_of, sign_in
from web.auth.viewer import Viewer, current_viewer, viewer_if_any
from web.htmx import htmx
from web.rendering import render
from web.services import services

router = APIRouter(include_in_schema=False)

SIGN_IN = "/sign-in"

Posted = Annotated[dict[str, str], Depends(csrf.posted_form)]
SignedIn = Annotated[Viewer, Depends(current_viewer)]

_STATUS: dict[type[DomainError], int] = {FormExpired: 403, SignInRefused: 422, Throttled: 429}


@router.get(SIGN_IN)
def show_sign_in(request: Request) -> Response:
    """The form; whoever is signed in already goes on to where they wanted to."""
    onward = request.query_params.get("next")
    if viewer_if_any(request):
        return _go(request, local_path(onward))
    return _show(request, {"next": onward or ""})


@router.post(SIGN_IN)
def sign_in_by_form(request: Request, form: Posted) -> Response:
    """Sign in with `staff_id` and `password`, then go on to `next`."""
    used = services(request)
    csrf.require_same_origin(request, used.settings.base_url)
    try:
        _require_own_form(request, used.settings, form)
        given = _credentials(request, form)
        begun = sign_in(used.engine, used.settings, given, _token(request, used.settings))
    except (FormExpired, SignInRefused, Throttled) as refusal:
        return _show(request, form, refusal)
    response = _go(request, local_path(form.get("next")))
    cookies.SESSION.give(response, used.settings, begun.token)
    cookies.FORM.take_back(response, used.settings)
    return response


@router.post("/sign-out")
def sign_out(request: Request, _: SignedIn) -> Response:
    """End this browser's session."""
    used = services(request)
    token = _token(request, used.settings)
    if token:
        end_session(used.engine, token)
    response = _go(request, SIGN_IN)
    cookies.SESSION.take_back(response, used.settings)
    return response


def _show(request: Request, form: dict[str, str], refusal: DomainError | None = None) -> Response:
    """The form with what was typed except the password, and why it led nowhere."""
    settings = services(request).settings
    form_cookie = cookies.FORM.read(request, settings) or secrets.token_urlsafe(32)
    response = render(
        request,
        "sign_in.html",
        status=_STATUS[type(refusal)] if refusal else 200,
        page_title="Sign in",
        errors={"": FieldError("", refusal.message)} if refusal else {},
        form={"staff_id": form.get("staff_id", "")},
        throttled=refusal.seconds if isinstance(refusal, Throttled) else None,
        next=local_path(form.get("next")),
        demo=not settings.production,
        demo_accounts=() if settings.production else demo.ACCOUNTS,
        demo_password="" if settings.production else demo.PASSWORD,
        csrf_token=csrf.masked(csrf.sign_in_token(secret_of(settings), form_cookie)),
    )
    cookies.FORM.give(response, settings, form_cookie)
    if isinstance(refusal, Throttled):
        response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _require_own_form(request: Request, settings: Settings, form: dict[str, str]) -> None:
    form_cookie = cookies.FORM.read(request, settings)
    if form_cookie is None:
        raise FormExpired
    csrf.require_same_token(form.get(csrf.FIELD, ""), csrf.sign_in_token(secret_of(settings), form_cookie))


def _credentials(request: Request, form: dict[str, str]) -> Credentials:
    address = request.client.host if request.client else ""
    return Credentials(form.get("staff_id", ""), form.get("password", ""), address)


def _token(request: Request, settings: Settings) -> str | None:
    return cookies.SESSION.read(request, settings)


def _go(request: Request, address: str) -> Response:
    """To another page as a whole: HTMX would put it into the region that asked."""
    if htmx(request).wants_part:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
