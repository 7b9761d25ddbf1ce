"""The lock files pin everything by hash and name no place that it comes from."""

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted(PROJECT.glob("requirements*.txt"))


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes(path: Path) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE))
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==", entry), entry
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("path", [*REQUIREMENTS, PROJECT / "package-lock.json"], ids=lambda path: path.name)
def test_no_lock_file_names_a_host_or_a_folder(path: Path) -> None:
    assert not re.findall(r"https?://|--index-url|--extra-index|--find-links|file:|\"resolved\"", path.read_text())


def test_every_browser_package_has_a_hash() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_each_lock_file_has_all_of_the_smaller_one() -> None:
    pins = [set(re.findall(r"^[a-z0-9._-]+==\S+", path.read_text(), flags=re.MULTILINE)) for path in REQUIREMENTS]
    server, embedded, development = sorted(pins, key=len)
    assert server < embedded < development
