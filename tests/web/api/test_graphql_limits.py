"""How much one document may ask, and how often a page asks the database."""

import pytest
from graphql import get_introspection_query
from sqlalchemy import Engine

from tests.factories import Organisation
from tests.web.api.conftest import Api, Json, Program
from tests.web.api.test_graphql import ask, chronicler, say, work
from tests.web.test_statements import noting
from web.graphql import limits, reading

PAGE = """
    query($first: Int) { activityTimeline(first: $first, activityTypes: SubmitActivity) { nodes {
    ... on SubmitActivity {
        externalId warnings recordedBy
        wasAssociatedWith {
            responsible { role agent { ... on PersonAgent { externalId nameAttribute identity { publicKey } } } }
            delegate { role agent { ... on PersonAgent { externalId nameAttribute } } }
        }
        wasInformedBy { ... on WorkActivity {
            externalId taskAttribute used { ... on ProjectEntity { externalId nameAttribute } }
            wasAssociatedWith { responsible { agent { ... on PersonAgent { nameAttribute } } } }
        } }
    } } } }
"""


@pytest.fixture
def chronicle(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    return chronicler(api, org, owner_engine)


async def refusal(program: Program, document: str, **variables: Json) -> str:
    """The words in which a document is refused; it is answered with nothing."""
    answer = await ask(program, document, **variables)
    assert not answer.get("data"), answer
    return " ".join(str(error["message"]) for error in answer["errors"])


def nested(levels: int, first: int = 1) -> str:
    """Activities that activities act on, so many levels deep."""
    inner = "externalId"
    for _ in range(levels):
        inner = f"wasInformedBy {{ ... on ProvActivity {{ {inner} }} }}"
    return f"{{ activityTimeline(first: {first}) {{ nodes {{ ... on ProvActivity {{ {inner} }} }} }} }}"


class TestDocuments:
    """What a document may ask at most."""

    async def test_a_deep_one_is_refused(self, chronicle: Program) -> None:
        assert "levels deep" in await refusal(
            chronicle, nested(limits.DEEPEST).replace("wasInformedBy", "wasInformedBy")
        )

    async def test_lists_in_lists_are_multiplied(self, chronicle: Program) -> None:
        assert "errors" not in await ask(chronicle, nested(3, first=200))
        assert "could be answered with" in await refusal(chronicle, nested(5, first=200))
        assert "errors" not in await ask(chronicle, nested(5))

    async def test_the_length_of_a_page_counts_also_as_a_variable(self, chronicle: Program) -> None:
        document = nested(5).replace("{ activityTimeline(first: 1)", "query($n: Int) { activityTimeline(first: $n)")

        assert "errors" not in await ask(chronicle, document, n=1)
        assert "could be answered with" in await refusal(chronicle, document, n=200)
        assert "could be answered with" in await refusal(chronicle, document.replace("first", "last"), n=200)

    async def test_a_wide_one_is_refused(self, chronicle: Program) -> None:
        inner = nested(3, first=200)[1:-1].strip()
        fragment = "fragment F on Query { " + inner + " } "
        spread = " ".join(f"a{number}: {inner}" for number in range(9))

        assert "errors" not in await ask(chronicle, f"query {{ ...F }} {fragment}")
        assert "could be answered with" in await refusal(chronicle, f"{{ {spread} }}")

    async def test_fragments_in_fragments_are_refused_as_soon_as_they_are_read(self, chronicle: Program) -> None:
        """Each spreads the next one twice: written out it would be longer than anything there is."""
        many = 100
        bomb = [f"fragment F{number} on Query {{ ...F{number + 1} ...F{number + 1} }}" for number in range(many)]
        last = f"fragment F{many} on Query {{ {nested(1)[1:-1]} }}"

        assert "could be answered with" in await refusal(chronicle, " ".join(["{ ...F0 }", *bomb, last]))

    async def test_a_fragment_that_spreads_itself_is_refused(self, chronicle: Program) -> None:
        assert "errors" in await ask(chronicle, "{ ...F } fragment F on Query { ...F }")

    async def test_a_long_one_is_refused(self, chronicle: Program) -> None:
        assert await refusal(chronicle, "{ __typename " + "a: __typename " * limits.MOST_TOKENS + "}")
        assert "fields" in await refusal(
            chronicle, "{ " + " ".join(f"a{number}: __typename" for number in range(limits.MOST_FIELDS + 1)) + " }"
        )

    @pytest.mark.parametrize(("name", "number"), [("first", 201), ("first", -1), ("last", 201)])
    async def test_a_page_has_at_most_two_hundred(self, chronicle: Program, name: str, number: int) -> None:
        asked = "{ activityTimeline(%s: %d) { pageInfo { hasNextPage } } }"

        assert await refusal(chronicle, asked % (name, number)) == "A page has at most 200 nodes."
        assert "errors" not in await ask(chronicle, asked % (name, 200))

    async def test_what_the_schema_says_of_itself_can_be_asked_as_tools_do(self, chronicle: Program) -> None:
        found = await ask(chronicle, get_introspection_query())

        assert "errors" not in found
        kinds = found["data"]["__schema"]
        assert [kinds[kind]["name"] for kind in ("queryType", "mutationType", "subscriptionType")] == [
            "Query",
            "Mutation",
            "Subscription",
        ]

    async def test_the_schema_is_not_described_in_circles(self, chronicle: Program) -> None:
        inner = "name"
        for _ in range(6):
            inner = f"fields {{ type {{ {inner} }} }}"

        assert "introspection" in (await refusal(chronicle, f"{{ __schema {{ types {{ {inner} }} }} }}")).lower()


class TestAnswers:
    """What there really is."""

    async def test_an_answer_that_would_show_too_much_is_given_up(
        self, chronicle: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await say(chronicle, *(f for number in range(3) for f in work(f"w{number}")))
        listed = "{ activityTimeline { nodes { ... on WorkActivity { externalId } } } }"
        monkeypatch.setattr(reading, "MOST_SHOWN", 3)
        assert "errors" not in await ask(chronicle, listed)

        monkeypatch.setattr(reading, "MOST_SHOWN", 2)

        assert "Ask for less at once" in await refusal(chronicle, listed)

    async def test_many_namespaces_take_one_connection(self, chronicle: Program, api: Api) -> None:
        field = 'a%d: activitiesByType(activityType: WorkActivity, namespace: "n%d") { pageInfo { hasNextPage } }'

        found = await ask(chronicle, "{ " + " ".join(field % (number, number) for number in range(40)) + " }")

        assert "errors" not in found


async def test_a_page_asks_as_often_for_a_hundred_activities_as_for_ten(
    api: Api, org: Organisation, chronicle: Program
) -> None:
    for number in range(100):
        await submitted(chronicle, number)
    auditor = api.program(org, org.diana)
    asked = {}

    for first in (10, 100):
        await ask(auditor, PAGE, first=first)
        with noting(api.site.services.engine) as statements:
            found = await ask(auditor, PAGE, first=first)
        nodes = found["data"]["activityTimeline"]["nodes"]
        assert len(nodes) == first
        assert all(len(each["wasInformedBy"]) == len(each["wasAssociatedWith"]) == 2 for each in nodes), nodes[0]
        asked[first] = len(statements)

    assert asked == {10: STATEMENTS, 100: STATEMENTS}


STATEMENTS = 18
"""Whose token it is and what they may see, the filter, the page, and once for each kind of thing at each level."""


async def submitted(program: Program, number: int) -> None:
    """A submission of two pieces of work by somebody, with two delegates."""
    name = f"s{number:03}"
    works = [f"{name}-w{each}" for each in range(2)]
    await say(
        program,
        f'definePersonAgent(externalId: "p{number}", attributes: {{nameAttribute: "P"}}) {{ txId }}',
        f'defineSubmitActivity(externalId: "{name}") {{ txId }}',
        f'instantActivity(id: {{externalId: "{name}"}}, time: "2022-12-09T10:00:00Z") {{ txId }}',
        f'wasAssociatedWith(responsible: {{externalId: "p{number}"}}, activity: {{externalId: "{name}"}}) {{ txId }}',
        *(
            f'actedOnBehalfOf(responsible: {{externalId: "p{number}"}}, delegate: {{externalId: "d{each}"}}, '
            f'activity: {{externalId: "{name}"}}) {{ txId }}'
            for each in range(2)
        ),
        *(
            f'wasInformedBy(activity: {{externalId: "{name}"}}, informingActivity: {{externalId: "{each}"}}) {{ txId }}'
            for each in works
        ),
        *(f'defineWorkActivity(externalId: "{each}", attributes: {{taskAttribute: "t"}}) {{ txId }}' for each in works),
        *(f'used(activity: {{externalId: "{each}"}}, id: {{externalId: "proj"}}) {{ txId }}' for each in works),
    )
