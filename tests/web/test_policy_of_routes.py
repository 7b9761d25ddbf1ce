"""Every route of the application asks who is there and what they may do; one that nobody thought about fails here."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from sqlalchemy import Engine

from models.commands import EntryFields
from models.database import command_transaction, read_session
from models.imports import ImportLine, lines_json
from models.rules import policy
from models.rules.accrual_types import AccrualCode
from models.rules.flex import FlexType
from models.rules.notices import NoticeKind
from models.rules.people import ProjectContent
from models.rules.period_types import TypeContent
from models.rules.periods import Period
from models.rules.policy import Action, Grant
from models.rules.supposed import Supposed, TargetForAll
from models.rules.transitions import State
from models.rules.webhooks import WebhookContent
from models.standard import SHIFT, TRAINING
from models.store.bulk import Pick, ask_bulk, draft_bulk
from models.store.changes import GivenBy
from models.store.dead_letters import keep_letter
from models.store.duties import AskedCheck, run_check
from models.store.imports import CHECKED
from models.store.lists import PEOPLE_COLUMNS, plan_people
from models.store.period_types import create_type
from models.store.projects import create_project
from models.store.rebuilds import cancel_rebuild, rebuild_everybody
from models.store.summaries import SummaryAsked, summarise
from models.store.supposing import look_at
from models.store.webhooks import create_webhook
from models.tables.accruals import Agreement
from models.tables.auth import ApiToken, SignInSession
from models.tables.intake import EntryImport
from models.tables.people import Project
from models.tables.timecard import FlexChange
from tests import factories
from tests.contents import Contents
from tests.crowd import APPROVE
from tests.desk import Life
from tests.factories import MONDAY, Organisation, give_role, make_organisation, worked
from tests.mailbox import tell
from tests.projects import DOGS, lead, work
from tests.standing_in import in_days, stand_in
from tests.web.conftest import HTMX, OURS, Browser, Site, page_of
from web.api.refusing import is_for_programs
from web.auth.tokens import Scope, create_token
from web.lists import read_list

HOOK: dict[str, object] = {"url": "https://nobody.invalid/"}
FIRST_VERSION: dict[str, object] = {"version": 1}
ELSEWHERE = "https://elsewhere.example"
DIGEST = "the digest of what is there"
NONE = "0" * 64
"""A digest of nothing."""
DUANE, ROLAND, SUZANNE = "Duane Barry", "Roland Fuller", "Suzanne Modeski"


@dataclass(frozen=True)
class Asking:
    """A request that is granted: by whom, on Duane's week in which state, and what it must ask the policy for."""

    who: str
    state: State
    asks: set[Action]
    form: dict[str, object] = field(default_factory=dict)
    move: str = ""
    planned: bool = False
    """Whether the entry it is about is a planned one."""
    running: bool = False
    """Whether it has no end yet."""
    shows: bool = False
    """What is sent is answered by a page of its own."""
    own: bool = False
    """It names nothing that is there: others do the same in their own organisation."""
    leads: bool = False
    """Whether whoever asks leads a project on which work is approved, and that has a summary."""


WEEK = "/people/{staff_id}/week/{day}"
SHEET = "/timesheets/{sheet_id}"
SUMMARY = "/projects/{external_id}/summary/{summary_id}"
SHIFT_FORM: dict[str, object] = {"type_id": SHIFT, "start": "18:00", "finish": "19:00"}
BECAUSE: dict[str, object] = {"reason": "Because."}
FLEX_FORM: dict[str, object] = {
    "version": 1,
    "type": "extended",
    "day": "{day}",
    "start": "09:00",
    "finish": "18:00",
    "authorised_by": "Roland",
}
PERSON: dict[str, object] = {"name": "Walter", "timeZone": "Europe/London", "holidayCalendar": "GB", "active": "yes"}
TYPE: dict[str, object] = {"name": "Travel", "valueType": "datetime"}
HOLIDAY: dict[str, object] = {"place": "GB-ENG", "date": "{day}", "kind": "added", "name": "Founders' day"}
APPROVAL: dict[str, object] = {
    "version": 0,
    "certification": "All true.",
    "approvalStages": "supervisor",
    "workDay0": "yes",
    "workStarts": "09:00",
    "workEnds": "17:00",
    "holidayCalendar": "GB-ENG",
    "lockAfterDays": 21,
}
TARGET: dict[str, object] = {"type": "NIGHT_HOURS", "on": "{day}", "target": "100 h"}
AGREEMENT: dict[str, object] = {"startDate": "2030-04-01", "endDate": "2031-03-31", "standardDayMinutes": "7:24"}
ADJUSTMENT: dict[str, object] = {
    "person": "{plain_id}",
    "type": "NIGHT_HOURS",
    "date": "{day}",
    "value": "-1",
    "reason": "Because.",
}
PEOPLE_LIST: dict[str, object] = {"list": "staff_id,name\nw-1,Walter"}
DAYS: dict[str, object] = {"from": str(in_days(0)), "to": str(in_days(9))}
A_PLAN = "what that list would do"
LIST_COMMAND = uuid4()
A = Action

