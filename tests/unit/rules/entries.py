"""Entries for the rules of accruals, in the words of a zone's own clocks."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import NOTHING_SPECIAL, EntryForAccrual, LocalCalendar, contributions

LONDON = ZoneInfo("Europe/London")


def entry(
    start: str,
    end: str | None,
    *,
    rest: int = 0,
    feeds: Iterable[AccrualCode] = AccrualCode,
    deleted: bool = False,
    zone: ZoneInfo = LONDON,
) -> EntryForAccrual:
    """An entry with times of the zone's own clocks unless they carry an offset."""

    def moment(text: str) -> datetime:
        parsed = datetime.fromisoformat(text)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)

    finish = None if end is None else moment(end)
    return EntryForAccrual(frozenset(feeds), moment(start), finish, zone, rest, deleted)


def per_day(code: AccrualCode, worked: EntryForAccrual, calendar: LocalCalendar = NOTHING_SPECIAL) -> dict[str, int]:
    """What an entry contributes to one accrual type, by local day."""
    return {day.isoformat(): value for (fed, day), value in contributions(worked, calendar).items() if fed == code}


zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC")]
)

entries = st.builds(
    lambda start, length, rest, zone: EntryForAccrual(frozenset(AccrualCode), start, start + length, zone, rest),
    st.timedeltas(timedelta(0), timedelta(days=13_000)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since),
    st.timedeltas(timedelta(0), timedelta(days=4)),
    st.integers(0, 3000),
    zones,
)
"""Entries that feed every accrual type."""
