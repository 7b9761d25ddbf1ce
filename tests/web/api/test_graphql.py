"""The record by GraphQL: a recorded conversation, document by document, and what may differ from it in no way."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.factories import Organisation, hire
from tests.web.api.conftest import Api, Json, Program
from web.auth.tokens import Scope

CONVERSATION = json.loads((Path(__file__).parents[2] / "vectors" / "chronicle_transcript.json").read_text())


@pytest.fixture
def chronicle(api: Api, org: Organisation, owner_engine: Engine) -> Program:
    """A program that speaks to the record."""
    return api.program(org, hire(owner_engine, org, "chronicler", "integration"), Scope.EVENTS, Scope.READ)


async def ask(program: Program, document: str, **variables: Json) -> Json:
    """The answer to a document."""
    answer = await program.post("/graphql", {"query": document, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.json()


def without_transactions(data: Json) -> Json:
    """The same without `txId`, of which only whether it is there is compared."""
    match data:
        case dict():
            return {
                name: ("some" if value else None) if name == "txId" else without_transactions(value)
                for name, value in data.items()
            }
        case list():
            return [without_transactions(each) for each in data]
    return data


async def test_the_recorded_conversation_is_answered_as_it_was(chronicle: Program) -> None:
    for said in CONVERSATION:
        answer = await ask(chronicle, said["op"])

        assert "errors" not in answer, said["op"]
        if said["expect"] is not None:
            assert without_transactions(answer["data"]) == without_transactions(said["expect"]), said["op"]


async def test_said_twice_it_changes_nothing(chronicle: Program) -> None:
    mutations = [said["op"] for said in CONVERSATION if said["op"].lstrip().startswith("mutation")]
    for document in mutations:
        first = (await ask(chronicle, document))["data"]
        assert all(UUID(each["txId"]) for each in first.values()), document
    for document in mutations:
        again = (await ask(chronicle, document))["data"]
        assert [each["txId"] for each in again.values()] == [None] * len(again), document
