"""`walltime-bot doctor`: would it work? One line a check, with what to do.

It makes nothing: run by another account than the bot's, it would leave files that the bot may not read.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import typer
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError

from bot.cli.database import missing_file
from bot.cluster.probing import probe, probe_renewal, probe_sign_in
from bot.domain.errors import InstallMisconfigured, InstallRefused, SlackSilent, WalltimeError
from bot.domain.installations import Installation, InstallState
from bot.domain.secret import Secret
from bot.slack.client import TIMEOUT_S, Identity, error_code, identify, make_client
from bot.slack.grants import SlackGrants
from bot.slack.manifest import SCOPES
from bot.store.engine import Database, DatabaseNewer
from bot.store.installations import SqlInstallations
from bot.store.postgres import OLDEST, SCHEMES, look, why_away
from bot.store.rotation import Condition, census
from bot.store.vault import KeyRing, KeyRingFaulty
from bot.wiring.bot import utc_now
from bot.wiring.keys import KEY_FILE, key_ring, ring_at_hand
from bot.wiring.settings import Settings

# Slack refuses nothing of ours by the clock, but we refuse its requests beyond five minutes.
MOST_SKEW: Final = timedelta(minutes=1)
_MOST_NAMED: Final = 20
_NETWORK = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing: `advice` is empty when it works."""

    what: str
    found: str
    advice: str = ""


async def examine(settings: Settings) -> bool:
    """Print every finding as it comes; True if all would work."""
    well = True
    async for finding in _findings(settings):
        mark = "FAIL" if finding.advice else "ok  "
        advice = f"; {finding.advice}" if finding.advice else ""
        typer.echo(f"{mark} {finding.what}: {finding.found}{advice}")
        well = well and not finding.advice
    return well


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    mode = "Socket Mode" if settings.socket_mode else "HTTP mode"
    yield Finding("settings", f"{mode}, {len(settings.clusters)} cluster(s), command {settings.command}")
    keys, database = _keys(settings), await _database(settings)
    yield keys
    yield database
    if not (keys.advice or database.advice):
        async for finding in _stored(settings):
            yield finding
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session:
        async for finding in _slack(settings, session):
            yield finding
    for cluster in settings.clusters:
        what = f"cluster {cluster.name}"
        try:
            seen = await probe(cluster)
        except WalltimeError as error:
            yield Finding(
                what, str(error), f"check its url and ca_file, and that {cluster.url} is reachable here"
            )
            continue
        yield Finding(what, f"reachable at {cluster.url}")
        if seen is not None:
            yield _clock(f"clock against {cluster.name}", seen)
    # Several clusters may be of one platform: reversed, so that each is named by its first.
    for cluster in {cluster.platform_url: cluster for cluster in reversed(settings.clusters)}.values():
        yield await _platform(f"platform of {cluster.name}", cluster.platform_url, probe_renewal(cluster))
    keyed = [cluster for cluster in reversed(settings.clusters) if cluster.allow_access_keys]
    for cluster in {cluster.sign_in_url: cluster for cluster in keyed}.values():
        yield await _platform(f"sign-in of {cluster.name}", cluster.sign_in_url, probe_sign_in(cluster))


async def _platform(what: str, url: str, probing: Awaitable[None]) -> Finding:
    """Judge what tokens live on by how it answers without one."""
    try:
        await probing
    except WalltimeError as error:
        setting, harm = ("sign_in_url", "nobody can sign in with an access key")
        if what.startswith("platform"):
            setting, harm = ("platform_url", "tokens cannot be renewed")
        return Finding(what, str(error), f"{harm}: check its {setting}, and that {url} is reachable here")
    return Finding(what, f"answers at {url}")


def _keys(settings: Settings) -> Finding:
    path = settings.data_dir / KEY_FILE
    if settings.secret_keys is None and not path.exists():
        if _can_come(path):
            return Finding("keys", f"none yet; the first start makes one in {path}: back it up then")
        advice = f"make {settings.data_dir} writable, or set WALLTIME_SECRET_KEYS"
        return Finding("keys", f"none, and none can be made in {settings.data_dir}", advice)
    try:
        ring = key_ring(settings.secret_keys, settings.data_dir)
    except (KeyRingFaulty, OSError) as error:
        advice = f"restore {path} from its backup, make it readable, or set WALLTIME_SECRET_KEYS"
        return Finding("keys", str(error), advice)
    return Finding("keys", f"{len(ring.keys)}, {ring.sealing_id} seals")


