"""Addresses of scripts, styles and fonts, with a mark of their content so that browsers may keep them."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=256)
def asset(path: str) -> str:
    """The address of a file under `static`, for example `app.css`. Raises `FileNotFoundError`."""
    mark = sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={mark}"


class Assets(StaticFiles):
    """The static files: kept for ever when asked for by their mark, compressed where that was prepared."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or its compressed sibling for a browser that takes it."""
        headers = Headers(scope=scope)
        if "gzip" in headers.get("accept-encoding", "") and _is_compressed(path):
            response = await super().get_response(f"{path}.gz", scope)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Type"] = _type_of(path)
        else:
            response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        if b"v=" in scope.get("query_string", b"") and response.status_code == 200:
            response.headers["Cache-Control"] = FOREVER
        return response


@lru_cache(maxsize=256)
def _is_compressed(path: str) -> bool:
    """Whether a compressed sibling was made since the file last changed."""
    original, compressed = STATIC / path, STATIC / f"{path}.gz"
    return compressed.is_file() and compressed.stat().st_mtime >= original.stat().st_mtime


_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def _type_of(path: str) -> str:
    return _TYPES.get(Path(path).suffix, "application/octet-stream")
