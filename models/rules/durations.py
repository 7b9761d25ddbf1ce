"""How long somebody worked, and durations as people read them: hours with two decimals and a real minus sign."""

from datetime import datetime

from models.rules.days import ONE_MINUTE

MINUS = "\N{MINUS SIGN}"


def worked_minutes(start: datetime, end: datetime | None, meal_break_minutes: int) -> int:
    """Elapsed whole minutes less the meal break, both instants in UTC; nothing yet while there is no end.

    A whole day is the minutes between its midnights: where its type counts, all of them do.
    """
    return 0 if end is None else (end - start) // ONE_MINUTE - meal_break_minutes


def hours_text(minutes: int) -> str:
    """Whole minutes as hours, such as `7.50`, rounded to the nearest hundredth; below zero `−1.25`."""
    # A minute is five thirds of a hundredth, so no duration lies halfway between two of them.
    hundredths = (abs(minutes) * 5 + 1) // 3
    return f"{MINUS if minutes < 0 else ''}{hundredths // 100}.{hundredths % 100:02}"


def signed_hours_text(minutes: int) -> str:
    """Whole minutes as hours with their sign: `+1.50`, `−1.50`, and `±0.00` for none."""
    if minutes < 0:
        return hours_text(minutes)
    return f"{'+' if minutes else '±'}{hours_text(minutes)}"
