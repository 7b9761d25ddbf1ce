"""A real receiver of webhooks, on this machine: it keeps what was posted, and answers as it is told to."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from standardwebhooks import Webhook as Verifying

Reaction = int | Callable[[BaseHTTPRequestHandler], None]
"""A status, or whatever else is done with a request."""


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def said(self, secret: str) -> dict[str, Any]:
        """The event, once its signature was verified. Raises `WebhookVerificationError`."""
        event: dict[str, Any] = Verifying(secret).verify(self.body, self.headers)
        return event


@dataclass
class Receiver:
    """Answers 204 once there is nothing else left that it was told to answer."""

    port: int
    scheme: str = "http"
    posted: list[Posted] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    """What comes of the next requests."""
    always: Reaction = 204
    over: Event = field(default_factory=Event)
    """Set when the receiver closes: whoever keeps somebody waiting waits for it."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?a=b%20c"

    def subjects(self) -> list[str]:
        """What the events that came are about, in the order in which they came."""
        return [json.loads(each.body)["subject"] for each in self.posted]

    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.posted]


@contextmanager
def receiving(port: int = 0, trusted_by: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver while the block runs; on a port of its own choice unless one is named."""
    receiver = Receiver(port, "https" if trusted_by else "http")
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(receiver)) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        if trusted_by:
            server.socket = trusted_by.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Never answer."""
    handler.server.receiver.over.wait()  # type: ignore[attr-defined]  # set on the handler's server below


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.server.receiver = receiver  # type: ignore[attr-defined]  # for reactions
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.posted.append(Posted(self.path, headers, body))
            reaction = receiver.reactions.pop(0) if receiver.reactions else receiver.always
            if isinstance(reaction, int):
                self.send_response(reaction)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
            else:
                reaction(self)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
