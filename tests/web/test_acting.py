"""An administrator acts on behalf of somebody: with a reason, in plain sight, and never for a decision of their own."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.messages import SheetKey
from models.rules.transitions import State
from models.tables.auth import SignInSession
from models.tables.timecard import TimeEntryVersion
from models.tables.timesheet import Command, Decision, Submission
from tests.factories import Organisation, change_person, give_role, make_organisation, take_role
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Page


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
async def key(site: Site, org: Organisation) -> SheetKey:
    """Duane's week with its 8 hours, which waits for Roland."""
    return await site.bring_to(org, State.SUBMITTED)


class TestBeginning:
    """Whoever acts for somebody says whom for, and why."""

    async def test_the_form_is_reached_from_the_list_and_leads_to_their_week(
        self, site: Site, org: Organisation, suzanne: Browser
    ) -> None:
        address = f"/admin/people/{site.staff_id(org, org.duane)}/acting"
        assert address in (await suzanne.page("/admin/people")).links
        form = (await suzanne.page(address)).form("/acting")

        page = await suzanne.follow(await suzanne.send(form, reason="He is on leave."))

        assert "You are acting for Duane Barry now. Everything is recorded under your name." in page.notice
        assert "Duane Barry’s timesheet" in page.main.text
        assert acting_for(site, org) == [(org.duane, "He is on leave.")]

    async def test_the_banner_is_on_every_page(self, site: Site, org: Organisation, key: SheetKey) -> None:
        suzanne = await site.acting(org, org.duane, "He is on leave.")
        pages = (
            site.week(org, org.duane),
            site.week(org, org.suzanne),
            "/balances",
            "/admin/people",
            f"/history/{key.timesheet_id}",
            f"/timesheets/{key.timesheet_id}/recall",
            f"/admin/people/{site.staff_id(org, org.max)}/acting",
        )

        for path in pages:
            text = banner(await suzanne.page(path))
            assert "You are acting on behalf of Duane Barry." in text, path
            assert "recorded under your name, Suzanne Modeski. Reason: He is on leave." in text, path

        for refused in (await suzanne.get("/history/1"), await suzanne.post_form(f"/history/{key.timesheet_id}")):
            assert "Status 40" in page_of(refused).main.text

    async def test_it_is_kept_to_one_browser(self, site: Site, org: Organisation, suzanne: Browser) -> None:
        await site.acting(org, org.duane)

        assert banner(await suzanne.page("/balances")) == ""

    @pytest.mark.parametrize(
        ("reason", "says"),
        [
            (None, "Say why you act for somebody else"),
            ("", "Say why you act for somebody else"),
            (" \r\n ", "Say why you act for somebody else"),
            ("\x00", "Say why you act for somebody else"),
            ("x" * 251, "at most 250 characters"),
            ("x" * 10_000, "at most 2000 characters"),
            ("one line\r\nand another", "on one line"),
            ("\x1b[31m", "on one line"),
        ],
    )
    async def test_nobody_acts_without_a_reason_that_can_be_read(
        self, site: Site, org: Organisation, suzanne: Browser, reason: str | None, says: str
    ) -> None:
        staff_id = site.staff_id(org, org.duane)

        page = page_of(await suzanne.post_form("/acting", staff_id=staff_id, reason=reason), 400)

        assert says in page.problem("reason")
        assert page.form("/acting").fields["staff_id"] == staff_id
        if reason and reason.isprintable():
            assert page.form("/acting").fields["reason"] == reason
        assert acting_for(site, org) == [(None, None)]

    async def test_nobody_acts_for_themselves(self, site: Site, org: Organisation, suzanne: Browser) -> None:
        answer = await suzanne.post_form("/acting", staff_id=site.staff_id(org, org.suzanne), reason="Why not.")

        page = page_of(answer, 403)
        assert "You are yourself already. Choose somebody else." in page.alert
        assert page.form("/acting").fields["reason"] == "Why not."
        assert acting_for(site, org) == [(None, None)]

    async def test_nobody_acts_for_somebody_of_elsewhere_or_gone(
        self, site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
    ) -> None:
        other = make_organisation(owner_engine)
        change_person(owner_engine, org.max, active=False)
        whose = [
            site.staff_id(other, other.duane),
            site.staff_id(org, org.max),
            str(org.duane),
            "nobody",
            "",
            None,
            "' OR 1=1 --",
            "\x00",
            "x" * 3_000,
        ]

        for staff_id in whose:
            answer = await suzanne.post_form("/acting", staff_id=staff_id, reason="He is away.")
            assert answer.status_code in (400, 404), staff_id
        for path in (site.staff_id(other, other.duane), "nobody", "'", "%25"):
            page_of(await suzanne.get(f"/admin/people/{path}/acting"), 404)

        assert acting_for(site, org) == [(None, None)]

    async def test_only_administrators_act_for_others(self, site: Site, org: Organisation) -> None:
        staff_id = site.staff_id(org, org.max)

        for who in (org.duane, org.roland, org.alex, org.diana):
            browser = site.browser(org, who)
            page_of(await browser.get(f"/admin/people/{staff_id}/acting"), 404)
            page_of(await browser.post_form("/acting", staff_id=staff_id, reason="Because."), 404)

        assert acting_for(site, org) == [(None, None)] * 4

    async def test_choosing_somebody_else_replaces_whom_one_acts_for(self, site: Site, org: Organisation) -> None:
        suzanne = await site.acting(org, org.duane, "He is on leave.")

        for _ in range(2):
            again = await suzanne.post_form("/acting", staff_id=site.staff_id(org, org.max), reason="His turn.")
            assert again.status_code == 303

        assert "on behalf of Max Fenig." in banner(await suzanne.page("/balances"))
        assert acting_for(site, org) == [(org.max, "His turn.")]

    async def test_a_reason_is_text_wherever_it_is_shown(self, site: Site, org: Organisation) -> None:
        nasty = "</p><svg/onload=alert(1)> {{7*7}} \"'"
        suzanne = await site.acting(org, org.duane, nasty)

        page = await suzanne.page("/balances")

        assert banner(page).endswith(f"Reason: {nasty} Stop acting")
        assert "<svg/onload" not in page.html

    async def test_htmx_gets_the_form_as_a_dialog(self, site: Site, org: Organisation, suzanne: Browser) -> None:
        part = page_of(await suzanne.by_htmx.get(f"/admin/people/{site.staff_id(org, org.duane)}/acting"), 200)

        assert "<html" not in part.html
        assert len(list(part.root.all("dialog"))) == 1
        assert part.form("/acting").fields["staff_id"] == site.staff_id(org, org.duane)

    async def test_the_addresses_of_refused_forms_lead_back_to_the_list(self, suzanne: Browser) -> None:
        for path in ("/acting", "/acting/end"):
            assert (await suzanne.get(path)).headers["Location"] == "/admin/people"


