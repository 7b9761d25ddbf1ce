"""What a type's metadata says of an entry: which fields it has, how long they are, on which days and for whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.rules.entry_fields import (
    HIDDEN,
    MAX_DURATION,
    MAX_NOTE,
    MAX_SHIFT_TYPE,
    MAX_TASK,
    OPTIONAL,
    REQUIRED,
    Refused,
    TypeMetadata,
    field_errors,
)

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "project": False,
    "task": None,
    "shift_type": None,
    "note": None,
    "meal_break_minutes": 0,
    "start": START,
    "end": START + timedelta(hours=8),
}
GIVEN: dict[str, tuple[str, Any, str, str]] = {
    "project": ("project", True, "projectId", "project"),
    "task": ("task", "washing dog", "task", "task"),
    "note": ("note", "The dog bit me.", "note", "note"),
    "mealBreak": ("meal_break_minutes", 30, "mealBreakMinutes", "meal break"),
}
"""By the name in the metadata: the argument, something to give it, the field in errors, and the word people say."""
SOMEBODY = uuid4()
FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)


def errors(fields: dict[str, str], **given: Any) -> list[Refused]:
    return field_errors(TypeMetadata(fields), **PLAIN | given)


@pytest.mark.parametrize("field", GIVEN)
@pytest.mark.parametrize("rule", [HIDDEN, OPTIONAL, REQUIRED])
@pytest.mark.parametrize("present", [False, True])
def test_a_field_is_refused_exactly_when_it_is_hidden_and_given_or_required_and_missing(
    field: str, rule: str, present: bool
) -> None:
    argument, value, name, word = GIVEN[field]
    found = errors({field: rule}, **({argument: value} if present else {}))

    if rule == REQUIRED and not present:
        assert found == [Refused(name, f"This kind of time needs a {word}.")]
    elif rule == HIDDEN and present:
        assert found == [Refused(name, f"This kind of time has no {word}.")]
    else:
        assert found == []


@pytest.mark.parametrize("field", GIVEN)
def test_a_field_that_the_type_does_not_mention_is_hidden(field: str) -> None:
    argument, value, name, _ = GIVEN[field]

    assert [error.field for error in errors({}, **{argument: value})] == [name]


@pytest.mark.parametrize("field", ["task", "note"])
@pytest.mark.parametrize("nothing", ["", " ", "\n\t "])
def test_nothing_but_blanks_is_nothing_said(field: str, nothing: str) -> None:
    assert [error.field for error in errors({field: REQUIRED}, **{field: nothing})] == [field]
    assert errors({field: HIDDEN}, **{field: nothing}) == []


@pytest.mark.parametrize(
    ("argument", "name", "limit"),
    [("task", "task", MAX_TASK), ("shift_type", "shiftType", MAX_SHIFT_TYPE), ("note", "note", MAX_NOTE)],
)
def test_a_text_has_its_greatest_length_and_not_a_character_more(argument: str, name: str, limit: int) -> None:
    allowed = {"task": OPTIONAL, "note": OPTIONAL}

    assert errors(allowed, **{argument: "x" * limit}) == []
    assert errors(allowed, **{argument: "x" * (limit + 1)}) == [
        Refused(name, f"Use at most {limit} characters; these are {limit + 1}.")
    ]


def test_the_limits_are_those_of_the_product() -> None:
    assert (MAX_NOTE, MAX_SHIFT_TYPE) == (250, 50)


def test_everything_wrong_is_said_at_once_in_the_order_of_the_form() -> None:
    needs = {"project": REQUIRED, "task": REQUIRED, "note": REQUIRED}
    found = errors(needs, shift_type="x" * 51, meal_break_minutes=480)

    assert [error.field for error in found] == [
        "projectId",
        "task",
        "note",
        "mealBreakMinutes",
        "shiftType",
        "mealBreakMinutes",
    ]


@pytest.mark.parametrize(("minutes", "refused"), [(0, False), (479, False), (480, True), (481, True), (-1, True)])
def test_a_meal_break_is_shorter_than_the_time_and_not_below_nothing(minutes: int, refused: bool) -> None:
    found = errors({"mealBreak": OPTIONAL}, meal_break_minutes=minutes)

    assert [error.field for error in found] == ["mealBreakMinutes"] * refused


def test_an_entry_lasts_no_longer_than_a_month() -> None:
    assert errors({}, end=START + MAX_DURATION) == []
    assert [error.field for error in errors({}, end=START + MAX_DURATION + timedelta(seconds=1))] == ["endTime"]


@pytest.mark.parametrize(
    ("first", "last", "day", "allowed"),
    [
        (None, None, date(1990, 1, 1), True),
        (FIRST, None, FIRST - timedelta(days=1), False),
        (FIRST, None, FIRST, True),
        (None, LAST, LAST, True),
        (None, LAST, LAST + timedelta(days=1), False),
        (FIRST, LAST, FIRST - timedelta(days=1), False),
        (FIRST, LAST, FIRST, True),
        (FIRST, LAST, LAST, True),
        (FIRST, LAST, LAST + timedelta(days=1), False),
        (FIRST, FIRST, FIRST, True),
    ],
)
def test_a_type_is_for_the_days_from_its_first_to_its_last(
    first: date | None, last: date | None, day: date, allowed: bool
) -> None:
    assert TypeMetadata({}, first, last).is_for(SOMEBODY, day) is allowed


@pytest.mark.parametrize(
    ("people", "allowed"),
    [(None, True), (frozenset(), False), (frozenset({SOMEBODY}), True), (frozenset({UUID(int=1)}), False)],
)
def test_a_type_is_for_everybody_or_for_those_it_names(people: frozenset[UUID] | None, allowed: bool) -> None:
    assert TypeMetadata({}, person_ids=people).is_for(SOMEBODY, FIRST) is allowed


def test_somebody_it_names_may_record_it_on_its_days_only() -> None:
    theirs = TypeMetadata({}, FIRST, LAST, frozenset({SOMEBODY}))

    assert theirs.is_for(SOMEBODY, LAST)
    assert not theirs.is_for(SOMEBODY, LAST + timedelta(days=1))
    assert not theirs.is_for(uuid4(), LAST)
