"""How a refusal and a passing fault leave an activity.

A business refusal is final: it travels with its class name and data. Anything else is left to be retried.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from models.errors import BY_NAME, DomainError

PASSING = "Passing"
"""Type of a failure that trying again can mend."""

log = structlog.get_logger()


def refusal(error: DomainError) -> ApplicationError:
    """A business refusal as Temporal carries it: never retried, and no cause for alarm."""
    return ApplicationError(
        error.message,
        error.data,
        type=type(error).__name__,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def refused_by(failure: BaseException | None) -> DomainError | None:
    """The business refusal at the root of a failure, if that is what it was."""
    while failure is not None:
        if isinstance(failure, ApplicationError) and failure.type in BY_NAME:
            data: dict[str, Any] = failure.details[0] if failure.details else {}
            return BY_NAME[failure.type](failure.message, **data)
        failure = failure.__cause__ or getattr(failure, "cause", None)
    return None


def passing(words: str) -> ApplicationError:
    """A failure that trying again can mend."""
    return ApplicationError(words, type=PASSING)


@contextmanager
def failures_translated() -> Iterator[None]:
    """Turns refusals and faults inside the block into failures that Temporal understands.

    A fault may be tried again: the database may be back, or the rule now says better than a constraint what
    is in the way. Only its class travels: its words can hold names and times worked.
    """
    try:
        yield
    except DomainError as error:
        raise refusal(error) from None
    except ApplicationError:
        raise
    except (DBAPIError, PoolTimeout) as error:
        told = getattr(getattr(error, "orig", None), "diag", None)
        names = {"sqlstate": getattr(told, "sqlstate", None), "constraint": getattr(told, "constraint_name", None)}
        log.warning("database fault", error=type(error).__name__, **names)
        raise passing(f"The database could not do it now ({type(error).__name__}).") from None
    except Exception as error:
        log.error("command failed", exc_info=error)
        raise passing(f"It could not be done now ({type(error).__name__}).") from None
