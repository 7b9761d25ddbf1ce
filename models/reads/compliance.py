"""How far an organisation's settings meet what US government contractors are asked of timekeeping, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reads.directory import differences
from models.reads.duties import CheckListed, checks
from models.reads.people import require
from models.reads.shown import PersonShown
from models.reads.viewer import Onlooker
from models.rules.approval_policy import ApprovalPolicy
from models.rules.compliance import RULES, ComplianceRule, preset
from models.rules.policy import Action
from models.store.approval_policy import kept_policy, policy_id
from models.store.changes import Kept
from models.tables.people import DirectoryChange, Person


@dataclass(frozen=True, slots=True)
class Since:
    """Who made it so, when, and why."""

    at: datetime
    who: PersonShown
    reason: str | None


@dataclass(frozen=True, slots=True)
class RuleShown:
    """One rule, and whether it is met."""

    rule: ComplianceRule
    is_met: bool
    since: Since | None
    """None: it has been so from the beginning."""


@dataclass(frozen=True, slots=True)
class ComplianceShown:
    """All of them."""

    policy: Kept[ApprovalPolicy]
    rules: tuple[RuleShown, ...]
    changes: tuple[tuple[str, str, str], ...]
    """What the preset would change: of each setting its name, what it is and what it would become."""
    last_check: CheckListed | None
    """Of the duties; None: there was none yet."""

    @property
    def unmet(self) -> int:
        """How many rules are not met."""
        return sum(not each.is_met for each in self.rules)


def compliance_page(session: Session, onlooker: Onlooker) -> ComplianceShown:
    """Every rule, for administrators and auditors. Raises `NotFound`."""
    require(session, onlooker, Action.AUDIT)
    policy = kept_policy(session, onlooker.tenant_id)
    history = _history(session, onlooker)
    found = checks(session, limit=1)
    return ComplianceShown(
        policy=policy,
        rules=tuple(RuleShown(rule, rule.meets(policy.content), _since(rule, history)) for rule in RULES),
        changes=differences(policy.content.json, preset(policy.content).json, {}),
        last_check=found[0] if found else None,
    )


@dataclass(frozen=True, slots=True)
class _Changed:
    before: ApprovalPolicy
    after: ApprovalPolicy
    since: Since


def _history(session: Session, onlooker: Onlooker) -> list[_Changed]:
    """Every change of the policy, newest first."""
    rows = session.execute(
        select(DirectoryChange, Person)
        .join(Person, Person.id == DirectoryChange.changed_by_id)
        .where(DirectoryChange.subject_id == policy_id(onlooker.tenant_id), DirectoryChange.before.is_not(None))
        .order_by(DirectoryChange.version.desc())
    )
    return [
        _Changed(
            ApprovalPolicy.from_json(change.before or {}),
            ApprovalPolicy.from_json(change.after),
            Since(change.changed_at, PersonShown(who.id, who.staff_id, who.name), change.reason),
        )
        for change, who in rows
    ]


def _since(rule: ComplianceRule, history: Sequence[_Changed]) -> Since | None:
    """The last change that made it met, or not met."""
    return next((each.since for each in history if rule.meets(each.before) != rule.meets(each.after)), None)
