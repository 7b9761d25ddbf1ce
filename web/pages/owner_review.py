"""What somebody else did to one's time: saying that it is right, or what is not."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import command_transaction
from models.errors import Invalid, NotYours
from models.reads.people import person_by_staff_id
from models.reads.viewer import circle_for
from models.rules.policy import Action, authorise
from models.store.owner_review import Answer, Verdict, answer
from web.auth.viewer import Viewer
from web.forms import Form, parse_id, reason_in
from web.pages.day import DAY, told
from web.pages.page import Posted, SignedIn, Used, go_to, onlooker_of, or_show_again
from web.pages.week import At, Place, read_week

router = APIRouter()

SAID = {
    Verdict.CONFIRMED: "You said that it is right.",
    Verdict.DISPUTED: "Disputed. Whoever looks at the history reads your reason.",
}
"""What is said after each verdict."""


@router.get("/people/{staff_id}/week/{day}/acts/{command_id}/review")
def reviewed(at: At, viewer: SignedIn, command_id: UUID) -> Response:
    """Where a refused answer leaves the browser: whoever asks for that address again wants the week."""
    return go_to(at.address)


@router.post("/people/{staff_id}/week/{day}/acts/{command_id}/review")
async def review(at: At, command_id: UUID, viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Confirm or dispute what somebody else did to one's own time."""
    form["about"] = str(command_id)

    async def give() -> Response:
        verdict = _verdict(form)
        await run_in_threadpool(_answer, viewer, use, at, command_id, verdict, form)
        return go_to(at.address, SAID[verdict])

    return await or_show_again(request, viewer, DAY, read_week(at, viewer, use, {}), form, give(), told(form))


def _verdict(form: dict[str, str]) -> Verdict:
    try:
        return Verdict(form.get("verdict", ""))
    except ValueError:
        raise Invalid("Choose whether it is right or not.", errors=[]) from None


def _answer(viewer: Viewer, use: Used, at: Place, command_id: UUID, verdict: Verdict, form: Form) -> None:
    onlooker = onlooker_of(viewer)
    with command_transaction(use.engine, viewer.tenant_id) as session:
        owner = person_by_staff_id(session, at.staff_id)
        standing = circle_for(session, onlooker, owner.id).standing(viewer.person_id)
        on_behalf = onlooker.acting_for_id == owner.id
        if standing is None or authorise(Action.REVIEW_ACT, standing, on_behalf) is None:
            raise NotYours("Only the person whose time it is can say whether it is right.")
        kept = None if verdict is Verdict.CONFIRMED else reason_in(form)
        key = parse_id(form.get("command_id", ""))
        answer(session, Answer(viewer.tenant_id, owner.id, command_id, verdict, kept, key))
