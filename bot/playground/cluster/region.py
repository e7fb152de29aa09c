"""What the cluster and its platform know and answer: users, counters, tokens. No network here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import unquote
from zlib import crc32

from bot.playground.cluster.answers import NOT_FOUND, WRONG_METHOD, Answer
from bot.playground.cluster.tokens import PLATFORM, Grant, KeyDesk, TokenDesk
from bot.playground.cluster.users import ClusterUser, Counts
from bot.playground.cluster.work import Growth, Work

HALF_A_DAY: Final = timedelta(hours=12)
WALLTIME: Final = "/hpc/openapi/v2/view/walltime/users/"
ROUTES: Final = {
    "/ac/openapi/v2/tokens/next": ("POST", "renew"),
    "/ac/openapi/v2/tokens/state": ("GET", "state"),
    "/ac/openapi/v2/center": ("GET", "center"),
    "/api/user/v3/tokens": ("POST", "login"),
    "/hpc/openapi/v2/cluster": ("GET", "cluster"),
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: what is asked, about whom, with which headers (lower-case names)."""

    method: str
    path: str
    endpoint: str
    username: str | None
    headers: Mapping[str, str]
    origin: str

    @classmethod
    def read(cls, method: str, target: str, headers: Mapping[str, str], *, origin: str) -> "Call":
        """Read a call from its raw target. A "/" within a username arrives as "%2F" or is another path."""
        path = target.partition("?")[0]
        endpoint, username, expected = "unknown", None, method
        if path in ROUTES:
            expected, endpoint = ROUTES[path]
        elif path.startswith(WALLTIME):
            encoded = path[len(WALLTIME) :]
            if encoded and "/" not in encoded:
                expected, endpoint, username = "GET", "walltime", unquote(encoded, errors="surrogateescape")
        if expected != method:
            endpoint = "wrong_method"
        return cls(
            method=method, path=path, endpoint=endpoint, username=username, headers=headers, origin=origin
        )


