"""How terms are addressed in the record: `chronicle:<kind>:<escaped external id>`."""

import re
from urllib.parse import unquote_to_bytes

from models.rules.prov_domain import TermKind

LONGEST_ID = 512
"""Characters of an external id."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_IRI = re.compile(r"chronicle:(agent|activity|entity):((?:[A-Za-z0-9]|%[0-9A-F]{2})+)", re.ASCII)


class NotATerm(ValueError):
    """A text that addresses no term of the kind that is asked for."""


def iri_of(kind: TermKind, external_id: str) -> str:
    """The address of a term: every byte but ASCII letters and digits is percent-encoded, upper case."""
    escaped = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in external_id.encode())
    return f"chronicle:{kind.value}:{escaped}"


def external_id_of(kind: TermKind, iri: str) -> str:
    """The external id in the address of a term of this kind. Raises `NotATerm`."""
    found = _IRI.fullmatch(iri)
    if found is None or found[1] != kind.value:
        raise NotATerm(f"This is not the id of an {kind.value}: {iri!r:.80}")
    try:
        return unquote_to_bytes(found[2]).decode()
    except UnicodeDecodeError:
        raise NotATerm(f"This is not the id of an {kind.value}: {iri!r:.80}") from None
