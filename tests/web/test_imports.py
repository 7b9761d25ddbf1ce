"""Lists of entries: every line gets its verdict first, then all of them are recorded or none."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.doctor import findings
from models.imports import ImportLine, lines_json
from models.rules.transitions import CommandKind, State
from models.store.imports import APPLYING, CHECKING
from models.tables.intake import EntryImport
from models.tables.timecard import Note, TimeEntryVersion
from tests.factories import MONDAY, NEXT_MONDAY, Asking, Organisation, make_organisation, worked
from tests.waiting import eventually_async
from tests.web.conftest import OURS, Browser, Site, page_of
from tests.web.reading import Page

COLUMNS = "staff_id,date,type,start,finish,meal_break_minutes,project,task,note"


def lines(*rows: str) -> str:
    return "\n".join([COLUMNS, *rows])


def row(
    site: Site, org: Organisation, person_id: UUID, day: int = 0, times: str = "09:00,17:00", rest: str = "30"
) -> str:
    """A shift of somebody on a day of the week that tests are about."""
    return f"{site.staff_id(org, person_id)},{MONDAY + timedelta(days=day)},Shift,{times},{rest},proj-533,washing dog,"


@dataclass(frozen=True)
class Sent:
    """A list that was sent: where it is, and its page."""

    address: str
    page: Page

    @property
    def text(self) -> str:
        return self.page.text


async def read_in(browser: Browser, text: str, reason: str = "") -> Sent:
    """Send a list, and wait until every line has its verdict."""
    form = (await browser.page("/import")).form("/import")
    answer = await browser.send(form, list=text, reason=reason)
    assert answer.status_code == 303, answer.text
    return await settled(browser, answer.headers["Location"])


async def settled(browser: Browser, address: str) -> Sent:
    """The page of a list that nobody works on any more."""

    async def is_settled() -> bool:
        text = (await browser.page(address)).text
        return "being checked" not in text and "being recorded" not in text

    await eventually_async(is_settled, "the list was gone through")
    return Sent(address, await browser.page(address))


async def record_all(browser: Browser, sent: Sent) -> Sent:
    """Say that everything is to be recorded, and wait until it is or is not."""
    answer = await browser.send(sent.page.form(f"{sent.address}/recording"))
    assert answer.status_code == 303, answer.text
    return await settled(browser, answer.headers["Location"])


@pytest.fixture
def duane(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.duane)


async def test_nothing_is_recorded_before_somebody_says_so_and_then_all_of_it(
    site: Site, org: Organisation, duane: Browser
) -> None:
    text = lines(*(row(site, org, org.duane, day) for day in range(5)), row(site, org, org.duane, 7))

    page = await read_in(duane, text)
    assert "All 6 lines can be recorded" in page.text
    assert site.rows(org, TimeEntryVersion) == []

    assert "All 6 lines are recorded" in (await record_all(duane, page)).text
    assert len(site.live(org.key(org.duane))) == 5
    (other_week,) = site.live(org.key(org.duane, NEXT_MONDAY))
    assert (other_week.task, other_week.meal_break_minutes) == ("washing dog", 30)


async def test_every_line_that_cannot_be_recorded_says_why(site: Site, org: Organisation, duane: Browser) -> None:
    await site.give(Asking(org, org.duane, org.duane).record(worked("08:00", "09:30")))
    me = site.staff_id(org, org.duane)
    page = await read_in(
        duane,
        lines(
            row(site, org, org.duane, 0),
            row(site, org, org.duane, 1),
            row(site, org, org.duane, 1, "16:00,18:00"),
            row(site, org, org.max, 2),
            f"nobody,{MONDAY},Shift,09:00,10:00,,,,",
            f"{me},2026-02-30,Shift,09:00,10:00,,,,",
            f"{me},{MONDAY},Nap,09:00,10:00,,,,",
            f"{me},{MONDAY},Shift,nine,10:00,,,,",
            f"{me},2027-03-28,Shift,01:30,10:00,,,,",
            f"{me},{MONDAY},Shift,20:00,21:00,,no-such,,",
            f"{me},{MONDAY},Shift,20:00,21:00,60,,,",
            f"{me},{MONDAY},Shift",
        ),
    )

    verdicts = {}
    for line in next(page.page.root.all("tbody")).all("tr"):
        cells = [cell.text for cell in line.all() if cell.tag in ("td", "th")]
        verdicts[int(cells[0].removeprefix("Line "))] = cells[-1]
    assert "overlap" in verdicts[2]
    assert verdicts[3] == "Can be recorded"
    assert "that of line 3" in verdicts[4]
    for number, words in {
        5: "nobody with this staff id",
        6: "nobody with this staff id",
        7: "is no date",
        8: "no time period type",
        9: "not a time of day",
        10: "clocks go forward",
        11: "no project",
        12: "shorter than the time",
        13: "3 cells",
    }.items():
        assert words in verdicts[number], (number, verdicts[number])
    assert not page.page.offers(f"{page.address}/recording")
    assert len(site.rows(org, TimeEntryVersion)) == 1


async def test_what_changed_meanwhile_is_found_and_nothing_is_recorded(
    site: Site, org: Organisation, duane: Browser
) -> None:
    page = await read_in(duane, lines(row(site, org, org.duane, 0), row(site, org, org.duane, 1)))
    tuesday = MONDAY + timedelta(days=1)
    await site.give(Asking(org, org.duane, org.duane).record(worked("16:00", "18:00", tuesday)))

    text = (await record_all(duane, page)).text

    assert "Nothing was recorded. Line 3:" in text
    assert "overlap" in text
    assert len(site.rows(org, TimeEntryVersion)) == 1


async def test_a_week_that_was_certified_meanwhile_stays_as_it_is(
    site: Site, org: Organisation, duane: Browser
) -> None:
    page = await read_in(duane, lines(row(site, org, org.duane, 7), row(site, org, org.duane, 1)))
    await site.bring_to(org, State.SUBMITTED)

    assert "submitted" in (await record_all(duane, page)).text
    assert site.live(org.key(org.duane, NEXT_MONDAY)) == []


async def test_sent_twice_it_happens_once(site: Site, org: Organisation, duane: Browser) -> None:
    page = await duane.page("/import")
    form = page.form("/import")
    text = lines(row(site, org, org.duane))
    first, second = [await duane.send(form, list=text) for _ in range(2)]
    assert first.headers["Location"] == second.headers["Location"]
    assert len(site.rows(org, EntryImport)) == 1

    checked = await settled(duane, first.headers["Location"])
    record = checked.page.form(f"{checked.address}/recording")
    for _ in range(3):
        assert (await duane.send(record)).status_code == 303
    assert "are recorded" in (await settled(duane, first.headers["Location"])).text
    assert len(site.live(org.key(org.duane))) == 1


async def test_a_supervisor_reads_in_their_teams_time_with_a_reason(site: Site, org: Organisation) -> None:
    roland = site.browser(org, org.roland)
    text = lines(row(site, org, org.duane), row(site, org, org.max), row(site, org, org.roland))

    assert "reason" in (await read_in(roland, text)).text
    page = await read_in(roland, text, reason="The terminal was down.")
    assert "All 3 lines are recorded" in (await record_all(roland, page)).text

    versions = site.rows(org, TimeEntryVersion)
    assert {(each.owner_id, each.recorded_by_id, each.on_behalf_of_id) for each in versions} == {
        (person, org.roland, None) for person in (org.duane, org.max, org.roland)
    }


async def test_an_administrator_reads_in_on_behalf_of_whose_time_it_is(site: Site, org: Organisation) -> None:
    suzanne = site.browser(org, org.suzanne)
    page = await read_in(suzanne, lines(row(site, org, org.duane)), reason="The terminal was down.")
    await record_all(suzanne, page)

    (version,) = site.rows(org, TimeEntryVersion)
    assert (version.recorded_by_id, version.on_behalf_of_id) == (org.suzanne, org.duane)
    with read_session(site.engine, org.tenant_id) as session:
        assert session.get_one(EntryImport, UUID(page.address.rpartition("/")[2])).actor_id == org.suzanne


async def test_notes_and_whole_days_are_read_in(site: Site, org: Organisation, duane: Browser) -> None:
    me = site.staff_id(org, org.duane)
    page = await read_in(duane, lines(f'{me},{MONDAY},absence,,,,,"annual leave",' + '"agreed, long ago"'))
    await record_all(duane, page)

    (entry,) = site.live(org.key(org.duane))
    assert (entry.end_at or entry.start_at) - entry.start_at == timedelta(days=1)
    assert [note.content for note in site.rows(org, Note)] == ["agreed, long ago"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Choose a file, or paste a list"),
        ("staff_id,date", "no lines"),
        ("who,when\na,b", "name the columns"),
        ("staff_id,date,wages\na,b,c", "no column"),
        ('staff_id,date\n"a,b', "quotes"),
        ("staff_id,date\n" + "a,2026-11-16\n" * 1_001, "1,000 lines at most"),
        ("staff_id,date\n" + "x" * 1_000_000, "1 MB"),
    ],
)
async def test_what_is_no_list_is_refused_as_a_whole(
    site: Site, org: Organisation, duane: Browser, text: str, words: str
) -> None:
    page = await duane.page("/import")
    form = page.form("/import")
    answer = await duane.send(form, list=text)

    assert answer.status_code in (400, 413), answer.status_code
    if answer.status_code == 400:
        assert words in answer.text
    assert site.rows(org, EntryImport) == []


async def test_nobody_else_sees_or_records_a_list(site: Site, org: Organisation, duane: Browser) -> None:
    page = await read_in(duane, lines(row(site, org, org.duane)))
    other = make_organisation(site.owner_engine)
    for stranger in (
        site.browser(org, org.roland),
        site.browser(org, org.suzanne),
        site.browser(other, other.suzanne),
    ):
        assert (await stranger.get(page.address)).status_code == 404
        assert (await stranger.post_form(f"{page.address}/recording")).status_code == 404
    assert (await site.browser(org, org.diana).get("/import")).status_code == 404
    assert site.rows(org, TimeEntryVersion) == []


async def test_markup_in_a_list_stays_text(site: Site, org: Organisation, duane: Browser) -> None:
    page = await read_in(duane, lines("<svg/onload=alert(1)>,{{7*7}},Shift,09:00,10:00,,,,"))
    assert "<svg/onload=alert(1)>" in page.text
    assert "{{7*7}}" in page.text


async def test_the_history_has_each_line_as_an_act_of_its_own(site: Site, org: Organisation, duane: Browser) -> None:
    page = await read_in(duane, lines(row(site, org, org.duane, 0), row(site, org, org.duane, 1)))
    await record_all(duane, page)

    history = await duane.page(f"/history/{org.key(org.duane).timesheet_id}")
    assert [each.text for each in history.main.all("h3")].count("Time recorded") == 2
    assert CommandKind.RECORD.value == "record"


async def test_sent_several_times_at_once_it_is_one_list(site: Site, org: Organisation, duane: Browser) -> None:
    form = (await duane.page("/import")).form("/import")
    text = lines(row(site, org, org.duane))

    answers = await asyncio.gather(*(duane.send(form, list=text) for _ in range(4)))

    assert {(each.status_code, each.headers["Location"]) for each in answers} == {(303, answers[0].headers["Location"])}
    assert len(site.rows(org, EntryImport)) == 1


async def test_the_same_form_with_another_list_is_refused(site: Site, org: Organisation, duane: Browser) -> None:
    form = (await duane.page("/import")).form("/import")
    await duane.send(form, list=lines(row(site, org, org.duane)))

    refused = await duane.send(form, list=lines(row(site, org, org.duane, 1)))

    assert page_of(refused, 409).alert.startswith("This form was already sent with other content.")
    assert len(site.rows(org, EntryImport)) == 1


async def test_the_id_of_anybody_elses_form_is_no_hindrance(
    site: Site, org: Organisation, duane: Browser, owner_engine: Engine
) -> None:
    elsewhere = make_organisation(owner_engine)
    id_ = uuid4()
    for where, person_id in ((elsewhere, elsewhere.duane), (org, org.max), (org, org.duane)):
        text = lines(row(site, where, person_id))
        sent = await site.browser(where, person_id).post_form("/import", command_id=id_, list=text)
        assert sent.status_code == 303, page_of(sent).text

    assert {each.actor_id for each in site.rows(org, EntryImport)} == {org.max, org.duane}


@pytest.mark.parametrize(("name", "charset"), [("a\0b.csv", "utf-8"), ("a+2AA-b.csv", "utf-7")])
async def test_a_file_may_be_called_anything(
    site: Site, org: Organisation, duane: Browser, name: str, charset: str
) -> None:
    """NUL, and half of a character."""
    fields = {"csrf": duane.csrf_token, "command_id": str(uuid4())}
    parts = [f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}' for field, value in fields.items()]
    text = lines(row(site, org, org.duane))
    parts.append(f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{text}')
    body = "".join(f"--parts\r\n{part}\r\n" for part in parts) + "--parts--\r\n"
    kind = f"multipart/form-data; boundary=parts; charset={charset}"

    sent = await duane.client.post("/import", content=body.encode(), headers={"Origin": OURS, "Content-Type": kind})

    assert sent.status_code == 303, page_of(sent).text
    (kept,) = site.rows(org, EntryImport)
    assert kept.file_name in ("ab.csv", "a?b.csv")


@pytest.mark.parametrize(("state", "end"), [(CHECKING, "can be recorded"), (APPLYING, "are recorded")])
async def test_a_list_that_nobody_goes_through_any_more_goes_on(
    site: Site, org: Organisation, duane: Browser, state: str, end: str
) -> None:
    id_ = uuid4()
    line = ImportLine(2, {}, org.duane, MONDAY, worked("09:00", "17:00"))
    with command_transaction(site.engine, org.tenant_id) as session:
        given = {"tenant_id": org.tenant_id, "actor_id": org.duane, "file_name": "a list", "problems": {}}
        session.add(EntryImport(id=id_, lines=lines_json([line]), state=state, **given))

    going_on = (await duane.page(f"/import/{id_}")).form(f"/import/{id_}/recording")
    assert (await duane.send(going_on)).status_code == 303

    assert f"All 1 lines {end}" in (await settled(duane, f"/import/{id_}")).text


async def test_the_doctor_finds_a_list_that_nobody_goes_through(site: Site, org: Organisation) -> None:
    with command_transaction(site.engine, org.tenant_id) as session:
        long_ago = site.services.now() - timedelta(hours=2)
        given = {"tenant_id": org.tenant_id, "actor_id": org.duane, "file_name": "a list", "problems": {}, "lines": []}
        session.add(EntryImport(id=uuid4(), state=APPLYING, created_at=long_ago, **given))

    with read_session(site.engine, org.tenant_id) as session:
        (finding,) = findings(session)
    assert "nobody goes through it" in finding
