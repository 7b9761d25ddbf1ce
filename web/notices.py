"""What a page says once about the command that led to it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from fastapi import Request, Response

COOKIE = "countersign_notice"
SECONDS_KEPT = 60
LONGEST = 300


def leave_notice(response: Response, text: str, tone: str = "ok", undo: UUID | None = None) -> None:
    """Let the next page say `text`. Nothing depends on it, so it is not signed; it is escaped like all text.

    `undo` is a timesheet whose approval may be taken back.
    """
    said = {"text": text[:LONGEST], "tone": tone} | ({"undo": str(undo)} if undo else {})
    value = urlsafe_b64encode(json.dumps(said).encode()).decode()
    response.set_cookie(COOKIE, value, max_age=SECONDS_KEPT, httponly=True, samesite="lax")


def take_notice(request: Request) -> dict[str, str] | None:
    """What the command before left to say; None when nothing did, or nobody can read it."""
    try:
        found = json.loads(urlsafe_b64decode(request.cookies.get(COOKIE, "").encode()))
        said = {"text": str(found["text"])[:LONGEST], "tone": "bad" if found["tone"] == "bad" else "ok"}
        return said | ({"undo": str(UUID(found["undo"]))} if "undo" in found else {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
