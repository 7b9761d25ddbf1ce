"""Waiting for something to come true, with an end to the patience; no test sleeps for a fixed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 15.0
"""Seconds after which something that should have come true is a failure. No test measures time."""

_STEP = 0.005


def eventually(is_so: Callable[[], object], what: str, patience: float = PATIENCE, step: float = _STEP) -> None:
    """Return as soon as `is_so()` is true; fail, saying `what` was waited for, when it never is.

    What takes longer, or asks for more, is looked at less often: looking must not keep the machine busy.
    """
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(step)


async def eventually_async(is_so: Callable[[], Awaitable[object]], what: str) -> None:
    """The same for what has to be awaited."""
    deadline = time.monotonic() + PATIENCE
    while not await is_so():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(_STEP)
