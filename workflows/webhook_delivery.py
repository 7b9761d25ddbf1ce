"""Events brought to a webhook in order, tried again for days where they are not taken."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import DELIVER_EVENTS, POST_ONCE
    from models.messages import DeliveryTurn, SinglePost, WebhookKey

TURN = timedelta(minutes=15)
"""How long one turn may take: many events, each of them slow."""

SILENCE = timedelta(seconds=15)
"""After how long without a heartbeat a worker counts as dead, and another goes on; longer than one event takes."""

ONE_POST = timedelta(seconds=30)

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Of a turn that our own side could not finish: it is tried until it can. What the receiver refuses is a result."""

FEW_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)

TURNS_OF_A_RUN = 500
"""After so many a new run goes on, so that no history grows too long."""


@workflow.defn(name="WebhookDelivery")
class WebhookDeliveryWorkflow:
    """Brings one webhook up to date, then ends. Where it is stands in the database."""

    def __init__(self) -> None:
        self._told = False
        self._hurried = False

    @workflow.signal
    def try_now(self) -> None:
        """There is something new, or put right: whoever is about to end looks once more, and nobody waits longer."""
        self._told = self._hurried = True

    @workflow.run
    async def run(self, key: WebhookKey) -> None:
        """Post until there is nothing left, or nothing is to be posted any more."""
        for _ in range(TURNS_OF_A_RUN):
            self._told = False
            turn: DeliveryTurn = await workflow.execute_activity(
                DELIVER_EVENTS,
                key,
                result_type=DeliveryTurn,
                task_queue=webhook_queue(workflow.info().task_queue),
                start_to_close_timeout=TURN,
                heartbeat_timeout=SILENCE,
                retry_policy=RETRIES,
            )
            if turn.pause_seconds is not None:
                await self._wait(timedelta(seconds=turn.pause_seconds))
            elif not turn.more and not self._told:
                return
            if workflow.info().is_continue_as_new_suggested():
                break
        workflow.continue_as_new(key)

    async def _wait(self, pause: timedelta) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._hurried, timeout=pause)
        self._hurried = False


@workflow.defn(name="WebhookPost")
class WebhookPostWorkflow:
    """Posts one event out of turn, once."""

    @workflow.run
    async def run(self, asked: SinglePost) -> None:
        """Post it. A worker that dies over it may have posted it: then it is posted again, with the same id."""
        await workflow.execute_activity(
            POST_ONCE,
            asked,
            task_queue=webhook_queue(workflow.info().task_queue),
            start_to_close_timeout=ONE_POST,
            retry_policy=FEW_RETRIES,
        )


def webhook_queue(task_queue: str) -> str:
    """The queue of what is posted: apart from commands, which slow receivers must not keep waiting."""
    return f"{task_queue}-webhooks"


def delivery_workflow_id(key: WebhookKey) -> str:
    """The id of the workflow that brings a webhook up to date."""
    return f"webhook/{key.webhook_id}"


def post_workflow_id(asked: SinglePost) -> str:
    """The id of the workflow that posts one event out of turn: the same for the same form or call."""
    return f"webhook/{asked.key.webhook_id}/once/{asked.command_id}"
