"""How terms of the record are related, many at a time and from either end."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.reads.record.narrowing import Scope


@dataclass(frozen=True, slots=True)
class Related:
    """One relation of a term: the other one, and the role if it has one."""

    external_id: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """Who is responsible for an activity, and who acted for them if somebody did."""

    responsible: Related
    delegate: Related | None


def objects(session: Session, scope: Scope, kind: str, subjects: Collection[str]) -> dict[str, list[Related]]:
    """What each of these is related to by `kind`, sorted by external id; one statement."""
    return _related(session, _OBJECTS, scope, kind, subjects)


def subjects(session: Session, scope: Scope, kind: str, objects: Collection[str]) -> dict[str, list[Related]]:
    """What is related to each of these by `kind`, sorted by external id; one statement."""
    return _related(session, _SUBJECTS, scope, kind, objects)


def responsibles(session: Session, scope: Scope, delegates: Collection[str]) -> dict[str, list[Related]]:
    """For whom each of these agents acted, sorted by external id; one statement."""
    return _related(session, _RESPONSIBLES, scope, "actedOnBehalfOf", delegates)


def associations(session: Session, scope: Scope, activities: Collection[str]) -> dict[str, list[Association]]:
    """Who is responsible for each of these activities, once for everybody who acted for them; one statement."""
    found: defaultdict[str, list[Association]] = defaultdict(list)
    asked = {"namespace": scope.namespace, "ids": list(activities), "about": scope.narrow}
    for row in session.execute(_ASSOCIATIONS, asked):
        delegate = Related(row.delegate, row.delegate_role) if row.delegate else None
        found[row.activity].append(Association(Related(row.agent, row.role), delegate))
    return found


def public_keys(session: Session, scope: Scope, agents: Collection[str]) -> dict[str, str]:
    """The key that each of these agents signs with, the latest if there were several; one statement."""
    asked = {"namespace": scope.namespace, "ids": list(agents)}
    return {row.subject: row.public_key for row in session.execute(_KEYS, asked)}


def _related(
    session: Session, statement: object, scope: Scope, kind: str, ids: Collection[str]
) -> dict[str, list[Related]]:
    found: defaultdict[str, list[Related]] = defaultdict(list)
    asked = {"namespace": scope.namespace, "kind": kind, "ids": list(ids), "about": scope.narrow}
    for row in session.execute(statement, asked):  # type: ignore[call-overload]
        found[row.of].append(Related(row.external_id, row.role))
    return found


_OBJECTS = text(
    """
    SELECT subject AS of, object AS external_id, body ->> 'role' AS role FROM statement
    WHERE namespace = :namespace AND kind = :kind AND subject = ANY(:ids)
      AND (CAST(:about AS uuid[]) IS NULL OR about_id = ANY(:about))
    ORDER BY object, role
    """
)

_SUBJECTS = text(
    """
    SELECT object AS of, subject AS external_id, body ->> 'role' AS role FROM statement
    WHERE namespace = :namespace AND kind = :kind AND object = ANY(:ids)
      AND (CAST(:about AS uuid[]) IS NULL OR about_id = ANY(:about))
    ORDER BY subject, role
    """
)

_RESPONSIBLES = text(
    """
    SELECT DISTINCT object AS of, responsible AS external_id, body ->> 'role' AS role
    FROM statement
    WHERE namespace = :namespace AND kind = :kind AND object = ANY(:ids)
      AND (CAST(:about AS uuid[]) IS NULL OR about_id = ANY(:about))
    ORDER BY external_id, role
    """
)

_ASSOCIATIONS = text(
    """
    SELECT a.subject AS activity, a.object AS agent, a.body ->> 'role' AS role,
           d.object AS delegate, d.body ->> 'role' AS delegate_role
    FROM statement a
    LEFT JOIN statement d ON d.tenant_id = a.tenant_id AND d.namespace = a.namespace AND d.subject = a.subject
        AND d.kind = 'actedOnBehalfOf' AND d.responsible = a.object
    WHERE a.namespace = :namespace AND a.kind = 'wasAssociatedWith' AND a.subject = ANY(:ids)
      AND (CAST(:about AS uuid[]) IS NULL OR a.about_id = ANY(:about))
    ORDER BY a.object, role, d.object, delegate_role
    """
)

_KEYS = text(
    """
    SELECT DISTINCT ON (subject) subject, body ->> 'publicKey' AS public_key FROM statement
    WHERE namespace = :namespace AND kind = 'hasIdentity' AND subject = ANY(:ids)
    ORDER BY subject, sequence DESC
    """
)
