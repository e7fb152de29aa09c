"""Who is spoken to in which language: what they chose, else what Slack shows them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.ports import Languages
from bot.slack.client import is_asked_too_much
from bot.slack.sightings import Saw, unheard
from bot.views.language import ENGLISH, Language, language_named, preferred_language

PATIENCE: Final = timedelta(seconds=1)
ASKED_AGAIN_AFTER: Final = timedelta(hours=1)
REFUSED_FOR: Final = timedelta(minutes=1)
_REMEMBERED: Final = 10_000

log = structlog.get_logger(__name__)


class Tongues:
    """Languages of people and channels; what Slack says is remembered for an hour."""

    def __init__(
        self,
        languages: Languages,
        client_for: Callable[[str], AsyncWebClient],
        *,
        clock: Callable[[], datetime],
        saw: Saw = unheard,
    ) -> None:
        self._saw = saw
        self._languages = languages
        self._client_for = client_for
        self._clock = clock
        # Slack's word, and when it is asked again.
        self._locales: OrderedDict[Person, tuple[Language, datetime]] = OrderedDict()
        self._last: dict[Person, Language] = {}
        # Workspaces that are asked no more until then: who reads a channel matters more than its language.
        self._left_alone: dict[str, datetime] = {}

    async def of(self, person: Person) -> Language:
        """Return a person's language; never fails, English if nothing is known."""
        place = Place(kind=PlaceKind.DM, slack_id=person.user)
        language = await self._chosen(person.workspace, place) or await self._of_slack(person)
        if len(self._last) > _REMEMBERED:
            self._last.clear()
        self._last[person] = language
        return language

    def last(self, person: Person) -> Language:
        """Return the language that a person was spoken to last, for answers that cannot wait."""
        return self._last.get(person, ENGLISH)

    def forget(self, workspace: str) -> None:
        """Forget the people of a workspace."""
        self._left_alone.pop(workspace, None)
        for known in (self._locales, self._last):
            for person in [each for each in known if each.workspace == workspace]:
                del known[person]

    async def of_place(self, workspace: str, place: Place) -> Language:
        """Return the language of a DM or a channel."""
        if place.kind is PlaceKind.DM:
            return await self.of(Person(workspace=workspace, user=place.slack_id))
        return await self._chosen(workspace, place) or ENGLISH

    async def _chosen(self, workspace: str, place: Place) -> Language | None:
        try:
            return language_named(await self._languages.chosen(workspace, place))
        except Exception as error:  # noqa: BLE001 (whatever it is, the answer is more than its language)
            log.warning("a chosen language cannot be read", why=type(error).__name__)
            return None

    async def _of_slack(self, person: Person) -> Language:
        known = self._locales.get(person)
        if known is not None and self._clock() < known[1]:
            return known[0]
        until = self._left_alone.get(person.workspace)
        if until is not None and self._clock() < until:
            return known[0] if known else ENGLISH
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                client = self._client_for(person.workspace)
                answer = await client.users_info(user=person.user, include_locale=True)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("a person's language is not known", why=type(error).__name__)
            language = known[0] if known else ENGLISH
            if is_asked_too_much(error):
                self._left_alone[person.workspace] = self._clock() + REFUSED_FOR
            # Not asked at every word: hundreds of strangers would use up what Slack allows.
            self._remember(person, language, REFUSED_FOR)
            return language
        self._saw(person.workspace, answer["user"])
        language = preferred_language(answer["user"].get("locale") or "")
        self._remember(person, language, ASKED_AGAIN_AFTER)
        return language

    def _remember(self, person: Person, language: Language, lasts: timedelta) -> None:
        self._locales[person] = (language, self._clock() + lasts)
        self._locales.move_to_end(person)
        if len(self._locales) > _REMEMBERED:
            self._locales.popitem(last=False)
