"""What the workflow records by itself reads as what a Chronicle client records by hand."""

import asyncio

import pytest

from tests.desk import Life
from tests.factories import NEXT_MONDAY, Organisation, at
from tests.web.api.conftest import Api, Json, Program
from tests.web.api.test_graphql import CONVERSATION, ask
from tests.web.conftest import Site
from web.services import Services

QUERIES = [said for said in CONVERSATION if not said["op"].lstrip().startswith("mutation")]
PERSON = "agent { ... on PersonAgent { externalId nameAttribute } } role"


@pytest.fixture
async def life(site: Site, org: Organisation) -> Life:
    """Duane's week after the whole story: rejected, revised twice, and approved on Roland's behalf at the end."""
    life = Life(site.desk, org)
    await asyncio.to_thread(life.tell_the_story)
    return life


@pytest.fixture
def auditor(api: Api, life: Life) -> Program:
    return api.program(life.org, life.org.diana)


def shape(value: Json) -> Json:
    """Which fields there are, at every level, and of which kind their values are; not how many of each."""
    match value:
        case dict():
            return {name: shape(each) for name, each in value.items()}
        case list():
            shapes: list[Json] = []
            for each in map(shape, value):
                if each not in shapes:
                    shapes.append(each)
            return sorted(shapes, key=repr)
    return type(value).__name__


def of_life(document: str, duane: str, approve: str, submit: str) -> str:
    """A question of the recorded conversation, about the same things here."""
    names = {
        "approve-31305": approve,
        "submit-32470": submit,
        "staff-4366": duane,
    }
    for theirs, ours in names.items():
        document = document.replace(theirs, ours)
    return document


async def test_the_questions_of_the_recorded_conversation_have_answers_of_the_same_shapes(
    site: Site, auditor: Program, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The timeline is of what is over, and so is the week then.
    monkeypatch.setattr(Services, "now", lambda _: at(NEXT_MONDAY, "09:00"))
    duane = site.staff_id(life.org, life.org.duane)
    approve, submit = await on_behalf(auditor)

    for said in QUERIES:
        answer = await ask(auditor, of_life(said["op"], duane, approve, submit))

        assert "errors" not in answer, said["op"]
        assert shape(answer["data"]) == shape(said["expect"]), said["op"]


async def test_an_approval_on_behalf_is_rolands_and_suzanne_is_the_delegate(
    site: Site, auditor: Program, life: Life
) -> None:
    approve, _ = await on_behalf(auditor)

    found = await ask(
        auditor,
        f"""{{ activityById(id: {{externalId: "{approve}"}}) {{ ... on ApproveActivity {{
                warnings recordedBy
                wasAssociatedWith {{ responsible {{ {PERSON} }} delegate {{ {PERSON} }} }} }} }} }}""",
    )

    roland, suzanne = (site.staff_id(life.org, who) for who in (life.org.roland, life.org.suzanne))
    assert found["data"]["activityById"] == {
        "warnings": [],
        "recordedBy": suzanne,
        "wasAssociatedWith": [
            {
                "responsible": {
                    "agent": {"externalId": roland, "nameAttribute": "Roland Fuller"},
                    "role": "SUPERVISOR",
                },
                "delegate": {
                    "agent": {"externalId": suzanne, "nameAttribute": "Suzanne Modeski"},
                    "role": "ADMINISTRATOR",
                },
            }
        ],
    }


async def test_every_act_of_the_story_is_there_with_its_reason(auditor: Program) -> None:
    found = await ask(
        auditor,
        """{ activityTimeline(order: OLDEST_FIRST, first: 100,
                activityTypes: [SubmitActivity, ApproveActivity, RejectActivity]) { nodes {
                    ... on SubmitActivity { __typename } ... on ApproveActivity { __typename }
                    ... on RejectActivity { __typename reasonAttribute } } }
             activitiesByType(activityType: RevisionActivity) {
                nodes { ... on RevisionActivity { reasonAttribute } } } }""",
    )

    acts = [
        each["__typename"].removesuffix("Activity")
        + (f": {each['reasonAttribute']}" if "reasonAttribute" in each else "")
        for each in found["data"]["activityTimeline"]["nodes"]
    ]
    assert acts == ["Submit", "Reject: Wrong day.", "Submit", "Approve", "Submit", "Approve"]
    revisions = found["data"]["activitiesByType"]["nodes"]
    assert [each["reasonAttribute"] for each in revisions] == ["Misremembered which day.", "And the minute."]


async def on_behalf(program: Program) -> tuple[str, str]:
    """The approval that was given on behalf, and the submission that it is about."""
    found = await ask(
        program,
        """{ activityTimeline(activityTypes: ApproveActivity) { nodes { ... on ApproveActivity {
               externalId wasInformedBy { ... on SubmitActivity { externalId } } } } } }""",
    )
    latest = found["data"]["activityTimeline"]["nodes"][0]
    return latest["externalId"], latest["wasInformedBy"][0]["externalId"]
