"""Who and what the demo is about: two organisations, their people, projects, agreements and accounts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.dialects.postgresql import insert

from models.rules.accrual_types import AccrualCode
from models.standard import CERTIFICATION, standard_types
from models.tables.accruals import Agreement, AgreementTarget
from models.tables.auth import Account
from models.tables.base import Base
from models.tables.people import Person, PersonRole, Project, Tenant, TenantPolicy
from models.tables.timecard import TimePeriodType
from web.auth.demo import PASSWORD
from web.auth.passwords import hash_password

NAMESPACE = UUID("5b1f7ab5-8f5d-4c8e-a4a5-0f0d7c0d1e3a")
"""Ids of the demo follow from names, so that filling it twice finds what is there."""

ZONE = "Europe/London"

PLACE = "GB-ENG"

STANDARD_DAY = 444

TARGETS = {
    AccrualCode.ANNUAL_TARGET_HOURS: 1_731 * 60,
    AccrualCode.NIGHT_HOURS: 120 * 60,
    AccrualCode.WEEKEND_HOURS: 40 * 60,
    AccrualCode.PUBLIC_HOLIDAY_CREDIT: 8 * STANDARD_DAY,
    AccrualCode.ON_CALL_WEEKDAY: 12,
    AccrualCode.ON_CALL_WEEKEND: 8,
    AccrualCode.FLEXIBLE_CREDITS: 12,
    AccrualCode.ROSTERED_SHIFT_ALLOWANCE: 50,
}
"""Minutes or counts of a whole year. What has no target is counted all the same."""

RECORDED_WEEKS = 13
"""So much of the year was recorded here; what was worked before came with the opening balances."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo, by staff id."""

    staff_id: str
    name: str
    roles: tuple[str, ...] = ("worker",)
    supervisor: str | None = None
    signs_in: bool = True


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """An organisation of the demo. Supervisors stand before those they supervise."""

    slug: str
    name: str
    people: tuple[DemoPerson, ...]
    projects: tuple[tuple[str, str, str | None], ...] = ()

    @property
    def id(self) -> UUID:
        """The tenant's id."""
        return uuid5(NAMESPACE, self.slug)

    def person_id(self, staff_id: str) -> UUID:
        """A person's id."""
        return uuid5(self.id, staff_id)

    def project_id(self, external_id: str) -> UUID:
        """A project's id."""
        return uuid5(self.id, external_id)


def _team(supervisor: str, first: int, names: str) -> tuple[DemoPerson, ...]:
    people = enumerate(names.split(", "), first)
    return tuple(DemoPerson(f"staff-{number}", name, supervisor=supervisor) for number, name in people)


DEMO = DemoTenant(
    "demo",
    "Countersign Demo",
    (
        DemoPerson("staff-2001", "Alex Krycek", ("worker", "supervisor")),
        DemoPerson("staff-3621", "Roland Fuller", ("worker", "supervisor"), "staff-2001"),
        DemoPerson("staff-3150", "Suzanne Modeski", ("worker", "administrator"), "staff-2001"),
        DemoPerson("staff-2002", "Marita Covarrubias", ("worker", "project_lead"), "staff-2001"),
        DemoPerson("staff-2003", "Diana Fowley", ("auditor",)),
        DemoPerson("staff-2004", "scheduler", ("integration",), signs_in=False),
        DemoPerson("staff-4366", "Duane Barry", supervisor="staff-3621"),
        *_team(
            "staff-3621",
            4401,
            "Max Fenig, Lucy Householder, Eugene Tooms, Melissa Rydell, Robert Modell, Penny Northern, "
            "Darin Oswald, Luther Boggs",
        ),
        *_team(
            "staff-2001",
            4501,
            "Amaru Ortiz, Bree Larkin, Chidi Balogun, Dagmar Holm, Emre Aydin, Fiona MacRae",
        ),
    ),
    (("proj-533", "dog grooming", "staff-2002"), ("proj-576B", "make party hats", "staff-2002")),
)

OTHER = DemoTenant(
    "other",
    "Other Organisation",
    (
        DemoPerson("staff-9002", "Teresa Nemman", ("administrator",)),
        DemoPerson("staff-9001", "Billy Miles", supervisor=None),
        DemoPerson("staff-9003", "other scheduler", ("integration",), signs_in=False),
        DemoPerson("staff-9004", "Ray Soames", ("auditor",)),
    ),
    (("proj-900", "forest watch", None),),
)


