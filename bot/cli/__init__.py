"""The shell: start, stop, and the operator's commands.

Exit codes: 0 fine, 1 failed (one clear line on stderr), 2 usage or settings.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, NoReturn, TypeVar

import typer

T = TypeVar("T")

app = typer.Typer(
    name="walltime-bot",
    help="The Slack bot that tells HPC people how many core-hours they have used, and warns them in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Secret keys.", no_args_is_help=True)
database = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(database, name="db")

# Commands import what they need when they run: `--help` answers at once.


@app.command()
def run() -> None:
    """Run the bot: Socket Mode when SLACK_APP_TOKEN is set, else HTTP mode."""
    from bot.cli.run import run as run_bot
    from bot.wiring.settings import read_settings

    _run(run_bot(read_settings(os.environ)))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page listens; 0 takes a free port.")] = 8765,
    *,
    link_page: Annotated[
        bool, typer.Option(help="Tokens go by the one-time page, as with a public URL.")
    ] = False,
    install: Annotated[
        bool, typer.Option(help="More workspaces, and an organisation, that may install the app.")
    ] = False,
) -> None:
    """Try the bot in the browser: a simulated cluster, a Slack look-alike, no account needed."""
    from bot.cli.demo import demo as run_demo

    _run(run_demo(port, link_page=link_page, install=install))


@app.command()
def doctor() -> None:
    """Check settings, Slack, database, keys and clusters, one line each; exit 1 if one fails."""
    from bot.cli.doctor import examine
    from bot.wiring.settings import read_settings

    if not _run(examine(read_settings(os.environ))):
        raise typer.Exit(1)


@app.command()
def manifest() -> None:
    """Print the Slack app manifest for this configuration."""
    from bot.cli.manifest import manifest_text
    from bot.wiring.settings import read_settings

    typer.echo(manifest_text(read_settings(os.environ, to_run=False)), nl=False)


Workspace = Annotated[str, typer.Option(help="The workspace's id in Slack, such as T0123ABCD.")]
SlackUser = Annotated[str, typer.Option(help="The person's id in Slack, such as U0123ABCD.")]


@app.command()
def export(workspace: Workspace, person: SlackUser) -> None:
    """Print all that is stored of one person, as JSON."""
    from bot.cli.people import export as export_person
    from bot.domain.people import Person
    from bot.wiring.settings import read_settings

    whom = Person(workspace=workspace, user=person)
    _run(export_person(read_settings(os.environ, to_run=False), whom))


@app.command()
def forget(
    workspace: Workspace,
    person: SlackUser,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase all that is stored of one person."""
    from bot.cli.people import forget as forget_person
    from bot.domain.people import Person
    from bot.wiring.settings import read_settings

    if not yes and not sys.stdin.isatty():
        _fail(2, "nobody can be asked here: add --yes to erase for good")
    whom = Person(workspace=workspace, user=person)
    if not _run(forget_person(read_settings(os.environ, to_run=False), whom, yes=yes)):
        _fail(1, "nothing was erased")


@keys.command("generate")
def keys_generate() -> None:
    """Print a new key for WALLTIME_SECRET_KEYS."""
    from bot.store.vault import new_key

    typer.echo(new_key())


@keys.command("rotate")
def keys_rotate() -> None:
    """Seal every secret again with the first key; exit 1 if one does not open."""
    from bot.cli.keys import rotate
    from bot.wiring.settings import read_settings

    if not _run(rotate(read_settings(os.environ, to_run=False))):
        raise typer.Exit(1)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the database's schema to this version's."""
    from bot.cli.database import upgrade
    from bot.wiring.settings import read_settings

    _run(upgrade(read_settings(os.environ, to_run=False)))


@database.command("copy")
def database_copy(
    to: Annotated[
        str, typer.Option(help="The other database: postgresql://USER@HOST/DATABASE or sqlite:///PATH.")
    ],
) -> None:
    """Copy everything to another database, checked; cut off, it goes on where it was. Exit 1 if not done."""
    from bot.cli.copying import copy
    from bot.wiring.settings import read_settings

    if not _run(copy(read_settings(os.environ, to_run=False), to)):
        raise typer.Exit(1)


def main() -> NoReturn:
    """Run the command line; a failure is one clear line, never a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from bot.wiring.settings import SettingsFaulty

        if isinstance(error, SettingsFaulty):
            _fail(2, *error.faults)
        if os.environ.get("WALLTIME_LOG_LEVEL", "").lower() == "debug":
            raise
        from bot.domain.secret import mask_secrets

        text = mask_secrets(str(error)).splitlines()
        _fail(1, f"{type(error).__name__}: {text[0] if text else 'failed'}")
    sys.exit(0)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _fail(code: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"walltime-bot: {line}", err=True)
    sys.exit(code)
