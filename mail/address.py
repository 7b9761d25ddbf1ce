"""Where mail is handed over: what the setting says, understood."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_TLS = {"required": True, "auto": None, "off": False}
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mail, and how to talk to it."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    """From the first byte on."""
    starttls: bool | None = None
    """True: always; None: when the server offers it; False: never."""


def mail_server_at(url: str) -> MailServer:
    """What `smtp://user:password@host:587?starttls=required` stands for. Raises `ValueError` in words.

    A password is only sent over TLS, unless `starttls=off` says otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must look like smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465")
    asked = parse_qs(parts.query, keep_blank_values=True)
    named = asked.pop("starttls", ["required" if parts.username else "auto"])[-1]
    if asked or named not in _TLS:
        raise ValueError("takes starttls=required, auto or off after a question mark, and nothing else")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise ValueError("has a port that is none") from None
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        starttls=False if tls else _TLS[named],
    )


def sender_in(text: str) -> tuple[str, str]:
    """The name and the address in `Countersign <countersign@example.org>`. Raises `ValueError` in words."""
    name, bracket, rest = text.strip().rpartition("<")
    address = rest.removesuffix(">") if bracket else rest
    before, at, host = address.strip().partition("@")
    if not (before and at and host and address.isascii() and text.isprintable()) or " " in address.strip():
        raise ValueError("must look like countersign@example.org or Countersign <countersign@example.org>")
    return name.strip().strip('"'), address.strip()
