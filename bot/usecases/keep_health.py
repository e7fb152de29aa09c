"""Write down what happens to a link's token, and owe its owner a word when only they can help."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.health import Event, Happened, Health, LinkNews, State, ends_soon, step
from bot.domain.limits import Place, PlaceKind
from bot.domain.people import Link
from bot.domain.renewal import TRY_AGAIN, next_try
from bot.ports.alerting import Notice, NoticeKind
from bot.ports.renewal import Change, Held, Tokens
from bot.usecases.counting import derived_id

# However often polls say the same, renewal keeps its own time.
_POLLS: Final = frozenset({Happened.POLL_ANSWERED, Happened.POLL_REFUSED})


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepHealth:
    """Keep account of how links fare."""

    tokens: Tokens

    async def __call__(self, link: Link, event: Event, *, now: datetime) -> None:
        """Note what happened to a link, whichever token it has now; nothing if the link is gone."""
        held = await self.tokens.look(link)
        if held is not None:
            await self.of_token(held, event, now=now)

    async def of_token(self, held: Held, event: Event, *, now: datetime) -> Held | None:
        """Note what happened to this very token; None if it is another by now."""
        return await self.tokens.change(held, lambda row: after(row, event, now=now), now=now)


def after(held: Held, event: Event, *, now: datetime) -> Change:
    """Decide what becomes of a link."""
    link, expires_at = held.link, held.link.token_expires_at
    health, owes = step(held.health, event, expires_at=expires_at, now=now)
    renew_at = held.renew_at
    if event.what is Happened.POLL_ANSWERED and health.state is State.RENEWING and not health.refusals:
        # The cluster is there. Whether the platform is, too, shall show at once, and before the token ends.
        if not health.platform_failures:
            renew_at = now
        elif renew_at is not None and ends_soon(expires_at, now):
            renew_at = min(renew_at, now + TRY_AGAIN)
    is_kept = health.state is held.health.state and event.what in _POLLS
    if not is_kept:
        renew_at = next_try(health, link.link_id, stored_at=held.stored_at, expires_at=expires_at, now=now)
    return Change(
        health=health,
        renew_at=renew_at,
        poll_at=now if _worth_a_poll(held, health, event, now) else None,
        notice=news_notice(held, health, now=now) if owes else None,
    )


def news_notice(held: Held, health: Health, *, now: datetime) -> Notice:
    """Return what tells a link's owner what is the matter; the same news has the same id."""
    link = held.link
    return Notice(
        workspace=link.person.workspace,
        notice_id=derived_id(link.link_id, str(held.generation), health.state, health.since.isoformat()),
        place=Place(kind=PlaceKind.DM, slack_id=link.person.user),
        kind=NoticeKind.LINK_HEALTH,
        created_at=now,
        subject=link.link_id,
        news=LinkNews(
            cluster=link.cluster,
            username=link.username,
            state=health.state,
            code=health.code,
            token_expires_at=link.token_expires_at,
        ),
    )


def _worth_a_poll(held: Held, health: Health, event: Event, now: datetime) -> bool:
    """Tell whether to poll at once: a link begins again, or only a poll can tell if its token still works."""
    match event.what:
        case _ if not health.is_polled:
            return False
        case Happened.RENEWAL_REFUSED:
            return health.refusals == 1
        case Happened.RENEWAL_FAILED:
            return health.state is State.RENEWING and ends_soon(held.link.token_expires_at, now)
        case _:
            return not held.health.is_polled
