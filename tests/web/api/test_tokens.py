"""Whoever calls has a token that is good, for what they want to do; every operation asks for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx2 import Response
from sqlalchemy import Engine, delete

from models.database import command_transaction
from models.tables.auth import ApiToken
from tests.factories import Organisation, change_person, take_role
from tests.web.api.conftest import ENTRIES, Api, Json, Program, answered, refused, shift
from tests.web.conftest import Site
from web.auth.tokens import Scope, holder_of, revoke_token, tokens_of

SCOPE_OF_VERB = {
    "get": Scope.READ,
    "post": Scope.RECORD,
    "put": Scope.RECORD,
    "patch": Scope.RECORD,
    "delete": Scope.RECORD,
}
"""What a token must be good for, but for those below."""

SCOPES = {
    "approveTimesheet": Scope.DECIDE,
    "rejectTimesheet": Scope.DECIDE,
    "lockTimesheet": Scope.DECIDE,
    "unlockTimesheet": Scope.DECIDE,
    "takeBackApproval": Scope.DECIDE,
    "decideOnMany": Scope.DECIDE,
    "stopBulkDecision": Scope.DECIDE,
    "createSummary": Scope.DECIDE,
    "sendEvent": Scope.EVENTS,
    "grantDelegation": Scope.DECIDE,
    "changeDelegation": Scope.DECIDE,
    "revokeDelegation": Scope.DECIDE,
}


def operations(site: Site) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation that is described, as its verb, a path that leads to nothing, and its description."""
    return [
        (verb, filled(path), operation)
        for path, verbs in site.app.openapi()["paths"].items()
        for verb, operation in verbs.items()
    ]


ADMINISTERED = ("People", "Projects", "Time period types", "Agreements", "Adjustments", "Webhooks", "Seals")


def filled(path: str) -> str:
    """A path with ids of nothing."""
    return "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))


def scope_of(verb: str, operation: dict[str, Any]) -> Scope:
    """What a token must be good for."""
    tag, id_ = operation["tags"][0], operation["operationId"]
    administered = tag in ADMINISTERED and verb != "get"
    return SCOPES.get(id_, Scope.ADMINISTER if administered else Scope.READ if verb == "get" else Scope.RECORD)


async def asked(program: Program, verb: str, path: str) -> Response:
    """An answer to a call that says nothing but who calls."""
    body: Json = None if verb in ("get", "delete") else {}
    return await program.call(verb.upper(), path, body, seen='W/"1"')


async def test_every_operation_asks_who_is_there(site: Site, api: Api, org: Organisation, duane: Program) -> None:
    api.change_token(duane, expires_at=datetime.now(UTC))
    revoked = api.program(org, org.duane)
    api.change_token(revoked, revoked_at=datetime.now(UTC))
    unknown = Program(site.visitor(), duane.token[:-1] + ("x" if duane.token[-1] != "x" else "y"))
    odd = [Program(site.visitor(), token) for token in ("cs_", "x" * 5000, "cs_%00")]

    answers = [
        (operation["operationId"], await asked(program, verb, path))
        for verb, path, operation in operations(site)
        for program in (api.stranger(), duane, revoked, unknown, *odd)
    ]

    assert {(id_, answer.status_code) for id_, answer in answers} == {(id_, 401) for id_, _ in answers}
    assert {answer.headers["WWW-Authenticate"] for _, answer in answers} == {"Bearer"}
    assert {answer.text for _, answer in answers} == {'{"message":"Please sign in.","code":"not_signed_in"}'}


