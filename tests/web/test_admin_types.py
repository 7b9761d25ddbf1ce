"""Time period types and the rules of recording, as administrators see and change them on pages."""

import pytest
from sqlalchemy import Engine

from models.standard import ABSENCE, SHIFT
from models.tables.accruals import Accrual
from models.tables.people import DirectoryChange
from models.tables.timecard import TimeEntry, TimePeriodType
from tests.desk import carry_out_rebuilds
from tests.factories import Organisation, make_organisation
from tests.web.conftest import Browser, Site, page_of

TRAVEL: dict[str, object] = {"name": "Travel", "fields.project": "required", "fields.note": "required"}


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def travel(site: Site, org: Organisation) -> TimePeriodType:
    """The type as stored."""
    found: TimePeriodType = next(each for each in site.rows(org, TimePeriodType) if each.name == "Travel")
    return found


async def add(browser: Browser, **said: object) -> None:
    """Add a type by its page."""
    form = (await browser.page("/admin/types/new")).form("/admin/types")
    await browser.follow(await browser.send(form, **TRAVEL | said))


class TestAdding:
    async def test_a_type_with_more_required_fields_changes_the_week_page_without_any_code(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        await add(suzanne, countsToTargetHours="yes")
        duane, monday, type_ = site.browser(org, org.duane), site.week(org, org.duane), travel(site, org)
        page = await duane.page(f"{monday}?type_id={type_.id}")
        form = page.form(f"{monday}/entries")
        assert form.fields["type_id"] == str(type_.id)
        assert {"project_id", "note", "task"} <= form.named
        assert "meal_break_minutes" not in form.named

        refused = page_of(await duane.send(form, start="9", finish="17"), 400)
        assert refused.problem("project_id") == "This kind of time needs a project."
        assert refused.problem("note") == "This kind of time needs a note."
        assert site.rows(org, TimeEntry) == []

        again = refused.form(f"{monday}/entries")
        recorded = await duane.send(
            again, start="9", finish="17", project_id=org.projects["proj-533"], note="By train."
        )
        assert "Travel" in (await duane.follow(recorded)).main.text
        (entry,) = site.rows(org, TimeEntry)
        assert entry.time_period_type_id == type_.id

    async def test_everything_said_is_kept(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        await add(
            suzanne,
            countsToTargetHours="yes",
            accrual_NIGHT_HOURS="yes",
            effectiveFrom="2026-01-01",
            effectiveTo="2026-12-31",
            personIds=f"{site.staff_id(org, org.duane)}, {site.staff_id(org, org.max)}",
            accent="rose",
            position="3",
        )

        stored = travel(site, org)
        assert stored.fields == {"project": "required", "task": "optional", "note": "required", "mealBreak": "hidden"}
        assert (stored.value_type, stored.counts_to_target_hours) == ("datetime", True)
        assert stored.feeds == ["ANNUAL_TARGET_HOURS", "NIGHT_HOURS"]
        assert (str(stored.effective_from), str(stored.effective_to)) == ("2026-01-01", "2026-12-31")
        assert set(stored.person_ids or ()) == {org.duane, org.max}
        assert (stored.accent, stored.position) == ("rose", 3)
        page = await suzanne.page(f"/admin/types/{stored.id}")
        form = page.form(f"/admin/types/{stored.id}").fields
        assert (form["countsToTargetHours"], form["accrual_NIGHT_HOURS"]) == ("yes", "yes")
        assert form["personIds"] == f"{site.staff_id(org, org.duane)}, {site.staff_id(org, org.max)}"
        told = " ".join(each.text for each in page.main.all("ol", class_="events"))
        assert "Only for Duane Barry, Max Fenig" in told or "Only for Max Fenig, Duane Barry" in told
        assert "Feeds Annual target hours, Night hours" in told
        assert "First day 1 January 2026" in told

    async def test_what_is_refused_is_said_beside_its_field(self, suzanne: Browser) -> None:
        form = (await suzanne.page("/admin/types/new")).form("/admin/types")

        typed = {"name": "Shift", "valueType": "date", "fields.mealBreak": "required", "fields.note": "required"}
        page = page_of(await suzanne.send(form, **typed, effectiveFrom="2026-02-01", effectiveTo="2026-01-01"), 400)

        assert "Another type has this name already" in page.problem("name")
        assert "A whole day has no meal break" in page.problem("fields.mealBreak")
        assert "before the first" in page.problem("effectiveTo")
        again = page.form("/admin/types").fields
        assert (again["valueType"], again["fields.note"]) == ("date", "required")

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("personIds", "staff-nobody", "no person with the staff id staff-nobody"),
            ("effectiveFrom", "tomorrow", "such as 2026-11-18"),
            ("position", "first", "whole number"),
        ],
    )
    async def test_what_cannot_be_understood_is_refused(
        self, site: Site, suzanne: Browser, org: Organisation, field: str, value: str, words: str
    ) -> None:
        form = (await suzanne.page("/admin/types/new")).form("/admin/types")

        page = page_of(await suzanne.send(form, **TRAVEL | {field: value}), 400)

        assert words in page.problem(field)
        assert len(site.rows(org, TimePeriodType)) == 7

    async def test_the_preview_draws_what_was_typed_and_saves_nothing(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = (await suzanne.page("/admin/types/new")).form("/admin/types")
        before = site.contents(org)
        typed = form.fields | {"name": "Travel", "fields.task": "hidden", "fields.note": "required"}

        part = page_of(await suzanne.by_htmx.post_form("/admin/types/preview", **typed), 200)
        whole = page_of(await suzanne.post_form("/admin/types/preview", **typed), 200)

        for page in (part, whole):
            (preview,) = page.root.all(id="type-preview")
            assert [each.text for each in preview.all("label")] == [
                "What kind of time",
                "Start",
                "Finish",
                "Project optional",
                "Note",
            ]
        assert "<html" not in part.html
        assert whole.form("/admin/types").fields["name"] == "Travel"
        assert site.contents(org) == before

    async def test_a_preview_of_a_whole_day_has_no_times(self, suzanne: Browser) -> None:
        (preview,) = (await suzanne.page(f"/admin/types/{ABSENCE}")).root.all(id="type-preview")

        assert "Start" not in preview.text
        assert "It fills the whole day." in preview.text


class TestChanging:
    async def test_a_change_shows_on_the_week_page_and_in_its_history(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        shift = f"/admin/types/{SHIFT}"
        form = (await suzanne.page(shift)).form(shift)

        page = await suzanne.follow(await suzanne.send(form, **{"name": "Day shift", "fields.task": "required"}))

        told = " ".join(each.text for each in page.main.all("ol", class_="events"))
        assert "Name Shift became → Day shift" in told
        assert "Task optional became → required" in told
        duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
        form = (await duane.page(monday)).form(f"{monday}/entries")
        page = page_of(await duane.send(form, start="9", finish="17"), 400)
        assert page.problem("task") == "This kind of time needs a task."

    async def test_what_was_recorded_before_counts_by_what_it_feeds_now(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        shift = f"/admin/types/{SHIFT}"
        form = (await suzanne.page(shift)).form(shift)
        await _record(site, org)
        assert {row.accrual_code for row in site.rows(org, Accrual)} == {"ANNUAL_TARGET_HOURS"}
        form.fields.pop("countsToTargetHours")

        assert (await suzanne.send(form)).status_code == 303
        carry_out_rebuilds(site.engine, org.tenant_id)

        assert "ANNUAL_TARGET_HOURS" not in {row.accrual_code for row in site.rows(org, Accrual)}

    async def test_how_it_is_recorded_never_changes(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        shift = f"/admin/types/{SHIFT}"
        form = (await suzanne.page(shift)).form(shift)

        page_of(await suzanne.send(form, valueType="date"), 400)

        assert site.rows(org, DirectoryChange) == []

    async def test_an_old_form_writes_over_nothing(self, suzanne: Browser) -> None:
        shift = f"/admin/types/{SHIFT}"
        form, other = [(await suzanne.page(shift)).form(shift) for _ in range(2)]
        await suzanne.send(form, name="Day shift")

        page = page_of(await suzanne.send(other, name="Night shift"), 412)

        assert "Somebody changed this type meanwhile" in page.alert

    async def test_another_organisations_type_is_none(self, site: Site, suzanne: Browser, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)
        await add(site.browser(other, other.suzanne))
        theirs = f"/admin/types/{travel(site, other).id}"

        page_of(await suzanne.get(theirs), 404)
        page_of(await suzanne.post_form(theirs, version=1, name="mine"), 404)

    @pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
    async def test_nobody_else_sees_or_changes_types(self, site: Site, org: Organisation, who: str) -> None:
        browser = site.browser(org, org.people[who])
        before = site.contents(org)

        for address in ("/admin/types", "/admin/types/new", f"/admin/types/{SHIFT}"):
            page_of(await browser.get(address), 404)
        for address in ("/admin/types", f"/admin/types/{SHIFT}", "/admin/types/preview"):
            page_of(await browser.post_form(address, **TRAVEL, version=1), 404)

        assert site.contents(org) == before


async def _record(site: Site, org: Organisation) -> None:
    """An hour of Duane's."""
    duane, monday = site.browser(org, org.duane), site.week(org, org.duane)
    form = (await duane.page(monday)).form(f"{monday}/entries")
    await duane.follow(await duane.send(form, start="9", finish="10"))
