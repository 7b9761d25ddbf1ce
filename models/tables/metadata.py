"""All tables together: for migrations, and for rules that hold for every table."""

from sqlalchemy import MetaData

from models.tables import (
    accruals,
    approval,
    auth,
    delivery,
    intake,
    people,
    projects,
    provenance,
    seals,
    timecard,
    timesheet,
)
from models.tables.base import Base

MODULES = (people, timecard, timesheet, approval, accruals, projects, provenance, seals, delivery, intake, auth)
"""Every module with tables; importing them fills the metadata."""


def everything() -> MetaData:
    """The metadata with every table of the product."""
    return Base.metadata
