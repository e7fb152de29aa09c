"""The Home tab. Its blocks are counted: whatever a person has, it stays within the hundred of a view."""

from datetime import datetime
from typing import Final

from slackblocks import (
    ActionsBlock,
    Block,
    Button,
    ConfirmationDialogue,
    HeaderBlock,
    HomeTabView,
    Option,
    SectionBlock,
    StaticSelectMenu,
    Text,
    TextType,
)

from bot.domain.answers import ChannelStatus, LinkHealth
from bot.domain.clusters import Cluster
from bot.domain.commands import AUTO
from bot.domain.errors import WalltimeError
from bot.domain.home import Home, HomeLimit, HomeLink
from bot.domain.limits import ScopeKind
from bot.views.errors import sentence
from bot.views.format import escape, local_moment
from bot.views.kit import (
    HOME_REFRESH,
    MOST_LINKS,
    UNLINK_CONFIRM,
    View,
    buttons,
    draw,
    left_out,
    link_button,
    small_print,
)
from bot.views.language import LANGUAGES, ntr, tr
from bot.views.limits import LIMIT_OFF, LIMIT_OPEN, amount, percents, whose
from bot.views.link_health import token_sentence
from bot.views.open_alerts import open_alert_blocks
from bot.views.usage import relink_helps, share_words, usage_fields

HOME_PAGE: Final = "home.page"
HOME_LANGUAGE: Final = "home.language"
HOME_LEAVE: Final = "home.leave"
# Buttons that say a word of the command, each its value: `home.say.status`.
HOME_SAY: Final = "home.say"

MOST_ALERTS: Final = 5
MOST_TEAMS: Final = 5
BAR_CELLS: Final = 20


def home_view(home: Home, *, now: datetime, command: str) -> View:
    """Draw everything that a person has here, and a button for everything they can do."""
    blocks = [
        *_links(home, now),
        *_alerts(home, now, command),
        *_limits(home),
        *_teams(home, command),
        *_everything_else(home, command),
    ]
    return draw(HomeTabView(blocks=blocks, private_metadata=str(home.page)))


def bar(percent: float) -> str:
    """Draw `█████░░░░░`, after the number in words, which screen readers say; full from 100 %."""
    full = min(int(percent / 100 * BAR_CELLS + 1e-9), BAR_CELLS)
    return "█" * full + "░" * (BAR_CELLS - full)


def _links(home: Home, now: datetime) -> list[Block]:
    title = HeaderBlock(tr("Your core-hours"))
    if not home.links:
        text = tr(
            "You have not linked a cluster yet. Link one with its API token, and your core-hours stand here."
        )
        return [title, SectionBlock(text), buttons(link_button(text=tr("Link a cluster")))]
    blocks: list[Block] = [title]
    for one in home.links[:MOST_LINKS]:
        blocks += _link(one, now)
    return [
        *blocks,
        *left_out(home.links),
        buttons(
            Button(text=tr("Refresh"), action_id=HOME_REFRESH),
            link_button(text=tr("Link another cluster")),
        ),
    ]


def _link(one: HomeLink, now: datetime) -> list[Block]:
    """Draw a link's numbers, as of when they are and how the link fares."""
    health, usage = one.health, one.usage
    username, label = health.link.username, health.cluster.label if health.cluster else health.link.cluster
    name = tr("*{username}* on *{cluster}*", username=escape(username), cluster=escape(label))
    unlink = _unlink_button(
        health.link.cluster, tr("{username} on {cluster}", username=username, cluster=label)
    )
    if health.cluster is None:
        gone = tr("This cluster is no longer in my settings: I do not ask it any more.")
        return [SectionBlock(f"{name}\n{gone}", accessory=unlink)]
    token = token_sentence(health, now)
    if usage is None or usage.reading is None:
        none = tr("No reading yet.")
        drawn: list[Block] = [SectionBlock(f"{name}\n{none}", accessory=unlink), small_print(token)]
    else:
        as_of = tr("as of {moment}", moment=local_moment(usage.reading.confirmed_at, health.cluster))
        drawn = [
            SectionBlock(name, fields=[*usage_fields(usage, usage.reading)], accessory=unlink),
            small_print(f"{as_of} · {token}"),
        ]
    return [*drawn, *_trouble(health, health.cluster, None if usage is None else usage.problem)]


def _trouble(health: LinkHealth, cluster: Cluster, problem: WalltimeError | None) -> list[Block]:
    """Say what asking just now, or else the polls, have met, with the button that helps; nothing if all is well.

    No ages: they would make a drawing of every minute a new one.
    """
    helps = health.next_poll_at is None
    if problem is not None:
        helps = relink_helps(problem)
        words = escape(sentence(problem, cluster))
    elif helps:
        words = tr("The token was refused, so I no longer ask {cluster}.", cluster=escape(cluster.label))
    elif health.failing_since is not None:
        words = tr(
            "{cluster} gives no data since {moment}. I keep asking.",
            cluster=escape(cluster.label),
            moment=local_moment(health.failing_since, cluster),
        )
    else:
        return []
    again = link_button(cluster.name, tr("Link again")) if helps else None
    return [SectionBlock(f":warning: {words}", accessory=again)]


def _unlink_button(cluster: str, name: str) -> Button:
    return Button(
        text=tr("Unlink"),
        action_id=UNLINK_CONFIRM,
        value=cluster,
        style="danger",
        confirm=ConfirmationDialogue(
            title=tr("Unlink?"),
            # Plain: escaped, a name could outgrow the 300 characters that a dialogue takes.
            text=Text(
                tr("The token and all readings of {name} are erased at once.", name=name), TextType.PLAINTEXT
            ),
            confirm=tr("Unlink"),
            deny=tr("Keep"),
            style="danger",
        ),
    )


