"""The command table: what was asked, what came of it, and that it came of it once."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import case, func, literal_column, null, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.commands import Asked, body_from_json
from models.database import WriteSession
from models.errors import KeyReused, Withdrawn
from models.messages import CommandOutcome, CommandRef, SheetKey
from models.rules.transitions import CommandKind
from models.tables.timesheet import Command

_OUTCOME = TypeAdapter(CommandOutcome)


@dataclass(frozen=True, slots=True)
class Known:
    """A command as stored, with its outcome if it was carried out."""

    asked: Asked
    outcome: CommandOutcome | None
    withdrawn: bool


def ask(session: WriteSession, asked: Asked) -> CommandOutcome | None:
    """Note what is asked, and return the outcome if it was carried out before.

    Asking again after a withdrawal counts as asking anew. Raises `KeyReused` when the id was used for
    something else.
    """
    # Losing this row in a crash is harmless: the command is then refused as unknown, and nothing was saved.
    session.execute(text("SET LOCAL synchronous_commit = off"))
    return note(session, asked)


def note(session: WriteSession, asked: Asked) -> CommandOutcome | None:
    """`ask` in a transaction that also carries the command out, and so must not be lost."""
    row = session.execute(_ask(asked)).one()
    if row.content_hash != asked.content_hash:
        raise KeyReused("This form was already sent with other content. Reload the page and try again.")
    return None if row.result is None else _OUTCOME.validate_python(row.result | {"repeated": True})


def find(session: WriteSession, ref: CommandRef) -> Known:
    """The command behind a reference. Raises `Withdrawn` when there is none (any more)."""
    row = session.get(Command, (ref.key.tenant_id, ref.command_id))
    if row is None or row.timesheet_id != ref.key.timesheet_id or row.kind != ref.kind:
        raise Withdrawn("Nothing was saved: this request is not known any more. Please send it again.")
    outcome = None if row.result is None else _OUTCOME.validate_python(row.result | {"repeated": True})
    return Known(_asked(row, ref.key), outcome, row.withdrawn_at is not None)


def remembered(session: Session, key: SheetKey, command_id: UUID, actor_id: UUID) -> Asked | None:
    """What somebody asked of a timesheet before by this id; None when nobody did, or somebody else.

    Whoever finds out anew what a form means would find something else once it was carried out.
    """
    row = session.get(Command, (key.tenant_id, command_id))
    same = row is not None and (row.timesheet_id, row.actor_id) == (key.timesheet_id, actor_id)
    return _asked(row, key) if row is not None and same else None


def complete(session: WriteSession, outcome: CommandOutcome, put_before_id: UUID | None = None) -> None:
    """Store the outcome, and who is asked whether it is right: the last statement of the command's transaction.

    Raises `Withdrawn` when the asker has been told meanwhile that nothing was saved.
    """
    done = session.execute(
        update(Command)
        .where(Command.id == outcome.command_id, Command.withdrawn_at.is_(None), Command.completed_at.is_(None))
        .values(
            completed_at=func.now(),
            result=_OUTCOME.dump_python(outcome, mode="json"),
            put_before_id=put_before_id,
        )
        .returning(Command.id)
        .execution_options(synchronize_session=False)
    )
    if done.first() is None:
        raise Withdrawn("Nothing was saved: the request was given up before it could be carried out.")


def withdraw(session: WriteSession, command_id: UUID) -> CommandOutcome | None:
    """See to it that a command is not carried out any more; its outcome if it already was.

    Waits for a transaction that is just carrying it out, so that the answer is final either way.
    """
    session.execute(
        update(Command)
        .where(Command.id == command_id, Command.completed_at.is_(None))
        .values(withdrawn_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return outcome_of(session, command_id)


def outcome_of(session: WriteSession, command_id: UUID) -> CommandOutcome | None:
    """What came of a command; None when it was not carried out."""
    result = session.scalar(select(Command.result).where(Command.id == command_id))
    return None if result is None else _OUTCOME.validate_python(result)


def is_done(session: Session, tenant_id: UUID, command_id: UUID) -> bool:
    """Whether a command was carried out: then whoever asks again gets the same answer."""
    done = (Command.tenant_id == tenant_id, Command.id == command_id, Command.result.is_not(None))
    return session.scalar(select(Command.id).where(*done)) is not None


def _ask(asked: Asked):  # type: ignore[no-untyped-def]  # an Insert with a RETURNING clause has no short type
    new = insert(Command).values(
        tenant_id=asked.key.tenant_id,
        id=asked.id,
        kind=asked.kind.value,
        timesheet_id=asked.key.timesheet_id,
        owner_id=asked.owner_id,
        period_start=asked.period_start,
        actor_id=asked.actor_id,
        on_behalf_of_id=asked.on_behalf_of_id,
        reason=asked.reason,
        body=asked.body_json,
        content_hash=asked.content_hash,
    )
    same = Command.content_hash == asked.content_hash
    return new.on_conflict_do_update(
        index_elements=[Command.tenant_id, Command.id],
        set_={"withdrawn_at": case((same, null()), else_=literal_column("command.withdrawn_at"))},
    ).returning(Command.content_hash, Command.result)


def _asked(row: Command, key: SheetKey) -> Asked:
    kind = CommandKind(row.kind)
    return Asked(
        id=row.id,
        kind=kind,
        key=key,
        owner_id=row.owner_id,
        period_start=row.period_start,
        actor_id=row.actor_id,
        body=body_from_json(kind, row.body),
        on_behalf_of_id=row.on_behalf_of_id,
        reason=row.reason,
    )
