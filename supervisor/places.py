"""Where `countersign up` keeps its files and which ports it takes."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedded import LOOPBACK, free_port
from settings import DEMO_SECRET, SECRET_FILE, Environment, Settings

LARGEST_LOG_BYTES = 10_000_000
TEMPORAL_PORT = 7233
ABOVE = 1_000
"""So far above Temporal's port its own pages are, as usual."""
NEIGHBOURS = 20


class UpSettings(Settings):
    """What `countersign up` starts from: a demo unless the settings say otherwise, on servers of its own."""

    env: Environment = Environment.DEMO
    database_url: str = ""

    @classmethod
    def demo_secret(cls, data_dir: Path) -> str:
        """The secret of this data directory, made when it has none yet."""
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(data_dir / SECRET_FILE, flags, 0o600), "w") as file:
                file.write(DEMO_SECRET + secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return super().demo_secret(data_dir)


@dataclass(frozen=True)
class Ports:
    """The ports of one start."""

    web: int
    temporal: int
    temporal_ui: int

    @classmethod
    def choose(cls, host: str, web: int, temporal: int | None, last: Mapping[str, int]) -> Ports:
        """The wanted one or the next free; Temporal's as wanted or the last time, else the usual ones, else any.

        Never the same for two of them.
        """
        first = temporal or last.get("temporal", TEMPORAL_PORT)
        first_ui = temporal + ABOVE if temporal else last.get("temporal_ui", TEMPORAL_PORT + ABOVE)
        server = free_port((first, TEMPORAL_PORT))
        pages = free_port((port for port in range(web, min(web + NEIGHBOURS, 65536)) if port != server), host)
        ui = free_port(port for port in (first_ui, TEMPORAL_PORT + ABOVE) if port not in (server, pages))
        return cls(web=pages, temporal=server, temporal_ui=ui)


def web_address(host: str, port: int) -> str:
    """An address of the pages that a browser on this machine understands."""
    name = LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def take_lock(data_dir: Path) -> IO[str] | None:
    """The data directory for this process alone, however it may end; None when another one has it."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (data_dir / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def log_file(data_dir: Path, name: str) -> Path:
    """The log of one process; a large one is put aside."""
    log = data_dir / "logs" / f"{name}.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    return log
