"""The one tree of errors, sorted by what the caller can do.

WalltimeError
├── PersonCanFix                 the person who asked can put it right
│   ├── SecretInCommand          a token-shaped text was typed into a command
│   ├── NotLinked                no link yet (on that cluster)
│   ├── SomebodyNotLinked        the same of somebody else
│   ├── UnknownCluster           no cluster of that name is configured
│   ├── UnknownLanguage          a language that nobody has translated
│   ├── FieldWrong               a field of the link form
│   │   ├── UsernameMalformed
│   │   ├── TokenEmpty
│   │   ├── TokenMalformed       not a token of this platform at all
│   │   ├── TokenExpired
│   │   ├── TokenOfPlatform      good for the platform, not for a cluster
│   │   ├── TokenOfOtherCluster
│   │   ├── TokenOfOtherUsername
│   │   ├── AccessKeysNotAllowed this cluster takes tokens only
│   │   ├── LoginMalformed       no login name of the platform
│   │   ├── AccessKeyMalformed
│   │   └── SecretKeyMalformed
│   ├── RegionClosed             signed in, but this region gives no token
│   │   ├── RegionStopped        the person's use of it is stopped
│   │   └── RegionMissing        the person may not use it
│   ├── SignInOver               a sign-in was not followed by a choice of a region in time
│   ├── LinkCodeWrong            not the code that the link page shows
│   ├── LinkPageWrong            a one-time link page that does not (or no longer) serve
│   │   ├── LinkPageUnknown      there is none of that name
│   │   ├── LinkPageOfAnother    only the person it was made for can confirm
│   │   └── LinkPageOver         it has come to its end
│   │       ├── LinkPageExpired
│   │       ├── LinkPageUsed         filled in once; it goes on in Slack
│   │       ├── LinkPageConfirmed
│   │       ├── LinkPageCancelled
│   │       └── LinkPageVoid         too many wrong codes or tries
│   ├── InstallWrong             an installation that did not come about
│   │   ├── InstallStateWrong    Slack's way back is not one that this bot began
│   │   │   ├── InstallStateUnknown   used before, or never given out
│   │   │   ├── InstallStateElsewhere begun in another browser
│   │   │   └── InstallStateExpired
│   │   ├── InstallCancelled     somebody pressed Cancel at Slack
│   │   ├── InstallRefused       Slack said no
│   │   └── InstallMalformed     the way back lacks what Slack puts there
│   ├── HistoryWordUnknown       a word after `history`
│   ├── TeamEmpty                nobody joined, or nobody who did is linked
│   ├── LimitWrong               a word of `limit …`, or a field of its form, is wrong
│   │   ├── LimitWordUnknown     no such word, or not at this place
│   │   ├── LimitWordMissing     something has to follow this word
│   │   ├── LimitNumberMalformed not a number of core-hours
│   │   ├── LimitNumberOutOfRange
│   │   ├── LimitThresholdWrong  not a whole percentage from 1 to 200
│   │   ├── LimitPeriodUnknown
│   │   ├── LimitPersonWrong     not a person of this workspace that Slack recognised
│   │   │   ├── LimitPersonGuest     not a full member of this workspace
│   │   │   └── LimitPersonNotJoined did not join this channel's team
│   │   ├── LimitClusterMissing  there are several clusters, and none is named
│   │   ├── LimitDateWrong
│   │   ├── LimitRangeBackwards  the range ends before it starts
│   │   ├── LimitRangeOver       the range lies in the past
│   │   ├── LimitRangesOverlap   another limit of the same scope covers some of these days
│   │   └── LimitNumberUnknown   no limit of that number in the list
│   ├── LimitGone                the button's limit was removed meanwhile
│   ├── StandupWrong             a word of `standup …`, or a field of its form, is wrong
│   │   ├── StandupWordUnknown
│   │   ├── StandupTimeMissing
│   │   ├── StandupTimeWrong     not a time of day
│   │   ├── StandupDaysWrong     not weekdays
│   │   ├── StandupZoneUnknown   no such time zone
│   │   └── HolidaysUnknown      no such country
│   ├── StandupMissing           none is set in this channel
│   ├── AlertOver                the button's alert is resolved, or its period is over
│   ├── NotAllowed               others may do this, this person may not
│   │   ├── NotFullMember        for full members of the channel only
│   │   ├── NotInChannel         for members of the channel, guests included
│   │   ├── SomebodyElses        a personal limit or alert of another person
│   │   └── NotAdmin             for workspace admins and those of the settings
│   ├── TeammateWrong            a person asked about whose numbers are not for this channel
│   │   ├── PersonUnknown        not a person of this workspace that Slack recognised
│   │   ├── NotShared            did not join this channel's team
│   │   ├── NotAgreed            joined before those who read the channel now
│   │   └── TeammateNotLinked    joined, and has no link
│   ├── ChannelNeeded            this is about a channel, and was typed elsewhere
│   ├── ChannelClosed            the channel does not let the bot tell anything there
│   └── ClusterRefused           the cluster answered, and said no
│       ├── SignInRefused        a sign-in with an access key
│       ├── TokenRefused         10008
│       ├── UsernameFrozen       10007
│       ├── AccessDenied         10009
│       └── UsernameUnknown      10004
├── TryAgainLater                nobody did anything wrong; another try can help
│   ├── QuestionNotAsked         Slack did not take the question that a link page needs answered
│   ├── SlackSilent              Slack gave no usable answer while the app was installed or its token renewed
│   ├── ClusterSilent            no usable answer: connection, time-out, 5xx, 10001, 10012, 10013
│   ├── NoData                   the cluster answered well-formed, but without a number
│   └── AudienceUnknown          Slack does not say who reads a channel
├── WorkspaceLeft                the app was removed from the workspace meanwhile
├── FileRefused                  Slack takes no file from the bot
├── TellingEnded                 how one attempt to post a notice ended
│   ├── TellingPaused            Slack asks to wait
│   ├── TellingRefused           Slack's definite no
│   ├── TellingUnsure            sent, but the answer was lost
│   └── TellingFailed            it certainly did not go out
└── OperatorMustFix              only who runs the bot can put it right
    ├── ClusterMisconfigured     wrong address, wrong certificate, unexpected shape of answer
    ├── InstallMisconfigured     Slack does not know the bot's client id, its secret or its address
    └── SealBroken               a sealed secret does not open with the keys at hand

Errors carry facts, never secrets and never sentences for people: `bot.views.errors` draws them.
"""

