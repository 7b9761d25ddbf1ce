"""Deciding on many timesheets by the pages: select, look, decide exactly that, and hear what came of each."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine, text

from models.database import command_transaction
from models.messages import BulkKey
from models.rules.transitions import CommandKind
from models.store.bulk import Pick, Verdict, ask_bulk
from models.store.changes import GivenBy
from models.tables.approval import BulkDecision
from tests.crowd import Crowd, delegate
from tests.factories import Asking, Organisation, hire, make_organisation
from tests.web.conftest import HTMX, OURS, Browser, Site, page_of
from tests.web.reading import Form, Page


@pytest.fixture
def crowd(site: Site, org: Organisation) -> Crowd:
    return Crowd(site.desk, org)


@pytest.fixture
def roland(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.roland)


async def select(browser: Browser, picks: Sequence[Pick], **fields: str) -> Response:
    """What the list sends with these ticked."""
    given = {"csrf": browser.csrf_token, "command_id": str(uuid4())} | fields
    ticked = {"pick": [f"{pick.timesheet_id}:{pick.digest}" for pick in picks]}
    return await browser.client.post("/inbox/bulk", data=given | ticked, headers={"Origin": OURS} | browser.says)


async def asked(browser: Browser, picks: Sequence[Pick], **fields: str) -> Page:
    """The page that asks what to decide."""
    return await browser.follow(await select(browser, picks, **fields))


def ticked_on(page: Page) -> list[str]:
    """What stays selected."""
    return [box.attributes["value"] for box in page.root.all("input", name="pick") if "checked" in box.attributes]


def form_for(page: Page, decision: str) -> Form:
    (found,) = [form for form in page.forms if form.fields.get("decision") == decision]
    return found


async def over(browser: Browser, site: Site, answer: Response) -> Page:
    """What the page says in the end."""
    assert answer.status_code == 303, page_of(answer).text
    address = answer.headers["Location"]
    workflow = f"bulk/{address.rpartition('/')[2].partition('?')[0]}"
    await site.services.client.get_workflow_handle(workflow).result()
    return await browser.page(address)


async def decided(browser: Browser, site: Site, page: Page, decision: str, **typed: str) -> Page:
    return await over(browser, site, await browser.send(form_for(page, decision), **typed))


async def test_what_is_ticked_is_shown_by_person_with_count_and_hours_and_then_decided(
    site: Site, crowd: Crowd, roland: Browser
) -> None:
    picks = [*crowd.submitted(2), crowd.submit_week(crowd.org.max)]
    page = await asked(roland, picks)

    assert page.heading == "Decide on 3 timesheets"
    assert "24.00 h of 2 people" in page.text
    assert "Duane Barry 2 weeks, 9 – 15 November 2026 and later 16.00 Max Fenig 16 – 22 November 2026 8.00" in page.text
    assert crowd.decisions() == []

    page = await decided(roland, site, page, "approve")
    assert page.heading == "Approved 3 timesheets"
    assert "Every one of them was decided." in page.text
    assert crowd.states(picks) == {"approved"}


async def test_a_person_selects_a_part_and_only_that_is_decided(site: Site, crowd: Crowd, roland: Browser) -> None:
    first, second = crowd.submitted(2)
    await decided(roland, site, await asked(roland, [second]), "approve")

    assert (crowd.states([first]), crowd.states([second])) == ({"submitted"}, {"approved"})


async def test_all_that_match_is_found_in_the_viewers_scope_as_it_is_now(
    site: Site, crowd: Crowd, roland: Browser, owner_engine: Engine
) -> None:
    org, elsewhere = crowd.org, Crowd(crowd.desk, make_organisation(owner_engine))
    mine = [*crowd.submitted(30), crowd.submit_week(org.max)]
    others = [crowd.submit_week(org.roland), crowd.submit_week(org.suzanne)]
    elsewhere.submit_week(elsewhere.org.duane)
    page = await asked(roland, [], all="yes")
    assert page.heading == "Decide on 31 timesheets"

    crowd.submit_week(org.duane, 40)  # after it was shown
    await decided(roland, site, page, "approve")
    assert crowd.states(mine) == {"approved"}
    assert crowd.states(others) == {"submitted"}
    assert len(crowd.decisions()) == 31


async def test_all_that_match_keeps_to_what_was_looked_for(site: Site, crowd: Crowd, roland: Browser) -> None:
    crowd.submitted(2)
    crowd.submit_week(crowd.org.max)
    page = await asked(roland, [], all="yes", q="fenig")

    assert page.heading == "Decide on 1 timesheet"
    assert "/inbox?q=fenig" in page.links


async def test_what_was_certified_anew_since_it_was_shown_is_not_decided(
    site: Site, crowd: Crowd, roland: Browser
) -> None:
    changed, same = crowd.submitted(2)
    page = await asked(roland, [changed, same])
    mine = crowd.week_of(crowd.org.duane, 1)
    crowd.desk.do(Asking(crowd.org, mine.owner, mine.actor, mine.day, reason="Forgot one.").move(CommandKind.RECALL))
    anew = crowd.submit_week_again(mine)
    page = await decided(roland, site, page, "approve")

    assert page.heading == "Approved 1 timesheet"
    assert "Not decided 1 of 2" in page.text
    assert "certified anew since" in page.text
    assert f"/inbox/{changed.timesheet_id}" in page.links
    assert (crowd.states([anew]), crowd.states([same])) == ({"submitted"}, {"approved"})


async def test_what_is_not_theirs_is_counted_and_never_named(
    site: Site, crowd: Crowd, roland: Browser, owner_engine: Engine
) -> None:
    secret = hire(owner_engine, crowd.org, "Walter Skinner", "worker", supervisor=crowd.org.alex)
    theirs, mine = crowd.submit_week(secret), crowd.submit_week(crowd.org.duane)
    page = await asked(roland, [theirs, mine])
    assert "1 of those selected cannot be decided as shown" in page.text
    assert "Skinner" not in page.html

    page = await decided(roland, site, page, "approve")
    assert "A timesheet that does not wait for you" in page.text
    assert "Skinner" not in page.html
    assert str(theirs.timesheet_id) not in page.html
    assert crowd.states([theirs]) == {"submitted"}


async def test_nothing_goes_back_without_a_reason_and_the_page_says_so(
    site: Site, crowd: Crowd, roland: Browser
) -> None:
    picks = crowd.submitted(2)
    page = await asked(roland, picks, decision="reject")
    refused = await roland.send(form_for(page, "reject"), reason="  ")

    assert refused.status_code == 400
    again = page_of(refused)
    assert "Say what has to change" in again.text
    page = await decided(roland, site, again, "reject", reason="No breaks.", reason_code="missing_time")
    assert page.heading == "Sent back 2 timesheets"
    made = {(each.decision, each.reason, each.reason_code) for each in crowd.decisions()}
    assert made == {("reject", "No breaks.", "missing_time")}


async def test_a_kind_of_reason_that_is_none_is_refused_beside_its_field(crowd: Crowd, roland: Browser) -> None:
    page = await asked(roland, crowd.submitted(1))
    refused = await roland.send(form_for(page, "reject"), reason="No.", reason_code="<svg/onload>")

    assert refused.status_code == 400
    assert "Choose a reason from the list." in page_of(refused).text


async def test_sent_twice_it_is_one_bulk_decision_and_otherwise_it_is_refused(
    site: Site, crowd: Crowd, roland: Browser
) -> None:
    page = await asked(roland, crowd.submitted(2))
    form = form_for(page, "approve")
    first, second = await roland.send(form), await roland.send(form)
    assert first.headers["Location"] == second.headers["Location"]
    await over(roland, site, first)

    refused = await roland.send(form_for(page, "reject"), reason="On second thoughts.")
    assert refused.status_code == 409
    assert {each.decision for each in crowd.decisions()} == {"approve"}


async def test_selected_twice_by_one_form_it_is_one_draft(site: Site, crowd: Crowd, roland: Browser) -> None:
    picks, again = crowd.submitted(1), str(uuid4())
    first, second = [await select(roland, picks, command_id=again) for _ in range(2)]

    assert first.headers["Location"] == second.headers["Location"]
    assert len(site.rows(crowd.org, BulkDecision)) == 1


@pytest.mark.parametrize("ticked", ["nonsense", ":", "00000000-0000-4000-8000-000000000000:short", f"x:{'0' * 64}"])
async def test_what_is_no_timesheet_is_refused(crowd: Crowd, roland: Browser, ticked: str) -> None:
    given = {"csrf": roland.csrf_token, "command_id": str(uuid4()), "pick": ticked}
    answer = await roland.client.post("/inbox/bulk", data=given, headers={"Origin": OURS})

    assert answer.status_code == 400


async def test_nothing_ticked_leads_back_to_the_list(roland: Browser) -> None:
    page = await roland.follow(await select(roland, [], tab="ready"))

    assert "Select at least one timesheet first." in page.text


async def test_nobody_else_sees_decides_or_stops_it(site: Site, crowd: Crowd, roland: Browser) -> None:
    org = crowd.org
    page = await asked(roland, crowd.submitted(1))
    form = form_for(page, "approve")
    bulk_id = form.fields["bulk"]
    elsewhere = make_organisation(site.owner_engine)
    for browser in (
        site.browser(org, org.alex),
        site.browser(org, org.suzanne),
        site.browser(org, org.duane),
        site.browser(elsewhere, elsewhere.roland),
    ):
        fields = {name: value for name, value in form.fields.items() if name != "csrf"}
        assert (await browser.get(f"/inbox/bulk/{bulk_id}")).status_code == 404
        assert (await browser.post_form("/inbox/bulk/decisions", **fields)).status_code == 404
        assert (await browser.post_form(f"/inbox/bulk/{bulk_id}/stop")).status_code == 404
    assert crowd.decisions() == []


async def test_workers_have_nothing_to_select(site: Site, crowd: Crowd) -> None:
    answer = await select(site.browser(crowd.org, crowd.org.duane), crowd.submitted(1))

    assert answer.status_code == 404


async def test_acting_for_an_approver_their_reason_stands_beside_each_approval(site: Site, crowd: Crowd) -> None:
    org, picks = crowd.org, crowd.submitted(2)
    suzanne = await site.acting(org, org.roland, "He is away.")
    page = await asked(suzanne, picks)
    assert "You decide on behalf of Roland Fuller" in page.text
    await decided(suzanne, site, page, "approve")

    made = {(each.decided_by_id, each.responsible_id, each.reason) for each in crowd.decisions()}
    assert made == {(org.suzanne, org.roland, "He is away.")}


async def test_a_deputy_who_approves_nobody_else_decides_by_the_same_pages(
    site: Site, crowd: Crowd, owner_engine: Engine
) -> None:
    org = crowd.org
    delegate(owner_engine, org, org.roland, org.max)
    crowd.submitted(2)
    max_ = site.browser(org, org.max)
    page = await asked(max_, [], all="yes", tab="delegated")
    await decided(max_, site, page, "approve")

    assert {(each.decided_by_id, each.responsible_id) for each in crowd.decisions()} == {(org.max, org.roland)}


async def test_with_htmx_the_region_asks_again_until_it_is_over(
    site: Site, crowd: Crowd, roland: Browser, owner_engine: Engine
) -> None:
    (pick,) = crowd.submitted(1)
    page = await asked(roland, [pick])
    with owner_engine.begin() as gate:
        gate.execute(text("SELECT FROM timesheet WHERE id = :id FOR UPDATE"), {"id": pick.timesheet_id})
        answer = await roland.send(form_for(page, "approve"))
        address = answer.headers["Location"]
        going = await roland.page(address)
        assert "Going on" in going.text
        assert f'hx-get="{address}"' in going.html
        assert '<noscript><meta http-equiv="refresh"' in going.html
        part = page_of(await roland.get(address, **HTMX), 200)
        assert "<!doctype" not in part.html.lower()
    finished = await over(roland, site, answer)

    assert "hx-get" not in finished.main.raw
    assert f'hx-get="{address}"' not in finished.html


async def test_stopped_the_rest_stays_ticked_and_can_be_tried_again(
    site: Site, crowd: Crowd, roland: Browser, owner_engine: Engine
) -> None:
    picks = crowd.submitted(20)
    page = await asked(roland, picks)
    with owner_engine.begin() as gate:
        held = {"ids": [pick.timesheet_id for pick in picks]}
        gate.execute(text("SELECT FROM timesheet WHERE id = ANY (:ids) FOR UPDATE"), held)
        answer = await roland.send(form_for(page, "approve"))
        (stop,) = [form for form in (await roland.page(answer.headers["Location"])).forms if "stop" in form.action]
        assert (await roland.send(stop)).status_code == 303
    page = await over(roland, site, answer)

    assert "Stopped" in page.text
    left = ticked_on(page)
    assert 0 < len(left) == 20 - len(crowd.decisions())
    (again,) = [form for form in page.forms if form.action == "/inbox/bulk"]
    assert again.fields["tab"] == "all"
    ticked = [UUID(value.partition(":")[0]) for value in left]
    assert crowd.states([Pick(id_, "") for id_ in ticked]) == {"submitted"}
    page = await asked(roland, [pick for pick in picks if pick.timesheet_id in ticked])
    await decided(roland, site, page, "approve")
    assert crowd.states(picks) == {"approved"}


async def test_an_administrator_sees_and_stops_what_somebody_else_is_at(site: Site, crowd: Crowd) -> None:
    org, picks = crowd.org, crowd.submitted(2)
    with command_transaction(site.engine, org.tenant_id) as session:
        bulk_id = ask_bulk(session, GivenBy(org.tenant_id, org.roland, uuid4()), picks, Verdict(CommandKind.APPROVE))
    suzanne, address = site.browser(org, org.suzanne), f"/inbox/bulk/{bulk_id}"
    (stop,) = [form for form in (await suzanne.page(address)).forms if "stop" in form.action]
    await suzanne.follow(await suzanne.send(stop))
    await site.services.begin_bulk(BulkKey(org.tenant_id, bulk_id))
    await site.services.client.get_workflow_handle(f"bulk/{bulk_id}").result()

    page = await suzanne.page(address)
    assert "Stopped before its turn. Nothing was decided." in page.text
    assert "stopped by Suzanne Modeski" in page.text
    assert crowd.decisions() == []
