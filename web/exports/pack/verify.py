"""Verify an evidence pack: run `python verify.py` in its folder, with Python 3.11 and the package `cryptography`.

It believes nothing but the public key, which you should compare with the one that the organisation publishes:

    python verify.py --key 3b6a27bc…

What it checks: that every file is the one that was issued, by the signed list of them; statement by statement, that
its digest is that of what it says, that its leaf is made from it, that the proof leads from the leaf to the root of a
seal, that the seal is signed, and that its key is trusted or was introduced by one that is; that what was certified is
what the statements speak of; and that prov.json says neither more nor less than they do. Then it says what they prove,
from the statements alone.

It ends with 0 when all of it holds, with 1 when something is wrong, and with 2 when nothing is wrong but not everything
is sealed yet. Written for reading: there is no need to trust this file either.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HOLDS, IS_WRONG, WAITS = 0, 1, 2
"""How it ends."""

FILES = ("README.txt", "evidence.json", "prov.json", "prov.provn", "public-key.txt", "sheet.pdf", "verify.py")
COVERED = ("about", "digest", "namespace", "recordedAt", "recordedBy", "transactionId")
"""What the leaf of a statement covers."""

Json = dict[str, Any]


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces: RFC 8785 for the texts and whole numbers that are used here."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """The digest of bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


# Keys, seals and statements


def leaf_of(statement: Json) -> bytes:
    """The leaf of a statement in the tree of RFC 9162."""
    return hashlib.sha256(b"\x00" + canonical({name: statement[name] for name in COVERED})).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Where an inclusion proof leads (RFC 9162, section 2.1.3.2); None when it has the wrong length."""
    if not 0 <= index < size:
        return None
    here, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        here, last = here >> 1, last >> 1
    return node if last == 0 else None


def is_signed(public_key: str, signature: str | None, value: Json) -> bool:
    """Whether a key signed a value."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature or ""), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True


def without(value: Json, name: str) -> Json:
    """A value but for one of its names."""
    return {each: of for each, of in value.items() if each != name}


def wrong_keys(evidence: Json, manifest: Json, trusted: list[str]) -> Iterator[str]:
    """Every key in use is one that is trusted, or was introduced by one; without any the first one is believed.

    Trust goes forward only: whoever makes up a key can have it introduce the true one.
    """
    keys, known = evidence["keys"], set()
    used = {manifest["keyNumber"], *(seal["keyNumber"] for seal in evidence["seals"])}
    for number, key in enumerate(keys, 1):
        said = {"keyNumber": number, "publicKey": key["publicKey"], "tenantId": evidence["tenantId"]}
        introduced = number > 1 and is_signed(keys[number - 2]["publicKey"], key["signature"], said)
        if key["number"] != number:
            yield f"key {number} is missing"
        if key["publicKey"] in trusted or (number == 1 and not trusted) or (introduced and number - 1 in known):
            known.add(number)
        elif number > 1 and not introduced:
            yield f"key {number} was not introduced by key {number - 1}, and you have not named it as one you trust"
        elif number in used:
            yield f"key {number}, which something here is signed with, is none that you trust"
    if trusted and not known:
        yield "no key that you trust is in the pack"


def wrong_seals(evidence: Json) -> Iterator[str]:
    """Each seal is signed by its key, and belongs to the organisation."""
    keys = {key["number"]: key["publicKey"] for key in evidence["keys"]}
    for seal in evidence["seals"]:
        number = seal["keyNumber"]
        if seal["tenantId"] != evidence["tenantId"]:
            yield f"seal {seal['number']} is of another organisation"
        if number not in keys or not is_signed(keys[number], seal["signature"], without(seal, "signature")):
            yield f"seal {seal['number']} is not signed by key {number}: it was changed, or the key was"


def wrong_statements(evidence: Json) -> Iterator[str]:
    """Each statement says what was recorded, its proof leads to the root of its seal, and they stand in order."""
    seals = {seal["number"]: seal for seal in evidence["seals"]}
    places: set[int] = set()
    before = -1
    for statement in evidence["statements"]:
        name = f"statement {statement['sequence']}"
        if statement["sequence"] <= before:
            yield f"{name} is not in its place: it does not come after statement {before}"
        before = statement["sequence"]
        if sha256(statement["said"].encode()) != statement["digest"]:
            yield f"{name} was changed: what it says does not have its digest"
        elif statement["proof"]:
            proof = statement["proof"]
            if proof["position"] in places:
                yield f"{name} stands where another one stands"
            places.add(proof["position"])
            if not is_covered(statement, seals.get(proof["seal"])):
                yield f"{name} is not covered by seal {proof['seal']}: it was changed, or its proof was"


