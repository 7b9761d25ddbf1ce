"""What each command says to the ledger, in the terms of W3C PROV and the time-recording domain.

Pure builders: they take what happened and give statements; writing them is the store's job. Instants go out
as UTC with offset, a fraction only if there is one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from models.rules.digest import canonical_json
from models.rules.prov_domain import ProvRole


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact: `kind` as PROV names it, the external id it is about, and the whole of it as JSON values."""

    kind: str
    subject: str
    body: dict[str, Any]

    @property
    def said(self) -> bytes:
        """The canonical JSON of the body."""
        return canonical_json(self.body)

    @property
    def digest(self) -> str:
        """SHA-256 of what is said, hexadecimal."""
        return sha256(self.said).hexdigest()

    @property
    def once(self) -> str | None:
        """What of the term it is about may be said only once; None for relations, which are sets."""
        if self.kind in ("started", "ended"):
            return f"{self.kind}/{self.subject}"
        if self.kind == "define":
            what = "attributes" if self.body["attributes"] else "type" if self.body["type"] else "existence"
            return f"{self.body['kind']}/{what}/{self.subject}"
        return None


@dataclass(frozen=True, slots=True)
class Agent:
    """A person as the ledger names them."""

    staff_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Delegate:
    """Who really acted, and in which role, when somebody else was responsible."""

    agent: Agent
    role: ProvRole


def work_id(entry_id: UUID, version: int) -> str:
    """External id of the Work activity of one entry version."""
    return f"work-{entry_id}-{version}"


def sheet_activity_id(timesheet_id: UUID, revision: int) -> str:
    """External id of the Timesheet activity, or of the Revision that replaced it."""
    return f"timesheet-{timesheet_id}" if revision == 1 else f"revision-{timesheet_id}-{revision}"


def sheet_view_id(timesheet_id: UUID, revision: int, sitting: str) -> str:
    """External id of the View of one revision of a timesheet; somebody who sits in front of it sees it once."""
    return f"view-{timesheet_id}-{revision}-{sitting}"


def view_id(seen_id: UUID, sitting: str) -> str:
    """External id of the View of anything else that has an id: a summary, or the page of an address."""
    return f"view-{seen_id}-{sitting}"


def about_person(agent: Agent) -> Statement:
    """The definition of a Person agent."""
    return _define("agent", "Person", agent.staff_id, {"name": agent.name})


def about_project(external_id: str, name: str) -> Statement:
    """The definition of a Project entity."""
    return _define("entity", "Project", external_id, {"name": name})


def about_work(
    activity: str,
    task: str,
    start: datetime,
    end: datetime | None,
    owner: Agent,
    project: tuple[str, str] | None,
    delegate: Delegate | None,
) -> list[Statement]:
    """One version of a time entry: when it was worked, on what and by whom."""
    said = [_define("activity", "Work", activity, {"task": task}), _started(activity, start)]
    if end is not None:
        said.append(_ended(activity, end))
    if project is not None:
        said += [about_project(*project), _relation("used", activity, entity=project[0])]
    return said + _by(activity, owner, ProvRole.WORKER, delegate)


def about_timesheet(activity: str, start: datetime, end: datetime, owner: Agent) -> list[Statement]:
    """The opening of a timesheet; start and end are the ends of its period."""
    return [
        _define("activity", "Timesheet", activity, {}),
        _started(activity, start),
        _ended(activity, end),
        *_by(activity, owner, ProvRole.WORKER, None),
    ]


def about_revision(
    activity: str,
    reason: str,
    revises: str,
    start: datetime,
    end: datetime,
    owner: Agent,
    delegate: Delegate | None,
) -> list[Statement]:
    """A revision of a timesheet, with its reason and the sheet it revises."""
    return [
        _define("activity", "Revision", activity, {"reason": reason}),
        _started(activity, start),
        _ended(activity, end),
        _relation("wasInformedBy", activity, informing=revises),
        *_by(activity, owner, ProvRole.WORKER, delegate),
    ]


def about_submission(
    activity: str,
    at: datetime,
    sheet: str,
    works: Iterable[str],
    owner: Agent,
    delegate: Delegate | None,
    digest: str,
) -> list[Statement]:
    """The certification of a timesheet: which work it is made of, and the Submit with the digest of the content."""
    membership = [_relation("wasInformedBy", sheet, informing=work) for work in works]
    return [
        *membership,
        *_instant(activity, "Submit", {"digest": digest}, at),
        _relation("wasInformedBy", activity, informing=sheet),
        *_by(activity, owner, ProvRole.WORKER, delegate),
    ]


