"""Copies of seals left elsewhere: where to, what comes next, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from models.database import WriteSession
from models.errors import Stale
from models.rules.anchors import AnchorContent, anchor_errors
from models.rules.policy import Action
from models.rules.seals import SealContent
from models.rules.webhooks import pause_after
from models.store.changes import (
    Change,
    GivenBy,
    Kept,
    Subject,
    done_before,
    hash_of,
    keep,
    last_version,
    require_none,
    take_turn,
)
from models.store.sealing import last_seal
from models.tables.seals import Anchor, Seal, SealAnchor

A_TURN = 50
"""Seals that are left at one place in one go, at most."""


class AnchorKind(StrEnum):
    """What kind of place it is."""

    FILE = "file"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Due:
    """Seals that are to be left somewhere now, in their order."""

    tenant_id: UUID
    kind: AnchorKind
    target: str
    seals: tuple[tuple[int, bytes], ...]
    """Number, and the JSON that is left."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of leaving one seal somewhere."""

    number: int
    status: int | None = None
    error: str | None = None
    """Why it is not there, in words; None: it is."""


def kept_anchors(session: Session, tenant_id: UUID) -> Kept[AnchorContent]:
    """Where an organisation leaves its seals."""
    rows = session.execute(select(Anchor.kind, Anchor.target).where(Anchor.tenant_id == tenant_id)).all()
    targets: dict[str, str] = {row.kind: row.target for row in rows}
    id_ = anchors_id(tenant_id)
    content = AnchorContent(targets.get(AnchorKind.FILE), targets.get(AnchorKind.URL))
    return Kept(id_, last_version(session, id_), content)


def replace_anchors(
    session: WriteSession, given: GivenBy, version: int, content: AnchorContent, demo: bool
) -> Kept[AnchorContent]:
    """Leave seals there from now on, the last one that there is included; `version` is the one that was looked at."""
    take_turn(session, given, Action.MANAGE_SEALS)
    asked = hash_of("replace anchors", version, content.json)
    if done := done_before(session, given, asked):
        return Kept(done[0].subject_id, done[0].version, AnchorContent.from_json(done[0].after))
    present = kept_anchors(session, given.tenant_id)
    if present.version != version:
        raise Stale(
            "Somebody changed the anchors meanwhile. Nothing was saved: look at what is there now.",
            version=present.version,
        )
    require_none(anchor_errors(content, demo))
    if content == present.content:
        return present
    _place(session, given.tenant_id, AnchorKind.FILE, present.content.file, content.file)
    _place(session, given.tenant_id, AnchorKind.URL, present.content.url, content.url)
    keep(session, given, Subject.ANCHORS, asked, [Change(present.id, version + 1, present.content.json, content.json)])
    return Kept(present.id, version + 1, content)


def anchors_id(tenant_id: UUID) -> UUID:
    """What changes of the anchors are recorded under."""
    return uuid5(tenant_id, "seal anchors")


def due_anchors(session: Session, tenant_id: UUID, now: datetime) -> list[Due]:
    """What is to be left where now; nothing when everything is there, or has to wait for its next try."""
    last = last_seal(session, tenant_id)
    these = select(Anchor).where(Anchor.tenant_id == tenant_id, Anchor.anchored_to < (last.number if last else 0))
    waits = (Anchor.next_try_at.is_not(None)) & (Anchor.next_try_at > now)
    return [
        Due(tenant_id, AnchorKind(each.kind), each.target, _after(session, tenant_id, each.anchored_to))
        for each in session.scalars(these.where(~waits).order_by(Anchor.kind))
    ]


def note_tries(session: WriteSession, due: Due, tries: Sequence[Tried], now: datetime) -> None:
    """Write down what came of it. A place that was changed meanwhile is not brought any further by it."""
    rows = [
        {
            "tenant_id": due.tenant_id,
            "number": each.number,
            "kind": due.kind.value,
            "target": due.target,
            "status": each.status,
            "error": each.error,
        }
        for each in tries
    ]
    session.execute(insert(SealAnchor), rows)
    this = (Anchor.tenant_id == due.tenant_id, Anchor.kind == due.kind.value, Anchor.target == due.target)
    anchor = session.scalar(select(Anchor).where(*this).with_for_update())
    if anchor is None:
        return
    there = [each.number for each in tries if each.error is None]
    anchor.anchored_to = max([anchor.anchored_to, *there])
    if tries[-1].error is None:
        anchor.failures, anchor.next_try_at = 0, None
    else:
        anchor.failures += 1
        anchor.next_try_at = now + (pause_after(anchor.failures, timedelta(0)) or timedelta(0))
    session.flush()


def _place(session: WriteSession, tenant_id: UUID, kind: AnchorKind, before: str | None, after: str | None) -> None:
    if before == after:
        return
    this = (Anchor.tenant_id == tenant_id, Anchor.kind == kind.value)
    session.execute(delete(Anchor).where(*this).execution_options(synchronize_session=False))
    if after is not None:
        last = last_seal(session, tenant_id)
        there = last.number - 1 if last else 0
        session.execute(insert(Anchor).values(tenant_id=tenant_id, kind=kind.value, target=after, anchored_to=there))


def _after(session: Session, tenant_id: UUID, number: int) -> tuple[tuple[int, bytes], ...]:
    these = select(Seal).where(Seal.tenant_id == tenant_id, Seal.number > number)
    return tuple(
        (each.number, anchored_json(each)) for each in session.scalars(these.order_by(Seal.number).limit(A_TURN))
    )


def seal_content(seal: Seal) -> SealContent:
    """A seal as it was signed."""
    return SealContent(
        seal.tenant_id,
        seal.number,
        seal.size,
        seal.root.hex(),
        seal.previous_root.hex() if seal.previous_root else None,
        seal.sealed_at,
        seal.key_number,
    )


def anchored_json(seal: Seal) -> bytes:
    """What is left of a seal elsewhere."""
    return seal_content(seal).anchored(seal.signature)
