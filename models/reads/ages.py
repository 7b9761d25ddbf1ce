"""How long ago something was."""

from datetime import datetime, timedelta


def age_text(moment: datetime, now: datetime) -> str:
    """In one unit: 5 min ago, yesterday."""
    minutes = max(0, (now - moment) // timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return "yesterday" if days == 1 else f"{days} days ago"
