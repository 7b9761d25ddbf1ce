"""The clock of the week page: what runs is an entry without an end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.commands import EntryFields
from models.rules.lines import Line
from models.rules.transitions import State
from models.standard import SHIFT, TRAINING
from models.tables.timecard import TimeEntry, TimeEntryVersion
from models.tables.timesheet import Command
from tests.factories import Asking, Organisation, make_organisation
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page


@dataclass(frozen=True)
class Clock:
    """Duane's present week in somebody's browser."""

    site: Site
    org: Organisation
    browser: Browser

    @property
    def at(self) -> str:
        """The address of today."""
        return self.site.week(self.org, self.org.duane, self.now.date())

    @property
    def now(self) -> datetime:
        """As the pages have it, to the minute."""
        return self.site.services.now().replace(second=0, microsecond=0)

    @property
    def entries(self) -> list[TimeEntry]:
        """Duane's, by start."""
        return sorted(self.site.rows(self.org, TimeEntry), key=lambda entry: entry.start_at)

    async def start(self, **fields: object) -> Page:
        """Press Start."""
        form = (await self.browser.page(self.at)).form(f"{self.at}/timer")
        return await self.browser.follow(await self.browser.send(form, **fields))

    async def stop(self) -> Page:
        """Press Stop."""
        form = (await self.browser.page(self.at)).form(f"{self.at}/timer/stop")
        return await self.browser.follow(await self.browser.send(form))

    def record(self, start: datetime, end: datetime | None, project_id: UUID | None = None) -> None:
        """Something that was recorded before."""
        mine = Asking(self.org, self.org.duane, self.org.duane, start.date())
        self.site.desk.do(mine.record(EntryFields(SHIFT, start, end, project_id)))


@pytest.fixture
def clock(site: Site, org: Organisation) -> Clock:
    return Clock(site, org, site.browser(org, org.duane))


async def test_start_records_what_has_no_end_and_stop_ends_it(clock: Clock) -> None:
    before = clock.now
    page = await clock.start(line=Line(TRAINING))

    (entry,) = clock.entries
    assert (entry.time_period_type_id, entry.end_at, entry.start_at.second) == (TRAINING, None, 0)
    assert before <= entry.start_at <= clock.now
    assert "Running since" in page.notice
    assert next(page.root.all(id="running")).text.startswith(f"Running since {entry.start_at:%H:%M}")

    page = await clock.stop()
    (entry,) = clock.entries
    assert entry.end_at is not None
    assert entry.start_at < entry.end_at <= clock.now + timedelta(minutes=1)
    assert entry.version == 2
    assert "Stopped:" in page.notice
    assert not list(page.root.all(id="running"))


async def test_start_offers_what_was_recorded_last(clock: Clock) -> None:
    dogs = clock.org.projects["proj-533"]
    clock.record(clock.now - timedelta(days=20), clock.now - timedelta(days=20, hours=-1), project_id=dogs)

    form = (await clock.browser.page(clock.at)).form(f"{clock.at}/timer")
    assert form.fields["line"] == str(Line(SHIFT, dogs))
    await clock.browser.follow(await clock.browser.post_form(form.action))

    assert [entry.project_id for entry in clock.entries] == [dogs, dogs]


async def test_starting_again_at_once_after_stopping_follows_on(clock: Clock) -> None:
    await clock.start()
    await clock.stop()
    await clock.start()

    first, second = clock.entries
    assert second.end_at is None
    assert first.end_at is not None
    assert first.end_at <= second.start_at


async def test_a_second_start_is_refused_kindly(clock: Clock) -> None:
    form = (await clock.browser.page(clock.at)).form(f"{clock.at}/timer")
    await clock.browser.follow(await clock.browser.send(form))

    for browser in (clock.browser, clock.browser.by_htmx):
        page = page_of(await browser.post_form(form.action), 400)
        assert "Shift is running since" in page.alert
        assert "Stop it first." in page.alert
    assert len(clock.entries) == 1


async def test_the_same_form_twice_starts_and_stops_once(clock: Clock) -> None:
    start = (await clock.browser.page(clock.at)).form(f"{clock.at}/timer")
    for _ in range(2):
        page = await clock.browser.follow(await clock.browser.send(start))
        assert "Running since" in page.notice
    stop = page.form(f"{clock.at}/timer/stop")
    for _ in range(2):
        assert "Stopped:" in (await clock.browser.follow(await clock.browser.send(stop))).notice

    assert sorted(command.kind for command in clock.site.rows(clock.org, Command)) == ["amend", "record"]


