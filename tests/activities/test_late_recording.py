"""Time that is recorded later than the organisation allows says why."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.errors import ReasonRequired
from models.rules.flex import FlexType
from models.tables.timecard import TimeEntryVersion
from tests.desk import Life
from tests.factories import Asking, change_policy, worked

pytestmark = pytest.mark.usefixtures("sound")

LONG_AGO = date(2020, 1, 6)
IN_A_LONG_TIME = date(2090, 1, 2)
FOREVER = 1_000_000
WHY = "I was in hospital."


@pytest.fixture
def duane(life: Life, owner_engine: Engine) -> Asking:
    """Duane on a week long ago, in an organisation where three working days are enough."""
    change_policy(owner_engine, life.org, late_after_working_days=3)
    return Asking(life.org, life.org.duane, life.org.duane, LONG_AGO)


def _recorded(life: Life, duane: Asking) -> UUID:
    recorded = life.desk.do(life.because(duane, WHY).record(worked("09:00", "17:00", LONG_AGO)))
    assert recorded.entry_id
    return recorded.entry_id


def test_late_time_is_recorded_with_a_reason_only_and_the_reason_stays_with_it(life: Life, duane: Asking) -> None:
    refusal = life.desk.refused(duane.record(worked("09:00", "17:00", LONG_AGO)))
    assert isinstance(refusal, ReasonRequired)
    assert "more than 3 working days ago" in refusal.message

    _recorded(life, duane)
    assert [version.reason for version in life.desk.rows(life.org.tenant_id, TimeEntryVersion)] == [WHY]


def test_late_changes_are_no_different(life: Life, duane: Asking) -> None:
    shift = _recorded(life, duane)
    for asked in (
        duane.amend(shift, 1, worked("09:00", "16:00", LONG_AGO)),
        duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00", LONG_AGO)),
    ):
        assert isinstance(life.desk.refused(asked), ReasonRequired)

    assert life.desk.do(life.because(duane, WHY).amend(shift, 1, worked("09:00", "16:00", LONG_AGO))).entry_version


def test_a_planned_shift_that_is_confirmed_late_is_no_different(life: Life, duane: Asking) -> None:
    planned = life.plan(day=LONG_AGO)

    assert isinstance(life.desk.refused(duane.confirm(planned)), ReasonRequired)
    assert life.desk.do(life.because(duane, WHY).confirm(planned)).entry_version == 2


def test_a_supervisor_gives_one_reason_for_both(life: Life, duane: Asking) -> None:
    roland = Asking(life.org, life.org.duane, life.org.roland, LONG_AGO, reason="He was in hospital.")

    assert life.desk.do(roland.record(worked("09:00", "17:00", LONG_AGO))).entry_version == 1


@pytest.mark.parametrize("limit", [None, FOREVER])
def test_without_a_limit_or_before_it_no_reason_is_needed(
    life: Life, duane: Asking, owner_engine: Engine, limit: int | None
) -> None:
    change_policy(owner_engine, life.org, late_after_working_days=limit)

    assert life.desk.do(duane.record(worked("09:00", "17:00", LONG_AGO))).entry_version == 1


def test_what_is_recorded_ahead_of_time_is_not_late(life: Life, duane: Asking, owner_engine: Engine) -> None:
    change_policy(owner_engine, life.org, late_after_working_days=0)
    ahead = Asking(life.org, life.org.duane, life.org.duane, IN_A_LONG_TIME)

    assert life.desk.do(ahead.record(worked("09:00", "17:00", IN_A_LONG_TIME))).entry_version == 1


def test_what_is_still_running_is_late_when_it_gets_its_end(life: Life, duane: Asking) -> None:
    """Not before: how late it is depends on when it ended."""
    recorded = life.desk.do(duane.record(worked("09:00", None, LONG_AGO)))
    assert recorded.entry_id

    finished = duane.amend(recorded.entry_id, 1, worked("09:00", "17:00", LONG_AGO))
    assert isinstance(life.desk.refused(finished), ReasonRequired)


def test_a_removal_records_no_time_and_is_never_late(life: Life, duane: Asking) -> None:
    shift = _recorded(life, duane)

    assert life.desk.do(duane.remove(shift, 1)).entry_version == 2
