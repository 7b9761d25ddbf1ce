"""Who gets in: accounts, sessions and API tokens.

These are looked up before the tenant is known. The database shows a row to a transaction of its tenant,
or to one that already holds the very key it is found by (see `models.database.credential_transaction`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, PrimaryKeyConstraint, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from models.tables.base import READ_WRITE, REPLACEABLE, Base, TenantOwned


class Account(TenantOwned, Base):
    """How a person signs in with a password."""

    __tablename__ = "account"
    __table_args__ = (Index("ix_account_login", "login"), {"info": READ_WRITE | {"key": "login"}})

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    login: Mapped[str] = mapped_column(comment="staff id, lower case")
    password_hash: Mapped[str] = mapped_column(comment="argon2id")


class SignInSession(TenantOwned, Base):
    """One signed-in browser; ending it signs the browser out at once."""

    __tablename__ = "session"
    __table_args__ = (
        PrimaryKeyConstraint("token_hash"),
        Index("ix_session_person", "person_id"),
        {"info": REPLACEABLE | {"key": "token_hash"}},
    )

    token_hash: Mapped[str] = mapped_column(comment="SHA-256 of the cookie's token, hexadecimal")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now(), comment="idle expiry counts from here")
    expires_at: Mapped[datetime] = mapped_column(comment="absolute expiry")
    acting_for_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    acting_reason: Mapped[str | None]


class ApiToken(TenantOwned, Base):
    """One bearer token of a program that acts as a person, with less than that person's rights or all of them."""

    __tablename__ = "api_token"
    __table_args__ = (
        PrimaryKeyConstraint("token_hash"),
        Index("ix_api_token_person", "tenant_id", "person_id"),
        {"info": READ_WRITE | {"key": "token_hash"}},
    )

    token_hash: Mapped[str] = mapped_column(comment="SHA-256 of the token, hexadecimal")
    id: Mapped[UUID] = mapped_column(unique=True, comment="what it is revoked by")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(comment="what it is for, as its maker called it")
    scopes: Mapped[list[str]] = mapped_column(
        ARRAY(String), comment="what it may be used for; never more than its person"
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None] = mapped_column(comment="to the hour")
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """One failed sign-in, kept as long as it slows down the next."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_key", "key", "failed_at"),
        {"info": REPLACEABLE | {"directory": True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(comment="hash of the account or address tried")
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
