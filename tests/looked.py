"""What the record says of who looked, as tests read it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.tables.provenance import LedgerStatement
from tests.factories import Organisation
from tests.web.conftest import Site


@dataclass(frozen=True)
class Look:
    """One recorded View."""

    activity: str
    by: UUID | None
    about: UUID | None
    agent: str
    role: str | None
    saw: str
    """The activity that it is informed by, or the page that it used."""
    for_whom: str | None


def looks(site: Site, org: Organisation) -> list[Look]:
    """Every View of an organisation, in the order of the record."""
    said = site.rows(org, LedgerStatement)
    views = [each for each in said if each.kind == "define" and each.type == "View"]
    return [_look(view, [each for each in said if each.subject == view.subject]) for view in views]


def _look(view: Any, said: list[Any]) -> Look:
    by_kind = {each.kind: each for each in said}
    associated, saw = by_kind["wasAssociatedWith"], by_kind.get("wasInformedBy") or by_kind["used"]
    delegated = by_kind.get("actedOnBehalfOf")
    assert by_kind["started"].at == by_kind["ended"].at
    return Look(
        view.subject,
        view.recorded_by_id,
        view.about_id,
        associated.object,
        associated.body.get("role"),
        saw.object,
        delegated.body["responsible"] if delegated else None,
    )
