"""A letter in the form that mail has: plain text and HTML, both made here, neither from what anybody typed."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mail.address import sender_in
from models.rules.letters import Letter
from models.rules.notice_words import one_line

TEMPLATES = Path(__file__).parent / "templates"

SETTINGS = "/notifications/settings"
"""Where one chooses what one is told by mail."""

LONGEST_SUBJECT = 150
LONGEST_SENTENCE = 1_000
LONGEST_NAME = 80

_POLICY = SMTP.clone(cte_type="7bit")
"""Every server takes it, however old."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails of an installation share."""

    sender: str
    """`Countersign <countersign@example.org>`"""
    base_url: str
    """Every link starts with it; nothing that a request says does."""

    def link(self, path: str) -> str:
        """The address of a page."""
        return f"{self.base_url.rstrip('/')}{path}"

    @property
    def host(self) -> str:
        """The name that ids of messages end with."""
        return urlsplit(self.base_url).hostname or "localhost"


def compose(letter: Letter, head: Letterhead, now: datetime) -> EmailMessage:
    """A letter as a message, the same one each time it is tried."""
    message = EmailMessage(policy=_POLICY)
    name, address = sender_in(head.sender)
    message["From"] = _address(name, address)
    message["To"] = _address(letter.to_name, letter.to_address)
    message["Subject"] = one_line(letter.words.title, LONGEST_SUBJECT)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.notification_id}@{head.host}>"
    # Nothing answers a machine: no holiday replies, no loops.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Unsubscribe"] = f"<{head.link(SETTINGS)}>"
    shown = _shown(letter, head)
    message.set_content(_text().get_template("notice.txt").render(shown))
    message.add_alternative(_html().get_template("notice.html").render(shown), subtype="html")
    return message


def _shown(letter: Letter, head: Letterhead) -> dict[str, object]:
    words = letter.words
    return {
        "to": one_line(letter.to_name, LONGEST_NAME),
        "title": one_line(words.title, LONGEST_SUBJECT),
        "sentence": one_line(words.sentence, LONGEST_SENTENCE),
        "action": words.action,
        "link": head.link(words.path),
        "decide": head.link(f"/mail/{letter.decide}") if letter.decide else None,
        "settings": head.link(SETTINGS),
        "organisation": one_line(letter.organisation, LONGEST_NAME),
    }


def _address(name: str, address: str) -> Address:
    before, _, host = address.partition("@")
    return Address(one_line(name, LONGEST_NAME), before, host)


@lru_cache
def _html() -> Environment:
    """Everything is escaped."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


@lru_cache
def _text() -> Environment:
    """Plain text has nothing to escape: no program reads anything but words in it."""
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - text/plain
