"""When an approved timesheet locks."""

from datetime import datetime, timedelta

AFTER_APPROVAL = timedelta(days=1)
"""Nothing locks sooner than this after it was approved, however long ago its period was."""


def lock_time(period_end: datetime, lock_after_days: int, approved_at: datetime) -> datetime:
    """The instant an approved timesheet locks: the tenant's days after the period's end, but never sooner than
    a day after its approval.

    `period_end` is the first instant after the period.
    """
    return max(period_end + timedelta(days=lock_after_days), approved_at + AFTER_APPROVAL)
