"""The processes of `countersign up`: how each is started, and what each is told about the others."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import embedded
from processes import Identity, spawn
from settings import Settings, variable
from supervisor.places import Ports, UpSettings, log_file, web_address
from supervisor.state import Run


@dataclass
class Parts:
    """Starts one process at a time; PostgreSQL must be the first."""

    settings: UpSettings
    host: str
    ports: Ports

    def __post_init__(self) -> None:
        self.web = web_address(self.host, self.ports.web)
        self._temporal_was_up = False

    @property
    def temporal_ui(self) -> str:
        """The address of Temporal's own pages."""
        return f"http://{embedded.LOOPBACK}:{self.ports.temporal_ui}"

    def start_postgres(self) -> subprocess.Popen[bytes]:
        """PostgreSQL, when it answers and has our database."""
        data = self.settings.data_dir / "postgres"
        self._postgres = embedded.start_postgres(data, log=self.log("postgres"))
        self._postgres.create_database()
        return self._postgres.process

    def start_temporal(self) -> subprocess.Popen[bytes]:
        """Temporal, when it answers; at first on other ports when somebody was quicker to take ours."""
        try:
            process = self._run_temporal()
        except embedded.EmbeddedServerError:
            if self._temporal_was_up:  # the others have been told its address
                raise
            self.ports = replace(self.ports, temporal=embedded.free_port(), temporal_ui=embedded.free_port())
            process = self._run_temporal()
        self._temporal_was_up = True
        return process

    def _run_temporal(self) -> subprocess.Popen[bytes]:
        state = self.settings.data_dir / "temporal.db"
        log, port, ui_port = self.log("temporal"), self.ports.temporal, self.ports.temporal_ui
        return embedded.start_temporal(log=log, db_file=state, port=port, ui_port=ui_port).process

    def start_migration(self) -> subprocess.Popen[bytes]:
        """The migrations; they end by themselves."""
        return self._command("migrate", "migrate", owner=True)

    def start_worker(self, number: int) -> subprocess.Popen[bytes]:
        """One of the workers."""
        return self._command(f"worker-{number}", "worker")

    def start_web(self) -> subprocess.Popen[bytes]:
        """The pages."""
        return self._command("web", "web", "--host", self.host, "--port", str(self.ports.web))

    def start_demo(self) -> subprocess.Popen[bytes]:
        """The filling in of the demo; it ends by itself."""
        return self._command("demo", "demo", owner=True)

    def log(self, name: str) -> Path:
        """Where a process writes its log."""
        return log_file(self.settings.data_dir, name)

    def record(self) -> Run:
        """What leads the other commands to these servers."""
        settings = {**self._places(), "database_owner_url": self._postgres.owner_url()}
        return Run(Identity.of(os.getpid()), self.web, self.temporal_ui, vars(self.ports), settings)

    def _command(self, log: str, *arguments: str, owner: bool = False) -> subprocess.Popen[bytes]:
        ours = {**self._places(), "secret_key": self.settings.secret_key.get_secret_value()}
        if owner:
            ours["database_owner_url"] = self._postgres.owner_url()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **{variable(name): ours[name] for name in ours}}
        # -P: a folder that is named like one of ours where the command was given must not be taken for it.
        command = [sys.executable, "-P", "-m", "countersign", *arguments]
        return spawn(command, log=self.log(log), env=environment)

    def _places(self) -> dict[str, str]:
        own_address = "base_url" in self.settings.model_fields_set
        return {
            "env": self.settings.env.value,
            "data_dir": str(self.settings.data_dir),
            "base_url": self.settings.base_url if own_address else self.web,
            "database_url": self._postgres.app_url(),
            "temporal_address": f"{embedded.LOOPBACK}:{self.ports.temporal}",
            "temporal_namespace": Settings.model_fields["temporal_namespace"].default,
        }
