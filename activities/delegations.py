"""The beginning and the end of standing in for somebody: whoever it concerns is told."""

from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated
from activities.names import SEE_TO_DELEGATION
from models.database import command_transaction
from models.messages import DelegationKey, DelegationLook
from models.store.delegations import see_to


@dataclass(frozen=True)
class DelegationActivities:
    """What the workflow of a delegation has done on the database. `engine` is the application's."""

    engine: Engine

    @activity.defn(name=SEE_TO_DELEGATION, no_thread_cancel_exception=True)
    def see_to_delegation(self, key: DelegationKey) -> DelegationLook:
        """Tell both that it begins or ends, if it does now; when to look again."""
        with failures_translated(), command_transaction(self.engine, key.tenant_id) as session:
            return DelegationLook(see_to(session, key.tenant_id, key.delegation_id))
