"""What all tables share: naming of constraints, types, and the tenant that owns a row."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

INSERT_ONLY = {"grants": ("SELECT", "INSERT")}
"""Table info: the application may add rows and read them, nothing else."""

READ_WRITE = {"grants": ("SELECT", "INSERT", "UPDATE")}
"""Table info: rows change, and are never deleted."""

REPLACEABLE = {"grants": ("SELECT", "INSERT", "UPDATE", "DELETE")}
"""Table info: rows may go, since they are no facts (sessions, role assignments)."""

READ_ONLY = {"grants": ("SELECT",)}
"""Table info: filled by migrations or the owner."""


class Base(DeclarativeBase):
    """Every table of the product."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
    }


class TenantOwned:
    """A row that only its own tenant can see: the database enforces it (row-level security)."""

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), comment="whose row it is")
