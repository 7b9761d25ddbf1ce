"""Acts in somebody's place and checks of duties, for programs."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.timecard import OwnerReview
from tests.desk import Life
from tests.factories import NEXT_MONDAY, Asking, Organisation, make_organisation, worked
from tests.web.api.conftest import Api, Program, answered, fields_refused, refused
from tests.web.test_policy_of_routes import check_of
from web.auth.tokens import Scope

ACTS, CHECKS = "/resources/acts", "/resources/duty-checks"


@pytest.fixture
def approved(api: Api, org: Organisation) -> UUID:
    """Suzanne approved Duane's week for Roland."""
    life = Life(api.site.desk, org)
    life.bring_to(State.SUBMITTED)
    return life.desk.do(life.suzanne_for(org.roland).approve(life.desk.digest(life.key))).command_id


@pytest.fixture
def recorded(api: Api, org: Organisation) -> UUID:
    """Roland recorded something for Duane."""
    roland = Asking(org, org.duane, org.roland, NEXT_MONDAY, reason="He forgot it.")
    return api.site.desk.do(roland.record(worked("09:00", "10:00", NEXT_MONDAY))).command_id


async def found(program: Program, **query: object) -> list[str]:
    return [each["id"] for each in answered(await program.get(ACTS, **query), 200)["items"]]


