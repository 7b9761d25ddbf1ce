"""Adding to the record what somebody says, one assertion in one transaction."""

import re
from collections.abc import Iterable

from sqlalchemy import text

from models.database import WriteSession
from models.errors import Invalid
from models.rules.assertions import Assertion, Recorded, Term, adds_to, existing, require_fits
from models.rules.prov_domain import TermKind
from models.store.ledger import NAMESPACE, SaidBy, state


def say(session: WriteSession, by: SaidBy, said: Assertion) -> bool:
    """Record an assertion; whether it said anything that was not recorded. Raises `Contradiction`."""
    _hold(session, by, said.terms)
    recorded = {term: _recorded(session, by.namespace, term) for term in said.terms}
    of_term = recorded[said.about]
    require_fits(of_term, said)
    more = [each for each in said.statements if each.kind != "define" or adds_to(of_term, each)]
    named = said.names if said.defines else said.terms
    return state(session, by, [*(existing(term) for term in named if not recorded[term].exists), *more]) > 0


def require_sayable(by: SaidBy, said: Assertion) -> None:
    """Refuse to speak of what the product itself records. Raises `Invalid`."""
    if by.namespace == NAMESPACE and any(
        kind is TermKind.ACTIVITY and _OURS.fullmatch(name) for kind, name in said.terms
    ):
        raise Invalid.field("externalId", "This id is one of the product's own, of which only it says something.")


def _hold(session: WriteSession, by: SaidBy, terms: Iterable[Term]) -> None:
    """Let nobody else say anything of these terms until this is recorded."""
    for kind, external_id in sorted(set(terms)):
        session.execute(_LOCK, {"key": f"{by.tenant_id}/{by.namespace}/{kind.value}/{external_id}"})


def _recorded(session: WriteSession, namespace: str, term: Term) -> Recorded:
    kind, external_id = term
    rows = session.execute(_OF_TERM, {"namespace": namespace, "term": kind.value, "subject": external_id}).all()
    times = {row.kind: row.at for row in rows if row.at}
    definitions = [row for row in rows if row.kind == "define"]
    return Recorded(
        exists=bool(definitions),
        type=next((row.type for row in definitions if row.type), None),
        attributes=next((row.attributes for row in definitions if row.attributes), {}),
        started=times.get("started"),
        ended=times.get("ended"),
    )


_OURS = re.compile(r"(work|timesheet|revision|submit|approve|reject|summary|view)-[0-9a-f]{8}-[0-9a-f-]{27}.*")
"""Ids of activities that the product records."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")

_OF_TERM = text(
    """
    SELECT kind, type, body -> 'attributes' AS attributes, at FROM statement
    WHERE namespace = :namespace AND subject = :subject
      AND (kind = 'define' AND term = :term OR kind IN ('started', 'ended') AND :term = 'activity')
    ORDER BY sequence
    """
)
