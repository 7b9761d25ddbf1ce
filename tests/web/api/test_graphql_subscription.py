"""Whoever subscribes is told of commits as they happen: of those that they may see, while their token stands."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models.database import command_transaction
from models.rules.transitions import State
from models.tables.auth import ApiToken
from tests.activities.test_listening import end_listening
from tests.factories import Organisation, change_person, hire, make_organisation
from tests.looked import looks
from tests.waiting import PATIENCE, eventually_async
from tests.web.api.conftest import Api, Json, Program
from tests.web.api.test_graphql import chronicler, say
from tests.web.conftest import Site
from tests.web.test_live import heard_again, served
from web.auth.tokens import Scope, revoke_token
from web.graphql import commits

DOCUMENT = "subscription { commitNotifications { stage txId error delta id } }"


@dataclass
class Told:
    """The client's end of a subscription."""

    socket: ClientConnection

    async def next(self) -> Json:
        """The next message but for pings."""
        async with asyncio.timeout(PATIENCE):
            while (message := json.loads(await self.socket.recv())).get("type") in ("ping", "pong"):
                pass
        return message

    async def notification(self) -> Json:
        """The next transaction."""
        message = await self.next()
        assert message["type"] == "next", message
        return message["payload"]["data"]["commitNotifications"]

    async def end(self) -> str:
        """Why nothing more is told."""
        message = await self.next()
        errors = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
        if message["type"] == "next":
            assert (await self.next())["type"] == "complete"
        return str(errors[0]["message"])

    async def say(self, **message: Json) -> None:
        """Send a message."""
        await self.socket.send(json.dumps(message))


@dataclass
class Sockets:
    """Opens WebSockets of the running application."""

    site: Site
    address: str

    @asynccontextmanager
    async def open(self, **says: str) -> AsyncIterator[Told]:
        """A socket, before anybody said who they are."""
        uri = self.address.replace("http://", "ws://") + "/graphql"
        protocol: Any = "graphql-transport-ws"
        async with connect(uri, subprotocols=[protocol], additional_headers=says) as socket:
            yield Told(socket)

    @asynccontextmanager
    async def subscribed(self, program: Program) -> AsyncIterator[Told]:
        """A subscription of a program."""
        async with self.open() as told:
            await told.say(type="connection_init", payload={"Authorization": f"Bearer {program.token}"})
            assert (await told.next())["type"] == "connection_ack"
            await self.subscribe(told)
            yield told

    async def subscribe(self, told: Told, id_: str = "1") -> None:
        """Subscribe, and wait until it is told of what is committed."""
        hub = self.site.services.live.commits
        before = hub._of_token.total()
        await told.say(type="subscribe", id=id_, payload={"query": DOCUMENT})
        await eventually_async(lambda: asyncio.sleep(0, hub._of_token.total() > before), "it is told of commits")


@pytest.fixture(scope="module")
async def address(site: Site) -> AsyncIterator[str]:
    async with served(site) as address:
        yield address


@pytest.fixture
async def sockets(site: Site, address: str) -> AsyncIterator[Sockets]:
    await heard_again(site)
    yield Sockets(site, address)
    hub = site.services.live.commits
    await eventually_async(lambda: asyncio.sleep(0, hub._of_token.total() == 0), "every subscriber is forgotten")


