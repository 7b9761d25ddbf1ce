"""Ids of elsewhere in bodies and queries of approval: answered like those that nobody has, and without an effect."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from models.rules.transitions import State
from models.tables.approval import Delegation
from models.tables.timesheet import Decision
from tests.desk import Life
from tests.factories import Organisation, make_organisation
from tests.projects import DOGS, lead
from tests.standing_in import in_days, stand_in
from tests.web.api.conftest import SHEETS, Api, Program

DELEGATIONS, APPROVALS = "/resources/delegations", "/resources/approvals"
SUMMARIES, ACTS, HOOKS = "/resources/summaries", "/resources/acts", "/resources/webhooks"
DAYS = {"from": str(in_days(0)), "to": str(in_days(5))}
WHY = {"reason": "Because."}


@dataclass(frozen=True)
class Ids:
    """What somebody might name: a person, a project, a timesheet and a line of it."""

    person: UUID
    project: UUID
    sheet: UUID
    line: UUID


NOBODYS = Ids(*(UUID(int=number) for number in range(1, 5)))


async def ids_of(api: Api, org: Organisation) -> Ids:
    key = await api.site.bring_to(org, State.SUBMITTED)
    (line,) = api.site.live(key)
    return Ids(org.roland, org.projects[DOGS], key.timesheet_id, line.id)


@dataclass(frozen=True)
class Scene:
    """Duane's submitted week, and who may do what with it."""

    api: Api
    org: Organisation
    mine: Ids
    marita: UUID

    @property
    def digest(self) -> str:
        return self.api.site.digest(self.org.key(self.org.duane))

    def program(self, name: str) -> Program:
        return self.api.program(self.org, self.marita if name == "marita" else getattr(self.org, name))

    async def asked(self, what: str, ids: Ids) -> Response:
        """The answer to a call that names one of these ids where one of its own would do."""
        sheet, named = f"{SHEETS}/{self.mine.sheet}", str(ids.person)
        decide = {"timesheetId": str(self.mine.sheet), "digest": self.digest}
        calls: dict[str, tuple[str, str, str, Any]] = {
            "who stands in": ("roland", "POST", DELEGATIONS, DAYS | {"delegateId": named}),
            "for whom": (
                "suzanne",
                "POST",
                DELEGATIONS,
                DAYS | WHY | {"delegateId": str(self.org.max), "delegatorId": named},
            ),
            "about whom only": (
                "roland",
                "POST",
                DELEGATIONS,
                DAYS | {"delegateId": str(self.org.max), "personIds": [named]},
            ),
            "in whose name it is approved": (
                "suzanne",
                "POST",
                f"{sheet}/approval",
                WHY | {"digest": self.digest, "onBehalfOf": named},
            ),
            "in whose name it is taken back": ("suzanne", "DELETE", f"{sheet}/approval", WHY | {"onBehalfOf": named}),
            "which lines are wrong": (
                "roland",
                "POST",
                f"{sheet}/rejection",
                WHY | {"digest": self.digest, "timeEntryIds": [str(ids.line)]},
            ),
            "whose project is summarised": (
                "marita",
                "POST",
                SUMMARIES,
                {"projectId": str(ids.project), "from": "2026-11-16", "to": "2026-11-22"},
            ),
            "in whose name it is summarised": (
                "suzanne",
                "POST",
                SUMMARIES,
                WHY
                | {"projectId": str(self.mine.project), "from": "2026-11-16", "to": "2026-11-22", "onBehalfOf": named},
            ),
            "whose delegations": ("suzanne", "GET", f"{DELEGATIONS}?personId={named}", None),
            "whose acts": ("suzanne", "GET", f"{ACTS}?personId={named}", None),
            "summaries of which project": ("suzanne", "GET", f"{SUMMARIES}?projectId={ids.project}", None),
            "which of many": (
                "roland",
                "POST",
                APPROVALS,
                {"decisions": [decide | {"timesheetId": str(ids.sheet), "decision": "approve"}]},
            ),
            "in whose name of many": (
                "suzanne",
                "POST",
                APPROVALS,
                {"decisions": [decide | WHY | {"decision": "approve", "onBehalfOf": named}]},
            ),
        }
        who, method, path, body = calls[what]
        path, _, query = path.partition("?")
        name, _, value = query.partition("=")
        return await self.program(who).call(method, path, body, query={name: value} if name else None, key=uuid4())


WHAT = (
    "who stands in",
    "for whom",
    "about whom only",
    "in whose name it is approved",
    "in whose name it is taken back",
    "which lines are wrong",
    "whose project is summarised",
    "in whose name it is summarised",
    "whose delegations",
    "whose acts",
    "summaries of which project",
    "which of many",
    "in whose name of many",
)


@pytest.fixture
async def scene(api: Api, org: Organisation, owner_engine: Engine) -> Scene:
    return Scene(api, org, await ids_of(api, org), lead(owner_engine, org))


