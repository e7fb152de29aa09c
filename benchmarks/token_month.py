"""A month of tokens that live for 12 to 24 hours, with failing renewals, outages and kills.

    python -m benchmarks.token_month [LINKS [DAYS]]

The cluster's stand-in is told what to break; the bot renews and polls in a process of its own, which is
killed with SIGKILL while it works. Owners whose link is lost link again some hours after they were told.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from aiohttp import web
from sqlalchemy import select

from benchmarks.token_worker import Told
from bot.domain.health import RENEWABLE_FOR, State
from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.playground.cluster.answers import Answer
from bot.playground.cluster.region import Call
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.tables import health, links, notices
from bot.store.vault import KeyRing, new_key

START: Final = datetime(2026, 11, 1, tzinfo=UTC)
STEP: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
# For so many steps an old token still works: what a kill in the wrong moment leaves can be renewed again.
GRACE: Final = 3
LONGEST_KILL_S: Final = 0.05


class WatchedTwin(ClusterTwin):
    """A cluster that notices what must not happen."""

    def __init__(self, *, clock: Told, seed: int) -> None:
        super().__init__(name="east", cluster_id="11112", clock=clock, seed=seed)
        self.dice = Random(seed)  # noqa: S311 (repeatable is the point)
        self.seen: Counter[str] = Counter()
        self.renewed = 0
        self.renewals_at_once = 0  # of one link, at the most
        self.old_used = 0
        self.exchanged: set[str] = set()  # in this step, with an answer that arrived
        self._renewing: Counter[str] = Counter()
        self._given: set[str] = set()
        self._before: dict[str, str] = {}
        self._owner: dict[str, str] = {}
        self._over: set[str] = set()

    def issue(self, username: str) -> tuple[Secret, datetime]:
        """Issue a token as people get it from the platform, and say when it ends."""
        life = self._life()
        token = self.token(username, lives=life)
        self._owner[token] = username
        return Secret(token), self._clock() + life

    def settle(self) -> None:
        """All answers of this step were taken in: from now on no old token may come."""
        self._over |= self.exchanged
        self.exchanged.clear()

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
        try:
            response = await super()._respond(request)  # an answer that gets lost never returns from here
        finally:
            self._renewing[owner] -= renews
        if renews and token in self._given:
            self.exchanged.add(token)
        return response

    def answer(self, call: Call) -> Answer:
        """Answer, and remember which token followed which."""
        self.renew_lives = self._life()
        answer = super().answer(call)
        if call.endpoint == "renew" and str(answer.code) == "0":
            old = call.headers["token"]
            self._before[answer.data], self._owner[answer.data] = old, self._owner[old]
            self._given.add(old)
            self.renewed += 1
        return answer

    def _life(self) -> timedelta:
        return self.dice.uniform(12, 24) * HOUR


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A link that nobody could renew: how, when, and the end of its token."""

    link_id: str
    state: State
    at: datetime
    token_expires_at: datetime


