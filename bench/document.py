"""The measured part of docs/performance.md."""

import os
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, table

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
MEASURED = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)


def report(figures: Iterable[Figure], load_before: float) -> str:
    """The table, and when and on what it was measured."""
    date = datetime.now(UTC).date()
    load_after = os.getloadavg()[0]
    return (
        f"{table(figures)}\n\n"
        f"Measured on {date:%d %B %Y} on {platform.system()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; load average {load_before:.1f} before and {load_after:.1f} after.\n"
    )


def with_report(document: str, measured: str) -> str:
    """The document with what was measured just now."""
    return MEASURED.sub(lambda _: measured, document)
