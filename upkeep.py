"""What worker processes see to beside their tasks: chores, each done again and again, and soon after a signal.

Whoever asks for something begins it as well. This is for what was lost on the way (the asking process died, or
Temporal was away) and for what nobody in particular begins.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import Engine, select
from temporalio.client import Client

from activities.waking import Waking
from listening import Signal, listening
from models.database import command_transaction, engine_for, read_session
from models.messages import BulkKey, DelegationKey, LedgerKey, MailKey, RebuildKey, SheetKey, WebhookKey
from models.store.bulk import bulks_under_way
from models.store.delegations import delegations_due
from models.store.delivering import behind
from models.store.feed import place
from models.store.mailing import give_up_all_mails, give_up_lost_mails, mails_to_begin
from models.store.periods import late
from models.store.rebuilds import under_way
from models.store.sealing import Needed, needed
from models.store.signals import RECORDED
from models.tables.people import Tenant, TenantPolicy
from settings import Settings
from workflows.options import WORKER_SILENCE
from workflows.schedules import ensure_schedule
from workflows.starting import (
    start_anchoring,
    start_bulk,
    start_delegation,
    start_delivery,
    start_mail,
    start_rebuild,
    start_sealing,
)

EVERY_SECONDS = 30.0
"""A chore is done this long after it was done last, whatever is signalled."""

LATE_SECONDS = 60.0
"""A deadline that nobody has seen to for so long is nobody's any more."""

MOST_LATE = 200
"""Timesheets of an organisation that are woken in one go."""

REST_SECONDS = 1.0
"""It is not done again sooner, however much is signalled."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to see to in the whole installation; doing it twice, or in two processes at once, does no harm."""

    name: str
    hears: frozenset[str] | None
    """After which signals it is done at once, by their `what`; None is after every one but those of the record."""
    do: Callable[[Client, Settings, Engine], Awaitable[None]]

    def heeds(self, signal: Signal) -> bool:
        """Whether this signal is a reason to do it."""
        return signal.what != RECORDED if self.hears is None else signal.what in self.hears


async def begin_rebuilds(client: Client, settings: Settings, engine: Engine) -> None:
    """Begin every rebuild of every organisation that is written down and not over."""
    for key in await asyncio.to_thread(lambda: list(_rebuilds(engine))):
        await start_rebuild(client, settings.task_queue, key)


async def begin_bulks(client: Client, settings: Settings, engine: Engine) -> None:
    """Begin every bulk decision of every organisation that was asked for and is not over."""
    for key in await asyncio.to_thread(lambda: list(_bulks(engine))):
        await start_bulk(client, settings.task_queue, key)


async def deliver_events(client: Client, settings: Settings, engine: Engine) -> None:
    """Give new events their places, and have every webhook brought up to date that is behind them.

    One that waits for its next try goes on waiting, and is only begun again where its run was lost.
    """
    for key, fails in await asyncio.to_thread(lambda: list(_webhooks(engine))):
        await start_delivery(client, settings.task_queue, key, hurry=not fails)


async def begin_mails(client: Client, settings: Settings, engine: Engine) -> None:
    """Begin every mail that waits, and say of those that were lost on the way that they were."""
    for key in await asyncio.to_thread(lambda: list(_mails(engine, sends=bool(settings.smtp_url)))):
        await start_mail(client, settings.task_queue, key)


async def see_to_delegations(client: Client, settings: Settings, engine: Engine) -> None:
    """Have every delegation seen to that began or ended, and whose workflow was lost."""
    for key in await asyncio.to_thread(lambda: list(_delegations(engine))):
        await start_delegation(client, settings.task_queue, key)


async def keep_schedules(client: Client, settings: Settings, engine: Engine) -> None:
    """Have the periods of every organisation seen to every day."""
    for tenant_id, zone in await asyncio.to_thread(lambda: list(_zones(engine))):
        if tenant_id not in _scheduled:
            await ensure_schedule(client, settings.task_queue, tenant_id, zone)
            _scheduled.add(tenant_id)


async def seal_ledgers(client: Client, settings: Settings, engine: Engine) -> None:
    """Have every ledger sealed that something was added to a minute ago, and copies of seals left where they are due.

    Of an organisation where nothing happens one question is asked, and nothing is begun.
    """
    for key, has_to in await asyncio.to_thread(lambda: list(_sealing(engine))):
        if has_to.seal:
            await start_sealing(client, settings.task_queue, key)
        if has_to.anchor:
            await start_anchoring(client, settings.task_queue, key)