async def test_a_stale_stop_changes_nothing(clock: Clock) -> None:
    page = await clock.start()
    stop = page.form(f"{clock.at}/timer/stop")
    await clock.stop()

    for given in ({}, {"version": 7}, {"entry_id": uuid4()}, {"entry_id": "x"}):
        page = page_of(await clock.browser.send(stop, command_id=uuid4(), **given), 412)
        assert "meanwhile" in page.alert
    (entry,) = clock.entries
    assert entry.version == 2


async def test_what_runs_since_another_week_is_stopped_from_there(clock: Clock) -> None:
    clock.record(clock.now - timedelta(days=10), None)
    (entry,) = clock.entries

    page = await clock.browser.page(clock.at)
    link = next(page.root.all(id="running"))
    assert "Running since" in link.text
    then = clock.site.week(clock.org, clock.org.duane, entry.start_at.date())
    assert not page.offers(f"{clock.at}/timer/stop")
    assert not page.offers(f"{clock.at}/timer")

    stop = (await clock.browser.page(then)).form(f"{then}/timer/stop")
    await clock.browser.follow(await clock.browser.send(stop))
    assert clock.entries[0].end_at is not None


async def test_what_is_in_the_way_is_named(clock: Clock) -> None:
    clock.record(clock.now - timedelta(minutes=30), clock.now + timedelta(minutes=30))

    page = page_of(await clock.browser.post_form(f"{clock.at}/timer"), 400)

    assert "must not overlap" in page.alert
    assert "Shift, " in page.alert


async def test_a_submitted_week_has_no_clock(clock: Clock) -> None:
    form = (await clock.browser.page(clock.at)).form(f"{clock.at}/timer")
    await clock.site.bring_to(clock.org, State.SUBMITTED, day=clock.now.date())

    page = page_of(await clock.browser.send(form), 409)

    assert "This timesheet is submitted." in page.alert
    assert not page.offers(f"{clock.at}/timer")


async def test_the_clock_is_the_owners_or_who_acts_for_them(clock: Clock) -> None:
    roland = clock.site.browser(clock.org, clock.org.roland)
    assert not (await roland.page(clock.at)).offers(f"{clock.at}/timer")
    assert (await roland.post_form(f"{clock.at}/timer")).status_code == 400

    suzanne = Clock(clock.site, clock.org, await clock.site.acting(clock.org, clock.org.duane))
    await suzanne.start()
    await suzanne.stop()
    kept = {
        (version.recorded_by_id, version.on_behalf_of_id) for version in clock.site.rows(clock.org, TimeEntryVersion)
    }
    assert kept == {(clock.org.suzanne, clock.org.duane)}


async def test_strangers_learn_and_change_nothing(clock: Clock, owner_engine: Engine) -> None:
    page = await clock.start()
    fields = page.form(f"{clock.at}/timer/stop").fields
    other = make_organisation(owner_engine)
    diana = clock.site.browser(clock.org, clock.org.diana)
    assert (await diana.post_form(f"{clock.at}/timer/stop", **fields)).status_code == 403
    for browser in (clock.site.browser(clock.org, clock.org.max), clock.site.browser(other, other.suzanne)):
        for path in ("timer", "timer/stop"):
            answer = await browser.post_form(f"{clock.at}/{path}", entry_id=fields["entry_id"], version=1)
            assert answer.status_code == 404
    his = clock.site.week(clock.org, clock.org.max, clock.now.date())
    max_ = clock.site.browser(clock.org, clock.org.max)
    assert (await max_.post_form(f"{his}/timer/stop", entry_id=fields["entry_id"], version=1)).status_code == 412
    assert [entry.version for entry in clock.entries] == [1]


async def test_the_id_of_another_form_starts_and_stops_nothing(clock: Clock) -> None:
    id_ = uuid4()
    assert (await clock.browser.post_form(f"{clock.at}/notes", command_id=id_, content="Late.")).status_code == 303
    refused = await clock.browser.post_form(f"{clock.at}/timer", command_id=id_)
    assert page_of(refused, 409).alert.startswith("This form was already sent with other content.")

    running = (await clock.start()).form(f"{clock.at}/timer/stop").fields
    assert (await clock.browser.post_form(f"{clock.at}/timer/stop", **running | {"command_id": id_})).status_code == 409
    assert [entry.version for entry in clock.entries] == [1]


async def test_the_addresses_lead_back_to_the_week(clock: Clock) -> None:
    for path in ("timer", "timer/stop"):
        assert (await clock.browser.get(f"{clock.at}/{path}")).headers["Location"] == clock.at
