"""Whatever is typed while approving stays words, on every page and in every file; what cannot be kept is refused."""

import csv
import io
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from models.messages import SheetKey
from models.rules.transitions import CommandKind, State
from models.tables.timesheet import Command, Decision
from tests.desk import Life
from tests.factories import Organisation, worked
from tests.standing_in import in_days, stand_in
from tests.web.conftest import OURS, Browser, Site, page_of
from tests.web.documents import Workbook, pdf_words
from tests.web.reading import Page
from tests.web.test_mail_decisions import link_for

NASTY = (
    '"></textarea><svg/onload=alert(1)> {{7*7}} {% raw %} ${7*7}',
    "=HYPERLINK(\"//x\"),'; DROP TABLE person; -- javascript:alert('1') &lt;b&gt; \\u003cb",
    "\N{RIGHT-TO-LEFT OVERRIDE}\ufeffevil %00%ff \x1b[31m",
)
TOO_LONG = "x" * 10_000


@dataclass(frozen=True)
class Scene:
    """Duane's week, and everybody's browsers."""

    site: Site
    org: Organisation
    key: SheetKey
    text: str

    @property
    def life(self) -> Life:
        return Life(self.site.desk, self.org)

    def of(self, name: str) -> Browser:
        return self.site.browser(self.org, getattr(self.org, name))

    async def reads(self, name: str, *addresses: str) -> None:
        """Somebody reads the text on these pages, and it is nothing but text."""
        browser = self.of(name)
        for address in addresses:
            page = await browser.page(address)
            assert _is_text(page, self.text), (name, address, page.main.text[:3_000])

    @property
    def digest(self) -> str:
        return self.site.digest(self.key)


@pytest.fixture(params=NASTY, ids=["markup", "formula", "signs"])
async def scene(request: pytest.FixtureRequest, site: Site, org: Organisation) -> Scene:
    key = await site.bring_to(org, State.SUBMITTED)
    return Scene(site, org, key, str(request.param))


def _is_text(page: Page, text: str) -> bool:
    assert "<svg/onload" not in page.html
    assert not any(page.root.all("b", class_="evil"))
    return _plain(text) in _plain(page.text) or any(
        _plain(text) in _plain(value) for each in page.root.all() for value in each.attributes.values()
    )


def _plain(text: str) -> str:
    """What is compared: words without blanks and signs that nobody sees."""
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())


