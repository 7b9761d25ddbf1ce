"""How messages become payloads: JSON by pydantic, encrypted when keys are set."""

import os
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

ENCODING = b"binary/encrypted-aes-gcm"
NONCE_BYTES = 12
KEY_BYTES = (16, 24, 32)


def data_converter(keys: str) -> DataConverter:
    """The converter of every client, worker and replay.

    `keys` are `ID:KEY` pairs separated by commas, newest first: the first encrypts, all of them decrypt, so a
    key is replaced by putting a new one in front. Without keys nothing is encrypted. Raises `ValueError`.
    """
    if not keys:
        return pydantic_data_converter
    return replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(parse_keys(keys)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def parse_keys(keys: str) -> dict[str, bytes]:
    """The AES keys of the setting by their ids, in its order. Raises `ValueError` for a malformed one."""
    pairs = [pair.strip().partition(":") for pair in keys.split(",")]
    try:
        parsed = {id_: b64decode(encoded, validate=True) for id_, _, encoded in pairs}
    except ValueError:
        parsed = {}
    if not parsed or not all(id_ and len(key) in KEY_BYTES for id_, key in parsed.items()):
        raise ValueError("COUNTERSIGN_PAYLOAD_KEYS: write ID:KEY,ID:KEY with keys of 16, 24 or 32 bytes in base64")
    return parsed


class EncryptionCodec(PayloadCodec):
    """AES-GCM over whole payloads; the key's id stands beside, so that keys can be replaced."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {id_: AESGCM(key) for id_, key in keys.items()}
        self._newest = next(iter(keys))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt with the newest key."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what was encrypted; pass through what was written before keys were set."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, payload.SerializeToString(), self._newest.encode())
        return Payload(metadata={"encoding": ENCODING, "key-id": self._newest.encode()}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata["key-id"]
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        return Payload.FromString(self._ciphers[key_id.decode()].decrypt(nonce, sealed, key_id))
