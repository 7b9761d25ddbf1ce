"""Events about planned shifts by HTTP: applied once, in whatever order they come, or kept with the reason."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from giving import Commands
from models.errors import DomainError, Unavailable, Withdrawn
from models.rules.transitions import CommandKind, State
from models.standard import SHIFT
from models.tables.intake import DeadLetter
from models.tables.timecard import TimeEntry, TimeEntryVersion
from tests.factories import MONDAY, NEXT_MONDAY, Asking, Organisation, at, hire, make_organisation, worked
from tests.web.api.conftest import ENTRIES, Api, Program
from web.auth.tokens import Scope

EVENTS = "/events"


@pytest.fixture
def scheduler_id(api: Api, org: Organisation) -> UUID:
    return hire(api.site.owner_engine, org, "scheduler", "integration")


@pytest.fixture
def scheduler(api: Api, org: Organisation, scheduler_id: UUID) -> Program:
    """The rostering system."""
    return api.program(org, scheduler_id, Scope.EVENTS)


def event(org: Organisation, entry_id: UUID, version: int = 1, action: str = "create", **others: Any) -> dict[str, Any]:
    """What the scheduler says of a shift of Duane's on Monday, 09:00 to 17:00."""
    day = others.pop("day", MONDAY)
    data = {
        "entryId": str(entry_id),
        "personId": str(org.duane),
        "timePeriodTypeId": str(SHIFT),
        "plannedStartTime": at(day, "09:00").isoformat(),
        "plannedEndTime": at(day, "17:00").isoformat(),
        "shiftType": "early",
        "version": version,
        "action": action,
    }
    attributes = {"specversion": "1.0", "source": "/roster", "type": "countersign.scheduled-entry"}
    return attributes | {"id": str(uuid4()), "data": data | others}


