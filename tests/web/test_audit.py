"""The search of auditors and administrators: what was done and who looked at it."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine

from models.rules.transitions import CommandKind, State
from tests.desk import Life
from tests.factories import NEXT_MONDAY, Asking, Organisation, change_person, make_organisation, worked
from tests.standing_in import today
from tests.web.conftest import Browser, Site
from tests.web.reading import Page
from tests.web.test_statements import noting

ASKED = 9
"""Statements of the search: who is there, what is found, the frame, and that an auditor looked."""


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    return Life(site.desk, org)


@pytest.fixture
def diana(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.diana)


def titles(page: Page) -> list[str]:
    """What was done, in each row."""
    return [link.text.partition(" by ")[0] for link in page.main.all("a") if " by " in link.text]


async def found(browser: Browser, **asked: object) -> list[str]:
    return titles(await browser.page(f"/audit?{urlencode(asked)}"))


@pytest.fixture
def lived(life: Life, owner_engine: Engine) -> Life:
    """Duane's week: approved, revised with a change, approved again by Suzanne for Roland; and a day of Max's."""
    life.bring_to(State.APPROVED)
    (entry,) = life.desk.live(life.key)
    life.desk.do(life.because(life.duane, "It was Thursday.").move(CommandKind.REVISE))
    life.desk.do(life.because(life.duane, "It was Thursday.").amend(entry.id, 1, worked("09:00", "16:00")))
    life.desk.do(life.duane.submit(life.desk.digest(life.key)))
    life.desk.do(life.suzanne_for(life.org.roland).approve(life.desk.digest(life.key)))
    project = life.org.projects["proj-576B"]
    maxs = Asking(life.org, life.org.max, life.org.max, NEXT_MONDAY)
    life.desk.do(maxs.record(worked("09:00", "10:00", NEXT_MONDAY, project_id=project)))
    return life


ALL = [
    "Time recorded",
    "Approved",
    "Submitted and certified",
    "Time amended",
    "Opened for revision",
    "Approved",
    "Submitted and certified",
    "Time recorded",
]


class TestSearching:
    async def test_everything_the_newest_first(self, lived: Life, diana: Browser) -> None:
        page = await diana.page("/audit")

        assert titles(page) == ALL
        assert "8 found" in page.main.text
        assert f"/history/{lived.key.timesheet_id}" in page.links
        assert "on behalf of Roland Fuller" in page.main.text
        assert "What you open here is recorded." in page.text

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"person": "Max"}, ["Time recorded"]),
            ({"person": "nobody of this name"}, []),
            ({"by": "Suzanne"}, ["Approved"]),
            ({"by": "Roland"}, ["Approved"]),
            ({"project": "proj-576B"}, ["Time recorded"]),
            ({"project": "party hats"}, ["Time recorded"]),
            ({"week": "2026-11-25"}, ["Time recorded"]),
            ({"kind": "approved"}, ["Approved", "Approved"]),
            ({"kind": "approved", "by": "Suzanne", "person": "Duane"}, ["Approved"]),
            ({"kind": "recorded"}, ["Time recorded", "Time recorded"]),
            ({"kind": "revised"}, ["Opened for revision"]),
            ({"kind": "taken-back"}, []),
            ({"kind": "viewed"}, []),
            ({"on_behalf": "yes"}, ["Approved"]),
            ({"after_approval": "yes"}, ["Time amended"]),
            ({"after_approval": "yes", "person": "Max"}, []),
            ({"kind": "no such kind"}, ALL),
            ({"from": str(today() + timedelta(days=2))}, []),
            ({"to": str(today() - timedelta(days=2))}, []),
            ({"from": str(today() - timedelta(days=2)), "to": str(today() + timedelta(days=2))}, ALL),
        ],
    )
    async def test_narrowed(self, lived: Life, diana: Browser, asked: dict[str, str], expected: list[str]) -> None:
        assert await found(diana, **asked) == expected

    async def test_by_part_of_a_staff_id(self, site: Site, lived: Life, diana: Browser) -> None:
        assert await found(diana, person=site.staff_id(lived.org, lived.org.max).upper()) == ["Time recorded"]

    @pytest.mark.parametrize("typed", ["%", "_", "M_x", "/", "Max%", "' OR 1=1 --", "\\"])
    @pytest.mark.parametrize("field", ["person", "by", "project"])
    async def test_what_is_typed_means_itself(self, lived: Life, diana: Browser, field: str, typed: str) -> None:
        assert await found(diana, **{field: typed}) == []

    async def test_percent_and_underscore_are_found_where_they_are(
        self, lived: Life, diana: Browser, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, lived.org.max, name="Max 100%_/ Fenig")

        for typed in ("100%", "%_/", "_/ F"):
            assert await found(diana, person=typed) == ["Time recorded"]

    async def test_who_looked(self, site: Site, lived: Life, diana: Browser) -> None:
        roland = site.browser(lived.org, lived.org.roland)
        await roland.page(f"/inbox/{lived.key.timesheet_id}")

        assert await found(diana, kind="viewed", by="Roland") == ["Viewed"]
        assert await found(diana, kind="viewed", person="Duane") == ["Viewed"]
        assert await found(diana, kind="viewed", person="Max") == []
        assert await found(diana, kind="viewed", week="2026-11-18", by="Roland") == ["Viewed"]
        assert await found(diana, kind="viewed", week="2026-11-25", by="Roland") == []
        page = await diana.page("/audit?kind=viewed&by=Roland")
        assert "revision 2" in page.main.text
        assert f"/history/{lived.key.timesheet_id}" in page.links

    async def test_what_the_auditor_looked_for_is_found_as_well(self, lived: Life, diana: Browser) -> None:
        await found(diana, person="Max", kind="approved")

        page = await diana.page("/audit?kind=viewed&by=Diana")

        assert "/audit?person=Max&kind=approved" in page.links

    @pytest.mark.parametrize("field", ["from", "to", "week"])
    @pytest.mark.parametrize("typed", ["yesterday", "2026-13-01", "0000-00-00", "9" * 30])
    async def test_a_day_that_is_none_is_told(self, diana: Browser, field: str, typed: str) -> None:
        page = await diana.page(f"/audit?{field}={typed}", status=400)

        assert "Write a day such as 2026-11-30." in page.main.text

    async def test_days_the_wrong_way_round_are_told(self, diana: Browser) -> None:
        page = await diana.page("/audit?from=2026-11-30&to=2026-11-01", status=400)

        assert "The last day is before the first." in page.main.text

    @pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd"])
    async def test_a_cursor_that_is_none_is_refused(self, diana: Browser, cursor: str) -> None:
        assert (await diana.get(f"/audit?after={cursor}")).status_code == 400

    async def test_the_fields_keep_what_was_typed(self, lived: Life, diana: Browser) -> None:
        page = await diana.page("/audit?person=Max&kind=viewed&on_behalf=yes&week=2026-11-18")

        form = next(form for form in page.forms if form.action == "/audit")
        assert form.fields["person"] == "Max"
        assert form.fields["kind"] == "viewed"
        assert form.fields["on_behalf"] == "yes"
        assert form.fields["week"] == "2026-11-18"


class TestPages:
    async def test_pages_lead_on_without_leaving_anything_out_while_more_is_done(
        self, life: Life, diana: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("models.reads.audit", "web.pages.audit"):
            monkeypatch.setattr(f"{module}.PAGE", 3)
        for hour in range(7):
            life.desk.do(life.duane.record(worked(f"{hour:02}:00", f"{hour:02}:30")))
        seen, address, pages = 0, "/audit?kind=recorded", 0
        while address:
            page = await diana.page(address)
            seen, pages = seen + len(titles(page)), pages + 1
            address = next((link for link in page.links if "after=" in link), "")
            life.desk.do(life.duane.record(worked(f"{10 + pages}:00", f"{10 + pages}:30")))

        assert (seen, pages) == (7, 3)

    async def test_acts_and_views_are_one_list(
        self, site: Site, life: Life, diana: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("models.reads.audit", "web.pages.audit"):
            monkeypatch.setattr(f"{module}.PAGE", 1)
        life.bring_to(State.SUBMITTED)
        await site.browser(life.org, life.org.roland).page(f"/inbox/{life.key.timesheet_id}")
        life.desk.do(life.roland.approve(life.desk.digest(life.key)))
        seen, address = [], "/audit?person=Duane"
        while address:
            page = await diana.page(address)
            seen += titles(page)
            address = next((link for link in page.links if "after=" in link), "")

        assert seen == ["Approved", "Viewed", "Submitted and certified", "Time recorded"]

    async def test_much_is_counted_no_further_than_it_is_told(
        self, lived: Life, diana: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("models.reads.audit", "web.pages.audit"):
            monkeypatch.setattr(f"{module}.COUNTED", 3)

        assert "More than 3 found" in (await diana.page("/audit")).main.text

    async def test_every_search_asks_as_often(self, site: Site, lived: Life) -> None:
        asked = set()
        for query in ("", "?person=Max", "?person=a&by=a&project=a&kind=viewed&on_behalf=yes&week=2026-11-18"):
            suzanne = site.browser(lived.org, lived.org.suzanne)
            with noting(site.services.engine) as statements:
                await suzanne.page(f"/audit{query}")
            asked.add(len(statements))

        assert asked == {ASKED - 1}


class TestWhoMay:
    @pytest.mark.parametrize("address", ["/audit", "/audit.csv"])
    async def test_nobody_but_auditors_and_administrators(self, site: Site, org: Organisation, address: str) -> None:
        people = {name: (await site.browser(org, id_).get(address)).status_code for name, id_ in org.people.items()}

        assert {name for name, status in people.items() if status == 200} == {"Suzanne Modeski", "Diana Fowley"}
        assert set(people.values()) == {200, 404}

    async def test_nothing_of_another_organisation(self, site: Site, lived: Life, owner_engine: Engine) -> None:
        other = make_organisation(owner_engine)
        page = await site.browser(other, other.diana).page("/audit?person=Duane")

        assert titles(page) == []

    async def test_the_frame_leads_there(self, site: Site, org: Organisation) -> None:
        for who, leads in ((org.diana, True), (org.suzanne, True), (org.roland, False)):
            page = await site.browser(org, who).page("/acts")
            assert ("/audit" in page.links) is leads


class TestAsCsv:
    async def test_the_same_as_a_list(self, lived: Life, diana: Browser) -> None:
        answer = await diana.get("/audit.csv?person=Duane")

        lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert [line["What"] for line in lines] == ALL[1:]
        assert lines[0]["On behalf of"] == "Roland Fuller"
        assert lines[0]["Address"] == f"/history/{lived.key.timesheet_id}"

    async def test_formulas_stay_text(self, life: Life, diana: Browser) -> None:
        life.bring_to(State.APPROVED)
        life.desk.do(life.because(life.duane, "=HYPERLINK(1)").move(CommandKind.REVISE))

        answer = await diana.get("/audit.csv")

        assert "'=HYPERLINK(1)" in answer.text
        assert ",=HYPERLINK" not in answer.text

    async def test_a_day_that_is_none_is_refused(self, diana: Browser) -> None:
        assert (await diana.get("/audit.csv?from=never")).status_code == 400
