"""Commands on one week of one person, as the forms of the week page ask for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.commands import (
    AddFlexChange,
    AddNote,
    Amend,
    Asked,
    Batch,
    Body,
    Change,
    Confirm,
    Record,
    Remove,
    json_of,
)
from models.database import ReadSession
from models.errors import DomainError, Invalid, KeyReused, NotYours, WrongState
from models.messages import SheetKey
from models.reads.people import person_by_staff_id
from models.reads.shown import TypeShown
from models.reads.viewer import Onlooker, circle_for, commands_offered
from models.reads.week import all_types
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import CommandKind, State
from models.store.commands import remembered
from models.store.people import Circle
from models.tables.people import TenantPolicy
from models.tables.timesheet import Timesheet
from web.auth.viewer import Viewer
from web.forms import in_words
from web.pages.page import asked_by
from web.pages.week import Place
from web.services import Services

KINDS: dict[type[Body], CommandKind] = {
    Record: CommandKind.RECORD,
    Amend: CommandKind.AMEND,
    Remove: CommandKind.REMOVE,
    Confirm: CommandKind.CONFIRM,
    AddFlexChange: CommandKind.ADD_FLEX_CHANGE,
    AddNote: CommandKind.ADD_NOTE,
}
"""What the week page does to entries, and to what is around them."""


@dataclass(frozen=True, slots=True)
class WeekAsked:
    """Whose week is asked about, by whom, and the form they sent."""

    viewer: Viewer
    onlooker: Onlooker
    circle: Circle
    week_starts_on: int
    period: Period
    types: tuple[TypeShown, ...]
    form: dict[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The owner's, in which days are counted."""
        return self.circle.owner.zone

    @property
    def key(self) -> SheetKey:
        """The timesheet of the week."""
        return self.key_of(self.period)

    def key_of(self, period: Period) -> SheetKey:
        """The owner's timesheet of a period."""
        tenant_id = self.viewer.tenant_id
        return SheetKey(tenant_id, timesheet_id(tenant_id, self.circle.owner.id, period.start))

    def ask(self, command_id: UUID, bodies: Sequence[Body]) -> Asked:
        """One command, or several that are carried out together."""
        if len(bodies) == 1:
            return self._ask(command_id, KINDS[type(bodies[0])], bodies[0], self.period)
        changes = tuple(self._change(body) for body in bodies)
        return self._ask(command_id, CommandKind.BATCH, Batch(changes), self.period)

    def ask_on(self, period: Period, command_id: UUID, body: Body) -> Asked:
        """A command on another week of the same person."""
        return self._ask(command_id, KINDS[type(body)], body, period)

    def before(
        self, session: ReadSession, command_id: UUID, *kinds: type[Body], period: Period | None = None
    ) -> Asked | None:
        """What was asked by this id already: sent again it stays what it was, whatever has become of the week.

        Raises `KeyReused` when that was nothing of these `kinds`.
        """
        found = remembered(session, self.key_of(period or self.period), command_id, self.viewer.person_id)
        if found is not None and not isinstance(found.body, kinds):
            raise KeyReused("This form was already sent with other content. Reload the page and try again.")
        return found

    def require_recording(self, session: ReadSession) -> None:
        """Raises `WrongState` or `NotYours` unless time can be recorded on this week now, by who asks."""
        sheet = session.get(Timesheet, self.key.timesheet_id)
        state = State(sheet.state) if sheet else State.DRAFT
        if state is not State.DRAFT:
            raise WrongState.of(state)
        if CommandKind.RECORD not in commands_offered(self.onlooker, self.circle, state):
            raise NotYours("You may not do this to this timesheet.")

    def _ask(self, command_id: UUID, kind: CommandKind, body: Body, period: Period) -> Asked:
        form = self.form | {"command_id": str(command_id)}
        return asked_by(self.viewer, self.circle, kind, self.key_of(period), period, body, form)

    def _change(self, body: Body) -> Change:
        kind = KINDS[type(body)]
        asked = self._ask(UUID(int=0), kind, body, self.period)
        return Change(kind, asked.owner_id, asked.period_start, json_of(body), asked.on_behalf_of_id, asked.reason)


def week_asked(session: ReadSession, onlooker: Onlooker, viewer: Viewer, at: Place, form: dict[str, str]) -> WeekAsked:
    """The week of a place, for somebody who may see it. Raises `NotFound` when they may not."""
    circle = circle_for(session, onlooker, person_by_staff_id(session, at.staff_id).id)
    starts_on = session.get_one(TenantPolicy, viewer.tenant_id).week_starts_on
    period = period_of(at.day, starts_on)
    return WeekAsked(viewer, onlooker, circle, starts_on, period, all_types(session), form)


async def carry_out(use: Services, week: WeekAsked, asked: Asked) -> None:
    """Have it done. A refusal names the entries in the way as people read them."""
    try:
        await use.commands.give(week.onlooker, asked)
    except Invalid as refused:
        raise in_words(refused, week.types, week.zone) from refused


def as_problem(refused: DomainError) -> dict[str, Any]:
    """A refusal as what stands at the top of the week: its words, and the entries in the way."""
    errors = refused.data.get("errors", [])
    message = " ".join(dict.fromkeys(str(error["message"]) for error in errors)) or refused.message
    return {"problem": message, "problem_entries": entries_in_the_way(errors)}


def entries_in_the_way(errors: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the errors of a refusal name, each once."""
    return tuple(dict.fromkeys(entry for error in errors for entry in error["data"] if isinstance(entry, str)))
