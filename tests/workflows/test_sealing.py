"""Seals made by their workflow on a real Temporal with the product's own worker, and begun by upkeep."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, func, update

from embedded import EmbeddedPostgres
from models.database import command_transaction, read_session
from models.messages import LedgerKey
from models.rules.anchors import AnchorContent
from models.store.anchors import replace_anchors
from models.store.changes import GivenBy
from models.store.sealing import Needed, keys_from, needed
from models.tables.seals import Anchor, Seal, SealAnchor
from tests.activities.sealed import seal_some, tell, verified
from tests.factories import Organisation
from tests.office import Office, delivering, settings_of
from tests.receiver import receiving
from upkeep import seal_ledgers
from workflows.sealing import anchoring_workflow_id, sealing_workflow_id
from workflows.starting import start_anchoring, start_sealing


@contextmanager
def heard(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    said: list[str] = []

    def hear(*told: object) -> None:
        said.append(str(told[2]))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


async def sealed_by_workflow(office: Office, org: Organisation) -> None:
    """One run, to its end."""
    await start_sealing(office.client, office.task_queue, LedgerKey(org.tenant_id))
    await office.client.get_workflow_handle(sealing_workflow_id(org.tenant_id)).result()


def seals(engine: Engine, org: Organisation) -> list[Seal]:
    with read_session(engine, org.tenant_id) as session:
        found = session.query(Seal).order_by(Seal.number).all()
        session.expunge_all()
        return found


async def test_a_run_seals_all_there_is_one_seal_after_the_other(
    office: Office, engine: Engine, org: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.store.sealing.AT_ONCE", 2)
    for number in range(5):
        tell(engine, org, f"s-{number}")

    await sealed_by_workflow(office, org)

    assert [each.size for each in seals(engine, org)] == [2, 4, 5]
    assert verified(engine, org).wrong == ()


async def test_begun_several_times_at_once_it_makes_one_seal(office: Office, engine: Engine, org: Organisation) -> None:
    tell(engine, org, "a")

    await asyncio.gather(*(sealed_by_workflow(office, org) for _ in range(4)))

    assert len(seals(engine, org)) == 1


async def test_with_another_secret_nothing_is_sealed_and_the_run_ends(
    office: Office, engine: Engine, org: Organisation
) -> None:
    tell(engine, org, "a")
    assert seal_some(engine, org, keys_from("the secret of before"))
    tell(engine, org, "b")

    await sealed_by_workflow(office, org)

    assert len(seals(engine, org)) == 1


async def test_upkeep_begins_it_where_something_waits_and_asks_little_where_nothing_does(
    office: Office, engine: Engine, org: Organisation, postgres: EmbeddedPostgres
) -> None:
    settings = settings_of(office.task_queue, postgres.app_url())
    tell(engine, org, "a")
    await seal_ledgers(office.client, settings, engine)
    await office.client.get_workflow_handle(sealing_workflow_id(org.tenant_id)).result()
    assert len(seals(engine, org)) == 1

    with heard(engine) as said, read_session(engine, org.tenant_id) as session:
        assert needed(session, org.tenant_id) == Needed(seal=False, anchor=False)
    assert len(said) == 2, "whose rows they are, and one question"


async def test_upkeep_seals_no_sooner_than_is_meant(engine: Engine, owner_engine: Engine, org: Organisation) -> None:
    tell(engine, org, "a")
    assert seal_some(engine, org)
    tell(engine, org, "b")
    with read_session(engine, org.tenant_id) as session:
        assert not needed(session, org.tenant_id).seal
    with owner_engine.begin() as connection:
        connection.execute(
            update(Seal).where(Seal.tenant_id == org.tenant_id).values(sealed_at=func.now() - timedelta(minutes=1))
        )
    with read_session(engine, org.tenant_id) as session:
        assert needed(session, org.tenant_id).seal


def anchored_at(engine: Engine, org: Organisation, file: str | None, url: str | None = None, version: int = 0) -> None:
    given = GivenBy(org.tenant_id, org.suzanne, uuid4())
    with command_transaction(engine, org.tenant_id) as session:
        replace_anchors(session, given, version, AnchorContent(file, url), demo=True)


async def anchored_by_workflow(office: Office, org: Organisation) -> None:
    await start_anchoring(office.client, office.task_queue, LedgerKey(org.tenant_id))
    await office.client.get_workflow_handle(anchoring_workflow_id(org.tenant_id)).result()


def tries(engine: Engine, org: Organisation) -> list[SealAnchor]:
    with read_session(engine, org.tenant_id) as session:
        found = session.query(SealAnchor).order_by(SealAnchor.id).all()
        session.expunge_all()
        return found


async def test_each_seal_is_left_in_a_file_and_at_an_address_once(
    office: Office, engine: Engine, org: Organisation, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with receiving() as receiver:
        anchored_at(engine, org, "seals.jsonl", receiver.url)
        async with delivering(office.client, office.task_queue, postgres.app_url(), tmp_path):
            for number in range(3):
                tell(engine, org, f"s-{number}")
                assert seal_some(engine, org)
                await anchored_by_workflow(office, org)
            await anchored_by_workflow(office, org)
        posted = [json.loads(each.body) for each in receiver.posted]

    written = (tmp_path / "anchors" / str(org.tenant_id) / "seals.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == posted
    assert [each["number"] for each in posted] == [1, 2, 3]
    assert [each["signature"] for each in posted] == [each.signature.hex() for each in seals(engine, org)]
    assert [(each.kind, each.number, each.error) for each in tries(engine, org)] == [
        (kind, number, None) for number in (1, 2, 3) for kind in ("file", "url")
    ]


async def test_an_address_that_takes_nothing_is_tried_again_later_and_holds_up_neither_seals_nor_the_file(
    office: Office,
    engine: Engine,
    owner_engine: Engine,
    org: Organisation,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
) -> None:
    with receiving() as receiver:
        receiver.always = 500
        anchored_at(engine, org, "seals.jsonl", receiver.url)
        async with delivering(office.client, office.task_queue, postgres.app_url(), tmp_path):
            for name in ("a", "b"):
                tell(engine, org, name)
                assert seal_some(engine, org)
                await anchored_by_workflow(office, org)
            assert len(receiver.posted) == 1, "the next try is not due yet"
            receiver.always = 204
            with owner_engine.begin() as connection:
                connection.execute(
                    update(Anchor).where(Anchor.tenant_id == org.tenant_id).values(next_try_at=func.now())
                )
            await anchored_by_workflow(office, org)

    assert [json.loads(each.body)["number"] for each in receiver.posted] == [1, 1, 2]
    failed = [each for each in tries(engine, org) if each.error]
    assert [(each.kind, each.number, each.status, each.error) for each in failed] == [
        ("url", 1, 500, "It answered 500.")
    ]
    with read_session(engine, org.tenant_id) as session:
        assert {(each.kind, each.anchored_to, each.failures) for each in session.query(Anchor)} == {
            ("file", 2, 0),
            ("url", 2, 0),
        }


async def test_a_file_that_cannot_be_written_says_why(
    office: Office, engine: Engine, org: Organisation, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder = tmp_path / "anchors" / str(org.tenant_id)
    folder.mkdir(parents=True)
    (folder / "seals.jsonl").symlink_to(elsewhere)
    anchored_at(engine, org, "seals.jsonl")
    tell(engine, org, "a")
    assert seal_some(engine, org)
    async with delivering(office.client, office.task_queue, postgres.app_url(), tmp_path):
        await anchored_by_workflow(office, org)

    (tried,) = tries(engine, org)
    assert tried.error is not None
    assert tried.error.startswith("The file cannot be written: ")
    assert not elsewhere.exists()
