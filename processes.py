"""Child processes that never outlive their purpose: start one, ask it to end, recognise it again later."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for another: ids are reused, but not together with a start time."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process when it still runs; None when it has ended or the number now belongs to another."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 0.5
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def spawn(
    arguments: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own (Ctrl-C in the terminal does not reach it).

    Its output is appended to `log`; other users cannot read the files it makes. On Linux it gets `end_signal`
    when the thread that called this ends, so call it from the main thread. `user` is a numeric user id to run as.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            umask=0o077,
            start_new_session=True,
            preexec_fn=_end_with_parent(end_signal),  # noqa: PLW1509 - it makes one system call and takes no lock
        )


def wait_until(ready: Callable[[], bool], *, seconds: float) -> bool:
    """Polls until `ready`; False when it was not within `seconds`."""
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            return False
        time.sleep(POLL_SECONDS)
    return True


def end(process: subprocess.Popen[bytes] | psutil.Process, *, ask: signal.Signals, seconds: float) -> None:
    """Asks a process to end with the signal `ask`, kills it after `seconds`. Ended already is fine."""
    try:
        process.send_signal(ask)
        process.wait(seconds)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        process.kill()
        process.wait(5)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _end_with_parent(end_signal: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork, where loading is not safe
    parent = os.getpid()

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, end_signal)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask_the_kernel
