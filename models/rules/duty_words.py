"""What a check of duties found, in sentences."""

from collections.abc import Mapping
from uuid import UUID

from models.rules.duties import Duty, Found

DUTY_TITLES: Mapping[Duty, str] = {
    Duty.OWN_TIME: "Own time",
    Duty.OWN_GRANT: "Own choice of who decides",
    Duty.NOT_STATED: "Not in the ledger",
    Duty.NOT_DECIDED: "Only in the ledger",
    Duty.IN_PAIRS: "In pairs",
    Duty.CLOSE: "Close to the administrator",
}
"""Each kind of finding."""

WHAT_IS_FINE = (
    "Nobody decided on their own time, neither themselves nor through somebody in their name.",
    "Nobody's time was decided on under a delegation that they had granted themselves.",
    "Each decision stands in the ledger with the same people, and the ledger knows no others.",
    "No two people decided on each other's time within four weeks.",
    "No administrator decided in an approver's name on the time of somebody directly above or below them.",
)
"""What is true of the decisions of a period in which nothing was found."""


def sentence(found: Found, names: Mapping[UUID, str]) -> str:
    """A finding as people read it."""
    who = [names.get(person, "somebody") for person in found.people]
    match found.duty:
        case Duty.OWN_TIME:
            return f"A decision on the time of {who[0]} was made by them, or in their name."
        case Duty.OWN_GRANT:
            return f"{who[1]} decided on the time of {who[0]} under a delegation that {who[0]} had granted."
        case Duty.NOT_STATED:
            return f"The ledger does not know that {who[1]} decided on the time of {who[0]}, or names others."
        case Duty.NOT_DECIDED:
            return f"The ledger knows a decision “{found.activity}” that nobody made."
        case Duty.IN_PAIRS:
            times = len(found.decisions)
            return f"{who[0]} and {who[1]} decided on each other's time, {times} times altogether."
        case Duty.CLOSE:
            return f"{who[0]} decided in the name of {who[2]} on the time of {who[1]}, who is directly above or below."
