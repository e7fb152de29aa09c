"""What waits, as the metrics tell it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from prometheus_client import REGISTRY

from bot.domain.health import State
from bot.jobs.gauges import Gauges
from bot.ports.backlog import Waiting
from bot.ports.renewal import Tokens
from tests.unit.kit import NOW


class Tables:
    owed = Waiting(count=3, since=NOW - timedelta(minutes=2))
    behind: Mapping[str, Waiting] = {"east": Waiting(count=5, since=NOW - timedelta(seconds=7))}

    async def notices(self) -> Waiting:
        return self.owed

    async def polls(self, *, now: datetime) -> Mapping[str, Waiting]:
        assert now == NOW
        return self.behind

    async def count(self) -> Mapping[State, int]:
        return {State.HEALTHY: 7}


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"walltime_{name}", labels)


async def test_what_waits_is_shown_with_its_age_and_is_zero_again_when_nothing_does() -> None:
    tables = Tables()
    gauges = Gauges(tables, cast("Tokens", tables), clusters=["east", "west"], clock=lambda: NOW)
    await gauges.turn()
    assert (shown("notices_owed"), shown("notices_oldest_seconds")) == (3, 120)
    assert (shown("polls_behind", cluster="east"), shown("polls_behind_seconds", cluster="east")) == (5, 7)
    assert (shown("polls_behind", cluster="west"), shown("polls_behind_seconds", cluster="west")) == (0, 0)
    assert (shown("links", state="healthy"), shown("links", state="refused")) == (7, 0)
    tables.owed, tables.behind = Waiting(), {}
    await gauges.turn()
    assert (shown("notices_owed"), shown("notices_oldest_seconds")) == (0, 0)
    assert (shown("polls_behind", cluster="east"), shown("polls_behind_seconds", cluster="east")) == (0, 0)
