"""How long somebody waits from the command to the first page, once everything is set up."""

from pathlib import Path

from bench.figures import Figure, Goal
from bench.sizes import Sizes
from bench.system import running

SOON = Goal(6.0)


def measure(folder: Path, sizes: Sizes) -> list[Figure]:
    """The figures 'start': each new data directory is used a second time."""
    fresh: list[float] = []
    again: list[float] = []
    for number in range(sizes.starts):
        for found in (fresh, again):
            with running(folder / f"start-{number}") as system:
                found.append(system.seconds_to_first_page)
    return [
        Figure("start, new data directory", fresh, "s", samples=f"{sizes.starts}", goal=SOON),
        Figure("start, data directory in use", again, "s", samples=f"{sizes.starts}", goal=SOON),
    ]
