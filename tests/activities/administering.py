"""Changes that Suzanne makes without Temporal around them, what is left after them, and how they are refused."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from models.database import WriteSession, command_transaction
from models.errors import DomainError
from models.rules.accrual_types import AccrualCode
from models.store.changes import GivenBy
from models.tables.accruals import Accrual
from tests.desk import Life

Result = TypeVar("Result")


def do(life: Life, change: Callable[[WriteSession], Result]) -> Result:
    """One change, in a transaction of its own."""
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        return change(session)


def given(life: Life, command_id: UUID | None = None, by: UUID | None = None) -> GivenBy:
    """A command of Suzanne's, or of somebody else."""
    return GivenBy(life.org.tenant_id, by or life.org.suzanne, command_id or uuid4())


def left(life: Life, code: AccrualCode = AccrualCode.NIGHT_HOURS, person: UUID | None = None) -> dict[date, int]:
    """What is left of Duane's, or of somebody else's, accrual type on the days on which something happened."""
    wanted = person or life.org.duane, code.value
    rows = [row for row in life.desk.rows(life.org.tenant_id, Accrual) if (row.person_id, row.accrual_code) == wanted]
    return {row.day: row.balance for row in sorted(rows, key=lambda row: row.day)}


def refused(life: Life, error: type[DomainError], act: Callable[[], object]) -> DomainError:
    """The refusal of a change, of which nothing was saved."""
    before = life.desk.contents(life.org.tenant_id)
    with pytest.raises(error) as caught:
        act()
    assert life.desk.contents(life.org.tenant_id) == before
    return caught.value


def fields(refusal: DomainError) -> list[str]:
    """The fields that a refusal names."""
    return [each["field"] for each in refusal.data["errors"]]
