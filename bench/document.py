"""The measured part of docs/performance.md."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from sqlalchemy import text

from bench.figures import Figure, table
from embedded import program
from models.database import engine_for
from settings import Settings

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PACKAGES = ("temporalio", "fastapi", "uvicorn", "sqlalchemy", "psycopg")


def report(figures: Iterable[Figure], loads: Iterable[float], servers: str, others: Iterable[str]) -> str:
    """The table, and when and on what it was measured."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    against = "".join(f"* {other}\n" for other in others)
    return (
        f"{table(figures)}\n\n"
        f"* {datetime.now(UTC).date():%d %B %Y}, Countersign {version('countersign')}\n"
        f"* {platform.system()} on {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory\n"
        f"* {servers}, Python {platform.python_version()}, {packages}\n"
        f"{against}"
        f"* load average before each part: {', '.join(f'{load:.1f}' for load in loads)}\n"
    )


def servers(settings: Settings) -> str:
    """The versions of the servers that run."""
    with engine_for(settings.database_url).connect() as connection:
        postgres = connection.execute(text("SHOW server_version")).scalar_one()
    temporal = subprocess.run([program("temporal"), "--version"], check=True, capture_output=True, text=True)
    return f"PostgreSQL {postgres}, {temporal.stdout.strip()}"


def with_report(document: str, section: str, measured: str) -> str:
    """The document with what was measured just now, in the place that is marked for it."""
    place = re.compile(rf"(?<=<!-- {section} -->\n).*?(?=<!-- /{section} -->)", re.DOTALL)
    return place.sub(lambda _: measured, document)
