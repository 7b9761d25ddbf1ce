"""The project's copies of the shared cases, which the other tests read."""

from pathlib import Path

import pytest

COPIES = Path(__file__).parents[2] / "vectors"
SHARED = COPIES.parents[1].parent / "shared" / "vectors"


@pytest.mark.parametrize("copy", sorted(COPIES.glob("*.json")), ids=lambda copy: str(copy.name))
def test_a_copy_says_what_the_shared_case_says_where_there_is_one(copy: Path) -> None:
    shared = SHARED / copy.name
    assert not SHARED.exists() or copy.read_bytes() == shared.read_bytes()


def test_every_shared_case_has_a_copy() -> None:
    assert {path.name for path in SHARED.glob("*.json")} <= {path.name for path in COPIES.glob("*.json")}
