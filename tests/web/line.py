"""A connection to a server that can be cut and mended, as networks are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from embedded import LOOPBACK, free_port

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_AT_ONCE = 65_536


@dataclass
class Line:
    """A port of this machine that leads to a server while the line is not cut."""

    reach: Callable[[], Awaitable[Stream]]
    """Opens a connection to the server."""
    port: int = field(default_factory=free_port)
    _listening: asyncio.Server | None = None
    _open: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What clients connect to."""
        return f"{LOOPBACK}:{self.port}"

    async def mend(self) -> None:
        """Whoever connects reaches the server."""
        self._listening = await asyncio.start_server(self._lead, LOOPBACK, self.port)

    async def cut(self) -> None:
        """Whoever is connected loses the connection, and nobody gets another."""
        if self._listening:
            self._listening.close()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await self.reach()
        self._open += [writer, server_writer]
        await asyncio.gather(_pass_on(reader, server_writer), _pass_on(server_reader, writer))


@asynccontextmanager
async def line_to(reach: Callable[[], Awaitable[Stream]]) -> AsyncIterator[Line]:
    """A line while it is needed."""
    line = Line(reach)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything one side says, until it hangs up."""
    try:
        while part := await reader.read(_AT_ONCE):
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass  # the line was cut
    finally:
        writer.close()
