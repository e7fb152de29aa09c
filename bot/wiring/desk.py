"""The use cases that people's commands, clicks and forms come to."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cluster.client import HttpClusterApi
from bot.cluster.regions import HttpRegions
from bot.jobs.tasks import Tasks
from bot.slack.desk import Desk
from bot.slack.link_questions import SlackLinkQuestions
from bot.store.engine import is_busy
from bot.store.postgres import patiently
from bot.usecases.act_on_alert import ActOnAlert
from bot.usecases.answer_usage import AnswerUsage
from bot.usecases.choose_language import ChooseLanguage
from bot.usecases.hear_of_channel import HearOfChannel
from bot.usecases.join_team import JoinTeam
from bot.usecases.link_account import LinkAccount
from bot.usecases.link_by_access_key import LinkByAccessKey
from bot.usecases.link_by_page import LinkByPage
from bot.usecases.link_region import LinkRegion
from bot.usecases.set_limit import SetLimit
from bot.usecases.set_standup import SetStandup
from bot.usecases.show_history import ShowHistory
from bot.usecases.show_home import ShowHome
from bot.usecases.show_person import ShowPerson
from bot.usecases.show_status import ShowStatus
from bot.usecases.show_team import ShowTeam
from bot.usecases.unlink_account import UnlinkAccount
from bot.wiring.asking import Asking
from bot.wiring.settings import Settings
from bot.wiring.stores import Stores
from bot.wiring.telling import Telling

T = TypeVar("T")


def bot_version() -> str:
    """The installed version; a checkout that was never installed has none."""
    try:
        return version("walltime-bot")
    except PackageNotFoundError:
        return "0 (checkout)"


def make_desk(
    settings: Settings,
    stores: Stores,
    *,
    asking: Asking,
    telling: Telling,
    api: HttpClusterApi,
    regions: HttpRegions,
    tasks: Tasks,
    client_for: Callable[[str], AsyncWebClient],
    session: aiohttp.ClientSession,
    clock: Callable[[], datetime],
) -> Desk:
    """Put it together."""
    clusters, counting, guard = stores.clusters, asking.counting, telling.guard
    links, limits, alerts, audit = stores.links, stores.limits, stores.alerts, stores.audit
    teams, notices, standups = stores.teams, stores.notices, stores.standups
    link_account = LinkAccount(clusters=clusters, api=api, links=links, audit=audit)
    answer_usage = AnswerUsage(
        clusters=clusters,
        links=links,
        readings=stores.readings,
        live=asking.live,
        limits=limits,
        counting=counting,
    )
    show_status = ShowStatus(
        clusters=clusters,
        links=links,
        readings=stores.readings,
        polls=stores.polls,
        limits=limits,
        teams=teams,
        tokens=stores.tokens,
        standups=standups,
    )
    link_region = LinkRegion(
        clusters=clusters,
        sign_in=asking.sign_in,
        regions=regions,
        sign_ins=stores.sign_ins,
        found=clusters,
        link_account=link_account,
        audit=audit,
    )

    def spawn_for_people(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        with patiently():
            return tasks.spawn(work, name=name)

    return Desk(
        command=settings.command,
        version=bot_version(),
        clusters=clusters,
        answer_usage=answer_usage,
        link_by_page=LinkByPage(
            link_account=link_account,
            pages=stores.pages,
            questions=SlackLinkQuestions(client_for, clusters, telling.tongues),
            audit=audit,
        ),
        link_account=link_account,
        link_by_access_key=LinkByAccessKey(sign_in=asking.sign_in, link_account=link_account),
        link_region=link_region if settings.region_hosts.suffixes else None,
        unlink_account=UnlinkAccount(links=links, audit=audit),
        show_status=show_status,
        show_home=ShowHome(
            answer_usage=answer_usage,
            show_status=show_status,
            limits=limits,
            alerts=alerts,
            teams=teams,
            languages=stores.languages,
        ),
        show_history=ShowHistory(
            clusters=clusters,
            readings=stores.readings,
            polls=stores.polls,
            limits=limits,
            teams=teams,
            guard=guard,
        ),
        set_limit=SetLimit(counting=counting, links=links, limits=limits, alerts=alerts, audit=audit),
        act_on_alert=ActOnAlert(
            counting=counting, limits=limits, alerts=alerts, notices=notices, audit=audit
        ),
        join_team=JoinTeam(teams=teams, limits=limits, alerts=alerts, counting=counting),
        choose_language=ChooseLanguage(languages=stores.languages),
        tongues=telling.tongues,
        public_url=settings.public_url,
        hear_of_channel=HearOfChannel(places=stores.places),
        show_team=ShowTeam(gather=telling.gather_team, notices=notices),
        show_person=ShowPerson(answer_usage=answer_usage, counting=counting, teams=teams, guard=guard),
        set_standup=SetStandup(
            standups=standups,
            calendars=telling.calendars,
            teams=teams,
            notices=notices,
            audit=audit,
            gather=telling.digests,
        ),
        guard_audience=guard,
        audiences=telling.audiences,
        install_url=settings.install_url,
        admins=settings.admins,
        spawn=spawn_for_people,
        is_busy=is_busy,
        session=session,
        clock=clock,
    )
