"""Whatever is sent, the answer has the documented shape and is never a fault of ours."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from models.standard import ABSENCE
from tests.factories import Organisation
from tests.web.api.conftest import (
    ADJUSTMENTS,
    AGREEMENTS,
    ENTRIES,
    FLEX,
    NOTES,
    SHEETS,
    Api,
    Json,
    Program,
    answered,
    fields_refused,
    recorded,
    refused,
    shift,
)

READABLE = (
    b"",
    b"null",
    b"1",
    b"[]",
    b'"text"',
    b"{}",
    b"true",
    b"NaN",
    b"-Infinity",
    b'{"reason": NaN, "digest": Infinity}',
    b'{"reason": 1, "reason": 2}',
    b'[[["x"]]]',
    b'{"\\u0000": "\\ud800"}',
    b"[" * 500 + b"]" * 500,
    b'{"digest": ' + b"9" * 4000 + b"}",
    b"\xef\xbb\xbf{}",
)
"""JSON, of a sort, that says nothing one could do."""

UNREADABLE = (
    b"{",
    b"{'a': 1}",
    b'{"a": }',
    b"\xff\xfe\x00",
    b'{"reason": "\xc3\x28"}',
    b"\xed\xa0\x80",
    b"\x00",
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"digest": ' + b"9" * 5000 + b"}",
)
"""What is no JSON, or none that can be read."""

NOBODYS = UUID(int=1)

CHANGES = [
    ("POST", ENTRIES),
    ("PATCH", ENTRIES),
    ("PUT", f"{ENTRIES}/{NOBODYS}"),
    ("DELETE", f"{ENTRIES}/{NOBODYS}"),
    ("POST", FLEX),
    ("POST", NOTES),
    ("POST", AGREEMENTS),
    ("PUT", f"{AGREEMENTS}/{NOBODYS}"),
    ("POST", ADJUSTMENTS),
    *(("POST", f"{SHEETS}/{NOBODYS}/{move}") for move in ("submission", "approval", "rejection", "revision", "lock")),
    ("DELETE", f"{SHEETS}/{NOBODYS}/submission"),
]


def shaped(answer: Response) -> bool:
    """Whether a refusal has one of the two documented shapes."""
    said = answer.json()
    if isinstance(said, list):
        return answer.status_code == 400 and all(set(each) >= {"field", "message", "data"} for each in said)
    return isinstance(said["message"], str) and bool(said["message"])


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_any_body_gets_an_answer(suzanne: Program, method: str, path: str) -> None:
    for body in READABLE:
        answer = await suzanne.call(method, path, body, seen='W/"1"')
        assert answer.status_code in (400, 404), (body[:40], answer.text)
        assert shaped(answer), body[:40]
    for body in UNREADABLE:
        said = refused(await suzanne.call(method, path, body, seen='W/"1"'), 422)
        assert said["message"] == "This is no JSON that can be read. Nothing was saved.", body[:40]


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_what_is_too_large_is_not_read(suzanne: Program, method: str, path: str) -> None:
    large = b'{"reason": "' + b"x" * 1024 * 1024 + b'"}'

    async def in_pieces() -> Any:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    headers = {"Authorization": f"Bearer {suzanne.token}", "If-Match": '"1"', "Content-Type": "application/json"}
    for content in (large, in_pieces()):
        answer = await suzanne.client.request(method, path, content=content, headers=headers)
        assert "At most 1 MB" in refused(answer, 413)["message"]


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""])
async def test_what_is_not_called_json_is_none(suzanne: Program, org: Organisation, type_: str) -> None:
    headers = {"Authorization": f"Bearer {suzanne.token}", "Content-Type": type_}
    content = json.dumps(shift(org.suzanne)).encode()

    answer = await suzanne.client.post(ENTRIES, content=content, headers=headers)

    assert (answer.status_code, shaped(answer)) == (400, True)


WRONG_INSTANTS: tuple[Json, ...] = (
    "",
    "2026-11-16",
    "2026-11-16T09:00:00",
    "2026-11-16T09:00Z",
    "2026-11-16 09:00:00Z",
    "2026-11-16T24:00:00Z",
    "2026-11-16T23:60:00Z",
    "2026-06-30T23:59:60Z",
    "2026-02-29T09:00:00Z",
    "2026-13-01T09:00:00Z",
    "2026-11-16T09:00:00+25:00",
    "2026-11-16T09:00:00+24:00",
    "2026-11-16T09:00:00+05:60",
    "2026-11-16T09:00:00+0530",
    "2026-11-16T09:00:00+05",
    "2026-11-16T09:00:00[Europe/London]",
    "2026-11-16T09:00:00.1234567890Z",
    "٢٠٢٦-11-16T09:00:00Z",
    "0000-11-16T09:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "1972-12-31T23:59:59Z",
    "9998-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "+12026-11-16T09:00:00Z",
    "now",
    "x" * 100_000,
    "\x00",
    "2026-11-16T09:00:00Z\n",
    1_794_819_600,
    0,
    1.5,
    True,
    None,
    [],
    ["2026-11-16T09:00:00Z"],
    {},
)


async def test_only_an_instant_with_its_offset_is_a_time(duane: Program, org: Organisation) -> None:
    for wrong in WRONG_INSTANTS:
        answer = await duane.post(ENTRIES, shift(org.duane, actualStartTime=wrong))
        assert fields_refused(answer).keys() == {"actualStartTime"}, repr(wrong)[:60]


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("2026-11-16T09:00:00z", "2026-11-16T09:00:00+00:00"),
        ("2026-11-16t09:00:00.5Z", "2026-11-16T09:00:00.500000+00:00"),
        ("2026-11-16T09:00:00.123456789Z", "2026-11-16T09:00:00.123456+00:00"),
        ("2026-11-16T09:00:00-00:00", "2026-11-16T09:00:00+00:00"),
        ("2026-11-16T09:00:00+14:00", "2026-11-16T09:00:00+14:00"),
        ("2026-11-16T09:00:00-23:59", "2026-11-16T09:00:00-23:59"),
        ("2026-11-16T09:00:00+05:45", "2026-11-16T09:00:00+05:45"),
    ],
)
async def test_an_instant_is_given_as_it_was_typed(duane: Program, org: Organisation, typed: str, given: str) -> None:
    entry = await recorded(duane, shift(org.duane, None, None, actualStartTime=typed))

    assert entry["actualStartTime"] == given


@pytest.mark.parametrize(
    ("typed", "sheet_day"),
    [
        ("2026-03-29T01:30:00+00:00", "2026-03-29"),
        ("2026-03-29T01:30:00+01:00", "2026-03-29"),
        ("2026-10-25T01:30:00+01:00", "2026-10-25"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25"),
        ("2026-11-16T00:30:00+01:00", "2026-11-15"),
        ("2026-11-15T23:30:00-01:00", "2026-11-16"),
        ("2026-03-29T00:30:00+13:00", "2026-03-28"),
    ],
)
async def test_an_instant_is_what_its_offset_says_whatever_the_clocks_showed(
    duane: Program, org: Organisation, typed: str, sheet_day: str
) -> None:
    """In a gap, in a fold, or with an offset that no clock of the owner has: the instant counts, not the clock."""
    entry = await recorded(duane, shift(org.duane, None, None, actualStartTime=typed))

    assert entry["actualStartTime"] == typed
    found = answered(await duane.get(ENTRIES, date=sheet_day), 200)["items"]
    assert [each["id"] for each in found] == [entry["id"]]


async def test_a_whole_day_is_from_midnight_to_midnight_of_the_owner(duane: Program, org: Organisation) -> None:
    def absent(start: str, end: str) -> Json:
        times: dict[str, Json] = {"actualStartTime": start, "actualEndTime": end, "timePeriodTypeId": str(ABSENCE)}
        return shift(org.duane, None, None, **times)

    await recorded(duane, absent("2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+01:00"))
    await recorded(duane, absent("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"))
    for wrong in (
        absent("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
        absent("2026-06-01T00:00:00+01:00", "2026-06-03T00:00:00+01:00"),
        absent("2026-06-01T00:00:00+01:00", "2026-06-01T12:00:00+01:00"),
    ):
        assert fields_refused(await duane.post(ENTRIES, wrong)).keys() == {"startTime"}


ODD: tuple[Any, ...] = (0, 1, -1, 1.5, True, [], {}, ["x"], {"a": 1}, 10**30)


@pytest.mark.parametrize("name", ["task", "shiftType", "note", "reason"])
async def test_a_text_is_a_text_that_can_be_stored(duane: Program, org: Organisation, name: str) -> None:
    for wrong in (*ODD, "a\x00b", "\ud800", "a\udfffb", "x" * 10_000, "x" * 900_000):
        body = json.dumps(shift(org.duane, **{name: wrong})).encode()
        assert fields_refused(await duane.post(ENTRIES, body)).keys() == {name}, repr(wrong)[:40]


@pytest.mark.parametrize("name", ["ownerId", "timePeriodTypeId", "projectId", "onBehalfOf"])
async def test_an_id_is_an_id(duane: Program, org: Organisation, name: str) -> None:
    for wrong in (*ODD, "", "x", "staff-4366", "\x00", str(org.duane)[:-1], f"{org.duane}0", "\ud800"):
        body = json.dumps(shift(org.duane) | {name: wrong}).encode()
        assert fields_refused(await duane.post(ENTRIES, body)).keys() == {name}, repr(wrong)


async def test_minutes_are_whole_and_no_text(duane: Program, org: Organisation) -> None:
    numbers: list[Json] = ["30", 30.5, True, None, -1, 44_641, 10**30, [], float("nan"), float("inf")]
    for wrong in numbers:
        body = json.dumps(shift(org.duane, mealBreakMinutes=wrong)).encode()
        assert fields_refused(await duane.post(ENTRIES, body)).keys() == {"mealBreakMinutes"}, wrong
    assert fields_refused(await duane.post(ENTRIES, shift(org.duane, mealBreakMinutes=480))).keys() == {
        "mealBreakMinutes"
    }


async def test_versions_are_whole_and_no_text(duane: Program, org: Organisation) -> None:
    entry = await recorded(duane, shift(org.duane))
    numbers: list[Json] = ["1", 1.5, True, None, 0, -1, 2**31, 10**30, []]
    for wrong in numbers:
        change = {"type": "altered", "timeEntryId": entry["id"], "timeEntryVersion": wrong, "authorisedBy": "Roland"}
        assert fields_refused(await duane.post(FLEX, shift(org.duane) | change)).keys() == {"timeEntryVersion"}, wrong
        several = [{"op": "replace", "path": f"/{entry['id']}", "value": shift(org.duane) | {"version": wrong}}]
        assert fields_refused(await duane.patch(ENTRIES, several)).keys() == {"0.value.version"}, wrong


async def test_an_entry_has_an_end_one_can_live_to_see(duane: Program, org: Organisation) -> None:
    body = shift(org.duane, actualEndTime="2027-11-16T09:00:00Z")

    assert fields_refused(await duane.post(ENTRIES, body)) == {"endTime": "An entry may last at most 31 days."}


HOSTILE = (
    "<svg/onload=alert(1)>",
    "{{7*7}}",
    "'; DROP TABLE time_entry; --",
    "%_%",
    "=1+1",
    "\u202e\u200b\ufeff",
    "e\u0301 \U0001f9d1\u200d\U0001f680",
)
"""What has broken others."""


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_comes_back_as_it_was_written(duane: Program, org: Organisation, text: str) -> None:
    entry = await recorded(duane, shift(org.duane, task=text))
    said = answered(await duane.post(NOTES, {"ownerId": str(org.duane), "date": "2026-11-16", "content": text}), 201)

    assert (entry["task"], said["content"]) == (text.strip(), text.strip())


@pytest.mark.parametrize("key", ["x", "", "1", "00000000-0000-0000-0000-00000000000", "é"])
async def test_a_key_is_a_uuid(duane: Program, org: Organisation, key: str) -> None:
    headers = [
        (b"Authorization", f"Bearer {duane.token}".encode()),
        (b"Idempotency-Key", key.encode()),
        (b"Content-Type", b"application/json"),
    ]
    content = json.dumps(shift(org.duane)).encode()

    answer = await duane.client.post(ENTRIES, content=content, headers=headers)

    assert fields_refused(answer).keys() == {"Idempotency-Key"}


@pytest.mark.parametrize(
    "path", [f"{ENTRIES}/x", f"{ENTRIES}/1", f"{NOTES}/{'x' * 5000}", f"{SHEETS}/%F0%28", "/resources/"]
)
async def test_an_id_that_is_none_leads_nowhere(duane: Program, path: str) -> None:
    answer = await duane.get(path)

    assert (answer.status_code, shaped(answer)) == (404, True)


@pytest.mark.parametrize("path", [f"{ENTRIES}/%00", f"{ENTRIES}?after=%00", f"{ENTRIES}?date=%00"])
async def test_an_address_with_nul_is_none(duane: Program, path: str) -> None:
    answer = await duane.get(path)

    assert (answer.status_code, shaped(answer)) == (400, True)


async def test_a_parameter_given_twice_or_with_rubbish_is_answered(duane: Program) -> None:
    for query in (
        "ownerId=x&ownerId=y",
        "first=1&first=2",
        "first=%D9%A1",
        "date[]=2026-11-16",
        "date=2026-11-16T00:00:00Z",
        "date=%F0%28%8C%28",
        "from='; DROP TABLE time_entry; --",
        "after=" + "x" * 5000,
        "&&&===",
        "unknown=" + "x" * 5000,
    ):
        answer = await duane.get(f"{ENTRIES}?{query}")
        assert answer.status_code in (200, 400), query
        assert answer.status_code == 200 or shaped(answer), query


async def test_another_verb_is_answered_with_those_there_are(duane: Program) -> None:
    for path, verbs in (
        (ENTRIES, "GET, PATCH, POST"),
        (f"{ENTRIES}/{uuid4()}", "DELETE, GET, PUT"),
        (f"{SHEETS}/{uuid4()}/submission", "DELETE, POST"),
        (FLEX, "POST"),
    ):
        for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "OPTIONS"} - set(verbs.split(", ")):
            answer = await duane.call(verb, path, b"")
            assert refused(answer, 405)["message"] == "This address is for something else. Nothing was saved."
            assert answer.headers["Allow"] == verbs


async def test_answers_say_what_they_are_and_are_not_kept(api: Api, duane: Program, org: Organisation) -> None:
    answers = [
        await duane.get(ENTRIES),
        await duane.post(ENTRIES, shift(org.duane)),
        await duane.post(ENTRIES, {}),
        await api.stranger().get(ENTRIES),
        await duane.get(f"{ENTRIES}/{uuid4()}"),
        await duane.call("POST", ENTRIES, b"{"),
    ]

    for answer in answers:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
