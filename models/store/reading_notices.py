"""Marking as read what somebody was told, and how they want to be told."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, true, update

from models.database import WriteSession
from models.errors import NotFound
from models.rules.notices import DEFAULTS, NoticeKind, Ways
from models.store.signals import tell_live
from models.tables.delivery import Notification, NotificationSetting


def mark_read(session: WriteSession, person_id: UUID, notice_id: UUID) -> Notification:
    """One notice of somebody's is read; reading it again changes nothing. Raises `NotFound` for another's."""
    notice = session.scalar(
        select(Notification).where(
            Notification.id == notice_id, Notification.person_id == person_id, Notification.in_app
        )
    )
    if notice is None:
        raise NotFound("There is no such page, or you may not see it.")
    _mark(session, notice.tenant_id, person_id, Notification.id == notice_id)
    return notice


def mark_all_read(session: WriteSession, tenant_id: UUID, person_id: UUID, until: datetime | None = None) -> int:
    """Everything somebody was told, up to an instant if there is one, is read; how much of it was not before."""
    return _mark(session, tenant_id, person_id, true() if until is None else Notification.created_at <= until)


def choose_ways(session: WriteSession, tenant_id: UUID, person_id: UUID, ways: Mapping[NoticeKind, Ways]) -> None:
    """From now on somebody is told in these ways. What is as usual is not kept, so that it stays what is usual."""
    session.execute(delete(NotificationSetting).where(NotificationSetting.person_id == person_id))
    for kind, each in ways.items():
        if each != DEFAULTS[kind]:
            whose = {"tenant_id": tenant_id, "person_id": person_id, "kind": kind.value}
            session.add(NotificationSetting(**whose, in_app=each.in_app, mail=each.mail))


def _mark(session: WriteSession, tenant_id: UUID, person_id: UUID, these: ColumnElement[bool]) -> int:
    unread = update(Notification).where(
        Notification.person_id == person_id, Notification.in_app, Notification.read_at.is_(None), these
    )
    marked = session.scalars(unread.values(read_at=func.now()).returning(Notification.id)).all()
    if marked:
        # The other pages that are open count anew.
        tell_live(session, tenant_id, None, {person_id}, "notification")
    return len(marked)
