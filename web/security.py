"""What every answer carries so that a browser trusts nothing but us, and requests that nobody should read."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api.refusing import is_for_programs

LARGEST_BODY = 1024 * 1024
"""Bytes; a larger request is answered with 413."""

STATIC = "/static/"
"""Files that are the same for everybody; they say themselves how long they may be kept."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

TLS_ONLY = "max-age=31536000"
"""A year of TLS for this host; its neighbours are not ours to decide about."""


class Security:
    """Wraps the whole app: also the answer to a fault that nothing caught must carry these headers.

    The nonce of a response is in `request.state.csp_nonce`. What an answer says itself is left as it is.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = RequestBodyLimitMiddleware(app, LARGEST_BODY)
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["csp_nonce"] = nonce

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._secure(MutableHeaders(scope=message), scope["path"], nonce)
            await send(message)

        await self._answer_to(scope)(scope, receive, send_secured)

    def _answer_to(self, scope: Scope) -> ASGIApp:
        if _has_nul(scope):
            return _refusal(scope, 400, _UNREADABLE)
        return _refusal(scope, 413, TOO_LARGE) if _announced_size(scope) > LARGEST_BODY else self._app

    def _secure(self, headers: MutableHeaders, path: str, nonce: str) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", content_policy(nonce))
        if not path.startswith(STATIC):
            # A page is one person's, and the back button must not show it to the next one at this desk.
            headers.setdefault("Cache-Control", "no-store")
        if self._https:
            headers.setdefault("Strict-Transport-Security", TLS_ONLY)


def content_policy(nonce: str) -> str:
    """The content security policy of one response: its own scripts, by nonce, and nothing inline."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            "require-trusted-types-for 'script'",
            "trusted-types htmx",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


TOO_LARGE = "At most 1 MB can be sent at once. Nothing was saved."

_UNREADABLE = "This address holds a character that no text has. Nothing was saved."


def _refusal(scope: Scope, status: int, message: str) -> Response:
    if is_for_programs(scope["path"]):
        return JSONResponse({"message": message}, status)
    return PlainTextResponse(message, status)


def _has_nul(scope: Scope) -> bool:
    """PostgreSQL has no text with NUL, so nothing we have can be meant."""
    query = scope["query_string"]
    return "\0" in scope["path"] or b"\0" in query or b"%00" in query


def _announced_size(scope: Scope) -> int:
    """What the request says of its body; one that says nothing or lies is cut off while it is read."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isdecimal() and said.isascii() else 0
