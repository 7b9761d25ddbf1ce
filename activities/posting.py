"""One event posted to one address: signed, to the machine that was looked at, within a time, and led nowhere else."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from socket import SOCK_STREAM, gaierror
from time import monotonic

import httpx2
from standardwebhooks import Webhook as Signing

from models.rules.webhooks import may_be_called, url_problem
from models.store.delivering import Answer, Posting

LONGEST_SECONDS = 10.0
"""For all of it: finding the machine, connecting, and its answer."""

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class NotCallable(Exception):
    """The address leads where nothing is posted to; in words."""


@dataclass(frozen=True)
class Poster:
    """Posts events. In the demo also to this machine itself."""

    demo: bool
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    """Whose certificates are believed."""
    longest_seconds: float = LONGEST_SECONDS

    async def post(self, posting: Posting) -> Answer:
        """What came of posting an event; never raises for what the other side does."""
        body = body_of(posting)
        return await self.post_bytes(posting.url, body, signed(posting, body, datetime.now(UTC)))

    async def post_bytes(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """What came of posting something; never raises for what the other side does."""
        began = monotonic()
        status, error = None, None
        try:
            async with asyncio.timeout(self.longest_seconds):
                status = await self._status_of(url, body, headers)
            error = problem_of(status)
        except NotCallable as refused:
            error = str(refused)
        except TimeoutError:
            error = f"It did not answer within {self.longest_seconds:.0f} seconds."
        except httpx2.ConnectError as failed:
            error = _why_not_connected(failed)
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError):
            error = "The connection broke, or what came back is no HTTP."
        return Answer(status, error, int((monotonic() - began) * 1000))

    async def _status_of(self, written: str, body: bytes, headers: dict[str, str]) -> int:
        url = httpx2.URL(written)
        addresses = await self._addresses_of(written, url)
        headers = headers | {"Host": url.netloc.decode("ascii")}
        # Proxies and passwords that this machine is set up with are not for addresses that somebody typed.
        async with httpx2.AsyncClient(verify=self.trusted, trust_env=False, timeout=None) as client:
            for number, address in enumerate(addresses, 1):
                # The address that was looked at, so that the name cannot mean another one a moment later.
                request = client.build_request(
                    "POST",
                    url.copy_with(host=address),
                    content=body,
                    headers=headers,
                    extensions={"sni_hostname": url.host},
                )
                try:
                    answer = await client.send(request, stream=True, follow_redirects=False)
                except httpx2.ConnectError:
                    if number == len(addresses):
                        raise
                else:
                    await answer.aclose()  # what it says beside its status nobody reads
                    return answer.status_code
        raise NotCallable("Its name leads to no machine.")

    async def _addresses_of(self, written: str, url: httpx2.URL) -> list[str]:
        if words := url_problem(written, self.demo):
            raise NotCallable(words)
        try:
            port = url.port or (443 if url.scheme == "https" else 80)
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=SOCK_STREAM)
        except (gaierror, UnicodeError):
            raise NotCallable("Its name leads to no machine.") from None
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
        if not all(may_be_called(each, self.demo) for each in addresses):
            raise NotCallable("Its name leads into a private network, where events are not posted to.")
        return addresses


def problem_of(status: int) -> str | None:
    """Why an answer means that the event was not taken; None when it was."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"It answered {status}: events are not posted to where an address leads on to."
    return f"It answered {status}."


def body_of(posting: Posting) -> bytes:
    """The event as it is sent and signed."""
    return json.dumps(posting.event.cloud_event, ensure_ascii=False, separators=(",", ":")).encode()


def signed(posting: Posting, body: bytes, now: datetime) -> dict[str, str]:
    """Headers of Standard Webhooks: the event's id, the time, and a signature by each secret."""
    id_, moment = str(posting.event.id), now.replace(microsecond=0)
    signatures = [Signing(secret).sign(id_, moment, body.decode()) for secret in posting.secrets]
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "Countersign",
        "webhook-id": id_,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _why_not_connected(failed: BaseException) -> str:
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "It does not prove by a certificate that it is who its name says."
        cause = cause.__cause__ or cause.__context__
    return "It does not take connections."
