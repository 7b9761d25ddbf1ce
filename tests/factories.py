"""Readable people, weeks and commands for tests."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete, update
from sqlalchemy.dialects.postgresql import insert

from models.commands import (
    AddFlexChange,
    AddNote,
    Amend,
    Asked,
    Batch,
    Body,
    Change,
    Confirm,
    Decide,
    EntryFields,
    Move,
    Record,
    Remove,
    Schedule,
    ScheduleAction,
    Submit,
    json_of,
)
from models.messages import SheetKey
from models.rules.flex import FlexType
from models.rules.periods import Period, period_of, timesheet_id
from models.rules.transitions import CommandKind
from models.standard import SHIFT, standard_types
from models.tables.accruals import Agreement, AgreementTarget
from models.tables.people import Person, PersonRole, Project, Tenant, TenantPolicy
from models.tables.timecard import TimePeriodType

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 16)
"""The first day of the week that tests are about."""
NEXT_MONDAY = MONDAY + timedelta(days=7)
"""The first day of the week after it."""


@dataclass(frozen=True)
class Organisation:
    """A tenant with Duane, who works; Roland, who approves; Suzanne, who administers; and a few more."""

    tenant_id: UUID
    people: dict[str, UUID]
    projects: dict[str, UUID]
    slug: str

    @property
    def duane(self) -> UUID:
        return self.people["Duane Barry"]

    @property
    def roland(self) -> UUID:
        return self.people["Roland Fuller"]

    @property
    def suzanne(self) -> UUID:
        return self.people["Suzanne Modeski"]

    @property
    def alex(self) -> UUID:
        return self.people["Alex Krycek"]

    @property
    def max(self) -> UUID:
        return self.people["Max Fenig"]

    @property
    def diana(self) -> UUID:
        return self.people["Diana Fowley"]

    def key(self, owner: UUID, day: date = MONDAY) -> SheetKey:
        """The timesheet of a person's week."""
        return SheetKey(self.tenant_id, timesheet_id(self.tenant_id, owner, period_of(day).start))


@dataclass(frozen=True)
class Asking:
    """Commands on one week of one person, as somebody."""

    org: Organisation
    owner: UUID
    actor: UUID | None
    day: date = MONDAY
    on_behalf_of: UUID | None = None
    reason: str | None = None
    ids: list[UUID] = field(default_factory=list)

    def ask(self, kind: CommandKind, body: Body, command_id: UUID | None = None) -> Asked:
        period: Period = period_of(self.day)
        return Asked(
            id=command_id or uuid4(),
            kind=kind,
            key=self.org.key(self.owner, self.day),
            owner_id=self.owner,
            period_start=period.start,
            actor_id=self.actor,
            body=body,
            on_behalf_of_id=self.on_behalf_of,
            reason=self.reason,
        )

    def record(self, fields: EntryFields) -> Asked:
        return self.ask(CommandKind.RECORD, Record(fields))

    def amend(self, entry_id: UUID, version: int, fields: EntryFields, moves_to: date | None = None) -> Asked:
        return self.ask(CommandKind.AMEND, Amend(entry_id, version, fields, moves_to))

    def confirm(self, entry_id: UUID, version: int = 1) -> Asked:
        return self.ask(CommandKind.CONFIRM, Confirm(entry_id, version))

    def remove(self, entry_id: UUID, version: int) -> Asked:
        return self.ask(CommandKind.REMOVE, Remove(entry_id, version))

    def schedule(
        self,
        entry_id: UUID,
        fields: EntryFields,
        version: int = 1,
        action: ScheduleAction = ScheduleAction.CREATE,
        moved_from: date | None = None,
    ) -> Asked:
        """What the scheduler says of one planned shift; `fields` are its planned times."""
        assert fields.end
        shift = (fields.time_period_type_id, fields.start, fields.end, fields.shift_type)
        return self.ask(CommandKind.SCHEDULE, Schedule(entry_id, version, action, *shift, moved_from))

    def change_shift(
        self,
        type_: FlexType,
        entry_id: UUID,
        fields: EntryFields,
        version: int = 1,
        moves_to: date | None = None,
        **words: Any,
    ) -> Asked:
        """A flex change of one shift to the times in `fields`, authorised by Roland."""
        assert fields.end
        said: dict[str, Any] = {"authorised_by": "Roland Fuller"} | words
        change = AddFlexChange(type_, entry_id, version, fields.start, fields.end, moves_to=moves_to, **said)
        return self.ask(CommandKind.ADD_FLEX_CHANGE, change)

    def note(self, content: str, day: date | None = None, entry_id: UUID | None = None) -> Asked:
        return self.ask(CommandKind.ADD_NOTE, AddNote(day or self.day, content, entry_id))

    def batch(self, *parts: Asked) -> Asked:
        """All of these together, as one command on this week."""
        return self.ask(CommandKind.BATCH, Batch(tuple(_change(part) for part in parts)))

    def submit(self, digest: str) -> Asked:
        return self.ask(CommandKind.SUBMIT, Submit(digest))

    def approve(self, digest: str) -> Asked:
        return self.ask(CommandKind.APPROVE, Decide(digest))

    def reject(self, digest: str) -> Asked:
        return self.ask(CommandKind.REJECT, Decide(digest))

    def move(self, kind: CommandKind) -> Asked:
        return self.ask(kind, Move())


