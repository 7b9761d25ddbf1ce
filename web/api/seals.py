"""Seals of the ledger, the keys that sign them, and proofs that each goes on from the ones before."""

from datetime import UTC
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from models.reads.people import require
from models.reads.seals import KeyShown, SealShown, consistency_of, keys_of, seals_of
from models.rules.policy import Action
from models.rules.seals import exact_text
from web.api.answers import READING, RECORDING
from web.api.asking import Key
from web.api.caller import Administers, Caller, Reads
from web.api.lists import Listed, Meta, Page, Paged, listed, not_ours
from web.api.values import Instant, Resource
from web.seals import seal_now
from web.services import Used

router = APIRouter(prefix="/resources", tags=["Seals"])

NUMBER = {"ge": 1, "le": 2**63 - 1}


class Seal(Resource):
    """The root of the Merkle tree (RFC 9162, SHA-256) over the first statements of the ledger, signed.

    All but `signature` and `added` is what is signed, as canonical JSON (RFC 8785).
    """

    tenant_id: UUID
    number: int
    size: int = Field(description="Statements that it covers.")
    added: int = Field(description="Those of them that the seal before does not cover.")
    root: str
    previous_root: str | None = Field(description="Of the seal before; null: it is the first.")
    sealed_at: str = Field(description="UTC, with microseconds.")
    key_number: int
    signature: str = Field(description="Ed25519, hexadecimal.")


class Sealed(Resource):
    """What came of sealing."""

    seal: Seal | None = Field(description="The seal that was made; null: nothing was recorded since the last one.")


class SealKey(Resource):
    """A public key that seals are signed with."""

    number: int
    public_key: str = Field(description="Ed25519, 32 bytes, hexadecimal.")
    introduced_at: Instant
    signature: str | None = Field(description="Of the key before over this one; null: the first, or nobody signed.")


class Consistency(Resource):
    """The proof that a later seal covers all that an earlier one does, in the same order."""

    earlier: Seal
    later: Seal
    proof: dict[str, Any] = Field(description="As the library pymerkle reads it (`ConsistencyProof.deserialize`).")


@router.get("/seals", operation_id="findSeals", responses=READING)
def find(caller: Reads, use: Used, asked: Paged) -> Listed[Seal]:
    """Seals, the newest first."""
    with use.reading(caller.onlooker) as session:
        found = seals_of(session, caller.onlooker, UTC, _after(asked), asked.first + 1)
    return listed(found, asked, lambda each: (each.number,), lambda each: _seal(each, caller))


@router.post(
    "/seals", operation_id="sealNow", responses={**RECORDING, 201: {"model": Sealed, "description": "A new seal"}}
)
def seal(caller: Administers, use: Used, _key: Key, response: Response) -> Sealed:
    """Seal now what was recorded since the last seal; 201 when there is a new one.

    Sent again it seals what was recorded since then, with any key: to seal twice does no harm.
    """
    made = seal_now(use, caller.onlooker)
    if made is None:
        return Sealed(seal=None)
    with use.reading(caller.onlooker) as session:
        (shown,) = seals_of(session, caller.onlooker, UTC, made.content.number + 1, 1)
    response.status_code = 201
    return Sealed(seal=_seal(shown, caller))


@router.get("/seals/{number}/consistency", operation_id="getSealConsistency", responses=READING)
def consistency(
    caller: Reads,
    use: Used,
    number: Annotated[int, Path(**NUMBER)],
    earlier: Annotated[int, Query(alias="with", description="Number of an earlier seal.", **NUMBER)] = 1,
) -> Consistency:
    """The proof by RFC 9162 that nothing which an earlier seal covers was changed, removed or moved by a later one."""
    with use.reading(caller.onlooker) as session:
        proof = consistency_of(session, caller.onlooker, earlier, number)
        shown = [seals_of(session, caller.onlooker, UTC, each + 1, 1)[0] for each in (earlier, number)]
    first, second = (_seal(each, caller) for each in shown)
    return Consistency(earlier=first, later=second, proof=proof)


@router.get("/seal-keys", operation_id="findSealKeys", responses=READING)
def keys(caller: Reads, use: Used) -> Listed[SealKey]:
    """Every public key, the first one first: each but the first is signed by the one before."""
    with use.reading(caller.onlooker) as session:
        require(session, caller.onlooker, Action.AUDIT)
        found = keys_of(session, caller.tenant_id, caller.zone)
    return Listed[SealKey](meta=Meta(), items=[_key(each) for each in found])


def _after(asked: Page) -> int | None:
    try:
        return None if asked.after is None else int(asked.after[0])
    except ValueError:
        raise not_ours() from None


def _seal(shown: SealShown, caller: Caller) -> Seal:
    return Seal(
        tenant_id=caller.tenant_id,
        number=shown.number,
        size=shown.size,
        added=shown.added,
        root=shown.root,
        previous_root=shown.previous_root,
        sealed_at=exact_text(shown.sealed_at),
        key_number=shown.key_number,
        signature=shown.signature,
    )


def _key(shown: KeyShown) -> SealKey:
    return SealKey(
        number=shown.number,
        public_key=shown.public_key,
        introduced_at=shown.introduced_at,
        signature=shown.signature,
    )
