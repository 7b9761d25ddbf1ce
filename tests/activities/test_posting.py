"""One event posted to one address: how it is signed, what counts as taken, and where it never goes."""

import hmac
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import WebhookVerificationError

from activities.posting import Poster, body_of, signed
from models.store.delivering import Answer, Posting
from models.store.feed import FeedEvent
from models.store.webhooks import new_secret
from tests.activities.hooks import awaited
from tests.receiver import Reaction, Receiver, receiving, silent

SECRET = new_secret()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def posting(url: str, *secrets: str) -> Posting:
    event = FeedEvent(
        7, uuid4(), "countersign.note.added", str(uuid4()), uuid4(), datetime.now(UTC), {"wörter": "“<b>”"}
    )
    return Posting(event.tenant_id, uuid4(), url, secrets or (SECRET,), event, 6)


def post(what: Posting, poster: Poster | None = None) -> Answer:
    return awaited((poster or Poster(demo=True)).post(what))


def test_an_event_is_posted_once_as_a_cloud_event_and_its_signature_is_verified(receiver: Receiver) -> None:
    what = posting(receiver.url)
    answer = post(what)

    (came,) = receiver.posted
    assert (answer.status, answer.error) == (204, None)
    assert came.path == "/hook?a=b%20c"
    assert came.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert came.headers["webhook-id"] == str(what.event.id)
    assert came.said(SECRET) == what.event.cloud_event
    with pytest.raises(WebhookVerificationError):
        came.said(new_secret())


def test_the_signature_is_that_of_the_published_scheme() -> None:
    what, now = posting("https://example.org"), datetime(2026, 11, 16, 9, 0, 0, 999_999, UTC)
    body = body_of(what)

    headers = signed(what, body, now)

    key = b64decode(SECRET.removeprefix("whsec_"))
    content = f"{what.event.id}.{int(now.timestamp())}.".encode() + body
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert headers["webhook-signature"] == f"v1,{b64encode(hmac.digest(key, content, sha256)).decode()}"
    assert len(key) == 32


def test_while_a_secret_is_changed_both_sign(receiver: Receiver) -> None:
    new, old = new_secret(), new_secret()
    post(posting(receiver.url, new, old))

    (came,) = receiver.posted
    assert came.said(new) == came.said(old)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_status_of_success_counts_as_taken(receiver: Receiver, status: int) -> None:
    receiver.always = status
    assert post(posting(receiver.url)).error is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 401, 404, 410, 429, 500, 503])
def test_everything_else_is_not_taken_and_leads_nowhere_else(receiver: Receiver, status: int) -> None:
    receiver.always = status
    answer = post(posting(receiver.url))

    assert answer.status == status
    assert str(status) in (answer.error or "")
    assert len(receiver.posted) == 1


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Answer one byte after the other, each of them soon."""
    receiver: Receiver = handler.server.receiver  # type: ignore[attr-defined]  # set by the receiver
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    try:
        while not receiver.over.wait(0.01):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        pass


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"<svg/onload=alert(1)>\r\n\r\n")


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


@pytest.mark.parametrize(
    ("reaction", "told"),
    [(silent, "did not answer within"), (dripping, ""), (no_http, "no HTTP"), (hanging_up, "connection broke")],
)
def test_whoever_does_not_answer_properly_keeps_nobody_for_long(
    receiver: Receiver, reaction: Reaction, told: str
) -> None:
    receiver.always = reaction
    answer = post(posting(receiver.url), Poster(demo=True, longest_seconds=0.5))

    assert answer.status is None
    assert told in (answer.error or "nothing")
    assert "svg" not in (answer.error or "")


def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while not receiver.over.is_set():
                handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        except OSError:
            pass

    receiver.always = endless

    assert post(posting(receiver.url)).status == 200


def test_a_connection_that_is_refused_is_said() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        answer = post(posting(f"http://127.0.0.1:{taken.getsockname()[1]}/"))

    assert (answer.status, answer.error) == (None, "It does not take connections.")


def test_a_name_that_leads_nowhere_is_said() -> None:
    answer = post(posting("https://nobody.invalid/"))
    assert answer.error == "Its name leads to no machine."


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/", "https://localhost:{port}/", "https://127.1:{port}/", "https://2130706433:{port}/"],
)
def test_in_production_nothing_is_posted_into_private_networks_whatever_the_address_looks_like(
    receiver: Receiver, url: str
) -> None:
    answer = post(posting(url.format(port=receiver.port)), Poster(demo=False))

    assert answer.status is None
    assert answer.error
    assert receiver.posted == []


def test_a_name_that_leads_inside_is_not_called_either(receiver: Receiver) -> None:
    """It is refused by where it leads: the name itself says nothing."""
    answer = post(posting(f"https://0x7f.1:{receiver.port}/"), Poster(demo=False))

    assert "private network" in (answer.error or "")
    assert receiver.posted == []


def test_settings_for_proxies_are_not_for_what_somebody_typed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert post(posting(receiver.url)).error is None


@dataclass(frozen=True)
class Authority:
    """Somebody whose certificates are believed by whoever trusts them."""

    folder: Path

    @contextmanager
    def certifying(self, *names: x509.GeneralName) -> Iterator[tuple[Receiver, ssl.SSLContext]]:
        """A receiver that proves by a certificate to have these names, and what it takes to believe it."""
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = self.folder / "receiver.pem"
        plain = serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
            + made.public_bytes(serialization.Encoding.PEM)
        )
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(path)
        with receiving(trusted_by=serving) as receiver:
            yield receiver, ssl.create_default_context(cafile=path)


def test_over_tls_the_name_has_to_be_proved_though_the_address_is_called(tmp_path: Path) -> None:
    with Authority(tmp_path).certifying(x509.DNSName("localhost")) as (receiver, trusted):
        by_name = f"https://localhost:{receiver.port}/"

        assert post(posting(by_name), Poster(demo=True, trusted=trusted)).error is None
        assert "certificate" in (post(posting(by_name)).error or "")
        other = f"https://127.0.0.1:{receiver.port}/"
        assert "certificate" in (post(posting(other), Poster(demo=True, trusted=trusted)).error or "")

    assert len(receiver.posted) == 1
    assert receiver.posted[0].headers["host"] == f"localhost:{receiver.port}"


def test_over_tls_an_address_can_be_proved_as_well(tmp_path: Path) -> None:
    with Authority(tmp_path).certifying(x509.IPAddress(ip_address("127.0.0.1"))) as (receiver, trusted):
        assert post(posting(receiver.url), Poster(demo=True, trusted=trusted)).error is None
