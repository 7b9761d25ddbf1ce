"""The week page: recording, amending and removing time without JavaScript, and everything one can type wrong."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.standard import ABSENCE, SHIFT, TRAINING
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Command, Timesheet
from tests.contents import Contents
from tests.factories import MONDAY, Asking, Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page

WEDNESDAY = date(2026, 11, 18)
CLOCKS_BACK = date(2026, 10, 25)
CLOCKS_FORWARD = date(2027, 3, 28)

NASTY = (
    '"><svg/onload=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{7*7}} {% raw %}",
    "javascript:alert('1')",
    "'; DROP TABLE person; --",
)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


class TestWithoutJavaScript:
    """The forms as they are on the page, sent as they are."""

    async def test_time_is_recorded_and_shown_with_right_totals(
        self, duane: Browser, monday: str, org: Organisation
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")
        dogs = org.projects["proj-533"]

        page = await duane.follow(
            await duane.send(form, start="9", finish="1730", project_id=dogs, task="washing dog", meal_break_minutes=30)
        )

        assert "Recorded." in page.notice
        entry = next(page.root.all(class_="entries")).text
        assert "dog grooming washing dog Shift · 09:00 – 17:30 · 30 min break 8.00" in entry
        assert totals(page) == ["8.00", "–", "–", "–", "–", "–", "–", "8.00"]
        assert next(page.root.all(class_="stats")).text.startswith("Recorded 8.00 of 37.00 h")

    async def test_an_entry_is_amended_and_moved_to_another_day(
        self, site: Site, duane: Browser, monday: str, org: Organisation
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(key)
        form = (await duane.page(f"{monday}?edit={entry.id}")).form(f"{monday}/entries/{entry.id}")
        assert (form.fields["start"], form.fields["finish"], form.fields["task"]) == ("09:00", "17:00", "washing dog")

        page = await duane.follow(await duane.send(form, day=WEDNESDAY, start="10:08", finish="10:28"))

        assert totals(page) == ["–", "–", "0.33", "–", "–", "–", "–", "0.33"]
        assert next(page.root.all(id="day-title")).text == "Wednesday 18 November"
        (entry,) = site.live(key)
        assert entry.version == 2

    async def test_an_entry_is_removed_and_its_versions_stay(
        self, site: Site, duane: Browser, monday: str, org: Organisation
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(key)
        removal = f"{monday}/entries/{entry.id}/removal"
        form = (await duane.page(f"{monday}?edit={entry.id}")).form(removal)

        page = await duane.follow(await duane.send(form))

        assert totals(page) == ["–"] * 7 + ["0.00"]
        assert site.live(key) == []
        assert [version.deleted for version in site.rows(org, TimeEntryVersion)] == [False, True]

    async def test_another_type_brings_its_own_fields_and_keeps_what_was_typed(
        self, duane: Browser, monday: str
    ) -> None:
        page = await duane.page(f"{monday}?type_id={TRAINING}&start=9&task=first+aid&project_id=x")
        form = page.form(f"{monday}/entries")

        assert (form.fields["type_id"], form.fields["start"], form.fields["task"]) == (str(TRAINING), "9", "first aid")
        assert "project_id" not in form.named
        assert "start" not in (await duane.page(f"{monday}?type_id={ABSENCE}")).form(f"{monday}/entries").named

    async def test_a_whole_day_needs_no_times(self, duane: Browser, monday: str) -> None:
        form = (await duane.page(f"{monday}?type_id={ABSENCE}")).form(f"{monday}/entries")

        page = await duane.follow(await duane.send(form, task="annual leave"))

        assert "annual leave Absence · whole day day" in next(page.root.all(class_="entries")).text
        assert totals(page)[-1] == "0.00"

    async def test_an_entry_may_still_run_and_may_end_on_the_next_day(self, duane: Browser, monday: str) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")
        page = await duane.follow(await duane.send(form, start="22:00", finish="06:00"))
        assert "22:00 – 06:00 Tue 17 8.00" in next(page.root.all(class_="entries")).text

        page = await duane.follow(await duane.send(page.form(f"{monday}/entries"), start="21:00"))
        assert "since 21:00 Running" in next(page.root.all(class_="entries")).text

    async def test_a_revised_entry_asks_for_the_reason_that_its_change_needs(
        self, site: Site, duane: Browser, monday: str, org: Organisation
    ) -> None:
        key = await site.bring_to(org, State.REJECTED)
        revised = await duane.post_form(f"/timesheets/{key.timesheet_id}/revision", reason="Misremembered which day.")
        assert revised.status_code == 303
        (entry,) = site.live(key)
        address = f"{monday}/entries/{entry.id}"
        form = (await duane.page(f"{monday}?edit={entry.id}")).form(address)

        page = page_of(await duane.send(form, day=WEDNESDAY), 400)
        assert "give a reason" in page.problem("reason")

        await duane.follow(await duane.send(page.form(address), reason="It was Wednesday."))
        reasons = {version.version: version.reason for version in site.rows(org, TimeEntryVersion)}
        assert reasons == {1: None, 2: "It was Wednesday."}

    async def test_week_leads_to_the_week_of_whoever_asks(self, duane: Browser, monday: str, site: Site) -> None:
        assert (await duane.get(f"/week/{MONDAY}")).headers["Location"] == monday
        today = site.services.now().date().isoformat()
        assert (await duane.get("/week")).headers["Location"] == monday.replace(str(MONDAY), today)

    async def test_the_address_of_a_refused_form_leads_back_to_it(self, duane: Browser, monday: str) -> None:
        entry = uuid4()

        assert (await duane.get(f"{monday}/entries")).headers["Location"] == monday
        assert (await duane.get(f"{monday}/entries/{entry}")).headers["Location"] == f"{monday}?edit={entry}"
        assert (await duane.get(f"{monday}/entries/{entry}/removal")).headers["Location"] == f"{monday}?edit={entry}"


class TestSomethingWrong:
    """The page comes back with the status, the reason beside the field, and all that was typed."""

    @pytest.mark.parametrize(
        ("typed", "field", "says"),
        [
            ({"start": "half nine"}, "start", "“half nine” is not a time of day"),
            ({"start": "24:00"}, "start", "24:00 is the end of a day"),
            ({"start": ""}, "start", "is not a time of day"),
            ({"finish": "25:61"}, "finish", "“25:61” is not a time of day"),
            ({"finish": "09:00"}, "finish", "End time must be after start time"),
            ({"meal_break_minutes": "-5"}, "meal_break_minutes", "whole minutes"),
            ({"meal_break_minutes": "٣"}, "meal_break_minutes", "whole minutes"),
            ({"meal_break_minutes": "480"}, "meal_break_minutes", "shorter than the time"),
            ({"task": "x" * 201}, "task", "at most 200 characters; these are 201"),
            ({"task": "x" * 10_000}, "task", "at most 2000 characters"),
            ({"project_id": "dogs"}, "project_id", "Choose a project"),
            ({"project_id": str(uuid4())}, "project_id", "There is no such project"),
            ({"type_id": str(uuid4())}, "type_id", "There is no such time period type"),
            ({"type_id": "shift"}, "type_id", "There is no such time period type"),
            ({"day": "2026-02-30"}, "start", "Choose a day"),
            ({"start": "9\x00"}, "start", "is not a time of day"),
        ],
    )
    async def test_is_said_beside_its_field(
        self, site: Site, org: Organisation, duane: Browser, monday: str, typed: dict[str, str], field: str, says: str
    ) -> None:
        sent = {"type_id": SHIFT, "start": "09:00", "finish": "17:00", "task": "washing dog"} | typed

        page = page_of(await duane.post_form(f"{monday}/entries", **sent), 400)

        assert says in page.problem(field)
        assert "Nothing was saved yet" in page.alert
        shown = page.form(f"{monday}/entries").fields
        kept = {name: str(value) for name, value in sent.items() if name not in ("type_id", "day", "project_id")}
        assert {name: shown[name] for name in kept} == kept
        assert site.rows(org, Timesheet) == []

    async def test_every_field_that_is_wrong_says_so_at_once(self, duane: Browser, monday: str) -> None:
        wrong = {"start": "?", "finish": "!", "meal_break_minutes": "some", "project_id": "dogs"}

        page = page_of(await duane.post_form(f"{monday}/entries", type_id=SHIFT, **wrong), 400)

        assert all(page.problem(field) for field in wrong)
        assert "Look at the fields marked below" in page.alert

    async def test_an_overlap_lists_what_it_clashes_with_in_local_time(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, org.duane, time_zone="America/New_York")
        await site.give(Asking(org, org.duane, org.duane).record(worked("14:00", "16:00")))
        await site.give(Asking(org, org.duane, org.duane).record(worked("17:00", None)))

        page = page_of(
            await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="10:00", finish="13:00", task="clipping"),
            400,
        )

        assert "must not overlap" in page.problem("start")
        assert "Shift, Mon 16 Nov, 09:00 – 11:00 Shift, Mon 16 Nov, since 12:00" in page.problem("start")
        shown = page.form(f"{monday}/entries").fields
        assert (shown["start"], shown["finish"], shown["task"]) == ("10:00", "13:00", "clipping")

    async def test_a_whole_day_in_the_way_is_called_that(self, duane: Browser, monday: str) -> None:
        await duane.post_form(f"{monday}/entries", type_id=ABSENCE)

        page = page_of(await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10"), 400)

        assert "Absence, Mon 16 Nov, the whole day" in page.problem("start")

    async def test_a_project_of_another_organisation_is_none_and_its_name_is_not_told(
        self, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        theirs = make_organisation(owner_engine).projects["proj-533"]

        page = page_of(
            await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10", project_id=theirs), 400
        )

        assert "There is no such project" in page.problem("project_id")

    async def test_a_stale_version_is_refused_and_shows_what_was_typed(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(key)
        address = f"{monday}/entries/{entry.id}"
        form = (await duane.page(f"{monday}?edit={entry.id}")).form(address)
        await duane.follow(await duane.send(form, finish="16:00"))

        for stale in ({}, {"version": "0"}, {"version": "x"}, {"version": "9" * 10_000}, {"version": "-1"}):
            answer = await duane.send(form, finish="15:00", command_id=uuid4(), **stale)
            page = page_of(answer, 412)
            assert "changed since you opened it. Nothing was saved" in page.alert
            assert page.form(address).fields["finish"] == "15:00"
        assert site.live(key)[0].version == 2

    async def test_an_entry_removed_meanwhile_is_not_brought_back(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(key)
        form = (await duane.page(f"{monday}?edit={entry.id}")).form(f"{monday}/entries/{entry.id}")
        await site.give(Asking(org, org.duane, org.duane).remove(entry.id, 1))

        page = page_of(await duane.send(form, finish="15:00"), 412)

        assert "removed meanwhile" in page.alert
        assert site.live(key) == []

    async def test_a_day_of_another_week_is_refused_when_amending_and_served_when_recording(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        (entry,) = site.live(key)
        next_week = date(2026, 11, 23)

        page = page_of(
            await duane.post_form(
                f"{monday}/entries/{entry.id}", type_id=SHIFT, version=1, day=next_week, start="9", finish="10"
            ),
            400,
        )
        assert "another week" in page.problem("start")

        recorded = await duane.post_form(f"{monday}/entries", type_id=SHIFT, day=next_week, start="9", finish="10")
        assert recorded.headers["Location"] == monday.replace(str(MONDAY), str(next_week))
        assert len(site.live(org.key(org.duane, next_week))) == 1

    async def test_a_frozen_week_says_in_words_why_nothing_is_recorded(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")
        key = await site.bring_to(org, State.SUBMITTED)

        page = page_of(await duane.send(form, start="18:00", finish="19:00"), 409)

        assert "This timesheet is submitted. Its content stays as certified" in page.alert
        assert not page.offers(f"{monday}/entries")
        assert len(site.live(key)) == 1

    async def test_a_time_that_the_clocks_skip_is_told_with_what_there_is_instead(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        at = site.week(org, org.duane, CLOCKS_FORWARD)

        page = page_of(await duane.post_form(f"{at}/entries", type_id=SHIFT, start="01:30", finish="9"), 400)

        assert "There is no 01:30 on 28 March 2027" in page.problem("start")
        assert "use 00:59 or 02:00" in page.problem("start")

    async def test_a_time_that_happens_twice_asks_which_one(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        at = site.week(org, org.duane, CLOCKS_BACK)

        page = page_of(await duane.post_form(f"{at}/entries", type_id=SHIFT, start="01:30", finish="3"), 400)
        assert "happens twice" in page.problem("start")

        form = page.form(f"{at}/entries")
        page = await duane.follow(await duane.send(form, start_fold="0"))
        assert "01:30 – 03:00 2.50" in next(page.root.all(class_="entries")).text

    @pytest.mark.parametrize("text", NASTY)
    async def test_what_is_typed_is_never_read_as_anything_but_text(
        self, duane: Browser, monday: str, text: str
    ) -> None:
        typed = dict.fromkeys(("start", "finish", "task", "meal_break_minutes", "reason"), text)
        others = dict.fromkeys(("type_id", "project_id", "day", "version", "command_id", "start_fold", text), text)

        answer = await duane.post_form(f"{monday}/entries", **typed, **others)

        page = page_of(answer, 400)
        assert "<svg/onload" not in answer.text
        assert "<script>alert" not in answer.text
        assert "49" not in page.form(f"{monday}/entries").fields["task"]
        shown = page.form(f"{monday}/entries").fields
        assert {name: shown.get(name, text) for name in typed} == typed

    @pytest.mark.parametrize("text", NASTY)
    async def test_a_nasty_task_is_stored_as_typed_and_shown_as_text(
        self, site: Site, org: Organisation, duane: Browser, monday: str, text: str
    ) -> None:
        answer = await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10", task=text)
        page = await duane.follow(answer)

        assert text in next(page.root.all(class_="entries")).text
        assert "<svg/onload" not in page.html
        assert "<script>alert" not in page.html
        history = await duane.page(f"/history/{org.key(org.duane).timesheet_id}")
        assert text in history.text
        assert "<svg/onload" not in history.html

    @pytest.mark.parametrize("text", ["x" * 10_000, "\x00", "\N{RIGHT-TO-LEFT OVERRIDE}\ufeff", "\x1b[31m", "%00%ff"])
    async def test_no_text_in_any_field_is_a_fault(self, duane: Browser, monday: str, text: str) -> None:
        sent: dict[str, object] = {"type_id": SHIFT, "start": "9", "finish": "10"}
        names = (
            "type_id",
            "day",
            "start",
            "finish",
            "project_id",
            "task",
            "meal_break_minutes",
            "reason",
            "command_id",
        )

        answers = [await duane.post_form(f"{monday}/entries", **sent | {name: text}) for name in names]

        assert {answer.status_code for answer in answers} <= {303, 400}

    async def test_a_nul_in_a_task_is_left_out(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        answer = await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10", task="a\x00b")

        assert answer.status_code == 303
        assert [entry.task for entry in site.live(org.key(org.duane))] == ["ab"]

    @pytest.mark.parametrize("missing", [None, "", "1", "x" * 40, "\x00"])
    async def test_a_form_without_a_valid_id_is_not_taken(
        self, site: Site, org: Organisation, duane: Browser, monday: str, missing: str | None
    ) -> None:
        answer = await duane.post_form(
            f"{monday}/entries", type_id=SHIFT, start="9", finish="10", task="washing dog", command_id=missing
        )

        page = page_of(answer, 400)
        assert "This form has no valid id" in page.alert
        form = page.form(f"{monday}/entries")
        assert form.fields["task"] == "washing dog"
        assert str(UUID(form.fields["command_id"])) == form.fields["command_id"]
        assert site.rows(org, Command) == []


class TestAddresses:
    """What is no week, no day or not one's own does not exist."""

    @pytest.mark.parametrize(
        "day",
        ["0001-01-01", "1972-12-31", "9999-12-31", "9998-12-31", "0000-00-00", "2026-02-30", "2026-13-01",
         "10000-01-01", "today", "-1", "2026-11-16x", "%00", "٢٠٢٦-11-16", "x" * 5_000],
    )  # fmt: skip
    async def test_a_day_that_is_none_is_not_found(
        self, site: Site, org: Organisation, duane: Browser, monday: str, day: str
    ) -> None:
        base = monday.removesuffix(str(MONDAY))
        expected = 400 if day == "%00" else 404

        for path in (f"/week/{day}", f"{base}{day}", f"{base}{day}/form", f"{base}{day}/entries"):
            assert (await duane.get(path)).status_code == expected, path
        sent = await duane.post_form(f"{base}{day}/entries", type_id=SHIFT, start="9", finish="10")
        assert sent.status_code == expected
        assert site.rows(org, Command) == []

    @pytest.mark.parametrize("day", ["1973-01-01", "9998-12-23"])
    async def test_the_farthest_weeks_can_be_seen_and_used(
        self, site: Site, org: Organisation, duane: Browser, day: str
    ) -> None:
        at = site.week(org, org.duane, date.fromisoformat(day))

        page = await duane.follow(await duane.post_form(f"{at}/entries", type_id=SHIFT, start="9", finish="10"))

        assert "09:00 – 10:00 1.00" in next(page.root.all(class_="entries")).text

    async def test_nobody_is_told_whether_a_staff_id_exists(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        whose = [
            site.staff_id(org, org.max),
            site.staff_id(other, other.duane),
            "nobody",
            "' OR 1=1 --",
            "%",
            "x" * 3_000,
        ]

        said = {
            str(page_of(await duane.get(f"/people/{staff_id}/week/{MONDAY}{rest}"), 404).main.text)
            for staff_id in whose
            for rest in ("", "/form")
        }
        sent = {
            page_of(await duane.post_form(f"/people/{staff_id}/week/{MONDAY}/entries", type_id=SHIFT), 404).main.text
            for staff_id in whose
        }

        assert len(said | sent) == 1

    async def test_an_entry_is_only_found_in_its_own_week_of_its_own_person(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        (maxs,) = site.live(await site.bring_to(org, State.DRAFT, org.max))
        (theirs,) = site.live(await site.bring_to(other, State.DRAFT))
        (mine,) = site.live(await site.bring_to(org, State.DRAFT))
        later = site.week(org, org.duane, date(2026, 11, 25))
        await duane.post_form(f"{later}/entries", type_id=SHIFT, start="9", finish="10")
        before = (site.contents(org), site.contents(other))

        for at, entry in ((monday, maxs), (monday, theirs), (later, mine)):
            for path in (f"{at}/entries/{entry.id}", f"{at}/entries/{entry.id}/removal"):
                answer = await duane.post_form(path, type_id=SHIFT, version=1, start="11", finish="12")
                assert answer.status_code == 404, path
            assert "Edit this entry" not in (await duane.page(f"{at}?edit={entry.id}")).text
        for id_ in ("1", "x", "'"):
            assert (await duane.post_form(f"{monday}/entries/{id_}")).status_code == 404

        assert without_commands(site.contents(org)) == without_commands(before[0])
        assert site.contents(other) == before[1]


class TestOnce:
    """A form does one thing, however often it is sent."""

    async def test_the_same_form_twice_makes_one_entry(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")

        for _ in range(2):
            page = await duane.follow(await duane.send(form, start="9", finish="17"))
            assert totals(page)[-1] == "8.00"

        assert len(site.live(org.key(org.duane))) == 1

    async def test_the_same_form_with_other_content_is_refused(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")
        await duane.follow(await duane.send(form, start="9", finish="17"))

        page = page_of(await duane.send(form, start="18", finish="19"), 409)

        assert "already sent with other content" in page.alert
        assert page.form(f"{monday}/entries").fields["command_id"] != form.fields["command_id"]
        assert len(site.live(org.key(org.duane))) == 1

    async def test_a_refused_form_can_be_corrected_and_sent_again(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = (await duane.page(monday)).form(f"{monday}/entries")

        page = page_of(await duane.send(form, start="17", finish="17", task="washing dog"), 400)
        await duane.follow(await duane.send(page.form(f"{monday}/entries"), finish="18"))

        assert [entry.task for entry in site.live(org.key(org.duane))] == ["washing dog"]

    async def test_an_id_that_somebody_else_used_is_refused_and_does_what_it_did_once(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        used = uuid4()
        max_, his = site.browser(org, org.max), site.week(org, org.max)
        fields = {"type_id": SHIFT, "start": "9", "finish": "10", "command_id": used}
        await max_.follow(await max_.post_form(f"{his}/entries", **fields))

        page_of(await duane.post_form(f"{monday}/entries", **fields), 409)

        assert site.live(org.key(org.duane)) == []

    async def test_an_id_of_another_organisation_is_free_here(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        other, used = make_organisation(owner_engine), uuid4()
        fields = {"type_id": SHIFT, "start": "9", "finish": "10", "command_id": used}
        theirs = site.browser(other, other.duane)
        await theirs.follow(await theirs.post_form(f"{site.week(other, other.duane)}/entries", **fields))

        await duane.follow(await duane.post_form(f"{monday}/entries", **fields))

        assert len(site.live(org.key(org.duane))) == len(site.live(other.key(other.duane))) == 1


class TestSomebodyElses:
    """A supervisor records for those they approve, with a reason; what a form smuggles in counts for nothing."""

    async def test_a_supervisor_records_with_a_reason_that_the_page_asks_for(
        self, site: Site, org: Organisation, monday: str
    ) -> None:
        roland = site.browser(org, org.roland)
        form = (await roland.page(monday)).form(f"{monday}/entries")

        page = page_of(await roland.send(form, start="9", finish="17"), 400)
        assert "give a reason" in page.problem("reason")
        assert page.form(f"{monday}/entries").fields["finish"] == "17"

        await roland.follow(await roland.send(page.form(f"{monday}/entries"), reason="He forgot."))
        (version,) = site.rows(org, TimeEntryVersion)
        assert (version.owner_id, version.recorded_by_id, version.reason) == (org.duane, org.roland, "He forgot.")

    async def test_an_auditor_reads_and_is_told_that_reading_is_all(
        self, site: Site, org: Organisation, monday: str
    ) -> None:
        diana = site.browser(org, org.diana)
        assert not (await diana.page(monday)).offers(f"{monday}/entries")

        page = page_of(await diana.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10"), 403)

        assert "You may not do this" in page.alert
        assert site.rows(org, Command) == []

    async def test_what_is_smuggled_into_a_form_has_no_effect(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        smuggled = {
            "owner_id": org.max,
            "ownerId": org.max,
            "staff_id": site.staff_id(org, org.max),
            "person_id": org.roland,
            "actor_id": org.roland,
            "on_behalf_of_id": org.roland,
            "onBehalfOf": org.roland,
            "acting_for_id": org.roland,
            "tenant_id": other.tenant_id,
            "tenantId": other.tenant_id,
            "timesheet_id": other.key(other.duane).timesheet_id,
            "state": "approved",
            "revision": 7,
            "version": 7,
            "deleted": "true",
            "recorded_at": "2001-01-01T00:00:00Z",
            "entry_id": uuid4(),
            "edit": uuid4(),
            "kind": "approve",
        }

        answer = await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="10", **smuggled)

        assert answer.status_code == 303
        (sheet,) = site.rows(org, Timesheet)
        assert (sheet.owner_id, sheet.state, sheet.revision) == (org.duane, "draft", 1)
        (version,) = site.rows(org, TimeEntryVersion)
        assert (version.owner_id, version.version, version.deleted) == (org.duane, 1, False)
        assert (version.recorded_by_id, version.on_behalf_of_id) == (org.duane, None)
        assert site.rows(other, Timesheet) == []


class TestByHtmx:
    """The same answers, as the part of the page that changes."""

    async def test_the_week_comes_alone_with_what_else_changed(self, duane: Browser, monday: str) -> None:
        answer = await duane.by_htmx.get(monday)
        part = page_of(answer, 200)

        assert "<html" not in part.html
        assert len(list(part.root.all(id="week"))) == 1
        assert next(part.root.all("title")).raw == "Week of Duane Barry · Countersign"
        assert "HX-Request-Type" in answer.headers["Vary"]

    async def test_recording_answers_with_the_week_and_what_to_say(self, duane: Browser, monday: str) -> None:
        form = page_of(await duane.by_htmx.get(monday), 200).form(f"{monday}/entries")

        part = await duane.by_htmx.follow(await duane.by_htmx.send(form, start="9", finish="17"))

        assert "<html" not in part.html
        assert totals(part)[-1] == "8.00"
        (said,) = [each for each in part.root.all("hx-partial") if each.attributes["hx-target"] == "#toast"]
        assert said.text.startswith("Recorded.")

    async def test_a_refusal_stands_beside_its_field_with_all_that_was_typed(
        self, site: Site, org: Organisation, duane: Browser, monday: str
    ) -> None:
        form = page_of(await duane.by_htmx.get(monday), 200).form(f"{monday}/entries")

        answer = await duane.by_htmx.send(form, start="half nine", finish="17", task="washing dog")

        part = page_of(answer, 400)
        assert "<html" not in part.html
        assert "HX-Retarget" not in answer.headers
        assert "is not a time of day" in part.problem("start")
        kept = part.form(f"{monday}/entries").fields
        assert (kept["start"], kept["finish"], kept["task"]) == ("half nine", "17", "washing dog")
        assert site.rows(org, Timesheet) == []

    async def test_another_type_brings_its_form_alone(self, duane: Browser, monday: str) -> None:
        part = page_of(await duane.by_htmx.get(f"{monday}/form?type_id={TRAINING}&task=first+aid"), 200)

        assert part.form(f"{monday}/entries").fields["task"] == "first aid"
        assert not list(part.root.all(id="week"))

    async def test_what_may_not_be_seen_is_said_in_a_message(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        for answer in (
            await duane.by_htmx.get(site.week(org, org.max)),
            await duane.by_htmx.post_form(f"{site.week(org, org.max)}/entries", type_id=SHIFT),
        ):
            assert answer.headers["HX-Retarget"] == "#toast"
            assert "or you may not see it" in page_of(answer, 404).text
            assert "<html" not in answer.text

    async def test_whoever_is_signed_out_meanwhile_is_led_to_the_sign_in(self, duane: Browser, monday: str) -> None:
        await duane.post_form("/sign-out")

        answer = await duane.by_htmx.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="17")

        assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def totals(page: Page) -> list[str]:
    """The line of day totals, and the week's."""
    return [cell.text for cell in next(page.root.all("tr", class_="totals")).all("td")]


def without_commands(contents: Contents) -> Contents:
    """What there is besides the note of what was asked."""
    return contents | {"command": frozenset()}