def _can_come(path: Path) -> bool:
    """Tell whether a file can be made, folders and all."""
    there = next(folder for folder in path.absolute().parents if folder.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


async def _database(settings: Settings) -> Finding:
    advice = "check WALLTIME_DATABASE_URL and WALLTIME_DATA_DIR"
    if (path := missing_file(settings.database_url)) is not None:
        if _can_come(path):
            return Finding("database", f"none yet; the first start makes {path}")
        return Finding("database", f"none, and {path} cannot be made", advice)
    try:
        database = Database(settings.database_url)
        try:
            now, newest = await database.revisions()
            server, trouble = await _server(database)
        finally:
            await database.close()
    except DatabaseNewer as error:
        return Finding("database", str(error), "start the newer version, or restore an older backup")
    except DBAPIError as error:
        if settings.database_url.startswith(SCHEMES):
            return Finding("database", *why_away(error))
        return Finding("database", type(error).__name__, advice)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
        return Finding("database", type(error).__name__, advice)
    if now == newest:
        return Finding("database", f"{server}schema {now}", trouble)
    return Finding("database", f"{server}schema {now or 'none'}, {newest} comes with the next start", trouble)


async def _server(database: Database) -> tuple[str, str]:
    """Return which PostgreSQL it is, and what is to be done there; nothing for a file."""
    if not database.many_write:
        return "", ""
    async with database.reads() as connection:
        version, may_make = await look(connection)
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}, "
    if version < OLDEST:
        return name, f"take PostgreSQL {OLDEST // 10_000} or newer"
    return name, "" if may_make else "GRANT CREATE ON SCHEMA public to its user: migrations make tables"


async def _stored(settings: Settings) -> AsyncIterator[Finding]:
    """Look at what stands in a database that opens."""
    async for finding in _secrets(settings):
        yield finding
    if settings.oauth:
        async for finding in _installed(settings):
            yield finding


async def _secrets(settings: Settings) -> AsyncIterator[Finding]:
    """Count the sealed secrets by key: which key could go, and which is missing."""
    ring = ring_at_hand(settings.secret_keys, settings.data_dir)
    if ring is None or missing_file(settings.database_url) is not None:
        return
    counts: Counter[tuple[Condition, str]] = Counter()
    database = Database(settings.database_url)
    try:
        now, newest = await database.revisions()
        if now != newest:
            return
        async for found in census(database, ring):
            # What does not open may name any key.
            counts[found.condition, "" if found.condition is Condition.BROKEN else found.key_id] += 1
    except DBAPIError as error:
        yield Finding("secrets", type(error).__name__, "check WALLTIME_DATABASE_URL")
        return
    finally:
        await database.close()
    for (condition, key_id), count in sorted(counts.items()):
        yield _sealed(condition, key_id, count, ring)


def _sealed(condition: Condition, key_id: str, count: int, ring: KeyRing) -> Finding:
    match condition:
        case Condition.NEWEST:
            return Finding("secrets", f"{count} sealed with {key_id}")
        case Condition.OLDER:
            hint = f"`walltime-bot keys rotate` seals them with {ring.sealing_id}"
            return Finding(f"secrets of {key_id}", f"{count} still need this older key ({hint})")
        case Condition.KEYLESS:
            advice = "put it back into WALLTIME_SECRET_KEYS, or have these people link again"
            return Finding(f"secrets of {key_id}", f"{count} need this key, which is not in the ring", advice)
        case Condition.BROKEN:
            advice = "`walltime-bot keys rotate` names them; have these people link again"
            return Finding("secrets that do not open", f"{count}: {condition}", advice)


