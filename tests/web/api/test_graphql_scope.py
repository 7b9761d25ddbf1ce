"""Who reads what of the record: all of it, what is about somebody's time and what that names, or what one says."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from tests.factories import MONDAY, Asking, Organisation, hire, make_organisation, worked
from tests.web.api.conftest import Api, Json, Program
from tests.web.api.test_graphql import ask, chronicler, say, work
from tests.web.conftest import Site
from web.auth.tokens import Scope

BEFORE = MONDAY - timedelta(days=7)

ACTIVITIES = """
    { activityTimeline { nodes {
        ... on WorkActivity {
            externalId wasAssociatedWith { responsible { agent { ... on PersonAgent { externalId } } } } }
    } } }
"""
AGENTS = "{ agentsByType(agentType: PersonAgent, first: 100) { nodes { ... on PersonAgent { externalId } } } }"
PROJECTS = "{ entitiesByType(entityType: ProjectEntity, first: 100) { nodes { ... on ProjectEntity { externalId } } } }"
HIDDEN = {"data": {"agentById": None, "entityById": None, "activityById": None}}


@pytest.fixture
async def recorded(site: Site, org: Organisation) -> Organisation:
    """Duane's week is approved by Roland, and Alex' by Suzanne on another project; they have nothing in common."""
    await site.bring_to(org, State.APPROVED)
    await site.bring_to(org, State.APPROVED, org.alex)
    dogs, hats = (org.projects[name] for name in ("proj-533", "proj-576B"))
    for who, project in ((org.duane, dogs), (org.alex, hats)):
        asking = Asking(org, who, who, BEFORE)
        await asyncio.to_thread(site.desk.do, asking.record(worked("09:00", "10:00", BEFORE, project_id=project)))
    return org


async def ids(program: Program, document: str) -> list[str]:
    """The external ids in a list."""
    (found,) = (await ask(program, document))["data"].values()
    return [each["externalId"] for each in found["nodes"] if each]


async def one_of_each(program: Program, agent: str, entity: str, activity: str) -> Json:
    """An agent, an entity and an activity by their ids."""
    return await ask(
        program,
        f"""{{ agentById(id: {{externalId: "{agent}"}}) {{ __typename }}
               entityById(id: {{externalId: "{entity}"}}) {{ __typename }}
               activityById(id: {{externalId: "{activity}"}}) {{ __typename }} }}""",
    )


class TestPeople:
    """Whoever may see somebody's time sees what the record says of it, and whom and what that names."""

    @pytest.mark.parametrize("name", ["Diana Fowley", "Suzanne Modeski"])
    async def test_an_auditor_and_an_administrator_see_everything(
        self, api: Api, recorded: Organisation, name: str
    ) -> None:
        program = api.program(recorded, recorded.people[name])

        assert len(await ids(program, ACTIVITIES)) == 4
        assert await ids(program, PROJECTS) == ["proj-533", "proj-576B"]
        known = staff(api, recorded, recorded.duane, recorded.alex, recorded.roland, recorded.suzanne)
        # What an auditor opens is recorded itself, and so names them.
        assert [
            each for each in await ids(program, AGENTS) if each not in staff(api, recorded, recorded.diana)
        ] == known

    async def test_a_worker_sees_their_own_time_and_whom_and_what_it_names(
        self, api: Api, recorded: Organisation
    ) -> None:
        duane = api.program(recorded, recorded.duane)

        assert len(await ids(duane, ACTIVITIES)) == 2
        assert await ids(duane, PROJECTS) == ["proj-533"]
        assert await ids(duane, AGENTS) == staff(api, recorded, recorded.duane, recorded.roland)

    async def test_a_supervisor_sees_also_that_of_their_team(self, api: Api, recorded: Organisation) -> None:
        roland = api.program(recorded, recorded.roland)

        assert len(await ids(roland, ACTIVITIES)) == 2
        assert await ids(roland, AGENTS) == staff(api, recorded, recorded.duane, recorded.roland)

    async def test_whoever_has_recorded_nothing_sees_nothing(self, api: Api, recorded: Organisation) -> None:
        max_ = api.program(recorded, recorded.max)

        assert [await ids(max_, each) for each in (ACTIVITIES, AGENTS, PROJECTS)] == [[], [], []]

    async def test_what_one_may_not_see_is_not_there_by_its_id_either(
        self, api: Api, recorded: Organisation, owner_engine: Engine
    ) -> None:
        alexs = (await ids(api.program(recorded, recorded.alex), ACTIVITIES))[0]
        (alex,) = staff(api, recorded, recorded.alex)
        everybody = api.program(recorded, recorded.diana)
        elsewhere = make_organisation(owner_engine)

        assert None not in (await one_of_each(everybody, alex, "proj-576B", alexs))["data"].values()
        for program in (api.program(recorded, recorded.duane), api.program(elsewhere, elsewhere.diana)):
            assert await one_of_each(program, alex, "proj-576B", alexs) == HIDDEN

    async def test_relations_lead_to_nothing_that_one_may_not_see(self, api: Api, recorded: Organisation) -> None:
        duane = api.program(recorded, recorded.duane)

        seen = await ask(
            duane,
            """{ agentsByType(agentType: PersonAgent) { nodes { ... on PersonAgent {
                    nameAttribute actedOnBehalfOf { agent { __typename } } attribution { attributed { role } } } } }
                 entitiesByType(entityType: ProjectEntity) { nodes { ... on ProjectEntity {
                    nameAttribute wasAttributedTo { responsible { role } } wasGeneratedBy { __typename } } } }
                 activityTimeline { nodes {
                    ... on SubmitActivity { wasInformedBy { ... on TimesheetActivity { externalId } } }
                    ... on ApproveActivity { wasAssociatedWith { responsible { agent { __typename } } } } } } }""",
        )

        told = str(seen)
        assert "Duane Barry" in told
        assert "Roland Fuller" in told
        for hidden in ("Alex Krycek", "Suzanne Modeski", "make party hats"):
            assert hidden not in told

    async def test_who_recorded_what_is_about_others_is_not_told(self, api: Api, recorded: Organisation) -> None:
        site, dogs = api.site, recorded.projects["proj-533"]
        maxs = Asking(recorded, recorded.max, recorded.max)
        await asyncio.to_thread(site.desk.do, maxs.record(worked("09:00", "10:00", project_id=dogs)))
        asked = (
            '{ entityById(id: {externalId: "proj-533"}) { ... on ProjectEntity { nameAttribute recordedBy digest } } }'
        )

        of_max, of_diana = [
            (await ask(api.program(recorded, who), asked))["data"]["entityById"]
            for who in (recorded.max, recorded.diana)
        ]

        assert of_max == {"nameAttribute": of_diana["nameAttribute"], "recordedBy": None, "digest": None}
        assert [of_diana["recordedBy"]] == staff(api, recorded, recorded.duane)


