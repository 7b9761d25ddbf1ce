"""The order in time of acts that follow from each other: a decision cannot be earlier than what it decides on.

The record takes what it is told: of two activities each may be true by itself. Whoever reads them together is told
where they cannot both be. Rule: better than the original, corrections with the cross-activity order checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.rules.prov_times import in_words

FOLLOWS = {"Approve": ("Submit",), "Reject": ("Submit", "Approve")}
"""Which acts come after which. A timesheet may be submitted before its period is over, and looked at at any time."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An activity, with its short type and when it began, if that is known."""

    external_id: str
    type: str | None
    started: str | None


def warnings_of(act: Happened, informing: Iterable[Happened]) -> list[str]:
    """What is wrong with the times of an act and of what it acts on, in sentences."""
    before = FOLLOWS.get(act.type or "", ())
    return [
        f"This {act.type} was on {in_words(act.started)}, before the {each.type} {each.external_id} that it acts on, "
        f"which was on {in_words(each.started)}."
        for each in informing
        if each.type in before and act.started and each.started and act.started < each.started
    ]