def is_covered(statement: Json, seal: Json | None) -> bool:
    """Whether the proof of a statement leads to the root of a seal."""
    proof = statement["proof"]
    path = [bytes.fromhex(node) for node in proof["path"]]
    root = seal and root_from(leaf_of(statement), proof["position"], seal["size"], path)
    return bool(seal and root and root.hex() == seal["root"])


# What the statements say


@dataclass
class Record:
    """Statements, to be asked."""

    said: list[tuple[Json, Json]]
    """What each says, and the statement itself."""

    @classmethod
    def of(cls, evidence: Json) -> "Record":
        """Those of a pack."""
        return cls([(json.loads(each["said"]), each) for each in evidence["statements"]])

    def bodies(self, kind: str, activity: str) -> list[Json]:
        """What is said of an activity by statements of a kind."""
        return [body for body, _ in self.said if body["statement"] == kind and body.get("activity") == activity]

    def of_type(self, *types: str) -> list[Json]:
        """Definitions of activities of these types."""
        return [body for body, _ in self.said if body["statement"] == "define" and body["type"] in types]

    def name(self, agent: str) -> str:
        """What somebody is called, with their staff id."""
        names = (
            body["attributes"]["name"]
            for body, _ in self.said
            if body["statement"] == "define" and (body["kind"], body["id"]) == ("agent", agent)
            if "name" in body["attributes"]
        )
        name = next(names, None)
        return f"{name} ({agent})" if name else agent

    def at(self, activity: str, which: str = "started") -> str | None:
        """When an activity began, or ended."""
        return next((str(body["at"]) for body in self.bodies(which, activity)), None)

    def informing(self, activity: str) -> set[str]:
        """What an activity was informed by."""
        return {body["informing"] for body in self.bodies("wasInformedBy", activity)}

    def who(self, activity: str) -> str:
        """Who is responsible for an activity, as what, and who really acted if it was somebody else."""
        found = []
        for body in self.bodies("wasAssociatedWith", activity):
            who = f"{self.name(body['agent'])} as {body.get('role', 'somebody')}"
            for acted in self.bodies("actedOnBehalfOf", activity):
                if acted["responsible"] == body["agent"]:
                    who = f"{self.name(acted['delegate'])} as {acted.get('role', 'somebody')} on behalf of {who}"
            found.append(who)
        return ", ".join(found) or "nobody"


def wrong_contents(evidence: Json, record: Record) -> Iterator[str]:
    """Each submission certified the content of its digest, and that is the work that its timesheet is made of."""
    contents = {each["submission"]: each for each in evidence["contents"]}
    for submit in record.of_type("Submit"):
        name, sealed = submit["id"], submit["attributes"].get("digest")
        content = contents.get(name)
        if content is None:
            yield f"the content of {name} is missing"
        elif sha256(canonical(content["content"])) != content["digest"]:
            yield f"the content of {name} was changed: it does not have its digest"
        elif sealed is not None and sealed != content["digest"]:
            yield f"the content of {name} is not the one that was certified: the record has another digest"
        else:
            yield from wrong_work(name, content, record)
    for decision in record.of_type("Approve", "Reject"):
        for informing in record.informing(decision["id"]) & contents.keys():
            sealed = decision["attributes"].get("digest")
            if sealed is not None and sealed != contents[informing]["digest"]:
                yield f"{decision['id']} is about another content than {informing}"


def wrong_work(submit: str, content: Json, record: Record) -> Iterator[str]:
    """The entries of a content are the work that the record says the timesheet was made of, at the same times."""
    if content["sheet"] not in record.informing(submit):
        yield f"{submit} is not about {content['sheet']}"
    works = {f"work-{entry['id']}-{entry['version']}": entry for entry in content["content"]["entries"]}
    if record.informing(content["sheet"]) - works.keys() != earlier(record, content["sheet"]):
        yield f"{content['sheet']} is made of other work than {submit} certified"
    for work, entry in works.items():
        recorded = [moment(record.at(work, which)) for which in ("started", "ended")]
        if recorded != [moment(entry["startTime"]), moment(entry["endTime"])]:
            yield f"{work} was recorded at other times than {submit} certified"


def earlier(record: Record, sheet: str) -> set[str]:
    """The timesheet that a revision revises."""
    return {each for each in record.informing(sheet) if each.startswith(("timesheet-", "revision-"))}


def moment(text: str | None) -> datetime | None:
    """An instant, however it is written."""
    return datetime.fromisoformat(text) if text else None


# PROV-JSON, made again from the statements


