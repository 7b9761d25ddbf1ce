"""Versions in headers: a weak ETag on what has one, and If-Match on what changes it."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from models.errors import DomainError

IF_MATCH = "If-Match"

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


class IfMatchMissing(DomainError):
    """Whoever changes something has to say which version they saw."""

    code = "if_match_missing"


def etag(version: int) -> str:
    """The weak ETag of a version."""
    return f'W/"{version}"'


def mark(response: Response, version: int) -> None:
    """Say the version of what is answered."""
    response.headers["ETag"] = etag(version)


def seen_version(
    if_match: Annotated[
        str | None,
        Header(
            alias=IF_MATCH, description='The ETag of the version that was seen, such as `W/"3"`.', examples=['W/"3"']
        ),
    ] = None,
) -> int:
    """The version that the caller saw; one that nobody can have seen is 0. Raises `IfMatchMissing`."""
    if if_match is None or not if_match.strip():
        raise IfMatchMissing("Say by If-Match which version you saw: its ETag.")
    found = _ETAG.fullmatch(if_match.strip())
    return int(found[1]) if found else 0


Seen = Annotated[int, Depends(seen_version)]
