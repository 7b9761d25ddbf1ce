"""Seals for programs: enough of them to verify what was signed, and that each goes on from the ones before."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import ConsistencyProof, verify_consistency

from models.rules.digest import canonical_json
from models.store.sealing import keys_from
from tests.activities.sealed import seal_some, tell
from tests.factories import Organisation
from tests.web.api.conftest import Api, Program, answered
from tests.web.conftest import SECRET

SEALS, KEYS = "/resources/seals", "/resources/seal-keys"


@pytest.fixture
def suzanne(api: Api, org: Organisation) -> Program:
    return api.program(org, org.suzanne)


def made(api: Api, org: Organisation, many: int) -> None:
    for number in range(many):
        tell(api.site.engine, org, f"s-{number}", f"t-{number}")
        assert seal_some(api.site.engine, org, keys_from(SECRET))


async def test_a_seal_is_signed_over_what_is_answered(api: Api, org: Organisation, suzanne: Program) -> None:
    tell(api.site.engine, org, "a")
    seal = answered(await suzanne.post(SEALS, None), 201)["seal"]
    (key,) = answered(await suzanne.get(KEYS), 200)["items"]

    signature = bytes.fromhex(seal.pop("signature"))
    assert seal.pop("added") == 1
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["publicKey"])).verify(signature, canonical_json(seal))
    assert seal["tenantId"] == str(org.tenant_id)
    assert answered(await suzanne.post(SEALS, None), 200) == {"seal": None}


async def test_seals_come_page_by_page_the_newest_first(api: Api, org: Organisation, suzanne: Program) -> None:
    made(api, org, 3)

    first = answered(await suzanne.get(f"{SEALS}?first=2"), 200)
    second = answered(await suzanne.get(f"{SEALS}?first=2&after={first['meta']['next']}"), 200)

    assert [(each["number"], each["size"], each["added"]) for each in first["items"] + second["items"]] == [
        (3, 6, 2),
        (2, 4, 2),
        (1, 2, 2),
    ]
    assert second["meta"]["next"] is None
    assert (await suzanne.get(f"{SEALS}?after=nonsense")).status_code == 400


async def test_a_seal_is_proven_to_go_on_from_each_before(api: Api, org: Organisation, suzanne: Program) -> None:
    made(api, org, 3)
    for earlier in (1, 2, 3):
        found = answered(await suzanne.get(f"{SEALS}/3/consistency?with={earlier}"), 200)
        roots = [bytes.fromhex(found[each]["root"]) for each in ("earlier", "later")]
        sizes = [found[each]["size"] for each in ("earlier", "later")]
        verify_consistency(*roots, ConsistencyProof.deserialize(found["proof"]), *sizes)
    for no in ("4/consistency", "2/consistency?with=3"):
        assert (await suzanne.get(f"{SEALS}/{no}")).status_code == 404
    for bad in ("0/consistency", "x/consistency", "3/consistency?with=0"):
        assert (await suzanne.get(f"{SEALS}/{bad}")).status_code in (400, 404)


async def test_auditors_read_and_others_do_not(api: Api, org: Organisation) -> None:
    made(api, org, 1)
    diana = api.program(org, org.diana)
    for address in (SEALS, KEYS, f"{SEALS}/1/consistency"):
        assert (await diana.get(address)).status_code == 200
        for who in (org.duane, org.roland):
            assert (await api.program(org, who).get(address)).status_code == 404
    assert (await diana.post(SEALS, None)).status_code == 404
