"""What is the matter with a link, in words: for its owner's DM, for `status` and for the Home tab."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, SectionBlock

from bot.domain.answers import LinkHealth
from bot.domain.clusters import Cluster
from bot.domain.health import UNREADABLE, LinkNews, State
from bot.views.format import age, escape, local_moment, moment
from bot.views.kit import Message, buttons, link_button

_KEPT: Final = "Link again: your readings, limits and teams are kept."
_NO_BUTTON: Final = frozenset({None, State.CLUSTER_UNKNOWN})


def news_message(news: LinkNews, clusters: Sequence[Cluster]) -> Message:
    """Draw what a link's owner hears, with the button that helps."""
    cluster = next((cluster for cluster in clusters if cluster.name == news.cluster), None)
    label = escape(cluster.label if cluster else news.cluster)
    shown, spoken = (_news(news, label, cluster, local=local) for local in (True, False))
    more: tuple[Block, ...] = ()
    if cluster is not None and news.state not in _NO_BUTTON:
        more = (buttons(link_button(cluster.name, "Link again")),)
    return Message(text=spoken, blocks=(SectionBlock(shown), *more))


def _news(news: LinkNews, label: str, cluster: Cluster | None, *, local: bool) -> str:
    username = escape(news.username)
    until = _moment(news.token_expires_at, cluster, local=local)
    match news.state:
        case State.EXPIRING_SOON:
            works = f"It still works until {until}. " if until else "It still works for now. "
            return (
                f"Your token for {username} on {label} cannot be renewed. {works}"
                f"Link again before your numbers go stale; readings, limits and teams are kept."
            )
        case State.EXPIRED:
            when = f" on {until}" if until else ""
            return (
                f"Your token for {username} on {label} expired{when} and could not be renewed in time: "
                f"I cannot read your core-hours there. {_KEPT}"
            )
        case State.REFUSED if news.code == UNREADABLE:
            return (
                f"I can no longer open your token for {username} on {label}: I cannot read your core-hours "
                f"there. {_KEPT}"
            )
        case State.REFUSED:
            return (
                f"{label} does not accept your token for {username} any more: I cannot read your core-hours "
                f"there. {_KEPT}"
            )
        case State.FROZEN:
            return (
                f"{label} has frozen {username}: I cannot read your core-hours there. Ask the centre about it; "
                "I look again every few hours. If it stays silent afterwards, link again."
            )
        case State.CLUSTER_UNKNOWN:
            return (
                f"{label} is no longer in my settings: I do not ask it about {username} any more. "
                "Whoever runs this bot can put it back; your readings and limits are kept."
            )
        case _:
            return (
                f"{label} has given me no data on {username} for 6 hours. "
                "I keep trying; until then your alerts there stay silent."
            )


def token_sentence(link: LinkHealth, now: datetime) -> str:
    """Say how the token fares, and what happens to it next."""
    expires_at, health = link.link.token_expires_at, link.health
    state = State.HEALTHY if health is None else health.state
    since = "" if health is None else f" {age(now - health.since)} ago"
    match state:
        case State.HEALTHY if expires_at is None:
            return f"the token does not say when it expires.{_renewal(link, now)}"
        case State.HEALTHY if expires_at is not None and now < expires_at:
            return f"the token expires in {age(expires_at - now)}.{_renewal(link, now)}"
        case State.HEALTHY | State.RENEWING:
            over = (
                "" if expires_at is None or now < expires_at else f" It expired {age(now - expires_at)} ago."
            )
            return f"the token is being renewed, and that has not worked yet.{over}{_renewal(link, now)}"
        case State.EXPIRING_SOON:
            left = (
                "" if expires_at is None or expires_at <= now else f" It expires in {age(expires_at - now)}."
            )
            return f"the token cannot be renewed.{left} Link again."
        case State.EXPIRED:
            over = "" if expires_at is None else f" {age(now - expires_at)} ago"
            return f"the token expired{over} and can no longer be renewed; link again."
        case State.REFUSED if health is not None and health.code == UNREADABLE:
            return f"I could not open the token{since}; link again."
        case State.REFUSED:
            return f"the token was refused{since}; link again."
        case State.FROZEN:
            return f"the cluster froze this username{since}; ask the centre about it."
        case State.CLUSTER_UNKNOWN:
            return f"the cluster left my settings{since}."


def _renewal(link: LinkHealth, now: datetime) -> str:
    if link.renew_at is None:
        return ""
    return " I renew it now." if link.renew_at <= now else f" I renew it in {age(link.renew_at - now)}."


def _moment(at: datetime | None, cluster: Cluster | None, *, local: bool) -> str:
    if at is None or cluster is None:
        return ""
    return local_moment(at, cluster) if local else moment(at, cluster)
