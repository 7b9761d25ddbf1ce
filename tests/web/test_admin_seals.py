"""The page of seals: what is shown, sealing now, and where copies are left."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from models.rules.anchors import AnchorContent
from models.store.sealing import keys_from, public_bytes
from models.tables.seals import Anchor, Seal
from tests.activities.sealed import seal_some, tell
from tests.factories import Organisation, make_organisation
from tests.web.conftest import SECRET, Browser, Site, page_of

SEALS = "/admin/seals"
ANCHORS = f"{SEALS}/anchors"
KEYS = keys_from(SECRET)


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


async def test_before_the_first_seal_the_page_says_when_it_is_made(suzanne: Browser) -> None:
    text = (await suzanne.page(SEALS)).main.text

    assert "No seals yet" in text
    assert "Everything that was recorded is sealed." in text


async def test_seal_now_makes_one_and_a_second_time_there_is_nothing_left(
    site: Site, org: Organisation, suzanne: Browser
) -> None:
    tell(site.engine, org, "a", "b")
    assert "is sealed within about a minute" in (await suzanne.page(SEALS)).main.text
    form = {"command_id": uuid4()}

    page = await suzanne.follow(await suzanne.post_form(SEALS, **form))

    assert "Seal 1 was made." in page.text
    assert "2 statements more" in page.main.text
    assert public_bytes(KEYS(org.tenant_id, 1)).hex() in page.main.text
    again = await suzanne.follow(await suzanne.post_form(SEALS, **form))
    assert "Everything is sealed already." in again.text
    assert len(site.rows(org, Seal)) == 1


async def test_with_another_secret_nothing_is_sealed_and_the_page_says_what_to_do(
    site: Site, org: Organisation, suzanne: Browser
) -> None:
    tell(site.engine, org, "a")
    seal_some(site.engine, org, keys_from("the secret of before"))
    tell(site.engine, org, "b")

    page = page_of(await suzanne.post_form(SEALS), 409)

    assert "countersign ledger rotate-key --former-secret FILE" in page.main.text
    assert len(site.rows(org, Seal)) == 1


async def test_an_auditor_may_look_and_change_nothing_and_others_see_nothing(site: Site, org: Organisation) -> None:
    tell(site.engine, org, "a")
    seal_some(site.engine, org, KEYS)
    diana = site.browser(org, org.diana)
    page = await diana.page(SEALS)
    assert "Seal 1" in page.main.text
    assert not list(page.main.all("form"))
    for browser in (diana, site.browser(org, org.duane), site.browser(org, org.roland)):
        assert (await browser.post_form(SEALS)).status_code == 404
        assert (await browser.post_form(ANCHORS, version=0, file="seals.jsonl")).status_code == 404
    for who in (org.duane, org.roland):
        assert (await site.browser(org, who).get(SEALS)).status_code == 404
    assert site.rows(org, Anchor) == []


async def test_another_organisation_sees_its_own(
    site: Site, org: Organisation, owner_engine: Engine, suzanne: Browser
) -> None:
    tell(site.engine, org, "a")
    await suzanne.post_form(SEALS)
    other = make_organisation(owner_engine)

    assert "No seals yet" in (await site.browser(other, other.suzanne).page(SEALS)).main.text


async def test_anchors_are_changed_by_the_form_once_and_not_over_somebody_elses_change(
    site: Site, org: Organisation, suzanne: Browser
) -> None:
    form = {"command_id": uuid4(), "version": 0, "file": "seals.jsonl", "url": "https://example.org/seals"}

    page = await suzanne.follow(await suzanne.post_form(ANCHORS, **form))

    assert "Seals are left there from the last one on." in page.text
    assert "https://example.org/seals" in page.main.text
    assert (await suzanne.post_form(ANCHORS, **form)).status_code == 303
    assert (await suzanne.post_form(ANCHORS, **(form | {"file": "x.jsonl"}))).status_code == 409
    stale = page_of(await suzanne.post_form(ANCHORS, version=0, file="other.jsonl"), 412)
    assert "Somebody changed the anchors meanwhile." in stale.main.text
    assert sorted((each.kind, each.target) for each in site.rows(org, Anchor)) == [
        ("file", "seals.jsonl"),
        ("url", "https://example.org/seals"),
    ]
    await suzanne.post_form(ANCHORS, version=1)
    assert site.rows(org, Anchor) == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("file", "../seals"),
        ("file", "a/b"),
        ("file", ".hidden"),
        ("file", "Seals.jsonl"),
        ("file", "a\\b"),
        ("file", "s" * 101),
        ("url", "http://example.org/"),
        ("url", "https://10.0.0.1/"),
        ("url", "https://169.254.169.254/latest"),
        ("url", "https://user:word@example.org/"),
        ("url", "file:///etc/passwd"),
    ],
)
async def test_what_is_no_place_for_copies_comes_back_with_the_field_and_what_was_typed(
    site: Site, org: Organisation, suzanne: Browser, field: str, typed: str
) -> None:
    page = page_of(await suzanne.post_form(ANCHORS, version=0, **{field: typed}), 400)

    assert list(page.root.all(id=f"{field}-error"))
    assert site.rows(org, Anchor) == []


async def test_older_seals_are_on_further_pages(
    site: Site, org: Organisation, suzanne: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("models.reads.seals", "web.pages.admin_seals"):
        monkeypatch.setattr(f"{module}.PAGE", 2)
    for number in range(3):
        tell(site.engine, org, f"s-{number}")
        seal_some(site.engine, org, KEYS)

    page = await suzanne.page(SEALS)
    (further,) = [link for link in page.links if "after=" in link]

    assert "Seal 3" in page.main.text
    assert "Seal 1" in (await suzanne.page(further)).main.text
    assert (await suzanne.get(f"{SEALS}?after=nonsense")).status_code == 400


def test_a_setting_is_recorded_as_it_is_read() -> None:
    content = AnchorContent("a", "https://example.org/")
    assert AnchorContent.from_json(content.json) == content
