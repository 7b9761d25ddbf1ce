"""Notes: said about a day or an entry, by whoever may record on it, and never changed."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.standard import SHIFT
from models.tables.timecard import Note
from tests.factories import MONDAY, Asking, Organisation, change_type, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page

TUESDAY = MONDAY + timedelta(days=1)
NASTY = "</textarea><svg/onload=alert(1)>"


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


class TestOnADay:
    async def test_a_note_is_kept_and_shown_with_who_wrote_it(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/notes")

        page = await duane.follow(await duane.send(form, content="Van broke down.\r\nWalked."))

        assert "The note is kept." in page.notice
        assert said(page)[0].startswith("Van broke down. Walked. Duane Barry, ")
        assert [(note.content, note.local_date) for note in site.rows(org, Note)] == [
            ("Van broke down.\nWalked.", MONDAY)
        ]

    async def test_the_cell_of_an_entry_with_a_note_has_a_mark(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        await site.give(Asking(org, org.duane, org.duane).record(worked("09:00", "12:00", note="Van broke down.")))
        await site.give(Asking(org, org.duane, org.duane).record(worked("09:00", "12:00", TUESDAY)))

        marked = list((await duane.page(monday)).root.all(class_="note-dot"))

        assert [each.text for each in marked] == ["Has a note"]

    async def test_the_form_says_that_it_is_for_good_and_how_long_it_may_be(self, duane: Browser, monday: str) -> None:
        page = await duane.page(monday)

        hint = next(page.root.all(id="content-hint")).text
        assert "nobody can change or remove it" in hint
        assert "At most 250 characters." in hint

    async def test_a_refused_note_comes_back_beside_its_field_and_leaves_the_entry_form_alone(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        for content, says in (("", "Write what you want to have said"), ("x" * 251, "at most 250 characters")):
            page = page_of(await duane.post_form(f"{monday}/notes", content=content), 400)

            assert says in page.problem("content")
            assert page.form(f"{monday}/notes").fields["content"] == content
            assert page.form(f"{monday}/entries").fields["start"] == ""
            assert "Nothing was saved yet" not in page.alert
        assert site.rows(org, Note) == []

    async def test_sent_twice_it_is_kept_once(self, site: Site, org: Organisation, duane: Browser, monday: str) -> None:
        form = (await duane.page(monday)).form(f"{monday}/notes")

        for _ in range(2):
            await duane.follow(await duane.send(form, content="Once."))

        assert len(site.rows(org, Note)) == 1

    async def test_a_frozen_week_takes_none_and_shows_those_it_has(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        site.desk.do(Asking(org, org.duane, org.duane).note("Early start."))
        await site.bring_to(org, State.SUBMITTED)

        page = page_of(await duane.post_form(f"{monday}/notes", content="Too late."), 409)

        assert "This timesheet is submitted" in page.alert
        assert not page.offers(f"{monday}/notes")
        assert said(page)[0].startswith("Early start.")

    async def test_somebody_else_says_why_and_the_owner_sees_who_it_was(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        roland = site.browser(org, org.roland)
        form = (await roland.page(monday)).form(f"{monday}/notes")

        page = page_of(await roland.send(form, content="Was on site."), 400)
        assert "give a reason" in page.problem("note-reason")

        await roland.follow(await roland.send(page.form(f"{monday}/notes"), reason="Duane is away."))
        assert said(await duane.page(monday))[0].startswith("Was on site. Roland Fuller, ")

    async def test_an_administrator_acting_for_somebody_needs_no_other_reason(
        self, site: Site, org: Organisation, monday: str
    ) -> None:
        suzanne = await site.acting(org, org.duane)
        form = (await suzanne.page(monday)).form(f"{monday}/notes")
        assert "reason" not in form.named

        page = await suzanne.follow(await suzanne.send(form, content="He rang in."))

        assert said(page)[0].startswith("He rang in. Suzanne Modeski on behalf of Duane Barry, ")

    async def test_strangers_learn_and_write_nothing(
        self, site: Site, org: Organisation, monday: str, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        strangers = [site.browser(org, org.max), site.browser(other, other.suzanne), site.browser(other, other.duane)]

        for browser in strangers:
            assert (await browser.post_form(f"{monday}/notes", content="Hello.")).status_code == 404
        page_of(await site.browser(org, org.diana).post_form(f"{monday}/notes", content="Hello.", reason="Why."), 403)
        assert site.rows(org, Note) == []

    async def test_what_is_written_is_text(self, duane: Browser, monday: str) -> None:
        page = await duane.follow(await duane.post_form(f"{monday}/notes", content=NASTY))

        assert said(page)[0].startswith(NASTY)
        assert "<svg/onload" not in page.html

    async def test_htmx_gets_the_week_either_way(self, duane: Browser, monday: str) -> None:
        kept = await duane.by_htmx.post_form(f"{monday}/notes", content="Here.")
        refused = await duane.by_htmx.post_form(f"{monday}/notes", content=" ")

        assert kept.headers["Location"] == monday
        assert page_of(refused, 400).problem("content")
        assert "<html" not in refused.text

    async def test_the_address_of_a_refused_note_leads_to_the_day(self, duane: Browser, monday: str) -> None:
        assert (await duane.get(f"{monday}/notes")).headers["Location"] == monday


class TestOnAnEntry:
    async def test_a_note_is_kept_with_the_entry_and_another_one_may_follow(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")
        page = await duane.follow(await duane.send(form, start="9", finish="17", note="Two dogs."))
        assert "on Shift" in said(page)[0]

        (entry,) = site.live(org.key(org.duane))
        page = await duane.page(f"{monday}?edit={entry.id}")
        assert "Add another note" in page.main.text
        assert "Two dogs." in next(page.root.all(id="entry-form")).text
        await duane.follow(await duane.send(page.form(f"{monday}/entries/{entry.id}"), note="And a cat."))

        assert [(note.content, note.entry_version) for note in notes(site, org, entry.id)] == [
            ("Two dogs.", 1),
            ("And a cat.", 2),
        ]

    async def test_a_note_is_asked_for_as_the_type_says(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        rules = {"project": "optional", "task": "optional", "mealBreak": "optional"}
        change_type(owner_engine, org, SHIFT, fields=rules | {"note": "hidden"})
        assert "note" not in (await duane.page(monday)).form(f"{monday}/entries").named

        change_type(owner_engine, org, SHIFT, fields=rules | {"note": "required"})
        page = page_of(await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="17"), 400)
        assert page.problem("note") == "This kind of time needs a note."

        form = page.form(f"{monday}/entries")
        await duane.follow(await duane.send(form, note="Two dogs."))
        (entry,) = site.live(org.key(org.duane))
        again = (await duane.page(f"{monday}?edit={entry.id}")).form(f"{monday}/entries/{entry.id}")
        await duane.follow(await duane.send(again, finish="16:00"))

    async def test_a_note_on_a_removed_entry_stays_on_its_day(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        mine = Asking(org, org.duane, org.duane)
        done = site.desk.do(mine.record(worked("09:00", "17:00", note="Two dogs.")))
        assert done.entry_id
        site.desk.do(mine.remove(done.entry_id, 1))

        assert said(await duane.page(monday))[0].startswith("Two dogs. Duane Barry")


def said(page: Page) -> list[str]:
    """The notes of the open day, as one reads them."""
    return [each.text for list_ in page.root.all("ul", class_="notes") for each in list_.all(class_="said")]


def notes(site: Site, org: Organisation, entry_id: UUID) -> list[Note]:
    """What was said about an entry, in order."""
    return sorted(
        (note for note in site.rows(org, Note) if note.entry_id == entry_id), key=lambda note: note.created_at
    )
