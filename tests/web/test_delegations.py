"""'I am away' in one form, what one granted and was granted, and everybody's for administrators."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.database import read_session
from models.reads.delegations import stand_in_words, standing_in_for
from models.rules.date_words import day_year
from models.rules.notices import NoticeKind
from models.rules.transitions import State
from models.store.people import load_circle
from models.tables.approval import Delegation
from models.tables.delivery import Notification
from tests.factories import Asking, Organisation, change_person, hire, make_organisation, take_role
from tests.standing_in import change_delegation, in_days, stand_in, today
from tests.waiting import eventually_async
from tests.web.conftest import Browser, Site, page_of
from tests.web.reading import Form, Page

ADDRESS = "/delegations"
ALL = "/delegations/all"
EVIL = "<svg/onload=alert(1)> {{7*7}} \"' --"


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


@pytest.fixture
def alex(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.alex)


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def rows(site: Site, org: Organisation) -> list[Delegation]:
    return site.rows(org, Delegation)


def card(page: Page, title: str) -> str:
    """The words of a card."""
    (found,) = [each for each in page.main.all("section") if each.attributes.get("aria-labelledby") == f"{title}-title"]
    return found.text


async def away_form(browser: Browser) -> Form:
    return (await browser.page(ADDRESS)).form(ADDRESS)


class TestIAmAway:
    async def test_one_form_and_somebody_stands_in_and_both_see_it_and_are_told(
        self, site: Site, org: Organisation, roland: Browser, alex: Browser
    ) -> None:
        form = await away_form(roland)
        assert form.fields["from"] == str(today())

        answer = await roland.send(form, to=in_days(9), delegateId="alex krycek", reason="On holiday.")
        page = await roland.follow(answer)

        assert "Granted" in page.notice
        assert "Alex Krycek" in card(page, "granted")
        assert "On holiday." in card(page, "granted")
        theirs = await alex.page(ADDRESS)
        assert "Roland Fuller" in card(theirs, "received")
        (row,) = rows(site, org)
        assert (row.delegator_id, row.delegate_id, row.to_day) == (org.roland, org.alex, in_days(9))
        assert row.granted_by_id == org.roland

        async def told() -> bool:
            told = {(each.person_id, each.kind) for each in site.rows(org, Notification)}
            return told == {(person, NoticeKind.DELEGATION_BEGINS) for person in (org.roland, org.alex)}

        await eventually_async(told, "both to be told")

    async def test_it_reaches_only_who_is_ticked(self, site: Site, org: Organisation, roland: Browser) -> None:
        box = f"only.{site.staff_id(org, org.duane)}"
        answer = await roland.send(
            await away_form(roland), to=in_days(1), delegateId=site.staff_id(org, org.alex), **{box: "yes"}
        )
        page = await roland.follow(answer)

        assert "only for Duane Barry" in card(page, "granted")
        assert rows(site, org)[0].person_ids == [org.duane]

    async def test_what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_stays(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        form = await away_form(roland)
        page = page_of(await roland.send(form, to="tomorrow", delegateId="Nobody", reason=EVIL), 400)

        assert "such as" in page.problem("to")
        assert "Nobody" in page.problem("delegateId")
        again = page.form(ADDRESS)
        assert (again.fields["delegateId"], again.fields["reason"], again.fields["to"]) == ("Nobody", EVIL, "tomorrow")
        assert "<svg/onload" not in page.html
        assert rows(site, org) == []

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"to": str(in_days(-1))}, "to"),
            ({"from": str(in_days(5)), "to": str(in_days(4))}, "to"),
            ({"to": str(in_days(500))}, "to"),
            ({"delegateId": "Roland Fuller"}, "delegateId"),
            ({"delegateId": "Diana Fowley"}, "delegateId"),
            ({"reason": "x" * 501}, "reason"),
        ],
    )
    async def test_what_the_rules_refuse_is_said_beside_its_field(
        self, site: Site, org: Organisation, roland: Browser, typed: dict[str, str], field: str
    ) -> None:
        given = {"to": str(in_days(1)), "delegateId": "Alex Krycek"} | typed

        page = page_of(await roland.send(await away_form(roland), **given), 400)

        assert page.problem(field)
        assert rows(site, org) == []

    async def test_sent_twice_it_is_granted_once(self, site: Site, org: Organisation, roland: Browser) -> None:
        form = await away_form(roland)
        for _ in range(2):
            await roland.follow(await roland.send(form, to=in_days(1), delegateId="Alex Krycek"))

        assert len(rows(site, org)) == 1

    async def test_htmx_gets_just_the_region_and_the_message(self, org: Organisation, roland: Browser) -> None:
        form = await away_form(roland)
        refused = page_of(await roland.by_htmx.send(form, to="", delegateId=""), 400)
        done = await roland.by_htmx.follow(
            await roland.by_htmx.send(form, to=str(in_days(1)), delegateId="Alex Krycek")
        )

        for part in (refused, done):
            assert "<html" not in part.html
            assert len(list(part.root.all(id="delegations"))) == 1
        assert refused.problem("to")
        assert "Granted" in done.notice or "Granted" in done.text

    async def test_a_worker_has_nothing_to_give_and_sees_what_they_were_granted(
        self, site: Site, org: Organisation
    ) -> None:
        stand_in(site.engine, org, org.roland, org.duane)
        duane = site.browser(org, org.duane)
        page = await duane.page(ADDRESS)

        assert not page.offers(ADDRESS)
        assert "Roland Fuller" in card(page, "received")
        given = {"from": today(), "to": in_days(1), "delegateId": "Alex Krycek"}
        assert (await duane.post_form(ADDRESS, **given)).status_code == 404
        assert len(rows(site, org)) == 1

    async def test_nobody_slips_somebody_else_into_their_own_form(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        smuggled = {"delegatorId": "Alex Krycek", "delegateId": "Roland Fuller", "from": today(), "to": in_days(1)}

        answer = await roland.post_form(ADDRESS, **smuggled, reason="So that I can.")

        assert answer.status_code == 404
        assert rows(site, org) == []


class TestEnding:
    async def test_it_is_taken_back_with_one_form(self, site: Site, org: Organisation, roland: Browser) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        form = (await roland.page(ADDRESS)).form(f"{ADDRESS}/{kept.id}/revocation")

        page = await roland.follow(await roland.send(form))

        assert "Taken back" in card(page, "over")
        assert "Alex Krycek" not in card(page, "granted")
        assert rows(site, org)[0].revoked_by_id == org.roland

    async def test_who_stands_in_gives_it_back_and_does_not_change_its_end(
        self, site: Site, org: Organisation, alex: Browser
    ) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        page = await alex.page(ADDRESS)
        assert not page.offers(f"{ADDRESS}/{kept.id}/end")

        refused = await alex.post_form(f"{ADDRESS}/{kept.id}/end", version=1, to=in_days(20))
        assert refused.status_code == 403
        await alex.follow(await alex.send(page.form(f"{ADDRESS}/{kept.id}/revocation"), reason="I am away too."))

        assert rows(site, org)[0].revoked_by_id == org.alex

    async def test_its_end_changes(self, site: Site, org: Organisation, roland: Browser) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        address = f"{ADDRESS}/{kept.id}/end"
        form = (await roland.page(ADDRESS)).form(address)

        page = page_of(await roland.send(form, to=in_days(-1)), 400)
        assert page.problem(f"to-{kept.id}")
        assert page.form(ADDRESS).fields["delegateId"] == ""  # the other form stays empty
        await roland.follow(await roland.send(page.form(address), to=in_days(20)))

        assert rows(site, org)[0].to_day == in_days(20)

    async def test_a_page_that_is_old_says_so(self, site: Site, org: Organisation, roland: Browser) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        form = (await roland.page(ADDRESS)).form(f"{ADDRESS}/{kept.id}/end")
        await roland.send(form, to=in_days(20))

        again = await roland.post_form(f"{ADDRESS}/{kept.id}/end", version=1, to=in_days(30))

        page = page_of(again, 412)
        assert "meanwhile" in page.alert
        assert rows(site, org)[0].to_day == in_days(20)

    async def test_what_is_over_already_is_not_taken_back_again(
        self, site: Site, org: Organisation, roland: Browser, alex: Browser
    ) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        address = f"{ADDRESS}/{kept.id}/revocation"
        form = (await alex.page(ADDRESS)).form(address)
        await roland.post_form(address)

        answer = await alex.send(form)

        assert answer.status_code == 409
        assert "taken back" in page_of(answer).text

    async def test_nobody_else_sees_or_touches_it(self, site: Site, org: Organisation, owner_engine: Engine) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex, reason="A secret journey.")
        other = make_organisation(owner_engine)
        before = site.contents(org)

        for browser in (
            site.browser(org, org.duane),
            site.browser(org, org.max),
            site.browser(other, other.roland),
            site.browser(other, other.suzanne),
        ):
            assert "A secret journey." not in (await browser.page(ADDRESS)).main.text
            for move, form in (("end", {"version": 1, "to": in_days(9)}), ("revocation", {"reason": "Because."})):
                answer = await browser.post_form(f"{ADDRESS}/{kept.id}/{move}", **form)
                assert answer.status_code == 404, move

        assert site.contents(org) == before

    async def test_htmx_puts_the_refusal_into_the_region(self, site: Site, org: Organisation, suzanne: Browser) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        form = (await suzanne.page(ALL)).form(f"{ADDRESS}/{kept.id}/revocation")

        part = page_of(await suzanne.by_htmx.send(form), 400)

        assert "<html" not in part.html
        assert part.problem(f"reason-{kept.id}")


class TestAdministering:
    async def test_everybodys_are_listed_and_found(
        self, site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
    ) -> None:
        skinner = hire(owner_engine, org, "Walter Skinner", "supervisor")
        now = stand_in(site.engine, org, org.roland, org.alex)
        past = stand_in(site.engine, org, org.alex, skinner)
        change_delegation(owner_engine, past.id, from_day=in_days(-9), to_day=in_days(-5))

        page = await suzanne.page(ALL)
        assert "Alex Krycek for Roland Fuller" in page.main.text
        assert "Walter Skinner" not in page.main.text
        assert "Walter Skinner for Alex Krycek" in (await suzanne.page(f"{ALL}?over=yes&q=skin")).main.text
        for nothing in ("%", "_", "'", "--", "Monica"):
            assert "Alex Krycek" not in (await suzanne.page(f"{ALL}?q={nothing}".replace("%", "%25"))).main.text
        assert now.id != past.id

    async def test_many_are_listed_a_page_at_a_time(
        self, site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
    ) -> None:
        for number in range(51):
            deputy = hire(owner_engine, org, f"Deputy {number:02}", "worker")
            stand_in(site.engine, org, org.roland, deputy)

        first = await suzanne.page(ALL)
        (following,) = [link for link in first.links if "after=" in link]
        second = await suzanne.page(following)

        assert "Deputy 50 for" in first.main.text
        assert "Deputy 00 for" not in first.main.text
        assert "Deputy 00 for Roland Fuller" in second.main.text
        assert page_of(await suzanne.get(f"{ALL}?after=nonsense")).heading

    async def test_an_administrator_grants_for_somebody_with_a_reason(
        self, site: Site, org: Organisation, suzanne: Browser
    ) -> None:
        form = (await suzanne.page("/delegations/new")).form(ADDRESS)
        typed = {"delegatorId": "Roland Fuller", "delegateId": "Alex Krycek", "to": str(in_days(9))}
        page = page_of(await suzanne.send(form, **typed), 400)
        assert page.problem("reason")

        listed = await suzanne.follow(await suzanne.send(page.form(ADDRESS), reason="He is in hospital."))

        assert "granted by Suzanne Modeski" in listed.main.text
        (row,) = rows(site, org)
        assert (row.delegator_id, row.granted_by_id, row.reason) == (org.roland, org.suzanne, "He is in hospital.")

    async def test_what_cannot_be_granted_for_somebody_is_said_beside_their_field(
        self, site: Site, org: Organisation, suzanne: Browser
    ) -> None:
        form = (await suzanne.page("/delegations/new")).form(ADDRESS)
        typed = {"delegateId": "Alex Krycek", "to": str(in_days(9)), "reason": "Because."}

        assert "approves nobody" in page_of(await suzanne.send(form, delegatorId="Max Fenig", **typed), 400).problem(
            "delegatorId"
        )
        unknown = page_of(await suzanne.send(form, delegatorId="Roland Fuller", personIds="x-1, x-2", **typed), 400)
        assert "x-1" in unknown.problem("personIds")
        assert rows(site, org) == []

    async def test_an_administrator_takes_it_back_with_a_reason(
        self, site: Site, org: Organisation, suzanne: Browser
    ) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        address = f"{ADDRESS}/{kept.id}/revocation"
        page = page_of(await suzanne.send((await suzanne.page(ALL)).form(address)), 400)
        assert page.problem(f"reason-{kept.id}")

        await suzanne.follow(await suzanne.send(page.form(address), reason="It is looked into."))

        assert rows(site, org)[0].revoked_by_id == org.suzanne

    async def test_acting_for_somebody_it_is_their_absence_and_the_reason_is_known(
        self, site: Site, org: Organisation
    ) -> None:
        acting = await site.acting(org, org.roland, "He is ill.")
        page = await acting.page(ADDRESS)
        assert "Roland Fuller is away" in page.main.text

        await acting.follow(await acting.send(page.form(ADDRESS), to=in_days(1), delegateId="Alex Krycek"))

        (row,) = rows(site, org)
        assert (row.delegator_id, row.granted_by_id, row.reason) == (org.roland, org.suzanne, "He is ill.")

    async def test_an_auditor_sees_everybodys_and_changes_nothing(self, site: Site, org: Organisation) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        diana = site.browser(org, org.diana)
        page = await diana.page(ALL)

        assert "Alex Krycek for Roland Fuller" in page.main.text
        assert not page.offers(f"{ADDRESS}/{kept.id}/revocation")
        answer = await diana.post_form(f"{ADDRESS}/{kept.id}/revocation", reason="Because.")
        assert answer.status_code == 403
        assert (await diana.get("/delegations/new")).status_code == 404

    async def test_others_do_not_see_everybodys(self, roland: Browser) -> None:
        assert (await roland.get(ALL)).status_code == 404
        assert (await roland.get("/delegations/new")).status_code == 404
        assert not (await roland.page(ADDRESS)).offers(ALL)


class TestWhatItDoes:
    async def test_who_stands_in_approves_and_the_history_says_in_whose_place(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        skinner = hire(owner_engine, org, "Walter Skinner", "supervisor")
        key = await site.bring_to(org, State.SUBMITTED)
        stand_in(site.engine, org, org.roland, skinner)
        walter = site.browser(org, skinner)

        approved = await walter.post_form(f"/timesheets/{key.timesheet_id}/approval", digest=site.digest(key))

        assert approved.status_code == 303, page_of(approved).text
        history = await site.browser(org, org.duane).page(f"/history/{key.timesheet_id}")
        assert "Walter Skinner in place of Roland Fuller" in history.main.text

    async def test_an_act_on_behalf_is_told_otherwise(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        behalf = Asking(org, org.duane, org.suzanne, on_behalf_of=org.roland, reason="He is away.")
        await site.give(behalf.approve(site.digest(key)))

        history = await site.browser(org, org.duane).page(f"/history/{key.timesheet_id}")

        assert "Suzanne Modeski on behalf of Roland Fuller" in history.main.text
        assert "in place of" not in history.main.text

    async def test_the_inbox_and_the_week_are_told_who_stands_in(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex)
        coming = stand_in(site.engine, org, org.alex, org.roland, first=3)
        now = site.services.now()

        def told(person: UUID) -> list[UUID]:
            with read_session(site.engine, org.tenant_id) as session:
                return [each.delegation_id for each in standing_in_for(session, person, now)]

        def said() -> tuple[str, ...]:
            with read_session(site.engine, org.tenant_id) as session:
                return stand_in_words(load_circle(session, org.duane), org.key(org.duane).timesheet_id)

        assert told(org.alex) == [kept.id]
        assert told(org.roland) == told(org.duane) == []
        assert coming.id not in told(org.roland)
        assert said() == (f"Alex Krycek stands in for Roland Fuller until {day_year(kept.content.last)}.",)

        take_role(owner_engine, org.roland, "supervisor")
        assert told(org.alex) == []
        assert said() == ()

    async def test_the_days_are_counted_where_who_is_away_lives(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        kept = stand_in(site.engine, org, org.roland, org.alex, first=0, last=0)
        begins = kept.span.begins
        change_person(owner_engine, org.roland, time_zone="Pacific/Auckland")
        with read_session(site.engine, org.tenant_id) as session:
            ahead = standing_in_for(session, org.alex, begins - timedelta(hours=10))
            behind = standing_in_for(session, org.alex, begins + timedelta(hours=20))

        assert [each.delegation_id for each in ahead] == [kept.id]
        assert behind == ()

    async def test_approvers_find_the_page_and_workers_have_no_need_to(
        self, site: Site, org: Organisation, roland: Browser
    ) -> None:
        places = [nav for nav in (await roland.page(ADDRESS)).root.all("nav") if nav.attributes["aria-label"] == "Main"]

        assert any(places[0].all("a", href=ADDRESS))
        duane = (await site.browser(org, org.duane).page(ADDRESS)).root
        main = next(nav for nav in duane.all("nav") if nav.attributes["aria-label"] == "Main")
        assert not any(main.all("a", href=ADDRESS))

    async def test_an_id_that_is_none_is_nowhere(self, roland: Browser) -> None:
        for id_ in (uuid4(), "x"):
            assert (await roland.post_form(f"{ADDRESS}/{id_}/revocation")).status_code == 404