def worked(start: str, end: str | None, day: date = MONDAY, type_id: UUID = SHIFT, **fields: object) -> EntryFields:
    """Time worked on a local day of London, for example `worked("09:00", "17:00")`."""
    return EntryFields(type_id, at(day, start), at(day, end) if end else None, **fields)  # type: ignore[arg-type]


def at(day: date, clock: str) -> datetime:
    """A local time of London; 24:00 is the next midnight."""
    hours, minutes = map(int, clock.split(":"))
    midnight = datetime.combine(day, datetime.min.time())
    return (midnight + timedelta(hours=hours, minutes=minutes)).replace(tzinfo=LONDON)


def _change(part: Asked) -> Change:
    body = json_of(part.body)
    return Change(part.kind, part.owner_id, part.period_start, body, part.on_behalf_of_id, part.reason)


def make_organisation(owner: Engine, slug: str | None = None) -> Organisation:
    """A fresh tenant in the database; `owner` connects as somebody who may write everywhere."""
    org = _named(slug or f"t{uuid4().hex[:12]}")
    tenant = {"tenant_id": org.tenant_id}
    with owner.begin() as connection:
        connection.execute(insert(Tenant).values(id=org.tenant_id, slug=org.slug, name=f"Test {org.slug}"))
        policy = tenant | {"time_zone": "Europe/London", "certification": "I certify that this is true."}
        connection.execute(insert(TenantPolicy).values(policy))
        connection.execute(insert(Person).values([tenant | person for person in _people(org)]))
        connection.execute(insert(PersonRole).values([tenant | role for role in _roles(org)]))
        connection.execute(insert(TimePeriodType).values([tenant | type_ for type_ in standard_types()]))
        connection.execute(insert(Project).values([tenant | project for project in _projects(org)]))
        agreements = {person: uuid4() for person in org.people.values()}
        connection.execute(insert(Agreement).values([tenant | year for year in _years(agreements)]))
        connection.execute(insert(AgreementTarget).values([tenant | target for target in _targets(agreements)]))
    return org


def hire(owner: Engine, org: Organisation, name: str, *roles: str, supervisor: UUID | None = None) -> UUID:
    """One person more, with these roles; their id."""
    id_ = uuid4()
    with owner.begin() as connection:
        row = {"id": id_, "tenant_id": org.tenant_id, "staff_id": f"{org.slug}-{id_.hex[:8]}", "name": name}
        place = {"time_zone": "Europe/London", "holiday_calendar": "GB-ENG", "active": True}
        connection.execute(insert(Person).values(row | place | {"supervisor_id": supervisor}))
    for role in roles:
        give_role(owner, org, id_, role)
    return id_


def agree(owner: Engine, org: Organisation, person_id: UUID, start: date, end: date) -> None:
    """An agreement more, without any targets: the person is to work on its weekdays."""
    row = {"id": uuid4(), "tenant_id": org.tenant_id, "person_id": person_id, "start_date": start, "end_date": end}
    with owner.begin() as connection:
        connection.execute(insert(Agreement).values(row))


