"""`countersign accruals`: balances checked and rebuilt by whoever runs the installation."""

import asyncio
import os
import pty
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from temporalio.client import Client
from typer.testing import CliRunner, Result

import countersign
from activities.commands import SheetActivities
from embedded import EmbeddedPostgres, EmbeddedTemporal
from models.database import command_transaction, engine_for
from models.migrate import migrate
from models.rules.accrual_types import AccrualCode
from models.rules.supposed import Supposed, TargetForAll
from models.store import rebuilds
from models.store.changes import GivenBy
from models.store.rebuilds import RebuildState
from models.tables.accruals import AccrualRebuild, AccrualRebuildBatch
from settings import Settings, load
from tests.desk import Desk, Life
from tests.factories import MONDAY, change_person, make_organisation
from tests.office import rebuilding, working
from tests.standing import command, environment, in_time
from tests.waiting import eventually, eventually_async

DATABASE = "accruals"
AUCKLAND = "Pacific/Auckland"

Run = Callable[..., Coroutine[None, None, Result]]


@pytest.fixture(scope="module")
def settings(
    postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings on a database in which only these tests make organisations."""
    postgres.create_database(DATABASE)
    migrate(postgres.owner_url(DATABASE), postgres.app_url(DATABASE))
    given = {"env": "demo", "secret_key": "of these tests alone, and long enough", "task_queue": f"queue-{uuid4()}"}
    places = {"database_url": postgres.app_url(DATABASE), "data_dir": tmp_path_factory.mktemp("accruals")}
    return load(Settings, given | places | {"temporal_address": temporal.address})


@pytest.fixture(scope="module")
def owner(postgres: EmbeddedPostgres, settings: Settings) -> Iterator[Engine]:
    engine = create_engine(postgres.admin_url(DATABASE))
    yield engine
    engine.dispose()


@pytest.fixture
def only(owner: Engine, settings: Settings) -> Life:
    """Duane has worked a night in the one organisation there is."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE tenant CASCADE"))
    return _night(owner, settings)


@pytest.fixture
async def worker(client: Client, settings: Settings) -> AsyncIterator[None]:
    """What carries rebuilds out."""
    given = client, settings.task_queue, settings.database_url
    async with working(*given), rebuilding(*given):
        yield


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `countersign accruals` with these arguments, beside the worker."""
    monkeypatch.setattr(countersign, "get_settings", lambda: settings)
    return lambda *arguments: asyncio.to_thread(CliRunner().invoke, countersign.app, ["accruals", *arguments])


def _night(owner: Engine, settings: Settings) -> Life:
    engine = engine_for(settings.database_url)
    life = Life(Desk(engine, SheetActivities(engine), owner), make_organisation(owner))
    life.record("22:00", "30:00")
    return life


def _break(life: Life) -> None:
    """Somebody writes to the tables behind the back of the product."""
    with life.desk.owner_engine.begin() as connection:
        broken = "UPDATE accrual SET balance = balance + 1 WHERE tenant_id = :tenant AND accrual_code = 'NIGHT_HOURS'"
        connection.execute(text(broken), {"tenant": life.org.tenant_id})


def _staff_id(life: Life, name: str) -> str:
    with life.desk.owner_engine.connect() as connection:
        asked = {"id": life.org.people[name]}
        return str(connection.scalar(text("SELECT staff_id FROM person WHERE id = :id"), asked))


def _variables(settings: Settings) -> dict[str, str]:
    return environment() | {
        "COUNTERSIGN_ENV": "demo",
        "COUNTERSIGN_SECRET_KEY": settings.secret_key.get_secret_value(),
        "COUNTERSIGN_DATABASE_URL": settings.database_url,
        "COUNTERSIGN_TEMPORAL_ADDRESS": settings.temporal_address,
        "COUNTERSIGN_TASK_QUEUE": settings.task_queue,
    }


def _refused(result: Result) -> str:
    """What a command said that refused, in one line and without a stack trace."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    said = result.output.strip()
    assert "\n" not in said
    return said


