"""Signals are heard at the commit by whoever listens, however often the connection is lost."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from embedded import EmbeddedPostgres
from listening import Signal, listening, signal_in
from models.database import command_transaction, taken_back
from models.store.signals import CHANNEL, MOST_NAMED, tell_live, tell_revoked
from tests.factories import Organisation
from tests.waiting import eventually_async


@dataclass
class Ear:
    """What was heard, and how often the connection was made."""

    heard: list[Signal] = field(default_factory=list)
    connections: int = 0
    losses: int = 0

    def lost(self) -> None:
        self.losses += 1

    def connected(self) -> None:
        self.connections += 1

    async def has_connected(self, times: int = 1) -> None:
        async def has() -> bool:
            return self.connections >= times

        await eventually_async(has, f"connection number {times}")

    async def hears(self, org: Organisation, count: int = 1) -> list[Signal]:
        """So many signals of an organisation, once they are there: other tests signal as well."""

        async def has() -> bool:
            return len(self.of(org)) >= count

        await eventually_async(has, f"{count} signals")
        return self.of(org)

    def of(self, org: Organisation) -> list[Signal]:
        return [signal for signal in self.heard if signal.tenant_id == org.tenant_id]


@pytest.fixture
async def ear(postgres: EmbeddedPostgres) -> AsyncIterator[Ear]:
    async with ear_on(postgres.app_url()) as ear:
        await ear.has_connected()
        yield ear


@asynccontextmanager
async def ear_on(url: str) -> AsyncIterator[Ear]:
    ear = Ear()
    async with listening(url, ear.heard.append, ear.connected, ear.lost):
        yield ear


async def test_what_is_signalled_is_heard_as_it_was_said(ear: Ear, engine: Engine, org: Organisation) -> None:
    sheet = uuid4()
    with command_transaction(engine, org.tenant_id) as session:
        tell_live(session, org.tenant_id, sheet, [org.roland, org.suzanne], "inbox")

    assert await ear.hears(org) == [Signal(org.tenant_id, "inbox", sheet, frozenset({org.roland, org.suzanne}))]


async def test_more_people_than_a_signal_has_room_for_are_everybody(
    ear: Ear, engine: Engine, org: Organisation
) -> None:
    with command_transaction(engine, org.tenant_id) as session:
        tell_live(session, org.tenant_id, None, [uuid4() for _ in range(MOST_NAMED + 1)], "inbox")

    (signal,) = await ear.hears(org)
    assert signal.people is None


async def test_an_ended_session_is_named_by_its_key_and_concerns_nobody_else(
    ear: Ear, engine: Engine, org: Organisation
) -> None:
    with command_transaction(engine, org.tenant_id) as session:
        tell_revoked(session, org.tenant_id, "0" * 64)

    assert await ear.hears(org) == [Signal(org.tenant_id, "session", session="0" * 64)]


async def test_nothing_is_heard_of_what_was_rolled_back(ear: Ear, engine: Engine, org: Organisation) -> None:
    with command_transaction(engine, org.tenant_id) as session, taken_back(session):
        tell_live(session, org.tenant_id, None, [org.roland], "never")
    with command_transaction(engine, org.tenant_id) as session:
        tell_live(session, org.tenant_id, None, [org.roland], "inbox")

    assert [signal.what for signal in await ear.hears(org)] == ["inbox"]


async def test_a_lost_connection_is_made_anew_and_told_of(
    ear: Ear, engine: Engine, owner_engine: Engine, org: Organisation
) -> None:
    for times in (2, 3):
        end_listening(owner_engine)
        await ear.has_connected(times)
    with command_transaction(engine, org.tenant_id) as session:
        tell_live(session, org.tenant_id, None, [org.roland], "inbox")

    assert len(await ear.hears(org)) == 1


async def test_what_is_no_signal_harms_nobody(ear: Ear, engine: Engine, org: Organisation) -> None:
    with engine.begin() as connection:
        for payload in UNREADABLE:
            connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})
    with command_transaction(engine, org.tenant_id) as session:
        tell_live(session, org.tenant_id, None, [org.roland], "inbox")

    assert len(await ear.hears(org)) == 1
    assert ear.connections == 1


UNREADABLE = (
    "",
    "not JSON",
    "[]",
    "7",
    '"tenant"',
    "{}",
    json.dumps({"tenant": "nobody", "what": "inbox"}),
    json.dumps({"tenant": str(UUID(int=1))}),
    json.dumps({"tenant": str(UUID(int=1)), "what": "inbox", "people": ["Roland"]}),
    json.dumps({"tenant": str(UUID(int=1)), "what": "inbox", "people": 7}),
    json.dumps({"tenant": str(UUID(int=1)), "what": "inbox", "timesheet": 7}),
)


@pytest.mark.parametrize("payload", UNREADABLE)
def test_a_payload_of_another_form_is_no_signal(payload: str) -> None:
    assert signal_in(payload) is None


async def test_whoever_starts_without_a_database_hears_as_soon_as_there_is_one(
    postgres: EmbeddedPostgres, engine: Engine, org: Organisation, tmp_path: Path
) -> None:
    there = make_url(postgres.app_url())
    later = tmp_path / "pg"
    async with ear_on(there.set(query={"host": str(later)}).render_as_string(hide_password=False)) as ear:

        async def lost() -> bool:
            return ear.losses > 1

        await eventually_async(lost, "attempts in vain")
        later.symlink_to(str(there.query["host"]))
        await ear.has_connected()
        with command_transaction(engine, org.tenant_id) as session:
            tell_live(session, org.tenant_id, None, [org.roland], "inbox")

        assert len(await ear.hears(org)) == 1


def end_listening(owner_engine: Engine) -> None:
    """Every connection that listens is gone, as when the server starts anew."""
    theirs = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign listening'"
    with owner_engine.begin() as connection:
        connection.execute(text(theirs))
