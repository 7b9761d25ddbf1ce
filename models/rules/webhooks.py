"""Rules of webhooks: which addresses events may be posted to, which events, and how long one tries in vain.

An address is typed by an administrator and called by our own machines, which reach more than the administrator
does. So only addresses of the public internet are called, looked at again each time a name is resolved.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from models.rules.entry_fields import Refused

LONGEST_URL = 2_000
MOST_PATTERNS = 30
MOST_WEBHOOKS = 20
"""Of one organisation."""

PATIENCE = timedelta(days=5)
"""For so long an event is tried before the webhook counts as dead and is paused."""

OLD_SECRET_LIVES = timedelta(days=1)
"""So long what is posted is signed with the secret before as well, so that its receiver can change it in peace."""

KEPT_ATTEMPTS = 200
"""Of one webhook, the newest."""

_PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=6),
)
"""After the first failure, the second…; the last one after all that follow."""

_PATTERN = re.compile(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)*(\.\*)?", re.ASCII)
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Where networks without IPv4 have the addresses of IPv4."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class WebhookContent:
    """What an administrator says of a webhook."""

    url: str
    event_types: tuple[str, ...] | None = None
    """Types of events, such as `countersign.timesheet.approved` or `countersign.timesheet.*`; None: all."""
    paused: bool = False

    @property
    def json(self) -> dict[str, Any]:
        """As the record of changes keeps it."""
        types = None if self.event_types is None else list(self.event_types)
        return {"url": self.url, "eventTypes": types, "paused": self.paused}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "WebhookContent":
        """As it was recorded."""
        types = stored["eventTypes"]
        return cls(stored["url"], None if types is None else tuple(types), stored["paused"])


def webhook_errors(content: WebhookContent, demo: bool) -> list[Refused]:
    """Why a webhook cannot be like this; empty when it can."""
    errors = [Refused("url", words) for words in [url_problem(content.url, demo)] if words]
    if content.event_types is not None:
        errors += [Refused("eventTypes", words) for words in [_types_problem(content.event_types)] if words]
    return errors


def url_problem(url: str, demo: bool) -> str | None:
    """Why nothing may be posted to an address, in words; None when something may, as far as the address itself says."""
    if len(url) > LONGEST_URL:
        return f"An address may have {LONGEST_URL:,} characters at most."
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return "Write a whole address, such as https://example.org/countersign."
    if parts.username is not None or parts.password is not None:
        return "An address must not hold a name or password: everybody who reads it could use them."
    if "#" in url:
        return "Leave out what follows the #: it is never sent."
    return _host_problem(parts.scheme, parts.hostname, demo)


def may_be_called(address: str, demo: bool) -> bool:
    """Whether a network address may be called: one of the public internet, or in the demo of this machine."""
    meant = _meant(ip_address(address))
    special = meant.is_multicast or meant.is_reserved or (isinstance(meant, IPv6Address) and meant.is_site_local)
    return (meant.is_global and not special) or (demo and meant.is_loopback)


def matches(type_: str, patterns: Collection[str] | None) -> bool:
    """Whether an event of this type is wanted."""
    if patterns is None:
        return True
    return any(type_ == each or (each.endswith(".*") and type_.startswith(each[:-1])) for each in patterns)


def pause_after(failures: int, failing_for: timedelta) -> timedelta | None:
    """How long to wait after so many failures in a row; None when it has gone on for too long: it is dead.

    The last try is when the patience ends.
    """
    left = PATIENCE - failing_for
    if left <= timedelta(0):
        return None
    return min(_PAUSES[min(failures, len(_PAUSES)) - 1], left)


def _parts(url: str) -> SplitResult | None:
    """An address taken apart; None for what programs read differently from each other."""
    if not url.isascii() or not url.isprintable() or re.search(r"[\s\\\"<>^`{|}]", url):
        return None
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            return None
    except ValueError:
        return None
    return parts


def _host_problem(scheme: str, host: str, demo: bool) -> str | None:
    try:
        local = ip_address(host)
    except ValueError:
        is_local, is_name = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost"), True
        callable_ = demo or not is_local
    else:
        is_local, is_name = _meant(local).is_loopback, False
        callable_ = may_be_called(host, demo)
    if not callable_:
        return "This is no address of the public internet. Events are not posted into private networks."
    if is_name and not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?", host):
        return "Write a whole address, such as https://example.org/countersign."
    if scheme == "https" or (scheme == "http" and demo and is_local):
        return None
    return "The address has to begin with https://, so that nobody reads on the way."


def _types_problem(types: Collection[str]) -> str | None:
    if not types:
        return "Name at least one type of events, or leave it empty for all."
    if len(types) > MOST_PATTERNS:
        return f"Name {MOST_PATTERNS} types at most."
    wrong = next((each for each in types if len(each) > 100 or not _PATTERN.fullmatch(each)), None)
    if wrong is not None:
        return f"“{wrong[:50]}” is no type of events. Write one such as countersign.timesheet.approved or …timesheet.*"
    return None


def _meant(address: Address) -> Address:
    """The address that is really called, where one stands for another."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        return inside or address
    return address
