"""How workflows call activities, and how workers run workflows."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

COMMAND_PATIENCE = timedelta(seconds=6)
"""How long a command may take with all its retries: shorter than the caller's patience, so that the caller
hears why. The caller settles afterwards whether anything was saved."""

COMMAND_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=100),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=1),
    maximum_attempts=8,
)
"""Within that patience. The attempts are counted too, because a patience that runs out between two attempts of a
local activity is forgotten: a command that always fails would be tried for ever, and hold up all that follow."""

PATIENT_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=5),
)
"""For what has to happen sometime: it is tried until it does. Nothing else happens to the timesheet meanwhile, so
the pauses are shorter than the caller's patience: the first command after a fault is answered."""

WORKER_SILENCE = timedelta(seconds=5)
"""After how long a worker that took something and says nothing counts as dead, and another gets it: shorter than the
caller's patience, so that a command outlives its worker."""

PATIENT_ATTEMPT = WORKER_SILENCE
"""How long one attempt of what has to happen may take: so long may a worker that died with it hold up everything."""


def sandboxed() -> SandboxedWorkflowRunner:
    """The sandbox of every worker and replay: an import that was not meant to pass through is an error."""
    restrictions = SandboxRestrictions.default.with_import_notification_policy(
        SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)
