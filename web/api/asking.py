"""A call as a command: by whom, for whom, on which timesheet, under which key."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Header
from pydantic import Field
from sqlalchemy.orm import Session

from models.commands import Asked, Body, Place
from models.messages import SheetKey
from models.reads.viewer import circle_for, circle_of_sheet
from models.rules.days import local_date
from models.rules.periods import period_of
from models.rules.transitions import CommandKind
from models.store.people import Circle
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet
from web.api.caller import Caller
from web.api.values import Instant, Reason, Resource

KEY_HELP = "A UUID of the caller's choice: the same call sent again with the same key happens once."


def command_key(
    idempotency_key: Annotated[UUID | None, Header(alias="Idempotency-Key", description=KEY_HELP)] = None,
) -> UUID:
    """The id of the command; a call without one is a new command each time."""
    return idempotency_key or uuid4()


Key = Annotated[UUID, Depends(command_key)]


class Given(Resource):
    """What any command may say beside its content."""

    on_behalf_of: UUID | None = Field(None, description="Under whose responsibility; the policy says who may.")
    reason: Reason | None = Field(None, description="Why; needed where somebody acts for another.")


def given_by(body: Given | None, reason: str | None) -> Given:
    """What a call without a body says beside its content: the query can give the reason too."""
    return Given(on_behalf_of=body.on_behalf_of if body else None, reason=(body and body.reason) or reason)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose time a call is about, and how their weeks are counted."""

    caller: Caller
    circle: Circle
    week_starts_on: int

    def period_start(self, moment: Instant) -> date:
        """The start of the period that an instant falls into, by the owner's local day."""
        return self.period_start_of(local_date(moment, self.circle.owner.zone))

    def period_start_of(self, day: date) -> date:
        """The start of the period that one of the owner's local days belongs to."""
        return period_of(day, self.week_starts_on).start

    def place_of(self, session: Session, timesheet_id: UUID) -> date:
        """The start of the period of a timesheet, whatever the owner's zone was when it was opened."""
        return session.get_one(Timesheet, timesheet_id).period_start

    def ask(self, key: UUID, kind: CommandKind, period_start: date, body: Body, given: Given) -> Asked:
        """The command on the timesheet of a period. Blank reasons are none."""
        owner_id, tenant_id = self.circle.owner.id, self.caller.tenant_id
        return Asked(
            id=key,
            kind=kind,
            key=SheetKey(tenant_id, Place(owner_id, period_start).timesheet_id(tenant_id)),
            owner_id=owner_id,
            period_start=period_start,
            actor_id=self.caller.person_id,
            body=body,
            on_behalf_of_id=given.on_behalf_of,
            reason=given.reason or None,
        )


def whose(session: Session, caller: Caller, owner_id: UUID) -> Whose:
    """The owner as the caller may see them. Raises `NotFound`."""
    circle = circle_for(session, caller.onlooker, owner_id)
    return Whose(caller, circle, session.get_one(TenantPolicy, caller.tenant_id).week_starts_on)


def whose_sheet(session: Session, caller: Caller, sheet: Timesheet) -> Whose:
    """The owner of a timesheet as the caller may see it. Raises `NotFound`."""
    circle = circle_of_sheet(session, caller.onlooker, sheet)
    return Whose(caller, circle, session.get_one(TenantPolicy, caller.tenant_id).week_starts_on)
