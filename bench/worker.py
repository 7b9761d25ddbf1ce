"""The worker process of the measurements' own workflows: `python -m bench.worker DATA_DIR`."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from activities.commands import SheetActivities
from bench.workflows import NOTHING, QUEUE, BareWorkflow, CommandWorkflow
from models.database import engine_for
from models.payloads import data_converter
from settings import Settings, load
from worker import SLOTS
from workflows.options import sandboxed


@activity.defn(name=NOTHING)
def nothing() -> None:
    """The activity of the bare update."""


async def run(settings: Settings) -> None:
    """Work until SIGTERM, with the same room as the product's worker."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.payload_keys),
    )
    sheets = SheetActivities(engine_for(settings.database_url, pool_size=SLOTS))
    with ThreadPoolExecutor(SLOTS) as executor:
        worker = Worker(
            client,
            task_queue=QUEUE,
            workflows=[BareWorkflow, CommandWorkflow],
            activities=[nothing, sheets.apply_command],
            activity_executor=executor,
            max_concurrent_activities=SLOTS,
            max_concurrent_local_activities=SLOTS,
            workflow_runner=sandboxed(),
        )
        async with worker:
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(load(Settings, {"data_dir": Path(sys.argv[1])})))
