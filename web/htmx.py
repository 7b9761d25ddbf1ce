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
    current_path: str | None
    """The path in the browser's address bar."""


def htmx(request: Request) -> Htmx:
    """Read a request's headers."""
    headers = HtmxHeaders(request.headers)
    partial = request.headers.get("HX-Request-Type") == "partial"
    return Htmx(bool(headers) and partial and not headers.history_restore_request, headers.current_url)