class TestOnPages:
    async def test_a_reason_to_send_it_back_and_a_comment(self, scene: Scene) -> None:
        sheet, roland = scene.key.timesheet_id, scene.of("roland")
        form = {"digest": scene.digest, "reason": scene.text}
        assert (await roland.post_form(f"/timesheets/{sheet}/rejection", **form)).status_code == 303
        week = scene.site.week(scene.org, scene.org.duane)
        await scene.reads("duane", f"/history/{sheet}", week)
        await scene.reads("roland", f"/history/{sheet}", "/inbox?tab=decided")

        scene.life.revise()
        scene.life.submit()
        form = {"digest": scene.digest, "comment": scene.text}
        assert (await roland.post_form(f"/timesheets/{sheet}/approval", **form)).status_code == 303
        assert _kept(scene) == [scene.text, scene.text]

    async def test_a_reason_to_take_it_back(self, scene: Scene) -> None:
        scene.life.approve()
        sheet = scene.key.timesheet_id
        answer = await scene.of("roland").post_form(f"/timesheets/{sheet}/take-back", reason=scene.text)

        assert answer.status_code == 303
        await scene.reads("duane", f"/history/{sheet}")
        await scene.reads("roland", f"/history/{sheet}", f"/inbox/{sheet}")

    async def test_why_one_acts_for_somebody_and_why_that_is_disputed(self, scene: Scene) -> None:
        text = _plainly(scene.text)
        acts = {"roland": ("/acts",), "suzanne": ("/admin/acts",), "duane": ()}
        sheet = scene.key.timesheet_id
        suzanne = await scene.site.acting(scene.org, scene.org.roland, text)
        form = {"digest": scene.digest}
        assert (await suzanne.post_form(f"/timesheets/{sheet}/approval", **form)).status_code == 303
        for name, addresses in acts.items():
            await Scene(scene.site, scene.org, scene.key, text).reads(name, f"/history/{sheet}", *addresses)

        act = _approval_of(scene)
        disputed = {"verdict": "disputed", "reason": scene.text}
        assert (await scene.of("roland").post_form(f"/acts/{act}/answer", **disputed)).status_code == 303
        for name in ("suzanne", "roland", "duane"):
            await scene.reads(name, f"/history/{sheet}")
        await scene.reads("suzanne", "/admin/acts")

        answer = await scene.of("suzanne").get("/admin/acts.csv")
        (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in line.values())
        assert any(_plain(text) in _plain(cell) for cell in line.values())

    async def test_what_the_owner_says_to_what_was_done_for_them(self, scene: Scene) -> None:
        day = scene.life.next_week.day
        roland = replace(scene.life.next_week, actor=scene.org.roland, reason=scene.text)
        act = scene.life.desk.do(roland.record(worked("09:00", "17:00", day))).command_id
        week = scene.site.week(scene.org, scene.org.duane, day)
        said = {"verdict": "disputed", "reason": scene.text}
        assert (await scene.of("duane").post_form(f"{week}/acts/{act}/review", **said)).status_code == 303
        sheet = scene.life.next_key.timesheet_id
        await scene.reads("duane", f"/history/{sheet}")
        await scene.reads("roland", f"/history/{sheet}", week)

    async def test_the_note_of_a_delegation(self, scene: Scene) -> None:
        days = {"from": str(in_days(0)), "to": str(in_days(5)), "delegateId": "Alex Krycek", "reason": scene.text}
        assert (await scene.of("roland").post_form("/delegations", **days)).status_code == 303
        await scene.reads("roland", "/delegations")
        await scene.reads("alex", "/delegations")
        await scene.reads("suzanne", "/delegations/all")

    async def test_one_reason_for_many(self, scene: Scene) -> None:
        roland = scene.of("roland")
        pick = f"{scene.key.timesheet_id}:{scene.digest}"
        page = await roland.follow(await roland.post_form("/inbox/bulk", pick=pick, decision="reject"))
        (form,) = [each for each in page.forms if each.fields.get("decision") == "reject"]
        sent = await roland.send(form, reason=scene.text)
        bulk = sent.headers["Location"].partition("?")[0]
        await scene.site.services.client.get_workflow_handle(f"bulk/{bulk.rpartition('/')[2]}").result()

        assert "<svg/onload" not in (await roland.page(bulk)).html
        await scene.reads("duane", f"/history/{scene.key.timesheet_id}")

    async def test_what_people_certify(self, scene: Scene, site: Site, org: Organisation) -> None:
        suzanne = scene.of("suzanne")
        form = (await suzanne.page("/admin/approval")).form("/admin/approval")
        await suzanne.follow(await suzanne.send(form, certification=scene.text))
        shown = (await suzanne.page("/admin/approval")).form("/admin/approval").fields["certification"]
        assert _plain(shown) == _plain(scene.text)
        await scene.reads("suzanne", "/admin/approval")

        key = await site.bring_to(org, State.DRAFT, org.max)
        await scene.reads("max", f"/timesheets/{key.timesheet_id}/submission")
        await site.bring_to(org, State.SUBMITTED, org.roland)
        key = org.key(org.roland)
        await scene.reads("alex", f"/inbox/{key.timesheet_id}")
        page = page_of(await site.visitor().get(link_for(site, org, org.alex, key)), 200)
        assert _is_text(page, scene.text)
        assert _plain(scene.text) in _plain("".join(pdf_words((await _file(scene, key, "pdf")).content)))

    async def test_where_a_webhook_leads_to(self, scene: Scene) -> None:
        suzanne = scene.of("suzanne")
        form = (await suzanne.page("/admin/webhooks/new")).form("/admin/webhooks")
        for url in (scene.text, f"https://example.org/{scene.text}", f"https://{scene.text}/"):
            page = page_of(await suzanne.send(form, url=url))
            assert "<svg/onload" not in page.html
        await suzanne.page("/admin/webhooks")


