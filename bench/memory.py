"""What the processes hold when they have worked for a while, against what they held at the beginning."""

from dataclasses import dataclass

from bench.figures import Figure, Goal
from bench.organisation import Organisation
from bench.usage import resident

STEADY = Goal(1.1)
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Memory:
    """Bytes by process after a number of commands."""

    commands: int
    resident: dict[str, int]

    @classmethod
    def of(cls, org: Organisation) -> "Memory":
        """What is held now."""
        return cls(org.carried_out(), resident())

    def grown_to(self, later: "Memory") -> list[Figure]:
        """The figures 'memory'."""
        return [
            Figure(
                f"memory of {name}, after {later.commands} commands against {self.commands}",
                [held / self.resident[name]],
                ours=f"{held / MEGABYTE:.0f} MB",
                against=f"{self.resident[name] / MEGABYTE:.0f} MB",
                goal=STEADY,
            )
            for name, held in later.resident.items()
        ]
