"""Why somebody is not let in; `web/errors.py` gives each its status and its way on."""

from typing import ClassVar

from models.errors import DomainError


class NotSignedIn(DomainError):
    """The request comes from nobody we know: no session, or one that has ended."""

    code: ClassVar[str] = "not_signed_in"

    def __init__(self) -> None:
        super().__init__("Please sign in.")


class SignInRefused(DomainError):
    """The sign-in leads nowhere: one sentence for every cause, so that none can be told apart."""

    code: ClassVar[str] = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__("The staff ID or the password is not right.")


class Throttled(DomainError):
    """Too many sign-ins failed. Data: `seconds` until the next try is looked at."""

    code: ClassVar[str] = "throttled"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = -(-seconds // 60)
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(f"Too many sign-ins failed. Please try again in {wait}.", seconds=seconds)


class FromElsewhere(DomainError):
    """Another site made the browser send this."""

    code: ClassVar[str] = "from_elsewhere"

    def __init__(self) -> None:
        super().__init__("Another site sent this, so nothing was saved. Please use the form on our own page.")


class FormExpired(DomainError):
    """The form does not carry the token of this session."""

    code: ClassVar[str] = "form_expired"

    def __init__(self) -> None:
        super().__init__("This form is no longer valid, so nothing was saved. Reload the page and try again.")
