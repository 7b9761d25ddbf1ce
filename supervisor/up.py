"""`countersign up`: everything on one machine, started in order, kept running, and stopped in order."""

from __future__ import annotations

import contextlib
import functools
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from embedded import STOP_SECONDS, EmbeddedServerError, listens
from processes import end, tail, wait_until
from settings import Environment, load
from supervisor.children import Child
from supervisor.parts import Parts
from supervisor.places import Ports, UpSettings, take_lock
from supervisor.state import read_children, read_run, write_children, write_run

LOOK_SECONDS = 0.2
MIGRATION_SECONDS = 120.0
FIRST_PAGE_SECONDS = 60.0
LEFTOVER_SECONDS = 3.0
WEB_GRACE_SECONDS = 8.0
WORKER_GRACE_SECONDS = 30.0  # above the worker's own 25 s, so that no command is cut off
LOG_LINES = 20
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SIGN_INS = """
  Sign in with the password  countersign-demo  as
    staff-4366  Duane Barry         records his time
    staff-3621  Roland Fuller       decides on it
    staff-3150  Suzanne Modeski     administers
    staff-2001  Alex Krycek         supervises Roland Fuller
    staff-2002  Marita Covarrubias  leads a project
    staff-2003  Diana Fowley        audits
"""


class CannotStartError(Exception):
    """`countersign up` gives up; the message says why and what to do."""


def up(host: str, port: int, temporal_port: int | None, data_dir: Path | None, workers: int, fill_demo: bool) -> None:
    """Starts everything; returns after it was told to stop. Raises CannotStartError and SettingsError."""
    settings = load(UpSettings, {} if data_dir is None else {"data_dir": data_dir})
    lock = take_lock(settings.data_dir)
    if lock is None:
        raise CannotStartError(_refusal(settings.data_dir))
    with lock:
        _end_leftovers(settings.data_dir)  # before looking for free ports: it gives some back
        last = read_run(settings.data_dir)
        ports = Ports.choose(host, port, temporal_port, last.ports if last else {})
        parts = Parts(settings, host, ports)
        _Up(parts, workers, fill_demo and settings.env is Environment.DEMO).run()


def _refusal(data_dir: Path) -> str:
    run = read_run(data_dir)
    where = f" at {run.web}" if run and run.web else ""
    return f"Countersign already runs on {data_dir}{where}: stop that one, or choose another --data-dir."


def _end_leftovers(data_dir: Path) -> None:
    """Ends what a killed run left behind, except PostgreSQL: its next start does that with more care."""
    with contextlib.suppress(psutil.Error):
        left = [process for child in read_children(data_dir) if (process := child.find())]
        found = [process for process in left if process.name() != "postgres"]
        for process in found:
            process.terminate()
        for process in found:
            end(process, ask=signal.SIGTERM, seconds=LEFTOVER_SECONDS)


