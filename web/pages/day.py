"""What the small forms around a day share: giving their command, and looking at the day again."""

from collections.abc import Callable, Sequence

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from models.commands import Asked, Body
from models.errors import Invalid
from web.auth.viewer import Viewer
from web.forms import in_words
from web.pages.page import Template, Used, command_id, go_to, onlooker_of, or_show_again
from web.pages.week import Place, read_week
from web.pages.week_commands import WeekAsked, week_asked
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

    return await or_show_again(request, viewer, DAY, read_week(at, viewer, use, {}), form, give())


async def carry_out(viewer: Viewer, use: Services, at: Place, form: dict[str, str], bodies: Bodies) -> None:
    """Give what a form asks of the week of a place. Raises its refusal, in words people read."""

    def build() -> tuple[Asked, WeekAsked]:
        with use.reading(onlooker_of(viewer)) as session:
            week = week_asked(session, onlooker_of(viewer), viewer, at, form)
        return week.ask(command_id(form), bodies(week)), week

    asked, week = await run_in_threadpool(build)
    try:
        await use.commands.give(onlooker_of(viewer), asked)
    except Invalid as refused:
        raise in_words(refused, week.types, week.zone) from refused