@pytest.fixture
def chronicle(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    return chronicler(api, org, owner_engine)


@pytest.fixture
def auditor(api: Api, org: Organisation) -> Program:
    return api.program(org, org.diana)


SUBMIT = 'defineSubmitActivity(externalId: "s", namespace: "n") { txId }'
AGENT = 'definePersonAgent(externalId: "p", namespace: "n", attributes: {nameAttribute: "P"}) { txId }'


class TestBeingTold:
    """What is told to whom."""

    async def test_every_transaction_is_told_with_what_it_said_and_who_said_it(
        self, sockets: Sockets, chronicle: Program, auditor: Program
    ) -> None:
        async with sockets.subscribed(auditor) as told:
            said = (await say(chronicle, SUBMIT, AGENT, SUBMIT))["data"]
            first, second = await told.notification(), await told.notification()

        assert [first["txId"], second["txId"]] == [said["f0"]["txId"], said["f1"]["txId"]]
        assert (first["stage"], first["error"]) == ("COMMIT", None)
        assert first["delta"] == [
            {
                "namespace": "n",
                "statement": "define",
                "kind": "activity",
                "id": "s",
                "type": "Submit",
                "attributes": {},
            }
        ]
        assert first["id"].startswith("chronicle:agent:")

    async def test_that_an_auditor_listens_is_recorded_once_a_day_and_no_news_to_them(
        self, sockets: Sockets, site: Site, org: Organisation, api: Api, chronicle: Program, auditor: Program
    ) -> None:
        for document in (SUBMIT, AGENT):
            async with sockets.subscribed(auditor) as told, sockets.subscribed(api.program(org, org.suzanne)):
                said = (await say(chronicle, document))["data"]
                assert (await told.notification())["txId"] == said["f0"]["txId"]

        assert [(look.agent, look.saw) for look in looks(site, org)] == [
            (site.staff_id(org, org.diana), "/graphql subscription { commitNotifications }")
        ]

    async def test_what_the_product_records_is_told_as_well(
        self, sockets: Sockets, site: Site, org: Organisation, auditor: Program
    ) -> None:
        async with sockets.subscribed(auditor) as told:
            await site.bring_to(org, State.APPROVED)
            told_types = [
                [each["type"] for each in (await told.notification())["delta"] if each.get("kind") == "activity"]
                for _ in range(3)
            ]

        assert told_types == [["Timesheet", "Work"], ["Submit"], ["Approve"]]

    async def test_each_is_told_only_of_what_they_may_see(
        self, sockets: Sockets, api: Api, site: Site, org: Organisation, chronicle: Program, owner_engine: Engine
    ) -> None:
        elsewhere = make_organisation(owner_engine)
        await say(chronicle, AGENT)
        async with (
            sockets.subscribed(api.program(org, org.duane)) as duane,
            sockets.subscribed(chronicle) as program,
            sockets.subscribed(api.program(elsewhere, elsewhere.diana)) as stranger,
        ):
            await say(chronicler(api, org, owner_engine), SUBMIT.replace('"n"', '"other"'))
            await site.bring_to(org, State.DRAFT, org.alex)
            await say(chronicle, SUBMIT)
            await site.bring_to(org, State.DRAFT)
            await say(chronicler(api, elsewhere, owner_engine), SUBMIT)

            assert [each["namespace"] for each in (await program.notification())["delta"]] == ["n"]
            theirs = (await duane.notification())["delta"]
            assert {each["namespace"] for each in theirs} == {"default"}
            assert site.staff_id(org, org.duane) in json.dumps(theirs)
            assert site.staff_id(org, org.alex) not in json.dumps(theirs)
            assert [each["id"] for each in (await stranger.notification())["delta"]] == ["s"]

    async def test_many_at_once_are_all_told_in_their_order(
        self, sockets: Sockets, chronicle: Program, auditor: Program
    ) -> None:
        fields = [f'defineSubmitActivity(externalId: "s{number}") {{ txId }}' for number in range(60)]
        async with sockets.subscribed(auditor) as told:
            said = await say(chronicle, *fields)
            heard = [(await told.notification())["txId"] for _ in fields]

        assert heard == [each["txId"] for each in said["data"].values()]


class TestEntering:
    """Who gets in, and until when."""

    async def test_the_token_may_come_with_the_connection(self, sockets: Sockets, auditor: Program) -> None:
        async with sockets.open(Authorization=f"Bearer {auditor.token}") as told:
            await told.say(type="connection_init")

            assert (await told.next())["type"] == "connection_ack"

    @pytest.mark.parametrize("payload", [{}, {"Authorization": "Bearer cs_nothing"}, {"Authorization": 7}, {"a": None}])
    async def test_nobody_gets_in_without_a_token(self, sockets: Sockets, payload: Json) -> None:
        async with sockets.open() as told:
            await told.say(type="connection_init", payload=payload)

            with pytest.raises(ConnectionClosed) as closed:
                await told.next()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403

    async def test_a_token_that_is_not_for_reading_is_none(
        self, sockets: Sockets, api: Api, org: Organisation, owner_engine: Engine
    ) -> None:
        writer = api.program(org, hire(owner_engine, org, "writer", "integration"), Scope.EVENTS)

        with pytest.raises(ConnectionClosed):
            async with sockets.subscribed(writer):
                pytest.fail("it was let in")

    async def test_a_cookie_lets_nobody_in(self, sockets: Sockets, site: Site, org: Organisation) -> None:
        cookies = site.browser(org, org.diana).client.cookies
        says = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with sockets.open(Cookie=says) as told:
            await told.say(type="connection_init")

            with pytest.raises(ConnectionClosed):
                await told.next()

    async def test_pages_of_other_sites_open_nothing(self, sockets: Sockets, auditor: Program) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with sockets.open(Authorization=f"Bearer {auditor.token}", Origin="https://elsewhere.example"):
                pytest.fail("it was let in")

        assert refused.value.response.status_code == 403

    async def test_it_ends_when_the_token_is_revoked(
        self, sockets: Sockets, api: Api, org: Organisation, chronicle: Program, auditor: Program
    ) -> None:
        async with sockets.subscribed(auditor) as told:
            (token,) = [each for each in api.site.rows(org, ApiToken) if each.person_id == org.diana]
            with command_transaction(api.site.engine, org.tenant_id) as session:
                revoke_token(session, token.id)

            assert await told.end() == commits.Ended.REFUSED.value

            await told.say(type="subscribe", id="2", payload={"query": DOCUMENT})
            assert await told.end() == commits.Ended.REFUSED.value

    async def test_it_ends_when_the_token_expires(self, sockets: Sockets, api: Api, auditor: Program) -> None:
        api.change_token(auditor, expires_at=func.now() + timedelta(seconds=2))
        async with sockets.subscribed(auditor) as told:
            assert await told.end() == commits.Ended.REFUSED.value

    async def test_whoever_is_not_active_any_more_is_told_nothing(
        self, sockets: Sockets, org: Organisation, chronicle: Program, auditor: Program, owner_engine: Engine
    ) -> None:
        async with sockets.subscribed(auditor) as told:
            change_person(owner_engine, org.diana, active=False)
            await say(chronicle, SUBMIT)

            assert await told.end() == commits.Ended.REFUSED.value

    async def test_it_ends_when_nothing_is_heard(
        self, sockets: Sockets, site: Site, auditor: Program, owner_engine: Engine
    ) -> None:
        async with sockets.subscribed(auditor) as told:
            end_listening(owner_engine)

            assert await told.end() == commits.Ended.LOST.value
        await heard_again(site)

    async def test_whoever_takes_nothing_is_ended_rather_than_told_of_some(
        self, sockets: Sockets, chronicle: Program, auditor: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commits, "MOST_WAITING", 0)
        async with sockets.subscribed(auditor) as told:
            await say(chronicle, SUBMIT)

            assert await told.end() == commits.Ended.BEHIND.value


class TestBounds:
    """What a socket is not for."""

    async def test_questions_are_not_answered_by_socket(self, sockets: Sockets, auditor: Program) -> None:
        async with sockets.subscribed(auditor) as told:
            await told.say(
                type="subscribe", id="2", payload={"query": '{ agentById(id: {externalId: "a"}) { __typename } }'}
            )

            assert "POST" in await told.end()

    async def test_subscribing_by_post_is_refused(self, auditor: Program) -> None:
        answer = await auditor.post("/graphql", {"query": DOCUMENT})

        assert "data" not in answer.text or answer.json().get("data") is None

    async def test_one_token_has_a_few_subscriptions(
        self, sockets: Sockets, auditor: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(commits, "MOST_OF_ONE_TOKEN", 1)
        async with sockets.subscribed(auditor) as told:
            await told.say(type="subscribe", id="2", payload={"query": DOCUMENT})

            assert await told.end() == "One token is told of commits 1 times at once."
