"""A whole Countersign of its own for the measurements, started as people start it."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from embedded import free_port
from processes import end, spawn, tail, wait_until
from settings import Settings, load
from supervisor.state import running_settings

PROJECT = Path(__file__).resolve().parent.parent
FIRST_PAGE = "/sign-in"
START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class System:
    """A running `countersign up`."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    seconds_to_first_page: float

    @property
    def settings(self) -> Settings:
        """The settings that lead to its servers."""
        return load(Settings, {"data_dir": self.data_dir})

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return self.settings.base_url


@contextmanager
def running(data_dir: Path) -> Iterator[System]:
    """`countersign up` on a data directory, from its start to its orderly end."""
    output = data_dir.with_suffix(".out")
    command = [sys.executable, "-P", "-m", "countersign", "up", "--no-demo"]
    options: list[str | Path] = ["--data-dir", data_dir, "--port", str(free_port())]
    began = perf_counter()
    process = spawn([*command, *options], log=output, env=environment())
    try:
        answers = wait_until(lambda: process.poll() is not None or _shows_first_page(data_dir), seconds=START_SECONDS)
        seconds = perf_counter() - began
        if not answers or process.poll() is not None:
            raise SystemExit(f"countersign up did not start:\n{tail(output, 30)}")
        yield System(process, data_dir, seconds)
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


@contextmanager
def bench_worker(system: System) -> Iterator[None]:
    """A worker process of the measurements' own workflows, on the same servers."""
    command = [sys.executable, "-m", "bench.worker", str(system.data_dir)]
    log = system.data_dir / "logs" / "bench-worker.log"
    process = spawn(command, log=log, env=environment() | {"PYTHONPATH": str(PROJECT)})
    try:
        yield
    finally:
        end(process, ask=signal.SIGTERM, seconds=STOP_SECONDS)


def environment() -> dict[str, str]:
    """Nothing of ours that the developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}


def _shows_first_page(data_dir: Path) -> bool:
    origin = running_settings(data_dir).get("base_url")
    if origin is None:
        return False
    try:
        with urllib.request.urlopen(f"{origin}{FIRST_PAGE}", timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False
