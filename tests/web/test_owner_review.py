"""What somebody else did to one's time: shown until one says that it is right, or what is not."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.commands import Asked
from models.tables.delivery import OutboxEvent
from models.tables.timecard import OwnerReview
from tests.desk import Life
from tests.factories import MONDAY, NEXT_MONDAY, Asking, Organisation, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    return Life(site.desk, org)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


@pytest.fixture
def act(life: Life) -> UUID:
    """Roland recorded a shift for Duane."""
    recorded = life.because(life.roland, "He has no network.").record(worked("09:00", "17:00"))
    life.desk.do(recorded)
    return recorded.id


class TestWhatIsShown:
    async def test_the_owner_sees_what_was_done_by_whom_and_why(self, duane: Browser, monday: str, act: UUID) -> None:
        page = await duane.page(monday)

        panel = next(page.root.all(id="acts")).text
        assert panel.startswith("Roland Fuller changed this week Is it right? Time recorded")
        assert "Roland Fuller as supervisor Mon 16 Nov, 09:00 – 17:00 · Shift He has no network." in panel
        assert review(monday, act) in {form.action for form in page.forms}

    async def test_an_amendment_shows_before_and_now(self, life: Life, duane: Browser, monday: str) -> None:
        done = life.record("09:00", "17:00")
        assert done.entry_id
        amended = life.because(life.roland, "He left early.").amend(done.entry_id, 1, worked("09:00", "15:00"))
        life.desk.do(amended)

        panel = next((await duane.page(monday)).root.all(id="acts")).text

        assert "Time amended" in panel
        assert "Finish: 17:00 → became 15:00" in panel

    @pytest.mark.parametrize(
        ("asked", "title"),
        [
            (lambda life, entry: life.because(life.roland, "So.").remove(entry, 1), "Time removed"),
            (lambda life, entry: life.because(life.roland, "So.").note("Was there.", entry_id=entry), "Note added"),
            (lambda life, entry: life.suzanne_for(life.org.duane).remove(entry, 1), "Time removed"),
        ],
    )
    async def test_every_kind_of_act_is_shown(
        self, life: Life, duane: Browser, monday: str, asked: Callable[[Life, UUID | None], Asked], title: str
    ) -> None:
        life.desk.do(asked(life, life.record().entry_id))

        assert title in next((await duane.page(monday)).root.all(id="acts")).text

    async def test_ones_own_acts_and_the_schedulers_are_none(self, life: Life, duane: Browser, monday: str) -> None:
        life.record()
        life.plan(day=MONDAY + timedelta(days=1))

        page = await duane.page(monday)

        assert not list(page.root.all(id="acts"))
        assert count(page) == ""

    async def test_the_frame_counts_what_waits_in_all_weeks_and_the_week_names_the_others(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str, act: UUID
    ) -> None:
        there = Asking(org, org.duane, org.roland, NEXT_MONDAY, reason="He is away.")
        for hour in (9, 11):
            life.desk.do(there.record(worked(f"{hour:02}:00", f"{hour + 1}:00", NEXT_MONDAY)))

        page = await duane.page(monday)

        assert count(page) == "3"
        assert count(await duane.page("/balances")) == "3"
        assert "week of 23 November (2)" in next(page.root.all(id="acts")).text
        assert f"{site.week(org, org.duane, NEXT_MONDAY)}#acts" in page.links

    async def test_others_read_what_the_owner_says_and_have_nothing_to_answer(
        self, site: Site, org: Organisation, duane: Browser, monday: str, act: UUID
    ) -> None:
        roland = site.browser(org, org.roland)
        page = await roland.page(monday)
        assert "Roland Fuller changed Duane Barry’s week" in page.main.text
        assert "Not answered yet" in page.main.text
        assert not page.offers(review(monday, act))
        assert count(page) == ""

        await duane.follow(await answered(duane, monday, act, "disputed", "I was ill."))

        assert "Disputed Duane Barry: “I was ill.”" in (await roland.page(monday)).main.text


class TestAnswering:
    async def test_that_it_is_right(
        self, site: Site, org: Organisation, duane: Browser, monday: str, act: UUID
    ) -> None:
        page = await duane.page(monday)
        (right,) = [form for form in page.forms if form.fields.get("verdict") == "confirmed"]

        page = await duane.follow(await duane.send(right))

        assert "You said that it is right." in page.notice
        assert not list(page.root.all(id="acts"))
        assert count(page) == ""
        assert said(site, org) == [(act, "confirmed", None)]
        assert told(site, org, act) == ["countersign.act.confirmed"]

    async def test_that_it_is_not_and_why(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str, act: UUID
    ) -> None:
        page = page_of(await answered(duane, monday, act, "disputed"), 400)
        assert "Say what is not right" in page.problem(f"{act}-reason")
        assert "autofocus" in next(page.root.all(id=f"{act}-reason")).attributes

        await duane.follow(await answered(duane, monday, act, "disputed", "I was ill."))

        assert said(site, org) == [(act, "disputed", "I was ill.")]
        assert told(site, org, act) == ["countersign.act.disputed"]
        history = await duane.page(f"/history/{life.key.timesheet_id}")
        assert "Disputed Duane Barry: “I was ill.”" in history.main.text

    async def test_the_same_answer_twice_is_kept_once(
        self, site: Site, org: Organisation, duane: Browser, monday: str, act: UUID
    ) -> None:
        for _ in range(2):
            assert (await answered(duane, monday, act, "disputed", "I was ill.")).status_code == 303

        assert len(said(site, org)) == len(told(site, org, act)) == 1

    @pytest.mark.parametrize(("verdict", "reason"), [("confirmed", None), ("disputed", "I was on leave.")])
    async def test_another_answer_is_refused_and_the_first_stays(
        self,
        site: Site,
        org: Organisation,
        duane: Browser,
        monday: str,
        act: UUID,
        verdict: str,
        reason: str | None,
    ) -> None:
        await answered(duane, monday, act, "disputed", "I was ill.")

        page = page_of(await answered(duane, monday, act, verdict, reason), 409)

        assert "You disputed this already." in page.alert
        assert said(site, org) == [(act, "disputed", "I was ill.")]

    @pytest.mark.parametrize("verdict", ["", "maybe", "CONFIRMED", "'"])
    async def test_no_other_verdict_is_known(
        self, site: Site, org: Organisation, duane: Browser, monday: str, act: UUID, verdict: str
    ) -> None:
        page = page_of(await answered(duane, monday, act, verdict), 400)

        assert "Choose whether it is right" in page.alert
        assert said(site, org) == []

    async def test_only_the_owner_answers(
        self, site: Site, org: Organisation, monday: str, act: UUID, owner_engine: Engine
    ) -> None:
        """Not the one who did it, and not an administrator who acts for the owner."""
        other = make_organisation(owner_engine)
        for browser in (
            site.browser(org, org.roland),
            site.browser(org, org.suzanne),
            await site.acting(org, org.duane),
        ):
            page_of(await answered(browser, monday, act, "confirmed"), 403)
        for browser in (site.browser(org, org.max), site.browser(other, other.suzanne)):
            page_of(await answered(browser, monday, act, "confirmed"), 404)

        assert said(site, org) == []
        acting = await (await site.acting(org, org.duane)).page(monday)
        assert not acting.offers(review(monday, act))

    async def test_what_is_no_act_of_somebody_else_has_no_answer(
        self, site: Site, org: Organisation, life: Life, duane: Browser, monday: str
    ) -> None:
        own = life.duane.record(worked("09:00", "10:00"))
        life.desk.do(own)
        asked_only = life.because(life.roland, "So.").record(worked("12:00", "13:00"))
        life.desk.ask(asked_only)
        life.plan("14:00", "15:00")
        elsewhere = Asking(org, org.max, org.roland, reason="So.").record(worked("09:00", "10:00"))
        life.desk.do(elsewhere)

        for nothing in (own.id, asked_only.id, elsewhere.id, uuid4()):
            page_of(await answered(duane, monday, nothing, "confirmed"), 404)
        assert said(site, org) == []

    async def test_htmx_and_a_reload_lead_to_the_week(self, duane: Browser, monday: str, act: UUID) -> None:
        refused = await answered(duane.by_htmx, monday, act, "disputed")
        assert page_of(refused, 400).problem(f"{act}-reason")
        assert "<html" not in refused.text

        assert (await duane.get(review(monday, act))).headers["Location"] == monday
        kept = await answered(duane.by_htmx, monday, act, "confirmed")
        assert kept.headers["Location"] == monday


def review(monday: str, act: UUID) -> str:
    """Where an answer to an act is sent."""
    return f"{monday}/acts/{act}/review"


async def answered(browser: Browser, monday: str, act: UUID, verdict: str, reason: str | None = None) -> Response:
    """An answer as the form sends it."""
    return await browser.post_form(review(monday, act), verdict=verdict, reason=reason, command_id=None)


def said(site: Site, org: Organisation) -> list[tuple[UUID, str, str | None]]:
    """Every answer on record."""
    return [(each.command_id, each.verdict, each.reason) for each in site.rows(org, OwnerReview)]


def told(site: Site, org: Organisation, act: UUID) -> list[str]:
    """What others were told about the answer to an act."""
    return [event.type for event in site.rows(org, OutboxEvent) if event.subject == str(act)]


def count(page: Page) -> str:
    """What the frame says of one's own week."""
    return next(page.root.all(id="acts-count")).text
