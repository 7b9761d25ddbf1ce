"""How long somebody waits from the command to the first page, once everything is set up."""

from pathlib import Path
from statistics import median

from bench.figures import Figure, Goal
from bench.sizes import Sizes
from bench.system import running

SOON = Goal(6.0)


def measure(folder: Path, sizes: Sizes) -> list[Figure]:
    """The figures 'start': each new data directory is used a second time."""
    fresh: list[float] = []
    again: list[float] = []
    for number in range(sizes.starts):
        data_dir = folder / f"start-{number}"
        for found in (fresh, again):
            with running(data_dir) as system:
                found.append(system.seconds_to_first_page)
    return [
        Figure("start, new data directory", median(fresh), "s", goal=SOON),
        Figure("start, data directory in use", median(again), "s", goal=SOON),
    ]
