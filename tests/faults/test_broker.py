"""Events by message broker, with a real NATS server: all of them arrive, each has its effect once, whoever dies."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from demo.people import DEMO
from models.database import engine_for, read_session
from models.standard import SHIFT
from models.tables.intake import DeadLetter
from models.tables.timecard import TimeEntry, TimeEntryVersion
from tests.factories import at
from tests.faults.broker import Broker, broker_in
from tests.standing import DATABASE, WORKER, Standing, in_time, up
from web.intake.broker import DURABLE, STREAM, SUBJECT

OURS = f"{SUBJECT}.demo.staff-2004"
"""The subject of the demo's own scheduler."""

FIRST_DAY = date(2027, 1, 4)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker_in(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[Standing]:
    """A system that is up before its broker is."""
    with up(tmp_path_factory.mktemp("up") / "data", COUNTERSIGN_BROKER_URL=broker.url) as standing:
        standing.await_ready()
        standing.found_demo()
        broker.start()
        in_time(lambda: taken(broker), "the worker found its broker")
        yield standing


def taken(broker: Broker) -> bool:
    """Whether everything that was sent was acknowledged."""
    try:
        return broker.waiting(STREAM, DURABLE) == 0
    except Exception:
        return False


def shift(number: int, version: int = 1, action: str = "create", id_: UUID | None = None) -> dict[str, Any]:
    """A shift of Duane's on the day of that number."""
    day = FIRST_DAY + timedelta(days=number)
    data = {
        "entryId": str(id_ or uuid4()),
        "personId": str(DEMO.person_id("staff-4366")),
        "timePeriodTypeId": str(SHIFT),
        "plannedStartTime": at(day, "09:00").isoformat(),
        "plannedEndTime": at(day, "17:00").isoformat(),
        "version": version,
        "action": action,
    }
    attributes = {"specversion": "1.0", "source": "/roster", "type": "countersign.scheduled-entry"}
    return attributes | {"id": str(uuid4()), "data": data}


def versions(standing: Standing, said: dict[str, Any]) -> list[tuple[int, bool]]:
    """The versions of a shift's entry, and whether each is its last."""
    with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
        rows = session.query(TimeEntryVersion).filter_by(entry_id=UUID(said["data"]["entryId"]))
        return [(row.version, row.deleted) for row in rows.order_by(TimeEntryVersion.version)]


def count(standing: Standing, table: type[Any]) -> int:
    with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
        return int(session.query(table).count())


def test_what_was_sent_before_anybody_listened_arrives_once_however_often_it_is_sent(
    standing: Standing, broker: Broker
) -> None:
    said = shift(0)
    broker.send(OURS, said, said, said)

    in_time(lambda: taken(broker), "all of it was taken")
    assert versions(standing, said) == [(1, False)]


def test_events_out_of_order_leave_the_newest(standing: Standing, broker: Broker) -> None:
    id_ = uuid4()
    broker.send(OURS, shift(1, 3, "delete", id_), shift(1, 1, "create", id_), shift(1, 2, "update", id_))
    other = uuid4()
    broker.send(OURS, shift(3, 2, "update", other), shift(2, 1, "create", other))

    in_time(lambda: taken(broker), "all of it was taken")
    assert versions(standing, shift(1, id_=id_)) in ([], [(1, False), (2, True)], [(1, False), (2, False), (3, True)])
    with read_session(engine_for(standing.settings.database_url), DEMO.id) as session:
        assert session.get_one(TimeEntry, other).planned_start_at == at(FIRST_DAY + timedelta(days=3), "09:00")


def test_what_cannot_be_taken_is_kept_and_holds_up_nothing(standing: Standing, broker: Broker) -> None:
    before = count(standing, DeadLetter)
    last = shift(4)
    broker.send(OURS, b"{nonsense", b"\xff\x00", last)
    broker.send(f"{SUBJECT}.nowhere.staff-2004", shift(5))
    broker.send(f"{SUBJECT}.demo.staff-4366", shift(5))

    in_time(lambda: taken(broker), "all of it was taken")
    assert versions(standing, last) == [(1, False)]
    assert count(standing, DeadLetter) == before + 2


@pytest.mark.parametrize("part", [WORKER, DATABASE])
def test_whichever_part_dies_every_event_has_its_effect_once(standing: Standing, broker: Broker, part: str) -> None:
    first = {WORKER: 10, DATABASE: 30}[part]
    said = [shift(number) for number in range(first, first + 20)]
    broker.send(OURS, *said[:10])
    standing.kill(part)
    broker.send(OURS, *said[10:])

    in_time(lambda: taken(broker), "all of it was taken")
    standing.await_ready()
    assert [versions(standing, each) for each in said] == [[(1, False)]] * 20


def test_a_broker_that_comes_back_is_found_again(standing: Standing, broker: Broker) -> None:
    broker.stop()
    broker.start()
    said = shift(60)
    broker.send(OURS, said)

    in_time(lambda: taken(broker), "it was taken")
    assert versions(standing, said) == [(1, False)]
