"""Which part of a namespace somebody reads: all of it, or what is about some people's time and what that names."""

from dataclasses import dataclass
from uuid import UUID

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


def visible(scope: Scope, kind: TermKind) -> str:
    """The condition under which a statement `s`, whose subject is a term of a kind, may be seen.

    Nobody's time is an agent or an entity: they are seen by whoever sees an activity that names them. The names are
    looked up from those activities, so it costs what the reader may see, however often something is named elsewhere.
    """
    return "TRUE" if scope.about is None else _VISIBLE[kind]


_THEIRS = """
        SELECT {what} FROM statement a
        JOIN statement r ON r.tenant_id = a.tenant_id AND r.namespace = a.namespace AND r.subject = a.subject
        WHERE a.namespace = :namespace AND a.kind = 'started' AND a.about_id = ANY(:about) AND r.kind IN ({kinds})"""

_ACTING, _FOR = (
    _THEIRS.format(what="r.object", kinds="'wasAssociatedWith', 'actedOnBehalfOf'"),
    _THEIRS.format(what="r.responsible", kinds="'actedOnBehalfOf'"),
)

_VISIBLE = {
    TermKind.ACTIVITY: "s.about_id = ANY(:about)",
    TermKind.AGENT: f"s.subject IN ({_ACTING} UNION {_FOR})",
    TermKind.ENTITY: "s.subject IN ({})".format(_THEIRS.format(what="r.object", kinds="'used', 'wasGeneratedBy'")),
}
