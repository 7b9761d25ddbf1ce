"""The description of the API made exact: what the library that writes it cannot know, or says otherwise than we do."""

import re
from collections.abc import Iterator
from typing import Any

from web.api.versions import IF_MATCH

_LIBRARYS_OWN = ("HTTPValidationError", "ValidationError")
"""Bodies of a status that we never answer."""

_HEADERS = {
    "201": ("Location", "Where it is."),
    "401": ("WWW-Authenticate", "By what one is known here."),
    "503": ("Retry-After", "Seconds until it is worth another try."),
}
"""What an answer of a status says beside its body."""


def exact(description: dict[str, Any]) -> dict[str, Any]:
    """The same description, with names people read, the headers of answers, and what is really required."""
    for operation in _operations(description):
        operation["summary"] = _words(operation["operationId"])
        operation["responses"] = dict(_responses(operation["responses"]))
        for parameter in operation.get("parameters", []):
            _tell_what_is_required(parameter)
    for name in _LIBRARYS_OWN:
        description["components"]["schemas"].pop(name, None)
    return description


def _operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in description["paths"].values():
        yield from path.values()


def _words(operation_id: str) -> str:
    """findTimeEntries: Find time entries."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", operation_id).capitalize()


def _responses(documented: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """In the order of their statuses, without the one that the library adds; each with its headers."""
    for status, response in sorted(documented.items()):
        if "HTTPValidationError" in str(response.get("content")):
            continue
        if status in _HEADERS:
            name, help_ = _HEADERS[status]
            response.setdefault("headers", {})[name] = {"description": help_, "schema": {"type": "string"}}
        yield status, response


def _tell_what_is_required(parameter: dict[str, Any]) -> None:
    """What may be left out is not thereby null, which a query cannot say; If-Match may not be left out."""
    parameter["required"] = parameter["required"] or parameter["name"] == IF_MATCH
    choices = [choice for choice in parameter["schema"].get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        parameter["schema"] = {**parameter["schema"], **choices[0]}
        del parameter["schema"]["anyOf"]
