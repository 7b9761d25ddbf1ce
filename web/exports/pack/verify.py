"""Verify an evidence pack: run `python verify.py` in its folder, with Python 3.11 and the package `cryptography`.

It believes nothing but the public key, which you should compare with the one that the organisation publishes:

    python verify.py --key 3b6a27bc…

What it checks, statement by statement: that its digest is that of what it says; that its leaf is made from it; that the
proof leads from the leaf to the root of a seal; that the seal is signed; and that each key was introduced by the one before.
It then says again, from the statements alone, what they prove. Written for reading: there is no need to trust this file either.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces: RFC 8785 for the texts and whole numbers that are used here."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def leaf_of(statement: dict) -> bytes:
    """The leaf of a statement in the tree of RFC 9162."""
    covered = ("about", "digest", "namespace", "recordedAt", "recordedBy", "transactionId")
    return hashlib.sha256(b"\x00" + canonical({name: statement[name] for name in covered})).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Where an inclusion proof leads (RFC 9162, section 2.1.3.2); None when it has the wrong length."""
    here, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        here, last = here >> 1, last >> 1
    return node if last == 0 else None


def is_signed(public_key: bytes, signature: str, value: dict) -> bool:
    """Whether a key signed a value."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True


def wrong_keys(tenant_id: str, keys: list[dict], trusted: str | None):
    """Each key is introduced by the one before; one of them is the one that is trusted."""
    for number, key in enumerate(keys, 1):
        if key["number"] != number:
            yield f"key {number} is missing"
        elif number > 1:
            said = {"keyNumber": number, "publicKey": key["publicKey"], "tenantId": tenant_id}
            if not is_signed(bytes.fromhex(keys[number - 2]["publicKey"]), key["signature"], said):
                yield f"key {number} was not introduced by key {number - 1}"
    if trusted and trusted.lower() not in {key["publicKey"] for key in keys}:
        yield "the key that you trust is none of those in the pack"


def wrong_seal(seal: dict, keys: dict[int, bytes]):
    """A seal is signed by its key."""
    said = {name: value for name, value in seal.items() if name != "signature"}
    if seal["keyNumber"] not in keys or not is_signed(keys[seal["keyNumber"]], seal["signature"], said):
        yield f"seal {seal['number']} is not signed by key {seal['keyNumber']}"


def wrong_statement(statement: dict, seals: dict[int, dict]):
    """A statement says what was recorded, and its proof leads to the root of its seal."""
    name = f"statement {statement['sequence']}"
    if hashlib.sha256(statement["said"].encode()).hexdigest() != statement["digest"]:
        yield f"{name} was changed: what it says does not have its digest"
        return
    proof = statement["proof"]
    seal = seals.get(proof["seal"])
    path = [bytes.fromhex(node) for node in proof["path"]]
    root = seal and root_from(leaf_of(statement), proof["index"], seal["size"], path)
    if seal is None or root is None or root.hex() != seal["root"]:
        yield f"{name} is not covered by seal {proof['seal']}: it was changed, or its proof was"


def main() -> int:
    """Say what is wrong, or that all of it holds."""
    parser = argparse.ArgumentParser(description="Verify an evidence pack.")
    parser.add_argument("folder", nargs="?", default=Path(__file__).parent, type=Path)
    parser.add_argument("--key", help="a public key that you know from elsewhere, hexadecimal")
    asked = parser.parse_args()
    evidence = json.loads((asked.folder / "evidence.json").read_text(encoding="utf-8"))
    keys = {key["number"]: bytes.fromhex(key["publicKey"]) for key in evidence["keys"]}
    seals = {seal["number"]: seal for seal in evidence["seals"]}
    wrong = list(wrong_keys(evidence["tenantId"], evidence["keys"], asked.key))
    for seal in evidence["seals"]:
        wrong += wrong_seal(seal, keys)
    for statement in evidence["statements"]:
        wrong += wrong_statement(statement, seals)
    for each in wrong:
        print(f"WRONG: {each}")
    if wrong:
        return 1
    print(f"All {len(evidence['statements'])} statements are what was sealed, by {len(evidence['seals'])} signed seals.")
    for key in evidence["keys"]:
        print(f"Key {key['number']}: {key['publicKey']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
