from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from models.rules.accrual_types import AccrualCode
from models.rules.period_types import (
    ACCRUAL_CODES,
    MOST_PEOPLE,
    TARGET_HOURS,
    TypeContent,
    agreed,
    type_change_errors,
    type_errors,
)

TRAVEL = TypeContent(
    name="Travel",
    value_type="datetime",
    fields={"project": "required", "task": "optional", "note": "required", "mealBreak": "hidden"},
)
SOMEBODY = UUID(int=4366)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"value_type": "week"}, "valueType"),
        ({"fields": {"colour": "required"}}, "fields"),
        ({"fields": {"note": "perhaps"}}, "fields.note"),
        ({"value_type": "date", "fields": {"mealBreak": "optional"}}, "fields.mealBreak"),
        ({"accrual_types": frozenset({"HAPPINESS"})}, "accrualTypes"),
        ({"effective_from": date(2026, 2, 1), "effective_to": date(2026, 1, 31)}, "effectiveTo"),
        ({"person_ids": frozenset()}, "personIds"),
        ({"person_ids": frozenset(UUID(int=n) for n in range(MOST_PEOPLE + 1))}, "personIds"),
        ({"accent": "beige"}, "accent"),
        ({"position": -1}, "position"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(changes: dict[str, object], refused: str) -> None:
    assert [error.field for error in type_errors(replace(TRAVEL, **changes))] == [refused]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"value_type": "date"},
        {"fields": {}},
        {"accrual_types": ACCRUAL_CODES},
        {"effective_from": date(2026, 1, 31), "effective_to": date(2026, 1, 31)},
        {"effective_to": date(2026, 1, 31)},
        {"person_ids": frozenset({SOMEBODY})},
        {"accent": "rose", "position": 0},
    ],
)
def test_what_makes_sense_is_accepted(changes: dict[str, object]) -> None:
    assert type_errors(replace(TRAVEL, **changes)) == []  # type: ignore[arg-type]


def test_whatever_has_a_rule_can_be_fed() -> None:
    assert {code.value for code in AccrualCode} <= ACCRUAL_CODES


def test_counting_to_target_hours_and_feeding_them_is_the_same() -> None:
    night = frozenset({"NIGHT_HOURS"})
    counting = replace(TRAVEL, counts_to_target_hours=True, accrual_types=night)
    not_counting = replace(TRAVEL, counts_to_target_hours=False, accrual_types=night | {TARGET_HOURS})

    assert agreed(counting).accrual_types == night | {TARGET_HOURS}
    assert agreed(not_counting).accrual_types == night


def test_a_field_that_is_left_out_is_hidden() -> None:
    assert agreed(replace(TRAVEL, fields={"note": "required"})).fields == {
        "project": "hidden",
        "task": "hidden",
        "note": "required",
        "mealBreak": "hidden",
    }


def test_what_it_feeds_may_change_at_any_time() -> None:
    counting = agreed(replace(TRAVEL, counts_to_target_hours=True))
    feeding = agreed(replace(TRAVEL, accrual_types=frozenset({"NIGHT_HOURS"})))

    for changed in (counting, feeding):
        assert type_change_errors(agreed(TRAVEL), changed) == []


def test_a_type_by_clock_never_becomes_one_by_day() -> None:
    (error,) = type_change_errors(TRAVEL, replace(TRAVEL, value_type="date"))

    assert error.field == "valueType"


def test_what_is_recorded_can_be_read_again() -> None:
    complete = replace(
        agreed(TRAVEL),
        effective_from=date(2026, 1, 1),
        effective_to=date(2026, 12, 31),
        person_ids=frozenset({SOMEBODY}),
        accent="rose",
        position=3,
    )
    for content in (agreed(TRAVEL), complete):
        assert TypeContent.from_json(content.json) == content
