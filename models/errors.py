"""One small error class per business fact; `web/errors.py` maps each to a status and words.

Every class says in its message what is so and what to do. `code` is what programs rely on. The data of an
error travels through Temporal as JSON, so it holds only strings, numbers, lists and dictionaries.
"""

from typing import Any, ClassVar

from models.rules.transitions import State


class DomainError(Exception):
    """A refusal for a business reason. Nothing was saved."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = data


class NotFound(DomainError):
    """There is no such thing, or the viewer may not know of it: both look the same."""

    code = "not_found"


class Removed(DomainError):
    """There was such an entry; its versions are still readable."""

    code = "removed"


class NotYours(DomainError):
    """The person sees it and may not do this to it."""

    code = "not_yours"


class OwnTime(DomainError):
    """Nobody decides on their own time."""

    code = "own_time"


class WrongState(DomainError):
    """The command does not fit the state of the timesheet. Data: `state`."""

    code = "wrong_state"

    @classmethod
    def of(cls, state: State) -> "WrongState":
        """The refusal of a command that does not fit, with what to do instead."""
        return cls(f"This timesheet is {state.value}. {_INSTEAD[state]}", state=state.value)


_INSTEAD = {
    State.DRAFT: "It has to be submitted first.",
    State.SUBMITTED: "Its content stays as certified until it is decided or recalled.",
    State.APPROVED: "Revise it to change anything.",
    State.REJECTED: "Revise it, then submit it again.",
    State.LOCKED: "An administrator can unlock it.",
}


class AlreadyDecided(DomainError):
    """Somebody else decided first. Data: `decidedBy`, `decidedAt`, `decision`, `state`."""

    code = "decided"


class AlreadyAnswered(DomainError):
    """The owner of the time has said something else to this act before. Data: `verdict`."""

    code = "answered"


class Stale(DomainError):
    """The content or version shown is no longer the present one. Data: `state`, `digest` or `version`."""

    code = "stale"


class KeyReused(DomainError):
    """The command id was used before for something else."""

    code = "key_reused"


class SealKeyChanged(DomainError):
    """Seals cannot be signed: the secret of the installation is another one than their key follows from."""

    code = "seal_key_changed"


class ReasonRequired(DomainError):
    """This act is only accepted with a reason."""

    code = "reason_required"


class Invalid(DomainError):
    """What was typed cannot be accepted. Data: `errors`, a list of `{field, message, data}`."""

    code = "invalid"

    @classmethod
    def field(cls, name: str, message: str, data: list[Any] | None = None) -> "Invalid":
        """A refusal of one field."""
        return cls(message, errors=[{"field": name, "message": message, "data": data or []}])


class FutureWork(Invalid):
    """Work on a project is recorded once it is done, not ahead. Data: `errors`, as of `Invalid`, with `code`."""

    code = "future_work"

    @classmethod
    def field(cls, name: str, message: str, data: list[Any] | None = None) -> "FutureWork":
        """A refusal of one field."""
        return cls(message, errors=[{"field": name, "message": message, "data": data or [], "code": cls.code}])


class Unaccounted(Invalid):
    """Planned hours of working days are neither worked nor excused. Data: `errors`, as of `Invalid`, with `code`."""

    code = "unaccounted_days"

    @classmethod
    def field(cls, name: str, message: str, data: list[Any] | None = None) -> "Unaccounted":
        """A refusal of one field."""
        return cls(message, errors=[{"field": name, "message": message, "data": data or [], "code": cls.code}])


class NotViewed(DomainError):
    """Nobody approves here what they have not opened."""

    code = "not_viewed"


class ActsUnanswered(DomainError):
    """The owner of the time has not said yet that what others did in their place is right. Data: `acts`."""

    code = "acts_unanswered"


class Withdrawn(DomainError):
    """The asker was told that nothing was saved, so it must stay true."""

    code = "withdrawn"


class Unavailable(DomainError):
    """A part of the system does not answer; nothing was saved and the same form may be sent again."""

    code = "unavailable"


class Unconfirmed(Unavailable):
    """Whether it was saved is not known: only the very same form may be sent again, and then it happens once."""

    code = "unconfirmed"


def _concrete(base: type[DomainError]) -> list[type[DomainError]]:
    return [base, *(found for child in base.__subclasses__() for found in _concrete(child))]


BY_NAME: dict[str, type[DomainError]] = {error.__name__: error for error in _concrete(DomainError)}
"""Every refusal by class name: how it is recognised after its way through Temporal."""
