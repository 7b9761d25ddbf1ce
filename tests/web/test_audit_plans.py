"""However much was done and looked at, a search reads little more than it shows."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, text

from models.reads.audit import COUNTED, PAGE
from tests.factories import Organisation, make_organisation
from tests.web.conftest import Site
from tests.web.test_plans import Asked, _nodes, _noting, _plan, _rows

PEOPLE, OF_EACH = 200, 150
"""Who works, and how many acts and looks there are at the time of each."""

ALL = PEOPLE * OF_EACH


@pytest.fixture(scope="module")
def crowded(owner_engine: Engine) -> Organisation:
    """A year of acts and looks of two hundred people."""
    org = make_organisation(owner_engine)
    names = {"tenant": org.tenant_id, "boss": org.roland, "people": PEOPLE, "each": OF_EACH}
    with owner_engine.begin() as connection:
        for statement in (_PEOPLE, _ACTS, _LOOKS):
            connection.execute(text(statement), names)
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE person, command, statement"))
    return org


_PEOPLE = """
    INSERT INTO person (id, tenant_id, staff_id, name, time_zone, holiday_calendar, supervisor_id, active)
    SELECT gen_random_uuid(), :tenant, 'colleague-' || n, 'Colleague ' || n || '.', 'Europe/London', 'GB-ENG', :boss,
           true
    FROM generate_series(1, :people) AS n
"""
_ACTS = """
    INSERT INTO command (id, tenant_id, kind, timesheet_id, owner_id, period_start, actor_id, body, content_hash,
                         completed_at, result)
    SELECT gen_random_uuid(), tenant_id, CASE WHEN n = 1 THEN 'lock' ELSE 'record' END, gen_random_uuid(), id,
           '2026-11-16', id, '{}', 'hash', now() - n * interval '2 days' - random() * interval '1 day', '{}'
    FROM person, generate_series(1, :each) AS n WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""
_LOOKS = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, once, said, digest, recorded_at,
                           recorded_by_id, about_id)
    SELECT tenant_id, 'default', gen_random_uuid(), 'define', subject, 'activity/type/' || subject,
           json_build_object('statement', 'define', 'kind', 'activity', 'id', subject, 'type', 'View',
                             'attributes', json_build_object())::text,
           md5(subject), now() - n * interval '2 days' - random() * interval '1 day', :boss, id
    FROM person, generate_series(1, :each) AS n,
         LATERAL (SELECT 'view-' || gen_random_uuid() || '-1-' || left(md5(id::text || n), 16) AS subject) AS named
    WHERE tenant_id = :tenant AND staff_id LIKE 'colleague-%'
"""


@pytest.mark.parametrize(
    "sought",
    [
        {},
        {"kind": "viewed"},
        {"kind": "locked"},
        {"person": "Colleague 7."},
        {"person": "Colleague 7.", "kind": "viewed"},
        {"by": "Colleague 7."},
        {"by": "Colleague 7.", "person": "Colleague 7.", "kind": "recorded"},
        {"from": "2026-06-01", "to": "2026-06-30"},
        {"kind": "recorded", "from": "2026-06-01", "to": "2026-06-30"},
    ],
    ids=urlencode,
)
async def test_a_search_reads_little_more_than_it_counts(
    site: Site, crowded: Organisation, engine: Engine, sought: dict[str, str]
) -> None:
    with _noting() as asked:
        await site.browser(crowded, crowded.suzanne).page(f"/audit?{urlencode(sought)}")

    searching = [each for each in asked if "AS half" in each[0]]
    assert len(searching) == 2
    found, counted = (_most_read(engine, crowded, each) for each in searching)
    assert found <= 2 * (PAGE + 1) + OF_EACH
    assert counted <= COUNTED + 1


async def test_the_next_page_begins_where_the_one_before_ended(
    site: Site, crowded: Organisation, engine: Engine
) -> None:
    suzanne, address = site.browser(crowded, crowded.suzanne), "/audit"
    for _ in range(5):
        with _noting() as asked:
            page = await suzanne.page(address)
        (address,) = (link for link in page.links if "after=" in link)

    searching = next(each for each in asked if "AS half" in each[0])
    assert _most_read(engine, crowded, searching) <= 2 * (PAGE + 1)


def _most_read(engine: Engine, org: Organisation, asked: Asked) -> float:
    """How many rows of acts and looks a statement really reads, in either of them."""
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), {"id": str(org.tenant_id)})
        scans = list(_nodes(_plan(connection, *asked, how="ANALYZE, FORMAT JSON")))
    return max(sum(_rows(scan) for scan in scans if scan.get("Alias") == half) for half in "cs")
