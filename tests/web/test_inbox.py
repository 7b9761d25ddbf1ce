"""The inbox: what waits for whom, one timesheet as it was certified, and decisions on exactly that."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, update

from models.messages import SheetKey
from models.rules.exceptions import Exceptional
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Decision, Submission, Timesheet, Waiting
from tests.factories import (
    MONDAY,
    Asking,
    Organisation,
    change_person,
    give_role,
    make_organisation,
    take_role,
    worked,
)
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Element, Form, Page

IN_TIME = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
TOO_LATE = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
WORKING_DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
NOBODY = uuid4()


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


@pytest.fixture
async def key(site: Site, org: Organisation) -> SheetKey:
    """Duane's week with its 8 hours, which waits for Roland."""
    return await site.bring_to(org, State.SUBMITTED)


class TestTheList:
    """Only what this viewer may decide, the oldest first, with what is worth a look."""

    async def test_everybody_sees_what_waits_for_them_and_nothing_else(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        for owner in (org.duane, org.roland, org.alex, org.suzanne):
            await site.bring_to(org, State.SUBMITTED, owner)
        await site.bring_to(org, State.APPROVED, org.duane, date(2026, 11, 9))
        await site.bring_to(org, State.DRAFT, org.max)
        await site.bring_to(make_organisation(owner_engine), State.SUBMITTED)

        assert await names(site.browser(org, org.roland)) == ["Duane Barry"]
        assert await names(site.browser(org, org.alex)) == ["Roland Fuller", "Suzanne Modeski"]
        assert await names(site.browser(org, org.suzanne)) == ["Alex Krycek"]

    async def test_nobody_else_has_an_inbox(self, site: Site, org: Organisation, key: SheetKey) -> None:
        for who in (org.duane, org.max, org.diana):
            browser = site.browser(org, who)
            for path in ("/inbox", f"/inbox/{key.timesheet_id}"):
                assert (await browser.get(path)).status_code == 404
                assert (await browser.by_htmx.get(path)).status_code == 404
            assert "/inbox" not in (await browser.page("/balances")).links

    async def test_a_row_tells_the_hours_and_what_is_worth_a_look(
        self, site: Site, org: Organisation, roland: Browser, owner_engine: Engine
    ) -> None:
        for day, end in zip(WORKING_DAYS, ("16:00", "16:00", "16:00", "16:00", "21:00"), strict=True):
            site.desk.do(Asking(org, org.duane, org.duane).record(worked("09:00", end, day)))
            site.desk.do(Asking(org, org.max, org.max).record(worked("09:00", "16:24", day)))
        for owner, moment, late in ((org.duane, TOO_LATE, [Exceptional.LATE]), (org.max, IN_TIME, [])):
            await site.take_on(Asking(org, owner, owner), State.SUBMITTED)
            submitted_at(owner_engine, org.key(owner), moment, *late)

        maxs, duanes = rows(await roland.page("/inbox"))

        assert maxs[:4] == ["MF Max Fenig 16 – 22 November 2026", "", "37.00", "±0.00"]
        assert maxs[4] == "No exceptions"
        assert duanes[:4] == ["DB Duane Barry 16 – 22 November 2026", "", "40.00", "+3.00"]
        assert duanes[4] == "3.00 h over plan Day of 12.00 h 4 days after the week"

    async def test_too_little_and_no_agreement_are_worth_a_look(
        self, site: Site, org: Organisation, roland: Browser, owner_engine: Engine
    ) -> None:
        for day in (MONDAY, date(2027, 6, 7)):
            key = await site.bring_to(org, State.SUBMITTED, day=day)
            submitted_at(owner_engine, key, IN_TIME - timedelta(hours=1) + (day - MONDAY))  # summer time by then

        checks = [row[3:5] for row in rows(await roland.page("/inbox"))]

        assert checks == [["−29.00", "29.00 h under plan"], ["+8.00", "No agreement"]]

    async def test_a_row_tells_since_when_it_waits(
        self, site: Site, roland: Browser, owner_engine: Engine, key: SheetKey
    ) -> None:
        day = 24 * 60
        ages = {0: "just now", 5: "5 min ago", 125: "2 h ago", day + 120: "yesterday", 9 * day + 5: "9 days ago"}

        for minutes, says in ages.items():
            submitted_at(owner_engine, key, site.services.now() - timedelta(minutes=minutes))
            assert rows(await roland.page("/inbox"))[0][5] == says

    async def test_what_comes_for_the_second_time_says_so(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        submit_again(site, org, "10:00")

        (row,) = rows(await roland.page("/inbox"))

        assert row[0].endswith("revision 2")
        assert "Revision 2" in row[4]
        assert row[2] == "1.00"

    async def test_a_search_finds_part_of_a_name_and_takes_every_sign_as_it_is(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await site.bring_to(org, State.SUBMITTED, org.max)

        assert await names(roland, "?q=fen") == ["Max Fenig"]
        for odd in ("%25", "_", "'", "%27%20OR%201%3D1%20--", "%5C", "%F0%9F%9B%B8", "x" * 4_000):
            assert await names(roland, f"?q={odd}") == []
        page = await roland.page("/inbox?q=%3Cb%3Efox")
        assert "Nobody called “<b>fox” waits for a decision" in page.main.text
        assert "/inbox" in page.links

    async def test_an_opened_timesheet_keeps_the_search(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await site.bring_to(org, State.SUBMITTED, org.max)

        (link,) = [href for href in (await roland.page("/inbox?q=duane")).links if href.startswith("/inbox/")]
        page = await roland.page(link)

        assert link == f"/inbox/{key.timesheet_id}?q=duane"
        assert [row[0] for row in rows(page)] == ["DB Duane Barry 16 – 22 November 2026"]

    async def test_more_than_a_page_is_shown_page_by_page(self, site: Site, org: Organisation, roland: Browser) -> None:
        weeks = [MONDAY + timedelta(weeks=number) for number in range(26)]
        for day in weeks:
            await site.bring_to(org, State.SUBMITTED, day=day)

        first = await roland.page("/inbox")
        (onward,) = [href for href in first.links if "after=" in href]
        second = await roland.page(onward)

        assert "26 timesheets wait for your decision" in first.main.text
        assert len(rows(first)) == 25
        assert [row[0] for row in rows(second)] == ["DB Duane Barry 10 – 16 May 2027"]
        assert not any("after=" in href for href in second.links)

    async def test_a_cursor_that_nobody_made_begins_at_the_beginning(self, roland: Browser, key: SheetKey) -> None:
        for cursor in ("x", "%FF%FE", "bm8=", "MjAyNi0xMS0xNnxub25l", "'", "A" * 5_000):
            assert await names(roland, f"?after={cursor}") == ["Duane Barry"], cursor

    async def test_an_empty_inbox_says_why(self, roland: Browser) -> None:
        page = await roland.page("/inbox")

        assert "All decided" in page.main.text
        assert rows(page) == []

    async def test_the_frame_counts_what_waits(self, site: Site, roland: Browser, key: SheetKey) -> None:
        page = await roland.page("/balances")

        assert {each.text for each in page.root.all(class_="inbox-count")} == {"1"}

    async def test_htmx_gets_the_inbox_alone(self, roland: Browser, key: SheetKey) -> None:
        answer = await roland.by_htmx.get(f"/inbox/{key.timesheet_id}")
        part = page_of(answer, 200)

        assert "HX-Request" in answer.headers["Vary"]
        assert "<html" not in part.html
        assert len(list(part.root.all(id="inbox"))) == 1
        assert part.form(approval(key)).fields["digest"]
        assert "<html" in (await roland.get("/inbox", **{"HX-Request": "true", "HX-Request-Type": "full"})).text


class TestOpening:
    """One timesheet exactly as it was certified."""

    async def test_it_is_shown_with_entries_certification_and_balances(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        text = review(await roland.page(f"/inbox/{key.timesheet_id}"))

        assert "Recorded 8.00 h" in text
        assert "washing dog Shift · 09:00 – 17:00 8.00" in text
        assert "I certify that this is true. Certified by Duane Barry" in text
        assert site.digest(key)[:12] in text
        assert "1658.67 of 1666.67 h left" in text
        assert "Times are in Europe/London." in text

    async def test_times_are_those_of_the_person_whose_week_it_is(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser, key: SheetKey
    ) -> None:
        change_person(owner_engine, org.duane, time_zone="America/New_York")

        text = review(await roland.page(f"/inbox/{key.timesheet_id}"))

        assert "04:00 – 12:00" in text
        assert "Times are in America/New_York." in text

    async def test_what_was_resubmitted_tells_what_changed_and_why(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        submit_again(site, org, "10:00")

        text = review(await roland.page(f"/inbox/{key.timesheet_id}"))

        assert "Misremembered which day." in text
        assert "Before: Mon 16 Nov, 09:00 – 17:00 · washing dog" in text
        assert "Now: Mon 16 Nov, 09:00 – 10:00 · washing dog" in text

    async def test_a_decided_timesheet_is_shown_without_a_decision_to_take(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        key = await site.bring_to(org, State.REJECTED)

        page = await roland.page(f"/inbox/{key.timesheet_id}")

        assert "Roland Fuller rejected it: “It says Tuesday.”" in review(page)
        assert not page.offers(approval(key))
        assert not page.offers(rejection(key))

    async def test_what_was_never_submitted_is_not_found(self, site: Site, org: Organisation, roland: Browser) -> None:
        key = await site.bring_to(org, State.DRAFT)

        page_of(await roland.get(f"/inbox/{key.timesheet_id}"), 404)

    async def test_those_who_may_look_may_not_all_decide(
        self, site: Site, org: Organisation, owner_engine: Engine, key: SheetKey
    ) -> None:
        suzanne = await site.browser(org, org.suzanne).page(f"/inbox/{key.timesheet_id}")
        assert not suzanne.offers(approval(key))

        other = make_organisation(owner_engine)
        theirs = await site.bring_to(other, State.SUBMITTED)
        for browser, which in (
            (site.browser(org, org.alex), key.timesheet_id),
            (site.browser(org, org.roland), theirs.timesheet_id),
            (site.browser(org, org.roland), NOBODY),
            (site.browser(org, org.roland), "1"),
            (site.browser(org, org.roland), "'"),
        ):
            page_of(await browser.get(f"/inbox/{which}"), 404)

    async def test_one_may_look_at_ones_own_but_not_decide(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED, org.roland)

        page = await site.browser(org, org.roland).page(f"/inbox/{key.timesheet_id}")

        assert rows(page) == []
        assert not page.offers(approval(key))

    async def test_the_address_of_a_refused_decision_leads_back_to_the_timesheet(
        self, roland: Browser, key: SheetKey
    ) -> None:
        for path in (approval(key), rejection(key)):
            assert (await roland.get(path)).headers["Location"] == f"/inbox/{key.timesheet_id}"


class TestDeciding:
    """On what was shown, once, and the next one opens."""

    async def test_approved_and_the_next_one_opens(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        following = await site.bring_to(org, State.SUBMITTED, org.max)

        page = await roland.follow(await roland.send(await form(roland, approval(key)), comment="Thank you."))

        assert "Approved Duane Barry's timesheet." in page.notice
        assert "Max Fenig" in review(page)
        assert page.offers(approval(following))
        assert await names(roland) == ["Max Fenig"]
        (decision,) = site.rows(org, Decision)
        assert (decision.decision, decision.decided_by_id) == ("approve", org.roland)
        assert (decision.responsible_id, decision.comment) == (org.roland, "Thank you.")
        assert state(site, key) is State.APPROVED

    async def test_rejected_with_a_reason_that_the_owner_reads(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = await roland.follow(await roland.send(await form(roland, rejection(key)), reason="Wrong day."))

        assert "Rejected Duane Barry's timesheet." in page.notice
        assert "All decided" in page.main.text
        duane = await site.browser(org, org.duane).page(site.week(org, org.duane))
        assert "Roland Fuller rejected it: “Wrong day.”" in duane.main.text
        assert duane.offers(f"/timesheets/{key.timesheet_id}/revision")

    async def test_after_the_last_of_the_list_its_first_opens(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await site.bring_to(org, State.SUBMITTED, org.max)
        last = await site.bring_to(org, State.SUBMITTED, day=date(2026, 11, 23))

        page = await roland.follow(await roland.send(await form(roland, approval(last))))

        assert page.offers(approval(key))

    async def test_nothing_is_rejected_without_a_reason(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = await roland.page(f"/inbox/{key.timesheet_id}")

        for nothing in ("", "  ", "\r\n", "\x00"):
            page = page_of(await roland.send(page.form(rejection(key)), reason=nothing), 400)
            assert "give a reason" in page.problem("reason")
            assert "Duane Barry" in review(page)
            assert [each for each in page.root.all("details", class_="reject") if "open" in each.attributes]
        assert state(site, key) is State.SUBMITTED

        await roland.follow(await roland.send(page.form(rejection(key)), reason="Wrong day."))

    async def test_a_reason_that_is_too_long_is_kept_to_be_shortened(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = page_of(await roland.send(await form(roland, rejection(key)), reason="x" * 501), 400)

        assert "at most 500 characters; these are 501" in page.problem("reason")
        assert page.form(rejection(key)).fields["reason"] == "x" * 501
        assert state(site, key) is State.SUBMITTED

    async def test_a_comment_that_is_too_long_is_kept_to_be_shortened(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        page = page_of(await roland.send(await form(roland, approval(key)), comment="x" * 2_001), 400)

        assert "at most 2000 characters" in page.problem("comment")
        assert page.form(approval(key)).fields["comment"] == "x" * 2_001
        assert state(site, key) is State.SUBMITTED

    async def test_what_was_certified_anew_is_shown_anew(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, rejection(key))
        submit_again(site, org, "10:00")

        page = page_of(await roland.send(shown, reason="Too long a day."), 412)

        assert "certified anew since you opened it. Nothing was decided" in page.alert
        assert "Recorded 1.00 h" in review(page)
        again = page.form(rejection(key))
        assert again.fields["digest"] == site.digest(key) != shown.fields["digest"]
        assert again.fields["reason"] == "Too long a day."
        assert site.rows(org, Decision) == []
        await roland.follow(await roland.send(again))

    async def test_the_digest_of_another_timesheet_decides_nothing(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        others = site.digest(await site.bring_to(org, State.SUBMITTED, org.max))
        shown = await form(roland, approval(key))

        page = page_of(await roland.send(shown, digest=others), 412)

        assert "Nothing was decided" in page.alert
        assert site.rows(org, Decision) == []

    async def test_a_form_that_does_not_say_what_it_showed_is_refused(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        before = site.contents(org)

        for digest in (None, "", "x" * 64, "a" * 63, "\x00" * 64, "A" * 64, "a" * 10_000):
            for path in (approval(key), rejection(key)):
                page = page_of(await roland.post_form(path, digest=digest, reason="Because."), 400)
                assert "does not say what it showed" in page.alert
                assert page.form(rejection(key)).fields["reason"] == "Because."

        assert site.contents(org) == before

    async def test_what_is_decided_already_says_who_decided(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, rejection(key))
        await roland.follow(await roland.send(await form(roland, approval(key))))

        page = page_of(await roland.send(shown, reason="Wrong day."), 409)

        assert "Roland Fuller approved this timesheet already. Nothing else was decided." in page.alert
        assert "Approved by Roland Fuller" in review(page)
        assert not page.offers(rejection(key))
        assert len(site.rows(org, Decision)) == 1

    @pytest.mark.parametrize(
        ("now", "says"),
        [
            (State.DRAFT, "There is no such page"),
            (State.APPROVED, "Roland Fuller approved this timesheet already."),
            (State.REJECTED, "Roland Fuller rejected this timesheet already."),
            (State.LOCKED, "Roland Fuller approved this timesheet already."),
        ],
    )
    async def test_only_what_is_submitted_can_be_decided(
        self, site: Site, org: Organisation, roland: Browser, now: State, says: str
    ) -> None:
        key = await site.bring_to(org, now)
        before = len(site.rows(org, Decision))

        for path in (approval(key), rejection(key)):
            answer = await roland.post_form(path, digest=site.digest(key), reason="Because.")
            if now is State.DRAFT:
                # Nothing was certified yet, so there is nothing to show beside the refusal.
                assert "This timesheet is draft. It has to be submitted first." in page_of(answer, 409).main.text
            else:
                assert says in page_of(answer, 409).alert
        assert len(site.rows(org, Decision)) == before
        assert state(site, key) is now

    async def test_nobody_decides_on_their_own_time(self, site: Site, org: Organisation, owner_engine: Engine) -> None:
        give_role(owner_engine, org, org.suzanne, "supervisor")
        change_person(owner_engine, org.suzanne, supervisor_id=None)
        key = await site.bring_to(org, State.SUBMITTED, org.suzanne)
        suzanne = site.browser(org, org.suzanne)

        for path in (approval(key), rejection(key)):
            page = page_of(await suzanne.post_form(path, digest=site.digest(key), reason="Fine."), 403)
            assert "Nobody decides on their own time" in page.alert
        assert site.rows(org, Decision) == []
        assert await names(suzanne) == []

    async def test_who_does_not_decide_is_refused(
        self, site: Site, org: Organisation, owner_engine: Engine, key: SheetKey
    ) -> None:
        other = make_organisation(owner_engine)
        strangers = [
            site.browser(org, org.max),
            site.browser(org, org.alex),
            site.browser(other, other.roland),
            site.browser(other, other.suzanne),
        ]
        before = site.contents(org)

        for who in (org.duane, org.suzanne, org.diana):
            browser = site.browser(org, who)
            for path in (approval(key), rejection(key)):
                assert (await browser.post_form(path, digest=site.digest(key), reason="x")).status_code == 403
        for stranger in strangers:
            for path in (approval(key), rejection(key)):
                assert (await stranger.post_form(path, digest=site.digest(key), reason="x")).status_code == 404
        for nothing in (NOBODY, "1", "'"):
            answer = await strangers[1].post_form(f"/timesheets/{nothing}/approval", digest="a" * 64)
            assert answer.status_code == 404

        assert site.contents(org) == before

    async def test_who_is_not_the_supervisor_any_more_decides_nothing(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, approval(key))
        change_person(owner_engine, org.duane, supervisor_id=org.alex)

        assert (await roland.send(shown)).status_code == 404

        take_role(owner_engine, org.roland, "supervisor")
        assert (await roland.get("/inbox")).status_code == 404
        assert site.rows(org, Decision) == []

    @pytest.mark.parametrize("text", ["{{7*7}}", "</textarea><svg/onload=alert(1)>", "\"'"])
    async def test_a_comment_is_text_wherever_it_is_shown(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey, text: str
    ) -> None:
        refused = page_of(await roland.send(await form(roland, approval(key)), comment=text, digest="a" * 63), 400)
        await roland.follow(await roland.send(await form(roland, approval(key)), comment=text))
        history = await roland.page(f"/history/{key.timesheet_id}")

        assert refused.form(approval(key)).fields["comment"] == text
        assert text in history.main.text
        assert not any("<svg/onload" in each.html for each in (refused, history))


class TestAtOnce:
    """However many decide at the same moment, one decision is taken."""

    async def test_the_same_form_twice_is_one_decision(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, approval(key))

        for _ in range(2):
            page = await roland.follow(await roland.send(shown))
            assert "Approved Duane Barry's timesheet." in page.notice

        assert len(site.rows(org, Decision)) == 1

    async def test_a_double_click_is_one_decision(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, approval(key))

        answers = await asyncio.gather(*(roland.send(shown) for _ in range(3)))

        assert [answer.status_code for answer in answers] == [303] * 3
        assert len(site.rows(org, Decision)) == 1

    async def test_of_two_opposite_decisions_one_wins_and_the_other_is_told_by_whom(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        suzanne = await site.acting(org, org.roland)
        approving, rejecting = await form(roland, approval(key)), await form(suzanne, rejection(key))

        answers = await asyncio.gather(roland.send(approving), suzanne.send(rejecting, reason="Wrong day."))

        approved = answers[0].status_code == 303
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        loser = page_of(answers[1] if approved else answers[0], 409)
        winner = "Roland Fuller approved" if approved else "Suzanne Modeski rejected"
        assert f"{winner} this timesheet already. Nothing else was decided." in loser.alert
        (decision,) = site.rows(org, Decision)
        assert decision.decision == ("approve" if approved else "reject")
        assert state(site, key) is (State.APPROVED if approved else State.REJECTED)

    async def test_a_decision_and_a_recall_at_once_leave_one_of_them(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        duane = site.browser(org, org.duane)
        shown = await form(roland, approval(key))

        decided, recalled = await asyncio.gather(
            roland.send(shown), duane.post_form(f"/timesheets/{key.timesheet_id}/recall", reason="Forgot Friday.")
        )

        assert sorted((decided.status_code, recalled.status_code)) == [303, 409]
        assert len(site.rows(org, Decision)) == (decided.status_code == 303)
        assert state(site, key) is (State.APPROVED if decided.status_code == 303 else State.DRAFT)


class TestByHtmx:
    """The same answers, as the part of the page that changes."""

    async def test_a_decision_answers_with_the_inbox_and_what_to_say(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        await site.bring_to(org, State.SUBMITTED, org.max)

        part = await roland.by_htmx.follow(await roland.by_htmx.send(await form(roland, approval(key))))

        assert "<html" not in part.html
        assert "Max Fenig" in review(part)
        said = {each.attributes["hx-target"]: each.text for each in part.root.all("hx-partial")}
        assert said["#toast"].startswith("Approved Duane Barry's timesheet.")
        assert said[".inbox-count"] == "1"

    async def test_a_refusal_answers_with_the_inbox_too(
        self, site: Site, org: Organisation, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, rejection(key))

        without = await roland.by_htmx.send(shown)
        submit_again(site, org, "10:00")
        stale = await roland.by_htmx.send(shown, reason="Wrong day.")

        assert "give a reason" in page_of(without, 400).problem("reason")
        assert "Nothing was decided" in page_of(stale, 412).alert
        assert page_of(stale).form(rejection(key)).fields["reason"] == "Wrong day."
        assert not any("<html" in answer.text or "HX-Retarget" in answer.headers for answer in (without, stale))

    async def test_what_has_no_page_any_more_is_said_in_a_message(
        self, site: Site, org: Organisation, owner_engine: Engine, roland: Browser, key: SheetKey
    ) -> None:
        shown = await form(roland, approval(key))
        change_person(owner_engine, org.duane, supervisor_id=org.alex)

        answer = await roland.by_htmx.send(shown)

        assert answer.headers["HX-Retarget"] == "#toast"
        assert "or you may not see it" in page_of(answer, 404).text
        assert "<html" not in answer.text


async def names(browser: Browser, query: str = "") -> list[str]:
    """Whose timesheets the inbox lists, without initials and weeks."""
    return [row[0][3:].partition(" 16 ")[0] for row in rows(await browser.page(f"/inbox{query}"))]


def rows(page: Page) -> list[list[str]]:
    """The list, cell by cell: who, bars, hours, against plan, worth a look, waiting, what to do."""
    lines = [line for body in page.main.all("tbody", role="rowgroup") for line in body.all("tr")]
    return [[cell.text for cell in line.all() if cell.tag in ("th", "td") and not _picks(cell)] for line in lines]


def _picks(cell: Element) -> bool:
    return cell.attributes.get("class") == "pick"


def review(page: Page) -> str:
    """What the opened timesheet says."""
    return next(page.root.all(id="review")).text


async def form(browser: Browser, address: str) -> Form:
    """The form of a decision, as the opened timesheet shows it."""
    return (await browser.page(f"/inbox/{UUID(address.split('/')[2])}")).form(address)


def approval(key: SheetKey) -> str:
    return f"/timesheets/{key.timesheet_id}/approval"


def rejection(key: SheetKey) -> str:
    return f"/timesheets/{key.timesheet_id}/rejection"


def state(site: Site, key: SheetKey) -> State:
    """Where a timesheet stands."""
    sheet = site.sheet(key)
    assert sheet is not None
    return State(sheet.state)


def submit_again(site: Site, org: Organisation, end: str) -> None:
    """Duane recalls his week, gives its entry another end, and submits it anew."""
    duane = Asking(org, org.duane, org.duane, reason="Misremembered which day.")
    key = org.key(org.duane)
    site.desk.do(duane.move(CommandKind.RECALL))
    (entry,) = site.live(key)
    site.desk.do(duane.amend(entry.id, entry.version, worked("09:00", end, task=entry.task)))
    site.desk.do(duane.submit(site.digest(key)))


def submitted_at(owner: Engine, key: SheetKey, moment: datetime, *exceptions: Exceptional) -> None:
    """Move the moment at which a timesheet was submitted, with what is worth a look since it was then."""
    with owner.begin() as connection:
        connection.execute(update(Timesheet).where(Timesheet.id == key.timesheet_id).values(submitted_at=moment))
        connection.execute(update(Waiting).where(Waiting.timesheet_id == key.timesheet_id).values(submitted_at=moment))
        found = [each.value for each in exceptions]
        connection.execute(
            update(Submission)
            .where(Submission.timesheet_id == key.timesheet_id)
            .values(submitted_at=moment, exceptions=Submission.exceptions + found)
        )
