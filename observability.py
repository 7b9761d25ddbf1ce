"""Structured logs: one JSON object a line in production, readable lines in the demo."""

import logging
import re
import sys
from typing import Protocol

import structlog
from structlog.typing import EventDict, WrappedLogger

TOKEN = re.compile(r"cs_[\w-]{20,}")
"""A token of a program or in the address of a calendar: whoever reads it in a log could use it."""


class LogSettings(Protocol):
    """The part of the settings that logs depend on."""

    @property
    def production(self) -> bool:
        """Whether programs rather than people read the log."""


def configure_logs(settings: LogSettings) -> None:
    """Set up logging for this process. Values bound with `structlog.contextvars` (the command id) stand in each
    line written on their behalf."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.production
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_tokens,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("temporalio").setLevel(logging.WARNING)


def hide_tokens(_logger: WrappedLogger, _method: str, said: EventDict) -> EventDict:
    """The same line of the log without any token, as addresses can hold one."""
    return {name: TOKEN.sub("cs_…", value) if isinstance(value, str) else value for name, value in said.items()}
