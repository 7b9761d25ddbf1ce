"""The provenance domain of recorded time: which terms there are, what each says of itself, and as what people act.

One description: the GraphQL schema, the exports and the history are made from it. Source: W3C PROV-DM and the
time-recording domain of Chronicle.
"""

from dataclasses import dataclass
from enum import StrEnum


class TermKind(StrEnum):
    """The three kinds of terms of PROV."""

    AGENT = "agent"
    ACTIVITY = "activity"
    ENTITY = "entity"


class ProvRole(StrEnum):
    """As what somebody is associated with an activity, or acts for somebody else."""

    WORKER = "WORKER"
    SUPERVISOR = "SUPERVISOR"
    PROJECT_LEAD = "PROJECT_LEAD"
    ADMINISTRATOR = "ADMINISTRATOR"


@dataclass(frozen=True, slots=True)
class TermType:
    """A type of term, and the one attribute that those of it have, if any."""

    kind: TermKind
    name: str
    attribute: str | None = None

    @property
    def full_name(self) -> str:
        """The name with its kind, as programs know it: `WorkActivity`."""
        return f"{self.name}{self.kind.capitalize()}"


DOMAIN = (
    TermType(TermKind.AGENT, "Person", "name"),
    TermType(TermKind.ENTITY, "Project", "name"),
    TermType(TermKind.ACTIVITY, "Work", "task"),
    TermType(TermKind.ACTIVITY, "Timesheet"),
    TermType(TermKind.ACTIVITY, "Revision", "reason"),
    TermType(TermKind.ACTIVITY, "Summary"),
    TermType(TermKind.ACTIVITY, "Submit"),
    TermType(TermKind.ACTIVITY, "View"),
    TermType(TermKind.ACTIVITY, "Approve"),
    TermType(TermKind.ACTIVITY, "Reject", "reason"),
)


def types_of(kind: TermKind) -> tuple[TermType, ...]:
    """The types of one kind."""
    return tuple(each for each in DOMAIN if each.kind is kind)
