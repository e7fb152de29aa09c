"""Delivery on ports in memory, and a Slack that ends attempts as it is told to."""

import asyncio
import itertools
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.alerts import AlertState, Form, Owed, Telling
from bot.domain.digests import Digest
from bot.domain.health import LinkNews
from bot.domain.installations import InstallNews
from bot.domain.limits import Place, PlaceKind, Scope, ScopeKind
from bot.domain.people import Person
from bot.domain.periods import MONTH, window
from bot.domain.standing import Audience
from bot.domain.table_pages import TablePage
from bot.domain.team_usage import OwedTable, TeamUsage
from bot.domain.usage import Window
from bot.ports.alerting import Alert, Notice, NoticeKind
from bot.usecases.deliver import DeliverNotices
from bot.usecases.delivery.turn import Outcome
from tests.unit.domain.kit import NOON, SHANGHAI, limit
from tests.unit.usecases.delivery_ports import (
    Drawer,
    FakeAlerts,
    FakeDigests,
    FakeLimits,
    FakeNotices,
    FakeNotifier,
    FakePlaces,
    FakePlaceTurns,
    FakeTeamTables,
)

TEAM = "T1"
GENERAL = Place(kind=PlaceKind.CHANNEL, slack_id="C1")
OTHER = Place(kind=PlaceKind.CHANNEL, slack_id="C2")
BOSS = Place(kind=PlaceKind.DM, slack_id="U9")
NOVEMBER = window(MONTH, NOON, SHANGHAI)
SECOND = timedelta(seconds=1)
CROSSED, RESOLVED, REMINDER = Telling.CROSSED, Telling.RESOLVED, Telling.REMINDER


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

    def installation(self, news: InstallNews) -> object:
        return ("installation", news.missing)

    def left_team(self, channel: str) -> object:
        return ("left", channel)

    def withheld(self, audience: Audience) -> object:
        return ("withheld", audience.guests)

    def digest(self, digest: Digest, *, now: datetime) -> object:
        del now
        return ("digest", digest.day, [page.users for page in digest.pages[:1]])

    def digest_page(self, digest: Digest, page: TablePage) -> object:
        del digest
        return ("page", page.users)

    def team_table(self, team: TeamUsage, owed: OwedTable) -> object:
        return ("table", owed.asked_by, [team.table_on(owed.cluster).pages[0].users])

    def team_page(self, team: TeamUsage, page: TablePage) -> object:
        del team
        return ("page", page.users)

    def trouble(self, place: Place, code: str) -> str:
        return f"{place.slack_id}: {code}"


async def together(turns: Sequence[Awaitable[None]]) -> Sequence[BaseException | None]:
    return await asyncio.gather(*turns, return_exceptions=True)


async def drawings(workspace: str, place: Place) -> "Draw":
    """The same in every language."""
    del workspace, place
    return Draw()


class World(Drawer):
    """Every port in memory; `ends` and `looks` are how the next attempts and look-ups end."""

    def __init__(self, processes: int = 1) -> None:
        super().__init__()
        self.processes = processes
        self.outcomes: list[Outcome] = []
        self.start()

    def start(self) -> None:
        """Start the processes anew; what is to outlive one stands in the tables."""
        self.delivering = itertools.cycle([self.process() for _ in range(self.processes)])

    def process(self, alerts: FakeAlerts | None = None) -> DeliverNotices:
        """Return one process's delivery."""
        return DeliverNotices(
            notices=FakeNotices(self),
            place_turns=FakePlaceTurns(self),
            alerts=alerts or FakeAlerts(self),
            limits=FakeLimits(self),
            places=FakePlaces(self),
            notifier=FakeNotifier(self),
            drawings=drawings,
            digests=FakeDigests(self),
            teams=FakeTeamTables(self),
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

    async def turn(self) -> Outcome:
        """One process's turn; they take turns."""
        outcome = await next(self.delivering)(now=self.now)
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
