"""Who needs an approver: found for everybody at once as the rule finds it for one."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction, read_session
from models.reads.approvers import PAGE, ApproversPage, approvers_page
from models.rules.transitions import State
from models.store.people import load_circle
from models.tables.people import Person
from tests.factories import Organisation, change_person, give_role, hire, make_organisation, take_role
from tests.web.conftest import Browser, Site

ADDRESS = "/admin/approvers"


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


def found(site: Site, org: Organisation) -> ApproversPage:
    with read_session(site.engine, org.tenant_id) as session:
        return approvers_page(session)


def without(site: Site, org: Organisation) -> dict[str, str]:
    """Who has nobody, and why."""
    return {each.person.name: each.why for each in found(site, org).without}


def as_the_rule_says(site: Site, org: Organisation) -> set[UUID]:
    """Active workers whose time falls to the administrators, one by one."""
    with read_session(site.engine, org.tenant_id) as session:
        circles = [load_circle(session, row.id) for row in session.query(Person).where(Person.active)]
    return {circle.owner.id for circle in circles if circle.approver_id is None and "worker" in circle.owner.rank.roles}


def test_whoever_has_no_supervisor_is_found_with_the_reason(site: Site, org: Organisation) -> None:
    assert without(site, org) == {"Alex Krycek": "Nobody is above them."}
    assert found(site, org).gone == ()


def test_whoever_has_only_people_above_who_do_not_approve_is_found(
    site: Site, org: Organisation, owner_engine: Engine
) -> None:
    change_person(owner_engine, org.roland, active=False)
    assert "Duane Barry" not in without(site, org)  # Alex is above Roland

    take_role(owner_engine, org.alex, "supervisor")

    assert without(site, org)["Duane Barry"] == "Roland Fuller is not active, Alex Krycek is no supervisor."
    assert without(site, org)["Suzanne Modeski"] == "Alex Krycek is no supervisor."
    gone = {each.person.name: (each.active, each.below) for each in found(site, org).gone}
    assert gone == {"Roland Fuller": (False, 2), "Alex Krycek": (True, 1)}


def test_it_is_what_the_rule_says_of_each_in_every_hierarchy(
    site: Site, org: Organisation, owner_engine: Engine
) -> None:
    """Long chains, approvers who left, and circles that no form lets anybody make."""
    chain = [hire(owner_engine, org, "Chief", "worker", "supervisor")]
    for number in range(6):
        chain.append(hire(owner_engine, org, f"Link {number}", "worker", supervisor=chain[-1]))
    circle = [hire(owner_engine, org, f"Round {number}", "worker") for number in range(3)]
    lame = [hire(owner_engine, org, f"Lame {number}", "worker") for number in range(2)]
    for round_ in (circle, lame):
        for number, id_ in enumerate(round_):
            change_person(owner_engine, id_, supervisor_id=round_[number - 1])
    give_role(owner_engine, org, circle[0], "supervisor")
    change_person(owner_engine, chain[3], active=False)

    assert {each.person.id for each in found(site, org).without} == as_the_rule_says(site, org)
    assert without(site, org)["Round 0"] == (
        "Round 2 is no supervisor, Round 1 is no supervisor, and the hierarchy leads back to them."
    )
    assert {"Lame 0", "Lame 1"} <= without(site, org).keys()
    assert "Link 5" not in without(site, org)

    change_person(owner_engine, chain[0], active=False)
    assert {each.person.id for each in found(site, org).without} == as_the_rule_says(site, org)
    assert "and" not in without(site, org)["Link 0"]
    assert without(site, org)["Link 5"].endswith("3 more.")


async def test_how_much_waits_is_said_and_one_click_leads_to_the_person(
    site: Site, org: Organisation, suzanne: Browser
) -> None:
    await site.bring_to(org, State.SUBMITTED, org.alex)

    page = await suzanne.page(ADDRESS)

    assert "1 timesheet" in page.main.text
    assert f"/admin/people/{site.staff_id(org, org.alex)}" in page.links
    assert "The time of 1 person falls to the administrators" in page.main.text


async def test_somebody_who_left_is_listed_while_their_time_waits(
    site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
) -> None:
    await site.bring_to(org, State.SUBMITTED, org.alex)
    change_person(owner_engine, org.alex, active=False)

    page = await suzanne.page(ADDRESS)

    assert "not active" in page.main.text
    assert [each.waiting for each in found(site, org).without if each.person.id == org.alex] == [1]


async def test_auditors_look_and_others_do_not_know_of_it(site: Site, org: Organisation) -> None:
    diana = await site.browser(org, org.diana).page(ADDRESS)

    assert "Alex Krycek" in diana.main.text
    assert not any(link.startswith("/admin/people/") for link in diana.links)
    for person in (org.roland, org.duane):
        assert (await site.browser(org, person).get(ADDRESS)).status_code == 404


async def test_another_organisation_sees_its_own(site: Site, org: Organisation, owner_engine: Engine) -> None:
    other = make_organisation(owner_engine)
    hire(owner_engine, org, "Emil Skoda", "worker")

    assert "Emil Skoda" not in (await site.browser(other, other.suzanne).page(ADDRESS)).main.text


async def test_many_are_listed_a_page_at_a_time_by_name(
    site: Site, org: Organisation, suzanne: Browser, owner_engine: Engine
) -> None:
    for number in range(PAGE + 5):
        gone = hire(owner_engine, org, f"Gone {number:03}", "worker")
        hire(owner_engine, org, f"Alone {number:03}", "worker", supervisor=gone)

    first = await suzanne.page(ADDRESS)
    people = [link for link in first.links if "?after=" in link]
    approvers = [link for link in first.links if "?gone=" in link]
    second, third = await suzanne.page(people[0]), await suzanne.page(approvers[0])

    assert "Alone 049" not in first.main.text  # Alex comes first
    assert "Alone 049" in second.main.text
    assert "Gone 050" in third.main.text
    for cursor in ("nonsense", "bnVsbA", "WyIxIl0"):
        assert (await suzanne.get(f"{ADDRESS}?after={cursor}")).status_code == 400


def test_it_is_found_in_one_statement_whatever_the_size(site: Site, org: Organisation, owner_engine: Engine) -> None:
    """No statement for each person: two for the first list, one for the second."""
    for number in range(30):
        hire(owner_engine, org, f"Alone {number:02}", "worker")
    with command_transaction(site.engine, org.tenant_id) as session:
        before = session.scalar(text("SELECT count(*) FROM person"))
        page = approvers_page(session)

    assert before == 36
    assert page.how_many == 31
