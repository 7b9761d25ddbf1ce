"""Other programs to measure against, each in a Python environment of its own, as locked and from the package index."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.system import PROJECT

LOCKS = Path(__file__).resolve().parent
FOLDER = PROJECT / ".countersign" / "peers"
LONGEST_SECONDS = 600
Command = Sequence[str | Path]


class PeerMissing(Exception):
    """A program to measure against cannot be installed here; the message ends with what its installer said."""


def installed(peer: str, folder: Path = FOLDER) -> Path:
    """The folder of the programs of a peer, which is installed unless it is there just as locked.

    Raises PeerMissing, for one when there is no network.
    """
    environment, lock = folder / peer, lock_of(peer)
    mark = environment / lock.name
    if not mark.exists() or mark.read_bytes() != lock.read_bytes():
        run_all(installation(environment, lock))
        shutil.copyfile(lock, mark)
    return environment / "bin"


def installation(environment: Path, lock: Path) -> Iterable[Command]:
    """The commands that make an environment anew with exactly what is locked in it."""
    yield [sys.executable, "-m", "venv", "--clear", environment]
    pip: Command = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    yield [*pip, "install", "--quiet", "--require-hashes", "--requirement", lock]


def run_all(commands: Iterable[Command]) -> None:
    """Run commands one after the other. Raises PeerMissing with the end of what the first to fail says."""
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS)
        except subprocess.CalledProcessError as error:
            raise PeerMissing(error.stderr.strip().rpartition("\n")[2]) from None
        except subprocess.TimeoutExpired:
            raise PeerMissing(f"it took more than {LONGEST_SECONDS} seconds") from None


def lock_of(peer: str) -> Path:
    """The file with the versions and hashes of a peer and everything that it needs."""
    return LOCKS / f"{peer}.txt"


def locked_version(peer: str, package: str) -> str:
    """The version of one package that is measured."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", lock_of(peer).read_text(), re.MULTILINE)
    assert found is not None, f"{lock_of(peer)} does not name {package}"
    return found[1]
