"""The rules for US government contractors, and the preset that meets them all."""

from dataclasses import fields, replace

import pytest

from models.rules.approval_policy import SWITCHES, ApprovalPolicy, policy_errors
from models.rules.compliance import KEPT_YEARS, LATE_AFTER, NAMES_IN_API, RULES, ComplianceRule, meets_all, preset

POLICY = ApprovalPolicy("I certify that this is true.", "GB-ENG")
MET = preset(POLICY)
BY_ID = {rule.id: rule for rule in RULES}
OPTIONAL = [rule for rule in RULES if not rule.is_built_in]


def test_the_preset_meets_every_rule_and_is_a_policy_that_can_be_saved() -> None:
    assert not meets_all(POLICY)
    assert meets_all(MET)
    assert policy_errors(MET, {"GB-ENG"}) == []


def test_the_preset_changes_nothing_that_is_met() -> None:
    stricter = replace(MET, late_after_working_days=0, retention_years=30, remind_after_hours=3)

    assert preset(stricter) == stricter


def test_of_several_settings_of_a_rule_only_those_that_are_off_are_set() -> None:
    found = preset(replace(POLICY, remind_after_hours=3, escalate_after_hours=None))

    assert (found.submit_grace_hours, found.remind_after_hours, found.escalate_after_hours) == (8, 3, 40)


def test_a_switch_that_is_off_by_default_changes_nothing_of_today() -> None:
    assert {name for name in SWITCHES.values() if getattr(POLICY, name)} == {"remind_to_record", "mail_decisions"}
    assert POLICY.retention_years is None


@pytest.mark.parametrize("rule", OPTIONAL, ids=lambda rule: rule.id)
def test_each_rule_is_a_setting_of_its_own(rule: ComplianceRule) -> None:
    for name in rule.settings:
        default = next(field for field in fields(ApprovalPolicy) if field.name == name)
        off = None if default.type == "int | None" or name.endswith(("hours", "days", "years")) else False

        without = replace(MET, **{name: off})  # type: ignore[arg-type]

        assert [each.id for each in RULES if not each.meets(without)] == [rule.id]
        assert preset(without) == MET


@pytest.mark.parametrize(
    ("values", "rule", "is_met"),
    [
        ({"late_after_working_days": LATE_AFTER}, "late_recording", True),
        ({"late_after_working_days": LATE_AFTER + 1}, "late_recording", False),
        ({"late_after_working_days": 0}, "late_recording", True),
        ({"retention_years": KEPT_YEARS}, "retention", True),
        ({"retention_years": KEPT_YEARS - 1}, "retention", False),
        ({"retention_years": KEPT_YEARS + 1}, "retention", True),
    ],
)
def test_a_rule_is_met_up_to_its_boundary(values: dict[str, int], rule: str, is_met: bool) -> None:
    assert BY_ID[rule].meets(replace(POLICY, **values)) is is_met  # type: ignore[arg-type]


def test_every_rule_says_where_it_is_asked_for() -> None:
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert rule.sources, rule.id
        assert all(source.citation and source.says.endswith(".") for source in rule.sources)
        assert set(rule.settings) <= NAMES_IN_API.keys()