class TestPrograms:
    """The integration role reads the namespaces that it has written to."""

    async def test_a_program_reads_all_of_a_namespace_once_it_has_said_something_in_it(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        one, other = (chronicler(api, org, owner_engine) for _ in range(2))
        await said_in(one, "shared")

        assert await read_in(one, "shared") == ["a"]
        assert await read_in(other, "shared") == []
        await say(other, 'defineSubmitActivity(externalId: "b", namespace: "shared") { txId }')
        assert await read_in(other, "shared") == ["a"]

    async def test_it_does_not_read_what_the_product_recorded(
        self, api: Api, recorded: Organisation, owner_engine: Engine
    ) -> None:
        program = chronicler(api, recorded, owner_engine)
        await said_in(program, "another")

        assert [await ids(program, each) for each in (ACTIVITIES, AGENTS, PROJECTS)] == [[], [], []]

    async def test_a_scheduler_has_not_said_something_where_it_planned_time(
        self, api: Api, site: Site, recorded: Organisation, owner_engine: Engine
    ) -> None:
        scheduler = hire(owner_engine, recorded, "scheduler", "integration")
        planned = Asking(recorded, recorded.duane, scheduler, BEFORE)
        await asyncio.to_thread(
            site.desk.do, planned.schedule(uuid4(), worked("12:00", "13:00", BEFORE, task="planned"))
        )

        assert await ids(api.program(recorded, scheduler), ACTIVITIES) == []

    async def test_another_organisation_has_namespaces_of_its_own(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        await said_in(chronicler(api, org, owner_engine), "shared")
        elsewhere = make_organisation(owner_engine)
        other = chronicler(api, elsewhere, owner_engine)
        await say(other, 'defineSubmitActivity(externalId: "b", namespace: "shared") { txId }')

        assert await read_in(other, "shared") == []
        assert await read_in(api.program(elsewhere, elsewhere.diana), "shared") == []

    async def test_namespaces_asked_for_together_are_each_narrowed(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        one, other = (chronicler(api, org, owner_engine) for _ in range(2))
        await said_in(one, "ones")
        await said_in(other, "others")
        listed = (
            'activitiesByType(activityType: WorkActivity, namespace: "%s")'
            " { nodes { ... on WorkActivity { externalId } } }"
        )

        found = await ask(one, f"{{ a: {listed % 'ones'} b: {listed % 'others'} }}")

        assert found["data"] == {"a": {"nodes": [{"externalId": "a"}]}, "b": {"nodes": []}}

    async def test_a_caller_without_a_token_or_from_elsewhere_learns_nothing(
        self, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        document = {"query": AGENTS}
        calendar = api.program(org, org.diana, Scope.CALENDAR)
        elsewhere = make_organisation(owner_engine)

        assert (await api.stranger().post("/graphql", document)).status_code == 401
        assert (await calendar.post("/graphql", document)).status_code == 403
        named = f"/graphql?tenantId={elsewhere.tenant_id}"
        assert (await api.program(org, org.diana).post(named, document)).status_code == 404


async def said_in(program: Program, namespace: str) -> None:
    """Some work, in a namespace."""
    await say(program, *(each.replace(") {", f', namespace: "{namespace}") {{') for each in work("a")))


async def read_in(program: Program, namespace: str) -> list[str]:
    """The work in a namespace."""
    return await ids(
        program,
        f'{{ activitiesByType(activityType: WorkActivity, namespace: "{namespace}") '
        "{ nodes { ... on WorkActivity { externalId } } } }",
    )


def staff(api: Api, org: Organisation, *people: UUID) -> list[str]:
    """The staff ids of people, in the order of their bytes."""
    return sorted(api.site.staff_id(org, each) for each in people)
