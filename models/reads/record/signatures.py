"""Who put their name to what of a timesheet: certifications and decisions, each with its place in the sealed record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.reads.record.proofs import Proofs
from models.rules.transitions import CommandKind
from models.tables.people import Person
from models.tables.timesheet import Decision, Submission

TITLES = {
    CommandKind.SUBMIT.value: "Certified",
    CommandKind.APPROVE.value: "Approved",
    CommandKind.REJECT.value: "Rejected",
    CommandKind.TAKE_BACK.value: "Approval taken back",
}


@dataclass(frozen=True, slots=True)
class SealedAt:
    """Where a statement stands in the tree, and the first seal that covers it."""

    position: int
    seal: int
    root: str
    sealed_at: datetime
    key: str
    """The public key that the seal is signed with, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One act by which somebody stands for a timesheet."""

    decision: str
    """Approve, reject, take back; submit for a certification."""
    activity: str
    """What the record calls it."""
    revision: int
    by: str
    as_what: str | None
    on_behalf_of: str | None
    at: datetime
    digest: str
    words: str | None
    """The text that was certified, or the comment on a decision."""
    reason: str | None
    sealed: SealedAt | None
    """None: no seal covers it yet."""

    @property
    def title(self) -> str:
        """What was done, as people say it."""
        return TITLES[self.decision]

    @property
    def who(self) -> str:
        """Who acted, and for whom if it was not their own."""
        return f"{self.by} on behalf of {self.on_behalf_of}" if self.on_behalf_of else self.by


def signatures_of(session: Session, timesheet_id: UUID, zone: ZoneInfo) -> list[tuple[Signature, Submission]]:
    """Every certification and decision on a timesheet, the first one first, with the submission that it is about."""
    submissions = session.scalars(select(Submission).where(Submission.timesheet_id == timesheet_id)).all()
    decisions = session.scalars(select(Decision).where(Decision.timesheet_id == timesheet_id)).all()
    by_id = {each.id: each for each in submissions}
    names = _names(session, submissions, decisions)
    found = [(_certified(each, names, zone), each) for each in submissions]
    found += [(_decided(each, by_id[each.submission_id], names, zone), by_id[each.submission_id]) for each in decisions]
    return sorted(found, key=lambda pair: (pair[0].at, pair[0].decision != CommandKind.SUBMIT, pair[0].activity))


def positions_of(session: Session, activities: list[str]) -> dict[str, int]:
    """Where the definitions of these activities stand in the tree; those that wait for a seal are missing."""
    return {row.subject: row.position for row in session.execute(_POSITIONS, {"subjects": activities})}


def sealed_places(positions: Mapping[str, int], proofs: Proofs) -> dict[str, SealedAt]:
    """The places of activities in the tree with the seals that cover them."""
    seals = {each.number: each for each in proofs.seals}
    keys = {each.number: each.public_key.hex() for each in proofs.keys}
    found = {}
    for activity, position in positions.items():
        inclusion = proofs.inclusions.get(position)
        if inclusion is not None:
            seal = seals[inclusion.seal]
            key = keys.get(seal.key_number, "")
            found[activity] = SealedAt(position, seal.number, seal.root.hex(), seal.sealed_at, key)
    return found


def _names(session: Session, submissions: Sequence[Submission], decisions: Sequence[Decision]) -> dict[UUID, str]:
    people = {id_ for each in submissions for id_ in (each.submitted_by_id, each.on_behalf_of_id) if id_}
    people |= {id_ for each in decisions for id_ in (each.decided_by_id, each.responsible_id)}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all())


def _certified(each: Submission, names: Mapping[UUID, str], zone: ZoneInfo) -> Signature:
    return Signature(
        CommandKind.SUBMIT.value,
        f"submit-{each.id}",
        each.revision,
        names[each.submitted_by_id],
        None,
        names[each.on_behalf_of_id] if each.on_behalf_of_id else None,
        each.submitted_at.astimezone(zone),
        each.digest,
        each.certification,
        each.reason,
        None,
    )


def _decided(each: Decision, on: Submission, names: Mapping[UUID, str], zone: ZoneInfo) -> Signature:
    kind = CommandKind.REJECT if each.decision == CommandKind.TAKE_BACK else CommandKind(each.decision)
    return Signature(
        each.decision,
        f"{kind.value}-{each.id}",
        on.revision,
        names[each.decided_by_id],
        each.decided_as.replace("_", " "),
        names[each.responsible_id] if each.responsible_id != each.decided_by_id else None,
        each.decided_at.astimezone(zone),
        each.digest,
        each.comment,
        each.reason,
        None,
    )


_POSITIONS = text(
    """
    SELECT s.subject, l.position FROM statement s JOIN ledger_leaf l ON l.sequence = s.sequence
    WHERE s.namespace = 'default' AND s.kind = 'define' AND s.term = 'activity' AND s.subject = ANY(:subjects)
    """
)