class Region:
    """One cluster's users, counters and tokens, and the answers of its API and of its platform.

    Settings, to be changed at any time:
    `auth_status`: HTTP status beside code 10008. `renew_shape`: how a renewal answers.
    `renew_lives`, `renew_window`, `renew_grace`: life of a renewed token, time after expiry in which renewal
    works, time for which the old token still works. `clock_tolerance`: of signed sign-ins.
    `bare_urls`: the center tells addresses without "/hpc".
    """

    def __init__(self, *, name: str, cluster_id: str, clock: Callable[[], datetime], seed: int) -> None:
        self.name = name
        self.cluster_id = cluster_id
        self.auth_status = 200
        self.renew_shape: Literal["string", "object", "list"] = "string"
        self.renew_lives = HALF_A_DAY
        self.renew_window = timedelta(hours=24)
        self.renew_grace = timedelta(0)
        self.clock_tolerance = timedelta(minutes=5)
        self.bare_urls = False
        self._clock = clock
        self._seed = seed
        self._users: dict[str, ClusterUser] = {}
        self._logins: dict[str, ClusterUser] = {}
        self._tokens = TokenDesk(clock=clock)
        self._keys = KeyDesk()
        # Other regions of this platform, and where they say they are.
        self._others: list[tuple[Region, tuple[str, ...]]] = []
        self._answers: dict[str, Callable[[Call], Answer]] = {
            "walltime": self._walltime,
            "cluster": self._cluster,
            "renew": self._renew,
            "state": self._state,
            "center": self._center,
            "login": self._login,
        }

    # -- users, counters, tokens

    def add_user(
        self,
        username: str,
        *,
        login: str | None = None,
        work: Work | Counts | None = None,
        core_hours: float | None = None,
        account_status: str = "Normal",
    ) -> ClusterUser:
        """Add a user whose counter grows by `work`, as drawn or as recorded (None: not at all).

        The counter reads `core_hours` now, or what `work` gave since its start. The status "Disable" freezes
        the user, and "Owe" too stops the region for sign-ins. ValueError: the name is taken.
        """
        login = login or username
        if username in self._users or login in self._logins:
            raise ValueError(f"the cluster has this user already: {username!r}")
        growth = Growth(work, seed=self._seed, username=username) if isinstance(work, Work) else work
        user = ClusterUser(
            username=username,
            login=login,
            account_status=account_status,
            growth=growth,
            frozen=account_status == "Disable",
            stopped=account_status in {"Disable", "Owe"},
        )
        if core_hours is not None:
            user.set_core_hours(core_hours, at=self._clock())
        self._users[username] = self._logins[login] = user
        return user

    def user(self, username: str) -> ClusterUser:
        """Return a user by the cluster's name. KeyError when there is none."""
        return self._users[username]

    def token(self, username: str, *, lives: timedelta = HALF_A_DAY, **claims: object) -> str:
        """Issue a token of this region. `claims` change what it says, not what it is good for; None omits."""
        user = self._users[username]
        return self._tokens.issue(user, cluster_id=self.cluster_id, lives=lives, overrides=claims)

    def platform_token(self, username: str, *, lives: timedelta = HALF_A_DAY, **claims: object) -> str:
        """Issue the platform's token (cluster "0"), of no use for the cluster itself."""
        user = self._users[username]
        return self._tokens.issue(user, cluster_id=PLATFORM, lives=lives, overrides=claims)

    def revoke_tokens(self, username: str) -> None:
        """Make all tokens of a user invalid; they cannot be renewed either."""
        for token in list(self._users[username].tokens):
            self._tokens.revoke(token)

    def add_access_key(self, user: ClusterUser | str) -> tuple[str, str]:
        """Issue an access key and its secret key."""
        return self._keys.add(self._users[user] if isinstance(user, str) else user)

    def add_region(self, other: "Region", *urls: str) -> None:
        """Let this platform know another region: who has the same login name there may use it.

        `urls` are what the center tells of it; none: it has no address for core-hours.
        """
        self._others.append((other, urls))

    def core_hours(self, username: str, at: datetime | None = None) -> float:
        """Core-hours that the API gives at that moment, now by default."""
        return self._users[username].core_hours(at or self._clock())

    def set_core_hours(self, username: str, core_hours: float) -> None:
        """Set the counter now; work goes on from there."""
        self._users[username].set_core_hours(core_hours, at=self._clock())

    def add_core_hours(self, username: str, core_hours: float) -> None:
        """Add to the counter now."""
        self.set_core_hours(username, self.core_hours(username) + core_hours)

    # -- answers

    def names(self, call: Call) -> frozenset[str]:
        """Tell whom a call is about, by all of that user's names."""
        if call.username is not None:
            user = self._find(call.username)
        elif call.endpoint == "login":
            user = self._logins.get(call.headers.get("user", ""))
        else:
            grant = self._tokens.known(call.headers.get("token", ""))
            user = grant.owner if grant else None
        own = {user.username, user.login} if user else set()
        return frozenset(own if call.username is None else {*own, call.username})

    def answer(self, call: Call) -> Answer:
        """Answer a call, and do what it asks."""
        if call.endpoint == "wrong_method":
            return WRONG_METHOD
        answer = self._answers.get(call.endpoint)
        return answer(call) if answer else NOT_FOUND

    def _find(self, name: str) -> ClusterUser | None:
        return self._users.get(name) or self._logins.get(name)

    def _bearer(self, call: Call) -> Grant | Answer:
        """Return the grant behind the call's token, or the refusal."""
        token = call.headers.get("token")
        if not token:
            return Answer(code="10003")
        grant = self._tokens.valid(token)
        if grant is None:
            return self._invalid()
        return Answer(code="10007") if grant.owner.frozen else grant

    def _invalid(self) -> Answer:
        return Answer(code="10008", data="token is invalid", status=self.auth_status)

    def _walltime(self, call: Call) -> Answer:
        grant = self._bearer(call)
        if isinstance(grant, Answer):
            return grant
        if grant.cluster_id == PLATFORM:
            return Answer(code="10001", data="wrong kind of token")
        user = self._find(call.username or "")
        if user is None:
            return Answer(code="10004")
        if user is not grant.owner:
            return Answer(code="10009")
        return Answer(data=user.core_hours(self._clock()))

    def _cluster(self, call: Call) -> Answer:
        grant = self._bearer(call)
        if isinstance(grant, Answer):
            return grant
        if grant.cluster_id == PLATFORM:
            return Answer(code="10001", data="wrong kind of token")
        manager = {
            "id": 1_000_000_000 + crc32(self.cluster_id.encode()),
            "text": self.name,
            "JobManagerType": "SLURM",
            "JobManagerAddr": "127.0.0.1",
            "JobManagerPort": "6817",
        }
        return Answer(data=[manager])

    def _renew(self, call: Call) -> Answer:
        token = call.headers.get("token")
        if not token:
            return Answer(code="10003")
        grant = self._tokens.known(token)
        if grant is not None and grant.owner.frozen:
            return Answer(code="10007")
        fresh = self._tokens.renew(
            token, lives=self.renew_lives, window=self.renew_window, grace=self.renew_grace
        )
        if grant is None and (elsewhere := self._elsewhere(token)) is not None:
            return elsewhere[0]._renew(call)  # noqa: SLF001 (another of this class)
        if grant is None or fresh is None:
            return self._invalid()
        row = self._row(grant.cluster_id, fresh)
        shapes: dict[str, Any] = {"string": fresh, "object": row, "list": [row]}
        return Answer(data=shapes[self.renew_shape])

    def _row(self, cluster_id: str, token: str | None) -> dict[str, str | None]:
        name = "ac" if cluster_id == PLATFORM else self.name
        return {"clusterId": cluster_id, "clusterName": name, "token": token}

    def _state(self, call: Call) -> Answer:
        grant = self._bearer(call)
        return grant if isinstance(grant, Answer) else Answer(data="token is valid")

    def _center(self, call: Call) -> Answer:
        if (elsewhere := self._elsewhere(call.headers.get("token", ""))) is not None:
            other, urls = elsewhere
            return other._described(call, urls)  # noqa: SLF001 (another of this class)
        return self._described(call, (call.origin,))

    def _elsewhere(self, token: str) -> "tuple[Region, tuple[str, ...]] | None":
        """Return the other region that a token is for."""
        for other, urls in self._others:
            if other._tokens.known(token) is not None:  # noqa: SLF001 (another of this class)
                return other, urls
        return None

    def _described(self, call: Call, urls: tuple[str, ...]) -> Answer:
        grant = self._bearer(call)
        if isinstance(grant, Answer):
            return grant
        if grant.cluster_id == PLATFORM:
            return Answer(code="10001", data="no center for this token")
        username = grant.owner.username
        segment = "" if self.bare_urls else "/hpc"
        center = {
            "id": int(self.cluster_id) if self.cluster_id.isdecimal() else self.cluster_id,
            "name": self.name,
            "description": "",
            "clusterUserInfo": {"userName": username, "homePath": f"/public/home/{username}"},
            "hpcUrls": [
                {"url": f"https://retired.invalid{segment}", "version": "1.0", "enable": "false"},
                *({"url": f"{url}{segment}", "version": "2.0", "enable": "true"} for url in urls),
            ]
            if urls
            else [],
            "efileUrls": [],
            "aiUrls": [],
            "eshellUrls": [],
            "ingressUrls": [],
        }
        return Answer(data=center)

    def _login(self, call: Call) -> Answer:
        user, access_key, timestamp, signature = (
            call.headers.get(name, "") for name in ("user", "accesskey", "timestamp", "signature")
        )
        if not (user and access_key and timestamp and signature):
            return Answer(code="10003")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) == len("1700000000")):
            return Answer(code="10004")
        if user not in self._logins:
            return Answer(code="10009", msg="no such user")
        owner = self._keys.owner(user=user, access_key=access_key, timestamp=timestamp, signature=signature)
        age = self._clock() - datetime.fromtimestamp(int(timestamp), UTC)
        if owner is None or abs(age) > self.clock_tolerance:
            return Answer(code="10009", msg="signature check failed")
        rows = [self._row(PLATFORM, self.platform_token(owner.username, lives=self.renew_lives))]
        for region in (self, *(other for other, _ in self._others)):
            account = region._logins.get(user)  # noqa: SLF001 (another of this class)
            if account is not None:
                token = None if account.stopped else region.token(account.username, lives=self.renew_lives)
                rows.append(region._row(region.cluster_id, token))  # noqa: SLF001 (the same)
        return Answer(data=rows)
