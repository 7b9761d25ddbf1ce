"""Somebody who leads the dog grooming, and approved work on it."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, update

from models.rules.transitions import CommandKind, State
from models.tables.people import Project
from tests.desk import Desk
from tests.factories import MONDAY, Asking, Organisation, hire, worked

DOGS = "proj-533"
HATS = "proj-576B"

Times = tuple[str, str, date]
"""From, to, and on which local day of London."""


def lead(owner: Engine, org: Organisation, project: str = DOGS, person_id: UUID | None = None) -> UUID:
    """Marita, or whoever is named, leads a project; their id."""
    found = person_id or hire(owner, org, "Marita Covarrubias", "project_lead")
    with owner.begin() as connection:
        connection.execute(update(Project).where(Project.id == org.projects[project]).values(lead_id=found))
    return found


def work(
    desk: Desk,
    org: Organisation,
    owner: UUID,
    times: Sequence[Times] = (("09:00", "17:00", MONDAY),),
    state: State = State.APPROVED,
    project: str = DOGS,
    **fields: Any,
) -> Asking:
    """Somebody's work on a project, all of it in one week, and that week as far as a state; Roland decides."""
    mine = Asking(org, owner, owner, times[0][2])
    said: dict[str, Any] = {"task": "washing dog", "project_id": org.projects[project]} | fields
    for start, end, day in times:
        desk.do(mine.record(worked(start, end, day, **said)))
    take_on(desk, mine, state)
    return mine


def take_on(desk: Desk, mine: Asking, state: State) -> None:
    """What is recorded in somebody's week as far as a state."""
    org, digest = mine.org, desk.digest(mine.org.key(mine.owner, mine.day))
    roland = Asking(org, mine.owner, org.roland, mine.day, reason="It says Tuesday.")
    suzanne = Asking(org, mine.owner, org.suzanne, mine.day, reason="The month is paid.")
    steps = {
        State.DRAFT: [],
        State.SUBMITTED: [mine.submit(digest)],
        State.APPROVED: [mine.submit(digest), roland.approve(digest)],
        State.REJECTED: [mine.submit(digest), roland.reject(digest)],
        State.LOCKED: [mine.submit(digest), roland.approve(digest), suzanne.move(CommandKind.LOCK)],
    }
    for step in steps[state]:
        desk.do(step)


async def worked_on(desk: Desk, org: Organisation, owner: UUID, state: State = State.APPROVED) -> Asking:
    """Eight hours on the dogs on the Monday, from where a test runs an event loop."""
    return await asyncio.to_thread(work, desk, org, owner, state=state)
