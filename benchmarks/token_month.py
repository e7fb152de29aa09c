"""A month of tokens that live for 12 to 24 hours, with failing renewals, outages and kills.

    python -m benchmarks.token_month [LINKS [DAYS [SEED]]]

The cluster's stand-in is told what to break; the bot renews and polls in a process of its own, which is
killed with SIGKILL right after an exchange. Time leaps to what is due next. Owners whose link is lost link
again some hours after they were told. What the stand-in saw of each link that was lost or told needlessly is
printed, so that no such thing stays unexplained.
"""

import asyncio
import sys
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import web
from sqlalchemy import and_, create_engine, func, select, union_all

from benchmarks.token_worker import Told
from bot.domain.health import RENEWABLE_FOR, State
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.playground.cluster.answers import Answer
from bot.playground.cluster.faults import ClusterFaults
from bot.playground.cluster.region import Call
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.tables import health, links, notices, polls
from bot.store.vault import KeyRing, new_key

START: Final = datetime(2026, 11, 1, tzinfo=UTC)
# What is due is done together so often, what failed is tried again to the minute.
GRID: Final = timedelta(minutes=5)
# In an outage nothing can work, so time passes faster.
OUTAGE_GRID: Final = timedelta(hours=2)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
# For so long an old token still works: what a kill in the wrong moment leaves can be renewed again.
GRACE: Final = timedelta(minutes=15)
# After an outage a try has to come within this time for a link to count as one that could be kept.
ROOM: Final = timedelta(minutes=2)
CODES: Final = 0.04
LOST_ANSWERS: Final = 0.01
LONGEST_KILL_S: Final = 0.02
_CODE: Final = ClusterFault(kind="code", code="10013", endpoint="renew")
_LOST: Final = ClusterFault(kind="lose_answer", endpoint="renew")

_JOINED: Final = and_(health.c.workspace == links.c.workspace, health.c.link_id == links.c.link_id)
_ENDED: Final = (
    select(links.c.link_id, links.c.username, links.c.token_expires_at, health.c.state)
    .join_from(health, links, _JOINED)
    .where(health.c.state.in_([State.EXPIRED.value, State.REFUSED.value]))
)
_IS_WELL: Final = and_(health.c.state == State.HEALTHY.value, health.c.lease_until.is_(None))
_DUE: Final = union_all(
    select(
        _IS_WELL.label("is_well"),
        func.min(func.coalesce(health.c.lease_until, health.c.renew_at)).label("at"),
    )
    .where(health.c.renew_at.is_not(None))
    .group_by(_IS_WELL),
    select(_IS_WELL.label("is_well"), func.min(polls.c.next_at).label("at"))
    .join_from(
        polls, health, and_(polls.c.workspace == health.c.workspace, polls.c.link_id == health.c.link_id)
    )
    .where(polls.c.stopped.is_(False))
    .group_by(_IS_WELL),
)


class Dice(ClusterFaults):
    """Faults that depend on the link and on the number of its call alone, so that a month repeats itself."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed=seed)
        self._seed = seed
        self._calls: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return True

    def hit(self, *, endpoint: str, names: frozenset[str]) -> ClusterFault | None:
        """Let a share of the renewals fail, and the answers of another get lost."""
        if endpoint != "renew":
            return None
        name = min(names, default="")
        self._calls[name] += 1
        rolled = dice(self._seed, name, self._calls[name]).random()
        return _CODE if rolled < CODES else _LOST if rolled < CODES + LOST_ANSWERS else None


def dice(*what: object) -> Random:
    """Return the dice of one thing, the same each time."""
    return Random(repr(what))  # noqa: S311 (repeatable is the point)


class WatchedTwin(ClusterTwin):
    """A cluster that notices what must not happen."""

    def __init__(self, *, clock: Told, seed: int) -> None:
        super().__init__(name="east", cluster_id="11112", clock=clock, seed=seed)
        self.faults = Dice(seed)
        self.renew_grace = GRACE
        self.seen: Counter[str] = Counter()
        self.trails: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=25))
        self.renewed = 0
        self.renewals_at_once = 0  # of one link, at the most
        self.old_used = 0
        self.exchanged: set[str] = set()  # in this step, with an answer that arrived
        self.after_exchange = asyncio.Event()
        self._seed = seed
        self._lives: Counter[str] = Counter()
        self._renewing: Counter[str] = Counter()
        self._given: set[str] = set()
        self._before: dict[str, str] = {}
        self._owner: dict[str, str] = {}
        self._over: set[str] = set()

    def issue(self, username: str) -> tuple[Secret, datetime]:
        """Issue a token as people get it from the platform, and say when it ends."""
        life = self._life(username)
        token = self.token(username, lives=life)
        self._owner[token] = username
        self.note(username, "linked")
        return Secret(token), self._clock() + life

    def settle(self) -> None:
        """All answers of this step were taken in: from now on no old token may come."""
        self._over |= self.exchanged
        self.exchanged.clear()

    def note(self, owner: str, what: str) -> None:
        """Remember what happened to a link."""
        self.trails[owner].append(f"{self._clock():%d %H:%M} {what}")

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        token = request.headers.get("token", "")
        owner, renews = self._owner.get(token, token), request.path.endswith("/tokens/next")
        self.old_used += token in self._over
        before = self._before.get(token)
        while before is not None and before not in self._over:
            self._over.add(before)
            before = self._before.get(before)
        self.seen["renew" if renews else "walltime"] += 1
        self._given.discard(token)
        self._renewing[owner] += renews
        self.renewals_at_once = max(self.renewals_at_once, self._renewing[owner])
        said = "no answer"
        try:
            response = await super()._respond(request)  # an answer that gets lost never returns from here
            said = response.text[:24] if isinstance(response, web.Response) and response.text else "?"
        finally:
            self._renewing[owner] -= renews
            self.note(owner, f"{'renew' if renews else 'poll'}: {said}")
        if renews and token in self._given:
            self.exchanged.add(token)
            self.after_exchange.set()
        return response

    def answer(self, call: Call) -> Answer:
        """Answer, and remember which token followed which."""
        old = call.headers.get("token", "")
        if call.endpoint != "renew":
            return super().answer(call)
        self.renew_lives = self._life(self._owner[old])
        answer = super().answer(call)
        if str(answer.code) == "0":
            self._before[answer.data], self._owner[answer.data] = old, self._owner[old]
            self._given.add(old)
            self.renewed += 1
        return answer

    def _life(self, owner: str) -> timedelta:
        self._lives[owner] += 1
        return dice(self._seed, owner, "life", self._lives[owner]).uniform(12, 24) * HOUR


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A link that nobody could renew: how, when, and the end of its token."""

    link_id: str
    state: State
    at: datetime
    token_expires_at: datetime


