"""What a browser with an empty cache loads for a person's week."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from bench.browser import Answer, Connection
from bench.figures import Figure, Goal
from bench.organisation import Organisation

LIGHT = Goal(150.0)
FONT_FACE = re.compile(r"@font-face\s*\{(.*?)\}", re.DOTALL)
RANGE = re.compile(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", re.IGNORECASE)
REFERENCE = re.compile(r"""url\(\s*['"]?([^'")]+)""")


async def measure(org: Organisation) -> list[Figure]:
    """The figure 'page weight': every byte on the wire, heads of the answers included."""
    await org.record_this_week()
    connection = await Connection.open(org.system.origin)
    try:
        loaded = await _load(connection, org)
    finally:
        await connection.close()
    for path, answer in loaded.items():
        assert answer.status == 200, f"{path}: {answer.status}"
    total = sum(answer.received for answer in loaded.values())
    return [Figure("page weight, week page", [total / 1000], "kB", samples=f"{len(loaded)} files", goal=LIGHT)]


async def _load(connection: Connection, org: Organisation) -> dict[str, Answer]:
    path = "/week"
    page = await connection.follow(path, org.worker)
    loaded = {path: page}
    text = page.text
    waiting = list(_referenced(text, path))
    while waiting:
        wanted = waiting.pop()
        if wanted in loaded:
            continue
        answer = loaded[wanted] = await connection.get(wanted, org.worker)
        if answer.header("content-type").startswith("text/css"):
            waiting += _referenced_by_style(answer.text, wanted, text)
    return loaded


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        wanted = given.get("href") if tag == "link" else given.get("src")
        if wanted:
            self.found.append(wanted)


def _referenced(page: str, path: str) -> Iterator[str]:
    parser = _References()
    parser.feed(page)
    yield from (_own(wanted, path) for wanted in parser.found if not wanted.startswith("data:"))


def _referenced_by_style(style: str, path: str, page: str) -> Iterator[str]:
    """What a style sheet loads; of the fonts those that a character of the page needs."""
    for face in FONT_FACE.findall(style):
        if _is_needed(face, page):
            yield from (_own(wanted, path) for wanted in REFERENCE.findall(face)[:1])
    for wanted in REFERENCE.findall(FONT_FACE.sub("", style)):
        if not wanted.startswith("data:"):
            yield _own(wanted, path)


def _is_needed(face: str, page: str) -> bool:
    ranges = [(int(low, 16), int(high or low, 16)) for low, high in RANGE.findall(face)]
    used = {ord(character) for character in page}
    return not ranges or any(low <= code <= high for code in used for low, high in ranges)


def _own(wanted: str, path: str) -> str:
    parts = urlsplit(urljoin(path, wanted))
    assert not parts.netloc, f"{wanted} is loaded from somewhere else"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
