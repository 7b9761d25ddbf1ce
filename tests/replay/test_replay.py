"""Runs of every release go on under the present code, and their histories give nothing away."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import worker
from activities.names import APPLY_COMMAND, LOAD_SHEET
from models.messages import MailOutcome
from models.payloads import data_converter
from models.rules.transitions import CommandKind, State
from tests.replay.changed import (
    AnchorsOnce,
    ChecksOnly,
    DecidesOnce,
    DoesNotRead,
    KeepsNoMailInMind,
    KnowsNoDeadline,
    LooksOnce,
    MailsOnce,
    PostsTwice,
    PostsWithoutPause,
    ReadsFirst,
    RebuildsOneByOne,
    RefusesMore,
    SealsOnce,
    WakesNobody,
)
from tests.replay.record_histories import HISTORIES, RELEASE, WHO, without_stack_traces
from workflows.options import sandboxed

FILES = sorted(HISTORIES.glob("*.json"))

WORKFLOWS: dict[str, type[Any]] = {
    definition.name: each
    for each in vars(worker).values()
    if (definition := getattr(each, "__temporal_workflow_definition", None))
}
"""Every workflow that workers run, by the name that histories have of it."""

WHAT_RUNS_LEAVE = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
}

A_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SAID_IN_PAYLOADS = {
    **dict.fromkeys(
        (
            "tenant_id",
            "timesheet_id",
            "command_id",
            "entry_id",
            "recent_command_ids",
            "rebuild_id",
            "webhook_id",
            "delegation_id",
            "notification_id",
            "bulk_id",
            "import_id",
            "timesheet_ids",
            "after",
            "goes_on_after",
        ),
        A_UUID,
    ),
    "kind": "|".join(CommandKind),
    "state": "|".join(State),
    "digest": "[0-9a-f]{64}",
    **dict.fromkeys(("lock_at", "due_at"), r"\d{4}-\d\d-\d\dT[\d:.]{8,15}Z"),
    "activity_type": f"{LOAD_SHEET}|{APPLY_COMMAND}",
    **dict.fromkeys(("exists", "repeated", "more", "spans", "ignored"), "True|False"),
    "pause_seconds": r"\d{1,6}\.\d+",
    "": "True|False",  # whether something goes on, or is to be recorded
    "outcome": "|".join(MailOutcome),
    "words": r"The mail server refused it \(\d{3}\)\.",
    **dict.fromkeys(("batches", "at_once", "a_run", "number", "first", "step"), r"\d{1,4}"),
    **dict.fromkeys(("revision", "entry_version", "seq", "attempt", "activity_id", "activation_index"), r"\d{1,3}"),
    **dict.fromkeys(("seconds", "nanos"), r"\d{1,10}"),  # when an activity ended
}
"""Everything that a payload may say, by its name: no person, no reason, no task, no time worked."""

TOLD = re.compile(
    r"duane|roland|suzanne|barry|fuller|modeski|washing|grooming|proj-|wrong day|misremembered|it took|late corr"
    r"|payroll|forgot|too soon|is away|\.py\b|@",
    re.IGNORECASE,
)
"""What the recorded stories say to the product, and what would tell where they were recorded."""

A_TIME = re.compile(r"\d:\d\d")


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


async def test_a_recorded_run_goes_on_under_the_present_code(path: Path) -> None:
    await _replay(path, *WORKFLOWS.values())


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_of_the_product_has_a_history_of_this_release(name: str) -> None:
    assert name in {_workflow_of(path) for path in FILES if path.name.startswith(f"{RELEASE}-")}


@pytest.mark.parametrize(
    ("changed", "name", "found"),
    [
        # An activity more or less shows by what comes back for the next one.
        (DoesNotRead, "story", "Failed decoding arguments"),
        (ReadsFirst, "story", "Failed decoding arguments"),
        (RefusesMore, "unlocked", "TMPRL1100"),
        (KnowsNoDeadline, "locked-by-timer", "TMPRL1100"),
        (KnowsNoDeadline, "reminded-by-timer", "TMPRL1100"),
        (RebuildsOneByOne, "rebuild", "TMPRL1100"),
        (MailsOnce, "mail-given-up", "TMPRL1100"),
        (KeepsNoMailInMind, "mail", "TMPRL1100"),
        (DecidesOnce, "bulk", "TMPRL1100"),
        (WakesNobody, "periods", "TMPRL1100"),
        (LooksOnce, "delegation", "TMPRL1100"),
        (ChecksOnly, "import-recorded", "TMPRL1100"),
        (PostsWithoutPause, "webhook", "TMPRL1100"),
        (PostsTwice, "webhook-post", "TMPRL1100"),
        (SealsOnce, "sealing", "TMPRL1100"),
        (AnchorsOnce, "anchoring", "TMPRL1100"),
    ],
)
async def test_a_change_that_runs_under_way_would_not_survive_is_found(
    changed: type[Any], name: str, found: str
) -> None:
    with pytest.raises((NondeterminismError, RuntimeError), match=found):
        await _replay(HISTORIES / f"{RELEASE}-{name}.json", changed)


def test_the_histories_of_this_release_have_everything_that_a_run_can_leave() -> None:
    ours = [path for path in FILES if path.name.startswith(f"{RELEASE}-")]
    assert {event.event_type for path in ours for event in _history(path).events} >= WHAT_RUNS_LEAVE


def test_a_history_holds_ids_and_states_only(path: Path) -> None:
    payloads = list(_payloads(json.loads(path.read_text())))
    assert payloads
    assert [said for payload in payloads for said in _unexpected(payload)] == []


def test_a_history_tells_neither_what_was_worked_nor_by_whom_nor_where_it_was_recorded(path: Path) -> None:
    history = json.loads(path.read_text())
    envelope = list(_leaves(_without_payloads(history)))
    assert TOLD.findall(json.dumps([*_payloads(history), *envelope])) == []
    assert [said for key, said in envelope if key == "message" and A_TIME.search(said)] == []
    assert {said for key, said in envelope if key == "identity"} == {WHO}


def test_what_must_not_stand_in_a_history_would_be_found() -> None:
    assert list(_unexpected({"key": {"tenant_id": "Duane Barry"}})) == [("tenant_id", "Duane Barry")]
    assert list(_unexpected({"task": None, "reason": "late"})) == [("reason", "late")]
    assert list(_unexpected({"revision": 2, "minutes": 20})) == [("minutes", 20)]
    assert A_TIME.search("It overlaps 9:30 to 17:00.")
    assert TOLD.search("4711@some-machine")
    assert without_stack_traces({"a": [{"stackTrace": "File", "message": "No."}]}) == {"a": [{"message": "No."}]}


async def _replay(path: Path, *workflows: type[Any]) -> None:
    """Raises when the workflow would not do again what stands in the history."""
    replayer = Replayer(workflows=workflows, workflow_runner=sandboxed(), data_converter=data_converter(""))
    await replayer.replay_workflow(_history(path))


def _workflow_of(path: Path) -> str:
    return _history(path).events[0].workflow_execution_started_event_attributes.workflow_type.name


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("recorded", path.read_text())


def _payloads(value: Any) -> Iterator[Any]:
    """What the payloads anywhere in a history say."""
    if _is_payload(value):
        yield json.loads(b64decode(value.get("data", "")) or "null")
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _payloads(each)


def _without_payloads(value: Any) -> Any:
    if _is_payload(value):
        return None
    if isinstance(value, dict):
        return {key: _without_payloads(each) for key, each in value.items()}
    return [_without_payloads(each) for each in value] if isinstance(value, list) else value


def _is_payload(value: Any) -> bool:
    return isinstance(value, dict) and "encoding" in value.get("metadata", {})


def _unexpected(payload: Any) -> Iterator[tuple[str, Any]]:
    for key, said in _leaves(payload):
        if said is not None and not re.fullmatch(SAID_IN_PAYLOADS.get(key, r"(?!)"), str(said)):
            yield key, said


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value with the name it has."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, key)
    else:
        yield key, value