async def send(program: Program, said: object) -> Response:
    """Send an event; bytes as they are."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return await program.post(EVENTS, body)


async def outcome(program: Program, said: object) -> str:
    """What becomes of an event."""
    answer = await send(program, said)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["outcome"])


def entry(api: Api, org: Organisation, entry_id: UUID) -> TimeEntry:
    found: TimeEntry
    (found,) = [row for row in api.site.rows(org, TimeEntry) if row.id == entry_id]
    return found


def letters(api: Api, org: Organisation) -> list[DeadLetter]:
    return api.site.rows(org, DeadLetter)


async def test_a_planned_shift_becomes_an_entry_that_counts_nowhere(
    api: Api, org: Organisation, scheduler: Program, duane: Program
) -> None:
    id_ = uuid4()

    assert await outcome(scheduler, event(org, id_)) == "applied"

    (shown,) = (await duane.get(ENTRIES, date=MONDAY)).json()["items"]
    assert shown["id"] == str(id_)
    assert shown["confirmed"] is False
    assert shown["plannedStartTime"] == shown["actualStartTime"] == at(MONDAY, "09:00").isoformat()
    assert shown["shiftType"] == "early"
    assert api.site.live(org.key(org.duane)) == []


async def test_an_event_that_is_delivered_again_changes_nothing(
    api: Api, org: Organisation, scheduler: Program
) -> None:
    said = event(org, uuid4())
    assert await outcome(scheduler, said) == "applied"
    before = api.saved(org)

    assert await outcome(scheduler, said) == "ignored"
    assert api.saved(org) == before


async def test_an_older_event_is_ignored_whenever_it_comes(api: Api, org: Organisation, scheduler: Program) -> None:
    id_ = uuid4()
    assert await outcome(scheduler, event(org, id_, 3, "update", day=MONDAY + timedelta(days=2))) == "applied"
    assert await outcome(scheduler, event(org, id_, 1, "create")) == "ignored"
    assert await outcome(scheduler, event(org, id_, 2, "update")) == "ignored"

    assert entry(api, org, id_).start_at == at(MONDAY + timedelta(days=2), "09:00")


async def test_a_shift_taken_back_before_it_was_heard_of_never_appears(
    api: Api, org: Organisation, scheduler: Program
) -> None:
    id_ = uuid4()
    gone = event(org, id_, 2, "delete")
    for name in ("timePeriodTypeId", "plannedStartTime", "plannedEndTime"):
        del gone["data"][name]

    assert await outcome(scheduler, gone) == "ignored"
    assert await outcome(scheduler, event(org, id_, 1, "create")) == "ignored"

    assert [row.id for row in api.site.rows(org, TimeEntry)] == []
    assert api.site.sheet(org.key(org.duane)) is None or api.site.live(org.key(org.duane)) == []


async def test_a_planned_shift_moves_to_another_week_and_goes(
    api: Api, org: Organisation, scheduler: Program, duane: Program
) -> None:
    id_ = uuid4()
    await outcome(scheduler, event(org, id_))
    assert await outcome(scheduler, event(org, id_, 2, "update", day=NEXT_MONDAY)) == "applied"
    assert (await duane.get(ENTRIES, date=MONDAY)).json()["items"] == []
    assert len((await duane.get(ENTRIES, date=NEXT_MONDAY)).json()["items"]) == 1

    assert await outcome(scheduler, event(org, id_, 3, "delete")) == "applied"
    assert (await duane.get(ENTRIES, date=NEXT_MONDAY)).json()["items"] == []


async def test_what_was_worked_stays_when_the_plan_changes(api: Api, org: Organisation, scheduler: Program) -> None:
    id_ = uuid4()
    await outcome(scheduler, event(org, id_))
    mine = Asking(org, org.duane, org.duane)
    await api.site.give(mine.confirm(id_))

    assert await outcome(scheduler, event(org, id_, 2, "update", day=NEXT_MONDAY)) == "applied"

    found = entry(api, org, id_)
    assert (found.start_at, found.planned_start_at) == (at(MONDAY, "09:00"), at(NEXT_MONDAY, "09:00"))
    assert found.confirmed


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"{nonsense", "no JSON"),
        (b"[]", "valid dictionary"),
        (b"\xff\xfe\x00", "no JSON"),
        (b'{"specversion":"1.0","id":"1","source":"/r","type":"something.else","data":{}}', "type"),
        (b'{"specversion":"1.0","id":"1","source":"/r","type":"countersign.scheduled-entry"}', "data"),
        (b"[" * 100_000, "no JSON"),
    ],
)
async def test_what_cannot_be_understood_is_kept_as_it_came(
    api: Api, org: Organisation, scheduler: Program, said: bytes, reason: str
) -> None:
    answer = await send(scheduler, said)
    again = await send(scheduler, said)

    assert answer.json()["outcome"] == again.json()["outcome"] == "kept"
    (letter,) = letters(api, org)
    assert reason in letter.reason
    assert (letter.tries, letter.route) == (2, "http")
    assert letter.body == said.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"plannedStartTime": "2026-02-30T09:00:00+00:00"}, "plannedStartTime"),
        ({"plannedStartTime": "2026-11-16T09:00:00"}, "offset"),
        ({"plannedEndTime": at(MONDAY, "08:00").isoformat()}, "after"),
        ({"timePeriodTypeId": str(uuid4())}, "no such time period type"),
        ({"personId": str(uuid4())}, "no such person"),
        ({"version": "1"}, "version"),
        ({"action": "explode"}, "action"),
        ({"shiftType": "x" * 51}, "shiftType"),
        ({"plannedStartTime": None}, "needed"),
    ],
)
async def test_what_cannot_be_taken_is_kept_with_the_reason(
    api: Api, org: Organisation, scheduler: Program, others: dict[str, Any], reason: str
) -> None:
    assert await outcome(scheduler, event(org, uuid4(), **others)) == "kept"

    (letter,) = letters(api, org)
    assert reason in letter.reason
    assert api.site.rows(org, TimeEntryVersion) == []


async def test_a_plan_that_something_is_in_the_way_of_is_kept(api: Api, org: Organisation, scheduler: Program) -> None:
    await api.site.give(Asking(org, org.duane, org.duane).record(worked("16:00", "18:00")))

    assert await outcome(scheduler, event(org, uuid4())) == "kept"
    assert "overlap" in letters(api, org)[0].reason


async def test_nothing_is_planned_into_a_week_that_was_certified(
    api: Api, org: Organisation, scheduler: Program
) -> None:
    await api.site.bring_to(org, State.SUBMITTED)

    assert await outcome(scheduler, event(org, uuid4(), day=MONDAY + timedelta(days=1))) == "kept"
    assert "submitted" in letters(api, org)[0].reason


async def test_what_is_older_is_no_trouble_to_a_week_that_was_certified(
    api: Api, org: Organisation, scheduler: Program
) -> None:
    id_ = uuid4()
    await outcome(scheduler, event(org, id_, 2, day=MONDAY + timedelta(days=1)))
    await api.site.give(Asking(org, org.duane, org.duane).confirm(id_))
    await api.site.bring_to(org, State.SUBMITTED)

    assert await outcome(scheduler, event(org, id_, 1, day=MONDAY + timedelta(days=1))) == "ignored"
    assert letters(api, org) == []


async def test_an_entry_of_somebody_else_is_left_alone(api: Api, org: Organisation, scheduler: Program) -> None:
    id_ = uuid4()
    await outcome(scheduler, event(org, id_))

    assert await outcome(scheduler, event(org, id_, 2, "update", personId=str(org.max))) == "kept"
    assert entry(api, org, id_).owner_id == org.duane


async def test_an_id_of_another_organisation_is_no_way_in(api: Api, org: Organisation, scheduler: Program) -> None:
    other = make_organisation(api.site.owner_engine)
    id_ = uuid4()
    theirs = api.program(other, hire(api.site.owner_engine, other, "scheduler", "integration"), Scope.EVENTS)
    assert await outcome(theirs, event(other, id_)) == "applied"

    assert await outcome(scheduler, event(org, id_)) == "kept"
    assert await outcome(scheduler, event(org, uuid4(), personId=str(other.duane))) == "kept"
    assert entry(api, other, id_).version == 1
    assert api.site.rows(org, TimeEntry) == []


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_only_systems_and_administrators_plan(api: Api, org: Organisation, who: str) -> None:
    answer = await send(api.program(org, org.people[who], Scope.EVENTS), event(org, uuid4()))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert letters(api, org) == []


async def test_a_token_for_something_else_is_refused(api: Api, org: Organisation, scheduler_id: UUID) -> None:
    answer = await send(api.program(org, scheduler_id, Scope.READ), event(org, uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert (await send(api.stranger(), event(org, uuid4()))).status_code == 401


async def test_attributes_may_come_as_headers(api: Api, org: Organisation, scheduler: Program) -> None:
    said = event(org, uuid4())
    headers = {f"ce-{name}": said[name] for name in ("specversion", "id", "source", "type")}
    headers |= {"Authorization": f"Bearer {scheduler.token}", "Content-Type": "application/json"}

    answer = await scheduler.client.post(EVENTS, content=json.dumps(said["data"]), headers=headers)

    assert (answer.status_code, answer.json()["outcome"]) == (202, "applied")


@pytest.mark.parametrize("away", [Withdrawn("Nothing was saved."), Unavailable("Nothing was saved.")])
async def test_an_event_that_nobody_took_comes_again_and_is_not_kept(
    api: Api, org: Organisation, scheduler: Program, monkeypatch: pytest.MonkeyPatch, away: DomainError
) -> None:
    async def die(*_: object) -> None:
        raise away

    monkeypatch.setattr(Commands, "give", die)

    assert (await send(scheduler, event(org, uuid4()))).status_code == 503
    assert letters(api, org) == []


class TestDeadLetters:
    """The page of what could not be taken."""

    async def test_an_administrator_tries_it_again_when_it_was_put_right(
        self, api: Api, org: Organisation, scheduler: Program
    ) -> None:
        blocking = await api.site.give(Asking(org, org.duane, org.duane).record(worked("16:00", "18:00")))
        id_ = uuid4()
        await outcome(scheduler, event(org, id_))
        suzanne = api.site.browser(org, org.suzanne)
        page = await suzanne.page("/admin/events")
        (again,) = [form for form in page.forms if form.action.endswith("/replay")]

        still = await suzanne.send(again)
        assert still.status_code == 400
        assert "It still cannot be taken" in still.text

        assert blocking.entry_id
        await api.site.give(Asking(org, org.duane, org.duane).remove(blocking.entry_id, 1))
        assert "Taken." in (await suzanne.follow(await suzanne.send(again))).text
        assert entry(api, org, id_).planned_start_at == at(MONDAY, "09:00")
        (letter,) = letters(api, org)
        assert (letter.outcome, letter.tries, letter.settled_by_id) == ("applied", 2, org.suzanne)
        assert (await suzanne.send(again)).status_code == 404

    async def test_it_may_be_put_away(self, api: Api, org: Organisation, scheduler: Program) -> None:
        await outcome(scheduler, b"{")
        suzanne = api.site.browser(org, org.suzanne)
        page = await suzanne.page("/admin/events")
        (away,) = [form for form in page.forms if form.action.endswith("/discard")]

        assert "Every event was taken" in (await suzanne.follow(await suzanne.send(away))).text
        assert letters(api, org)[0].outcome == "discarded"

    async def test_markup_in_an_event_stays_text(self, api: Api, org: Organisation, scheduler: Program) -> None:
        await outcome(scheduler, b'{"<svg/onload=alert(1)>": "{{7*7}}"}')

        answer = await api.site.browser(org, org.suzanne).get("/admin/events")
        assert "&lt;svg/onload" in answer.text
        assert "<svg/onload" not in answer.text
        assert "{{7*7}}" in answer.text

    async def test_of_a_very_long_event_the_page_shows_the_beginning(
        self, api: Api, org: Organisation, scheduler: Program
    ) -> None:
        long = "[" + "7" * 900_000
        await outcome(scheduler, long.encode())

        page = await api.site.browser(org, org.suzanne).page("/admin/events")

        assert "… and 890,001 characters more" in page.text
        assert len(page.html) < 100_000
        assert letters(api, org)[0].body == long

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_others_see_and_do_nothing(self, api: Api, org: Organisation, scheduler: Program, who: str) -> None:
        await outcome(scheduler, b"{")
        (letter,) = letters(api, org)
        browser = api.site.browser(org, org.people[who])

        assert (await browser.get("/admin/events")).status_code == 404
        for verb in ("replay", "discard"):
            assert (await browser.post_form(f"/admin/events/{letter.id}/{verb}")).status_code == 404
        assert letters(api, org)[0].outcome is None


async def test_the_history_says_that_the_scheduler_planned_it(
    api: Api, org: Organisation, scheduler: Program, scheduler_id: UUID, duane: Program
) -> None:
    await outcome(scheduler, event(org, uuid4()))

    sheet = org.key(org.duane).timesheet_id
    (act,) = (await duane.get(f"/resources/timesheets/{sheet}/history")).json()["items"]
    assert (act["kind"], act["actorId"]) == (CommandKind.SCHEDULE, str(scheduler_id))
