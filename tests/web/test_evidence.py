"""What proves a timesheet elsewhere: its record as PROV, the evidence pack with its verifier, and the receipt."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from prov.model import ProvDocument
from sqlalchemy import Engine

from models.database import command_transaction, read_session
from models.messages import SheetKey
from models.reads.record.story import story_of
from models.rules.digest import canonical_json
from models.rules.periods import Period
from models.rules.transitions import CommandKind, State
from models.store.changes import GivenBy
from models.store.sealing import keys_from, public_bytes, rotate_key, seal
from models.store.summaries import SummaryAsked, summarise
from models.tables.provenance import LedgerStatement
from models.tables.seals import Seal
from tests.desk import Life
from tests.factories import MONDAY, Organisation, give_role, make_organisation, worked
from tests.projects import DOGS, lead, work
from tests.web.conftest import SECRET, Site, page_of
from tests.web.documents import pdf_words

KEYS = keys_from(SECRET)
NAMES = {
    "README.txt",
    "evidence.json",
    "manifest.json",
    "prov.json",
    "prov.provn",
    "public-key.txt",
    "sheet.pdf",
    "verify.py",
}


def seal_all(site: Site, org: Organisation) -> None:
    with command_transaction(site.engine, org.tenant_id) as session:
        seal(session, org.tenant_id, KEYS)


def address(key: SheetKey, what: str = "evidence.zip") -> str:
    return f"/timesheets/{key.timesheet_id}/{what}"


async def told(site: Site, org: Organisation) -> SheetKey:
    """Duane's week: sent back, revised, and approved in Roland's place, with quotes and stars in its words."""
    life = Life(site.desk, org)

    def live() -> None:
        washing = worked(
            "09:00", "17:00", project_id=org.projects[DOGS], task='wash "O\'Neil\\"\n山😀', meal_break_minutes=30
        )
        recorded = life.desk.do(life.duane.record(washing))
        assert recorded.entry_id
        life.submit()
        life.reject("Wrong day.")
        life.revise("Misremembered which day.")
        explained = life.because(life.duane, "Misremembered which day.")
        life.desk.do(explained.amend(recorded.entry_id, 1, worked("09:00", "16:30", task="washing dog")))
        life.submit()
        suzanne = life.suzanne_for(org.roland, "Roland is away.")
        life.desk.do(suzanne.approve(life.desk.digest(life.key)))

    await asyncio.to_thread(live)
    return life.key


@dataclass(frozen=True)
class Pack:
    """A pack in a folder, and the verifier as an outsider runs it."""

    folder: Path
    libraries: Path

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_bytes())

    def write(self, name: str, value: Any) -> None:
        (self.folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    def verified(self, *arguments: str) -> tuple[int, str]:
        """What the verifier ends with and says, where there is nothing but `cryptography`."""
        environment = {"PYTHONPATH": str(self.libraries), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-S", "verify.py", *arguments]
        run = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert not run.stderr, run.stderr
        return run.returncode, run.stdout

    def issued_again(self) -> None:
        """The list of files made to fit what was changed, as whoever changed them would; they cannot sign it."""
        manifest = self.json("manifest.json")
        manifest["files"] = {name: sha256((self.folder / name).read_bytes()).hexdigest() for name in manifest["files"]}
        self.write("manifest.json", manifest)


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    """A place with `cryptography` and what it is made of, and nothing else."""
    place = tmp_path / "libraries"
    place.mkdir()
    for name in ("cryptography", "_cffi_backend"):
        found = importlib.util.find_spec(name)
        assert found
        assert found.origin
        origin = Path(found.origin)
        what = origin.parent if origin.name == "__init__.py" else origin
        (place / what.name).symlink_to(what)
    return place


@pytest.fixture
def unpack(tmp_path: Path, libraries: Path) -> Callable[[bytes], Pack]:
    def made(content: bytes) -> Pack:
        folder = tmp_path / uuid4().hex
        with ZipFile(BytesIO(content)) as packed:
            packed.extractall(folder)
        return Pack(folder, libraries)

    return made


@pytest.fixture(scope="module")
async def issued(site: Site, owner_engine: Engine) -> tuple[Organisation, bytes]:
    """The pack of a week that everything happened to, under two seals and two keys."""
    org = make_organisation(owner_engine)
    key = await told(site, org)
    seal_all(site, org)
    with command_transaction(site.engine, org.tenant_id) as session:
        rotate_key(session, org.tenant_id, KEYS)
    await asyncio.to_thread(Life(site.desk, org).revise, "And the minute.")
    seal_all(site, org)
    answer = await site.browser(org, org.duane).get(address(key))
    assert answer.status_code == 200, answer.text
    return org, answer.content


@pytest.fixture
def pack(issued: tuple[Organisation, bytes], unpack: Callable[[bytes], Pack]) -> Pack:
    """A copy of it, to be tampered with."""
    return unpack(issued[1])


class TestProv:
    """The record as PROV-JSON and PROV-N."""

    async def test_both_read_back_as_the_same_document(self, site: Site, org: Organisation) -> None:
        key = await told(site, org)
        browser = site.browser(org, org.duane)

        as_json, as_notation = [(await browser.get(address(key, f"prov.{form}"))).text for form in ("json", "provn")]

        first = ProvDocument.deserialize(content=as_json, format="json")
        second = ProvDocument.deserialize(content=as_notation, format="provn", profile="strict")
        assert first == second
        assert ProvDocument.deserialize(content=first.serialize(format="json"), format="json") == first
        assert len(list(first.get_records())) > 30

    async def test_everything_that_is_recorded_is_in_it(self, site: Site, org: Organisation) -> None:
        key = await told(site, org)
        found = json.loads((await site.browser(org, org.duane).get(address(key, "prov.json"))).text)
        with read_session(site.engine, org.tenant_id) as session:
            story = story_of(session, key.timesheet_id)

        told_of = [
            record
            for part, records in found.items()
            if part != "prefix"
            for each in records.values()
            for record in (each if isinstance(each, list) else [each])
        ]
        assert {(each["countersign:sequence"]["$"], each["countersign:digest"]) for each in told_of} == {
            (str(said.sequence), said.digest) for said in story
        }
        (behalf,) = found["actedOnBehalfOf"].values()
        assert behalf["prov:role"] == {"$": "countersign:ADMINISTRATOR", "type": "xsd:QName"}
        assert {each["prov:role"]["$"] for each in found["wasAssociatedWith"].values()} == {
            "countersign:WORKER",
            "countersign:SUPERVISOR",
        }
        suzanne = site.staff_id(org, org.suzanne)
        assert behalf["countersign:recordedBy"] == suzanne
        assert suzanne not in behalf["prov:delegate"], "what is no letter or digit is escaped"
        assert {"prov:startTime", "prov:endTime"} <= found["activity"][_activity(found, "Timesheet")].keys()

    async def test_of_a_summary_too(self, site: Site, org: Organisation, owner_engine: Engine) -> None:
        summary = await asyncio.to_thread(_summary, site, org, owner_engine)
        browser = site.browser(org, org.alex)
        await browser.get(f"/projects/{DOGS}/summary/{summary}/prov.json")  # that he looked is recorded, once

        as_json, as_notation = [
            (await browser.get(f"/projects/{DOGS}/summary/{summary}/prov.{form}")).text for form in ("json", "provn")
        ]

        found = ProvDocument.deserialize(content=as_json, format="json")
        assert found == ProvDocument.deserialize(content=as_notation, format="provn")
        activities = json.loads(as_json)["activity"].values()
        assert sorted(each["prov:type"]["$"] for each in activities) == [
            "countersign:Summary",
            "countersign:View",
            *["countersign:Work"] * 5,
        ]
        stranger = await site.browser(org, org.max).get(f"/projects/{DOGS}/summary/{summary}/prov.json")
        elsewhere = await browser.get(f"/projects/proj-576B/summary/{summary}/prov.json")
        assert (stranger.status_code, elsewhere.status_code) == (404, 404)


class TestPack:
    """The pack, and what its verifier says of it."""

    async def test_nothing_is_signed_with_a_key_that_nobody_published(self, site: Site, org: Organisation) -> None:
        key = await told(site, org)
        with command_transaction(site.engine, org.tenant_id) as session:
            seal(session, org.tenant_id, keys_from("the secret of before"))

        answer = await site.browser(org, org.duane).get(address(key))

        assert answer.status_code == 409
        assert "seal key 1" in page_of(answer, 409).text

    async def test_an_outsider_verifies_it(self, site: Site, issued: tuple[Organisation, bytes], pack: Pack) -> None:
        org = issued[0]
        key = public_bytes(KEYS(org.tenant_id, 1)).hex()

        code, said = pack.verified("--key", key)

        assert code == 0, said
        assert "All of it holds." in said
        duane, roland, suzanne = (site.staff_id(org, who) for who in (org.duane, org.roland, org.suzanne))
        assert f"Duane Barry ({duane}) as WORKER certified 7.50 h" in said
        assert f"Roland Fuller ({roland}) as SUPERVISOR rejected 7.50 h, because: Wrong day.;" in said
        on_behalf = f"Suzanne Modeski ({suzanne}) as ADMINISTRATOR on behalf of Roland Fuller ({roland}) as SUPERVISOR"
        assert f"{on_behalf} approved 7.50 h" in said
        assert f"Key 1: {key}" in said
        assert pack.folder.joinpath("public-key.txt").read_text().startswith(f"1 {key}\n")

    async def test_whoever_knows_another_key_is_told(self, pack: Pack) -> None:
        code, said = pack.verified("--key", "00" * 32)

        assert code == 1
        assert "WRONG: key 1, which something here is signed with, is none that you trust\n" in said
        assert "WRONG: no key that you trust is in the pack\n" in said

    async def test_a_key_that_was_made_up_does_not_become_true_by_introducing_the_true_one(
        self, issued: tuple[Organisation, bytes], pack: Pack
    ) -> None:
        true, made_up = KEYS(issued[0].tenant_id, 1), keys_from("another")(UUID(int=1), 1)
        evidence = pack.json("evidence.json")
        introduced = {
            "tenantId": evidence["tenantId"],
            "keyNumber": 2,
            "publicKey": public_bytes(true).hex(),
        }
        evidence["keys"] = [
            {"number": 1, "publicKey": public_bytes(made_up).hex(), "signature": None},
            {
                "number": 2,
                "publicKey": introduced["publicKey"],
                "signature": made_up.sign(canonical_json(introduced)).hex(),
            },
        ]
        for each in evidence["seals"]:
            each["keyNumber"] = 1
            del each["signature"]
            each["signature"] = made_up.sign(canonical_json(each)).hex()
        pack.write("evidence.json", evidence)
        pack.issued_again()
        manifest = pack.json("manifest.json") | {"keyNumber": 1}
        del manifest["signature"]
        pack.write("manifest.json", manifest | {"signature": made_up.sign(canonical_json(manifest)).hex()})

        assert pack.verified()[0] == 0, "nobody said which keys to trust"
        code, said = pack.verified("--key", introduced["publicKey"])
        assert (code, said) == (1, "WRONG: key 1, which something here is signed with, is none that you trust\n")

    async def test_a_key_that_nobody_introduced_has_to_be_trusted_by_name(
        self, issued: tuple[Organisation, bytes], pack: Pack
    ) -> None:
        evidence = pack.json("evidence.json")
        evidence["keys"][1]["signature"] = None
        pack.write("evidence.json", evidence)
        keys = [public_bytes(KEYS(issued[0].tenant_id, number)).hex() for number in (1, 2)]

        not_introduced = "key 2 was not introduced by key 1"
        assert not_introduced in pack.verified()[1]
        assert not_introduced in pack.verified("--key", keys[0])[1]
        assert not_introduced not in pack.verified("--key", keys[0], "--key", keys[1].upper())[1]

    async def test_the_same_state_gives_the_same_bytes(self, site: Site, org: Organisation) -> None:
        key = await told(site, org)
        seal_all(site, org)
        first = (await site.browser(org, org.duane).get(address(key))).content
        await site.bring_to(org, State.APPROVED, org.max)
        seal_all(site, org)

        assert (await site.browser(org, org.duane).get(address(key))).content == first
        with ZipFile(BytesIO(first)) as packed:
            assert {entry.filename for entry in packed.infolist()} == NAMES

    async def test_what_no_seal_covers_yet_is_said(
        self, site: Site, org: Organisation, unpack: Callable[[bytes], Pack]
    ) -> None:
        key = await site.bring_to(org, State.DRAFT)
        browser = site.browser(org, org.duane)
        before = unpack((await browser.get(address(key))).content)
        seal_all(site, org)
        await asyncio.to_thread(Life(site.desk, org).submit)
        partly = unpack((await browser.get(address(key))).content)

        code, said = before.verified()
        assert code == 2, said
        assert "NOT SEALED YET: the list of files" in said
        code, said = partly.verified()
        assert code == 2, said
        waiting = [each["sequence"] for each in partly.json("evidence.json")["statements"] if each["proof"] is None]
        assert waiting
        assert f"NOT SEALED YET: {len(waiting)} statements, which is to say {', '.join(map(str, waiting))}" in said

    async def test_nothing_is_written_by_taking_it(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)
        before = (site.rows(org, LedgerStatement), site.rows(org, Seal))

        await site.browser(org, org.duane).get(address(key))

        after = (site.rows(org, LedgerStatement), site.rows(org, Seal))
        assert [len(each) for each in after] == [len(each) for each in before]

    async def test_paper_and_record_agree(self, pack: Pack) -> None:
        evidence = pack.json("evidence.json")
        paper = pdf_words((pack.folder / "sheet.pdf").read_bytes())

        for content in evidence["contents"]:
            assert content["digest"] in paper
        for words in (
            "Certified by Duane Barry",
            "Rejected by Roland Fuller, supervisor",
            "Approved by Suzanne Modeski on behalf of Roland Fuller, administrator",
            "Wrong day.",
            "Roland is away.",
            "I certify that this is true.",
            "By seal 1, at position",
        ):
            assert words in paper
        assert (pack.folder / "prov.provn").read_text().startswith("document\n")

    async def test_only_who_may_see_the_timesheet_gets_anything(
        self, site: Site, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        other = make_organisation(owner_engine)

        for what in ("evidence.zip", "prov.json", "prov.provn", "receipt", "receipt.pdf"):
            for who in (org.duane, org.roland, org.suzanne, org.diana):
                assert (await site.browser(org, who).get(address(key, what))).status_code == 200, what
            strangers = [(org, org.max), (org, org.alex)] + [(other, who) for who in other.people.values()]
            for stranger in strangers:
                assert (await site.browser(*stranger).get(address(key, what))).status_code == 404, what


Tamper = Callable[[dict[str, Any]], object]


def statement(evidence: dict[str, Any], type_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in evidence["statements"] if f'"type":"{type_}"' in each["said"])
    return found


def say_otherwise(evidence: dict[str, Any]) -> None:
    said = statement(evidence, "Reject")
    said["said"] = said["said"].replace("Wrong day.", "Right day.")


def say_otherwise_with_a_digest(evidence: dict[str, Any]) -> None:
    say_otherwise(evidence)
    said = statement(evidence, "Reject")
    said["digest"] = sha256(said["said"].encode()).hexdigest()


def record_earlier(evidence: dict[str, Any]) -> None:
    statement(evidence, "Approve")["recordedAt"] = "2020-01-01T00:00:00.000000+00:00"


def turn_a_node(evidence: dict[str, Any]) -> None:
    path = statement(evidence, "Approve")["proof"]["path"]
    path[0] = "00" * 32


def move_it(evidence: dict[str, Any]) -> None:
    statement(evidence, "Approve")["proof"]["position"] += 1


def other_root(evidence: dict[str, Any]) -> None:
    evidence["seals"][0]["root"] = "00" * 32


def other_signature(evidence: dict[str, Any]) -> None:
    evidence["seals"][0]["signature"] = evidence["seals"][1]["signature"]


def other_key(evidence: dict[str, Any]) -> None:
    evidence["keys"][0]["publicKey"] = public_bytes(keys_from("another")(UUID(int=1), 1)).hex()


def reorder(evidence: dict[str, Any]) -> None:
    evidence["statements"][3:5] = reversed(evidence["statements"][3:5])


def drop(evidence: dict[str, Any]) -> None:
    evidence["statements"].remove(statement(evidence, "Reject"))


def certify_more(evidence: dict[str, Any]) -> None:
    evidence["contents"][0]["content"]["entries"][0]["mealBreakMinutes"] = 0


def certify_more_with_a_digest(evidence: dict[str, Any]) -> None:
    certify_more(evidence)
    content = evidence["contents"][0]
    said = json.dumps(content["content"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    content["digest"] = sha256(said).hexdigest()


def certify_another(evidence: dict[str, Any]) -> None:
    evidence["contents"][0]["content"]["entries"].clear()


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "what a statement says": (say_otherwise, "what it says does not have its digest"),
    "its digest as well": (say_otherwise_with_a_digest, "is not covered by seal 1"),
    "when it was recorded": (record_earlier, "is not covered by seal 1"),
    "a node of a proof": (turn_a_node, "is not covered by seal 1"),
    "a position": (move_it, "is not covered by seal 1"),
    "the root of a seal": (other_root, "seal 1 is not signed by key 1"),
    "the signature of a seal": (other_signature, "seal 1 is not signed by key 1"),
    "a key": (other_key, "seal 1 is not signed by key 1"),
    "the order": (reorder, "it does not come after statement"),
    "a statement that is gone": (drop, "and no statement does"),
    "a content": (certify_more, "it does not have its digest"),
    "a content with its digest": (certify_more_with_a_digest, "the record has another digest"),
    "a content without entries": (certify_another, "it does not have its digest"),
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_whatever_is_changed_is_named(pack: Pack, what: str) -> None:
    tamper, named = TAMPERED[what]
    evidence = pack.json("evidence.json")
    tamper(evidence)
    pack.write("evidence.json", evidence)
    pack.issued_again()

    code, said = pack.verified()

    assert code == 1, said
    assert named in said
    assert "manifest.json is not signed by a key of the pack" in said


@pytest.mark.parametrize("name", sorted(NAMES - {"manifest.json", "evidence.json", "prov.json"}))
async def test_a_file_that_is_changed_is_named(pack: Pack, name: str) -> None:
    with (pack.folder / name).open("ab") as file:
        file.write(b"#\n")

    code, said = pack.verified()

    assert (code, said) == (1, f"WRONG: {name} is not the file that was issued\n")


async def test_a_file_that_is_gone_is_named(pack: Pack) -> None:
    (pack.folder / "sheet.pdf").unlink()

    assert pack.verified() == (1, "WRONG: sheet.pdf is missing\n")


async def test_another_story_in_the_prov_is_named(pack: Pack) -> None:
    prov = pack.json("prov.json")
    name = next(iter(prov["wasAssociatedWith"]))
    prov["wasAssociatedWith"][name]["prov:role"]["$"] = "countersign:PROJECT_LEAD"
    prov["used"]["statement:0"] = {}
    pack.write("prov.json", prov)
    pack.issued_again()

    code, said = pack.verified()

    assert code == 1
    assert f"prov.json says otherwise than the statements of wasAssociatedWith {name}" in said
    assert "prov.json says used statement:0, and no statement does" in said


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b"null"])
@pytest.mark.parametrize("name", ["evidence.json", "manifest.json", "prov.json"])
async def test_what_is_no_pack_is_said_to_be_none(pack: Pack, name: str, content: bytes) -> None:
    (pack.folder / name).write_bytes(content)

    code, said = pack.verified()

    assert code == 1
    assert said.startswith("WRONG: ")


class TestReceipt:
    """What the worker keeps of an approval."""

    async def test_it_says_who_approved_what_and_where_that_is_sealed(self, site: Site, org: Organisation) -> None:
        key = await told(site, org)
        browser = site.browser(org, org.duane)

        waiting = await browser.page(address(key, "receipt"))
        seal_all(site, org)
        page = await browser.page(address(key, "receipt"))
        paper = pdf_words((await browser.get(address(key, "receipt.pdf"))).content)

        assert "Not yet: the record is sealed every minute." in waiting.main.text
        root = site.rows(org, Seal)[0].root.hex()
        for shown in (page.main.text, paper):
            assert "7.50" in shown
            assert "Suzanne Modeski on behalf of Roland Fuller" in shown
            assert site.digest(key) in shown
            assert "By seal 1 at position" in shown
            assert root in shown
            assert public_bytes(KEYS(org.tenant_id, 1)).hex() in shown

    @pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.REJECTED])
    async def test_there_is_none_without_an_approval(self, site: Site, org: Organisation, state: State) -> None:
        key = await site.bring_to(org, state)
        browser = site.browser(org, org.duane)

        for what in ("receipt", "receipt.pdf"):
            assert (await browser.get(address(key, what))).status_code == 404

    async def test_one_that_was_taken_back_is_no_approval(self, site: Site, org: Organisation) -> None:
        key = await site.bring_to(org, State.APPROVED)
        life = Life(site.desk, org)
        take_back = life.because(life.roland, "Too soon.").move(CommandKind.TAKE_BACK)
        await asyncio.to_thread(life.desk.do, take_back)
        browser = site.browser(org, org.duane)

        assert (await browser.get(address(key, "receipt"))).status_code == 404
        await asyncio.to_thread(life.approve)
        page = await browser.page(address(key, "receipt"))
        assert page.main.text.count("Approved by") == 1


def _activity(found: dict[str, Any], type_: str) -> str:
    typed: dict[str, str] = {name: each["prov:type"]["$"] for name, each in found["activity"].items()}
    return next(name for name, its in typed.items() if its == f"countersign:{type_}")


def _summary(site: Site, org: Organisation, owner_engine: Engine) -> UUID:
    lead(owner_engine, org, DOGS, org.alex)
    give_role(owner_engine, org, org.alex, "project_lead")
    times = [(f"{hour:02}:00", f"{hour + 1:02}:00", MONDAY) for hour in range(9, 14)]
    work(site.desk, org, org.duane, times)
    with command_transaction(site.engine, org.tenant_id) as session:
        given = GivenBy(org.tenant_id, org.alex, uuid4())
        return summarise(session, given, SummaryAsked(org.projects[DOGS], Period(MONDAY, MONDAY))).id