class TestVerify:
    """Every balance held against the recorded time."""

    async def test_where_all_are_right_it_says_so(self, run: Run, only: Life) -> None:
        told = await run("verify")
        assert (told.exit_code, told.stdout) == (0, "All balances of 6 people are right.\n")
        assert told.stderr == f"{only.org.slug}: people checked: 6 of 6 (100 %)\n"

    async def test_everything_that_is_wrong_is_named(self, run: Run, only: Life) -> None:
        _break(only)

        told = await run("verify")
        *found, last = told.stdout.splitlines()
        assert told.exit_code == 1
        assert last == f"{len(found)} findings."
        assert len(found) == 2, "the night ends on the day after"
        for finding in found:
            assert finding.startswith(f"{only.org.slug}: balance of NIGHT_HOURS of person {only.org.duane} on 2026-11-")

    async def test_all_organisations_are_looked_at_or_the_one_that_is_named(
        self, run: Run, only: Life, owner: Engine, settings: Settings
    ) -> None:
        other = _night(owner, settings)
        _break(other)

        assert (await run("verify")).exit_code == 1
        assert (await run("verify", "--tenant", other.org.slug)).exit_code == 1
        told = await run("verify", "--tenant", only.org.slug)
        assert (told.exit_code, told.stdout) == (0, "All balances of 6 people are right.\n")

    async def test_an_organisation_that_is_none_is_refused_in_words(self, run: Run, only: Life) -> None:
        said = _refused(await run("verify", "--tenant", "x"))
        assert said == f"There is no organisation x: use one of {only.org.slug}."

    async def test_who_cannot_be_computed_is_named_and_the_others_are_looked_at(
        self, run: Run, only: Life, owner: Engine
    ) -> None:
        _break(only)
        change_person(owner, only.org.max, time_zone="Atlantis/Centre")

        told = await run("verify")
        lost = f"balances of person {only.org.max} could not be computed (ZoneInfoNotFoundError)"
        assert f"{only.org.slug}: {lost}" in told.stdout.splitlines()
        assert told.stdout.splitlines()[-1] == "3 findings."

    async def test_a_rebuild_that_is_under_way_is_told_of_and_one_that_only_looks_is_not(
        self, run: Run, only: Life
    ) -> None:
        given = [GivenBy(only.org.tenant_id, only.org.suzanne, uuid4()) for _ in range(2)]
        lower = Supposed(TargetForAll(AccrualCode.NIGHT_HOURS, MONDAY, 1))
        with command_transaction(only.desk.engine, only.org.tenant_id) as session:
            rebuilds.ask_rebuild(session, given[0], "Public holidays changed", list(only.org.people.values()))
            rebuilds.ask_rebuild(session, given[1], "A change is looked at", [only.org.duane], lower)

        told = await run("verify")
        first, *rest = told.stdout.splitlines()
        far = "0 of 6 people are done"
        assert first == f"{only.org.slug}: balances are being rebuilt (Public holidays changed): {far}."
        assert rest == ["All balances of 6 people are right."]


@pytest.mark.usefixtures("worker")
class TestRebuild:
    """Balances computed anew by the workers."""

    async def test_everybody_with_an_agreement_is_rebuilt_while_one_watches(self, run: Run, only: Life) -> None:
        _break(only)

        told = await run("rebuild")
        assert (told.exit_code, told.stdout) == (0, "6 people rebuilt; the balances of 1 of them changed.\n")
        assert told.stderr.splitlines()[-1] == "people rebuilt: 6 of 6 (100 %)"
        assert (await run("verify")).exit_code == 0
        (asked,) = only.desk.rows(only.org.tenant_id, AccrualRebuild)
        assert (asked.state, asked.asked_by_id, asked.people_per_second) == ("done", None, None)

    async def test_only_those_who_are_named_are_rebuilt_at_the_rate_that_is_named(self, run: Run, only: Life) -> None:
        named = [_staff_id(only, name) for name in ("Duane Barry", "Max Fenig")]
        told = await run("rebuild", "--person", named[0], "--person", named[1], "--rate", "100")

        assert (told.exit_code, told.stdout) == (0, "2 people rebuilt; the balances of 0 of them changed.\n")
        (batch,) = only.desk.rows(only.org.tenant_id, AccrualRebuildBatch)
        assert set(batch.person_ids) == {only.org.duane, only.org.max}
        (asked,) = only.desk.rows(only.org.tenant_id, AccrualRebuild)
        assert asked.people_per_second == 100

    async def test_who_could_not_be_computed_is_named(self, run: Run, only: Life, owner: Engine) -> None:
        change_person(owner, only.org.max, time_zone="Atlantis/Centre")

        told = await run("rebuild")
        lost = f"{_staff_id(only, 'Max Fenig')}: could not be computed (ZoneInfoNotFoundError)."
        assert told.stdout.splitlines()[-2:] == [lost, "5 people rebuilt; the balances of 0 of them changed."]
        assert told.exit_code == 1

    async def test_on_a_terminal_a_bar_shows_how_far_it_is(self, settings: Settings, only: Life) -> None:
        with _terminal() as (theirs, shown):
            ran = await asyncio.to_thread(
                subprocess.run,
                command("accruals", "rebuild"),
                stdout=subprocess.PIPE,
                stderr=theirs,
                text=True,
                env=_variables(settings) | {"TERM": "xterm", "COLUMNS": "120"},
                cwd=settings.data_dir,
            )
            os.close(theirs)
            bar = shown()
        assert (ran.returncode, ran.stdout) == (0, "6 people rebuilt; the balances of 0 of them changed.\n")
        assert "people rebuilt" in bar
        assert "100%" in bar
        assert "6/6" in bar
        assert "/s" in bar

    async def test_somebody_may_cancel_it_meanwhile(self, run: Run, only: Life) -> None:
        with only.desk.owner_engine.begin() as gate:
            gate.execute(text("SELECT FROM person FOR NO KEY UPDATE"))
            running = asyncio.create_task(run("rebuild"))

            async def is_under_way() -> bool:
                rows = only.desk.rows(only.org.tenant_id, AccrualRebuild)
                return [row.state for row in rows] == [RebuildState.RUNNING]

            await eventually_async(is_under_way, "the rebuild to run")
            (asked,) = only.desk.rows(only.org.tenant_id, AccrualRebuild)
            with command_transaction(only.desk.engine, only.org.tenant_id) as session:
                rebuilds.cancel_rebuild(session, asked.id)

        told = await running
        assert told.exit_code == 1
        assert told.stdout == "It was cancelled: 0 of 6 people are done.\n"


