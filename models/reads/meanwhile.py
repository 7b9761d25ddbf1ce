"""What became of a timesheet while somebody has it open."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from models.reads.ages import age_text
from models.reads.sheets import last_decision, last_submission, sheet_of
from models.reads.shown import Meanwhile
from models.reads.status import LABELS
from models.reads.viewer import Onlooker, circle_of_sheet
from models.rules.transitions import State
from models.tables.timesheet import Timesheet

DONE = {"approve": "Approved by {name}", "reject": "Sent back by {name}", "take_back": "{name} took the approval back"}


def meanwhile(
    session: Session, onlooker: Onlooker, timesheet_id: UUID, state: str, digest: str, now: datetime
) -> Meanwhile:
    """What is new about a timesheet that is shown in this state, with the content of this digest.

    Raises `NotFound` for whoever may not see it.
    """
    sheet = sheet_of(session, timesheet_id)
    circle_of_sheet(session, onlooker, sheet)
    return Meanwhile(timesheet_id, state, digest, _news(session, sheet, state, digest, now))


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was, to the ten seconds while people still wait for it."""
    seconds = (now - moment) // timedelta(seconds=1)
    return f"{seconds // 10 * 10} s ago" if 10 <= seconds < 60 else age_text(moment, now)


def _news(session: Session, sheet: Timesheet, state: str, digest: str, now: datetime) -> str | None:
    submission = last_submission(session, sheet)
    if submission and submission.digest != digest and State(sheet.state) is State.SUBMITTED:
        return f"Submitted again {ago(submission.submitted_at, now)}, with other content than what you see here."
    decided = last_decision(session, sheet.id)
    is_of_this = decided is not None and decided[0].submission_id == sheet.submission_id
    if decided and is_of_this and (sheet.state != state or State(state) is State.SUBMITTED):
        return f"{DONE[decided[0].decision].format(name=decided[1])} {ago(decided[0].decided_at, now)}."
    if sheet.state != state:
        return f"It is no longer {LABELS[State(state)][0].lower()}: it is {LABELS[State(sheet.state)][0].lower()} now."
    return None
