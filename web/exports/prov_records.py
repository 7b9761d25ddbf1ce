"""The record as a document of W3C PROV, by the `prov` library: each statement is one record, or a part of one."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prov.constants import PROV_ROLE, PROV_TYPE
from prov.model import ProvDocument

from models.reads.record.story import Said
from models.rules.prov_domain import TermKind
from models.rules.prov_ids import iri_of

OURS = "urn:countersign:record:"
"""Types, attributes and roles of ours."""


def prov_document(story: Iterable[Said], tenant_id: UUID, staff: Mapping[UUID, str]) -> ProvDocument:
    """What is said as agents, activities, entities and relations; `staff` are the ids of those who recorded it."""
    document = ProvDocument()
    for kind in TermKind:
        document.add_namespace(kind.value, f"chronicle:{kind.value}:")
    document.add_namespace("statement", f"urn:countersign:{tenant_id}:statement:")
    document.add_namespace("countersign", OURS)
    said = tuple(story)
    times = {(each.kind, each.subject): each.body["at"] for each in said if each.kind in ("started", "ended")}
    for each in said:
        _RECORDS[each.kind](document, each, _marks(each, staff), times)
    return document


def _marks(said: Said, staff: Mapping[UUID, str]) -> dict[Any, Any]:
    """What else is known of a statement: when we learned it, from whom, and where it stands."""
    marks: dict[Any, Any] = {
        "countersign:sequence": said.sequence,
        "countersign:digest": said.digest,
        "countersign:recordedAt": said.recorded_at.astimezone(UTC),
    }
    if said.recorded_by_id is not None:
        marks["countersign:recordedBy"] = staff[said.recorded_by_id]
    return marks


def _name(kind: TermKind, external_id: str) -> str:
    return iri_of(kind, external_id).removeprefix("chronicle:")


def _define(document: ProvDocument, said: Said, marks: dict[Any, Any], times: Mapping[Any, str]) -> None:
    kind, name = TermKind(said.body["kind"]), _name(TermKind(said.body["kind"]), said.subject)
    attributes: dict[Any, Any] = {f"countersign:{key}": value for key, value in said.body["attributes"].items()}
    if said.body["type"]:
        attributes[PROV_TYPE] = _ours(document, said.body["type"])
    attributes |= marks
    if kind is TermKind.ACTIVITY:
        started, ended = (_instant(times.get((what, said.subject))) for what in ("started", "ended"))
        document.activity(name, started, ended, attributes)
    elif kind is TermKind.AGENT:
        document.agent(name, attributes)
    else:
        document.entity(name, attributes)


def _started(document: ProvDocument, said: Said, marks: dict[Any, Any], _: Mapping[Any, str]) -> None:
    activity, at = _name(TermKind.ACTIVITY, said.subject), _instant(said.body["at"])
    make = document.start if said.kind == "started" else document.end
    make(activity, time=at, identifier=_statement(said), other_attributes=marks)


def _related(document: ProvDocument, said: Said, marks: dict[Any, Any], _: Mapping[Any, str]) -> None:
    body = said.body
    if role := body.get("role"):
        marks = {PROV_ROLE: _ours(document, role)} | marks
    activity, entity, agent = (
        _name(kind, body[kind.value]) if body.get(kind.value) else ""
        for kind in (TermKind.ACTIVITY, TermKind.ENTITY, TermKind.AGENT)
    )
    given: dict[str, Any] = {"identifier": _statement(said), "other_attributes": marks}
    match said.kind:
        case "used":
            document.usage(activity, entity, **given)
        case "wasGeneratedBy":
            document.generation(entity, activity, **given)
        case "wasInformedBy":
            document.communication(activity, _name(TermKind.ACTIVITY, body["informing"]), **given)
        case "wasAssociatedWith":
            document.association(activity, agent, **given)
        case "wasAttributedTo":
            document.attribution(entity, agent, **given)
        case "actedOnBehalfOf":
            delegate, responsible = (_name(TermKind.AGENT, body[who]) for who in ("delegate", "responsible"))
            document.delegation(delegate, responsible, activity or None, **given)


def _derived(document: ProvDocument, said: Said, marks: dict[Any, Any], _: Mapping[Any, str]) -> None:
    generated, used = (_name(TermKind.ENTITY, said.body[which]) for which in ("entity", "used"))
    make = {
        "wasDerivedFrom": document.derivation,
        "wasRevisionOf": document.revision,
        "wasQuotedFrom": document.quotation,
        "hadPrimarySource": document.primary_source,
    }[said.kind]
    make(generated, used, identifier=_statement(said), other_attributes=marks)


_RECORDS = {
    "define": _define,
    "started": _started,
    "ended": _started,
    **dict.fromkeys(
        ("used", "wasGeneratedBy", "wasInformedBy", "wasAssociatedWith", "wasAttributedTo", "actedOnBehalfOf"), _related
    ),
    **dict.fromkeys(("wasDerivedFrom", "wasRevisionOf", "wasQuotedFrom", "hadPrimarySource"), _derived),
}


def _statement(said: Said) -> str:
    return f"statement:{said.sequence}"


def _ours(document: ProvDocument, name: str) -> Any:
    """A name of ours; of types that somebody else made up it may hold anything."""
    escaped = iri_of(TermKind.ENTITY, name).removeprefix("chronicle:entity:")
    return document.valid_qualified_name(f"countersign:{escaped}")


def _instant(text: str | None) -> datetime | None:
    """Nanoseconds do not go into the library: microseconds have to do."""
    return datetime.fromisoformat(text) if text else None
