"""The inbox and decisions on many timesheets, as programs have them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction
from models.messages import BulkKey
from models.rules.transitions import CommandKind
from models.store.bulk import Pick, Verdict, ask_bulk, cancel_bulk, draft_bulk
from models.store.changes import GivenBy
from models.tables.approval import BulkDecision
from tests.crowd import Crowd, delegate
from tests.factories import MONDAY, Organisation, hire, make_organisation
from tests.web.api.conftest import Api, Json, Program
from tests.web.conftest import Site

APPROVALS = "/resources/approvals"


@pytest.fixture
def crowd(site: Site, org: Organisation) -> Crowd:
    return Crowd(site.desk, org)


def on(pick: Pick, decision: str = "approve", **said: object) -> Json:
    return {"timesheetId": str(pick.timesheet_id), "digest": pick.digest, "decision": decision} | said


def decisions(*asked: Json) -> Json:
    return {"decisions": list(asked)}


async def test_the_inbox_has_what_waits_as_it_was_certified(crowd: Crowd, roland: Program) -> None:
    (pick,) = crowd.submitted(1)
    crowd.submit_week(crowd.org.alex)
    answer = (await roland.get(APPROVALS, state="pending")).json()

    (item,) = answer["items"]
    assert item["submittedAt"]
    del item["submittedAt"]
    assert item == {
        "timesheetId": str(pick.timesheet_id),
        "ownerId": str(crowd.org.duane),
        "periodStart": str(MONDAY),
        "periodEnd": str(MONDAY + timedelta(days=6)),
        "state": "submitted",
        "revision": 1,
        "digest": pick.digest,
        "totalMinutes": 480,
        "planMinutes": 2220,
        "exceptions": ["under_plan"],
        "why": "own",
        "delegatorId": None,
    }
    assert answer["meta"] == {"next": None}


async def test_page_after_page_everything_comes_once_the_oldest_first(crowd: Crowd, roland: Program) -> None:
    picks = crowd.submitted(5)
    found, after = [], None
    while True:
        page = (await roland.get(APPROVALS, first=2, **({"after": after} if after else {}))).json()
        found += [item["timesheetId"] for item in page["items"]]
        after = page["meta"]["next"]
        if after is None:
            break

    assert found == [str(pick.timesheet_id) for pick in picks]


async def test_it_says_for_whom_one_stands_in(api: Api, crowd: Crowd, owner_engine: Engine) -> None:
    org = crowd.org
    delegate(owner_engine, org, org.roland, org.max)
    crowd.submitted(1)
    (item,) = (await api.program(org, org.max).get(APPROVALS)).json()["items"]

    assert (item["why"], item["delegatorId"]) == ("delegated", str(org.roland))


async def test_who_approves_nobodys_time_has_no_inbox(api: Api, crowd: Crowd) -> None:
    (pick,) = crowd.submitted(1)
    duane = api.program(crowd.org, crowd.org.duane)

    assert (await duane.get(APPROVALS)).status_code == 404
    assert (await duane.post(APPROVALS, decisions(on(pick)))).status_code == 404


async def test_another_state_or_a_cursor_of_nobody_is_refused_by_its_field(roland: Program) -> None:
    assert (await roland.get(APPROVALS, state="approved")).json()[0]["field"] == "state"
    assert (await roland.get(APPROVALS, after="???")).json()[0]["field"] == "after"


async def test_each_decision_is_answered_in_the_order_asked(
    crowd: Crowd, roland: Program, owner_engine: Engine
) -> None:
    elsewhere = Crowd(crowd.desk, make_organisation(owner_engine))
    first, second, stale = crowd.submitted(3)
    foreign, own = elsewhere.submit_week(elsewhere.org.duane), crowd.submit_week(crowd.org.roland)
    asked = decisions(
        on(foreign),
        on(second, "reject", reason="Wrong day.", reasonCode="wrong_times"),
        on(replace(stale, digest="0" * 64)),
        on(first),
        on(own),
    )
    answer = await roland.post(APPROVALS, asked)

    assert answer.status_code == 200
    told = [(each["outcome"], each["code"], each["state"]) for each in answer.json()["items"]]
    assert told == [
        ("refused", "not_found", None),
        ("done", None, "rejected"),
        ("refused", "stale", "submitted"),
        ("done", None, "approved"),
        ("refused", "own_time", "submitted"),
    ]
    meta = answer.json()["meta"]
    assert (meta["state"], meta["rows"], meta["done"], meta["refused"]) == ("done", 5, 2, 3)
    assert {(each.decision, each.reason_code) for each in crowd.decisions()} == {
        ("approve", None),
        ("reject", "wrong_times"),
    }
    assert elsewhere.states([foreign]) == {"submitted"}


async def test_sent_twice_with_one_key_each_is_decided_once_and_the_answer_is_the_same(
    crowd: Crowd, roland: Program
) -> None:
    asked, key = decisions(*map(on, crowd.submitted(3))), uuid4()
    first, second = await roland.post(APPROVALS, asked, key=key), await roland.post(APPROVALS, asked, key=key)

    assert first.json() == second.json()
    assert len(crowd.decisions()) == 3


async def test_the_same_key_for_other_decisions_is_refused(crowd: Crowd, roland: Program) -> None:
    first, second = crowd.submitted(2)
    key = uuid4()
    await roland.post(APPROVALS, decisions(on(first)), key=key)
    refused = await roland.post(APPROVALS, decisions(on(second)), key=key)

    assert (refused.status_code, refused.json()["code"]) == (409, "key_reused")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decision": "reject"}, "decisions.0.reason"),
        ({"decision": "reject", "reason": " "}, "decisions.0.reason"),
        ({"decision": "take_back"}, "decisions.0.decision"),
        ({"digest": ""}, "decisions.0.digest"),
        ({"timesheetId": "x"}, "decisions.0.timesheetId"),
        ({"reasonCode": "bad_mood"}, "decisions.0.reasonCode"),
        ({"comment": "x" * 501}, "decisions.0.comment"),
    ],
)
async def test_bad_input_is_refused_by_field_and_nothing_is_decided(
    crowd: Crowd, roland: Program, change: Json, field: str
) -> None:
    (pick,) = crowd.submitted(1)
    refused = await roland.post(APPROVALS, decisions(on(pick) | change))

    assert (refused.status_code, refused.json()[0]["field"]) == (400, field)
    assert crowd.decisions() == []


async def test_none_too_many_or_one_twice_are_refused(crowd: Crowd, roland: Program) -> None:
    (pick,) = crowd.submitted(1)
    many = [on(Pick(uuid4(), "0" * 64)) for _ in range(1_001)]

    for asked, field in (([], "decisions"), (many, "decisions"), ([on(pick), on(pick)], "decisions.1.timesheetId")):
        refused = await roland.post(APPROVALS, decisions(*asked))
        assert (refused.status_code, refused.json()[0]["field"]) == (400, field)


async def test_what_takes_longer_is_polled_for_by_who_asked_and_administrators(
    api: Api, crowd: Crowd, owner_engine: Engine, roland: Program
) -> None:
    asked = [on(Pick(uuid4(), "0" * 64)) for _ in range(201)]
    answer = await roland.post(APPROVALS, decisions(*asked))
    where = f"{APPROVALS}/bulk/{answer.json()['meta']['id']}"
    assert answer.status_code == 202
    assert answer.headers["Location"] == where
    await api.site.services.client.get_workflow_handle(f"bulk/{answer.json()['meta']['id']}").result()

    for who in (roland, api.program(crowd.org, crowd.org.suzanne)):
        assert (await who.get(where)).json()["meta"]["refused"] == 201
    assert (await api.program(crowd.org, crowd.org.alex).get(where)).status_code == 404
    elsewhere = make_organisation(owner_engine)
    assert (await api.program(elsewhere, elsewhere.roland).get(where)).status_code == 404


class TestStopping:
    async def under_way(self, api: Api, crowd: Crowd, picks: list[Pick]) -> str:
        """Where it is stopped: Roland has asked for it, and nobody has begun yet."""
        org, asked = crowd.org, GivenBy(crowd.org.tenant_id, crowd.org.roland, uuid4())
        with command_transaction(api.site.engine, org.tenant_id) as session:
            bulk_id = ask_bulk(session, asked, picks, Verdict(CommandKind.APPROVE))
        return f"{APPROVALS}/bulk/{bulk_id}/stop"

    @pytest.mark.parametrize("who", ["roland", "suzanne"])
    async def test_who_asked_and_administrators_stop_it_and_what_is_left_waits_as_before(
        self, api: Api, crowd: Crowd, who: str
    ) -> None:
        org, picks = crowd.org, crowd.submitted(3)
        where = await self.under_way(api, crowd, picks)
        stopping = api.program(org, getattr(org, who))
        stopped = await stopping.post(where, None)
        assert (stopped.status_code, stopped.json()["meta"]["state"]) == (202, "cancelled")
        assert stopped.headers["Location"] == where.removesuffix("/stop")

        await api.site.services.begin_bulk(BulkKey(org.tenant_id, UUID(stopped.json()["meta"]["id"])))
        told = (await stopping.post(where, None)).json()

        assert [(each["outcome"], each["code"]) for each in told["items"]] == [("refused", "cancelled")] * 3
        assert crowd.states(picks) == {"submitted"}
        assert crowd.decisions() == []

    async def test_one_that_is_under_way_ends_with_what_had_begun(
        self, api: Api, crowd: Crowd, roland: Program, owner_engine: Engine
    ) -> None:
        picks = crowd.submitted(12)
        with owner_engine.begin() as gate:
            held = {"ids": [pick.timesheet_id for pick in picks]}
            gate.execute(text("SELECT FROM timesheet WHERE id = ANY (:ids) FOR UPDATE"), held)
            where = await self.under_way(api, crowd, picks)
            bulk = BulkKey(crowd.org.tenant_id, UUID(where.split("/")[-2]))
            await api.site.services.begin_bulk(bulk)
            with command_transaction(api.site.engine, crowd.org.tenant_id) as session:
                cancel_bulk(session, bulk.bulk_id, crowd.org.roland)
        told = (await roland.post(where, None)).json()

        done = [each for each in told["items"] if each["outcome"] == "done"]
        assert len(done) == len(crowd.decisions()) < 12
        assert {each["code"] for each in told["items"] if each not in done} == {"cancelled"}

    async def test_what_is_over_stays_as_it_is(self, crowd: Crowd, roland: Program) -> None:
        (pick,) = crowd.submitted(1)
        made = (await roland.post(APPROVALS, decisions(on(pick)))).json()
        stopped = await roland.post(f"{APPROVALS}/bulk/{made['meta']['id']}/stop", None)

        assert (stopped.status_code, stopped.json()) == (200, made)

    async def test_nobody_else_stops_it(self, api: Api, crowd: Crowd, owner_engine: Engine) -> None:
        org, elsewhere = crowd.org, make_organisation(owner_engine)
        where = await self.under_way(api, crowd, crowd.submitted(1))
        for program in (
            api.program(org, org.alex),
            api.program(org, org.duane),
            api.program(elsewhere, elsewhere.roland),
            api.program(elsewhere, elsewhere.suzanne),
        ):
            assert (await program.post(where, None)).status_code == 404
        unnamed = await api.program(org, org.roland).post(where.replace(where.split("/")[-2], str(uuid4())), None)
        assert unnamed.status_code == 404
        assert {each.state for each in api.site.rows(org, BulkDecision)} == {"running"}

    async def test_what_is_only_selected_cannot_be_stopped_and_is_nobody_elses(
        self, api: Api, org: Organisation, crowd: Crowd
    ) -> None:
        given = GivenBy(org.tenant_id, org.roland, uuid4())
        with command_transaction(api.site.engine, org.tenant_id) as session:
            bulk_id = draft_bulk(session, given, crowd.submitted(1))
        where = f"{APPROVALS}/bulk/{bulk_id}/stop"

        assert (await api.program(org, org.suzanne).post(where, None)).status_code == 404
        refused = await api.program(org, org.roland).post(where, None)
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")


async def test_on_behalf_of_an_approver_it_takes_a_reason(api: Api, crowd: Crowd) -> None:
    org, (first, second) = crowd.org, crowd.submitted(2)
    suzanne = api.program(org, org.suzanne)
    for_him = {"onBehalfOf": str(org.roland)}
    answer = await suzanne.post(APPROVALS, decisions(on(first, reason="He is away.", **for_him), on(second, **for_him)))

    assert [each["code"] for each in answer.json()["items"]] == [None, "reason_required"]
    (made,) = crowd.decisions()
    assert (made.decided_by_id, made.responsible_id) == (org.suzanne, org.roland)


async def test_a_lead_and_who_was_asked_later_hear_why(api: Api, crowd: Crowd, owner_engine: Engine) -> None:
    org = crowd.org
    (pick,) = crowd.submitted(1)
    lead = hire(owner_engine, org, "Marita", "worker", "project_lead")
    row = """
        INSERT INTO waiting
            (timesheet_id, number, owner_id, approver_id, project_id, has_exceptions, submitted_at, tenant_id)
        SELECT timesheet_id, :number, owner_id, :who, :project, has_exceptions, submitted_at, tenant_id
        FROM waiting WHERE timesheet_id = :id AND number = 0
    """
    with owner_engine.begin() as connection:
        for number, who, project in ((1, org.alex, None), (2, lead, org.projects["proj-533"])):
            connection.execute(
                text(row),
                {"number": number, "who": who, "project": project, "id": pick.timesheet_id},
            )

    for who, why in ((org.alex, "escalated"), (lead, "lead")):
        (item,) = (await api.program(org, who).get(APPROVALS)).json()["items"]
        assert item["why"] == why
