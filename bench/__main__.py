"""Measures what docs/performance.md reports: `python -m bench`."""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bench import activity_kinds, deciding, recording, starting, weighing
from bench.document import DOCUMENT, report, servers, with_report
from bench.entries import Entries
from bench.figures import Figure
from bench.memory import Memory
from bench.organisation import Organisation
from bench.peers import tryton
from bench.peers.environment import PeerMissing
from bench.sizes import FULL, PEOPLE, QUICK, Sizes
from bench.system import System, bench_worker, running
from demo.people import agreement_year

LONGEST_SECONDS = 900
"""However slow the machine is, the measurements that need a system end after this."""

FEW_SHEETS = 17
"""So many certified weeks are a little more than 100 commands."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, and write it into the document unless it was a quick look."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what docs/performance.md reports.")
    parser.add_argument(
        "--quick", action="store_true", help="a few requests, to see that the programs run; writes nothing"
    )
    quick: bool = parser.parse_args(arguments).quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="countersign-bench-", ignore_cleanup_errors=True) as folder:
        measured = Run(Path(folder), QUICK if quick else FULL).measure()
    print(measured)
    if not quick:
        DOCUMENT.write_text(with_report(DOCUMENT.read_text(), measured))


@dataclass
class Run:
    """One run of all measurements."""

    folder: Path
    sizes: Sizes
    others: list[str] = field(default_factory=list)
    """What is to be said about the other programs."""
    _loads: list[float] = field(default_factory=list)

    def measure(self) -> str:
        """The report."""
        self._say("starting")
        starts = starting.measure(self.folder, self.sizes)
        with running(self.folder / "data") as system, bench_worker(system):
            figures = asyncio.run(self._in_system(system)) + self.beside_tryton(system)
            return report([*figures, *starts], self._loads, servers(system.settings), self.others)

    async def _in_system(self, system: System) -> list[Figure]:
        async with asyncio.timeout(LONGEST_SECONDS):
            self._say("preparing")
            org = await Organisation.founded(system)
            sheets = await org.submitted(range(FEW_SHEETS))
            early = Memory.of(org)
            sheets += await org.submitted(range(FEW_SHEETS, self.sizes.sheets))
            self._say("deciding")
            figures = await deciding.measure(org, sheets, self.sizes)
            figures += early.grown_to(Memory.of(org))
            self._say("activities")
            figures += await activity_kinds.measure(org, sheets, self.sizes)
            self._say("page weight")
            return figures + await weighing.measure(org)

    def beside_tryton(self, system: System) -> list[Figure]:
        """What needs Tryton; nothing where it cannot be installed."""
        self._say("recording")
        try:
            with tryton.running(system, self.folder / "tryton", PEOPLE) as peer:
                self.others.append(tryton.versions())
                return asyncio.run(self._recorded(Entries.of(system), peer))
        except PeerMissing as missing:
            self.others.append("not measured: 'record', since Tryton could not be installed")
            print(f"Tryton cannot be installed here, 'record' is left out: {missing}", file=sys.stderr, flush=True)
            return []

    async def _recorded(self, ours: recording.Recorder, peer: recording.Recorder) -> list[Figure]:
        async with asyncio.timeout(LONGEST_SECONDS):
            first, _ = agreement_year(datetime.now(UTC).date())
            return await recording.measure(ours, peer, self.sizes, first)

    def _say(self, words: str) -> None:
        self._loads.append(os.getloadavg()[0])
        print(f"{words} … (load average {self._loads[-1]:.1f})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
