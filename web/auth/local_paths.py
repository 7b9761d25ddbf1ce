"""Where to go after signing in: a page of ours, or the start."""

START = "/"
LONGEST = 2000


def local_path(address: str | None) -> str:
    """`address` when it is a path on this site, else the start page.

    Browsers read `//host` and `/\\host` as another site, and leave tabs and line ends out before they look.
    """
    if not address or len(address) > LONGEST or not address.startswith("/"):
        return START
    if address.startswith("//") or "\\" in address or not address.isprintable() or " " in address:
        return START
    # Signing in again, or out, is not what anybody wants after signing in.
    return START if address.startswith(("/sign-in", "/sign-out")) else address
