"""Acts in somebody's place: what was done, and what that person says to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from models.database import command_transaction
from models.errors import NotFound
from models.reads.acts import ActListed, ActState, WantedActs, find_acts, seen_act
from models.reads.people import require
from models.rules.policy import Action, Relation, Standing, authorise
from models.rules.transitions import CommandKind
from models.store.owner_review import Answer, Verdict, answer
from web.api.answers import READING, refusals
from web.api.asking import Key
from web.api.caller import Caller, Reads, Records
from web.api.lists import Listed, Paged, instant_key, listed
from web.api.values import Day, Instant, Reason, Resource
from web.services import Services, Used

router = APIRouter(prefix="/resources/acts", tags=["Acts on behalf"])


class Said(Resource):
    """What one says to what somebody else did in one's place: once, and for good."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": "disputed", "reason": "I did not work on that day."}]}
    )

    verdict: Verdict
    reason: Reason | None = Field(None, description="What is not right; needed for a dispute.")


class Act(Resource):
    """Something that somebody did in somebody else's place."""

    id: UUID = Field(description="The command.")
    kind: CommandKind
    timesheet_id: UUID
    owner_id: UUID = Field(description="Whose time it is.")
    period_start: Day
    actor_id: UUID = Field(description="Who really did it.")
    for_id: UUID = Field(description="In whose place: the owner of the time, or an approver.")
    reason: str | None
    at: Instant
    state: ActState
    answer_reason: str | None
    answered_at: Instant | None


@router.get("", operation_id="findActs", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    state: Annotated[ActState | None, Query(description="Without it: all.")] = None,
    person_id: Annotated[
        UUID | None, Query(alias="personId", description="In whose place; without it one's own, or everybody's.")
    ] = None,
) -> Listed[Act]:
    """Acts in somebody's place, the newest first: in one's own, or in anybody's for administrators and auditors."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.REVIEW_ACT)
        audits = _audits(caller)
        if person_id not in (None, caller.person_id) and not audits:
            raise NotFound("There is no such person, or you may not see them.")
        whose = person_id or (None if audits else caller.person_id)
        states = (state,) if state else tuple(ActState)
        found = find_acts(session, WantedActs(states, whose, after=instant_key(asked), limit=asked.first + 1))
        return listed(found, asked, lambda act: (act.at, act.command_id), lambda act: _shown(act, caller))


@router.get("/{command_id}", operation_id="getAct", responses=READING)
def get(caller: Reads, use: Used, command_id: UUID) -> Act:
    """One act."""
    return _read(caller, use, command_id)


@router.post("/{command_id}/answer", operation_id="answerAct", responses=refusals(400, 404, 409, 413, 422))
def say(caller: Records, use: Used, key: Key, command_id: UUID, body: Said) -> Act:
    """Confirm or dispute what somebody else did in one's place. Saying the same again changes nothing."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.REVIEW_ACT)
    kept = body.reason or None if body.verdict is Verdict.DISPUTED else None
    with command_transaction(use.engine, caller.tenant_id) as session:
        answer(session, Answer(caller.tenant_id, caller.person_id, command_id, body.verdict, kept, key))
    return _read(caller, use, command_id)


def _read(caller: Caller, use: Services, command_id: UUID) -> Act:
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.REVIEW_ACT)
        return _shown(seen_act(session, caller.onlooker, command_id), caller)


def _audits(caller: Caller) -> bool:
    standing = Standing(caller.person_id, caller.roles, frozenset({Relation.SELF}))
    return authorise(Action.AUDIT, standing) is not None


def _shown(act: ActListed, caller: Caller) -> Act:
    return Act(
        id=act.command_id,
        kind=act.kind,
        timesheet_id=act.timesheet_id,
        owner_id=act.owner.id,
        period_start=act.period_start,
        actor_id=act.actor.id,
        for_id=act.for_whom.id,
        reason=act.reason,
        at=act.at.astimezone(caller.zone),
        state=act.state,
        answer_reason=act.answer_reason,
        answered_at=act.answered_at.astimezone(caller.zone) if act.answered_at else None,
    )
