"""The one place where errors become sentences: what was wrong, and what to do next."""

import functools

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessDenied,
    AccessKeyMalformed,
    AccessKeysNotAllowed,
    AlertOver,
    AudienceUnknown,
    ChannelClosed,
    ChannelNeeded,
    ClusterMisconfigured,
    ClusterSilent,
    FileRefused,
    HistoryWordUnknown,
    InstallMisconfigured,
    InstallWrong,
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
    LinkCodeWrong,
    LinkPageCancelled,
    LinkPageConfirmed,
    LinkPageExpired,
    LinkPageOfAnother,
    LinkPageUsed,
    LinkPageVoid,
    LinkPageWrong,
    LoginMalformed,
    NoData,
    NotAdmin,
    NotAgreed,
    NotFullMember,
    NotInChannel,
    NotLinked,
    NotShared,
    PersonUnknown,
    QuestionNotAsked,
    RegionClosed,
    RegionMissing,
    RegionStopped,
    SealBroken,
    SecretInCommand,
    SecretKeyMalformed,
    SignInOver,
    SignInRefused,
    SlackSilent,
    SomebodyElses,
    SomebodyNotLinked,
    StandupMissing,
    StandupWrong,
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
    UnknownLanguage,
    UsernameFrozen,
    UsernameMalformed,
    UsernameUnknown,
    WalltimeError,
    WorkspaceLeft,
)
from bot.domain.standup_words import EXAMPLE
from bot.views.format import escape, moment
from bot.views.install_errors import install_fault
from bot.views.kit import Message, buttons, link_button, say
from bot.views.language import ntr, paragraph, tr
from bot.views.names import shown_name
from bot.views.standup_errors import standup_fault

_MOST_NAMES = 30


