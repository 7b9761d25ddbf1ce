"""`countersign ledger`: verified, sealed, exported and given another key on the command line."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from typer.testing import CliRunner

import countersign
from embedded import EmbeddedPostgres
from models.store.sealing import keys_from, public_bytes
from settings import Settings
from tests.activities.sealed import KEYS, seal_some, tell, three_seals
from tests.factories import Organisation
from tests.office import SECRET


@pytest.fixture
def shell(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, org: Organisation) -> "Shell":
    return Shell(postgres, monkeypatch, org)


class Shell:
    """The commands on one organisation, and whose secret is set."""

    def __init__(self, postgres: EmbeddedPostgres, code: pytest.MonkeyPatch, org: Organisation) -> None:
        self._url, self._code, self._org = postgres.app_url(), code, org
        self.has(SECRET)

    def has(self, secret: str) -> None:
        """Another secret is set from now on."""
        settings = cast(Settings, SimpleNamespace(database_url=self._url, secret_key=SecretStr(secret)))
        self._code.setattr(countersign, "get_settings", lambda: settings)

    def says(self, *arguments: object) -> tuple[int, str]:
        """How a command ends, and what it prints."""
        result = CliRunner().invoke(countersign.app, ["ledger", *map(str, arguments), "--tenant", self._org.slug])
        return result.exit_code, result.output

    def verifies(self, file: Path, *arguments: object) -> tuple[int, str]:
        """The same for an export."""
        given = ["ledger", "verify", "--export", file, *arguments]
        result = CliRunner().invoke(countersign.app, [str(each) for each in given])
        return result.exit_code, result.output


def test_it_is_sealed_verified_exported_and_verified_again(
    shell: Shell, engine: Engine, org: Organisation, tmp_path: Path
) -> None:
    tell(engine, org, "a", "b")
    assert shell.says("verify") == (
        0,
        f"{org.slug}: 0 statements in 0 seals are as they were sealed; 2 wait for the next seal.\n",
    )
    assert shell.says("seal") == (0, f"{org.slug}: seal 1 covers 2 statements.\n")
    assert shell.says("seal") == (0, f"{org.slug}: there is nothing to seal.\n")
    code, told = shell.says("keys")
    key = public_bytes(KEYS(org.tenant_id, 1)).hex()
    assert (code, key in told) == (0, True)

    for name in ("ledger.jsonl", "ledger.jsonl.gz"):
        file = tmp_path / name
        assert shell.says("export", file)[0] == 0
        code, told = shell.verifies(file, "--public-key", key)
        assert (code, told.splitlines()[-1]) == (0, f"{org.slug}: 2 statements in 1 seal are as they were sealed.")
        code, told = shell.says("export", file)
        assert (code, "File exists" in told) == (1, True)


def test_what_is_wrong_is_named_and_ends_with_one(
    shell: Shell, engine: Engine, owner_engine: Engine, org: Organisation, tmp_path: Path
) -> None:
    three_seals(engine, org)
    file = tmp_path / "ledger.jsonl"
    shell.says("export", file)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if '"seal":2' not in line))

    code, told = shell.verifies(file)

    assert code == 1
    assert "Seal 2 is gone." in told
    assert shell.verifies(tmp_path / "none")[0] == 1
    assert shell.verifies(file, "--public-key", "abc") == (
        1,
        "A public key is 64 hexadecimal digits, as `countersign ledger keys` prints them.\n",
    )


def test_seals_are_held_against_their_anchors(shell: Shell, engine: Engine, org: Organisation, tmp_path: Path) -> None:
    three_seals(engine, org)
    anchors = tmp_path / "anchors.jsonl"
    anchors.write_text(json.dumps({"tenantId": str(org.tenant_id), "number": 9}) + "\n")

    code, told = shell.says("verify", "--anchors", anchors)

    assert code == 1
    assert "Seal 9 was anchored and is not here: the ledger was cut off." in told


def test_another_key_is_introduced_by_the_one_before_also_after_the_secret_was_changed(
    shell: Shell, engine: Engine, org: Organisation, tmp_path: Path
) -> None:
    tell(engine, org, "a")
    seal_some(engine, org)
    code, told = shell.says("rotate-key")
    assert (code, told.startswith("Key 2 signs from now on. Publish it: ")) == (0, True)
    tell(engine, org, "b")
    shell.says("seal")

    shell.has("the secret of today")
    tell(engine, org, "c")
    code, told = shell.says("seal")
    assert (code, "is not the one that seal key 2 follows from" in told) == (1, True)
    assert shell.says("rotate-key")[0] == 1
    former = tmp_path / "former"
    former.write_text(f"{SECRET}\n")
    assert shell.says("rotate-key", "--former-secret", former)[0] == 0
    first = public_bytes(KEYS(org.tenant_id, 1)).hex()
    assert shell.says("verify")[0] == 1, "the last seal is still by a key of the secret before"
    assert shell.says("verify", "--public-key", first)[0] == 0
    assert shell.says("seal") == (0, f"{org.slug}: seal 3 covers 3 statements.\n")
    code, told = shell.says("verify")
    assert (code, "Key 1 is not known here" in told) == (0, True)
    assert public_bytes(keys_from("the secret of today")(org.tenant_id, 3)).hex() in shell.says("keys")[1]
