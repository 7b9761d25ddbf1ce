"""Seals, their keys and their anchors, as administrators and auditors see them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.policy import Action
from models.store.anchors import kept_anchors
from models.store.sealing import waits_for_seal
from models.store.tree import SealedTree
from models.tables.seals import Anchor, Seal, SealAnchor, SealKey
from models.verifying.ledger import overdue_since

PAGE = 20


@dataclass(frozen=True, slots=True)
class SealShown:
    """A seal; hashes and signatures are hexadecimal."""

    number: int
    size: int
    added: int
    """Statements that it covers and the one before did not."""
    root: str
    previous_root: str | None
    sealed_at: datetime
    key_number: int
    signature: str


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A public key, in hexadecimal."""

    number: int
    public_key: str
    introduced_at: datetime
    is_signed: bool
    """Whether the key before signed for it; the first one needs none to."""
    signature: str | None


@dataclass(frozen=True, slots=True)
class AnchorShown:
    """A place where copies of seals are left, and how it stands."""

    kind: str
    target: str
    anchored_to: int
    failures: int
    next_try_at: datetime | None
    last_tried_at: datetime | None
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SealingShown:
    """How sealing stands."""

    waits: bool
    """Whether something was recorded since the last seal."""
    overdue_since: datetime | None


def sealing_shown(session: Session, onlooker: Onlooker, zone: tzinfo) -> SealingShown:
    """How sealing stands now. Raises `NotFound` for those who may not look."""
    require(session, onlooker, Action.AUDIT)
    since = overdue_since(session, onlooker.tenant_id)
    return SealingShown(waits_for_seal(session, onlooker.tenant_id), since.astimezone(zone) if since else None)


def seals_of(
    session: Session, onlooker: Onlooker, zone: tzinfo, after: int | None = None, limit: int = PAGE + 1
) -> list[SealShown]:
    """Seals, the newest first, before the number `after`. Raises `NotFound` for those who may not look."""
    require(session, onlooker, Action.AUDIT)
    these = select(Seal).where(Seal.tenant_id == onlooker.tenant_id).order_by(Seal.number.desc()).limit(limit + 1)
    if after is not None:
        these = these.where(Seal.number < after)
    found = list(session.scalars(these))
    before = [*(each.size for each in found[1:]), 0][: len(found)]
    return [_shown(each, each.size - size, zone) for each, size in zip(found, before, strict=True)][:limit]


def keys_of(session: Session, tenant_id: UUID, zone: tzinfo) -> list[KeyShown]:
    """Every public key, the first one first."""
    these = select(SealKey).where(SealKey.tenant_id == tenant_id).order_by(SealKey.number)
    return [
        KeyShown(
            key.number,
            key.public_key.hex(),
            key.introduced_at.astimezone(zone),
            key.number == 1 or key.signature is not None,
            key.signature.hex() if key.signature else None,
        )
        for key in session.scalars(these)
    ]


def anchors_shown(session: Session, tenant_id: UUID, zone: tzinfo) -> list[AnchorShown]:
    """Where copies of seals are left, with what came of the last try."""
    these = select(Anchor).where(Anchor.tenant_id == tenant_id).order_by(Anchor.kind)
    return [_anchor(session, each, zone) for each in session.scalars(these)]


def consistency_of(session: Session, onlooker: Onlooker, earlier: int, later: int) -> dict[str, Any]:
    """The proof by RFC 9162 that a seal covers all that an earlier one does, in its order. Raises `NotFound`."""
    require(session, onlooker, Action.AUDIT)
    first, second = (session.get(Seal, (onlooker.tenant_id, number)) for number in (earlier, later))
    if first is None or second is None or first.number > second.number:
        raise NotFound("There is no such seal, or you may not see it.")
    tree = SealedTree(session, onlooker.tenant_id, second.size)
    proof: dict[str, Any] = tree.prove_consistency(first.size, second.size).serialize()
    return proof


def anchors_kept(session: Session, tenant_id: UUID) -> tuple[int, str, str]:
    """Version, file and address of the setting; empty for none."""
    kept = kept_anchors(session, tenant_id)
    return kept.version, kept.content.file or "", kept.content.url or ""


def _shown(seal: Seal, added: int, zone: tzinfo) -> SealShown:
    return SealShown(
        seal.number,
        seal.size,
        added,
        seal.root.hex(),
        seal.previous_root.hex() if seal.previous_root else None,
        seal.sealed_at.astimezone(zone),
        seal.key_number,
        seal.signature.hex(),
    )


def _anchor(session: Session, anchor: Anchor, zone: tzinfo) -> AnchorShown:
    these = (
        SealAnchor.tenant_id == anchor.tenant_id,
        SealAnchor.kind == anchor.kind,
        SealAnchor.target == anchor.target,
    )
    last = session.scalar(
        select(SealAnchor).where(*these).order_by(SealAnchor.number.desc(), SealAnchor.id.desc()).limit(1)
    )
    return AnchorShown(
        anchor.kind,
        anchor.target,
        anchor.anchored_to,
        anchor.failures,
        anchor.next_try_at.astimezone(zone) if anchor.next_try_at else None,
        last.tried_at.astimezone(zone) if last else None,
        last.status if last else None,
        last.error if last else None,
    )