async def _slack(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    if settings.slack_bot_token is not None:
        async for finding in _token(settings, session):
            yield finding
    if settings.oauth:
        yield await _oauth(settings, session)


async def _token(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    client = make_client(settings.slack_api_url, session, settings.slack_bot_token)
    try:
        identity = await identify(client)
    except SlackApiError as error:
        advice = "reinstall the app and set SLACK_BOT_TOKEN anew"
        yield _refused("slack token", error_code(error), advice)
        return
    except _NETWORK as error:
        yield Finding("slack", type(error).__name__, f"make {settings.slack_api_url} reachable from here")
        return
    yield Finding("slack token", f"{identity.workspace_name} ({identity.workspace})")
    yield _scopes(identity)
    if identity.date is not None:
        yield _clock("clock against Slack", identity.date)
    if settings.slack_app_token is not None:
        try:
            await client.apps_connections_open(app_token=settings.slack_app_token.reveal())
        except SlackApiError as error:
            advice = "make an app-level token with the scope connections:write and set SLACK_APP_TOKEN"
            yield _refused("slack app token", error_code(error), advice)
        except _NETWORK as error:
            yield Finding("slack app token", type(error).__name__, "try again")
        else:
            yield Finding("slack app token", "opens Socket Mode")


async def _oauth(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    """Try to exchange a code that cannot be one: Slack says first whether it knows us."""
    what, client_id, client_secret = "slack client", settings.slack_client_id, settings.slack_client_secret
    grants = SlackGrants(
        api_url=settings.slack_api_url,
        public_url=settings.public_url or "",
        client_id=client_id or "",
        client_secret=client_secret or Secret(""),
        scopes=list(SCOPES),
        session=session,
    )
    try:
        await grants.exchange(Secret("no-code-at-all"), now=utc_now())
    except InstallMisconfigured as error:
        return Finding(what, error.code, "copy SLACK_CLIENT_ID and SLACK_CLIENT_SECRET anew")
    except SlackSilent as error:
        advice = f"make {settings.slack_api_url} reachable from here, or try again in a minute"
        return Finding(what, error.cause, advice)
    except InstallRefused:
        return Finding(what, f"known to Slack; workspaces install at {settings.install_url}")
    return Finding(what, "Slack takes any code", "check SLACK_API_URL")


async def _installed(settings: Settings) -> AsyncIterator[Finding]:
    """Count the installations, and name those that something is wrong with."""
    ring = ring_at_hand(settings.secret_keys, settings.data_dir)
    if ring is None or missing_file(settings.database_url) is not None:
        yield Finding("workspaces", "none yet")
        return
    database = Database(settings.database_url)
    try:
        now, newest = await database.revisions()
        found = await SqlInstallations(database, ring).all() if now == newest else ()
    finally:
        await database.close()
    yield Finding("workspaces", f"{len(found)} installed the app")
    named = [finding for each in found if (finding := _of_installation(each, settings)) is not None]
    for finding in named[:_MOST_NAMED]:
        yield finding
    if (more := len(named) - _MOST_NAMED) > 0:
        yield Finding("more workspaces", f"{more} more are in trouble", "put these right first")


def _of_installation(installation: Installation, settings: Settings) -> Finding | None:
    what = f"workspace {installation.workspace} ({installation.name})"
    missing, advice = installation.missing(SCOPES), f"have it installed again: {settings.install_url}"
    match installation.state:
        case InstallState.DEAD:
            return Finding(what, f"Slack refuses its token ({installation.code})", advice)
        case InstallState.ENDING:
            return Finding(what, f"its token ends {installation.expires_at} ({installation.code})", advice)
        case InstallState.SERVING if missing:
            return Finding(what, f"missing scopes: {', '.join(missing)}", advice)
        case InstallState.SERVING:
            return None


def _refused(what: str, why: str, advice: str) -> Finding:
    """Blame the token only when Slack does."""
    passes = why in {"ratelimited", "internal_error", "service_unavailable"} or not why.islower()
    return Finding(what, why, "Slack is in trouble: try again in a minute" if passes else advice)


def _scopes(identity: Identity) -> Finding:
    missing = sorted(set(SCOPES) - identity.scopes)
    if missing:
        advice = "update the app from `walltime-bot manifest` and reinstall it"
        return Finding("slack scopes", f"missing: {', '.join(missing)}", advice)
    return Finding("slack scopes", "all granted")


def _clock(what: str, theirs: datetime) -> Finding:
    skew = abs(utc_now() - theirs)
    if skew > MOST_SKEW:
        return Finding(what, f"{skew.total_seconds():.0f} s apart", "set this machine's clock (NTP)")
    return Finding(what, f"within {max(1, round(skew.total_seconds()))} s")
