"""A real NATS server with JetStream, and a scheduler that sends events through it."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
import pytest

from embedded import LOOPBACK, free_port
from tests.waiting import eventually


@dataclass
class Broker:
    """A NATS server that can be stopped and started; what was sent to it stays."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [_program(), "-js", "-sd", str(self.folder), "-a", LOOPBACK, "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(lambda: asyncio.run(self._answers()), "the broker answers")

    def stop(self) -> None:
        """End it."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(15)
        self.process = None

    def send(self, subject: str, *said: object) -> None:
        """Publish events, each acknowledged by the broker before the next is sent; bytes go as they are."""
        asyncio.run(self._send(subject, said))

    def waiting(self, stream: str, consumer: str) -> int:
        """How many messages were not acknowledged yet."""
        return asyncio.run(self._waiting(stream, consumer))

    async def _answers(self) -> bool:
        try:
            client = await nats.connect(self.url, allow_reconnect=False, error_cb=_quiet)
            await client.jetstream().account_info()
            await client.close()
        except (OSError, nats.errors.Error):
            return False
        return True

    async def _send(self, subject: str, said: Sequence[object]) -> None:
        client = await nats.connect(self.url)
        for each in said:
            body = each if isinstance(each, bytes) else json.dumps(each).encode()
            await client.jetstream().publish(subject, body)
        await client.close()

    async def _waiting(self, stream: str, consumer: str) -> int:
        client = await nats.connect(self.url)
        found = await client.jetstream().consumer_info(stream, consumer)
        await client.close()
        return (found.num_pending or 0) + (found.num_ack_pending or 0)


async def _quiet(_error: Exception) -> None:
    """A server that is not up yet is no news."""


@contextmanager
def broker_in(folder: Path) -> Iterator[Broker]:
    """A broker that is not started yet, and is stopped when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    broker = Broker(free_port(), folder)
    try:
        yield broker
    finally:
        if broker.process is not None:
            broker.stop()


def _program() -> str:
    """The server's program, which `make test` installs."""
    found = os.environ.get("COUNTERSIGN_NATS_SERVER") or shutil.which("nats-server")
    if not found:
        pytest.fail("These tests need a NATS server: run 'make test' as root, or install the package 'nats-server'.")
    return found
