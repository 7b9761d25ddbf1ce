"""Every operation asks the policy, or shows one's own organisation to whoever belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.rules import policy
from models.rules.notices import NoticeKind
from models.rules.policy import Action
from models.rules.transitions import State
from models.standard import SHIFT, TRAINING
from tests.activities.sealed import tell as tell_ledger
from tests.factories import MONDAY, Asking, Organisation, give_role, make_organisation, worked
from tests.mailbox import tell
from tests.projects import DOGS, lead, worked_on
from tests.standing_in import in_days, stand_in
from tests.web.api.conftest import (
    ADJUSTMENTS,
    AGREEMENTS,
    FLEX,
    NOTES,
    Api,
    Json,
    Program,
    answered,
    flex,
    said_by,
    shift,
)
from tests.web.conftest import Site
from tests.web.test_policy_of_routes import Noting, bulk_of_roland, check_of, routes
from web.api.refusing import is_for_programs

A = Action
DUANE, ROLAND, SUZANNE = "Duane Barry", "Roland Fuller", "Suzanne Modeski"


@dataclass(frozen=True)
class Call:
    """A call that is granted: by whom, on Duane's week in which state, and what it must ask the policy for."""

    who: str
    asks: frozenset[Action]
    body: Json = None
    state: State = State.DRAFT
    seen: str | None = None
    names: str = "{owner}"
    """What of the organisation it names; nothing, if others can make the same call in theirs."""


def call(who: str, *asks: Action, **others: Any) -> Call:
    return Call(who, frozenset(asks), **others)


TIMES = {"actualStartTime": "2026-11-16T18:00:00+00:00", "actualEndTime": "2026-11-16T19:00:00+00:00"}
NEW = {"ownerId": "{owner}", "timePeriodTypeId": str(SHIFT), **TIMES}
CHANGED = {"timePeriodTypeId": str(SHIFT), **TIMES}
WHY = {"reason": "Because."}
PERSON = {"externalId": "w-1", "name": "Walter Skinner"}
PROJECT = {"externalId": "p-1", "name": "count owls"}
TYPE = {"name": "Travel", "valueType": "datetime"}
LONGER = {"actualStartTime": "2026-11-16T08:00:00+00:00", "actualEndTime": "2026-11-16T18:00:00+00:00"}
SHIFT_CHANGE = {"type": "altered", "timeEntryId": "{entry}", "timeEntryVersion": 1, "authorisedBy": "Roland", **LONGER}
AGREEMENT = {"personId": "{owner}", "startDate": "2027-04-01", "endDate": "2028-03-31"}
SHORTER = {"startDate": "2026-04-01", "endDate": "2027-03-30"}
ADJUSTMENT = {"personId": "{owner}", "type": "NIGHT_HOURS", "date": str(MONDAY), "value": 60, "reason": "Miscounted."}
EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/roster",
    "type": "countersign.scheduled-entry",
    "data": {
        "entryId": "0b7e1a34-5d4b-4c1e-9f5e-6a1d2c3b4a59",
        "personId": "{owner}",
        "timePeriodTypeId": str(SHIFT),
        "plannedStartTime": TIMES["actualStartTime"],
        "plannedEndTime": TIMES["actualEndTime"],
        "version": 1,
        "action": "create",
    },
}

SUMMARY = {"projectId": "{project_id}", "from": str(MONDAY), "to": str(MONDAY)}

ENTRY, SHEET = "/resources/time-entries/{entry_id}", "/resources/timesheets/{timesheet_id}"
WEBHOOK = "/resources/webhooks/{webhook_id}"
HOOK = {"url": "https://nobody.invalid/"}
SEEN = 'W/"1"'

