"""What is said to the record: kept once, refused where it contradicts, also when it is said at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from models.database import command_transaction, read_session
from models.errors import Invalid
from models.reads.record.narrowing import Scope
from models.reads.record.terms import Term, terms
from models.rules.assertions import (
    Assertion,
    Contradiction,
    associated,
    defined,
    delegated,
    derived,
    informed,
    timed,
    used,
)
from models.rules.prov_domain import ProvRole, TermKind
from models.store.assertions import require_sayable, say
from models.store.ledger import SaidBy
from models.tables.provenance import LedgerStatement
from tests.factories import Organisation, make_organisation

ACTIVITY, AGENT, ENTITY = TermKind.ACTIVITY, TermKind.AGENT, TermKind.ENTITY
NOON, ONE = "2022-12-07T12:00:00+00:00", "2022-12-07T13:00:00+00:00"
WORK = defined(ACTIVITY, "entry-1", "Work", {"task": "washing dog"})

Say = Callable[..., bool]


@pytest.fixture
def said(engine: Engine, org: Organisation) -> Say:
    """Say something in a transaction of its own; whether it was new."""

    def tell(assertion: Assertion, namespace: str = "default", tenant_id: UUID = org.tenant_id) -> bool:
        with command_transaction(engine, tenant_id) as session:
            return say(session, SaidBy(tenant_id, uuid4(), org.duane, namespace=namespace), assertion)

    return tell


def recorded(engine: Engine, org: Organisation) -> list[tuple[str, str]]:
    with read_session(engine, org.tenant_id) as session:
        these = select(LedgerStatement.kind, LedgerStatement.subject).order_by(LedgerStatement.sequence)
        return [(row.kind, row.subject) for row in session.execute(these)]


def term(
    engine: Engine, org: Organisation, kind: TermKind, external_id: str, namespace: str = "default"
) -> Term | None:
    with read_session(engine, org.tenant_id) as session:
        return terms(session, Scope(namespace), kind, [external_id]).get(external_id)


def test_the_same_is_kept_once(said: Say, engine: Engine, org: Organisation) -> None:
    everything = [
        WORK,
        timed("entry-1", NOON, ONE),
        used("entry-1", "proj-533"),
        associated("entry-1", "staff-1", ProvRole.WORKER),
        delegated("staff-1", "staff-2", "entry-1", None),
    ]
    assert [said(each) for each in everything] == [True] * len(everything)
    before = recorded(engine, org)

    assert [said(each) for each in everything] == [False] * len(everything)
    assert recorded(engine, org) == before


def test_whoever_is_named_first_is_a_term_without_a_type_and_gets_one_later(
    said: Say, engine: Engine, org: Organisation
) -> None:
    said(informed("submit-1", "ts-1"))
    assert term(engine, org, ACTIVITY, "ts-1") == Term(ACTIVITY, "ts-1", None, {})

    assert said(defined(ACTIVITY, "ts-1", "Timesheet", {}))
    assert term(engine, org, ACTIVITY, "ts-1") == Term(ACTIVITY, "ts-1", "Timesheet", {})
    assert not said(defined(ACTIVITY, "ts-1", None, {}))


def test_a_relation_is_another_one_by_each_of_its_parts(said: Say) -> None:
    for assertion in (
        associated("entry-1", "staff-1", ProvRole.WORKER),
        associated("entry-1", "staff-1", ProvRole.SUPERVISOR),
        associated("entry-1", "staff-1", None),
        associated("entry-1", "staff-2", ProvRole.WORKER),
        associated("entry-2", "staff-1", ProvRole.WORKER),
        delegated("staff-1", "staff-2", None, None),
        delegated("staff-2", "staff-1", None, None),
        derived("wasDerivedFrom", "a", "b"),
        derived("wasRevisionOf", "a", "b"),
    ):
        assert said(assertion)
        assert not said(assertion)


@pytest.mark.parametrize(
    "otherwise",
    [
        defined(ACTIVITY, "entry-1", "Work", {"task": "drying dog"}),
        defined(ACTIVITY, "entry-1", "Submit", {}),
        timed("entry-1", ONE, None),
        timed("entry-1", None, NOON.replace("12:", "11:")),
        timed("entry-1", NOON, NOON),
    ],
)
def test_what_differs_is_refused_and_leaves_nothing(
    said: Say, engine: Engine, org: Organisation, otherwise: Assertion
) -> None:
    said(WORK)
    said(timed("entry-1", NOON, ONE))
    before = recorded(engine, org)

    with pytest.raises(Contradiction):
        said(otherwise)

    assert recorded(engine, org) == before


def test_ids_are_unique_by_namespace_and_kind(said: Say, engine: Engine, org: Organisation) -> None:
    assert said(WORK)
    assert said(defined(AGENT, "entry-1", "Person", {"name": "Somebody"}))
    assert said(defined(ACTIVITY, "entry-1", "Submit", {}), namespace="other")

    assert term(engine, org, ACTIVITY, "entry-1", "other") == Term(ACTIVITY, "entry-1", "Submit", {})
    assert term(engine, org, ENTITY, "entry-1") is None


def test_organisations_do_not_hear_of_each_other(
    said: Say, engine: Engine, owner_engine: Engine, org: Organisation
) -> None:
    other = make_organisation(owner_engine)
    said(WORK)

    with command_transaction(engine, other.tenant_id) as session:
        by = SaidBy(other.tenant_id, uuid4(), other.duane)
        assert say(session, by, defined(ACTIVITY, "entry-1", "Submit", {}))
    assert term(engine, org, ACTIVITY, "entry-1") == Term(ACTIVITY, "entry-1", "Work", {"task": "washing dog"})


def test_of_two_that_contradict_each_other_at_once_one_is_kept(said: Say, engine: Engine, org: Organisation) -> None:
    hours = [f"2022-12-07T{hour:02}:00:00+00:00" for hour in range(12)]

    def tell(hour: str) -> str:
        try:
            said(timed("entry-1", hour, None))
        except Contradiction:
            return "refused"
        return hour

    with ThreadPoolExecutor(8) as pool:
        kept = [each for each in pool.map(tell, hours) if each != "refused"]

    found = term(engine, org, ACTIVITY, "entry-1")
    assert found is not None
    assert kept == [found.started]


def test_a_start_and_an_end_before_it_at_once_are_not_both_kept(said: Say, engine: Engine, org: Organisation) -> None:
    for number in range(10):
        name = f"entry-{number}"

        def tell(assertion: Assertion) -> bool:
            try:
                return said(assertion)
            except Contradiction:
                return False

        with ThreadPoolExecutor(2) as pool:
            kept = list(pool.map(tell, [timed(name, ONE, None), timed(name, None, NOON)]))
        assert sorted(kept) == [False, True]


@pytest.mark.parametrize("what", ["work", "timesheet", "approve", "view"])
def test_of_what_the_product_records_itself_nobody_else_says_anything(org: Organisation, what: str) -> None:
    by = SaidBy(org.tenant_id, uuid4(), org.duane)
    ours = f"{what}-{uuid4()}-1"

    with pytest.raises(Invalid):
        require_sayable(by, timed(ours, NOON, None))
    with pytest.raises(Invalid):
        require_sayable(by, informed("approve-31280", ours))
    require_sayable(SaidBy(org.tenant_id, uuid4(), org.duane, namespace="another"), timed(ours, NOON, None))
    require_sayable(by, timed("approve-31280", NOON, None))
