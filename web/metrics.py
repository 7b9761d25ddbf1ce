"""Counts and durations of requests, by route rather than by address."""

from time import perf_counter

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("countersign_requests_total", "Requests answered.", ["method", "route", "status"])
DURATIONS = Histogram("countersign_request_seconds", "Seconds until the answer began.", ["method", "route"])


class Measured:
    """Counts every request and how long its answer took to begin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                REQUESTS.labels(scope["method"], route, message["status"]).inc()
                DURATIONS.labels(scope["method"], route).observe(perf_counter() - began)
            await send(message)

        await self._app(scope, receive, noting)
