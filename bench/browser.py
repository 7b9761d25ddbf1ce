"""A browser's side of HTTP, as cheap as it can be made, since it shares the machine with what it measures."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from gzip import decompress
from http.cookies import SimpleCookie
from typing import Self
from urllib.parse import urlencode, urlsplit

import h11

CSRF_FIELD = re.compile(r'name="csrf" value="([^"]+)"')
CHUNK = 65536
MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    received: int
    """Bytes on the wire, with the head and before anything is unpacked."""

    @property
    def text(self) -> str:
        """What it says, unpacked."""
        packed = self.header("content-encoding") == "gzip"
        return (decompress(self.body) if packed else self.body).decode()

    def header(self, name: str) -> str:
        """The value of a header; empty when there is none."""
        wanted = name.lower().encode()
        return next((value.decode() for key, value in self.headers if key == wanted), "")

    def cookies(self) -> dict[str, str]:
        """The cookies that the browser is given to keep."""
        given = [SimpleCookie(value.decode()) for key, value in self.headers if key == b"set-cookie"]
        return {name: morsel.value for jar in given for name, morsel in jar.items()}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose browser it is: the cookies it keeps and the token of the forms it was shown."""

    cookies: Mapping[str, str] = field(default_factory=dict)
    csrf: str = ""


@dataclass
class Connection:
    """One connection that is kept open from request to request."""

    origin: str
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _state: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))

    @classmethod
    async def open(cls, origin: str) -> Self:
        """Connect to `http://HOST:PORT`."""
        place = urlsplit(origin)
        return cls(origin, *await asyncio.open_connection(place.hostname, place.port))

    async def get(self, path: str, visitor: Visitor) -> Answer:
        """Ask for a page or a file."""
        return await self._send("GET", path, _of_a_page(visitor), b"")

    async def follow(self, path: str, visitor: Visitor) -> Answer:
        """The page that a path leads to in the end."""
        answer = await self.get(path, visitor)
        for _ in range(MOST_REDIRECTS):
            if answer.status != 303:
                break
            answer = await self.get(answer.header("location"), visitor)
        return answer

    async def post(self, path: str, visitor: Visitor, form: Mapping[str, str]) -> Answer:
        """Send a form with the visitor's token."""
        body = urlencode({"csrf": visitor.csrf, **form}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        return await self._send("POST", path, {**_of_a_page(visitor), **headers}, body)

    async def post_json(self, path: str, value: object, headers: Mapping[str, str]) -> Answer:
        """Send what a program sends."""
        kind = {"Accept": "application/json", "Content-Type": "application/json"}
        return await self._send("POST", path, {**kind, **headers}, json.dumps(value).encode())

    async def get_json(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Ask as a program asks."""
        return await self._send("GET", path, {"Accept": "application/json", **headers}, b"")

    async def close(self) -> None:
        """End the connection; a server that ended it first has said why in its answer."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _send(self, method: str, path: str, given: Mapping[str, str], body: bytes) -> Answer:
        headers = {"Host": urlsplit(self.origin).netloc, **given}
        if body:
            headers["Content-Length"] = str(len(body))
        request = h11.Request(method=method, target=path, headers=list(headers.items()))
        parts = [self._state.send(part) for part in (request, h11.Data(data=body), h11.EndOfMessage())]
        self._writer.write(b"".join(part for part in parts if part))
        return await self._receive()

    async def _receive(self) -> Answer:
        head: h11.Response | None = None
        body = bytearray()
        received = 0
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                chunk = await self._reader.read(CHUNK)
                received += len(chunk)
                self._state.receive_data(chunk)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                self._state.start_next_cycle()
                return Answer(head.status_code, tuple(head.headers), bytes(body), received)


async def sign_in(origin: str, staff_id: str, password: str) -> Visitor:
    """Sign in by the page that people use."""
    connection = await Connection.open(origin)
    page = await connection.get("/sign-in", Visitor())
    shown = Visitor(page.cookies(), _token(page))
    answer = await connection.post("/sign-in", shown, {"staff_id": staff_id, "password": password})
    assert answer.status == 303, f"{staff_id} could not sign in: {answer.status}"
    visitor = Visitor({name: value for name, value in answer.cookies().items() if value})
    page = await connection.follow(answer.header("location"), visitor)
    await connection.close()
    return replace(visitor, csrf=_token(page))


def _of_a_page(visitor: Visitor) -> dict[str, str]:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return {"Accept": "text/html", "Accept-Encoding": "gzip", "Cookie": cookies}


def _token(page: Answer) -> str:
    found = CSRF_FIELD.search(page.text)
    assert found is not None, f"no form in the answer ({page.status})"
    return found[1]
