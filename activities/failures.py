"""How a refusal and a passing fault leave an activity.

A business refusal is final: it travels with its class name and data. Anything the database does that passes
by itself is left to be retried.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from models.database import is_passing
from models.errors import BY_NAME, DomainError

PASSING = "Passing"
"""Type of a failure that trying again can mend."""

_EXCLUSION_VIOLATION = "23P01"


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


@contextmanager
def failures_translated() -> Iterator[None]:
    """Turns refusals and database faults inside the block into failures that Temporal understands."""
    try:
        yield
    except DomainError as error:
        raise refusal(error) from error
    except PoolTimeout as error:
        raise _passing(error) from error
    except IntegrityError as error:
        # Another timesheet of the same person got there first; the rule says it better than the constraint.
        if getattr(error.orig, "sqlstate", None) == _EXCLUSION_VIOLATION:
            raise _passing(error) from error
        raise
    except DBAPIError as error:
        if is_passing(error):
            raise _passing(error) from error
        raise


def _passing(error: Exception) -> ApplicationError:
    # The words of the database stay in the log: a history holds no data.
    return ApplicationError(f"The database could not do it now ({type(error).__name__}).", type=PASSING)
