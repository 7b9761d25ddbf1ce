"""`countersign ledger`: the ledger verified, sealed and exported, and the keys that seals are signed with.

What is found goes to standard output; how far it is, to standard error: a bar on a terminal, else a line now and then.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import Engine

from accruals import Bar
from models.database import command_transaction, engine_for, read_session
from models.errors import DomainError, SealKeyChanged
from models.reads.seals import keys_of
from models.reads.tenants import tenant_named, tenants
from models.store.sealing import KeyOf, keys_from, public_bytes, rotate_key
from models.store.sealing import seal as make_seal
from models.verifying.ledger import sealed_statements, verify_export, verify_ledger
from models.verifying.ledger_anchors import Anchored, AnchorsUnreadable, anchors_in
from models.verifying.ledger_check import KnownKeys, Verified, derived_keys, named_keys
from models.verifying.ledger_file import ExportUnreadable, Heading, lines_of, opened
from models.verifying.ledger_parts import ledger_parts
from settings import Settings

Anchors = Callable[[UUID], dict[int, Anchored]]


def verify(settings: Settings, slug: str | None, public_keys: Sequence[str], anchors: Path | None) -> bool:
    """Print everything that is wrong with the ledger; whether nothing is. Raises `SystemExit` with what else is."""
    engine = _engine(settings)
    asked = {slug: _tenant_id(engine, slug)} if slug else tenants(engine)
    known, expected = named(public_keys), _anchors(anchors)
    right = True
    for name, tenant_id in asked.items():
        keys = known or derived_keys(partial(_derived, settings, tenant_id))
        with read_session(engine, tenant_id) as session:
            bar = Bar(f"{name}: statements verified", sealed_statements(session, tenant_id))
            with bar:
                found = verify_ledger(session, tenant_id, keys, bar.reach, expected(tenant_id))
        right = _tell(name, found) and right
    return right


def verify_file(path: Path, public_keys: Sequence[str], anchors: Path | None) -> bool:
    """The same of an export, which needs no database and no settings."""
    known, expected = named(public_keys), _anchors(anchors)
    try:
        with opened(path, "r") as file, _counting(path) as far:
            heading, found = verify_export(file, known, far, expected)
    except (OSError, ExportUnreadable) as error:
        raise SystemExit(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    print(f"{heading.organisation}, as it was on {heading.exported_at:%d %B %Y, %H:%M:%S} UTC")
    return _tell(heading.organisation, found)


def seal(settings: Settings, slug: str | None) -> bool:
    """Seal what waits for it, and print what was made; whether everything could be."""
    engine, key_of = _engine(settings), keys_from(settings.secret_key.get_secret_value())
    asked = {slug: _tenant_id(engine, slug)} if slug else tenants(engine)
    right = True
    for name, tenant_id in asked.items():
        try:
            _seal_all(engine, name, tenant_id, key_of)
        except SealKeyChanged as changed:
            print(f"{name}: {changed.message}")
            right = False
    return right


def export(settings: Settings, slug: str | None, path: Path) -> None:
    """Write everything of one organisation's ledger into a new file."""
    engine = _engine(settings)
    tenant_id = _tenant_id(engine, slug)
    name = next(each for each, id_ in tenants(engine).items() if id_ == tenant_id)
    try:
        with opened(path, "w") as file, read_session(engine, tenant_id) as session:
            total = sealed_statements(session, tenant_id)
            with Bar(f"{name}: statements exported", total) as bar:
                heading = Heading(tenant_id, name, datetime.now(UTC))
                lines = _write(file, lines_of(heading, ledger_parts(session, tenant_id)), bar)
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror or error}") from None
    print(f"{name}: {lines:,} lines are in {path}.")


def rotate(settings: Settings, slug: str | None, former_secret: Path | None, *, is_lost: bool) -> None:
    """Introduce another key, signed by the one before."""
    engine, key_of = _engine(settings), keys_from(settings.secret_key.get_secret_value())
    tenant_id = _tenant_id(engine, slug)
    former = keys_from(_secret_in(former_secret)) if former_secret else None
    try:
        with command_transaction(engine, tenant_id) as session:
            number = rotate_key(session, tenant_id, key_of, former, is_lost=is_lost)
    except DomainError as error:
        raise SystemExit(error.message) from None
    print(f"Key {number} signs from now on. Publish it: {public_bytes(key_of(tenant_id, number)).hex()}")


