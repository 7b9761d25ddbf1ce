"""What the explanation of a balance is made from: whose it is, by which calendar, and what happened on which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.calendars import PublicHolidays
from models.reads.explained import AdjustmentExplained, Deed, ReversalExplained
from models.reads.flex import LABELS
from models.reads.shown import PersonShown
from models.rules.accrual_types import AccrualCode
from models.rules.accruals import LocalCalendar
from models.rules.agreements import AgreementContent
from models.rules.flex import FlexType
from models.rules.periods import Period
from models.store.holidays import holiday_exceptions
from models.store.people import Member
from models.tables.accruals import Accrual, Adjustment
from models.tables.people import Person
from models.tables.timecard import FlexChange


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whose balance of which accrual type is explained, and by which calendar."""

    session: Session
    tenant_id: UUID
    owner: Member
    code: AccrualCode
    agreements: Mapping[UUID, AgreementContent]
    holidays: PublicHolidays

    @property
    def calendar(self) -> LocalCalendar:
        """What is special about the owner's days."""
        return LocalCalendar(self.holidays, tuple(self.agreements.values()))

    @property
    def zone(self) -> ZoneInfo:
        """The owner's."""
        return self.owner.zone


@dataclass(frozen=True, slots=True)
class DaySums:
    """What a day uses up by contributions, and what adjustments give on it."""

    used: int
    adjusted: int

    @property
    def change(self) -> int:
        """What it does to the balance."""
        return self.adjusted - self.used


def evidence_of(
    session: Session,
    tenant_id: UUID,
    owner: Member,
    code: AccrualCode,
    agreements: Mapping[UUID, AgreementContent],
) -> Evidence:
    """The evidence for one balance of a person who may be seen."""
    exceptions = holiday_exceptions(session, owner.holiday_calendar)
    return Evidence(session, tenant_id, owner, code, agreements, PublicHolidays(owner.holiday_calendar, exceptions))


def day_sums(evidence: Evidence, within: Period) -> dict[date, DaySums]:
    """What happened on each day on which anything did, by the contributions and adjustments themselves."""
    rows = evidence.session.execute(_DAY_SUMS, _asked(evidence, within))
    return {row.day: DaySums(row.used, row.adjusted) for row in rows}


def stored_balances(evidence: Evidence, within: Period) -> dict[date, int]:
    """The balances as they are stored."""
    these = (Accrual.person_id == evidence.owner.id, Accrual.accrual_code == evidence.code.value)
    rows = evidence.session.execute(
        select(Accrual.day, Accrual.balance).where(*these, Accrual.day.between(within.start, within.end))
    )
    return {row.day: row.balance for row in rows}


def adjustments_in(evidence: Evidence, within: Period) -> tuple[AdjustmentExplained, ...]:
    """What administrators gave and took, by day."""
    rows = evidence.session.execute(
        select(Adjustment, FlexChange, Person)
        .join(Person, Person.id == Adjustment.authorised_by_id)
        .outerjoin(FlexChange, FlexChange.id == Adjustment.reverses_flex_change_id)
        .where(
            Adjustment.person_id == evidence.owner.id,
            Adjustment.accrual_code == evidence.code.value,
            Adjustment.day.between(within.start, within.end),
        )
        .order_by(Adjustment.day, Adjustment.recorded_at, Adjustment.id)
    )
    return tuple(
        AdjustmentExplained(
            row.id,
            row.day,
            row.value,
            Deed(row.recorded_at.astimezone(evidence.zone), person_shown(person), reason=row.reason),
            _reversal(change),
        )
        for row, change, person in rows
    )


def deed(
    zone: ZoneInfo,
    at: datetime,
    by_id: UUID,
    for_id: UUID | None,
    reason: str | None,
    people: Mapping[UUID, PersonShown],
) -> Deed:
    """That somebody did something; whoever acts for themselves acts for nobody else."""
    return Deed(at.astimezone(zone), people[by_id], people[for_id] if for_id and for_id != by_id else None, reason)


def person_shown(person: Person) -> PersonShown:
    """A person as named on a page."""
    return PersonShown(person.id, person.staff_id, person.name)


def _reversal(change: FlexChange | None) -> ReversalExplained | None:
    if change is None:
        return None
    label = LABELS[FlexType(change.type)][0]
    return ReversalExplained(change.id, label, change.local_date, change.authorised_by, change.timesheet_id)


def _asked(evidence: Evidence, within: Period) -> dict[str, object]:
    return {
        "person": evidence.owner.id,
        "code": evidence.code.value,
        "first": within.start,
        "last": within.end,
    }


_DAY_SUMS = text(
    """
    SELECT day, CAST(sum(used) AS int) AS used, CAST(sum(given) AS int) AS adjusted
    FROM (
        SELECT day, value AS used, 0 AS given FROM (
            SELECT DISTINCT ON (c.time_entry_id, c.time_entry_version, c.day) c.day, c.value
            FROM contribution c JOIN time_entry e ON e.id = c.time_entry_id
            WHERE c.person_id = :person AND c.accrual_code = :code AND c.day BETWEEN :first AND :last
              AND (c.flex_change_id IS NOT NULL OR c.time_entry_version = e.version)
            ORDER BY c.time_entry_id, c.time_entry_version, c.day, c.computation DESC
        ) effective
        UNION ALL
        SELECT day, 0, value FROM adjustment
        WHERE person_id = :person AND accrual_code = :code AND day BETWEEN :first AND :last
    ) happened
    GROUP BY day ORDER BY day
    """
)
