"""Submitting a week, and what can be done to it from then on."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.timesheet import Command, Submission
from tests.factories import Asking, Organisation, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of

SEEN_MOVES = {
    "recall": State.SUBMITTED,
    "revision": State.REJECTED,
    "lock": State.APPROVED,
    "unlock": State.LOCKED,
}


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


@pytest.fixture
async def sheet(site: Site, org: Organisation) -> str:
    """The address of Duane's timesheet, a draft with one entry."""
    key = await site.bring_to(org, State.DRAFT)
    return f"/timesheets/{key.timesheet_id}"


class TestSubmitting:
    """Certified with a tick, exactly as shown, once."""

    async def test_a_ticked_form_submits_the_week_and_says_what_happens_next(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        week = await duane.page(site.week(org, org.duane))
        assert week.offers(f"{sheet}/submission")
        page = await duane.page(f"{sheet}/submission")
        assert "I certify that this is true." in page.main.text
        assert "Roland Fuller decides next" in page.main.text
        assert "8.00" in page.main.text

        page = await duane.follow(await duane.send(page.form(f"{sheet}/submission"), certified="true"))

        assert "You can recall it until it is decided" in page.notice
        assert "Waiting for Roland Fuller" in next(page.root.all(id="standing")).text
        assert page.offers(f"{sheet}/recall")
        assert not page.offers(f"{sheet}/submission")
        (submission,) = site.rows(org, Submission)
        assert (submission.certification, submission.submitted_by_id) == ("I certify that this is true.", org.duane)

    async def test_without_the_tick_nothing_is_submitted(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        form = (await duane.page(f"{sheet}/submission")).form(f"{sheet}/submission")
        assert "certified" not in form.fields

        page = page_of(await duane.send(form), 400)

        assert "Tick this to certify the week" in page.problem("certified")
        assert state(site, org) is State.DRAFT
        await duane.follow(await duane.send(page.form(f"{sheet}/submission"), certified="true"))

    async def test_a_week_that_changed_since_it_was_shown_is_shown_again(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        form = (await duane.page(f"{sheet}/submission")).form(f"{sheet}/submission")
        await site.give(Asking(org, org.duane, org.duane).record(worked("18:00", "19:00")))

        page = page_of(await duane.send(form, certified="true"), 412)

        assert "changed since you opened it. Nothing was submitted" in page.alert
        assert "9.00" in page.main.text
        assert state(site, org) is State.DRAFT
        await duane.follow(await duane.send(page.form(f"{sheet}/submission"), certified="true"))
        assert state(site, org) is State.SUBMITTED

    @pytest.mark.parametrize("digest", [None, "", "x" * 64, "a" * 63, "\x00" * 64, "A" * 64, "a" * 10_000])
    async def test_a_form_that_does_not_say_what_it_showed_is_refused(
        self, site: Site, org: Organisation, duane: Browser, sheet: str, digest: str | None
    ) -> None:
        page = page_of(await duane.post_form(f"{sheet}/submission", certified="true", digest=digest), 400)

        assert "does not say what it showed" in page.alert
        assert state(site, org) is State.DRAFT

    async def test_a_running_entry_is_named_as_what_is_in_the_way(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        await site.give(Asking(org, org.duane, org.duane).record(worked("18:00", None)))
        form = (await duane.page(f"{sheet}/submission")).form(f"{sheet}/submission")

        page = page_of(await duane.send(form, certified="true"), 400)

        assert "An entry is still running. Give it a finish, then submit." in page.alert

    async def test_the_same_form_twice_is_one_submission(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        form = (await duane.page(f"{sheet}/submission")).form(f"{sheet}/submission")

        for _ in range(2):
            await duane.follow(await duane.send(form, certified="true"))

        assert len(site.rows(org, Submission)) == 1

    async def test_another_form_for_a_submitted_week_is_refused_in_words(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        form = (await duane.page(f"{sheet}/submission")).form(f"{sheet}/submission")
        await duane.follow(await duane.send(form, certified="true"))

        page = page_of(await duane.send(form, certified="true", command_id=uuid4()), 409)

        assert "This timesheet is submitted." in page.alert
        assert len(site.rows(org, Submission)) == 1

    async def test_a_week_nobody_recorded_in_is_not_found(self, site: Site, org: Organisation, duane: Browser) -> None:
        nothing = f"/timesheets/{org.key(org.duane).timesheet_id}/submission"

        assert (await duane.get(nothing)).status_code == 404
        assert (await duane.post_form(nothing, certified="true", digest="0" * 64)).status_code == 404
        assert site.rows(org, Command) == []

    async def test_only_the_owner_certifies(self, site: Site, org: Organisation, sheet: str) -> None:
        digest = site.digest(org.key(org.duane))

        for who in (org.roland, org.suzanne, org.diana):
            answer = await site.browser(org, who).post_form(f"{sheet}/submission", certified="true", digest=digest)
            assert "You may not do this" in page_of(answer, 403).alert
        for who in (org.max, org.alex):
            answer = await site.browser(org, who).post_form(f"{sheet}/submission", certified="true", digest=digest)
            assert answer.status_code == 404

        assert state(site, org) is State.DRAFT


class TestMoves:
    """Recall, revise, lock and unlock."""

    async def test_a_submission_is_recalled_with_a_reason(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        recall = f"/timesheets/{key.timesheet_id}/recall"
        form = (await duane.page(recall)).form(recall)

        page = page_of(await duane.send(form), 400)
        assert "give a reason" in page.problem("reason")
        assert state(site, org) is State.SUBMITTED

        page = await duane.follow(await duane.send(page.form(recall), reason="Forgot the Friday."))
        assert "Recalled." in page.notice
        assert "Revising: Forgot the Friday." in next(page.root.all(id="standing")).text

    @pytest.mark.parametrize("settled", [State.REJECTED, State.APPROVED])
    async def test_a_decided_week_is_revised_with_a_reason(
        self, site: Site, org: Organisation, duane: Browser, settled: State
    ) -> None:
        key = await site.bring_to(org, settled)
        revision = f"/timesheets/{key.timesheet_id}/revision"
        form = (await duane.page(revision)).form(revision)

        for nothing in ("", "   ", "\x00"):
            page = page_of(await duane.send(form, reason=nothing, command_id=uuid4()), 400)
            assert "give a reason" in page.problem("reason")
            assert state(site, org) is settled
        page = page_of(await duane.send(form, reason="x" * 501, command_id=uuid4()), 400)
        assert "at most 500 characters; these are 501" in page.problem("reason")
        assert page.form(revision).fields["reason"] == "x" * 501

        page = await duane.follow(await duane.send(form, reason="Misremembered\r\nwhich day."))
        assert "The revision is open" in page.notice
        sheet = site.sheet(key)
        assert sheet is not None
        assert (sheet.state, sheet.revision) == ("draft", 2)

    async def test_an_administrator_locks_and_unlocks_with_a_reason(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)
        suzanne = site.browser(org, org.suzanne)

        for move, after in (("lock", State.LOCKED), ("unlock", State.APPROVED)):
            address = f"/timesheets/{key.timesheet_id}/{move}"
            form = (await suzanne.page(address)).form(address)
            assert page_of(await suzanne.send(form), 400).problem("reason")
            await suzanne.follow(await suzanne.send(form, reason="Payroll.", command_id=uuid4()))
            assert state(site, org) is after

    @pytest.mark.parametrize("text", ["{{7*7}}", "</textarea><svg/onload=alert(1)>", "\"'"])
    async def test_a_reason_is_text_wherever_it_is_shown(
        self, site: Site, org: Organisation, duane: Browser, text: str
    ) -> None:
        key = await site.bring_to(org, State.REJECTED)
        revision = f"/timesheets/{key.timesheet_id}/revision"

        too_long = page_of(await duane.post_form(revision, reason=text + "x" * 500), 400)
        page = await duane.follow(await duane.post_form(revision, reason=text))
        history = await duane.page(f"/history/{key.timesheet_id}")

        assert too_long.form(revision).fields["reason"].startswith(text)
        assert text in next(page.root.all(id="standing")).text
        assert text in history.main.text
        assert not any("<svg/onload" in each.html for each in (too_long, page, history))

    @pytest.mark.parametrize("state_now", State)
    async def test_what_does_not_fit_the_state_is_refused_with_the_state_in_words(
        self, site: Site, org: Organisation, duane: Browser, state_now: State
    ) -> None:
        key = await site.bring_to(org, state_now)
        fitting = {move for move, state in SEEN_MOVES.items() if state is state_now}
        if state_now is State.APPROVED:
            fitting.add("revision")
        suzanne = site.browser(org, org.suzanne)
        before = site.sheet(key)

        for move in SEEN_MOVES.keys() - fitting:
            who = suzanne if "lock" in move else duane
            answer = await who.post_form(f"/timesheets/{key.timesheet_id}/{move}", reason="Because.")
            page = page_of(answer, 409)
            assert f"This timesheet is {state_now}." in page.alert
            assert page.form(f"/timesheets/{key.timesheet_id}/{move}").fields["reason"] == "Because."

        after = site.sheet(key)
        assert before is not None
        assert after is not None
        assert (after.state, after.revision) == (before.state, before.revision)

    async def test_moves_of_another_person_or_organisation_or_of_nothing_are_not_found(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        other = make_organisation(owner_engine)
        strangers = [site.browser(org, org.max), site.browser(other, other.suzanne), site.browser(other, other.duane)]
        before = site.contents(org)

        for stranger in strangers:
            for move in (*SEEN_MOVES, "submission", "approval", "rejection"):
                path = f"/timesheets/{key.timesheet_id}/{move}"
                answer = await stranger.post_form(path, reason="x", digest="0" * 64, certified="true")
                assert answer.status_code == 404, path
        for move in ("payment", "submit", "%2e%2e", "x" * 3_000, "'"):
            assert (await strangers[0].post_form(f"/timesheets/{key.timesheet_id}/{move}")).status_code == 404

        assert site.contents(org) == before
        assert site.rows(other, Command) == []


class TestByHtmx:
    """Asked in a dialog; a refusal stays there, a success leads back to the week."""

    async def test_the_certification_comes_as_a_dialog_and_leads_to_the_week(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        part = page_of(await duane.by_htmx.get(f"{sheet}/submission"), 200)
        assert len(list(part.root.all("dialog"))) == 1
        assert "<html" not in part.html

        week = await duane.by_htmx.follow(await duane.by_htmx.send(part.form(f"{sheet}/submission"), certified="true"))

        assert "Waiting for Roland Fuller" in next(week.root.all(id="standing")).text
        assert "<html" not in week.html
        assert state(site, org) is State.SUBMITTED

    async def test_a_refusal_stays_in_the_dialog(
        self, site: Site, org: Organisation, duane: Browser, sheet: str
    ) -> None:
        shown = page_of(await duane.by_htmx.get(f"{sheet}/submission"), 200).form(f"{sheet}/submission")
        unticked = await duane.by_htmx.send(shown)
        await site.give(Asking(org, org.duane, org.duane).record(worked("18:00", "19:00")))
        stale = await duane.by_htmx.send(shown, certified="true")
        unfit = await duane.by_htmx.post_form(f"{sheet}/recall", reason="Because.")

        for answer, status in ((unticked, 400), (stale, 412), (unfit, 409)):
            assert len(list(page_of(answer, status).root.all("dialog"))) == 1
            assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#dialog", "innerHTML")
        assert "Tick this to certify the week" in page_of(unticked).problem("certified")
        assert page_of(stale).form(f"{sheet}/submission").fields["certified"] == "true"
        assert page_of(unfit).form(f"{sheet}/recall").fields["reason"] == "Because."

    async def test_a_form_that_is_not_ours_leaves_the_dialog_as_it_is(self, duane: Browser, sheet: str) -> None:
        answer = await duane.by_htmx.post_form(f"{sheet}/submission", csrf="x", certified="true")

        assert answer.headers["HX-Retarget"] == "#toast"
        assert "This form is no longer valid, so nothing was saved." in page_of(answer, 403).text


def state(site: Site, org: Organisation) -> State:
    """Where Duane's week stands."""
    sheet = site.sheet(org.key(org.duane))
    assert sheet is not None
    return State(sheet.state)
