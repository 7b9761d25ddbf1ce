"""Terms of the record with what is said of each, many at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.rules.prov_domain import TermKind


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the record somebody reads."""

    namespace: str
    about: frozenset[UUID] | None = None
    """Only what is about the time of these people; None: everything."""

    @property
    def narrow(self) -> list[UUID] | None:
        """The same for a statement."""
        return None if self.about is None else sorted(self.about)


@dataclass(frozen=True, slots=True)
class Term:
    """One term; `type` is its short name, None for what nobody has defined yet. Instants as the record has them."""

    kind: TermKind
    external_id: str
    type: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    started: str | None = None
    ended: str | None = None


def terms(session: Session, scope: Scope, kind: TermKind, external_ids: Collection[str]) -> dict[str, Term]:
    """Those of these terms that there are, by external id; one statement."""
    asked = {"namespace": scope.namespace, "term": kind.value, "ids": list(external_ids), "about": scope.narrow}
    found: dict[str, dict[str, object]] = {}
    for row in session.execute(_TERMS, asked):
        said = found.setdefault(row.subject, {})
        if row.kind == "define":
            said["type"] = said.get("type") or row.type
            said["attributes"] = said.get("attributes") or row.attributes
        else:
            said.setdefault(row.kind, row.at)
    return {external_id: Term(kind, external_id, **said) for external_id, said in found.items() if "attributes" in said}  # type: ignore[arg-type]


_TERMS = text(
    """
    SELECT kind, subject, type, body -> 'attributes' AS attributes, at FROM statement
    WHERE namespace = :namespace AND subject = ANY(:ids)
      AND (kind = 'define' AND term = :term OR kind IN ('started', 'ended') AND :term = 'activity')
      AND (CAST(:about AS uuid[]) IS NULL OR term IS DISTINCT FROM 'activity' OR about_id = ANY(:about))
    ORDER BY sequence
    """
)
