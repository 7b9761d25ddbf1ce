"""Key pairs of the agents of the record."""

from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.rules.digest import canonical_json

AgentKeyOf = Callable[[UUID, str, str], Ed25519PrivateKey]
"""The signing key of an agent: by organisation, namespace and external id."""


def agent_keys_from(secret: str) -> AgentKeyOf:
    """Signing keys that follow from the secret of the installation, and are kept nowhere.

    With another secret agents have other keys: what they signed before is still checked with the recorded public half.
    """

    def key(tenant_id: UUID, namespace: str, agent: str) -> Ed25519PrivateKey:
        # As JSON, so that no two agents are written alike; the first part tells them from all other keys.
        info = canonical_json(["countersign agent", str(tenant_id), namespace, agent])
        return Ed25519PrivateKey.from_private_bytes(HKDF(hashes.SHA256(), 32, None, info).derive(secret.encode()))

    return key
