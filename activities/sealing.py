"""Sealing a ledger, and leaving copies of its seals in a file and at an address."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path

import structlog
from sqlalchemy import Engine
from temporalio import activity

from activities.failures import failures_translated
from activities.names import ANCHOR_SEALS, SEAL_LEDGER
from activities.posting import Poster
from models.database import command_transaction, read_session
from models.errors import SealKeyChanged
from models.messages import LedgerKey
from models.store.anchors import AnchorKind, Due, Tried, due_anchors, note_tries
from models.store.sealing import KeyOf, seal

FOLDER = "anchors"
"""Where files of anchors are, inside the data directory; each organisation has a folder of its own in it."""

CONTENT_TYPE = {"Content-Type": "application/json", "User-Agent": "Countersign"}

LONGEST_LINE = 4_000
"""Longer than two seals in JSON."""

log = structlog.get_logger()


@dataclass(frozen=True)
class SealActivities:
    """What the workflow of seals has done. `engine` is the application's."""

    engine: Engine
    key_of: KeyOf

    @activity.defn(name=SEAL_LEDGER, no_thread_cancel_exception=True)
    def seal_ledger(self, key: LedgerKey) -> bool:
        """Make one seal; whether there may be more to seal."""
        with failures_translated():
            try:
                with command_transaction(self.engine, key.tenant_id) as session:
                    made = seal(session, key.tenant_id, self.key_of)
            except SealKeyChanged as changed:
                # Trying again does not help; it is asked for again every minute, until somebody gives it a key.
                log.error("ledger not sealed", tenant=str(key.tenant_id), because=changed.message)
                return False
            return made is not None and made.goes_on


@dataclass(frozen=True)
class AnchorActivities:
    """What the workflow of anchors has done."""

    engine: Engine
    poster: Poster
    data_dir: Path

    @activity.defn(name=ANCHOR_SEALS)
    async def anchor_seals(self, key: LedgerKey) -> bool:
        """Leave the next seals wherever they are due; whether there may be more for a place that takes them."""
        with failures_translated():
            goes_on = False
            for due in await asyncio.to_thread(self._due, key):
                tries = await self._leave(due)
                await asyncio.to_thread(self._note, due, tries)
                goes_on = goes_on or tries[-1].error is None
            return goes_on

    async def _leave(self, due: Due) -> list[Tried]:
        if due.kind is AnchorKind.FILE:
            activity.heartbeat()
            return await asyncio.to_thread(append, self.data_dir / FOLDER / str(due.tenant_id), due)
        tries: list[Tried] = []
        for number, content in due.seals:
            activity.heartbeat()
            answer = await self.poster.post_bytes(due.target, content, CONTENT_TYPE)
            tries.append(Tried(number, answer.status, answer.error))
            if answer.error or activity.is_worker_shutdown():
                break
        return tries

    def _due(self, key: LedgerKey) -> list[Due]:
        with read_session(self.engine, key.tenant_id) as session:
            return due_anchors(session, key.tenant_id, datetime.now(UTC))

    def _note(self, due: Due, tries: list[Tried]) -> None:
        with command_transaction(self.engine, due.tenant_id) as session:
            note_tries(session, due, tries, datetime.now(UTC))


def append(folder: Path, due: Due) -> list[Tried]:
    """Add seals to a file, a line for each. Those that an attempt that died has added are not added again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _held(folder / due.target) as file:
            last = _last_line(file)
            lines = [content for _, content in due.seals]
            new = lines[lines.index(last) + 1 :] if last in lines else lines
            os.write(file, b"".join(line + b"\n" for line in new))
            os.fsync(file)
    except OSError as error:
        return [Tried(due.seals[0][0], error=f"The file cannot be written: {error.strerror}.")]
    return [Tried(number) for number, _ in due.seals]


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """A file that nobody else adds to meanwhile; a link is no file."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        flock(file, LOCK_EX)
        yield file
    finally:
        os.close(file)


def _last_line(file: int) -> bytes:
    """The last whole line; what a power cut left of one after it goes."""
    size = os.fstat(file).st_size
    tail = os.pread(file, LONGEST_LINE, max(size - LONGEST_LINE, 0))
    whole, _, torn = tail.rpartition(b"\n")
    if torn:
        os.ftruncate(file, size - len(torn))
    return whole.rpartition(b"\n")[2]
