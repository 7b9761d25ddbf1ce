"""The command line. Each command imports what it needs when it runs, so that all of them start quickly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from loading import loading
from settings import SettingsError, get_settings, variable

app = typer.Typer(
    help="Countersign: timesheets that are recorded, certified and decided on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _use(data_dir: Path | None) -> Path | None:
    if data_dir is not None:
        os.environ[variable("data_dir")] = str(data_dir.absolute())
    return data_dir


LARGEST_MESSAGE = 64 * 1024
"""Bytes that come at once by WebSocket: a subscription, or who asks for it."""

DataDir = Annotated[
    Path | None,
    typer.Option(callback=_use, help="Data directory of `countersign up`; default: COUNTERSIGN_DATA_DIR."),
]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")]
Port = Annotated[int, typer.Option(min=1, max=65535)]


@app.command()
def up(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = None,
    temporal_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=64535, help="Port of Temporal; its pages are 1000 above. Default: as before, else 7233."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 1,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill in the demo people and weeks.")] = True,
) -> None:
    """Start everything on this machine: PostgreSQL, Temporal, workers and the pages."""
    from supervisor.up import CannotStartError
    from supervisor.up import up as run

    try:
        run(host, port, temporal_port, data_dir, workers, demo)
    except CannotStartError as error:
        raise SystemExit(str(error)) from None


@app.command()
def web(host: Host = "127.0.0.1", port: Port = 8000, data_dir: DataDir = None) -> None:
    """Serve the pages and the API."""
    get_settings()  # refuses in words, where the server would refuse with a stack trace
    with loading():
        import uvicorn

        from web.app import create_app

        application = create_app()
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
        ws_max_size=LARGEST_MESSAGE,
    )


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Carry out commands and deadlines, and take events from the broker; run as many as the machine has cores."""
    with loading():
        from web.intake.broker import listening
        from worker import main as run

    run(beside=listening)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the present form, with the application's role and its rights."""
    with loading():
        from models.migrate import migrate as run

    settings = get_settings()
    if settings.database_owner_url is None:
        raise SettingsError(f"{variable('database_owner_url')} is not set.")
    run(settings.database_owner_url, settings.database_url)


@app.command()
def demo(data_dir: DataDir = None) -> None:
    """Fill in the demo people and weeks; what is there already is left as it is."""
    import asyncio

    from demo.filling import fill

    asyncio.run(fill(get_settings()))


tokens = typer.Typer(help="Bearer tokens for programs.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(tokens, name="token")

Tenant = Annotated[str | None, typer.Option(help="Short name of the organisation; needed where there are several.")]


@tokens.command("create")
def create_token(
    person: Annotated[str, typer.Option(help="Staff id of whom the program acts as.")],
    tenant: Tenant = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good for.")] = 365,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, record, decide, administer or events; may be repeated. Default: all of them."),
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    data_dir: DataDir = None,
) -> None:
    """Print a new token; it is shown this once."""
    from web.auth.token_commands import create

    typer.echo(create(get_settings(), tenant, person, days, scope or [], name))


@tokens.command("list")
def list_tokens(
    person: Annotated[str, typer.Option(help="Staff id.")], tenant: Tenant = None, data_dir: DataDir = None
) -> None:
    """List the tokens of a person; the tokens themselves are not known any more."""
    from web.auth.token_commands import lines

    for line in lines(get_settings(), tenant, person):
        typer.echo(line)


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="The id that `token list` shows.")],
    tenant: Tenant = None,
    data_dir: DataDir = None,
) -> None:
    """End a token at once."""
    from web.auth.token_commands import revoke

    revoke(get_settings(), tenant, token_id)
    typer.echo("Revoked.")


balances = typer.Typer(help="Balances of hours and credits.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(balances, name="accruals")


@balances.command("verify")
def verify_accruals(
    tenant: Annotated[str | None, typer.Option(help="Short name of one organisation. Default: all of them.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Hold all balances against the recorded time: 0 when all are right, else 1 and what is wrong."""
    from accruals import verify

    raise typer.Exit(0 if verify(get_settings(), tenant) else 1)


@balances.command("rebuild")
def rebuild_accruals(
    tenant: Tenant = None,
    person: Annotated[
        list[str] | None,
        typer.Option(help="Staff id; may be repeated. Default: everybody who has an agreement."),
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="People a second, at most. Default: no limit.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Compute balances anew from the recorded time, in the workers; watch until it is done."""
    from accruals import rebuild

    raise typer.Exit(0 if rebuild(get_settings(), tenant, person or [], rate) else 1)


records = typer.Typer(help="The ledger: what was recorded, sealed.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(records, name="ledger")

Organisation = Annotated[str | None, typer.Option("--tenant", help="Short name of one organisation. Default: all.")]


@records.command("verify")
def verify_ledger(
    tenant: Organisation = None,
    export: Annotated[Path | None, typer.Option(help="Verify this export instead of the database.")] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(help="A key that was published, in hexadecimal; may be repeated. Default: those of this secret."),
    ] = None,
    anchors: Annotated[Path | None, typer.Option(help="A file of anchored seals, to hold the seals against.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Verify every statement, seal and key: 0 when all hold, else 1 and the first place where each is wrong."""
    from ledger import verify, verify_file

    if export is not None:
        raise typer.Exit(0 if verify_file(export, public_key or [], anchors) else 1)
    raise typer.Exit(0 if verify(get_settings(), tenant, public_key or [], anchors) else 1)


@records.command("seal")
def seal_ledger(tenant: Organisation = None, data_dir: DataDir = None) -> None:
    """Seal what was recorded since the last seal."""
    from ledger import seal

    raise typer.Exit(0 if seal(get_settings(), tenant) else 1)


@records.command("export")
def export_ledger(
    file: Annotated[Path, typer.Argument(help="A new file; compressed if its name ends in .gz.")],
    tenant: Tenant = None,
    data_dir: DataDir = None,
) -> None:
    """Write all statements of an organisation with its seals and keys, for anybody to verify."""
    from ledger import export

    export(get_settings(), tenant, file)


@records.command("rotate-key")
def rotate_seal_key(
    tenant: Tenant = None,
    former_secret: Annotated[
        Path | None, typer.Option(help="A file with the COUNTERSIGN_SECRET_KEY of before, if it was changed.")
    ] = None,
    lost: Annotated[bool, typer.Option("--lost", help="Nobody has the secret of before: nobody signs for it.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Sign seals with another key from now on; the one before signs for it."""
    from ledger import rotate

    rotate(get_settings(), tenant, former_secret, is_lost=lost)


@records.command("keys")
def list_seal_keys(tenant: Organisation = None, data_dir: DataDir = None) -> None:
    """Print the public keys that seals are signed with, to publish them."""
    from ledger import keys

    keys(get_settings(), tenant)


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Check every invariant: balances, certified content, ledger, commands, deadlines."""
    from doctor import examine

    wrong = list(examine(get_settings()))
    for finding in wrong:
        typer.echo(finding)
    typer.echo(f"{len(wrong)} findings." if wrong else "All invariants hold.")
    raise typer.Exit(1 if wrong else 0)


def main() -> None:
    """The program `countersign`: settings that do not do are a sentence, not a stack trace."""
    try:
        app()
    except SettingsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
