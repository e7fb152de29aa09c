"""The one place where errors become sentences: what was wrong, and what to do next."""

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessDenied,
    AlertOver,
    AudienceUnknown,
    ChannelClosed,
    ChannelNeeded,
    ClusterMisconfigured,
    ClusterSilent,
    LimitClusterMissing,
    LimitDateWrong,
    LimitGone,
    LimitNumberMalformed,
    LimitNumberOutOfRange,
    LimitNumberUnknown,
    LimitPeriodUnknown,
    LimitPersonGuest,
    LimitPersonNotJoined,
    LimitPersonWrong,
    LimitRangeBackwards,
    LimitRangeOver,
    LimitRangesOverlap,
    LimitThresholdWrong,
    LimitWordMissing,
    LimitWordUnknown,
    LimitWrong,
    NoData,
    NotAgreed,
    NotFullMember,
    NotInChannel,
    NotLinked,
    NotShared,
    PersonUnknown,
    SealBroken,
    SecretInCommand,
    SomebodyElses,
    StandupDaysWrong,
    StandupMissing,
    StandupTimeMissing,
    StandupTimeWrong,
    StandupWrong,
    StandupZoneUnknown,
    TeamEmpty,
    TeammateNotLinked,
    TokenEmpty,
    TokenExpired,
    TokenMalformed,
    TokenOfOtherCluster,
    TokenOfOtherUsername,
    TokenOfPlatform,
    TokenRefused,
    UnknownCluster,
    UsernameFrozen,
    UsernameMalformed,
    UsernameUnknown,
    WalltimeError,
)
from bot.domain.standup_words import EXAMPLE
from bot.views.format import escape, moment
from bot.views.kit import Message, buttons, link_button, say
from bot.views.language import tr
from bot.views.names import shown_name

_MOST_NAMES = 30
_MISSING = {
    "core_hours": "a number of core-hours",
    "period": "a period: per day, week, month, quarter or year, from a date to a date, or total",
    "date": "a date, as year-month-day",
    "to": "“to” and the last day",
    "thresholds": "percentages",
    "cluster": "the name of a cluster",
    "number": "the number of a limit in the list that “limit” shows",
}
WHERE_TOKENS_ARE = "on the platform's page, under your account's API or access settings"


