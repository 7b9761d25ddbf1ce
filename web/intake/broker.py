"""Events of other systems by message broker: a durable subscription of NATS JetStream, run beside the worker.

A message is acknowledged when it was taken or kept, and comes again when a part of the system was away. Its subject
says whose it is: `countersign.scheduled-entry.ORGANISATION.STAFF_ID`, so that the broker's own permissions decide who
may send for whom.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from faststream.middlewares import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.js.api import AckPolicy as Acknowledged
from nats.js.api import ConsumerConfig
from sqlalchemy import Engine, select
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client

from giving import Commands
from models.database import UNAVAILABLE, credential_transaction, engine_for, read_session
from models.errors import NotYours
from models.rules.policy import roles_of
from models.tables.people import Person, PersonRole, Tenant
from settings import Settings
from web.intake.taking import NOT_NOW, Sender, keep, take

SUBJECT = "countersign.scheduled-entry"
STREAM = "countersign-scheduled-entries"
DURABLE = "countersign"

AGAIN_SECONDS = 5.0
"""After how long a message comes again that could not be taken, and the broker is tried again."""

PATIENCE_SECONDS = 20.0
"""How long a message may take before the broker gives it to another worker: longer than a command."""

AT_ONCE = 64
"""Messages that all workers together have taken and not acknowledged; each worker has one."""

log = structlog.get_logger()


@asynccontextmanager
async def listening(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Take events from the broker for as long as the block runs; without a broker in the settings, do nothing."""
    if not settings.broker_url:
        yield
        return
    commands = Commands(
        engine_for(settings.database_url), client, settings.task_queue, settings.command_timeout_seconds
    )
    task = asyncio.create_task(_listen(settings.broker_url, commands))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listen(url: str, commands: Commands) -> None:
    while True:
        broker = _broker(url, commands)
        try:
            await broker.start()
            log.info("broker connected")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("broker away", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
        finally:
            await broker.stop()


def _broker(url: str, commands: Commands) -> NatsBroker:
    broker = NatsBroker(url, max_reconnect_attempts=-1, graceful_timeout=PATIENCE_SECONDS, logger=None)
    subscribed = broker.subscriber(
        f"{SUBJECT}.*.*",
        stream=JStream(STREAM, subjects=[f"{SUBJECT}.>"]),
        durable=DURABLE,
        config=ConsumerConfig(ack_policy=Acknowledged.EXPLICIT, ack_wait=PATIENCE_SECONDS, max_ack_pending=AT_ONCE),
        pull_sub=PullSub(batch_size=1),
        ack_policy=AckPolicy.MANUAL,
    )

    @subscribed
    async def taken(message: NatsMessage) -> None:
        await _take(commands, message)

    return broker


async def _take(commands: Commands, message: NatsMessage) -> None:
    subject = message.raw_message.subject
    try:
        sender = await run_in_threadpool(_sender, commands.engine, subject)
        if sender is None:
            log.error("event from nobody we know", subject=subject)
            await message.reject()
            return
        text = message.raw_message.data.decode(errors="replace")
        done = await take(commands, sender, "broker", text)
        log.info("event taken", subject=subject, outcome=done.outcome.value)
        await message.ack()
    except NotYours:
        log.error("event from somebody who may not send it", subject=subject)
        await message.reject()
    except (*NOT_NOW, *UNAVAILABLE) as away:
        log.warning("event has to come again", subject=subject, error=type(away).__name__)
        await message.nack(delay=AGAIN_SECONDS)
    except Exception as fault:
        # Trying it again would meet the same fault, and hold up what is behind it.
        log.error("event met a fault", subject=subject, exc_info=fault)
        await run_in_threadpool(_keep_for_us, commands, subject, message.raw_message.data)
        await message.ack()


def _sender(engine: Engine, subject: str) -> Sender | None:
    """Whom a subject names: an active person of an organisation."""
    slug, _, staff_id = subject.removeprefix(f"{SUBJECT}.").partition(".")
    with credential_transaction(engine, "") as session:
        tenant_id = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    if tenant_id is None:
        return None
    with read_session(engine, tenant_id) as reading:
        person_id = reading.scalar(select(Person.id).where(Person.staff_id == staff_id, Person.active))
        if person_id is None:
            return None
        roles = reading.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)).all()
    return Sender(tenant_id, person_id, roles_of(roles))


def _keep_for_us(commands: Commands, subject: str, data: bytes) -> None:
    sender = _sender(commands.engine, subject)
    if sender is not None:
        reason = "It could not be taken because of a fault of ours, which the worker's log describes."
        keep(commands, sender, "broker", data.decode(errors="replace"), reason)
