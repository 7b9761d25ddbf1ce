"""What the ledger holds after the story: who really did what, for whom, when, and that it stays so."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from models.database import command_transaction
from models.rules.digest import canonical_json
from models.rules.statements import Statement, instant_text
from models.rules.transitions import CommandKind, State
from models.store import ledger
from models.tables.provenance import LedgerStatement
from models.tables.timesheet import Command, Decision, Submission
from tests.desk import Life
from tests.factories import MONDAY, at, change_person, worked


def _bodies(life: Life) -> list[dict[str, Any]]:
    return [statement.body for statement in _statements(life)]


def _statements(life: Life) -> list[LedgerStatement]:
    return sorted(life.desk.rows(life.org.tenant_id, LedgerStatement), key=lambda said: said.sequence)


def _staff(life: Life, name: str) -> str:
    people = sorted(life.org.people, key=lambda each: {"Alex Krycek": 0, "Roland Fuller": 1}.get(each, 2))
    return f"{life.org.slug}-{people.index(name)}"


@pytest.fixture
def told(life: Life) -> Life:
    """The story: rejected for the wrong day, revised, approved, revised once more, approved on behalf."""
    life.tell_the_story()
    return life


def test_each_version_of_the_entry_is_work_of_its_own(told: Life) -> None:
    work = [said for said in _bodies(told) if said.get("type") == "Work"]

    assert [said["attributes"] for said in work] == [{"task": "washing dog"}] * 2
    assert [said["id"][-2:] for said in work] == ["-1", "-2"]
    first = work[0]["id"]
    assert {"statement": "started", "activity": first, "at": instant_text(at(MONDAY, "10:08"))} in _bodies(told)
    assert {"statement": "ended", "activity": first, "at": instant_text(at(MONDAY, "10:28"))} in _bodies(told)
    assert {"statement": "used", "activity": first, "entity": "proj-533"} in _bodies(told)
    assert _associated(told, first) == [(_staff(told, "Duane Barry"), "WORKER")]


def test_the_timesheet_lasts_from_the_first_midnight_of_its_period_to_the_one_after_it(told: Life) -> None:
    sheet = f"timesheet-{told.key.timesheet_id}"

    assert _times(told, sheet) == ["2026-11-16T00:00:00+00:00", "2026-11-23T00:00:00+00:00"]
    assert _associated(told, sheet) == [(_staff(told, "Duane Barry"), "WORKER")]


def test_each_revision_gives_its_reason_and_is_informed_by_what_it_revises(told: Life) -> None:
    sheet = told.key.timesheet_id
    revisions = [said for said in _bodies(told) if said.get("type") == "Revision"]

    assert [said["attributes"]["reason"] for said in revisions] == ["Misremembered which day.", "And the minute."]
    assert [said["id"] for said in revisions] == [f"revision-{sheet}-2", f"revision-{sheet}-3"]
    assert f"timesheet-{sheet}" in _informing(told, f"revision-{sheet}-2")
    assert f"revision-{sheet}-2" in _informing(told, f"revision-{sheet}-3")


def test_each_submission_is_informed_by_its_revision_and_that_by_the_work_it_certifies(told: Life) -> None:
    sheet = told.key.timesheet_id
    work = [said["id"] for said in _bodies(told) if said.get("type") == "Work"]
    submits = [said["id"] for said in _bodies(told) if said.get("type") == "Submit"]

    assert [_informing(told, submit) for submit in submits] == [
        [f"timesheet-{sheet}"],
        [f"revision-{sheet}-2"],
        [f"revision-{sheet}-3"],
    ]
    assert work[0] in _informing(told, f"timesheet-{sheet}")
    assert work[1] not in _informing(told, f"timesheet-{sheet}")
    assert work[1] in _informing(told, f"revision-{sheet}-2")
    assert work[1] in _informing(told, f"revision-{sheet}-3")


def test_each_decision_is_an_instant_informed_by_the_submission_it_is_on(told: Life) -> None:
    decisions = sorted(told.desk.rows(told.org.tenant_id, Decision), key=lambda each: each.decided_at)

    for decision in decisions:
        activity = f"{decision.decision}-{decision.id}"
        assert _informing(told, activity) == [f"submit-{decision.submission_id}"]
        assert _times(told, activity) == [instant_text(decision.decided_at)] * 2
    defined = {said["id"]: said for said in _bodies(told) if said.get("type") in ("Approve", "Reject")}
    assert [said["type"] for said in defined.values()] == ["Reject", "Approve", "Approve"]
    assert [each["attributes"].get("reason") for each in defined.values()] == ["Wrong day.", None, None]
    assert [each["attributes"]["digest"] for each in defined.values()] == [each.digest for each in decisions]


def test_an_approval_on_behalf_is_rolands_and_says_that_suzanne_acted(told: Life) -> None:
    approvals = [said["id"] for said in _bodies(told) if said.get("type") == "Approve"]
    rolands_own, on_his_behalf = approvals

    for approval in approvals:
        assert _associated(told, approval) == [(_staff(told, "Roland Fuller"), "SUPERVISOR")]
    delegations = [said for said in _bodies(told) if said["statement"] == "actedOnBehalfOf"]
    assert delegations == [
        {
            "statement": "actedOnBehalfOf",
            "activity": on_his_behalf,
            "responsible": _staff(told, "Roland Fuller"),
            "delegate": _staff(told, "Suzanne Modeski"),
            "role": "ADMINISTRATOR",
        }
    ]
    assert rolands_own != on_his_behalf


def test_every_statement_names_the_command_and_the_one_who_really_gave_it(told: Life) -> None:
    (submission, *_) = told.desk.rows(told.org.tenant_id, Submission)
    for said in _statements(told):
        assert said.namespace == "default"
        assert said.transaction_id in {command.id for command in told.desk.rows(told.org.tenant_id, Command)}
        assert said.recorded_by_id in {told.org.duane, told.org.roland, told.org.suzanne}
    (delegated,) = [said for said in _statements(told) if said.kind == "actedOnBehalfOf"]
    assert delegated.recorded_by_id == told.org.suzanne
    assert submission.submitted_by_id == told.org.duane


def test_every_statement_has_the_digest_of_its_canonical_form(told: Life) -> None:
    for said in _statements(told):
        assert said.digest == sha256(canonical_json(said.body)).hexdigest()
        assert said.subject in (said.body.get("id"), said.body.get("activity"))
        assert said.kind == said.body["statement"]


def test_an_entry_recorded_by_the_supervisor_is_the_owners_work(life: Life) -> None:
    life.desk.do(life.because(life.roland, "No computer.").record(worked("09:00", "10:00")))
    (work,) = [said["id"] for said in _bodies(life) if said.get("type") == "Work"]

    assert _associated(life, work) == [(_staff(life, "Duane Barry"), "WORKER")]
    (delegation,) = [said for said in _bodies(life) if said["statement"] == "actedOnBehalfOf"]
    assert (delegation["delegate"], delegation["role"]) == (_staff(life, "Roland Fuller"), "SUPERVISOR")


def test_the_approval_of_an_administrator_in_their_own_right_is_theirs(life: Life, owner_engine: Engine) -> None:
    life.bring_to(State.SUBMITTED)
    change_person(owner_engine, life.org.duane, supervisor_id=None)
    life.desk.do(life.suzanne.approve(life.desk.digest(life.key)))
    (approval,) = [said["id"] for said in _bodies(life) if said.get("type") == "Approve"]

    assert _associated(life, approval) == [(_staff(life, "Suzanne Modeski"), "ADMINISTRATOR")]
    assert not [said for said in _bodies(life) if said["statement"] == "actedOnBehalfOf"]


def test_saying_the_same_thing_again_adds_nothing(told: Life) -> None:
    before = _statements(told)
    (person,) = [said for said in before if said.body.get("id") == _staff(told, "Duane Barry")]
    with command_transaction(told.desk.engine, told.org.tenant_id) as session:
        again = [Statement(said.kind, said.subject, said.body) for said in before]
        by = ledger.SaidBy(told.org.tenant_id, told.key.timesheet_id, told.org.max)
        assert ledger.state(session, by, [*again, *again]) == 0

    assert [said.sequence for said in _statements(told)] == [said.sequence for said in before]
    assert person.recorded_by_id == told.org.duane


def test_a_refused_command_says_nothing(life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    before = _bodies(life)
    life.desk.refused(life.because(life.duane, "Mine.").reject(life.desk.digest(life.key)))

    assert _bodies(life) == before


def test_a_recall_leaves_the_submission_on_record_and_revises_it(life: Life) -> None:
    life.bring_to(State.SUBMITTED)
    life.desk.do(life.because(life.duane, "Forgot Tuesday.").move(CommandKind.RECALL))

    assert [said["type"] for said in _bodies(life) if said.get("type") in ("Submit", "Revision")] == [
        "Submit",
        "Revision",
    ]


@pytest.mark.parametrize(
    "table",
    [
        "statement",
        "outbox",
        "submission",
        "decision",
        "time_entry_version",
        "contribution",
        "flex_change",
        "note",
        "owner_review",
        "directory_change",
    ],
)
@pytest.mark.parametrize("change", ["UPDATE {0} SET tenant_id = tenant_id", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_application_can_neither_change_nor_remove_what_is_on_record(
    engine: Engine, table: str, change: str
) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        command_transaction(engine, uuid4()) as session,
    ):
        session.execute(text(change.format(table)))


def test_a_statement_cannot_be_put_before_one_that_is_there(life: Life) -> None:
    """The sequence is the server's, even for somebody who may insert."""
    forged = text(
        "INSERT INTO statement (sequence, tenant_id, namespace, transaction_id, kind, subject, body, digest)"
        " VALUES (1, :tenant, 'default', gen_random_uuid(), 'define', 'x', '{}', 'x')"
    )
    with (
        pytest.raises(ProgrammingError, match="cannot insert a non-DEFAULT value"),
        command_transaction(life.desk.engine, life.org.tenant_id) as session,
    ):
        session.execute(forged, {"tenant": life.org.tenant_id})


def _associated(life: Life, activity: str) -> list[tuple[str, str]]:
    return [
        (said["agent"], said["role"])
        for said in _bodies(life)
        if said["statement"] == "wasAssociatedWith" and said["activity"] == activity
    ]


def _informing(life: Life, activity: str) -> list[str]:
    return [
        said["informing"]
        for said in _bodies(life)
        if said["statement"] == "wasInformedBy" and said["activity"] == activity
    ]


def _times(life: Life, activity: str) -> list[str]:
    return [said["at"] for said in _bodies(life) if "at" in said and said["activity"] == activity]
