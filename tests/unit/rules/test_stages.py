"""Who approves one after the other, and which approvals are still in force."""

from dataclasses import dataclass

import pytest

from models.rules.stages import Stage, approvals_in_force, stage_after

ONE = ["supervisor"]
TWO = ["supervisor", "project_lead"]


@pytest.mark.parametrize(
    ("stage", "stages", "has_projects", "following"),
    [
        (Stage.SUPERVISOR, ONE, True, None),
        (Stage.SUPERVISOR, ONE, False, None),
        (Stage.SUPERVISOR, TWO, True, Stage.PROJECT_LEAD),
        (Stage.SUPERVISOR, TWO, False, None),
        (Stage.PROJECT_LEAD, TWO, True, None),
        # The policy was changed while the leads were asked already.
        (Stage.PROJECT_LEAD, ONE, True, None),
    ],
)
def test_what_follows_an_approval(stage: Stage, stages: list[str], has_projects: bool, following: Stage | None) -> None:
    assert stage_after(stage, stages, has_projects) is following


@dataclass(frozen=True)
class Made:
    decision: str
    number: int


@pytest.mark.parametrize(
    ("decisions", "in_force"),
    [
        ("", []),
        ("approve", [0]),
        ("approve approve", [0, 1]),
        ("approve take_back", []),
        ("approve take_back approve", [2]),
        ("approve approve take_back", [0]),
        ("approve approve take_back take_back", []),
        ("approve approve take_back approve", [0, 3]),
        ("approve reject", [0]),
        ("reject", []),
    ],
)
def test_taking_back_undoes_the_latest_approval_that_is_in_force(decisions: str, in_force: list[int]) -> None:
    made = [Made(decision, number) for number, decision in enumerate(decisions.split())]

    assert [each.number for each in approvals_in_force(made)] == in_force