class TestEnding:
    """One acts for oneself again when one says so, signs out, or may not act for others any more."""

    async def test_the_banner_ends_it(self, site: Site, org: Organisation) -> None:
        suzanne = await site.acting(org, org.duane)
        form = (await suzanne.page("/balances")).form("/acting/end")

        ended = await suzanne.send(form)
        page = await suzanne.page("/balances")

        assert ended.headers["Location"] == "/"
        assert "You are acting for yourself again." in page.notice
        assert banner(page) == ""
        assert acting_for(site, org) == [(None, None)]

    async def test_ending_twice_or_without_having_begun_is_fine(self, suzanne: Browser) -> None:
        for _ in range(2):
            assert (await suzanne.post_form("/acting/end")).headers["Location"] == "/"

    async def test_signing_out_ends_it(self, site: Site, org: Organisation) -> None:
        suzanne = await site.acting(org, org.duane)

        assert (await suzanne.post_form("/sign-out")).headers["Location"] == "/sign-in"

        assert acting_for(site, org) == []
        assert banner(await site.browser(org, org.suzanne).page("/balances")) == ""

    async def test_it_ends_with_the_role_and_nothing_is_recorded_for_the_other(
        self, site: Site, org: Organisation, owner_engine: Engine, key: SheetKey
    ) -> None:
        suzanne = await site.acting(org, org.roland)
        approval = f"/timesheets/{key.timesheet_id}/approval"
        form = (await suzanne.page(f"/inbox/{key.timesheet_id}")).form(approval)
        take_role(owner_engine, org.suzanne, "administrator")
        before = site.contents(org)

        assert banner(await suzanne.page("/balances")) == ""
        assert "/inbox" not in (await suzanne.page("/balances")).links
        page_of(await suzanne.get(f"/inbox/{key.timesheet_id}"), 404)
        page_of(await suzanne.send(form), 404)
        again = await suzanne.post_form("/acting", staff_id=site.staff_id(org, org.roland), reason="Again.")
        page_of(again, 404)

        assert site.contents(org) == before
        assert (await suzanne.post_form("/acting/end")).status_code == 303

    async def test_somebody_who_left_is_acted_for_no_more(
        self, site: Site, org: Organisation, owner_engine: Engine, key: SheetKey
    ) -> None:
        suzanne = await site.acting(org, org.roland)
        approval = f"/timesheets/{key.timesheet_id}/approval"
        form = (await suzanne.page(f"/inbox/{key.timesheet_id}")).form(approval)
        change_person(owner_engine, org.roland, active=False)

        page_of(await suzanne.send(form), 403)

        assert site.rows(org, Decision) == []