def keys(settings: Settings, slug: str | None) -> None:
    """Print the public keys."""
    engine = _engine(settings)
    asked = {slug: _tenant_id(engine, slug)} if slug else tenants(engine)
    for name, tenant_id in asked.items():
        with read_session(engine, tenant_id) as session:
            for key in keys_of(session, tenant_id, UTC):
                since = f"since {key.introduced_at:%d %B %Y, %H:%M} UTC"
                print(f"{name}: key {key.number} {key.public_key} {since}{'' if key.is_signed else ', signed by none'}")


def named(public_keys: Sequence[str]) -> KnownKeys | None:
    """Keys in hexadecimal as known ones; None without any. Raises `SystemExit`."""
    try:
        found = {bytes.fromhex(key.strip()) for key in public_keys}
    except ValueError:
        found = {b""}
    if any(len(key) != 32 for key in found):
        raise SystemExit("A public key is 64 hexadecimal digits, as `countersign ledger keys` prints them.")
    return named_keys(found) if found else None


def _tell(name: str, found: Verified) -> bool:
    for finding in found.wrong:
        print(f"{name}: {finding}")
    for remark in found.remarks:
        print(f"{name}: {remark}")
    waiting = found.statements - found.sealed
    told = f"{found.sealed:,} statements in {found.seals:,} {'seal' if found.seals == 1 else 'seals'}"
    waits = f"; {waiting:,} wait for the next seal" if waiting else ""
    if found.wrong:
        print(f"{name}: {len(found.wrong):,} findings in {told}{waits}.")
    else:
        print(f"{name}: {told} are as they were sealed{waits}.")
    return not found.wrong


def _seal_all(engine: Engine, name: str, tenant_id: UUID, key_of: KeyOf) -> None:
    goes_on, made = True, 0
    while goes_on:
        with command_transaction(engine, tenant_id) as session:
            sealed = make_seal(session, tenant_id, key_of)
        goes_on = sealed is not None and sealed.goes_on
        if sealed:
            made += 1
            print(f"{name}: seal {sealed.content.number} covers {sealed.content.size:,} statements.")
    if not made:
        print(f"{name}: there is nothing to seal.")


def _write(file: IO[str], lines: Iterator[str], bar: Bar) -> int:
    number = 0
    for number, line in enumerate(lines, 1):
        file.write(line)
        if number % 1_000 == 0:
            bar.reach(number)
    return number


@contextmanager
def _counting(path: Path) -> Iterator[Callable[[int], None]]:
    """How far it is in an export, of which nobody knows yet how long it is: a line now and then."""
    told = 0

    def far(done: int) -> None:
        nonlocal told
        if done - told >= 100_000:
            told = done
            print(f"{path.name}: {done:,} statements verified", file=sys.stderr)

    yield far


def _anchors(path: Path | None) -> Anchors:
    def of(tenant_id: UUID) -> dict[int, Anchored]:
        if path is None:
            return {}
        try:
            with opened(path, "r") as file:
                return anchors_in(file, tenant_id)
        except (OSError, ValueError) as error:
            words = error if isinstance(error, AnchorsUnreadable) else getattr(error, "strerror", "it is no text")
            raise SystemExit(f"{path}: {words}") from None

    return of


def _derived(settings: Settings, tenant_id: UUID, number: int) -> bytes:
    return public_bytes(keys_from(settings.secret_key.get_secret_value())(tenant_id, number))


def _secret_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SystemExit(f"{path}: {getattr(error, 'strerror', None) or 'it is no text'}") from None


def _engine(settings: Settings) -> Engine:
    return engine_for(settings.database_url, pool_size=1)


def _tenant_id(engine: Engine, slug: str | None) -> UUID:
    try:
        return tenant_named(engine, slug)
    except DomainError as error:
        raise SystemExit(error.message) from None
