"""Loading what a process consists of, before it does anything."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import and build without looking for garbage, since all of it stays; nor is it looked at ever after.

    A quarter of the time that the pages take to start went into such looks, each at all that had been imported.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
