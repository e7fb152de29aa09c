"""Nothing token-shaped leaves by the logs, whichever way it comes in."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import stamina.instrumentation
import structlog

from bot.domain.secret import MASK, Secret
from bot.wiring.logs import set_up_logs
from tests.unit.kit import ACCESS_KEY, JWT, SECRET_KEY, table

CANARIES = (
    JWT,
    JWT[:30],
    ACCESS_KEY,
    SECRET_KEY,
    "xoxb-1234567890-canary",
    "xapp-1-A0WALLTIME-1-canary",
)
LOUD = logging.getLogger("tests.loud")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Undo what setting up changes for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured, hooks = structlog.get_config(), stamina.instrumentation.get_on_retry_hooks()
    levels = {name: logging.getLogger(name).level for name in ("httpx", "slack_bolt", "sqlalchemy")}
    yield
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.configure(**configured)
    structlog.contextvars.clear_contextvars()
    stamina.instrumentation.set_on_retry_hooks(hooks)


def ours() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("tests.ours")
    return logger


def raised(text: str) -> Exception:
    """An error with a history."""
    error = ValueError(f"outer\n{text}\n")
    error.add_note(f"note {text}")
    try:
        int(text)
    except ValueError as inner:
        error.__cause__ = inner
    return error


def by_exception(text: str) -> None:
    try:
        raise raised(text)
    except ValueError:
        ours().exception("here")


def by_library_exception(text: str) -> None:
    try:
        raise raised(text)
    except ValueError:
        LOUD.exception("here")


def by_context(text: str) -> None:
    with structlog.contextvars.bound_contextvars(request=f"here {text}"):
        ours().info("here")


class Shows:
    """A thing whose repr shows what it holds."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Shows({self.text!r})"


@pytest.mark.parametrize("style", ["json", "console"])
@table(
    "way",
    {
        "the event": (lambda text: ours().info(f"here {text}"),),
        "a value": (lambda text: ours().debug("here", value=text),),
        "a value over two lines": (lambda text: ours().debug("here", value=f"key:\n{text}\tend"),),
        "a value behind Chinese": (lambda text: ours().debug("here", value=f"密钥{text}"),),
        "a value deep inside": (lambda text: ours().info("here", value={"a": [{"b": f"x\n{text}"}]}),),
        "a value's repr": (lambda text: ours().info("here", value=Shows(text)),),
        "bytes": (lambda text: ours().info("here", value=text.encode()),),
        "a Secret": (lambda text: ours().info("here", value=Secret(text)),),
        "a Secret deep inside": (lambda text: ours().info("here", value=[{"b": Secret(text)}]),),
        "bound to a logger": (lambda text: ours().bind(token=text).info("here"),),
        "bound to the context": (by_context,),
        "an exception given": (lambda text: ours().error("here", exc_info=raised(text)),),
        "an exception under way": (by_exception,),
        "a library's line": (lambda text: LOUD.debug(f"here {text}"),),
        "a library's arguments": (lambda text: LOUD.info("here %s %r", text, {"token": text}),),
        "a library's exception": (by_library_exception,),
        "a library's exception given": (lambda text: LOUD.error("here", exc_info=raised(text)),),
    },
)
def test_nothing_token_shaped_is_logged(
    style: str, way: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(level="debug", style=style)
    for canary in CANARIES:
        way(canary)
        out, err = capsys.readouterr()
        assert out == ""
        assert "here" in err
        assert MASK in err
        assert canary not in err
        assert canary[-16:] not in err
        if style == "json":
            assert {json.loads(line)["event"][:4] for line in err.splitlines()} == {"here"}


@pytest.mark.parametrize("style", ["json", "console"])
def test_what_is_no_secret_stays(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(level="debug", style=style)
    ours().info("cluster asked", cluster="east", seconds=0.25, names=["alice", "bob"], error=raised("plain"))
    err = capsys.readouterr().err
    for word in ("cluster asked", "east", "0.25", "alice", "bob", "tests.ours", "info"):
        assert word in err
    assert MASK not in err


@pytest.mark.parametrize("name", ["httpx", "aiohttp.client", "slack_bolt.App", "slack_sdk.web", "sqlalchemy"])
def test_libraries_that_show_what_passes_through_them_are_quiet(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(level="debug", style="json")
    logging.getLogger(name).debug("all headers and bodies")
    logging.getLogger(name).info("all headers and bodies")
    logging.getLogger(name).warning("trouble")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["trouble"]


@table(
    "level lines",
    {
        "debug": ("debug", ["debug", "info", "warning", "error"]),
        "info": ("info", ["info", "warning", "error"]),
        "warning": ("warning", ["warning", "error"]),
        "error": ("error", ["error"]),
    },
)
def test_the_level_holds_for_us_and_for_libraries(
    level: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(level=level, style="json")
    for name in ("debug", "info", "warning", "error"):
        getattr(ours(), name)("ours")
        getattr(LOUD, name)("theirs")
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in found] == [name for name in lines for _ in range(2)]


def test_without_a_terminal_and_a_wish_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(level="info", style="")
    ours().info("here")
    assert json.loads(capsys.readouterr().err)["event"] == "here"