from datetime import datetime, timedelta


class WalltimeError(Exception):
    """The root: everything the bot raises on purpose."""


class PersonCanFix(WalltimeError):
    """The person who asked can put it right."""


class TryAgainLater(WalltimeError):
    """Another try, later, can help."""


class OperatorMustFix(WalltimeError):
    """Only who runs the bot can put it right."""


class WorkspaceLeft(WalltimeError):
    """The app was removed from the workspace: nothing is written for it any more."""


class SecretInCommand(PersonCanFix):
    """A token-shaped text was typed where everybody's history keeps it."""


class NotLinked(PersonCanFix):
    """The person has no link, or none on the cluster named."""

    def __init__(self, cluster: str | None = None) -> None:
        super().__init__(f"not linked on {cluster}" if cluster else "not linked")
        self.cluster = cluster


class SomebodyNotLinked(PersonCanFix):
    """The same of somebody else."""


class UnknownCluster(PersonCanFix):
    """No cluster of that name is configured."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__("unknown cluster")
        self.name = name
        self.known = known


class UnknownLanguage(PersonCanFix):
    """A language that nobody has translated."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__("unknown language")
        self.name = name
        self.known = known


class FieldWrong(PersonCanFix):
    """A field of the link form is wrong; `field` names it."""

    field = "token"


class UsernameMalformed(FieldWrong):
    """The username has characters that no username has, or is too long."""

    field = "username"


class TokenEmpty(FieldWrong):
    """Nothing was pasted."""


class TokenMalformed(FieldWrong):
    """What was pasted is not a token of the platform."""