PUBLIC = {
    "GET /healthz": "says that the process lives, and nothing else",
    "GET /readyz": "says which parts answer, and nothing else",
    "GET /metrics": "holds counts by route, and no names; the network keeps it from the public",
    "GET /sign-in": "how one comes in",
    "POST /sign-in": "how one comes in",
    "POST /theme": "a colour, for those who are not signed in yet too",
    "GET /openapi.json": "describes the API, and nothing that is in it",
    "GET /docs": "shows that description",
    "GET /calendar/{token}.ics": "the address is the key, and one that is none shows nothing",
    "GET /mail/{token}": "the address is the key, and one that is none shows nothing",
    "GET /mail/{token}/approval": "leads to the page behind the link",
    "GET /mail/{token}/rejection": "leads to the page behind the link",
    "POST /mail/{token}/approval": "the address is the key, and what it decides is asked of the policy",
    "POST /mail/{token}/rejection": "the address is the key, and what it decides is asked of the policy",
    "MOUNT /static": "files that are the same for everybody",
}
"""Routes for everybody, and why."""

LEADS_ON = {
    "GET /": "to where one's work is",
    "GET /week": "to one's own week",
    "GET /week/{day}": "to one's own week",
    "GET /people/{staff_id}/week": "to the present week",
    f"GET {WEEK}/cells": "to the week",
    f"GET {WEEK}/copy": "to the week",
    f"GET {WEEK}/rows": "to the week",
    f"GET {WEEK}/rows/removal": "to the week",
    f"GET {WEEK}/timer": "to the week",
    f"GET {WEEK}/timer/stop": "to the week",
    f"GET {WEEK}/entries": "to the week",
    f"GET {WEEK}/entries/{{entry_id}}": "to the week",
    f"GET {WEEK}/entries/{{entry_id}}/removal": "to the week",
    f"GET {WEEK}/entries/{{entry_id}}/confirmation": "to the week",
    f"GET {WEEK}/planned/confirmation": "to the week",
    f"GET {WEEK}/notes": "to the week",
    f"GET {WEEK}/acts/{{command_id}}/review": "to the week",
    "GET /inbox/bulk": "to the inbox",
    "GET /inbox/bulk/decisions": "to the inbox",
    "GET /inbox/bulk/{bulk_id}/stop": "to the bulk decision",
    f"GET {SHEET}/approval": "to the inbox",
    f"GET {SHEET}/rejection": "to the inbox",
    "GET /acting": "to the people",
    "GET /admin/people/{staff_id}/password": "to the person",
    "GET /admin/types/preview": "to the form of a new type",
    "GET /admin/{kind}/import/preview": "to the form that asks for a list",
    "GET /acting/end": "to the people",
    "GET /delegations/{delegation_id}/end": "to the delegations",
    "GET /delegations/{delegation_id}/revocation": "to the delegations",
    "GET /acts/{command_id}/answer": "to what was done in one's name",
    "GET /notifications/reading": "to the notifications",
    "GET /notifications/{notice_id}/reading": "to the notifications",
    "GET /access/calendar": "to one's access",
    "GET /access/{token_id}/revocation": "to one's access",
    "GET /import/{import_id}/recording": "to the list",
    "GET /admin/agreements/rules": "to the agreements",
    "GET /admin/agreements/{agreement_id}/what-if": "to the agreement",
    "GET /admin/adjustments/preview": "to the form of a new adjustment",
    "GET /admin/webhooks/{webhook_id}/pause": "to the webhook",
    "GET /admin/webhooks/{webhook_id}/resume": "to the webhook",
    "GET /admin/webhooks/{webhook_id}/secret": "to the webhook",
    "GET /admin/webhooks/{webhook_id}/replay": "to the webhook",
    "GET /admin/webhooks/{webhook_id}/post": "to the webhook",
    "GET /admin/webhooks/{webhook_id}/removal": "to the webhook",
    "GET /admin/events/{letter_id}/replay": "to the events",
    "GET /admin/events/{letter_id}/discard": "to the events",
    "GET /admin/types/{type_id}/what-if": "to the type",
    "GET /admin/holidays/what-if": "to the holidays",
    "GET /admin/approval/trial": "to the policy",
    "GET /admin/seals/anchors": "to the seals",
    "GET /admin/compliance/preset": "to the rules",
    "GET /admin/compliance/trial": "to the rules",
    "GET /admin/what-if/{rebuild_id}/change": "to what was looked at",
    "GET /admin/rebuilds/{rebuild_id}/stop": "to the rebuild",
    "GET /admin/rebuilds/{rebuild_id}/resume": "to the rebuild",
}
"""Routes that show nothing and change nothing: they answer alike whatever they name, and who comes there is asked."""

OWN_SESSION = {
    "POST /sign-out": "/sign-in",
    "POST /acting/end": "/",
}
"""Routes that end something of one's own browser, and where they lead."""

OWN_PAGE = {
    "GET /live": "says that there is something to look at; tests/web/test_live.py has who is told and who is refused",
    "GET /live/counts": "the counts that stand in the frame of every page of one's own",
}
"""Routes for whoever is signed in, and why; nobody else's name or id gets into their answers."""

