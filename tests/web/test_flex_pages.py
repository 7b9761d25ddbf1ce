"""Shifts changed at short notice: measured while one types, recorded once, and kept for good."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.reads.flex import LABELS
from models.rules.flex import FlexType
from models.rules.transitions import State
from models.standard import ABSENCE
from models.tables.timecard import FlexChange
from tests.factories import MONDAY, Asking, Organisation, at, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page

WEDNESDAY = MONDAY + timedelta(days=2)
NEXT_WEDNESDAY = WEDNESDAY + timedelta(days=7)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


@pytest.fixture
def mine(org: Organisation) -> Asking:
    """Duane on his own week."""
    return Asking(org, org.duane, org.duane)


@pytest.fixture
def shift(site: Site, org: Organisation, mine: Asking) -> UUID:
    """Duane worked from 9 to 17 on the Monday."""
    done = site.desk.do(mine.record(worked("09:00", "17:00", project_id=org.projects["proj-533"], task="washing dog")))
    assert done.entry_id
    return done.entry_id


class TestTheForm:
    async def test_the_day_leads_to_it_and_it_explains_the_four_types(
        self, duane: Browser, monday: str, shift: UUID
    ) -> None:
        address = f"{monday}/entries/{shift}/flex-change"
        assert address in (await duane.page(monday)).links

        page = await duane.page(address)

        assert page.heading == "Shift changed at short notice"
        assert "dog grooming, Monday 16 November, 09:00 – 17:00." in page.main.text
        for words in ("more than 30 minutes", "60 minutes or more", "120 minutes or more", "another day"):
            assert words in page.main.text.lower()
        fields = page.form(address).fields
        assert (fields["day"], fields["start"], fields["finish"]) == (str(MONDAY), "09:00", "17:00")
        assert [each.attributes["value"] for each in page.root.all("option")] == ["Alex Krycek", "Roland Fuller"]

    async def test_a_day_without_an_entry_says_that_one_is_needed(self, duane: Browser, monday: str) -> None:
        page = await duane.page(monday.replace(str(MONDAY), str(WEDNESDAY)))

        assert "A change is recorded on an entry, and there is none on this day." in page.main.text

    async def test_what_is_no_shift_says_so(self, site: Site, duane: Browser, monday: str, mine: Asking) -> None:
        running = site.desk.do(mine.record(worked("09:00", None)))
        absent = site.desk.do(mine.record(worked("00:00", "24:00", WEDNESDAY, ABSENCE)))

        for done, says in ((running, "Give the shift a finish first"), (absent, "A whole day is no shift")):
            address = f"{monday}/entries/{done.entry_id}/flex-change"
            page = await duane.page(address)
            assert says in page.alert
            assert address not in (await duane.page(monday)).links

    async def test_an_entry_of_another_week_or_of_nobody_is_none(
        self, site: Site, org: Organisation, duane: Browser, shift: UUID
    ) -> None:
        elsewhere = site.week(org, org.duane, NEXT_WEDNESDAY)

        for address in (f"{elsewhere}/entries/{shift}", f"{elsewhere}/entries/{uuid4()}"):
            for path in (f"{address}/flex-change", f"{address}/flex-change/preview"):
                page_of(await duane.get(path), 404)


class TestThePreview:
    """What is typed is measured on the server, by the rule that the command is held to."""

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"finish": "17:35"}, "Adds 35 min at the end. Extended"),
            ({"finish": "17:30"}, "Adds 30 min at the end. None of the four"),
            ({"start": "08:00"}, "Adds 60 min at the start. Extended Altered"),
            ({"start": "10:00", "finish": "18:00"}, "Takes 60 min from the start and adds 60 min at the end. Altered"),
            ({"finish": "15:00"}, "Takes 120 min from the end. Curtailed"),
            ({"finish": "15:01"}, "Takes 119 min from the end. None of the four"),
            ({}, "Changes nothing. None of the four"),
            ({"day": "2026-11-18"}, "Moves to Wednesday 18 November, where no work was planned. Completely changed"),
            ({"finish": "02:00"}, "Adds 540 min at the end. Extended Altered"),
        ],
    )
    async def test_says_what_the_change_is(
        self, duane: Browser, monday: str, shift: UUID, typed: dict[str, str], says: str
    ) -> None:
        assert await previewed(duane, monday, shift, **typed) == says

    async def test_says_at_once_that_the_chosen_type_is_another(self, duane: Browser, monday: str, shift: UUID) -> None:
        words = await previewed(duane, monday, shift, type="curtailed", finish="16:00")

        assert words == (
            "Takes 60 min from the end. None of the four This is not curtailed. "
            "Curtailed means: 120 minutes or more taken from the end; it starts as before."
        )
        assert "This is not" not in await previewed(duane, monday, shift, type="extended", finish="18:00")

    async def test_says_when_other_work_stands_on_the_new_day(
        self, site: Site, duane: Browser, monday: str, shift: UUID, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("06:00", "07:00", WEDNESDAY)))

        words = await previewed(duane, monday, shift, day=str(WEDNESDAY))

        assert words == "Moves to Wednesday 18 November, where other work stands already. None of the four"

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"finish": ""}, "Change the day or the times"),
            ({"finish": "25:00"}, "is not a time of day"),
            ({"finish": "09:00"}, "End time must be after start time"),
            ({"day": "2026-02-30"}, "Choose a day"),
            ({"day": "0001-01-01"}, "Choose a day"),
            ({"type": "x" * 5_000}, "None of the four"),
        ],
    )
    async def test_what_cannot_be_read_is_said_and_never_a_fault(
        self, duane: Browser, monday: str, shift: UUID, typed: dict[str, str], says: str
    ) -> None:
        assert says in await previewed(duane, monday, shift, **typed)

    async def test_without_javascript_a_button_measures_and_keeps_what_was_typed(
        self, duane: Browser, monday: str, shift: UUID
    ) -> None:
        address = f"{monday}/entries/{shift}/flex-change"
        assert any((await duane.page(address)).root.all("button", formmethod="get", formaction=address))

        page = await duane.page(f"{address}?start=09:00&finish=18:00&day={MONDAY}&type=extended&authorised_by=Roland")

        assert "Adds 60 min at the end." in page.main.text
        fields = page.form(address).fields
        assert (fields["finish"], fields["type"], fields["authorised_by"]) == ("18:00", "extended", "Roland")


class TestRecording:
    async def test_the_entry_changes_and_the_record_stands_on_the_day(
        self, site: Site, org: Organisation, duane: Browser, monday: str, shift: UUID
    ) -> None:
        form = (await duane.page(f"{monday}/entries/{shift}/flex-change")).form(f"{monday}/entries/{shift}/flex-change")
        typed = {"type": "extended", "finish": "17:45", "authorised_by": "roland  FULLER", "note": "Late bus."}

        page = await duane.follow(await duane.send(form, **typed))

        assert "Recorded: extended." in page.notice
        assert flex_words(page).startswith("Extended 09:00 – 17:00 → became 09:00 – 17:45 Late bus. Authorised by")
        assert "Recorded by Duane Barry" in flex_words(page)
        assert "reversed by an adjustment of the balance" in page.main.text
        (change,) = changes(site, org)
        assert (change.authorised_by_id, change.satisfies) == (org.roland, ["extended"])
        (entry,) = site.live(org.key(org.duane))
        assert (entry.version, entry.end_at, entry.task) == (2, at(MONDAY, "17:45"), "washing dog")

    async def test_somebody_who_is_not_above_is_kept_by_name_alone(
        self, site: Site, org: Organisation, duane: Browser, monday: str, shift: UUID
    ) -> None:
        await sent(duane, monday, shift, type="extended", finish="18:00", authorised_by="Max Fenig")

        (change,) = changes(site, org)
        assert (change.authorised_by, change.authorised_by_id) == ("Max Fenig", None)

    async def test_a_shift_moves_to_another_week_and_both_know(
        self, site: Site, org: Organisation, duane: Browser, monday: str, shift: UUID
    ) -> None:
        there = monday.replace(str(MONDAY), str(NEXT_WEDNESDAY))

        page = await duane.follow(await sent(duane, monday, shift, type="completelyChanged", day=str(NEXT_WEDNESDAY)))

        assert next(page.root.all(id="day-title")).text == "Wednesday 25 November"
        for path in (there, monday):
            words = flex_words(await duane.page(path))
            assert words.startswith("Completely changed Mon 16, 09:00 – 17:00 → became Wed 25, 09:00 – 17:00")
        assert site.live(org.key(org.duane)) == []

    @pytest.mark.parametrize(
        ("typed", "field", "says"),
        [
            ({"type": ""}, "type", "Choose what kind of change"),
            ({"type": "curtailed"}, "type", "Curtailed needs 120 minutes or more"),
            ({"type": "x'"}, "type", "Choose what kind of change"),
            ({"start": "half nine"}, "flex-start", "is not a time of day"),
            ({"finish": ""}, "flex-finish", "Write when it ended"),
            ({"day": ""}, "flex-day", "Choose a day"),
            ({"note": "x" * 251}, "flex-note", "at most 250 characters"),
        ],
    )
    async def test_what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_stays(
        self,
        site: Site,
        org: Organisation,
        duane: Browser,
        monday: str,
        shift: UUID,
        typed: dict[str, str],
        field: str,
        says: str,
    ) -> None:
        given = {"type": "extended", "finish": "18:00", "authorised_by": "Roland", "note": "Why not."} | typed

        page = page_of(await sent(duane, monday, shift, **given), 400)

        beside = next(page.root.all(id="type-error")).text if field == "type" else page.problem(field)
        assert says in beside
        shown = page.form(f"{monday}/entries/{shift}/flex-change").fields
        kept = {name: value for name, value in given.items() if name != "type"}
        assert {name: shown[name] for name in kept} == kept
        assert changes(site, org) == []

    async def test_a_type_that_is_not_true_is_told_with_what_is(self, duane: Browser, monday: str, shift: UUID) -> None:
        page = page_of(await sent(duane, monday, shift, type="curtailed", finish="17:45"), 400)

        assert next(page.root.all(id="type-error")).text.endswith("It is extended.")
        assert "Adds 45 min at the end." in page.main.text

    async def test_who_authorised_it_must_be_said(self, duane: Browser, monday: str, shift: UUID) -> None:
        page = page_of(await sent(duane, monday, shift, type="extended", finish="18:00", authorised_by=""), 400)

        assert page.problem("authorised_by") == "Say who authorised it."

    async def test_an_entry_that_changed_meanwhile_is_refused(
        self, site: Site, org: Organisation, duane: Browser, monday: str, shift: UUID, mine: Asking
    ) -> None:
        site.desk.do(mine.amend(shift, 1, worked("09:00", "16:00")))

        page = page_of(await sent(duane, monday, shift, type="extended", finish="18:00", version=1), 412)

        assert "changed since you opened it" in page.alert
        assert changes(site, org) == []

    async def test_a_frozen_week_takes_none(self, site: Site, org: Organisation, duane: Browser, monday: str) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        (entry,) = site.live(key)

        page = page_of(await sent(duane, monday, entry.id, type="extended", finish="18:00"), 409)

        assert "This timesheet is submitted" in page.alert
        assert changes(site, org) == []

    async def test_sent_twice_it_is_recorded_once(
        self, site: Site, org: Organisation, duane: Browser, monday: str, shift: UUID
    ) -> None:
        once = {"type": "extended", "finish": "18:00", "command_id": uuid4()}

        answers = [await sent(duane, monday, shift, **once) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert len(changes(site, org)) == 1

    async def test_a_supervisor_says_why(self, site: Site, org: Organisation, monday: str, shift: UUID) -> None:
        roland = site.browser(org, org.roland)

        page = page_of(await sent(roland, monday, shift, type="extended", finish="18:00"), 400)
        assert "give a reason" in page.problem("flex-reason")
        await roland.follow(await sent(roland, monday, shift, type="extended", finish="18:00", reason="I told him."))

        assert changes(site, org)[0].author_id == org.roland

    async def test_strangers_see_and_change_nothing(
        self, site: Site, org: Organisation, monday: str, shift: UUID, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)

        for browser in (site.browser(org, org.max), site.browser(other, other.suzanne)):
            page_of(await browser.get(f"{monday}/entries/{shift}/flex-change"), 404)
            page_of(await browser.get(f"{monday}/entries/{shift}/flex-change/preview?start=9&finish=18"), 404)
            page_of(await sent(browser, monday, shift, type="extended", finish="18:00", reason="Why."), 404)
        page_of(await sent(site.browser(org, org.diana), monday, shift, type="extended", finish="18:00"), 403)
        assert changes(site, org) == []

    async def test_htmx_gets_the_dialog_back_when_refused(self, duane: Browser, monday: str, shift: UUID) -> None:
        refused = await sent(duane.by_htmx, monday, shift, type="altered", finish="17:30")

        assert any(page_of(refused, 400).root.all("dialog"))
        assert refused.headers["HX-Retarget"] == "#dialog"

    async def test_what_is_typed_is_text(self, duane: Browser, monday: str, shift: UUID) -> None:
        nasty = '"><svg/onload=alert(1)>'

        page = await duane.follow(
            await sent(duane, monday, shift, type="extended", finish="18:00", authorised_by=nasty, note=nasty)
        )

        assert nasty in flex_words(page)
        assert "<svg/onload" not in page.html


def test_every_type_has_words() -> None:
    assert list(LABELS) == list(FlexType)


async def previewed(browser: Browser, monday: str, shift: UUID, **typed: str) -> str:
    """What is said of a change while it is typed."""
    given = {"day": str(MONDAY), "start": "09:00", "finish": "17:00"} | typed
    query = "&".join(f"{name}={value}" for name, value in given.items())
    answer = await browser.by_htmx.get(f"{monday}/entries/{shift}/flex-change/preview?{query}")
    return page_of(answer, 200).text


async def sent(browser: Browser, monday: str, shift: UUID, **typed: object) -> Response:
    """A change as the form sends it; Roland authorised it, if nobody else."""
    given = {"version": 1, "day": MONDAY, "start": "09:00", "finish": "17:00", "authorised_by": "Roland Fuller"}
    return await browser.post_form(f"{monday}/entries/{shift}/flex-change", **(given | typed))


def flex_words(page: Page) -> str:
    """The changes at short notice of the open day, as one reads them."""
    parts = [part for part in page.root.all(class_="day-part") if any(part.all(id="flex-title"))]
    return " ".join(each.text for part in parts for each in part.all("li"))


def changes(site: Site, org: Organisation) -> list[FlexChange]:
    """The changes on record."""
    return site.rows(org, FlexChange)
