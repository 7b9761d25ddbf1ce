"""The whole system as one starts it, and a real browser in front of it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from demo.people import DEMO, OTHER, PASSWORD, found
from embedded import free_port
from processes import wait_until
from supervisor.state import running_settings

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The system's Chromium, without anything that looks for the network."""
    return browser_type_launch_args | {
        "executable_path": os.environ.get("COUNTERSIGN_CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ],
    }


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running system with the demo's people and nothing recorded yet."""
    data_dir = tmp_path_factory.mktemp("system")
    log = data_dir / "up.txt"
    command = [sys.executable, "-m", "countersign", "up", "--no-demo", "--data-dir", str(data_dir)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--port", str(free_port())], stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: process.poll() is not None or _web(log) is not None, seconds=60)
            where = _web(log)
            assert where is not None, log.read_text()
            owner_url = running_settings(data_dir)["database_owner_url"]
            for tenant in (DEMO, OTHER):
                found(owner_url, tenant, datetime.now(UTC).date())
            yield where
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def signed_in(browser: Browser, address: str) -> Iterator[SignIn]:
    """Signs people in, each in a browser of their own."""
    contexts = []

    def sign_in(staff_id: str, *, javascript: bool) -> Page:
        context = browser.new_context(base_url=address, java_script_enabled=javascript, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("Staff ID").fill(staff_id)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(r"/(inbox|people|week)"))
        return page

    yield sign_in
    for context in contexts:
        context.close()


def _web(log: Path) -> str | None:
    shown = re.search(r"Countersign +(http://\S+)", log.read_text())
    return shown.group(1) if shown else None
