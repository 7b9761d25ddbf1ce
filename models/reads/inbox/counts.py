"""How much there is in each part of an inbox: counted no further than it is shown."""

from sqlalchemy import Integer, ScalarSelect, column, func, literal, select, text

from models.reads.inbox.approver import Approver
from models.reads.inbox.not_submitted import OWED, PEOPLE_BELOW, about
from models.reads.inbox.queues import first_waiting
from models.reads.inbox.tabs import Tab, Wanted

COUNTED = 99
"""Counts stop here and show a plus, so that they cost the same however many wait."""

BOUND = COUNTED + 1


def how_many_in(approver: Approver, tab: Tab) -> ScalarSelect[int]:
    """How much is in a part of an inbox, counted no further than `BOUND`; a part of another question."""
    match tab:
        case Tab.NOT_SUBMITTED:
            return _count(_OWED, about(approver))
        case Tab.DECIDED:
            return _count(_DECIDED, {"me": approver.person.id})
        case Tab.DELEGATED if not approver.stands_in:
            return select(literal(0)).scalar_subquery()
        case _:
            first = first_waiting(approver, Wanted(tab), BOUND)
            bounded = select(first.c.timesheet_id).limit(BOUND).subquery()
            return select(func.count()).select_from(bounded).scalar_subquery()


def count_text(count: int) -> str:
    """A count as shown: 99+ when there are more."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def _count(statement: str, these: dict[str, object]) -> ScalarSelect[int]:
    counting = text(statement).bindparams(**these, bound=BOUND)
    return counting.columns(column("many", Integer)).scalar_subquery()


_OWED = f"""
    SELECT count(*) AS many FROM (WITH {PEOPLE_BELOW} SELECT t.id FROM {OWED} LIMIT :bound) AS owed
"""  # noqa: S608 - made of the words above alone

_DECIDED = """
    SELECT count(*) AS many FROM (SELECT id FROM (
        (SELECT d.id FROM decision d
         WHERE d.decided_by_id = :me AND d.decision <> 'take_back' ORDER BY d.decided_at DESC LIMIT :bound)
        UNION
        (SELECT d.id FROM decision d
         WHERE d.responsible_id = :me AND d.decision <> 'take_back' ORDER BY d.decided_at DESC LIMIT :bound)
    ) AS made LIMIT :bound) AS decided
"""
