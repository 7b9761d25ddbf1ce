"""A process that is kept alive: started again when it ends, ever later the more often it does."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from embedded import EmbeddedServerError
from processes import Identity, end

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a process that lived this long starts with a clean sheet


@dataclass
class Child:
    """One kept process. `start` returns it running, or raises EmbeddedServerError."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    grace_seconds: float
    ask: signal.Signals = signal.SIGTERM
    is_server: bool = False  # one that the others need to end well
    process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _delay: float = 0.0
    _due_at: float | None = None

    def run(self) -> None:
        """Starts the process."""
        self._due_at = None
        self._started_at = time.monotonic()
        self.process = self.start()

    def identity(self) -> Identity | None:
        """The running process; None when there is none."""
        running = self.process is not None and self.process.poll() is None
        return Identity.of(self.process.pid) if self.process and running else None

    def watch(self, say: Callable[[str], None]) -> bool:
        """Looks after the process once; True when it was started again just now."""
        if self.process is not None and self.process.poll() is None:
            return False
        if self._due_at is None:
            self._put_off(say, f"The {self.name} has ended ({_how(self.process)})")
        elif time.monotonic() >= self._due_at:
            return self._try_again(say)
        return False

    def ask_to_end(self) -> None:
        """Asks the process to end, and does not wait for it."""
        if self.process is not None:
            self.process.send_signal(self.ask)

    def stop(self) -> None:
        """Asks the process to end and kills it after the grace period."""
        if self.process is not None:
            end(self.process, ask=self.ask, seconds=self.grace_seconds)

    def kill(self) -> None:
        """Ends the process in the middle of what it does."""
        if self.process is not None:
            self.process.kill()

    def _try_again(self, say: Callable[[str], None]) -> bool:
        try:
            self.run()
        except EmbeddedServerError as error:
            self.process = None
            self._put_off(say, str(error))
            return False
        say(f"The {self.name} runs again.")
        return True

    def _put_off(self, say: Callable[[str], None], reason: str) -> None:
        now = time.monotonic()
        longer = 0.0 if now - self._started_at > STEADY_SECONDS else self._delay * 2
        self._delay = min(max(longer, FIRST_DELAY_SECONDS), LONGEST_DELAY_SECONDS)
        self._due_at = now + self._delay
        say(f"{reason}; starting it again in {self._delay:g} s.")


def _how(process: subprocess.Popen[bytes] | None) -> str:
    code = process.returncode if process else 1
    return f"by signal {-code}" if code < 0 else f"exit code {code}"
