"""A crowd on one cluster: thousands of copies of a log's users, with limits, teams and digests.

Each copy follows a piece of one user's counter, of its own place in the log and of its own size, in fast
motion: weeks of the log pass in minutes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.replay_truth import Watched, together
from benchmarks.trace import SECOND, Counter, Span, Trace, excerpt
from bot.domain.limits import DEFAULT_THRESHOLDS, Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import MONTH, TOTAL, Period
from bot.domain.standups import EVERY_DAY, Schedule, Standup

CLUSTER: Final = "ipsc"
WEEK_S: Final = 7 * 86_400.0
# Of a team: with a limit for each and one for the sum it has 7 alerts, too few for a storm.
MEMBERS: Final = 6
LEAST_GROWTH: Final = 10.0
# A threshold this close to the last value would hang on the rounding to core-seconds.
TOO_CLOSE: Final = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How many links there are, how many of them have a limit of their own, and how many teams."""

    links: int
    limited: int
    teams: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    """A person with a link and a counter."""

    user: str
    username: str
    link_id: str
    counter: Counter


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Everybody; `trace` is their log, in real time: it passes from `trace.start` on."""

    workspace: str
    trace: Trace
    people: tuple[Somebody, ...]
    limits: tuple[Limit, ...]
    teams: Mapping[str, tuple[Somebody, ...]]
    standups: tuple[Standup, ...] = ()

    def starting_at(self, start: datetime) -> "Crowd":
        """Return the crowd whose log passes from that moment on, with a digest for each team meanwhile."""
        standups = tuple(
            self._standup(channel, start + timedelta(seconds=self.trace.seconds) * number / len(self.teams))
            for number, channel in enumerate(self.teams)
        )
        return replace(self, trace=replace(self.trace, start=start), standups=standups)

    @property
    def without_limit(self) -> tuple[Somebody, ...]:
        """Those whom no limit counts: their polls are always the longest gap apart."""
        counted = {one.user for team in self.teams.values() for one in team}
        counted |= {str(limit.scope.user) for limit in self.limits}
        return tuple(one for one in self.people if one.user not in counted)

    def watched(self, dm: Callable[[str], str]) -> Iterator[Watched]:
        """Return every subject of every limit; `dm` names somebody's conversation with the bot."""
        by_user = {one.user: one for one in self.people}
        for limit in self.limits:
            scope = limit.scope
            if scope.channel is None:
                yield _watched(limit, dm(str(scope.user)), by_user[str(scope.user)])
            elif scope.kind is ScopeKind.EACH:
                for one in self.teams[scope.channel]:
                    yield _watched(limit, scope.channel, one)
            else:
                team = self.teams[scope.channel]
                yield Watched(
                    limit=limit,
                    place=scope.channel,
                    who=f"The team of <#{scope.channel}>",
                    counter=together(scope.channel, [one.counter for one in team]),
                    usernames=tuple(one.username for one in team),
                )

    def _standup(self, channel: str, at: datetime) -> Standup:
        """Return a digest that is due at the second whole minute from then on, as all are at whole ones."""
        local = (at + timedelta(minutes=2)).replace(second=0, microsecond=0).astimezone(UTC)
        return Standup(
            workspace=self.workspace,
            channel=channel,
            schedule=Schedule(at=local.time(), days=EVERY_DAY, zone=ZoneInfo("UTC")),
            set_by=Person(workspace=self.workspace, user=self.people[0].user),
            set_at=at,
            last_day=local.date() - timedelta(days=1),
            next_at=local,
        )