@dataclass(kw_only=True)
class Outcome:
    """What became of the month. `trails` say what the stand-in saw of the links that went wrong."""

    links: int
    renewed: int = 0
    tries: int = 0
    polls: int = 0
    renewals_at_once: int = 0
    old_used: int = 0
    healthy: int = 0
    kills: int = 0
    lost: list[Lost] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    trails: dict[str, list[str]] = field(default_factory=dict)

    @property
    def lost_though_keepable(self) -> list[str]:
        """Links lost though the last moment to renew them did not fall into an outage."""
        return [one.link_id for one in self.lost if not self._in_outage(one.token_expires_at + RENEWABLE_FOR)]

    @property
    def told_wrongly(self) -> list[str]:
        """Links whose owner was not told exactly once for each loss."""
        losses = Counter(one.link_id for one in self.lost)
        return [link_id for link_id in {*losses, *self.told} if losses[link_id] != self.told[link_id]]

    def _in_outage(self, at: datetime) -> bool:
        return any(start <= at <= end + ROOM for start, end in self.outages)


class Month:
    """The world around the bot."""

    def __init__(
        self,
        folder: Path,
        *,
        links: int,
        days: float,
        outages: Sequence[tuple[float, float]],
        kills: int,
        seed: int = 1,
    ) -> None:
        self._clock = Told()
        self._clock.now = START
        self._end = START + timedelta(days=days)
        self._seed = seed
        self._path = folder / "month.sqlite3"
        self._database = Database(f"sqlite:///{self._path}")
        self._looking = create_engine(f"sqlite:///{self._path}")
        self._key = new_key()
        self._links = SqlLinks(self._database, KeyRing.parse(self._key))
        self._twin = WatchedTwin(clock=self._clock, seed=seed)
        rolled = dice(seed, "kills")
        self._kills = sorted(START + timedelta(days=days) * rolled.random() for _ in range(kills))
        self._again_at: dict[str, datetime] = {}
        self._usernames: dict[str, str] = {}
        self.outcome = Outcome(links=links)
        for day, hours in outages:
            start = START + timedelta(days=day)
            self.outcome.outages.append((start, start + hours * HOUR))

    async def run(self) -> Outcome:
        """Let the month pass."""
        await self._database.upgrade()
        await self._twin.start()
        worker = await self._start()
        try:
            for number in range(self.outcome.links):
                self._twin.add_user(f"u{number}", core_hours=0)
                await self._link(f"u{number}")
            while self._clock.now < self._end:
                self._twin.down = self._is_outage()
                worker = await self._step(worker)
                with self._looking.connect() as connection:
                    ended, due = connection.execute(_ENDED).all(), connection.execute(_DUE).all()
                await self._owners_act(ended)
                self._clock.now = self._next(due)
        finally:
            worker.kill()
            await worker.wait()
            await self._twin.stop()
            await self._close()
        return self.outcome

    def _is_outage(self) -> bool:
        return any(start <= self._clock.now < end for start, end in self.outcome.outages)

    def _next(self, due: Sequence[Any]) -> datetime:
        """Return the moment at which something happens next."""
        now = self._clock.now
        fixed = (self._end, *(at for span in self.outcome.outages for at in span))
        moments = [at for at in fixed if at > now]
        usual, sick = (OUTAGE_GRID, OUTAGE_GRID) if self._is_outage() else (GRID, MINUTE)
        moments += [max(_on(usual, at), now + MINUTE) for at in self._again_at.values()]
        moments += [max(_on(usual if row.is_well else sick, row.at), now + MINUTE) for row in due]
        return min(moments)

    async def _start(self) -> asyncio.subprocess.Process:
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.token_worker",
            str(self._path),
            self._twin.url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await _write(worker, self._key)
        return worker

    async def _step(self, worker: asyncio.subprocess.Process) -> asyncio.subprocess.Process:
        """Let the bot do what is due; when its time has come, kill it right after an exchange."""
        self._twin.after_exchange.clear()
        await _write(worker, str(self._clock.now.timestamp()))
        if worker.stdout is None:
            raise RuntimeError("the bot's half says nothing")
        done = asyncio.ensure_future(worker.stdout.readline())
        if self._kills and self._kills[0] <= self._clock.now:
            exchange = asyncio.ensure_future(self._twin.after_exchange.wait())
            await asyncio.wait({done, exchange}, return_when=asyncio.FIRST_COMPLETED)
            exchange.cancel()
            if self._twin.after_exchange.is_set():
                await asyncio.sleep(dice(self._seed, self._kills.pop(0)).uniform(0, LONGEST_KILL_S))
                worker.kill()
                await asyncio.gather(done, worker.wait())
                self.outcome.kills += 1
                self._twin.exchanged.clear()  # some of these answers were lost
                return await self._start()
        if await done != b"done\n":
            raise RuntimeError("the bot's half failed")
        self._twin.settle()
        return worker

    async def _owners_act(self, ended: Sequence[Any]) -> None:
        """Let the owners of lost links link again some hours later."""
        now = self._clock()
        for row in ended:
            if row.link_id not in self._again_at:
                self._twin.note(row.username, f"lost: {row.state}")
                self._again_at[row.link_id] = now + dice(self._seed, row.link_id).uniform(2, 12) * HOUR
                lost = Lost(
                    link_id=row.link_id, state=State(row.state), at=now, token_expires_at=row.token_expires_at
                )
                self.outcome.lost.append(lost)
            elif now >= self._again_at[row.link_id] and not self._twin.down:
                del self._again_at[row.link_id]
                await self._link(row.username)

    async def _link(self, username: str) -> None:
        now = self._clock()
        token, expires_at = self._twin.issue(username)
        link = Link(
            person=Person(workspace="T1", user=username.upper()),
            cluster="east",
            username=username,
            link_id=f"{dice(self._seed, username, now).getrandbits(128):032x}",
            linked_at=now,
            token_expires_at=expires_at,
        )
        reading = Reading(core_hours=0, at=now, confirmed_at=now)
        stored = await self._links.record(link, token=token, reading=reading)
        self._usernames[stored.link_id] = username

    async def _close(self) -> None:
        """Read how it ended."""
        outcome, twin = self.outcome, self._twin
        async with self._database.reads() as connection:
            states = (await connection.execute(select(health.c.state))).scalars()
            outcome.healthy = sum(state == State.HEALTHY.value for state in states)
            query = select(notices.c.subject, notices.c.created_at).where(notices.c.kind == "link_health")
            told = (await connection.execute(query)).all()
        outcome.told = Counter(row.subject for row in told)
        await self._database.close()
        self._looking.dispose()
        outcome.renewed, outcome.old_used = twin.renewed, twin.old_used
        outcome.renewals_at_once = twin.renewals_at_once
        outcome.tries = twin.seen["renew"]
        outcome.polls = twin.seen["walltime"]
        for link_id in {*outcome.lost_though_keepable, *outcome.told_wrongly}:
            heard = [f"{row.created_at:%d %H:%M} told" for row in told if row.subject == link_id]
            outcome.trails[link_id] = sorted([*twin.trails[self._usernames[link_id]], *heard])