ASKING: dict[str, list[Asking]] = {
    f"GET {WEEK}": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {WEEK}/form": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"POST {WEEK}/cells": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD}, {f"h.{TRAINING.hex}-{MONDAY}": "18-19"})],
    f"POST {WEEK}/copy": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD}, {"what": "hours"})],
    f"POST {WEEK}/rows": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD}, {"type_id": SHIFT})],
    f"POST {WEEK}/rows/removal": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD}, {"line": SHIFT.hex})],
    f"POST {WEEK}/timer": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD})],
    f"POST {WEEK}/timer/stop": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.AMEND}, {"entry_id": "{entry_id}", "version": 1}, running=True),
    ],
    f"POST {WEEK}/entries": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.RECORD}, SHIFT_FORM)],
    f"POST {WEEK}/entries/{{entry_id}}": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.AMEND}, {"version": 1} | SHIFT_FORM),
    ],
    f"POST {WEEK}/entries/{{entry_id}}/removal": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.REMOVE}, {"version": 1}),
    ],
    f"POST {WEEK}/entries/{{entry_id}}/confirmation": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.CONFIRM}, {"version": 1}, planned=True),
    ],
    f"POST {WEEK}/planned/confirmation": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.CONFIRM}, {"shown": "{entry_id}:1"}, planned=True),
    ],
    f"GET {WEEK}/entries/{{entry_id}}/flex-change": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {WEEK}/entries/{{entry_id}}/flex-change/preview": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"POST {WEEK}/entries/{{entry_id}}/flex-change": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.ADD_FLEX_CHANGE}, FLEX_FORM),
    ],
    f"POST {WEEK}/notes": [Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.ADD_NOTE}, {"content": "Van broke down."})],
    f"POST {WEEK}/acts/{{command_id}}/review": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.REVIEW_ACT}, {"verdict": "confirmed"}),
    ],
    "GET /inbox": [Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX})],
    "GET /inbox/{sheet_id}": [Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX, A.SEE_TIME})],
    "GET /inbox/{sheet_id}/standing": [Asking(ROLAND, State.SUBMITTED, {A.SEE_TIME})],
    "POST /inbox/bulk": [
        Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX}, {"pick": f"{{sheet_id}}:{'0' * 64}"}, own=True)
    ],
    "GET /inbox/bulk/{bulk_id}": [Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX, A.OVERSEE_BULK})],
    "POST /inbox/bulk/{bulk_id}/stop": [Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX, A.OVERSEE_BULK})],
    "POST /inbox/bulk/decisions": [
        Asking(ROLAND, State.SUBMITTED, {A.SEE_INBOX}, {"bulk": "{bulk_id}", "decision": "approve"})
    ],
    f"POST {SHEET}/approval": [Asking(ROLAND, State.SUBMITTED, {A.SEE_TIME, A.APPROVE}, {"digest": DIGEST})],
    f"POST {SHEET}/rejection": [
        Asking(ROLAND, State.SUBMITTED, {A.SEE_TIME, A.REJECT}, {"digest": DIGEST} | BECAUSE),
    ],
    f"GET {SHEET}/take-back": [Asking(ROLAND, State.APPROVED, {A.SEE_INBOX, A.SEE_TIME, A.TAKE_BACK})],
    f"POST {SHEET}/take-back": [Asking(ROLAND, State.APPROVED, {A.SEE_TIME, A.TAKE_BACK}, BECAUSE)],
    f"GET {SHEET}/submission": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"POST {SHEET}/submission": [
        Asking(DUANE, State.DRAFT, {A.SEE_TIME, A.SUBMIT}, {"digest": DIGEST, "certified": "true"}),
    ],
    f"GET {SHEET}/{{move}}": [Asking(DUANE, State.SUBMITTED, {A.SEE_TIME}, move="recall")],
    f"POST {SHEET}/{{move}}": [
        Asking(DUANE, State.SUBMITTED, {A.SEE_TIME, A.RECALL}, BECAUSE, "recall"),
        Asking(DUANE, State.REJECTED, {A.SEE_TIME, A.REVISE}, BECAUSE, "revision"),
        Asking(SUZANNE, State.APPROVED, {A.SEE_TIME, A.LOCK}, BECAUSE, "lock"),
        Asking(SUZANNE, State.LOCKED, {A.SEE_TIME, A.UNLOCK}, BECAUSE, "unlock"),
    ],
    f"GET {SHEET}/export.csv": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/export.xlsx": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/export.pdf": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/evidence.zip": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/prov.json": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/prov.provn": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    f"GET {SHEET}/receipt": [Asking(DUANE, State.APPROVED, {A.SEE_TIME})],
    f"GET {SHEET}/receipt.pdf": [Asking(DUANE, State.APPROVED, {A.SEE_TIME})],
    "GET /audit/time.csv": [Asking(SUZANNE, State.DRAFT, {A.SEE_SUMMARY}, own=True)],
    "GET /people/{staff_id}/shifts.ics": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    "GET /history/{sheet_id}": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    "GET /balances": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    "GET /balances.csv": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    "GET /balances/team": [Asking(ROLAND, State.DRAFT, {A.SEE_TIME})],
    "GET /balances/team.csv": [Asking(ROLAND, State.DRAFT, {A.SEE_TIME})],
    "GET /balances/explain": [Asking(DUANE, State.DRAFT, {A.SEE_TIME})],
    "GET /admin/people": [Asking(SUZANNE, State.DRAFT, {A.SEE_PEOPLE})],
    "GET /admin/people/{staff_id}/acting": [Asking(SUZANNE, State.DRAFT, {A.ACT_FOR})],
    "POST /admin/people": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, {"externalId": "w-1"} | PERSON, own=True)],
    "GET /admin/people/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE})],
    "GET /admin/people/{staff_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE})],
    "POST /admin/people/{staff_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, {"version": 1} | PERSON)],
    "POST /admin/people/{staff_id}/password": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, shows=True)],
    "GET /admin/projects": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PROJECTS})],
    "POST /admin/projects": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_PROJECTS}, {"externalId": "p-1", "name": "Paint"}, own=True)
    ],
    "GET /admin/projects/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PROJECTS})],
    "GET /admin/projects/{external_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PROJECTS})],
    "POST /admin/projects/{external_id}": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_PROJECTS}, {"version": 1, "name": "Paint"})
    ],
    "GET /admin/types": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES})],
    "POST /admin/types": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES}, TYPE, own=True)],
    "GET /admin/types/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES})],
    "POST /admin/types/preview": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES}, TYPE, shows=True, own=True)],
    "GET /admin/types/{type_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES})],
    "POST /admin/types/{type_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_TYPES}, {"version": 1} | TYPE)],
    "POST /admin/types/{type_id}/what-if": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"version": 1} | TYPE)],
    "GET /admin/approval": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_APPROVAL})],
    "POST /admin/approval": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_APPROVAL}, APPROVAL, own=True)],
    "POST /admin/approval/trial": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_APPROVAL}, APPROVAL, shows=True, own=True)],
    "GET /admin/holidays": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/holidays": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, HOLIDAY, own=True)],
    "POST /admin/holidays/what-if": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, HOLIDAY, own=True)],
    "GET /admin/what-if": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/what-if": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, TARGET, own=True)],
    "GET /admin/what-if/{rebuild_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "GET /admin/what-if/{rebuild_id}/differences.csv": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/what-if/{rebuild_id}/change": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "GET /admin/rebuilds": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/rebuilds": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"peoplePerSecond": 1}, own=True)],
    "GET /admin/rebuilds/hint": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "GET /admin/rebuilds/{rebuild_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/rebuilds/{rebuild_id}/stop": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/rebuilds/{rebuild_id}/resume": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "GET /admin/agreements": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/agreements": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"person": "{plain_id}"} | AGREEMENT, own=True)
    ],
    "GET /admin/agreements/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/agreements/rules": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"version": 0, "balanceTolerancePercent": 3}, own=True)
    ],
    "GET /admin/agreements/{agreement_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/agreements/{agreement_id}": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"version": 1} | AGREEMENT)
    ],
    "POST /admin/agreements/{agreement_id}/what-if": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, {"version": 1} | AGREEMENT)
    ],
    "GET /admin/adjustments": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/adjustments": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, ADJUSTMENT, own=True)],
    "GET /admin/adjustments/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/adjustments/preview": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, ADJUSTMENT, shows=True, own=True)
    ],
    "GET /admin/flex-changes/{flex_change_id}/reversal": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES})],
    "POST /admin/flex-changes/{flex_change_id}/reversal": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_BALANCES}, BECAUSE)],
    "GET /admin/{kind}/import": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, own=True)],
    "GET /admin/{kind}/export": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, own=True)],
    "GET /admin/{kind}/template": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, own=True)],
    "POST /admin/{kind}/import/preview": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_PEOPLE}, PEOPLE_LIST, shows=True, own=True)
    ],
    "POST /admin/{kind}/import": [
        Asking(
            SUZANNE,
            State.DRAFT,
            {A.MANAGE_PEOPLE},
            PEOPLE_LIST | {"plan": A_PLAN, "command_id": LIST_COMMAND},
            own=True,
        )
    ],
    "GET /access": [Asking(DUANE, State.DRAFT, {A.MANAGE_OWN_ACCESS})],
    "POST /access/calendar": [Asking(DUANE, State.DRAFT, {A.MANAGE_OWN_ACCESS}, shows=True, own=True)],
    "POST /access/{token_id}/revocation": [Asking(DUANE, State.DRAFT, {A.MANAGE_OWN_ACCESS})],
    "GET /delegations": [Asking(ROLAND, State.DRAFT, {A.SEE_DELEGATIONS})],
    "POST /delegations": [Asking(ROLAND, State.DRAFT, {A.DELEGATE}, {"delegateId": "{plain_id}"} | DAYS, own=True)],
    "GET /delegations/all": [Asking(SUZANNE, State.DRAFT, {A.SEE_PEOPLE})],
    "GET /delegations/new": [Asking(SUZANNE, State.DRAFT, {A.DELEGATE_FOR})],
    "POST /delegations/{delegation_id}/end": [
        Asking(ROLAND, State.DRAFT, {A.SEE_DELEGATIONS, A.DELEGATE}, {"version": 1, "to": str(in_days(9))})
    ],
    "POST /delegations/{delegation_id}/revocation": [
        Asking(ROLAND, State.DRAFT, {A.SEE_DELEGATIONS, A.END_DELEGATION})
    ],
    "GET /projects": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    "GET /projects/{external_id}/summary": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    "POST /projects/{external_id}/summary": [
        Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY, A.SUMMARISE}, {"from": "{day}", "to": "{day}"}, leads=True)
    ],
    f"GET {SUMMARY}": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    f"GET {SUMMARY}/export.csv": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    f"GET {SUMMARY}/export.xlsx": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    f"GET {SUMMARY}/export.pdf": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    f"GET {SUMMARY}/prov.json": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    f"GET {SUMMARY}/prov.provn": [Asking(ROLAND, State.DRAFT, {A.SEE_SUMMARY}, leads=True)],
    "GET /admin/approvers": [Asking(SUZANNE, State.DRAFT, {A.SEE_PEOPLE})],
    "GET /acts": [Asking(DUANE, State.DRAFT, {A.REVIEW_ACT})],
    "POST /acts/{command_id}/answer": [Asking(DUANE, State.DRAFT, {A.REVIEW_ACT}, {"verdict": "confirmed"})],
    "GET /admin/acts": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /admin/acts.csv": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /audit": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /audit.csv": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /admin/compliance": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "POST /admin/compliance/preset": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_APPROVAL}, BECAUSE | {"version": "0"}, own=True)
    ],
    "POST /admin/compliance/trial": [Asking(SUZANNE, State.DRAFT, {A.AUDIT, A.MANAGE_APPROVAL}, shows=True, own=True)],
    "GET /admin/duties": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "POST /admin/duties": [Asking(SUZANNE, State.DRAFT, {A.AUDIT}, DAYS, own=True)],
    "GET /admin/duties/{check_id}": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /admin/duties/{check_id}/findings.csv": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "GET /admin/seals": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "POST /admin/seals": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_SEALS}, own=True)],
    "POST /admin/seals/anchors": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_SEALS}, {"version": 0, "file": "seals.jsonl"}, own=True)
    ],
    "GET /graphql/explore": [Asking(SUZANNE, State.DRAFT, {A.AUDIT})],
    "POST /graphql/explore": [
        Asking(SUZANNE, State.DRAFT, {A.AUDIT}, {"query": "{{ __typename }}"}, shows=True, own=True)
    ],
    "GET /notifications": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES})],
    "GET /notifications/bell": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES})],
    "GET /notifications/settings": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES})],
    "POST /notifications/settings": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES}, {"usual": "yes"}, own=True)],
    "POST /notifications/reading": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES}, own=True)],
    "POST /notifications/{notice_id}/reading": [Asking(DUANE, State.DRAFT, {A.SEE_OWN_NOTICES})],
    "GET /import": [Asking(DUANE, State.DRAFT, {A.IMPORT_ENTRIES})],
    "GET /import/template": [Asking(DUANE, State.DRAFT, {A.IMPORT_ENTRIES})],
    "POST /import": [Asking(DUANE, State.DRAFT, {A.IMPORT_ENTRIES}, {"list": "staff_id,date\nx,y"}, own=True)],
    "GET /import/{import_id}": [Asking(DUANE, State.DRAFT, {A.IMPORT_ENTRIES})],
    "POST /import/{import_id}/recording": [Asking(DUANE, State.DRAFT, {A.IMPORT_ENTRIES})],
    "GET /admin/events": [Asking(SUZANNE, State.DRAFT, {A.SEE_DEAD_LETTERS})],
    "POST /admin/events/{letter_id}/replay": [Asking(SUZANNE, State.DRAFT, {A.SEE_DEAD_LETTERS, A.SCHEDULE})],
    "POST /admin/events/{letter_id}/discard": [Asking(SUZANNE, State.DRAFT, {A.SEE_DEAD_LETTERS})],
    "GET /admin/webhooks": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS})],
    "POST /admin/webhooks": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, HOOK, shows=True, own=True)],
    "GET /admin/webhooks/new": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS})],
    "GET /admin/webhooks/{webhook_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS})],
    "POST /admin/webhooks/{webhook_id}": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, HOOK | FIRST_VERSION)],
    "POST /admin/webhooks/{webhook_id}/pause": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, FIRST_VERSION)],
    "POST /admin/webhooks/{webhook_id}/resume": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, FIRST_VERSION)],
    "POST /admin/webhooks/{webhook_id}/secret": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, FIRST_VERSION, shows=True)
    ],
    "POST /admin/webhooks/{webhook_id}/replay": [
        Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, FIRST_VERSION | {"from": 1})
    ],
    "POST /admin/webhooks/{webhook_id}/post": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS})],
    "POST /admin/webhooks/{webhook_id}/removal": [Asking(SUZANNE, State.DRAFT, {A.MANAGE_WEBHOOKS}, FIRST_VERSION)],
    "POST /acting": [Asking(SUZANNE, State.DRAFT, {A.ACT_FOR}, {"staff_id": "{staff_id}"} | BECAUSE)],
}
"""Routes that show or change something, with a request for each that is granted."""