def sentence(error: WalltimeError, cluster: Cluster | None = None) -> str:  # noqa: C901, PLR0912 (one arm per error)
    """Say an error in plain text, without markup."""
    here = cluster.label if cluster else "The cluster"
    match error:
        case SecretInCommand():
            return (
                "That looks like a token or a key, so I did nothing with it. What you type in a command stays "
                "in Slack's history: revoke it now, get a new one, and enter it only in the link form."
            )
        case NotLinked(cluster=None):
            return "You have not linked a cluster yet."
        case NotLinked():
            return f"You have no link on {cluster.label if cluster else error.cluster}."
        case UnknownCluster(known=()):
            return f"I know no cluster “{error.name[:80]}”."
        case UnknownCluster():
            return f"I know no cluster “{error.name[:80]}”. There is: {_some(error.known)}."
        case UsernameMalformed():
            return (
                "A username has no spaces and at most 64 characters. Leave it empty to take the token's own."
            )
        case TokenEmpty():
            return f"Paste your API token here. You find it {WHERE_TOKENS_ARE}."
        case TokenMalformed():
            return (
                "This is not an API token of the platform: one has three parts with dots between them and "
                "starts with “eyJ”. Copy it whole, without quotes."
            )
        case TokenExpired():
            when = f" on {moment(error.expired_at, cluster)}" if cluster else ""
            return f"This token expired{when}. Get a fresh one {WHERE_TOKENS_ARE}."
        case TokenOfPlatform():
            return (
                "This is the platform's own token (cluster id 0); it opens no cluster. "
                f"Take the token of {cluster.label if cluster else 'your cluster'} from the same list."
            )
        case TokenOfOtherCluster(belongs_to=str(owner)):
            return (
                f"This token belongs to {owner}. Choose {owner} above, or paste the token of {error.chosen}."
            )
        case TokenOfOtherCluster():
            return (
                f"This token belongs to another cluster than {error.chosen}. Paste the one of {error.chosen}."
            )
        case TokenOfOtherUsername(allowed=()):
            return f"The token does not say that it belongs to “{error.given}”."
        case TokenOfOtherUsername():
            names = " or ".join(f"“{name}”" for name in error.allowed)
            return (
                f"The token belongs to {names}, not to “{error.given}”. Correct the name, or leave it empty."
            )
        case TokenRefused():
            return (
                f"{here} does not accept this token (any more): it has expired or was revoked. "
                f"Get a fresh one {WHERE_TOKENS_ARE}."
            )
        case UsernameFrozen():
            return (
                f"{here} has frozen this username. Ask the centre's support to unfreeze it, then try again."
            )
        case AccessDenied():
            return (
                f"{here} does not let this token see this username (code 10009). "
                "Check the username, or ask the centre to open the usage interface for you."
            )
        case UsernameUnknown():
            return f"{here} does not know this username. Check the spelling, or leave it empty."
        case LimitWrong():
            return f"{limit_fault(error)} Right is, for example: “{error.example}”. Nothing was stored."
        case LimitGone():
            return "This limit is no longer there: it was removed meanwhile."
        case StandupWrong():
            return f"{standup_fault(error)} " + tr(
                "Right is, for example: “{example}”. Nothing was stored.", example=error.example
            )
        case StandupMissing():
            return tr(
                "No standup is set in this channel. Set one, for example: “{example}”.", example=EXAMPLE
            )
        case TeamEmpty():
            return tr(
                "Nobody has joined this channel's team yet, so a digest would have nothing to tell. "
                "Type “join” here first. Nothing was stored."
            )
        case AlertOver(resolved_at=None):
            return "This alert is over: its period has ended, or its limit was changed since."
        case AlertOver():
            return "This alert is over: the use fell below the threshold again, so there is nothing to hold back."
        case NotFullMember():
            return (
                "Only full members of the channel may do this: no guests, and nobody from outside it. "
                "Nothing was changed. A limit of your own needs nobody: for example “limit 2000 per month at 50,80,100”."
            )
        case NotInChannel():
            return tr("Only members of the channel see its team: join the channel first.")
        case SomebodyElses():
            return "This is another person's own limit; only they can change it. Nothing was changed."
        case ChannelNeeded():
            return (
                "This is about a channel and its team: type it in the channel that it is meant for. "
                "A limit of your own works everywhere: for example “limit 2000 per month at 50,80,100”."
            )
        case ChannelClosed():
            return _closed(error.reason)
        case PersonUnknown():
            return tr(
                "“{name}” is not a person of this workspace: choose the name from the list that Slack shows as "
                "you type.",
                name=shown_name(error.name),
            )
        case NotShared():
            return tr(
                "{name} has not joined this channel's team, so nothing of theirs is shown here. "
                "They share their usage by typing “join” after the command, in this channel.",
                name=shown_name(error.name),
            )
        case NotAgreed():
            return tr(
                "{name} joined this channel's team before others could read the channel, so nothing of theirs is "
                "shown here until they agree. They do by typing “join” after the command, in this channel.",
                name=shown_name(error.name),
            )
        case TeammateNotLinked():
            return tr(
                "{name} is in this channel's team, but has not linked a cluster yet. "
                "They do by typing “link” after the command.",
                name=shown_name(error.name),
            )
        case AudienceUnknown():
            return tr(
                "Slack did not tell me just now who reads this channel, so I showed and changed nothing. "
                "Try again in a minute."
            )
        case ClusterSilent():
            return f"{here} is not answering just now. Nothing is lost: try again in a few minutes."
        case NoData():
            return (
                f"{here} answered, but without a number of core-hours. That is not zero: it has no data for "
                "this username just now. Try again later."
            )
        case ClusterMisconfigured():
            return (
                f"{here} answered in a way I do not understand ({error.cause}). "
                "Whoever runs this bot has to check the cluster's address in its settings."
            )
        case SealBroken():
            return (
                "Your stored token does not open any more. Link again; whoever runs this bot has to check "
                "its secret keys."
            )
        case _:
            return "That did not work. Try again; if it stays so, tell whoever runs this bot."