@pytest.mark.parametrize("what", WHAT)
async def test_an_id_of_elsewhere_is_an_id_of_nothing(scene: Scene, owner_engine: Engine, what: str) -> None:
    other = make_organisation(owner_engine)
    foreign = await ids_of(scene.api, other)
    theirs = scene.api.saved(other)
    before = _but_for_bulk(scene.api.saved(scene.org))

    answers = [await scene.asked(what, ids) for ids in (foreign, NOBODYS)]

    said = {_without_ids(answer.text, foreign) for answer in answers}
    assert len({answer.status_code for answer in answers}) == 1
    assert len(said) == 1, said
    assert not any(org_word in answers[0].text for org_word in (other.slug, "Roland Fuller"))
    if not what.endswith("of many"):
        assert answers[0].status_code in (400, 403, 404) or answers[0].json()["items"] == []
    else:
        assert [row["outcome"] for row in answers[0].json()["items"]] == ["refused"]
    assert scene.api.saved(other) == theirs
    assert _but_for_bulk(scene.api.saved(scene.org)) == before


@pytest.mark.parametrize("path", [DELEGATIONS, APPROVALS, SUMMARIES, ACTS, HOOKS, "/events", "/resources/duty-checks"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_another_organisation_named_in_the_query_of_any_verb_is_not_there(
    scene: Scene, owner_engine: Engine, path: str, method: str
) -> None:
    other = make_organisation(owner_engine)
    before = scene.api.saved(scene.org), scene.api.saved(other)

    for id_ in (other.tenant_id, uuid4()):
        answer = await scene.program("suzanne").call(method, path, {}, query={"tenantId": id_})
        assert answer.status_code in (404, 405), answer.text

    assert (scene.api.saved(scene.org), scene.api.saved(other)) == before


@pytest.mark.parametrize(
    "smuggled",
    [
        {"tenantId": "{tenant}"},
        {"ownerId": "{max}"},
        {"personId": "{suzanne}"},
        {"actorId": "{suzanne}"},
        {"decidedById": "{suzanne}"},
        {"responsibleId": "{alex}"},
        {"delegationId": "{nothing}"},
        {"stage": "project_lead"},
        {"state": "locked"},
        {"decidedAs": "administrator"},
        {"lockAt": "2020-01-01T00:00:00Z"},
    ],
    ids=lambda each: str(*each) if isinstance(each, dict) else None,
)
async def test_what_is_smuggled_into_a_decision_has_no_effect(
    scene: Scene, owner_engine: Engine, smuggled: dict[str, str]
) -> None:
    other, org = make_organisation(owner_engine), scene.org
    names = {"tenant": other.tenant_id, "max": org.max, "suzanne": org.suzanne, "alex": org.alex, "nothing": uuid4()}
    extra = {name: value.format(**names) for name, value in smuggled.items()}
    answer = await scene.program("roland").post(
        f"{SHEETS}/{scene.mine.sheet}/approval", {"digest": scene.digest} | extra
    )

    life = Life(scene.api.site.desk, org)
    decided = scene.api.site.rows(org, Decision)
    assert answer.status_code == 201, answer.text
    (made,) = decided
    assert (made.decided_by_id, made.responsible_id, made.decided_as) == (org.roland, org.roland, "supervisor")
    assert (made.stage, made.delegation_id, life.state) == ("supervisor", None, State.APPROVED)
    assert scene.api.site.rows(other, Decision) == []


@pytest.mark.parametrize("extra", ["tenantId", "grantedById", "revokedAt", "id"])
async def test_what_is_smuggled_into_a_delegation_has_no_effect(scene: Scene, owner_engine: Engine, extra: str) -> None:
    other = make_organisation(owner_engine)
    value = "2020-01-01T00:00:00Z" if extra == "revokedAt" else str(other.tenant_id)
    body = DAYS | {"delegateId": str(scene.org.max), extra: value}
    answer = await scene.program("roland").post(DELEGATIONS, body)

    assert answer.status_code in (201, 400)
    kept = scene.api.site.rows(scene.org, Delegation)
    assert scene.api.site.rows(other, Delegation) == []
    assert len(kept) == (answer.status_code == 201)
    for each in kept:
        assert (each.granted_by_id, each.revoked_at) == (scene.org.roland, None)
        assert each.id != other.tenant_id


async def test_a_supervisor_grants_nothing_in_another_supervisors_name(scene: Scene) -> None:
    """Nor ends what another granted, whatever the body names."""
    kept = stand_in(scene.api.site.engine, scene.org, scene.org.alex, scene.org.max)
    roland = scene.program("roland")
    before = scene.api.saved(scene.org)

    for delegator in (scene.org.alex, scene.org.suzanne, scene.org.duane):
        body = DAYS | WHY | {"delegateId": str(scene.org.max), "delegatorId": str(delegator)}
        assert (await roland.post(DELEGATIONS, body)).status_code in (403, 404)
    body = {"to": str(in_days(1)), "delegatorId": str(scene.org.roland)}
    assert (await roland.put(f"{DELEGATIONS}/{kept.id}", body, 'W/"1"')).status_code in (400, 404)
    assert (await roland.delete(f"{DELEGATIONS}/{kept.id}", 'W/"1"', WHY)).status_code == 404

    assert scene.api.saved(scene.org) == before


def _without_ids(text: str, ids: Ids) -> str:
    """An answer without the ids that were named, and of which bulk decision it tells."""
    for each in (ids, NOBODYS):
        for id_ in (each.person, each.project, each.sheet, each.line):
            text = text.replace(str(id_), "…")
    start = text.find('"meta":{"id":"')
    return text if start < 0 else text[:start] + text[start + 51 :]


def _but_for_bulk(contents: Any) -> Any:
    """A bulk decision is kept with the rows that it refused."""
    return contents | dict.fromkeys(("bulk_decision", "bulk_decision_row"), frozenset())
