"""What the engine turns: polling, renewal, delivery, standups, and what tidies up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain.polling import LONGEST_GAP
from bot.jobs.delivery import Delivery
from bot.jobs.engine import Chunks, Engine
from bot.jobs.gauges import EVERY as GAUGES_EVERY
from bot.jobs.gauges import Gauges
from bot.jobs.polling import HANDS, Polling
from bot.jobs.renewing import Renewing
from bot.jobs.tasks import Tasks
from bot.store.backlog import SqlBacklog
from bot.store.old_readings import SqlOldReadings
from bot.store.retention import SqlRetention
from bot.usecases.renew_token import LEASE
from bot.usecases.thin_readings import ThinReadings
from bot.wiring.asking import Asking
from bot.wiring.settings import Settings
from bot.wiring.stores import Stores
from bot.wiring.telling import Telling

THIN_EVERY: Final = timedelta(minutes=1)
SWEEP_EVERY: Final = timedelta(minutes=1)


def turn_by(
    engine: Engine,
    settings: Settings,
    stores: Stores,
    *,
    asking: Asking,
    telling: Telling,
    tasks: Tasks,
    tick: timedelta,
    may_tell: Callable[[], bool],
    may_poll: Callable[[], bool],
    clock: Callable[[], datetime],
) -> None:
    """Give the engine its turns; it starts them later."""
    retention = SqlRetention(stores.database)
    engine.every(SWEEP_EVERY, "retention", lambda: retention.sweep(now=clock()))
    gauges = Gauges(
        SqlBacklog(stores.database),
        stores.tokens,
        clusters=[cluster.name for cluster in stores.clusters],
        clock=clock,
    )
    engine.here(GAUGES_EVERY, "gauges", gauges.turn)
    # Those that were found are polled together, by the hands of no cluster.
    for cluster in (*(each.name for each in settings.clusters), None):
        polling = Polling(
            cluster,
            stores.polls,
            lambda polled, now: asking.poll(polled, now=now),
            tasks,
            clock=clock,
            furthest=LONGEST_GAP * settings.poll_interval,
            at_once=settings.polls_at_once,
            is_open=may_poll,
        )
        name = "polling" if cluster is None else f"polling {cluster}"
        engine.chunks(tick, name, Chunks(waiting=polling.waiting, work=polling.chunk), hands=HANDS)
    renewing = Renewing(
        stores.tokens, lambda held, now: asking.renew(held, now=now), tasks, clock=clock, lease=LEASE
    )
    engine.every(tick, "renewal", renewing.turn)
    delivery = Delivery(lambda now: telling.deliver(now=now), tasks, clock=clock, is_open=may_tell)
    engine.every(tick, "delivery", delivery.turn)
    engine.every(tick, "standups", lambda: telling.turn_standups(now=clock()))
    thin = ThinReadings(clusters=stores.clusters, old=SqlOldReadings(stores.database))
    engine.every(THIN_EVERY, "thinning", lambda: thin(now=clock()))
