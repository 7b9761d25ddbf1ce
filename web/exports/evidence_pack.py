"""The evidence pack of a timesheet: a zip to be verified without us. The same evidence gives the same bytes."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from models.reads.record.evidence import Evidence
from models.reads.record.proofs import Inclusion
from models.reads.record.story import Said
from models.rules.accrual_types import AccrualCode
from models.rules.digest import canonical_json
from models.rules.seals import exact_text
from models.tables.seals import Seal, SealKey
from web.exports.prov_files import prov_json, prov_n
from web.exports.prov_records import prov_document
from web.exports.sheet_pdf import sheet_pdf

ZIP = "application/zip"
FORM = "countersign-evidence/1"
PACK = Path(__file__).parent / "pack"
ALWAYS = (1980, 1, 1, 0, 0, 0)
"""When every file of a zip was made: its own times would be another file each time."""

Sign = Callable[[SealKey, bytes], bytes]
"""Signs bytes with the private half of a key."""


def evidence_pack(evidence: Evidence, sign: Sign) -> bytes:
    """The zip. Its list of files is signed, as what is drawn on paper has no other proof."""
    document = prov_document(evidence.story, evidence.tenant_id, evidence.staff)
    files = {
        "README.txt": (PACK / "README.txt").read_bytes(),
        "evidence.json": _written(evidence_json(evidence)),
        "prov.json": prov_json(document),
        "prov.provn": prov_n(document),
        "public-key.txt": _public_keys(evidence),
        "sheet.pdf": sheet_pdf(evidence.sheet, evidence.known_at, evidence.signatures),
        "verify.py": (PACK / "verify.py").read_bytes(),
    }
    files["manifest.json"] = _written(_manifest(evidence, files, sign))
    written = BytesIO()
    with ZipFile(written, "w") as pack:
        for name in sorted(files):
            entry = ZipInfo(name, ALWAYS)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            pack.writestr(entry, files[name], compresslevel=6)
    return written.getvalue()


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Every statement with its proof, the seals and keys that these lead to, and what was certified."""
    sheet = evidence.sheet
    return {
        "format": FORM,
        "tenantId": str(evidence.tenant_id),
        "organisation": sheet.organisation,
        "timesheet": {
            "id": str(evidence.timesheet_id),
            "staffId": sheet.owner.staff_id,
            "timeZone": sheet.zone.key,
            "periodStart": sheet.period.start.isoformat(),
            "periodEnd": sheet.period.end.isoformat(),
            "revision": sheet.revision,
        },
        "statements": [_statement(said, evidence.proofs.inclusions) for said in evidence.story],
        "seals": [_seal(seal) for seal in evidence.proofs.seals],
        "keys": [
            {
                "number": key.number,
                "publicKey": key.public_key.hex(),
                "signature": key.signature.hex() if key.signature else None,
            }
            for key in evidence.proofs.keys
        ],
        "contents": [
            {"submission": each.activity, "sheet": each.sheet, "digest": each.digest, "content": each.content}
            for each in evidence.contents
        ],
        "staff": _by_text(evidence.staff),
        "types": _by_text(
            {
                id_: {"name": type_.name, "countsAsWorked": AccrualCode.ANNUAL_TARGET_HOURS in type_.feeds}
                for id_, type_ in evidence.types.items()
            }
        ),
        "projects": _by_text(
            {id_: {"externalId": each.external_id, "name": each.name} for id_, each in evidence.projects.items()}
        ),
    }


def _statement(said: Said, inclusions: Mapping[int, Inclusion]) -> dict[str, Any]:
    inclusion = inclusions.get(said.position) if said.position is not None else None
    return {
        "sequence": said.sequence,
        "said": said.said,
        "digest": said.digest,
        "namespace": said.namespace,
        "transactionId": str(said.transaction_id),
        "recordedAt": exact_text(said.recorded_at),
        "recordedBy": str(said.recorded_by_id) if said.recorded_by_id else None,
        "about": str(said.about_id) if said.about_id else None,
        "proof": _proof(inclusion) if inclusion else None,
    }


def _proof(inclusion: Inclusion) -> dict[str, Any]:
    return {
        "seal": inclusion.seal,
        "position": inclusion.position,
        "path": [node.hex() for node in inclusion.path],
    }


def _seal(seal: Seal) -> dict[str, Any]:
    return {
        "tenantId": str(seal.tenant_id),
        "number": seal.number,
        "size": seal.size,
        "root": seal.root.hex(),
        "previousRoot": seal.previous_root.hex() if seal.previous_root else None,
        "sealedAt": exact_text(seal.sealed_at),
        "keyNumber": seal.key_number,
        "signature": seal.signature.hex(),
    }


def _public_keys(evidence: Evidence) -> bytes:
    lines = [f"{key.number} {key.public_key.hex()}\n" for key in evidence.proofs.keys]
    return "".join(lines).encode() or b"No key yet: nothing is sealed.\n"


def _manifest(evidence: Evidence, files: Mapping[str, bytes], sign: Sign) -> dict[str, Any]:
    keys = evidence.proofs.keys
    manifest: dict[str, Any] = {
        "format": FORM,
        "tenantId": str(evidence.tenant_id),
        "timesheetId": str(evidence.timesheet_id),
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
        "keyNumber": keys[-1].number if keys else None,
    }
    signature = sign(keys[-1], canonical_json(manifest)) if keys else None
    return manifest | {"signature": signature.hex() if signature else None}


def _by_text(named: Mapping[UUID, Any]) -> dict[str, Any]:
    return {str(id_): value for id_, value in named.items()}


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
