"""Why a balance is what it is: the page that leads from every number back to a person."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, event, update

from models.calendars import PublicHolidays
from models.commands import Asked
from models.database import command_transaction, read_session
from models.messages import CommandOutcome
from models.reads.explained import Explanation
from models.reads.explaining import explanation
from models.reads.viewer import Onlooker
from models.rules.accrual_types import AccrualCode
from models.rules.agreements import AgreementContent, Target
from models.rules.flex import FlexType
from models.rules.supposed import HolidayContent, HolidayKind
from models.rules.transitions import CommandKind, State
from models.standard import ON_CALL, OVERTIME
from models.store.adjustments import AdjustmentContent, adjust, reversal_of
from models.store.agreements import create_agreement
from models.store.changes import GivenBy
from models.store.directory import kept_person, replace_person
from models.store.holidays import set_holiday
from models.tables.accruals import Accrual, Agreement, AgreementTarget
from models.tables.timecard import FlexChange
from tests.desk import Life, carry_out_rebuilds
from tests.factories import MONDAY, Asking, Organisation, make_organisation, worked
from tests.web.conftest import Browser, Site
from tests.web.reading import Element, Page

A = AccrualCode
DAYS = [MONDAY + timedelta(days=number) for number in range(7)]
TUESDAY, WEDNESDAY, SATURDAY = DAYS[1], DAYS[2], DAYS[5]
IN_MAY_2027 = date(2027, 5, 4)


@pytest.fixture
def life(site: Site, org: Organisation) -> Life:
    """Duane's week, brought at once to where a test begins."""
    return Life(site.desk, org)


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


async def done(life: Life, *asked: Asked) -> CommandOutcome:
    """Commands carried out one after the other; the outcome of the last one."""
    outcome = None
    for each in asked:
        outcome = await asyncio.to_thread(life.desk.do, each)
    assert outcome
    return outcome


async def certified(life: Life, decided: bool = True) -> None:
    """Duane's week as it is, submitted and perhaps approved."""
    await asyncio.to_thread(life.submit)
    if decided:
        await asyncio.to_thread(life.approve)


def adjusted(life: Life, value: int, code: AccrualCode = A.ANNUAL_TARGET_HOURS, day: date = MONDAY) -> None:
    """Suzanne gives (or takes) something by hand."""
    content = AdjustmentContent(life.org.duane, code, day, value, "Jury service.")
    with command_transaction(life.desk.engine, life.org.tenant_id) as session:
        adjust(session, given_by(life), content)


def given_by(life: Life) -> GivenBy:
    """A command of Suzanne's."""
    return GivenBy(life.org.tenant_id, life.org.suzanne, uuid4())


def address(site: Site, org: Organisation, code: AccrualCode, day: date = MONDAY, more: str = "") -> str:
    """Why Duane's balance is what it is on a day."""
    return f"/balances/explain?person={site.staff_id(org, org.duane)}&type={code}&date={day}{more}"


def explained(
    site: Site, org: Organisation, code: AccrualCode, day: date = MONDAY, month: date | None = None
) -> Explanation:
    """The same as plain values, for Duane himself."""
    onlooker = Onlooker(org.tenant_id, org.duane)
    with read_session(site.engine, org.tenant_id) as session:
        return explanation(session, onlooker, org.duane, code, day, month)


def opened(page: Page) -> Element:
    """What is unfolded first: what counted on the day that is asked about."""
    return next(each for each in page.main.all("details", class_="why") if "open" in each.attributes)


async def test_the_sum_is_shown_and_is_what_is_stored(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))
    await done(life, life.duane.record(worked("09:00", "16:00", TUESDAY)))
    adjusted(life, 90, day=TUESDAY)

    page = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY))

    assert "Opening balance 1666.67 Used − 15.00 Adjusted + 1.50 Left = 1653.17 h" in page.text
    assert "To the minute: 100000 − 900 + 90 = 99190 min." in page.text
    assert "The stored balance is the same, 1653.17 h" in page.text
    found = explained(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY).arithmetic
    assert found
    assert (found.remaining, found.stored, found.agrees) == (99_190, 99_190, True)


