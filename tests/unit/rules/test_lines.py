"""The lines of the week's grid, written and read."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.lines import Line


@given(st.uuids(), st.none() | st.uuids())
def test_a_line_is_read_as_it_was_written(type_id: UUID, project_id: UUID | None) -> None:
    line = Line(type_id, project_id)

    assert Line.parse(str(line)) == line


SOME = UUID("3c0f3d0e-6a5b-4c53-9d0e-0f3f1a2b4c5d")


@pytest.mark.parametrize(
    "text", ["", "_", "x", "1", str(SOME), SOME.hex.upper() + "A", f"{SOME.hex}_", "_".join([SOME.hex] * 3)]
)
def test_what_is_written_otherwise_is_no_line(text: str) -> None:
    assert Line.parse(text) is None