class TestFinding:
    async def test_ones_own_and_for_administrators_and_auditors_everybodys(
        self,
        org: Organisation,
        duane: Program,
        roland: Program,
        suzanne: Program,
        diana: Program,
        approved: UUID,
        recorded: UUID,
    ) -> None:
        assert await found(roland) == [str(approved)]
        assert await found(duane) == [str(recorded)]
        for program in (suzanne, diana):
            assert await found(program) == [str(recorded), str(approved)]
            assert await found(program, personId=org.roland) == [str(approved)]

    async def test_an_act_says_who_did_what_for_whom_and_why(
        self, org: Organisation, roland: Program, approved: UUID
    ) -> None:
        act = answered(await roland.get(f"{ACTS}/{approved}"), 200)

        assert act.pop("at")
        assert act == {
            "id": str(approved),
            "kind": "approve",
            "timesheetId": str(org.key(org.duane).timesheet_id),
            "ownerId": str(org.duane),
            "periodStart": "2026-11-16",
            "actorId": str(org.suzanne),
            "forId": str(org.roland),
            "reason": "He is away.",
            "state": "unanswered",
            "answerReason": None,
            "answeredAt": None,
        }

    async def test_by_state_and_page_by_page(
        self, roland: Program, suzanne: Program, approved: UUID, recorded: UUID
    ) -> None:
        answered(await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "disputed", "reason": "No."}), 200)

        assert await found(suzanne, state="disputed") == [str(approved)]
        assert await found(suzanne, state="unanswered") == [str(recorded)]
        assert await found(suzanne, state="confirmed") == []
        first = answered(await suzanne.get(ACTS, first=1), 200)
        assert await found(suzanne, first=1, after=first["meta"]["next"]) == [str(approved)]

    async def test_what_is_not_ones_own_does_not_exist(
        self, api: Api, org: Organisation, duane: Program, approved: UUID, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        stranger = api.program(other, other.suzanne)
        for program in (duane, stranger):
            refused(await program.get(f"{ACTS}/{approved}"), 404, "not_found")
        refused(await duane.get(ACTS, personId=org.roland), 404, "not_found")
        assert await found(stranger) == []

    @pytest.mark.parametrize("query", [{"state": "perhaps"}, {"after": "nonsense"}, {"personId": "x"}, {"first": 0}])
    async def test_what_cannot_be_understood_is_refused_by_field(
        self, roland: Program, query: dict[str, object]
    ) -> None:
        assert list(fields_refused(await roland.get(ACTS, **query))) == list(query)


class TestAnswering:
    async def test_it_is_said_once_however_often_it_is_sent(
        self, api: Api, org: Organisation, roland: Program, approved: UUID
    ) -> None:
        key = uuid4()
        for _ in range(2):
            act = answered(await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "confirmed"}, key), 200)
            assert act["state"] == "confirmed"
        refused(
            await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "disputed", "reason": "No."}),
            409,
            "answered",
        )
        assert len(api.site.rows(org, OwnerReview)) == 1

    async def test_a_key_says_one_thing(self, api: Api, org: Organisation, roland: Program, approved: UUID) -> None:
        key = uuid4()
        alex = Asking(org, org.roland, org.alex, NEXT_MONDAY, reason="He forgot it.")
        other = api.site.desk.do(alex.record(worked("09:00", "10:00", NEXT_MONDAY))).command_id
        confirmed, disputed = {"verdict": "confirmed"}, {"verdict": "disputed", "reason": "No."}
        first = answered(await roland.post(f"{ACTS}/{approved}/answer", confirmed, key), 200)

        refused(await roland.post(f"{ACTS}/{approved}/answer", disputed, key), 409, "key_reused")
        refused(await roland.post(f"{ACTS}/{other}/answer", confirmed, key), 409, "key_reused")

        assert answered(await roland.post(f"{ACTS}/{approved}/answer", confirmed, key), 200) == first
        assert [(each.command_id, each.key) for each in api.site.rows(org, OwnerReview)] == [(approved, key)]

    async def test_the_key_of_somebody_else_says_nothing(
        self, api: Api, org: Organisation, duane: Program, roland: Program, approved: UUID, recorded: UUID
    ) -> None:
        key = uuid4()
        answered(await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "confirmed"}, key), 200)

        refused(await duane.post(f"{ACTS}/{recorded}/answer", {"verdict": "confirmed"}, key), 409, "key_reused")

        assert len(api.site.rows(org, OwnerReview)) == 1

    async def test_a_dispute_says_why(self, api: Api, org: Organisation, roland: Program, approved: UUID) -> None:
        refused(await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "disputed"}), 400, "reason_required")
        assert list(fields_refused(await roland.post(f"{ACTS}/{approved}/answer", {"verdict": "perhaps"}))) == [
            "verdict"
        ]
        assert api.site.rows(org, OwnerReview) == []

    async def test_nobody_else_says_anything_and_a_token_needs_the_scope(
        self, api: Api, org: Organisation, duane: Program, suzanne: Program, approved: UUID
    ) -> None:
        for program in (duane, suzanne):
            refused(await program.post(f"{ACTS}/{approved}/answer", {"verdict": "confirmed"}), 404, "not_found")
        reads = api.program(org, org.roland, Scope.READ)
        refused(await reads.post(f"{ACTS}/{approved}/answer", {"verdict": "confirmed"}), 403, "scope_missing")
        assert api.site.rows(org, OwnerReview) == []


class TestDutyChecks:
    async def test_administrators_and_auditors_read_checks_and_what_they_found(
        self, api: Api, org: Organisation, suzanne: Program, diana: Program, approved: UUID
    ) -> None:
        check = str(check_of(api.site, org))

        for program in (suzanne, diana):
            (listed,) = answered(await program.get(CHECKS), 200)["items"]
            shown = answered(await program.get(f"{CHECKS}/{check}"), 200)
            assert shown | {"findings": []} == listed | {"findings": []}
            assert (listed["id"], listed["decisions"], listed["breaches"], listed["remarks"]) == (check, 1, 0, 0)
            assert shown["findings"] == []

    async def test_nobody_else_does(self, api: Api, org: Organisation, roland: Program, owner_engine: Engine) -> None:
        check, other = check_of(api.site, org), make_organisation(owner_engine)
        for address in (CHECKS, f"{CHECKS}/{check}"):
            refused(await roland.get(address), 404, "not_found")
        refused(await api.program(other, other.suzanne).get(f"{CHECKS}/{check}"), 404, "not_found")