async def test_each_contribution_leads_to_its_entry_its_submission_and_its_decision(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    theirs = life.suzanne_for(org.duane, "He is on a course.")
    await done(life, theirs.record(worked("09:00", "17:00", task="washing dog")))
    await certified(life, decided=False)
    deciding = life.suzanne_for(org.roland, "Roland is away.")
    await done(life, deciding.approve(life.desk.digest(life.key)))

    why = opened(await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS)))

    assert [each.text for each in why.all("h3")] == [
        "How the number comes about",
        "Recorded, version 1",
        "Submitted and certified, revision 1",
        "Approved",
    ]
    assert "09:00–17:00 is 480 min." in why.text
    assert "Suzanne Modeski on behalf of Duane Barry “" not in why.text
    assert "Suzanne Modeski on behalf of Duane Barry He is on a course." in why.text
    assert "Suzanne Modeski on behalf of Roland Fuller Roland is away." in why.text
    assert {each.attributes["href"] for each in why.all("a")} == {
        f"/history/{life.key.timesheet_id}",
        f"{site.week(org, org.duane)}#day-card",
    }
    await duane.page(f"/history/{life.key.timesheet_id}")


async def test_only_the_version_that_counts_is_told(site: Site, org: Organisation, life: Life, duane: Browser) -> None:
    recorded = await done(life, life.duane.record(worked("09:00", "17:00")))
    removed = await done(life, life.duane.record(worked("18:00", "19:00")))
    assert recorded.entry_id
    assert removed.entry_id
    await done(
        life,
        life.duane.amend(recorded.entry_id, 1, worked("09:00", "16:00")),
        life.duane.remove(removed.entry_id, 1),
    )

    (day,) = explained(site, org, A.ANNUAL_TARGET_HOURS).days

    assert [(each.entry.version, each.value) for each in day.contributions] == [(2, 420)]
    assert "Recorded, version 2" in (await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS))).text


@pytest.mark.parametrize(
    ("state", "last"),
    [
        (State.DRAFT, "Not submitted yet: it counts as recorded"),
        (State.SUBMITTED, "Waits for a decision"),
        (State.APPROVED, "Approved"),
        (State.REJECTED, "Rejected"),
        (State.LOCKED, "Approved"),
    ],
)
async def test_where_the_timesheet_stands_is_the_end_of_the_chain(
    site: Site, org: Organisation, duane: Browser, state: State, last: str
) -> None:
    await site.bring_to(org, state)

    why = opened(await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS)))

    assert [each.text for each in why.all("h3")][-1] == last


