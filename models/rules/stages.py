"""Who approves a submission, one after the other, by an organisation's policy."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

from models.rules.transitions import CommandKind


class Stage(StrEnum):
    """Whom a submitted timesheet asks."""

    SUPERVISOR = "supervisor"
    PROJECT_LEAD = "project_lead"


def stage_after(stage: Stage, stages: list[str], has_projects: bool) -> Stage | None:
    """The stage that follows an approval; None: it is approved. Without lines on projects nobody leads anything."""
    if stage is Stage.SUPERVISOR and Stage.PROJECT_LEAD in stages and has_projects:
        return Stage.PROJECT_LEAD
    return None


class Decided(Protocol):
    """A decision on a submission."""

    @property
    def decision(self) -> str:
        """Approve, reject or take back."""


Made = TypeVar("Made", bound=Decided)


def approvals_in_force(decisions: Iterable[Made]) -> list[Made]:
    """Of the decisions on one submission, in their order, the approvals that were not taken back again."""
    found: list[Made] = []
    for each in decisions:
        if each.decision == CommandKind.APPROVE:
            found.append(each)
        elif each.decision == CommandKind.TAKE_BACK:
            found.pop()
    return found
