"""Public holidays that an organisation has beside those of a place, or leaves out, and how exact balances have to be.

Every function is one command in the caller's transaction. Refusals are `Invalid`, `NotYours`, `Stale` and `KeyReused`.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.calendars import holidays_in, places
from models.database import WriteSession
from models.errors import Stale
from models.rules.days import OutsideCalendar, require_calendar
from models.rules.entry_fields import Refused
from models.rules.people import name_errors
from models.rules.policy import Action
from models.rules.supposed import HolidayContent, HolidayKind
from models.store.changes import (
    Change,
    GivenBy,
    Subject,
    done_before,
    hash_of,
    keep,
    last_version,
    require_none,
    take_turn,
)
from models.store.rebuilds import agreed_people, counts_otherwise
from models.tables.accruals import HolidayException
from models.tables.people import TenantPolicy

LONGEST_NAME = 100


def holiday_exceptions(session: Session, place: str) -> dict[date, HolidayContent]:
    """What the organisation adds to the public holidays of a place, or takes from them, by local day."""
    rows = session.scalars(select(HolidayException).where(HolidayException.place == place))
    return {row.day: HolidayContent(row.place, row.day, HolidayKind(row.kind), row.name) for row in rows}


def set_holiday(session: WriteSession, given: GivenBy, content: HolidayContent) -> None:
    """Add a public holiday to a place, take one from it, or leave it to the place again; balances follow."""
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("set holiday", content.json)
    if done_before(session, given, asked):
        return
    require_none(holiday_errors(content))
    before = _present(session, content)
    if before == content:
        return
    key = {"tenant_id": given.tenant_id, "place": content.place, "day": content.day}
    if content.kind is None:
        session.execute(delete(HolidayException).filter_by(**key))
    else:
        said = {"kind": content.kind.value, "name": content.name}
        row = insert(HolidayException).values(key | said)
        session.execute(row.on_conflict_do_update(index_elements=list(key), set_=said))
    subject = holiday_id(given.tenant_id, content.place, content.day)
    change = Change(subject, last_version(session, subject) + 1, before.json, content.json)
    keep(session, given, Subject.HOLIDAY, asked, [change])
    counts_otherwise(session, given, f"Public holidays of {content.place}", agreed_people(session, content.place))


def set_tolerance(session: WriteSession, given: GivenBy, version: int, percent: int) -> None:
    """How far from an even pace somebody counts as on target, in percent of the target.

    `version` is how often that was changed when it was looked at.
    """
    take_turn(session, given, Action.MANAGE_BALANCES)
    asked = hash_of("set tolerance", version, percent)
    if done_before(session, given, asked):
        return
    if not 0 <= percent <= 100:
        require_none([Refused("balanceTolerancePercent", "Write a whole number from 0 to 100.")])
    subject = balance_rules_id(given.tenant_id)
    present = last_version(session, subject)
    if present != version:
        raise Stale("Somebody changed these rules meanwhile. Nothing was saved.", version=present)
    theirs = TenantPolicy.tenant_id == given.tenant_id
    before = session.scalar(select(TenantPolicy.balance_tolerance_percent).where(theirs))
    if before == percent:
        return
    session.execute(update(TenantPolicy).where(theirs).values(balance_tolerance_percent=percent))
    told: list[dict[str, Any]] = [{"balanceTolerancePercent": value} for value in (before, percent)]
    keep(session, given, Subject.BALANCES, asked, [Change(subject, version + 1, told[0], told[1])])


def holiday_id(tenant_id: UUID, place: str, day: date) -> UUID:
    """What changes of a day of a place are recorded under."""
    return uuid5(tenant_id, f"holiday/{place}/{day.isoformat()}")


def balance_rules_id(tenant_id: UUID) -> UUID:
    """What changes of the rules of balances are recorded under."""
    return uuid5(tenant_id, "balance rules")


def holiday_errors(content: HolidayContent) -> list[Refused]:
    """Everything wrong with a change of a public holiday."""
    if content.place not in places():
        return [Refused("place", f"The holidays of {content.place[:40]!r} are not known.")]
    try:
        require_calendar(content.day)
    except OutsideCalendar as error:
        return [Refused("date", str(error))]
    usual = content.day in holidays_in(content.place, content.day.year)
    if content.kind is HolidayKind.REMOVED and not usual:
        return [Refused("date", f"This is no public holiday of {content.place}.")]
    if content.kind is HolidayKind.ADDED and usual:
        return [Refused("date", f"This is a public holiday of {content.place} already.")]
    return name_errors(content.name, LONGEST_NAME) if content.kind is HolidayKind.ADDED else []


def _present(session: Session, content: HolidayContent) -> HolidayContent:
    key = HolidayException.place == content.place, HolidayException.day == content.day
    row = session.scalar(select(HolidayException).where(*key))
    if row is None:
        return HolidayContent(content.place, content.day, None)
    return HolidayContent(row.place, row.day, HolidayKind(row.kind), row.name)