def about_decision(
    activity: str,
    at: datetime,
    submit: str,
    rejected_because: str | None,
    responsible: Agent,
    role: ProvRole,
    delegate: Delegate | None,
    digest: str,
) -> list[Statement]:
    """An Approve, or a Reject with its reason, of one submission, with the digest of what was decided on."""
    type_, why = ("Approve", {}) if rejected_because is None else ("Reject", {"reason": rejected_because})
    return [
        *_instant(activity, type_, {**why, "digest": digest}, at),
        _relation("wasInformedBy", activity, informing=submit),
        *_by(activity, responsible, role, delegate),
    ]


def about_taking_back(
    activity: str,
    at: datetime,
    approve: str,
    reason: str,
    responsible: Agent,
    role: ProvRole,
    delegate: Delegate | None,
) -> list[Statement]:
    """An approval taken back: a Reject, with its reason, that is informed by the Approve it undoes.

    Whoever reads only the latest decision is right that the timesheet is not approved.
    """
    return [
        *_instant(activity, "Reject", {"reason": reason}, at),
        _relation("wasInformedBy", activity, informing=approve),
        *_by(activity, responsible, role, delegate),
    ]


def about_summary(
    activity: str,
    start: datetime,
    end: datetime,
    project: tuple[str, str],
    works: Iterable[str],
    lead: Agent,
    delegate: Delegate | None,
) -> list[Statement]:
    """A project over a period, made by its lead of the approved work; start and end are the ends of the period."""
    return [
        _define("activity", "Summary", activity, {}),
        _started(activity, start),
        _ended(activity, end),
        about_project(*project),
        _relation("used", activity, entity=project[0]),
        *(_relation("wasInformedBy", activity, informing=work) for work in works),
        *_by(activity, lead, ProvRole.PROJECT_LEAD, delegate),
    ]


def about_view(
    activity: str,
    at: datetime,
    acts_on: Iterable[str],
    viewer: Agent,
    role: ProvRole | None,
    acts_for: Agent | None = None,
    page: str | None = None,
) -> list[Statement]:
    """Somebody looked: at the timesheet or summary that it is informed by, or at a page, by its address.

    It is associated with who looked, also when they did it in another person's place: that one saw nothing.
    """
    said = [
        *_instant(activity, "View", {}, at),
        *(_relation("wasInformedBy", activity, informing=seen) for seen in acts_on),
        *_by(activity, viewer, role, None),
    ]
    if acts_for is not None:
        parts = {"responsible": acts_for.staff_id, "delegate": viewer.staff_id} | ({"role": role} if role else {})
        said += [about_person(acts_for), _relation("actedOnBehalfOf", activity, **parts)]
    if page is not None:
        said += [_untyped("entity", page), _relation("used", activity, entity=page)]
    return said


def instant_text(at: datetime) -> str:
    """An instant as the ledger writes it: UTC, with a fraction of 3 or 6 digits only if not zero."""
    at = at.astimezone(UTC)
    if at.microsecond == 0:
        return at.isoformat(timespec="seconds")
    return at.isoformat(timespec="milliseconds" if at.microsecond % 1000 == 0 else "microseconds")


def _by(activity: str, responsible: Agent, role: ProvRole | None, delegate: Delegate | None) -> list[Statement]:
    as_what = {"role": role} if role else {}
    said = [
        about_person(responsible),
        _relation("wasAssociatedWith", activity, agent=responsible.staff_id, **as_what),
    ]
    if delegate is not None:
        said.append(about_person(delegate.agent))
        names = {
            "responsible": responsible.staff_id,
            "delegate": delegate.agent.staff_id,
            "role": delegate.role,
        }
        said.append(_relation("actedOnBehalfOf", activity, **names))
    return said


def _instant(activity: str, type_: str, attributes: dict[str, str], at: datetime) -> list[Statement]:
    return [_define("activity", type_, activity, attributes), _started(activity, at), _ended(activity, at)]


def _define(kind: str, type_: str, external_id: str, attributes: dict[str, str]) -> Statement:
    body = {"statement": "define", "kind": kind, "id": external_id, "type": type_, "attributes": attributes}
    return Statement("define", external_id, body)


def _untyped(kind: str, external_id: str) -> Statement:
    body: dict[str, Any] = {
        "statement": "define",
        "kind": kind,
        "id": external_id,
        "type": None,
        "attributes": {},
    }
    return Statement("define", external_id, body)


def _started(activity: str, at: datetime) -> Statement:
    return Statement("started", activity, {"statement": "started", "activity": activity, "at": instant_text(at)})


def _ended(activity: str, at: datetime) -> Statement:
    return Statement("ended", activity, {"statement": "ended", "activity": activity, "at": instant_text(at)})


def _relation(kind: str, activity: str, **parts: str) -> Statement:
    body = {"statement": kind, "activity": activity} | {name: str(part) for name, part in parts.items()}
    return Statement(kind, activity, body)
