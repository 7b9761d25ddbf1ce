"""`countersign up` as people use it: started, started twice, killed as a whole, stopped."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from embedded import LOOPBACK, free_port
from settings import Settings, load
from tests.standing import START_SECONDS, Standing, all_ended, command, environment, up


@pytest.fixture(scope="module")
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server((LOOPBACK, free_port())) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, taken: int) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data", port=taken) as started:
        started.await_ready()
        yield started


def test_another_port_is_found_when_the_wanted_one_is_taken(running: Standing, taken: int) -> None:
    assert not running.url.endswith(f":{taken}")


def test_a_second_start_is_refused_in_words(running: Standing) -> None:
    start = command("up", "--data-dir", running.data_dir)
    second = subprocess.run(start, capture_output=True, text=True, check=False, env=environment())
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert running.url in second.stderr
    assert "Traceback" not in second.stderr


def test_other_commands_find_the_servers(running: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COUNTERSIGN_")]:
        monkeypatch.delenv(name)
    settings = load(Settings, {"data_dir": running.data_dir})
    assert settings.base_url == running.url
    assert str(running.data_dir) in settings.database_url
    assert not settings.production


def test_what_only_its_owner_may_read_is_closed_to_others(running: Standing) -> None:
    for name in ("secret", "run.json"):
        assert (running.data_dir / name).stat().st_mode & 0o077 == 0
    assert running.data_dir.stat().st_mode & 0o066 == 0


def test_a_start_recovers_from_a_killed_one_and_everything_ends_with_it(running: Standing) -> None:
    left = running.children()
    running.process.kill()
    running.process.wait(START_SECONDS)
    with up(running.data_dir) as again:
        again.await_ready()
        assert all_ended(left)
        children = again.children()
        again.process.send_signal(signal.SIGTERM)
        assert again.process.wait(START_SECONDS) == 0
    assert len(children) >= 4
    assert all_ended(children)
