"""How days are written for people, on pages and in mail alike."""

from datetime import date, timedelta


def date_range(start: date, end: date) -> str:
    """16 – 22 November 2026, naming a month or year twice only when they differ."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} – {end.day} {end:%B %Y}"
    first = f"{start.day} {start:%B}" if start.year == end.year else f"{start.day} {start:%B %Y}"
    return f"{first} – {end.day} {end:%B %Y}"


def day_long(day: date) -> str:
    """Wednesday 18 November"""
    return f"{day:%A} {day.day} {day:%B}"


def day_year(day: date) -> str:
    """18 November 2026"""
    return f"{day.day} {day:%B %Y}"


def days_short(start: date, end: date) -> str:
    """Mon 16, 16 – 22 Nov, 30 Nov – 6 Dec, or Nov 2026 for all of a month: as columns are headed."""
    if start == end:
        return f"{start:%a} {start.day}"
    if start.day == 1 and (end + timedelta(days=1)).day == 1 and (start.year, start.month) == (end.year, end.month):
        return f"{start:%b %Y}"
    first = f"{start.day}" if (start.year, start.month) == (end.year, end.month) else f"{start.day} {start:%b}"
    return f"{first} – {end.day} {end:%b}"