def _alerts(home: Home, now: datetime, command: str) -> list[Block]:
    """Draw the open alerts; without any there is nothing to see."""
    if not home.alerts:
        return []
    blocks: list[Block] = [HeaderBlock(tr("Open alerts"))]
    for alert in home.alerts[:MOST_ALERTS]:
        blocks += open_alert_blocks(alert, now)
    more = len(home.alerts) - MOST_ALERTS
    if more > 0:
        words = ntr(
            "{count} more, lower: `{command} alerts`",
            "{count} more, each lower: `{command} alerts`",
            more,
            command=command,
        )
        blocks.append(small_print(words))
    return blocks


def _limits(home: Home) -> list[Block]:
    blocks: list[Block] = [HeaderBlock(tr("Limits"))]
    if not home.limits:
        blocks.append(SectionBlock(tr("No limit counts your core-hours yet. With one I warn you in time.")))
    for one in home.limits:
        blocks += _limit(one)
    turns = [
        Button(text=words, action_id=f"{HOME_PAGE}.{name}", value=str(page))
        for name, words, page in (
            ("previous", tr("Previous limits"), home.page - 1),
            ("next", tr("Next limits"), home.page + 1),
        )
        if 0 <= page < home.pages
    ]
    if home.pages > 1:
        words = tr(
            "Page {page} of {pages}, {count} limits",
            page=home.page + 1,
            pages=home.pages,
            count=home.limits_in_all,
        )
        blocks.append(small_print(words))
    blocks.append(buttons(*turns, Button(text=tr("Add a limit"), action_id=LIMIT_OPEN)))
    return blocks


def _limit(one: HomeLimit) -> list[Block]:
    """Draw how full a limit is, in words first, and what the person may do about it."""
    limit = one.limit
    label = one.cluster.label if one.cluster else limit.cluster
    if one.share is not None and one.cluster is not None:
        words = f"*{escape(label)}*: {share_words(one.share, one.cluster)}"
        state = bar(one.share.percent)
    else:
        words = f"{amount(limit, label)}, {tr('for {whose}', whose=whose(limit))}"
        is_team = limit.scope.kind is ScopeKind.TEAM
        state = tr("The team's sum is shown in its channel.") if is_team else tr("No reading yet.")
    told = tr("Told at {percents}; set by {user}.", percents=percents(limit), user=f"<@{limit.set_by.user}>")
    change = Button(text=tr("Change"), action_id=LIMIT_OPEN, value=limit.limit_id)
    remove = Button(text=tr("Remove"), action_id=LIMIT_OFF, value=limit.limit_id)
    may = [*((change,) if one.may_change else ()), *((remove,) if one.may_remove else ())]
    return [SectionBlock(f"{words}\n{state}\n{told}"), *((buttons(*may),) if may else ())]


def _teams(home: Home, command: str) -> list[Block]:
    """Draw the channels that are told of this person."""
    title = HeaderBlock(tr("Channels that I share with"))
    if not home.teams:
        none = tr(
            "You share your core-hours with no channel. To join a channel's team, type `{command} join` there.",
            command=command,
        )
        return [title, SectionBlock(none)]
    blocks: list[Block] = [title, *(_team(one) for one in home.teams[:MOST_TEAMS])]
    more = len(home.teams) - MOST_TEAMS
    if more > 0:
        words = ntr(
            "{count} channel more; to leave it, type `{command} leave` there.",
            "{count} channels more; to leave one, type `{command} leave` there.",
            more,
            command=command,
        )
        blocks.append(small_print(words))
    return blocks


def _team(team: ChannelStatus) -> SectionBlock:
    joined = ntr("{count} person joined", "{count} people joined", team.members)
    limits = tr("no limit counts you")
    if team.limits:
        limits = ntr("{count} limit counts you", "{count} limits count you", team.limits)
    leave = Button(
        text=tr("Leave"),
        action_id=HOME_LEAVE,
        value=team.channel,
        confirm=ConfirmationDialogue(
            title=tr("Stop sharing?"),
            text=Text(tr("This channel no longer sees your core-hours."), TextType.PLAINTEXT),
            confirm=tr("Leave"),
            deny=tr("Stay"),
        ),
    )
    facts = tr("{facts}.", facts=tr("; ").join([joined, limits]))
    return SectionBlock(f"<#{team.channel}>: {facts}", accessory=leave)


def _everything_else(home: Home, command: str) -> list[Block]:
    """Draw the rest of the command's words as buttons, the language, and what an admin may do more."""
    words = {"status": tr("Status"), "alerts test": tr("Send a test alert"), "help": tr("Help")}
    said = [
        Button(text=label, action_id=f"{HOME_SAY}.{word.replace(' ', '.')}", value=word)
        for word, label in words.items()
    ]
    admin = tr("You are an admin here: you may remove any limit that I show or list.")
    return [
        HeaderBlock(tr("More")),
        ActionsBlock([*said, _languages(home.language)]),
        *((small_print(admin),) if home.is_admin else ()),
        small_print(
            tr("The same in any channel: `{command}` · all words: `{command} help`", command=command)
        ),
    ]


def _languages(chosen: str | None) -> StaticSelectMenu:
    """Choose the language: each by its own name, or as Slack is set."""
    names = {AUTO: tr("Language: as my Slack"), **{one.code: one.name for one in LANGUAGES}}
    options = {code: Option(Text(name, TextType.PLAINTEXT), code) for code, name in names.items()}
    return StaticSelectMenu(
        action_id=HOME_LANGUAGE,
        placeholder=tr("Language"),
        options=list(options.values()),
        initial_option=options.get(chosen or AUTO, options[AUTO]),
    )