async def test_other_ways_to_say_who_one_is_are_none(site: Site, duane: Program, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    refused(await browser.get(ENTRIES), 401, "not_signed_in")
    refused(await site.visitor().get(ENTRIES, params={"access_token": duane.token}), 401, "not_signed_in")
    for said in (duane.token, f"Basic {duane.token}", f"Token {duane.token}", "Bearer", "Bearer "):
        answer = await site.visitor().get(ENTRIES, headers={"Authorization": said})
        refused(answer, 401, "not_signed_in")
    answered(await site.visitor().get(ENTRIES, headers={"Authorization": f"bearer {duane.token}"}), 200)


async def test_a_token_opens_no_page(site: Site, duane: Program) -> None:
    answer = await site.visitor().get("/balances", headers={"Authorization": f"Bearer {duane.token}"})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


async def test_every_operation_asks_what_the_token_is_for(site: Site, api: Api, org: Organisation) -> None:
    programs = {scope: api.program(org, org.suzanne, scope) for scope in Scope}
    without = {scope: api.program(org, org.suzanne, *(set(Scope) - {scope})) for scope in Scope}

    for verb, path, operation in operations(site):
        needed = scope_of(verb, operation)
        answer = await asked(without[needed], verb, path)
        assert answer.status_code == 403, (operation["operationId"], answer.text)
        said = refused(answer, 403, "scope_missing")
        assert f"“{needed}”" in said["message"], operation["operationId"]
        answer = await asked(programs[needed], verb, path)
        assert answer.status_code not in (401, 403), operation["operationId"]


async def test_a_token_is_never_more_than_its_person(api: Api, org: Organisation, owner_engine: Engine) -> None:
    suzanne = api.program(org, org.suzanne)
    body = shift(org.duane, reason="He is ill.", onBehalfOf=str(org.duane))
    answered(await suzanne.post(ENTRIES, body), 201)

    take_role(owner_engine, org.suzanne, "administrator")

    refused(await suzanne.post(ENTRIES, body), 404, "not_found")


async def test_the_token_of_somebody_deactivated_is_none(
    duane: Program, org: Organisation, owner_engine: Engine
) -> None:
    answered(await duane.get(ENTRIES), 200)

    change_person(owner_engine, org.duane, active=False)
    refused(await duane.get(ENTRIES), 401, "not_signed_in")

    change_person(owner_engine, org.duane, active=True)
    answered(await duane.get(ENTRIES), 200)


async def test_tokens_are_listed_and_revoked(site: Site, api: Api, org: Organisation) -> None:
    kept, gone = api.program(org, org.duane, Scope.READ), api.program(org, org.duane)
    answered(await gone.get(ENTRIES), 200)
    with command_transaction(site.engine, org.tenant_id) as session:
        newest, oldest = tokens_of(session, org.duane)
        assert (oldest.scopes, oldest.used_at, oldest.name) == (("read",), None, "a test")
        assert newest.used_at is not None
        revoke_token(session, newest.id)

    refused(await gone.get(ENTRIES), 401, "not_signed_in")
    answered(await kept.get(ENTRIES), 200)
    with command_transaction(site.engine, org.tenant_id) as session:
        assert [each.revoked for each in tokens_of(session, org.duane)] == [True, False]


async def test_that_a_token_was_used_is_written_once_an_hour(site: Site, api: Api, duane: Program) -> None:
    answered(await duane.get(ENTRIES), 200)
    (first,) = used(site, api, duane)
    answered(await duane.get(ENTRIES), 200)
    assert used(site, api, duane) == [first]

    api.change_token(duane, used_at=first - timedelta(hours=1))
    answered(await duane.get(ENTRIES), 200)

    assert used(site, api, duane)[0] >= first


def used(site: Site, api: Api, program: Program) -> list[datetime]:
    """When the token of a program was last used."""
    held = holder_of(site.engine, program.token)
    assert held is not None
    with command_transaction(site.engine, held.tenant_id) as session:
        return [token.used_at for token in tokens_of(session, held.person_id) if token.used_at]


async def test_a_token_is_stored_as_its_hash_alone(api: Api, duane: Program, org: Organisation) -> None:
    assert duane.token.startswith("cs_")
    assert duane.token not in str(api.site.contents(org))


async def test_a_deleted_token_is_none(site: Site, duane: Program, org: Organisation) -> None:
    with site.owner_engine.begin() as connection:
        connection.execute(delete(ApiToken).where(ApiToken.tenant_id == org.tenant_id))

    assert holder_of(site.engine, duane.token) is None
