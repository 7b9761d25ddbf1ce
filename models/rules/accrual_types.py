"""The accrual types: how each is known to programs and to people, and what its balances count."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AccrualCode(StrEnum):
    """The accrual types, by the code that programs know them by, in the order people see them."""

    ANNUAL_TARGET_HOURS = "ANNUAL_TARGET_HOURS"
    NIGHT_HOURS = "NIGHT_HOURS"
    WEEKEND_HOURS = "WEEKEND_HOURS"
    PUBLIC_HOLIDAY_HOURS = "PUBLIC_HOLIDAY_HOURS"
    PUBLIC_HOLIDAY_CREDIT = "PUBLIC_HOLIDAY_CREDIT"
    ON_CALL_WEEKDAY = "ON_CALL_WEEKDAY"
    ON_CALL_WEEKEND = "ON_CALL_WEEKEND"
    ON_CALL_PUBLIC_HOLIDAY = "ON_CALL_PUBLIC_HOLIDAY"
    FLEXIBLE_CREDITS = "FLEXIBLE_CREDITS"
    ROSTERED_SHIFT_ALLOWANCE = "ROSTERED_SHIFT_ALLOWANCE"

    # They are in the keys of all books, and that of an enumeration is some ten times as slow.
    __hash__ = str.__hash__


class Unit(StrEnum):
    """What the balances of an accrual type count."""

    MINUTES = "minutes"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class AccrualType:
    """How an accrual type is stored, published and shown."""

    id: UUID
    title: str
    unit: Unit


def _minutes(id_: str, title: str) -> AccrualType:
    return AccrualType(UUID(id_), title, Unit.MINUTES)


def _count(id_: str, title: str) -> AccrualType:
    return AccrualType(UUID(id_), title, Unit.COUNT)


ACCRUAL_TYPES: Mapping[AccrualCode, AccrualType] = {
    AccrualCode.ANNUAL_TARGET_HOURS: _minutes("e502eebb-4663-4e5b-9445-9a20441c18d9", "Annual target hours"),
    AccrualCode.NIGHT_HOURS: _minutes("5f06e6ce-1422-4a0c-89dd-f4952e735202", "Night hours"),
    AccrualCode.WEEKEND_HOURS: _minutes("05bbd915-e907-4259-a2e2-080d7956afec", "Weekend hours"),
    AccrualCode.PUBLIC_HOLIDAY_HOURS: _minutes("b94bb25a-7fe2-4599-91ab-f0d58e013aed", "Public holiday hours"),
    AccrualCode.PUBLIC_HOLIDAY_CREDIT: _minutes("787d2d12-2aff-4253-b382-bcefded61124", "Public holiday credit"),
    AccrualCode.ON_CALL_WEEKDAY: _count("2a5ea69d-1a2c-409d-b430-43a5dbc403b3", "On call on a weekday"),
    AccrualCode.ON_CALL_WEEKEND: _count("df4c4b08-ac4a-45e0-83bb-856d3219a8b3", "On call at a weekend"),
    AccrualCode.ON_CALL_PUBLIC_HOLIDAY: _count("a628bf34-d834-437d-a57a-ed549bd9a330", "On call on a public holiday"),
    AccrualCode.FLEXIBLE_CREDITS: _count("c4fd5435-8239-4f1f-9c4b-7f458b7b636d", "Flexible credits"),
    AccrualCode.ROSTERED_SHIFT_ALLOWANCE: _count("c73030ed-ed28-4d59-85e8-185f70d85a94", "Rostered shift allowance"),
}

ACCRUAL_TITLES: Mapping[AccrualCode, str] = {code: type_.title for code, type_ in ACCRUAL_TYPES.items()}
"""What people read."""


def codes_of(names: list[str]) -> frozenset[AccrualCode]:
    """Accrual types from their stored codes."""
    return frozenset(AccrualCode(name) for name in names)
