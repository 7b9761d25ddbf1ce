"""How far the organisation meets what US government contractors are asked of timekeeping."""

from fastapi import APIRouter
from pydantic import Field

from models.reads.compliance import RuleShown, compliance_page
from models.rules.compliance import NAMES_IN_API
from web.api.answers import READING
from web.api.caller import Caller, Reads
from web.api.values import Instant, Resource
from web.services import Used

router = APIRouter(prefix="/resources/compliance", tags=["Compliance"])


class ComplianceSource(Resource):
    """Where a rule is asked for."""

    citation: str
    says: str = Field(description="In short, in our own words.")


class ComplianceRuleState(Resource):
    """One rule, and whether it is met."""

    id: str
    title: str
    means: str = Field(description="What is done about it here.")
    meets: bool
    settings: list[str] = Field(description="What it depends on in the policy; nothing: it cannot be switched off.")
    sources: list[ComplianceSource]
    since: Instant | None = Field(description="None: it has been so from the beginning.")
    changed_by_id: str | None = Field(description="The staff id of whoever made it so.")
    reason: str | None


class Compliance(Resource):
    """All of them."""

    meets: bool = Field(description="Whether every rule is met.")
    retention_years: int | None = Field(description="For how long no record can be destroyed; none: no promise.")
    duties_checked_at: Instant | None = Field(description="When the separation of duties was last checked.")
    rules: list[ComplianceRuleState]


@router.get("", operation_id="getCompliance", responses=READING)
def get(caller: Reads, use: Used) -> Compliance:
    """Each rule with its sources and whether it is met; for administrators and auditors."""
    with use.reading(caller.onlooker) as session:
        found = compliance_page(session, caller.onlooker)
    return Compliance(
        meets=not found.unmet,
        retention_years=found.policy.content.retention_years,
        duties_checked_at=found.last_check.at.astimezone(caller.zone) if found.last_check else None,
        rules=[_rule(each, caller) for each in found.rules],
    )


def _rule(shown: RuleShown, caller: Caller) -> ComplianceRuleState:
    rule, since = shown.rule, shown.since
    return ComplianceRuleState(
        id=rule.id,
        title=rule.title,
        means=rule.means,
        meets=shown.is_met,
        settings=[NAMES_IN_API[name] for name in rule.settings],
        sources=[ComplianceSource(citation=each.citation, says=each.says) for each in rule.sources],
        since=since.at.astimezone(caller.zone) if since else None,
        changed_by_id=since.who.staff_id if since else None,
        reason=since.reason if since else None,
    )