class TokenExpired(FieldWrong):
    """The token's own `expireTime` has passed."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__("token expired")
        self.expired_at = expired_at


class TokenOfPlatform(FieldWrong):
    """The platform token (`clusterId` "0"): good for signing in, not for a cluster."""


class TokenOfOtherCluster(FieldWrong):
    """The token belongs to another cluster than the one chosen."""

    def __init__(self, *, chosen: str, belongs_to: str | None) -> None:
        super().__init__("token of another cluster")
        self.chosen = chosen
        self.belongs_to = belongs_to


class TokenOfOtherUsername(FieldWrong):
    """The username given is neither the token's `user` nor its `computeUser`."""

    field = "username"

    def __init__(self, *, given: str, allowed: tuple[str, ...]) -> None:
        super().__init__("token of another username")
        self.given = given
        self.allowed = allowed


class AccessKeysNotAllowed(FieldWrong):
    """The settings of this cluster do not allow access keys."""

    field = "cluster"


class LoginMalformed(FieldWrong):
    """No login name was given, or one that no platform has."""

    field = "username"


class AccessKeyMalformed(FieldWrong):
    """What was pasted is no access key."""

    field = "access_key"


class SecretKeyMalformed(FieldWrong):
    """What was pasted is no secret key."""

    field = "secret_key"


class RegionClosed(PersonCanFix):
    """The sign-in worked, but gave no token for this cluster; `others` are clusters that it opens."""

    def __init__(self, chosen: str, *, others: tuple[str, ...]) -> None:
        super().__init__("the sign-in gave no token for this cluster")
        self.chosen = chosen
        self.others = others


class RegionStopped(RegionClosed):
    """The platform lists the region without a token: the account is stopped there."""


class RegionMissing(RegionClosed):
    """The platform does not list the region."""


class SignInOver(PersonCanFix):
    """The sign-in that waited for the choice of a region is over, or was used."""


class LinkCodeWrong(PersonCanFix):
    """Not the code that the link page shows."""

    def __init__(self, *, tries_left: int) -> None:
        super().__init__("wrong code")
        self.tries_left = tries_left


class LinkPageWrong(PersonCanFix):
    """A one-time link page does not serve, or no longer."""


class LinkPageUnknown(LinkPageWrong):
    """No page of that name, or none that anybody remembers."""


class LinkPageOfAnother(LinkPageWrong):
    """The page was made for another person."""


class LinkPageOver(LinkPageWrong):
    """The page has come to its end."""


class LinkPageExpired(LinkPageOver):
    """Its minutes are over."""


class LinkPageUsed(LinkPageOver):
    """It was filled in; whoever it was made for is asked in Slack."""


class LinkPageConfirmed(LinkPageOver):
    """The link that it was for is in effect."""


class LinkPageCancelled(LinkPageOver):
    """The person it was made for cancelled, or could not be asked."""


class LinkPageVoid(LinkPageOver):
    """Too many wrong codes, or too many tries of the form."""


class InstallWrong(PersonCanFix):
    """An installation that did not come about; nothing was stored."""


class InstallStateWrong(InstallWrong):
    """Slack's way back is not one that this bot began for this browser, lately."""


class InstallStateUnknown(InstallStateWrong):
    """Used before, or never given out."""


class InstallStateElsewhere(InstallStateWrong):
    """It was begun in another browser."""


class InstallStateExpired(InstallStateWrong):
    """It was begun too long ago."""


class InstallCancelled(InstallWrong):
    """Somebody pressed Cancel at Slack."""


class InstallMalformed(InstallWrong):
    """The way back lacks what Slack puts there."""


class InstallRefused(InstallWrong):
    """Slack said no; `code` is its word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LimitWrong(PersonCanFix):
    """A word of `limit …` is wrong: `word` is what was typed, `example` a right whole command.

    `field` names the input of the limit form that holds such a word.
    """

    field = "core_hours"

    def __init__(self, word: str, *, example: str) -> None:
        super().__init__("a word of the limit is wrong")
        self.word = word[:80]
        self.example = example


class LimitWordUnknown(LimitWrong):
    """The word means nothing, or not at this place."""


class LimitWordMissing(LimitWrong):
    """The command stops after `word`, or lacks `missing`."""

    def __init__(self, word: str, *, missing: str, example: str) -> None:
        super().__init__(word, example=example)
        self.missing = missing


class LimitNumberMalformed(LimitWrong):
    """Not a number of core-hours, or one that could be read in two ways ("2.000")."""


class LimitNumberOutOfRange(LimitWrong):
    """Not more than 0, or more than a billion core-hours."""


class LimitThresholdWrong(LimitWrong):
    """Not a whole percentage from 1 to 200."""

    field = "thresholds"


class LimitPeriodUnknown(LimitWrong):
    """No period of that name."""

    field = "period"


class LimitPersonWrong(LimitWrong):
    """A name that Slack did not turn into a mention."""

    field = "person"


class LimitPersonGuest(LimitPersonWrong):
    """A guest, a bot, a deactivated account, or somebody of another organisation."""


class LimitPersonNotJoined(LimitPersonWrong):
    """The person has not joined this channel's team, so nobody here may count their use."""