def prov_of(evidence: Json, record: Record) -> Json:
    """What prov.json has to be."""
    prefixes = {kind: f"chronicle:{kind}:" for kind in ("activity", "agent", "entity")}
    prefixes["statement"] = f"urn:countersign:{evidence['tenantId']}:statement:"
    prefixes["countersign"] = "urn:countersign:record:"
    made: Json = {"prefix": prefixes}
    for body, statement in record.said:
        marks = marks_of(evidence, statement)
        if body["statement"] == "define":
            records = made.setdefault(body["kind"], {})
            name, said = f"{body['kind']}:{escaped(body['id'])}", defined(record, body) | marks
            before = records.get(name)
            records[name] = said if before is None else [*(before if isinstance(before, list) else [before]), said]
        else:
            name, said = related(body)
            made.setdefault(name, {})[f"statement:{statement['sequence']}"] = said | marks
    return made


def marks_of(evidence: Json, statement: Json) -> Json:
    """What is known of a statement itself."""
    number = statement["sequence"]
    marks: Json = {
        "countersign:sequence": {"$": str(number), "type": "xsd:int" if number < 2**31 else "xsd:long"},
        "countersign:digest": statement["digest"],
        "countersign:recordedAt": {"$": plain(statement["recordedAt"]), "type": "xsd:dateTime"},
    }
    if statement["recordedBy"]:
        marks["countersign:recordedBy"] = evidence["staff"][statement["recordedBy"]]
    return marks


def defined(record: Record, body: Json) -> Json:
    """A term of the record."""
    said: Json = {f"countersign:{name}": value for name, value in body["attributes"].items()}
    if body["type"]:
        said["prov:type"] = {"$": f"countersign:{escaped(body['type'])}", "type": "xsd:QName"}
    for which, name in (("started", "prov:startTime"), ("ended", "prov:endTime")):
        at = record.at(body["id"], which) if body["kind"] == "activity" else None
        if at:
            said[name] = plain(at)
    return said


def related(body: Json) -> tuple[str, Json]:
    """A relation of the record, and how PROV calls it."""
    names = {
        "started": ("wasStartedBy", {"activity": "activity"}),
        "ended": ("wasEndedBy", {"activity": "activity"}),
        "used": ("used", {"activity": "activity", "entity": "entity"}),
        "wasGeneratedBy": ("wasGeneratedBy", {"entity": "entity", "activity": "activity"}),
        "wasInformedBy": ("wasInformedBy", {"activity": "informed", "informing": "informant"}),
        "wasAssociatedWith": ("wasAssociatedWith", {"activity": "activity", "agent": "agent"}),
        "wasAttributedTo": ("wasAttributedTo", {"entity": "entity", "agent": "agent"}),
        "actedOnBehalfOf": (
            "actedOnBehalfOf",
            {"delegate": "delegate", "responsible": "responsible", "activity": "activity"},
        ),
    }
    kinds = {"informing": "activity", "delegate": "agent", "responsible": "agent"}
    name, parts = names[body["statement"]]
    said: Json = {
        f"prov:{called}": f"{kinds.get(part, part)}:{escaped(body[part])}"
        for part, called in parts.items()
        if part in body
    }
    if "at" in body:
        said["prov:time"] = plain(body["at"])
    if "role" in body:
        said["prov:role"] = {"$": f"countersign:{escaped(body['role'])}", "type": "xsd:QName"}
    return name, said


def escaped(external_id: str) -> str:
    """An id in an address: every byte but ASCII letters and digits is percent-encoded."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in external_id.encode())


def plain(instant: str) -> str:
    """An instant with microseconds only if there are any."""
    return datetime.fromisoformat(instant).isoformat()


def wrong_prov(evidence: Json, record: Record, prov: Json) -> Iterator[str]:
    """prov.json says exactly what the statements do."""
    expected = prov_of(evidence, record)
    for part in sorted(expected.keys() | prov.keys()):
        here, there = expected.get(part, {}), prov.get(part, {})
        for name in sorted(here.keys() | there.keys()):
            if name not in here:
                yield f"prov.json says {part} {name}, and no statement does"
            elif here[name] != there.get(name):
                yield f"prov.json says otherwise than the statements of {part} {name}"


# The files, and what is told


def wrong_files(folder: Path, manifest: Json, evidence: Json) -> Iterator[str]:
    """Every file is the one that was issued, and their list is signed by a key of the pack."""
    for name in FILES:
        file = folder / name
        if not file.is_file():
            yield f"{name} is missing"
        elif sha256(file.read_bytes()) != manifest["files"].get(name):
            yield f"{name} is not the file that was issued"
    if (manifest["tenantId"], manifest["timesheetId"]) != (evidence["tenantId"], evidence["timesheet"]["id"]):
        yield "manifest.json is that of another pack"
    keys = {key["number"]: key["publicKey"] for key in evidence["keys"]}
    public = keys.get(manifest["keyNumber"])
    if keys and (public is None or not is_signed(public, manifest["signature"], without(manifest, "signature"))):
        yield "manifest.json is not signed by a key of the pack: the list of files was changed, or a key was"


def waiting(evidence: Json) -> Iterator[str]:
    """What is not sealed yet."""
    numbers = [str(statement["sequence"]) for statement in evidence["statements"] if not statement["proof"]]
    if numbers:
        yield f"{counted(len(numbers), 'statement')}, which is to say {', '.join(numbers)}"
    if not evidence["keys"]:
        yield "the list of files, as nothing of this organisation is sealed"


def counted(number: int, what: str) -> str:
    """How many of something, in words."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def told(evidence: Json, record: Record) -> Iterator[str]:
    """Who certified what and who decided, from the statements."""
    sheet, verbs = evidence["timesheet"], {"Submit": "certified", "Approve": "approved", "Reject": "rejected"}
    yield f"Timesheet {sheet['id']}, {sheet['periodStart']} to {sheet['periodEnd']}, of {record.name(sheet['staffId'])}"
    totals = {each["submission"]: total(evidence, each["content"]) for each in evidence["contents"]}
    acts = sorted(record.of_type("Submit", "Approve", "Reject"), key=lambda body: record.at(body["id"]) or "")
    for body in acts:
        about = record.informing(body["id"]) & totals.keys()
        line = f"{record.at(body['id'])}  {record.who(body['id'])} {verbs[body['type']]}"
        hours = totals.get(body["id"]) or next((totals[each] for each in about), None)
        yield line + (f" {hours} h" if hours else " (it takes an approval back)") + why(body)


