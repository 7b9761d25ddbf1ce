"""The history as a page: the graph beside the timeline, what was verified, past moments, and contents compared."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from models.database import command_transaction
from models.messages import SheetKey
from models.rules.transitions import CommandKind, State
from models.store.sealing import keys_from, seal
from tests.factories import Asking, Organisation, worked
from tests.web.conftest import SECRET, Browser, Site
from tests.web.reading import Element, Page


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


def path_of(key: SheetKey) -> str:
    return f"/history/{key.timesheet_id}"


def items(page: Page) -> list[Element]:
    """The items of the timeline."""
    return [item for each in page.main.all("ol", class_="events") for item in each.all("li") if "id" in item.attributes]


def drawn(page: Page) -> Element:
    """The graph."""
    return next(page.main.all("svg", class_="provenance"))


def revise(site: Site, org: Organisation, key: SheetKey) -> None:
    """An approved week is begun anew with a longer Monday."""
    mine = Asking(org, org.duane, org.duane, reason="It was longer.")
    site.desk.do(mine.move(CommandKind.REVISE))
    (entry,) = site.live(key)
    site.desk.do(mine.amend(entry.id, 1, worked("09:00", "18:00", task="washing dog")))


def seal_it(site: Site, org: Organisation) -> None:
    with command_transaction(site.engine, org.tenant_id) as session:
        seal(session, org.tenant_id, keys_from(SECRET))


class TestGraph:
    async def test_it_stands_beside_the_timeline_and_each_act_leads_there(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)

        page = await duane.page(path_of(key))

        acts = {node.attributes["href"][1:] for node in drawn(page).all("a")}
        assert len(acts) == 3
        assert acts <= {item.attributes["id"] for item in items(page)}
        assert {node.attributes["class"] for node in drawn(page).all("a")} == {
            "node act",
            "node record",
            "node record present",
        }
        labelled = (drawn(page).attributes["aria-labelledby"], drawn(page).attributes["aria-describedby"])
        assert all(any(page.main.all(id=id_)) for id_ in labelled)

    async def test_it_needs_no_style_and_no_script_of_its_own(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)

        picture = (await duane.page(path_of(key))).html.partition('<svg class="provenance"')[2].partition("</svg>")[0]

        assert picture
        assert not any(each in picture for each in ("style=", "<style", "<script", "fill="))

    async def test_whoever_looked_is_told_between_the_acts_and_with_the_decision(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        await site.browser(org, org.roland).page(f"/inbox/{key.timesheet_id}")
        site.desk.do(Asking(org, org.duane, org.roland).approve(site.digest(key)))

        approved, viewed, submitted, _ = (item.text for item in items(await duane.page(path_of(key))))

        assert "Decided after viewing revision 1 at" in approved
        assert viewed.startswith("Viewed") and "Roland Fuller as supervisor opened revision 1" in viewed  # noqa: PT018
        assert submitted.startswith("Submitted and certified")


class TestVerified:
    async def test_it_says_what_was_verified_and_when_and_what_waits(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        before = (await duane.page(path_of(key))).main.text
        seal_it(site, org)
        sealed = (await duane.page(path_of(key))).main.text
        site.desk.do(Asking(org, org.duane, org.roland).approve(site.digest(key)))

        after = await duane.page(path_of(key))

        assert "Record verified Verified now, " in before
        assert "wait for the next seal" in before
        assert "statements are what was recorded, all of them under seal 1 of " in sealed
        assert "of them under seal 1 of" in after.main.text
        assert [("under seal 1" in item.text, "not sealed yet" in item.text) for item in items(after)] == [
            (False, True),
            (True, False),
            (True, False),
        ]

    async def test_what_does_not_hold_is_named_instead(
        self, site: Site, org: Organisation, duane: Browser, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        seal_it(site, org)
        with owner_engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            changed = text(
                "UPDATE statement SET said = replace(said, 'washing dog', 'walking dog') WHERE tenant_id = :t"
            )
            connection.execute(changed, {"t": org.tenant_id})

        page = (await duane.page(path_of(key))).main.text

        assert "The record does not hold" in page
        assert "was changed: what it says is not what was recorded." in page
        assert "Record verified" not in page


class TestKnownAt:
    async def test_each_item_leads_to_what_was_known_then(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)
        page = await duane.page(path_of(key))
        (link,) = (each.attributes["href"] for each in items(page)[1].all("a", class_="in-text"))

        then = await duane.page(link)

        assert "This is what was known at" in then.alert
        assert "Waiting for Roland Fuller" in then.main.text
        assert [next(item.all("h3")).text for item in items(then)] == ["Submitted and certified", "Time recorded"]
        assert then.offers(path_of(key))

    async def test_a_minute_is_known_to_its_end(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.SUBMITTED)
        moment = datetime(2026, 11, 19, 16, 42, 30, tzinfo=UTC)
        at_one_moment(site, key, moment)

        known = await duane.page(f"{path_of(key)}?at=2026-11-19T16:42")
        before = await duane.page(f"{path_of(key)}?at=2026-11-19T16:41")

        assert len(items(known)) == 2
        assert "Nothing was known yet" in before.main.text

    @pytest.mark.parametrize(
        "typed", ["yesterday", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "'", "x" * 3_000]
    )
    async def test_what_is_no_moment_is_said_beside_the_field_and_stays(
        self, site: Site, org: Organisation, duane: Browser, typed: str
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)

        page = await duane.page(f"{path_of(key)}?at={typed}", 400)

        assert page.problem("at")
        assert len(items(page)) == 1

    async def test_what_is_to_come_and_nothing_are_now(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)

        for typed in ("2199-01-01T00:00", "", "  "):
            page = await duane.page(f"{path_of(key)}?at={typed}")
            assert len(items(page)) == 3
            assert "This is what was known" not in page.main.text

    async def test_those_who_may_not_see_it_do_not_see_what_it_was(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)

        refused = await site.browser(org, org.max).get(f"{path_of(key)}?at=2026-11-19T16:42&from=1&to=now")

        assert refused.status_code == 404


class TestCompared:
    async def test_two_contents_are_chosen_by_a_plain_form(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)
        revise(site, org, key)
        page = await duane.page(path_of(key))
        (form,) = (each for each in page.forms if {"from", "to"} <= each.named)

        assert form.fields == {"from": "1", "to": "now"}
        compared = next((await duane.page(f"{path_of(key)}?from=1&to=now")).main.all(id="compared")).text
        assert "Changed Mon 16 Nov, 09:00 – 18:00 · Shift · washing dog Finish: 17:00 → became 18:00" in compared
        assert "Mon 16 8.00 9.00 +1.00" in compared
        assert "Total 8.00 9.00 +1.00" in compared

    async def test_a_past_moment_stays_when_contents_are_chosen(
        self, site: Site, org: Organisation, duane: Browser
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        revise(site, org, key)
        link = next(items(await duane.page(path_of(key)))[0].all("a", class_="in-text")).attributes["href"]

        page = await duane.page(link)

        (form,) = (each for each in page.forms if {"from", "to"} <= each.named)
        assert datetime.fromisoformat(form.fields["at"]).isoformat() == form.fields["at"]

    async def test_one_content_is_not_compared(self, site: Site, org: Organisation, duane: Browser) -> None:
        key = await site.bring_to(org, State.APPROVED)

        page = await duane.page(f"{path_of(key)}?from=1&to=2")

        assert not any(page.main.all(id="compared"))


def at_one_moment(site: Site, key: SheetKey, moment: datetime) -> None:
    """Let everything have been done to a timesheet at one moment."""
    with site.owner_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in (
            "UPDATE command SET completed_at = :at WHERE timesheet_id = :sheet",
            "UPDATE submission SET submitted_at = :at WHERE timesheet_id = :sheet",
            "UPDATE time_entry_version SET recorded_at = :at WHERE timesheet_id = :sheet",
        ):
            connection.execute(text(statement), {"at": moment, "sheet": key.timesheet_id})
