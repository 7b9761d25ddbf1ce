"""Whatever is asked of the record, what is read is a page of it and what belongs to that: not the whole ledger."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from activities.commands import SheetActivities
from models.database import read_session
from models.reads.record.access import Reader, scope_for
from models.reads.record.commits import committed
from models.reads.record.narrowing import Scope
from models.reads.record.pages import Cut, TimelineAsked, of_type, timeline
from models.reads.record.relations import associations, objects, public_keys, responsibles, subjects
from models.reads.record.terms import terms
from models.reads.viewer import Onlooker
from models.rules.prov_domain import TermKind
from models.tables.timesheet import Command
from tests.activities import test_duty_plans
from tests.activities.test_duty_plans import most_rows_read
from tests.contents import alone
from tests.desk import Desk, Life
from tests.factories import hire, make_organisation

asked = test_duty_plans.statements

ACTIVITIES = 4_000
PEOPLE = 200
AGENT, ACTIVITY = TermKind.AGENT, TermKind.ACTIVITY
NOW = datetime(2030, 1, 1, tzinfo=UTC)

# One transaction each: a trigger notes every one, and here they all are one.
_SAY = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest, about_id)
    SELECT CAST(:tenant AS uuid), 'default', CAST(:tenant AS uuid), kind, subject, said, md5(said) || kind, about
    FROM (SELECT n, 'w' || n AS w, 'p' || n % :people AS p, 'e' || n % 7 AS e,
                 CASE WHEN n % :people = 1 THEN CAST(:max AS uuid) ELSE CAST(:roland AS uuid) END AS about,
                 to_char(timestamp '2010-01-01' + n * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') AS at
          FROM generate_series(1, :activities) AS n) each,
         LATERAL (VALUES
            ('define', w, json_build_object('kind', 'activity', 'id', w, 'type', 'Work')),
            ('define', p, json_build_object('kind', 'agent', 'id', p, 'type', 'Person')),
            ('started', w, json_build_object('activity', w, 'at', at)),
            ('ended', w, json_build_object('activity', w, 'at', at)),
            ('used', w, json_build_object('activity', w, 'entity', e)),
            ('wasInformedBy', w, json_build_object('activity', w, 'informing', 'w' || n - 1)),
            ('wasAssociatedWith', w, json_build_object('activity', w, 'agent', p, 'role', 'WORKER')),
            ('actedOnBehalfOf', w, json_build_object('activity', w, 'responsible', p, 'delegate', 'd' || n % :people))
         ) AS of_it (kind, subject, body), LATERAL (SELECT body::text AS said) AS written
    WHERE NOT (kind = 'define' AND subject = p AND n > :people)
"""


@pytest.fixture(scope="module")
def crowded(engine: Engine, owner_engine: Engine) -> Life:
    """An organisation that has much on record about Roland and little about Max."""
    alone(owner_engine)  # what other tests left behind would change how things are found
    life = Life(Desk(engine, SheetActivities(engine), owner_engine), make_organisation(owner_engine))
    names = {"tenant": life.org.tenant_id, "activities": ACTIVITIES, "people": PEOPLE}
    with owner_engine.begin() as connection:
        connection.execute(text(_SAY), names | {"max": life.org.max, "roland": life.org.roland})
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE statement"))
    return life


SOME = [f"w{number}" for number in range(1, 11)]

READS: dict[str, Callable[[Session, Scope], Any]] = {
    "the newest activities": lambda s, w: timeline(s, w, TimelineAsked(), Cut(), NOW),
    "the oldest activities": lambda s, w: timeline(s, w, TimelineAsked(newest_first=False), Cut(), NOW),
    "activities of a type": lambda s, w: timeline(s, w, TimelineAsked(types=["Work"]), Cut(), NOW),
    "activities of an agent": lambda s, w: timeline(s, w, TimelineAsked(agents=["p3"]), Cut(), NOW),
    "activities of a period": lambda s, w: timeline(
        s, w, TimelineAsked(since="2011-01-01T00:00:00+00:00", until="2011-02-01T00:00:00+00:00"), Cut(), NOW
    ),
    "works by their ids": lambda s, w: of_type(s, w, ACTIVITY, "Work", Cut()),
    "people by their ids": lambda s, w: of_type(s, w, AGENT, "Person", Cut()),
    "some activities": lambda s, w: terms(s, w, ACTIVITY, SOME),
    "some people": lambda s, w: terms(s, w, AGENT, ["p3", "p4"]),
    "what some used": lambda s, w: objects(s, w, "used", SOME),
    "what some acted on": lambda s, w: objects(s, w, "wasInformedBy", SOME),
    "who was responsible for some": lambda s, w: associations(s, w, SOME),
    "for whom some acted": lambda s, w: responsibles(s, w, ["d3", "d4"]),
    "what some are responsible for": lambda s, w: subjects(s, w, "wasAttributedTo", ["p3", "p4"]),
    "the keys of some": lambda s, w: public_keys(s, w, ["p3", "p4"]),
}
LITTLE = [name for name in READS if name != "works by their ids"]
"""By their ids one's own works are met on the way through those of all."""


@pytest.mark.parametrize("name", READS)
def test_a_page_is_read_by_an_index(crowded: Life, asked: list[tuple[str, Any]], name: str) -> None:
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        READS[name](session, Scope("default"))

    assert most_rows_read(crowded, asked) <= 600


@pytest.mark.parametrize("name", LITTLE)
def test_whoever_sees_little_has_little_read(crowded: Life, asked: list[tuple[str, Any]], name: str) -> None:
    """Max has 20 of the activities; nothing of what is read grows with those of others, but for what they ask for."""
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        READS[name](session, Scope("default", frozenset({crowded.org.max})))

    assert most_rows_read(crowded, asked) <= 600


def test_what_a_program_may_read_is_found_by_an_index(
    crowded: Life, asked: list[tuple[str, Any]], owner_engine: Engine
) -> None:
    program = hire(owner_engine, crowded.org, "chronicler", "integration")
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        scope_for(session, Onlooker(crowded.org.tenant_id, program), "default")

    assert most_rows_read(crowded, asked) <= 20


def test_what_one_transaction_said_is_found_by_an_index(crowded: Life, asked: list[tuple[str, Any]]) -> None:
    crowded.record()
    (transaction,) = {row.id for row in crowded.desk.rows(crowded.org.tenant_id, Command)}
    asked.clear()
    with read_session(crowded.desk.engine, crowded.org.tenant_id) as session:
        assert committed(session, Reader(crowded.org.diana, None, True), [transaction])

    assert most_rows_read(crowded, asked) <= 100
