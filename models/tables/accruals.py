"""Balances of hours: agreements, contributions and what remains."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func, text

from models.rules.agreements import STANDARD_DAY_MINUTES
from models.tables.base import INSERT_ONLY, READ_WRITE, REPLACEABLE, Base, TenantOwned


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
    standard_day_minutes: Mapped[int] = mapped_column(default=STANDARD_DAY_MINUTES)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), comment="1, 2, 3…: one for each change")


class AgreementTarget(TenantOwned, Base):
    """What a person is to work, or may claim, of one accrual type in one agreement; changes of it are recorded."""

    __tablename__ = "agreement_target"
    __table_args__ = ({"info": REPLACEABLE},)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    accrual_code: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[int] = mapped_column(comment="minutes or count")
    opening_balance: Mapped[int] = mapped_column(comment="balance of the day before the agreement starts")


class Contribution(TenantOwned, Base):
    """What one version of one entry adds to one accrual on one day; the entry's highest version is effective.

    Of that version and day the highest computation counts: reference data may change afterwards. What a flex
    change adds is its own, beside the version that it made, and effective whatever becomes of the entry.
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
        CheckConstraint(
            "(accrual_code = 'FLEXIBLE_CREDITS') = (flex_change_id IS NOT NULL)", name="flexible_credits_of_changes"
        ),
        {"info": INSERT_ONLY},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accrual_code: Mapped[str]
    time_entry_id: Mapped[UUID] = mapped_column(ForeignKey("time_entry.id"))
    time_entry_version: Mapped[int]
    flex_change_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("flex_change.id"), comment="the change whose credit this is; it made this version of the entry"
    )
    day: Mapped[date] = mapped_column(comment="the person's local day")
    computation: Mapped[int] = mapped_column(
        default=0,
        server_default=text("0"),
        comment="of one version and day the highest counts: 0 when recorded, one more when reference data changed",
    )
    value: Mapped[int] = mapped_column(comment="minutes or count; positive uses up what remains")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Adjustment(TenantOwned, Base):
    """What an administrator gave or took by hand, and why; never changed: a wrong one is answered by another."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("value <> 0", name="value"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_adjustment_person", "person_id", "day", "id"),
        {"info": INSERT_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accrual_code: Mapped[str]
    day: Mapped[date] = mapped_column(comment="the person's local day from which on it counts")
    value: Mapped[int] = mapped_column(comment="minutes or count; positive raises what remains")
    reason: Mapped[str]
    reverses_flex_change_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("flex_change.id"), unique=True, comment="the flex change whose credit it gives back"
    )
    authorised_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    command_id: Mapped[UUID]
    content_hash: Mapped[str] = mapped_column(comment="the same command with another content is refused")


class Accrual(TenantOwned, Base):
    """What remains of one accrual on one day; only days on which something happened have a row.

    No fact but the arithmetic of facts, so it is rewritten as they come.
    """

    __tablename__ = "accrual"
    __table_args__ = (
        PrimaryKeyConstraint("person_id", "accrual_code", "day"),
        # An early day changes all later ones: with room on the page no index has to follow.
        {"info": REPLACEABLE, "postgresql_with": {"fillfactor": 50}},
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    accrual_code: Mapped[str]
    day: Mapped[date] = mapped_column(comment="the person's local day")
    total: Mapped[int] = mapped_column(comment="sum of the day's effective contributions")
    balance: Mapped[int] = mapped_column(comment="what remains at the end of the day")


class HolidayException(TenantOwned, Base):
    """A day that an organisation adds to the public holidays of a place, or takes from them; changes are recorded."""

    __tablename__ = "holiday_exception"
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "place", "day"),
        CheckConstraint("kind IN ('added', 'removed')", name="kind"),
        {"info": REPLACEABLE},
    )

    place: Mapped[str] = mapped_column(comment="ISO 3166 place")
    day: Mapped[date]
    kind: Mapped[str]
    name: Mapped[str]


class AccrualRebuild(TenantOwned, Base):
    """Balances brought to what they are by the reference data of now, person by person; or only looked at.

    What was only looked at goes after a while.
    """

    __tablename__ = "accrual_rebuild"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'cancelled')", name="state"),
        Index("ix_accrual_rebuild_begun", "tenant_id", "asked_at"),
        Index("ix_accrual_rebuild_open", "tenant_id", postgresql_where=text("state IN ('waiting', 'running')")),
        {"info": REPLACEABLE},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    because: Mapped[str] = mapped_column(comment="what changed, in words")
    supposed: Mapped[dict[str, Any] | None] = mapped_column(
        comment="the change that is only looked at, with what it would do; none: the balances are rebuilt"
    )
    state: Mapped[str] = mapped_column(default="waiting")
    people: Mapped[int] = mapped_column(comment="whom it concerns")
    people_per_second: Mapped[int | None] = mapped_column(comment="none: as fast as it goes")
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="none: the command line")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    command_id: Mapped[UUID]


class AccrualRebuildBatch(TenantOwned, Base):
    """Some of the people of a rebuild, one after the other: those before `done` are finished."""

    __tablename__ = "accrual_rebuild_batch"
    __table_args__ = (
        PrimaryKeyConstraint("rebuild_id", "number"),
        CheckConstraint("done BETWEEN 0 AND cardinality(person_ids)", name="done"),
        {"info": REPLACEABLE},
    )

    rebuild_id: Mapped[UUID] = mapped_column(ForeignKey("accrual_rebuild.id"))
    number: Mapped[int] = mapped_column(comment="0, 1, 2…")
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    changed: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="people whose balances changed")
    differences: Mapped[list[Any]] = mapped_column(
        JSONB(), default=list, server_default=text("'[]'"), comment="of what is only looked at: whose, before and after"
    )
    aside: Mapped[list[Any]] = mapped_column(
        JSONB(), default=list, server_default=text("'[]'"), comment="who of them could not be computed, and why"
    )
