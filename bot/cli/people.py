"""`walltime-bot export` and `walltime-bot forget`: one person's data shown, and erased."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import typer

from bot.cli.database import opened
from bot.domain.people import Person
from bot.store.engine import Database
from bot.store.export import export as export_person
from bot.store.forgetting import forget as forget_person
from bot.store.forgetting import stored
from bot.store.workspaces import SqlWorkspaces
from bot.wiring.settings import Settings

_MOST_NAMED: Final = 10
_IDS: Final = "people are named by their ids in Slack, such as U0123ABCD (their profile, ⋮, Copy member ID)"
# The tables in the operator's words.
_WORDS: Final = {"people": "person", "team_members": "teams", "polls": "polling", "places": "refusals"}


class PersonNotFound(Exception):
    """Nothing is stored of this person; the text says what to look at."""


async def export(settings: Settings, person: Person) -> None:
    """Print all that is stored of a person; raises PersonNotFound."""
    async with opened(settings) as database:
        found = await export_person(database, person, now=datetime.now(UTC))
        if found is None:
            raise await _not_found(database, person)
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


async def forget(settings: Settings, person: Person, *, yes: bool) -> bool:
    """Erase all that is stored of a person, once that is confirmed; False if it is not.

    Raises PersonNotFound.
    """
    async with opened(settings) as database:
        own, named = await stored(database, person)
        if not (own or named):
            raise await _not_found(database, person)
        typer.echo(f"{person.user} in {person.workspace}: {_counted(own)}")
        if named:
            typer.echo(f"{named} row(s) of others name them: these stay, as those of someone who left")
        if not yes and not typer.confirm("Erase it for good?"):
            return False
        await forget_person(database, person, now=datetime.now(UTC))
    typer.echo(
        "erased. Their tokens may still be valid on the clusters, and what was posted in Slack stands there"
    )
    return True


def _counted(own: Mapping[str, int]) -> str:
    counts = (f"{count} {_WORDS.get(name, name.replace('_', ' '))}" for name, count in own.items())
    return ", ".join(counts) or "nothing of their own"


async def _not_found(database: Database, person: Person) -> PersonNotFound:
    served = await SqlWorkspaces(database).served()
    if person.workspace in served:
        return PersonNotFound(f"nothing is stored of {person.user} in {person.workspace}: {_IDS}")
    some = ", ".join(served[:_MOST_NAMED]) + (", …" if len(served) > _MOST_NAMED else "")
    return PersonNotFound(f"there is no workspace {person.workspace} here; there is {some or 'none yet'}")
