"""Which part of the code may import which: the architecture's table, and every import held against it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

OURS = (
    "activities",
    "models",
    "web",
    "workflows",
    "supervisor",
    "worker",
    "settings",
    "embedded",
    "processes",
    "observability",
    "countersign",
    "upkeep",
    "listening",
    "loading",
    "giving",
    "mail",
    "accruals",
    "ledger",
    "doctor",
    "demo",
    "bench",
    "tests",
)
"""What is written here; everything else comes from the standard library or from a package."""

# Room → what its files may import of ours, and which packages. The first room that holds a file counts.
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "models/rules": (("models.rules",), ()),
    "models/messages.py": (("models.rules",), ()),
    "models/errors.py": (("models.rules",), ()),
    "models/standard.py": (("models.rules",), ()),
    "models/payloads.py": ((), ("temporalio", "cryptography")),
    "models/commands.py": (("models.rules", "models.messages", "models.errors"), ("pydantic",)),
    "models/tables": (("models.rules", "models.tables"), ("sqlalchemy",)),
    "models/database.py": (("models.tables",), ("sqlalchemy", "psycopg")),
    "models/migrate.py": (("models.retention", "models.tables"), ("sqlalchemy", "alembic")),
    "models/migrations": (("models.tables",), ("sqlalchemy", "alembic")),
    "models/calendars.py": (("models.rules",), ("holidays",)),
    "models/verifying/ledger_check.py": (("models",), ("cryptography",)),
    "models/store/agent_keys.py": (("models.rules",), ("cryptography",)),
    "models/store/sealing.py": (("models",), ("sqlalchemy", "cryptography")),
    "models/store/tree.py": (("models.tables",), ("sqlalchemy", "pymerkle")),
    "models": (("models",), ("sqlalchemy", "pydantic")),
    "activities/names.py": ((), ()),
    "activities/posting.py": (("models", "activities"), ("httpx2", "standardwebhooks")),
    "mail/address.py": ((), ()),
    "mail": (("models.rules", "models.messages", "mail"), ("aiosmtplib", "jinja2")),
    "activities": (("models", "activities", "mail"), ("sqlalchemy", "temporalio", "structlog")),
    "workflows": (
        (
            "models.rules",
            "models.messages",
            "models.errors",
            "activities.names",
            "activities.failures",
            "workflows",
        ),
        ("temporalio",),
    ),
    # Of the activities only how a refusal is recognised on its way back through Temporal.
    "web": (
        (
            "models",
            "workflows",
            "activities.failures",
            "web",
            "settings",
            "observability",
            "countersign",
            "listening",
            "giving",
        ),
        None,
    ),
    "giving.py": (
        ("models", "workflows.timesheet", "workflows.options", "activities.failures"),
        ("temporalio", "sqlalchemy", "structlog", "anyio"),
    ),
    "worker.py": (("models", "mail", "activities", "workflows", "settings", "observability", "upkeep", "giving"), None),
    "upkeep.py": (("models", "workflows", "activities.waking", "settings", "listening"), None),
    "listening.py": (("models.store.signals",), ("psycopg", "structlog")),
    "accruals.py": (("models", "workflows.starting", "settings"), None),
    "ledger.py": (("models", "accruals", "settings"), None),
    "supervisor": (("supervisor", "settings", "embedded", "processes"), None),
    "settings.py": (("supervisor.state", "mail.address"), None),
    "embedded.py": (("processes",), None),
    "processes.py": ((), None),
    "observability.py": ((), None),
    "loading.py": ((), None),
}


@dataclass(frozen=True)
class Import:
    """One import statement's module, where it stands."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def _sources() -> list[Path]:
    rooms = ("models", "mail", "activities", "workflows", "web", "supervisor")
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return sorted([*found, *ROOT.glob("*.py")])


def _imports(path: Path) -> Iterator[Import]:
    file = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno} imports relatively"
            # `from models import errors` imports models.errors; whether a name is a module, the tree says.
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (ROOT / f"{whole.replace('.', '/')}.py").exists() or (
                    ROOT / whole.replace(".", "/")
                ).is_dir()
                yield Import(file, node.lineno, whole if is_module else str(node.module))