def _on(grid: timedelta, at: datetime) -> datetime:
    """Return the next moment on the grid, or this one if it is on it."""
    return at + (START - at) % grid


async def _write(worker: asyncio.subprocess.Process, line: str) -> None:
    if worker.stdin is None:
        raise RuntimeError("the bot's half hears nothing")
    worker.stdin.write(f"{line}\n".encode())
    await worker.stdin.drain()


def main(count: int = 200, days: float = 30, seed: int = 1) -> None:
    """Print the month's row."""
    outages = ((days * 0.25, 20), (days * 0.6, 30))
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder), links=count, days=days, outages=outages, kills=6, seed=seed)
        outcome = asyncio.run(month.run())
    cells = (
        outcome.links,
        f"{outcome.polls:,}",
        f"{outcome.tries:,}",
        f"{outcome.renewed:,}",
        outcome.kills,
        len(outcome.lost),
        len(outcome.lost_though_keepable),
        sum(outcome.told.values()),
        len(outcome.told_wrongly),
        outcome.renewals_at_once,
        outcome.old_used,
        outcome.healthy,
    )
    print("| " + " | ".join(str(cell) for cell in cells) + " |")
    for link_id, trail in outcome.trails.items():
        print(f"\n{link_id}:", *trail, sep="\n  ")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
