"""Tell what is owed: each notice once, in time and in order, whatever Slack does meanwhile.

One turn claims due notices and serves each place by itself:

    held (Slack asked to wait, or does not answer) ──> everything waits
    in trouble (Slack refuses the place)           ──> one try every five minutes, the rest waits
    interrupted (its answer was lost)              ──> looked for by its id: found is told, else told again
    a storm                                        ──> one message with a table, the others in its thread
    else                                           ──> the oldest is posted, at most one a second; then edits
"""

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.domain.alerts import LAST_WORD, AlertState, Form, Owed, Reason, Telling
from bot.domain.errors import TellingFailed, TellingPaused, TellingRefused, TellingUnsure
from bot.domain.health import LinkNews
from bot.domain.limits import FULL, Limit, Place, PlaceKind
from bot.ports.alerting import (
    Alert,
    Alerts,
    ChannelTrouble,
    Limits,
    Notice,
    NoticeKind,
    Notices,
    Notifier,
    Places,
    Receipt,
)

LEASE: Final = timedelta(seconds=60)
MOST_CLAIMED: Final = 1000
PACE: Final = timedelta(seconds=1)
LOOK_AFTER: Final = timedelta(seconds=2)
LONGEST_BACKOFF: Final = timedelta(minutes=5)
RETRY_TROUBLE: Final = timedelta(minutes=5)
# A place in trouble is tried every five minutes, but its notices look this often whether it works again.
RECHECK: Final = timedelta(seconds=10)
STORM: Final = 10
STORM_WITHIN: Final = timedelta(minutes=1)
STORM_LASTS: Final = timedelta(minutes=10)
MOST_ROWS: Final = 100
MOST_EDITS: Final = 10
# An alert's first message may be in the hands of a process that died: not longer than its lease.
FIRST_MESSAGE_WITHIN: Final = LEASE + timedelta(seconds=5)
TOO_OLD: Final = timedelta(days=7)
_IN_SIGHT: Final = 100
_IN_SIGHT_OF_STORM: Final = 500
_THREAD_GONE: Final = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
_ASKED_FOR: Final = frozenset({NoticeKind.TEST, NoticeKind.LIMIT_SET})

Unit = tuple[Notice, ...]
Row = tuple[Alert, Owed]


class Drawings(Protocol):
    """What delivery needs drawn; `bot.views.alerts.AlertDrawings` does."""

    def alert(self, alert: Alert, *, now: datetime, note: str) -> object:
        """Draw an alert's own message; `note` is a sentence more."""
        ...

    def reply(self, alert: Alert, owed: Owed, *, now: datetime, note: str) -> object:
        """Draw what goes into an alert's thread."""
        ...

    def storm(self, rows: Sequence[Row], *, total: int) -> object:
        """Draw a storm's first table."""
        ...

    def storm_more(self, rows: Sequence[Row]) -> object:
        """Draw another table of a storm, for its thread."""
        ...

    def finished(self, text: str) -> object:
        """Draw a finished sentence."""
        ...

    def news(self, news: LinkNews) -> object:
        """Draw what a link's owner hears."""
        ...

    def trouble(self, place: Place, code: str) -> str:
        """Say why a place takes no messages, and what to do."""
        ...


# `asyncio.gather(*turns, return_exceptions=True)`, which use cases do not know.
Together = Callable[[Sequence[Awaitable[None]]], Awaitable[Sequence[BaseException | None]]]


