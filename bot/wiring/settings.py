"""Settings: environment over `walltime.toml`, every `X` also as `X_FILE`, all faults named at once."""

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.domain.clusters import Cluster, base_url
from bot.domain.region_hosts import NOWHERE, RegionHosts
from bot.domain.secret import Secret
from bot.jobs.polling import AT_ONCE
from bot.store.postgres import SCHEMES, connection_settings
from bot.store.vault import KeyRing
from bot.wiring.clusters import read_clusters

PREFIX: Final = "WALLTIME_"
_SPANS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Kubernetes announces services called "walltime" or "walltime-bot" to their neighbours like this.
_NOT_OURS: Final = re.compile(
    r"WALLTIME_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)=.*"
    r"|WALLTIME_(?:\w+_)?PORT=(?:tcp|udp|sctp)://.*"
)


class SettingsFaulty(Exception):
    """Something in the settings is wrong; `faults` has one line for each thing, none holds a value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _token(prefix: str) -> BeforeValidator:
    def check(value: Any) -> Secret:
        if not isinstance(value, str) or not value.startswith(prefix):
            raise ValueError(f"must start with {prefix}")
        return Secret(value)

    return BeforeValidator(check)


def _secret(value: Any) -> Secret:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must not be empty")
    return Secret(value)


def _base_url(value: Any) -> str:
    return base_url(str(value))


def _api_url(value: Any) -> str:
    return base_url(str(value)) + "/"


def check_database_url(value: Any) -> str:
    """Return the address of a database if it is one; raises ValueError, which holds no part of it."""
    if isinstance(value, str) and value.startswith(SCHEMES):
        connection_settings(value)
    elif not isinstance(value, str) or not re.fullmatch(r"sqlite:///.+", value):
        raise ValueError("must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    return value


def _span(value: Any) -> timedelta:
    parts = re.findall(r"(\d+)([smhd])", str(value))
    if not parts or "".join(f"{n}{unit}" for n, unit in parts) != str(value):
        raise ValueError("must be a time like 10m, 90s or 1h30m")
    try:
        return sum((timedelta(**{_SPANS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        raise ValueError("is too long") from None


def _list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _hosts(value: Any) -> RegionHosts:
    found = _list(value)
    if not isinstance(found, list) or not all(isinstance(host, str) for host in found):
        raise ValueError("must be a list of host names' ends, like example.edu")
    return RegionHosts.read(found)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _command(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"/[^\s/A-Z]{1,31}", value):
        raise ValueError("must begin with / and have at most 32 characters, no spaces, no capitals")
    return value


def _ring(value: Any) -> KeyRing:
    return KeyRing.parse(str(value))


class Settings(BaseModel):
    """What the operator decided. Field names are the names in `walltime.toml`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    slack_bot_token: Annotated[Secret | None, _token("xoxb-")] = None
    slack_app_token: Annotated[Secret | None, _token("xapp-")] = None
    slack_signing_secret: Annotated[Secret | None, BeforeValidator(_secret)] = None
    slack_client_id: str | None = None
    slack_client_secret: Annotated[Secret | None, BeforeValidator(_secret)] = None
    slack_api_url: Annotated[str, BeforeValidator(_api_url)] = "https://slack.com/api/"
    clusters: Annotated[tuple[Cluster, ...], BeforeValidator(read_clusters)] = ()
    region_hosts: Annotated[RegionHosts, BeforeValidator(_hosts)] = NOWHERE
    # The password may stand in it.
    database_url: Annotated[str, BeforeValidator(check_database_url), Field(repr=False)] = ""
    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("walltime")))
    secret_keys: Annotated[KeyRing | None, BeforeValidator(_ring)] = None
    command: Annotated[str, BeforeValidator(_command)] = "/walltime"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    public_url: Annotated[str | None, BeforeValidator(_base_url)] = None
    poll_interval: Annotated[timedelta, BeforeValidator(_span), Field(ge=timedelta(seconds=1))] = timedelta(
        minutes=10
    )
    polls_at_once: int = Field(default=AT_ONCE, ge=1, le=1000)
    admins: Annotated[frozenset[str], BeforeValidator(_list)] = frozenset()
    log_format: Annotated[Literal["console", "json", ""], BeforeValidator(_lower)] = ""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"

    @model_validator(mode="after")
    def _database_in_data_dir(self) -> Self:
        if not self.database_url:
            path = self.data_dir.absolute() / "walltime.sqlite3"
            object.__setattr__(self, "database_url", f"sqlite:///{path}")
        return self

    @property
    def socket_mode(self) -> bool:
        """Socket Mode when there is an app token, else HTTP mode."""
        return self.slack_app_token is not None

    @property
    def oauth(self) -> bool:
        """Whether workspaces install the app by themselves."""
        return self.slack_client_id is not None

    @property
    def install_url(self) -> str | None:
        """Where the app is installed; None without OAuth."""
        return f"{self.public_url}/slack/install" if self.oauth else None


