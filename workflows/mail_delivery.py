"""One mail on its way: tried until a server takes it, and never again once one may have taken it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.names import NOTE_MAIL, SEND_MAIL
    from models.messages import MailKey, MailOutcome, MailReport, MailResult

ATTEMPT = timedelta(minutes=3)
"""Longer than talking to the mail server takes at most."""

MOMENT = timedelta(seconds=15)
"""How long writing down what came of it may take."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
"""Between two attempts: each pause is twice the one before."""

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Until it is done: a server that refuses is a result, and a database that is away comes back. An attempt that was
lost with its worker is not made again, since its claim stands in the database."""


@workflow.defn(name="MailDelivery")
class MailDeliveryWorkflow:
    """Delivers the mail of one notification. How far it is stands in the database."""

    @workflow.run
    async def run(self, key: MailKey) -> None:
        """Try, and try again after growing pauses for as long as the database says that there is to be another time."""
        pause = FIRST_PAUSE
        while await self._is_to_be_tried_again(key):
            await workflow.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _is_to_be_tried_again(self, key: MailKey) -> bool:
        queue = mail_queue(workflow.info().task_queue)
        result: MailResult = await workflow.execute_activity(
            SEND_MAIL,
            key,
            result_type=MailResult,
            task_queue=queue,
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRIES,
        )
        if result.outcome is MailOutcome.NOTHING:
            return False
        again: bool = await workflow.execute_activity(
            NOTE_MAIL,
            MailReport(key, result),
            result_type=bool,
            task_queue=queue,
            start_to_close_timeout=MOMENT,
            retry_policy=RETRIES,
        )
        return again


def mail_queue(task_queue: str) -> str:
    """The queue of what talks to mail servers: apart from commands, which a slow server must not keep waiting."""
    return f"{task_queue}-mail"


def mail_workflow_id(key: MailKey) -> str:
    """The id of the workflow that delivers the mail of a notification."""
    return f"mail/{key.notification_id}"