async def test_what_was_recalled_or_opened_again_says_so(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    at = address(site, org, A.ANNUAL_TARGET_HOURS)
    await done(life, life.duane.record(worked("09:00", "17:00")))
    await certified(life, decided=False)
    await done(life, life.because(life.duane, "Forgot something.").move(CommandKind.RECALL))
    assert "Recalled before it was decided" in opened(await duane.page(at)).text

    await certified(life)
    await asyncio.to_thread(life.revise)
    told = opened(await duane.page(at)).text
    assert "Submitted and certified, revision 2" in told
    assert "Open again: revision 3 is not submitted yet" in told


async def test_a_version_changed_after_it_was_certified_is_not_certified(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    recorded = await done(life, life.duane.record(worked("09:00", "17:00")))
    assert recorded.entry_id
    await certified(life)
    await asyncio.to_thread(life.revise)
    changed = life.because(life.duane, "It took longer.")
    await done(life, changed.amend(recorded.entry_id, 1, worked("09:00", "18:00")))

    (day,) = explained(site, org, A.ANNUAL_TARGET_HOURS).days
    (each,) = day.contributions

    assert (each.entry.version, each.entry.recorded.reason, each.submission) == (2, "It took longer.", None)


async def test_a_night_over_midnight_counts_on_both_days_with_its_own_words(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    await done(life, life.duane.record(worked("22:00", "30:00", meal_break_minutes=45)))

    first, second = explained(site, org, A.NIGHT_HOURS, TUESDAY).days

    assert [(day.day, day.sums.used, day.sums.balance) for day in (first, second)] == [
        (MONDAY, 60, 9_940),
        (TUESDAY, 315, 9_625),
    ]
    page = await duane.page(address(site, org, A.NIGHT_HOURS, TUESDAY))
    assert "22:00–06:00 is 120 min before midnight and 360 after." in opened(page).text
    assert "No more counts than the meal break leaves of the day, 315 min." in opened(page).text


async def test_a_flex_change_explains_itself_and_an_adjustment_names_what_it_gives_back(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    recorded = await done(life, life.duane.record(worked("09:00", "17:00", WEDNESDAY)))
    assert recorded.entry_id
    change = life.duane.change_shift(
        FlexType.EXTENDED, recorded.entry_id, worked("09:00", "18:00", WEDNESDAY), note="Late."
    )
    await done(life, change, life.duane.remove(recorded.entry_id, 2))
    (flex_change,) = site.rows(org, FlexChange)
    with command_transaction(site.engine, org.tenant_id) as session:
        adjust(session, given_by(life), reversal_of(session, flex_change.id, "Ours, not his."))

    page = await duane.page(address(site, org, A.FLEXIBLE_CREDITS, WEDNESDAY))

    assert "Opening balance 0 Used − 1 Adjusted + 1 Balance = 0" in page.text
    assert "The change itself uses 1 credit" in page.text
    assert "Extended at short notice, authorised by Roland Fuller." in page.text
    assert "Late." in page.text
    assert "The entry was removed later; the change at short notice still counts." in page.text
    assert "Given back by an adjustment on Wednesday 18 November" in page.text
    assert "Gives back what a change at short notice used: extended, Wednesday 18 November" in page.text
    assert "Ours, not his." in page.text
    (day,) = explained(site, org, A.FLEXIBLE_CREDITS, WEDNESDAY).days
    assert [each.flex_change and each.flex_change.id for each in day.contributions] == [flex_change.id]


async def test_being_on_call_on_a_public_holiday_is_told_by_its_name(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    boxing_day = date(2026, 12, 26)
    asking = Asking(org, org.duane, org.duane, boxing_day)
    await done(life, asking.record(worked("18:00", "32:00", boxing_day, ON_CALL)))
    name = PublicHolidays("GB-ENG").name_of(boxing_day)
    assert name

    page = await duane.page(address(site, org, A.ON_CALL_PUBLIC_HOLIDAY, boxing_day))

    assert f"Saturday 26 December is a public holiday, {name}, which comes before weekend and weekday." in page.text
    assert "It is only counted" not in page.text
    assert "None: it is only counted, from 0 on." in page.text


async def test_what_an_agreement_found_recorded_was_computed_again_because_of_it(
    site: Site, org: Organisation, life: Life, owner_engine: Engine, duane: Browser
) -> None:
    remove_agreement(owner_engine, org)
    await done(life, life.duane.record(worked("09:00", "17:00")))
    year = AgreementContent(
        org.duane, date(2026, 4, 1), date(2027, 3, 31), targets={A.ANNUAL_TARGET_HOURS: Target(6_000, 6_000)}
    )
    with command_transaction(site.engine, org.tenant_id) as session:
        create_agreement(session, given_by(life), year)

    (day,) = explained(site, org, A.ANNUAL_TARGET_HOURS).days
    (again,) = day.contributions[0].computed_again

    assert (again.before, again.after, again.because) == (0, 480, "The agreement was added or changed")
    assert again.by
    assert again.by.id == org.suzanne
    told = opened(await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS))).text
    assert "The agreement was added or changed, by Suzanne Modeski: 0.00 → 8.00 h" in told


async def test_what_a_rebuild_computed_again_names_what_changed(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))
    await certified(life)
    with command_transaction(site.engine, org.tenant_id) as session:
        set_holiday(session, given_by(life), HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "Founders’ Day"))
    before = explained(site, org, A.PUBLIC_HOLIDAY_HOURS)
    assert await asyncio.to_thread(carry_out_rebuilds, site.engine, org.tenant_id) == 1

    page = await duane.page(address(site, org, A.PUBLIC_HOLIDAY_HOURS))

    assert before.days[0].sums.used == 0
    assert "Monday 16 November is a public holiday, Founders’ Day: all 480 min count." in page.text
    assert "Public holidays of GB-ENG, by Suzanne Modeski: 0.00 → 8.00 h" in page.text
    assert [each.text for each in opened(page).all("h3")][-2:] == ["Approved", "Computed again"]


async def test_what_counts_no_more_is_still_told(site: Site, org: Organisation, life: Life, duane: Browser) -> None:
    await done(life, life.duane.record(worked("00:30", "05:30")))
    with command_transaction(site.engine, org.tenant_id) as session:
        kept = kept_person(session, org.duane)
        moved = replace(kept.content, time_zone="Pacific/Auckland")
        replace_person(session, given_by(life), org.duane, kept.version, moved)

    found = explained(site, org, A.NIGHT_HOURS)

    (day,) = found.days
    (each,) = day.contributions
    assert (day.sums.used, each.value, each.reckoned) == (0, 0, 0)
    assert [(again.before, again.after) for again in each.computed_again] == [(300, 0)]
    assert each.computed_again[0].because == "The person’s time zone or place changed"
    assert "13:30–18:30 is 300 min." in (await duane.page(address(site, org, A.NIGHT_HOURS))).text


async def test_a_change_that_has_not_reached_the_balance_yet_is_said(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))
    boxed = HolidayContent("GB-ENG", MONDAY, HolidayKind.ADDED, "Founders’ Day")
    with command_transaction(site.engine, org.tenant_id) as session:
        set_holiday(session, given_by(life), boxed)
    assert await asyncio.to_thread(carry_out_rebuilds, site.engine, org.tenant_id) == 1
    with command_transaction(site.engine, org.tenant_id) as session:
        set_holiday(session, given_by(life), replace(boxed, kind=None, name=""))

    page = await duane.page(address(site, org, A.PUBLIC_HOLIDAY_HOURS))

    assert "Counted as 8.00; by what is known now it would be 0.00." in page.alert


