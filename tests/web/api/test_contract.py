"""The API does what its description says, whatever is sent: tried by a program that makes up calls from it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi import from_url
from sqlalchemy import Engine

from embedded import LOOPBACK, free_port
from models.rules.transitions import State
from models.standard import ABSENCE, SHIFT
from models.tables.accruals import Agreement
from tests.factories import MONDAY, NEXT_MONDAY, change_person, make_organisation
from tests.waiting import eventually_async
from tests.web.api.conftest import ADJUSTMENTS, Api, answered
from tests.web.conftest import Site
from web.app import secured

BUSINESS = ["2xx", "400", "403", "404", "409", "410", "412", "428"]
"""What a well-formed call may be answered: rules of the business refuse what no schema can say."""

MALFORMED = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "422", "428"]
"""What a malformed call may be answered: it is also allowed to be wrong in another way first."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")


def config(token: str, tenant_id: str, known: dict[str, list[Any]]) -> SchemathesisConfig:
    """Every check, a bounded number of calls and always the same ones; some of them about things that exist."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 20261116,
            "workers": 1,
            "request-timeout": 30,
            "auth": {"openapi": {"token": {"bearer": token}}},
            "generation": {"deterministic": True, "max-examples": 8, "no-shrink": True},
            "phases": {
                "coverage": {"unexpected-methods": ["QUERY", "PATCH"]},
                "stateful": {"max-steps": 6, "generation": {"max-examples": 40}},
            },
            "checks": {
                "enabled": True,
                "positive_data_acceptance": {"expected-statuses": BUSINESS},
                "negative_data_rejection": {"expected-statuses": MALFORMED},
                "missing_required_header": {"expected-statuses": MALFORMED},
            },
            # What it cannot understand it keeps, for an administrator to look at.
            "operations": [
                {
                    "include-operation-id": "sendEvent",
                    "checks": {"negative_data_rejection": {"expected-statuses": [*MALFORMED, "202"]}},
                }
            ],
            "dictionaries": {name: {"values": values} for name, values in known.items()},
            "parameters": {
                # Another organisation's is not there, whatever else is said: that would be all that is ever answered.
                "query.tenantId": tenant_id,
                **{name: {"dictionary": kind, "probability": 0.9} for name, kind in KINDS.items()},
            },
        }
    )


KINDS = {
    "query.ownerId": "people",
    "body.ownerId": "people",
    "body.timePeriodTypeId": "types",
    "body.actualStartTime": "starts",
    "body.actualEndTime": "ends",
    "body.date": "days",
    "query.date": "days",
    "path.entry_id": "entries",
    "body.timeEntryId": "entries",
    "path.timesheet_id": "sheets",
    "body.digest": "digests",
    "header.If-Match": "marks",
    "query.personId": "people",
    "body.personId": "people",
    "path.agreement_id": "agreements",
    "path.adjustment_id": "adjustments",
    "query.from": "days",
    "query.to": "days",
}
"""Which parameters are about which things."""


@pytest.fixture(scope="module")
async def address(site: Site) -> AsyncIterator[str]:
    """Where the application listens, as it does in production."""
    port = free_port()
    served = secured(site.app, site.settings)
    server = uvicorn.Server(uvicorn.Config(served, host=LOOPBACK, port=port, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    await eventually_async(lambda: asyncio.sleep(0, server.started), "it listens")
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await serving


@pytest.fixture(scope="module")
async def known(site: Site, owner_engine: Engine) -> tuple[str, str, dict[str, list[Any]]]:
    """A token of the administrator, and the ids of what there is in her organisation."""
    org = make_organisation(owner_engine)
    change_person(owner_engine, org.duane, supervisor_id=None)
    weeks = {state: MONDAY + timedelta(weeks=number) for number, state in enumerate(State)}
    keys = [
        await site.bring_to(org, state, owner, day)
        for state, day in weeks.items()
        for owner in (org.duane, org.suzanne)
    ]
    suzanne = Api(site).program(org, org.suzanne)
    given = {"type": "NIGHT_HOURS", "date": str(MONDAY), "value": 60, "reason": "Miscounted."}
    adjustment = answered(await suzanne.post(ADJUSTMENTS, given | {"personId": str(org.duane)}), 201)
    return (
        suzanne.token,
        str(org.tenant_id),
        {
            "people": [str(org.suzanne), str(org.duane)],
            "types": [str(SHIFT), str(ABSENCE)],
            "starts": [f"2026-11-{day}T0{day % 7}:00:00Z" for day in range(16, 30)],
            "ends": [f"2026-11-{day}T1{day % 7}:00:00+01:00" for day in range(16, 30)],
            "days": [str(MONDAY), str(NEXT_MONDAY)],
            "entries": [str(entry.id) for key in keys for entry in site.live(key)],
            "sheets": [str(key.timesheet_id) for key in keys],
            "digests": [site.digest(key) for key in keys],
            "agreements": [str(each.id) for each in site.rows(org, Agreement)],
            "adjustments": [adjustment["id"]],
            "marks": ['W/"1"', 'W/"2"'],
        },
    )


@pytest.mark.parametrize("phase", PHASES)
async def test_the_api_does_what_its_description_says(
    address: str, known: tuple[str, str, dict[str, list[Any]]], phase: str
) -> None:
    wrong, calls = await asyncio.to_thread(tried, address, config(*known), phase)

    assert calls > 20
    assert not wrong, "\n\n".join(wrong)


def tried(address: str, config: SchemathesisConfig, phase: str) -> tuple[list[str], int]:
    """What was found wrong by one way of making up calls, and how many calls there were."""
    schema = from_url(f"{address}/openapi.json", config=config)
    schema.config.phases.update(phases=[phase])
    wrong, calls = [], 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            wrong.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.ScenarioFinished):
            calls += len(event.recorder.interactions)
            wrong += found_in(event.recorder)
    return wrong, calls


def found_in(recorder: ScenarioRecorder) -> Iterator[str]:
    """The failed checks of a few calls, each with how to make the call again."""
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure, interaction = check.failure_info.failure, recorder.interactions[case_id]
                answer = interaction.response
                said = (answer.status_code, answer.text[:600]) if answer is not None else None
                yield f"{recorder.label}: {failure.title}: {failure.message}\n{check.failure_info.code_sample}\n{said}"
