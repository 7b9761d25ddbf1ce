"""Delegations: who may decide in whose place, from when until when."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import ConfigDict, Field

from models.database import WriteSession
from models.errors import NotFound
from models.reads.delegations import Wanted, find_delegations, seen_delegation, sees_all
from models.reads.people import require
from models.rules.delegations import LONGEST_REASON, MOST_PEOPLE, DelegationContent, DelegationState
from models.rules.policy import Action
from models.store.changes import GivenBy
from models.store.delegations import KeptDelegation, change_end, grant, revoke
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Caller, Decides, Reads
from web.api.directory import change
from web.api.lists import Listed, Paged, instant_key, listed
from web.api.values import Day, Instant, Resource, Text
from web.api.versions import Seen, mark
from web.delegations import see_to_soon
from web.services import Services, Used

router = APIRouter(prefix="/resources/delegations", tags=["Delegations"])

ADDRESS = "/resources/delegations"
Why = Annotated[Text, Field(max_length=LONGEST_REASON)]


class NewDelegation(Resource):
    """Somebody who is to decide in the place of somebody else."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "delegateId": "b0a5f9a6-6c5a-5e0e-9a53-3d6a7a1c9d11",
                    "from": "2026-11-23",
                    "to": "2026-11-30",
                    "reason": "On holiday.",
                }
            ]
        }
    )

    delegate_id: UUID = Field(description="Who may decide. Never on their own time.")
    delegator_id: UUID | None = Field(None, description="In whose place; without it the caller's.")
    from_: Day = Field(alias="from", description="First local day of the delegator, included.")
    to: Day = Field(description="Last local day of the delegator, included; at most a year later.")
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_PEOPLE)] | None = Field(
        None, description="Whose time only; null: everybody's."
    )
    reason: Why | None = Field(None, description="Needed for somebody else.")

    def content(self, caller: Caller) -> DelegationContent:
        """As the rules know it."""
        only = None if self.person_ids is None else frozenset(self.person_ids)
        whose = self.delegator_id or caller.person_id
        return DelegationContent(whose, self.delegate_id, self.from_, self.to, only, self.reason or None)


class NewEnd(Resource):
    """Another last day."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "2026-11-27"}]})

    to: Day = Field(description="Last local day of the delegator, included; from today on.")
    reason: Why | None = Field(None, description="Needed for somebody else's.")


class Revoking(Resource):
    """Why it is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Back sooner than planned."}]})

    reason: Why | None = Field(None, description="Needed for somebody else's.")


class Delegation(Resource):
    """A dated grant by which somebody decides in the place of somebody else. It begins and ends by itself."""

    id: UUID
    version: int
    delegator_id: UUID
    delegate_id: UUID
    from_: Day = Field(alias="from")
    to: Day
    person_ids: list[UUID] | None
    reason: str | None
    state: DelegationState
    granted_by_id: UUID
    granted_at: Instant
    revoked_by_id: UUID | None
    revoked_at: Instant | None


@router.get("", operation_id="findDelegations", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    person_id: Annotated[
        UUID | None,
        Query(alias="personId", description="Who granted it or was granted it; without it one's own, or everybody's."),
    ] = None,
    on: Annotated[Day | None, Query(description="In force on this local day.")] = None,
) -> Listed[Delegation]:
    """Delegations, the newest first: one's own, or everybody's for administrators and auditors."""
    now = use.now()
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_DELEGATIONS)
        everybodys = sees_all(session, caller.onlooker)
        if person_id not in (None, caller.person_id) and not everybodys:
            raise NotFound("There is no such person, or you may not see them.")
        whose = person_id or (None if everybodys else caller.person_id)
        found = find_delegations(session, Wanted(whose, on=on, after=instant_key(asked), limit=asked.first + 1), now)
        return listed(found, asked, lambda kept: (kept.granted_at, kept.id), lambda kept: shown(kept, use))


@router.post("", operation_id="grantDelegation", status_code=201, responses=RECORDING)
def create(caller: Decides, use: Used, key: Key, body: NewDelegation, response: Response) -> Delegation:
    """Let somebody stand in: for oneself; for somebody else by administrators, with a reason."""
    kept = _changed(caller, use, key, lambda session, given: grant(session, given, body.content(caller)))
    response.headers["Location"] = f"{ADDRESS}/{kept.id}"
    mark(response, kept.version)
    return shown(kept, use)


@router.get("/{delegation_id}", operation_id="getDelegation", responses=READING)
def get(caller: Reads, use: Used, delegation_id: UUID, response: Response) -> Delegation:
    """One delegation."""
    kept = _seen_by(caller, use, delegation_id)
    mark(response, kept.version)
    return shown(kept, use)


@router.put("/{delegation_id}", operation_id="changeDelegation", responses=RECORDING | refusals(412, 428))
def put(
    caller: Decides, use: Used, key: Key, seen: Seen, delegation_id: UUID, body: NewEnd, response: Response
) -> Delegation:
    """Let it end on another day. Everything else of it stays: take it back and grant another one instead."""
    _seen_by(caller, use, delegation_id)
    kept = _changed(
        caller,
        use,
        key,
        lambda session, given: change_end(session, given, delegation_id, seen, body.to, body.reason or None),
    )
    mark(response, kept.version)
    return shown(kept, use)


@router.delete(
    "/{delegation_id}", operation_id="revokeDelegation", status_code=204, responses=refusals(400, 404, 409, 413, 422)
)
def remove(
    caller: Decides,
    use: Used,
    key: Key,
    delegation_id: UUID,
    body: Annotated[Revoking | None, Body()] = None,
    reason: Annotated[Why | None, Query(description="Instead of a body.")] = None,
) -> None:
    """End it at once: by who granted it, who was granted it, or with a reason an administrator."""
    _seen_by(caller, use, delegation_id)
    why = (body.reason if body else None) or reason or None
    _changed(caller, use, key, lambda session, given: revoke(session, given, delegation_id, why))


def shown(kept: KeptDelegation, use: Services) -> Delegation:
    """A delegation as the API gives it."""
    content = kept.content
    fields: dict[str, Any] = {
        "id": kept.id,
        "version": kept.version,
        "delegator_id": content.delegator_id,
        "delegate_id": content.delegate_id,
        "from": content.first,
        "to": content.last,
        "person_ids": None if content.person_ids is None else sorted(content.person_ids),
        "reason": content.reason,
        "state": kept.state(use.now()),
        "granted_by_id": kept.granted_by_id,
        "granted_at": kept.granted_at,
        "revoked_by_id": kept.revoked_by_id,
        "revoked_at": kept.revoked_at,
    }
    return Delegation(**fields)


def _seen_by(caller: Caller, use: Services, delegation_id: UUID) -> KeptDelegation:
    """A delegation as the caller may see it. Raises `NotFound`."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_DELEGATIONS)
        return seen_delegation(session, caller.onlooker, delegation_id)


def _changed(
    caller: Caller, use: Services, key: UUID, do: Callable[[WriteSession, GivenBy], KeptDelegation]
) -> KeptDelegation:
    kept = change(use, caller, key, do)
    see_to_soon(use, caller.tenant_id, kept.id)
    return kept
