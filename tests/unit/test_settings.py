"""Each setting is explained where people look for it, and those that would be unsafe are refused in words."""

import json
import os
import re
from pathlib import Path

import psutil
import pytest

from settings import PREFIX, Environment, Settings, SettingsError, load, variable
from tools.document_settings import DOCUMENT, EXAMPLE, example, with_table

URL = "postgresql://app@db/countersign"
SECRET = "s" * 40


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def set_variables(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(variable(name), value)


def test_every_setting_is_explained() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, f"{name} needs a description"


def test_the_document_has_every_setting() -> None:
    document = DOCUMENT.read_text()
    assert document == with_table(document), "run 'make docs'"
    assert all(f"`{variable(name)}`" in document for name in Settings.model_fields)


def test_the_example_has_every_setting() -> None:
    assert EXAMPLE.read_text() == example(), "run 'make docs'"


def test_no_text_names_a_setting_that_is_not_there() -> None:
    known = {variable(name) for name in Settings.model_fields} | {"COUNTERSIGN_CHROMIUM", "COUNTERSIGN_NATS_SERVER"}
    for path in (DOCUMENT, EXAMPLE):
        assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", path.read_text())) <= known


def test_production_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, database_url=URL, secret_key=SECRET)
    assert load(Settings).production


@pytest.mark.parametrize(
    ("secret", "reason"),
    [("", "not set"), ("demo-" + SECRET, "the demo's"), ("hunter2", "too short")],
)
def test_production_refuses_a_weak_secret(monkeypatch: pytest.MonkeyPatch, secret: str, reason: str) -> None:
    set_variables(monkeypatch, database_url=URL, secret_key=secret)
    with pytest.raises(SettingsError, match=reason) as refused:
        load(Settings)
    assert "COUNTERSIGN_SECRET_KEY" in str(refused.value)
    assert secret == "" or secret not in str(refused.value)


def test_the_demo_takes_the_secret_of_its_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variables(monkeypatch, database_url=URL, env="demo", data_dir=str(tmp_path))
    (tmp_path / "secret").write_text("demo-of-this-directory\n")
    assert load(Settings).secret_key.get_secret_value() == "demo-of-this-directory"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, secret_key=SECRET)
    with pytest.raises(SettingsError, match=r"^COUNTERSIGN_DATABASE_URL is not set\.$"):
        load(Settings)


def test_what_cannot_be_right_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, secret_key=SECRET, database_url="mysql://db", database_pool_size="0")
    with pytest.raises(SettingsError) as refused:
        load(Settings)
    assert "COUNTERSIGN_DATABASE_URL: must look like postgresql://" in str(refused.value)
    assert "COUNTERSIGN_DATABASE_POOL_SIZE: " in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_form_of_a_database_address_will_do(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    set_variables(monkeypatch, secret_key=SECRET, database_url=f"{scheme}://app@db/countersign")
    assert load(Settings).database_url == "postgresql+psycopg://app@db/countersign"


def test_a_variable_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, secret_key=SECRET, database_url=URL, temporal_address="")
    assert load(Settings).temporal_address == "127.0.0.1:7233"


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"COUNTERSIGN_SECRET_KEY={SECRET}\nCOUNTERSIGN_TASK_QUEUE=of-the-file\n")
    set_variables(monkeypatch, database_url=URL, task_queue="of-the-environment")
    settings = load(Settings)
    assert settings.secret_key.get_secret_value() == SECRET
    assert settings.task_queue == "of-the-environment"


def leave_run(data_dir: Path, started: float) -> None:
    """What a `countersign up` in this very process would leave."""
    run = {
        "process": {"pid": os.getpid(), "started": started},
        "settings": {"env": "demo", "database_url": URL, "temporal_address": "127.0.0.1:7999"},
    }
    (data_dir / "run.json").write_text(json.dumps(run))
    (data_dir / "secret").write_text("demo-secret")


def test_a_running_up_is_found_and_explicit_settings_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_run(tmp_path, psutil.Process().create_time())
    set_variables(monkeypatch, data_dir=str(tmp_path), database_url="postgresql://mine@db/mine")
    settings = load(Settings)
    assert settings.env is Environment.DEMO
    assert settings.temporal_address == "127.0.0.1:7999"
    assert settings.database_url == "postgresql+psycopg://mine@db/mine"


def test_an_ended_up_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_run(tmp_path, started=1.0)
    set_variables(monkeypatch, data_dir=str(tmp_path))
    with pytest.raises(SettingsError, match="COUNTERSIGN_DATABASE_URL is not set"):
        load(Settings)
