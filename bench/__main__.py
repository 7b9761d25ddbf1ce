"""Measures what docs/performance.md reports: `python -m bench`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bench import (
    activity_kinds,
    approving,
    bulking,
    cascading,
    crowding,
    deciding,
    ledger,
    rebuilding,
    recording,
    starting,
    weighing,
)
from bench.approvals import Timesheets
from bench.crowd import TooMuch
from bench.document import DOCUMENT, report, servers, with_report
from bench.entries import Entries
from bench.figures import Figure
from bench.memory import Memory
from bench.organisation import TENANT, Organisation
from bench.peers import dbos, tryton, viewflow
from bench.peers.environment import PeerMissing
from bench.sizes import FULL, PEOPLE, QUICK, Sizes
from bench.system import System, bench_worker, running
from demo.people import agreement_year, found

LONGEST_SECONDS = 900
"""However slow the machine is, the measurements that need a system end after this."""

PARTS = ("start", "decide", "bulk", "cascade", "rebuild", "ledger", "record", "approve")
"""What can be measured by itself; 'decide' is everything about approvals, with memory and page weight."""

LONG_PARTS = ("inbox",)
"""What takes so long and so much room that it is measured only when it is asked for."""

SECTIONS = {PARTS: "figures", LONG_PARTS: "inbox figures"}
"""Which runs are written into the document, and where."""

FEW_SHEETS = 17
"""So many certified weeks are a little more than 100 commands."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, and write it into the document if all of a table was measured in full."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what docs/performance.md reports.")
    parser.add_argument(
        "--quick", action="store_true", help="a few requests, to see that the programs run; writes nothing"
    )
    parser.add_argument(
        "--only",
        type=parts_of,
        default=PARTS,
        help=f"some of {', '.join((*PARTS, *LONG_PARTS))}, with commas between them; only inbox alone is written down",
    )
    given = parser.parse_args(arguments)
    quick: bool = given.quick
    only: tuple[str, ...] = given.only
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything is stopped and removed, as by Ctrl-C
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="countersign-bench-", ignore_cleanup_errors=True) as folder:
        measured = Run(Path(folder), QUICK if quick else FULL, only).measure()
    print(measured)
    if not quick and only in SECTIONS:
        DOCUMENT.write_text(with_report(DOCUMENT.read_text(), SECTIONS[only], measured))


def parts_of(names: str) -> tuple[str, ...]:
    """Parts by their names, in the order in which they are measured."""
    asked, known = set(names.split(",")), (*PARTS, *LONG_PARTS)
    if asked - set(known):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(asked - set(known)))}")
    return tuple(part for part in known if part in asked)


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
        starts += self._crowded() if "inbox" in self.parts else []
        with running(self.folder / "data") as system, bench_worker(system):
            if "decide" in self.parts:
                figures += asyncio.run(self._in_system(system))
            else:
                assert system.settings.database_owner_url is not None
                found(system.settings.database_owner_url, TENANT, datetime.now(UTC).date())
            figures += asyncio.run(self._bulk(system)) if "bulk" in self.parts else []
            figures += asyncio.run(self._balances(system))
            figures += self._ledger(system) if "ledger" in self.parts else []
            figures += self.beside_tryton(system) if "record" in self.parts else []
            figures += self.beside_engines(system, Timesheets.of(system)) if "approve" in self.parts else []
            return report([*figures, *starts], self._loads, servers(system.settings), self.others)

    def _started(self) -> list[Figure]:
        self._say("starting")
        return starting.measure(self.folder, self.sizes)

    def _crowded(self) -> list[Figure]:
        self._say("crowding")
        try:
            return crowding.measure(self.folder, self.sizes)
        except TooMuch as much:
            self.others.append(f"not measured: 'inbox'. {much}")
            return []

    async def _balances(self, system: System) -> list[Figure]:
        figures: list[Figure] = []
        async with asyncio.timeout(LONGEST_SECONDS):
            for part, measure in (("cascade", cascading.measure), ("rebuild", rebuilding.measure)):
                if part in self.parts:
                    self._say(part)
                    figures += await measure(system, self.sizes)
        return figures

    def _ledger(self, system: System) -> list[Figure]:
        self._say("ledger")
        return ledger.measure(system, self.sizes)

    async def _bulk(self, system: System) -> list[Figure]:
        """Many timesheets take their time: its own."""
        async with asyncio.timeout(2 * LONGEST_SECONDS):
            self._say("bulk")
            return await bulking.measure(await Organisation.founded(system), self.sizes.sheets, self.sizes)

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
            return self._left_out("record", "Tryton", missing)

    def beside_engines(self, system: System, ours: approving.Approver) -> list[Figure]:
        """What needs other engines for workflows; nothing of one that cannot be installed."""
        figures: list[Figure] = []
        for engine in (viewflow, dbos):
            self._say(f"approving beside {engine.NAME}")
            try:
                with engine.running(system, self.folder / engine.PEER) as peer:
                    self.others.append(engine.versions())
                    figures += asyncio.run(self._approved(engine.NAME, ours, peer))
            except PeerMissing as missing:
                figures += self._left_out("approve", engine.NAME, missing)
        return figures

    async def _recorded(self, ours: recording.Recorder, peer: recording.Recorder) -> list[Figure]:
        async with asyncio.timeout(LONGEST_SECONDS):
            first, _ = agreement_year(datetime.now(UTC).date())
            return await recording.measure(ours, peer, self.sizes, first)

    async def _approved(self, name: str, ours: approving.Approver, peer: approving.Approver) -> list[Figure]:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await approving.measure(name, ours, peer, self.sizes)

    def _left_out(self, figure: str, name: str, missing: PeerMissing) -> list[Figure]:
        self.others.append(f"not measured: '{figure}' beside {name}, which could not be installed")
        print(f"{name} cannot be installed here, '{figure}' is left out: {missing}", file=sys.stderr, flush=True)
        return []

    def _say(self, words: str) -> None:
        self._loads.append(os.getloadavg()[0])
        print(f"{words} … (load average {self._loads[-1]:.1f})", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
