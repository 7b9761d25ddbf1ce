"""Telling people something, once for each reason, in the transaction of what they are told about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.rules.notices import DEFAULTS, SETTLES, NoticeKind, Ways
from models.store.signals import tell_live
from models.tables.delivery import Notification, NotificationSetting


@dataclass(frozen=True, slots=True)
class Notice:
    """Something one person is told. `key` is the reason: nobody is told twice for the same one."""

    person_id: UUID
    kind: NoticeKind
    key: str
    timesheet_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """Ids and dates that its words are made of when it is shown."""


def notify(session: WriteSession, tenant_id: UUID, notices: Sequence[Notice]) -> None:
    """Tell people what they want to be told, in the ways they want it; who was told before is not told again.

    What is settled by it counts as read, whoever was told.
    """
    settled = _settle(session, tenant_id, notices)
    if not notices:
        return
    wanted = _wanted(session, {notice.person_id for notice in notices})
    ways = [(notice, wanted.get((notice.person_id, notice.kind), DEFAULTS[notice.kind])) for notice in notices]
    rows = [_row(tenant_id, notice, way) for notice, way in ways if way.in_app or way.mail]
    if people := settled | _tell(session, rows):
        tell_live(session, tenant_id, None, people, "notification")


def settle(session: WriteSession, tenant_id: UUID, person_id: UUID, key: str) -> None:
    """Mark what somebody was told for a reason as read: it has been done."""
    id_ = notification_id(tenant_id, person_id, key)
    told = update(Notification).where(Notification.id == id_, Notification.in_app, Notification.read_at.is_(None))
    if session.scalars(told.values(read_at=func.now()).returning(Notification.person_id)).all():
        tell_live(session, tenant_id, None, {person_id}, "notification")


def _tell(session: WriteSession, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    if not rows:
        return set()
    # Given as a list they are sent in parts: a statement has room for some thousands only.
    new = insert(Notification).on_conflict_do_nothing()
    return set(session.scalars(new.returning(Notification.person_id), rows))


def _settle(session: WriteSession, tenant_id: UUID, notices: Sequence[Notice]) -> set[UUID]:
    """Mark as read what these notices have done with; whose it was."""
    people: set[UUID] = set()
    for settling, kinds in SETTLES.items():
        if sheets := {each.timesheet_id for each in notices if each.timesheet_id and each.kind is settling}:
            settled = update(Notification).where(
                Notification.tenant_id == tenant_id,
                Notification.timesheet_id.in_(sheets),
                Notification.kind.in_([each.value for each in kinds]),
                Notification.in_app,
                Notification.read_at.is_(None),
            )
            people |= set(session.scalars(settled.values(read_at=func.now()).returning(Notification.person_id)))
    return people


def notification_id(tenant_id: UUID, person_id: UUID, key: str) -> UUID:
    """The id of what somebody is told for a reason: the same however often it is tried."""
    return uuid5(tenant_id, f"notification/{person_id}/{key}")


def _wanted(session: WriteSession, people: Collection[UUID]) -> dict[tuple[UUID, str], Ways]:
    settings = session.scalars(select(NotificationSetting).where(NotificationSetting.person_id.in_(people)))
    return {(each.person_id, each.kind): Ways(each.in_app, each.mail) for each in settings}


def _row(tenant_id: UUID, notice: Notice, ways: Ways) -> dict[str, Any]:
    return {
        "id": notification_id(tenant_id, notice.person_id, notice.key),
        "tenant_id": tenant_id,
        "person_id": notice.person_id,
        "kind": notice.kind.value,
        "key": notice.key,
        "timesheet_id": notice.timesheet_id,
        "data": dict(notice.data),
        "in_app": ways.in_app,
        "mail": "waiting" if ways.mail else "none",
    }
