"""What HTMX says about a request; nothing else looks at its headers."""

from dataclasses import dataclass

from htmx_flask.requests import HtmxHeaders
from starlette.requests import Request

VARY = "HX-Request, HX-Request-Type"
"""Answers differ by these headers, so caches must too."""


@dataclass(frozen=True, slots=True)
class Htmx:
    """How the answer to a request will be used."""

    wants_part: bool
    """Only the region that changes, not a whole page."""
    current_path: str
    """The path in the browser's address bar; empty when HTMX does not say."""


def htmx(request: Request) -> Htmx:
    """Read a request's headers."""
    headers = HtmxHeaders(request.headers)
    partial = request.headers.get("HX-Request-Type") == "partial"
    _, _, here = (headers.current_url or "").partition("://")[2].partition("/")
    path = f"/{here}".partition("#")[0].partition("?")[0] if headers.current_url else ""
    return Htmx(bool(headers) and partial and not headers.history_restore_request, path)