CALLS: dict[str, Call] = {
    "GET /resources/time-entries": call(DUANE, A.SEE_TIME, names=""),
    "POST /resources/time-entries": call(DUANE, A.SEE_TIME, A.RECORD, body=NEW),
    "PATCH /resources/time-entries": call(
        DUANE,
        A.SEE_TIME,
        A.AMEND,
        body=[{"op": "replace", "path": "/{entry}", "value": {**CHANGED, "version": 1}}],
    ),
    f"GET {ENTRY}": call(DUANE, A.SEE_TIME),
    f"PUT {ENTRY}": call(DUANE, A.SEE_TIME, A.AMEND, body=CHANGED, seen=SEEN),
    f"DELETE {ENTRY}": call(DUANE, A.SEE_TIME, A.REMOVE, seen=SEEN),
    f"GET {ENTRY}/versions": call(DUANE, A.SEE_TIME),
    "POST /commands/flex-changes": call(DUANE, A.SEE_TIME, A.ADD_FLEX_CHANGE, body=SHIFT_CHANGE),
    "GET /resources/flex-changes": call(DUANE, A.SEE_TIME, names=""),
    "GET /resources/flex-changes/{change_id}": call(DUANE, A.SEE_TIME),
    "GET /resources/notes": call(DUANE, A.SEE_TIME, names=""),
    "POST /resources/notes": call(
        DUANE, A.SEE_TIME, A.ADD_NOTE, body={"ownerId": "{owner}", "date": str(MONDAY), "content": "It rained."}
    ),
    "GET /resources/notes/{note_id}": call(DUANE, A.SEE_TIME),
    "GET /resources/timesheets": call(DUANE, A.SEE_TIME, names=""),
    f"GET {SHEET}": call(DUANE, A.SEE_TIME),
    f"GET {SHEET}/history": call(DUANE, A.SEE_TIME),
    f"GET {SHEET}/evidence": call(DUANE, A.SEE_TIME),
    f"POST {SHEET}/submission": call(DUANE, A.SEE_TIME, A.SUBMIT, body={"digest": "{digest}", "certified": True}),
    f"DELETE {SHEET}/submission": call(DUANE, A.SEE_TIME, A.RECALL, body=WHY, state=State.SUBMITTED),
    f"POST {SHEET}/approval": call(ROLAND, A.SEE_TIME, A.APPROVE, body={"digest": "{digest}"}, state=State.SUBMITTED),
    f"DELETE {SHEET}/approval": call(ROLAND, A.SEE_TIME, A.TAKE_BACK, body=WHY, state=State.APPROVED),
    f"POST {SHEET}/rejection": call(
        ROLAND, A.SEE_TIME, A.REJECT, body={"digest": "{digest}", **WHY}, state=State.SUBMITTED
    ),
    "GET /resources/approvals": call(ROLAND, A.SEE_INBOX, state=State.SUBMITTED, names=""),
    "POST /resources/approvals": call(
        ROLAND,
        A.SEE_INBOX,
        A.OVERSEE_BULK,
        A.SEE_TIME,
        A.APPROVE,
        body={"decisions": [{"timesheetId": "{timesheet_id}", "digest": "{digest}", "decision": "approve"}]},
        state=State.SUBMITTED,
        names="",
    ),
    "GET /resources/approvals/bulk/{bulk_id}": call(ROLAND, A.SEE_INBOX, A.OVERSEE_BULK),
    "POST /resources/approvals/bulk/{bulk_id}/stop": call(ROLAND, A.SEE_INBOX, A.OVERSEE_BULK),
    f"POST {SHEET}/revision": call(DUANE, A.SEE_TIME, A.REVISE, body=WHY, state=State.REJECTED),
    f"POST {SHEET}/lock": call(SUZANNE, A.SEE_TIME, A.LOCK, body=WHY, state=State.APPROVED),
    f"POST {SHEET}/unlock": call(SUZANNE, A.SEE_TIME, A.UNLOCK, body=WHY, state=State.LOCKED),
    "POST /resources/persons": call(SUZANNE, A.MANAGE_PEOPLE, body=PERSON, names=""),
    "PUT /resources/persons/{person_id}": call(
        SUZANNE, A.MANAGE_PEOPLE, body={"externalId": "{staff_id}", "name": "Duane Barry"}, seen=SEEN
    ),
    "POST /resources/projects": call(SUZANNE, A.MANAGE_PROJECTS, body=PROJECT, names=""),
    "PUT /resources/projects/{project_id}": call(
        SUZANNE, A.MANAGE_PROJECTS, body={"externalId": "proj-533", "name": "dog washing"}, seen=SEEN
    ),
    "POST /resources/time-period-types": call(SUZANNE, A.MANAGE_TYPES, body=TYPE, names=""),
    "PUT /resources/time-period-types/{type_id}": call(
        SUZANNE, A.MANAGE_TYPES, body={"name": "Courses", "valueType": "datetime"}, seen=SEEN, names=""
    ),
    "GET /resources/agreements": call(DUANE, A.SEE_TIME, names=""),
    "POST /resources/agreements": call(SUZANNE, A.SEE_TIME, A.MANAGE_BALANCES, body=AGREEMENT),
    "GET /resources/agreements/{agreement_id}": call(DUANE, A.SEE_TIME),
    "PUT /resources/agreements/{agreement_id}": call(
        SUZANNE, A.SEE_TIME, A.MANAGE_BALANCES, body=AGREEMENT | SHORTER, seen=SEEN
    ),
    "GET /resources/adjustments": call(DUANE, A.SEE_TIME, names=""),
    "POST /resources/adjustments": call(SUZANNE, A.SEE_TIME, A.MANAGE_BALANCES, body=ADJUSTMENT),
    "GET /resources/adjustments/{adjustment_id}": call(DUANE, A.SEE_TIME),
    "GET /resources/accruals": call(DUANE, A.SEE_TIME, names=""),
    "GET /resources/accruals/summary": call(DUANE, A.SEE_TIME, names=""),
    "GET /resources/accruals/explain": call(DUANE, A.SEE_TIME, names=""),
    "GET /resources/notifications": call(DUANE, A.SEE_OWN_NOTICES, names=""),
    "POST /resources/notifications/reading": call(DUANE, A.SEE_OWN_NOTICES, names=""),
    "POST /resources/notifications/{notice_id}/reading": call(DUANE, A.SEE_OWN_NOTICES),
    "GET /resources/notifications/settings": call(DUANE, A.SEE_OWN_NOTICES, names=""),
    "PUT /resources/notifications/settings": call(
        DUANE,
        A.SEE_OWN_NOTICES,
        body={"settings": [{"kind": "waiting", "inApp": True, "mail": True}]},
        names="",
    ),
    "GET /events": call(SUZANNE, A.SEE_EVENTS, names=""),
    "GET /resources/webhooks": call(SUZANNE, A.MANAGE_WEBHOOKS, names=""),
    "POST /resources/webhooks": call(SUZANNE, A.MANAGE_WEBHOOKS, body=HOOK, names=""),
    f"GET {WEBHOOK}": call(SUZANNE, A.MANAGE_WEBHOOKS),
    f"PUT {WEBHOOK}": call(SUZANNE, A.MANAGE_WEBHOOKS, body=HOOK, seen=SEEN),
    f"DELETE {WEBHOOK}": call(SUZANNE, A.MANAGE_WEBHOOKS, seen=SEEN),
    f"GET {WEBHOOK}/attempts": call(SUZANNE, A.MANAGE_WEBHOOKS),
    f"POST {WEBHOOK}/replay": call(SUZANNE, A.MANAGE_WEBHOOKS, body={"from": 1}),
    f"POST {WEBHOOK}/test": call(SUZANNE, A.MANAGE_WEBHOOKS),
    f"POST {WEBHOOK}/secret": call(SUZANNE, A.MANAGE_WEBHOOKS),
    "GET /resources/delegations": call(ROLAND, A.SEE_DELEGATIONS, names=""),
    "POST /resources/delegations": call(
        ROLAND, A.DELEGATE, body={"delegateId": "{owner}", "from": str(in_days(0)), "to": str(in_days(1))}
    ),
    "GET /resources/delegations/{delegation_id}": call(ROLAND, A.SEE_DELEGATIONS),
    "PUT /resources/delegations/{delegation_id}": call(
        ROLAND, A.SEE_DELEGATIONS, A.DELEGATE, body={"to": str(in_days(2))}, seen=SEEN
    ),
    "DELETE /resources/delegations/{delegation_id}": call(ROLAND, A.SEE_DELEGATIONS, A.END_DELEGATION),
    "GET /resources/acts": call(DUANE, A.REVIEW_ACT, names=""),
    "GET /resources/acts/{command_id}": call(DUANE, A.REVIEW_ACT),
    "POST /resources/acts/{command_id}/answer": call(DUANE, A.REVIEW_ACT, body={"verdict": "confirmed"}),
    "GET /resources/compliance": call(SUZANNE, A.AUDIT, names=""),
    "GET /resources/duty-checks": call(SUZANNE, A.AUDIT, names=""),
    "GET /resources/duty-checks/{check_id}": call(SUZANNE, A.AUDIT),
    "GET /resources/seals": call(SUZANNE, A.AUDIT, names=""),
    "POST /resources/seals": call(SUZANNE, A.MANAGE_SEALS, names=""),
    "GET /resources/seals/{number}/consistency": call(SUZANNE, A.AUDIT),
    "GET /resources/seal-keys": call(SUZANNE, A.AUDIT, names=""),
    "POST /events": call(SUZANNE, A.SCHEDULE, body=EVENT, names=""),
    "GET /resources/summaries": call(SUZANNE, A.SEE_SUMMARY, names=""),
    "POST /resources/summaries": call(ROLAND, A.SEE_SUMMARY, A.SUMMARISE, body=SUMMARY),
    "GET /resources/summaries/{summary_id}": call(ROLAND, A.SEE_SUMMARY),
}
"""What shows or changes somebody's time, or changes the organisation, with a call that is granted."""

