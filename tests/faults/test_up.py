"""`countersign up` as people use it: started, started twice, hurt in every way, stopped."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from embedded import free_port
from processes import wait_until
from settings import Settings, load

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass
class Running:
    """One `countersign up`."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    output: Path

    @property
    def url(self) -> str:
        return str(json.loads((self.data_dir / "run.json").read_text())["web"])

    def children(self, *words: str) -> list[psutil.Process]:
        """Its processes whose command line has all of the words."""
        found = psutil.Process(self.process.pid).children()
        return [child for child in found if all(word in command_line(child) for word in words)]

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    def await_ready(self) -> None:
        assert wait_until(self.is_ready, seconds=START_SECONDS), self.output.read_text()

    def kill(self, *words: str) -> None:
        """Kills the process with these words in its command line, and waits until another took its place."""
        (old,) = self.children(*words)
        old.kill()
        assert wait_until(
            lambda: any(child.pid != old.pid for child in self.children(*words)), seconds=START_SECONDS
        ), self.output.read_text()


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "countersign", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Nothing that the developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}


@contextmanager
def up(data_dir: Path, port: int | None = None) -> Iterator[Running]:
    output = data_dir.with_suffix(".out")
    start = command("up", "--data-dir", data_dir, "--port", str(port or free_port()), "--no-demo")
    with output.open("wb") as file:
        process = subprocess.Popen(
            start, stdout=file, stderr=file, env=environment(), cwd=data_dir.parent, start_new_session=True
        )
    running = Running(process, data_dir, output)
    try:
        assert wait_until(lambda: "Ctrl-C" in output.read_text(), seconds=START_SECONDS), output.read_text()
        yield running
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def all_ended(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(tmp_path_factory.mktemp("up") / "data") as started:
        started.await_ready()
        yield started


def test_a_second_start_is_refused_in_words(running: Running) -> None:
    start = command("up", "--data-dir", running.data_dir)
    second = subprocess.run(start, capture_output=True, text=True, check=False, env=environment())
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert running.url in second.stderr
    assert "Traceback" not in second.stderr


def test_other_commands_find_the_servers(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    settings = load(Settings, {"data_dir": running.data_dir})
    assert settings.base_url == running.url
    assert str(running.data_dir) in settings.database_url
    assert not settings.production


def test_what_only_its_owner_may_read_is_closed_to_others(running: Running) -> None:
    for name in ("secret", "run.json"):
        assert (running.data_dir / name).stat().st_mode & 0o077 == 0
    assert running.data_dir.stat().st_mode & 0o066 == 0


@pytest.mark.parametrize("part", ["countersign worker", "countersign web", "temporal server", "bin/postgres -D"])
def test_a_killed_part_is_started_again(running: Running, part: str) -> None:
    running.kill(part)
    running.await_ready()


def test_another_port_is_found_when_the_wanted_one_is_taken(running: Running, tmp_path: Path) -> None:
    taken = int(running.url.rpartition(":")[2])
    with up(tmp_path / "data", port=taken) as other:
        assert other.url != running.url
        other.await_ready()
        running.await_ready()


def test_a_start_recovers_from_a_killed_one(tmp_path: Path) -> None:
    with up(tmp_path / "data") as first:
        first.await_ready()
        left = first.children()
        first.process.kill()
        first.process.wait(STOP_SECONDS)
        with up(tmp_path / "data") as second:
            second.await_ready()
            assert all_ended(left)


def test_everything_ends_with_it(tmp_path: Path) -> None:
    with up(tmp_path / "data") as started:
        started.await_ready()
        children = started.children()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(STOP_SECONDS) == 0
        assert len(children) >= 4
        assert all_ended(children)