class TestInFiles:
    @pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
    async def test_what_was_said_of_a_timesheet_computes_nothing(self, scene: Scene, form: str) -> None:
        scene.life.reject(scene.text)
        answer = await _file(scene, scene.key, form)

        if form == "xlsx":
            assert not Workbook(answer.content).has_formulas()
        elif form == "csv":
            lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert not any(cell.startswith(("=", "@", "\t", "\r")) for line in lines for cell in line)
        else:
            said = pdf_words(answer.content)
            assert _plain(scene.text) in _plain(said)


def _kept(scene: Scene) -> list[str | None]:
    made = sorted(scene.site.rows(scene.org, Decision), key=lambda row: row.decided_at)
    return [row.reason or row.comment for row in made]


def _plainly(text: str) -> str:
    """The same without the signs that a reason on one line may not have."""
    return "".join(sign for sign in text if sign.isprintable())


def _approval_of(scene: Scene) -> UUID:
    (made,) = [row for row in scene.site.rows(scene.org, Command) if row.kind == CommandKind.APPROVE]
    found: UUID = made.id
    return found


async def _file(scene: Scene, key: SheetKey, form: str) -> Response:
    answer = await scene.of("suzanne").get(f"/timesheets/{key.timesheet_id}/export.{form}")
    assert answer.status_code == 200
    return answer


FIELDS = {
    "rejection": ("roland", "/timesheets/{sheet}/rejection", "reason", {"digest": "{digest}"}),
    "comment": ("roland", "/timesheets/{sheet}/approval", "comment", {"digest": "{digest}"}),
    "delegation": (
        "roland",
        "/delegations",
        "reason",
        {"from": str(in_days(0)), "to": str(in_days(5)), "delegateId": "Alex Krycek"},
    ),
    "revocation": ("suzanne", "/delegations/{delegation}/revocation", "reason", {}),
    "acting": ("suzanne", "/acting", "reason", {"staff_id": "{staff}"}),
    "webhook": ("suzanne", "/admin/webhooks", "url", {}),
    "recall": ("duane", "/timesheets/{sheet}/recall", "reason", {}),
}
"""Who types what where: the address, the field, and what else the form says."""

BAD = {
    "10 kB": TOO_LONG,
    "nothing but NUL": "\x00",
    "bytes that are no text": b"\xff\xfe\x80",
    "half a sign": b"\xed\xa0\x80",
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", FIELDS)
async def test_what_cannot_be_kept_is_refused_or_made_readable_and_never_a_fault(
    site: Site, org: Organisation, name: str, bad: str
) -> None:
    key = await site.bring_to(org, State.SUBMITTED)
    kept = stand_in(site.engine, org, org.alex, org.max)
    who, address, field, others = FIELDS[name]
    names = {
        "sheet": key.timesheet_id,
        "digest": site.digest(key),
        "delegation": kept.id,
        "staff": site.staff_id(org, org.roland),
    }
    browser = site.browser(org, getattr(org, who))
    known = {each: value.format(**names) for each, value in others.items()}
    form = {"csrf": browser.csrf_token, "command_id": str(uuid4()), field: BAD[bad]} | known

    answer = await browser.client.post(
        address.format(**names),
        content=urlencode(form),
        headers={"Origin": OURS, "Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code in (200, 303, 400), (answer.status_code, answer.text[:500])
    if bad == "10 kB":
        assert answer.status_code == 400
    if answer.status_code == 400:
        assert site.rows(org, Decision) == []