@dataclass(kw_only=True)
class Outcome:
    """What became of the month."""

    links: int
    step: timedelta
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

    @property
    def lost_though_keepable(self) -> int:
        """Links lost though the last moment to renew them did not fall into an outage."""
        return sum(not self._in_outage(one.token_expires_at + RENEWABLE_FOR) for one in self.lost)

    @property
    def told_wrongly(self) -> int:
        """Links whose owner was not told exactly once for each loss."""
        losses = Counter(one.link_id for one in self.lost)
        return sum(losses[link_id] != self.told[link_id] for link_id in {*losses, *self.told})

    def _in_outage(self, at: datetime) -> bool:
        return any(start <= at <= end + self.step for start, end in self.outages)


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
        step: timedelta = STEP,
        seed: int = 1,
    ) -> None:
        self._clock = Told()
        self._clock.now = START
        self._dice = Random(seed)  # noqa: S311 (repeatable is the point)
        self._path = folder / "month.sqlite3"
        self._database = Database(f"sqlite:///{self._path}")
        self._key = new_key()
        self._links = SqlLinks(self._database, KeyRing.parse(self._key))
        self._twin = WatchedTwin(clock=self._clock, seed=seed)
        self._step_by = step
        self._steps = int(timedelta(days=days) / step)
        self._kills = {self._dice.randrange(1, self._steps) for _ in range(kills)}
        self._again_at: dict[str, datetime] = {}
        self.outcome = Outcome(links=links, step=step)
        for day, hours in outages:
            start = START + timedelta(days=day)
            self.outcome.outages.append((start, start + hours * HOUR))

    async def run(self) -> Outcome:
        """Let the month pass."""
        await self._database.upgrade()
        await self._twin.start()
        self._twin.renew_grace = GRACE * self._step_by
        self._twin.faults.add(ClusterFault(kind="code", code="10013", endpoint="renew", share=0.04))
        self._twin.faults.add(ClusterFault(kind="lose_answer", endpoint="renew", share=0.01))
        worker = await self._start()
        try:
            for number in range(self.outcome.links):
                self._twin.add_user(f"u{number}", core_hours=0)
                await self._link(f"u{number}")
            for number in range(self._steps):
                self._clock.now = START + number * self._step_by
                self._twin.down = any(start <= self._clock.now < end for start, end in self.outcome.outages)
                worker = await self._step(worker, kill=number in self._kills)
                await self._owners_act()
        finally:
            worker.kill()
            await worker.wait()
            await self._twin.stop()
            await self._close()
        return self.outcome

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

    async def _step(self, worker: asyncio.subprocess.Process, *, kill: bool) -> asyncio.subprocess.Process:
        """Let the bot do what is due, or kill it while it does."""
        await _write(worker, str(self._clock.now.timestamp()))
        if kill:
            await asyncio.sleep(self._dice.uniform(0, LONGEST_KILL_S))
            worker.kill()
            await worker.wait()
            self.outcome.kills += 1
            self._twin.exchanged.clear()  # some of these answers were lost
            return await self._start()
        if worker.stdout is None or await worker.stdout.readline() != b"done\n":
            raise RuntimeError("the bot's half failed")
        self._twin.settle()
        return worker

    async def _owners_act(self) -> None:
        """Let the owners of lost links link again some hours later."""
        query = (
            select(links.c.link_id, links.c.username, links.c.token_expires_at, health.c.state)
            .join_from(health, links, health.c.link_id == links.c.link_id)
            .where(health.c.state.in_([State.EXPIRED.value, State.REFUSED.value]))
        )
        async with self._database.reads() as connection:
            ended = (await connection.execute(query)).all()
        now = self._clock()
        for row in ended:
            if row.link_id not in self._again_at:
                self._again_at[row.link_id] = now + self._dice.uniform(2, 12) * HOUR
                self.outcome.lost.append(
                    Lost(
                        link_id=row.link_id,
                        state=State(row.state),
                        at=now,
                        token_expires_at=row.token_expires_at,
                    )
                )
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
            link_id=f"{self._dice.getrandbits(128):032x}",
            linked_at=now,
            token_expires_at=expires_at,
        )
        await self._links.record(link, token=token, reading=Reading(core_hours=0, at=now, confirmed_at=now))

    async def _close(self) -> None:
        """Read how it ended."""
        outcome, twin = self.outcome, self._twin
        async with self._database.reads() as connection:
            states = (await connection.execute(select(health.c.state))).scalars()
            outcome.healthy = sum(state == State.HEALTHY.value for state in states)
            query = select(notices.c.subject).where(notices.c.kind == "link_health")
            outcome.told = Counter((await connection.execute(query)).scalars())
        await self._database.close()
        outcome.renewed, outcome.old_used = twin.renewed, twin.old_used
        outcome.renewals_at_once = twin.renewals_at_once
        outcome.tries = twin.seen["renew"]
        outcome.polls = twin.seen["walltime"]


async def _write(worker: asyncio.subprocess.Process, line: str) -> None:
    if worker.stdin is None:
        raise RuntimeError("the bot's half hears nothing")
    worker.stdin.write(f"{line}\n".encode())
    await worker.stdin.drain()


def main(count: int = 200, days: float = 30) -> None:
    """Print the month's row."""
    with tempfile.TemporaryDirectory() as folder:
        month = Month(
            Path(folder), links=count, days=days, outages=((days * 0.25, 20), (days * 0.6, 30)), kills=6
        )
        outcome = asyncio.run(month.run())
    cells = (
        outcome.links,
        f"{outcome.polls:,}",
        f"{outcome.tries:,}",
        f"{outcome.renewed:,}",
        outcome.kills,
        len(outcome.lost),
        outcome.lost_though_keepable,
        sum(outcome.told.values()),
        outcome.told_wrongly,
        outcome.renewals_at_once,
        outcome.old_used,
        outcome.healthy,
    )
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
