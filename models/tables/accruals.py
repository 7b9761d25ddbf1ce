"""Balances of hours: agreements, contributions and what remains."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.tables.base import INSERT_ONLY, READ_WRITE, Base, TenantOwned


class Agreement(TenantOwned, Base):
    """A person's accrual year. Two of one person never overlap."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("end_date >= start_date", name="dates"),
        ExcludeConstraint(
            (text("uuid_range(person_id, person_id, '[]')"), "="),
            (text("daterange(start_date, end_date, '[]')"), "&&"),
            using="gist",
            name="ex_agreement_no_overlap",
        ),
        Index("ix_agreement_person", "person_id", "start_date"),
        {"info": READ_WRITE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    start_date: Mapped[date] = mapped_column(comment="inclusive")
    end_date: Mapped[date] = mapped_column(comment="inclusive")
    standard_day_minutes: Mapped[int] = mapped_column(default=444)


class AgreementTarget(TenantOwned, Base):
    """What a person is to work, or may claim, of one accrual type in one agreement."""

    __tablename__ = "agreement_target"
    __table_args__ = ({"info": READ_WRITE},)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    accrual_code: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[int] = mapped_column(comment="minutes or count")
    opening_balance: Mapped[int] = mapped_column(comment="balance of the day before the agreement starts")


class Contribution(TenantOwned, Base):
    """What one version of one entry adds to one accrual on one day; the entry's highest version is effective.

    Of that version and day the highest computation counts: reference data may change afterwards.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        PrimaryKeyConstraint("time_entry_id", "time_entry_version", "accrual_code", "day", "computation"),
        UniqueConstraint(
            "person_id",
            "accrual_code",
            "day",
            "time_entry_id",
            "time_entry_version",
            "computation",
            name="uq_contribution",
        ),
        {"info": INSERT_ONLY},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accrual_code: Mapped[str]
    time_entry_id: Mapped[UUID] = mapped_column(ForeignKey("time_entry.id"))
    time_entry_version: Mapped[int]
    day: Mapped[date] = mapped_column(comment="the person's local day")
    computation: Mapped[int] = mapped_column(
        default=0,
        server_default=text("0"),
        comment="of one version and day the highest counts: 0 when recorded, one more when reference data changed",
    )
    value: Mapped[int] = mapped_column(comment="minutes or count; positive uses up what remains")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Accrual(TenantOwned, Base):
    """What remains of one accrual on one day; only days on which something happened have a row."""

    __tablename__ = "accrual"
    __table_args__ = (PrimaryKeyConstraint("person_id", "accrual_code", "day"), {"info": READ_WRITE})

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accrual_code: Mapped[str]
    day: Mapped[date] = mapped_column(comment="the person's local day")
    total: Mapped[int] = mapped_column(comment="sum of the day's effective contributions")
    balance: Mapped[int] = mapped_column(comment="what remains at the end of the day")
