"""The ports of delivery in memory, all in one world."""

import asyncio
import copy
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.domain.alerts import Decision, Form, Transition
from bot.domain.digests import Digest, OwedDigest
from bot.domain.errors import (
    TellingFailed,
    TellingPaused,
    TellingRefused,
    TellingUnsure,
    WalltimeError,
)
from bot.domain.limits import Limit, Place, PlaceKind
from bot.domain.people import Person
from bot.domain.standups import Standup
from bot.domain.team_usage import TeamUsage
from bot.ports import AuditEntry
from bot.ports.alerting import Alert, ChannelTrouble, Judged, Notice, Receipt
from bot.ports.place_turns import Memory, PlaceTaken, PlaceTurn
from tests.unit.domain.kit import NOON


@dataclass
class Row:
    """A notice as the store keeps it."""

    notice: Notice
    due: datetime
    receipt: Receipt | None = None
    shared: bool = False
    dropped: str | None = None

    @property
    def is_open(self) -> bool:
        return self.receipt is None and self.dropped is None


@dataclass
class Posted:
    """A message as Slack keeps it."""

    place: Place
    ts: str
    ids: list[str]
    message: object
    at: datetime
    thread: str | None = None
    broadcast: bool = False
    edits: list[object] = field(default_factory=list)

    @property
    def tells(self) -> list[str]:
        return [each.removesuffix("~table") for each in self.ids]


class Killed(BaseException):
    """The process died."""


BEFORE: dict[str, Callable[[], BaseException]] = {
    "paused": lambda: TellingPaused(timedelta(seconds=7)),
    "failed": TellingFailed,
    "lost before": TellingUnsure,
    "place is out": lambda: TellingRefused("not_in_channel", place_is_out=True),
    "refused": lambda: TellingRefused("invalid_blocks", place_is_out=False),
    "thread gone": lambda: TellingRefused("thread_not_found", place_is_out=False),
    "killed before": Killed,
}
AFTER: dict[str, Callable[[], BaseException]] = {"lost after": TellingUnsure, "killed after": Killed}


class Drawer:
    """What the ports remember; `ends` and `looks` are how the next attempts and look-ups end."""

    def __init__(self) -> None:
        self.now = NOON
        self.rows: dict[str, Row] = {}
        self.limits: dict[str, Limit] = {}
        self.alerts: dict[tuple[str, str], Alert] = {}
        self.steps: list[Transition] = []
        self.digest: Digest | WalltimeError | None = None
        self.standup: Standup | None = None
        self.troubles: dict[Place, ChannelTrouble] = {}
        self.slack: list[Posted] = []
        self.ends: list[str] = []
        self.looks: list[str] = []
        self.edit_ends: list[str] = []
        self.out: dict[Place, str] = {}
        self.slow: dict[Place, asyncio.Event] = {}
        self.answers_after = timedelta()
        self.blind: Counter[str] = Counter()
        self.tries: list[tuple[datetime, Place]] = []
        self.team: TeamUsage | None = None
        self.leases: dict[Place, tuple[str, datetime]] = {}
        self.memories: dict[Place, Memory] = {}
        self.hands = itertools.count()

    def put(self, notice: Notice) -> str:
        self.rows.setdefault(notice.notice_id, Row(notice=notice, due=notice.created_at))
        return notice.notice_id