REQUESTS = [(route, each) for route, those in ASKING.items() for each in those]
CHANGES = [(route, each) for route, each in REQUESTS if route.startswith("POST ")]


def named(parameter: object) -> str | None:
    """The name of a route, and what it does, in the name of a test."""
    return parameter.move if isinstance(parameter, Asking) else str(parameter)


@dataclass(frozen=True)
class Scene:
    """An organisation in which a request is granted, and that request."""

    site: Site
    org: Organisation
    route: str
    asking: Asking
    address: str
    form: dict[str, str]

    @property
    def changes(self) -> bool:
        return self.route.startswith("POST ")

    @property
    def granted(self) -> int:
        """The status of an answer to somebody who may."""
        return 303 if self.changes and not self.asking.shows else 200

    def browser(self, org: Organisation | None = None) -> Browser:
        """A browser of whoever it is granted to, or of their like elsewhere."""
        at = org or self.org
        return self.site.browser(at, at.people[self.asking.who])

    async def sent_by(self, browser: Browser) -> Response:
        """The answer to somebody who sends it."""
        return await (browser.post_form(self.address, **self.form) if self.changes else browser.get(self.address))

    def everything(self) -> tuple[Contents, list[UUID | None]]:
        """What there is, and for whom anybody acts."""
        acting = [session.acting_for_id for session in self.site.rows(self.org, SignInSession)]
        return self.site.contents(self.org), sorted(acting, key=str)


