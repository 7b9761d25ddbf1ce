"""What the processes use: memory, and processor time, which depends less than time does on what else runs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import psutil

OURS = {"web": "web", "worker": "worker", "bench.worker": "worker", "postgres": "PostgreSQL", "temporal": "Temporal"}
"""The part that a process belongs to, by a word of its command line or by the name of its program."""

PARTS = tuple(dict.fromkeys(OURS.values()))
WORDS = OURS | dict.fromkeys(("gunicorn", "uvicorn"), "another program")


def resident() -> dict[str, int]:
    """Bytes of memory that our web and worker processes hold."""
    return {word: process.memory_info().rss for word, process in _processes() if word in ("web", "worker")}


def processor_milliseconds() -> Counter[str]:
    """Processor time that each part has used so far; what is left over is our own: the client."""
    used: Counter[str] = Counter()
    for word, process in _processes():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used[WORDS.get(word, "client")] += round((times.user + times.system) * 1000)
    return used


def words_of(process: psutil.Process) -> tuple[str, ...]:
    """Its command line and its name; nothing when it has ended by now, as sessions of the database do."""
    try:
        return (*process.cmdline(), process.name())
    except psutil.NoSuchProcess:
        return ()


def _processes() -> Iterator[tuple[str, psutil.Process]]:
    """Ourselves and everything we started, each with the word that tells what it is."""
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        words = words_of(process)
        if words:
            yield next((word for word in WORDS if word in words), ""), process
