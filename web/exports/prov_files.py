"""PROV-JSON and PROV-N of what the record says."""

import json

from prov.model import ProvDocument

PROV_JSON = "application/json"
PROV_N = "text/provenance-notation; charset=utf-8"


def prov_json(document: ProvDocument) -> bytes:
    """The document as PROV-JSON, always in the same order."""
    found = json.loads(document.serialize(format="json") or "")
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def prov_n(document: ProvDocument) -> bytes:
    """The document as PROV-N."""
    return str(document.get_provn()).encode() + b"\n"
