"""Counting misses per client."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.web.misses import MOST_MISSES, SPAN, Misses
from tests.unit.kit import NOW


@dataclass
class Request:
    """What is looked at of a request."""

    remote: str | None = "192.0.2.1"
    headers: dict[str, str] = field(default_factory=dict)


class Hands:
    """A clock that a test turns."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def missed(counter: Misses, request: Any, times: int = MOST_MISSES) -> None:
    for _ in range(times):
        counter.note(request)


def test_the_last_allowed_miss_is_still_answered() -> None:
    counter = Misses(Hands())
    request: Any = Request()
    missed(counter, request, MOST_MISSES - 1)
    assert not counter.too_many(request)
    missed(counter, request, 1)
    assert counter.too_many(request)


def test_after_a_minute_everything_is_forgiven() -> None:
    hands = Hands()
    counter = Misses(hands)
    request: Any = Request()
    missed(counter, request)
    hands.now += SPAN
    assert not counter.too_many(request)


def test_a_client_is_who_the_nearest_proxy_says_and_no_client_counts_for_another() -> None:
    counter = Misses(Hands())
    behind: Any = Request(headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.5"})
    same: Any = Request(headers={"X-Forwarded-For": "203.0.113.5"})
    others: list[Any] = [Request(), Request(headers={"X-Forwarded-For": "203.0.113.5, 203.0.113.6"})]
    missed(counter, behind)
    assert counter.too_many(same)
    assert not any(counter.too_many(other) for other in others)


def test_a_flood_of_addresses_takes_no_more_than_its_room() -> None:
    counter = Misses(lambda: NOW, most_addresses=10)
    for number in range(100):
        made_up: Any = Request(headers={"X-Forwarded-For": f"{number}" + "x" * 500})
        counter.note(made_up)
    assert len(counter._seen) == 10
    assert max(len(address) for address in counter._seen) <= 64