class Drawing:
    """Draws a crowd from a log; the same seed draws the same one."""

    def __init__(
        self, log: Trace, *, workspace: str, now: datetime, lasts: timedelta, weeks: float, seed: int
    ) -> None:
        self._log = log
        self._workspace = workspace
        self._now = now
        self._lasts = lasts
        self._weeks = weeks
        self._dice = Random(seed)  # noqa: S311 (repeatable is the point)

    def crowd(self, size: Size) -> Crowd:
        """Draw everybody: first those with a limit of their own, then the teams, then all others."""
        counted = size.limited + MEMBERS * size.teams
        people = tuple(self._somebody(number, counts=number < counted) for number in range(size.links))
        in_teams = people[size.limited : counted]
        teams = {
            f"C{number:06d}": in_teams[MEMBERS * number : MEMBERS * (number + 1)]
            for number in range(size.teams)
        }
        own = [self._own_limit(number, one) for number, one in enumerate(people[: size.limited])]
        theirs = [limit for channel, team in teams.items() for limit in self._team_limits(channel, team)]
        return Crowd(
            workspace=self._workspace,
            trace=Trace(
                start=self._now,
                seconds=int(self._lasts / SECOND),
                counters=tuple(one.counter for one in people),
            ),
            people=people,
            limits=(*own, *theirs),
            teams=teams,
        )

    def _somebody(self, number: int, *, counts: bool) -> Somebody:
        """Draw a person; the counter of one who counts for a limit grows."""
        username = f"user{number:06d}"
        while True:
            counter = self._counter(username)
            if not counts or counter.total - counter.values[0] > LEAST_GROWTH:
                break
        return Somebody(
            user=f"U{number:06d}",
            username=username,
            link_id=f"{self._dice.getrandbits(128):032x}",
            counter=counter,
        )

    def _counter(self, username: str) -> Counter:
        dice, long = self._dice, self._weeks * WEEK_S
        first = dice.uniform(0, max(self._log.seconds - long, 0.0))
        span = Span(first=first, last=first + long, speed=long / (self._lasts / SECOND))
        base, scale = dice.choice(self._log.counters), dice.uniform(0.5, 3)
        before = dice.uniform(0, 0.4) * scale * (base.at(span.last) - base.at(span.first))
        return excerpt(base, span, user=username, scale=scale, before=before)

    def _own_limit(self, number: int, one: Somebody) -> Limit:
        """Draw a limit of which all, some or none of the thresholds are crossed."""
        scope = Scope(kind=ScopeKind.ME, user=one.user)
        if number % 2:
            return self._limit(scope, TOTAL, (0.8, 4), [one.counter.total], one)
        return self._limit(scope, MONTH, (0.7, 4), [one.counter.total - one.counter.values[0]], one)

    def _team_limits(self, channel: str, team: Sequence[Somebody]) -> tuple[Limit, Limit]:
        grown = [one.counter.total - one.counter.values[0] for one in team]
        each = self._limit(Scope(kind=ScopeKind.EACH, channel=channel), MONTH, (0.7, 2), grown, team[0])
        sum_ = self._limit(
            Scope(kind=ScopeKind.TEAM, channel=channel), MONTH, (0.7, 2), [sum(grown)], team[0]
        )
        return each, sum_

    def _limit(
        self, scope: Scope, period: Period, sizes: tuple[float, float], ends: Sequence[float], by: Somebody
    ) -> Limit:
        """Draw a limit as large as the mean of where its counters `end`, times something of `sizes`."""
        while True:
            core_hours = round(self._dice.uniform(*sizes) * sum(ends) / len(ends), 2)
            levels = [core_hours * percent / 100 for percent in DEFAULT_THRESHOLDS]
            if all(abs(level - end) > TOO_CLOSE for level in levels for end in ends):
                break
        return Limit(
            limit_id=f"{self._dice.getrandbits(128):032x}",
            workspace=self._workspace,
            cluster=CLUSTER,
            scope=scope,
            core_hours=core_hours,
            period=period,
            thresholds=DEFAULT_THRESHOLDS,
            set_by=Person(workspace=self._workspace, user=by.user),
            set_at=self._now,
            tells=place_of(scope),
        )


def _watched(limit: Limit, place: str, one: Somebody) -> Watched:
    return Watched(
        limit=limit, place=place, who=f"<@{one.user}>", counter=one.counter, usernames=(one.username,)
    )
