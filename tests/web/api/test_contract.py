"""The API does what its description says, whatever is sent: tried by a program that makes up calls from it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from schemathesis.engine import events, from_schema
from schemathesis.openapi import from_url
from sqlalchemy import Engine

from embedded import LOOPBACK, free_port
from tests.factories import Organisation, make_organisation
from tests.web.api.conftest import Api
from tests.web.conftest import Site
from web.app import secured

BUSINESS = ["2xx", "400", "403", "404", "409", "410", "412"]
"""What a well-formed call may be answered: rules of the business refuse what no schema can say."""

MALFORMED = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "422", "428"]
"""What a malformed call may be answered: it is also allowed to be wrong in another way first."""

CONFIG: dict[str, Any] = {
    "seed": 20261116,
    "workers": 1,
    "request-timeout": 30,
    "generation": {"deterministic": True, "max-examples": 8, "database": "none", "no-shrink": True},
    "phases": {
        "coverage": {"unexpected-methods": ["QUERY", "PUT", "POST", "DELETE", "PATCH", "GET", "TRACE"]},
        "stateful": {"max-steps": 6, "generation": {"max-examples": 12}},
    },
    "checks": {
        "enabled": True,
        "positive_data_acceptance": {"expected-statuses": BUSINESS},
        "negative_data_rejection": {"expected-statuses": MALFORMED},
        "missing_required_header": {"expected-statuses": ["428", "400", "404"]},
    },
}


@pytest.fixture(scope="module")
async def address(site: Site) -> AsyncIterator[str]:
    """Where the application listens, as it does in production."""
    port = free_port()
    config = uvicorn.Config(
        secured(site.app, site.settings), host=LOOPBACK, port=port, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await serving
