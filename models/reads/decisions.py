"""Decisions on a timesheet, as whoever decides next reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.reads.looks import line_text
from models.reads.record.views import Viewed, viewed_before, viewed_words, views_of
from models.reads.shown import DecisionShown, EntryShown
from models.rules.reasons import REASON_WORDS, ReasonCode
from models.rules.transitions import CommandKind
from models.tables.people import Person
from models.tables.timesheet import Decision, Submission

SHOWN_AT_MOST = 20

WORDS = {
    CommandKind.APPROVE: ("Approved", "ok"),
    CommandKind.REJECT: ("Rejected", "bad"),
    CommandKind.TAKE_BACK: ("Approval taken back", "warn"),
}


def decisions_on(
    session: Session, timesheet_id: UUID, entries: Mapping[UUID, EntryShown], zone: ZoneInfo
) -> tuple[DecisionShown, ...]:
    """All of them, the newest first; the lines that one names are told by `entries`."""
    actor, responsible = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Decision, actor.name, responsible.name, Submission.revision)
        .join(actor, actor.id == Decision.decided_by_id)
        .join(responsible, responsible.id == Decision.responsible_id)
        .join(Submission, Submission.id == Decision.submission_id)
        .where(Decision.timesheet_id == timesheet_id)
        .order_by(Decision.decided_at.desc(), Decision.number.desc())
        .limit(SHOWN_AT_MOST)
    ).all()
    views = views_of(session, timesheet_id) if rows else ()
    return tuple(
        replace(_shown(made, by, whose, entries, zone), viewed=how_viewed(made, views, revision, zone))
        for made, by, whose, revision in rows
    )


def how_viewed(made: Decision, views: Iterable[Viewed], revision: int, zone: ZoneInfo) -> str | None:
    """Whether somebody had opened what they decided on, in words. An approval is taken back without looking at it."""
    if not made.views_recorded or made.decision == CommandKind.TAKE_BACK:
        return None
    return viewed_words(viewed_before(views, made.decided_by_id, made.decided_at), made.decided_at, revision, zone)


def _shown(made: Decision, by: str, whose: str, entries: Mapping[UUID, EntryShown], zone: ZoneInfo) -> DecisionShown:
    title, tone = WORDS[CommandKind(made.decision)]
    named = [line_text(entries[id_]) for id_ in made.entry_ids or () if id_ in entries]
    return DecisionShown(
        title,
        tone,
        by if made.decided_by_id == made.responsible_id else f"{by} for {whose}",
        made.decided_at.astimezone(zone),
        REASON_WORDS[ReasonCode(made.reason_code)] if made.reason_code else None,
        made.reason,
        made.comment,
        tuple(line for line in named if line),
    )