@pytest.mark.parametrize("wrong", [MONDAY, TUESDAY])
async def test_a_stored_balance_that_is_not_the_sum_is_said_loudly(
    site: Site, org: Organisation, life: Life, owner_engine: Engine, duane: Browser, wrong: date
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))
    await done(life, life.duane.record(worked("09:00", "17:00", TUESDAY)))
    with owner_engine.begin() as connection:
        theirs = (Accrual.person_id == org.duane, Accrual.accrual_code == A.ANNUAL_TARGET_HOURS.value)
        connection.execute(update(Accrual).where(*theirs, Accrual.day == wrong).values(balance=Accrual.balance + 60))

    page = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY))

    assert "The stored balances are wrong." in page.alert
    assert f"{wrong:%A} {wrong.day} November" in page.alert
    assert ("1651.67 h is stored, but what was recorded comes to 1650.67 h" in page.alert) == (wrong == TUESDAY)
    assert "Checked" not in page.text


async def test_without_an_agreement_nothing_is_counted_and_what_waits_is_named(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    asking = Asking(org, org.duane, org.duane, IN_MAY_2027)
    await done(life, asking.record(worked("22:00", "30:00", IN_MAY_2027, task="night boarding")))
    recorded = await done(life, asking.record(worked("09:00", "12:00", IN_MAY_2027, OVERTIME)))
    assert recorded.entry_id
    await done(life, asking.remove(recorded.entry_id, 1))
    at = address(site, org, A.NIGHT_HOURS, IN_MAY_2027)

    page = await duane.page(at)

    assert "Not counted yet" in page.text
    assert "No agreement covers Tuesday 4 May 2027." in page.text
    found = explained(site, org, A.NIGHT_HOURS, IN_MAY_2027)
    assert found.arithmetic is None
    assert [(each.day, each.value) for each in found.not_counted] == [
        (IN_MAY_2027, 60),
        (IN_MAY_2027 + timedelta(days=1), 360),
    ]
    assert page.text.count("night boarding") == 2
    none = await duane.page(address(site, org, A.ON_CALL_WEEKDAY, IN_MAY_2027))
    assert "Nothing recorded in May 2027 would count here." in none.text


async def test_a_flex_change_without_an_agreement_waits_too(site: Site, org: Organisation, life: Life) -> None:
    asking = Asking(org, org.duane, org.duane, IN_MAY_2027)
    recorded = await done(life, asking.record(worked("09:00", "17:00", IN_MAY_2027)))
    assert recorded.entry_id
    later = worked("09:00", "18:00", IN_MAY_2027)
    await done(life, asking.change_shift(FlexType.EXTENDED, recorded.entry_id, later))

    (each,) = explained(site, org, A.FLEXIBLE_CREDITS, IN_MAY_2027).not_counted

    assert (each.day, each.value, each.flex_change and each.flex_change.label) == (IN_MAY_2027, 1, "Extended")


async def test_a_year_is_told_by_month_and_one_month_by_day(
    site: Site, org: Organisation, life: Life, duane: Browser
) -> None:
    october = date(2026, 10, 6)
    await done(life, Asking(org, org.duane, org.duane, october).record(worked("09:00", "12:00", october)))
    await done(life, life.duane.record(worked("09:00", "17:00")))
    later = await done(life, life.duane.record(worked("09:00", "17:00", WEDNESDAY)))
    assert later.entry_id

    found = explained(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY)

    assert [month.start for month in found.months] == [date(2026, number, 1) for number in range(4, 12)]
    assert [(month.sums.used, month.sums.balance) for month in found.months[-2:]] == [(180, 99_820), (480, 99_340)]
    assert found.months[-1].end == TUESDAY
    assert [(day.day, day.sums.used) for day in found.days] == [(MONDAY, 480), (TUESDAY, 0)]
    assert found.brought_forward == 99_820
    assert (found.previous_day, found.next_day) == (MONDAY, WEDNESDAY)

    month = explained(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY, october)
    assert [day.day for day in month.days] == [october]
    assert month.brought_forward == 100_000

    page = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY))
    assert "Nothing happened on this day, so what was left before is left." in page.text
    links = {link.partition("date=")[2] for link in page.links if "/balances/explain" in link}
    assert {str(MONDAY), str(WEDNESDAY), f"{TUESDAY}&month=2026-10#days-title"} <= links
    other = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS, TUESDAY, "&month=2026-10"))
    assert "October 2026, day by day" in other.text
    assert "At the end of 31 October 3.00 – 1663.67" in other.text


