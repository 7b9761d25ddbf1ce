"""The record by GraphQL: a recorded conversation, document by document, and what may differ from it in no way."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine

from models.rules.statements import instant_text
from models.store.agent_keys import agent_keys_from
from models.tables.provenance import LedgerStatement
from tests.factories import Organisation, hire, make_organisation
from tests.web.api.conftest import Api, Json, Program
from tests.web.conftest import SECRET
from web.auth.tokens import Scope

CONVERSATION = json.loads((Path(__file__).parents[2] / "vectors" / "chronicle_transcript.json").read_text())


@pytest.fixture
def chronicle(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    """A program that speaks to the record."""
    return chronicler(api, org, owner_engine)


def chronicler(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    """Another program that speaks to the record, of a person of its own."""
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
        said = [
            'used(activity: {externalId: "a"}, id: {externalId: "p"})',
            'wasGeneratedBy(activity: {externalId: "a"}, id: {externalId: "q"})',
            'wasInformedBy(activity: {externalId: "a"}, informingActivity: {externalId: "b"})',
            'wasAssociatedWith(responsible: {externalId: "s"}, activity: {externalId: "a"}, role: WORKER)',
            'wasAttributedTo(responsible: {externalId: "s"}, entity: {externalId: "p"})',
            'actedOnBehalfOf(responsible: {externalId: "s"}, delegate: {externalId: "d"})',
            *(
                f'{kind}(generatedEntity: {{externalId: "g-1"}}, usedEntity: {{id: "chronicle:entity:p"}})'
                for kind in ("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource")
            ),
            'instantActivity(id: {externalId: "i"}, agent: {externalId: "s"})',
            'defineActivity(externalId: "own", attributes: {type: "Painting"})',
        ]
        answer = await say(chronicle, *(f"{each} {{ context submissionResult }}" for each in said))

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
        asked = """
            query($after: String, $before: String, $first: Int, $last: Int) {
                entitiesByType(
                    entityType: ProjectEntity, after: $after, before: $before, first: $first, last: $last
                ) {
                    nodes { ... on ProjectEntity { externalId } }
                    edges { cursor }
                    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
                }
            }"""

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
                asked = f"""
                    query($after: String) {{ activityTimeline(order: {order}, first: 2, after: $after) {{
                        nodes {{ ... on WorkActivity {{ externalId }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
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
            'actedOnBehalfOf(responsible: {externalId: "boss"}, delegate: {externalId: "deputy"}, '
            'activity: {externalId: "s1"}) { txId }',
        )
        listed = "nodes { ... on WorkActivity { externalId } ... on SubmitActivity { externalId } }"

        answer = await ask(
            chronicle, f"{{ activityTimeline(order: OLDEST_FIRST {', ' + filters if filters else ''}) {{ {listed} }} }}"
        )

        assert [each["externalId"] for each in answer["data"]["activityTimeline"]["nodes"]] == found

    async def test_what_nobody_knows_is_null(self, chronicle: Program) -> None:
        asked = """
            { activityById(id: {externalId: "nothing"}) { __typename }
              agentById(id: {id: "chronicle:agent:a"}) { __typename } }"""

        assert (await ask(chronicle, asked))["data"] == {"activityById": None, "agentById": None}

    @pytest.mark.parametrize("cursor", ["", "nonsense", "W10", "WyJhIiwgImIiXQ", "bnVsbA", "e30"])
    async def test_what_is_no_cursor_is_refused(self, chronicle: Program, cursor: str) -> None:
        answer = await ask(chronicle, f'{{ activityTimeline(after: "{cursor}") {{ pageInfo {{ hasNextPage }} }} }}')

        assert answer["errors"][0]["extensions"]["code"]


class TestRecording:
    """How it came into the record, beside what happened."""

    async def test_every_term_tells_when_and_by_whom_it_was_recorded(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        person = hire(owner_engine, org, "chronicler", "integration")
        chronicle = api.program(org, person, Scope.EVENTS, Scope.READ)
        said = await say(chronicle, *work("a"), 'used(activity: {externalId: "a"}, id: {externalId: "p"}) { txId }')
        asked = "recordedAt recordedBy digest txId"

        answer = await ask(
            chronicle,
            f"""{{ activityById(id: {{externalId: "a"}}) {{ ... on WorkActivity {{ {asked} }} }}
                   entityById(id: {{externalId: "p"}}) {{ ... on ProvEntity {{ {asked} }} }} }}""",
        )

        work_, project = answer["data"]["activityById"], answer["data"]["entityById"]
        assert {each["recordedBy"] for each in (work_, project)} == {api.site.staff_id(org, person)}
        assert [work_["txId"], project["txId"]] == [said["data"]["f0"]["txId"], said["data"]["f3"]["txId"]]
        rows = {row.digest: row for row in api.site.rows(org, LedgerStatement)}
        assert rows[work_["digest"]].body["attributes"] == {"task": "t"}
        assert rows[project["digest"]].body["id"] == "p"
        assert work_["recordedAt"] == instant_text(rows[work_["digest"]].recorded_at)

    async def test_what_was_named_before_it_was_defined_tells_of_its_definition(self, chronicle: Program) -> None:
        named = 'wasInformedBy(activity: {externalId: "b"}, informingActivity: {externalId: "a"}) { txId }'
        said = (await say(chronicle, named, *work("a")))["data"]

        found = await ask(chronicle, '{ activityById(id: {externalId: "a"}) { ... on WorkActivity { txId } } }')

        assert found["data"]["activityById"]["txId"] == said["f1"]["txId"] != said["f0"]["txId"]

    async def test_an_approval_before_its_submission_is_flagged(self, chronicle: Program) -> None:
        for name, at in (("early", "2022-12-12T14:40:29Z"), ("late", "2022-12-12T14:40:30Z")):
            await say(
                chronicle,
                f'defineApproveActivity(externalId: "{name}") {{ txId }}',
                f'instantActivity(id: {{externalId: "{name}"}}, time: "{at}") {{ txId }}',
                f'wasInformedBy(activity: {{externalId: "{name}"}}, informingActivity: {{externalId: "s"}}) {{ txId }}',
            )
        await say(
            chronicle,
            'defineSubmitActivity(externalId: "s") { txId }',
            'instantActivity(id: {externalId: "s"}, time: "2022-12-12T09:40:30-05:00") { txId }',
        )

        answer = await ask(
            chronicle,
            "{ activitiesByType(activityType: ApproveActivity) "
            "{ nodes { ... on ApproveActivity { externalId warnings } } } }",
        )

        assert answer["data"]["activitiesByType"]["nodes"] == [
            {
                "externalId": "early",
                "warnings": [
                    "This Approve was on 2022-12-12 14:40:29 UTC, before the Submit s that it acts on, "
                    "which was on 2022-12-12 14:40:30 UTC."
                ],
            },
            {"externalId": "late", "warnings": []},
        ]


class TestKeys:
    """Key pairs of agents."""

    KEY = '{ agentById(id: {externalId: "%s"}%s) { ... on ProvAgent { identity { publicKey } } } }'

    async def generate(self, program: Program, agent: str, namespace: str = "default") -> Json:
        """What saying it is answered."""
        field = (
            f'generateKey(id: {{externalId: "{agent}"}}, namespace: "{namespace}") {{ context submissionResult txId }}'
        )
        return (await say(program, field))["data"]["f0"]

    async def key(self, program: Program, agent: str, namespace: str = "default") -> str:
        """The public key that an agent has, as the record shows it."""
        found = await ask(program, self.KEY % (agent, f', namespace: "{namespace}"'))
        return str(found["data"]["agentById"]["identity"]["publicKey"])

    async def test_said_again_it_is_the_same_key(self, chronicle: Program, api: Api) -> None:
        await say(chronicle, 'wasAttributedTo(responsible: {externalId: "a-1"}, entity: {externalId: "p"}) { txId }')
        before = await ask(chronicle, self.KEY % ("a-1", ""))
        assert before["data"]["agentById"]["identity"] is None

        first = await self.generate(chronicle, "a-1")
        key = await self.key(chronicle, "a-1")
        again = await self.generate(chronicle, "a-1")

        assert (first["context"], first["submissionResult"]) == ("chronicle:agent:a%2D1", "SUBMISSION")
        assert first["txId"]
        assert (again["submissionResult"], again["txId"]) == ("ALREADY_RECORDED", None)
        assert await self.key(chronicle, "a-1") == key

    async def test_what_the_private_half_signs_is_checked_with_what_the_record_shows(
        self, chronicle: Program, org: Organisation
    ) -> None:
        await self.generate(chronicle, "a-1")
        private = agent_keys_from(SECRET)(org.tenant_id, "default", "a-1")

        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(await self.key(chronicle, "a-1")))

        public.verify(private.sign(b"true"), b"true")

    async def test_every_agent_has_a_key_of_its_own(self, chronicle: Program, api: Api, owner_engine: Engine) -> None:
        other = chronicler(api, make_organisation(owner_engine), owner_engine)
        who = [
            (chronicle, "a", "default"),
            (chronicle, "b", "default"),
            (chronicle, "a", "else"),
            (other, "a", "default"),
        ]
        for program, agent, namespace in who:
            await self.generate(program, agent, namespace)

        keys = {await self.key(program, agent, namespace) for program, agent, namespace in who}

        assert len(keys) == len(who)
        assert all(len(key) == 64 for key in keys)

    async def test_the_private_half_is_kept_nowhere(self, chronicle: Program, api: Api, org: Organisation) -> None:
        await self.generate(chronicle, "a-1")

        private = agent_keys_from(SECRET)(org.tenant_id, "default", "a-1").private_bytes_raw().hex()
        assert not [row for rows in api.site.contents(org).values() for row in rows if private in row]

    async def test_only_an_integration_gives_a_key(self, api: Api, org: Organisation) -> None:
        answer = await say(api.program(org, org.diana), 'generateKey(id: {externalId: "a"}) { txId }')

        assert answer["errors"][0]["extensions"]["code"] == "not_yours"
