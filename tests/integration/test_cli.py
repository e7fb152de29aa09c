"""The shell, as an operator meets it: exit codes, what is printed, what is left behind."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from bot.playground.cluster import ClusterFault, ClusterTwin
from bot.playground.slack import Fault
from bot.store.vault import KeyRing, new_key
from tests.process import START_S, Process, running
from tests.unit.cluster.kit import make_certificates
from tests.world import APP_TOKEN, BOT_TOKEN, GENERAL, SIGNING_SECRET, TEAM, World, until, world

ROOT = Path(__file__).parent.parent.parent
PYTHON = (sys.executable, "-m", "bot")
COMMANDS = ("run", "demo", "doctor", "manifest", "keys", "db")
PORT_TAKEN = "address already in use"


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str

    def findings(self) -> dict[str, str]:
        """Doctor's lines: what was checked, and the rest of the line, `ok` or `FAIL` in front."""
        lines = (re.fullmatch(r"(ok  |FAIL) ([^:]+): (.*)", line) for line in self.out.splitlines())
        found = [line for line in lines if line]
        assert len(found) == len(self.out.splitlines()), self.out
        return {line[2]: f"{line[1].strip()} {line[3]}" for line in found}


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "data") as made:
        yield made


def clean(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment with nothing of ours in it, and a home that is not yours."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "COLUMNS": "120", **environ}


async def shell(
    home: Path,
    *words: str,
    program: Sequence[str] = PYTHON,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run one command to its end."""
    process = await asyncio.create_subprocess_exec(
        *program,
        *words,
        cwd=cwd,
        env=clean(home, env or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), START_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    assert "Traceback" not in err.decode(), err.decode()
    return Ended(process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def started(home: Path, *words: str, **environ: str) -> AsyncIterator[Process]:
    """Run a command until the block ends, whether it gets ready or not."""
    path = home / "process.log"
    with path.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *PYTHON, *words, cwd=ROOT, env=clean(home, environ), stdout=out, stderr=out
        )
    bot = Process(process, path)
    try:
        yield bot
    finally:
        if not bot.ended:
            await bot.kill()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


# Help and usage


async def test_help_is_quick_and_names_every_command(tmp_path: Path) -> None:
    began = time.monotonic()
    told = await shell(tmp_path, "--help")
    assert time.monotonic() - began < 3  # 0.5 s on a quiet machine
    assert told.code == 0
    assert all(re.search(rf"^\W*{word}\b", told.out, re.MULTILINE) for word in COMMANDS), told.out


async def test_help_loads_nothing_that_a_command_needs(tmp_path: Path) -> None:
    seen = await shell(tmp_path, "--help", program=(sys.executable, "-X", "importtime", "-m", "bot"))
    for heavy in ("slack_bolt", "sqlalchemy", "aiohttp", "pydantic", "cryptography"):
        assert not re.search(rf"\|\s+{heavy}$", seen.err, re.MULTILINE), heavy


@pytest.mark.parametrize("words", [("keys",), ("db",), *((word, "--help") for word in COMMANDS)])
async def test_each_command_explains_itself(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = await shell(tmp_path, *words)
    said = told.out + told.err
    assert "Usage:" in said
    if words[0] == "keys":
        assert "generate" in said
    if words[0] == "db":
        assert "upgrade" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--nope",),
        ("nope",),
        ("run", "--nope"),
        ("doctor", "extra"),
        ("demo", "--port", "many"),
        ("keys", "nope"),
        ("db", "upgrade", "--nope"),
        (),
    ],
    ids=" ".join,
)
async def test_what_is_typed_wrong_is_exit_2_and_nothing_is_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    told = await shell(tmp_path, *words)
    assert told.code == 2
    assert "Usage:" in told.out + told.err
    assert files_in(tmp_path) == []


# Settings


async def test_every_faulty_setting_is_named_at_once_and_no_value_is_echoed(tmp_path: Path) -> None:
    told = await shell(
        tmp_path,
        "run",
        env={
            "SLACK_BOT_TOKEN": "canary-1",
            "SLACK_APP_TOKEN": "canary-2",
            "SLACK_API_URL": "http://canary-3.example.edu/",
            "WALLTIME_CLUSTERS": '[{"name": "canary-4 !", "url": "https://user:canary-5@example.edu"}, 7]',
            "WALLTIME_DATABASE_URL": "mysql://canary-6",
            "WALLTIME_SECRET_KEYS": "canary-7",
            "WALLTIME_COMMAND": "canary-8",
            "WALLTIME_HTTP_PORT": "canary-9",
            "WALLTIME_PUBLIC_URL": "http://canary-10.example.edu",
            "WALLTIME_POLL_INTERVAL": "canary-11",
            "WALLTIME_LOG_FORMAT": "canary-12",
            "WALLTIME_LOG_LEVEL": "canary-13",
            "WALLTIME_CONFIG": str(tmp_path / "canary-14"),
            "WALLTIME_COMAND": "canary-15",
            "SLACK_SIGNING_SECRET_FILE": str(tmp_path / "canary-16"),
        },
    )
    assert told.code == 2
    assert told.out == ""
    lines = told.err.splitlines()
    assert all(line.startswith("walltime-bot: ") for line in lines)
    names = {line.split(": ")[1] for line in lines}
    assert names == {
        "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL", "SLACK_SIGNING_SECRET_FILE",
        "WALLTIME_CLUSTERS", "WALLTIME_DATABASE_URL", "WALLTIME_SECRET_KEYS", "WALLTIME_COMMAND",
        "WALLTIME_HTTP_PORT", "WALLTIME_PUBLIC_URL", "WALLTIME_POLL_INTERVAL", "WALLTIME_LOG_FORMAT",
        "WALLTIME_LOG_LEVEL", "WALLTIME_CONFIG", "WALLTIME_COMAND",
    }  # fmt: skip
    assert "did you mean WALLTIME_COMMAND?" in told.err
    assert "cluster 2" in told.err
    assert "canary" not in told.err


@pytest.mark.parametrize("command", ["run", "doctor"])
async def test_what_is_missing_is_named_with_what_to_set(tmp_path: Path, command: str) -> None:
    told = await shell(tmp_path, command)
    assert told.code == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "WALLTIME_CLUSTERS"):
        assert name in told.err
    assert files_in(tmp_path) == []


async def test_settings_may_come_from_files_and_from_toml_and_the_environment_wins(
    lab: World, tmp_path: Path
) -> None:
    config = tmp_path / "walltime.toml"
    config.write_text('command = "/toml"\nslack_bot_token = "xoxb-toml"\n')
    files = {"WALLTIME_CONFIG": str(config)}
    environ = lab.environ()
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "WALLTIME_CLUSTERS"):
        path = tmp_path / name.lower()
        path.write_text(environ.pop(name) + "\n")
        files[f"{name}_FILE"] = str(path)
    told = await shell(tmp_path, "doctor", env={**environ, **files})
    assert told.code == 0, told.out
    assert told.findings()["settings"] == "ok Socket Mode, 1 cluster(s), command /toml"
    told = await shell(tmp_path, "doctor", env={**environ, **files, "WALLTIME_COMMAND": "/environ"})
    assert told.findings()["settings"].endswith("command /environ")


# Keys, manifest, database


async def test_a_generated_key_is_accepted_and_no_two_are_the_same(lab: World, tmp_path: Path) -> None:
    first, second = [await shell(tmp_path, "keys", "generate") for _ in range(2)]
    assert (first.code, first.err, len(first.out.splitlines())) == (0, "", 1)
    assert first.out != second.out
    ring = f"{first.out.strip()},{second.out.strip()}"
    assert len(KeyRing.parse(ring).keys) == 2
    told = await shell(tmp_path, "doctor", env=lab.environ() | {"WALLTIME_SECRET_KEYS": ring})
    assert told.code == 0, told.out
    assert told.findings()["keys"] == f"ok 2, {first.out.partition(':')[0]} seals"


async def test_the_manifest_in_the_repository_is_what_the_command_prints(tmp_path: Path) -> None:
    told = await shell(tmp_path, "manifest")
    assert (told.code, told.err) == (0, "")
    assert told.out == (ROOT / "manifest.yaml").read_text(encoding="utf-8")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        pytest.param({}, None, id="nothing set"),
        pytest.param({"SLACK_APP_TOKEN": APP_TOKEN, "SLACK_SIGNING_SECRET": "s"}, None, id="both set"),
        pytest.param(
            {"SLACK_SIGNING_SECRET": "s", "WALLTIME_PUBLIC_URL": "https://bot.example.edu/walltime/"},
            "https://bot.example.edu/walltime/slack/events",
            id="HTTP mode",
        ),
        pytest.param(
            {"SLACK_SIGNING_SECRET": "s"}, "https://example.invalid/slack/events", id="no address yet"
        ),
    ],
)
async def test_the_manifest_follows_the_settings(
    tmp_path: Path, environ: dict[str, str], url: str | None
) -> None:
    told = await shell(tmp_path, "manifest", env={"WALLTIME_COMMAND": "/hours", **environ})
    assert told.code == 0
    made = yaml.safe_load(told.out)
    assert made["features"]["slash_commands"][0]["command"] == "/hours"
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is (url is None)
    told_urls = {
        made["features"]["slash_commands"][0].get("url"),
        settings["event_subscriptions"].get("request_url"),
        settings["interactivity"].get("request_url"),
    }
    assert told_urls == {url}


# Keys


async def test_a_key_ring_is_rotated_step_by_step_beside_a_running_bot(lab: World, tmp_path: Path) -> None:
    """As the README has it."""
    old, new = f"old:{new_key().partition(':')[2]}", f"new:{new_key().partition(':')[2]}"
    async with running(lab, WALLTIME_SECRET_KEYS=old):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
    lab.hours_pass()
    both = lab.environ() | {"WALLTIME_SECRET_KEYS": f"{new},{old}"}
    async with running(lab, WALLTIME_SECRET_KEYS=f"{new},{old}"):
        await lab.link(lab.bob, username="bob")
        seen = (await shell(tmp_path, "doctor", env=both)).findings()
        assert seen["secrets"] == "ok 1 sealed with new"
        assert seen["secrets of old"].startswith("ok 1 still need this older key (`walltime-bot keys rotate`")
        told = await shell(tmp_path, "keys", "rotate", env=both)
        assert (told.code, told.err) == (0, "")
        assert told.out == (
            "1 secret(s) sealed again with new; in all 2 are sealed with it\n"
            "once every running bot has new first in its ring, old can be taken out\n"
        )
        assert (await shell(tmp_path, "doctor", env=both)).findings()["secrets"] == "ok 2 sealed with new"
        again = await shell(tmp_path, "keys", "rotate", env=both)
        assert again.out.startswith("0 secret(s) sealed again with new; in all 2")
    async with running(lab, WALLTIME_SECRET_KEYS=new):
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


async def test_a_rotation_names_what_does_not_open_and_leaves_it(lab: World, tmp_path: Path) -> None:
    lost, new = f"lost:{new_key().partition(':')[2]}", f"new:{new_key().partition(':')[2]}"
    async with lab.bot(WALLTIME_SECRET_KEYS=lost):
        await lab.link(lab.alice)
    before = await lab.rows("links")
    environ = lab.environ() | {"WALLTIME_SECRET_KEYS": new}
    told = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (told.code, told.err) == (1, "")
    assert "does not open: links.token of T0LAB/U0ALICE/east: key lost is not in the ring\n" in told.out
    assert "key lost is missing for 1\n" in told.out
    assert await lab.rows("links") == before
    seen = await shell(tmp_path, "doctor", env=environ)
    assert seen.code == 1
    assert seen.findings()["secrets of lost"].startswith("FAIL 1 need this key, which is not in the ring; ")
    found = await shell(tmp_path, "keys", "rotate", env=environ | {"WALLTIME_SECRET_KEYS": f"{new},{lost}"})
    assert found.code == 0


async def test_a_rotation_without_keys_a_database_or_its_schema_makes_nothing(
    lab: World, tmp_path: Path
) -> None:
    environ = lab.environ()
    keyless = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (keyless.code, "there are no keys" in keyless.err) == (1, True), keyless
    environ["WALLTIME_SECRET_KEYS"] = new_key()
    nowhere = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (nowhere.code, "there is no database" in nowhere.err) == (1, True), nowhere
    assert not lab.data_dir.exists()
    lab.data_dir.mkdir()
    (lab.data_dir / "walltime.sqlite3").touch()
    old = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (old.code, "walltime-bot db upgrade" in old.err) == (1, True), old


async def test_an_upgrade_may_run_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "walltime.sqlite3"
    first, second = [
        await shell(tmp_path, "db", "upgrade", env={"WALLTIME_DATABASE_URL": f"sqlite:///{path}"})
        for _ in range(2)
    ]
    assert re.fullmatch(r"schema: none -> \d+\n", first.out), first
    assert re.fullmatch(r"schema: \d+, up to date\n", second.out), second
    assert (first.code, second.code, first.err, second.err) == (0, 0, "", "")
    assert path.stat().st_mode & 0o077 == 0


# Doctor


async def test_when_all_is_well_doctor_says_so_line_by_line_and_leaves_nothing(
    lab: World, tmp_path: Path
) -> None:
    before = files_in(tmp_path)
    told = await shell(tmp_path, "doctor", env=lab.environ())
    assert (told.code, told.err) == (0, "")
    assert list(told.findings()) == [
        "settings", "keys", "database", "slack token", "slack scopes", "clock against Slack",
        "slack app token", "cluster east", "clock against east",
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


Break = Callable[[World, Path], dict[str, str]]


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


def file_for_a_folder(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return {"WALLTIME_DATA_DIR": str(folder / "file"), "WALLTIME_SECRET_KEYS": new_key()}


def no_place_for_keys(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return {
        "WALLTIME_DATA_DIR": str(folder / "file"),
        "WALLTIME_DATABASE_URL": f"sqlite:///{folder / 'walltime.sqlite3'}",
    }


def no_database(_: World, folder: Path) -> dict[str, str]:
    (folder / "file").write_text("this is no database " * 100)
    return {"WALLTIME_DATABASE_URL": f"sqlite:///{folder / 'file'}"}


def broken_keys(lab: World, _: Path) -> dict[str, str]:
    lab.data_dir.mkdir()
    (lab.data_dir / "secret_keys").write_text("k1:Y2FuYXJ5")
    return {}


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
    assert {name for name, line in told.findings().items() if line.startswith("FAIL")} == {what}
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
        cluster = {"name": "west", "url": west.url}
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
        there = {"SLACK_API_URL": url, "WALLTIME_CLUSTERS": json.dumps([{"name": "east", "url": url}])}
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
        "keys", "slack token", "cluster east",
    }  # fmt: skip


# Run


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        pytest.param(file_for_a_folder, "File exists", id="the data directory is a file"),
        pytest.param(no_database, "file is not a database", id="the database is none"),
        pytest.param(
            broken_keys,
            "secret_keys in the data directory: key 1 is 6 bytes long, not 32",
            id="the key file is broken",
        ),
        pytest.param(
            lambda *_: {"WALLTIME_HTTP_HOST": "no-such-host.invalid"}, "gaierror", id="the host is none"
        ),
    ],
)
async def test_a_bot_that_cannot_start_ends_with_one_clear_line(
    lab: World, tmp_path: Path, harm: Break, told: str
) -> None:
    ended = await shell(tmp_path, "run", env=(lab.environ() | harm(lab, tmp_path)))
    assert ended.code == 1
    assert told in the_line(ended)
    assert "Y2FuYXJ5" not in ended.err


async def test_a_port_that_is_taken_ends_the_bot_with_one_clear_line(lab: World, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = await shell(tmp_path, "run", env=(lab.environ() | {"WALLTIME_HTTP_PORT": port}))
        assert ended.code == 1
        assert PORT_TAKEN in the_line(ended)
        assert port in the_line(ended)
        ended = await shell(tmp_path, "demo", "--port", port)
        assert ended.code == 1
        assert PORT_TAKEN in the_line(ended)


async def test_health_readiness_and_metrics_tell_the_truth(lab: World, tmp_path: Path) -> None:
    lab.slack.faults.add(Fault(method="auth.test", kind="http_500", times=None))
    async with started(tmp_path, "run", **lab.environ()) as bot:
        port = await bot.port()
        assert await get(port, "/healthz") == (200, "ok\n")

        async def readiness() -> tuple[int, Any]:
            status, text = await get(port, "/readyz")
            return status, json.loads(text)

        away = {"ready": False, "reasons": ["slack: refuses: HTTP 500 without a reason"]}
        await until(readiness, lambda seen: seen == (503, away))
        assert (await get(port, "/healthz"))[0] == 200
        lab.slack.faults.clear()
        await until(readiness, lambda seen: seen == (200, {"ready": True, "reasons": []}), START_S)

        async def metrics() -> str:
            status, text = await get(port, "/metrics")
            assert status == 200
            return text

        await until(metrics, lambda text: "walltime_slack_links 2.0" in text)
        lab.slack.faults.add(Fault(method="apps.connections.open", kind="http_500", times=None))
        await lab.slack.cut_sockets()
        _, seen = await until(readiness, lambda seen: seen[0] == 503)
        assert seen["reasons"][0].startswith("slack: ")
        await until(metrics, lambda text: "walltime_slack_links 0.0" in text)
        lab.slack.faults.clear()
        await until(readiness, lambda seen: seen[0] == 200, START_S)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log
        assert bot.log.count('"no link to Slack"') == 1
        assert bot.log.count("linked to Slack by Socket Mode") == 2


async def test_in_socket_mode_there_is_no_door_for_signed_requests(lab: World, tmp_path: Path) -> None:
    async with started(tmp_path, "run", **lab.environ(), SLACK_SIGNING_SECRET=SIGNING_SECRET) as bot:
        port = await bot.port()
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{port}/slack/events", data=b"{}") as answer,
        ):
            assert answer.status == 404
        assert (await get(port, "/slack/events"))[0] == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_does_not_break_the_first(lab: World, number: signal.Signals) -> None:
    async with running(lab) as bot:
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=2.5), times=1))
        await lab.fill_form(lab.alice, token=lab.east.token("alice"))
        for _ in range(3):
            os.kill(bot.pid, number)
            await asyncio.sleep(0.1)
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log
        assert "no link to Slack" not in bot.log
    assert [link.username for link in await lab.rows("links")] == ["alice"]


async def test_a_bot_that_never_reached_slack_stops_at_once(lab: World, tmp_path: Path) -> None:
    lab.slack.faults.add(Fault(method="auth.test", kind="hang", times=None))
    async with started(tmp_path, "run", **lab.environ()) as bot:
        await bot.port()
        began = time.monotonic()
        assert await bot.stop() == 0
        assert time.monotonic() - began < 3
        assert "Traceback" not in bot.log


async def test_with_another_key_ring_the_person_is_told_to_link_again(lab: World) -> None:
    async with lab.bot(WALLTIME_SECRET_KEYS=new_key()):
        await lab.link(lab.alice)
    lab.hours_pass()
    asked = lab.east.request_count
    async with lab.bot(WALLTIME_SECRET_KEYS=new_key()):
        await lab.alice.command("/walltime", channel=GENERAL)
        told = await lab.alice.wait_message(lambda m: "link again" in m.text.lower())
        await lab.alice.click("link.open", message=told)
        await lab.alice.close_view(await lab.alice.wait_view(lambda v: v.view.get("callback_id") == "link"))
        assert lab.east.request_count == asked
        await lab.link(lab.alice)
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


# The package


@pytest.mark.slow
async def test_the_package_brings_its_command_its_page_and_its_migrations(tmp_path: Path) -> None:
    there = tmp_path / "there"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-cache-dir")
    made = await shell(
        tmp_path, "--no-deps", "--no-build-isolation", "--target", str(there), str(ROOT), program=pip
    )
    assert made.code == 0, made.err
    ours = {path.relative_to(ROOT) for path in (ROOT / "bot").rglob("*") if path.is_file()}
    ours = {path for path in ours if "__pycache__" not in path.parts}
    assert {path for path in ours if not (there / path).is_file()} == set()
    assert {"index.html"} <= {path.name for path in (there / "bot/playground/page").iterdir()}
    assert list((there / "bot/store/migrations").rglob("0001*.py"))
    assert not (there / "tests").exists()
    environ = {"PYTHONPATH": str(there), "WALLTIME_DATA_DIR": str(tmp_path / "data")}
    script = (str(there / "bin" / "walltime-bot"),)
    told = await shell(tmp_path, "--help", program=script, cwd=tmp_path, env=environ)
    assert told.code == 0
    assert "Usage: walltime-bot" in told.out
    told = await shell(tmp_path, "db", "upgrade", program=script, cwd=tmp_path, env=environ)
    assert told.out.startswith("schema: none -> "), told
    told = await shell(tmp_path, "manifest", program=script, cwd=tmp_path, env=environ)
    assert yaml.safe_load(told.out)["display_information"]["name"] == "Walltime"


async def test_the_demo_says_where_it_is_serves_its_page_and_leaves_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, "demo", "--port", "0", TMPDIR=str(tmp_path)) as demo:

        async def look() -> str:
            assert not demo.ended, demo.log
            found = re.search(r"open http://127\.0\.0\.1:(\d+)", demo.log)
            return found[1] if found else ""

        port = int(await until(look, bool, START_S))
        status, page = await get(port, "/")
        assert status == 200
        assert "<!doctype html>" in page.lower()
        assert await demo.stop() == 0
        assert "Traceback" not in demo.log
    assert files_in(tmp_path) == ["process.log"]


def the_line(ended: Ended) -> str:
    """Return the one line in which the program says why it ends; before it there are only log lines."""
    *before, last = ended.err.splitlines()
    assert last.startswith("walltime-bot: ")
    assert all(line.startswith("{") for line in before), ended.err
    assert not any("Unclosed" in line or "never retrieved" in line for line in before)
    return last