@pytest.mark.parametrize("month", ["2027-01", "2025-01", "2026-13", "x", "9999-12"])
async def test_a_month_that_cannot_be_told_is_that_of_the_day(
    site: Site, org: Organisation, life: Life, duane: Browser, month: str
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))

    page = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS, more=f"&month={month}"))

    assert "November 2026, day by day" in page.text


async def test_an_agreement_that_begins_in_the_middle_of_a_month_begins_there(
    site: Site, org: Organisation, life: Life, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        theirs = update(Agreement).where(Agreement.person_id == org.duane)
        connection.execute(theirs.values(start_date=TUESDAY))
    await done(life, life.duane.record(worked("09:00", "17:00")))
    await done(life, life.duane.record(worked("09:00", "17:00", WEDNESDAY)))

    found = explained(site, org, A.ANNUAL_TARGET_HOURS, WEDNESDAY)

    assert [(month.start, month.sums.used) for month in found.months] == [(TUESDAY, 480)]
    assert found.brought_forward == 100_000
    assert found.arithmetic
    assert found.arithmetic.agrees


async def test_a_day_that_is_none_is_today(site: Site, org: Organisation, duane: Browser) -> None:
    assert "Annual target hours, explained" in (await duane.page("/balances/explain?date=soon")).heading
    assert "Annual target hours, explained" in (await duane.page("/balances/explain")).heading


async def test_the_sum_is_the_stored_balance_for_every_type_after_a_busy_week(
    site: Site, org: Organisation, life: Life
) -> None:
    await busy_week(life)

    for code in A:
        for day in DAYS:
            found = explained(site, org, code, day).arithmetic
            assert found, code
            assert found.agrees, (code, day)
        for each in explained(site, org, code, DAYS[6]).days:
            assert sum(one.value for one in each.contributions) == each.sums.used
            assert sum(one.value for one in each.adjustments) == each.sums.adjusted
            assert all(one.value == one.reckoned for one in each.contributions)


async def test_the_number_of_statements_does_not_follow_the_number_of_entries(
    site: Site, org: Organisation, life: Life
) -> None:
    await done(life, life.duane.record(worked("09:00", "10:00")))
    with statements(site.engine) as few:
        explained(site, org, A.ANNUAL_TARGET_HOURS, DAYS[6])
    await busy_week(life)
    with statements(site.engine) as many:
        found = explained(site, org, A.ANNUAL_TARGET_HOURS, DAYS[6])
    with statements(site.engine) as without:
        explained(site, org, A.ANNUAL_TARGET_HOURS, IN_MAY_2027)

    assert sum(len(day.contributions) for day in found.days) > 8
    assert len(many) == len(few) <= 12
    assert len(without) <= len(few)


async def test_who_may_see_somebodys_time_sees_why_and_nobody_else_does(
    site: Site, org: Organisation, life: Life, owner_engine: Engine
) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00", task="washing dog")))
    at = address(site, org, A.ANNUAL_TARGET_HOURS)
    other = make_organisation(owner_engine)

    for person in (org.duane, org.roland, org.suzanne, org.diana):
        assert "washing dog" in (await site.browser(org, person).page(at)).text
    strangers = [(org, org.max), (org, org.alex), (other, other.suzanne), (other, other.duane)]
    for organisation, person in strangers:
        for browser in (site.browser(organisation, person), site.browser(organisation, person).by_htmx):
            answer = await browser.get(at)
            assert answer.status_code == 404
            assert "washing dog" not in answer.text
            assert "1658.67" not in answer.text


@pytest.mark.parametrize("query", ["type=GOLD", "type=annual_target_hours", "person=nobody", "type="])
async def test_what_there_is_not_is_not_found(duane: Browser, query: str) -> None:
    await duane.page(f"/balances/explain?{query}", 404)


async def test_whoever_acts_for_somebody_sees_their_balance(site: Site, org: Organisation, life: Life) -> None:
    await done(life, life.duane.record(worked("09:00", "17:00")))
    browser = await site.acting(org, org.duane)

    page = await browser.page(f"/balances/explain?type={A.ANNUAL_TARGET_HOURS}&date={MONDAY}")

    assert "Balances of Duane Barry" in page.text


async def test_what_people_typed_is_only_text(site: Site, org: Organisation, life: Life, duane: Browser) -> None:
    await done(life, life.suzanne_for(org.duane, "<b>why</b>").record(worked("09:00", "17:00", task="<i>x</i>")))

    page = await duane.page(address(site, org, A.ANNUAL_TARGET_HOURS))

    assert "<b>why</b>" in page.text
    assert "<i>x</i>" in page.text


async def busy_week(life: Life) -> None:
    """Days, nights, breaks, changes, removals, being on call and an adjustment in Duane's week."""
    for day in DAYS[:5]:
        await done(life, life.duane.record(worked("11:00", "15:00", day)))
        await done(life, life.duane.record(worked("15:00", "16:00", day, OVERTIME)))
    changed = await done(life, life.duane.record(worked("17:00", "20:00")))
    removed = await done(life, life.duane.record(worked("20:00", "21:00")))
    assert changed.entry_id
    assert removed.entry_id
    longer = worked("17:00", "20:45")
    await done(
        life,
        life.duane.remove(removed.entry_id, 1),
        life.duane.change_shift(FlexType.EXTENDED, changed.entry_id, longer),
        life.duane.record(worked("22:00", "30:00", meal_break_minutes=45)),
        life.duane.record(worked("18:00", "32:00", SATURDAY, ON_CALL)),
        life.duane.record(worked("12:00", "20:00", DAYS[6])),
    )
    adjusted(life, -30, A.NIGHT_HOURS)
    adjusted(life, 90)


def remove_agreement(owner_engine: Engine, org: Organisation) -> None:
    """Duane has no agreement any more."""
    with owner_engine.begin() as connection:
        agreements = Agreement.__table__
        theirs = agreements.select().where(Agreement.person_id == org.duane).with_only_columns(Agreement.id)
        connection.execute(delete(AgreementTarget).where(AgreementTarget.agreement_id.in_(theirs)))
        connection.execute(delete(Agreement).where(Agreement.person_id == org.duane))


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, but for whose rows may be seen."""
    sent: list[str] = []

    def note(*said: object) -> None:
        if "set_config" not in str(said[2]):
            sent.append(str(said[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
