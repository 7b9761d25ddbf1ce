"""What the caller was told, marking it as read, and how they want to be told."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Query
from pydantic import ConfigDict, Field

from models.database import command_transaction
from models.errors import Invalid
from models.reads.notices import NoticeShown, WaysShown, notice_shown, notices_shown, ways_of
from models.reads.people import require
from models.rules.notices import NoticeKind, Ways
from models.rules.policy import Action
from models.store.reading_notices import choose_ways, mark_all_read, mark_read
from web.api.answers import READING, refusals
from web.api.asking import Key
from web.api.caller import Caller, Reads, Records
from web.api.lists import Listed, Meta, Paged, instant_key, listed
from web.api.values import Instant, Resource
from web.services import Services, Used

router = APIRouter(prefix="/resources/notifications", tags=["Notifications"])

UTC = ZoneInfo("UTC")
MARKING = refusals(400, 404, 413, 422)


class Notification(Resource):
    """Something that the caller was told, in the words of now."""

    id: UUID
    kind: NoticeKind
    title: str
    sentence: str
    path: str = Field(description="The page where something can be done about it.")
    timesheet_id: UUID | None
    created_at: Instant
    read_at: Instant | None = Field(description="Null: not read yet.")


class Reading(Resource):
    """How much of it has been read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-11-18T10:08:00+00:00"}]})

    until: Instant | None = Field(
        None, description="The `createdAt` of the newest that was seen: what came later stays unread. Null: all of it."
    )


class Marked(Resource):
    """What came of marking."""

    marked: int = Field(description="How much of it was not read before.")


class NotificationWays(Resource):
    """How somebody wants to be told of one kind of thing."""

    kind: NoticeKind
    in_app: bool = Field(strict=True, description="On the pages, and in this list.")
    mail: bool = Field(strict=True)


class NotificationSetting(NotificationWays):
    """How the caller is told of one kind of thing."""

    about: str = Field(description="What it is about, in words.")
    is_usual: bool = Field(description="Whether the caller left it as it is for everybody.")


class NotificationSettingsGiven(Resource):
    """How the caller wants to be told; a kind that is not named is as usual again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"settings": [{"kind": "waiting", "inApp": True, "mail": True}]}]}
    )

    settings: list[NotificationWays] = Field(max_length=len(NoticeKind))


@router.get("", operation_id="findNotifications", responses=READING)
def find(
    caller: Reads,
    use: Used,
    asked: Paged,
    unread: Annotated[bool, Query(description="Only what is not read yet.")] = False,
) -> Listed[Notification]:
    """What the caller was told, the newest first. Looking at it marks nothing as read."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_OWN_NOTICES)
        found = notices_shown(session, caller.person_id, UTC, instant_key(asked), asked.first + 1, only_unread=unread)
        return listed(found, asked, lambda notice: (notice.at, notice.id), _shown)


@router.post("/reading", operation_id="readAllNotifications", responses=MARKING)
def read_all(caller: Records, use: Used, _key: Key, body: Annotated[Reading | None, Body()] = None) -> Marked:
    """Mark all of it as read, or what came up to an instant."""
    _require(caller, use)
    with command_transaction(use.engine, caller.tenant_id) as session:
        until = body.until if body else None
        return Marked(marked=mark_all_read(session, caller.tenant_id, caller.person_id, until))


@router.get("/settings", operation_id="findNotificationSettings", responses=READING)
def settings(caller: Reads, use: Used) -> Listed[NotificationSetting]:
    """How the caller is told of each kind of thing."""
    return _settings(caller, use)


@router.put("/settings", operation_id="replaceNotificationSettings", responses=MARKING)
def choose(caller: Records, use: Used, _key: Key, body: NotificationSettingsGiven) -> Listed[NotificationSetting]:
    """Be told so from now on. Sent twice it is the same."""
    ways = _ways(body)
    _require(caller, use)
    with command_transaction(use.engine, caller.tenant_id) as session:
        choose_ways(session, caller.tenant_id, caller.person_id, ways)
    return _settings(caller, use)


@router.post("/{notice_id}/reading", operation_id="readNotification", responses=MARKING)
def read_one(caller: Records, use: Used, _key: Key, notice_id: UUID) -> Notification:
    """Mark one as read. Reading it again changes nothing."""
    _require(caller, use)
    with command_transaction(use.engine, caller.tenant_id) as session:
        mark_read(session, caller.person_id, notice_id)
    with use.reading(caller.onlooker) as session:
        return _shown(notice_shown(session, caller.person_id, notice_id, UTC))


def _require(caller: Caller, use: Services) -> None:
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_OWN_NOTICES)


def _ways(body: NotificationSettingsGiven) -> dict[NoticeKind, Ways]:
    """Raises `Invalid` for a kind that is named twice."""
    ways: dict[NoticeKind, Ways] = {}
    for number, each in enumerate(body.settings):
        if each.kind in ways:
            raise Invalid.field(f"settings.{number}.kind", "This kind is named twice.")
        ways[each.kind] = Ways(each.in_app, each.mail)
    return ways


def _settings(caller: Caller, use: Services) -> Listed[NotificationSetting]:
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.SEE_OWN_NOTICES)
        found = ways_of(session, caller.person_id)
    return Listed[NotificationSetting](meta=Meta(), items=[_setting(each) for each in found])


def _setting(found: WaysShown) -> NotificationSetting:
    return NotificationSetting(
        kind=found.kind,
        about=found.about,
        in_app=found.ways.in_app,
        mail=found.ways.mail,
        is_usual=found.is_usual,
    )


def _shown(notice: NoticeShown) -> Notification:
    return Notification(
        id=notice.id,
        kind=notice.kind,
        title=notice.words.title,
        sentence=notice.words.sentence,
        path=notice.words.path,
        timesheet_id=notice.timesheet_id,
        created_at=notice.at,
        read_at=notice.read_at,
    )
