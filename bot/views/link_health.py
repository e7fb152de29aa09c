"""What is the matter with a link, in words: for its owner's DM, for `status` and for the Home tab."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from slackblocks import Block, SectionBlock

from bot.domain.answers import LinkHealth
from bot.domain.clusters import Cluster, named
from bot.domain.health import UNREADABLE, LinkNews, State
from bot.views.format import age, escape, local_moment, moment
from bot.views.kit import Message, buttons, link_button
from bot.views.language import tr

_NO_BUTTON: Final = frozenset({None, State.CLUSTER_UNKNOWN})


def news_message(news: LinkNews, clusters: Sequence[Cluster]) -> Message:
    """Draw what a link's owner hears, with the button that helps."""
    cluster = named(news.cluster, clusters)
    label = escape(cluster.label if cluster else news.cluster)
    shown, spoken = (_news(news, label, cluster, local=local) for local in (True, False))
    more: tuple[Block, ...] = ()
    if cluster is not None and news.state not in _NO_BUTTON:
        more = (buttons(link_button(cluster.name, tr("Link again"))),)
    return Message(text=spoken, blocks=(SectionBlock(shown), *more))


def _news(news: LinkNews, label: str, cluster: Cluster | None, *, local: bool) -> str:
    username = escape(news.username)
    until = _moment(news.token_expires_at, cluster, local=local)
    kept = tr("Link again: your readings, limits and teams are kept.")
    match news.state:
        case State.EXPIRING_SOON:
            works = (
                tr("It still works until {until}.", until=until) if until else tr("It still works for now.")
            )
            return tr(
                "Your token for {username} on {cluster} cannot be renewed. {works} "
                "Link again before your numbers go stale; readings, limits and teams are kept.",
                username=username,
                cluster=label,
                works=works,
            )
        case State.EXPIRED:
            return tr(
                "Your token for {username} on {cluster} expired{when} and could not be renewed in time: "
                "I cannot read your core-hours there. {kept}",
                username=username,
                cluster=label,
                when=tr(" on {moment}", moment=until) if until else "",
                kept=kept,
            )
        case State.REFUSED if news.code == UNREADABLE:
            return tr(
                "I can no longer open your token for {username} on {cluster}: I cannot read your core-hours "
                "there. {kept}",
                username=username,
                cluster=label,
                kept=kept,
            )
        case State.REFUSED:
            return tr(
                "{cluster} does not accept your token for {username} any more: I cannot read your core-hours "
                "there. {kept}",
                username=username,
                cluster=label,
                kept=kept,
            )
        case State.FROZEN:
            return tr(
                "{cluster} has frozen {username}: I cannot read your core-hours there. Ask the centre about it; "
                "I look again every few hours. If it stays silent afterwards, link again.",
                username=username,
                cluster=label,
            )
        case State.CLUSTER_UNKNOWN:
            return tr(
                "{cluster} is no longer in my settings: I do not ask it about {username} any more. "
                "Whoever runs this bot can put it back; your readings and limits are kept.",
                username=username,
                cluster=label,
            )
        case _:
            return tr(
                "{cluster} has given me no data on {username} for 6 hours. "
                "I keep trying; until then your alerts there stay silent.",
                username=username,
                cluster=label,
            )


def token_sentence(link: LinkHealth, now: datetime) -> str:
    """Say how the token fares, and what happens to it next."""
    expires_at, health = link.link.token_expires_at, link.health
    state = State.HEALTHY if health is None else health.state
    since = "" if health is None else _ago(health.since, now)
    left = "" if expires_at is None or expires_at <= now else age(expires_at - now)
    renewal = _renewal(link, now)
    match state:
        case State.HEALTHY if expires_at is None:
            return tr("the token does not say when it expires.{renewal}", renewal=renewal)
        case State.HEALTHY if left:
            return tr("the token expires in {left}.{renewal}", left=left, renewal=renewal)
        case State.HEALTHY | State.RENEWING:
            over = "" if expires_at is None or left else tr(" It expired{ago}.", ago=_ago(expires_at, now))
            return tr(
                "the token is being renewed, and that has not worked yet.{over}{renewal}",
                over=over,
                renewal=renewal,
            )
        case State.EXPIRING_SOON:
            expires = tr(" It expires in {left}.", left=left) if left else ""
            return tr("the token cannot be renewed.{expires} Link again.", expires=expires)
        case State.EXPIRED:
            over = "" if expires_at is None else _ago(expires_at, now)
            return tr("the token expired{ago} and can no longer be renewed; link again.", ago=over)
        case State.REFUSED if health is not None and health.code == UNREADABLE:
            return tr("I could not open the token{ago}; link again.", ago=since)
        case State.REFUSED:
            return tr("the token was refused{ago}; link again.", ago=since)
        case State.FROZEN:
            return tr("the cluster froze this username{ago}; ask the centre about it.", ago=since)
        case State.CLUSTER_UNKNOWN:
            return tr("the cluster left my settings{ago}.", ago=since)


def _ago(moment: datetime, now: datetime) -> str:
    return tr(" {age} ago", age=age(now - moment))


def _renewal(link: LinkHealth, now: datetime) -> str:
    if link.renew_at is None:
        return ""
    if link.renew_at <= now:
        return tr(" I renew it now.")
    return tr(" I renew it in {left}.", left=age(link.renew_at - now))


def _moment(at: datetime | None, cluster: Cluster | None, *, local: bool) -> str:
    if at is None or cluster is None:
        return ""
    return local_moment(at, cluster) if local else moment(at, cluster)
