"""What somebody was told, in the words of now: a notice holds ids and dates, and what they stand for is read here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, Select, func, select, tuple_
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.rules.notice_words import KIND_WORDS, Facts, Words, words_of
from models.rules.notices import DECIDABLE, DEFAULTS, UNSUBMITTED, NoticeKind, Ways
from models.rules.transitions import OWED, State
from models.tables.approval import Delegation
from models.tables.delivery import Notification, NotificationSetting
from models.tables.people import Person
from models.tables.timecard import OwnerReview
from models.tables.timesheet import Command, Decision, Timesheet

PAGE = 30
KINDS = tuple(kind.value for kind in NoticeKind)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One notice on a page."""

    id: UUID
    kind: NoticeKind
    words: Words
    at: datetime
    """In the zone of whoever is told."""
    read_at: datetime | None
    timesheet_id: UUID | None

    @property
    def is_read(self) -> bool:
        """Whether it was read."""
        return self.read_at is not None


@dataclass(frozen=True, slots=True)
class WaysShown:
    """How somebody is told of one kind of thing."""

    kind: NoticeKind
    about: str
    ways: Ways
    is_usual: bool


def notices_shown(
    session: Session,
    person_id: UUID,
    zone: ZoneInfo,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE + 1,
    *,
    only_unread: bool = False,
) -> list[NoticeShown]:
    """What the pages show to somebody, the newest first; `after` is where the page before ended."""
    theirs = _of(person_id)
    if only_unread:
        theirs = theirs.where(Notification.read_at.is_(None))
    if after:
        theirs = theirs.where(tuple_(Notification.created_at, Notification.id) < tuple_(*after))
    found = session.scalars(theirs.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limit)).all()
    return _in_words(session, found, zone)


def notice_shown(session: Session, person_id: UUID, notice_id: UUID, zone: ZoneInfo) -> NoticeShown:
    """One notice of somebody's, as they read it now. Raises `NotFound`."""
    found = session.scalars(_of(person_id).where(Notification.id == notice_id)).all()
    if not found:
        raise NotFound("There is no such page, or you may not see it.")
    return _in_words(session, found, zone)[0]


def _of(person_id: UUID) -> Select[Notification]:
    return select(Notification).where(
        Notification.person_id == person_id, Notification.in_app, Notification.kind.in_(KINDS)
    )


def _in_words(session: Session, found: Sequence[Notification], zone: ZoneInfo) -> list[NoticeShown]:
    return [
        NoticeShown(
            row.id,
            NoticeKind(row.kind),
            words_of(NoticeKind(row.kind), facts),
            row.created_at.astimezone(zone),
            row.read_at.astimezone(zone) if row.read_at else None,
            row.timesheet_id,
        )
        for row, facts in zip(found, facts_of(session, found), strict=True)
    ]


def words_now(session: Session, notice: Notification) -> Words:
    """What one notice says now, and where it leads."""
    (facts,) = facts_of(session, [notice])
    return words_of(NoticeKind(notice.kind), facts)


def how_many_unread(person_id: UUID, at_most: int) -> ScalarSelect[int]:
    """How much somebody has not read, counted no further than `at_most`; a part of another question."""
    unread = select(Notification.id).where(
        Notification.person_id == person_id, Notification.in_app, Notification.read_at.is_(None)
    )
    return select(func.count()).select_from(unread.limit(at_most).subquery()).scalar_subquery()


def ways_of(session: Session, person_id: UUID) -> tuple[WaysShown, ...]:
    """How somebody is told of each kind of thing."""
    rows = session.scalars(select(NotificationSetting).where(NotificationSetting.person_id == person_id))
    wanted = {row.kind: Ways(row.in_app, row.mail) for row in rows}
    return tuple(
        WaysShown(kind, KIND_WORDS[kind], wanted.get(kind, DEFAULTS[kind]), kind not in wanted) for kind in NoticeKind
    )


def facts_of(session: Session, notices: Sequence[Notification]) -> list[Facts]:
    """What each notice is about now, all of them in a few statements."""
    named = _Named(notices)
    decisions = _rows(session, Decision, named.ids("decisionId"))
    delegations = _rows(session, Delegation, named.ids("delegationId"))
    commands = _commands(session, notices, named.ids("commandId"))
    sheets = _rows(session, Timesheet, named.sheets | {each.timesheet_id for each in commands.values()})
    disputes = _disputes(session, notices, commands.keys() if named.disputed else ())
    people = _rows(
        session,
        Person,
        named.people
        | {sheet.owner_id for sheet in sheets.values()}
        | {decision.decided_by_id for decision in decisions.values()}
        | {person for each in delegations.values() for person in (each.delegate_id, each.delegator_id)}
        | {person for each in commands.values() for person in (each.owner_id, each.actor_id) if person},
    )
    return [_facts(each, sheets, decisions, delegations, commands, disputes, people) for each in notices]


