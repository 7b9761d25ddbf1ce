"""What one was told and how, as programs have it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, update

from models.rules.notices import NoticeKind
from models.rules.transitions import State
from models.tables.delivery import Notification, NotificationSetting
from tests.factories import MONDAY, Organisation, hire, make_organisation
from tests.mailbox import tell
from tests.web.api.conftest import Api, Json, Program, answered, fields_refused, refused
from tests.web.conftest import Site
from web.auth.tokens import Scope

NOTICES = "/resources/notifications"
SETTINGS = f"{NOTICES}/settings"


def remind(site: Site, org: Organisation, person: UUID, days_later: int = 0) -> str:
    """Somebody is reminded of a day; the notice."""
    days = [(MONDAY + timedelta(days=days_later)).isoformat()]
    return str(tell(site.desk, org, person, NoticeKind.RECORD_REMINDER, days=days).notification_id)


async def unread(program: Program) -> list[str]:
    """The notices that are not read, the newest first."""
    return [each["id"] for each in answered(await program.get(NOTICES, unread="true"), 200)["items"]]


class TestFinding:
    async def test_a_notice_says_what_it_is_about_and_where_to_go(
        self, site: Site, org: Organisation, duane: Program
    ) -> None:
        key = await site.bring_to(org, State.REJECTED)

        (item,) = answered(await duane.get(NOTICES), 200)["items"]

        assert item.pop("createdAt").endswith("+00:00")
        assert str(UUID(item["id"])) == item.pop("id")
        assert item == {
            "kind": "rejected",
            "title": "Your timesheet of 16 – 22 November 2026 was rejected",
            "sentence": "Roland Fuller rejected it: It says Tuesday.",
            "path": "/week/2026-11-16",
            "timesheetId": str(key.timesheet_id),
            "readAt": None,
        }

    async def test_page_after_page_everything_comes_once_the_newest_first(
        self, site: Site, org: Organisation, duane: Program
    ) -> None:
        made = [remind(site, org, org.duane, number) for number in range(5)]
        found: list[str] = []
        after = None
        while True:
            answer = answered(await duane.get(NOTICES, first=2, after=after), 200)
            found += [each["id"] for each in answer["items"]]
            after = answer["meta"]["next"]
            if not after:
                break

        assert found == made[::-1]

    async def test_only_what_is_not_read_when_asked_for(self, site: Site, org: Organisation, duane: Program) -> None:
        first, second = (remind(site, org, org.duane, number) for number in range(2))
        answered(await duane.post(f"{NOTICES}/{first}/reading", None), 200)

        assert await unread(duane) == [second]
        both = answered(await duane.get(NOTICES), 200)["items"]
        assert [(each["id"], each["readAt"] is None) for each in both] == [(second, True), (first, False)]

    async def test_only_ones_own_are_found(self, api: Api, site: Site, org: Organisation, duane: Program) -> None:
        remind(site, org, org.max)

        assert answered(await duane.get(NOTICES), 200)["items"] == []
        assert answered(await api.program(org, org.suzanne).get(NOTICES), 200)["items"] == []

    async def test_what_is_wanted_by_mail_alone_is_not_in_the_list(
        self, site: Site, org: Organisation, duane: Program
    ) -> None:
        quiet = {"settings": [{"kind": "record_reminder", "inApp": False, "mail": True}]}
        answered(await duane.put(SETTINGS, quiet, None), 200)
        remind(site, org, org.duane)

        assert answered(await duane.get(NOTICES), 200)["items"] == []

    @pytest.mark.parametrize(
        ("query", "field"), [({"unread": "perhaps"}, "unread"), ({"after": "x"}, "after"), ({"first": 201}, "first")]
    )
    async def test_nonsense_is_refused_by_field(self, duane: Program, query: Json, field: str) -> None:
        assert list(fields_refused(await duane.get(NOTICES, **query))) == [field]


class TestReading:
    async def test_one_is_read_once_and_says_when(self, site: Site, org: Organisation, duane: Program) -> None:
        notice, other = (remind(site, org, org.duane, number) for number in range(2))
        key = uuid4()
        first, second = [
            answered(await duane.post(f"{NOTICES}/{notice}/reading", None, key=key), 200) for _ in range(2)
        ]

        assert first["readAt"]
        assert first == second
        assert await unread(duane) == [other]

    async def test_all_of_it_is_read_at_once(self, site: Site, org: Organisation, duane: Program) -> None:
        for number in range(3):
            remind(site, org, org.duane, number)
        remind(site, org, org.max)

        assert [answered(await duane.post(f"{NOTICES}/reading", None), 200) for _ in range(2)] == [
            {"marked": 3},
            {"marked": 0},
        ]
        assert await unread(duane) == []
        assert [each.read_at for each in site.rows(org, Notification) if each.person_id == org.max] == [None]

    async def test_what_came_after_what_was_seen_stays_unread(
        self, site: Site, org: Organisation, duane: Program
    ) -> None:
        remind(site, org, org.duane)
        (seen,) = answered(await duane.get(NOTICES), 200)["items"]
        later = remind(site, org, org.duane, 1)

        marked = answered(await duane.post(f"{NOTICES}/reading", {"until": seen["createdAt"]}), 200)

        assert marked == {"marked": 1}
        assert await unread(duane) == [later]

    async def test_nobody_reads_what_somebody_else_was_told(
        self, api: Api, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        notice, elsewhere = remind(site, org, org.duane), make_organisation(owner_engine)
        for program in (api.program(org, org.suzanne), api.program(elsewhere, elsewhere.duane)):
            refused(await program.post(f"{NOTICES}/{notice}/reading", None), 404, "not_found")
            answered(await program.post(f"{NOTICES}/reading", None), 200)

        assert [each.read_at for each in site.rows(org, Notification)] == [None]

    async def test_what_is_told_by_mail_alone_cannot_be_read_here(
        self, site: Site, org: Organisation, duane: Program, owner_engine: Engine
    ) -> None:
        notice = remind(site, org, org.duane)
        with owner_engine.begin() as connection:
            connection.execute(update(Notification).where(Notification.id == UUID(notice)).values(in_app=False))

        refused(await duane.post(f"{NOTICES}/{notice}/reading", None), 404, "not_found")

    async def test_a_time_without_an_offset_is_refused(self, duane: Program) -> None:
        answer = await duane.post(f"{NOTICES}/reading", {"until": "2026-11-18T10:08:00"})

        assert list(fields_refused(answer)) == ["until"]


class TestSettings:
    async def test_every_kind_is_told_and_as_usual_at_first(self, duane: Program) -> None:
        answer = answered(await duane.get(SETTINGS), 200)

        assert [each["kind"] for each in answer["items"]] == [kind.value for kind in NoticeKind]
        assert {each["isUsual"] for each in answer["items"]} == {True}
        assert answer["items"][3] == {
            "kind": "waiting",
            "inApp": True,
            "mail": False,
            "about": "A timesheet comes to you for a decision",
            "isUsual": True,
        }

    async def test_what_is_named_is_otherwise_and_the_rest_as_usual_again(
        self, site: Site, org: Organisation, duane: Program
    ) -> None:
        asked = {"settings": [{"kind": "waiting", "inApp": True, "mail": True}]}
        told = [answered(await duane.put(SETTINGS, asked, None), 200) for _ in range(2)]
        other = {"settings": [{"kind": "nudge", "inApp": False, "mail": False}]}
        after = answered(await duane.put(SETTINGS, other, None), 200)

        assert told[0] == told[1]
        assert {each["kind"] for each in told[0]["items"] if not each["isUsual"]} == {"waiting"}
        assert {each["kind"] for each in after["items"] if not each["isUsual"]} == {"nudge"}
        assert after == answered(await duane.get(SETTINGS), 200)
        (kept,) = site.rows(org, NotificationSetting)
        assert (kept.person_id, kept.kind, kept.in_app, kept.mail) == (org.duane, "nudge", False, False)

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ([{"kind": "birthday", "inApp": True, "mail": True}], "settings.0.kind"),
            ([{"kind": "nudge", "inApp": "yes", "mail": True}], "settings.0.inApp"),
            ([{"kind": "nudge", "mail": True}], "settings.0.inApp"),
            ([{"kind": "nudge", "inApp": True, "mail": True}] * 2, "settings.1.kind"),
            ("nudge", "settings"),
        ],
    )
    async def test_nonsense_is_refused_by_field_and_changes_nothing(
        self, site: Site, org: Organisation, duane: Program, said: Json, field: str
    ) -> None:
        assert list(fields_refused(await duane.put(SETTINGS, {"settings": said}, None))) == [field]
        assert site.rows(org, NotificationSetting) == []


async def test_a_token_that_only_reads_changes_nothing(api: Api, site: Site, org: Organisation) -> None:
    notice, reader = remind(site, org, org.duane), api.program(org, org.duane, Scope.READ)

    for path in (f"{NOTICES}/reading", f"{NOTICES}/{notice}/reading"):
        refused(await reader.post(path, None), 403, "scope_missing")
    refused(await reader.put(SETTINGS, {"settings": []}, None), 403, "scope_missing")
    assert await unread(reader) == [notice]


async def test_other_systems_are_told_nothing(api: Api, org: Organisation, owner_engine: Engine) -> None:
    system = api.program(org, hire(owner_engine, org, "Scheduler", "integration"))

    for path in (NOTICES, SETTINGS):
        refused(await system.get(path), 404, "not_found")
    refused(await system.post(f"{NOTICES}/reading", None), 404, "not_found")
