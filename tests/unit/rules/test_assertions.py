"""What may be said of a term beside what is recorded: the same, more, never something else."""

import pytest

from models.rules.assertions import Contradiction, Recorded, defined, require_fits, timed
from models.rules.prov_domain import TermKind

NOON = "2022-12-07T12:00:00+00:00"
ONE = "2022-12-07T13:00:00+00:00"


@pytest.mark.parametrize(
    ("recorded", "type_", "attributes"),
    [
        (Recorded(), "Work", {"task": "a"}),
        (Recorded(type="Work"), "Work", {"task": "a"}),
        (Recorded(type="Work", attributes={"task": "a"}), "Work", {"task": "a"}),
        (Recorded(type="Work", attributes={"task": "a"}), None, {}),
    ],
)
def test_the_same_and_more_may_be_said(recorded: Recorded, type_: str | None, attributes: dict[str, str]) -> None:
    require_fits(recorded, defined(TermKind.ACTIVITY, "entry-1", type_, attributes))


def test_another_type_is_a_contradiction() -> None:
    with pytest.raises(Contradiction) as refused:
        require_fits(
            Recorded(type="Work", attributes={"task": "a"}), defined(TermKind.ACTIVITY, "entry-1", "Submit", {})
        )

    assert str(refused.value) == 'Contradiction: Contradiction { attribute value change: type "Work" "Submit" }'


def test_another_value_of_an_attribute_is_a_contradiction() -> None:
    said = defined(TermKind.ACTIVITY, "entry-1", "Work", {"task": 'b "c"'})

    with pytest.raises(Contradiction, match='attribute value change: task "a" "b \\\\"c\\\\""'):
        require_fits(Recorded(type="Work", attributes={"task": "a"}), said)


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
    require_fits(recorded, timed("entry-1", started, ended))


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
        require_fits(recorded, timed("entry-1", started, ended))

    assert str(refused.value) == f"Contradiction: Contradiction {{ {detail} }}"
