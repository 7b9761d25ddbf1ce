"""What Temporal stores: plain JSON without keys, sealed with them, readable while keys are replaced."""

import base64
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from models.messages import CommandOutcome, CommandRef, SheetKey, SheetSnapshot, TimesheetStart
from models.payloads import EncryptionCodec, data_converter
from models.rules.transitions import CommandKind, State
from settings import Settings, SettingsError, load

OLD, NEW = b"o" * 32, b"n" * 32


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _converter(setting: str) -> DataConverter:
    """The converter of a process whose setting says so."""
    values = {"database_url": "postgresql://app@localhost/x", "secret_key": "s" * 40, "payload_keys": setting}
    return data_converter(load(Settings, values).payload_keys)


CLEAR = _converter("")
SEALED = _converter(f"2026:{_base64(NEW)}")

KEY = SheetKey(uuid4(), uuid4())
SNAPSHOT = SheetSnapshot(True, State.APPROVED, 3, datetime(2026, 12, 14, tzinfo=UTC))
MESSAGES = (
    KEY,
    CommandRef(KEY, uuid4(), CommandKind.APPROVE),
    SNAPSHOT,
    CommandOutcome(uuid4(), CommandKind.RECORD, SNAPSHOT, uuid4(), 2, repeated=True),
    TimesheetStart(KEY, SNAPSHOT, (uuid4(), uuid4())),
    TimesheetStart(KEY),
)


@pytest.mark.parametrize("converter", [CLEAR, SEALED], ids=["clear", "sealed"])
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
async def test_every_message_comes_back_as_it_was(converter: DataConverter, message: object) -> None:
    payloads = await converter.encode([message])

    assert await converter.decode(payloads, [type(message)]) == [message]


async def test_without_keys_what_is_stored_is_plain_json() -> None:
    (payload,) = await CLEAR.encode([KEY])

    assert json.loads(payload.data) == {
        "tenant_id": str(KEY.tenant_id),
        "timesheet_id": str(KEY.timesheet_id),
    }


async def test_with_a_key_nothing_of_a_message_can_be_read() -> None:
    (payload,) = await SEALED.encode([KEY])

    assert str(KEY.timesheet_id).encode() not in payload.SerializeToString()
    assert b"json" not in payload.SerializeToString()


async def test_the_same_message_never_looks_the_same_twice() -> None:
    (one,), (other,) = await SEALED.encode([KEY]), await SEALED.encode([KEY])

    assert one.data != other.data


async def test_what_an_old_key_sealed_is_read_while_the_new_one_seals() -> None:
    before = _converter(f"2025:{_base64(OLD)}")
    during = _converter(f"2026:{_base64(NEW)}, 2025:{_base64(OLD)}")
    old = await before.encode([KEY])
    new = await during.encode([KEY])

    assert await during.decode(old, [SheetKey]) == [KEY]
    assert await SEALED.decode(new, [SheetKey]) == [KEY]
    assert new[0].metadata["key-id"] == b"2026"


async def test_what_was_stored_before_there_were_keys_is_still_read() -> None:
    assert await SEALED.decode(await CLEAR.encode([KEY]), [SheetKey]) == [KEY]


async def test_a_payload_of_a_key_that_is_gone_is_not_read() -> None:
    old = await _converter(f"2025:{_base64(OLD)}").encode([KEY])

    with pytest.raises(KeyError, match="2025"):
        await SEALED.decode(old, [SheetKey])


async def test_a_payload_that_was_changed_is_not_read() -> None:
    (payload,) = await SEALED.encode([KEY])
    changed = Payload(metadata=payload.metadata, data=payload.data[:-1] + bytes([payload.data[-1] ^ 1]))

    with pytest.raises(InvalidTag):
        await SEALED.decode([changed], [SheetKey])


async def test_a_payload_cannot_be_passed_off_as_another_keys() -> None:
    codec = EncryptionCodec({"a": NEW, "b": NEW})
    (payload,) = await codec.encode([Payload(data=b"{}")])
    payload.metadata["key-id"] = b"b"

    with pytest.raises(InvalidTag):
        await codec.decode([payload])


async def test_with_a_key_the_words_of_a_failure_are_sealed_too() -> None:
    failure = Failure()
    await SEALED.encode_failure(ApplicationError("wrong day", {"task": "washing dog"}, type="Invalid"), failure)
    stored = failure.SerializeToString()

    assert b"wrong day" not in stored
    assert b"washing dog" not in stored
    decoded = await SEALED.decode_failure(failure)
    assert isinstance(decoded, ApplicationError)
    assert (decoded.message, decoded.details) == ("wrong day", ({"task": "washing dog"},))


@pytest.mark.parametrize(
    "malformed",
    [
        "no-colon",
        "2026:",
        ":" + _base64(NEW),
        "2026:not base64!",
        "2026:" + _base64(b"too short"),
        f"2026:{_base64(NEW)},2025",
    ],
)
def test_a_malformed_key_keeps_the_process_from_starting(malformed: str) -> None:
    with pytest.raises((SettingsError, ValueError), match="PAYLOAD_KEYS"):
        _converter(malformed)
