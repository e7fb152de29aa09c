"""Days of many tokens by the rules alone: nothing that could be kept is lost, nobody hears what is not so."""

from datetime import timedelta
from typing import Final

import pytest

from bot.domain.health import State
from tests.unit.kit import NOW
from tests.unit.usecases.token_life import HOUR, Spans, TokenLife

# 1486: once its token was in its last hour as the cluster came back, and the first try to renew it failed.
SEEDS: Final = (*range(60), 1486)
OUTAGES: Final[Spans] = ((NOW + 12 * HOUR, NOW + 32 * HOUR), (NOW + 48 * HOUR, NOW + 78 * HOUR))
END: Final = NOW + 96 * HOUR


@pytest.mark.parametrize("seed", SEEDS)
def test_through_outages_and_failures_who_is_not_lost_hears_nothing(seed: int) -> None:
    life = TokenLife(seed, outages=OUTAGES)
    life.live(END)
    assert len(life.told) == len(life.lost), life.trail
    for at, state in life.lost:
        # Only a token whose last moment to be renewed fell into the outage of 30 hours is lost.
        assert state is State.EXPIRED
        assert OUTAGES[1][0] <= at <= OUTAGES[1][1] + timedelta(minutes=2), life.trail


@pytest.mark.parametrize("seed", range(20))
def test_a_platform_that_alone_is_gone_for_long_is_told_once_before_the_token_ends(seed: int) -> None:
    gone = (NOW + 6 * HOUR, NOW + 30 * HOUR)
    life = TokenLife(seed, platform_outages=(gone,))
    life.live(NOW + 60 * HOUR)
    assert life.lost == []
    assert [state for _, state in life.told] == [State.EXPIRING_SOON], life.trail
    ((at, _),) = life.told
    ends_at = next(end for end in life.ends if end > at)
    assert timedelta(minutes=15) <= ends_at - at <= HOUR


@pytest.mark.parametrize("seed", range(20))
def test_a_platform_that_is_gone_for_a_few_hours_is_nobody_s_business(seed: int) -> None:
    gone = (NOW + 6 * HOUR, NOW + 9 * HOUR)
    life = TokenLife(seed, platform_outages=(gone,), failing=0)
    life.live(NOW + 60 * HOUR)
    assert life.told == life.lost == []