OWN_ORGANISATION = {
    "GET /resources/persons": "oneself and those around; for whom it is everybody, the policy says",
    "GET /resources/persons/{person_id}": "the same",
    "GET /resources/projects": "what everybody of the organisation records time on",
    "GET /resources/projects/{project_id}": "the same",
    "GET /resources/time-period-types": "what everybody of the organisation records",
    "GET /resources/time-period-types/{type_id}": "the same",
}
"""What anybody may read of their own organisation, and nobody else."""

RECORD = {
    "POST /graphql": "answers everybody with what they may see; tests/web/api/test_graphql_scope.py has who sees what",
    "GET /graphql": "answers nothing",
}
"""What is asked for in a document rather than by an address."""

SOCKET = "MOUNT /graphql"
"""Who is told what by it, and until when, is in tests/web/api/test_graphql_subscription.py."""

CHANGES = {route: each for route, each in CALLS.items() if not route.startswith("GET ")}


@dataclass(frozen=True)
class Scene:
    """An organisation in which a call is granted, and that call."""

    api: Api
    org: Organisation
    route: str
    call: Call
    names: Mapping[str, object]

    async def made_by(self, program: Program) -> Response:
        """The answer to whoever makes the call."""
        method, _, path = self.route.partition(" ")
        return await program.call(
            method, path.format(**self.names), filled(self.call.body, self.names), seen=self.call.seen
        )

    def program(self, org: Organisation | None = None) -> Program:
        """A program of whoever it is granted to, or of their like elsewhere."""
        at = org or self.org
        return self.api.program(at, at.people[self.call.who])


