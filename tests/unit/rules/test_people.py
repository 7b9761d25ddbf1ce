from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.entry_fields import Refused
from models.rules.people import (
    MOST_LEVELS,
    PersonContent,
    ProjectContent,
    change_errors,
    cycle_above,
    cycle_text,
    is_too_deep,
    person_errors,
    project_errors,
)

ZONES = frozenset({"Europe/London", "America/New_York"})
PLACES = frozenset({"GB", "GB-ENG", "US-CA", "ES-1A"})
A, B, C, D = (UUID(int=number) for number in range(1, 5))

WALTER = PersonContent(
    external_id="staff-1013",
    name="Walter Skinner",
    email="walter@example.org",
    roles=frozenset({"worker", "administrator"}),
    supervisor_id=None,
    time_zone="Europe/London",
    holiday_calendar="GB-ENG",
)


def fields(errors: list[Refused]) -> list[str]:
    return [error.field for error in errors]


class TestFields:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("external_id", "7"),
            ("external_id", "Zürich 7"),
            ("external_id", "x" * 50),
            ("external_id", "=1+1"),
            ("name", "Ö"),
            ("name", "x" * 200),
            ("name", "<svg/onload=alert(1)> {{7*7}} 'quoted'"),
            ("email", None),
            ("email", "a.b+c@mail.example.org"),
            ("roles", frozenset()),
            ("roles", frozenset({"worker", "supervisor", "project_lead", "administrator", "auditor", "integration"})),
            ("time_zone", "America/New_York"),
            ("holiday_calendar", "GB"),
            ("holiday_calendar", "US-CA"),
            ("holiday_calendar", "ES-1A"),
            ("active", False),
        ],
    )
    def test_what_makes_sense_is_accepted(self, field: str, value: object) -> None:
        assert person_errors(replace(WALTER, **{field: value}), ZONES, PLACES) == []  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("field", "value", "refused"),
        [
            ("external_id", "", "externalId"),
            ("external_id", "x" * 51, "externalId"),
            ("external_id", "a/b", "externalId"),
            ("external_id", "a?b", "externalId"),
            ("external_id", "a#b", "externalId"),
            ("external_id", "a%2fb", "externalId"),
            ("external_id", "a\\b", "externalId"),
            ("external_id", "a\nb", "externalId"),
            ("external_id", "a\x00b", "externalId"),
            ("external_id", "\ud800", "externalId"),
            ("external_id", " a", "externalId"),
            ("external_id", "..", "externalId"),
            ("external_id", "import", "externalId"),
            ("name", "", "name"),
            ("name", " ", "name"),
            ("name", "x" * 201, "name"),
            ("name", "two\nlines", "name"),
            ("email", "nobody", "email"),
            ("email", "a@b", "email"),
            ("email", "a b@example.org", "email"),
            ("email", "a@example.org, b@example.org", "email"),
            ("email", f"{'a' * 250}@x.org", "email"),
            ("roles", frozenset({"emperor"}), "roles"),
            ("time_zone", "Europe/Atlantis", "timeZone"),
            ("time_zone", "", "timeZone"),
            ("time_zone", "../../etc/passwd", "timeZone"),
            ("holiday_calendar", "gb", "holidayCalendar"),
            ("holiday_calendar", "GB-", "holidayCalendar"),
            ("holiday_calendar", "England", "holidayCalendar"),
            ("holiday_calendar", "GB-XXX", "holidayCalendar"),
            ("holiday_calendar", "GB-ENG\n", "holidayCalendar"),
        ],
    )
    def test_what_does_not_is_refused_by_its_field(self, field: str, value: object, refused: str) -> None:
        assert fields(person_errors(replace(WALTER, **{field: value}), ZONES, PLACES)) == [refused]  # type: ignore[arg-type]

    def test_everything_that_is_wrong_is_said_at_once(self) -> None:
        nothing = PersonContent("", "", "", frozenset({"x"}), None, "", "")

        found = fields(person_errors(nothing, ZONES, PLACES))

        assert found == ["externalId", "name", "email", "roles", "timeZone", "holidayCalendar"]

    def test_a_project_has_an_id_and_a_name(self) -> None:
        assert project_errors(ProjectContent("proj-1", "Paint", None)) == []
        assert fields(project_errors(ProjectContent("a/b", "", None))) == ["externalId", "name"]

    def test_what_is_recorded_can_be_read_again(self) -> None:
        for person in (WALTER, replace(WALTER, supervisor_id=A, email=None, active=False, roles=frozenset())):
            assert PersonContent.from_json(person.json) == person
        for project in (ProjectContent("proj-1", "Paint", None), ProjectContent("proj-1", "Paint", A, False)):
            assert ProjectContent.from_json(project.json) == project


class TestChanges:
    def test_a_staff_id_never_changes(self) -> None:
        changed = replace(WALTER, external_id="staff-1014")

        assert fields(change_errors(WALTER, changed, own=False, last_administrator=False)) == ["externalId"]

    @pytest.mark.parametrize(
        ("field", "value", "refused"), [("roles", frozenset({"worker"}), "roles"), ("active", False, "active")]
    )
    def test_an_administrator_stops_being_one_only_by_another_and_never_the_last(
        self, field: str, value: object, refused: str
    ) -> None:
        changed = replace(WALTER, **{field: value})  # type: ignore[arg-type]

        assert change_errors(WALTER, changed, own=False, last_administrator=False) == []
        assert fields(change_errors(WALTER, changed, own=True, last_administrator=False)) == [refused]
        (only,) = change_errors(WALTER, changed, own=True, last_administrator=True)
        assert (only.field, "the only administrator" in only.message) == (refused, True)

    def test_somebody_inactive_is_no_administrator_to_lose(self) -> None:
        gone = replace(WALTER, active=False)

        assert change_errors(gone, replace(gone, roles=frozenset()), own=True, last_administrator=True) == []


class TestHierarchy:
    def test_a_way_up_that_ends_is_no_cycle(self) -> None:
        assert cycle_above(A, {A: B, B: C, C: None}) is None
        assert cycle_above(A, {A: None}) is None
        assert cycle_above(A, {}) is None

    def test_a_cycle_is_named_from_its_beginning_to_its_beginning(self) -> None:
        assert cycle_above(A, {A: B, B: C, C: A}) == [A, B, C, A]
        assert cycle_above(A, {A: A}) == [A, A]
        assert cycle_text(["Alex", "Roland", "Alex"]) == "Nobody can be above themselves: Alex → Roland → Alex."

    def test_a_cycle_of_others_further_up_is_not_that_of_this_person(self) -> None:
        assert cycle_above(A, {A: B, B: C, C: D, D: B}) is None

    def test_a_hierarchy_has_an_end(self) -> None:
        people = [UUID(int=number) for number in range(1, 5_000)]
        line = dict(pairwise(people))

        assert is_too_deep(people[0], line)
        assert cycle_above(people[0], line | {people[-1]: people[0]}) is None
        assert not is_too_deep(people[-MOST_LEVELS], line)
        assert is_too_deep(people[-MOST_LEVELS - 1], line)

    @given(st.dictionaries(st.integers(1, 8).map(lambda n: UUID(int=n)), st.integers(1, 8).map(lambda n: UUID(int=n))))
    def test_whatever_the_hierarchy_a_found_cycle_is_one_and_is_found_from_everybody_in_it(
        self, above: dict[UUID, UUID]
    ) -> None:
        for person in above:
            found = cycle_above(person, above)
            if found:
                assert found[0] == found[-1] == person
                assert all(above[below] == up for below, up in pairwise(found))
                assert all(cycle_above(each, above) for each in found)
