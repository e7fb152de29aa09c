"""`walltime-bot db copy --to URL`."""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Final

import typer
from sqlalchemy.exc import DBAPIError

from bot.cli.database import opened
from bot.store.copying import CannotCopy, Checked, Copy, Progress
from bot.store.engine import Database
from bot.wiring.settings import Settings, SettingsFaulty, check_database_url

_SAID_EVERY_S: Final = 5.0


async def copy(settings: Settings, to: str) -> bool:
    """Copy everything to another database and say how it went; False if that is not done.

    Raises SettingsFaulty for an address that is none, CannotCopy for a target that is not for this copy.
    """
    try:
        check_database_url(to)
    except ValueError as error:
        raise SettingsFaulty([f"--to {error}"]) from None
    if to == settings.database_url:
        raise CannotCopy("the target is the configured database itself")
    async with opened(settings) as source:
        target = Database(to)
        try:
            checked, seconds = await _copied(Copy(source=source, target=target))
        finally:
            await target.close()
    for line in _report(checked, seconds):
        typer.echo(line)
    return all(each.copied == each.target == each.source for each in checked)


async def _copied(copying: Copy) -> tuple[Sequence[Checked], float]:
    """Copy and check, with a line now and then."""
    await copying.prepare()
    begun = said = monotonic()
    kept = 0
    table = ""
    try:
        async for progress in copying.run():
            if progress.table != table:
                table, kept = progress.table, kept + progress.kept
            if monotonic() - said > _SAID_EVERY_S or progress.rows == progress.total > 0:
                typer.echo(_line(progress))
                said = monotonic()
    except DBAPIError as error:
        # Its text would have the row's values.
        why = type(error.orig).__name__
        raise CannotCopy(f"{table} cannot be written to the target ({why}): its log says more") from error
    seconds = monotonic() - begun
    if kept:
        typer.echo(f"{kept:,} row(s) were there from an earlier run")
    typer.echo("reading both again, to compare")
    return await copying.check(), seconds


def _line(progress: Progress) -> str:
    return f"{progress.table}: {progress.rows:,} of {progress.total:,}"


def _report(checked: Sequence[Checked], seconds: float) -> Iterable[str]:
    yield f"{'table':<16} {'rows':>12}  {'checksum':<16}  "
    for each in checked:
        yield f"{each.table:<16} {each.copied.rows:>12,}  {each.copied.checksum}  {_verdict(each)}"
    rows = sum(each.copied.rows for each in checked)
    yield f"{rows:,} rows in {seconds:,.1f} s"
    if any(each.copied != each.target for each in checked):
        yield "the target does not have what was copied: run the same command again"
    elif any(each.copied != each.source for each in checked):
        yield "the source was written to meanwhile: stop every bot on it, and run the same command again"
    else:
        yield "done: set WALLTIME_DATABASE_URL to the new database, and start the bot with the same keys"


def _verdict(each: Checked) -> str:
    if each.copied != each.target:
        return "DIFFERS in the target"
    return "same" if each.copied == each.source else "CHANGED in the source"
