"""How much is measured: enough for figures that hold, or just enough to see that the programs run."""

from dataclasses import dataclass

PEOPLE = 16
"""How many people time is recorded for."""

WORKDAYS = 5
WEEK = PEOPLE * WORKDAYS
"""Entries of whole weeks, so that every round has as many that are the first of their week."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a round: how many requests, and how many of them at once."""

    at_once: int
    count: int


@dataclass(frozen=True, slots=True)
class Crowded:
    """How much time an organisation has in it."""

    people: int
    weeks: int
    entries: int = 2 * WORKDAYS
    """In a week."""

    @property
    def sheets(self) -> int:
        """One for each person and week."""
        return self.people * self.weeks


@dataclass(frozen=True, slots=True)
class Sizes:
    """How often and how much."""

    rounds: int
    starts: int
    decisions: tuple[Step, ...]
    activities: tuple[Step, ...]
    records: tuple[Step, ...]
    approvals: Step
    bulk: int
    """Timesheets of one bulk decision."""
    cascades: int
    """Amendments in a round."""
    rebuilt: int
    """People whose balances are rebuilt in a round."""
    statements: int
    """Of the ledger that is verified in a round."""
    few: Crowded
    many: Crowded
    pages: int
    """Of each supervisor's inbox, in a round."""

    @property
    def sheets(self) -> int:
        """How many timesheets the largest step needs."""
        return max(step.count for step in (*self.decisions, *self.activities))


FULL = Sizes(
    rounds=5,
    starts=5,
    decisions=(Step(1, 20), Step(8, 40), Step(32, 96)),
    activities=(Step(1, 16), Step(16, 32)),
    records=(Step(1, WEEK), Step(8, 2 * WEEK)),
    approvals=Step(8, 48),
    bulk=500,
    cascades=20,
    rebuilt=200,
    statements=100_000,
    few=Crowded(200, 50),
    many=Crowded(20_000, 50),
    pages=10,
)

QUICK = Sizes(
    rounds=1,
    starts=1,
    decisions=(Step(1, 4), Step(4, 8)),
    activities=(Step(1, 2), Step(2, 4)),
    records=(Step(1, 4), Step(4, 8)),
    approvals=Step(8, 16),
    bulk=10,
    cascades=4,
    rebuilt=10,
    statements=2_000,
    few=Crowded(200, 10),
    many=Crowded(1_000, 10),
    pages=2,
)
