"""The two cookies of signing in: a browser's session, and to which browser a sign-in form was shown."""

from dataclasses import dataclass

from fastapi import Request, Response

from settings import Settings


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that scripts cannot read, that other sites' forms do not send, and that ends with the browser.

    Over TLS it is sent over TLS only, and `__Host-` makes the browser take it from this very host alone.
    """

    plain_name: str

    def name(self, settings: Settings) -> str:
        """What the browser knows it by."""
        return f"__Host-{self.plain_name}" if is_https(settings) else self.plain_name

    def read(self, request: Request, settings: Settings) -> str | None:
        """Its value; None when the browser sent none."""
        return request.cookies.get(self.name(settings)) or None

    def give(self, response: Response, settings: Settings, value: str) -> None:
        """Have the browser keep it."""
        secure = is_https(settings)
        response.set_cookie(self.name(settings), value, secure=secure, httponly=True, samesite="lax")

    def take_back(self, response: Response, settings: Settings) -> None:
        """Have the browser forget it."""
        secure = is_https(settings)
        response.delete_cookie(self.name(settings), secure=secure, httponly=True, samesite="lax")


SESSION = Cookie("countersign_session")
FORM = Cookie("countersign_form")


def is_https(settings: Settings) -> bool:
    """Whether people reach the pages over TLS."""
    return settings.base_url.lower().startswith("https://")
