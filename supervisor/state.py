"""What `countersign up` leaves in its data directory, for its next start and for the other commands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from processes import Identity

RUN_FILE = "run.json"
CHILDREN_FILE = "children.json"


@dataclass(frozen=True)
class Run:
    """One start of `countersign up`: who runs it, where it is, and the settings that lead others to it."""

    process: Identity
    web: str = ""
    temporal_ui: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def is_running(self) -> bool:
        return self.process.find() is not None


def read_run(data_dir: Path) -> Run | None:
    """The last start on this data directory, running or not; None when there was none."""
    try:
        stored = json.loads((data_dir / RUN_FILE).read_text())
        return Run(**{**stored, "process": Identity(**stored["process"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_run(data_dir: Path, run: Run) -> None:
    """Replaces what is stored, at once, readable for the owner only."""
    _write(data_dir / RUN_FILE, asdict(run))


def read_children(data_dir: Path) -> list[Identity]:
    """The processes that the last start left in its list."""
    try:
        return [Identity(**child) for child in json.loads((data_dir / CHILDREN_FILE).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def write_children(data_dir: Path, children: list[Identity]) -> None:
    """Replaces the list."""
    _write(data_dir / CHILDREN_FILE, [asdict(child) for child in children])


def running_settings(data_dir: Path) -> Mapping[str, str]:
    """Settings that lead to the servers of the `countersign up` that runs here; empty when none does."""
    run = read_run(data_dir)
    return run.settings if run and run.is_running() else {}


def _write(path: Path, content: object) -> None:
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    new.replace(path)
