"""Standing in for somebody: a durable timer until it begins and until it ends, when both are told.

Who may decide does not wait for it: that is looked up by the days. What this one knows is when to look again.
"""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import SEE_TO_DELEGATION
    from models.messages import DelegationKey, DelegationLook

ATTEMPT = timedelta(seconds=15)
RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Until it is done: what is asked for is possible, and faults pass."""

CLOCKS_APART = timedelta(seconds=1)
"""The clocks of the servers are apart: whoever comes a little too early comes again after as long."""


@workflow.defn(name="Delegation")
class DelegationWorkflow:
    """Sees one delegation begin and end, and completes."""

    def __init__(self) -> None:
        self._changed = False

    @workflow.run
    async def run(self, key: DelegationKey) -> None:
        """Look at it, wait until it begins or ends or was changed, and look again, until it is over."""
        while True:
            self._changed = False
            look = await self._look(key)
            if look.due_at is None:
                return
            pause = max(look.due_at - workflow.now(), CLOCKS_APART)
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._changed, timeout=pause)

    @workflow.signal
    def look_again(self) -> None:
        """It was changed or taken back."""
        self._changed = True

    async def _look(self, key: DelegationKey) -> DelegationLook:
        look: DelegationLook = await workflow.execute_activity(
            SEE_TO_DELEGATION,
            key,
            result_type=DelegationLook,
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRIES,
        )
        return look


def delegation_workflow_id(key: DelegationKey) -> str:
    """The id of the workflow of a delegation."""
    return f"delegation/{key.delegation_id}"
