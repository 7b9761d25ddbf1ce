"""Workflows that exist for the measurements only."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.names import APPLY_COMMAND
    from models.messages import CommandOutcome, CommandRef
    from workflows.options import COMMAND_PATIENCE, COMMAND_RETRIES

QUEUE = "bench"
NOTHING = "nothing"


@workflow.defn(name="BenchBare")
class BareWorkflow:
    """The least that a durable command costs: one update with one local activity that does nothing."""

    @workflow.run
    async def run(self) -> None:
        """Wait for updates, for as long as the server runs."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def touch(self) -> None:
        """Run the activity that does nothing."""
        await workflow.execute_local_activity(NOTHING, schedule_to_close_timeout=COMMAND_PATIENCE)


@dataclass(frozen=True, slots=True)
class Given:
    """A command, and by which kind of activity it is to be carried out."""

    ref: CommandRef
    locally: bool


@workflow.defn(name="BenchCommand")
class CommandWorkflow:
    """The product's own activity by either kind of activity, all else alike."""

    @workflow.run
    async def run(self) -> None:
        """Wait for updates, for as long as the server runs."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def carry_out(self, given: Given) -> CommandOutcome:
        """Carry one command out."""
        outcome: CommandOutcome
        if given.locally:
            outcome = await workflow.execute_local_activity(
                APPLY_COMMAND,
                given.ref,
                result_type=CommandOutcome,
                schedule_to_close_timeout=COMMAND_PATIENCE,
                retry_policy=COMMAND_RETRIES,
            )
        else:
            outcome = await workflow.execute_activity(
                APPLY_COMMAND,
                given.ref,
                result_type=CommandOutcome,
                schedule_to_close_timeout=COMMAND_PATIENCE,
                retry_policy=COMMAND_RETRIES,
            )
        return outcome
