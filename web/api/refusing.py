"""Refusals as programs get them: refused fields as a list, each with why and with what is in the way."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

PATHS = ("/resources/", "/commands/", "/events")
"""Where programs call."""

RECORD = "/graphql"
"""Where they read the record and add to it. The page to try that on is below it."""

UNSEEN = "There is no such thing, or you may not see it."
"""Said of everything that is not there for the caller, so that nobody can tell one cause from another."""

_WORDS = {
    "missing": "This is required.",
    "uuid_parsing": "Write an id such as 3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d.",
    "uuid_type": "Write an id such as 3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d.",
    "extra_forbidden": "There is no such field.",
}
"""Said better than the library says it."""


def is_for_programs(path: str) -> bool:
    """Whether an address is one of the API."""
    return path.startswith(PATHS) or path == RECORD


def answer_fields(fields: Iterable[Mapping[str, Any]], message: str = "") -> JSONResponse:
    """A refusal of fields; one that names no field is about the whole."""
    listed = [dict(each) for each in fields]
    return JSONResponse(listed or [{"field": "", "message": message, "data": []}], 400)


def fields_of(error: RequestValidationError) -> list[dict[str, Any]]:
    """What the library found wrong with a call, by the names that the caller used."""
    return [{"field": _name(each["loc"]), "message": _message(each), "data": []} for each in error.errors()]


def _name(location: Sequence[int | str]) -> str:
    """`actualStartTime`, or `0.value.version` within a list; the name of a query parameter or header."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _message(found: Mapping[str, Any]) -> str:
    words = _WORDS.get(found["type"]) or str(found["msg"]).removeprefix("Value error, ")
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
