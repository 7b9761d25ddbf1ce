"""How much is measured: enough for figures that hold, or just enough to see that the programs run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of rounds and of requests in each."""

    rounds: int
    starts: int
    decisions: tuple[tuple[int, int], ...]
    """How many at once, and how many in all, for each step of a round."""
    commands: tuple[tuple[int, int], ...]
    """The same for the comparison of activities."""


FULL = Sizes(
    rounds=5,
    starts=5,
    decisions=((1, 40), (8, 96), (32, 160)),
    commands=((1, 24), (16, 64)),
)

QUICK = Sizes(rounds=1, starts=1, decisions=((1, 2), (4, 4)), commands=((1, 2), (2, 2)))
