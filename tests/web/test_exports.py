"""Files of a timesheet and calendars of shifts: everything is in them, nothing in them runs, nobody gets another's."""

import csv
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import Engine, update

from models.commands import EntryFields
from models.database import read_session
from models.messages import SheetKey
from models.reads.exports import shifts_export
from models.reads.viewer import Onlooker
from models.rules.transitions import CommandKind, State
from models.standard import ABSENCE, ON_CALL, SHIFT
from models.tables.people import Project
from tests.factories import MONDAY, Asking, Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.documents import Workbook, pdf_text, pdf_words
from web.exports import fonts, paper
from web.exports.shifts_ics import shifts_ics

FORMS = ("csv", "xlsx", "pdf")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
HOSTILE = (
    "=1+1",
    "+",
    "-1",
    "@x",
    "\tx",
    "\rx",
    "<svg/onload=alert(1)>",
    "{{7*7}}",
    "{nb}",
    "a\nb\x01c",
    "**b** \\(x\\)",
)
NAMES = ("Łukasz Ωmega 山田", "שלום عالم", "Ngọc Дмитрий ﷽", "😀👩‍👩‍👧", "\u202eevil", "O’Neil (x) \\", "e\u0301")
TUESDAY = date(2026, 11, 17)
CLOCKS_GO_BACK = date(2026, 10, 25)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def mine(org: Organisation) -> Asking:
    """Duane on his own week."""
    return Asking(org, org.duane, org.duane)


