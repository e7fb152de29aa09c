"""What tells Slack: in whose language, and what those who read a channel may know."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.limits import Place
from bot.jobs.calendars import HolidayCalendars
from bot.jobs.tasks import Tasks
from bot.slack.audiences import SlackAudiences
from bot.slack.notifier import SlackNotifier
from bot.slack.sightings import Saw
from bot.slack.tongues import Tongues
from bot.store.place_turns import SqlPlaceTurns
from bot.usecases.counting import Counting
from bot.usecases.deliver import DeliverNotices
from bot.usecases.delivery.discretion import Discretion
from bot.usecases.gather_digest import GatherDigest
from bot.usecases.gather_team import GatherTeam
from bot.usecases.guard_audience import GuardAudience
from bot.usecases.turn_standups import TurnStandups
from bot.views.alerts import AlertDrawings
from bot.views.team import ask_again_sentence
from bot.wiring.settings import Settings
from bot.wiring.stores import Stores

# Where Slack is asked too much who reads channels. Whoever joins reads what stood there before, too.
READERS_KNOWN_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """Everything that is told without being asked for goes out by `deliver`."""

    tongues: Tongues
    audiences: SlackAudiences
    guard: GuardAudience
    calendars: HolidayCalendars
    turn_standups: TurnStandups
    digests: GatherDigest
    gather_team: GatherTeam
    deliver: DeliverNotices


def telling(
    settings: Settings,
    stores: Stores,
    *,
    counting: Counting,
    client_for: Callable[[str], AsyncWebClient],
    tasks: Tasks,
    saw: Saw,
    clock: Callable[[], datetime],
) -> Telling:
    """Put it together; `saw` hears what Slack says of people on the way."""
    tongues = Tongues(stores.languages, client_for, clock=clock, spawn=tasks.spawn, saw=saw)
    audiences = SlackAudiences(client_for, clock, saw=saw)
    guard = GuardAudience(
        teams=stores.teams, audiences=audiences, notices=stores.notices, ask_again=ask_again_sentence
    )
    telling_guard = replace(guard, within=READERS_KNOWN_FOR)
    digests = GatherDigest(
        counting=counting,
        limits=stores.limits,
        alerts=stores.alerts,
        standups=stores.standups,
        guard=telling_guard,
    )
    gather_team = GatherTeam(counting=counting, limits=stores.limits, guard=guard)
    calendars = HolidayCalendars()

    async def drawings(workspace: str, place: Place) -> AlertDrawings:
        return AlertDrawings(
            clusters=stores.clusters,
            language=await tongues.of_place(workspace, place),
            command=settings.command,
            install_url=settings.install_url,
        )

    deliver = DeliverNotices(
        notices=stores.notices,
        place_turns=SqlPlaceTurns(stores.database),
        alerts=stores.alerts,
        limits=stores.limits,
        places=stores.places,
        notifier=SlackNotifier(client_for=client_for, saw=saw),
        drawings=drawings,
        discretion=Discretion(guard=telling_guard, counting=counting),
        digests=digests,
        teams=gather_team,
        together=_together,
        clock=clock,
    )
    return Telling(
        tongues=tongues,
        audiences=audiences,
        guard=guard,
        calendars=calendars,
        turn_standups=TurnStandups(standups=stores.standups, calendars=calendars),
        digests=digests,
        gather_team=gather_team,
        deliver=deliver,
    )


async def _together(turns: Sequence[Awaitable[None]]) -> Sequence[BaseException | None]:
    """Run all at once; one that fails stops no other."""
    return await asyncio.gather(*turns, return_exceptions=True)
