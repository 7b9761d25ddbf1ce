"""Agreements: from when to when a person's time counts, for how much, and what an administrator may make of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from models.rules.accrual_types import ACCRUAL_TITLES, AccrualCode
from models.rules.days import OutsideCalendar, require_calendar
from models.rules.entry_fields import Refused
from models.rules.lateness import WEEKEND
from models.rules.periods import Period

STANDARD_DAY_MINUTES = 444
"""How long a day is that has no agreement to say so."""

LONGEST_AGREEMENT = timedelta(days=3 * 366)
MOST_OF_A_TARGET = 10_000_000
"""Minutes or counts; about nineteen years, so that balances fit everywhere they are kept."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a person is to work, or may claim, of one accrual type: minutes or a count."""

    target: int
    opening_balance: int
    """The balance of the day before the agreement starts; the target itself unless time was worked elsewhere."""


@dataclass(frozen=True, slots=True)
class AgreementContent:
    """Everything that an administrator says of an agreement."""

    person_id: UUID
    """Whose it is. It never changes."""
    start_date: date
    end_date: date
    """Local days, both inclusive."""
    standard_day_minutes: int = STANDARD_DAY_MINUTES
    targets: Mapping[AccrualCode, Target] = field(default_factory=dict)

    def covers(self, day: date) -> bool:
        """Whether the agreement is in force on a local day."""
        return self.start_date <= day <= self.end_date

    def opening(self, code: AccrualCode) -> int:
        """The balance before the first day; 0 for a type without a target."""
        target = self.targets.get(code)
        return 0 if target is None else target.opening_balance

    @property
    def json(self) -> dict[str, Any]:
        """As it is recorded, and as programs read it."""
        return {
            "personId": str(self.person_id),
            "startDate": self.start_date.isoformat(),
            "endDate": self.end_date.isoformat(),
            "standardDayMinutes": self.standard_day_minutes,
            "targets": [
                {"type": code.value, "target": each.target, "openingBalance": each.opening_balance}
                for code, each in sorted(self.targets.items())
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "AgreementContent":
        """What `json` wrote."""
        return cls(
            person_id=UUID(value["personId"]),
            start_date=date.fromisoformat(value["startDate"]),
            end_date=date.fromisoformat(value["endDate"]),
            standard_day_minutes=value["standardDayMinutes"],
            targets={
                AccrualCode(each["type"]): Target(each["target"], each["openingBalance"]) for each in value["targets"]
            },
        )


def agreement_on(day: date, agreements: Iterable[AgreementContent]) -> AgreementContent | None:
    """The agreement in force on a local day; there is one at most."""
    return next((each for each in agreements if each.covers(day)), None)


class Agreed(Protocol):
    """What a plan needs to know of an agreement."""

    @property
    def start_date(self) -> date:
        """The first local day, inclusive."""

    @property
    def end_date(self) -> date:
        """The last local day, inclusive."""

    @property
    def standard_day_minutes(self) -> int:
        """How long a planned day is."""


def plan_by_day(agreements: Iterable[Agreed], period: Period) -> dict[date, int]:
    """Minutes planned: the standard day for each day from Monday to Friday under an agreement."""
    return {
        day: agreement.standard_day_minutes
        for agreement in agreements
        for day in period.days
        if day.weekday() not in WEEKEND and agreement.start_date <= day <= agreement.end_date
    }


def agreement_errors(content: AgreementContent, others: Iterable[AgreementContent]) -> list[Refused]:
    """Everything wrong with an agreement beside the other ones of the same person, in the order of the form."""
    errors = _date_errors(content, others)
    if not 1 <= content.standard_day_minutes <= 24 * 60:
        errors.append(Refused("standardDayMinutes", f"Write minutes from 1 to {24 * 60}."))
    for code, each in sorted(content.targets.items()):
        if not 0 <= each.target <= MOST_OF_A_TARGET or abs(each.opening_balance) > MOST_OF_A_TARGET:
            title = ACCRUAL_TITLES[code]
            errors.append(Refused(f"targets.{code.value}", f"{title}: write a number up to {MOST_OF_A_TARGET}."))
    return errors


def _date_errors(content: AgreementContent, others: Iterable[AgreementContent]) -> list[Refused]:
    for field_, day in (("startDate", content.start_date), ("endDate", content.end_date)):
        try:
            require_calendar(day)
        except OutsideCalendar as error:
            return [Refused(field_, str(error))]
    if content.end_date < content.start_date:
        return [Refused("endDate", "The last day comes before the first.")]
    if content.end_date - content.start_date >= LONGEST_AGREEMENT:
        return [Refused("endDate", "An agreement lasts three years at most.")]
    for other in others:
        if other.start_date <= content.end_date and content.start_date <= other.end_date:
            dates = f"{other.start_date.isoformat()} to {other.end_date.isoformat()}"
            return [Refused("startDate", f"This overlaps the agreement from {dates} of the same person.")]
    return []