def read_settings(environ: Mapping[str, str], *, to_run: bool = True) -> Settings:
    """Read all settings; raises SettingsFaulty. `to_run` asks for what only a running bot needs."""
    faults: list[str] = []
    given = _from_file(environ.get(f"{PREFIX}CONFIG"), faults) | _from_environ(environ, faults)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        # Never with the input: it may be a token that stands in the wrong place.
        faults += [
            f"{name_of(str(fault['loc'][0])) if fault['loc'] else 'settings'}: {_plain(fault['msg'])}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        settings = None
    if to_run:
        faults += _missing(given)
        faults += _useless(settings) if settings is not None else []
    if faults or settings is None:
        raise SettingsFaulty(faults)
    return settings


def name_of(field: str) -> str:
    """Return a field's name in the environment."""
    return field.upper() if field.startswith("slack_") else f"{PREFIX}{field.upper()}"


def _missing(given: Mapping[str, Any]) -> list[str]:
    faults = []
    if given.get("slack_client_id") or given.get("slack_client_secret"):
        faults += _missing_for_oauth(given)
    else:
        faults += _missing_for_one(given)
    if not given.get("clusters"):
        faults.append(
            'WALLTIME_CLUSTERS: is missing; for example [{"name": "east", "label": "East", '
            '"url": "https://api.example.edu:65106"}]'
        )
    return faults


def _missing_for_one(given: Mapping[str, Any]) -> list[str]:
    """Name what one workspace needs."""
    faults = []
    if not given.get("slack_bot_token"):
        faults.append(
            "SLACK_BOT_TOKEN: is missing (xoxb-…, from your app's page, OAuth & Permissions); or set "
            "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for many workspaces"
        )
    if not given.get("slack_app_token") and not given.get("slack_signing_secret"):
        faults.append(
            "SLACK_APP_TOKEN: is missing (xapp-…, for Socket Mode); or set SLACK_SIGNING_SECRET for HTTP mode"
        )
    return faults


def _missing_for_oauth(given: Mapping[str, Any]) -> list[str]:
    """Name what many workspaces need beside what is given."""
    needed = {
        "slack_client_id": "from your app's page, Basic Information",
        "slack_client_secret": "from the same place",
        "slack_signing_secret": "from the same place: many workspaces are served in HTTP mode",
        "public_url": "the https address that Slack leads people back to",
    }
    faults = [
        f"{name_of(field)}: is missing for many workspaces ({where})"
        for field, where in needed.items()
        if not given.get(field)
    ]
    if given.get("slack_app_token"):
        faults.append(
            "SLACK_APP_TOKEN: does not go with SLACK_CLIENT_ID: Socket Mode serves one workspace; "
            "take out one or the other"
        )
    return faults


def _useless(settings: Settings) -> list[str]:
    if settings.region_hosts.suffixes and not any(c.allow_access_keys for c in settings.clusters):
        return [
            "WALLTIME_REGION_HOSTS: needs a cluster with allow_access_keys: regions are found by a sign-in"
        ]
    return []


def _from_environ(environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    names = {name_of(field): field for field in Settings.model_fields}
    given: dict[str, Any] = {}
    for name, field in names.items():
        if environ.get(f"{name}_FILE"):
            try:
                given[field] = Path(environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}_FILE: cannot be read ({type(error).__name__})")
        # A secret piped into a variable often ends with a newline.
        if value := environ.get(name, "").strip():
            given[field] = value
    known = {f"{PREFIX}CONFIG", *names, *(f"{name}_FILE" for name in names)}
    faults += [
        _typing_error(name, known)
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known and not _NOT_OURS.match(f"{name}={environ[name]}")
    ]
    return given


def _from_file(path: str | None, faults: list[str]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with Path(path).open("rb") as file:
            given = tomllib.load(file)
    except OSError as error:
        faults.append(f"WALLTIME_CONFIG: cannot read the file ({type(error).__name__})")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"WALLTIME_CONFIG: is not TOML ({error})")
        return {}
    for name in sorted(set(given) - set(Settings.model_fields)):
        faults.append(_typing_error(name, set(Settings.model_fields)))
        del given[name]
    return given


def _typing_error(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{name}: is no setting of mine, probably a typing error{hint}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
