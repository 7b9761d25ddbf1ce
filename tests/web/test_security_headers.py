"""What every answer carries, and what is not read at all."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.testclient import TestClient

from web.security import LARGEST_BODY, Security


@pytest.fixture
def visitor() -> TestClient:
    return TestClient(Security(_app(), https=False), raise_server_exceptions=False)


def test_a_page_is_allowed_its_own_scripts_and_nothing_inline(visitor: TestClient) -> None:
    answer = visitor.get("/page")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))

    assert policy == {
        "default-src": "'none'",
        "script-src": f"'nonce-{answer.text}'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "htmx",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_each_answer_has_a_nonce_of_its_own_that_nobody_guesses(visitor: TestClient) -> None:
    nonces = {visitor.get("/page").text for _ in range(20)}

    assert len(nonces) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{24}", nonce) for nonce in nonces)


@pytest.mark.parametrize("path", ["/page", "/missing", "/fault", "/static/app.css", "/page?x=%00"])
def test_every_answer_carries_the_headers_also_faults_and_refusals(visitor: TestClient, path: str) -> None:
    headers = visitor.get(path).headers

    assert "script-src 'nonce-" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_pages_are_not_kept_and_files_say_for_themselves(visitor: TestClient) -> None:
    assert visitor.get("/page").headers["Cache-Control"] == "no-store"
    assert visitor.get("/fault").headers["Cache-Control"] == "no-store"
    assert visitor.get("/static/app.css").headers["Cache-Control"] == "public, immutable"


def test_what_an_answer_says_itself_stands(visitor: TestClient) -> None:
    answer = visitor.get("/own-policy")

    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Cache-Control"] == "private"
    assert answer.headers["Referrer-Policy"] == "origin"


def test_only_over_tls_is_tls_demanded_from_then_on(visitor: TestClient) -> None:
    assert "Strict-Transport-Security" not in visitor.get("/page").headers
    assert "max-age=31536000" in _over_tls().get("/page").headers["Strict-Transport-Security"]


def test_a_body_of_the_largest_size_is_read(visitor: TestClient) -> None:
    assert visitor.post("/read", content=b"x" * LARGEST_BODY).text == str(LARGEST_BODY)


def test_a_larger_body_is_refused(visitor: TestClient) -> None:
    answer = visitor.post("/read", content=b"x" * (LARGEST_BODY + 1))

    assert answer.status_code == 413
    assert answer.text == "At most 1 MB can be sent at once. Nothing was saved."
    assert "Content-Security-Policy" in answer.headers


def test_a_larger_body_that_hides_its_size_is_refused(visitor: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * (LARGEST_BODY // 2)

    assert visitor.post("/read", content=pieces()).status_code == 413


@pytest.mark.parametrize("address", ["/page%00", "/page?name=a%00b", "/page?%00"])
def test_an_address_with_a_nul_is_refused(visitor: TestClient, address: str) -> None:
    answer = visitor.get(address)

    assert answer.status_code == 400
    assert "character" in answer.text


def test_an_escaped_percent_sign_is_no_nul(visitor: TestClient) -> None:
    assert visitor.get("/page?name=%2500").status_code == 200


def test_a_stream_is_passed_on_piece_by_piece(visitor: TestClient) -> None:
    with visitor.stream("GET", "/stream") as answer:
        assert [piece for piece in answer.iter_lines() if piece] == ["data: 1", "data: 2"]


def _over_tls() -> TestClient:
    return TestClient(Security(_app(), https=True), base_url="https://testserver")


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/page")
    def page(request: Request) -> Response:
        return PlainTextResponse(request.state.csp_nonce)

    @app.get("/fault")
    def fault() -> Response:
        raise RuntimeError("nobody expected this")

    @app.get("/static/app.css")
    def style() -> Response:
        return PlainTextResponse("", headers={"Cache-Control": "public, immutable"})

    @app.get("/own-policy")
    def own_policy() -> Response:
        own = {"Content-Security-Policy": "sandbox", "Cache-Control": "private", "Referrer-Policy": "origin"}
        return PlainTextResponse("", headers=own)

    @app.post("/read")
    async def read(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    @app.get("/stream")
    def stream() -> Response:
        return StreamingResponse(iter(["data: 1\n\n", "data: 2\n\n"]), media_type="text/event-stream")

    return app
