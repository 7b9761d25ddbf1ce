"""The record by GraphQL: a recorded conversation, document by document, and what may differ from it in no way."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.factories import Organisation, hire
from tests.web.api.conftest import Api, Json, Program
from web.auth.tokens import Scope

CONVERSATION = json.loads((Path(__file__).parents[2] / "vectors" / "chronicle_transcript.json").read_text())


@pytest.fixture
def chronicle(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    """A program that speaks to the record."""
    return api.program(org, hire(owner_engine, org, "chronicler", "integration"), Scope.EVENTS, Scope.READ)


async def ask(program: Program, document: str, **variables: Json) -> Json:
    """The answer to a document."""
    answer = await program.post("/graphql", {"query": document, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()


def without_transactions(data: Json) -> Json:
    """The same without `txId`, of which only whether it is there is compared."""
    match data:
        case dict():
            return {
                name: ("some" if value else None) if name == "txId" else without_transactions(value)
                for name, value in data.items()
            }
        case list():
            return [without_transactions(each) for each in data]
    return data


async def test_the_recorded_conversation_is_answered_as_it_was(chronicle: Program) -> None:
    for said in CONVERSATION:
        answer = await ask(chronicle, said["op"])

        assert "errors" not in answer, said["op"]
        if said["expect"] is not None:
            assert without_transactions(answer["data"]) == without_transactions(said["expect"]), said["op"]


async def test_said_twice_it_changes_nothing(chronicle: Program) -> None:
    mutations = [said["op"] for said in CONVERSATION if said["op"].lstrip().startswith("mutation")]
    for document in mutations:
        first = (await ask(chronicle, document))["data"]
        assert all(UUID(each["txId"]) for each in first.values()), document
    for document in mutations:
        again = (await ask(chronicle, document))["data"]
        assert [each["txId"] for each in again.values()] == [None] * len(again), document


async def say(program: Program, *fields: str) -> Json:
    """One mutation with these fields."""
    return await ask(
        program, "mutation { " + " ".join(f"f{number}: {each}" for number, each in enumerate(fields)) + " }"
    )


def work(
    name: str, start: str = "2022-12-07T10:00:00Z", end: str = "2022-12-07T11:00:00Z", task: str = "t"
) -> list[str]:
    """What is said of some work."""
    return [
        f'defineWorkActivity(externalId: "{name}", attributes: {{taskAttribute: "{task}"}}) {{ context txId }}',
        f'startActivity(id: {{externalId: "{name}"}}, time: "{start}") {{ txId }}',
        f'endActivity(id: {{externalId: "{name}"}}, time: "{end}") {{ txId }}',
    ]


class TestSaying:
    """Mutations, each a transaction of its own."""

    async def test_a_contradiction_stops_what_follows_and_what_was_said_before_stays(self, chronicle: Program) -> None:
        await say(chronicle, *work("a", end="2022-12-07T15:28:00Z"))

        answer = await say(
            chronicle,
            'defineSubmitActivity(externalId: "before") { txId }',
            'endActivity(id: {externalId: "a"}, time: "2022-12-07T16:28:00.5+01:00") { txId }',
            'defineSubmitActivity(externalId: "after") { txId }',
        )

        (error,) = answer["errors"]
        detail = "end date alteration: 2022-12-07 15:28:00 UTC 2022-12-07 15:28:00.500 UTC"
        assert error["message"] == f"Contradiction: Contradiction {{ {detail} }}"
        known = await ask(
            chronicle,
            "{ activitiesByType(activityType: SubmitActivity) { nodes { ... on SubmitActivity { externalId } } } }",
        )
        assert known["data"]["activitiesByType"]["nodes"] == [{"externalId": "before"}]

    async def test_each_context_is_the_term_that_chronicle_answers(self, chronicle: Program) -> None:
        answer = await say(
            chronicle,
            'used(activity: {externalId: "a"}, id: {externalId: "p"}) { context submissionResult }',
            'wasGeneratedBy(activity: {externalId: "a"}, id: {externalId: "q"}) { context submissionResult }',
            'wasInformedBy(activity: {externalId: "a"}, informingActivity: {externalId: "b"}) { context submissionResult }',
            'wasAssociatedWith(responsible: {externalId: "s"}, activity: {externalId: "a"}, role: WORKER) { context submissionResult }',
            'wasAttributedTo(responsible: {externalId: "s"}, entity: {externalId: "p"}) { context submissionResult }',
            'actedOnBehalfOf(responsible: {externalId: "s"}, delegate: {externalId: "d"}) { context submissionResult }',
            *(
                f'{kind}(generatedEntity: {{externalId: "g-1"}}, usedEntity: {{id: "chronicle:entity:p"}}) {{ context submissionResult }}'
                for kind in ("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource")
            ),
            'instantActivity(id: {externalId: "i"}, agent: {externalId: "s"}) { context submissionResult }',
            'defineActivity(externalId: "own", attributes: {type: "Painting"}) { context submissionResult }',
        )  # fmt: skip

        contexts = [each["context"].removeprefix("chronicle:") for each in answer["data"].values()]
        assert contexts == [
            "entity:p", "entity:q", "activity:a", "agent:s", "agent:s", "agent:s",
            *["entity:g%2D1"] * 4, "activity:i", "activity:own",
        ]  # fmt: skip
        assert {each["submissionResult"] for each in answer["data"].values()} == {"SUBMISSION"}

    @pytest.mark.parametrize(
        "field",
        [
            'startActivity(id: {externalId: "a", id: "chronicle:activity:a"}) { txId }',
            "startActivity(id: {}) { txId }",
            'startActivity(id: {id: "chronicle:agent:a"}) { txId }',
            'startActivity(id: {externalId: "a"}, time: "2022-12-07") { txId }',
            'startActivity(id: {externalId: ""}) { txId }',
            'defineSubmitActivity(externalId: "a", attributes: {}) { txId }',
            'defineWorkActivity(externalId: "a") { txId }',
            'defineWorkActivity(externalId: "a", attributes: {}) { txId }',
            'defineSubmitActivity(externalId: "a", namespace: "") { txId }',
        ],
    )
    async def test_what_is_not_understood_is_refused(self, chronicle: Program, field: str) -> None:
        answer = await say(chronicle, field)

        assert answer["errors"]
        assert not answer.get("data")

    async def test_only_an_integration_says_something(self, api: Api, org: Organisation) -> None:
        for name in ("Duane Barry", "Roland Fuller", "Suzanne Modeski", "Diana Fowley"):
            answer = await say(api.program(org, org.people[name]), 'defineSubmitActivity(externalId: "a") { txId }')

            assert answer["errors"][0]["extensions"]["code"] == "not_yours"

    async def test_a_token_that_only_reads_says_nothing(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        reader = api.program(org, hire(owner_engine, org, "reader", "integration"), Scope.READ)

        answer = await say(reader, 'defineSubmitActivity(externalId: "a") { txId }')

        assert answer["errors"][0]["extensions"]["code"] == "scope_missing"


class TestAsking:
    """Queries: one page at a time, in a fixed number of statements."""

    async def test_by_type_in_the_order_of_bytes_forwards_and_backwards(self, chronicle: Program) -> None:
        names = ["Z", "a", "_b", "é", "10", "9"]
        await say(
            chronicle,
            *(
                f'defineProjectEntity(externalId: "{each}", attributes: {{nameAttribute: "x"}}) {{ txId }}'
                for each in names
            ),
        )
        in_order = sorted(names, key=str.encode)
        asked = "query($after: String, $before: String, $first: Int, $last: Int) { entitiesByType(entityType: ProjectEntity, after: $after, before: $before, first: $first, last: $last) { nodes { ... on ProjectEntity { externalId } } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"

        async def page(**cut: Json) -> tuple[list[str], Json]:
            found = (await ask(chronicle, asked, **cut))["data"]["entitiesByType"]
            return [each["externalId"] for each in found["nodes"]], found["pageInfo"]

        first, info = await page(first=2)
        assert (first, info["hasNextPage"], info["hasPreviousPage"]) == (in_order[:2], True, False)
        second, info = await page(first=10, after=info["endCursor"])
        assert (second, info["hasNextPage"], info["hasPreviousPage"]) == (in_order[2:], False, True)
        back, info = await page(last=3, before=info["startCursor"])
        assert (back, info["hasNextPage"], info["hasPreviousPage"]) == (in_order[:2], True, False)
        end, info = await page(last=2)
        assert (end, info["hasNextPage"], info["hasPreviousPage"]) == (in_order[-2:], False, True)

    async def test_the_timeline_breaks_ties_by_the_order_of_recording(self, chronicle: Program) -> None:
        for name in ("c", "a", "b"):
            await say(chronicle, *work(name))
        await say(chronicle, *work("later", start="2022-12-07T10:30:00Z"))
        await say(chronicle, *work("future", start="2022-12-07T10:30:00Z", end="2999-01-01T00:00:00Z"))
        await say(chronicle, 'startActivity(id: {externalId: "open"}, time: "2022-12-07T10:00:00Z") { txId }')

        async def walk(order: str) -> list[str]:
            names: list[str] = []
            after = None
            while True:
                asked = f"query($after: String) {{ activityTimeline(order: {order}, first: 2, after: $after) {{ nodes {{ ... on WorkActivity {{ externalId }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
                found = (await ask(chronicle, asked, after=after))["data"]["activityTimeline"]
                names += [each["externalId"] for each in found["nodes"]]
                after = found["pageInfo"]["endCursor"]
                if not found["pageInfo"]["hasNextPage"]:
                    return names

        assert await walk("OLDEST_FIRST") == ["c", "a", "b", "later"]
        assert await walk("NEWEST_FIRST") == ["later", "b", "a", "c"]

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ("", ["w1", "w2", "s1"]),
            ("activityTypes: []", ["w1", "w2", "s1"]),
            ("activityTypes: WorkActivity", ["w1", "w2"]),
            ("activityTypes: [SubmitActivity, WorkActivity]", ["w1", "w2", "s1"]),
            ("activityTypes: [ProvActivity]", []),
            ('forEntity: {externalId: "p"}', ["w1"]),
            ('forEntity: [{externalId: "p"}, {externalId: "q"}]', ["w1", "w2"]),
            ('forAgent: {externalId: "max"}', ["w2"]),
            ('forAgent: {externalId: "deputy"}', ["s1"]),
            ('forAgent: {externalId: "boss"}', ["s1"]),
            ('forAgent: {externalId: "max"}, forEntity: {externalId: "p"}', []),
            ('from: "2022-12-08T00:00:00Z"', ["w2", "s1"]),
            ('to: "2022-12-08T23:00:00+00:00"', ["w1", "w2"]),
            ('from: "2022-12-08T00:00:00Z", to: "2022-12-08T23:00:00Z"', ["w2"]),
            ('namespace: "elsewhere"', []),
        ],
    )
    async def test_filters_are_or_ed_inside_and_and_ed_between(
        self, chronicle: Program, filters: str, found: list[str]
    ) -> None:
        await say(
            chronicle,
            *work("w1", "2022-12-07T10:00:00Z", "2022-12-07T11:00:00Z"),
            *work("w2", "2022-12-08T10:00:00Z", "2022-12-08T11:00:00Z"),
            'defineSubmitActivity(externalId: "s1") { txId }',
            'instantActivity(id: {externalId: "s1"}, time: "2022-12-09T10:00:00Z") { txId }',
            'used(activity: {externalId: "w1"}, id: {externalId: "p"}) { txId }',
            'wasGeneratedBy(activity: {externalId: "w2"}, id: {externalId: "q"}) { txId }',
            'wasAssociatedWith(responsible: {externalId: "max"}, activity: {externalId: "w2"}) { txId }',
            'actedOnBehalfOf(responsible: {externalId: "boss"}, delegate: {externalId: "deputy"}, activity: {externalId: "s1"}) { txId }',
        )  # fmt: skip
        listed = "nodes { ... on WorkActivity { externalId } ... on SubmitActivity { externalId } }"

        answer = await ask(
            chronicle, f"{{ activityTimeline(order: OLDEST_FIRST {', ' + filters if filters else ''}) {{ {listed} }} }}"
        )

        assert [each["externalId"] for each in answer["data"]["activityTimeline"]["nodes"]] == found

    async def test_what_nobody_knows_is_null(self, chronicle: Program) -> None:
        asked = '{ activityById(id: {externalId: "nothing"}) { __typename } agentById(id: {id: "chronicle:agent:a"}) { __typename } }'

        assert (await ask(chronicle, asked))["data"] == {"activityById": None, "agentById": None}

    @pytest.mark.parametrize("cursor", ["", "nonsense", "W10", "WyJhIiwgImIiXQ", "bnVsbA", "e30"])
    async def test_what_is_no_cursor_is_refused(self, chronicle: Program, cursor: str) -> None:
        answer = await ask(chronicle, f'{{ activityTimeline(after: "{cursor}") {{ pageInfo {{ hasNextPage }} }} }}')

        assert answer["errors"][0]["extensions"]["code"]
