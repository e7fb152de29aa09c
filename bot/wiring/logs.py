"""Logs: one line an event, console or JSON, on stderr; nothing token-shaped leaves this room."""

import logging
import sys
from typing import Any, Final

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, Processor

from bot.domain.secret import Secret, mask_secrets

# At DEBUG these print what passes through them: headers, bodies, SQL parameters.
_QUIET: Final = (
    "aiohttp", "aiosqlite", "alembic", "apscheduler", "asyncio", "httpcore", "httpx",
    "slack_bolt", "slack_sdk", "sqlalchemy", "urllib3",
)  # fmt: skip


def set_up_logs(*, level: str, style: str) -> None:
    """Send our own and every library's log lines through the same mask. `style`: console, json or ""."""
    on_terminal = sys.stderr.isatty()
    renderer: Processor
    if (style or ("console" if on_terminal else "json")) == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=on_terminal, exception_formatter=structlog.dev.plain_traceback
        )
        last: list[Processor] = [mask, renderer]
    else:
        # Tracebacks become text before the mask: in JSON a newline is "\\n", and hides where a word begins.
        last = [structlog.processors.format_exc_info, mask, structlog.processors.JSONRenderer()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, mask_line],
        )
    )
    # It answers a malformed request with 400, and logs it with a traceback and the request's bytes.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Each failed try of a silent cluster is no news; the outcome is logged where it is known.
    stamina.instrumentation.set_on_retry_hooks([])


def mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace everything token-shaped in an event's values."""
    return {key: _masked(value) for key, value in event.items()}


def mask_line(_logger: Any, _method: str, line: Any) -> Any:
    """Replace what the mask over the values could not see: a traceback's text."""
    return mask_secrets(line) if isinstance(line, str) else line


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_secrets(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | set | frozenset):
        return [_masked(item) for item in value]
    if isinstance(value, tuple):  # the console's `exc_info` is one, and must stay one
        return tuple(_masked(item) for item in value)
    return repr(value) if isinstance(value, Secret) else value
