"""People as programs add them: only with places and zones that are known."""

import pytest

from tests.web.api.conftest import Json, Program, answered, fields_refused

PERSONS = "/resources/persons"


def somebody(**others: object) -> Json:
    """A new worker."""
    return {"externalId": "staff-4712", "name": "Karen Berquist", "roles": ["worker"]} | others


async def test_a_person_lives_where_public_holidays_are_known(suzanne: Program) -> None:
    made = answered(await suzanne.post(PERSONS, somebody(holidayCalendar="GB-SCT")), 201)

    assert made["holidayCalendar"] == "GB-SCT"
    changed = await suzanne.put(f"{PERSONS}/{made['id']}", made | {"holidayCalendar": "DE-BY"}, 'W/"1"')
    assert answered(changed, 200)["holidayCalendar"] == "DE-BY"


@pytest.mark.parametrize("place", ["", "GB-XYZ", "XX", "england", "gb-eng", "GB-ENG-LND", "x" * 1_000])
async def test_a_place_that_nobody_knows_the_holidays_of_is_refused(suzanne: Program, place: str) -> None:
    assert fields_refused(await suzanne.post(PERSONS, somebody(holidayCalendar=place))).keys() == {"holidayCalendar"}
