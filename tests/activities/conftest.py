"""Activities on the real database, without Temporal around them."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.commands import SheetActivities
from models.commands import Asked
from models.database import command_transaction
from models.messages import CommandOutcome, SheetKey
from models.rules.digest import sheet_digest
from models.rules.periods import Period
from models.store import commands
from models.store.sheets import content_of, live_entries
from models.tables.timesheet import Timesheet


@dataclass(frozen=True)
class Desk:
    """Asks commands and carries them out at once."""

    engine: Engine
    activities: SheetActivities

    def ask(self, asked: Asked) -> None:
        """Only note the command."""
        with command_transaction(self.engine, asked.key.tenant_id) as session:
            commands.ask(session, asked)

    def apply(self, asked: Asked) -> CommandOutcome:
        """Carry out a command that was asked."""
        return ActivityEnvironment().run(self.activities.apply_command, asked.ref)

    def do(self, asked: Asked) -> CommandOutcome:
        """Ask and carry out."""
        self.ask(asked)
        return self.apply(asked)

    def digest(self, key: SheetKey) -> str:
        """The digest of what is on the timesheet now."""
        with command_transaction(self.engine, key.tenant_id) as session:
            sheet = session.get_one(Timesheet, key.timesheet_id)
            entries = live_entries(session, sheet.id)
            return sheet_digest(
                content_of(sheet.owner_id, Period(sheet.period_start, sheet.period_end), entries)
            )


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine, SheetActivities(engine))
