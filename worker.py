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
from activities.commands import SheetActivities
from activities.imports import ImportActivities
from models.database import engine_for
from models.payloads import data_converter
from observability import configure_logs
from settings import Settings, get_settings
from upkeep import upkeep
from workflows.accrual_rebuild import AccrualRebuildWorkflow, rebuild_queue
from workflows.entry_import import EntryImportWorkflow
from workflows.options import WORKER_SILENCE, sandboxed
from workflows.timesheet import TimesheetWorkflow

SLOTS = 20
"""Commands carried out at once: as many threads, and as many database connections."""

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
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[TimesheetWorkflow, EntryImportWorkflow, AccrualRebuildWorkflow],
        activities=[
            sheets.load_sheet,
            sheets.apply_command,
            sheets.lock_on_schedule,
            lists.check_import,
            lists.record_import,
            accruals.begin_rebuild,
            accruals.finish_rebuild,
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
