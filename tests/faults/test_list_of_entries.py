"""A list of entries is recorded once and whole, whichever part dies while it is."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import Client

from demo.people import DEMO
from doctor import examine
from models.commands import EntryFields
from models.database import UNAVAILABLE, command_transaction, engine_for, read_session
from models.imports import ImportLine, lines_json
from models.messages import ImportKey
from models.payloads import data_converter
from models.rules.periods import period_of
from models.standard import SHIFT
from models.store.imports import APPLIED, APPLYING
from models.tables.intake import EntryImport
from models.tables.timecard import TimeEntryVersion
from tests.factories import at
from tests.standing import DATABASE, WORKER, Standing, in_time, up
from workflows.entry_import import EntryImportWorkflow, import_workflow_id

LINES = 300
OWNER = DEMO.person_id("staff-4366")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with up(tmp_path_factory.mktemp("up") / "data") as standing:
        standing.await_ready()
        standing.found_demo()
        yield standing


def a_list(standing: Standing, first: date) -> ImportKey:
    """A list of a shift on each of many days, about to be recorded."""
    key = ImportKey(DEMO.id, uuid4())
    lines = [_line(number, first + timedelta(days=number)) for number in range(LINES)]
    with command_transaction(engine_for(standing.settings.database_url), DEMO.id) as session:
        session.add(
            EntryImport(
                id=key.import_id,
                tenant_id=DEMO.id,
                actor_id=OWNER,
                file_name="a list",
                lines=lines_json(lines),
                problems={},
                state=APPLYING,
            )
        )
    return key


def _line(number: int, day: date) -> ImportLine:
    fields = EntryFields(SHIFT, at(day, "09:00"), at(day, "17:00"))
    return ImportLine(number, {}, OWNER, period_of(day).start, fields)


def start(standing: Standing, key: ImportKey) -> None:
    """Have the list recorded."""

    async def ask() -> None:
        settings = standing.settings
        client = await Client.connect(settings.temporal_address, data_converter=data_converter(""))
        queue, id_ = settings.task_queue, import_workflow_id(key, record=True)
        await client.start_workflow(EntryImportWorkflow.run, args=[key, True], id=id_, task_queue=queue)

    asyncio.run(ask())


def progress(standing: Standing, import_id: UUID) -> tuple[str, int]:
    """Where the list stands, and how many lines were gone through; nothing is known while the database is away."""
    try:
        with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
            found = session.get_one(EntryImport, import_id)
            return found.state, found.done
    except UNAVAILABLE:
        return "unknown", 0


def recorded(standing: Standing, first: date) -> list[int]:
    """The versions of the entries on the days of a list."""
    with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
        days = TimeEntryVersion.local_date.between(first, first + timedelta(days=LINES))
        return [row.version for row in session.query(TimeEntryVersion).filter(days)]


@pytest.mark.parametrize(("part", "first"), [(WORKER, date(2027, 1, 4)), (DATABASE, date(2028, 1, 3))])
def test_it_is_recorded_once_and_whole(standing: Standing, part: str, first: date) -> None:
    key = a_list(standing, first)
    start(standing, key)
    in_time(lambda: progress(standing, key.import_id)[1] > 0, "some lines were gone through")
    assert recorded(standing, first) == []

    standing.kill(part)
    standing.await_ready()

    in_time(lambda: progress(standing, key.import_id) == (APPLIED, LINES), "all of it was recorded")
    assert recorded(standing, first) == [1] * LINES
    assert list(examine(standing.settings)) == []
