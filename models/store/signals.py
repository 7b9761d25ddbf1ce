"""Telling the pages that are open that something changed: at the commit, and nobody has to ask again and again."""

import json
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from models.database import WriteSession

CHANNEL = "countersign"
"""What web processes listen to."""

RECORDED = "recorded"
"""What is signalled when something was added to the record."""

MOST_NAMED = 100
"""People named in one signal; its size is limited, and beyond that everybody in the organisation may look."""


def tell_live(
    session: WriteSession, tenant_id: UUID, timesheet_id: UUID | None, people: Collection[UUID], what: str
) -> None:
    """Signal at the commit that `what` happened to a timesheet and concerns these people.

    A signal says that there is something to look at and nothing of it: whoever hears it reads what they may see.
    """
    named = sorted(str(person) for person in people)
    payload = {
        "tenant": str(tenant_id),
        "timesheet": str(timesheet_id) if timesheet_id else None,
        "people": named if len(named) <= MOST_NAMED else None,
        "what": what,
    }
    session.execute(_NOTIFY, {"channel": CHANNEL, "payload": json.dumps(payload)})


def recorded_signal(tenant_id: UUID, transaction_id: UUID) -> str:
    """What is signalled at the commit of a transaction that has added to the record."""
    return json.dumps({"tenant": str(tenant_id), "transaction": str(transaction_id), "what": RECORDED})


def tell_revoked(session: WriteSession, tenant_id: UUID, session_key: str) -> None:
    """Signal at the commit that a sign-in session or a token is over, so that what it has open hears no more."""
    payload = {"tenant": str(tenant_id), "session": session_key, "what": "session"}
    session.execute(_NOTIFY, {"channel": CHANNEL, "payload": json.dumps(payload)})


_NOTIFY = text("SELECT pg_notify(:channel, :payload)")
