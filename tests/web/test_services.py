"""What requests share."""

from typing import Any, cast
from uuid import uuid4

from models.database import engine_for
from web.services import Services

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def test_a_change_that_was_saved_stays_acknowledged_when_the_database_goes_away_before_its_rebuild_is_begun() -> None:
    nothing = cast(Any, None)
    Services(
        settings=nothing, engine=engine_for(NOWHERE), client=nothing, commands=nothing, live=nothing
    ).begin_rebuilds(uuid4())
