"""Home tabs: drawn when they are opened, and again while they may be open and what they show changes.

Slack tells when Home is opened, not when it is left. So who opened it is remembered for a while, and what it
would show now is compared with what was drawn last: first the few facts that it follows from, then the whole.
Looking for changes instead of being told of them asks no cluster, and sees what other processes did too.

Of several processes the one that drew last for somebody follows their Home: each says which state of it it
knows, and Slack refuses who does not know the newest.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.home import Asked, HomeFacts
from bot.domain.people import Person
from bot.slack.channel import standing_of
from bot.slack.client import error_code
from bot.slack.desk import Desk
from bot.views.home import home_view
from bot.views.kit import View
from bot.views.language import speaking

OPEN_FOR: Final = timedelta(minutes=15)
LOOKED_AGAIN_AFTER: Final = timedelta(seconds=3)
# Sums over weeks of readings take longer to look up than what they change with; but periods end, too.
GATHERED_AGAIN_AFTER: Final = timedelta(minutes=5)
TROUBLED_AGAIN_AFTER: Final = timedelta(minutes=1)
# However many have Home open, a turn looks at these, who waited longest.
LOOKS_A_TURN: Final = 3
MOST_REMEMBERED: Final = 1000
_DRAWN_BY_ANOTHER: Final = "hash_conflict"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What a Home was drawn of."""

    facts: HomeFacts
    page: int
    is_admin: bool
    asked: Asked | None


@dataclass(kw_only=True)
class _Opened:
    """Somebody's Home: what is known of it beside the store, and what was drawn last, as a digest."""

    opened_at: datetime
    look_at: datetime
    seen_at: datetime
    page: int = 0
    is_admin: bool = False
    asked: Asked | None = None
    seen: _Seen | None = None
    drawn: str = ""
    state: str | None = None  # Slack's name for what we drew last
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Homes:
    """The Home tabs of everybody, those opened lately foremost."""

    def __init__(self, desk: Desk, client_for: Callable[[str], AsyncWebClient]) -> None:
        self._desk = desk
        self._client_for = client_for
        self._opened: OrderedDict[Person, _Opened] = OrderedDict()

    async def open(self, person: Person, *, page: int = 0) -> None:
        """Draw the last readings at once; then ask the clusters and Slack, and draw what is new."""
        opened = self._remember(person)
        opened.page, opened.seen, opened.drawn = page, None, ""
        await self._draw(person, opened)
        opened.asked, opened.is_admin = await asyncio.gather(
            self._desk.show_home.ask(person, now=self._desk.clock()), self._is_admin(person)
        )
        await self._draw(person, opened)

    async def turn_to(self, person: Person, page: int) -> None:
        """Draw another page of limits; all anew where another process drew it so far."""
        if person not in self._opened:
            await self.open(person, page=page)
            return
        opened = self._remember(person)
        opened.page = page
        await self._draw(person, opened)

    async def draw(self, person: Person, *, page: int = 0) -> None:
        """Draw somebody's Home now, whether it is open or not: they did something that it shows."""
        if person in self._opened:
            await self._draw(person, self._opened[person])
        else:
            await self.open(person, page=page)

    def forget(self, workspace: str) -> None:
        """Forget the Homes of a workspace."""
        for person in [each for each in self._opened if each.workspace == workspace]:
            del self._opened[person]

    async def turn(self) -> None:
        """Look at a few Homes that may be open, and draw those that show what is no longer so."""
        now = self._desk.clock()
        for person in [each for each, opened in self._opened.items() if now - opened.opened_at > OPEN_FOR]:
            del self._opened[person]
        due = sorted(
            ((person, opened) for person, opened in self._opened.items() if opened.look_at <= now),
            key=lambda one: one[1].look_at,
        )
        await asyncio.gather(*(self._look(person, opened) for person, opened in due[:LOOKS_A_TURN]))

    async def _look(self, person: Person, opened: _Opened) -> None:
        try:
            await self._draw(person, opened, follows=True)
        except Exception as error:  # noqa: BLE001 (logged; one Home in trouble stops no other)
            if isinstance(error, SlackApiError) and error_code(error) == _DRAWN_BY_ANOTHER:
                self._opened.pop(person, None)
                return
            opened.look_at = self._desk.clock() + TROUBLED_AGAIN_AFTER
            log.warning("a home was not drawn", why=f"{type(error).__name__}: {error}"[:200])

    async def _draw(self, person: Person, opened: _Opened, *, follows: bool = False) -> None:
        """Publish what there is to show, unless that is what was published last.

        Who `follows` publishes only over what was drawn here: as it is once nobody here draws any more.
        """
        desk = self._desk
        async with opened.lock:
            opened.look_at = desk.clock() + LOOKED_AGAIN_AFTER
            facts = await desk.show_home.facts(person)
            seen = _Seen(facts=facts, page=opened.page, is_admin=opened.is_admin, asked=opened.asked)
            if seen == opened.seen and desk.clock() - opened.seen_at < GATHERED_AGAIN_AFTER:
                return
            view, page = await self._view(person, seen)
            if opened.page == seen.page:  # nobody turned it meanwhile
                opened.page = page
            drawn = hashlib.sha256(json.dumps(view).encode()).hexdigest()
            if drawn != opened.drawn:
                client = self._client_for(person.workspace)
                over = opened.state if follows else None
                answer = await client.views_publish(user_id=person.user, view=view, hash=over)
                opened.state = answer["view"]["hash"]
            opened.drawn, opened.seen, opened.seen_at = drawn, seen, desk.clock()

    async def _view(self, person: Person, seen: _Seen) -> tuple[View, int]:
        """Draw it, and say which page of limits there was to draw."""
        desk = self._desk
        home = await desk.show_home(
            person,
            seen.facts,
            page=seen.page,
            is_admin=seen.is_admin,
            asked=seen.asked,
            now=desk.clock(),
        )
        with speaking(await desk.tongues.of(person)):
            return home_view(home, now=desk.clock(), command=desk.command), home.page

    async def _is_admin(self, person: Person) -> bool:
        client = self._client_for(person.workspace)
        try:
            return (await standing_of(client, person, None, admins=self._desk.admins)).is_admin
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("whether somebody is an admin is not known", why=type(error).__name__)
            return False

    def _remember(self, person: Person) -> _Opened:
        """Return what is known of a person's Home, which is open now."""
        opened = self._opened.setdefault(person, self._new())
        opened.opened_at = self._desk.clock()
        self._opened.move_to_end(person)
        if len(self._opened) > MOST_REMEMBERED:
            self._opened.popitem(last=False)
        return opened

    def _new(self) -> _Opened:
        now = self._desk.clock()
        return _Opened(opened_at=now, look_at=now, seen_at=now)