class FakeNotices:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def owe(self, notice: Notice) -> None:
        self.world.put(notice)

    async def told(self, notices: Sequence[Notice], receipt: Receipt, *, now: datetime, shared: bool) -> None:
        del now
        for notice, row in zip(notices, self._rows(notices), strict=True):
            row.receipt, row.shared = receipt, shared
            key = (str(notice.limit_id), notice.subject)
            alert = self.world.alerts.get(key)
            if alert is None or notice.owed is None or notice.owed.window != alert.state.window:
                continue
            if notice.owed.form is Form.MESSAGE or alert.receipt is None:
                self.world.alerts[key] = replace(alert, receipt=receipt, shared_message=shared)

    async def wait(self, notices: Sequence[Notice], *, until: datetime, attempted: bool) -> None:
        for row in self._rows(notices):
            assert row.is_open
            row.due = until
            row.notice = replace(row.notice, attempts=row.notice.attempts + 1)
            if not attempted:
                row.notice = replace(row.notice, attempted_at=None)

    async def drop(self, notices: Sequence[Notice], *, why: str, now: datetime) -> None:
        del now
        for row in self._rows(notices):
            assert row.is_open
            row.dropped = why

    def _rows(self, notices: Sequence[Notice]) -> list[Row]:
        return [self.world.rows[notice.notice_id] for notice in notices]


class FakePlaceTurns:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> tuple[PlaceTurn, ...]:
        world = self.world
        due = [row for row in world.rows.values() if row.is_open and row.due <= now]
        due.sort(key=lambda row: row.notice.created_at)
        owed: dict[Place, list[Notice]] = defaultdict(list)
        for row in due[:most]:
            if row.notice.place not in world.leases or world.leases[row.notice.place][1] <= now:
                owed[row.notice.place].append(row.notice)
        turns = []
        for place, notices in owed.items():
            holder = f"hand {next(world.hands)}"
            world.leases[place] = (holder, now + lease)
            memory = copy.deepcopy(world.memories.get(place, Memory()))
            turns.append(
                PlaceTurn(workspace="T1", place=place, holder=holder, notices=tuple(notices), memory=memory)
            )
        return tuple(turns)

    async def attempting(
        self, turn: PlaceTurn, notices: Sequence[Notice], *, now: datetime, until: datetime
    ) -> None:
        if self.world.leases[turn.place][0] != turn.holder:
            raise PlaceTaken
        self.world.leases[turn.place] = (turn.holder, until)
        for notice in notices:
            row = self.world.rows[notice.notice_id]
            row.notice = replace(row.notice, attempted_at=now)

    async def leave(self, turn: PlaceTurn) -> None:
        if self.world.leases[turn.place][0] == turn.holder:
            del self.world.leases[turn.place]
            self.world.memories[turn.place] = turn.memory


class FakeAlerts:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def one(self, limit: Limit, subject: str) -> Alert | None:
        return self.world.alerts.get((limit.limit_id, subject))

    async def open_for(self, workspace: str, *, user: str, channel: str | None) -> tuple[Alert, ...]:
        raise NotImplementedError

    async def record(
        self,
        alert: Alert,
        decisions: Sequence[Decision],
        *,
        notices: Sequence[Notice],
        entry: AuditEntry | None = None,
    ) -> bool:
        raise NotImplementedError

    async def transitions(self, alert: Alert, *, most: int) -> tuple[Transition, ...]:
        del alert
        return tuple(self.world.steps[:most])


class FakeLimits:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def of(self, workspace: str, *, user: str, channel: str | None) -> tuple[Limit, ...]:
        raise NotImplementedError

    async def counting(self, person: Person, cluster: str) -> tuple[Limit, ...]:
        raise NotImplementedError

    async def one(self, workspace: str, limit_id: str) -> Limit | None:
        del workspace
        return self.world.limits.get(limit_id)

    async def put(
        self,
        fresh: Limit,
        *,
        replaces: Limit | None,
        supersedes: Limit | None,
        judged: Sequence[Judged],
        notices: Sequence[Notice],
    ) -> bool:
        raise NotImplementedError

    async def remove(self, limit: Limit, *, actor: str, notices: Sequence[Notice], now: datetime) -> bool:
        raise NotImplementedError


class FakePlaces:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def trouble(self, workspace: str, place: Place) -> ChannelTrouble | None:
        del workspace
        return self.world.troubles.get(place)

    async def set_trouble(self, workspace: str, place: Place, trouble: ChannelTrouble | None) -> None:
        del workspace
        self.world.troubles.pop(place, None)
        if trouble is not None:
            self.world.troubles[place] = trouble


