"""The service: submit a week and approve it, by HTTP and with a key for each person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import uuid4

from dbos import DBOS, SetWorkflowID, WorkflowHandle, error
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from bench.peers.dbos_app.store import CONFIG, person_with, supervises
from bench.peers.dbos_app.workflow import DECISIONS, approval

WAITING: dict[str, WorkflowHandle[str]] = {}
"""Workflows that this process began: their results come without asking the database for them again and again."""


class Week(BaseModel):
    """What is certified."""

    week: str
    minutes: int = Field(ge=0)
    digest: str = Field(min_length=64, max_length=64)


class Wanted(BaseModel):
    """Which submission is approved."""

    id: str = Field(pattern=r"^\d+/[0-9a-f-]{36}$")


class Submission(BaseModel):
    """A submission as it is now."""

    id: str
    state: str


@asynccontextmanager
async def running(_app: FastAPI) -> AsyncIterator[None]:
    """Workflows go on while the service runs."""
    DBOS(config=CONFIG)
    DBOS.launch()
    yield
    DBOS.destroy()


app = FastAPI(lifespan=running)


def caller(given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> int:
    """Who asks."""
    person = person_with(given.credentials)
    if person is None:
        raise HTTPException(401)
    return person


Caller = Annotated[int, Depends(caller)]


@app.post("/submit", status_code=201)
def submit(who: Caller, week: Week) -> Submission:
    """Begin the workflow; once this is answered it goes on whatever happens."""
    submission = f"{who}/{uuid4()}"
    with SetWorkflowID(submission):
        WAITING[submission] = DBOS.start_workflow(approval, who, week.week, week.minutes, week.digest)
    return Submission(id=submission, state="submitted")


@app.post("/approve")
def approve(who: Caller, wanted: Wanted) -> Submission:
    """Send the decision and wait until it is kept."""
    owner, _, _ = wanted.id.partition("/")
    if not supervises(who, int(owner)):
        raise HTTPException(403)
    try:
        DBOS.send(wanted.id, who, DECISIONS)
    except error.DBOSNonExistentWorkflowError:
        raise HTTPException(404) from None
    handle = WAITING.pop(wanted.id, None) or DBOS.retrieve_workflow(wanted.id)
    return Submission(id=wanted.id, state=handle.get_result())
