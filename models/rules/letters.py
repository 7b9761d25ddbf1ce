"""What one mail says and to whom, before it is put into the form that mail has."""

from dataclasses import dataclass
from uuid import UUID

from models.rules.notice_words import Words


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice on its way to one person."""

    notification_id: UUID
    organisation: str
    to_name: str
    to_address: str
    words: Words
    decide: str | None = None
    """The token of the link by which it may be decided on; None: not from the mail."""
