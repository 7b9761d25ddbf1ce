"""What has happened and others want to hear of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from models.tables.base import INSERT_ONLY, Base, TenantOwned


class OutboxEvent(TenantOwned, Base):
    """One outgoing event, written with the command that caused it."""

    __tablename__ = "outbox"
    __table_args__ = (PrimaryKeyConstraint("sequence"), {"info": INSERT_ONLY})

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    id: Mapped[UUID] = mapped_column(unique=True, comment="stable id of the event for its receivers")
    type: Mapped[str] = mapped_column(comment="countersign.timesheet.submitted and the like")
    subject: Mapped[str] = mapped_column(comment="the id of what it is about")
    data: Mapped[dict[str, Any]]
    command_id: Mapped[UUID]
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.now())
