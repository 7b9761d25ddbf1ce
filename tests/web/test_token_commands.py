"""`countersign token`: made, listed and revoked by whoever runs the installation."""

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from typer.testing import CliRunner, Result

import countersign
from embedded import EmbeddedPostgres
from models.database import engine_for
from models.migrate import migrate
from settings import Settings, load
from tests.factories import Organisation, change_person, make_organisation
from tests.standing import command, environment
from web.auth.tokens import FOR_PROGRAMS, Scope, holder_of

TOKEN = re.compile(r"cs_[\w-]{43}")
LINE = re.compile(r"([0-9a-f-]{36})  (until [\d-]{10}|revoked), (never used|used [\d-]{10})  ([\w,]+)  (.+)")
DATABASE = "tokens"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def settings(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on a database in which only these tests make organisations."""
    postgres.create_database(DATABASE)
    migrate(postgres.owner_url(DATABASE), postgres.app_url(DATABASE))
    given = {"env": "demo", "secret_key": "of these tests alone, and long enough", "temporal_address": "127.0.0.1:1"}
    places = {"database_url": postgres.app_url(DATABASE), "data_dir": tmp_path_factory.mktemp("tokens")}
    return load(Settings, given | places)


@pytest.fixture(scope="module")
def owner(postgres: EmbeddedPostgres, settings: Settings) -> Iterator[Engine]:
    engine = create_engine(postgres.admin_url(DATABASE))
    yield engine
    engine.dispose()


@pytest.fixture
def only(owner: Engine) -> Organisation:
    """The one organisation there is."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE tenant CASCADE"))
    return make_organisation(owner)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `countersign token` with these arguments."""
    monkeypatch.setattr(countersign, "get_settings", lambda: settings)
    return lambda *arguments: CliRunner().invoke(countersign.app, ["token", *arguments])


def worker(org: Organisation) -> str:
    """Duane's staff id."""
    return f"{org.slug}-{list(org.people).index('Duane Barry') + 2}"


def done(result: Result) -> str:
    """What a command said that did what it should."""
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result) -> str:
    """What a command said that refused, in one line and without a stack trace."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    said = result.output.strip()
    assert "\n" not in said
    return said


def test_just_the_token_is_printed(settings: Settings, only: Organisation, tmp_path: Path) -> None:
    variables = {
        "COUNTERSIGN_ENV": "demo",
        "COUNTERSIGN_SECRET_KEY": settings.secret_key.get_secret_value(),
        "COUNTERSIGN_DATABASE_URL": settings.database_url,
    }
    create = command("token", "create", "--person", worker(only))

    ran = subprocess.run(
        create, capture_output=True, text=True, check=True, env=environment() | variables, cwd=tmp_path
    )

    assert TOKEN.fullmatch(ran.stdout.removesuffix("\n"))
    assert ran.stderr == ""
    holder = holder_of(engine_for(settings.database_url), ran.stdout.strip())
    assert holder is not None
    assert (holder.person_id, holder.tenant_id) == (only.duane, only.tenant_id)
    assert holder.scopes == frozenset(FOR_PROGRAMS)


def test_a_token_is_for_what_was_asked_and_as_long(
    run: Run, owner: Engine, settings: Settings, only: Organisation
) -> None:
    asked = ("--scope", "read", "--scope", "record", "--days", "30", "--name", "the rota")

    token = done(run("create", "--person", worker(only), *asked)).strip()

    holder = holder_of(engine_for(settings.database_url), token)
    assert holder is not None
    assert holder.scopes == {Scope.READ, Scope.RECORD}
    with owner.connect() as connection:
        (expires_at,) = connection.execute(text("SELECT expires_at FROM api_token")).scalars()
    assert timedelta(days=29, hours=23) < expires_at - datetime.now(UTC) <= timedelta(days=30)


def test_tokens_are_listed_without_themselves_and_revoked_at_once(
    run: Run, settings: Settings, only: Organisation
) -> None:
    kept = done(run("create", "--person", worker(only), "--scope", "read", "--name", "the rota")).strip()
    gone = done(run("create", "--person", worker(only))).strip()
    engine = engine_for(settings.database_url)
    assert holder_of(engine, gone)
    newest, oldest = (LINE.fullmatch(line) for line in done(run("list", "--person", worker(only))).splitlines())
    assert newest
    assert oldest
    assert oldest.groups()[2:] == ("never used", "read", "the rota")
    assert newest[3].startswith("used ")
    assert newest[4].split(",") == sorted(FOR_PROGRAMS)

    assert done(run("revoke", newest[1])) == "Revoked.\n"

    assert holder_of(engine, gone) is None
    assert holder_of(engine, kept)
    listed = done(run("list", "--person", worker(only)))
    assert listed.startswith(f"{newest[1]}  revoked, ")
    assert kept not in listed
    assert done(run("revoke", newest[1])) == "Revoked.\n"


def test_nobody_unknown_gets_a_token(run: Run, owner: Engine, only: Organisation) -> None:
    assert refused(run("create", "--person", "nobody")) == "There is no active person nobody."
    assert refused(run("list", "--person", "nobody")) == "There is no person nobody."
    change_person(owner, only.duane, active=False)
    assert refused(run("create", "--person", worker(only))) == f"There is no active person {worker(only)}."
    assert done(run("list", "--person", worker(only))) == ""


def test_a_token_that_is_none_cannot_be_revoked(run: Run, only: Organisation) -> None:
    for none in ("x", "00000000-0000-0000-0000-000000000001"):
        assert refused(run("revoke", none)) == "There is no such token."


def test_a_scope_is_one_of_those_there_are(run: Run, only: Organisation) -> None:
    said = refused(run("create", "--person", worker(only), "--scope", "everything"))

    assert said == "A scope is one of read, record, decide, administer, events."


def test_a_token_ends_some_day(run: Run, only: Organisation) -> None:
    for days in ("0", "-1", "3651", "x"):
        assert run("create", "--person", worker(only), "--days", days).exit_code == 2


def test_where_several_organisations_are_one_is_named(
    run: Run, settings: Settings, owner: Engine, only: Organisation
) -> None:
    other = make_organisation(owner)
    slugs = ", ".join(sorted((only.slug, other.slug)))
    person = ("--person", worker(other))

    assert refused(run("create", *person)) == f"Name the organisation with --tenant: one of {slugs}."
    assert refused(run("create", *person, "--tenant", "x")) == f"There is no organisation x: use one of {slugs}."
    assert "no active person" in refused(run("create", *person, "--tenant", only.slug))
    token = done(run("create", *person, "--tenant", other.slug)).strip()

    holder = holder_of(engine_for(settings.database_url), token)
    assert holder is not None
    assert holder.tenant_id == other.tenant_id
    token_id = done(run("list", *person, "--tenant", other.slug)).split()[0]
    assert refused(run("revoke", token_id, "--tenant", only.slug)) == "There is no such token."
    assert holder_of(engine_for(settings.database_url), token)
    assert done(run("revoke", token_id, "--tenant", other.slug)) == "Revoked.\n"


def test_the_demo_is_meant_where_none_is_named(run: Run, settings: Settings, owner: Engine, only: Organisation) -> None:
    demo = make_organisation(owner, "demo")

    token = done(run("create", "--person", worker(demo))).strip()

    holder = holder_of(engine_for(settings.database_url), token)
    assert holder is not None
    assert holder.tenant_id == demo.tenant_id


def test_without_an_organisation_there_is_no_token(run: Run, owner: Engine, only: Organisation) -> None:
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE tenant CASCADE"))

    assert "organisation" in refused(run("create", "--person", worker(only)))
