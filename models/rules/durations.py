"""Durations as people read them: hours with two decimals and a real minus sign."""

MINUS = "\N{MINUS SIGN}"


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
