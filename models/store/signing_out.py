"""Ending sign-in sessions, so that their open pages learn of it as well."""

from sqlalchemy import ColumnElement, delete

from models.database import WriteSession
from models.store.signals import tell_revoked
from models.tables.auth import SignInSession


def end_sessions(session: WriteSession, *which: ColumnElement[bool]) -> None:
    """Sign out whoever uses one of these sessions. Those that are gone already are fine."""
    ended = delete(SignInSession).where(*which).returning(SignInSession.tenant_id, SignInSession.token_hash)
    for tenant_id, token_hash in session.execute(ended).all():
        tell_revoked(session, tenant_id, token_hash)
