"""`doctor`: everything is looked at, and each fault says what to do."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.installations import Installation, InstallState
from bot.domain.secret import Secret
from bot.playground.cluster import ClusterTwin
from bot.playground.slack import Fault
from bot.ports.installing import Change, Tokens
from bot.slack.manifest import SCOPES
from bot.store.engine import Database
from bot.store.installations import SqlInstallations
from bot.wiring.keys import key_ring
from tests.integration.cli.shell import Break, broken_keys, file_for_a_folder, files_in, no_database, shell
from tests.process import running
from tests.unit.cluster.kit import make_certificates
from tests.world import (
    APP_TOKEN,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    GENERAL,
    SIGNING_SECRET,
    TEAM,
    World,
)


async def test_when_all_is_well_doctor_says_so_line_by_line_and_leaves_nothing(
    lab: World, tmp_path: Path
) -> None:
    before = files_in(tmp_path)
    told = await shell(tmp_path, "doctor", env=lab.environ())
    assert (told.code, told.err) == (0, "")
    assert list(told.findings()) == [
        "settings", "keys", "database", "slack token", "slack scopes", "clock against Slack",
        "slack app token", "cluster east", "clock against east", "platform of east",
    ]  # fmt: skip
    assert all(line.startswith("ok ") for line in told.findings().values())
    assert files_in(tmp_path) == before
    assert {call.method for call in lab.slack.calls} == {"auth.test", "apps.connections.open"}
    for secret in (BOT_TOKEN, APP_TOKEN):
        assert secret not in told.out


async def test_doctor_beside_a_running_bot_disturbs_nothing(lab: World, tmp_path: Path) -> None:
    async with running(lab) as bot:
        await lab.link(lab.alice)
        told = await shell(tmp_path, "doctor", env=lab.environ())
        assert told.code == 0, told.out
        assert re.fullmatch(r"ok schema \d+", told.findings()["database"])
        assert re.fullmatch(r"ok 1, k\w+ seals", told.findings()["keys"])
        await lab.alice.command("/walltime help", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "You can type" in m.text)
        assert not bot.ended


async def test_doctor_in_http_mode_needs_no_app_token(lab: World, tmp_path: Path) -> None:
    environ = lab.environ() | {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
    del environ["SLACK_APP_TOKEN"]
    told = await shell(tmp_path, "doctor", env=environ)
    assert told.code == 0, told.out
    assert told.findings()["settings"].startswith("ok HTTP mode")
    assert "slack app token" not in told.findings()


def narrow_scopes(lab: World, _: Path) -> dict[str, str]:
    lab.slack.workspaces[TEAM].scopes = frozenset({"commands"})
    return {}


def cluster_down(lab: World, _: Path) -> dict[str, str]:
    lab.east.down = True
    return {}


def slack_in_trouble(lab: World, _: Path) -> dict[str, str]:
    lab.slack.faults.add(Fault(method="auth.test", kind="http_500"))
    return {}


def tickets_in_trouble(lab: World, _: Path) -> dict[str, str]:
    lab.slack.faults.add(Fault(method="apps.connections.open", kind="ratelimited"))
    return {}


def no_place_for_keys(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return {
        "WALLTIME_DATA_DIR": str(folder / "file"),
        "WALLTIME_DATABASE_URL": f"sqlite:///{folder / 'walltime.sqlite3'}",
    }


@pytest.mark.parametrize(
    ("harm", "what", "found", "advice"),
    [
        pytest.param(
            lambda *_: {"SLACK_BOT_TOKEN": "xoxb-wrong"}, "slack token", "invalid_auth",
            "set SLACK_BOT_TOKEN", id="wrong token",
        ),
        pytest.param(
            narrow_scopes, "slack scopes", "chat:write", "walltime-bot manifest", id="missing scope"
        ),
        pytest.param(
            lambda *_: {"SLACK_APP_TOKEN": "xapp-wrong"}, "slack app token", "invalid_auth",
            "connections:write", id="wrong app token",
        ),
        pytest.param(
            slack_in_trouble, "slack token", "HTTP 500", "try again in a minute", id="Slack answers 500"
        ),
        pytest.param(
            tickets_in_trouble, "slack app token", "ratelimited", "try again in a minute", id="rate limit"
        ),
        pytest.param(
            lambda *_: {"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "slack", "ClientConnectorError",
            "http://127.0.0.1:9/api/ reachable", id="Slack away",
        ),
        pytest.param(cluster_down, "cluster east", "did not answer", "url and ca_file", id="cluster down"),
        pytest.param(
            file_for_a_folder, "database", "cannot be made", "WALLTIME_DATA_DIR", id="no place for a database"
        ),
        pytest.param(
            no_place_for_keys, "keys", "none can be made", "WALLTIME_SECRET_KEYS", id="no place for keys"
        ),
        pytest.param(no_database, "database", "DatabaseError", "WALLTIME_DATABASE_URL", id="no database"),
        pytest.param(broken_keys, "keys", "6 bytes long, not 32", "from its backup", id="broken key file"),
    ],
)  # fmt: skip
async def test_doctor_finds_what_is_broken_and_says_what_to_do(
    lab: World, tmp_path: Path, *, harm: Break, what: str, found: str, advice: str
) -> None:
    told = await shell(tmp_path, "doctor", env=(lab.environ() | harm(lab, tmp_path)))
    assert (told.code, told.err) == (1, "")
    also = {"platform of east"} if harm is cluster_down else set()  # it is the same stand-in
    assert {name for name, line in told.findings().items() if line.startswith("FAIL")} == {what, *also}
    line, _, wanted = told.findings()[what].partition("; ")
    assert found in line
    assert advice in wanted
    assert "Y2FuYXJ5" not in told.out


async def test_doctor_finds_a_certificate_that_is_not_trusted_and_takes_its_authority(
    lab: World, tmp_path: Path
) -> None:
    made = make_certificates(tmp_path, "127.0.0.1")
    west = ClusterTwin(name="west", cluster_id="1", clock=lab.clock, ssl_context=made.server)
    await west.start()
    try:
        cluster = {"name": "west", "url": west.url, "platform_url": lab.east.platform_url}
        told = await shell(
            tmp_path, "doctor", env=(lab.environ() | {"WALLTIME_CLUSTERS": json.dumps([cluster])})
        )
        assert told.code == 1
        assert "certificate is not trusted" in told.findings()["cluster west"]
        assert "ca_file" in told.findings()["cluster west"]
        cluster["ca_file"] = made.ca_file
        told = await shell(
            tmp_path, "doctor", env=(lab.environ() | {"WALLTIME_CLUSTERS": json.dumps([cluster])})
        )
        assert told.code == 0, told.out
    finally:
        await west.stop()


@asynccontextmanager
async def elsewhen(apart: timedelta) -> AsyncIterator[str]:
    """A Slack, and a cluster, in another time."""

    async def answer(request: web.Request) -> web.Response:
        headers = {"Date": format_datetime(datetime.now(UTC) + apart, usegmt=True)}
        headers["x-oauth-scopes"] = "commands,chat:write"
        body = {"ok": True, "team_id": TEAM, "team": "Lab", "url": f"ws://{request.host}/"}
        return web.json_response(body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("apart", [timedelta(minutes=-4), timedelta(hours=1)], ids=["slow", "fast"])
async def test_doctor_finds_a_clock_that_is_wrong(lab: World, tmp_path: Path, apart: timedelta) -> None:
    async with elsewhen(apart) as url:
        cluster = {"name": "east", "url": url, "platform_url": url}
        there = {"SLACK_API_URL": url, "WALLTIME_CLUSTERS": json.dumps([cluster])}
        told = await shell(tmp_path, "doctor", env=lab.environ() | there)
    assert told.code == 1
    for what in ("clock against Slack", "clock against east"):
        assert re.match(r"FAIL \d+ s apart; set this machine's clock", told.findings()[what])


async def test_doctor_looks_at_everything_though_the_first_check_fails(lab: World, tmp_path: Path) -> None:
    lab.east.down = True
    told = await shell(
        tmp_path, "doctor", env=(lab.environ() | {"SLACK_BOT_TOKEN": "xoxb-no"} | broken_keys(lab, tmp_path))
    )
    assert {name for name, line in told.findings().items() if line.startswith("FAIL")} == {
        "keys", "slack token", "cluster east", "platform of east",
    }  # fmt: skip


MANY = {
    "SLACK_BOT_TOKEN": "",
    "SLACK_APP_TOKEN": "",
    "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "SLACK_CLIENT_ID": CLIENT_ID,
    "SLACK_CLIENT_SECRET": CLIENT_SECRET,
    "WALLTIME_PUBLIC_URL": "https://walltime.example.edu",
}


async def test_doctor_knows_many_workspaces_and_names_those_in_trouble(lab: World, tmp_path: Path) -> None:
    told = await shell(tmp_path, "doctor", env=lab.environ() | MANY)
    assert told.code == 0, told.out
    assert told.findings()["workspaces"] == "ok none yet"
    assert "https://walltime.example.edu/slack/install" in told.findings()["slack client"]
    ring = key_ring(None, lab.data_dir)
    database = Database(lab.settings().database_url)
    await database.upgrade()
    kept = SqlInstallations(database, ring)
    for workspace, scopes in (("T1", SCOPES), ("T2", {"commands": ""}), ("T3", SCOPES)):
        await kept.record(
            installed(workspace, frozenset(scopes)), Tokens(bot=Secret("xoxb-canary")), renew_at=None
        )
    dead = (await kept.all())[2]
    await kept.change(dead, Change(state=InstallState.DEAD, code="token_revoked"))
    await database.close()
    told = await shell(tmp_path, "doctor", env=lab.environ() | MANY)
    assert told.code == 1
    findings = told.findings()
    assert findings["workspaces"] == "ok 3 installed the app"
    assert "workspace T1 (Lab)" not in findings
    assert "files:write" in findings["workspace T2 (Lab)"]
    assert "token_revoked" in findings["workspace T3 (Lab)"]
    assert "https://walltime.example.edu/slack/install" in findings["workspace T3 (Lab)"]
    assert "canary" not in told.out
    told = await shell(tmp_path, "doctor", env=lab.environ() | MANY | {"SLACK_CLIENT_SECRET": "guess"})
    assert told.findings()["slack client"].startswith("FAIL bad_client_secret")


def installed(workspace: str, scopes: frozenset[str]) -> Installation:
    return Installation(
        workspace=workspace,
        enterprise=None,
        org_wide=False,
        name="Lab",
        app_id="A1",
        bot_user="UBOT",
        bot_id="B1",
        scopes=scopes,
        installer="U1",
        installed_at=datetime.now(UTC),
    )
