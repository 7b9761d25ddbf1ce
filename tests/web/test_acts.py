"""What others did in one's name, on a page of one's own; and what administrators and auditors see of everybody's."""

import csv
import io
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.store.owner_review import Verdict
from models.tables.timecard import OwnerReview
from tests.desk import Life
from tests.factories import Organisation, change_person, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from web.pages.acts import SAID

OWN, ALL, CSV = "/acts", "/admin/acts", "/admin/acts.csv"


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    return Life(site.desk, org)


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
def approved(life: Life) -> UUID:
    """Suzanne approved Duane's week for Roland."""
    life.bring_to(State.SUBMITTED)
    return life.desk.do(life.suzanne_for(life.org.roland).approve(life.desk.digest(life.key))).command_id


def answer_of(act: UUID) -> str:
    return f"/acts/{act}/answer"


def said(site: Site, org: Organisation) -> list[tuple[str, str | None, UUID]]:
    return [(each.verdict, each.reason, each.owner_id) for each in site.rows(org, OwnerReview)]


class TestOnesOwn:
    async def test_an_approver_sees_what_was_decided_in_their_name_with_the_history(
        self, life: Life, roland: Browser, approved: UUID
    ) -> None:
        page = await roland.page(OWN)

        assert "Approved" in page.main.text
        assert "Suzanne Modeski on behalf of Roland Fuller, as administrator" in page.main.text
        assert "He is away." in page.main.text
        assert f"/history/{life.key.timesheet_id}" in page.links
        assert answer_of(approved) in {form.action for form in page.forms}
        assert (await roland.page(f"/history/{life.key.timesheet_id}")).main.text.count("Not answered yet") == 1

    async def test_who_approves_no_more_still_sees_the_history_of_what_was_done_in_their_name(
        self, life: Life, roland: Browser, approved: UUID, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, life.org.duane, supervisor_id=life.org.alex)

        await roland.page(f"/history/{life.key.timesheet_id}")

    async def test_a_worker_sees_that_their_week_was_submitted_for_them(
        self, site: Site, life: Life, duane: Browser
    ) -> None:
        life.record()
        life.desk.do(life.suzanne_for(life.org.duane).submit(life.desk.digest(life.key)))

        for address in (OWN, site.week(life.org, life.org.duane)):
            assert "Submitted and certified" in (await duane.page(address)).main.text

    async def test_everything_that_somebody_records_for_one_is_told(self, life: Life, duane: Browser) -> None:
        roland = life.because(life.roland, "He forgot it.")
        made = life.desk.do(roland.record(worked("09:00", "17:00")))
        assert made.entry_id
        life.desk.do(roland.amend(made.entry_id, 1, worked("09:00", "15:00")))
        life.desk.do(roland.note("Was there."))

        text = (await duane.page(OWN)).main.text

        assert all(each in text for each in ("Time recorded", "Time amended", "17:00 → became 15:00", "Note added"))

    async def test_nothing_is_there_for_whom_nothing_was_done(self, roland: Browser) -> None:
        assert "Nothing waits for your answer." in (await roland.page(OWN)).main.text

    async def test_the_page_leads_on(self, life: Life, duane: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("models.reads.acts", "web.pages.acts"):
            monkeypatch.setattr(f"{module}.PAGE", 2)
        for hour in range(9, 14):
            life.desk.do(life.because(life.roland, "So.").record(worked(f"{hour:02}:00", f"{hour + 1:02}:00")))

        seen, address, pages = [], OWN, 0
        while address:
            page = await duane.page(address)
            seen += [form.action for form in page.forms if form.fields.get("verdict") == "confirmed"]
            address = next((link for link in page.links if link.startswith("/acts?after=")), "")
            pages += 1

        assert (len(seen), len(set(seen)), pages) == (5, 5, 3)


class TestAnswering:
    async def test_it_is_right(self, site: Site, life: Life, roland: Browser, approved: UUID) -> None:
        page = await roland.page(OWN)
        form = next(form for form in page.forms if form.fields.get("verdict") == "confirmed")
        answer = await roland.send(form)

        assert (answer.status_code, answer.headers["Location"]) == (303, OWN)
        assert said(site, life.org) == [("confirmed", None, life.org.roland)]
        assert answer_of(approved) not in {each.action for each in (await roland.page(OWN)).forms}
        assert "Confirmed" in (await roland.page(f"{OWN}?answered=yes")).main.text

    async def test_it_is_disputed_and_everybody_reads_why(
        self, site: Site, life: Life, roland: Browser, suzanne: Browser, approved: UUID
    ) -> None:
        await roland.post_form(answer_of(approved), verdict="disputed", reason="I had not looked.")

        assert said(site, life.org) == [("disputed", "I had not looked.", life.org.roland)]
        assert "I had not looked." in (await suzanne.page(f"/history/{life.key.timesheet_id}")).main.text
        assert "I had not looked." in (await suzanne.page(ALL)).main.text
        assert "disputes what you did" in (await suzanne.page("/notifications")).main.text

    @pytest.mark.parametrize("htmx", [True, False])
    async def test_a_dispute_without_a_reason_comes_back_with_the_field(
        self, site: Site, life: Life, roland: Browser, approved: UUID, htmx: bool
    ) -> None:
        browser = roland.by_htmx if htmx else roland
        page = page_of(await browser.post_form(answer_of(approved), verdict="disputed"))

        assert "whoever did it reads your reason" in page.text
        assert f"{approved}-reason-error" in page.text or any(page.root.all(id=f"{approved}-reason-error"))
        assert said(site, life.org) == []

    @pytest.mark.parametrize("form", [{}, {"verdict": "perhaps"}, {"verdict": "disputed", "reason": "x" * 501}])
    async def test_what_cannot_be_understood_is_refused(
        self, site: Site, life: Life, roland: Browser, approved: UUID, form: dict[str, str]
    ) -> None:
        assert (await roland.post_form(answer_of(approved), **form)).status_code == 400
        assert said(site, life.org) == []

    async def test_said_otherwise_later_it_stays(self, site: Site, life: Life, roland: Browser, approved: UUID) -> None:
        for _ in range(2):
            assert (await roland.post_form(answer_of(approved), verdict="confirmed")).status_code == 303
        assert (await roland.post_form(answer_of(approved), verdict="disputed", reason="No.")).status_code == 409
        assert len(said(site, life.org)) == 1

    async def test_nobody_else_answers(
        self, site: Site, life: Life, duane: Browser, suzanne: Browser, approved: UUID, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        acting = await site.acting(life.org, life.org.roland)
        for browser in (duane, suzanne, acting, site.browser(other, other.roland)):
            assert (await browser.post_form(answer_of(approved), verdict="confirmed")).status_code == 404
        assert (await duane.post_form(answer_of(uuid4()), verdict="confirmed")).status_code == 404
        assert said(site, life.org) == []


class TestEverybodys:
    async def test_administrators_and_auditors_see_who_acted_for_whom_why_and_since_when(
        self, site: Site, life: Life, suzanne: Browser, approved: UUID
    ) -> None:
        for browser in (suzanne, site.browser(life.org, life.org.diana)):
            text = (await browser.page(ALL)).main.text
            assert "Roland Fuller" in text
            assert "Approved by Suzanne Modeski" in text
            assert "As approver of Duane Barry, week of 16 November 2026: “He is away.”" in text
            assert "Not answered Since today" in text

    async def test_nobody_else_does(self, roland: Browser, duane: Browser, approved: UUID) -> None:
        for browser in (roland, duane):
            for address in (ALL, CSV):
                assert (await browser.get(address)).status_code == 404

    async def test_of_somebody_who_left_it_stays_unconfirmed(
        self, life: Life, suzanne: Browser, approved: UUID, owner_engine: Engine
    ) -> None:
        change_person(owner_engine, life.org.roland, active=False)

        text = (await suzanne.page(ALL)).main.text

        assert "They left, so it stays unconfirmed." in text
        assert "He is away." in text

    async def test_what_is_confirmed_is_not_listed_until_asked_for(
        self, life: Life, roland: Browser, suzanne: Browser, approved: UUID
    ) -> None:
        await roland.post_form(answer_of(approved), verdict="confirmed")

        assert "Everything is confirmed" in (await suzanne.page(ALL)).main.text
        assert "Approved by Suzanne Modeski" in (await suzanne.page(f"{ALL}?state=confirmed")).main.text
        for state in ("unanswered", "disputed"):
            assert "None like that" in (await suzanne.page(f"{ALL}?state={state}")).main.text

    @pytest.mark.parametrize(
        ("search", "is_found"), [("roland", True), ("SUZANNE", True), ("max", False), ("%", False)]
    )
    async def test_a_person_is_found_by_either_side(
        self, suzanne: Browser, approved: UUID, search: str, is_found: bool
    ) -> None:
        text = (await suzanne.page(f"{ALL}?q={search.replace('%', '%25')}")).main.text
        assert ("Approved by Suzanne Modeski" in text) == is_found

    async def test_it_leads_on_and_a_cursor_of_elsewhere_is_refused(
        self, life: Life, suzanne: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("models.reads.acts", "web.pages.acts"):
            monkeypatch.setattr(f"{module}.PAGE", 2)
        for hour in range(9, 12):
            life.desk.do(life.because(life.roland, f"Reason {hour}.").record(worked(f"{hour:02}:00", f"{hour + 1}:00")))

        page = await suzanne.page(ALL)
        (further,) = [link for link in page.links if "after=" in link]
        text = page.main.text + (await suzanne.page(further)).main.text

        assert all(f"Reason {hour}." in text for hour in range(9, 12))
        assert (await suzanne.get(f"{ALL}?after=nonsense")).status_code == 400

    async def test_as_a_list_for_spreadsheets(self, life: Life, suzanne: Browser, approved: UUID) -> None:
        answer = await suzanne.get(CSV)

        (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert (line["What"], line["By"], line["For"]) == ("Approved", "Suzanne Modeski", "Roland Fuller")
        assert (line["State"], line["Days unanswered"], line["Reason"]) == ("unanswered", "0", "He is away.")

    async def test_another_organisation_sees_nothing_of_it(
        self, site: Site, approved: UUID, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)

        assert "Everything is confirmed" in (await site.browser(other, other.suzanne).page(ALL)).main.text


def test_every_verdict_has_words() -> None:
    assert SAID.keys() == set(Verdict)
