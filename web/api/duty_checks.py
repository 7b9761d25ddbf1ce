"""Checks of who decided on whose time."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from models.reads.duties import CheckListed, DecisionNamed, FindingShown, check_shown, checks
from models.reads.people import require
from models.rules.duties import Duty
from models.rules.policy import Action
from web.api.answers import READING
from web.api.caller import Caller, Reads
from web.api.lists import Listed, Paged, instant_key, listed
from web.api.values import Day, Instant, Resource
from web.services import Used

router = APIRouter(prefix="/resources/duty-checks", tags=["Duty checks"])


class DutyCheck(Resource):
    """A look over the decisions of a period."""

    id: UUID
    from_: Day = Field(alias="from")
    to: Day
    decisions: int = Field(description="How many were looked at.")
    breaches: int = Field(description="Findings that must not be.")
    remarks: int = Field(description="Findings that are worth a look.")
    asked_by_id: UUID | None = Field(description="None: it was the check of a night.")
    checked_at: Instant


class DutyDecision(Resource):
    """A decision that a finding is made of."""

    id: UUID
    timesheet_id: UUID
    decision: str
    decided_at: Instant


class DutyFinding(Resource):
    """Something that was found."""

    kind: Duty
    is_breach: bool
    sentence: str
    activity: str | None = Field(description="What the ledger calls a decision that nobody made.")
    decisions: list[DutyDecision]


class DutyCheckFound(DutyCheck):
    """A check with what it found."""

    findings: list[DutyFinding]


@router.get("", operation_id="findDutyChecks", responses=READING)
def find(caller: Reads, use: Used, asked: Paged) -> Listed[DutyCheck]:
    """Checks, the newest first."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.AUDIT)
        found = checks(session, instant_key(asked), asked.first + 1)
        return listed(found, asked, lambda each: (each.at, each.id), lambda each: _check(each, caller))


@router.get("/{check_id}", operation_id="getDutyCheck", responses=READING)
def get(caller: Reads, use: Used, check_id: UUID) -> DutyCheckFound:
    """One check with what it found."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.AUDIT)
        found = check_shown(session, check_id, caller.zone)
    fields = _check(found.check, caller).model_dump(by_alias=True)
    return DutyCheckFound(**fields, findings=[_finding(each) for each in found.findings])


def _check(check: CheckListed, caller: Caller) -> DutyCheck:
    return DutyCheck.model_validate(
        {
            "id": check.id,
            "from": check.first,
            "to": check.last,
            "decisions": check.decisions,
            "breaches": check.breaches,
            "remarks": check.remarks,
            "askedById": check.asked_by_id,
            "checkedAt": check.at.astimezone(caller.zone),
        }
    )


def _finding(found: FindingShown) -> DutyFinding:
    return DutyFinding(
        kind=found.duty,
        is_breach=found.is_breach,
        sentence=found.sentence,
        activity=found.activity,
        decisions=[_decision(made) for made in found.decisions],
    )


def _decision(made: DecisionNamed) -> DutyDecision:
    return DutyDecision(id=made.id, timesheet_id=made.timesheet_id, decision=made.decision, decided_at=made.at)
