"""What each command says to the ledger, word for word."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from models.rules.digest import canonical_json
from models.rules.prov_domain import ProvRole
from models.rules.statements import (
    Agent,
    Delegate,
    Statement,
    about_decision,
    about_person,
    about_project,
    about_revision,
    about_submission,
    about_timesheet,
    about_work,
    instant_text,
    sheet_activity_id,
    work_id,
)

DUANE = Agent("staff-1002", "Duane Barry")
ROLAND = Agent("staff-1001", "Roland Fuller")
SUZANNE = Agent("staff-1003", "Suzanne Modeski")
DIGEST = "0" * 64
AT = datetime(2022, 12, 7, 15, 8, tzinfo=UTC)
UNTIL = AT + timedelta(minutes=20)
FOR_ROLAND = Delegate(SUZANNE, ProvRole.ADMINISTRATOR)


def _said(*statements: Statement) -> list[str]:
    """Each statement as one readable line, in order."""
    return [_line(statement.body) for statement in statements]


def _line(body: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in body.items() if value != {})


def test_work_says_when_on_what_and_by_whom() -> None:
    said = about_work("work-1", "washing dog", AT, UNTIL, DUANE, ("proj-533", "dog grooming"), None)

    assert _said(*said) == [
        "statement=define kind=activity id=work-1 type=Work attributes={'task': 'washing dog'}",
        "statement=started activity=work-1 at=2022-12-07T15:08:00+00:00",
        "statement=ended activity=work-1 at=2022-12-07T15:28:00+00:00",
        "statement=define kind=entity id=proj-533 type=Project attributes={'name': 'dog grooming'}",
        "statement=used activity=work-1 entity=proj-533",
        "statement=define kind=agent id=staff-1002 type=Person attributes={'name': 'Duane Barry'}",
        "statement=wasAssociatedWith activity=work-1 agent=staff-1002 role=WORKER",
    ]


def test_work_that_still_goes_on_has_no_end_and_work_for_no_project_uses_none() -> None:
    said = about_work("work-1", "Shift", AT, None, DUANE, None, None)

    assert {statement.kind for statement in said} == {"define", "started", "wasAssociatedWith"}


def test_work_recorded_by_a_supervisor_is_the_owners_and_names_who_recorded_it() -> None:
    said = about_work("work-1", "Shift", AT, None, DUANE, None, Delegate(ROLAND, ProvRole.SUPERVISOR))

    assert _said(*said)[-3:] == [
        "statement=wasAssociatedWith activity=work-1 agent=staff-1002 role=WORKER",
        "statement=define kind=agent id=staff-1001 type=Person attributes={'name': 'Roland Fuller'}",
        "statement=actedOnBehalfOf activity=work-1 responsible=staff-1002 delegate=staff-1001 role=SUPERVISOR",
    ]


def test_a_timesheet_lasts_as_long_as_its_period() -> None:
    said = about_timesheet("timesheet-1", AT, UNTIL, DUANE)

    assert _said(*said) == [
        "statement=define kind=activity id=timesheet-1 type=Timesheet",
        "statement=started activity=timesheet-1 at=2022-12-07T15:08:00+00:00",
        "statement=ended activity=timesheet-1 at=2022-12-07T15:28:00+00:00",
        "statement=define kind=agent id=staff-1002 type=Person attributes={'name': 'Duane Barry'}",
        "statement=wasAssociatedWith activity=timesheet-1 agent=staff-1002 role=WORKER",
    ]


def test_a_revision_gives_its_reason_and_what_it_revises() -> None:
    said = about_revision("revision-1-2", "misremembered which day", "timesheet-1", AT, UNTIL, DUANE, None)

    assert _said(*said)[:4] == [
        "statement=define kind=activity id=revision-1-2 type=Revision attributes={'reason': 'misremembered which day'}",
        "statement=started activity=revision-1-2 at=2022-12-07T15:08:00+00:00",
        "statement=ended activity=revision-1-2 at=2022-12-07T15:28:00+00:00",
        "statement=wasInformedBy activity=revision-1-2 informing=timesheet-1",
    ]


def test_a_submission_names_the_work_it_certifies() -> None:
    said = about_submission("submit-1", AT, "timesheet-1", ["work-1", "work-2"], DUANE, None, DIGEST)

    assert _said(*said) == [
        "statement=wasInformedBy activity=timesheet-1 informing=work-1",
        "statement=wasInformedBy activity=timesheet-1 informing=work-2",
        f"statement=define kind=activity id=submit-1 type=Submit attributes={{'digest': '{DIGEST}'}}",
        "statement=started activity=submit-1 at=2022-12-07T15:08:00+00:00",
        "statement=ended activity=submit-1 at=2022-12-07T15:08:00+00:00",
        "statement=wasInformedBy activity=submit-1 informing=timesheet-1",
        "statement=define kind=agent id=staff-1002 type=Person attributes={'name': 'Duane Barry'}",
        "statement=wasAssociatedWith activity=submit-1 agent=staff-1002 role=WORKER",
    ]


def test_an_approval_on_behalf_is_the_supervisors_and_names_who_really_acted() -> None:
    said = about_decision("approve-1", AT, "submit-1", None, ROLAND, ProvRole.SUPERVISOR, FOR_ROLAND, DIGEST)

    assert _said(*said) == [
        f"statement=define kind=activity id=approve-1 type=Approve attributes={{'digest': '{DIGEST}'}}",
        "statement=started activity=approve-1 at=2022-12-07T15:08:00+00:00",
        "statement=ended activity=approve-1 at=2022-12-07T15:08:00+00:00",
        "statement=wasInformedBy activity=approve-1 informing=submit-1",
        "statement=define kind=agent id=staff-1001 type=Person attributes={'name': 'Roland Fuller'}",
        "statement=wasAssociatedWith activity=approve-1 agent=staff-1001 role=SUPERVISOR",
        "statement=define kind=agent id=staff-1003 type=Person attributes={'name': 'Suzanne Modeski'}",
        "statement=actedOnBehalfOf activity=approve-1 responsible=staff-1001 delegate=staff-1003 role=ADMINISTRATOR",
    ]


def test_a_rejection_gives_its_reason() -> None:
    said = about_decision("reject-1", AT, "submit-1", "wrong day", ROLAND, ProvRole.SUPERVISOR, None, DIGEST)

    assert _said(*said)[0] == (
        "statement=define kind=activity id=reject-1 type=Reject "
        f"attributes={{'reason': 'wrong day', 'digest': '{DIGEST}'}}"
    )


def test_the_digest_is_of_the_whole_statement_in_its_canonical_form() -> None:
    said = about_person(DUANE)

    assert canonical_json(said.body) == (
        b'{"attributes":{"name":"Duane Barry"},"id":"staff-1002","kind":"agent","statement":"define","type":"Person"}'
    )
    assert said.digest == about_person(Agent("staff-1002", "Duane Barry")).digest
    assert said.digest != about_person(Agent("staff-1002", "Duane Barri")).digest
    assert said.digest != about_project("staff-1002", "Duane Barry").digest


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "2022-12-07T15:08:00+00:00"),
        (AT.astimezone(timezone(timedelta(hours=-7))), "2022-12-07T15:08:00+00:00"),
        (AT.replace(microsecond=500_000), "2022-12-07T15:08:00.500+00:00"),
        (AT.replace(microsecond=500_001), "2022-12-07T15:08:00.500001+00:00"),
    ],
)
def test_an_instant_is_written_in_utc_with_no_more_fraction_than_it_has(at: datetime, text: str) -> None:
    assert instant_text(at) == text


def test_each_entry_version_is_work_of_its_own() -> None:
    assert work_id(UUID(int=1), 1) != work_id(UUID(int=1), 2) != work_id(UUID(int=2), 2)


def test_the_first_revision_of_a_sheet_is_the_timesheet_and_later_ones_say_so() -> None:
    sheet = UUID(int=7)

    assert sheet_activity_id(sheet, 1) == f"timesheet-{sheet}"
    assert sheet_activity_id(sheet, 2) == f"revision-{sheet}-2"
