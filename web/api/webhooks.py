"""Webhooks: addresses that events are posted to."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from models.errors import Invalid, NotFound
from models.messages import SinglePost, WebhookKey
from models.reads.people import require
from models.reads.webhooks import AttemptShown, attempts_of, find_webhooks
from models.rules.policy import Action
from models.rules.webhooks import LONGEST_URL, WebhookContent
from models.store.feed import event_at
from models.store.webhooks import (
    KeptWebhook,
    WebhookState,
    create_webhook,
    kept_webhook,
    remove_webhook,
    replace_webhook,
    replay_from,
    rotate_secret,
)
from web.api.answers import READING, RECORDING, refusals
from web.api.asking import Key
from web.api.caller import Administers, Caller, Reads
from web.api.directory import change
from web.api.lists import Listed, Page, Paged, instant_key, listed, not_ours
from web.api.values import Instant, Resource, Text
from web.api.versions import Seen, mark
from web.services import Services, Used
from web.webhooks import deliver_soon, post_once

router = APIRouter(prefix="/resources/webhooks", tags=["Webhooks"])

ADDRESS = "/resources/webhooks"
PLACE = Field(ge=1, le=2**63 - 1, strict=True)


class WebhookGiven(Resource):
    """What there is to say of a webhook."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://example.org/countersign", "eventTypes": ["countersign.timesheet.*"]}]
        }
    )

    url: Text = Field(max_length=LONGEST_URL, description="Begins with https://, in the public internet.")
    event_types: list[Text] | None = Field(
        None, description="Types such as countersign.timesheet.approved, or countersign.timesheet.*; null: all."
    )
    paused: bool | None = Field(None, strict=True, description="Whether nothing is posted for now; null: as it is.")

    def content(self, paused: bool) -> WebhookContent:
        """As the rules know it."""
        types = None if self.event_types is None else tuple(dict.fromkeys(self.event_types))
        return WebhookContent(self.url, types, paused if self.paused is None else self.paused)


class Webhook(Resource):
    """An address that events are posted to, one after the other."""

    id: UUID
    version: int
    url: str
    event_types: list[str] | None
    state: WebhookState
    paused_because: str | None
    delivered_to: int = Field(description="The place in the feed up to which everything was taken, or is not wanted.")
    failures: int = Field(description="In a row, of the event that comes next.")
    failing_since: Instant | None
    created_at: Instant


class NewWebhook(Webhook):
    """A webhook with its secret."""

    secret: str = Field(description="Signs what is posted, as Standard Webhooks says. It is not shown again.")


class Secret(Resource):
    """Another secret; what is posted is signed with the one before as well for a day."""

    secret: str


class Replay(Resource):
    """What is to be posted again: everything from a place in the feed on, or one event out of turn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": 1041}, {"position": 1041}]})

    from_: Annotated[int, PLACE] | None = Field(None, alias="from")
    position: Annotated[int, PLACE] | None = None


class Attempt(Resource):
    """One event posted once, and what came of it."""

    id: int
    event_id: UUID
    type: str
    position: int = Field(description="Its place in the feed; 0 for one that only tests.")
    status: int | None = Field(description="HTTP status; null: no answer.")
    error: str | None = Field(description="Why it counts as not taken; null: it was taken.")
    milliseconds: int
    tried_at: Instant


@router.get("", operation_id="findWebhooks", responses=READING)
def find(caller: Reads, use: Used, asked: Paged) -> Listed[Webhook]:
    """Every webhook, the oldest first."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.MANAGE_WEBHOOKS)
        found = find_webhooks(session, instant_key(asked), asked.first + 1)
        return listed(found, asked, lambda kept: (kept.created_at, kept.id), as_resource)


@router.post("", operation_id="createWebhook", status_code=201, responses=RECORDING)
def create(caller: Administers, use: Used, key: Key, body: WebhookGiven, response: Response) -> NewWebhook:
    """Add a webhook for everything that happens from now on. The answer alone holds its secret."""
    demo = not use.settings.production
    kept, secret = change(
        use, caller, key, lambda session, given: create_webhook(session, given, body.content(False), demo)
    )
    response.headers["Location"] = f"{ADDRESS}/{kept.id}"
    mark(response, kept.version)
    return NewWebhook(**_fields(kept), secret=secret)


@router.get("/{webhook_id}", operation_id="getWebhook", responses=READING)
def get(caller: Reads, use: Used, webhook_id: UUID, response: Response) -> Webhook:
    """One webhook, and how it stands."""
    kept = _seen_by(caller, use, webhook_id)
    mark(response, kept.version)
    return as_resource(kept)


@router.put("/{webhook_id}", operation_id="replaceWebhook", responses=RECORDING | refusals(412, 428))
def put(
    caller: Administers, use: Used, key: Key, seen: Seen, webhook_id: UUID, body: WebhookGiven, response: Response
) -> Webhook:
    """Change where events are posted to, and which; pause it, or let it go on where it was."""
    demo = not use.settings.production
    kept = change(
        use,
        caller,
        key,
        lambda session, given: replace_webhook(
            session, given, webhook_id, seen, body.content(kept_webhook(session, webhook_id).content.paused), demo
        ),
    )
    deliver_soon(use, caller.tenant_id, webhook_id)
    mark(response, kept.version)
    return as_resource(kept)