def filled(value: Json, names: Mapping[str, object]) -> Json:
    """A body with the ids of what there is."""
    match value:
        case str():
            return value.format(**names)
        case list():
            return [filled(each, names) for each in value]
        case dict():
            return {name: filled(each, names) for name, each in value.items()}
    return value


async def scene_of(api: Api, org: Organisation, route: str, asked: Call) -> Scene:
    """Duane's week in the state that a call is granted in, with a note, and a changed shift of another week."""
    duane = api.program(org, org.duane)
    december = MONDAY.replace(month=12)
    entry = answered(await duane.post("/resources/time-entries", shift(org.duane, day=december)), 201)
    changed = shift(org.duane, "08:00", "18:00", december) | flex(entry["id"])
    change = answered(await duane.post(FLEX, changed), 201)
    note = answered(await duane.post(NOTES, said_by(org.duane)), 201)
    suzanne = api.program(org, org.suzanne)
    webhook = answered(await suzanne.post("/resources/webhooks", HOOK), 201)
    adjustment = answered(await suzanne.post(ADJUSTMENTS, filled(ADJUSTMENT, {"owner": org.duane})), 201)
    (agreement,) = answered(await duane.get(AGREEMENTS), 200)["items"]
    key = await api.site.bring_to(org, asked.state)
    (shown,) = api.site.live(key)
    names: dict[str, object] = {
        "owner": org.duane,
        "staff_id": api.site.staff_id(org, org.duane),
        "entry": shown.id,
        "entry_id": shown.id,
        "timesheet_id": key.timesheet_id,
        "digest": api.site.digest(key),
        "note_id": note["id"],
        "change_id": change["id"],
        "agreement_id": agreement["id"],
        "adjustment_id": adjustment["id"],
        "webhook_id": webhook["id"],
        "person_id": org.duane,
        "delegation_id": stand_in(api.site.engine, org, org.roland, org.alex).id,
        "bulk_id": bulk_of_roland(api.site, org, is_draft="/stop" not in route),
        "notice_id": tell(
            api.site.desk, org, org.duane, NoticeKind.RECORD_REMINDER, days=[str(MONDAY)]
        ).notification_id,
        "check_id": check_of(api.site, org),
        "command_id": await _act_of_roland(api, org, december),
        "project_id": org.projects["proj-533"],
        "type_id": TRAINING,
        "summary_id": uuid4(),
        "number": 1,
    }
    if "/resources/seals/" in route:
        tell_ledger(api.site.engine, org, "a")
        await suzanne.post("/resources/seals", None)
    if "summaries" in route:
        names["summary_id"] = await _summary(api, org)
    return Scene(api, org, route, asked, names)


