"""The ledger verified on the live database, beside reading it once and hashing what it says."""

from collections.abc import Callable
from hashlib import sha256
from time import perf_counter
from uuid import UUID, uuid4

from sqlalchemy import Engine, create_engine, make_url, text

from bench.figures import Figure, Goal
from bench.sizes import Sizes
from bench.system import System
from models.database import command_transaction, engine_for, read_session
from models.store.sealing import keys_from, seal
from models.verifying.ledger import verify_ledger
from models.verifying.ledger_parts import A_BATCH

A_THIRD = Goal(0.3, at_least=True)

SECRET = "what is sealed with here"  # noqa: S105 - of no installation


def measure(system: System, sizes: Sizes) -> list[Figure]:
    """The figures 'ledger'."""
    owner_url = system.settings.database_owner_url
    assert owner_url is not None
    engine, tenant_id = engine_for(system.settings.database_url), uuid4()
    _fill(owner_url, tenant_id, sizes.statements)
    sealing = sizes.statements / _timed(lambda: _seal_all(engine, tenant_id))
    _analyse(owner_url)
    ours, floor = [], []
    for _ in range(sizes.rounds):
        floor.append(sizes.statements / _timed(lambda: _read_and_hash(engine, tenant_id)))
        ours.append(sizes.statements / _timed(lambda: _verify(engine, tenant_id, sizes.statements)))
    samples = f"{sizes.rounds} × {sizes.statements:,}"
    middle = len(ours) // 2
    return [
        Figure(
            "ledger, statements verified",
            [each / least for each, least in zip(ours, floor, strict=True)],
            ours=f"{sorted(ours)[middle]:,.0f} /s",
            against=f"{sorted(floor)[middle]:,.0f} /s",
            samples=samples,
            goal=A_THIRD,
        ),
        Figure("ledger, statements sealed", [sealing], "/s", samples=f"{sizes.statements:,}"),
    ]


def _verify(engine: Engine, tenant_id: UUID, statements: int) -> None:
    with read_session(engine, tenant_id) as session:
        found = verify_ledger(session, tenant_id)
    if found.wrong or found.sealed != statements:
        raise SystemExit(f"the ledger is not what it was filled with: {found}")


def _read_and_hash(engine: Engine, tenant_id: UUID) -> None:
    """The floor: one sequential read, and SHA-256 over the same bytes."""
    with read_session(engine, tenant_id) as session:
        result = session.execute(_READ, {"tenant": tenant_id}, execution_options={"yield_per": A_BATCH})
        for rows in result.partitions():
            for (said,) in rows:
                sha256(said.encode()).digest()


def _seal_all(engine: Engine, tenant_id: UUID) -> None:
    goes_on = True
    while goes_on:
        with command_transaction(engine, tenant_id) as session:
            made = seal(session, tenant_id, keys_from(SECRET))
        goes_on = made is not None and made.goes_on


def _fill(owner_url: str, tenant_id: UUID, statements: int) -> None:
    """An organisation of its own, with statements written at once."""
    values = {"tenant": tenant_id, "slug": f"ledger-{tenant_id.hex[:8]}", "many": statements}
    owner = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with owner.begin() as connection:
            connection.execute(text("SELECT set_config('countersign.tenant', :id, true)"), {"id": str(tenant_id)})
            for statement in (_TENANT, _STATEMENTS):
                connection.execute(text(statement), values)
    finally:
        owner.dispose()
    _analyse(owner_url)


def _analyse(owner_url: str) -> None:
    owner = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE statement, ledger_leaf"))
    finally:
        owner.dispose()


def _timed(do: Callable[[], None]) -> float:
    began = perf_counter()
    do()
    return perf_counter() - began


_READ = text("SELECT said FROM statement WHERE tenant_id = :tenant ORDER BY sequence")

_TENANT = "INSERT INTO tenant (id, slug, name) VALUES (:tenant, :slug, :slug)"

# Five statements in a transaction, as long as those that commands make.
_STATEMENTS = """
    INSERT INTO statement (tenant_id, namespace, transaction_id, kind, subject, said, digest)
    SELECT :tenant, 'default', md5((n / 5)::text)::uuid, 'wasAssociatedWith', 'work-' || n, said,
           encode(sha256(convert_to(said, 'UTF8')), 'hex')
    FROM (SELECT n, '{"activity":"work-' || md5(n::text) || '-1","agent":"staff-' || n % 5000
                    || '","kind":"wasAssociatedWith","role":"WORKER"}' AS said
          FROM generate_series(1, :many) AS n) AS each
"""