async def scene_of(site: Site, org: Organisation, route: str, asking: Asking) -> Scene:
    """Duane's week in the state that a request is granted in."""
    key = await site.bring_to(org, asking.state)
    (entry,) = site.live(key)
    life = Life(site.desk, org)
    names = NAMES | {
        "staff_id": site.staff_id(org, org.duane),
        "entry_id": entry.id,
        "sheet_id": key.timesheet_id,
        "move": asking.move,
    }
    if "{type_id}" in route or "{external_id}" in route:
        names |= _own_things(site, org)
    if asking.planned:
        names["entry_id"] = await asyncio.to_thread(life.plan, "18:00", "19:00")
    if asking.running:
        begun = site.services.now().replace(second=0, microsecond=0) - timedelta(hours=1)
        recorded = factories.Asking(org, org.duane, org.duane, begun.date()).record(EntryFields(SHIFT, begun))
        names["entry_id"] = (await asyncio.to_thread(life.desk.do, recorded)).entry_id
    if "{command_id}" in route:
        theirs = life.because(life.roland, "He forgot it.").record(worked("18:00", "19:00"))
        names["command_id"] = (await asyncio.to_thread(life.desk.do, theirs)).command_id
    names |= {name: make(site, org) for name, make in MADE.items() if f"{{{name}}}" in route}
    if "/inbox/bulk/" in route:
        names["bulk_id"] = bulk_of_roland(site, org, is_draft="/stop" not in route)
    if asking.leads:
        names |= await asyncio.to_thread(_led, site, org, str(names.get("external_id", "")))
    if "{rebuild_id}" in route:
        names["rebuild_id"] = _rebuild(site, org, looks="what-if" in route)
    if "{flex_change_id}" in route:
        changed = life.duane.change_shift(FlexType.EXTENDED, entry.id, worked("09:00", "18:00"))
        await asyncio.to_thread(life.desk.do, changed)
        names["flex_change_id"] = site.rows(org, FlexChange)[0].id
    if "{plain_id}" in asking.form.values():
        names["plain_id"] = _plain_id(site, org)
    known = {DIGEST: lambda: site.digest(key), A_PLAN: lambda: _plan(site, org)}
    form = {
        name: known[value]() if isinstance(value, str) and value in known else str(value).format(**names)
        for name, value in asking.form.items()
    }
    return Scene(site, org, route, asking, route.partition(" ")[2].format(**names), form)