class LimitClusterMissing(LimitWrong):
    """Several clusters come into question; `known` names them."""

    field = "cluster"

    def __init__(self, word: str, *, known: tuple[str, ...], example: str) -> None:
        super().__init__(word, example=example)
        self.known = known


class LimitDateWrong(LimitWrong):
    """Not a date, as year-month-day."""

    field = "from"


class LimitRangeBackwards(LimitWrong):
    """The range ends before it starts."""

    field = "to"


class LimitRangeOver(LimitWrong):
    """The range lies in the past."""

    field = "to"


class LimitRangesOverlap(LimitWrong):
    """Another limit of the same scope covers some of these days; `other` is its range as words."""

    field = "from"

    def __init__(self, word: str, *, other: str, example: str) -> None:
        super().__init__(word, example=example)
        self.other = other


class LimitNumberUnknown(LimitWrong):
    """No limit of that number in the list."""


class LimitGone(PersonCanFix):
    """The limit that a button or a form belongs to was removed."""

    def __init__(self) -> None:
        super().__init__("the limit is gone")


class StandupWrong(PersonCanFix):
    """A word of `standup …` is wrong: `word` is what was typed, `example` a right whole command.

    `field` names the input of the standup form that holds such a word.
    """

    field = "time"

    def __init__(self, word: str, *, example: str) -> None:
        super().__init__("a word of the standup is wrong")
        self.word = word[:80]
        self.example = example


class StandupWordUnknown(StandupWrong):
    """The word means nothing, or not at this place."""


class StandupTimeMissing(StandupWrong):
    """No word is a time of day."""


class StandupTimeWrong(StandupWrong):
    """Not a time from 00:00 to 23:59."""


class StandupDaysWrong(StandupWrong):
    """Not a weekday, nor a span or list of them; or none is chosen."""

    field = "days"


class StandupZoneUnknown(StandupWrong):
    """No IANA time zone of that name; `nearest` are some that it could be."""

    field = "timezone"

    def __init__(self, word: str, *, nearest: tuple[str, ...], example: str) -> None:
        super().__init__(word, example=example)
        self.nearest = nearest


class HolidaysUnknown(StandupWrong):
    """No country of that name or code, or none whose holidays we know; `nearest` are codes of some meant."""

    field = "holidays"

    def __init__(self, word: str, *, nearest: tuple[str, ...], example: str) -> None:
        super().__init__(word, example=example)
        self.nearest = nearest


class StandupMissing(PersonCanFix):
    """No standup is set in this channel."""

    def __init__(self) -> None:
        super().__init__("no standup is set here")


class NotAllowed(PersonCanFix):
    """Others may do this; this person may not."""


class NotFullMember(NotAllowed):
    """Only full members of the channel may: no guests, nobody of another organisation, nobody outside it."""


class NotInChannel(NotAllowed):
    """Only people who are in the channel may, guests included."""


class SomebodyElses(NotAllowed):
    """A personal limit or alert: only the person whose it is."""


class NotAdmin(NotAllowed):
    """Only workspace admins may, and those that the settings name."""


class TeammateWrong(PersonCanFix):
    """Numbers of somebody were asked for that are not for this channel; `name` is how people call them."""

    def __init__(self, name: str) -> None:
        super().__init__("not for this channel")
        self.name = name[:80]


class PersonUnknown(TeammateWrong):
    """A name that Slack did not turn into a mention."""


class NotShared(TeammateWrong):
    """The person has not joined this channel's team."""


class NotAgreed(TeammateWrong):
    """The person joined, but has not agreed to everybody who reads the channel now."""


