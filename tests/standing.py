"""A whole Countersign, started as people start it, and what may happen to its processes."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

import psutil

from demo.people import DEMO, OTHER, found
from embedded import APPLICATION, free_port
from settings import Settings, load
from supervisor.state import read_run, running_settings
from tests.waiting import eventually

START_SECONDS = 60.0
"""How long a start may take on a busy machine."""

WEB = "countersign web"
WORKER = "countersign worker"
DATABASE = "bin/postgres -D"
TEMPORAL = "temporal server"
"""The words by which each part is known in the list of processes."""


@dataclass(frozen=True)
class Standing:
    """One `countersign up`."""

    process: "subprocess.Popen[bytes]"
    data_dir: Path
    output: Path

    @property
    def url(self) -> str:
        """Where its pages are."""
        run = read_run(self.data_dir)
        assert run is not None, self.output.read_text()
        return run.web

    @property
    def settings(self) -> Settings:
        """The settings that lead to its servers."""
        return load(Settings, {"data_dir": self.data_dir})

    def found_demo(self) -> None:
        """The demo's people and their accounts, with nothing recorded yet."""
        for tenant in (DEMO, OTHER):
            found(running_settings(self.data_dir)["database_owner_url"], tenant, datetime.now(UTC).date())

    def children(self, words: str = "") -> list[psutil.Process]:
        """Its processes with these words in their command line."""
        return [child for child in psutil.Process(self.process.pid).children() if words in _command_line(child)]

    def kill(self, words: str) -> psutil.Process:
        """Ends one of its processes in the middle of what it does; it starts another by itself."""
        (victim,) = self.children(words)
        victim.kill()
        return victim

    def kill_session(self) -> None:
        """Ends one of the database's own processes, that of a session of ours; the database ends all the others."""
        (postgres,) = self.children(DATABASE)
        ours = [session for session in postgres.children() if APPLICATION in _command_line(session)]
        ours[0].kill()

    def await_ready(self) -> None:
        """Wait until the database, Temporal and a worker answer."""
        self.await_(self._is_ready, "everything answers")

    def await_(self, is_so: Callable[[], object], what: str) -> None:
        """Wait as long as a start may take; what it said meanwhile is in the failure."""
        try:
            in_time(is_so, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output.read_text()}") from None

    @contextmanager
    def halted(self, words: str) -> Iterator[None]:
        """One of its processes is there and does nothing before the block ends."""
        (process,) = self.children(words)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    @contextmanager
    def without(self, *parts: str) -> Iterator[None]:
        """Some of its processes are gone, and nothing starts them again before the block ends."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            gone = [self.kill(words) for words in parts]
            self.await_(lambda: all_ended(gone), f"{parts} are gone")
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False


def in_time(is_so: Callable[[], object], what: str) -> None:
    """Wait as long as a start may take."""
    eventually(is_so, what, START_SECONDS, step=0.1)


def command(*arguments: str | Path) -> list[str]:
    """One of the product's commands."""
    return [sys.executable, "-P", "-m", "countersign", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Nothing that the developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}


@contextmanager
def up(data_dir: Path, port: int | None = None, workers: int = 1, **settings: str) -> Iterator[Standing]:
    """`countersign up` without the demo's weeks, from its start to its orderly end; `settings` by variable."""
    output = data_dir.with_suffix(".out")
    start = command("up", "--data-dir", data_dir, "--port", str(port or free_port()), "--no-demo")
    start += ["--workers", str(workers)]
    if not data_dir.exists():
        # A port that no other system takes while this one's Temporal is down.
        start += ["--temporal-port", str(free_port())]
    with output.open("wb") as file:
        process = subprocess.Popen(
            start, stdout=file, stderr=file, env=environment() | settings, cwd=data_dir.parent, start_new_session=True
        )
    standing = Standing(process, data_dir, output)
    try:
        standing.await_(lambda: process.poll() is not None or "Ctrl-C" in output.read_text(), "it is up")
        assert process.poll() is None, output.read_text()
        yield standing
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def all_ended(processes: list[psutil.Process]) -> bool:
    """Whether none of these processes does anything any more."""
    return not any(_runs(process) for process in processes)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
