"""A person's balances brought to what they are by the reference data of now."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import delete, text, tuple_

from models.database import WriteSession
from models.rules.balances import DayBalance
from models.rules.books import At, Books, books_of, wrong_balances
from models.store.accruals import Contributed, add_contributions, lock_balances
from models.store.recorded import Kept, kept_books, recorded_of
from models.tables.accruals import Accrual


def recompute(session: WriteSession, tenant_id: UUID, person_id: UUID) -> bool:
    """Let a person's contributions and balances be the fold of what is recorded; whether any balance changed.

    The person is held until the transaction ends, so nobody ever sees half of it. What was computed before
    stays: of one version of an entry and day the highest computation counts.
    """
    if not lock_balances(session, person_id):
        return False
    recorded = recorded_of(session, [person_id])[person_id]
    books, kept = books_of(recorded), kept_books(session, [person_id])[person_id]
    add_contributions(session, tenant_id, person_id, _corrected(books, kept))
    wrong = wrong_balances(books, recorded.calendar.agreements, kept.balances)
    _correct_balances(session, tenant_id, person_id, wrong)
    return bool(wrong)


def _corrected(books: Books, kept: Kept) -> Iterator[Contributed]:
    """What differs, by a computation after those there are."""
    for source in books.contributions.keys() | kept.contributions.keys():
        wanted, found = books.contributions.get(source, {}), kept.contributions.get(source, {})
        values = {at: value for at, (value, _) in found.items()}
        if wanted != values:
            changed = {
                at: wanted.get(at, 0) for at in wanted.keys() | values.keys() if wanted.get(at, 0) != values.get(at, 0)
            }
            last = max((computation for _, computation in found.values()), default=0)
            yield Contributed(source, changed, last + 1)


def _correct_balances(
    session: WriteSession, tenant_id: UUID, person_id: UUID, wrong: dict[At, DayBalance | None]
) -> None:
    gone = [(code.value, day) for (code, day), balance in wrong.items() if balance is None]
    if gone:
        at = tuple_(Accrual.accrual_code, Accrual.day)
        session.execute(delete(Accrual).where(Accrual.person_id == person_id, at.in_(gone)))
    right = [(at, balance) for at, balance in wrong.items() if balance is not None]
    if right:
        session.execute(_WRITE, {"tenant": tenant_id, "person": person_id, **_columns(right)})


def _columns(balances: Iterable[tuple[At, DayBalance]]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {"codes": [], "days": [], "totals": [], "balances": []}
    for (code, day), balance in balances:
        columns["codes"].append(code.value)
        columns["days"].append(day)
        columns["totals"].append(balance.total)
        columns["balances"].append(balance.balance)
    return columns


_WRITE = text(
    """
    INSERT INTO accrual (tenant_id, person_id, accrual_code, day, total, balance)
    SELECT :tenant, :person, *
    FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:totals AS int[]), CAST(:balances AS int[]))
    ON CONFLICT (person_id, accrual_code, day) DO UPDATE
    SET total = excluded.total, balance = excluded.balance
    """
)
