"""The shell: exit codes, and one clear line instead of a traceback."""

import json
import os
from pathlib import Path

import pytest

from bot.cli import main
from bot.store.vault import KeyRing
from tests.unit.kit import table


def shell(monkeypatch: pytest.MonkeyPatch, *words: str, **environ: str) -> int:
    """Run one command as the console script does; return its exit code."""
    for name in list(os.environ):
        if name.startswith(("SLACK_", "WALLTIME_")):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["walltime-bot", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_keys_generate_prints_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, "keys", "generate") == 0
    assert len(KeyRing.parse(capsys.readouterr().out.strip()).keys) == 1


def test_db_upgrade_says_from_where_to_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for said in ("schema: none -> ", "up to date"):
        assert shell(monkeypatch, "db", "upgrade", WALLTIME_DATA_DIR=str(tmp_path)) == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_faulty_settings_are_exit_2_with_every_fault_and_no_value(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = shell(monkeypatch, command, SLACK_BOT_TOKEN="canary", WALLTIME_POLL_INTERVAL="canary")
    said = capsys.readouterr().err
    assert code == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "WALLTIME_CLUSTERS", "WALLTIME_POLL_INTERVAL"):
        assert f"walltime-bot: {name}: " in said
    assert "canary" not in said
    assert "Traceback" not in said


def test_what_goes_wrong_is_exit_1_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert shell(monkeypatch, "db", "upgrade", WALLTIME_DATA_DIR=str(tmp_path / "file")) == 1
    said = capsys.readouterr().err
    assert said.startswith("walltime-bot: ")
    assert len(said.splitlines()) == 1


@table(
    "words",
    {
        "an unknown command": (("fly",),),
        "an unknown option": (("manifest", "--fast"),),
        "half a command": (("keys", "sell"),),
    },
)
def test_wrong_usage_is_exit_2(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(monkeypatch, *words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_bot_with_a_key_file_that_is_none_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "secret_keys").write_text("canary")
    code = shell(
        monkeypatch,
        "run",
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_APP_TOKEN="xapp-1",
        WALLTIME_CLUSTERS=json.dumps([{"name": "east", "url": "https://example.edu"}]),
        WALLTIME_DATA_DIR=str(tmp_path),
    )
    said = capsys.readouterr().err
    assert code == 1
    assert "key 1 is not id:base64" in said
    assert "canary" not in said
