"""Our side of recording: people with tokens of their own, and the entries that programs record for them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from bench.organisation import TENANT, recorder
from bench.recording import Post, Workday
from bench.sizes import PEOPLE
from bench.system import System
from demo.people import ZONE
from models.database import engine_for, read_session
from models.standard import SHIFT
from models.tables.timecard import TimeEntry
from web.auth.tokens import Scope, create_token

SAVED = 201
BEGINNING = time(9, tzinfo=ZoneInfo(ZONE))
MEAL_BREAK = timedelta(minutes=30)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entries:
    """A running Countersign in which people can record by REST."""

    origin: str
    engine: Engine
    tokens: tuple[str, ...]
    """By person."""

    @classmethod
    def of(cls, system: System) -> Self:
        """The organisation of the measurements, with a new token for each who records."""
        engine = engine_for(system.settings.database_url)
        tokens = (create_token(engine, TENANT.id, recorder(each), "bench", list(Scope), DAY) for each in range(PEOPLE))
        return cls(system.origin, engine, tuple(tokens))

    def recording(self, day: Workday) -> Post:
        """A time entry, by the REST API, that is carried out once however often it is sent."""
        return entry(recorder(day.person), self.tokens[day.person], day)

    def recorded(self) -> int:
        """How many entries are in the database."""
        with read_session(self.engine, TENANT.id) as session:
            return session.scalar(select(func.count()).select_from(TimeEntry)) or 0


def entry(owner: str, token: str, day: Workday) -> Post:
    """The request that records somebody's day, with a key of its own."""
    start = datetime.combine(day.date, BEGINNING)
    values = {
        "ownerId": str(TENANT.person_id(owner)),
        "timePeriodTypeId": str(SHIFT),
        "actualStartTime": start.isoformat(),
        "actualEndTime": (start + day.worked + MEAL_BREAK).isoformat(),
        "projectId": str(TENANT.project_id("bench-1")),
        "task": day.task,
        "mealBreakMinutes": MEAL_BREAK // timedelta(minutes=1),
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    return Post("/resources/time-entries", values, headers, SAVED)
