"""Settings, as an operator meets them: every fault named at once, no value echoed."""

from pathlib import Path

import pytest

from tests.integration.cli.shell import files_in, shell
from tests.world import World


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