@dataclass(kw_only=True, slots=True)
class Outcome:
    """How a turn went; the lists are for the log. A failure is a bug or the database's, not Slack's."""

    claimed: int = 0
    told: int = 0
    edited: int = 0
    found: int = 0
    unsure: int = 0
    waiting: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[Place, str]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class _Memory:
    """What is remembered of a place between turns; losing it costs nothing but politeness."""

    last_post: datetime | None = None
    held_until: datetime | None = None
    failures: int = 0
    tried_at: datetime | None = None
    told_alone: list[datetime] = field(default_factory=list)
    storm: tuple[Receipt, datetime] | None = None
    is_busy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Post:
    """One message about to go out, with every notice that it tells."""

    notices: Unit
    message: object
    alert: Alert | None = None
    thread: Receipt | None = None
    broadcast: bool = False
    is_table: bool = False

    @property
    def notice_id(self) -> str:
        """The ids of all its notices, each of which finds it again."""
        return ",".join(_id_in_table(n) if self.is_table else n.notice_id for n in self.notices)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverNotices:
    """Deliver. Turns may overlap: a place that is still being served is left alone by the next one."""

    notices: Notices
    alerts: Alerts
    limits: Limits
    places: Places
    notifier: Notifier
    draw: Drawings
    together: Together
    _memory: dict[tuple[str, Place], _Memory] = field(default_factory=dict, init=False, repr=False)

    async def __call__(self, *, now: datetime) -> Outcome:
        """Serve every place that is owed something, all at once: a slow one delays nobody."""
        claimed = await self.notices.claim(now=now, lease=LEASE, most=MOST_CLAIMED)
        outcome = Outcome(claimed=len(claimed))
        by_place: dict[tuple[str, Place], list[Notice]] = defaultdict(list)
        for notice in claimed:
            by_place[notice.workspace, notice.place].append(notice)
        ended = await self.together([self._serve(*key, owed, now, outcome) for key, owed in by_place.items()])
        outcome.failures += [end for end in ended if end is not None]
        return outcome

    async def _serve(
        self, workspace: str, place: Place, owed: list[Notice], now: datetime, outcome: Outcome
    ) -> None:
        memory = self._memory.setdefault((workspace, place), _Memory())
        turn = _Turn(
            deliver=self, workspace=workspace, place=place, memory=memory, now=now, outcome=outcome, owed=owed
        )
        if memory.is_busy:
            await turn.give_back(now + PACE)
            return
        memory.is_busy = True
        try:
            await turn.run()
        finally:
            memory.is_busy = False


