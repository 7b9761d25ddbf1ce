"""Mails on their way through a real Temporal to a real mail server."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from embedded import EmbeddedPostgres, free_port, program
from models.messages import MailKey
from models.payloads import data_converter
from models.rules.notices import MailState, NoticeKind
from models.tables.delivery import Notification
from settings import Settings
from tests.desk import Life
from tests.mailbox import give_address, mail_server, tell
from tests.office import settings_of
from tests.waiting import eventually, eventually_async
from upkeep import begin_mails
from worker import SLOTS, build_mailer, build_worker
from workflows.mail_delivery import MailDeliveryWorkflow, mail_workflow_id

A_CLAIM = """
import asyncio, sys
from uuid import UUID
from temporalio.testing import ActivityEnvironment
from activities.mail import MailActivities
from mail.address import mail_server_at
from mail.composing import Letterhead
from models.database import engine_for
from models.messages import MailKey

url, server, tenant, notification = sys.argv[1:]
head = Letterhead("countersign@example.org", "https://time.example.org")
carrier = MailActivities(engine_for(url), mail_server_at(server), head)
asyncio.run(ActivityEnvironment().run(carrier.send_mail, MailKey(UUID(tenant), UUID(notification))))
"""
"""One attempt at a mail, in a process of its own."""


def settings_with(postgres: EmbeddedPostgres, smtp_url: str) -> Settings:
    return settings_of(f"queue-{uuid4()}", postgres.app_url(), smtp_url)


@asynccontextmanager
async def carrying(client: Client, settings: Settings) -> AsyncIterator[None]:
    """A worker with what carries mail."""
    with ThreadPoolExecutor(SLOTS) as executor:
        async with build_worker(client, settings, executor), build_mailer(client, settings):
            yield


def a_reminder(life: Life, owner_engine: Engine) -> MailKey:
    """Duane is reminded of a day."""
    give_address(owner_engine, life.org, life.org.duane)
    return tell(life.desk, life.org, life.org.duane, NoticeKind.RECORD_REMINDER, days=["2026-11-17"])


def state_of(life: Life, key: MailKey) -> tuple[str, str | None]:
    rows = {row.id: row for row in life.desk.rows(key.tenant_id, Notification)}
    return rows[key.notification_id].mail, rows[key.notification_id].mail_error


async def test_what_waits_is_begun_and_arrives_once(
    client: Client, life: Life, postgres: EmbeddedPostgres, engine: Engine, owner_engine: Engine
) -> None:
    key = a_reminder(life, owner_engine)
    with mail_server() as box:
        settings = settings_with(postgres, box.url)
        async with carrying(client, settings):
            await begin_mails(client, settings, engine)
            await begin_mails(client, settings, engine)

            async def is_sent() -> bool:
                return state_of(life, key) == (MailState.SENT, None)

            await eventually_async(is_sent, "the mail to be sent")
            await client.get_workflow_handle(mail_workflow_id(key)).result()
            await begin_mails(client, settings, engine)

    theirs = [letter for letter in box.letters if str(key.notification_id) in letter["Message-ID"]]
    assert len(theirs) == 1


async def test_without_a_mail_server_nothing_is_begun(
    client: Client, life: Life, postgres: EmbeddedPostgres, engine: Engine, owner_engine: Engine
) -> None:
    key = a_reminder(life, owner_engine)

    await begin_mails(client, settings_with(postgres, ""), engine)

    assert state_of(life, key)[0] == MailState.NONE
    assert [run async for run in client.list_workflows(f"WorkflowId = '{mail_workflow_id(key)}'")] == []


async def test_a_server_that_comes_back_gets_it_after_a_pause(
    life: Life, postgres: EmbeddedPostgres, owner_engine: Engine
) -> None:
    key, port = a_reminder(life, owner_engine), free_port()
    settings = settings_with(postgres, f"smtp://127.0.0.1:{port}")
    skipping = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program("temporal-test-server")), data_converter=data_converter("")
    )
    async with skipping as env, carrying(env.client, settings):
        handle = await env.client.start_workflow(
            MailDeliveryWorkflow.run, key, id=mail_workflow_id(key), task_queue=settings.task_queue
        )

        async def was_tried() -> bool:
            return "could not be reached" in (state_of(life, key)[1] or "")

        await eventually_async(was_tried, "a first attempt")
        with mail_server(port) as box:
            await handle.result()

    assert len(box.letters) == 1
    assert state_of(life, key) == (MailState.SENT, None)


async def test_a_worker_killed_between_its_claim_and_the_mail_server_leaves_it_unsent_for_good(
    client: Client, life: Life, postgres: EmbeddedPostgres, engine: Engine, owner_engine: Engine
) -> None:
    key = a_reminder(life, owner_engine)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and never says a word
        server = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        names = (postgres.app_url(), server, str(key.tenant_id), str(key.notification_id))
        worker = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-c", A_CLAIM, *names])
        try:
            await asyncio.to_thread(
                eventually, lambda: state_of(life, key)[0] == MailState.SENDING, "the claim", patience=60
            )
        finally:
            worker.send_signal(signal.SIGKILL)
            await asyncio.to_thread(worker.wait)

    with mail_server() as box:
        settings = settings_with(postgres, box.url)
        async with carrying(client, settings):
            await begin_mails(client, settings, engine)
            again = await client.start_workflow(
                MailDeliveryWorkflow.run, key, id=f"again-{key.notification_id}", task_queue=settings.task_queue
            )
            await again.result()

    assert [letter for letter in box.letters if str(key.notification_id) in letter["Message-ID"]] == []
    assert state_of(life, key)[0] == MailState.SENDING
