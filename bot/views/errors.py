"""The one place where errors become sentences: what was wrong, and what to do next."""

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    NoData,
    NotLinked,
    SealBroken,
    SecretInCommand,
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
from bot.views.format import escape, moment
from bot.views.kit import Message, buttons, link_button, say

_MOST_NAMES = 30
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