def change_type(owner: Engine, org: Organisation, type_id: UUID, **values: object) -> None:
    """Change a time period type: `fields`, `effective_from`, `person_ids` and the like."""
    this = (TimePeriodType.tenant_id == org.tenant_id, TimePeriodType.id == type_id)
    with owner.begin() as connection:
        connection.execute(update(TimePeriodType).where(*this).values(values))


def change_policy(owner: Engine, org: Organisation, **values: object) -> None:
    """Change what an organisation has decided: `late_after_working_days` and the like."""
    with owner.begin() as connection:
        connection.execute(update(TenantPolicy).where(TenantPolicy.tenant_id == org.tenant_id).values(values))


def work_always(owner: Engine, org: Organisation, **values: object) -> None:
    """Let every hour count for deadlines, so that a test need not know what day it is today."""
    always = {"work_days": list(range(7)), "work_starts": time(0), "work_ends": time(23, 59, 59)}
    change_policy(owner, org, holiday_calendar="nowhere", **always, **values)


def change_person(owner: Engine, person_id: UUID, **values: object) -> None:
    """Change a person: `active`, `supervisor_id`, `name` and the like."""
    with owner.begin() as connection:
        connection.execute(update(Person).where(Person.id == person_id).values(values))


def give_role(owner: Engine, org: Organisation, person_id: UUID, role: str) -> None:
    """Let a person have one role more."""
    with owner.begin() as connection:
        row = {"tenant_id": org.tenant_id, "person_id": person_id, "role": role}
        connection.execute(insert(PersonRole).values(row))


def take_role(owner: Engine, person_id: UUID, role: str) -> None:
    """Take a role from a person."""
    with owner.begin() as connection:
        connection.execute(delete(PersonRole).where(PersonRole.person_id == person_id, PersonRole.role == role))


_PROJECTS = {"proj-533": "dog grooming", "proj-576B": "make party hats"}

_ROLES: dict[str, tuple[str, ...]] = {
    "Duane Barry": ("worker",),
    "Max Fenig": ("worker",),
    "Roland Fuller": ("worker", "supervisor"),
    "Suzanne Modeski": ("worker", "administrator"),
    "Alex Krycek": ("worker", "supervisor"),
    "Diana Fowley": ("auditor",),
}

_SUPERVISORS = {
    "Duane Barry": "Roland Fuller",
    "Max Fenig": "Roland Fuller",
    "Roland Fuller": "Alex Krycek",
    "Suzanne Modeski": "Alex Krycek",
}


def _named(slug: str) -> Organisation:
    return Organisation(uuid4(), {name: uuid4() for name in _ROLES}, {id_: uuid4() for id_ in _PROJECTS}, slug)


def _people(org: Organisation) -> list[dict[str, object]]:
    # Supervisors first, so that each row can point at one that exists.
    names = sorted(_ROLES, key=lambda name: {"Alex Krycek": 0, "Roland Fuller": 1}.get(name, 2))
    return [
        {
            "id": org.people[name],
            "staff_id": f"{org.slug}-{number}",
            "name": name,
            "email": None,
            "time_zone": "Europe/London",
            "holiday_calendar": "GB-ENG",
            "supervisor_id": org.people.get(_SUPERVISORS.get(name, "")),
            "active": True,
        }
        for number, name in enumerate(names)
    ]


def _roles(org: Organisation) -> list[dict[str, object]]:
    return [{"person_id": org.people[name], "role": role} for name, roles in _ROLES.items() for role in roles]


def _projects(org: Organisation) -> list[dict[str, object]]:
    return [
        {"id": org.projects[external_id], "external_id": external_id, "name": name}
        for external_id, name in _PROJECTS.items()
    ]


def _years(agreements: dict[UUID, UUID]) -> list[dict[str, object]]:
    return [
        {"id": id_, "person_id": person, "start_date": date(2026, 4, 1), "end_date": date(2027, 3, 31)}
        for person, id_ in agreements.items()
    ]


def _targets(agreements: dict[UUID, UUID]) -> list[dict[str, object]]:
    return [
        {"agreement_id": id_, "accrual_code": code, "target": target, "opening_balance": target}
        for id_ in agreements.values()
        for code, target in (("ANNUAL_TARGET_HOURS", 100_000), ("NIGHT_HOURS", 10_000))
    ]
