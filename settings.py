"""Every setting, from environment variables named COUNTERSIGN_… or from a file `.env`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mail.address import mail_server_at, sender_in

S = TypeVar("S", bound="Settings")
PREFIX = "COUNTERSIGN_"
SECRET_FILE = "secret"  # noqa: S105 - a file name
DEMO_SECRET = "demo-"  # noqa: S105 - the mark of a secret that `countersign up` made, not a secret
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """The settings do not allow a start; the message names each variable and what it needs."""


class Environment(StrEnum):
    """What this installation is for."""

    DEMO = "demo"
    PRODUCTION = "production"


def _postgres_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise ValueError("must look like postgresql://ROLE:PASSWORD@HOST/DATABASE")
    return f"postgresql+psycopg://{rest}"


def _mail_server(value: str) -> str:
    if value:
        mail_server_at(value)
    return value


def _sender(value: str) -> str:
    sender_in(value)
    return value


PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]


class Settings(BaseSettings):
    """All settings of one process. What is not set is taken from the `countersign up` that runs here."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_default=True,
    )

    env: Environment = Field(
        default=Environment.PRODUCTION,
        description="`demo` allows the demo accounts and their known password; `production` refuses them.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description=f"Signs forms and cookies. At least {SHORTEST_SECRET} characters, the same for every "
        "process, such as `python -c 'import secrets; print(secrets.token_urlsafe(48))'` prints. "
        "Required in production; the demo makes its own.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address people reach the pages at. Links in mail start with it, and cookies are "
        "sent over TLS only when it starts with `https`.",
    )
    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default=Path(".countersign"),
        description="Where `countersign up` keeps its databases, logs and secret, relative to the working directory.",
    )
    database_url: PostgresUrl = Field(
        repr=False,
        description="PostgreSQL 16 or later, as the application's role, which owns no table.",
    )
    database_owner_url: PostgresUrl | None = Field(
        default=None,
        repr=False,
        description="The same database as the role that owns it and may create roles. "
        "Only `countersign migrate` uses it.",
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=500, description="Connections that one web process keeps to PostgreSQL."
    )
    live_pages: int = Field(
        default=800,
        ge=1,
        description="Open pages that one web process keeps up to date; each is a connection. Further ones have to be "
        "reloaded to show what others did.",
    )
    temporal_address: str = Field(default="127.0.0.1:7233", description="HOST:PORT of the Temporal cluster.")
    temporal_namespace: str = Field(default="default", description="The namespace of our workflows there.")
    task_queue: str = Field(
        default="countersign",
        description="The queue that the web gives work to and the workers take it from.",
    )
    payload_keys: str = Field(
        default="",
        repr=False,
        description="Encrypts what Temporal stores (AES-GCM): `ID:KEY,ID:KEY`, each key 16, 24 or 32 bytes "
        "in base64. The first encrypts, all of them decrypt. Empty: not encrypted.",
    )
    command_timeout_seconds: float = Field(
        default=8.0,
        gt=0,
        le=60,
        description="How long a page waits for a command. One that is not carried out by then is withdrawn, and the "
        "page says that nothing was saved.",
    )
    broker_url: str = Field(
        default="",
        repr=False,
        description="NATS with JetStream, such as `nats://USER:PASSWORD@HOST:4222`: workers take events about planned "
        "shifts from it. Empty: they come by HTTP only.",
    )
    smtp_url: Annotated[str, AfterValidator(_mail_server)] = Field(
        default="",
        repr=False,
        description="The server that takes our mail: `smtp://USER:PASSWORD@HOST:587`, or `smtps://…:465` for TLS from "
        "the first byte. `?starttls=required` (the default with a password), `auto` or `off`. Empty: no mail is sent.",
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field(
        default="Countersign <countersign@localhost>",
        description="Who our mail comes from: an address that the server at `COUNTERSIGN_SMTP_URL` takes.",
    )
    worker_metrics_address: str = Field(
        default="", description="HOST:PORT where a worker serves its metrics. Empty: it does not."
    )

    @property
    def production(self) -> bool:
        """Whether real people's time is at stake here."""
        return self.env is Environment.PRODUCTION

    @model_validator(mode="before")
    @classmethod
    def _take_the_demo_secret(cls, values: dict[str, Any]) -> dict[str, Any]:
        given = {name: values.get(name) or cls.model_fields[name].default for name in ("env", "data_dir")}
        if given["env"] != Environment.DEMO or values.get("secret_key"):
            return values
        data_dir = Path(given["data_dir"])
        return {**values, "secret_key": cls.demo_secret(data_dir)}

    @classmethod
    def demo_secret(cls, data_dir: Path) -> str:
        """The secret that `countersign up` left in its data directory; empty when it has not run there."""
        stored = data_dir / SECRET_FILE
        return stored.read_text().strip() if stored.exists() else ""

    @model_validator(mode="after")
    def _refuse_a_weak_secret(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if not secret:
            raise ValueError(f"{PREFIX}SECRET_KEY is not set")
        if self.production and secret.startswith(DEMO_SECRET):
            raise ValueError(f"{PREFIX}SECRET_KEY is the demo's: production needs its own")
        if self.production and len(secret) < SHORTEST_SECRET:
            raise ValueError(f"{PREFIX}SECRET_KEY is too short: it needs {SHORTEST_SECRET} characters")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, _RunningServers(settings_cls)


class _RunningServers(PydanticBaseSettingsSource):
    """What leads to the servers of a `countersign up` that runs on the same data directory."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False  # asked for by the base class; we answer for all fields at once, below

    def __call__(self) -> dict[str, Any]:
        from supervisor.state import running_settings  # only this source needs it

        data_dir = self.current_state.get("data_dir") or Settings.model_fields["data_dir"].default
        return dict(running_settings(Path(data_dir)))


@functools.lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Raises SettingsError."""
    return load(Settings)


def load(kind: type[S], values: Mapping[str, Any] | None = None) -> S:
    """Reads settings; `values` win over the environment. Raises SettingsError."""
    try:
        return kind(**(values or {}))
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(dict(each)) for each in error.errors())) from None


def variable(field_name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field_name.upper()


def _explain(error: Mapping[str, Any]) -> str:
    words = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return f"{words}."
    name = variable(str(error["loc"][0]))
    return f"{name} is not set." if error["type"] == "missing" else f"{name}: {words}."
