"""Commands of the demo: given like anybody's, through the same workflows, and each of them once."""

import asyncio
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from demo.people import DEMO
from models.commands import Asked, Body, Decide, Move, Submit
from models.database import command_transaction, read_session
from models.messages import SheetKey
from models.reads.opened import noting
from models.reads.sheets import sheet_of
from models.reads.viewer import Onlooker, circle_of_sheet, opens_sheet
from models.rules.digest import sheet_digest
from models.rules.periods import period_of, timesheet_id
from models.rules.reasons import ReasonCode
from models.rules.transitions import DECISIONS, CommandKind
from models.rules.viewing import sitting_of
from models.store.sheets import content_of, live_entries
from models.store.views import Looker, record_opened
from models.tables.timesheet import Command
from web.services import Services


@dataclass(frozen=True, slots=True)
class Given:
    """A command on one week, by staff ids."""

    id: UUID
    owner: str
    monday: date
    actor: str
    kind: CommandKind
    body: Body | None = None
    """None: it follows from the kind, and from what is on the timesheet."""
    on_behalf_of: str | None = None
    reason: str | None = None

    @property
    def key(self) -> SheetKey:
        """The timesheet of the week."""
        return key_of(self.owner, self.monday)


def key_of(staff_id: str, monday: date) -> SheetKey:
    """The timesheet of somebody's week."""
    return SheetKey(DEMO.id, timesheet_id(DEMO.id, DEMO.person_id(staff_id), monday))


async def give(services: Services, given: Given, done: set[UUID]) -> None:
    """Give a command, unless it is one of those that are done. Raises a `DomainError` when it is refused."""
    if given.id in done:
        return
    actor_id = DEMO.person_id(given.actor)
    for_id = DEMO.person_id(given.on_behalf_of) if given.on_behalf_of else None
    body = given.body if given.body is not None else await asyncio.to_thread(_body, services, given)
    asked = Asked(
        id=given.id,
        kind=given.kind,
        key=given.key,
        owner_id=DEMO.person_id(given.owner),
        period_start=given.monday,
        actor_id=actor_id,
        body=body,
        on_behalf_of_id=for_id,
        reason=given.reason,
    )
    onlooker = Onlooker(DEMO.id, actor_id, for_id)
    if given.kind in DECISIONS:
        await asyncio.to_thread(_look, services, onlooker, given)
    await services.commands.give(onlooker, asked)


def already_done(services: Services) -> set[UUID]:
    """Every command of the demo that was carried out."""
    with read_session(services.engine, DEMO.id) as session:
        return set(session.scalars(select(Command.id).where(Command.result.is_not(None))))


def _look(services: Services, onlooker: Onlooker, given: Given) -> None:
    """Whoever decides has opened it, like anybody who decides on a page."""
    with read_session(services.engine, DEMO.id) as session, noting() as opened:
        sheet = sheet_of(session, given.key.timesheet_id)
        circle = circle_of_sheet(session, onlooker, sheet)
        opens_sheet(onlooker, circle, sheet, sheet.revision)
        agent = circle.members[onlooker.person_id].agent
    looker = Looker(DEMO.id, onlooker.person_id, agent, sitting_of(given.id))
    with command_transaction(services.engine, DEMO.id) as session:
        record_opened(session, looker, opened.values(), services.now())


def _body(services: Services, given: Given) -> Body:
    if given.kind not in DECISIONS and given.kind is not CommandKind.SUBMIT:
        return Move()
    with read_session(services.engine, DEMO.id) as session:
        entries = live_entries(session, given.key.timesheet_id)
        digest = sheet_digest(content_of(DEMO.person_id(given.owner), period_of(given.monday), entries))
    if given.kind is CommandKind.SUBMIT:
        return Submit(digest)
    return Decide(digest, reason_code=ReasonCode.WRONG_TIMES if given.kind is CommandKind.REJECT else None)
