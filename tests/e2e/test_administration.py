"""An administrator lets somebody in, adds a kind of time, and reads in a list: with and without JavaScript."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import People
from tests.e2e.steps import fill_times, toast
from tests.factories import MONDAY, Organisation

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_somebody_new_signs_in_with_the_password_shown_once_and_records_a_new_kind_of_time(
    people: People, org: Organisation, scripts: bool
) -> None:
    suzanne = people.somebody(org, org.suzanne, java_script_enabled=scripts)
    staff_id, type_ = f"{org.slug}-new", f"Travel {org.slug}"
    secret = add_person(suzanne, staff_id)
    add_type(suzanne, type_)

    monica = people.nobody(java_script_enabled=scripts)
    monica.goto("/sign-in")
    monica.get_by_label("Staff ID").fill(staff_id)
    monica.get_by_label("Password").fill(secret)
    monica.get_by_role("button", name="Sign in").click()
    monica.wait_for_url(re.compile(r"/week/"))

    monica.goto(f"/people/{staff_id}/week/{MONDAY}")
    choose_type(monica, type_, scripts)
    fill_times(monica, "09:00", "17:00")
    monica.get_by_role("button", name="Add to Monday").click()
    expect(monica.locator("#entry-form")).to_contain_text("This kind of time needs a note.")
    monica.get_by_label("Note", exact=True).fill("By train.")
    monica.get_by_role("button", name="Add to Monday").click()
    expect(monica.locator("#day-card")).to_contain_text("09:00 – 17:00")


def test_a_list_is_looked_at_and_then_saved_as_a_whole(people: People, org: Organisation) -> None:
    suzanne = people.somebody(org, org.suzanne)
    suzanne.goto("/admin/people")
    suzanne.get_by_text("Lists").click()
    suzanne.get_by_role("link", name="Read in a list").click()
    content = f"staff_id,name,supervisor\n{org.slug}-2,Duane B.,{org.slug}-9\n{org.slug}-9,Monica Reyes,\n"
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=content.encode())
    suzanne.get_by_label("A CSV file").set_input_files(file)
    suzanne.get_by_role("button", name="Look at every line").click()
    expect(suzanne.locator(".planned")).to_contain_text("Roland Fuller")

    suzanne.get_by_role("button", name="Save all of it").click()

    expect(toast(suzanne)).to_contain_text("1 added, 1 changed")
    expect(suzanne.locator("#people-rows")).to_contain_text("Duane B.")


def test_in_a_low_window_every_place_and_the_way_out_are_within_reach(people: People, org: Organisation) -> None:
    suzanne = people.somebody(org, org.suzanne, viewport={"width": 1280, "height": 600})
    suzanne.goto("/admin/webhooks")
    expect(suzanne.get_by_role("link", name="Webhooks").first).to_be_in_viewport(ratio=1)
    expect(suzanne.get_by_role("button", name="Sign out").first).to_be_in_viewport(ratio=1)

    suzanne.get_by_role("link", name="My week").first.click()
    expect(suzanne.get_by_role("link", name="My week").first).to_be_in_viewport(ratio=1)
    expect(suzanne.get_by_role("button", name="Sign out").first).to_be_in_viewport(ratio=1)


def add_person(page: Page, staff_id: str) -> str:
    """Monica, and the password that is shown once."""
    page.goto("/admin/people")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Staff id").fill(staff_id)
    page.get_by_label("Name").fill("Monica Reyes")
    page.get_by_role("button", name="Add this person").click()
    page.get_by_role("button", name="Set a password").click()
    secret = page.locator(".secret").text_content()
    assert secret is not None
    return secret.strip()


def add_type(page: Page, name: str) -> None:
    """Time that needs a note."""
    page.goto("/admin/types")
    page.get_by_role("link", name="Add a type").click()
    form = page.locator("#type-form")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Note").select_option("required")
    show = page.get_by_role("button", name="Show the preview")
    if show.count():
        show.click()
    expect(page.locator("#type-preview")).to_contain_text(name)
    expect(page.locator("#type-preview .optional")).to_have_count(2)
    form.get_by_role("button", name="Add this type").click()
    expect(page.locator("main")).to_contain_text(name)


def choose_type(page: Page, name: str, scripts: bool) -> None:
    """On the open day."""
    page.get_by_label("What kind of time").select_option(label=name)
    if not scripts:
        page.get_by_role("button", name="Change type").click()
    expect(page.get_by_label("Note", exact=True)).to_be_visible()
