"""What docs/audit.md lets an outsider do by hand, done as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web import test_evidence
from tests.web.test_evidence import Pack

libraries, unpack, issued, pack = (
    test_evidence.libraries,
    test_evidence.unpack,
    test_evidence.issued,
    test_evidence.pack,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit.md"
STEPS = 6


@pytest.fixture
def steps(pack: Pack, tmp_path: Path) -> list[str]:
    """What each step prints for a pack."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    asked = {"PATH": f"{programs}:{os.environ['PATH']}"}
    printed = []
    for step in _written():
        commands = "\n".join(each for each in _blocks(step) if each.startswith(("python ", "openssl ")))
        shell = ["bash", "-e", "-o", "pipefail", "-c", commands]
        run = subprocess.run(shell, cwd=pack.folder, env=asked, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        printed.append(run.stdout)
    return printed


def _written() -> list[str]:
    """The steps as they stand in the document."""
    section = DOCUMENT.read_text().partition("## Step by step")[2].partition("\n## ")[0]
    return re.split(r"^\*\*\d\. ", section, flags=re.MULTILINE)[1:]


def _blocks(step: str) -> list[str]:
    """What is set off in a step: commands, and what they printed for the pack of the document."""
    found = re.findall(r"(?:^    .*\n)+", f"{step}\n", flags=re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def test_every_step_leads_to_what_it_says(pack: Pack, steps: list[str]) -> None:
    assert len(steps) == STEPS
    files, statement, leaf, tree, signature, content = (step.splitlines() for step in steps)

    assert sorted(files) == sorted(f"{name}: OK" for name in pack.json("manifest.json")["files"])
    digest, said, again = statement
    assert again == f"{digest}  -"
    assert re.fullmatch("[0-9a-f]{64}  -", leaf[0])
    assert tree[0].split()[0] == tree[1].split()[0]
    assert signature == ["Signature Verified Successfully"]
    assert content[0].removesuffix("  -") in said


@pytest.mark.parametrize("changed", ["prov.json", "sheet.pdf"])
def test_the_first_step_finds_a_file_that_was_changed(pack: Pack, changed: str) -> None:
    with (pack.folder / changed).open("ab") as file:
        file.write(b" ")
    (command, *_) = _blocks(_written()[0])

    run = subprocess.run(
        ["bash", "-c", command.replace("python", sys.executable, 1)],
        cwd=pack.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode != 0
    assert f"{changed}: FAILED" in run.stdout
