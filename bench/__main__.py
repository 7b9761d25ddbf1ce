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

from bench import activity_kinds, cascading, deciding, rebuilding, recording, starting, weighing
from bench.document import DOCUMENT, report, servers, with_report
from bench.entries import Entries
from bench.figures import Figure
from bench.memory import Memory
from bench.organisation import TENANT, Organisation
from bench.peers import tryton
from bench.peers.environment import PeerMissing
from bench.sizes import FULL, PEOPLE, QUICK, Sizes
from bench.system import System, bench_worker, running
from demo.people import agreement_year, found

LONGEST_SECONDS = 900
"""However slow the machine is, the measurements that need a system end after this."""

PARTS = ("start", "decide", "cascade", "rebuild", "record")
"""What can be measured by itself; 'decide' is everything about approvals, with memory and page weight."""

FEW_SHEETS = 17
"""So many certified weeks are a little more than 100 commands."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, and write it into the document unless it was a quick look."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what docs/performance.md reports.")
    parser.add_argument(
        "--quick", action="store_true", help="a few requests, to see that the programs run; writes nothing"
    )
    parser.add_argument(
        "--only",
        type=parts_of,
        default=PARTS,
        help=f"some of {', '.join(PARTS)}, with commas between them; writes nothing",
    )
    given = parser.parse_args(arguments)
    quick: bool = given.quick
    only: tuple[str, ...] = given.only
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="countersign-bench-", ignore_cleanup_errors=True) as folder:
        measured = Run(Path(folder), QUICK if quick else FULL, only).measure()
    print(measured)
    if not quick and only == PARTS:
        DOCUMENT.write_text(with_report(DOCUMENT.read_text(), measured))


def parts_of(names: str) -> tuple[str, ...]:
    """Parts by their names, in the order in which they are measured."""
    asked = set(names.split(","))
    if asked - set(PARTS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(asked - set(PARTS)))}")
    return tuple(part for part in PARTS if part in asked)


@dataclass
class Run:
    """One run of all measurements, or of some parts."""

    folder: Path
    sizes: Sizes
    parts: tuple[str, ...] = PARTS
    others: list[str] = field(default_factory=list)
    """What is to be said about the other programs."""
    _loads: list[float] = field(default_factory=list)

    def measure(self) -> str:
        """The report."""
        figures: list[Figure] = []
        starts = self._started() if "start" in self.parts else []
        with running(self.folder / "data") as system, bench_worker(system):
            if "decide" in self.parts:
                figures += asyncio.run(self._in_system(system))
            else:
                assert system.settings.database_owner_url is not None
                found(system.settings.database_owner_url, TENANT, datetime.now(UTC).date())
            figures += asyncio.run(self._balances(system))
            figures += self.beside_tryton(system) if "record" in self.parts else []
            return report([*figures, *starts], self._loads, servers(system.settings), self.others)

    def _started(self) -> list[Figure]:
        self._say("starting")
        return starting.measure(self.folder, self.sizes)

    async def _balances(self, system: System) -> list[Figure]:
        figures: list[Figure] = []
        async with asyncio.timeout(LONGEST_SECONDS):
            for part, measure in (("cascade", cascading.measure), ("rebuild", rebuilding.measure)):
                if part in self.parts:
                    self._say(part)
                    figures += await measure(system, self.sizes)
        return figures

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
