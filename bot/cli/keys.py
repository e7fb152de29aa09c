"""`walltime-bot keys rotate`."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import typer

from bot.cli.database import opened
from bot.store.rotation import Condition, Found, Rotation
from bot.store.rotation import rotate as rotate_secrets
from bot.store.vault import KeyRing
from bot.wiring.keys import KEY_FILE, ring_at_hand
from bot.wiring.settings import Settings

_MOST_NAMED: Final = 20


class CannotRotate(Exception):
    """There is nothing to rotate with; the text says what to do."""


async def rotate(settings: Settings) -> bool:
    """Seal every secret with the first key, and say how it went; False if it is not done."""
    ring = _ring(settings)
    async with opened(settings) as database:
        done = await rotate_secrets(database, ring)
    for line in _report(done, ring):
        typer.echo(line)
    return done.settled and not done.unopened


def _ring(settings: Settings) -> KeyRing:
    """Return the ring that is there: a key made now would open nothing."""
    ring = ring_at_hand(settings.secret_keys, settings.data_dir)
    if ring is None:
        raise CannotRotate(f"there are no keys: set WALLTIME_SECRET_KEYS, or restore {KEY_FILE}")
    return ring


def _report(done: Rotation, ring: KeyRing) -> Iterable[str]:
    first, *others = ring.keys
    yield f"{done.resealed} secret(s) sealed again with {first}; in all {done.newest} are sealed with it"
    for found in done.unopened[:_MOST_NAMED]:
        yield f"does not open: {found.column.name} of {'/'.join(found.row)}: {_why(found)}"
    if (more := len(done.unopened) - _MOST_NAMED) > 0:
        yield f"does not open: {more} more"
    if done.unopened:
        yield (
            f"{len(done.unopened)} secret(s) do not open and were left as they are: put the missing keys "
            "back into the ring and rotate again, or have these people link again"
        )
        lacking = Counter(f.key_id for f in done.unopened if f.condition is Condition.KEYLESS)
        yield from (f"key {key_id} is missing for {count}" for key_id, count in sorted(lacking.items()))
    if not done.settled:
        yield f"a running bot goes on sealing with another key: restart it with {first} first, rotate again"
    elif others and not done.unopened:
        yield f"once every running bot has {first} first in its ring, {', '.join(others)} can be taken out"


def _why(found: Found) -> str:
    if found.condition is Condition.KEYLESS:
        return f"key {found.key_id} is not in the ring"
    return f"{found.condition}"