async def wake_late_timesheets(client: Client, settings: Settings, engine: Engine) -> None:
    """Have timesheets looked at whose time has come, and whose workflow was lost or never begun."""
    waking = Waking(client, settings.task_queue, WORKER_SILENCE)
    for key in await asyncio.to_thread(lambda: list(_late(engine))):
        await waking.wake(key)


CHORES = (
    Chore("schedules", frozenset(), keep_schedules),
    Chore("late timesheets", frozenset(), wake_late_timesheets),
    Chore("rebuilds", frozenset(), begin_rebuilds),
    Chore("bulk decisions", frozenset(), begin_bulks),
    Chore("webhooks", None, deliver_events),
    Chore("mails", frozenset({"notification"}), begin_mails),
    Chore("delegations", frozenset(), see_to_delegations),
    Chore("seals", frozenset(), seal_ledgers),
)


@asynccontextmanager
async def upkeep(client: Client, settings: Settings, chores: Sequence[Chore] = CHORES) -> AsyncIterator[None]:
    """Look after everything for as long as the block runs."""
    engine = engine_for(settings.database_url)
    due = {chore: asyncio.Event() for chore in chores}

    def hear(signal: Signal) -> None:
        for chore in chores:
            if chore.heeds(signal):
                due[chore].set()

    def hear_all() -> None:
        for event in due.values():
            event.set()

    async with listening(settings.database_url, hear, hear_all):
        tasks = [asyncio.create_task(_see_to(chore, due[chore], client, settings, engine)) for chore in chores]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _see_to(chore: Chore, due: asyncio.Event, client: Client, settings: Settings, engine: Engine) -> None:
    while True:
        due.clear()  # before it is done: what is signalled meanwhile may have come too late for it
        try:
            await chore.do(client, settings, engine)
        except Exception as away:
            # Whatever it is (a database that is not migrated yet, a server that is away), it must not end the looking.
            log.warning("chore not done", chore=chore.name, error=type(away).__name__)
        await asyncio.sleep(REST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_SECONDS - REST_SECONDS):
                await due.wait()


_scheduled: set[UUID] = set()
"""Organisations whose schedule this process has seen to; the server keeps it from there on."""


def _tenants(engine: Engine) -> Sequence[UUID]:
    with read_session(engine, UUID(int=0)) as session:
        return session.scalars(select(Tenant.id)).all()


def _zones(engine: Engine) -> Iterator[tuple[UUID, str]]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield from ((tenant_id, zone) for zone in session.scalars(select(TenantPolicy.time_zone)))


def _late(engine: Engine) -> Iterator[SheetKey]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield from (SheetKey(tenant_id, id_) for id_ in late(session, LATE_SECONDS, MOST_LATE))


def _rebuilds(engine: Engine) -> Iterator[RebuildKey]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield from (RebuildKey(tenant_id, rebuild_id) for rebuild_id in under_way(session))


def _bulks(engine: Engine) -> Iterator[BulkKey]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield from (BulkKey(tenant_id, bulk_id) for bulk_id in bulks_under_way(session))


def _webhooks(engine: Engine) -> Iterator[tuple[WebhookKey, bool]]:
    """Those that have not taken everything, and whether they fail."""
    for tenant_id in _tenants(engine):
        placed = True
        while placed:
            with command_transaction(engine, tenant_id) as session:
                placed = place(session, tenant_id) > 0
        with read_session(engine, tenant_id) as session:
            yield from ((WebhookKey(tenant_id, webhook_id), fails) for webhook_id, fails in behind(session))


def _sealing(engine: Engine) -> Iterator[tuple[LedgerKey, Needed]]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield LedgerKey(tenant_id), needed(session, tenant_id)


def _delegations(engine: Engine) -> Iterator[DelegationKey]:
    for tenant_id in _tenants(engine):
        with read_session(engine, tenant_id) as session:
            yield from (DelegationKey(tenant_id, delegation_id) for delegation_id in delegations_due(session))


def _mails(engine: Engine, *, sends: bool) -> Iterator[MailKey]:
    """Those to begin; none where no mail server is set up, and then none waits for one either."""
    for tenant_id in _tenants(engine):
        with command_transaction(engine, tenant_id) as session:
            give_up_lost_mails(session)
            if not sends:
                give_up_all_mails(session)
            waiting = mails_to_begin(session)
        yield from (MailKey(tenant_id, notification_id) for notification_id in waiting)
