"""What asks the clusters, and counts what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cluster.client import HttpClusterApi
from bot.cluster.platform import HttpPlatform
from bot.jobs.alone import AloneInProcess
from bot.jobs.live import SharedLiveReadings
from bot.jobs.tasks import Tasks
from bot.usecases.counting import Counting
from bot.usecases.keep_health import KeepHealth
from bot.usecases.poll_link import PollLink
from bot.usecases.renew_token import RenewToken
from bot.usecases.sign_in import SignIn
from bot.usecases.take_reading import TakeReading
from bot.wiring.stores import Stores


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """Whoever wants a number of a cluster's, or to keep a token alive, goes through these."""

    sign_in: SignIn
    renew: RenewToken
    live: SharedLiveReadings
    counting: Counting
    poll: PollLink


def asking(
    stores: Stores,
    *,
    api: HttpClusterApi,
    platform: HttpPlatform,
    tasks: Tasks,
    poll_interval: timedelta,
    may_find: bool,
    answer_within: timedelta,
    clock: Callable[[], datetime],
) -> Asking:
    """Put it together; `may_find` is whether the settings allow clusters but their own."""
    clusters, alone = stores.clusters, AloneInProcess()
    found = clusters if may_find else None
    health = KeepHealth(tokens=stores.tokens)
    sign_in = SignIn(clusters=clusters, platform=platform, keys=stores.keys, audit=stores.audit)
    renew = RenewToken(
        clusters=clusters,
        api=api,
        tokens=stores.tokens,
        health=health,
        alone=alone,
        sign_in=sign_in,
        found=found,
    )
    take = TakeReading(
        clusters=clusters,
        api=api,
        tokens=stores.tokens,
        readings=stores.readings,
        renew=renew,
        health=health,
        alone=alone,
    )
    live = SharedLiveReadings(
        lambda link: take(link, now=clock()),
        lambda link: take.unless_fresh(link, now=clock()),
        tasks,
        budget=answer_within,
    )
    counting = Counting(
        clusters=clusters,
        poll_interval=poll_interval,
        readings=stores.readings,
        teams=stores.teams,
        polls=stores.polls,
    )
    poll = PollLink(
        counting=counting,
        live=live,
        limits=stores.limits,
        alerts=stores.alerts,
        polls=stores.polls,
        health=health,
        found=found,
    )
    return Asking(sign_in=sign_in, renew=renew, live=live, counting=counting, poll=poll)