class _Turn:
    """One place's turn. What is still in `_left` at its end is given back."""

    def __init__(
        self,
        *,
        deliver: DeliverNotices,
        workspace: str,
        place: Place,
        memory: _Memory,
        now: datetime,
        outcome: Outcome,
        owed: Sequence[Notice],
    ) -> None:
        self._to = deliver
        self._workspace = workspace
        self._place = place
        self._memory = memory
        self._now = now
        self._outcome = outcome
        ordered = sorted(owed, key=lambda notice: (notice.created_at, notice.notice_id))
        self._left = {notice.notice_id: notice for notice in ordered}
        # These may have been told already.
        self._unsure = {notice.notice_id for notice in ordered if notice.attempted_at is not None}
        self._is_in_trouble = False
        self._loaded: dict[tuple[str, str], Alert | str] = {}

    async def run(self) -> None:
        """Look, post, edit; then give back what is left."""
        memory, now = self._memory, self._now
        if memory.held_until is not None and now < memory.held_until:
            await self.give_back(memory.held_until)
            return
        trouble = await self._to.places.trouble(self._workspace, self._place)
        self._is_in_trouble = trouble is not None
        if trouble is None:
            memory.tried_at = None
        elif (
            memory.tried_at is not None and now < memory.tried_at + RETRY_TROUBLE and not self._is_asked_for()
        ):
            await self.give_back(min(now + RECHECK, memory.tried_at + RETRY_TROUBLE))
            return
        until = None
        try:
            await self._look()
            await self._speak()
            await self._edit()
        except TellingPaused as pause:
            until = memory.held_until = now + pause.wait
        except TellingUnsure:
            self._outcome.unsure += 1
            until = memory.held_until = now + LOOK_AFTER
        except TellingFailed:
            memory.failures += 1
            until = memory.held_until = now + _backoff(memory.failures)
        except TellingRefused as refused:
            until = now + RECHECK
            await self._trouble(refused.code, trouble)
        await self.give_back(until)

    async def give_back(self, until: datetime | None = None) -> None:
        """Give back what is left; in line for their second if no time is named."""
        waiting = list(self._left.values())
        if until is not None:
            await self._wait(waiting, until)
            return
        slot = self._next_slot()
        # The next ones come back together, so that a storm is seen and its tables are in order; those behind
        # come when it is their turn, and crowd out no other place.
        in_sight, at_once = (_IN_SIGHT, 1) if self._open_storm() is None else (_IN_SIGHT_OF_STORM, MOST_ROWS)
        await self._wait(waiting[:in_sight], slot)
        behind = waiting[in_sight:]
        for turn, start in enumerate(range(0, len(behind), at_once), start=1):
            await self._wait(behind[start : start + at_once], slot + turn * PACE)

    # Looking for what may have been told

    async def _look(self) -> None:
        """Look for interrupted notices; what went out in one message was marked at one time."""
        interrupted: dict[datetime, list[Notice]] = defaultdict(list)
        for notice in self._left.values():
            if notice.attempted_at is not None:
                interrupted[notice.attempted_at].append(notice)
        for attempted_at, group in interrupted.items():
            if not await self._found(tuple(group), attempted_at):
                self._unsure -= {notice.notice_id for notice in group}

    async def _found(self, group: Unit, since: datetime) -> bool:
        """Look where these could stand; told if they do."""
        first, alert = group[0], None
        own, table = first.notice_id, _id_in_table(first)
        if first.kind is NoticeKind.ALERT and not _has_first(group):
            loaded = await self._alert(first)
            alert = loaded if isinstance(loaded, Alert) else None
            if alert is not None and alert.receipt is not None:
                receipt = await self._find(own, since, alert.receipt)
                if receipt is not None:
                    await self._told_reply(group, alert, receipt)
                    self._outcome.found += 1
                    return True
        for notice_id in [own, table] if _has_first(group) else [own]:
            receipt = await self._find(notice_id, since, None)
            if receipt is not None:
                shared = notice_id == table
                if shared:
                    self._memory.storm = (receipt, since)
                await self._told_first(group, receipt, shared=shared)
                self._outcome.found += 1
                return True
        return False

    async def _find(self, notice_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        try:
            return await self._to.notifier.find(
                self._workspace, self._place, notice_id=notice_id, since=since, thread=thread
            )
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            return None  # it cannot be looked for: told twice beats never told

    # Posting

    async def _speak(self) -> None:
        """Post one message: a storm's, else that of the oldest notice that is still true."""
        if self._next_slot() > self._now:
            return
        units = self._units(lambda notice: notice.owed is None or notice.owed.form is not Form.EDIT)
        firsts = [unit for unit in units if _has_first(unit)]
        if await self._storm(firsts):
            return
        for unit in units:
            if any(notice.notice_id not in self._left for notice in unit):
                continue  # looking for a storm, some of it was found untrue
            post = await self._post_of(unit)
            if post is not None and post.message is None:
                await self._drop(post.notices, "it cannot be drawn")
            elif post is not None:
                await self._send(post)
                return

    async def _storm(self, firsts: Sequence[Unit]) -> bool:
        """Post a table if there are too many first messages; those of an open storm go into its thread."""
        memory, now = self._memory, self._now
        memory.told_alone = [at for at in memory.told_alone if now - at < STORM_WITHIN]
        storm = self._open_storm()
        if storm is not None:
            followers = [unit for unit in firsts if unit[0].created_at <= storm[1] + STORM_WITHIN]
            rows = await self._rows(followers)
            if rows:
                draw = self._to.draw
                message = self._drawn(lambda: draw.storm_more([row for _, row in rows[:MOST_ROWS]]))
                return await self._sent_table(rows, message, thread=storm[0])
        if len(firsts) <= 1 or len(firsts) + len(memory.told_alone) <= STORM:
            return False
        rows = await self._rows(firsts)
        if len(rows) <= 1 or len(rows) + len(memory.told_alone) <= STORM:
            return False
        message = self._drawn(
            lambda: self._to.draw.storm([row for _, row in rows[:MOST_ROWS]], total=len(rows))
        )
        return await self._sent_table(rows, message, thread=None)

    async def _sent_table(
        self, rows: Sequence[tuple[Unit, Row]], message: object, *, thread: Receipt | None
    ) -> bool:
        """Post a table; if it cannot be drawn, its rows are told one by one, and the bad one is found."""
        if message is None:
            return False
        told = tuple(notice for unit, _ in rows[:MOST_ROWS] for notice in unit)
        await self._send(_Post(notices=told, message=message, thread=thread, is_table=True))
        return True

    async def _rows(self, units: Sequence[Unit]) -> list[tuple[Unit, Row]]:
        """Return what is still true, the highest share first."""
        rows = []
        for unit in units:
            true = await self._true(unit)
            if true is not None and _has_first(true[1]):
                alert, notices = true
                rows.append((notices, (alert, _speaker(notices))))
        return sorted(rows, key=lambda row: -row[1][0].limit.percent(row[1][0].state.core_hours))

    async def _post_of(self, unit: Unit) -> _Post | None:
        """Return the message that tells these, or None if they were dropped or have to wait."""
        if unit[0].kind is not NoticeKind.ALERT:
            return await self._finished(unit[0])
        true = await self._true(unit)
        if true is None:
            return None
        alert, notices = true
        if alert.receipt is None or _has_first(notices):
            return await self._first(alert, notices, was_in_hand=_has_first(unit))
        message = self._drawn(
            lambda: self._to.draw.reply(alert, _speaker(notices), now=self._now, note=_note(notices))
        )
        return _Post(
            notices=notices,
            message=message,
            alert=alert,
            thread=alert.receipt,
            broadcast=any(n.owed is not None and n.owed.form is Form.THREAD_AND_CHANNEL for n in notices),
        )

    async def _first(self, alert: Alert, notices: Unit, *, was_in_hand: bool) -> _Post | None:
        """Return an alert's own message; a reply becomes it when there is none to reply to."""
        if not _has_first(notices):
            if not was_in_hand and self._now - notices[0].created_at < FIRST_MESSAGE_WITHIN:
                await self._wait(notices, self._now + 5 * PACE)
                return None
            if _speaker(notices).telling is Telling.RESOLVED and not alert.state.is_open:
                await self._drop(notices, "what it ends was never told")
                return None
        message = self._drawn(lambda: self._to.draw.alert(alert, now=self._now, note=_note(notices)))
        return _Post(notices=notices, message=message, alert=alert)

    async def _finished(self, notice: Notice) -> _Post | None:
        """Return a sentence that was finished when it was owed, or a link's news."""
        if self._now - notice.created_at > TOO_OLD:
            await self._drop([notice], "too old")
            return None
        if notice.limit_id is not None:
            limit = await self._to.limits.one(self._workspace, notice.limit_id)
            if limit is None:
                await self._drop([notice], "the limit is gone")
                return None
            if notice.kind is NoticeKind.CHANNEL_TROUBLE:
                trouble = await self._to.places.trouble(self._workspace, limit.tells)
                if trouble is None:
                    await self._drop([notice], "the channel works again")
                    return None
        news = notice.news
        message = self._drawn(
            lambda: self._to.draw.finished(notice.text) if news is None else self._to.draw.news(news)
        )
        return _Post(notices=(notice,), message=message)

    async def _send(self, post: _Post) -> None:
        """Post once, and write down how it ended."""
        await self._to.notices.attempting(post.notices, now=self._now)
        try:
            receipt = await self._to.notifier.post(
                self._workspace,
                self._place,
                post.message,
                notice_id=post.notice_id,
                thread=post.thread,
                broadcast=post.broadcast,
            )
        except TellingUnsure:
            self._unsure |= {notice.notice_id for notice in post.notices}
            raise
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            await self._refused(post, refused.code)
            return
        self._memory.last_post = self._now
        if post.is_table:
            root = post.thread or receipt
            if post.thread is None:
                self._memory.storm = (root, self._now)
            await self._told_first(post.notices, root, shared=True)
        elif post.thread is not None and post.alert is not None:
            await self._told_reply(post.notices, post.alert, receipt)
        else:
            if _has_first(post.notices):
                self._memory.told_alone.append(self._now)
            await self._told_first(post.notices, receipt, shared=False)

    async def _refused(self, post: _Post, code: str) -> None:
        """Drop what Slack never takes; if only the message replied to is gone, post a new one."""
        self._outcome.refused.append((self._place, code))
        if post.thread is None or code not in _THREAD_GONE:
            await self._drop(post.notices, code)
        elif post.is_table or post.alert is None:
            self._memory.storm = None
        else:
            message = self._to.draw.alert(post.alert, now=self._now, note=_note(post.notices))
            await self._send(replace(post, message=message, thread=None, broadcast=False))

    # Editing

    async def _edit(self) -> None:
        """Bring messages to their newest state; an edit may be repeated, so nothing is ambiguous here."""
        units = self._units(lambda notice: notice.owed is not None and notice.owed.form is Form.EDIT)
        for unit in units[:MOST_EDITS]:
            true = await self._true(unit)
            if true is None:
                continue
            alert, notices = true
            if alert.shared_message:
                await self._drop(notices, "its message is a table of many")
            elif alert.receipt is None:
                if self._now - notices[-1].created_at < FIRST_MESSAGE_WITHIN:
                    await self._wait(notices, self._now + 5 * PACE)
                else:
                    await self._drop(notices, "there is no message to edit")
            else:
                await self._edit_one(alert, alert.receipt, notices)

    async def _edit_one(self, alert: Alert, receipt: Receipt, notices: Unit) -> None:
        message = self._drawn(lambda: self._to.draw.alert(alert, now=self._now, note=""))
        if message is None:
            await self._drop(notices, "it cannot be drawn")
            return
        try:
            await self._to.notifier.edit(self._workspace, receipt, message)
        except TellingRefused as refused:
            if refused.place_is_out:
                raise
            self._outcome.refused.append((self._place, refused.code))
            await self._drop(notices, refused.code)
            return
        self._outcome.edited += 1
        await self._close(notices, receipt, shared=False)

    # What is still true

    async def _true(self, unit: Unit) -> tuple[Alert, Unit] | None:
        """Return the alert as it stands now and the notices that still hold; the others are dropped."""
        alert = await self._alert(unit[0])
        if isinstance(alert, str):
            await self._drop(unit, alert)
            return None
        highest = max((n.owed.threshold for n in unit if n.owed is not None), default=0)
        true = []
        for notice in unit:
            why = _why_not(notice, alert, highest=highest, now=self._now)
            if why:
                await self._drop([notice], why)
            else:
                true.append(notice)
        return (alert, tuple(true)) if true else None

    async def _alert(self, notice: Notice) -> Alert | str:
        """Return the alert a notice is about, as it is now, or why there is none."""
        if notice.limit_id is None or notice.owed is None:
            return "it belongs to no limit"
        key = (notice.limit_id, notice.subject)
        if key not in self._loaded:
            limit = await self._to.limits.one(self._workspace, notice.limit_id)
            alert = None if limit is None else await self._to.alerts.one(limit, notice.subject)
            self._loaded[key] = alert or ("the limit is gone" if limit is None else "the alert is gone")
        found = self._loaded[key]
        if isinstance(found, Alert) and found.state.window.start != notice.owed.window.start:
            return await self._last_word(found, notice, notice.owed) or "its period is over"
        return found

    async def _last_word(self, alert: Alert, notice: Notice, owed: Owed) -> Alert | None:
        """Return the alert as it stood when its period ended: a crossing known only afterwards is told."""
        if owed.telling is not Telling.CROSSED or not (
            owed.window.end <= alert.state.window.start and self._now - owed.window.end <= LAST_WORD
        ):
            return None
        for step in await self._to.alerts.transitions(alert, most=20):
            is_it = step.reason is Reason.CROSSED and step.told_after == owed.threshold
            if is_it and abs(step.at - notice.created_at) <= PACE:
                state = AlertState(
                    window=owed.window,
                    told=step.told_after,
                    told_at=step.at,
                    opened_at=step.at,
                    core_hours=step.core_hours,
                    as_of=step.as_of,
                )
                limit = replace(alert.limit, core_hours=step.limit_core_hours)
                return Alert(limit=limit, subject=alert.subject, state=state)
        return None

    # Trouble

    async def _trouble(self, code: str, known: ChannelTrouble | None) -> None:
        """Remember that the place takes nothing, and tell whoever set a limit for it, once each."""
        self._outcome.refused.append((self._place, code))
        self._memory.tried_at = self._now
        trouble = ChannelTrouble(
            reason=code,
            since=known.since if known else self._now,
            owner_told=known.owner_told if known else False,
        )
        await self._to.places.set_trouble(self._workspace, self._place, trouble)
        if self._place.kind is not PlaceKind.CHANNEL:
            return
        owners: dict[str, Limit] = {}
        for limit_id in {n.limit_id for n in self._left.values() if n.limit_id is not None}:
            limit = await self._to.limits.one(self._workspace, limit_id)
            if limit is not None:
                owners.setdefault(limit.set_by.user, limit)
        for owner, limit in owners.items():
            await self._to.notices.owe(
                Notice(
                    workspace=self._workspace,
                    # The same id again is nothing new: one for each owner and trouble.
                    notice_id=_derived_id("trouble", self._place.slack_id, trouble.since.isoformat(), owner),
                    place=Place(kind=PlaceKind.DM, slack_id=owner),
                    kind=NoticeKind.CHANNEL_TROUBLE,
                    created_at=self._now,
                    limit_id=limit.limit_id,
                    text=self._to.draw.trouble(self._place, code),
                )
            )
        if owners and not trouble.owner_told:
            await self._to.places.set_trouble(self._workspace, self._place, replace(trouble, owner_told=True))

    # Ends

    async def _told_first(self, notices: Unit, receipt: Receipt, *, shared: bool) -> None:
        """Store the receipt of a message of its own, also where a reply became one."""
        first = tuple(
            n if n.owed is None else replace(n, owed=replace(n.owed, form=Form.MESSAGE)) for n in notices
        )
        await self._close(first, receipt, shared=shared)
        await self._works(len(notices))

    async def _told_reply(self, notices: Unit, alert: Alert, receipt: Receipt) -> None:
        """Store the receipt of a reply; what it says is owed to the alert's message too, before that."""
        newest = notices[-1]
        if not alert.shared_message:
            await self._to.notices.owe(
                Notice(
                    workspace=newest.workspace,
                    notice_id=_derived_id("edit", newest.notice_id),
                    place=newest.place,
                    kind=NoticeKind.ALERT,
                    created_at=self._now,
                    limit_id=newest.limit_id,
                    subject=newest.subject,
                    owed=Owed(
                        telling=Telling.CHANGED,
                        form=Form.EDIT,
                        threshold=alert.state.told,
                        window=alert.state.window,
                    ),
                )
            )
        await self._close(notices, receipt, shared=alert.shared_message)
        await self._works(len(notices))

    async def _works(self, told: int) -> None:
        """Note that the place takes messages."""
        self._outcome.told += told
        self._memory.failures = 0
        self._memory.tried_at = None
        if self._is_in_trouble:
            self._is_in_trouble = False
            await self._to.places.set_trouble(self._workspace, self._place, None)

    async def _close(self, notices: Unit, receipt: Receipt, *, shared: bool) -> None:
        await self._to.notices.told(notices, receipt, now=self._now, shared=shared)
        self._forget(notices)
        self._loaded.clear()  # receipts have changed

    async def _drop(self, notices: Sequence[Notice], why: str) -> None:
        await self._to.notices.drop(notices, why=why, now=self._now)
        self._outcome.dropped += [(notice.notice_id, why) for notice in notices]
        self._forget(notices)

    async def _wait(self, notices: Sequence[Notice], until: datetime) -> None:
        """Give notices back; those that may have been told keep their mark."""
        for attempted in (False, True):
            chosen = [notice for notice in notices if (notice.notice_id in self._unsure) is attempted]
            if chosen:
                await self._to.notices.wait(chosen, until=until, attempted=attempted)
        self._outcome.waiting += len(notices)
        self._forget(notices)

    def _forget(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._left.pop(notice.notice_id, None)

    # Small words

    def _drawn(self, draw: Callable[[], object]) -> object:
        """Draw; None if that fails: one message that cannot be drawn must not hold up its place."""
        try:
            return draw()
        except Exception as error:  # noqa: BLE001 (handed to the caller, who logs it)
            self._outcome.failures.append(error)
            return None

    def _next_slot(self) -> datetime:
        """Return when the place may be posted to: one message a second."""
        last = self._memory.last_post
        return self._now if last is None else max(self._now, last + PACE)

    def _open_storm(self) -> tuple[Receipt, datetime] | None:
        """Return the storm that is going on here: its first message, and since when."""
        storm = self._memory.storm
        return storm if storm is not None and self._now - storm[1] <= STORM_LASTS else None

    def _is_asked_for(self) -> bool:
        """Tell whether somebody just asked for a message here: worth a try in a place in trouble."""
        return any(n.kind in _ASKED_FOR and n.attempts == 0 for n in self._left.values())

    def _units(self, wanted: Callable[[Notice], bool]) -> list[Unit]:
        """Put together what is told together, all of one alert and period; oldest first."""
        units: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
        for notice in self._left.values():
            if wanted(notice):
                is_alert = notice.kind is NoticeKind.ALERT and notice.owed is not None
                start = notice.owed.window.start if notice.owed is not None else None
                key = (notice.limit_id, notice.subject, start) if is_alert else (notice.notice_id,)
                units[key].append(notice)
        return [tuple(unit) for unit in units.values()]


def _why_not(notice: Notice, alert: Alert, *, highest: int, now: datetime) -> str | None:  # noqa: C901, PLR0912 (one arm per telling)
    """Return why a notice is no longer true, None if it is."""
    state, owed = alert.state, notice.owed
    if owed is None:
        return "it says nothing"
    match owed.telling:
        case Telling.CROSSED:
            if state.told < owed.threshold:
                return "use fell again before it could be told"
            if owed.form is Form.MESSAGE:
                is_said = (
                    alert.receipt is not None and float(alert.receipt.ts) > notice.created_at.timestamp()
                )
                return "the alert's message says it already" if is_said else None
            if owed.threshold < state.told and highest < state.told and alert.receipt is not None:
                return "a higher threshold is told"
        case Telling.RESOLVED:
            if state.told >= owed.threshold:
                return "crossed again"
        case Telling.REMINDER | Telling.SNOOZE_OVER:
            if now >= state.window.end:
                return "its period is over"
            if state.told != owed.threshold or not state.is_open:
                return "another threshold is told"
            if state.acknowledged_at is not None or state.is_snoozed(now):
                return "acknowledged or snoozed meanwhile"
        case Telling.FORECAST:
            if now >= state.window.end or state.told >= FULL:
                return "the limit is full, or its period is over"
        case Telling.CHANGED:
            pass
    return None


def _speaker(notices: Unit) -> Owed:
    """Return what is said of several owed: the highest crossing, else the newest."""
    owed = [notice.owed for notice in notices if notice.owed is not None]
    crossings = [each for each in owed if each.telling is Telling.CROSSED]
    return max(crossings, key=lambda each: each.threshold) if crossings else owed[-1]


def _note(notices: Unit) -> str:
    """Return the sentence that a forecast brings along."""
    forecasts = [n for n in notices if n.owed is not None and n.owed.telling is Telling.FORECAST]
    return next((n.text for n in reversed(forecasts) if n.text), "")


def _has_first(notices: Iterable[Notice]) -> bool:
    return any(notice.owed is not None and notice.owed.form is Form.MESSAGE for notice in notices)


def _id_in_table(notice: Notice) -> str:
    """Return the id under which a notice stands in a storm's table: it tells the table from a message."""
    return f"{notice.notice_id}~table"


def _derived_id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _backoff(failures: int) -> timedelta:
    return min(timedelta(seconds=2.0 ** min(failures - 1, 10)), LONGEST_BACKOFF)
