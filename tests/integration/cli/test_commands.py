"""The shell, as an operator meets it: help, keys, the manifest, the database, the package."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from bot.store.vault import KeyRing
from tests.integration.cli.shell import COMMANDS, ROOT, files_in, shell
from tests.world import APP_TOKEN, World


async def test_help_names_every_command(tmp_path: Path) -> None:
    told = await shell(tmp_path, "--help", program=(sys.executable, "-m", "bot"))
    assert told.code == 0
    assert all(re.search(rf"^\W*{word}\b", told.out, re.MULTILINE) for word in COMMANDS), told.out


async def test_help_is_quick_because_it_loads_nothing_that_a_command_needs(tmp_path: Path) -> None:
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