def sentence(error: WalltimeError, cluster: Cluster | None = None) -> str:  # noqa: C901, PLR0912, PLR0915 (one arm per error)
    """Say an error in plain text, without markup."""
    here = cluster.label if cluster else tr("The cluster")

    def either(one: str, other: str) -> str:
        return tr("{one} or {other}", one=one, other=other)

    match error:
        case SecretInCommand():
            return tr(
                "That looks like a token or a key, so I did nothing with it. What you type in a command stays "
                "in Slack's history: revoke it now, get a new one, and enter it only in the link form."
            )
        case NotLinked(cluster=None):
            return tr("You have not linked a cluster yet.")
        case NotLinked():
            return tr("You have no link on {cluster}.", cluster=cluster.label if cluster else error.cluster)
        case SomebodyNotLinked():
            return tr("This person has no link (any more) that could be forgotten.")
        case UnknownCluster(name=""):
            return tr("Choose a cluster.")
        case UnknownCluster(known=()):
            return tr("I know no cluster “{name}”.", name=error.name[:80])
        case UnknownCluster():
            known = _some(error.known)
            return tr("I know no cluster “{name}”. There is: {known}.", name=error.name[:80], known=known)
        case UnknownLanguage():
            known = _some(error.known)
            return tr("I do not speak “{name}”. Type one of: {known}.", name=error.name[:80], known=known)
        case UsernameMalformed():
            return tr(
                "A username has no spaces and at most 64 characters. Leave it empty to take the token's own."
            )
        case TokenEmpty():
            return paragraph([tr("Paste your API token here."), where_tokens_are()])
        case TokenMalformed():
            return tr(
                "This is not an API token of the platform: one has three parts with dots between them and "
                "starts with “eyJ”. Copy it whole, without quotes."
            )
        case TokenExpired():
            if cluster is None:
                expired = tr("This token expired.")
            else:
                when = moment(error.expired_at, cluster)
                expired = tr("This token expired on {when}.", when=when)
            return paragraph([expired, _fresh_token()])
        case TokenOfPlatform():
            return tr(
                "This is the platform's own token (cluster id 0); it opens no cluster. "
                "Take the token of {cluster} from the same list.",
                cluster=cluster.label if cluster else tr("your cluster"),
            )
        case TokenOfOtherCluster(belongs_to=str(owner)):
            return tr(
                "This token belongs to {owner}. Choose {owner} above, or paste the token of {chosen}.",
                owner=owner,
                chosen=error.chosen,
            )
        case TokenOfOtherCluster():
            return tr(
                "This token belongs to another cluster than {chosen}. Paste the one of {chosen}.",
                chosen=error.chosen,
            )
        case TokenOfOtherUsername(allowed=()):
            return tr("The token does not say that it belongs to “{given}”.", given=error.given)
        case TokenOfOtherUsername():
            return tr(
                "The token belongs to {names}, not to “{given}”. Correct the name, or leave it empty.",
                names=functools.reduce(either, [f"“{name}”" for name in error.allowed]),
                given=error.given,
            )
        case LinkCodeWrong():
            return tr(
                "This is not the code that the link page shows. Tries left: {left}.", left=error.tries_left
            )
        case LinkPageWrong():
            return _page_fault(error)
        case InstallWrong() | InstallMisconfigured() | SlackSilent():
            return install_fault(error)
        case QuestionNotAsked():
            return tr(
                "I could not ask you in Slack to confirm ({cause}), so nothing was linked, and your token is "
                "erased. Please try again in a minute.",
                cause=error.cause,
            )
        case AccessKeysNotAllowed():
            return tr("{here} takes no access keys: use a token instead.", here=here)
        case LoginMalformed():
            return tr("Enter the name you sign in to the platform with: no spaces, at most 64 characters.")
        case AccessKeyMalformed():
            return tr(
                "Paste the access key whole, without quotes or spaces. It stands in the file of the platform's "
                "personal center, Access Control, as “Accesskey”."
            )
        case SecretKeyMalformed():
            return tr(
                "Paste the secret key whole, without quotes or spaces. It stands in the file of the platform's "
                "personal center, Access Control, as “Secretkey”."
            )
        case SignInOver():
            return tr(
                "This sign-in is over. Open the form again and paste the keys anew; nothing was stored."
            )
        case RegionStopped():
            stopped = tr(
                "The platform signs you in, but your account is stopped on {chosen}: it gives no token "
                "for it. Top it up or ask the centre's support, then try again.",
                chosen=error.chosen,
            )
            return paragraph([stopped, *_also_open(error)])
        case RegionMissing():
            unlisted = tr(
                "The platform signs you in, but does not list {chosen} among your clusters. "
                "Ask the centre to open it for you.",
                chosen=error.chosen,
            )
            return paragraph([unlisted, *_also_open(error)])
        case SignInRefused():
            return tr(
                "The platform does not accept this login name with these keys (code {code}). Check the "
                "name (a rename changes it) and that both keys are of one line of the file; or make new keys.",
                code=error.code,
            )
        case TokenRefused():
            refused = tr(
                "{here} does not accept this token (any more): it has expired or was revoked.", here=here
            )
            return paragraph([refused, _fresh_token()])
        case UsernameFrozen():
            return tr(
                "{here} has frozen this username. Ask the centre's support to unfreeze it, then try again.",
                here=here,
            )
        case AccessDenied():
            return tr(
                "{here} does not let this token see this username (code 10009). "
                "Check the username, or ask the centre to open the usage interface for you.",
                here=here,
            )
        case UsernameUnknown():
            return tr("{here} does not know this username. Check the spelling, or leave it empty.", here=here)
        case LimitWrong():
            right = tr("Right is, for example: “{example}”. Nothing was stored.", example=error.example)
            return paragraph([limit_fault(error), right])
        case LimitGone():
            return tr("This limit is no longer there: it was removed meanwhile.")
        case StandupWrong():
            return f"{standup_fault(error)} " + tr(
                "Right is, for example: “{example}”. Nothing was stored.", example=error.example
            )
        case StandupMissing():
            return tr(
                "No standup is set in this channel. Set one, for example: “{example}”.", example=EXAMPLE
            )
        case AlertOver(resolved_at=None):
            return tr("This alert is over: its period has ended, or its limit was changed since.")
        case AlertOver():
            return tr(
                "This alert is over: the use fell below the threshold again, so there is nothing to hold back."
            )
        case NotFullMember():
            return tr(
                "Only full members of the channel may do this: no guests, and nobody from outside it. "
                "Nothing was changed. A limit of your own needs nobody: for example “limit 2000 per month at 50,80,100”."
            )
        case NotInChannel():
            return tr("Only members of the channel see its team: join the channel first.")
        case WorkspaceLeft():
            return tr("The app was removed from this workspace, so nothing was stored.")
        case NotAdmin():
            return tr(
                "Only workspace admins can unlink somebody else, and those whom the bot's settings name. "
                "Nothing was changed."
            )
        case SomebodyElses():
            return tr("This is another person's own limit; only they can change it. Nothing was changed.")
        case TeamEmpty(joined=False):
            return tr(
                "Nobody has joined this channel's team yet. Whoever wants to share their usage types “join” here."
            )
        case TeamEmpty():
            return tr("Nobody in this channel's team has linked a cluster yet, so there is nothing to show.")
        case HistoryWordUnknown():
            return tr(
                "I do not understand “{word}” after “history”. Write whose days and how many: “history”, "
                "“history 30d”, “history team 90d”, or “history” and a person of this channel with @. "
                "There are 7d, 14d, 30d and 90d.",
                word=error.word[:80],
            )
        case FileRefused(reason="missing_scope"):
            return tr(
                "I may not send files in this workspace. A workspace admin can install the app again and allow it; "
                "the table has the same numbers."
            )
        case FileRefused():
            return tr(
                "Slack did not take my file ({reason}). Please try again later; the table has the same numbers.",
                reason=error.reason[:80],
            )
        case ChannelNeeded():
            return tr(
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
            return tr(
                "{here} is not answering just now. Nothing is lost: try again in a few minutes.", here=here
            )
        case NoData():
            return tr(
                "{here} answered, but without a number of core-hours. That is not zero: it has no data for "
                "this username just now. Try again later.",
                here=here,
            )
        case ClusterMisconfigured():
            return tr(
                "{here} answered in a way I do not understand ({cause}). "
                "Whoever runs this bot has to check the cluster's address in its settings.",
                here=here,
                cause=error.cause,
            )
        case SealBroken():
            return tr(
                "Your stored token does not open any more. Link again; whoever runs this bot has to check "
                "its secret keys."
            )
        case _:
            return tr("That did not work. Try again; if it stays so, tell whoever runs this bot.")


def where_tokens_are() -> str:
    """Say where a token is got."""
    return tr("You find it on the platform's page, under your account's API or access settings.")


def _fresh_token() -> str:
    return tr("Get a fresh one on the platform's page, under your account's API or access settings.")


def _page_fault(error: LinkPageWrong) -> str:
    """Say why a link page does not serve (any more)."""
    match error:
        case LinkPageOfAnother():
            return tr("This was made for another person, and only they can answer it. Nothing was changed.")
        case LinkPageExpired():
            return tr("This link page was good for ten minutes, and they are over. Nothing was linked.")
        case LinkPageUsed():
            return tr(
                "This link page was filled in already, and serves once. If that was you, go on in that window and in Slack; "
                "if it was not, press Cancel under the message that I sent you in Slack."
            )
        case LinkPageConfirmed():
            return tr("This link page has done its work: the link was confirmed in Slack.")
        case LinkPageCancelled():
            return tr("This link page was cancelled. Nothing was linked, and the token is erased.")
        case LinkPageVoid():
            return tr("This link page was tried too often. Nothing was linked, and the token is erased.")
        case _:
            return tr("There is no such link page, or not any more. Check that you opened the whole address.")


def _also_open(error: RegionClosed) -> list[str]:
    return [tr("The same keys open {known}.", known=_some(error.others))] if error.others else []


def limit_fault(error: LimitWrong) -> str:  # noqa: C901, PLR0912 (one arm per error)
    """Name the wrong word of a limit, in plain text."""
    word = error.word
    match error:
        case LimitWordMissing():
            return tr("After “{word}” I need {missing}.", word=word, missing=_missing(error.missing))
        case LimitNumberMalformed():
            return tr(
                "“{word}” is not a number of core-hours that I can read in only one way: write it like 2000 or "
                "2,000.50.",
                word=word,
            )
        case LimitNumberOutOfRange():
            return tr(
                "“{word}” cannot be a limit: it has to be more than 0 and at most 1,000,000,000 core-hours.",
                word=word,
            )
        case LimitThresholdWrong():
            return tr(
                "“{word}” is not a threshold: those are whole percentages from 1 to 200, at most 20 of them.",
                word=word,
            )
        case LimitPeriodUnknown():
            return tr(
                "“{word}” is no period: there is day, week, month, quarter, year, from a date to a date, and total.",
                word=word,
            )
        case LimitPersonGuest():
            return tr(
                "“{word}” is not a full member of this workspace, so nobody sets a limit for them.", word=word
            )
        case LimitPersonNotJoined():
            return tr(
                "“{word}” has not joined this channel: they have to type “join” here first, so that their use may "
                "be counted.",
                word=word,
            )
        case LimitPersonWrong():
            return tr(
                "“{word}” is not a person of this workspace: choose the name from the list that Slack shows as "
                "you type.",
                word=word,
            )
        case LimitDateWrong():
            return tr("“{word}” is not a date: write it as year-month-day.", word=word)
        case LimitRangeBackwards():
            return tr("“{word}” is before the first day: the range would end before it starts.", word=word)
        case LimitRangeOver():
            return tr("“{word}” is over: the range lies in the past.", word=word)
        case LimitRangesOverlap():
            return tr(
                "The range that starts on “{word}” shares days with the limit {other}: remove that one first, or "
                "choose other days.",
                word=word,
                other=error.other,
            )
        case LimitNumberUnknown():
            return tr("There is no limit number “{word}” in the list: type “limit” to see it.", word=word)
        case LimitClusterMissing():
            return tr("Say for which cluster: there is {known}.", known=_some(error.known))
        case LimitWordUnknown():
            return tr("I do not understand “{word}” there.", word=word)
        case _:
            return tr("“{word}” is wrong.", word=word)


def _missing(part: str) -> str:
    """Name the part of a limit that has to follow."""
    match part:
        case "core_hours":
            return tr("a number of core-hours")
        case "period":
            return tr("a period: per day, week, month, quarter or year, from a date to a date, or total")
        case "date":
            return tr("a date, as year-month-day")
        case "to":
            return tr("“to” and the last day")
        case "thresholds":
            return tr("percentages")
        case "cluster":
            return tr("the name of a cluster")
        case "number":
            return tr("the number of a limit in the list that “limit” shows")
        case _:
            return part


def _closed(reason: str) -> str:
    """Say why the bot could not tell anything in a channel, and what helps."""
    match reason:
        case "not_in_channel" | "channel_not_found":
            return tr(
                "I am not in this channel, so I could not tell anything here. Invite me: /invite @Walltime. "
                "Nothing was stored."
            )
        case "is_archived":
            return tr(
                "This channel is archived, so I could not tell anything here. Choose another channel. "
                "Nothing was stored."
            )
        case "not_agreed":
            return tr(
                "Guests or others can read this channel now, and not everybody whom this limit would count has "
                "agreed to that. They agree by typing “join” here. "
                "Or set a limit for the team's sum: for example “limit team 20000 per quarter”. Nothing was stored."
            )
        case _:
            return tr(
                "I may not post in this channel ({reason}). Ask who manages it to let apps post, "
                "or choose another channel. Nothing was stored.",
                reason=reason,
            )


def _some(names: tuple[str, ...]) -> str:
    """List names, as many as a sentence takes."""
    named = tr(", ").join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return (
        ntr("{known} and {count} more", "{known} and {count} more", more, known=named) if more > 0 else named
    )


def error_message(error: WalltimeError, cluster: Cluster | None = None) -> Message:
    """Draw an error, with the button that helps where there is one."""
    text = escape(sentence(error, cluster))
    match error:
        case NotLinked() | TokenRefused() | SealBroken() | LinkPageWrong():
            return say(text, buttons(link_button(cluster.name if cluster else None)))
        case _:
            return say(text)


def busy_sentence() -> str:
    """Say that nothing was done because too much is asked at once."""
    return tr("I am very busy just now, and gave up on this. Please try again in a minute.")


def failure_sentence(incident: str) -> str:
    """Say that the fault is ours; the log knows `incident`."""
    return tr(
        "Something went wrong on our side. Please try again; if it happens again, "
        "tell whoever runs this bot this id: {incident}",
        incident=incident,
    )
