"""What the pages of administrators share: a form as a change, made in one transaction, and the templates' words."""

from collections.abc import Callable
from typing import TypeVar

from models.database import WriteSession, command_transaction
from models.reads.people import require
from models.rules.policy import Action
from models.store.changes import GivenBy
from web.auth.viewer import Viewer
from web.pages.page import command_id, onlooker_of
from web.services import Services

Result = TypeVar("Result")

YES = "yes"
"""What a box that is ticked sends."""


def given_by(viewer: Viewer, form: dict[str, str]) -> GivenBy:
    """Who asks for a change, under the id that the form was given when it was shown. Raises `Invalid`.

    Always in one's own name: nobody administers on behalf of somebody else.
    """
    return GivenBy(viewer.tenant_id, viewer.person_id, command_id(form))


def change(viewer: Viewer, use: Services, action: Action, do: Callable[[WriteSession], Result]) -> Result:
    """Make a change in a transaction of its own. Raises `NotFound` for those who may not see the page either."""
    onlooker = onlooker_of(viewer)
    with use.reading(onlooker) as session:
        require(session, onlooker, action)
    with command_transaction(use.engine, viewer.tenant_id) as session:
        done = do(session)
    use.begin_rebuilds(viewer.tenant_id)
    return done