class TestEveryForm:
    """What is true of CSV, XLSX and PDF alike."""

    @pytest.mark.parametrize("form", FORMS)
    async def test_it_is_a_file_to_keep_named_after_whose_week_it_is(
        self, site: Site, org: Organisation, duane: Browser, form: str
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)

        answer = await duane.get(address(key, form))

        name = f"countersign-{site.staff_id(org, org.duane)}-2026-11-16.{form}"
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == TYPES[form]
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("form", FORMS)
    async def test_no_staff_id_breaks_out_of_the_name(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine, form: str
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        change_person(owner_engine, org.duane, staff_id='a"\r\nX-Evil: 1; ../山')

        answer = await duane.get(address(key, form))

        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="countersign-a-X-Evil-1-2026-11-16.{form}"'
        )
        assert "X-Evil" not in answer.headers

    @pytest.mark.parametrize("form", FORMS)
    async def test_those_who_may_see_the_time_get_it_and_nobody_else(
        self, site: Site, org: Organisation, owner_engine: Engine, form: str
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)

        for who in (org.duane, org.roland, org.suzanne, org.diana):
            assert (await site.browser(org, who).get(address(key, form))).status_code == 200
        strangers = [(org, org.max), (org, org.alex)] + [(other, who) for who in other.people.values()]
        said = {page_of(await site.browser(*who).get(address(key, form)), 404).main.text for who in strangers}
        nothing = (org.key(org.max).timesheet_id, uuid4(), "1", "'", "x" * 3_000)
        said |= {
            page_of(await site.browser(org, org.suzanne).get(f"/timesheets/{id_}/export.{form}"), 404).main.text
            for id_ in nothing
        }

        assert len(said) == 1

    @pytest.mark.parametrize("form", FORMS)
    async def test_nobody_gets_it_before_signing_in(self, site: Site, org: Organisation, form: str) -> None:
        key = await site.bring_to(org, State.DRAFT)

        answer = await site.visitor().get(address(key, form))

        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in?next=")

    async def test_another_form_is_no_page(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.DRAFT)

        for form in ("html", "xls", "", "csv.exe", "CSV"):
            assert (await duane.get(address(key, form))).status_code == 404

    async def test_nothing_is_sent_to_these_addresses(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.DRAFT)
        before = site.contents(org)

        for form in FORMS:
            assert (await duane.post_form(address(key, form))).status_code == 404
        assert site.contents(org) == before

    @pytest.mark.parametrize("name", NAMES)
    async def test_any_name_can_be_written(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, owner_engine: Engine, name: str
    ) -> None:
        change_person(owner_engine, org.duane, name=name)
        name_project(owner_engine, org, name)
        key = await week(site, org, mine)

        assert rows(await file(duane, key, "csv"))[0]["Name"] == name
        assert ["Person", name] in [line[:2] for line in Workbook(await file(duane, key, "xlsx")).sheet(2)]
        assert pdf_text(await file(duane, key, "pdf"))

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_what_people_typed_stays_text(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, owner_engine: Engine, text: str
    ) -> None:
        change_person(owner_engine, org.duane, name=text)
        name_project(owner_engine, org, text)
        site.desk.do(mine.record(worked("09:00", "17:00", project_id=org.projects["proj-533"], task=text)))
        key = org.key(org.duane)
        safe = f"'{text}" if text[0] in "=+-@\t\r" else text

        (row,) = rows(await file(duane, key, "csv"))
        assert (row["Name"], row["Project"], row["Task"]) == (safe, safe, safe)

        book = Workbook(await file(duane, key, "xlsx"))
        lines = [*book.sheet(1), *book.sheet(2)]
        read = safe.replace("\x01", "_x0001_").replace("\r", "_x000D_")
        assert sum(line.count(read) for line in lines) == 4  # project and task; person and project in the summary
        assert not book.has_formulas()

        drawn = pdf_words(await file(duane, key, "pdf"))
        one_line = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
        assert drawn.count(one_line.strip()) >= 3

    async def test_what_was_never_opened_has_no_file(self, site: Site, org: Organisation, duane: Browser) -> None:
        for form in FORMS:
            page_of(await duane.get(address(org.key(org.duane), form)), 404)

    async def test_a_week_that_was_emptied_has_one(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        site.desk.do(mine.record(worked("09:00", "17:00")))
        key = org.key(org.duane)
        (entry,) = site.live(key)
        site.desk.do(mine.remove(entry.id, 1))

        assert rows(await file(duane, key, "csv")) == []
        assert Workbook(await file(duane, key, "xlsx")).sheet(1)[1][:1] == ["Time worked"]
        assert "0.00" in pdf_text(await file(duane, key, "pdf"))

    async def test_times_are_the_owners_with_the_zone_named(
        self, site: Site, org: Organisation, mine: Asking, owner_engine: Engine
    ) -> None:
        site.desk.do(mine.record(worked("14:00", "17:30")))
        key = org.key(org.duane)
        change_person(owner_engine, org.duane, time_zone="America/New_York")
        roland = site.browser(org, org.roland)

        (row,) = rows(await file(roland, key, "csv"))
        assert (row["Start"], row["Finish"], row["Time zone"]) == ("09:00", "12:30", "America/New_York")
        assert row["Start UTC"] == "2026-11-16T14:00:00+00:00"
        assert Workbook(await file(roland, key, "xlsx")).sheet(1)[1][4] == "America/New_York"
        drawn = pdf_text(await file(roland, key, "pdf"))
        assert {"09:00", "12:30", "America/New_York"} <= set(drawn)

    async def test_no_entry_is_lost_when_its_day_is_another_one_elsewhere(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking, owner_engine: Engine
    ) -> None:
        """Early on Monday in London is still Sunday in New York, which is no day of that week."""
        site.desk.do(mine.record(worked("00:30", "02:00")))
        change_person(owner_engine, org.duane, time_zone="America/New_York")
        key = org.key(org.duane)

        (row,) = rows(await file(duane, key, "csv"))

        assert (row["Date"], row["Start"], row["Hours"]) == ("2026-11-15", "19:30", "1.50")
        assert "Sunday 15 November" in pdf_text(await file(duane, key, "pdf"))


class TestPlanned:
    """What the scheduler planned and nobody confirmed is told as that, and counts nowhere."""

    async def test_every_form_tells_it_from_what_was_worked(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        early = worked("06:00", "14:00", TUESDAY, shift_type="early")
        site.desk.do(Asking(org, org.duane, org.suzanne).schedule(uuid4(), early))
        site.desk.do(mine.record(worked("09:00", "17:00")))
        key = org.key(org.duane)

        recorded, planned = rows(await file(duane, key, "csv"))
        told = ("Confirmed", "Time worked", "Shift type", "Planned start UTC")
        assert [recorded[name] for name in told] == ["yes", "yes", "", ""]
        assert [planned[name] for name in told] == ["no", "no", "early", "2026-11-17T06:00:00+00:00"]

        lines = Workbook(await file(duane, key, "xlsx")).sheet(2)
        assert ["Shift", 1, 480, 8, "yes"] in lines
        assert ["Shift, planned", 1, 480, 8, "no"] in lines

        text = pdf_words(await file(duane, key, "pdf"))
        assert "06:00 14:00 Shift, planned (8.00)" in text
        assert "Time worked in the whole period 8.00" in text

        first, second = events(b"".join(shifts_between(site, org, MONDAY, TUESDAY)))
        assert (str(first["STATUS"]), str(second["STATUS"])) == ("CONFIRMED", "TENTATIVE")
        assert str(second["DESCRIPTION"]) == "Shift (early)\nPlanned, and not confirmed yet\nHours: 8.00"


class TestCsv:
    """Plain rows for other programs."""

    async def test_every_entry_is_a_line_with_project_and_task(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        key = await week(site, org, mine)

        found = rows(await file(duane, key, "csv"))

        told = ("Date", "Start", "Finish date", "Finish", "Type", "Project ID", "Project", "Task")
        assert [[row[name] for name in told] for row in found] == [
            ["2026-11-16", "09:00", "2026-11-16", "17:00", "Shift", "proj-533", "dog grooming", "washing dog"],
            ["2026-11-17", "", "", "", "Absence", "", "", ""],
            ["2026-11-18", "22:00", "2026-11-19", "06:00", "Shift", "", "", "night, \"quiet\""],
            ["2026-11-20", "18:00", "2026-11-20", "23:00", "On call", "", "", ""],
            ["2026-11-21", "08:00", "", "", "Shift", "proj-576B", "make party hats", ""],
        ]  # fmt: skip
        counted = ("Break minutes", "Minutes", "Hours", "Time worked")
        assert [[row[name] for name in counted] for row in found] == [
            ["20", "460", "7.67", "yes"],
            ["0", "0", "0.00", "no"],
            ["0", "480", "8.00", "yes"],
            ["0", "300", "5.00", "no"],
            ["0", "0", "0.00", "yes"],
        ]

    async def test_every_line_says_whose_it_is_and_what_became_of_it(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.REJECTED)
        (entry,) = site.live(key)

        (row,) = rows(await file(duane, key, "csv"))

        assert row["Staff ID"] == site.staff_id(org, org.duane)
        assert (row["Name"], row["Period start"], row["State"]) == ("Duane Barry", "2026-11-16", "Rejected")
        assert (row["Revision"], row["Entry ID"], row["Version"]) == ("1", str(entry.id), "1")

    async def test_a_night_in_which_clocks_go_back_is_an_hour_longer(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        night = CLOCKS_GO_BACK - timedelta(days=1)
        mine = Asking(org, org.duane, org.duane, night)
        site.desk.do(mine.record(worked("22:00", "30:00", night)))

        (row,) = rows(await file(duane, org.key(org.duane, night), "csv"))

        assert (row["Date"], row["Start"], row["Finish date"]) == ("2026-10-24", "22:00", "2026-10-25")
        assert (row["Finish"], row["Minutes"], row["Hours"]) == ("06:00", "540", "9.00")
        assert (row["Start UTC"], row["Finish UTC"]) == ("2026-10-24T21:00:00+00:00", "2026-10-25T06:00:00+00:00")

    async def test_it_begins_with_a_byte_order_mark_and_ends_lines_as_the_rfc_says(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        content = await file(duane, await site.bring_to(org, State.DRAFT), "csv")

        assert content.startswith(b"\xef\xbb\xbfStaff ID,Name,")
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n") == 2


class TestWorkbook:
    """A workbook: days, times and numbers are just that."""

    async def test_days_times_and_numbers_are_no_text(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        book = Workbook(await file(duane, await week(site, org, mine), "xlsx"))
        header, *lines = book.sheet(1)
        shown = dict(zip(header, book.shown(1)[1], strict=True))

        first = dict(zip(header, lines[0], strict=True))
        assert (first["Date"], first["Start"], first["Finish"]) == (46_342, 9 / 24, 17 / 24)
        assert (first["Minutes"], first["Hours"], first["Break minutes"]) == (460, 7.67, 20)
        assert (shown["Date"], shown["Start"], shown["Hours"]) == ("yyyy-mm-dd", "hh:mm", "#,##0.00")
        whole_day = dict(zip(header, lines[1], strict=True))
        assert (whole_day["Date"], whole_day["Start"], whole_day["Finish"]) == (46_343, None, None)
        assert (first["Project ID"], first["Project"], first["Task"]) == ("proj-533", "dog grooming", "washing dog")

    async def test_the_last_line_is_the_time_worked(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        header, *_, last = Workbook(await file(duane, await week(site, org, mine), "xlsx")).sheet(1)

        total = dict(zip(header, last, strict=True))
        assert (total["Date"], total["Minutes"], total["Hours"]) == ("Time worked", 940, 15.67)

    async def test_the_heading_stays_in_sight_and_can_be_filtered_by(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        book = Workbook(await file(duane, await site.bring_to(org, State.DRAFT), "xlsx"))

        part = book.parts["xl/worksheets/sheet1.xml"]
        assert 'state="frozen"' in part
        assert '<autoFilter ref="A1:U2"/>' in part
        assert "<cols>" in part

    async def test_the_summary_says_what_it_is_and_adds_it_up(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        key = await week(site, org, mine)

        book = Workbook(await file(duane, key, "xlsx"))
        lines = book.sheet(2)

        assert 'name="Summary"' in book.parts["xl/workbook.xml"]
        told = {str(line[0]): line[1] for line in lines if len(line) == 2}
        assert told["Person"] == "Duane Barry"
        assert told["Staff ID"] == site.staff_id(org, org.duane)
        assert told["Organisation"] == f"Test {org.slug}"
        assert (told["Period start"], told["Period end"], told["Time zone"]) == (46_342, 46_348, "Europe/London")
        assert (told["State"], told["Revision"], told["Digest (SHA-256)"]) == ("Draft", 1, site.digest(key))
        assert (told["Certified by"], told["Decided by"]) == ("nobody yet", "nobody yet")
        assert (told["Minutes"], told["Hours"]) == (940, 15.67)
        assert ["Shift", 3, 940, 15.67, "yes"] in lines
        assert ["Absence", 1, 0, 0, "no"] in lines
        assert ["On call", 1, 300, 5, "no"] in lines
        assert ["proj-533", "dog grooming", 460, 7.67] in lines
        assert [None, "No project", 480, 8] in lines

    async def test_it_says_who_certified_and_who_decided_for_whom(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        suzanne = Asking(org, org.duane, org.suzanne, on_behalf_of=org.roland, reason="He is away.")
        site.desk.do(suzanne.reject(site.digest(key)))

        told = {line[0]: line[1] for line in Workbook(await file(site.browser(org, org.duane), key, "xlsx")).sheet(2)
                if len(line) > 1}  # fmt: skip

        assert told["Certified by"] == "Duane Barry"
        assert told["Certification"] == "I certify that this is true."
        assert told["Decided by"] == "Suzanne Modeski on behalf of Roland Fuller"
        assert told["Reason or comment"] == "He is away."


class TestPaper:
    """A document one would sign."""

    async def test_it_says_everything_that_a_signature_stands_for(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        key = await week(site, org, mine, running=False)
        await site.take_on(mine, State.APPROVED)

        content = await file(duane, key, "pdf")
        drawn, text = pdf_text(content), pdf_words(content)

        assert {"16 – 22 November 2026", "Approved", "Duane Barry", site.staff_id(org, org.duane)} <= set(drawn)
        assert f"Test {org.slug}" in text
        assert "“I certify that this is true.”" in text
        assert "Approved by Roland Fuller, " in text
        assert f"Revision 1 · digest (SHA-256) {site.digest(key)}" in drawn
        assert "Page 1 of 1" in text
        days = [f"{name} {number} November" for name, number in zip(WEEKDAYS, range(16, 23), strict=True)]
        assert [piece for piece in drawn if piece in days] == days
        assert '22:00 06:00 Thu 19 Shift night, "quiet" 8.00' in text
        assert "Whole day Absence" in text
        assert "On call (5.00)" in text
        assert "Time worked in the whole period 15.67" in text

    async def test_what_is_not_certified_says_so(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.REJECTED)
        again = Asking(org, org.duane, org.duane, reason="Wrong day.")
        assert "Rejected by Roland Fuller" in pdf_words(await file(duane, key, "pdf"))

        site.desk.do(again.move(CommandKind.REVISE))
        text = pdf_words(await file(duane, key, "pdf"))

        assert "Not certified: what is here can still change." in text
        assert "Not decided." in text
        assert "Roland" not in text
        assert "Draft, revision 2" in text

    async def test_a_long_week_has_several_pages_that_know_what_they_belong_to(
        self, site: Site, org: Organisation, duane: Browser, mine: Asking
    ) -> None:
        for number in range(60):
            hour, minute = divmod(number * 10, 60)
            task = f"dog number {number}, which took its time and would not be hurried by anybody at all"
            site.desk.do(mine.record(worked(f"{hour:02}:{minute:02}", f"{hour:02}:{minute + 5:02}", task=task)))

        text = pdf_words(await file(duane, org.key(org.duane), "pdf"))

        pages = int(text.split("Page 1 of ")[1].split()[0])
        assert pages > 1
        assert all(f"Page {number} of {pages}" in text for number in range(1, pages + 1))
        whose = f"Timesheet · Duane Barry ({site.staff_id(org, org.duane)}) · 16 – 22 November 2026"
        assert text.count(whose) == text.count("Start Finish Break") - 1 == pages - 1
        assert all(f"dog number {number}," in text for number in range(60))

    async def test_what_nobody_could_read_on_paper_is_refused_in_words(
        self, site: Site, org: Organisation, duane: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        monkeypatch.setattr("web.exports.sheet_pdf.MOST_ENTRIES", 0)

        page = page_of(await duane.get(address(key, "pdf")), 400)

        assert "This timesheet has 1 entries, and paper has room for 0. Take it as CSV or XLSX." in page.main.text

    async def test_a_character_without_a_font_is_a_box_and_the_document_says_so(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fonts, "PLACES", ())
        change_person(owner_engine, org.duane, name="Łukasz 山田")
        key = await site.bring_to(org, State.DRAFT)

        drawn = pdf_text(await file(duane, key, "pdf"))

        assert "Łukasz □□" in drawn
        assert "A box stands for a character that no font on the server has." in " ".join(drawn)

    async def test_a_font_of_the_machine_writes_what_ours_does_not(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ours stands in for the machine's: it is made to write nothing but what is no A."""
        monkeypatch.setattr(fonts, "of_ours", lambda: frozenset(range(ord("B"), 0x2100)) | {0x20})
        monkeypatch.setattr(fonts, "PLACES", (fonts.REGULAR.parent,))
        change_person(owner_engine, org.duane, name="Anna A")
        key = await site.bring_to(org, State.DRAFT)

        drawn = pdf_text(await file(duane, key, "pdf"))

        assert "Anna A" in "".join(drawn)
        assert "A box" not in " ".join(drawn)

    async def test_a_broken_font_of_the_machine_is_in_nobodys_way(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Broken(paper.Paper):
            def _takes(self, path: object) -> bool:
                raise ValueError(path)

        monkeypatch.setattr("web.exports.sheet_pdf.Paper", Broken)
        monkeypatch.setattr(fonts, "of_the_machine", lambda char: fonts.REGULAR)
        change_person(owner_engine, org.duane, name="山田")
        key = await site.bring_to(org, State.DRAFT)

        assert "□□" in pdf_text(await file(duane, key, "pdf"))


class TestCalendar:
    """Own shifts in one's own calendar."""

    async def test_every_shift_is_an_event_that_calendars_recognise_again(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        mine = this_week(site, org)
        dogs = org.projects["proj-533"]
        site.desk.do(mine.record(worked("09:00", "17:00", mine.day, project_id=dogs, task="washing dog")))
        (entry,) = site.live(org.key(org.duane, mine.day))
        (first,) = events(await calendar_of(site, org, duane))
        amended = worked("10:00", "17:00", mine.day, project_id=dogs, task="washing dog", meal_break_minutes=30)
        site.desk.do(mine.amend(entry.id, 1, amended))
        (second,) = events(await calendar_of(site, org, duane))

        assert str(first["UID"]) == str(second["UID"]) == f"{entry.id}@countersign"
        assert (first["SEQUENCE"], second["SEQUENCE"]) == (1, 2)
        assert second["DTSTAMP"].dt == second["LAST-MODIFIED"].dt >= first["DTSTAMP"].dt
        assert second["DTSTART"].params["TZID"] == second["DTEND"].params["TZID"] == "Europe/London"
        assert (second.start, second.end) == (amended.start, amended.end)
        assert str(second["SUMMARY"]) == "dog grooming"
        assert str(second["DESCRIPTION"]) == (
            "Shift\nProject: proj-533 dog grooming\nTask: washing dog\nBreak: 30 min\nHours: 6.50"
        )

    async def test_it_is_a_calendar_with_its_zone(self, site: Site, org: Organisation, duane: Browser) -> None:
        mine = this_week(site, org)
        site.desk.do(mine.record(worked("09:00", "17:00", mine.day)))

        answer = await duane.get(f"/people/{site.staff_id(org, org.duane)}/shifts.ics")

        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        name = f"countersign-{site.staff_id(org, org.duane)}-shifts.ics"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.content.count(b"\n") == answer.content.count(b"\r\n")
        assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
        calendar = Calendar.from_ical(answer.content)
        assert (str(calendar["VERSION"]), str(calendar["METHOD"])) == ("2.0", "PUBLISH")
        assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]

    async def test_an_empty_calendar_is_one(self, site: Site, org: Organisation, duane: Browser) -> None:
        assert events(await calendar_of(site, org, duane)) == []

    async def test_whole_days_are_days(self, site: Site, org: Organisation, duane: Browser) -> None:
        mine = this_week(site, org)
        site.desk.do(mine.record(worked("00:00", "24:00", mine.day, ABSENCE)))

        (event,) = events(await calendar_of(site, org, duane))

        assert (event["DTSTART"].dt, event["DTEND"].dt) == (mine.day, mine.day + timedelta(days=1))
        assert event["DTSTART"].params["VALUE"] == "DATE"
        assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == ("Absence", "Absence")

    async def test_what_still_runs_has_no_end(self, site: Site, org: Organisation, duane: Browser) -> None:
        mine = this_week(site, org)
        site.desk.do(mine.record(worked("09:00", None, mine.day)))

        (event,) = events(await calendar_of(site, org, duane))

        assert "DTEND" not in event
        assert "Still running" in str(event["DESCRIPTION"])

    async def test_only_ones_own_shifts_are_in_it(self, site: Site, org: Organisation) -> None:
        for who in (org.duane, org.max, org.roland):
            mine = this_week(site, org, who)
            site.desk.do(mine.record(worked("09:00", "17:00", mine.day)))
        (entry,) = site.live(org.key(org.duane, this_week(site, org).day))

        content = await calendar_of(site, org, site.browser(org, org.roland))

        assert [str(event["UID"]) for event in events(content)] == [f"{entry.id}@countersign"]
        assert b"Duane Barry" in content
        assert not any(name in content for name in (b"Roland", b"Max", b"Suzanne"))

    async def test_it_reaches_from_eight_weeks_back_to_half_a_year_ahead(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        today = site.services.now().date()
        offsets = (-7 * 8 - 2, -7 * 8 + 2, 0, 7 * 26 - 2, 7 * 26 + 2)
        for days in offsets:
            day = today + timedelta(days=days)
            site.desk.do(Asking(org, org.duane, org.duane, day).record(worked("09:00", "10:00", day)))

        found = [event.start.date() for event in events(await calendar_of(site, org, duane))]

        assert found == [today + timedelta(days=days) for days in offsets[1:-1]]

    async def test_what_was_removed_is_gone(self, site: Site, org: Organisation, duane: Browser) -> None:
        mine = this_week(site, org)
        site.desk.do(mine.record(worked("09:00", "17:00", mine.day)))
        (entry,) = site.live(org.key(org.duane, mine.day))
        site.desk.do(mine.remove(entry.id, 1))

        assert events(await calendar_of(site, org, duane)) == []

    @pytest.mark.parametrize(
        "text", [*HOSTILE, "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil", "a;b,c\\n:d", *NAMES]
    )
    async def test_what_people_typed_is_text(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine, text: str
    ) -> None:
        mine = this_week(site, org)
        change_person(owner_engine, org.duane, name=text)
        site.desk.do(mine.record(worked("09:00", "17:00", mine.day, task=text)))

        (event,) = events(await calendar_of(site, org, duane))

        line = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
        assert str(event["SUMMARY"]) == line
        assert str(event["DESCRIPTION"]).split("\n") == ["Shift", f"Task: {line}", "Hours: 8.00"]

    async def test_nights_in_which_clocks_change_are_told_exactly(self, site: Site, org: Organisation) -> None:
        night = CLOCKS_GO_BACK - timedelta(days=1)
        mine = Asking(org, org.duane, org.duane, night)
        again = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # half past one for the second time
        site.desk.do(mine.record(EntryFields(SHIFT, datetime(2026, 10, 24, 21, tzinfo=UTC), again)))
        site.desk.do(mine.record(EntryFields(SHIFT, again, datetime(2026, 10, 25, 6, tzinfo=UTC))))

        content = b"".join(shifts_between(site, org, night, CLOCKS_GO_BACK))

        first, second = events(content)
        assert (first.start.astimezone(UTC), first.end.astimezone(UTC)) == (again - timedelta(hours=4.5), again)
        assert second.start == again
        assert second.end.astimezone(UTC) == datetime(2026, 10, 25, 6, tzinfo=UTC)
        assert b"DTSTART;TZID=Europe/London:20261024T220000" in content
        assert b"DTEND:20261025T013000Z" in content
        assert b"Hours: 4.50" in content

    async def test_days_are_those_of_the_owner(
        self, site: Site, org: Organisation, mine: Asking, owner_engine: Engine
    ) -> None:
        site.desk.do(mine.record(worked("00:30", "02:00")))  # still Sunday in New York
        change_person(owner_engine, org.duane, time_zone="America/New_York")

        assert events(b"".join(shifts_between(site, org, MONDAY, MONDAY))) == []
        (event,) = events(b"".join(shifts_between(site, org, MONDAY - timedelta(days=1), MONDAY)))

        assert event["DTSTART"].params["TZID"] == "America/New_York"
        assert event.start.astimezone(NEW_YORK).hour == 19

    async def test_those_who_may_see_the_time_get_it_and_nobody_else(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        path = f"/people/{site.staff_id(org, org.duane)}/shifts.ics"

        for who in (org.duane, org.roland, org.suzanne, org.diana):
            assert (await site.browser(org, who).get(path)).status_code == 200
        strangers = [(org, org.max), (org, org.alex)] + [(other, who) for who in other.people.values()]
        said = {page_of(await site.browser(*who).get(path), 404).main.text for who in strangers}
        said |= {
            page_of(await site.browser(org, org.suzanne).get(f"/people/{nobody}/shifts.ics"), 404).main.text
            for nobody in ("nobody", site.staff_id(other, other.duane), str(org.duane), "'", "%25", "x" * 3_000)
        }
        signed_out = await site.visitor().get(path)

        assert len(said) == 1
        assert signed_out.status_code == 303
        assert signed_out.headers["Location"].startswith("/sign-in")

    async def test_many_shifts_are_read_and_sent_bit_by_bit(
        self, site: Site, org: Organisation, duane: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.exports.files.IN_MEMORY", 100)
        monkeypatch.setattr("web.exports.files.CHUNK", 100)
        monkeypatch.setattr("models.reads.entries.BATCH", 2)
        mine = this_week(site, org)
        for hour in range(9, 16):
            site.desk.do(mine.record(worked(f"{hour:02}:00", f"{hour:02}:30", mine.day)))

        found = events(await calendar_of(site, org, duane))

        assert [event.start.hour for event in found] == list(range(9, 16))


class TestMenu:
    """Where people find it."""

    async def test_the_history_offers_every_form(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.SUBMITTED)

        page = await duane.page(f"/history/{key.timesheet_id}")

        menus = {next(menu.all("summary")).text: menu for menu in page.main.all("details", class_="menu")}
        menu = menus["Export"]
        links = {link.attributes["href"] for link in menu.all("a")}
        own = {f"/people/{site.staff_id(org, org.duane)}/shifts.ics", "/access", "/import"}
        assert links == {address(key, form) for form in FORMS} | own
        assert {(await duane.get(link)).status_code for link in links} == {200}


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


async def week(site: Site, org: Organisation, mine: Asking, *, running: bool = True) -> SheetKey:
    """A week with something of everything: on a project, a whole day, a night, on call, and still running."""
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    dogs, hats = org.projects["proj-533"], org.projects["proj-576B"]
    washing = worked("09:00", "17:00", days[0], project_id=dogs, task="washing dog", meal_break_minutes=20)
    site.desk.do(mine.record(washing))
    site.desk.do(mine.record(worked("00:00", "24:00", days[1], ABSENCE)))
    site.desk.do(mine.record(worked("22:00", "30:00", days[2], task='night, "quiet"')))
    site.desk.do(mine.record(worked("18:00", "23:00", days[4], ON_CALL)))
    if running:
        site.desk.do(mine.record(worked("08:00", None, days[5], project_id=hats)))
    return org.key(org.duane)


def this_week(site: Site, org: Organisation, who: UUID | None = None) -> Asking:
    """Somebody today, as calendars are about the days around it."""
    owner = who or org.duane
    return Asking(org, owner, owner, site.services.now().date())


def address(key: SheetKey, form: str) -> str:
    """Where a file of a timesheet is."""
    return f"/timesheets/{key.timesheet_id}/export.{form}"


async def file(browser: Browser, key: SheetKey, form: str) -> bytes:
    """A file of a timesheet, which there must be."""
    answer = await browser.get(address(key, form))
    assert answer.status_code == 200, answer.text
    return answer.content


def rows(content: bytes) -> list[dict[str, str]]:
    """The lines of a CSV file."""
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


async def calendar_of(site: Site, org: Organisation, browser: Browser) -> bytes:
    """Duane's calendar, which there must be."""
    answer = await browser.get(f"/people/{site.staff_id(org, org.duane)}/shifts.ics")
    assert answer.status_code == 200, answer.text
    return answer.content


def shifts_between(site: Site, org: Organisation, first: date, last: date) -> Iterator[bytes]:
    """Duane's calendar of some days."""
    with read_session(site.engine, org.tenant_id) as session:
        export = shifts_export(session, Onlooker(org.tenant_id, org.duane), org.duane, first, last)
        yield from shifts_ics(export, first, last)


def events(content: bytes) -> list[Any]:
    """The events of a calendar."""
    return list(Calendar.from_ical(content).walk("VEVENT"))


def name_project(owner: Engine, org: Organisation, name: str) -> None:
    """Give a project a name."""
    with owner.begin() as connection:
        connection.execute(update(Project).where(Project.id == org.projects["proj-533"]).values(name=name))
