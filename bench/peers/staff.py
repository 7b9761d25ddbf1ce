"""The people in another program, as its set-up wrote them down: what each is recognised by."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.organisation import TEAMS, WORKERS

PEOPLE = (str(TEAMS), str(WORKERS))
"""What its set-up is told: as many as ours has."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Keys or sessions, by number."""

    supervisors: tuple[str, ...]
    workers: tuple[str, ...]

    @classmethod
    def written_in(cls, file: Path) -> Self:
        """The people of a set-up that is done."""
        written = json.loads(file.read_text())
        return cls(tuple(written["supervisors"]), tuple(written["workers"]))

    def pair(self, number: int) -> tuple[str, str]:
        """A worker and who supervises them, one worker after the other."""
        worker = number % len(self.workers)
        return self.workers[worker], self.supervisors[worker % len(self.supervisors)]
