"""Only our own pages change things: a token that no other site can read, and the origin a browser tells."""

import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData

from web.auth.refusals import FormExpired, FromElsewhere

FIELD = "csrf"
"""The form's hidden field."""

HEADER = "X-CSRF-Token"
"""The header that scripts send instead."""

TOKEN_BYTES = 32

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing and need no token."""

_OWN = frozenset({"same-origin", "none"})


def session_token(secret: bytes, session_hash: str) -> str:
    """The token of the forms shown in a session."""
    return _sign(secret, "session", session_hash)


def sign_in_token(secret: bytes, form_cookie: str) -> str:
    """The token of a sign-in form, bound to the cookie given with it, as there is no session yet.

    Without it another site could sign a person in as somebody else, who then reads what they record.
    """
    return _sign(secret, "sign-in", form_cookie)


def mail_token(secret: bytes, form_cookie: str, link_hash: str) -> str:
    """The token of the forms on the page behind a link in a mail, bound to the cookie given with it and the link."""
    return _sign(secret, "mail", f"{form_cookie}:{link_hash}")


async def posted_form(request: Request) -> dict[str, str]:
    """The fields of a posted form, files left out; of a name that comes twice, the last.

    It checks nothing: `current_viewer` does. Halves of characters, which some encodings can smuggle in and
    nothing can store or show, become question marks.
    """
    form: FormData = await request.form()
    return {_whole(name): _whole(value) for name, value in form.items() if isinstance(value, str)}


async def require_token(request: Request, expected: str) -> None:
    """Raises `FormExpired` unless the header or the form carries the token."""
    given = request.headers.get(HEADER) or (await posted_form(request)).get(FIELD, "")
    require_same_token(given, expected)


def require_same_token(given: str, expected: str) -> None:
    """Raises `FormExpired` for another token. It takes as long however much of it is right."""
    if not hmac.compare_digest(unmasked(given).encode(errors="replace"), expected.encode()):
        raise FormExpired


def masked(token: str) -> str:
    """A token as a page shows it: written otherwise each time, since pages are compressed, and how well a page is
    compressed would tell which of a guessed token's characters stand in it."""
    if not token:
        return ""
    secret = bytes.fromhex(token)
    pad = secrets.token_bytes(len(secret))
    return (pad + _either(pad, secret)).hex()


def unmasked(given: str) -> str:
    """What `masked` was given; anything else as it is."""
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return given
    half = TOKEN_BYTES
    return _either(both[:half], both[half:]).hex() if len(both) == 2 * half else given


def _either(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def require_same_origin(request: Request, base_url: str) -> None:
    """Raises `FromElsewhere` when the browser says that another site sent this.

    `Origin` counts, then `Referer`. A browser sends one of them with each form, so a request with neither
    is no browser's on behalf of another site; it still needs the token.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _OWN:
        raise FromElsewhere
    source = request.headers.get("Origin") or request.headers.get("Referer")
    own = {_origin(base_url), _origin(f"{request.url.scheme}://{request.headers.get('Host', '')}")}
    if source is not None and _origin(source) not in own - {None}:
        raise FromElsewhere


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()


def _sign(secret: bytes, purpose: str, value: str) -> str:
    return hmac.digest(secret, f"csrf:{purpose}:{value}".encode(errors="replace"), "sha256").hex()


def _origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None when there is none, such as for the opaque origin `null`."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
