"""Lists of entries as they are checked and recorded."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from models.database import WriteSession
from models.errors import KeyReused, NotFound
from models.tables.intake import EntryImport

CHECKING, CHECKED, APPLYING, APPLIED, REFUSED = "checking", "checked", "applying", "applied", "refused"
"""Where a list stands."""


def keep_list(session: WriteSession, new: EntryImport) -> None:
    """Keep a list that is to be checked; sent again it is kept once. Raises `KeyReused` for another one by its id."""
    given = {name: getattr(new, name) for name in _GIVEN}
    kept = insert(EntryImport).values(given | {"state": CHECKING}).on_conflict_do_nothing().returning(EntryImport.id)
    if session.execute(kept).first() is None:
        there = session.get_one(EntryImport, new.id)
        if (_said(there), there.reason) != (_said(new), new.reason):
            raise KeyReused("This form was already sent with other content. Reload the page and try again.")


def held_import(session: WriteSession, import_id: UUID) -> EntryImport:
    """A list that nobody else works on until the transaction ends; its row stays free, so that progress can be told.

    Raises `NotFound`.
    """
    session.execute(_ALONE, {"key": f"import/{import_id}"})
    found = session.scalar(select(EntryImport).where(EntryImport.id == import_id))
    if found is None:
        raise NotFound("There is no such list.")
    return found


def tell_progress(session: WriteSession, import_id: UUID, done: int) -> None:
    """How many lines have been gone through."""
    session.execute(update(EntryImport).where(EntryImport.id == import_id).values(done=done))


def finish_check(session: WriteSession, import_id: UUID, problems: Mapping[int, str]) -> None:
    """Every line has its verdict."""
    told = {str(number): words for number, words in problems.items()}
    this = update(EntryImport).where(EntryImport.id == import_id, EntryImport.state == CHECKING)
    session.execute(this.values(state=CHECKED, problems=told))


def begin_recording(session: WriteSession, import_id: UUID) -> bool:
    """Record it from now on; False when that was asked for before, or not every line was accepted."""
    accepted = (EntryImport.id == import_id, EntryImport.state == CHECKED, EntryImport.problems == {})
    begun = update(EntryImport).where(*accepted).values(state=APPLYING, done=0).returning(EntryImport.id)
    return session.execute(begun).first() is not None


def finish_recording(session: WriteSession, import_id: UUID, lines: int) -> bool:
    """All lines were recorded: in the transaction that records them. False when that was given up meanwhile."""
    this = update(EntryImport).where(EntryImport.id == import_id, EntryImport.state == APPLYING)
    finished = this.values(state=APPLIED, done=lines, finished_at=func.now()).returning(EntryImport.id)
    return session.execute(finished).first() is not None


def refuse(session: WriteSession, import_id: UUID, line: int, words: str) -> None:
    """Nothing was recorded, because of one line."""
    this = update(EntryImport).where(EntryImport.id == import_id, EntryImport.state == APPLYING)
    session.execute(this.values(state=REFUSED, refusal=words, refused_line=line, finished_at=func.now()))


def give_up(session: WriteSession, import_id: UUID, state: str) -> bool:
    """What was asked of a list could not be begun: a list to be checked goes, one to be recorded waits again.

    False when it was begun after all, and is finished: then it stays what it became.
    """
    this = update(EntryImport).where(EntryImport.id == import_id, EntryImport.state == state)
    refused = {"state": REFUSED, "refusal": "It could not be checked just now.", "finished_at": func.now()}
    given_up = this.values(refused if state == CHECKING else {"state": CHECKED}).returning(EntryImport.id)
    return session.execute(given_up).first() is not None


_GIVEN = ("id", "tenant_id", "actor_id", "file_name", "reason", "lines", "problems")


def _said(given: EntryImport) -> list[dict[str, str]]:
    """The lines as they were written: what they mean may change."""
    return [line["cells"] for line in given.lines]


_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