def found(owner_url: str, tenant: DemoTenant, today: date) -> None:
    """Put an organisation's people, projects and agreements for the running year into the database.

    `owner_url` connects as the owner of the tables, since the application may not add tenants. What is there
    already is left as it is.
    """
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            key = {"tenant": str(tenant.id)}
            connection.execute(text("SELECT set_config('countersign.tenant', :tenant, true)"), key)
            _add(connection, Tenant, [{"id": tenant.id, "slug": tenant.slug, "name": tenant.name}])
            for table, rows in _rows(tenant, today):
                _add(connection, table, [{"tenant_id": tenant.id} | row for row in rows])
    finally:
        engine.dispose()


def agreement_year(today: date) -> tuple[date, date]:
    """The accrual year, 1 April to 31 March, that a date lies in."""
    first = today.year if today >= date(today.year, 4, 1) else today.year - 1
    return date(first, 4, 1), date(first + 1, 3, 31)


def opening_balance(target: int, today: date) -> int:
    """What was left of a target when recording began here: as much of it as of the year."""
    start, end = agreement_year(today)
    left, whole = (end - max(start, today - timedelta(weeks=RECORDED_WEEKS))).days, (end - start).days
    return min(target, round(target * left / whole))


def _add(connection: Connection, table: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table).values(rows).on_conflict_do_nothing())


def _rows(tenant: DemoTenant, today: date) -> list[tuple[type[Base], list[dict[str, Any]]]]:
    workers = [person for person in tenant.people if "worker" in person.roles]
    password = hash_password(PASSWORD)  # everybody knows it, and each hashing takes a while
    return [
        (TenantPolicy, [{"time_zone": ZONE, "certification": CERTIFICATION}]),
        (Person, [_person(tenant, person) for person in tenant.people]),
        (PersonRole, [_role(tenant, person, role) for person in tenant.people for role in person.roles]),
        (TimePeriodType, standard_types()),
        (Project, [_project(tenant, *project) for project in tenant.projects]),
        (Agreement, [_agreement(tenant, person, today) for person in workers]),
        (AgreementTarget, [row for person in workers for row in _targets(tenant, person, today)]),
        (Account, [_account(tenant, person, password) for person in tenant.people if person.signs_in]),
    ]


def _person(tenant: DemoTenant, person: DemoPerson) -> dict[str, Any]:
    return {
        "id": tenant.person_id(person.staff_id),
        "staff_id": person.staff_id,
        "name": person.name,
        "email": f"{person.staff_id}@{tenant.slug}.example",
        "time_zone": ZONE,
        "holiday_calendar": PLACE,
        "supervisor_id": tenant.person_id(person.supervisor) if person.supervisor else None,
        "active": True,
    }


def _role(tenant: DemoTenant, person: DemoPerson, role: str) -> dict[str, Any]:
    return {"person_id": tenant.person_id(person.staff_id), "role": role}


def _project(tenant: DemoTenant, external_id: str, name: str, lead: str | None) -> dict[str, Any]:
    return {
        "id": tenant.project_id(external_id),
        "external_id": external_id,
        "name": name,
        "lead_id": tenant.person_id(lead) if lead else None,
        "active": True,
    }


def _agreement(tenant: DemoTenant, person: DemoPerson, today: date) -> dict[str, Any]:
    start, end = agreement_year(today)
    return {
        "id": _agreement_id(tenant, person, start),
        "person_id": tenant.person_id(person.staff_id),
        "start_date": start,
        "end_date": end,
        "standard_day_minutes": STANDARD_DAY,
    }


def _targets(tenant: DemoTenant, person: DemoPerson, today: date) -> list[dict[str, Any]]:
    agreement = _agreement_id(tenant, person, agreement_year(today)[0])
    return [
        {
            "agreement_id": agreement,
            "accrual_code": code.value,
            "target": target,
            "opening_balance": opening_balance(target, today),
        }
        for code, target in TARGETS.items()
    ]


def _agreement_id(tenant: DemoTenant, person: DemoPerson, start: date) -> UUID:
    return uuid5(tenant.person_id(person.staff_id), start.isoformat())


def _account(tenant: DemoTenant, person: DemoPerson, password: str) -> dict[str, Any]:
    return {
        "person_id": tenant.person_id(person.staff_id),
        "login": person.staff_id,
        "password_hash": password,
    }