def why(body: Json) -> str:
    """The reason and the digest that go with an act."""
    said = body["attributes"]
    reason = f", because: {said['reason']}" if "reason" in said else ""
    return f"{reason}; content {said['digest'][:16]}…" if "digest" in said else reason


def total(evidence: Json, content: Json) -> str:
    """The hours of a content that count as time worked, by the types of the organisation."""
    minutes = 0
    for entry in content["entries"]:
        if evidence["types"].get(entry["timePeriodTypeId"], {}).get("countsAsWorked"):
            lasted = datetime.fromisoformat(entry["endTime"]) - datetime.fromisoformat(entry["startTime"])
            minutes += lasted // timedelta(minutes=1) - entry["mealBreakMinutes"]
    return f"{(minutes * 5 + 1) // 3 // 100}.{(minutes * 5 + 1) // 3 % 100:02}"


def verify(folder: Path, trusted: list[str]) -> tuple[list[str], list[str], list[str]]:
    """What is wrong with a pack, what waits for a seal, and what there is to tell."""
    try:
        read = {
            name: json.loads((folder / name).read_bytes()) for name in ("manifest.json", "evidence.json", "prov.json")
        }
    except (OSError, ValueError) as unread:
        return [f"the pack cannot be read: {unread}"], [], []
    manifest, evidence, prov = read.values()
    try:
        record = Record.of(evidence)
        wrong = [
            *wrong_files(folder, manifest, evidence),
            *wrong_keys(evidence, manifest, trusted),
            *wrong_seals(evidence),
            *wrong_statements(evidence),
            *wrong_contents(evidence, record),
            *wrong_prov(evidence, record, prov),
        ]
        return wrong, list(waiting(evidence)), list(told(evidence, record)) + summed(evidence)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        return [f"the pack is not of this form: {broken!r}"], [], []


def summed(evidence: Json) -> list[str]:
    """How much was looked at, and the keys to compare."""
    sealed = sum(bool(each["proof"]) for each in evidence["statements"])
    statements, seals = (
        counted(len(evidence["statements"]), "statement"),
        counted(len(evidence["seals"]), "signed seal"),
    )
    lines = [f"{sealed} of {statements} are covered by {seals}."]
    return lines + [f"Key {key['number']}: {key['publicKey']}" for key in evidence["keys"]]


def main() -> int:
    """Say what is wrong, what is not sealed yet, or that all of it holds."""
    parser = argparse.ArgumentParser(description="Verify an evidence pack.")
    parser.add_argument("folder", nargs="?", default=Path(__file__).parent, type=Path)
    key = "a public key that you know from elsewhere, hexadecimal; may be repeated"
    parser.add_argument("--key", action="append", default=[], type=str.lower, help=key)
    asked = parser.parse_args()
    wrong, waits, lines = verify(asked.folder, asked.key)
    for each in wrong:
        print(f"WRONG: {each}")
    if wrong:
        return IS_WRONG
    for each in (*lines, *(f"NOT SEALED YET: {each}" for each in waits)):
        print(each)
    if waits:
        print("Nothing is wrong, but not all of it is sealed. Take the pack again in a minute.")
        return WAITS
    print(
        "All of it holds." if asked.key else "All of it holds, if that key is the one that the organisation publishes."
    )
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
