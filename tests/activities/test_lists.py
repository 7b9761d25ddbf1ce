"""Lists of entries that are recorded while the page that asked for it gives up."""

from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, event, make_url
from temporalio.testing import ActivityEnvironment

from activities.imports import TOLD_EVERY, ImportActivities
from embedded import EmbeddedPostgres
from models.commands import EntryFields
from models.database import command_transaction
from models.imports import ImportLine, lines_json
from models.messages import ImportKey
from models.store.imports import APPLIED, APPLYING, CHECKED, give_up
from models.tables.intake import EntryImport
from models.tables.timecard import TimeEntry
from tests.desk import Desk, Life
from tests.factories import MONDAY, worked

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def to_record(life: Life) -> ImportKey:
    """A list of one line that is to be recorded."""
    return _list_of(life, worked("09:00", "17:00"))


def _list_of(life: Life, *entries: EntryFields) -> ImportKey:
    """A list that is to be recorded."""
    lines = [ImportLine(number, {}, life.org.duane, MONDAY, fields) for number, fields in enumerate(entries, 2)]
    key = ImportKey(life.org.tenant_id, uuid4())
    with command_transaction(life.desk.engine, key.tenant_id) as session:
        session.add(
            EntryImport(
                id=key.import_id,
                tenant_id=key.tenant_id,
                actor_id=life.org.duane,
                file_name="pasted",
                lines=lines_json(lines),
                problems={},
                state=APPLYING,
            )
        )
    return key


def _record(desk: Desk, key: ImportKey) -> None:
    ActivityEnvironment().run(ImportActivities(desk.engine).record_import, key)


def _given_up(life: Life, key: ImportKey) -> bool:
    with command_transaction(life.desk.engine, key.tenant_id) as session:
        return give_up(session, key.import_id, APPLYING)


def _state(life: Life) -> str:
    (found,) = life.desk.rows(life.org.tenant_id, EntryImport)
    return found.state


def test_what_was_given_up_while_it_was_recorded_is_not_recorded(
    life: Life, own_desk: Desk, to_record: ImportKey
) -> None:
    """Somebody was told that nothing was saved."""
    answers: list[bool] = []

    def give_up_once(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO time_entry " in statement and not answers:
            answers.append(_given_up(life, to_record))

    event.listen(own_desk.engine, "before_cursor_execute", give_up_once)
    _record(own_desk, to_record)

    assert answers == [True]
    assert _state(life) == CHECKED
    assert life.desk.rows(life.org.tenant_id, TimeEntry) == []


def test_what_was_recorded_is_not_given_up(life: Life, to_record: ImportKey) -> None:
    _record(life.desk, to_record)

    assert not _given_up(life, to_record)
    assert _state(life) == APPLIED
    assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == 1


def test_when_nobody_can_be_told_how_far_it_is_it_goes_on(life: Life, postgres: EmbeddedPostgres) -> None:
    """So many lists are recorded at once that they hold every connection."""
    key = _list_of(life, *(worked(f"{hour:02}:00", f"{hour:02}:30") for hour in range(TOLD_EVERY)))
    engine = create_engine(make_url(postgres.app_url()), pool_size=1, max_overflow=0, pool_timeout=0.01)

    ActivityEnvironment().run(ImportActivities(engine).record_import, key)
    engine.dispose()

    assert len(life.desk.rows(life.org.tenant_id, TimeEntry)) == TOLD_EVERY