async def _summary(api: Api, org: Organisation) -> UUID:
    """A summary of a project that Roland leads."""
    give_role(api.site.owner_engine, org, org.roland, "project_lead")
    lead(api.site.owner_engine, org, person_id=org.roland)
    await worked_on(api.site.desk, org, org.max)
    asked = filled(SUMMARY, {"project_id": org.projects[DOGS]})
    return UUID(answered(await api.program(org, org.roland).post("/resources/summaries", asked), 201)["id"])


async def _act_of_roland(api: Api, org: Organisation, day: date) -> UUID:
    """Something that Roland recorded for Duane."""
    asked = Asking(org, org.duane, org.roland, day, reason="He forgot it.").record(worked("19:00", "20:00", day))
    return (await api.site.give(asked)).command_id


def calls(site: Site) -> set[str]:
    """Every route of the API."""
    return {route for route in routes(site) if is_for_programs(route.partition(" ")[2])} - {SOCKET}


def test_every_operation_is_written_down(site: Site) -> None:
    assert calls(site) == CALLS.keys() | OWN_ORGANISATION.keys() | RECORD.keys()


@pytest.mark.parametrize(("route", "asked"), CALLS.items(), ids=CALLS)
async def test_what_is_granted_was_asked_of_the_policy(
    api: Api, org: Organisation, route: str, asked: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await scene_of(api, org, route, asked)
    noting = Noting(policy.POLICY)
    monkeypatch.setattr(policy, "POLICY", noting)

    answer = await scene.made_by(scene.program())

    assert answer.status_code in (200, 201, 202, 204), answer.text
    assert asked.asks <= noting.noted


@pytest.mark.parametrize(("route", "asked"), CALLS.items(), ids=CALLS)
async def test_nothing_is_granted_that_the_policy_does_not_allow(
    api: Api, org: Organisation, route: str, asked: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await scene_of(api, org, route, asked)
    before = api.saved(org)
    monkeypatch.setattr(policy, "POLICY", dict.fromkeys(Action, ()))

    answer = await scene.made_by(scene.program())

    assert answer.status_code in (403, 404), answer.text
    assert api.saved(org) == before


@pytest.mark.parametrize(("route", "asked"), CALLS.items(), ids=CALLS)
async def test_somebody_of_another_organisation_learns_nothing_and_changes_nothing(
    api: Api, org: Organisation, route: str, asked: Call, owner_engine: Engine
) -> None:
    scene = await scene_of(api, org, route, asked)
    other = make_organisation(owner_engine)
    before = api.saved(org)

    for who in {asked.who, SUZANNE}:
        answer = await scene.made_by(api.program(other, other.people[who]))
        assert answer.status_code in ((404,) if asked.names else (200, 201, 202)), answer.text
        assert org.slug not in answer.text

    assert api.saved(org) == before


@pytest.mark.parametrize("route", OWN_ORGANISATION)
async def test_what_anybody_reads_is_of_their_own_organisation(
    api: Api, org: Organisation, route: str, owner_engine: Engine
) -> None:
    scene = await scene_of(api, org, route, call(DUANE))
    other = make_organisation(owner_engine)

    answered(await scene.made_by(scene.program()), 200)
    answer = await scene.made_by(scene.program(other))

    own = {"{type_id}", "/resources/persons", "/resources/projects", "/resources/time-period-types"}
    assert answer.status_code == (200 if any(route.endswith(end) for end in own) else 404)
    assert not any(str(id_) in answer.text for id_ in (*org.people.values(), *org.projects.values(), org.tenant_id))


async def test_nobody_gets_in_without_a_token(site: Site, api: Api, org: Organisation) -> None:
    scene = await scene_of(api, org, "", call(DUANE))
    before = api.saved(org)

    for route in calls(site):
        method, _, path = route.partition(" ")
        for program in (api.stranger(), Program(site.visitor(), "cs_forged"), Program(site.visitor(), "x" * 1_000)):
            answer = await program.call(method, path.format(**scene.names), seen=SEEN)
            assert answer.status_code == 401, route

    assert api.saved(org) == before
