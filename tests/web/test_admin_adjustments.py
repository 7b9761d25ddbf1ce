"""Adjustments and the giving back of flex credits, as administrators make them on pages."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.database import command_transaction
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.store.adjustments import AdjustmentContent, adjust
from models.store.changes import GivenBy
from models.tables.accruals import Accrual, Adjustment
from models.tables.timecard import FlexChange
from tests.factories import MONDAY, Asking, Organisation, give_role, make_organisation, worked
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Form

ADJUSTMENTS = "/admin/adjustments"
NEW = f"{ADJUSTMENTS}/new"
TYPED = {"type": "NIGHT_HOURS", "date": "2026-11-16", "value": "-7:24", "reason": "Worked at the other site."}


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def flexed(site: Site, org: Organisation) -> UUID:
    """Duane's Monday shift was extended by an hour; the id of that change."""
    mine = Asking(org, org.duane, org.duane)
    shift = site.desk.do(mine.record(worked("09:00", "17:00"))).entry_id
    assert shift
    site.desk.do(mine.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00")))
    (change,) = site.rows(org, FlexChange)
    return change.id  # type: ignore[no-any-return]  # a row of a table named by its class


def reversal_of(flex_change_id: UUID) -> str:
    """Where the credit of a flex change is given back."""
    return f"/admin/flex-changes/{flex_change_id}/reversal"


async def form_for(browser: Browser, site: Site, org: Organisation, person_id: UUID) -> Form:
    """The form of an adjustment for somebody."""
    return (await browser.page(f"{NEW}?person={site.staff_id(org, person_id)}")).form(ADJUSTMENTS)


def given(site: Site, org: Organisation) -> list[tuple[UUID, str, str, int, str]]:
    """What was adjusted: whose, which type, when, how much and why."""
    return [
        (row.person_id, row.accrual_code, str(row.day), row.value, row.reason) for row in site.rows(org, Adjustment)
    ]


def left(site: Site, org: Organisation, code: AccrualCode) -> dict[str, int]:
    """What Duane has left on the days on which something happened."""
    rows = [row for row in site.rows(org, Accrual) if (row.person_id, row.accrual_code) == (org.duane, code.value)]
    return {str(row.day): row.balance for row in rows}


class TestAdjusting:
    async def test_a_balance_is_adjusted_and_what_is_left_is_said(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await form_for(suzanne, site, org, org.duane)

        page = await suzanne.follow(await suzanne.send(form, **TYPED))

        assert page.notice.startswith("Duane Barry: Night hours 166:40 → 159:16 on 16 November 2026.")
        assert given(site, org) == [(org.duane, "NIGHT_HOURS", "2026-11-16", -444, "Worked at the other site.")]
        assert left(site, org, AccrualCode.NIGHT_HOURS) == {"2026-11-16": 10_000 - 444}
        (row,) = [row.text for row in page.main.all("tr") if "Duane Barry" in row.text]
        for words in ("Night hours", "16 November 2026", "−7:24", "Worked at the other site.", "Suzanne Modeski"):
            assert words in row

    async def test_whose_it_is_can_be_typed(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = (await suzanne.page(NEW)).form(ADJUSTMENTS)

        refused = page_of(await suzanne.send(form, **TYPED, person="staff-nobody"), 400)
        assert "There is no person with the staff id staff-nobody" in refused.problem("person")
        again = refused.form(ADJUSTMENTS)
        await suzanne.follow(await suzanne.send(again, person=site.staff_id(org, org.duane)))

        assert [row[:4] for row in given(site, org)] == [(org.duane, "NIGHT_HOURS", "2026-11-16", -444)]

    @pytest.mark.parametrize(
        ("typed", "field", "words"),
        [
            ({"type": ""}, "type", "Choose what"),
            ({"type": "HOLIDAYS"}, "type", "Choose what"),
            ({"date": "tomorrow"}, "date", "such as 2026-11-18"),
            ({"date": "2020-01-06"}, "date", "No agreement of this person is in force"),
            ({"value": ""}, "value", "Say how much"),
            ({"value": "0:00"}, "value", "Say how much"),
            ({"value": "some"}, "value", "Write hours"),
            ({"value": "9,999,999 h"}, "value", "That is too much"),
            ({"type": "ON_CALL_WEEKDAY", "value": "1:30"}, "value", "whole number"),
            ({"reason": "  "}, "reason", "Say why"),
            ({"reason": "x" * 251}, "reason", "at most 250"),
        ],
    )
    async def test_what_is_refused_is_said_beside_its_field_with_all_that_was_typed(
        self, site: Site, suzanne: Browser, org: Organisation, typed: dict[str, object], field: str, words: str
    ) -> None:
        form, before = await form_for(suzanne, site, org, org.duane), site.contents(org)

        page = page_of(await suzanne.send(form, **TYPED | typed), 400)

        assert words in page.problem(field)
        again, kept = page.form(ADJUSTMENTS).fields, TYPED | typed
        assert {name: again[name] for name in ("date", "value", "reason")} == {
            name: kept[name] for name in ("date", "value", "reason")
        }
        assert site.contents(org) == before

    async def test_nobody_adjusts_their_own_balances(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form, before = await form_for(suzanne, site, org, org.suzanne), site.contents(org)

        page = page_of(await suzanne.send(form, **TYPED), 403)

        assert "Nobody adjusts their own balances: another administrator has to do this." in page.alert
        assert page.form(ADJUSTMENTS).fields["reason"] == TYPED["reason"]
        assert site.contents(org) == before

    async def test_the_same_form_sent_twice_or_at_once_adjusts_once(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await form_for(suzanne, site, org, org.duane)

        answers = await asyncio.gather(*(suzanne.send(form, **TYPED) for _ in range(3)))

        assert [answer.status_code for answer in answers] == [303, 303, 303]
        assert left(site, org, AccrualCode.NIGHT_HOURS) == {"2026-11-16": 10_000 - 444}
        page = page_of(await suzanne.send(form, **TYPED | {"value": "1"}), 409)
        assert "already sent with other content" in page.alert
        assert len(given(site, org)) == 1

    async def test_two_administrators_at_once_lose_nothing(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        give_role(owner_engine, org, org.alex, "administrator")
        browsers = [suzanne, site.browser(org, org.alex)]
        forms = [await form_for(browser, site, org, org.duane) for browser in browsers]

        answers = await asyncio.gather(
            *(browser.send(form, **TYPED) for browser, form in zip(browsers, forms, strict=True))
        )

        assert [answer.status_code for answer in answers] == [303, 303]
        assert left(site, org, AccrualCode.NIGHT_HOURS) == {"2026-11-16": 10_000 - 2 * 444}

    async def test_a_wrong_one_is_taken_back_by_its_opposite(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = await form_for(suzanne, site, org, org.duane)
        page = await suzanne.follow(await suzanne.send(form, **TYPED))
        (first,) = site.rows(org, Adjustment)
        address = f"{NEW}?reverses={first.id}"
        assert address in page.links

        form = (await suzanne.page(address)).form(ADJUSTMENTS)
        assert form.fields["value"] == "+7:24"
        page = await suzanne.follow(await suzanne.send(form))

        reason = "Takes back the adjustment of 16 November 2026: Worked at the other site."
        assert [row[3:] for row in given(site, org)][-1] == (444, reason)
        assert left(site, org, AccrualCode.NIGHT_HOURS) == {"2026-11-16": 10_000}
        page_of(await suzanne.get(f"{NEW}?reverses={uuid4()}"), 404)

    async def test_what_would_be_left_is_said_while_one_types(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form, before = await form_for(suzanne, site, org, org.duane), site.contents(org)
        typed = form.fields | TYPED

        part = page_of(await suzanne.by_htmx.post_form(f"{ADJUSTMENTS}/preview", **typed), 200)
        whole = page_of(await suzanne.post_form(f"{ADJUSTMENTS}/preview", **typed), 200)

        for page in (part, whole):
            (effect,) = page.root.all(id="adjustment-preview")
            assert "Night hours of Duane Barry at the end of 16 November 2026 166:40 → becomes 159:16" in effect.text
        assert "<html" not in part.html
        assert whole.form(ADJUSTMENTS).fields["reason"] == TYPED["reason"]
        assert site.contents(org) == before

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"value": ""}, "Say whose balance it is"),
            ({"person": "staff-nobody"}, "Say whose balance it is"),
            ({"value": "some"}, "cannot be read"),
            ({"date": "2020-01-06"}, "has no agreement on this day"),
        ],
    )
    async def test_what_cannot_be_said_yet_is_no_fault(
        self, site: Site, suzanne: Browser, org: Organisation, typed: dict[str, str], words: str
    ) -> None:
        asked = TYPED | {"person": site.staff_id(org, org.duane)} | typed

        page = page_of(await suzanne.by_htmx.post_form(f"{ADJUSTMENTS}/preview", **asked), 200)

        assert words in page.text


class TestTheList:
    async def test_is_filtered_by_person_type_and_days(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        adjusted(site, org, org.duane, reason="The first.")
        adjusted(site, org, org.max, code=AccrualCode.ON_CALL_WEEKDAY, reason="The second.")
        adjusted(site, org, org.duane, days=7, reason="The third.")

        for query, found in (
            ("", {"first", "second", "third"}),
            ("q=duane", {"first", "third"}),
            (f"q={site.staff_id(org, org.max)}", {"second"}),
            ("type=ON_CALL_WEEKDAY", {"second"}),
            ("from=2026-11-17", {"third"}),
            ("to=2026-11-17", {"first", "second"}),
            ("q=duane&from=2026-11-16&to=2026-11-16", {"first"}),
            ("type=made-up&from=tomorrow", {"first", "second", "third"}),
            ("q=nobody", set()),
        ):
            told = (await suzanne.page(f"{ADJUSTMENTS}?{query}")).main.text
            assert {each for each in ("first", "second", "third") if f"The {each}." in told} == found, query

    async def test_comes_in_pages_newest_first(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        for number in range(55):
            adjusted(site, org, org.duane, reason=f"No. {number:02}.")

        first = await suzanne.page(f"{ADJUSTMENTS}?q=duane")
        (following,) = [link for link in first.links if "after=" in link]
        second = await suzanne.page(following)

        rows = [row.text for page in (first, second) for row in page.main.all("td", class_="said-why")]
        assert [row[:7] for row in rows] == [f"No. {number:02}." for number in reversed(range(55))]
        assert "q=duane" in following

    @pytest.mark.parametrize("query", ["after=x", "after=WyIxIl0", "q=%00", "type=%27", "from=0000-00-00"])
    async def test_an_address_made_up_is_no_fault(self, suzanne: Browser, query: str) -> None:
        assert (await suzanne.get(f"{ADJUSTMENTS}?{query}")).status_code in (200, 400)

    async def test_what_was_typed_is_text_and_nothing_else(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        adjusted(site, org, org.duane, reason="<svg/onload=alert(1)> {{7*7}}")

        page = await suzanne.page(ADJUSTMENTS)

        assert "<svg/onload" not in page.html
        assert "<svg/onload=alert(1)> {{7*7}}" in page.main.text


class TestGivingBackAFlexCredit:
    async def test_one_click_in_the_week_gives_it_back_and_says_who_and_when(
        self, site: Site, suzanne: Browser, org: Organisation, flexed: UUID
    ) -> None:
        monday = site.week(org, org.duane)
        assert left(site, org, AccrualCode.FLEXIBLE_CREDITS) == {"2026-11-16": -1}
        form = (await suzanne.page(monday)).form(reversal_of(flexed))
        assert form.fields["reason"] == "Flex change of 16 November 2026 reversed"

        answer = await suzanne.send(form)

        assert answer.headers["Location"] == monday
        page = await suzanne.follow(answer)
        assert "The credit is given back." in page.notice
        assert "Credit given back on" in page.main.text
        assert "by Suzanne Modeski" in page.main.text
        assert not page.offers(reversal_of(flexed))
        assert left(site, org, AccrualCode.FLEXIBLE_CREDITS) == {"2026-11-16": 0}
        (made,) = site.rows(org, Adjustment)
        assert (made.value, made.reverses_flex_change_id, made.reason) == (1, flexed, form.fields["reason"])
        assert "gives back a flex change" in (await suzanne.page(ADJUSTMENTS)).main.text

    async def test_htmx_gets_the_week_as_it_is_then(
        self, site: Site, suzanne: Browser, org: Organisation, flexed: UUID
    ) -> None:
        form = (await suzanne.page(site.week(org, org.duane))).form(reversal_of(flexed))

        answer = await suzanne.by_htmx.send(form)
        page = page_of(await suzanne.by_htmx.get(answer.headers["Location"]), 200)

        assert "<html" not in page.html
        assert "Credit given back on" in page.text

    async def test_the_page_of_the_person_offers_it_too(
        self, site: Site, suzanne: Browser, org: Organisation, flexed: UUID
    ) -> None:
        person = f"/admin/people/{site.staff_id(org, org.duane)}"
        page = await suzanne.page(person)
        assert "1 April 2026 – 31 March 2027" in page.main.text
        assert f"{NEW}?person={site.staff_id(org, org.duane)}" in page.links

        answer = await suzanne.send(page.form(reversal_of(flexed)), reason="It was planned so.")

        assert answer.headers["Location"] == person
        page = await suzanne.follow(answer)
        assert "Credit given back on" in page.main.text
        assert "+1 Flexible credits, 16 November 2026 It was planned so. · Suzanne Modeski" in page.main.text

    async def test_without_a_reason_it_is_asked_again_on_a_page_of_its_own(
        self, site: Site, suzanne: Browser, org: Organisation, flexed: UUID
    ) -> None:
        form = (await suzanne.page(site.week(org, org.duane))).form(reversal_of(flexed))

        page = page_of(await suzanne.send(form, reason=" "), 400)
        part = await suzanne.by_htmx.send(form, reason="x" * 251)

        assert "Say why, in at most 250 characters" in page.main.text
        assert part.headers["HX-Retarget"] == "#dialog"
        assert "x" * 251 in page_of(part, 400).html
        assert given(site, org) == []
        again = page.form(reversal_of(flexed))
        answer = await suzanne.send(again, reason="It was planned so.")
        assert answer.headers["Location"] == site.week(org, org.duane)

    async def test_it_is_given_back_once_by_one_form_by_two_and_at_once(
        self, site: Site, suzanne: Browser, org: Organisation, flexed: UUID
    ) -> None:
        address = site.week(org, org.duane)
        form, other = [(await suzanne.page(address)).form(reversal_of(flexed)) for _ in range(2)]

        answers = await asyncio.gather(suzanne.send(form), suzanne.send(form), suzanne.send(other))

        assert sorted(answer.status_code for answer in answers) in ([303, 303, 400], [303, 400, 400])
        (refused,) = [page_of(answer) for answer in answers if answer.status_code == 400][:1]
        assert "was reversed before" in refused.main.text
        assert left(site, org, AccrualCode.FLEXIBLE_CREDITS) == {"2026-11-16": 0}

    async def test_nobody_gives_it_back_to_themselves(
        self, site: Site, org: Organisation, owner_engine: Engine, flexed: UUID
    ) -> None:
        give_role(owner_engine, org, org.duane, "administrator")
        duane = site.browser(org, org.duane)

        assert not (await duane.page(site.week(org, org.duane))).offers(reversal_of(flexed))
        page = page_of(await duane.post_form(reversal_of(flexed), reason="Mine."), 403)

        assert "Nobody adjusts their own balances" in page.alert
        assert given(site, org) == []

    async def test_a_change_that_counts_nowhere_has_no_credit(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        long_ago = MONDAY - timedelta(weeks=200)
        mine = Asking(org, org.duane, org.duane, long_ago)
        shift = site.desk.do(mine.record(worked("09:00", "17:00", long_ago))).entry_id
        assert shift
        site.desk.do(mine.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00", long_ago)))
        (change,) = site.rows(org, FlexChange)

        assert not (await suzanne.page(site.week(org, org.duane, long_ago))).offers(reversal_of(change.id))
        assert "counts nowhere" in (await suzanne.page(reversal_of(change.id))).alert
        page = page_of(await suzanne.post_form(reversal_of(change.id), reason="Wrong."), 400)
        assert "nothing to reverse" in page.alert
        assert given(site, org) == []


@pytest.mark.parametrize("who", ["Duane Barry", "Roland Fuller", "Diana Fowley"])
async def test_nobody_but_administrators_sees_or_makes_adjustments(
    site: Site, org: Organisation, flexed: UUID, who: str
) -> None:
    browser, before = site.browser(org, org.people[who]), site.contents(org)
    form = TYPED | {"person": site.staff_id(org, org.duane)}

    for address in (ADJUSTMENTS, NEW, reversal_of(flexed)):
        page_of(await browser.get(address), 404)
    for address in (ADJUSTMENTS, f"{ADJUSTMENTS}/preview", reversal_of(flexed)):
        page_of(await browser.post_form(address, **form), 404)

    assert "Give the credit back" not in (await browser.get(site.week(org, org.duane))).text
    assert site.contents(org) == before


async def test_everybody_stays_in_their_own_organisation(
    site: Site, org: Organisation, owner_engine: Engine, flexed: UUID
) -> None:
    other = make_organisation(owner_engine)
    theirs = site.browser(other, other.suzanne)
    id_ = adjusted(site, org, org.max)
    before = site.contents(org), site.contents(other)

    page_of(await theirs.get(f"{NEW}?reverses={id_}"), 404)
    page_of(await theirs.get(reversal_of(flexed)), 404)
    page_of(await theirs.post_form(reversal_of(flexed), reason="Ours."), 404)
    refused = page_of(await theirs.post_form(ADJUSTMENTS, **TYPED, person=site.staff_id(org, org.duane)), 400)

    assert "There is no person with the staff id" in refused.problem("person")
    assert "Max Fenig" not in (await theirs.page(ADJUSTMENTS)).main.text
    assert (site.contents(org), site.contents(other)) == before


def adjusted(
    site: Site,
    org: Organisation,
    person_id: UUID,
    *,
    code: AccrualCode = AccrualCode.NIGHT_HOURS,
    days: int = 0,
    reason: str = "By hand.",
) -> UUID:
    """Suzanne gave somebody 10 of something, some days after the Monday; the id of that."""
    content = AdjustmentContent(person_id, code, MONDAY + timedelta(days=days), 10, reason)
    with command_transaction(site.engine, org.tenant_id) as session:
        return adjust(session, GivenBy(org.tenant_id, org.suzanne, uuid4()), content).id
