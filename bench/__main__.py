"""Measures what docs/performance.md reports: `python -m bench`."""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from bench import activity_kinds, deciding, starting, weighing
from bench.document import DOCUMENT, report, with_report
from bench.figures import Figure
from bench.organisation import Organisation
from bench.sizes import FULL, QUICK, Sizes
from bench.system import System, bench_worker, running

LONGEST_SECONDS = 1200
"""However slow the machine is, the measurements that need a system end after this."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, and write it into the document unless it was a quick look."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what docs/performance.md reports.")
    parser.add_argument(
        "--quick", action="store_true", help="a few requests, to see that the programs run; writes nothing"
    )
    quick: bool = parser.parse_args(arguments).quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="countersign-bench-", ignore_cleanup_errors=True) as folder:
        figures = list(_measured(Path(folder), QUICK if quick else FULL))
    measured = report(figures, load_before)
    print(measured)
    if not quick:
        DOCUMENT.write_text(with_report(DOCUMENT.read_text(), measured))


def _measured(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    _say("starting …")
    starts = starting.measure(folder, sizes)
    with running(folder / "data") as system, bench_worker(system):
        yield from asyncio.run(_in_system(system, sizes))
    yield from starts


async def _in_system(system: System, sizes: Sizes) -> list[Figure]:
    async with asyncio.timeout(LONGEST_SECONDS):
        org = await Organisation.founded(system)
        _say("deciding …")
        figures = await deciding.measure(org, sizes)
        _say("activities …")
        figures += await activity_kinds.measure(org, sizes)
        _say("page weight …")
        return figures + await weighing.measure(org)


def _say(words: str) -> None:
    print(f"{words} (load average {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