def limit_fault(error: LimitWrong) -> str:  # noqa: C901, PLR0912 (one arm per error)
    """Name the wrong word of a limit, in plain text."""
    word = f"“{error.word}”"
    match error:
        case LimitWordMissing():
            return f"After {word} I need {_MISSING.get(error.missing, error.missing)}."
        case LimitNumberMalformed():
            return f"{word} is not a number of core-hours that I can read in only one way: write it like 2000 or 2,000.50."
        case LimitNumberOutOfRange():
            return f"{word} cannot be a limit: it has to be more than 0 and at most 1,000,000,000 core-hours."
        case LimitThresholdWrong():
            return (
                f"{word} is not a threshold: those are whole percentages from 1 to 200, at most 20 of them."
            )
        case LimitPeriodUnknown():
            return f"{word} is no period: there is day, week, month, quarter, year, from a date to a date, and total."
        case LimitPersonGuest():
            return f"{word} is not a full member of this workspace, so nobody sets a limit for them."
        case LimitPersonNotJoined():
            return f"{word} has not joined this channel: they have to type “join” here first, so that their use may be counted."
        case LimitPersonWrong():
            return f"{word} is not a person of this workspace: choose the name from the list that Slack shows as you type."
        case LimitDateWrong():
            return f"{word} is not a date: write it as year-month-day."
        case LimitRangeBackwards():
            return f"{word} is before the first day: the range would end before it starts."
        case LimitRangeOver():
            return f"{word} is over: the range lies in the past."
        case LimitRangesOverlap():
            return f"The range that starts on {word} shares days with the limit {error.other}: remove that one first, or choose other days."
        case LimitNumberUnknown():
            return f"There is no limit number {word} in the list: type “limit” to see it."
        case LimitClusterMissing():
            return f"Say for which cluster: there is {_some(error.known)}."
        case LimitWordUnknown():
            return f"I do not understand {word} there."
        case _:
            return f"{word} is wrong."


def standup_fault(error: StandupWrong) -> str:
    """Name the wrong word of a standup, in plain text."""
    match error:
        case StandupTimeMissing():
            return tr("I need the local time of the digest, from 00:00 to 23:59.")
        case StandupTimeWrong():
            return tr("“{word}” is not a time of day: write it from 00:00 to 23:59.", word=error.word)
        case StandupDaysWrong(word=""):
            return tr("Choose at least one day of the week.")
        case StandupDaysWrong():
            return tr(
                "“{word}” is not days of the week: write mon-fri, mon,wed,fri, sat or daily.", word=error.word
            )
        case StandupZoneUnknown(nearest=()):
            return tr(
                "I know no time zone “{word}”: write its IANA name, such as Asia/Shanghai.", word=error.word
            )
        case StandupZoneUnknown():
            return tr(
                "I know no time zone “{word}”. Perhaps you mean {names}.",
                word=error.word,
                names=tr(" or ").join(error.nearest),
            )
        case _:
            return tr("I do not understand “{word}” there.", word=error.word)


def _closed(reason: str) -> str:
    """Say why the bot could not tell anything in a channel, and what helps."""
    match reason:
        case "not_in_channel" | "channel_not_found":
            why = "I am not in this channel, so I could not tell anything here. Invite me: /invite @Walltime"
        case "is_archived":
            why = "This channel is archived, so I could not tell anything here. Choose another channel"
        case "not_agreed":
            why = tr(
                "Guests or others can read this channel now, and not everybody whom this limit would count has "
                "agreed to that. They agree by typing “join” here. "
                "Or set a limit for the team's sum: for example “limit team 20000 per quarter”"
            )
        case _:
            why = (
                f"I may not post in this channel ({reason}). Ask who manages it to let apps post, "
                "or choose another channel"
            )
    return f"{why}. Nothing was stored."


def _some(names: tuple[str, ...]) -> str:
    """List names, as many as a sentence takes."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def error_message(error: WalltimeError, cluster: Cluster | None = None) -> Message:
    """Draw an error, with the button that helps where there is one."""
    text = escape(sentence(error, cluster))
    match error:
        case NotLinked() | TokenRefused() | SealBroken():
            return say(text, buttons(link_button(cluster.name if cluster else None)))
        case _:
            return say(text)


def failure_sentence(incident: str) -> str:
    """Say that the fault is ours; the log knows `incident`."""
    return (
        "Something went wrong on our side. Please try again; if it happens again, "
        f"tell whoever runs this bot this id: {incident}"
    )
