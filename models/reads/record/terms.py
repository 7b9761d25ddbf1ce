"""Terms of the record with what is said of each, many at a time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from models.reads.record.narrowing import Scope, visible
from models.rules.prov_domain import TermKind


@dataclass(frozen=True, slots=True)
class Recording:
    """How a definition came into the record."""

    at: datetime
    by: str | None
    """Staff id of who was signed in; None: the schedule."""
    digest: str
    transaction_id: UUID


@dataclass(frozen=True, slots=True)
class Term:
    """One term; `type` is its short name, None for what nobody has defined yet. Instants as the record has them."""

    kind: TermKind
    external_id: str
    type: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    started: str | None = None
    ended: str | None = None
    recording: Recording | None = field(default=None, compare=False)
    """Of what defines it; None where that was said about somebody whose time the reader may not see."""


def terms(session: Session, scope: Scope, kind: TermKind, external_ids: Collection[str]) -> dict[str, Term]:
    """Those of these terms that there are for the reader, by external id; one statement."""
    asked = {"namespace": scope.namespace, "term": kind.value, "ids": list(external_ids), "about": scope.narrow}
    said: dict[str, list[Row[Any]]] = {}
    for row in session.execute(text(_TERMS.format(visible=visible(scope, kind))), asked):
        said.setdefault(row.subject, []).append(row)
    found = {external_id: _term(kind, external_id, rows) for external_id, rows in said.items()}
    return {external_id: term for external_id, term in found.items() if term}


def _term(kind: TermKind, external_id: str, said: Iterable[Row[Any]]) -> Term | None:
    """What the first statements of a term make of it; None where only times are said of its id."""
    definitions = [row for row in said if row.kind == "define"]
    if not definitions:
        return None
    times = {row.kind: row.at for row in said if row.at}
    defining = next((row for row in definitions if row.type), definitions[0])
    attributes: Mapping[str, str] = next((row.attributes for row in definitions if row.attributes), {})
    return Term(
        kind, external_id, defining.type, attributes, times.get("started"), times.get("ended"), _recording(defining)
    )


def _recording(row: Row[Any]) -> Recording | None:
    return Recording(row.recorded_at, row.recorded_by, row.digest, row.transaction_id) if row.tells else None


_TERMS = """
    SELECT s.kind, s.subject, s.type, s.body -> 'attributes' AS attributes, s.at,
           s.recorded_at, p.staff_id AS recorded_by, s.digest, s.transaction_id,
           CAST(:about AS uuid[]) IS NULL OR s.about_id = ANY(:about) AS tells
    FROM statement s LEFT JOIN person p ON p.tenant_id = s.tenant_id AND p.id = s.recorded_by_id
    WHERE s.namespace = :namespace AND s.subject = ANY(:ids)
      AND (s.kind = 'define' AND s.term = :term OR s.kind IN ('started', 'ended') AND :term = 'activity')
      AND {visible}
    ORDER BY s.sequence
"""
