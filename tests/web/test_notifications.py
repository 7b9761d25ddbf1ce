"""What one was told: the list, the bell, marking as read, and choosing how to be told."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, update

from models.messages import MailKey
from models.rules.notices import NoticeKind
from models.rules.transitions import State
from models.tables.delivery import Notification, NotificationSetting
from tests.desk import Life
from tests.factories import MONDAY, Organisation, change_person, make_organisation
from tests.mailbox import tell
from tests.web.conftest import Browser, Site, page_of

EVIL = "<svg/onload=alert(1)>"


def remind(site: Site, org: Organisation, day: str = "2026-11-17") -> MailKey:
    """Duane is reminded of a day."""
    return tell(site.desk, org, org.duane, NoticeKind.RECORD_REMINDER, days=[day])


async def unread(browser: Browser) -> str:
    page = await browser.page("/balances")
    (count,) = [each.text for each in page.root.all(class_="bell-count")] or [""]
    return count


async def test_the_newest_is_first_and_says_what_it_is_about(site: Site, org: Organisation) -> None:
    await site.bring_to(org, State.REJECTED)
    remind(site, org)

    page = await site.browser(org, org.duane).page("/notifications")

    titles = [each.text for each in page.main.all("b")]
    assert titles == [
        "Nothing is recorded yet for Tuesday 17 November New",
        "Your timesheet of 16 – 22 November 2026 was rejected New",
    ]
    assert "Roland Fuller rejected it: It says Tuesday." in page.text


async def test_who_was_told_nothing_sees_why_it_is_empty(site: Site, org: Organisation) -> None:
    page = await site.browser(org, org.duane).page("/notifications")

    assert "Nothing yet" in page.text
    assert "Mark all as read" not in page.text


async def test_opening_one_marks_it_as_read_and_leads_on(site: Site, org: Organisation) -> None:
    key, browser = remind(site, org), site.browser(org, org.duane)
    assert await unread(browser) == "1"
    page = await browser.page("/notifications")

    answers = [await browser.send(page.form(f"/notifications/{key.notification_id}/reading")) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(303, "/week/2026-11-17")] * 2
    assert await unread(browser) == ""
    assert "New" not in (await browser.page("/notifications")).main.text


async def test_looking_at_the_list_marks_nothing(site: Site, org: Organisation) -> None:
    remind(site, org)
    browser = site.browser(org, org.duane)

    for path in ("/notifications", "/notifications/bell", "/notifications/reading"):
        await browser.get(path)

    assert await unread(browser) == "1"


async def test_all_of_them_are_marked_at_once(site: Site, org: Organisation) -> None:
    for day in ("2026-11-17", "2026-11-18"):
        remind(site, org, day)
    tell(site.desk, org, org.max, NoticeKind.RECORD_REMINDER, days=["2026-11-17"])
    browser = site.browser(org, org.duane)
    page = await browser.page("/notifications")

    after = await browser.follow(await browser.send(page.form("/notifications/reading")))

    assert "You have read everything." in after.text
    assert await unread(browser) == ""
    assert await unread(site.browser(org, org.max)) == "1"


async def test_pages_of_the_list_lead_to_all_of_it(site: Site, org: Organisation) -> None:
    days = [(MONDAY + timedelta(days=number)).isoformat() for number in range(65)]
    for day in days:
        remind(site, org, day)
    browser, path, seen = site.browser(org, org.duane), "/notifications", 0

    while path:
        page = await browser.page(path)
        seen += len(list(page.main.all("li")))
        path = next((link for link in page.links if link.startswith("/notifications?after=")), "")

    assert seen == 65
    assert (await browser.get("/notifications?after=nonsense")).status_code == 400


async def test_more_than_99_are_not_counted(site: Site, org: Organisation) -> None:
    for number in range(101):
        remind(site, org, (MONDAY + timedelta(days=number)).isoformat())

    assert await unread(site.browser(org, org.duane)) == "99+"


async def test_htmx_gets_the_list_or_the_bell_alone(site: Site, org: Organisation) -> None:
    remind(site, org)
    browser = site.browser(org, org.duane).by_htmx

    for path in ("/notifications", "/notifications/bell"):
        answer = await browser.get(path)
        assert "<html" not in answer.text
        assert answer.status_code == 200


@pytest.mark.parametrize("person", ["Max Fenig", "Suzanne Modeski"])
async def test_what_others_were_told_is_nobodys_business(site: Site, org: Organisation, person: str) -> None:
    key, browser = remind(site, org), site.browser(org, org.people[person])

    assert "17 November" not in (await browser.page("/notifications")).text
    answer = await browser.post_form(f"/notifications/{key.notification_id}/reading")

    assert answer.status_code == 404
    assert site.rows(org, Notification)[0].read_at is None


async def test_another_organisation_has_no_such_notice(site: Site, org: Organisation, owner_engine: Engine) -> None:
    key, other = remind(site, org), make_organisation(owner_engine)

    answer = await site.browser(other, other.duane).post_form(f"/notifications/{key.notification_id}/reading")

    assert answer.status_code == 404
    assert site.rows(org, Notification)[0].read_at is None


async def test_names_are_those_of_now_and_nothing_but_words(
    site: Site, org: Organisation, owner_engine: Engine
) -> None:
    key = await site.bring_to(org, State.SUBMITTED)
    tell(site.desk, org, org.roland, NoticeKind.WAITING, key.timesheet_id, ownerId=str(org.duane))
    change_person(owner_engine, org.duane, name=f"{EVIL} Barry")

    answer = await site.browser(org, org.roland).get("/notifications")

    assert EVIL not in answer.text
    assert f"{EVIL} Barry's timesheet of 16 – 22 November 2026 waits" in page_of(answer).text


@pytest.mark.parametrize("kind", NoticeKind)
async def test_every_kind_has_words_whatever_is_left_of_what_it_names(
    site: Site, org: Organisation, kind: NoticeKind
) -> None:
    gone = dict.fromkeys(("ownerId", "submissionId", "byId", "toId", "decisionId", "delegationId", "commandId"))
    names = {name: str(uuid4()) for name in gone}
    tell(site.desk, org, org.duane, kind, uuid4(), **names, days=["2026-11-17"])
    tell(site.desk, org, org.duane, kind)

    page = await site.browser(org, org.duane).page("/notifications")

    assert len(list(page.main.all("li"))) == 2


async def test_who_acts_for_somebody_sees_their_own(site: Site, org: Organisation) -> None:
    remind(site, org)
    tell(site.desk, org, org.suzanne, NoticeKind.RECORD_REMINDER, days=["2026-11-18"])

    page = await (await site.acting(org, org.duane)).page("/notifications")

    assert "18 November" in page.main.text
    assert "17 November" not in page.main.text


async def test_ways_are_chosen_and_followed(site: Site, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    form = (await browser.page("/notifications/settings")).form("/notifications/settings")
    assert form.fields["mail.record_reminder"] == "yes"
    kept = {name: value for name, value in form.fields.items() if name != "usual" and "record_reminder" not in name}

    answers = [await browser.post_form("/notifications/settings", **kept) for _ in range(2)]
    key = remind(site, org)

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [row for row in site.rows(org, Notification) if row.id == key.notification_id] == []
    (row,) = site.rows(org, NotificationSetting)
    assert (row.kind, row.in_app, row.mail) == ("record_reminder", False, False)
    assert "Not as usual" in (await browser.page("/notifications/settings")).text


async def test_as_usual_takes_every_choice_back(site: Site, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    await browser.post_form("/notifications/settings")
    assert len(site.rows(org, NotificationSetting)) == len(NoticeKind)

    page = await browser.follow(await browser.post_form("/notifications/settings", usual="yes"))

    assert "as usual again" in page.notice
    assert site.rows(org, NotificationSetting) == []


async def test_choices_are_ones_own_and_of_known_kinds(site: Site, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    smuggled = {"person_id": str(org.max), "tenant_id": str(uuid4()), "in_app.all": "yes", "mail.'; --": "yes"}

    await browser.post_form("/notifications/settings", **smuggled)

    rows = site.rows(org, NotificationSetting)
    assert {row.person_id for row in rows} == {org.duane}
    assert {row.kind for row in rows} <= set(NoticeKind)


async def test_without_a_mail_server_the_page_says_so(site: Site, org: Organisation) -> None:
    assert "No mail server is set up here" in (await site.browser(org, org.duane).page("/notifications/settings")).text


async def test_what_is_decided_need_not_be_read_any_more(site: Site, org: Organisation) -> None:
    await site.bring_to(org, State.SUBMITTED)
    roland = site.browser(org, org.roland)
    assert await unread(roland) == "1"

    await asyncio.to_thread(Life(site.desk, org).approve)

    assert await unread(roland) == ""
    assert "does not wait any more" in (await roland.page("/notifications")).text
    assert await unread(site.browser(org, org.duane)) == "1"


async def test_a_reminder_that_was_followed_says_so(site: Site, org: Organisation) -> None:
    key = await site.bring_to(org, State.DRAFT)
    tell(site.desk, org, org.duane, NoticeKind.SUBMIT_REMINDER, key.timesheet_id)
    duane = site.browser(org, org.duane)
    assert await unread(duane) == "1"

    await asyncio.to_thread(Life(site.desk, org).submit)

    assert await unread(duane) == ""
    assert "is submitted by now" in (await duane.page("/notifications")).text


async def test_old_notices_are_older(site: Site, org: Organisation, owner_engine: Engine) -> None:
    first, second = remind(site, org, "2026-11-17"), remind(site, org, "2026-11-18")
    _age(owner_engine, second.notification_id)

    page = await site.browser(org, org.duane).page("/notifications")

    actions = [form.action for form in page.forms if "/notifications/" in form.action and form.action.count("/") == 3]
    assert actions == [f"/notifications/{each.notification_id}/reading" for each in (first, second)]


def _age(owner_engine: Engine, notification_id: UUID) -> None:
    with owner_engine.begin() as connection:
        this = update(Notification).where(Notification.id == notification_id)
        connection.execute(this.values(created_at=func.now() - timedelta(days=1)))