class TestAsked:
    """What is refused, and what goes on although nobody watches or answers."""

    async def test_nobody_unknown_is_rebuilt(self, run: Run, only: Life) -> None:
        named = ("--person", _staff_id(only, "Duane Barry"), "--person", "nobody")
        assert _refused(await run("rebuild", *named)) == "There is no person nobody."
        assert only.desk.rows(only.org.tenant_id, AccrualRebuild) == []

    async def test_where_several_organisations_are_one_is_named(
        self, run: Run, only: Life, owner: Engine, settings: Settings
    ) -> None:
        other = _night(owner, settings)
        slugs = ", ".join(sorted((only.org.slug, other.org.slug)))
        assert _refused(await run("rebuild")) == f"Name the organisation with --tenant: one of {slugs}."
        assert "There is no organisation x" in _refused(await run("rebuild", "--tenant", "x"))
        stranger = ("--person", _staff_id(other, "Duane Barry"), "--tenant", only.org.slug)
        assert "There is no person" in _refused(await run("rebuild", *stranger))

    async def test_a_rate_is_at_least_one_a_second(self, run: Run, only: Life) -> None:
        for rate in ("0", "-1", "x", "0.5"):
            assert (await run("rebuild", "--rate", rate)).exit_code == 2

    def test_interrupted_it_goes_on_and_says_so(self, settings: Settings, only: Life, tmp_path: Path) -> None:
        """Temporal does not answer either: it waits for a worker."""
        away = _variables(settings) | {"COUNTERSIGN_TEMPORAL_ADDRESS": "127.0.0.1:1"}
        said = tmp_path / "said"
        with said.open("wb") as file:
            watching = subprocess.Popen(
                command("accruals", "rebuild"),
                stdout=file,
                stderr=file,
                env=away,
                cwd=settings.data_dir,
                # Who runs the tests in the background has them, and what they start, deaf to this signal.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
            )
            try:
                in_time(lambda: "a worker begins the rebuild" in said.read_text(), "Temporal is away")
                watching.send_signal(signal.SIGINT)
                eventually(lambda: watching.poll() is not None, "the command ends")
            finally:
                watching.kill()
                watching.wait()
        assert watching.returncode == 130
        assert said.read_text().splitlines()[-1] == (
            "The rebuild goes on. `countersign accruals verify` says how far it is."
        )
        assert "Traceback" not in said.read_text()
        (asked,) = only.desk.rows(only.org.tenant_id, AccrualRebuild)
        assert asked.state == RebuildState.WAITING


@contextmanager
def _terminal() -> Iterator[tuple[int, Callable[[], str]]]:
    """A terminal: where a program writes to, and all that it wrote once that is closed."""
    ours, theirs = pty.openpty()

    def shown() -> str:
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:
            pass  # nobody has it open any more
        return seen.decode()

    try:
        yield theirs, shown
    finally:
        os.close(ours)
