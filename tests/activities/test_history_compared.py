"""Two contents of a timesheet side by side: what was added, removed and changed, field by field and in minutes."""

from datetime import timedelta

from models.reads.shown_history import ComparedShown
from models.rules.transitions import State
from models.standard import OVERTIME
from tests.activities.looking_back import history_of, moment
from tests.desk import Life
from tests.factories import MONDAY, worked

TUESDAY = MONDAY + timedelta(days=1)


def compared(life: Life, before: str | None = None, after: str | None = None) -> ComparedShown:
    found = history_of(life, None, before, after).compared
    assert found is not None
    return found


def told(shown: ComparedShown) -> list[tuple[str, str, list[tuple[str, str | None, str | None]]]]:
    return [
        (each.kind, each.line, [(change.field, change.before, change.after) for change in each.fields])
        for each in shown.differences
    ]


def versions(shown: ComparedShown) -> tuple[str, str]:
    return shown.before.key, shown.after.key


def three_versions(life: Life) -> None:
    """Two revisions that were certified, and a draft after them."""
    first = life.record("09:00", "17:00").entry_id
    gone = life.desk.do(life.duane.record(worked("18:00", "19:00"))).entry_id
    assert first
    assert gone
    life.submit()
    life.reject()
    life.revise("It was shorter.")
    because = life.because(life.duane, "It was shorter.")
    dogs = life.org.projects["proj-533"]
    life.desk.do(because.amend(first, 1, worked("10:00", "17:00", project_id=dogs, task="washing dog")))
    life.desk.do(because.remove(gone, 1))
    life.desk.do(because.record(worked("09:00", "10:00", TUESDAY, type_id=OVERTIME)))
    life.submit()
    life.reject()
    life.revise("Once more.")
    life.desk.do(because.amend(first, 2, worked("10:00", "18:00", project_id=dogs, task="washing dog")))


def test_entries_are_added_removed_and_changed_field_by_field(life: Life) -> None:
    three_versions(life)

    shown = compared(life, "1", "2")

    assert told(shown) == [
        (
            "changed",
            "Mon 16 Nov, 10:00 – 17:00 · dog grooming · washing dog",
            [("Start", "09:00", "10:00"), ("Project", None, "dog grooming"), ("Task", None, "washing dog")],
        ),
        ("removed", "Mon 16 Nov, 18:00 – 19:00 · Shift", []),
        ("added", "Tue 17 Nov, 09:00 – 10:00 · Overtime", []),
    ]


def test_minutes_are_told_before_and_after_by_day_and_in_all(life: Life) -> None:
    three_versions(life)

    shown = compared(life, "1", "2")

    monday, tuesday, *others = ((each.before, each.after) for each in shown.days)
    assert (monday, tuesday) == ((9 * 60, 7 * 60), (0, 60))
    assert set(others) == {(0, 0)}
    assert (shown.total.before, shown.total.after) == (9 * 60, 8 * 60)


def test_the_present_draft_is_compared_with_what_was_certified_last_unless_asked_otherwise(life: Life) -> None:
    three_versions(life)

    shown = compared(life)

    assert [each.key for each in shown.versions] == ["1", "2", "now"]
    assert versions(shown) == ("2", "now")
    assert told(shown) == [
        ("changed", "Mon 16 Nov, 10:00 – 18:00 · dog grooming · washing dog", [("Finish", "17:00", "18:00")])
    ]
    assert versions(compared(life, "1", "now")) == ("1", "now")


def test_whichever_way_round_it_is_asked_the_older_one_comes_first(life: Life) -> None:
    three_versions(life)

    assert versions(compared(life, "now", "1")) == ("1", "now")


def test_what_there_is_not_is_the_nearest_that_there_is(life: Life) -> None:
    three_versions(life)

    for before, after in (("7", "9"), ("", ""), ("'", "x" * 2_000)):
        assert versions(compared(life, before, after)) == ("2", "now")
    assert versions(compared(life, "2", "2")) == ("1", "2")
    assert versions(compared(life, "1", "1")) == ("1", "now")


def test_one_content_is_compared_with_nothing(life: Life) -> None:
    life.bring_to(State.APPROVED)

    assert history_of(life).compared is None


def test_what_is_planned_and_not_confirmed_is_no_part_of_the_draft(life: Life) -> None:
    life.bring_to(State.REJECTED)
    life.revise("Wrong week.")
    life.plan("18:00", "19:00")

    assert told(compared(life)) == []


def test_the_same_content_certified_again_is_no_difference(life: Life) -> None:
    life.bring_to(State.REJECTED)
    life.revise("It was right.")
    life.submit()

    shown = compared(life)

    assert versions(shown) == ("1", "2")
    assert (shown.differences, shown.total.before) == ((), shown.total.after)


def test_of_a_past_moment_what_was_there_then_is_compared(life: Life) -> None:
    life.bring_to(State.REJECTED)
    life.revise("It was shorter.")
    then = moment(life)
    life.submit()
    life.reject()
    life.revise("Once more.")

    found = history_of(life, then).compared

    assert found is not None
    assert [each.key for each in found.versions] == ["1", "now"]
