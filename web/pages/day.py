"""What the small forms around a day share: giving their command, and looking at the day again."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body
from models.errors import DomainError
from web.auth.viewer import Viewer
from web.errors import form_errors
from web.pages import week_commands
from web.pages.page import Template, Used, command_id, go_to, onlooker_of, or_show_again
from web.pages.week import Place, read_week
from web.pages.week_commands import WeekAsked, as_problem, week_asked
from web.services import Services

DAY = Template("week.html", "partials/week.html", fields=frozenset({"content", "reason"}))
"""The week page after a form that is not the entry form; `about` in its fields says which one was refused."""

Bodies = Callable[[WeekAsked], Sequence[Body]]
"""What a form asks of a week: one command, or several that are carried out together."""


async def change_day(
    request: Request, viewer: Viewer, use: Used, at: Place, form: dict[str, str], about: str, bodies: Bodies, done: str
) -> Response:
    """Give what one of the small forms of a day asks for, and look at the day again."""
    form["about"] = about

    async def give() -> Response:
        await carry_out(viewer, use, at, form, bodies)
        return go_to(at.address, done)

    return await or_show_again(request, viewer, DAY, read_week(at, viewer, use, {}), form, give(), told(form))


def told(form: dict[str, str]) -> Callable[[DomainError], dict[str, Any]]:
    """A refusal beside the field that it is about, or at the top of the week."""

    def tell(refused: DomainError) -> dict[str, Any]:
        errors = form_errors(refused, DAY.fields)
        return as_problem(refused) if "" in errors else {"errors": errors, "form": form}

    return tell


async def carry_out(viewer: Viewer, use: Services, at: Place, form: dict[str, str], bodies: Bodies) -> None:
    """Give what a form asks of the week of a place. Raises its refusal, in words people read."""

    def build() -> tuple[WeekAsked, Asked]:
        with use.reading(onlooker_of(viewer)) as session:
            week = week_asked(session, onlooker_of(viewer), viewer, at, form)
        return week, week.ask(command_id(form), bodies(week))

    week, asked = await run_in_threadpool(build)
    await week_commands.carry_out(use, week, asked)