NAMES: dict[str, object] = {
    "staff_id": "x",
    "day": MONDAY,
    "entry_id": uuid4(),
    "command_id": uuid4(),
    "sheet_id": uuid4(),
    "move": "recall",
    "kind": "people",
    "type_id": uuid4(),
    "external_id": "x",
    "token": "x",
    "token_id": uuid4(),
    "import_id": uuid4(),
    "summary_id": uuid4(),
    "delegation_id": uuid4(),
    "check_id": uuid4(),
    "notice_id": uuid4(),
    "letter_id": uuid4(),
    "webhook_id": uuid4(),
    "agreement_id": uuid4(),
    "flex_change_id": uuid4(),
    "plain_id": "x",
    "rebuild_id": uuid4(),
    "bulk_id": uuid4(),
}
"""What stands in the addresses of routes."""


def _own_things(site: Site, org: Organisation) -> dict[str, object]:
    """A project and a type that no other organisation has."""
    given = [GivenBy(org.tenant_id, org.suzanne, uuid4()) for _ in range(2)]
    with command_transaction(site.engine, org.tenant_id) as session:
        project = create_project(session, given[0], ProjectContent(f"{org.slug}-p", "Fence", None))
        type_ = create_type(session, given[1], TypeContent("Journey", "datetime", {}))
    return {"external_id": project.content.external_id, "type_id": type_.id}


def _led(site: Site, org: Organisation, external_id: str) -> dict[str, object]:
    """A project that Roland leads, with approved work of Max's, and a summary of it."""
    give_role(site.owner_engine, org, org.roland, "project_lead")
    with read_session(site.engine, org.tenant_id) as session:
        found = {each.external_id: each.id for each in session.query(Project)}
    project = external_id if external_id in found else DOGS
    led = replace(org, projects=found)
    lead(site.owner_engine, led, project, org.roland)
    work(site.desk, led, org.max, project=project)
    with command_transaction(site.engine, org.tenant_id) as session:
        given, days = GivenBy(org.tenant_id, org.roland, uuid4()), Period(MONDAY, MONDAY)
        return {"summary_id": summarise(session, given, SummaryAsked(found[project], days)).id}


def _agreement(site: Site, org: Organisation) -> UUID:
    """Duane's agreement."""
    (found,) = [row.id for row in site.rows(org, Agreement) if row.person_id == org.duane]
    return found  # type: ignore[no-any-return]  # a row of a table named by its class


def _plain_id(site: Site, org: Organisation) -> str:
    """A staff id for Duane that says nothing of his organisation: whoever types one reads it again."""
    plain = f"w-{uuid4().hex[:8]}"
    factories.change_person(site.owner_engine, org.duane, staff_id=plain)
    return plain


def bulk_of_roland(site: Site, org: Organisation, *, is_draft: bool) -> UUID:
    """Duane's week selected by Roland, or about to be decided on."""
    key = org.key(org.duane)
    picks, given = [Pick(key.timesheet_id, site.digest(key))], GivenBy(org.tenant_id, org.roland, uuid4())
    with command_transaction(site.engine, org.tenant_id) as session:
        return draft_bulk(session, given, picks) if is_draft else ask_bulk(session, given, picks, APPROVE)


def check_of(site: Site, org: Organisation) -> UUID:
    """A check of who decided on whose time."""
    with command_transaction(site.engine, org.tenant_id) as session:
        return run_check(session, AskedCheck(uuid4(), org.tenant_id, in_days(-7), in_days(0), org.suzanne)).id


def _own_token(site: Site, org: Organisation) -> UUID:
    """A calendar address of Duane's."""
    lifetime = timedelta(days=1)
    create_token(site.engine, org.tenant_id, site.staff_id(org, org.duane), "a", [Scope.CALENDAR], lifetime)
    (token,) = site.rows(org, ApiToken)
    return token.id  # type: ignore[no-any-return]  # a row of a table named by its class


