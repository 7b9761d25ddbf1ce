"""Acts that follow from each other are in that order in time, or whoever reads them is told."""

import pytest

from models.rules.prov_order import Happened, warnings_of

NINE, TEN = "2022-12-12T09:00:00+00:00", "2022-12-12T10:00:00+00:00"


def on(act: str, at: str | None, *informing: tuple[str | None, str | None]) -> list[str]:
    return warnings_of(Happened("act", act, at), [Happened("before", type_, since) for type_, since in informing])


@pytest.mark.parametrize(("act", "before"), [("Approve", "Submit"), ("Reject", "Submit"), ("Reject", "Approve")])
def test_a_decision_is_not_earlier_than_what_it_decides_on(act: str, before: str) -> None:
    (warning,) = on(act, NINE, (before, TEN))

    assert warning == (
        f"This {act} was on 2022-12-12 09:00:00 UTC, before the {before} before that it acts on, "
        "which was on 2022-12-12 10:00:00 UTC."
    )
    assert on(act, TEN, (before, NINE)) == on(act, TEN, (before, TEN)) == []


@pytest.mark.parametrize(
    ("act", "at", "before", "since"),
    [
        ("Submit", NINE, "Timesheet", TEN),
        ("View", NINE, "Timesheet", TEN),
        ("Approve", NINE, "Work", TEN),
        ("Approve", NINE, None, TEN),
        ("Approve", None, "Submit", TEN),
        ("Approve", NINE, "Submit", None),
    ],
)
def test_of_everything_else_nothing_is_said(act: str, at: str | None, before: str | None, since: str | None) -> None:
    assert on(act, at, (before, since)) == []


def test_each_of_several_is_told() -> None:
    assert len(on("Approve", NINE, ("Submit", TEN), ("Submit", TEN), ("Submit", NINE))) == 2
