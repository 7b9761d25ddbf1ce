"""Worker processes do their chores at once when they begin, and again as soon as a signal gives a reason to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import Engine
from temporalio.client import Client

from embedded import EmbeddedPostgres
from models.database import command_transaction
from models.store.signals import tell_live
from settings import Settings
from tests.activities.test_listening import end_listening
from tests.factories import Organisation
from tests.waiting import eventually_async
from upkeep import Chore, upkeep


@dataclass
class Round:
    """Chores that only note that they were done."""

    settings: Settings
    done: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)

    def chore(self, name: str, hears: frozenset[str] | None) -> Chore:
        async def do(_client: Client, _settings: Settings, _engine: Engine) -> None:
            self.done.append(name)
            if name in self.fails:
                raise ZeroDivisionError

        return Chore(name, hears, do)

    @asynccontextmanager
    async def going(self, *chores: Chore) -> AsyncIterator[None]:
        """While upkeep runs, from when everything was done at the beginning: once by itself, once on connecting."""
        async with upkeep(cast(Client, None), self.settings, chores):
            await self.reaches({chore.name: 2 for chore in chores})
            yield

    async def reaches(self, times: dict[str, int]) -> None:
        async def has() -> bool:
            return {name: self.done.count(name) for name in times} == times

        await eventually_async(has, f"chores done so often: {times}, done: {self.done}")


@pytest.fixture
def its(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr("upkeep.REST_SECONDS", 0.1)
    return Round(cast(Settings, SimpleNamespace(database_url=postgres.app_url())))


async def test_a_signal_has_just_the_chores_done_that_hear_it(its: Round, engine: Engine, org: Organisation) -> None:
    mail, tidy, every = (
        its.chore("mail", frozenset({"notification"})),
        its.chore("tidy", frozenset()),
        its.chore("every", None),
    )
    async with its.going(mail, tidy, every):
        signal(engine, org, "inbox")
        await its.reaches({"mail": 2, "tidy": 2, "every": 3})
        signal(engine, org, "notification")
        await its.reaches({"mail": 3, "tidy": 2, "every": 4})


async def test_many_signals_at_once_are_one_reason(its: Round, engine: Engine, org: Organisation) -> None:
    async with its.going(its.chore("every", None)):
        signal(engine, org, *(f"inbox {number}" for number in range(20)))
        await its.reaches({"every": 3})
        signal(engine, org, "inbox")
        await its.reaches({"every": 4})


async def test_a_chore_that_fails_is_tried_again_and_holds_up_no_other(
    its: Round, engine: Engine, org: Organisation
) -> None:
    its.fails.add("mail")
    async with its.going(its.chore("mail", None), its.chore("other", None)):
        signal(engine, org, "inbox")
        await its.reaches({"mail": 3, "other": 3})


async def test_what_was_signalled_while_nobody_listened_is_made_up_for(its: Round, owner_engine: Engine) -> None:
    async with its.going(its.chore("mail", frozenset({"notification"}))):
        end_listening(owner_engine)
        await its.reaches({"mail": 3})


def signal(engine: Engine, org: Organisation, *whats: str) -> None:
    """All of them at one commit."""
    with command_transaction(engine, org.tenant_id) as session:
        for what in whats:
            tell_live(session, org.tenant_id, None, [], what)
