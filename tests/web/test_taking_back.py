"""Taking an approval back: offered for a few seconds and later, with a reason, to who may, until it is locked."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from models.messages import SheetKey
from models.rules.transitions import CommandKind, State
from models.tables.approval import Look
from models.tables.timesheet import Decision, Timesheet
from tests.factories import NEXT_MONDAY, Asking, Organisation, make_organisation, worked
from tests.standing_in import change_delegation, stand_in, today
from tests.web.api.conftest import Api
from tests.web.conftest import Browser, Site, page_of
from tests.web.test_inbox import approval, form, rejection, review, state, submit_again


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


@pytest.fixture
async def key(site: Site, org: Organisation) -> SheetKey:
    """Duane's week, which waits for Roland."""
    return await site.bring_to(org, State.SUBMITTED)


def take_back(key: SheetKey) -> str:
    return f"/timesheets/{key.timesheet_id}/take-back"


class TestTakingBack:
    """It waits for a decision again."""

    async def test_right_after_approving_one_click_undoes_it(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = await roland.follow(await roland.send(await form(roland, approval(key))))
        assert "Undo" in page.notice
        undo = page.form(take_back(key))
        page = await roland.follow(await roland.send(undo))

        assert "waits for a decision again" in page.notice
        assert "Undo" not in page.notice
        assert page.offers(approval(key))
        assert "Undone." in review(page)
        again = await roland.send(undo)
        assert again.status_code == 303
        assert sorted(each.decision for each in site.rows(org, Decision)) == ["approve", "take_back"]

    async def test_what_is_being_revised_meanwhile_is_not_undone_and_a_dialog_says_why(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = await roland.follow(await roland.send(await form(roland, approval(key))))
        undo = page.form(take_back(key))
        revising = Asking(org, org.duane, org.duane, reason="One more hour.").move(CommandKind.REVISE)
        await asyncio.to_thread(site.desk.do, revising)

        refused = await roland.by_htmx.send(undo)

        assert refused.headers["HX-Retarget"] == "#dialog"
        assert list(page_of(refused, 409).root.all("dialog"))
        assert state(site, key) is State.DRAFT

    async def test_later_it_is_taken_back_with_a_reason(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await roland.follow(await roland.send(await form(roland, approval(key))))

        asked = await roland.page(take_back(key))
        page = await roland.follow(await roland.send(asked.form(take_back(key)), reason="Too quick."))

        assert "waits for a decision again" in page.notice
        assert page.offers(approval(key))
        assert page.offers(rejection(key))
        assert "Approval taken back by Roland Fuller" in review(page)
        assert "Too quick." in review(page)
        assert state(site, key) is State.SUBMITTED
        assert sorted(each.decision for each in site.rows(org, Decision)) == ["approve", "take_back"]
        history = await roland.page(f"/history/{key.timesheet_id}")
        assert "Approval taken back" in history.main.text
        assert "Too quick." in history.main.text

    async def test_a_rejection_has_nothing_to_undo(self, roland: Browser, key: SheetKey) -> None:
        page = await roland.follow(await roland.send(await form(roland, rejection(key)), reason="Wrong day."))

        assert "Undo" not in page.notice
        assert "It was rejected" in (await roland.page(take_back(key))).main.text

    async def test_by_htmx_it_is_asked_in_a_dialog(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)

        part = page_of(await roland.by_htmx.get(take_back(key)), 200)
        assert list(part.root.all("dialog"))
        assert "<html" not in part.html
        refused = await roland.by_htmx.send(part.form(take_back(key)), reason=" ")

        assert refused.headers["HX-Retarget"] == "#dialog"
        assert "give a reason" in page_of(refused, 400).problem("reason")
        assert state(site, key) is State.APPROVED

    async def test_twice_is_once(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)
        asked = (await roland.page(take_back(key))).form(take_back(key))

        for _ in range(2):
            assert (await roland.send(asked, reason="Too quick.")).status_code == 303
        again = await roland.post_form(take_back(key), reason="Too quick.")

        assert "nothing to take back" in page_of(again, 409).alert
        assert len(site.rows(org, Decision)) == 2

    async def test_what_is_locked_stays_approved(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.LOCKED)

        page = await roland.page(take_back(key))
        assert "An administrator has to unlock it" in page.main.text
        assert "textarea" not in page.html

        answer = await roland.post_form(take_back(key), reason="Too quick.")
        assert "An administrator can unlock it" in page_of(answer, 409).alert
        assert state(site, key) is State.LOCKED

    async def test_what_is_being_revised_has_no_approval_left(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        asked = (await roland.page(take_back(key))).form(take_back(key))
        await site.give(Asking(org, org.duane, org.duane, reason="Wrong day.").move(CommandKind.REVISE))

        assert "It has to be submitted first" in page_of(await roland.send(asked, reason="x"), 409).alert
        assert state(site, key) is State.DRAFT

    async def test_who_may_not_changes_nothing(self, site: Site, org: Organisation, owner_engine: Engine) -> None:
        key = await site.bring_to(org, State.APPROVED)
        other = make_organisation(owner_engine)
        before = site.contents(org)

        for who, status in ((org.duane, 403), (org.diana, 403), (org.max, 404), (org.alex, 404)):
            answer = await site.browser(org, who).post_form(take_back(key), reason="Because.")
            assert answer.status_code == status, who
        for stranger in (other.roland, other.suzanne):
            assert (await site.browser(other, stranger).post_form(take_back(key), reason="x")).status_code == 404
            await site.browser(other, stranger).page(take_back(key), 404)

        assert site.contents(org) == before

    async def test_administrators_may_in_their_own_right(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)
        suzanne = site.browser(org, org.suzanne)

        page = await suzanne.page(take_back(key))
        await suzanne.follow(await suzanne.send(page.form(take_back(key)), reason="He asked me to."))

        assert state(site, key) is State.SUBMITTED

    async def test_a_deputy_takes_their_own_back_after_their_time(
        self, site: Site, org: Organisation, owner_engine: Engine, key: SheetKey
    ) -> None:
        granted = stand_in(site.services.engine, org, org.roland, org.alex)
        alex = site.browser(org, org.alex)
        await alex.follow(await alex.send(await form(alex, approval(key))))
        over = {"from_day": today() - timedelta(days=9), "to_day": today() - timedelta(days=3)}
        change_delegation(owner_engine, granted.id, **over)

        assert "Take back…" in review(await alex.page(f"/inbox/{key.timesheet_id}?tab=decided"))
        page = await alex.page(take_back(key))
        await alex.send(page.form(take_back(key)), reason="Too quick.")

        assert state(site, key) is State.SUBMITTED
        # Others of the same person were never theirs to see.
        elsewhere = await site.bring_to(org, State.APPROVED, day=NEXT_MONDAY)
        await alex.page(f"/inbox/{elsewhere.timesheet_id}", 404)
        await alex.page(take_back(elsewhere), 404)


class TestByProgram:
    """The same by calls."""

    async def test_an_approval_is_removed_with_a_reason(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)
        program, path = Api(site).program(org, org.roland), f"/resources/timesheets/{key.timesheet_id}/approval"

        refused = await program.delete(path)
        done = await program.delete(path, body={"reason": "Too quick."})
        again = await program.delete(path, body={"reason": "Too quick."})

        assert refused.json()["code"] == "reason_required"
        assert (done.status_code, done.json()["state"]) == (200, "submitted")
        assert (again.status_code, again.json()["code"]) == (409, "wrong_state")

    async def test_a_rejection_names_its_kind_and_lines(self, site: Site, org: Organisation, key: SheetKey) -> None:
        (entry,) = site.live(key)
        program, path = Api(site).program(org, org.roland), f"/resources/timesheets/{key.timesheet_id}/rejection"
        body = {"digest": site.digest(key), "reason": "It was Thursday."}

        unknown = await program.post(path, body | {"reasonCode": "mood"})
        elsewhere = await program.post(path, body | {"timeEntryIds": [str(org.duane)]})
        done = await program.post(path, body | {"reasonCode": "wrong_times", "timeEntryIds": [str(entry.id)]})

        assert (unknown.status_code, unknown.json()[0]["field"]) == (400, "reasonCode")
        assert elsewhere.status_code == 400
        assert done.json()["decisionReasonCode"] == "wrong_times"
        assert done.json()["decisionTimeEntryIds"] == [str(entry.id)]


class TestCodedReasons:
    """A rejection says of which kind it is, in words, and which lines are meant."""

    async def test_the_kind_and_the_lines_are_kept_and_shown(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        (entry,) = site.live(key)
        shown = await form(roland, rejection(key))
        given = {"reason_code": "wrong_times", f"line-{entry.id}": "yes", "reason": "It was Thursday."}

        await roland.follow(await roland.send(shown, **given))

        (made,) = site.rows(org, Decision)
        assert (made.reason_code, made.entry_ids) == ("wrong_times", [entry.id])
        told = review(await roland.page(f"/inbox/{key.timesheet_id}"))
        assert "Start, finish or breaks are not right" in told
        assert "Mon 16 Nov, 09:00 – 17:00 · washing dog" in told

    async def test_what_was_chosen_stays_when_the_reason_is_missing(
        self, site: Site, roland: Browser, key: SheetKey
    ) -> None:
        (entry,) = site.live(key)
        given = {"reason_code": "wrong_type", f"line-{entry.id}": "yes"}

        page = page_of(await roland.send(await form(roland, rejection(key)), **given), 400)

        assert page.form(rejection(key)).fields.items() >= given.items()

    async def test_a_kind_that_nobody_knows_is_refused_beside_the_list(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        for odd in ("mood", "'", "x" * 4_000):
            answer = await roland.post_form(rejection(key), digest=site.digest(key), reason="Because.", reason_code=odd)
            assert "Choose one of these." in page_of(answer, 400).main.text
        assert site.rows(org, Decision) == []

    async def test_a_line_of_another_timesheet_is_refused(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        (theirs,) = site.live(await site.bring_to(org, State.SUBMITTED, org.max))
        named = {f"line-{theirs.id}": "yes", "line-": "yes", "line-'": "yes"}

        answer = await roland.post_form(rejection(key), digest=site.digest(key), reason="Because.", **named)

        assert "not on the timesheet as it was certified" in page_of(answer, 400).main.text
        assert state(site, key) is State.SUBMITTED


class TestLooking:
    """What changed is told from what this very person last saw."""

    async def test_it_is_told_from_what_one_saw_last(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        address = f"/inbox/{key.timesheet_id}"
        assert "What changed" not in review(await roland.page(address))
        for end in ("10:00", "11:00"):
            submit_again(site, org, end)

        for _ in range(2):  # looking once more, or reloading, shows the same
            told = review(await roland.page(address))
            assert "since you last looked" in told
            assert "Before: Mon 16 Nov, 09:00 – 17:00" in told
            assert "Now: Mon 16 Nov, 09:00 – 11:00" in told

        suzanne = review(await site.browser(org, org.suzanne).page(address))
        assert "since it was submitted" in suzanne
        assert "09:00 – 10:00" in suzanne

    async def test_a_look_is_remembered_once_and_nothing_else_changes(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await roland.page(f"/inbox/{key.timesheet_id}")
        before = site.contents(org)

        for _ in range(2):
            await roland.page(f"/inbox/{key.timesheet_id}")

        assert site.contents(org) == before
        (look,) = site.rows(org, Look)
        assert (look.person_id, look.before_id) == (org.roland, None)

    async def test_a_page_that_asks_by_itself_has_not_been_looked_at(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await roland.get(f"/inbox/{key.timesheet_id}", **{"Countersign-Refresh": "1"})

        assert site.rows(org, Look) == []

    async def test_who_may_not_look_leaves_nothing(self, site: Site, org: Organisation, key: SheetKey) -> None:
        for who in (org.alex, org.max):
            await site.browser(org, who).page(f"/inbox/{key.timesheet_id}", 404)

        assert site.rows(org, Look) == []

    async def test_balances_are_told_before_and_with_the_week(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        mine = Asking(org, org.duane, org.duane)
        site.desk.do(mine.record(worked("18:00", "19:30")))
        key = await site.bring_to(org, State.SUBMITTED)

        told = review(await roland.page(f"/inbox/{key.timesheet_id}"))

        assert "1666.67 → becomes 1657.17 of 1666.67 h left" in told

    async def test_the_worker_reads_who_is_asked_next(self, site: Site, org: Organisation, key: SheetKey) -> None:
        stand_in(site.services.engine, org, org.roland, org.alex)

        told = (await site.browser(org, org.duane).page(site.week(org, org.duane))).main.text

        assert "It goes to Alex Krycek as well on" in told
        assert "Alex Krycek stands in for Roland Fuller until" in told

    async def test_whoever_should_have_been_asked_by_now_is_not_passed_over(
        self, site: Site, org: Organisation, key: SheetKey, owner_engine: Engine
    ) -> None:
        with owner_engine.begin() as connection:
            long_ago = datetime.now(UTC) - timedelta(days=30)
            connection.execute(update(Timesheet).where(Timesheet.id == key.timesheet_id).values(state_since=long_ago))

        told = (await site.browser(org, org.duane).page(site.week(org, org.duane))).main.text

        assert "It goes to Alex Krycek as well any moment: it was to on" in told
