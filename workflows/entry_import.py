"""A list of entries that is read in: checked at once, recorded when somebody says so."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import CHECK_IMPORT, RECORD_IMPORT
    from models.messages import ImportKey

ATTEMPT = timedelta(minutes=10)
SILENCE = timedelta(seconds=10)
"""After how long without a heartbeat a worker counts as dead, and another begins anew."""

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15))
"""Until it is done: a refusal is a result, and everything else passes."""


@workflow.defn(name="EntryImport")
class EntryImportWorkflow:
    """Goes through one list once: to check it, or to record it. How far it is stands in the database."""

    @workflow.run
    async def run(self, key: ImportKey, record: bool) -> None:
        """Check the list, or record it."""
        await workflow.execute_activity(
            RECORD_IMPORT if record else CHECK_IMPORT,
            key,
            start_to_close_timeout=ATTEMPT,
            heartbeat_timeout=SILENCE,
            retry_policy=RETRIES,
        )


def import_workflow_id(key: ImportKey, record: bool) -> str:
    """The id of the workflow that checks or records a list."""
    return f"import/{key.import_id}/{'record' if record else 'check'}"
