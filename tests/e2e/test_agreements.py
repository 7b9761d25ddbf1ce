"""An administrator agrees on a year, gives by hand, and gives a flex credit back: with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, delete

from models.rules.flex import FlexType
from models.tables.accruals import Agreement, AgreementTarget
from tests.desk import Life
from tests.e2e.conftest import People
from tests.e2e.steps import toast
from tests.factories import MONDAY, worked

pytestmark = pytest.mark.e2e

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@SCRIPTS
def test_a_week_recorded_before_counts_once_there_is_an_agreement_and_a_credit_goes_back(
    people: People, life: Life, owner_engine: Engine, scripts: bool
) -> None:
    org, staff_id = life.org, f"{life.org.slug}-2"
    with owner_engine.begin() as connection:
        for table in (AgreementTarget, Agreement):
            connection.execute(delete(table).where(table.tenant_id == org.tenant_id))
    shift = life.record("09:00", "17:00").entry_id
    assert shift
    life.desk.do(life.duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00")))
    suzanne = people.somebody(org, org.suzanne, java_script_enabled=scripts)

    agree(suzanne, "Duane Barry")
    expect(toast(suzanne)).to_contain_text("Time recorded on 1 day counts now.")
    adjust(suzanne, staff_id, scripts)
    expect(toast(suzanne)).to_contain_text("Duane Barry: Annual target hours 1,722 h → 1,729:30 on 16 November 2026.")

    suzanne.goto(f"/people/{staff_id}/week/{MONDAY}")
    suzanne.get_by_role("button", name="Give the credit back").click()
    expect(toast(suzanne)).to_contain_text("The credit is given back.")
    expect(suzanne.locator("#day-card")).to_contain_text("by Suzanne Modeski")
    expect(suzanne.get_by_role("button", name="Give the credit back")).to_have_count(0)

    duane = people.somebody(org, org.duane, java_script_enabled=scripts)
    duane.goto(f"/balances?on={MONDAY}")
    expect(duane.locator("main")).to_contain_text("1 April 2026 – 31 March 2027")
    expect(duane.locator("main")).to_contain_text("1729.50")


def test_a_reason_left_out_is_asked_for_in_a_dialog(people: People, life: Life) -> None:
    shift = life.record("09:00", "17:00").entry_id
    assert shift
    life.desk.do(life.duane.change_shift(FlexType.EXTENDED, shift, worked("09:00", "18:00")))
    suzanne = people.somebody(life.org, life.org.suzanne)
    suzanne.goto(f"/people/{life.org.slug}-2/week/{MONDAY}")
    suzanne.get_by_label("Reason").fill("")
    suzanne.get_by_role("button", name="Give the credit back").click()
    dialog = suzanne.get_by_role("dialog")
    expect(dialog).to_contain_text("Say why, in at most 250 characters.")

    dialog.get_by_label("Reason").fill("It was planned so.")
    dialog.get_by_role("button", name="Give the credit back").click()

    expect(dialog).to_have_count(0)
    expect(suzanne.locator("#day-card")).to_contain_text("Credit given back on")


def test_the_list_is_searched_while_one_types(people: People, life: Life) -> None:
    suzanne = people.somebody(life.org, life.org.suzanne)
    suzanne.goto(f"/admin/agreements?on={MONDAY}")
    rows = suzanne.locator("#agreement-rows")
    expect(rows).to_contain_text("Max Fenig")

    suzanne.get_by_label("Person").fill("duane")
    expect(rows).not_to_contain_text("Max Fenig")
    expect(rows).to_contain_text("Duane Barry")
    expect(suzanne).to_have_url(re.compile("q=duane"))
    suzanne.get_by_label("In force on").fill("2020-01-06")

    expect(rows).to_contain_text("No agreement: time is not counted yet")


def agree(page: Page, name: str) -> None:
    """On the year of the Monday, with a target."""
    page.goto(f"/admin/agreements?on={MONDAY}")
    page.get_by_role("link", name=f"Add an agreement of {name}").click()
    page.get_by_label("First day").fill("2026-04-01")
    page.get_by_label("Last day").fill("2027-03-31")
    page.get_by_label("Standard day").fill("7:24")
    page.get_by_label("Annual target hours: target").fill("1,731 h")
    page.get_by_label("Flexible credits: target").fill("12")
    page.get_by_role("button", name="Add this agreement").click()


def adjust(page: Page, staff_id: str, scripts: bool) -> None:
    """Seven and a half hours more for Duane, having seen what would be left."""
    page.goto(f"/admin/adjustments/new?person={staff_id}")
    page.get_by_label("Type").select_option(label="Annual target hours · h")
    page.get_by_label("Day").fill(str(MONDAY))
    page.get_by_label("How much").fill("+7:30")
    page.get_by_label("Reason").fill("Jury service.")
    if not scripts:
        page.get_by_role("button", name="Show the effect").click()
    expect(page.locator("#adjustment-preview")).to_contain_text("1,729:30")
    page.get_by_role("button", name="Adjust the balance").click()