class TeammateNotLinked(TeammateWrong):
    """The person joined, and has no link that could be shown."""


class TeamEmpty(PersonCanFix):
    """Nobody has joined this channel; or, `joined`, none of those who did has a link."""

    def __init__(self, *, joined: bool = False) -> None:
        super().__init__("the team is empty")
        self.joined = joined


class HistoryWordUnknown(PersonCanFix):
    """A word of `history` that cannot be understood."""

    def __init__(self, word: str) -> None:
        super().__init__("a word of history cannot be understood")
        self.word = word


class FileRefused(WalltimeError):
    """Slack takes no file from the bot; `reason` is Slack's own word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Slack takes no file: {reason}")
        self.reason = reason


class ChannelNeeded(PersonCanFix):
    """A word that is about a channel was typed where there is none."""


class ChannelClosed(PersonCanFix):
    """The bot could not tell anything in this channel; `reason` is Slack's own word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the channel is closed to the bot: {reason}")
        self.reason = reason


class AlertOver(PersonCanFix):
    """The alert that a button belongs to is resolved (at `resolved_at`), or its period is over."""

    def __init__(self, *, resolved_at: datetime | None) -> None:
        super().__init__("the alert is over")
        self.resolved_at = resolved_at


class ClusterRefused(PersonCanFix):
    """The cluster answered, and said no; `code` is its own code."""

    def __init__(self, code: str = "") -> None:
        super().__init__(f"the cluster refused: code {code}")
        self.code = code


class SignInRefused(ClusterRefused):
    """The platform does not accept this login name, access key and signature together."""


class TokenRefused(ClusterRefused):
    """10008: expired or invalid in the cluster's eyes."""


class UsernameFrozen(ClusterRefused):
    """10007: the cluster froze this username."""


class AccessDenied(ClusterRefused):
    """10009: the token may not ask for this username."""


class UsernameUnknown(ClusterRefused):
    """10004: the cluster does not know this username."""


class ClusterSilent(TryAgainLater):
    """No usable answer; `cause` is a short word for the log ("timeout", "http 503", "code 10001")."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the cluster did not answer: {cause}")
        self.cause = cause


class QuestionNotAsked(TryAgainLater):
    """Slack did not take the question to the person; `cause` is Slack's word, or the kind of failure."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"a question was not asked: {cause}")
        self.cause = cause


class SlackSilent(TryAgainLater):
    """Slack gave no usable answer; it may have done what it was asked. `cause` is the kind of failure."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"Slack did not answer: {cause}")
        self.cause = cause


class NoData(TryAgainLater):
    """Code 0, but no finite number >= 0: nothing is counted from it."""


class AudienceUnknown(TryAgainLater):
    """Slack does not say who reads a channel just now, so nothing about single people is told there.

    `wait` is how long Slack wants to be left alone, None if it did not ask for that.
    """

    def __init__(self, wait: timedelta | None = None) -> None:
        super().__init__("Slack does not say who reads a channel")
        self.wait = wait


class ClusterMisconfigured(OperatorMustFix):
    """The address, the certificate or the shape of the answers is wrong; `cause` says which."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the cluster is set up wrong: {cause}")
        self.cause = cause


class InstallMisconfigured(OperatorMustFix):
    """Slack does not know the bot by its client id, its secret or its address; `code` is Slack's word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack does not know the app: {code}")
        self.code = code


class SealBroken(OperatorMustFix):
    """A sealed secret does not open: key gone, row moved, or bytes changed."""


class TellingEnded(WalltimeError):
    """How one attempt to post a notice ended; people do not see it, delivery acts on it."""


class TellingPaused(TellingEnded):
    """Slack asks to wait for this long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Slack asks to wait {wait.total_seconds():.0f} s")
        self.wait = wait


class TellingRefused(TellingEnded):
    """Slack's definite no; `code` is its own word, `place_is_out` when the channel or DM is the trouble."""

    def __init__(self, code: str, *, place_is_out: bool) -> None:
        super().__init__(f"Slack refuses: {code}")
        self.code = code
        self.place_is_out = place_is_out


class TellingUnsure(TellingEnded):
    """Sent, but the answer was lost: it may stand there."""


class TellingFailed(TellingEnded):
    """It certainly did not go out."""