class FakeDigests:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def __call__(self, workspace: str, channel: str, owed: OwedDigest, *, now: datetime) -> Digest:
        del workspace, channel, now
        found = self.world.digest
        if isinstance(found, WalltimeError):
            raise found
        assert found is not None
        return replace(found, day=owed.day, asked_by=owed.asked_by)

    async def may_name(self, workspace: str, channel: str, users: Collection[str], *, now: datetime) -> bool:
        del users
        owed = OwedDigest(day=now.date(), due_at=now)
        return not (await self(workspace, channel, owed, now=now)).lapsed

    async def standup(self, workspace: str, channel: str) -> Standup | None:
        del workspace, channel
        return self.world.standup

    async def skip(self, workspace: str, channel: str, day: date) -> None:
        del workspace, channel
        assert self.world.standup is not None
        self.world.standup = self.world.standup.skip(day)


class FakeTeamTables:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def __call__(
        self, workspace: str, channel: str, *, asked_by: str | None = None, now: datetime
    ) -> TeamUsage:
        del workspace, channel, asked_by, now
        assert self.world.team is not None
        return self.world.team


class FakeNotifier:
    def __init__(self, world: Drawer) -> None:
        self.world = world

    async def post(
        self,
        workspace: str,
        place: Place,
        message: object,
        *,
        notice_id: str,
        thread: Receipt | None = None,
        broadcast: bool = False,
    ) -> Receipt:
        del workspace
        world = self.world
        world.tries.append((world.now, place))
        if place in world.slow:
            await world.slow[place].wait()
        world.now += world.answers_after
        if place in world.out:
            raise TellingRefused(world.out[place], place_is_out=True)
        end = world.ends.pop(0) if world.ends else "ok"
        if end in BEFORE and (end != "thread gone" or thread is not None):
            error = BEFORE[end]()
            raise error
        ts = f"{world.now.timestamp() + 0.000001 * len(world.slack):.6f}"
        world.slack.append(
            Posted(
                place=place,
                ts=ts,
                ids=notice_id.split(","),
                message=message,
                at=world.now,
                thread=thread.ts if thread else None,
                broadcast=broadcast,
            )
        )
        if end in AFTER:
            error = AFTER[end]()
            raise error
        return Receipt(channel=place.slack_id, ts=ts)

    async def edit(self, workspace: str, receipt: Receipt, message: object) -> None:
        del workspace
        end = self.world.edit_ends.pop(0) if self.world.edit_ends else "ok"
        if end == "paused":
            raise TellingPaused(timedelta(seconds=7))
        if end == "unsure":
            raise TellingUnsure
        if end == "refused":
            raise TellingRefused("message_not_found", place_is_out=False)
        self.world.slack.append(
            Posted(
                place=Place(kind=PlaceKind.CHANNEL, slack_id=receipt.channel),
                ts=receipt.ts,
                ids=[],
                message=("edit", message),
                at=self.world.now,
            )
        )

    async def find(
        self, workspace: str, place: Place, *, notice_id: str, since: datetime, thread: Receipt | None = None
    ) -> Receipt | None:
        del workspace, since
        match self.world.looks.pop(0) if self.world.looks else "ok":
            case "paused":
                raise TellingPaused(timedelta(seconds=7))
            case "failed":
                raise TellingFailed
            case "refused":
                self.world.blind[notice_id.removesuffix("~table")] += 1
                raise TellingRefused("missing_scope", place_is_out=False)
            case "missed":
                self.world.blind[notice_id.removesuffix("~table")] += 1
                return None
        for each in self.world.slack:
            if each.place == place and notice_id in each.ids and each.thread == (thread and thread.ts):
                return Receipt(channel=place.slack_id, ts=each.ts)
            if each.place == place and notice_id in each.ids and thread is None and "~" in notice_id:
                return Receipt(channel=place.slack_id, ts=str(each.thread))
        return None
