from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.durations import hours_text, signed_hours_text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(450, "7.50"), (0, "0.00"), (1, "0.02"), (20, "0.33"), (40, "0.67"), (7635, "127.25"), (-75, "−1.25")],
)
def test_minutes_are_hours_with_two_decimals_and_a_real_minus_sign(minutes: int, text: str) -> None:
    assert hours_text(minutes) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(90, "+1.50"), (-90, "−1.50"), (0, "±0.00"), (1, "+0.02"), (-1, "−0.02")]
)
def test_a_signed_duration_always_shows_its_sign(minutes: int, text: str) -> None:
    assert signed_hours_text(minutes) == text


@given(st.integers(-1_000_000, 1_000_000))
def test_hours_are_rounded_to_the_nearest_hundredth(minutes: int) -> None:
    exact = (Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    assert Decimal(hours_text(minutes).replace("−", "-")) == exact
