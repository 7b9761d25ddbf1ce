"""Tryton's JSON-RPC, as far as an administrator needs it to set a company up."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bench.browser import Connection

ADMINISTRATOR = "admin"


@dataclass
class Administrator:
    """Tryton's administrator, signed in."""

    connection: Connection
    path: str
    user: int
    authorization: str

    @classmethod
    async def signed_in(cls, connection: Connection, database: str, password: str) -> Self:
        """Sign in as Tryton's own client does."""
        path = f"/{database}/rpc/"
        user, session, *_ = await _call(connection, path, {}, "common.db.login", ADMINISTRATOR, {"password": password})
        token = base64.b64encode(f"{ADMINISTRATOR}:{user}:{session}".encode()).decode()
        return cls(connection, path, user, f"Session {token}")

    async def call(self, method: str, *given: object) -> Any:
        """Call a method of a model."""
        headers = {"Authorization": self.authorization}
        return await _call(self.connection, self.path, headers, f"model.{method}", *given, {})

    async def create(self, model: str, *records: Mapping[str, object]) -> list[int]:
        """Create records; their ids."""
        ids: list[int] = await self.call(f"{model}.create", records)
        return ids


async def _call(connection: Connection, path: str, headers: dict[str, str], method: str, *given: object) -> Any:
    asked = {"id": 1, "method": method, "params": given}
    answer = await connection.post_json(path, asked, headers)
    assert answer.status == 200, f"{method}: {answer.status} {answer.body.decode()[:500]}"
    said = json.loads(answer.body)
    assert "error" not in said, f"{method}: {said['error']}"
    return said["result"]
