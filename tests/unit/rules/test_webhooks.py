"""Where events may be posted to, which, and how long in vain."""

from datetime import timedelta

import pytest

from models.rules.webhooks import (
    PATIENCE,
    WebhookContent,
    matches,
    may_be_called,
    pause_after,
    url_problem,
    webhook_errors,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/hooks/countersign?key=a%20b",
        "https://EXAMPLE.org/",
        "https://93.184.215.14/x",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x",
        "https://my_host.example.org/x",
        "https://example.org./x",
    ],
)
@pytest.mark.parametrize("demo", [False, True])
def test_addresses_of_the_public_internet_are_accepted(url: str, demo: bool) -> None:
    assert url_problem(url, demo) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "//example.org/hook",
        "https://",
        "https:///hook",
        "https://:443/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://exa mple.org/",
        "https://example.org/\r\nX-Evil: yes",
        "https://example.org/\nwebhook-id: 1",
        "https://example.org/\x00",
        "https://example.org\\@127.0.0.1/",
        "https://ex<svg onload=x>.org/",
        "https://exämple.org/",
        "https://-example.org/",
        "https://{{7*7}}/",
        "https://example.org/#part",
        "https://name:password@example.org/",
        "https://@example.org/",
        "http://example.org/",
        "HTTP://example.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "https://[::1",
        "https://example.org/" + "x" * 2_000,
    ],
)
@pytest.mark.parametrize("demo", [False, True])
def test_what_is_no_such_address_is_refused_with_what_to_write(url: str, demo: bool) -> None:
    assert url_problem(url, demo)


INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "255.255.255.255",
    "224.0.0.1",
    "198.18.0.1",
    "240.0.0.1",
    "::",
    "::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_of_networks_are_not_called(address: str) -> None:
    assert not may_be_called(address, demo=False)
    assert url_problem(f"https://{f'[{address}]' if ':' in address else address}/", demo=False)


def test_the_demo_may_call_this_machine_and_no_other_inside() -> None:
    loopback = {"127.0.0.1", "127.1.2.3", "::1"}
    assert {address for address in INSIDE if may_be_called(address, demo=True)} == loopback
    assert url_problem("http://127.0.0.1:8080/hook", demo=True) is None
    assert url_problem("http://localhost:8080/hook", demo=True) is None
    assert url_problem("https://127.0.0.1/hook", demo=True) is None
    assert url_problem("http://169.254.169.254/latest", demo=True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "x.localhost"])
def test_in_production_this_machine_has_no_name(host: str) -> None:
    assert url_problem(f"https://{host}/", demo=False)


@pytest.mark.parametrize(
    ("types", "fits"),
    [
        (None, True),
        (("countersign.timesheet.*",), True),
        (("countersign.time-entry.recorded", "countersign.*"), True),
        ((), False),
        (("*",), False),
        (("countersign.%",), False),
        (("countersign.timesheet.",), False),
        (("countersign.*.approved",), False),
        (("Countersign.timesheet.*",), False),
        (("a" * 101,), False),
        (("<svg/onload=x>",), False),
        (tuple(f"countersign.{letter * 2}.x" for letter in "abcdefghijklmnopqrstuvwxyzabcdefg"), False),
    ],
)
def test_types_of_events_are_whole_names_or_the_beginnings_of_some(types: tuple[str, ...] | None, fits: bool) -> None:
    errors = webhook_errors(WebhookContent("https://example.org", types), demo=False)
    assert [each.field for each in errors] == ([] if fits else ["eventTypes"])


def test_a_beginning_ends_where_a_word_ends() -> None:
    wanted = ("countersign.timesheet.*", "countersign.note.added")
    found = [
        type_
        for type_ in (
            "countersign.timesheet.approved",
            "countersign.timesheet",
            "countersign.timesheets.approved",
            "countersign.note.added",
            "countersign.note.added.twice",
        )
        if matches(type_, wanted)
    ]
    assert found == ["countersign.timesheet.approved", "countersign.note.added"]
    assert matches("anything", None)


def test_pauses_grow_from_seconds_to_hours_and_end_with_the_patience() -> None:
    passed = timedelta(0)
    pauses: list[timedelta] = []
    while (pause := pause_after(len(pauses) + 1, passed)) is not None:
        pauses.append(pause)
        passed += pause

    assert passed == PATIENCE
    assert pauses[0] <= timedelta(seconds=10)
    assert max(pauses) >= timedelta(hours=4)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert 15 <= len(pauses) <= 40
    assert pause_after(1, PATIENCE + timedelta(seconds=1)) is None
