"""What the documents name exists: files, links, commands, sign-ins, targets."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from countersign import app
from models.rules.compliance import RULES
from models.store.owner_review import Verdict
from web.auth.demo import ACCOUNTS, PASSWORD

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
_FILE = re.compile(r"`((?:[a-z_]+/)+[\w.*-]*)`")


def _each(documents: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("document", documents, ids=lambda path: path.relative_to(ROOT).as_posix())


@_each(DOCUMENTS)
def test_every_link_leads_somewhere(document: Path) -> None:
    missing = [link for link in _LINK.findall(document.read_text("utf-8")) if not (document.parent / link).exists()]

    assert missing == []


@_each(DOCUMENTS)
def test_every_file_that_is_named_exists(document: Path) -> None:
    assert [name for name in _FILE.findall(document.read_text("utf-8")) if not any(_found(name))] == []


def _found(name: str) -> Iterator[Path]:
    """A file by its path in the project; folders that only exist once it runs are below none of ours."""
    if not (ROOT / name.split("/")[0]).exists():
        yield ROOT
    yield from ROOT.glob(name.rstrip("/"))


def test_every_command_is_explained_to_operators() -> None:
    told = (ROOT / "docs/operations.md").read_text("utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group, as it has several

    assert [name for name in commands if f"`countersign {name}`" not in told] == []


def test_readme_and_sign_in_page_offer_the_same_accounts() -> None:
    told = (ROOT / "README.md").read_text("utf-8")

    assert f"`{PASSWORD}`" in told
    assert re.findall(r"^\| `(staff-\d+)` \| ([\w ]+) \|", told, re.MULTILINE) == [
        (account.staff_id, account.name) for account in ACCOUNTS
    ]


@_each([ROOT / "README.md", ROOT / "docs/operations.md", ROOT / "CHANGELOG.md"])
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^    )make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE)

    assert set(named) <= targets


@_each(DECISIONS)
def test_every_decision_has_the_same_form(document: Path) -> None:
    told = document.read_text("utf-8")
    headings = re.findall(r"^## (.+)$", told, re.MULTILINE)

    assert told.startswith(f"# {int(document.name[:4])}. ")
    assert [heading for heading in ("Context", "Decision", "Enforced by") if heading not in headings] == []


def test_every_rule_of_compliance_and_where_it_is_asked_for_is_explained() -> None:
    told = (ROOT / "docs/compliance.md").read_text("utf-8")

    assert [rule.title for rule in RULES if f"| {rule.title} | {rule.means} |" not in told] == []
    sources = {source for rule in RULES for source in rule.sources}
    assert [source for source in sources if f"| {source.citation} | {source.says} |" not in told] == []


def test_every_type_of_event_is_explained_to_programs() -> None:
    told = set(re.findall(r"`(countersign\.[a-z-]+\.[a-z-]+)`", (ROOT / "docs/api.md").read_text("utf-8")))

    assert told == set(_event_types())


_NOUNS = "timesheet|time-entry|note|flex-change"
_SPELT = {"timesheet.": ("recalled", "revised"), "countersign.act.": tuple(Verdict)}
"""Types whose last word is put together with what is before it, and the words that can follow."""


def _event_types() -> Iterator[str]:
    """Every type that the code names, in whole or, inside of commands, without our name before it."""
    for path in [*(ROOT / "activities").glob("*.py"), *(ROOT / "models/store").glob("*.py")]:
        source = path.read_text("utf-8")
        yield from re.findall(r'"(countersign\.[a-z-]+\.[a-z-]+)"', source)
        yield from (f"countersign.{each}" for each in re.findall(rf'"((?:{_NOUNS})\.[a-z-]+)"', source))
        for begins in re.findall(rf'f"((?:countersign\.[a-z-]+|{_NOUNS})\.)\{{', source):
            yield from (f"countersign.{begins.removeprefix('countersign.')}{word}" for word in _SPELT[begins])
