"""The lines of the week's grid, written and read."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.lines import Line


@given(st.uuids(), st.none() | st.uuids())
def test_a_line_is_read_as_it_was_written(type_id: UUID, project_id: UUID | None) -> None:
    line = Line(type_id, project_id)

    assert Line.parse(str(line)) == line


@pytest.mark.parametrize(
    "text", ["", "_", "x", "1", str(uuid4()), uuid4().hex.upper() + "A", f"{uuid4().hex}_", "_".join([uuid4().hex] * 3)]
)
def test_what_is_written_otherwise_is_no_line(text: str) -> None:
    assert Line.parse(text) is None
