"""A real mail server that keeps what it takes, and says no when it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID, uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine

from embedded import free_port
from mail.address import MailServer, mail_server_at
from models.database import command_transaction
from models.messages import MailKey
from models.rules.notices import NoticeKind
from models.store.notifying import Notice, notification_id, notify
from tests.desk import Desk
from tests.factories import Organisation, change_person

TAKEN = "250 Taken"
CUT_OFF = "cut off"
"""The server takes all of it, and is gone before it says so."""


@dataclass
class Mailbox:
    """What the server was given, and what it answers next; when nothing is said it takes everything."""

    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is, as a setting says it."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def server(self) -> MailServer:
        """Where it is."""
        return mail_server_at(self.url)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        """Called by the server with a whole message."""
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer in (TAKEN, CUT_OFF):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.letters.append(message)
            self.recipients += envelope.rcpt_tos
        if answer == CUT_OFF:
            assert server.transport is not None
            server.transport.close()
        return answer


@contextmanager
def mail_server(port: int | None = None) -> Iterator[Mailbox]:
    """A mail server while the block runs."""
    box = Mailbox(port=port or free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, ready_timeout=30)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def parts_of(letter: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML of a letter."""
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def give_address(owner: Engine, org: Organisation, person_id: UUID, address: str | None = None) -> str:
    """Let somebody have a mail address."""
    given = address or f"{org.slug}-{person_id.hex[:6]}@example.org"
    change_person(owner, person_id, email=given)
    return given


def tell(
    desk: Desk, org: Organisation, person_id: UUID, kind: NoticeKind, sheet: UUID | None = None, **data: object
) -> MailKey:
    """Tell somebody something; the key of its mail."""
    key = str(uuid4())
    with command_transaction(desk.engine, org.tenant_id) as session:
        notify(session, org.tenant_id, [Notice(person_id, kind, key, sheet, data)])
    return MailKey(org.tenant_id, notification_id(org.tenant_id, person_id, key))