def _own_list(site: Site, org: Organisation) -> UUID:
    """A list of Duane's of one shift, every line of it checked."""
    id_ = uuid4()
    line = ImportLine(2, {}, org.duane, MONDAY, worked("19:00", "20:00"))
    with command_transaction(site.engine, org.tenant_id) as session:
        whose = {"tenant_id": org.tenant_id, "actor_id": org.duane}
        lines = lines_json([line])
        session.add(EntryImport(id=id_, file_name="a list", lines=lines, problems={}, state=CHECKED, **whose))
    return id_


def _letter(site: Site, org: Organisation) -> UUID:
    """An event that can be taken by now."""
    sender = factories.hire(site.owner_engine, org, "scheduler", "integration")
    fields = worked("19:00", "20:00")
    assert fields.end
    shift = {
        "entryId": str(uuid4()),
        "personId": str(org.duane),
        "timePeriodTypeId": str(SHIFT),
        "plannedStartTime": fields.start.isoformat(),
        "plannedEndTime": fields.end.isoformat(),
        "version": 1,
        "action": "create",
    }
    attributes = {"specversion": "1.0", "id": "1", "source": "/roster", "type": "countersign.scheduled-entry"}
    with command_transaction(site.engine, org.tenant_id) as session:
        body = json.dumps(attributes | {"data": shift})
        return keep_letter(session, org.tenant_id, sender, "http", body, "It could not be taken.")


def _webhook(site: Site, org: Organisation) -> UUID:
    """A webhook where nobody is."""
    given = GivenBy(org.tenant_id, org.suzanne, uuid4())
    with command_transaction(site.engine, org.tenant_id) as session:
        return create_webhook(session, given, WebhookContent(f"https://{org.slug}.invalid/"), demo=True)[0].id


def _rebuild(site: Site, org: Organisation, *, looks: bool) -> UUID:
    """A rebuild, or a look, that was stopped before it began: nobody is at it."""
    given = GivenBy(org.tenant_id, org.suzanne, uuid4())
    lower = Supposed(TargetForAll(AccrualCode.NIGHT_HOURS, MONDAY, 9_000))
    with command_transaction(site.engine, org.tenant_id) as session:
        id_ = look_at(session, given, lower) if looks else rebuild_everybody(session, given)
        cancel_rebuild(session, id_)
    return id_


def _notice(site: Site, org: Organisation) -> UUID:
    """What Duane was reminded of."""
    return tell(site.desk, org, org.duane, NoticeKind.RECORD_REMINDER, days=[MONDAY.isoformat()]).notification_id


def _delegation(site: Site, org: Organisation) -> UUID:
    """Alex stands in for Roland."""
    return stand_in(site.engine, org, org.roland, org.alex).id


MADE: dict[str, Callable[[Site, Organisation], UUID]] = {
    "agreement_id": _agreement,
    "check_id": check_of,
    "delegation_id": _delegation,
    "import_id": _own_list,
    "letter_id": _letter,
    "notice_id": _notice,
    "token_id": _own_token,
    "webhook_id": _webhook,
}
"""What is made for the addresses that name it."""


def _plan(site: Site, org: Organisation) -> str:
    lines = read_list(str(PEOPLE_LIST["list"]), PEOPLE_COLUMNS)
    with read_session(site.engine, org.tenant_id) as session:
        return plan_people(session, GivenBy(org.tenant_id, org.suzanne, LIST_COMMAND), lines).fingerprint


def test_every_route_is_written_down(site: Site) -> None:
    written = PUBLIC.keys() | LEADS_ON.keys() | OWN_SESSION.keys() | OWN_PAGE.keys() | ASKING.keys()

    assert pages(site) == written


