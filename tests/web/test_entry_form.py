"""The entry form is drawn from the type's metadata, for whoever may use it on the day that is open."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, insert

from models.standard import ABSENCE, OVERTIME, SHIFT, TRAINING
from models.tables.timecard import TimePeriodType
from tests.factories import MONDAY, Asking, Organisation, change_policy, change_type, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page

TUESDAY = MONDAY + timedelta(days=1)
ALL = ["Shift", "Overtime", "Training", "On call", "Absence", "Scheduled rest day", "Non-working day"]


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def monday(site: Site, org: Organisation) -> str:
    """The address of Duane's week with the Monday open."""
    return site.week(org, org.duane)


class TestTypesOffered:
    async def test_they_are_those_of_the_day_and_of_the_person(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        assert kinds(await duane.page(monday)) == ALL
        change_type(owner_engine, org, TRAINING, effective_to=MONDAY)
        change_type(owner_engine, org, OVERTIME, effective_from=TUESDAY)
        change_type(owner_engine, org, ABSENCE, person_ids=[org.max])
        tuesday = monday.replace(str(MONDAY), str(TUESDAY))

        assert kinds(await duane.page(monday)) == [each for each in ALL if each not in ("Overtime", "Absence")]
        assert kinds(await duane.page(tuesday)) == [each for each in ALL if each not in ("Training", "Absence")]
        assert "Absence" in kinds(await site.browser(org, org.max).page(site.week(org, org.max)))

    async def test_one_that_is_not_is_refused_beside_its_field(
        self, duane: Browser, org: Organisation, monday: str, owner_engine: Engine
    ) -> None:
        change_type(owner_engine, org, OVERTIME, effective_from=TUESDAY)

        page = page_of(await duane.post_form(f"{monday}/entries", type_id=OVERTIME, start="9", finish="10"), 400)

        assert page.problem("type_id") == "This kind of time cannot be recorded on this day by this person."

    async def test_an_entry_keeps_the_kind_that_nobody_may_record_any_more(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        done = site.desk.do(Asking(org, org.duane, org.duane).record(worked("09:00", "10:00", type_id=OVERTIME)))
        change_type(owner_engine, org, OVERTIME, effective_to=MONDAY - timedelta(days=1))

        page = await duane.page(f"{monday}?edit={done.entry_id}")

        assert page.form(f"{monday}/entries/{done.entry_id}").fields["type_id"] == str(OVERTIME)
        assert "Overtime" in kinds(page)
        assert "Overtime, Mon 16 Nov, 09:00 – 10:00" in page_of(
            await duane.post_form(f"{monday}/entries", type_id=SHIFT, start="9", finish="11"), 400
        ).problem("start")

    async def test_a_new_type_changes_the_form_and_what_is_accepted_with_no_code(
        self, site: Site, org: Organisation, duane: Browser, monday: str, owner_engine: Engine
    ) -> None:
        travel = new_type(owner_engine, org, "Travel", project="required", task="required", note="required")
        form = (await duane.page(f"{monday}?type_id={travel}")).form(f"{monday}/entries")
        assert {"project_id", "task", "note"} <= form.named
        assert "meal_break_minutes" not in form.named

        page = page_of(await duane.send(form, start="9", finish="10"), 400)
        assert [page.problem(name) for name in ("project_id", "task", "note")] == [
            "This kind of time needs a project.",
            "This kind of time needs a task.",
            "This kind of time needs a note.",
        ]
        given = {"project_id": org.projects["proj-533"], "task": "to the kennels", "note": "By bus."}
        await duane.follow(await duane.send(page.form(f"{monday}/entries"), **given))
        assert [entry.time_period_type_id for entry in site.live(org.key(org.duane))] == [travel]


class TestLate:
    async def test_recording_late_asks_why_beside_its_field(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        long_ago = date(2026, 9, 7)
        change_policy(owner_engine, org, late_after_working_days=5)
        duane, then = site.browser(org, org.duane), site.week(org, org.duane, long_ago)
        form = (await duane.page(then)).form(f"{then}/entries")
        assert "reason" not in form.named

        page = page_of(await duane.send(form, start="9", finish="17"), 400)

        assert "more than 5 working days ago" in page.problem("reason")
        assert "autofocus" in next(page.root.all(id="reason")).attributes
        await duane.follow(await duane.send(page.form(f"{then}/entries"), reason="Was ill."))


def kinds(page: Page) -> list[str]:
    """The kinds of time that the form offers."""
    return [each.text for select in page.root.all("select", id="type_id") for each in select.all("option")]


def new_type(owner: Engine, org: Organisation, name: str, **fields: str) -> Any:
    """A time period type of the organisation's own; what is not named is hidden."""
    id_ = uuid4()
    row = {"id": id_, "tenant_id": org.tenant_id, "name": name, "value_type": "datetime", "fields": fields, "feeds": []}
    with owner.begin() as connection:
        connection.execute(insert(TimePeriodType).values(row))
    return id_
