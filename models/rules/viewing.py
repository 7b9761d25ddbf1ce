"""What is recorded of looking: in which role somebody looks, from where, and by which address."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID, uuid5

from models.rules.policy import Role
from models.rules.prov_domain import ProvRole
from models.rules.prov_ids import LONGEST_ID

PROV_ROLES = {
    Role.WORKER: ProvRole.WORKER,
    Role.SUPERVISOR: ProvRole.SUPERVISOR,
    Role.PROJECT_LEAD: ProvRole.PROJECT_LEAD,
    Role.ADMINISTRATOR: ProvRole.ADMINISTRATOR,
}
"""The roles that the provenance domain has a word for: auditors look in none of them."""

_SECRET_NAMES = re.compile(r"token|secret|password|csrf|key|code|credential", re.IGNORECASE)
_SECRETS = re.compile(r"cs_[\w-]{20,}")
"""What an API token looks like, wherever somebody put one."""

HIDDEN = "***"
"""Stands in an address for what nobody else may read."""

_PLAIN_IN_PATH = "/:@!$&'()*+,;=~-._"


def sitting_of(*parts: object) -> str:
    """A short name of a sitting, from which what it is made of cannot be told."""
    return sha256("/".join(["sitting", *map(str, parts)]).encode()).hexdigest()[:16]


def address_seen(path: str, query: str) -> str:
    """An address as it is recorded: path and query, without anything secret, at most as long as an id may be."""
    pairs = [(name, HIDDEN if _SECRET_NAMES.search(name) else value) for name, value in parse_qsl(query)]
    asked = f"?{urlencode(pairs, safe='*')}" if pairs else ""
    return _SECRETS.sub(HIDDEN, quote(path, safe=_PLAIN_IN_PATH) + asked)[:LONGEST_ID]


def question_seen(path: str, document: str, variables: Mapping[str, Any]) -> str:
    """A question in GraphQL as it is recorded: on one line with its variables, without anything secret.

    One that is longer than an id may be is cut, and ends with the first digits of its SHA-256.
    """
    hidden = {name: HIDDEN if _SECRET_NAMES.search(name) else value for name, value in variables.items()}
    said = f" {json.dumps(hidden, ensure_ascii=False, sort_keys=True)}" if hidden else ""
    question = _storable(_SECRETS.sub(HIDDEN, f"{path} {' '.join(document.split())}{said}"))
    if len(question) <= LONGEST_ID:
        return question
    end = f"… {sha256(question.encode()).hexdigest()[:16]}"
    return question[: LONGEST_ID - len(end)] + end


def _storable(words: str) -> str:
    """Without what is no text, or none that PostgreSQL keeps."""
    return words.replace("\0", "?").encode("utf-8", "replace").decode()


def page_id(tenant_id: UUID, address: str) -> UUID:
    """The id of the page of an address: the same however often it is opened."""
    return uuid5(tenant_id, f"page/{address}")
