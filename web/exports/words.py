"""Text that people typed, in places where a line is a line."""

import unicodedata

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""Categories of what ends a line or means something to a machine, and is no letter."""


def one_line(text: str) -> str:
    """The text with every line break, tab and other control character as a space."""
    return "".join(" " if unicodedata.category(char) in _BREAKS else char for char in text)
