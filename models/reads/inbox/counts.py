"""How much there is in each part of an inbox: counted no further than it is shown."""

from sqlalchemy import ScalarSelect, func, select, text
from sqlalchemy.orm import Session

from models.reads.inbox.approver import Approver
from models.reads.inbox.not_submitted import OWED, PEOPLE_BELOW, about
from models.reads.inbox.queues import first_waiting
from models.reads.inbox.tabs import Tab, Wanted

COUNTED = 99
"""Counts stop here and show a plus, so that they cost the same however many wait."""

_BOUND = COUNTED + 1


def counts_of(session: Session, approver: Approver) -> dict[Tab, int]:
    """Of each part, at most one more than `COUNTED`; asked once for a page."""
    known: dict[Approver, dict[Tab, int]] = session.info.setdefault("inbox_counts", {})
    if approver not in known:
        known[approver] = _counted(session, approver)
    return known[approver]


def count_waiting(session: Session, approver: Approver) -> int:
    """How many timesheets wait, at most one more than `COUNTED`."""
    known: dict[Approver, dict[Tab, int]] = session.info.get("inbox_counts", {})
    if approver in known:
        return known[approver][Tab.ALL]
    return session.scalar(select(_waiting(approver, Tab.ALL))) or 0


def count_text(count: int) -> str:
    """A count as shown: 99+ when there are more."""
    return f"{COUNTED}+" if count > COUNTED else str(count)


def _counted(session: Session, approver: Approver) -> dict[Tab, int]:
    waiting: list[Tab] = [Tab.ALL, Tab.READY, Tab.EXCEPTIONS]
    if approver.stands_in:
        waiting.append(Tab.DELEGATED)
    others = [text(f"({_OWED}) AS not_submitted"), text(f"({_DECIDED}) AS decided")]
    these = about(approver) | {"me": approver.person.id, "bound": _BOUND}
    row = session.execute(select(*(_waiting(approver, tab) for tab in waiting), *others), these).one()
    tabs = [*waiting, Tab.NOT_SUBMITTED, Tab.DECIDED]
    return {Tab.DELEGATED: 0} | dict(zip(tabs, row, strict=True))


def _waiting(approver: Approver, tab: Tab) -> ScalarSelect[int]:
    first = first_waiting(approver, Wanted(tab), _BOUND)
    bounded = select(first.c.timesheet_id).limit(_BOUND).subquery()
    return select(func.count()).select_from(bounded).scalar_subquery()


_OWED = f"""
    SELECT count(*) FROM (WITH {PEOPLE_BELOW} SELECT t.id FROM {OWED} LIMIT :bound) AS owed
"""  # noqa: S608 - made of the words above alone

_DECIDED = """
    SELECT count(*) FROM (SELECT id FROM (
        (SELECT d.id FROM decision d
         WHERE d.decided_by_id = :me AND d.decision <> 'take_back' ORDER BY d.decided_at DESC LIMIT :bound)
        UNION
        (SELECT d.id FROM decision d
         WHERE d.responsible_id = :me AND d.decision <> 'take_back' ORDER BY d.decided_at DESC LIMIT :bound)
    ) AS made LIMIT :bound) AS decided
"""