@pytest.mark.parametrize(("route", "asking"), REQUESTS, ids=named)
async def test_what_is_granted_was_asked_of_the_policy(
    site: Site, org: Organisation, route: str, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await scene_of(site, org, route, asking)
    browser = scene.browser()
    asked = Noting(policy.POLICY)
    monkeypatch.setattr(policy, "POLICY", asked)

    answer = await scene.sent_by(browser)

    assert answer.status_code == scene.granted, page_of(answer).text
    assert asking.asks <= asked.noted


@pytest.mark.parametrize(("route", "asking"), REQUESTS, ids=named)
async def test_nothing_is_granted_that_the_policy_does_not_allow(
    site: Site, org: Organisation, route: str, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await scene_of(site, org, route, asking)
    browser = scene.browser()
    before = scene.everything()
    monkeypatch.setattr(policy, "POLICY", dict.fromkeys(Action, ()))

    answers = [await scene.sent_by(browser), await scene.sent_by(browser.by_htmx)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert scene.everything() == before


@pytest.mark.parametrize(("route", "asking"), REQUESTS, ids=named)
async def test_somebody_of_another_organisation_learns_nothing_and_changes_nothing(
    site: Site, org: Organisation, route: str, asking: Asking, owner_engine: Engine
) -> None:
    scene = await scene_of(site, org, route, asking)
    other = make_organisation(owner_engine)
    before = scene.everything(), site.contents(other)

    for stranger in (scene.browser(other), site.browser(other, other.suzanne)):
        for browser in (stranger, stranger.by_htmx):
            answer = await scene.sent_by(browser)
            shows_their_own = not scene.changes and "{" not in route and answer.status_code == 200
            assert answer.status_code == 404 or shows_their_own or asking.own
            told = answer.text.replace(scene.address, "")
            assert not any(ours in told for ours in (org.slug, "washing dog"))

    assert scene.everything() == before[0]
    assert asking.own or site.contents(other) == before[1]


async def test_nobody_gets_further_than_the_sign_in(site: Site, org: Organisation) -> None:
    before = site.contents(org)
    guarded = pages(site) - PUBLIC.keys()
    assert guarded

    for route in guarded:
        method, _, path = route.partition(" ")
        address = path.format(**NAMES)
        for token in (None, "forged", "x" * 1_000):
            visitor = site.visitor()
            if token:
                visitor.cookies.set("countersign_session", token)
            answer = await visitor.request(method, address, headers={"Origin": OURS})
            part = await visitor.request(method, address, headers={"Origin": OURS} | HTMX)

            assert answer.status_code == 303, route
            assert answer.headers["Location"].startswith("/sign-in"), route
            assert part.status_code == 401, route
            assert part.headers["HX-Redirect"].startswith("/sign-in"), route
            assert part.text == "", route

    assert site.contents(org) == before


@pytest.mark.parametrize(("route", "asking"), CHANGES, ids=named)
async def test_only_a_form_of_our_own_page_changes_anything(
    site: Site, org: Organisation, route: str, asking: Asking
) -> None:
    scene = await scene_of(site, org, route, asking)
    browser, another = scene.browser(), scene.browser()
    before = scene.everything()

    await require_refused(browser, another, scene.address, scene.form)

    assert scene.everything() == before
    # It was these that were in the way.
    assert (await scene.sent_by(browser)).status_code == scene.granted


@pytest.mark.parametrize(("route", "leads_to"), OWN_SESSION.items())
async def test_only_a_form_of_our_own_page_ends_anything(
    site: Site, org: Organisation, route: str, leads_to: str
) -> None:
    browser, another = await site.acting(org, org.duane), site.browser(org, org.suzanne)
    address = route.partition(" ")[2]

    await require_refused(browser, another, address, {})

    assert "on behalf of Duane Barry" in (await browser.page("/balances")).text
    assert (await browser.post_form(address)).headers["Location"] == leads_to


@pytest.mark.parametrize("route", [route for route in PUBLIC if route.startswith("POST ")])
async def test_no_other_site_sends_what_is_for_everybody(site: Site, route: str) -> None:
    for origin in (ELSEWHERE, "null", "http://countersign.test.elsewhere.example", "https://countersign.test"):
        answer = await site.visitor().post(route.partition(" ")[2], data={"theme": "dark"}, headers={"Origin": origin})
        assert answer.status_code == 403, origin
        assert "countersign_session" not in answer.headers.get("Set-Cookie", "")


async def test_what_only_leads_on_leads_everybody_alike(site: Site, org: Organisation, owner_engine: Engine) -> None:
    key = await site.bring_to(org, State.SUBMITTED)
    other = make_organisation(owner_engine)
    staff_id = site.staff_id(org, org.duane)
    browsers = [site.browser(org, org.duane), site.browser(org, org.max), site.browser(other, other.suzanne)]

    for route in LEADS_ON.keys() - {"GET /", "GET /week", "GET /week/{day}"}:
        address = route.removeprefix("GET ").format(**NAMES | {"staff_id": staff_id, "sheet_id": key.timesheet_id})
        answers = [await browser.get(address) for browser in browsers]
        assert {answer.status_code for answer in answers} == {303}, route
        assert len({answer.headers["Location"] for answer in answers}) == 1, route
        assert {answer.text for answer in answers} == {""}, route


async def require_refused(browser: Browser, another: Browser, address: str, form: dict[str, str]) -> None:
    """Fails unless a form without this session's token, or from another site, is refused."""
    filled = {"command_id": str(uuid4()), **form}
    for token in ({}, {"csrf": ""}, {"csrf": "x" * 64}, {"csrf": another.csrf_token}, {"csrf": "\N{GRINNING FACE}"}):
        answer = await browser.client.post(address, data=filled | token, headers={"Origin": OURS})
        assert "no longer valid, so nothing was saved" in page_of(answer, 403).main.text, token
    right = filled | {"csrf": browser.csrf_token}
    for foreign in from_elsewhere():
        answer = await browser.client.post(address, data=right, headers=foreign)
        assert "Another site sent this, so nothing was saved" in page_of(answer, 403).main.text, foreign


def from_elsewhere() -> Iterator[dict[str, str]]:
    """What a browser says of a form that another site made it send."""
    yield {"Origin": ELSEWHERE}
    yield {"Origin": "null"}
    yield {"Origin": "https://countersign.test"}
    yield {"Origin": "http://countersign.test:81"}
    yield {"Referer": f"{ELSEWHERE}/?{OURS}/"}
    yield {"Origin": OURS, "Sec-Fetch-Site": "cross-site"}
    yield {"Origin": OURS, "Sec-Fetch-Site": "same-site"}


def routes(site: Site) -> dict[str, Any]:
    """Every route, as its method and path."""
    found: dict[str, Any] = {}
    for route in iter_route_contexts(site.app.routes):
        for method in route.methods or {"MOUNT"}:
            found[f"{method} {route.path}"] = route
    return found


def pages(site: Site) -> set[str]:
    """Every route that people use; those of the API are in tests/web/api/test_policy_of_calls.py."""
    return {route for route in routes(site) if not is_for_programs(route.partition(" ")[2])}


class Noting(dict[Action, tuple[Grant, ...]]):
    """A policy that notes what it is asked for."""

    def __init__(self, of: dict[Action, tuple[Grant, ...]]) -> None:
        super().__init__(of)
        self.noted: set[Action] = set()

    def __getitem__(self, action: Action) -> tuple[Grant, ...]:
        self.noted.add(action)
        return super().__getitem__(action)