class TestForTheOwner:
    """Recording and certifying for somebody who cannot."""

    async def test_time_is_recorded_under_both_names_with_the_reason(self, site: Site, org: Organisation) -> None:
        suzanne, monday = await site.acting(org, org.duane, "He is on leave."), site.week(org, org.duane)
        form = (await suzanne.page(monday)).form(f"{monday}/entries")

        await suzanne.follow(await suzanne.send(form, start="9", finish="17"))

        (version,) = site.rows(org, TimeEntryVersion)
        assert (version.owner_id, version.recorded_by_id) == (org.duane, org.suzanne)
        assert (version.on_behalf_of_id, version.reason) == (org.duane, "He is on leave.")

    async def test_a_week_is_certified_for_its_owner(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.DRAFT)
        suzanne = await site.acting(org, org.duane, "He is on leave.")
        submission = f"/timesheets/{key.timesheet_id}/submission"

        page = await suzanne.page(submission)
        assert "on behalf of Duane Barry" in page.heading
        await suzanne.follow(await suzanne.send(page.form(submission), certified="true"))

        (stored,) = site.rows(org, Submission)
        assert (stored.submitted_by_id, stored.on_behalf_of_id) == (org.suzanne, org.duane)
        assert stored.reason == "He is on leave."
        review = await site.browser(org, org.roland).page(f"/inbox/{key.timesheet_id}")
        assert "Certified by Suzanne Modeski on behalf of Duane Barry" in review.main.text

    async def test_what_is_only_the_owners_stays_theirs(self, site: Site, org: Organisation, key: SheetKey) -> None:
        suzanne = await site.acting(org, org.duane)

        page = page_of(await suzanne.post_form(f"/timesheets/{key.timesheet_id}/recall", reason="Please."), 403)

        assert "You may not do this" in page.alert
        assert page.form(f"/timesheets/{key.timesheet_id}/recall").fields["reason"] == "Please."

    async def test_a_week_is_revised_with_a_reason_of_its_own(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.REJECTED)
        suzanne = await site.acting(org, org.duane, "He is on leave.")
        revision = f"/timesheets/{key.timesheet_id}/revision"
        form = (await suzanne.page(revision)).form(revision)

        page = page_of(await suzanne.send(form), 400)
        assert "give a reason" in page.problem("reason")

        page = await suzanne.follow(await suzanne.send(page.form(revision), reason="It was Wednesday."))
        assert "Revising: It was Wednesday." in page.main.text

    async def test_somebody_elses_week_is_not_meant(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.DRAFT, org.max)
        suzanne, his = await site.acting(org, org.duane), site.week(org, org.max)

        recorded = await suzanne.post_form(f"{his}/entries", type_id=uuid4(), start="9", finish="10", reason="x")
        submission = f"/timesheets/{key.timesheet_id}/submission"
        submitted = await suzanne.post_form(submission, certified="true", digest=site.digest(key))

        assert (recorded.status_code, submitted.status_code) == (400, 403)
        assert site.rows(org, Submission) == []
        assert "You may not do this" in page_of(submitted).alert

    async def test_the_own_week_stays_the_own(self, site: Site, org: Organisation) -> None:
        suzanne, hers = await site.acting(org, org.duane), site.week(org, org.suzanne)
        form = (await suzanne.page(hers)).form(f"{hers}/entries")

        await suzanne.follow(await suzanne.send(form, start="9", finish="17"))

        (version,) = site.rows(org, TimeEntryVersion)
        assert (version.owner_id, version.recorded_by_id) == (org.suzanne, org.suzanne)
        assert (version.on_behalf_of_id, version.reason) == (None, None)