def _facts(
    notice: Notification,
    sheets: Mapping[UUID, Timesheet],
    decisions: Mapping[UUID, Decision],
    delegations: Mapping[UUID, Delegation],
    commands: Mapping[UUID, Command],
    disputes: Mapping[UUID, str],
    people: Mapping[UUID, Person],
) -> Facts:
    data = notice.data
    decision = decisions.get(_id(data, "decisionId"))
    command = commands.get(_id(data, "commandId"))
    delegation = delegations.get(_id(data, "delegationId"))
    sheet_id = notice.timesheet_id or (command.timesheet_id if command else None)
    sheet = sheets.get(sheet_id) if sheet_id else None
    owner_id = _id(data, "ownerId")
    if owner_id == NOBODY:
        owner_id = sheet.owner_id if sheet else command.owner_id if command else NOBODY
    owner = people.get(owner_id)
    is_own = notice.person_id == owner_id
    by_id = decision.decided_by_id if decision else command.actor_id if command else None
    if notice.kind == NoticeKind.ACT_DISPUTED:
        by_id = None  # whoever disputes is told of, not whoever did it
    by = people.get(by_id or _either(data, "byId", "toId"))
    return Facts(
        is_own=is_own,
        owner=owner.name if owner else None,
        owner_staff_id=owner.staff_id if owner else None,
        sheet_id=sheet_id,
        period=(sheet.period_start, sheet.period_end) if sheet else None,
        days=_days(data),
        by=by.name if by else None,
        # Why a timesheet was rejected is for its owner, and why an act is disputed for whoever did it.
        reason=(decision.reason if decision and is_own else None) or (disputes.get(command.id) if command else None),
        delegate=_other(people, delegation.delegate_id, notice) if delegation else None,
        delegator=_other(people, delegation.delegator_id, notice) if delegation else None,
        until=delegation.to_day if delegation else None,
        is_over=_is_over(notice, sheet),
    )


def _is_over(notice: Notification, sheet: Timesheet | None) -> bool:
    """Whether what it asked for was done since, as far as its timesheet says."""
    if sheet is None:
        return False
    if notice.kind in DECIDABLE:
        told_of = notice.data.get("submissionId")
        return sheet.state != State.SUBMITTED or told_of not in (None, str(sheet.submission_id))
    return notice.kind in UNSUBMITTED and State(sheet.state) not in OWED


NOBODY = UUID(int=0)


class _Named:
    """The ids that notices name."""

    def __init__(self, notices: Iterable[Notification]) -> None:
        self._notices = list(notices)

    @property
    def sheets(self) -> set[UUID]:
        return {each.timesheet_id for each in self._notices if each.timesheet_id}

    @property
    def people(self) -> set[UUID]:
        return self.ids("ownerId") | self.ids("byId") | self.ids("toId")

    @property
    def disputed(self) -> bool:
        return any(each.kind == NoticeKind.ACT_DISPUTED for each in self._notices)

    def ids(self, name: str) -> set[UUID]:
        return {_id(each.data, name) for each in self._notices} - {NOBODY}


def _id(data: Mapping[str, Any], name: str) -> UUID:
    """An id that a notice names; that of nobody where it names none."""
    return UUID(data[name]) if data.get(name) else NOBODY


def _either(data: Mapping[str, Any], *names: str) -> UUID:
    return next((found for name in names if (found := _id(data, name)) != NOBODY), NOBODY)


def _days(data: Mapping[str, Any]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in data.get("days") or ())


def _other(people: Mapping[UUID, Person], person_id: UUID, notice: Notification) -> str | None:
    """The name of somebody who is not the one who is told."""
    person = people.get(person_id)
    return person.name if person and person_id != notice.person_id else None


def _rows(session: Session, table: type[Row], ids: Collection[UUID]) -> dict[UUID, Row]:
    if not ids:
        return {}
    column = table.id  # type: ignore[attr-defined]  # each of the tables it is asked for has an id
    return {row.id: row for row in session.scalars(select(table).where(column.in_(ids)))}  # type: ignore[attr-defined]


def _commands(session: Session, notices: Iterable[Notification], ids: Collection[UUID]) -> dict[UUID, Command]:
    if not ids:
        return {}
    tenants = {each.tenant_id for each in notices}
    these = select(Command).where(Command.tenant_id.in_(tenants), Command.id.in_(ids))
    return {row.id: row for row in session.scalars(these)}


def _disputes(session: Session, notices: Iterable[Notification], ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    tenants = {each.tenant_id for each in notices}
    these = select(OwnerReview.command_id, OwnerReview.reason).where(
        OwnerReview.tenant_id.in_(tenants), OwnerReview.command_id.in_(ids), OwnerReview.reason.is_not(None)
    )
    return {command_id: reason for command_id, reason in session.execute(these) if reason}
