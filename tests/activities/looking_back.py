"""The history of Duane's week, as he sees it."""

from datetime import datetime

from sqlalchemy import func, select

from models.database import read_session
from models.reads.history import HistoryAsked, history_page
from models.reads.revisions import Wanted
from models.reads.shown_history import HistoryShown, KnownShown
from models.reads.viewer import Onlooker
from tests.desk import Life


def history_of(
    life: Life, at: datetime | None = None, before: str | None = None, after: str | None = None
) -> HistoryShown:
    """The whole of it, or what was known at a moment; with two contents compared."""
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        onlooker = Onlooker(life.org.tenant_id, life.org.duane)
        return history_page(session, onlooker, life.key.timesheet_id, HistoryAsked(at, Wanted(before, after)))


def known_at(life: Life, at: datetime) -> KnownShown:
    """What was known at a moment that is over."""
    known = history_of(life, at).known
    assert known is not None
    return known


def moment(life: Life) -> datetime:
    """Now, by the clock of the database: what is done afterwards was not known then."""
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        at: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return at
