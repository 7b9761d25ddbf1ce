"""Lists of entries: each line checked by the rules that record it, and all recorded in one transaction or none."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from activities.commands import carry_out
from activities.failures import failures_translated
from activities.names import CHECK_IMPORT, RECORD_IMPORT
from models.commands import Asked
from models.database import UNAVAILABLE, WriteSession, command_transaction
from models.errors import DomainError, Invalid, KeyReused
from models.imports import ImportLine, asked_by_line, lines_from_json
from models.messages import ImportKey
from models.rules.overlap import MUST_NOT_OVERLAP, Span, overlaps
from models.store import commands
from models.store.accruals import lock_balances
from models.store.imports import (
    APPLYING,
    CHECKING,
    finish_check,
    finish_recording,
    held_import,
    refuse,
    tell_progress,
)
from models.store.sheets import lock_sheets
from models.tables.intake import EntryImport

TOLD_EVERY = 20
"""Lines after which progress is told."""


@dataclass(frozen=True)
class ImportActivities:
    """What the workflow of a list has done on the database. `engine` is the application's."""

    engine: Engine

    @activity.defn(name=CHECK_IMPORT, no_thread_cancel_exception=True)
    def check_import(self, key: ImportKey) -> None:
        """Give every line its verdict: each is carried out alone and taken back, so that nobody waits for long."""
        with failures_translated():
            with command_transaction(self.engine, key.tenant_id) as session:
                found = held_import(session, key.import_id)
                if found.state != CHECKING:
                    return
                lines, problems = lines_from_json(found.lines), {int(n): words for n, words in found.problems.items()}
                given = _Given(key, found)
            problems |= _clashing(lines)
            for number, line in enumerate(lines, 1):
                if line.number not in problems and (words := self._refusal(given.asked(line))):
                    problems[line.number] = words
                self._tell(key, number)
            with command_transaction(self.engine, key.tenant_id) as session:
                finish_check(session, key.import_id, problems)

    @activity.defn(name=RECORD_IMPORT, no_thread_cancel_exception=True)
    def record_import(self, key: ImportKey) -> None:
        """Record every line, in one transaction; a refused one says so, and then nothing was recorded."""
        with failures_translated():
            try:
                with command_transaction(self.engine, key.tenant_id) as session:
                    self._record_all(session, key)
            except _TakeBack:
                return  # somebody was told meanwhile that nothing was saved
            except _RefusedAt as refused:
                with command_transaction(self.engine, key.tenant_id) as session:
                    refuse(session, key.import_id, refused.line, refused.words)

    def _record_all(self, session: WriteSession, key: ImportKey) -> None:
        found = held_import(session, key.import_id)
        if found.state != APPLYING:
            return
        given = _Given(key, found)
        asked = {line.number: given.asked(line) for line in lines_from_json(found.lines)}
        places = {place for each in asked.values() for place in each.places}
        held = lock_sheets(session, {place.timesheet_id(key.tenant_id) for place in places})
        lock_balances(session, *{place.owner_id for place in places})
        for done, (number, each) in enumerate(asked.items(), 1):
            with _refused_at(number):
                commands.note(session, each)
                carry_out(session, each, held)
            self._tell(key, done)
        if not finish_recording(session, key.import_id, len(asked)):
            raise _TakeBack

    def _refusal(self, asked: Asked) -> str | None:
        """Why a line would be refused; it is carried out and taken back."""
        try:
            with command_transaction(self.engine, asked.key.tenant_id) as session:
                held = lock_sheets(session, {place.timesheet_id(asked.key.tenant_id) for place in asked.places})
                commands.note(session, asked)
                carry_out(session, asked, held)
                raise _TakeBack
        except _TakeBack:
            return None
        except KeyReused:
            return "This line was read in before with other content."
        except DomainError as refused:
            return words_of(refused)

    def _tell(self, key: ImportKey, done: int) -> None:
        activity.heartbeat(done)
        if done % TOLD_EVERY == 0:
            # The lists that are being recorded may hold every connection: then nobody is told, and they go on.
            with suppress(*UNAVAILABLE), command_transaction(self.engine, key.tenant_id) as session:
                tell_progress(session, key.import_id, done)


class _TakeBack(Exception):
    """Ends a transaction without an effect."""


class _RefusedAt(Exception):
    """A line that was refused, so that nothing is recorded."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line
        self.words = words


class _Given:
    """What all lines of a list share: who read it in, and why."""

    def __init__(self, key: ImportKey, found: EntryImport) -> None:
        self._key, self._actor_id, self._reason = key, found.actor_id, found.reason

    def asked(self, line: ImportLine) -> Asked:
        """The command of a line."""
        return asked_by_line(self._key, line, self._actor_id, self._reason)


def words_of(refused: DomainError) -> str:
    """Every reason of a refusal, in one line."""
    errors = refused.data.get("errors", []) if isinstance(refused, Invalid) else []
    return " ".join(each["message"] for each in errors) or refused.message


@contextmanager
def _refused_at(number: int) -> Iterator[None]:
    try:
        yield
    except DomainError as refused:
        raise _RefusedAt(number, words_of(refused)) from refused


def _clashing(lines: list[ImportLine]) -> dict[int, str]:
    """Lines in whose way an earlier line of the list is."""
    found: dict[int, str] = {}
    by_owner: dict[object, list[tuple[int, Span]]] = {}
    for line in lines:
        if line.fields is None:
            continue
        span = Span(line.fields.start, line.fields.end)
        others = by_owner.setdefault(line.owner_id, [])
        clash = next((number for number, other in others if overlaps(span, other)), None)
        if clash is not None:
            found[line.number] = f"{MUST_NOT_OVERLAP}: that of line {clash}."
        others.append((line.number, span))
    return found
