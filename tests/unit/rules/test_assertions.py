"""What may be said of a term beside what is recorded: the same, more, never something else."""

import pytest

from models.rules.assertions import Contradiction, Recorded, require_same_definition, require_same_times

NOON = "2022-12-07T12:00:00+00:00"
ONE = "2022-12-07T13:00:00+00:00"


@pytest.mark.parametrize(
    ("recorded", "type_", "attributes"),
    [
        (Recorded(), "WorkActivity", {"task": "a"}),
        (Recorded("WorkActivity"), "WorkActivity", {"task": "a"}),
        (Recorded("WorkActivity", {"task": "a"}), "WorkActivity", {"task": "a"}),
        (Recorded("WorkActivity", {"task": "a"}), None, {}),
    ],
)
def test_the_same_and_more_may_be_said(recorded: Recorded, type_: str | None, attributes: dict[str, str]) -> None:
    require_same_definition(recorded, type_, attributes)


def test_another_type_is_a_contradiction() -> None:
    with pytest.raises(Contradiction) as refused:
        require_same_definition(Recorded("WorkActivity", {"task": "a"}), "SubmitActivity", {})

    said = 'Contradiction: Contradiction { attribute value change: type "WorkActivity" "SubmitActivity" }'
    assert str(refused.value) == said


def test_another_value_of_an_attribute_is_a_contradiction() -> None:
    with pytest.raises(Contradiction, match='attribute value change: task "a" "b \\\\"c\\\\""'):
        require_same_definition(Recorded("WorkActivity", {"task": "a"}), "WorkActivity", {"task": 'b "c"'})


@pytest.mark.parametrize(
    ("recorded", "started", "ended"),
    [
        (Recorded(), NOON, ONE),
        (Recorded(), NOON, NOON),
        (Recorded(started=NOON), NOON, ONE),
        (Recorded(ended=ONE), NOON, None),
        (Recorded(started=NOON, ended=ONE), None, ONE),
    ],
)
def test_times_that_fit_may_be_said(recorded: Recorded, started: str | None, ended: str | None) -> None:
    require_same_times(recorded, started, ended)


@pytest.mark.parametrize(
    ("recorded", "started", "ended", "detail"),
    [
        (Recorded(started=NOON), ONE, None, "start date alteration: 2022-12-07 12:00:00 UTC 2022-12-07 13:00:00 UTC"),
        (Recorded(ended=ONE), None, NOON, "end date alteration: 2022-12-07 13:00:00 UTC 2022-12-07 12:00:00 UTC"),
        (Recorded(started=ONE), None, NOON, "invalid range: 2022-12-07 13:00:00 UTC 2022-12-07 12:00:00 UTC"),
        (Recorded(ended=NOON), ONE, None, "invalid range: 2022-12-07 13:00:00 UTC 2022-12-07 12:00:00 UTC"),
        (Recorded(), ONE, NOON, "invalid range: 2022-12-07 13:00:00 UTC 2022-12-07 12:00:00 UTC"),
        (Recorded(started=NOON), ONE, ONE, "start date alteration: 2022-12-07 12:00:00 UTC 2022-12-07 13:00:00 UTC"),
    ],
)
def test_times_that_do_not_fit_are_a_contradiction(
    recorded: Recorded, started: str | None, ended: str | None, detail: str
) -> None:
    with pytest.raises(Contradiction) as refused:
        require_same_times(recorded, started, ended)

    assert str(refused.value) == f"Contradiction: Contradiction {{ {detail} }}"
