"""Balances held against a fold over the recorded time alone; neither contributions nor balances are believed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models.rules.accrual_types import AccrualCode
from models.rules.accruals import Contributions
from models.rules.balances import DayBalance
from models.rules.books import Recorded, Source, books_of, wrong_balances
from models.store.recorded import Kept, kept_books, recorded_of
from models.tables.people import Person

AT_ONCE = 50
"""People whose books are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the look is, and what was found wrong with the people just looked at."""

    people: int
    wrong: tuple[str, ...]


Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a consistent view of one organisation's rows."""


def how_many(session: Session) -> int:
    """How many people there are to look at."""
    return session.scalar(select(func.count()).select_from(Person)) or 0


def verify(reading: Reading) -> Iterator[Checked]:
    """Everything wrong with the balances of an organisation, some people at a time.

    Each of these has a view of its own, in which what was recorded and what is stored belong together.
    """
    after: UUID | None = None
    while True:
        with reading() as session:
            people = _next_people(session, after)
            wrong = wrong_with(session, people)
        if not people:
            return
        yield Checked(len(people), tuple(wrong))
        after = people[-1]


def wrong_with(session: Session, person_ids: Sequence[UUID]) -> list[str]:
    """Everything wrong with the books of these people, in words; one who cannot be computed is no end of it."""
    try:
        kept = kept_books(session, person_ids)
        recorded = recorded_of(session, person_ids)
        return [words for id_, each in recorded.items() for words in _wrong(id_, each, kept[id_])]
    except SQLAlchemyError:
        raise
    except Exception as error:
        if len(person_ids) == 1:
            return [f"balances of person {person_ids[0]} could not be computed ({type(error).__name__})"]
        return [words for id_ in person_ids for words in wrong_with(session, [id_])]


def _next_people(session: Session, after: UUID | None) -> Sequence[UUID]:
    these = select(Person.id).order_by(Person.id).limit(AT_ONCE)
    return session.scalars(these if after is None else these.where(Person.id > after)).all()


def _wrong(person_id: UUID, recorded: Recorded, kept: Kept) -> Iterator[str]:
    books = books_of(recorded)
    for (code, day), right in wrong_balances(books, recorded.calendar.agreements, kept.balances).items():
        found = kept.balances.get((code, day))
        yield f"balance of {code} of person {person_id} on {day}: stored {_told(found)}, computed {_told(right)}"
    for source in books.contributions.keys() | kept.contributions.keys():
        wanted, stored = books.contributions.get(source, {}), _values(kept, source)
        if wanted != stored:
            yield f"contributions of entry {source.entry_id} version {source.version}: {_unlike(stored, wanted)}"


def _values(kept: Kept, source: Source) -> Contributions:
    found = kept.contributions.get(source, {})
    return {at: value for at, (value, _) in found.items() if value}


def _unlike(stored: Contributions, wanted: Contributions) -> str:
    """The first few contributions that differ."""
    differing = [at for at in sorted(stored.keys() | wanted.keys()) if stored.get(at, 0) != wanted.get(at, 0)]
    return ", ".join(_contribution(at[0], stored.get(at, 0), wanted.get(at, 0)) for at in islice(differing, 3))


def _contribution(code: AccrualCode, stored: int, wanted: int) -> str:
    return f"{code} stored {stored}, computed {wanted}"


def _told(balance: DayBalance | None) -> str:
    return "nothing" if balance is None else f"{balance.balance} (of the day {balance.total})"
