"""Webhooks: what administrators make of them, and events brought to them in order, again and again where needed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.doctor import findings
from models.errors import Invalid, KeyReused, NotFound, NotYours, Stale
from models.rules.webhooks import KEPT_ATTEMPTS, MOST_WEBHOOKS, PATIENCE, WebhookContent
from models.store import webhooks
from models.store.delivering import behind
from models.store.feed import last_position, place
from models.tables.delivery import OutboxEvent, Webhook
from models.tables.people import DirectoryChange
from tests.activities.administering import do, fields, given, refused
from tests.activities.hooks import Hook, happens, hooked
from tests.desk import Desk, Life
from tests.factories import make_organisation
from tests.receiver import Receiver, receiving, silent

ELSEWHERE = WebhookContent("https://example.org/hook")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def hook(life: Life, receiver: Receiver) -> Hook:
    """A webhook of all events that posts to the receiver."""
    return hooked(life, receiver.url)


# What administrators make of them


def test_a_webhook_is_for_what_happens_from_its_making_on(life: Life) -> None:
    happens(life, times=3)
    kept, secret = do(life, lambda session: webhooks.create_webhook(session, given(life), ELSEWHERE, demo=False))

    assert (kept.delivered_to, kept.version, kept.content) == (3, 1, ELSEWHERE)
    assert secret.startswith("whsec_")


def test_made_twice_by_one_command_it_is_made_once_with_the_same_secret(life: Life) -> None:
    command = given(life)
    first, again = (
        do(life, lambda session: webhooks.create_webhook(session, command, ELSEWHERE, demo=False)) for _ in range(2)
    )

    assert first == again
    other = WebhookContent("https://example.org/other")
    refused(life, KeyReused, lambda: do(life, lambda s: webhooks.create_webhook(s, command, other, demo=False)))


def test_two_that_make_it_at_once_by_one_command_make_one(life: Life) -> None:
    command = given(life)

    def make(_: int) -> Any:
        return do(life, lambda session: webhooks.create_webhook(session, command, ELSEWHERE, demo=False))

    with ThreadPoolExecutor(4) as several:
        assert len(set(several.map(make, range(4)))) == 1
    assert len(life.desk.rows(life.org.tenant_id, Webhook)) == 1


def test_a_secret_stands_in_no_record_and_no_event(life: Life, hook: Hook) -> None:
    new = hook.rotate()
    hook.pause()

    kept = str([(row.before, row.after) for row in life.desk.rows(life.org.tenant_id, DirectoryChange)])
    told = str([row.data for row in life.desk.rows(life.org.tenant_id, OutboxEvent)])
    for secret in (hook.secret, new):
        assert secret not in kept + told


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
def test_nobody_but_an_administrator_makes_or_changes_webhooks(life: Life, hook: Hook, who: str) -> None:
    them = life.org.people[who]

    def by_them() -> Any:
        return given(life, by=them)

    for act in (
        lambda s: webhooks.create_webhook(s, by_them(), ELSEWHERE, demo=True),
        lambda s: webhooks.replace_webhook(s, by_them(), hook.id, 1, ELSEWHERE, demo=True),
        lambda s: webhooks.pause_or_resume(s, by_them(), hook.id, 1, True, demo=True),
        lambda s: webhooks.rotate_secret(s, by_them(), hook.id, 1, datetime.now(UTC)),
        lambda s: webhooks.replay_from(s, by_them(), hook.id, 1, 1),
        lambda s: webhooks.remove_webhook(s, by_them(), hook.id, 1),
    ):
        refused(life, NotYours, lambda act=act: do(life, act))  # type: ignore[misc]  # bound at once


def test_another_organisations_webhook_is_none(life: Life, hook: Hook, desk: Desk, owner_engine: Engine) -> None:
    other = Life(desk, make_organisation(owner_engine))
    for act in (
        lambda s: webhooks.replace_webhook(s, given(other), hook.id, 1, ELSEWHERE, demo=True),
        lambda s: webhooks.rotate_secret(s, given(other), hook.id, None, datetime.now(UTC)),
        lambda s: webhooks.replay_from(s, given(other), hook.id, None, 1),
        lambda s: webhooks.remove_webhook(s, given(other), hook.id, 1),
    ):
        refused(other, NotFound, lambda act=act: do(other, act))  # type: ignore[misc]  # bound at once
    with read_session(desk.engine, other.org.tenant_id) as session:
        assert behind(session) == []


def test_what_was_changed_meanwhile_is_not_written_over(life: Life, hook: Hook) -> None:
    do(life, lambda s: webhooks.replace_webhook(s, given(life), hook.id, 1, ELSEWHERE, demo=True))
    for act in (
        lambda s: webhooks.replace_webhook(s, given(life), hook.id, 1, ELSEWHERE, demo=True),
        lambda s: webhooks.rotate_secret(s, given(life), hook.id, 1, datetime.now(UTC)),
        lambda s: webhooks.replay_from(s, given(life), hook.id, 1, 1),
        lambda s: webhooks.remove_webhook(s, given(life), hook.id, 1),
    ):
        refused(life, Stale, lambda act=act: do(life, act))  # type: ignore[misc]  # bound at once


def test_what_is_wrong_is_said_beside_its_field(life: Life) -> None:
    wrong = WebhookContent("https://10.0.0.1/", ("*",))
    refusal = refused(life, Invalid, lambda: do(life, lambda s: webhooks.create_webhook(s, given(life), wrong, False)))
    assert fields(refusal) == ["url", "eventTypes"]


def test_there_are_only_so_many(life: Life) -> None:
    for _ in range(MOST_WEBHOOKS):
        do(life, lambda session: webhooks.create_webhook(session, given(life), ELSEWHERE, demo=False))
    refused(life, Invalid, lambda: do(life, lambda s: webhooks.create_webhook(s, given(life), ELSEWHERE, False)))


def test_one_that_is_taken_away_is_gone_with_its_secrets(life: Life, hook: Hook, receiver: Receiver) -> None:
    hook.rotate()
    happens(life)
    command, version = given(life), hook.kept.version
    for _ in range(2):
        do(life, lambda session: webhooks.remove_webhook(session, command, hook.id, version))

    (row,) = life.desk.rows(life.org.tenant_id, Webhook)
    assert (row.state, row.secret, row.old_secret) == ("removed", "", None)
    assert not hook.turn().more
    assert receiver.posted == []
    with pytest.raises(NotFound):
        _ = hook.kept
    refused(life, NotFound, lambda: do(life, lambda s: webhooks.remove_webhook(s, given(life), hook.id, 1)))


# Events brought to them


def test_events_are_posted_in_order_once_each_and_nothing_is_left(life: Life, hook: Hook, receiver: Receiver) -> None:
    subjects = happens(life, times=5)

    turn = hook.turn()

    assert not turn.more
    assert receiver.subjects() == subjects
    assert len(set(receiver.ids())) == 5
    assert [each.said(hook.secret)["position"] for each in receiver.posted] == list(
        range(hook.kept.delivered_to - 4, hook.kept.delivered_to + 1)
    )
    assert not hook.turn().more
    assert len(receiver.posted) == 5
    assert [row.status for row in hook.attempts()] == [204] * 5


def test_what_is_not_wanted_is_passed_over(life: Life, receiver: Receiver) -> None:
    hook = hooked(life, receiver.url, "countersign.timesheet.*")
    happens(life, "countersign.note.added", 2)
    wanted = happens(life, "countersign.timesheet.approved")
    happens(life, "countersign.note.added", 2)

    hook.turn()

    assert receiver.subjects() == wanted
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        assert hook.kept.delivered_to == last_position(session, life.org.tenant_id)
        assert behind(session) == []


def test_one_that_is_not_taken_is_tried_again_and_none_overtakes_it(life: Life, hook: Hook, receiver: Receiver) -> None:
    first, second = happens(life, times=2)
    receiver.reactions = [500, 503]

    pauses = [hook.turn().pause_seconds for _ in range(2)]
    failing = hook.kept

    assert pauses[0] is not None
    assert pauses[1] is not None
    assert pauses[0] < pauses[1]
    assert (failing.failures, failing.failing_since is not None) == (2, True)
    assert not hook.turn().more
    assert receiver.subjects() == [first, first, first, second]
    assert len(set(receiver.ids())) == 2
    assert (hook.kept.failures, hook.kept.failing_since) == (0, None)
    assert [(row.status, row.error is None) for row in hook.attempts()] == [
        (500, False),
        (503, False),
        (204, True),
        (204, True),
    ]


def test_silence_and_a_closed_door_are_tried_again_as_well(life: Life) -> None:
    with receiving() as receiver:
        hook = hooked(life, receiver.url)
        subjects = happens(life, times=2)
        receiver.reactions = [silent]
        assert hook.turn(longest_seconds=0.2).pause_seconds
    assert hook.turn().pause_seconds  # nobody is there any more
    with receiving(receiver.port) as back:
        assert not hook.turn().more
    assert receiver.subjects() + back.subjects() == [subjects[0], *subjects]
    assert [row.error for row in hook.attempts()][:2] == [
        "It did not answer within 0 seconds.",
        "It does not take connections.",
    ]


def test_what_was_posted_by_a_worker_that_died_over_it_is_posted_again_with_the_same_id(
    life: Life, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = happens(life, times=2)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as code:
        code.setattr("activities.webhooks.note_delivery", dies)
        with pytest.raises(KeyboardInterrupt):
            hook.turn()
    hook.turn()

    assert receiver.subjects() == [subjects[0], *subjects]
    assert receiver.ids()[0] == receiver.ids()[1]


def test_after_days_in_vain_it_is_paused_says_why_and_goes_on_where_it_was_when_resumed(
    life: Life, hook: Hook, receiver: Receiver
) -> None:
    subjects = happens(life, times=2)
    receiver.always = 500
    hook.turn()
    hook.change(failing_since=datetime.now(UTC) - PATIENCE)

    turn = hook.turn()

    assert (turn.pause_seconds, hook.turn().more) == (None, False)
    assert hook.kept.content.paused
    assert hook.kept.paused_because == "Nothing was taken for 5 days. It answered 500."
    (told,) = hook.paused_events()
    assert (told.subject, told.data["failures"]) == (str(hook.id), 2)
    tried = len(receiver.posted)

    receiver.always = 204
    assert not hook.turn().more
    assert len(receiver.posted) == tried
    hook.pause(False)
    hook.turn()

    assert receiver.subjects()[tried:][:2] == subjects
    assert hook.kept.paused_because is None


def test_whoever_is_gone_for_good_is_paused_at_once(life: Life, hook: Hook, receiver: Receiver) -> None:
    happens(life)
    receiver.always = 410

    assert hook.turn().pause_seconds is None
    assert "410" in (hook.kept.paused_because or "")
    assert len(hook.paused_events()) == 1


def test_a_pause_loses_nothing_and_keeps_its_reason_while_the_rest_is_changed(
    life: Life, hook: Hook, receiver: Receiver
) -> None:
    receiver.always = 410
    subjects = happens(life, times=2)
    hook.turn()
    because = hook.kept.paused_because
    elsewhere = WebhookContent(receiver.url + "&c=d", None, paused=True)
    do(life, lambda s: webhooks.replace_webhook(s, given(life), hook.id, hook.kept.version, elsewhere, demo=True))

    assert hook.kept.paused_because == because
    receiver.always = 204
    hook.pause(False)
    hook.turn()
    assert receiver.subjects()[1:3] == subjects


def test_everything_is_posted_again_from_a_place_on(life: Life, hook: Hook, receiver: Receiver) -> None:
    subjects = happens(life, times=4)
    hook.turn()
    ids = receiver.ids()
    end = hook.kept.delivered_to

    hook.replay(end - 1)
    hook.turn()

    assert receiver.subjects()[4:6] == subjects[2:]
    assert receiver.ids()[4:6] == ids[2:]


def test_a_place_that_is_none_is_refused(life: Life, hook: Hook) -> None:
    with read_session(life.desk.engine, life.org.tenant_id) as session:
        end = last_position(session, life.org.tenant_id)
    for wrong in (0, -1, end + 2, 2**63 - 1):
        refusal = refused(life, Invalid, lambda wrong=wrong: hook.replay(wrong))  # type: ignore[misc]  # bound at once
        assert fields(refusal) == ["from"]
    assert hook.replay(end + 1).delivered_to == end


def test_who_moves_a_webhook_while_it_is_posted_to_decides_what_comes_next(
    life: Life, hook: Hook, receiver: Receiver
) -> None:
    subjects = happens(life, times=3)
    hook.turn()
    first = hook.kept.delivered_to - 2
    happens(life)

    def moved(handler: Any) -> None:
        hook.replay(first)
        handler.send_response(204)
        handler.end_headers()

    receiver.reactions = [moved]
    hook.turn()

    assert receiver.subjects()[4:7] == subjects


def test_one_event_is_posted_again_out_of_turn_also_while_it_is_paused(
    life: Life, hook: Hook, receiver: Receiver
) -> None:
    subjects = happens(life, times=2)
    hook.turn()
    at = hook.kept.delivered_to
    hook.pause()

    hook.post_once(at - 1)

    assert receiver.subjects() == [*subjects, subjects[0]]
    assert hook.kept.delivered_to == at


def test_a_test_stands_in_no_feed_and_changes_nothing(life: Life, hook: Hook, receiver: Receiver) -> None:
    receiver.always = 500
    before = hook.kept
    command = uuid4()
    for _ in range(2):
        hook.post_once(command_id=command)

    assert [each.said(hook.secret)["type"] for each in receiver.posted] == ["countersign.webhook.test"] * 2
    assert len(set(receiver.ids())) == 1
    assert hook.kept == before
    assert [(row.position, row.status) for row in hook.attempts()] == [(0, 500)] * 2


def test_for_a_day_the_secret_before_signs_as_well(life: Life, hook: Hook, receiver: Receiver) -> None:
    new = hook.rotate()
    hook.post_once()
    hook.change(old_secret_until=datetime.now(UTC) - timedelta(seconds=1))
    hook.post_once()

    both, one = receiver.posted
    assert both.said(hook.secret) == both.said(new)
    assert one.said(new)
    assert len(one.headers["webhook-signature"].split()) == 1


def test_only_the_newest_attempts_are_kept(life: Life, hook: Hook, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO webhook_attempt (tenant_id, webhook_id, event_id, position, status, milliseconds) "
            "SELECT %s, %s, gen_random_uuid(), n, 200, 1 FROM generate_series(1, 250) AS n",
            (life.org.tenant_id, hook.id),
        )
    hook.post_once()

    kept = hook.attempts()
    assert len(kept) == KEPT_ATTEMPTS
    assert (kept[0].position, kept[-1].position) == (52, 0)


def test_each_organisation_is_told_of_its_own_only(
    life: Life, hook: Hook, receiver: Receiver, desk: Desk, owner_engine: Engine
) -> None:
    happens(Life(desk, make_organisation(owner_engine)), times=3)
    ours = happens(life)

    hook.turn()

    assert receiver.subjects() == ours


# What the doctor finds


def test_the_doctor_finds_gaps_and_webhooks_that_nobody_posts_to(
    life: Life, hook: Hook, owner_engine: Engine, receiver: Receiver
) -> None:
    happens(life, times=3)
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        place(session, life.org.tenant_id)
        end = last_position(session, life.org.tenant_id)

    def found() -> list[str]:
        with read_session(life.desk.engine, life.org.tenant_id) as session:
            return list(findings(session))

    assert found() == []  # it is behind, but only since just now
    with owner_engine.begin() as connection:
        late = "UPDATE outbox SET occurred_at = now() - interval '2 hours' WHERE tenant_id = %s"
        connection.exec_driver_sql(late, (life.org.tenant_id,))
    assert found() == [f"webhook {hook.id}: events wait for it since more than an hour, and nobody posts them"]
    hook.turn()
    assert found() == []
    with owner_engine.begin() as connection:
        gap = "UPDATE outbox SET position = position + 5 WHERE tenant_id = %s AND position = %s"
        connection.exec_driver_sql(gap, (life.org.tenant_id, end))
    assert found() == [f"feed: it has {end} events with a place, and the last place is {end + 5}"]