ALL_IMPORTS = [found for path in _sources() for found in _imports(path)]


def _within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def _room_of(file: str) -> str | None:
    return next((room for room in ROOMS if file == room or file.startswith(f"{room}/")), None)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    ours, packages = ROOMS[room]
    breaches = [
        str(found)
        for found in ALL_IMPORTS
        if _room_of(found.file) == room
        and not (
            _is_standard(found.module)
            or (_within(found.module, OURS) and _within(found.module, ours))
            or (not _within(found.module, OURS) and (packages is None or _within(found.module, packages)))
        )
    ]

    assert breaches == []


def test_nobody_imports_the_web_but_the_command_line() -> None:
    breaches = [
        str(found)
        for found in ALL_IMPORTS
        if _within(found.module, ("web",)) and not found.file.startswith(("web/", "countersign.py", "demo.py"))
    ]

    assert breaches == []


def test_activities_and_models_never_import_workflows() -> None:
    breaches = [
        str(found)
        for found in ALL_IMPORTS
        if _within(found.module, ("workflows",)) and found.file.startswith(("activities/", "models/"))
    ]

    assert breaches == []


def test_no_product_code_imports_the_tests() -> None:
    assert [str(found) for found in ALL_IMPORTS if _within(found.module, ("tests", "bench"))] == []


def test_packages_are_empty_so_that_importing_a_rule_loads_nothing_else() -> None:
    empty = ("models", "activities", "workflows")
    inits = [path for room in empty for path in (ROOT / room).rglob("__init__.py")]

    assert [path.relative_to(ROOT).as_posix() for path in inits if path.read_text().strip()] == []


TRANSACTIONS = {
    "begin",
    "begin_nested",
    "commit",
    "rollback",
    "connect",
    "raw_connection",
    "sessionmaker",
    "Session",
}
"""What opens or ends a transaction or a connection, called as a method or by name."""

OPENING = ("models/database.py", "models/migrate.py", "models/migrations/")
"""The only place that commits; and the owner's migrations, which are no commands."""

NOT_OURS_TO_COMMIT = (
    "supervisor/",
    "embedded.py",
    "processes.py",
    "worker.py",
    "countersign.py",
    "doctor.py",
    "accruals.py",
    "listening.py",
    "mail/",
    "web/app.py",
)
"""Connect to other things by the same word: sockets, Temporal, embedded servers as their superuser."""

PROBES = ("web/health.py",)
"""Ask the database whether it answers, and nothing else."""


def test_only_the_database_module_opens_and_commits_transactions() -> None:
    breaches = [
        f"{path.relative_to(ROOT)}:{call.lineno} calls {name}"
        for path in _sources()
        if not path.relative_to(ROOT).as_posix().startswith((*OPENING, *NOT_OURS_TO_COMMIT, *PROBES))
        for call, name in _calls(path)
        if name in TRANSACTIONS
    ]

    assert breaches == []


def _calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    yield node, name


CLOCKS = {
    "now",
    "utcnow",
    "today",
    "monotonic",
    "perf_counter",
    "time_ns",
    "uuid4",
    "uuid1",
    "random",
    "getenv",
}


def test_a_rule_reads_no_clock_no_dice_and_no_file() -> None:
    breaches = [
        f"{path.relative_to(ROOT)}:{call.lineno} calls {name}"
        for path in (ROOT / "models/rules").glob("*.py")
        for call, name in _calls(path)
        if name in CLOCKS | {"open", "print", "input"}
    ]

    assert breaches == []


def test_states_are_compared_in_the_table_of_transitions_and_where_they_are_named_only() -> None:
    """`sheet.state == "approved"` somewhere else is a second table: ask the transitions instead."""
    literal = {"draft", "submitted", "approved", "rejected", "locked"}
    breaches = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("activities", "workflows")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in literal
    ]

    assert breaches == []
