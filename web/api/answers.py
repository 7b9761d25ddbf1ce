"""What the API answers when it does not do what was asked: one shape for refusals, one for fields, in OpenAPI too."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Refusal(BaseModel):
    """A call that was refused; nothing was saved."""

    model_config = ConfigDict(extra="allow")

    message: str = Field(examples=["This timesheet is submitted. Its content stays as certified until it is decided."])
    code: str | None = Field(None, examples=["wrong_state"], description="What programs may rely on.")
    state: str | None = Field(None, examples=["submitted"], description="Where the timesheet stands now.")


class FieldRefused(BaseModel):
    """Why one field cannot be accepted."""

    model_config = ConfigDict(extra="allow")

    field: str = Field(examples=["startTime"])
    message: str = Field(examples=["Time periods must not overlap with another time period"])
    data: list[Any] = Field(default_factory=list, description="For an overlap the entries in the way.")


_WORDS = {
    400: "Fields that cannot be accepted, each with why; or, as an object, a reason that is missing.",
    401: "No token, or one that is not good any more.",
    403: "You see it and may not do this to it, or the token is not meant for it.",
    404: "There is no such thing, or you may not see it.",
    409: "It does not fit the state of the timesheet, or the idempotency key was used for something else.",
    410: "The entry was removed; its versions are still readable.",
    412: "It changed since you saw it.",
    413: "More than 1 MB.",
    422: "This is no JSON.",
    428: "If-Match is missing.",
    503: "A part of the system does not answer; nothing was saved. Send it again after `Retry-After` seconds.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route documents: those named, and those that every route knows."""
    return {status: _refusal(status) for status in sorted({401, 403, 503, *statuses})}


def _refusal(status: int) -> dict[str, Any]:
    model: Any = list[FieldRefused] | Refusal if status == 400 else Refusal
    return {"model": model, "description": _WORDS[status]}


READING = refusals(400, 404)
RECORDING = refusals(400, 404, 409, 413, 422)
CHANGING = refusals(400, 404, 409, 410, 412, 413, 422, 428)
DECIDING = refusals(400, 404, 409, 412, 413, 422)