@router.delete("/{webhook_id}", operation_id="removeWebhook", status_code=204, responses=RECORDING | refusals(412, 428))
def remove(caller: Administers, use: Used, key: Key, seen: Seen, webhook_id: UUID) -> None:
    """Take a webhook away for good."""
    change(use, caller, key, lambda session, given: remove_webhook(session, given, webhook_id, seen))
    deliver_soon(use, caller.tenant_id, webhook_id)


@router.get("/{webhook_id}/attempts", operation_id="findWebhookAttempts", responses=READING)
def attempts(caller: Reads, use: Used, webhook_id: UUID, asked: Paged) -> Listed[Attempt]:
    """What came of the last attempts, the newest first; the last 200 are kept."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.MANAGE_WEBHOOKS)
        kept_webhook(session, webhook_id)
        found = attempts_of(session, webhook_id, caller.zone, _before(asked), asked.first + 1)
        return listed(found, asked, lambda each: (each.id,), _attempt)


@router.post("/{webhook_id}/replay", operation_id="replayWebhook", status_code=202, responses=RECORDING)
async def replay(caller: Administers, use: Used, key: Key, webhook_id: UUID, body: Replay) -> Webhook:
    """Post everything again from a place in the feed on, in order; or one event, out of turn."""
    if (body.from_ is None) == (body.position is None):
        raise Invalid.field("from", "Name either `from` or `position`.")
    if body.position is not None:
        kept = await run_in_threadpool(_seen_by, caller, use, webhook_id, body.position)
        await post_once(use, SinglePost(WebhookKey(caller.tenant_id, webhook_id), key, body.position))
        return as_resource(kept)
    return as_resource(await run_in_threadpool(_replay_from, caller, use, key, webhook_id, body.from_ or 0))


@router.post("/{webhook_id}/test", operation_id="testWebhook", status_code=202, responses=RECORDING)
async def test(caller: Administers, use: Used, key: Key, webhook_id: UUID) -> Webhook:
    """Post an event of the type countersign.webhook.test, which stands in no feed; also while it is paused."""
    kept = await run_in_threadpool(_seen_by, caller, use, webhook_id)
    await post_once(use, SinglePost(WebhookKey(caller.tenant_id, webhook_id), key))
    return as_resource(kept)


@router.post("/{webhook_id}/secret", operation_id="rotateWebhookSecret", responses=RECORDING)
def rotate(caller: Administers, use: Used, key: Key, webhook_id: UUID) -> Secret:
    """Give it another secret. The answer alone holds it."""
    _, secret = change(
        use, caller, key, lambda session, given: rotate_secret(session, given, webhook_id, None, use.now())
    )
    return Secret(secret=secret)


def as_resource(kept: KeptWebhook) -> Webhook:
    """A webhook as the API gives it."""
    return Webhook(**_fields(kept))


def _fields(kept: KeptWebhook) -> dict[str, Any]:
    types = kept.content.event_types
    return {
        "id": kept.id,
        "version": kept.version,
        "url": kept.content.url,
        "event_types": None if types is None else list(types),
        "state": WebhookState.PAUSED if kept.content.paused else WebhookState.ACTIVE,
        "paused_because": kept.paused_because,
        "delivered_to": kept.delivered_to,
        "failures": kept.failures,
        "failing_since": kept.failing_since,
        "created_at": kept.created_at,
    }


def _seen_by(caller: Caller, use: Services, webhook_id: UUID, position: int | None = None) -> KeptWebhook:
    """A webhook as the caller may see it, and whether the event that is named exists. Raises `NotFound`."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.MANAGE_WEBHOOKS)
        kept = kept_webhook(session, webhook_id)
        if position is not None and event_at(session, caller.tenant_id, position) is None:
            raise NotFound("There is no such event.")
        return kept


def _replay_from(caller: Caller, use: Services, key: UUID, webhook_id: UUID, position: int) -> KeptWebhook:
    kept = change(use, caller, key, lambda session, given: replay_from(session, given, webhook_id, None, position))
    deliver_soon(use, caller.tenant_id, webhook_id)
    return kept


def _before(asked: Page) -> int | None:
    """The key of lists by number. Raises `Invalid` for the cursor of another list."""
    if asked.after is None:
        return None
    if not (asked.after[0].isascii() and asked.after[0].isdigit() and len(asked.after[0]) < 19):
        raise not_ours()
    return int(asked.after[0])


def _attempt(each: AttemptShown) -> Attempt:
    return Attempt(
        id=each.id,
        event_id=each.event_id,
        type=each.type,
        position=each.position,
        status=each.status,
        error=each.error,
        milliseconds=each.milliseconds,
        tried_at=each.tried_at,
    )
