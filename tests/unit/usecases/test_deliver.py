"""Delivery: what stands in Slack in the end, whatever ended each attempt."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alerts import AlertState, Decision, Form, Owed, Reason, Telling, Transition
from bot.domain.digests import Digest, DigestPage, OwedDigest
from bot.domain.errors import (
    TellingFailed,
    TellingPaused,
    TellingRefused,
    TellingUnsure,
    WalltimeError,
)
from bot.domain.health import LinkNews
from bot.domain.limits import Limit, Place, PlaceKind, Scope, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import MONTH, next_window, window
from bot.domain.standing import Audience
from bot.domain.standups import Standup
from bot.domain.usage import Window
from bot.ports import AuditEntry
from bot.ports.alerting import Alert, ChannelTrouble, Judged, Notice, NoticeKind, Receipt
from bot.usecases.deliver import DeliverNotices
from bot.usecases.delivery.turn import Outcome
from tests.unit.domain.kit import NOON, SHANGHAI, limit
from tests.unit.kit import table

TEAM = "T1"
GENERAL = Place(kind=PlaceKind.CHANNEL, slack_id="C1")
OTHER = Place(kind=PlaceKind.CHANNEL, slack_id="C2")
BOSS = Place(kind=PlaceKind.DM, slack_id="U9")
NOVEMBER = window(MONTH, NOON, SHANGHAI)
SECOND = timedelta(seconds=1)
CROSSED, RESOLVED, REMINDER = Telling.CROSSED, Telling.RESOLVED, Telling.REMINDER


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


class Draw:
    """Drawings that can be compared."""

    def alert(self, alert: Alert, *, now: datetime) -> object:
        del now
        return ("alert", alert.subject, alert.state.told)

    def reply(self, alert: Alert, owed: Owed, *, now: datetime) -> object:
        del now
        return ("reply", alert.subject, owed.telling.value, owed.threshold)

    def storm(self, rows: Sequence[tuple[Alert, Owed]], *, total: int) -> object:
        return ("storm", total, [alert.subject for alert, _ in rows])

    def storm_more(self, rows: Sequence[tuple[Alert, Owed]]) -> object:
        return ("more", [alert.subject for alert, _ in rows])

    def finished(self, text: str) -> object:
        if text == "undrawable":
            raise ValueError(text)
        return ("text", text)

    def news(self, news: LinkNews) -> object:
        return ("news", news.username)

    def withheld(self, audience: Audience) -> object:
        return ("withheld", audience.guests)

    def digest(self, digest: Digest, *, now: datetime) -> object:
        del now
        return ("digest", digest.day, [page.users for page in digest.pages[:1]])

    def digest_page(self, digest: Digest, page: DigestPage) -> object:
        del digest
        return ("page", page.users)

    def trouble(self, place: Place, code: str) -> str:
        return f"{place.slack_id}: {code}"


async def together(turns: Sequence[Awaitable[None]]) -> Sequence[BaseException | None]:
    return await asyncio.gather(*turns, return_exceptions=True)


async def drawings(workspace: str, place: Place) -> "Draw":
    """The same in every language."""
    del workspace, place
    return Draw()


class World:
    """Every port in memory; `ends` and `looks` are how the next attempts and look-ups end."""

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
        self.outcomes: list[Outcome] = []
        self.start()

    def start(self) -> None:
        """Start the process, with no memory of another one."""
        self.deliver = DeliverNotices(
            notices=Notices_(self),
            alerts=Alerts_(self),
            limits=Limits_(self),
            places=Places_(self),
            notifier=Notifier_(self),
            drawings=drawings,
            digests=Digests_(self),
            together=together,
            clock=lambda: self.now,
        )

    # What happens

    def alert(self, subject: str = "U1", told: int = 80, *, place: Place = GENERAL, **more: object) -> Alert:
        scope = Scope(kind=ScopeKind.EACH, channel=place.slack_id)
        owner = Person(workspace=TEAM, user="U9")
        made = replace(limit(scope=scope, limit_id=f"L-{place.slack_id}"), set_by=owner)
        self.limits[made.limit_id] = made
        state = AlertState(window=NOVEMBER, told=told, opened_at=NOON, core_hours=told * 10.0 + 1, as_of=NOON)
        fresh = Alert(limit=made, subject=subject, state=replace(state, **more))  # type: ignore[arg-type]
        before = self.alerts.get((made.limit_id, subject))
        if before is not None:
            fresh = replace(fresh, receipt=before.receipt, shared_message=before.shared_message)
        self.alerts[made.limit_id, subject] = fresh
        return fresh

    def owe(
        self,
        alert: Alert,
        telling: Telling = CROSSED,
        form: Form = Form.MESSAGE,
        threshold: int = 80,
        window: Window = NOVEMBER,
        **more: object,
    ) -> str:
        notice = Notice(
            workspace=TEAM,
            notice_id=f"n{len(self.rows):03d}",
            place=alert.limit.tells,
            kind=NoticeKind.ALERT,
            created_at=self.now,
            limit_id=alert.limit.limit_id,
            subject=alert.subject,
            owed=Owed(telling=telling, form=form, threshold=threshold, window=window),
        )
        return self.put(replace(notice, **more))  # type: ignore[arg-type]

    def owe_text(
        self, kind: NoticeKind = NoticeKind.TEST, place: Place = GENERAL, text: str = "hello"
    ) -> str:
        name = f"t{len(self.rows):03d}"
        return self.put(
            Notice(
                workspace=TEAM,
                notice_id=name,
                place=place,
                kind=kind,
                created_at=self.now,
                text=text,
                limit_id=None,
            )
        )

    def put(self, notice: Notice) -> str:
        self.rows.setdefault(notice.notice_id, Row(notice=notice, due=notice.created_at))
        return notice.notice_id

    async def turn(self) -> Outcome:
        outcome = await self.deliver(now=self.now)
        self.outcomes.append(outcome)
        return outcome

    async def seconds(self, count: float) -> None:
        """Let time pass, a turn each second."""
        end = self.now + timedelta(seconds=count)
        while self.now < end:
            await self.turn()
            self.now += SECOND

    async def told_first(self, subject: str = "U1", told: int = 80, place: Place = GENERAL) -> Alert:
        """Have an alert whose first message stands."""
        self.owe(self.alert(subject, told, place=place), threshold=told)
        await self.seconds(2)
        self.slack.clear()
        return self.alerts[f"L-{place.slack_id}", subject]

    # What is seen

    def said(self, place: Place = GENERAL) -> list[object]:
        return [each.message for each in self.slack if each.place == place]

    def why(self, notice_id: str) -> str | None:
        return self.rows[notice_id].dropped

    @property
    def open(self) -> list[str]:
        return [name for name, row in self.rows.items() if row.is_open]


class Notices_:  # noqa: N801 (the ports' names with a mark)
    def __init__(self, world: World) -> None:
        self.world = world

    async def owe(self, notice: Notice) -> None:
        self.world.put(notice)

    async def claim(self, *, now: datetime, lease: timedelta, most: int) -> tuple[Notice, ...]:
        due = [row for row in self.world.rows.values() if row.is_open and row.due <= now]
        due.sort(key=lambda row: row.notice.created_at)
        for row in due[:most]:
            row.due = now + lease
        return tuple(row.notice for row in due[:most])

    async def attempting(self, notices: Sequence[Notice], *, now: datetime) -> None:
        for row in self._rows(notices):
            row.notice = replace(row.notice, attempted_at=now)

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


class Alerts_:  # noqa: N801
    def __init__(self, world: World) -> None:
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


class Limits_:  # noqa: N801
    def __init__(self, world: World) -> None:
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


class Places_:  # noqa: N801
    def __init__(self, world: World) -> None:
        self.world = world

    async def trouble(self, workspace: str, place: Place) -> ChannelTrouble | None:
        del workspace
        return self.world.troubles.get(place)

    async def set_trouble(self, workspace: str, place: Place, trouble: ChannelTrouble | None) -> None:
        del workspace
        self.world.troubles.pop(place, None)
        if trouble is not None:
            self.world.troubles[place] = trouble


class Digests_:  # noqa: N801
    def __init__(self, world: World) -> None:
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


class Notifier_:  # noqa: N801
    def __init__(self, world: World) -> None:
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


@pytest.fixture
def world() -> World:
    return World()


# One notice


async def test_a_crossing_is_told_once_and_its_receipt_stands_at_the_alert(world: World) -> None:
    name = world.owe(world.alert())
    await world.seconds(5)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt == world.alerts["L-C1", "U1"].receipt is not None
    assert world.rows[name].notice.attempted_at is not None
    assert sum(outcome.told for outcome in world.outcomes) == 1


@table(
    "telling form threshold now_told said",
    {
        "higher": (CROSSED, Form.THREAD, 90, 90, ("reply", "U1", "crossed", 90)),
        "full": (CROSSED, Form.THREAD_AND_CHANNEL, 100, 100, ("reply", "U1", "crossed", 100)),
        "fell": (RESOLVED, Form.THREAD, 80, 0, ("reply", "U1", "resolved", 80)),
        "reminder": (REMINDER, Form.THREAD, 80, 80, ("reply", "U1", "reminder", 80)),
        "forecast": (Telling.FORECAST, Form.THREAD, 100, 80, ("reply", "U1", "forecast", 100)),
    },
)
async def test_what_follows_goes_into_the_thread_and_then_the_message_is_edited(
    world: World, telling: Telling, form: Form, threshold: int, *, now_told: int, said: object
) -> None:
    first = await world.told_first()
    world.owe(world.alert("U1", now_told), telling, form, threshold)
    await world.seconds(4)
    assert world.said() == [said, ("edit", ("alert", "U1", now_told))]
    reply = world.slack[0]
    assert first.receipt is not None
    assert reply.thread == first.receipt.ts
    assert reply.broadcast == (form is Form.THREAD_AND_CHANNEL)
    assert world.alerts["L-C1", "U1"].receipt == first.receipt
    assert world.open == []


async def test_a_click_edits_without_a_word(world: World) -> None:
    await world.told_first()
    world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    await world.seconds(1)
    assert world.said() == [("edit", ("alert", "U1", 80))]
    assert world.open == []


async def test_a_reply_without_a_message_waits_for_it_and_then_becomes_it(world: World) -> None:
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(60)
    assert world.said() == []  # its first message may be in another process's hands
    await world.seconds(10)
    assert world.said() == [("alert", "U1", 90)]
    assert world.alerts["L-C1", "U1"].receipt is not None


async def test_if_the_message_replied_to_is_gone_a_new_one_is_posted(world: World) -> None:
    before = await world.told_first()
    world.ends = ["thread gone"]
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 90)]
    assert world.alerts["L-C1", "U1"].receipt not in {before.receipt, None}


async def test_several_owed_of_one_alert_are_told_as_its_newest_state(world: World) -> None:
    alert = world.alert(told=100)
    names = [
        world.owe(alert, CROSSED, Form.MESSAGE, 80),
        world.owe(alert, CROSSED, Form.THREAD, 90),
        world.owe(alert, CROSSED, Form.THREAD_AND_CHANNEL, 100),
    ]
    await world.seconds(5)
    assert world.said() == [("alert", "U1", 100)]
    assert {world.rows[name].receipt for name in names} == {world.alerts["L-C1", "U1"].receipt}


async def test_a_forecast_is_said_in_the_message_it_comes_with(world: World) -> None:
    world.owe(world.alert())
    world.owe(world.alert(), Telling.FORECAST, Form.THREAD, 100)
    await world.seconds(3)
    assert world.said() == [("alert", "U1", 80)]


# What is no longer true


@table(
    "telling form threshold state why",
    {
        "fell": (CROSSED, Form.THREAD, 80, {"told": 50}, "use fell again before it could be told"),
        "higher": (CROSSED, Form.THREAD, 50, {"told": 80}, "a higher threshold is told"),
        "crossed again": (RESOLVED, Form.THREAD, 80, {"told": 80}, "crossed again"),
        "acknowledged": (
            REMINDER,
            Form.THREAD,
            80,
            {"told": 80, "acknowledged_at": NOON},
            "acknowledged or snoozed meanwhile",
        ),
        "snoozed": (
            Telling.SNOOZE_OVER,
            Form.THREAD,
            80,
            {"told": 80, "snoozed_until": NOON + timedelta(days=1)},
            "acknowledged or snoozed meanwhile",
        ),
        "full": (
            Telling.FORECAST,
            Form.THREAD,
            100,
            {"told": 100},
            "the limit is full, or its period is over",
        ),
    },
)
async def test_what_is_no_longer_true_is_dropped_with_a_reason(
    world: World, telling: Telling, form: Form, threshold: int, *, state: dict[str, object], why: str
) -> None:
    await world.told_first()
    name = world.owe(world.alert(**state), telling, form, threshold)  # type: ignore[arg-type]
    outcome = await world.turn()
    assert (world.why(name), world.said()) == (why, [])
    assert outcome.dropped == [(name, why)]


async def test_an_end_of_something_never_told_is_not_told(world: World) -> None:
    alert = world.alert(told=0)
    crossed = world.owe(alert)
    resolved = world.owe(alert, RESOLVED, Form.THREAD)
    await world.seconds(70)
    assert world.why(crossed) == "use fell again before it could be told"
    assert world.why(resolved) == "what it ends was never told"


async def test_a_limit_that_is_gone_is_not_spoken_of(world: World) -> None:
    name = world.owe(world.alert())
    world.limits.clear()
    await world.turn()
    assert world.why(name) == "the limit is gone"


async def test_a_crossing_known_only_after_its_period_is_told_as_it_was(world: World) -> None:
    december = next_window(MONTH, NOVEMBER, SHANGHAI)
    assert december is not None
    world.now = NOVEMBER.end + timedelta(minutes=5)
    alert = world.alert(told=0, window=december, opened_at=None)
    told, other = world.owe(alert), world.owe(alert, CROSSED, Form.THREAD, 90)
    world.steps = [
        Transition(
            at=world.now,
            reason=Reason.CROSSED,
            told_before=50,
            told_after=80,
            core_hours=810,
            limit_core_hours=1000,
            as_of=world.now,
        )
    ]
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[told].receipt is not None
    assert world.alerts["L-C1", "U1"].receipt is None  # that is another period's
    assert other in world.open or world.why(other) is not None


async def test_what_is_of_a_period_long_over_is_dropped(world: World) -> None:
    december = next_window(MONTH, NOVEMBER, SHANGHAI)
    assert december is not None
    world.now = NOVEMBER.end + timedelta(hours=7)
    name = world.owe(world.alert(told=0, window=december))
    await world.turn()
    assert world.why(name) == "its period is over"


# Pace and independence


async def test_a_place_gets_one_message_a_second_oldest_first(world: World) -> None:
    for number in range(5):
        world.owe(world.alert(f"U{number}"))
    for _ in range(40):
        await world.turn()
        world.now += timedelta(milliseconds=250)
    assert world.said() == [("alert", f"U{number}", 80) for number in range(5)]
    times = [each.at for each in world.slack]
    assert all(after - before >= SECOND for before, after in pairwise(times))


async def test_what_waited_for_a_place_in_trouble_is_told_as_one_whenever_it_was_owed(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    world.owe(world.alert("U1", 80))
    await world.seconds(14)
    world.owe(world.alert("U1", 90), CROSSED, Form.THREAD, 90)
    await world.seconds(14)
    world.out.clear()
    world.troubles.clear()
    await world.seconds(20)
    assert world.said() == [("alert", "U1", 90)]


async def test_a_pause_and_the_pace_begin_with_slack_s_answer_however_late_it_comes(world: World) -> None:
    world.answers_after = timedelta(seconds=9)
    world.ends = ["paused"]
    for number in range(2):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(60)
    asked = [at for at, _ in world.tries]
    assert [later - before for before, later in pairwise(asked)] == [
        timedelta(seconds=9 + 7),
        timedelta(seconds=9 + 1),
    ]


async def test_a_slow_place_delays_no_other_and_is_left_alone_meanwhile(world: World) -> None:
    world.slow[GENERAL] = asyncio.Event()
    world.owe(world.alert("U1"))
    world.owe(world.alert("U2", place=OTHER))
    slow = asyncio.create_task(world.turn())
    await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.said(OTHER) == [("alert", "U2", 80)]
    world.now += SECOND
    world.owe(world.alert("U3"))
    world.owe(world.alert("U4", place=OTHER))
    await world.turn()
    assert world.said(OTHER)[1:] == [("alert", "U4", 80)]
    world.slow.pop(GENERAL).set()
    await slow
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80), ("alert", "U3", 80)]


async def test_a_long_queue_in_one_place_does_not_crowd_out_another(world: World) -> None:
    for number in range(1500):
        world.owe_text(text=str(number))
    await world.seconds(2)
    world.owe_text(place=OTHER)
    await world.seconds(4)
    assert world.said(OTHER) == [("text", "hello")]
    assert world.said() == [("text", str(number)) for number in range(6)]


async def test_what_cannot_be_drawn_holds_nothing_up(world: World) -> None:
    bad, good = world.owe_text(text="undrawable"), world.owe_text()
    outcome = await world.turn()
    assert world.why(bad) == "it cannot be drawn"
    assert [type(each) for each in outcome.failures] == [ValueError]
    assert world.rows[good].receipt is not None


# Storms


async def test_ten_at_once_are_ten_messages(world: World) -> None:
    for number in range(10):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(12)
    assert world.said() == [("alert", f"U{number}", 80) for number in range(10)]


async def test_eleven_in_a_minute_are_a_table(world: World) -> None:
    for number in range(6):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(20)
    for number in range(6, 12):
        world.owe(world.alert(f"U{number}", core_hours=800 + number))
    await world.seconds(9)
    assert world.said()[6:] == [("storm", 6, [f"U{number}" for number in range(11, 5, -1)])]


async def test_a_storm_of_500_is_one_message_with_the_others_in_its_thread(world: World) -> None:
    names = [world.owe(world.alert(f"U{number}", core_hours=1000 + number)) for number in range(500)]
    await world.seconds(13)
    root, *others = world.slack
    assert root.message == ("storm", 500, [f"U{number}" for number in range(499, 399, -1)])
    assert [each.thread for each in others] == [root.ts] * 4
    assert [len(each.ids) for each in others] == [100] * 4
    assert Counter(each for posted in world.slack for each in posted.tells) == Counter(names)
    assert all(world.rows[name].shared for name in names)
    assert {world.rows[name].receipt for name in names} == {Receipt(channel="C1", ts=root.ts)}


async def test_a_storm_that_still_grows_is_told_when_it_does_not_with_the_highest_of_all(
    world: World,
) -> None:
    for second in range(20):
        for number in range(10):
            world.owe(world.alert(f"U{10 * second + number}", core_hours=1000 + 10 * second + number))
        if second == 0:  # no storm yet: the first is told at once
            await world.turn()
            assert len(world.said()) == 1
        else:
            await world.turn()
        world.now += SECOND
    await world.seconds(10)
    assert world.said() == [
        ("alert", "U0", 80),
        ("storm", 199, [f"U{number}" for number in range(199, 99, -1)]),
        ("more", [f"U{number}" for number in range(99, 0, -1)]),
    ]


async def test_a_storm_that_never_stops_growing_is_told_all_the_same(world: World) -> None:
    for second in range(45):
        for number in range(11):
            world.owe(world.alert(f"U{11 * second + number}"))
        await world.turn()
        world.now += SECOND
    assert world.slack[0].at == NOON + timedelta(seconds=30)
    assert [len(each.tells) for each in world.slack][:3] == [100] * 3


async def test_a_table_is_replied_to_but_never_edited(world: World) -> None:
    for number in range(11):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(7)
    (root,) = world.slack
    world.owe(world.alert("U3", 90), CROSSED, Form.THREAD, 90)
    click = world.owe(world.alert("U4"), Telling.CHANGED, Form.EDIT)
    await world.seconds(3)
    assert world.said()[1:] == [("reply", "U3", "crossed", 90)]
    assert world.slack[1].thread == root.ts
    assert world.why(click) == "its message is a table of many"


@pytest.mark.parametrize("end", ["lost after", "killed after"])
async def test_a_storm_whose_answers_were_lost_is_found_again(world: World, end: str) -> None:
    names = [world.owe(world.alert(f"U{number}")) for number in range(250)]
    world.ends = [end, end, end]
    for _ in range(5):
        await world.seconds(65)
        if end == "killed after":
            world.start()
    assert Counter(each for posted in world.slack for each in posted.tells) == Counter(names)
    assert all(world.rows[name].shared for name in names)


# Ends


@table(
    "end wait",
    {
        "paused": ("paused", 7),
        "failed": ("failed", 1),
        "lost before": ("lost before", 2),
    },
)
async def test_after_a_bad_end_the_place_rests_and_tells_in_order(world: World, end: str, wait: int) -> None:
    world.ends = [end]
    world.owe(world.alert("U1"))
    world.owe(world.alert("U2"))
    await world.seconds(wait)
    assert world.said() == []
    await world.seconds(2)
    assert world.said() == [("alert", "U1", 80), ("alert", "U2", 80)]


async def test_attempts_that_fail_come_ever_more_rarely(world: World) -> None:
    world.ends = ["failed"] * 12
    world.owe(world.alert())
    await world.seconds(1500)
    times = [at for at, _ in world.tries]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert len(world.said()) == 1


async def test_an_answer_lost_after_sending_is_looked_for_and_not_told_again(world: World) -> None:
    world.ends = ["lost after"]
    name = world.owe(world.alert())
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt is not None
    assert sum(outcome.found for outcome in world.outcomes) == 1


async def test_a_reply_whose_answer_was_lost_is_looked_for_in_its_thread(world: World) -> None:
    await world.told_first()
    world.ends = ["lost after"]
    world.owe(world.alert(told=90), CROSSED, Form.THREAD, 90)
    await world.seconds(6)
    assert world.said() == [("reply", "U1", "crossed", 90), ("edit", ("alert", "U1", 90))]


async def test_a_killed_process_is_followed_by_one_that_looks_first(world: World) -> None:
    world.ends = ["killed after"]
    name = world.owe(world.alert())
    await world.seconds(1)
    world.start()
    await world.seconds(62)
    assert world.said() == [("alert", "U1", 80)]
    assert world.rows[name].receipt is not None


async def test_a_search_that_is_not_allowed_tells_again(world: World) -> None:
    world.ends, world.looks = ["lost after"], ["refused"] * 2
    world.owe(world.alert())
    await world.seconds(4)
    assert world.said() == [("alert", "U1", 80)] * 2


async def test_what_slack_never_takes_is_dropped_with_its_word(world: World) -> None:
    world.ends = ["refused"]
    name = world.owe(world.alert())
    outcome = await world.turn()
    assert world.why(name) == "invalid_blocks"
    assert outcome.refused == [(GENERAL, "invalid_blocks")]


@table("end said", {"paused": ("paused", 1), "unsure": ("unsure", 1), "refused": ("refused", 0)})
async def test_edits_are_tried_again_unless_the_message_is_gone(world: World, end: str, said: int) -> None:
    await world.told_first()
    world.edit_ends = [end]
    name = world.owe(world.alert(), Telling.CHANGED, Form.EDIT)
    await world.seconds(10)
    assert len(world.said()) == said
    assert world.why(name) == (None if said else "message_not_found")


# Trouble


async def test_a_place_in_trouble_is_tried_every_five_minutes_and_its_owner_hears_once(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    for number in range(3):
        world.owe(world.alert(f"U{number}"))
    await world.seconds(1201)
    assert world.said(BOSS) == [("text", "C1: not_in_channel")]
    assert world.troubles[GENERAL] == ChannelTrouble(reason="not_in_channel", since=NOON, owner_told=True)
    times = [at for at, place in world.tries if place == GENERAL]
    assert [(at - NOON).total_seconds() for at in times] == [0, 300, 600, 900, 1200]
    assert len(world.open) == 3


async def test_once_it_works_again_the_newest_state_is_told_at_once(world: World) -> None:
    world.out[GENERAL] = "is_archived"
    crossed = world.owe(world.alert())
    fell = world.owe(world.alert("U2"))
    await world.seconds(100)
    world.owe(world.alert(told=100), CROSSED, Form.THREAD_AND_CHANNEL, 100)
    world.alert("U2", 0)
    await world.seconds(5)
    del world.out[GENERAL]
    del world.troubles[GENERAL]  # the bot was invited: a listener says so
    await world.seconds(12)
    assert world.said() == [("alert", "U1", 100)]
    assert world.rows[crossed].receipt is not None
    assert world.why(fell) == "use fell again before it could be told"
    assert world.open == []


async def test_somebody_asking_for_a_test_shows_that_it_works_again(world: World) -> None:
    world.out[GENERAL] = "not_in_channel"
    world.owe(world.alert())
    await world.seconds(30)
    del world.out[GENERAL]
    world.owe_text()
    await world.seconds(12)
    assert world.troubles == {}
    assert Counter(map(str, world.said())) == Counter(map(str, [("alert", "U1", 80), ("text", "hello")]))


async def test_trouble_anew_is_told_anew(world: World) -> None:
    for _ in range(2):
        world.out[GENERAL] = "not_in_channel"
        world.owe(world.alert(f"U{len(world.rows)}"))
        await world.seconds(5)
        world.out.clear()
        await world.seconds(310)
    assert len(world.said(BOSS)) == 2


async def test_trouble_that_is_over_is_not_spoken_of(world: World) -> None:
    world.out = {GENERAL: "token_revoked", BOSS: "token_revoked"}
    world.owe(world.alert())
    await world.seconds(5)
    world.out.clear()
    await world.seconds(610)
    assert (world.said(), world.said(BOSS)) == ([("alert", "U1", 80)], [])
    assert world.open == []


@table(
    "kind said",
    {
        "limit set": (NoticeKind.LIMIT_SET, ("text", "hello")),
        "test": (NoticeKind.TEST, ("text", "hello")),
        "from before links had news": (NoticeKind.LINK_HEALTH, ("text", "hello")),
    },
)
async def test_finished_sentences_are_told_as_they_are(
    world: World, kind: NoticeKind, said: tuple[str, ...]
) -> None:
    world.owe_text(kind, place=BOSS)
    await world.turn()
    assert world.said(BOSS) == [said]


async def test_news_of_a_link_are_drawn_as_they_are_told(world: World) -> None:
    notice_id = world.owe_text(NoticeKind.LINK_HEALTH, place=BOSS)
    row = world.rows[notice_id]
    row.notice = replace(row.notice, text="", news=LinkNews(cluster="east", username="alice"))
    await world.turn()
    assert world.said(BOSS) == [("news", "alice")]


# Whatever happens

ENDS = ("ok", *BEFORE, *AFTER)
OWED: dict[str, Callable[[World, str], str]] = {
    "first": lambda world, who: world.owe(world.alert(who)),
    "higher": lambda world, who: world.owe(world.alert(who, 90), CROSSED, Form.THREAD, 90),
    "full": lambda world, who: world.owe(world.alert(who, 100), CROSSED, Form.THREAD_AND_CHANNEL, 100),
    "fell": lambda world, who: world.owe(world.alert(who, 0), RESOLVED, Form.THREAD),
    "click": lambda world, who: world.owe(world.alert(who), Telling.CHANGED, Form.EDIT),
    "text": lambda world, who: world.owe_text(text=who),
}


@given(
    story=st.lists(
        st.tuples(st.sampled_from(sorted(OWED)), st.integers(0, 15), st.sampled_from([0, 0, 1, 3, 70])),
        min_size=1,
        max_size=40,
    ),
    ends=st.lists(st.sampled_from(ENDS), max_size=25),
    looks=st.lists(st.sampled_from(["ok", "paused", "failed", "refused", "missed"]), max_size=10),
    edit_ends=st.lists(st.sampled_from(["ok", "paused", "unsure", "refused"]), max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_whatever_ends_the_attempts_all_is_told_or_dropped_and_twice_only_unseen(
    story: list[tuple[str, int, int]], ends: list[str], looks: list[str], edit_ends: list[str]
) -> None:
    asyncio.run(_live_through(story, ends, looks, edit_ends))


async def _live_through(
    story: list[tuple[str, int, int]], ends: list[str], looks: list[str], edit_ends: list[str]
) -> None:
    world = World()
    world.ends, world.looks, world.edit_ends = ends, looks, edit_ends

    async def live(seconds: float) -> None:
        end = world.now + timedelta(seconds=seconds)
        while world.now < end:
            outcome = await world.turn()
            if any(isinstance(each, Killed) for each in outcome.failures):
                world.start()
            assert all(isinstance(each, Killed) for each in outcome.failures), outcome.failures
            world.now += SECOND

    for what, who, pause in story:
        OWED[what](world, f"U{who}")
        await live(pause)
    for _ in range(400):
        if not world.open:
            break
        await live(60)

    assert world.open == []
    _check(world)


def _check(world: World) -> None:
    posted = Counter(each for message in world.slack for each in message.tells)
    for name, row in world.rows.items():
        is_edit = row.notice.owed is not None and row.notice.owed.form is Form.EDIT
        assert is_edit or row.dropped or posted[name] >= 1, name
    # Any member of a batch stands for all of it when it is looked for.
    assert world.blind or all(count == 1 for count in posted.values())
    for place in {each.place for each in world.slack}:
        posts = [each.at for each in world.slack if each.ids and each.place == place]
        assert all(after > before for before, after in pairwise(posts))
