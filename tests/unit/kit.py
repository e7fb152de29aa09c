"""What all unit tests share: a table of rules, a fixed moment, and values made in one line."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.answers import LinkUsage
from bot.domain.clusters import Cluster
from bot.domain.errors import WalltimeError
from bot.domain.people import Link, Person
from bot.domain.usage import Reading, Usage

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ALICE = Person(workspace="T1", user="U1")

# Made up, each of the shape that the real ones have.
JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJjb21wdXRlVXNlciI6ImFsaWNlIiwiZXhwaXJlVGltZSI6IjE2ODU2MDAyMjU2MTUifQ"
    ".iLCKJ8PnDDK0_SA2NPYm1WozUG8D5ojwFqFhwaJCDc8"
)
ACCESS_KEY = "0123456789abcdef0123456789abcdef"
SECRET_KEY = "89abcdef" * 8
RING_KEY = base64.b64encode(bytes(range(32))).decode()


def table(names: str, rows: Mapping[str, tuple[Any, ...]]) -> pytest.MarkDecorator:
    """Run a test once for each row; the row's key is the rule it stands for."""
    return pytest.mark.parametrize(
        names.split(), [pytest.param(*row, id=rule.replace(" ", "-")) for rule, row in rows.items()]
    )


def token(**claims: object) -> str:
    """Make a token that says this of itself."""
    return ".".join((part({"alg": "HS256", "typ": "JWT"}), part(claims), "c2lnbmF0dXJl"))


def part(value: object) -> str:
    """One part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def wide(text: str) -> str:
    """The same in the full-width letters of a Chinese input method."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def milliseconds(moment: datetime) -> str:
    """A moment as `expireTime` has it."""
    return str(int(moment.timestamp() * 1000))


def east(
    url: str = "https://api.example.edu:65106", *, name: str = "east", label: str = "East", **more: Any
) -> Cluster:
    """A cluster as the settings would give it."""
    return Cluster(name=name, label=label, url=url, timezone=more.pop("timezone", SHANGHAI), **more)


def link(person: Person = ALICE, *, cluster: str = "east", username: str = "alice", **more: Any) -> Link:
    """A link; its `link_id` is made of what it links."""
    return Link(
        person=person,
        cluster=cluster,
        username=username,
        link_id=more.pop("link_id", f"{person.user}-{cluster}-{username}"[:32]),
        linked_at=more.pop("linked_at", NOW),
        token_expires_at=more.pop("token_expires_at", None),
        **more,
    )


def reading(core_hours: float, at: datetime = NOW, confirmed_at: datetime | None = None) -> Reading:
    """A reading that nothing confirmed later."""
    return Reading(core_hours=core_hours, at=at, confirmed_at=confirmed_at or at)


def usage(
    number: int = 1, *, username: str = "alice", label: str = "East", problem: WalltimeError | None = None
) -> LinkUsage:
    """One link's full answer."""
    name = f"cluster{number}"
    return LinkUsage(
        link=link(cluster=name, username=username),
        cluster=east(name=name, label=label),
        reading=reading(1234.5),
        this_month=Usage(core_hours=20.25, since=NOW),
        pace_per_day=3.5,
        limits=(),
        problem=problem,
    )


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error with everything that hangs on it, hidden or not."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__]
        waiting += found.exceptions if isinstance(found, BaseExceptionGroup) else ()


def shown(error: BaseException) -> str:
    """All that an error and its chain can show of themselves."""
    return "\n".join(f"{each!r} {each!s} {each.args!r} {vars(each)!r}" for each in chain(error))
