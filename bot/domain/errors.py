"""The one tree of errors, sorted by what the caller can do.

WalltimeError
├── PersonCanFix                 the person who asked can put it right
│   ├── SecretInCommand          a token-shaped text was typed into a command
│   ├── NotLinked                no link yet (on that cluster)
│   ├── UnknownCluster           no cluster of that name is configured
│   ├── FieldWrong               a field of the link form
│   │   ├── UsernameMalformed
│   │   ├── TokenEmpty
│   │   ├── TokenMalformed       not a token of this platform at all
│   │   ├── TokenExpired
│   │   ├── TokenOfPlatform      good for the platform, not for a cluster
│   │   ├── TokenOfOtherCluster
│   │   └── TokenOfOtherUsername
│   └── ClusterRefused           the cluster answered, and said no
│       ├── TokenRefused         10008
│       ├── UsernameFrozen       10007
│       ├── AccessDenied         10009
│       └── UsernameUnknown      10004
├── TryAgainLater                nobody did anything wrong; another try can help
│   ├── ClusterSilent            no usable answer: connection, time-out, 5xx, 10001, 10012, 10013
│   └── NoData                   the cluster answered well-formed, but without a number
└── OperatorMustFix              only who runs the bot can put it right
    ├── ClusterMisconfigured     wrong address, wrong certificate, unexpected shape of answer
    └── SealBroken               a sealed secret does not open with the keys at hand

Errors carry facts, never secrets and never sentences for people: `bot.views.errors` draws them.
"""

from datetime import datetime


class WalltimeError(Exception):
    """The root: everything the bot raises on purpose."""


class PersonCanFix(WalltimeError):
    """The person who asked can put it right."""


class TryAgainLater(WalltimeError):
    """Another try, later, can help."""


class OperatorMustFix(WalltimeError):
    """Only who runs the bot can put it right."""


class SecretInCommand(PersonCanFix):
    """A token-shaped text was typed where everybody's history keeps it."""


class NotLinked(PersonCanFix):
    """The person has no link, or none on the cluster named."""

    def __init__(self, cluster: str | None = None) -> None:
        super().__init__(f"not linked on {cluster}" if cluster else "not linked")
        self.cluster = cluster


class UnknownCluster(PersonCanFix):
    """No cluster of that name is configured."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__("unknown cluster")
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


class ClusterRefused(PersonCanFix):
    """The cluster answered, and said no; `code` is its own code."""

    def __init__(self, code: str = "") -> None:
        super().__init__(f"the cluster refused: code {code}")
        self.code = code


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


class NoData(TryAgainLater):
    """Code 0, but no finite number >= 0: nothing is counted from it."""


class ClusterMisconfigured(OperatorMustFix):
    """The address, the certificate or the shape of the answers is wrong; `cause` says which."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the cluster is set up wrong: {cause}")
        self.cause = cause


class SealBroken(OperatorMustFix):
    """A sealed secret does not open: key gone, row moved, or bytes changed."""
