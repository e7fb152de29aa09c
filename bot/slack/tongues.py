"""Who is spoken to in which language: what they chose, else what Slack shows them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Person
from bot.ports import Languages, Spoken
from bot.slack.client import is_asked_too_much
from bot.slack.sightings import Saw, unheard
from bot.views.language import ENGLISH, Language, language_named, preferred_language

PATIENCE: Final = timedelta(seconds=1)
# Slack tells of a change by itself (`user_change`); this is for an event that was lost.
ASKED_AGAIN_AFTER: Final = timedelta(days=1)
REFUSED_FOR: Final = timedelta(minutes=1)
_SKEW: Final = timedelta(minutes=1)
_REMEMBERED: Final = 10_000

log = structlog.get_logger(__name__)


class Tongues:
    """Languages of people and channels; what Slack says is remembered, of who is linked in the table."""

    def __init__(
        self,
        languages: Languages,
        client_for: Callable[[str], AsyncWebClient],
        *,
        clock: Callable[[], datetime],
        spawn: Callable[..., object],
        saw: Saw = unheard,
    ) -> None:
        self._saw = saw
        self._spawn = spawn
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
        spoken = await self._spoken(person)
        language = language_named(spoken.chosen) or await self._of_slack(person, spoken)
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

    async def heard(self, workspace: str, user: Mapping[str, Any]) -> None:
        """Take in what Slack says of somebody; of most it is no news, or they are nobody whom we know."""
        locale, person = user.get("locale"), Person(workspace=workspace, user=str(user["id"]))
        if not locale:
            return
        known = self._locales.get(person)
        if known is None:
            told = (await self._spoken(person)).locale
            is_news = told is not None and told != locale
        else:
            is_news = known[0] is not preferred_language(str(locale))
        if is_news:
            self._keep(person, str(locale))

    async def _spoken(self, person: Person) -> Spoken:
        try:
            return await self._languages.spoken(person)
        except Exception as error:  # noqa: BLE001 (the answer is more than its language)
            log.warning("a person's language cannot be read", why=type(error).__name__)
            return Spoken()

    def _in_table(self, spoken: Spoken) -> tuple[Language, datetime] | None:
        """Return Slack's word of a while ago, and when it is asked again."""
        if not spoken.locale or spoken.locale_at is None:
            return None
        now = self._clock()
        # What lies ahead was written by a clock that was.
        again_at = spoken.locale_at + ASKED_AGAIN_AFTER if spoken.locale_at <= now + _SKEW else now
        return preferred_language(spoken.locale), again_at

    async def _of_slack(self, person: Person, spoken: Spoken) -> Language:
        # The table knows what another bot heard.
        heard = [each for each in (self._locales.get(person), self._in_table(spoken)) if each is not None]
        known = max(heard, key=lambda each: each[1], default=None)
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
        return self._keep(person, answer["user"].get("locale") or "")

    def _keep(self, person: Person, locale: str) -> Language:
        """Remember Slack's word, here and, as soon as that can be, for the others."""
        language = preferred_language(locale)
        self._remember(person, language, ASKED_AGAIN_AFTER)
        self._spawn(self._store(person, locale), name="language")
        return language

    async def _store(self, person: Person, locale: str) -> None:
        try:
            await self._languages.heard(person, locale, at=self._clock())
        except Exception as error:  # noqa: BLE001 (it is asked for again)
            log.warning("a person's language cannot be stored", why=type(error).__name__)

    def _remember(self, person: Person, language: Language, lasts: timedelta) -> None:
        self._locales[person] = (language, self._clock() + lasts)
        self._locales.move_to_end(person)
        if len(self._locales) > _REMEMBERED:
            self._locales.popitem(last=False)
