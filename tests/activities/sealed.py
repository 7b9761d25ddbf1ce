"""Ledgers with a few seals, and what verifying says of them."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.rules.assertions import defined
from models.rules.prov_domain import TermKind
from models.store.assertions import say
from models.store.ledger import SaidBy
from models.store.sealing import KeyOf, Sealed, keys_from, public_bytes, rotate_key, seal
from models.verifying.ledger import verify_ledger
from models.verifying.ledger_check import KnownKeys, Verified, derived_keys
from models.verifying.ledger_file import Heading, lines_of
from models.verifying.ledger_parts import ledger_parts
from tests.factories import Organisation
from tests.office import SECRET

KEYS = keys_from(SECRET)
"""The keys of workers in tests."""


def tell(engine: Engine, org: Organisation, *names: str, transaction_id: UUID | None = None) -> None:
    """Have activities defined, all in one transaction."""
    with command_transaction(engine, org.tenant_id) as session:
        by = SaidBy(org.tenant_id, transaction_id or uuid4(), org.duane)
        for name in names:
            say(session, by, defined(TermKind.ACTIVITY, name, "Submit", {}))


def seal_some(engine: Engine, org: Organisation, key_of: KeyOf = KEYS) -> Sealed | None:
    """One seal, if anything waits for it."""
    with command_transaction(engine, org.tenant_id) as session:
        return seal(session, org.tenant_id, key_of)


def three_seals(engine: Engine, org: Organisation) -> Organisation:
    """Three seals over nine statements (`s-00`, `s-01`, …), the last of them with a second key."""
    for number in range(3):
        for each in range(3):
            tell(engine, org, f"s-{number}{each}")
        if number == 2:
            with command_transaction(engine, org.tenant_id) as session:
                rotate_key(session, org.tenant_id, KEYS)
        assert seal_some(engine, org)
    return org


def known_to(org: Organisation, key_of: KeyOf = KEYS) -> KnownKeys:
    """The keys that follow from a secret."""
    return derived_keys(lambda number: public_bytes(key_of(org.tenant_id, number)))


def verified(engine: Engine, org: Organisation, *, knows_keys: bool = True) -> Verified:
    """What verifying the database says."""
    with read_session(engine, org.tenant_id) as session:
        return verify_ledger(session, org.tenant_id, known_to(org) if knows_keys else None)


def exported(engine: Engine, org: Organisation) -> str:
    """The whole export."""
    heading = Heading(org.tenant_id, org.slug, datetime(2026, 11, 16, 12, tzinfo=UTC))
    with read_session(engine, org.tenant_id) as session:
        return "".join(lines_of(heading, ledger_parts(session, org.tenant_id)))