class _Up:
    """One run, from start to stop."""

    def __init__(self, parts: Parts, workers: int, fill_demo: bool) -> None:
        self._began = psutil.Process().create_time()  # what a person waits for starts there
        self._parts = parts
        self._data_dir = parts.settings.data_dir
        self._workers = workers
        self._fill_demo = fill_demo
        self._demo: subprocess.Popen[bytes] | None = None
        self._stopping = False  # no `threading.Event`: its lock would be taken twice by a signal that comes too soon
        self._children: list[Child] = []

    def run(self) -> None:
        """Starts, watches, stops. Raises CannotStartError when the start fails, after stopping all of it."""
        with self._signals():
            try:
                for step in (self._start_servers, self._start_parts, self._watch):
                    if not self._stopping:
                        step()
            except EmbeddedServerError as error:
                raise CannotStartError(str(error)) from None
            finally:
                self._stop()

    def _start_servers(self) -> None:
        parts = self._parts
        self._keep(Child("database", parts.start_postgres, STOP_SECONDS, signal.SIGINT, is_server=True))
        self._say("PostgreSQL is up.")
        migration = parts.start_migration()
        try:
            self._keep(Child("Temporal server", parts.start_temporal, STOP_SECONDS, is_server=True))
            self._say("Temporal is up.")
            self._await_migration(migration)
        finally:
            end(migration, ask=signal.SIGTERM, seconds=LEFTOVER_SECONDS)

    def _await_migration(self, migration: subprocess.Popen[bytes]) -> None:
        wait_until(lambda: migration.poll() is not None or self._stopping, seconds=MIGRATION_SECONDS)
        if self._stopping:
            return
        if migration.returncode != 0:
            raise CannotStartError(self._with_log("The database could not be prepared", "migrate"))
        self._say("The database is prepared.")

    def _start_parts(self) -> None:
        write_run(self._data_dir, self._parts.record())
        for number in range(1, self._workers + 1):
            start = functools.partial(self._parts.start_worker, number)
            self._keep(Child(f"worker {number}", start, WORKER_GRACE_SECONDS))
        web = Child("web", self._parts.start_web, WEB_GRACE_SECONDS)
        self._keep(web)
        answered = wait_until(lambda: self._needs_no_waiting(web), seconds=FIRST_PAGE_SECONDS)
        if self._stopping:
            return
        if not answered or web.identity() is None:
            raise CannotStartError(self._with_log("The pages did not start", "web"))
        self._welcome()

    def _needs_no_waiting(self, web: Child) -> bool:
        """Whether the pages answer, or never will."""
        running = web.identity()
        if self._stopping or running is None:
            return True
        if not listens(running.pid, self._parts.ports.web):
            return False
        try:
            with urllib.request.urlopen(f"{self._parts.web}/healthz", timeout=2):  # noqa: S310 - our own address
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _welcome(self) -> None:
        self._say("The pages are up.")
        demo = self._parts.settings.env is Environment.DEMO
        _print(f"\n  Countersign  {self._parts.web}\n  Temporal     {self._parts.temporal_ui}")
        _print(f"  Logs         {self._data_dir / 'logs'}\n{SIGN_INS if demo else ''}")
        _print("  Ctrl-C stops everything; the data stays.\n")
        if self._fill_demo:
            self._demo = self._parts.start_demo()

    def _keep(self, child: Child) -> None:
        self._children.append(child)
        child.run()
        self._list_children()

    def _list_children(self) -> None:
        identities = [child.identity() for child in self._children]
        write_children(self._data_dir, [identity for identity in identities if identity])

    def _watch(self) -> None:
        while not self._stopping:
            started = [child for child in self._children if child.watch(self._say)]
            if started:
                self._list_children()
            self._look_at_demo()
            time.sleep(LOOK_SECONDS)

    def _look_at_demo(self) -> None:
        if self._demo is None or self._demo.poll() is None:
            return
        filled = self._demo.returncode == 0
        self._say("The demo data is there." if filled else self._with_log("The demo data failed", "demo"))
        self._demo = None

    def _stop(self) -> None:
        """The reverse of the start. The workers finish their commands side by side."""
        self._say("Stopping …")
        if self._demo is not None:
            end(self._demo, ask=signal.SIGTERM, seconds=LEFTOVER_SECONDS)
        for child in self._clients:
            child.ask_to_end()
        for child in reversed(self._children):
            child.stop()
        write_children(self._data_dir, [])
        self._say("Stopped.")

    @property
    def _clients(self) -> list[Child]:
        """The processes that need the servers to end well."""
        return [child for child in self._children if not child.is_server]

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """The first signal stops in order and with patience, the next ones without patience."""

        def stop(_number: int, _frame: object) -> None:
            if self._stopping:
                for child in self._clients:
                    child.kill()
            self._stopping = True

        before = [(number, signal.signal(number, stop)) for number in STOP_SIGNALS]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    def _with_log(self, words: str, name: str) -> str:
        log = self._parts.log(name)
        return f"{words}. The end of {log}:\n{tail(log, LOG_LINES)}"

    def _say(self, words: str) -> None:
        _print(f"{time.time() - self._began:6.1f} s  {words}")


def _print(words: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; stopping in order matters more
        print(words, flush=True)
