"""The worker process: runs the workflows and activities of one task queue until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from activities.accruals import AccrualActivities
from activities.bulk import AT_ONCE, BulkActivities
from activities.commands import SheetActivities
from activities.delegations import DelegationActivities
from activities.duties import DutyActivities
from activities.imports import ImportActivities
from activities.mail import MailActivities
from activities.periods import PeriodActivities
from activities.posting import Poster
from activities.sealing import AnchorActivities, SealActivities
from activities.waking import Waking
from activities.webhooks import WebhookActivities
from giving import Commands
from mail.address import mail_server_at
from mail.composing import Letterhead
from models.database import engine_for
from models.payloads import data_converter
from models.store.sealing import keys_from
from observability import configure_logs
from settings import Settings, get_settings
from upkeep import upkeep
from workflows.accrual_rebuild import AccrualRebuildWorkflow, rebuild_queue
from workflows.bulk_decision import BulkDecisionWorkflow, bulk_queue
from workflows.delegation import DelegationWorkflow
from workflows.entry_import import EntryImportWorkflow
from workflows.mail_delivery import MailDeliveryWorkflow, mail_queue
from workflows.options import WORKER_SILENCE, sandboxed
from workflows.periods import PeriodsWorkflow
from workflows.sealing import AnchoringWorkflow, SealingWorkflow
from workflows.timesheet import TimesheetWorkflow
from workflows.webhook_delivery import WebhookDeliveryWorkflow, WebhookPostWorkflow, webhook_queue

SLOTS = 20
"""Commands carried out at once: as many threads, and as many database connections."""

RECEIVERS = 8
"""Webhooks that are posted to at once by one worker."""

LETTERS = 4
"""Mails that one worker hands over at once."""

GRACE = timedelta(seconds=25)
"""How long commands under way may take to finish when the worker is told to stop."""

log = structlog.get_logger()


Beside = Callable[[Client, Settings], AbstractAsyncContextManager[None]]
"""What runs beside the workflows for as long as the process does."""


def main(beside: Beside = lambda _client, _settings: nullcontext(None)) -> None:
    """Run until SIGTERM or SIGINT."""
    settings = get_settings()
    configure_logs(settings)
    asyncio.run(_run(settings, beside))


def build_worker(client: Client, settings: Settings, executor: ThreadPoolExecutor) -> Worker:
    """A worker of the product's task queue; `executor` needs `SLOTS` threads."""
    engine = engine_for(settings.database_url, pool_size=SLOTS)
    sheets, lists, accruals = SheetActivities(engine), ImportActivities(engine), AccrualActivities(engine)
    seals = SealActivities(engine, keys_from(settings.secret_key.get_secret_value()))
    periods, waking = PeriodActivities(engine), Waking(client, settings.task_queue, WORKER_SILENCE)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[
            TimesheetWorkflow,
            EntryImportWorkflow,
            AccrualRebuildWorkflow,
            BulkDecisionWorkflow,
            WebhookDeliveryWorkflow,
            WebhookPostWorkflow,
            MailDeliveryWorkflow,
            DelegationWorkflow,
            PeriodsWorkflow,
            SealingWorkflow,
            AnchoringWorkflow,
        ],
        activities=[
            sheets.load_sheet,
            sheets.apply_command,
            sheets.lock_on_schedule,
            sheets.act_on_time,
            lists.check_import,
            lists.record_import,
            accruals.begin_rebuild,
            accruals.finish_rebuild,
            periods.open_periods,
            periods.reckon_deadlines,
            DutyActivities(engine).check_duties,
            waking.wake_timesheets,
            DelegationActivities(engine).see_to_delegation,
            seals.seal_ledger,
        ],
        activity_executor=executor,
        max_concurrent_activities=SLOTS,
        max_concurrent_local_activities=SLOTS,
        workflow_runner=sandboxed(),
        graceful_shutdown_timeout=GRACE,
        sticky_queue_schedule_to_start_timeout=WORKER_SILENCE,
    )


def build_rebuilder(client: Client, settings: Settings, executor: ThreadPoolExecutor) -> Worker:
    """A worker that takes one batch of a rebuild at a time, so that commands hardly notice; `executor`: one thread.

    Its connection is its own: all the others are for commands.
    """
    return Worker(
        client,
        task_queue=rebuild_queue(settings.task_queue),
        activities=[AccrualActivities(engine_for(settings.database_url, pool_size=1)).rebuild_batch],
        activity_executor=executor,
        max_concurrent_activities=1,
        graceful_shutdown_timeout=GRACE,
    )


def build_decider(client: Client, settings: Settings) -> Worker:
    """A worker that gives the rows of one bulk decision at a time to their timesheets, a few of them at once."""
    engine = engine_for(settings.database_url, pool_size=AT_ONCE + 1)
    commands = Commands(engine, client, settings.task_queue, settings.command_timeout_seconds)
    return Worker(
        client,
        task_queue=bulk_queue(settings.task_queue),
        activities=[BulkActivities(engine, commands.give).decide_rows],
        max_concurrent_activities=1,
        graceful_shutdown_timeout=GRACE,
    )


def build_deliverer(client: Client, settings: Settings) -> Worker:
    """A worker that posts to webhooks, apart from commands, which slow receivers must not hold up."""
    engine, poster = engine_for(settings.database_url), Poster(demo=not settings.production)
    activities, anchors = WebhookActivities(engine, poster), AnchorActivities(engine, poster, settings.data_dir)
    return Worker(
        client,
        task_queue=webhook_queue(settings.task_queue),
        activities=[activities.deliver_events, activities.post_once, anchors.anchor_seals],
        max_concurrent_activities=RECEIVERS,
        graceful_shutdown_timeout=GRACE,
    )


def build_mailer(client: Client, settings: Settings) -> Worker:
    """A worker that talks to the mail server, apart from commands, which a slow one must not hold up."""
    server = mail_server_at(settings.smtp_url) if settings.smtp_url else None
    head = Letterhead(settings.mail_from, settings.base_url)
    activities = MailActivities(engine_for(settings.database_url), server, head)
    return Worker(
        client,
        task_queue=mail_queue(settings.task_queue),
        activities=[activities.send_mail, activities.note_mail],
        max_concurrent_activities=LETTERS,
        graceful_shutdown_timeout=GRACE,
    )


async def _run(settings: Settings, beside: Beside) -> None:
    stop = asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, stop.set)
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.payload_keys),
        runtime=_runtime(settings),
    )
    with ThreadPoolExecutor(SLOTS, "command") as commands, ThreadPoolExecutor(1, "rebuild") as rebuilds:
        async with (
            build_worker(client, settings, commands),
            build_rebuilder(client, settings, rebuilds),
            build_decider(client, settings),
            build_deliverer(client, settings),
            build_mailer(client, settings),
            upkeep(client, settings),
            beside(client, settings),
        ):
            log.info("worker ready", task_queue=settings.task_queue)
            await stop.wait()
            log.info("worker stopping")


def _runtime(settings: Settings) -> Runtime | None:
    if not settings.worker_metrics_address:
        return None
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=settings.worker_metrics_address)))


if __name__ == "__main__":
    main()
