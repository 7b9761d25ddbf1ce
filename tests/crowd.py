"""Many submitted timesheets, and one decision on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert

from models.database import command_transaction, read_session
from models.messages import BulkKey, SheetKey
from models.rules.days import day_bounds
from models.rules.transitions import CommandKind, State
from models.store.bulk import Bulk, Pick, Verdict, ask_bulk, bulk_of, rows_of
from models.store.changes import GivenBy
from models.tables.approval import BulkDecisionRow, Delegation
from models.tables.timesheet import Decision, Timesheet
from tests.desk import Desk
from tests.factories import LONDON, MONDAY, Asking, Organisation, worked

APPROVE = Verdict(CommandKind.APPROVE)
REJECT = Verdict(CommandKind.REJECT, "The breaks are missing.")


@dataclass(frozen=True)
class Crowd:
    """An organisation where many timesheets wait."""

    desk: Desk
    org: Organisation

    def submitted(self, count: int, owner: UUID | None = None) -> list[Pick]:
        """So many submitted weeks of one person (Duane, if nobody else), the last one that of the Monday."""
        return [self.submit_week(owner or self.org.duane, weeks) for weeks in reversed(range(count))]

    def submit_week(self, owner: UUID, weeks_ago: int = 0) -> Pick:
        """One submitted week of eight hours, as it is shown."""
        mine = self.week_of(owner, weeks_ago)
        self.desk.do(mine.record(worked("09:00", "17:00", mine.day)))
        key = self.org.key(owner, mine.day)
        digest = self.desk.digest(key)
        self.desk.do(mine.submit(digest))
        return Pick(key.timesheet_id, digest)

    def submit_week_again(self, mine: Asking) -> Pick:
        """A week that was recalled, with an hour more."""
        self.desk.do(replace(mine, reason="Forgot one.").record(worked("18:00", "19:00", mine.day)))
        key = self.org.key(mine.owner, mine.day)
        digest = self.desk.digest(key)
        self.desk.do(mine.submit(digest))
        return Pick(key.timesheet_id, digest)

    def week_of(self, owner: UUID, weeks_ago: int = 0) -> Asking:
        """Somebody on their own week."""
        return Asking(self.org, owner, owner, MONDAY - timedelta(weeks=weeks_ago))

    def ask(
        self,
        picks: Sequence[Pick],
        verdict: Verdict | None = APPROVE,
        by: UUID | None = None,
        command_id: UUID | None = None,
    ) -> BulkKey:
        """A bulk decision, written down only; Roland's, if nobody else's."""
        given = GivenBy(self.org.tenant_id, by or self.org.roland, command_id or uuid4())
        with command_transaction(self.desk.engine, self.org.tenant_id) as session:
            return BulkKey(self.org.tenant_id, ask_bulk(session, given, picks, verdict))

    def bulk(self, key: BulkKey, by: UUID | None = None) -> Bulk:
        """How far it is."""
        with read_session(self.desk.engine, key.tenant_id) as session:
            return bulk_of(session, key.bulk_id, by or self.org.roland)

    def rows(self, key: BulkKey) -> list[BulkDecisionRow]:
        """What came of each row."""
        with read_session(self.desk.engine, key.tenant_id) as session:
            found = list(rows_of(session, key.bulk_id))
            session.expunge_all()
            return found

    def told(self, key: BulkKey) -> list[tuple[str, str | None, str | None]]:
        """Of each row the outcome, the code and the state of the timesheet."""
        return [(row.outcome, row.code, row.sheet_state) for row in self.rows(key)]

    def decisions(self) -> list[Decision]:
        """Every decision that was made."""
        return self.desk.rows(self.org.tenant_id, Decision)

    def states(self, picks: Sequence[Pick]) -> set[str]:
        """Where these timesheets stand."""
        chosen = {pick.timesheet_id for pick in picks}
        return {sheet.state for sheet in self.desk.rows(self.org.tenant_id, Timesheet) if sheet.id in chosen}

    def approve(self, pick: Pick, by: UUID | None = None, *, owner: UUID | None = None, weeks_ago: int = 0) -> None:
        """Somebody decides on one of them alone, beside the workflow."""
        mine = self.week_of(owner or self.org.duane, weeks_ago)
        theirs = Asking(self.org, mine.owner, by or self.org.roland, mine.day)
        outcome = self.desk.do(theirs.approve(pick.digest))
        assert outcome.snapshot.state is State.APPROVED

    def key(self, pick: Pick) -> SheetKey:
        """The timesheet of a pick."""
        return SheetKey(self.org.tenant_id, pick.timesheet_id)


def delegate(owner: Engine, org: Organisation, delegator: UUID, to: UUID, *only: UUID) -> None:
    """Somebody stands in for somebody, these days; for some people only, if they are named."""
    row = {
        "id": uuid4(),
        "tenant_id": org.tenant_id,
        "delegator_id": delegator,
        "delegate_id": to,
        "from_day": MONDAY - timedelta(days=3650),
        "to_day": MONDAY + timedelta(days=3650),
        "person_ids": list(only) or None,
        "granted_by_id": delegator,
        "due_at": day_bounds(MONDAY + timedelta(days=3650), LONDON)[1],
    }
    with owner.begin() as connection:
        connection.execute(insert(Delegation).values(row))
