"""One page of an inbox: what there is in each part of it, and the rows of the one that is open."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from models.reads.around import around
from models.reads.inbox.approver import Approver, approver_for
from models.reads.inbox.counts import count_text
from models.reads.inbox.decided import DecidedRow, decided
from models.reads.inbox.not_submitted import OwedRow, not_submitted
from models.reads.inbox.rows import waiting_rows
from models.reads.inbox.shown import InboxShown, TabShown
from models.reads.inbox.tabs import LABELS, WAITING, Tab, Wanted, weeks_offered
from models.reads.shown import InboxRow
from models.reads.viewer import Onlooker


def inbox_page(session: Session, onlooker: Onlooker, now: datetime, wanted: Wanted) -> InboxShown:
    """What somebody asks for of their inbox, or of that of the one they act for. Raises `NotFound`."""
    approver = approver_for(session, onlooker)
    there = around(session, onlooker, wanted)
    found = there.inbox
    rows: tuple[InboxRow, ...] = ()
    owed: tuple[OwedRow, ...] = ()
    made: tuple[DecidedRow, ...] = ()
    if wanted.tab in WAITING:
        rows, onward = waiting_rows(session, approver, wanted, now)
    elif wanted.tab is Tab.NOT_SUBMITTED:
        owed, onward = not_submitted(session, approver, wanted)
    else:
        made, onward = decided(session, approver, wanted)
    return InboxShown(
        approver=approver.person,
        wanted=wanted,
        tabs=_tabs(approver, wanted, found),
        rows=rows,
        owed=owed,
        decided=made,
        count=found[Tab.ALL],
        count_text=count_text(found[Tab.ALL]),
        next_cursor=onward,
        weeks=weeks_offered(approver.today, approver.week_starts_on),
        projects=there.projects,
        stands_in=approver.stands_in,
        opens_first=approver.opens_first,
    )


def _tabs(approver: Approver, wanted: Wanted, found: Mapping[Tab, int]) -> tuple[TabShown, ...]:
    """Without standing in for anybody there is nothing delegated to look at, unless somebody looks there."""
    return tuple(
        TabShown(tab, LABELS[tab], count_text(found[tab]), f"/inbox{wanted.in_tab(tab)}", tab is wanted.tab)
        for tab in Tab
        if tab is not Tab.DELEGATED or approver.stands_in or wanted.tab is Tab.DELEGATED
    )
