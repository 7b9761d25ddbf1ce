"""The production shape: which services, in which order, from which images, with which settings."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.sealing import FOLDER
from settings import PREFIX, Settings, variable

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = PROJECT / "docker-compose.yml"
DOCKERFILE = PROJECT / "Dockerfile"
ONE_SHOT = {"temporal-schema", "temporal-namespace", "migrate"}
LASTING = {"postgres", "temporal", "temporal-ui", "worker", "web"}
OURS = {"migrate", "worker", "web"}
WORKER_GRACE_SECONDS = 25


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def needs(services: dict[str, Any], name: str) -> dict[str, str]:
    return {other: how["condition"] for other, how in services[name].get("depends_on", {}).items()}


def comes_after(services: dict[str, Any], name: str, other: str) -> bool:
    direct = needs(services, name)
    return other in direct or any(comes_after(services, each, other) for each in direct)


def test_it_has_the_form_of_a_compose_file() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_has_just_these_services(services: dict[str, Any]) -> None:
    assert set(services) == ONE_SHOT | LASTING


@pytest.mark.parametrize(
    ("name", "other", "condition"),
    [
        ("temporal-schema", "postgres", "service_healthy"),
        ("temporal", "temporal-schema", "service_completed_successfully"),
        ("temporal-namespace", "temporal", "service_healthy"),
        ("temporal-ui", "temporal", "service_healthy"),
        ("migrate", "postgres", "service_healthy"),
        ("migrate", "temporal-namespace", "service_completed_successfully"),
        ("worker", "migrate", "service_completed_successfully"),
        ("web", "migrate", "service_completed_successfully"),
    ],
)
def test_each_waits_for_what_it_needs(services: dict[str, Any], name: str, other: str, condition: str) -> None:
    assert needs(services, name)[other] == condition


@pytest.mark.parametrize("name", ["worker", "web"])
def test_our_parts_start_last(services: dict[str, Any], name: str) -> None:
    assert all(comes_after(services, name, other) for other in ONE_SHOT | {"postgres", "temporal"})


def test_images_are_pinned_and_none_is_deprecated(services: dict[str, Any]) -> None:
    for name in set(services) - OURS:
        image, _, tag = services[name]["image"].partition(":")
        assert re.match(r"\d+\.\d+", tag), f"{name}: {image} needs a version"
        assert "auto-setup" not in image


def test_temporal_and_its_tools_have_one_version(services: dict[str, Any]) -> None:
    tags = {services[name]["image"].rpartition(":")[2] for name in ("temporal", *(ONE_SHOT - OURS))}
    assert len(tags) == 1


def test_what_lasts_is_restarted_and_shows_its_health(services: dict[str, Any]) -> None:
    for name in LASTING:
        assert services[name]["restart"] == "unless-stopped"
    for name in LASTING - {"temporal-ui"}:
        assert services[name]["healthcheck"]["test"]


def test_data_is_in_named_volumes(compose: dict[str, Any]) -> None:
    (first, *_) = compose["services"]["postgres"]["volumes"]
    assert first.partition(":")[0] in compose["volumes"]


def test_files_of_anchors_outlive_their_worker(compose: dict[str, Any]) -> None:
    """A volume that is new belongs to whom the folder in the image belongs to."""
    worker = compose["services"]["worker"]
    (named,) = worker["volumes"]
    volume, folder = named.split(":")
    assert volume in compose["volumes"]
    assert folder == f"{worker['environment'][variable('data_dir')]}/{FOLDER}"
    assert re.search(rf"install --directory --owner countersign {folder}$", DOCKERFILE.read_text(), re.MULTILINE)


def test_a_worker_may_finish_what_it_does(services: dict[str, Any]) -> None:
    assert int(services["worker"]["stop_grace_period"].removesuffix("s")) > WORKER_GRACE_SECONDS


def test_the_worker_can_be_multiplied(services: dict[str, Any]) -> None:
    assert not {"container_name", "ports"} & set(services["worker"])


def test_nothing_but_this_machine_reaches_a_port(services: dict[str, Any]) -> None:
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_our_settings_exist(services: dict[str, Any]) -> None:
    known = {variable(name) for name in Settings.model_fields}
    for name in OURS:
        used = {key for key in services[name]["environment"] if key.startswith(PREFIX)}
        assert used <= known
        assert {variable("database_url"), variable("secret_key"), variable("env")} <= used


def test_only_the_migrations_own_the_tables(services: dict[str, Any]) -> None:
    owner = variable("database_owner_url")
    assert [name for name in services if owner in services[name].get("environment", {})] == ["migrate"]


def test_no_secret_has_a_default() -> None:
    uses = re.findall(r"\$\{([A-Z_]+)(:?[-?]?)", COMPOSE.read_text())
    assert {how for name, how in uses if re.search("PASSWORD|SECRET", name)} == {":?"}


def test_every_variable_is_explained() -> None:
    document = (PROJECT / "docs" / "operations.md").read_text()
    for name in set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text())):
        assert f"| `{name}` |" in document


def test_every_mounted_file_is_here(services: dict[str, Any]) -> None:
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert not source.startswith("./") or (PROJECT / source).is_file()