class TestForTheApprover:
    """Deciding for a supervisor who is away: both names stand in the record."""

    async def test_the_inbox_is_theirs_and_the_decision_names_both(
        self, site: Site, org: Organisation, key: SheetKey
    ) -> None:
        suzanne = await site.acting(org, org.roland, "He is on leave.")
        approval = f"/timesheets/{key.timesheet_id}/approval"
        page = await suzanne.page(f"/inbox/{key.timesheet_id}")
        assert "Approvals on behalf of Roland Fuller" in page.main.text
        assert "You decide on behalf of Roland Fuller; both names are recorded." in page.main.text

        page = await suzanne.follow(await suzanne.send(page.form(approval)))

        assert "Approved Duane Barry's timesheet." in page.notice
        (decision,) = site.rows(org, Decision)
        assert (decision.decision, decision.decided_by_id, decision.decided_as) == (
            "approve",
            org.suzanne,
            "administrator",
        )
        assert (decision.responsible_id, decision.approver_id) == (org.roland, org.roland)
        (command,) = [each for each in site.rows(org, Command) if each.kind == "approve"]
        assert (command.on_behalf_of_id, command.reason) == (org.roland, "He is on leave.")
        history = await site.browser(org, org.duane).page(f"/history/{key.timesheet_id}")
        assert "Suzanne Modeski on behalf of Roland Fuller, as administrator" in history.main.text
        assert "He is on leave." in history.main.text

    async def test_why_one_acts_is_not_why_a_week_is_rejected(
        self, site: Site, org: Organisation, key: SheetKey
    ) -> None:
        suzanne = await site.acting(org, org.roland, "He is on leave.")
        rejection = f"/timesheets/{key.timesheet_id}/rejection"
        form = (await suzanne.page(f"/inbox/{key.timesheet_id}")).form(rejection)

        page = page_of(await suzanne.send(form), 400)
        assert "give a reason" in page.problem("reason")
        assert site.rows(org, Decision) == []

        await suzanne.follow(await suzanne.send(page.form(rejection), reason="Wrong day."))
        (decision,) = site.rows(org, Decision)
        assert (decision.decision, decision.reason) == ("reject", "Wrong day.")
        assert (decision.decided_by_id, decision.responsible_id) == (org.suzanne, org.roland)

    async def test_nobody_decides_on_their_own_time_by_acting(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED, org.suzanne)
        suzanne = await site.acting(org, org.alex)
        page = await suzanne.page(f"/inbox/{key.timesheet_id}")
        assert not page.offers(f"/timesheets/{key.timesheet_id}/approval")

        for path in ("approval", "rejection"):
            answer = await suzanne.post_form(
                f"/timesheets/{key.timesheet_id}/{path}", digest=site.digest(key), reason="Fine."
            )
            assert "Nobody decides on their own time" in page_of(answer, 403).alert
        assert site.rows(org, Decision) == []

    async def test_nobody_decides_on_their_time_in_their_name(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        """Without a supervisor the administrators decide: then it is her own decision, not his."""
        give_role(owner_engine, org, org.roland, "administrator")
        change_person(owner_engine, org.roland, supervisor_id=None)
        key = await site.bring_to(org, State.SUBMITTED, org.roland)
        suzanne = await site.acting(org, org.roland)
        assert f"/inbox/{key.timesheet_id}" not in (await suzanne.page("/inbox")).links

        await suzanne.follow(
            await suzanne.post_form(f"/timesheets/{key.timesheet_id}/approval", digest=site.digest(key))
        )

        (decision,) = site.rows(org, Decision)
        assert (decision.decided_by_id, decision.responsible_id) == (org.suzanne, org.suzanne)

    async def test_acting_for_the_owner_decides_nothing(self, site: Site, org: Organisation, key: SheetKey) -> None:
        suzanne = await site.acting(org, org.duane)

        answer = await suzanne.post_form(f"/timesheets/{key.timesheet_id}/approval", digest=site.digest(key))

        assert answer.status_code == 403
        assert (await suzanne.get("/inbox")).status_code == 404
        assert site.rows(org, Decision) == []


def banner(page: Page) -> str:
    """What stands above every page while one acts for somebody."""
    return " ".join(each.text for each in page.root.all("aside", class_="acting"))


def acting_for(site: Site, org: Organisation) -> list[tuple[object, object]]:
    """For whom each session acts, and why."""
    return [(each.acting_for_id, each.acting_reason) for each in site.rows(org, SignInSession)]
