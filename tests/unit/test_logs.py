"""What the log says, and what it keeps to itself."""

import logging

import pytest

from observability import hide_tokens
from web.auth.tokens import PREFIX

TOKEN = f"{PREFIX}mZ3k-0aVfQ_7c1tXyR9wLbN5hJ2sD8eGpUo4iK6vTzA"


@pytest.mark.parametrize("name", ["event", "path", "exception"])
def test_no_token_stands_in_a_log(name: str) -> None:
    said = hide_tokens(logging.getLogger(), "info", {name: f"GET /calendar/{TOKEN}.ics HTTP/1.1", "status": 200})

    assert said == {name: "GET /calendar/cs_….ics HTTP/1.1", "status": 200}
