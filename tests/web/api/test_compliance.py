"""Compliance as programs read it, and how strict timekeeping answers them."""

import pytest
from sqlalchemy import Engine

from models.rules.compliance import RULES
from models.rules.transitions import State
from tests.factories import Asking, Organisation, change_policy, worked
from tests.web.api.conftest import ENTRIES, SHEETS, Api, Program
from tests.web.conftest import Site

COMPLIANCE = "/resources/compliance"


@pytest.mark.parametrize("who", ["suzanne", "diana"])
async def test_administrators_and_auditors_read_every_rule_with_its_sources(
    api: Api, org: Organisation, who: str
) -> None:
    answer = (await api.program(org, getattr(org, who)).get(COMPLIANCE)).json()

    assert (answer["meets"], answer["retentionYears"], answer["dutiesCheckedAt"]) == (False, None, None)
    assert [each["id"] for each in answer["rules"]] == [rule.id for rule in RULES]
    (future,) = [each for each in answer["rules"] if each["id"] == "no_future_work"]
    assert (future["meets"], future["settings"], future["since"]) == (False, ["refuseFutureWork"], None)
    assert future["sources"][0]["citation"]


@pytest.mark.parametrize("who", ["duane", "roland"])
async def test_nobody_else_finds_it(api: Api, org: Organisation, who: str) -> None:
    assert (await api.program(org, getattr(org, who)).get(COMPLIANCE)).status_code == 404


async def test_work_ahead_of_time_is_refused_by_field_and_code(
    org: Organisation, duane: Program, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, refuse_future_work=True)
    body = {
        "ownerId": str(org.duane),
        "timePeriodTypeId": "00000000-0000-0000-0000-000000000001",
        "actualStartTime": "2090-01-02T09:00:00+00:00",
        "actualEndTime": "2090-01-02T17:00:00+00:00",
        "projectId": str(org.projects["proj-533"]),
        "task": "washing dog",
    }
    answer = await duane.post(ENTRIES, body)

    assert answer.status_code == 400
    (error,) = answer.json()
    assert (error["field"], error["code"]) == ("startTime", "future_work")


async def test_days_that_are_not_accounted_for_are_named(
    site: Site, org: Organisation, duane: Program, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, account_for_days=True)
    key = await site.bring_to(org, State.DRAFT)
    body = {"digest": site.digest(key), "certified": True}

    answer = await duane.post(f"{SHEETS}/{key.timesheet_id}/submission", body)

    assert answer.status_code == 400
    (error,) = answer.json()
    assert (error["field"], error["code"]) == ("days", "unaccounted_days")
    assert error["data"][0] == {"date": "2026-11-17", "minutes": 444}


async def test_an_approver_opens_it_by_a_call_before_they_approve(
    site: Site, org: Organisation, roland: Program, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, view_before_approving=True)
    key = await site.bring_to(org, State.SUBMITTED)
    body = {"digest": site.digest(key)}
    address = f"{SHEETS}/{key.timesheet_id}"

    refused = await roland.post(f"{address}/approval", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_viewed")
    assert (await roland.get(address)).status_code == 200
    assert (await roland.post(f"{address}/approval", body)).status_code in (200, 201)


async def test_many_decisions_at_once_say_of_each_that_was_not_opened(
    site: Site, org: Organisation, roland: Program, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, view_before_approving=True)
    key = await site.bring_to(org, State.SUBMITTED)
    decision = {"timesheetId": str(key.timesheet_id), "digest": site.digest(key), "decision": "approve"}

    answer = (await roland.post("/resources/approvals", {"decisions": [decision]})).json()

    (item,) = answer["items"]
    assert (item["outcome"], item["code"], item["state"]) == ("refused", "not_viewed", "submitted")


async def test_acts_that_are_not_answered_hold_back_the_submission(
    site: Site, org: Organisation, duane: Program, owner_engine: Engine
) -> None:
    change_policy(owner_engine, org, answer_acts_first=True)
    site.desk.do(Asking(org, org.duane, org.roland, reason="He forgot.").record(worked("09:00", "17:00")))
    key = org.key(org.duane)
    body = {"digest": site.digest(key), "certified": True}

    answer = await duane.post(f"{SHEETS}/{key.timesheet_id}/submission", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "acts_unanswered")
