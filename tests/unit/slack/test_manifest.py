"""The app's manifest."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.manifest import manifest_text
from bot.domain.commands import WORDS
from bot.slack.manifest import EVENTS, SCOPES, manifest
from bot.wiring.settings import read_settings
from tests.unit.kit import table

FILE = Path(__file__).parents[3] / "manifest.yaml"


def text_of(**environ: str) -> str:
    return manifest_text(read_settings(environ, to_run=False))


def made(*, public_url: str | None = None, socket_mode: bool = True) -> dict[str, Any]:
    return manifest(command="/walltime", public_url=public_url, socket_mode=socket_mode)


@pytest.mark.skipif(not FILE.exists(), reason="no manifest.yaml yet")
def test_the_file_is_the_command_s_output_with_the_defaults() -> None:
    assert FILE.read_text() == text_of()


@table(
    "path least most",
    {
        "name": (("display_information", "name"), 1, 35),
        "description": (("display_information", "description"), 1, 140),
        "long description": (("display_information", "long_description"), 175, 4000),
        "background": (("display_information", "background_color"), 4, 7),
        "display name": (("features", "bot_user", "display_name"), 1, 80),
        "command": (("features", "slash_commands", 0, "command"), 2, 32),
        "its description": (("features", "slash_commands", 0, "description"), 1, 2000),
        "its hint": (("features", "slash_commands", 0, "usage_hint"), 1, 1000),
    },
)
def test_texts_are_as_long_as_slack_takes(path: tuple[str | int, ...], least: int, most: int) -> None:
    found: Any = made()
    for key in path:
        found = found[key]
    assert least <= len(found) <= most


def test_only_keys_that_slack_knows() -> None:
    found = made(public_url="https://example.edu", socket_mode=False)
    assert set(found) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert set(found["features"]) <= {"app_home", "bot_user", "slash_commands", "shortcuts"}
    assert set(found["features"]["slash_commands"][0]) <= {
        "command", "url", "description", "usage_hint", "should_escape",
    }  # fmt: skip
    assert set(found["settings"]) <= {
        "event_subscriptions", "interactivity", "org_deploy_enabled", "socket_mode_enabled",
        "token_rotation_enabled", "allowed_ip_address_ranges", "is_hosted",
    }  # fmt: skip


def test_the_hint_names_every_word() -> None:
    hint = made()["features"]["slash_commands"][0]["usage_hint"]
    assert hint.strip("[]").split(" | ") == [word.name for word in WORDS]


def test_every_scope_has_its_reason_and_every_event_is_asked_for() -> None:
    assert all(SCOPES.values())
    assert made()["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert made()["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)


def test_in_http_mode_slack_is_told_one_address_everywhere() -> None:
    found = made(public_url="https://example.edu/hpc", socket_mode=False)
    address = "https://example.edu/hpc/slack/events"
    assert found["settings"]["event_subscriptions"]["request_url"] == address
    assert found["settings"]["interactivity"]["request_url"] == address
    assert found["features"]["slash_commands"][0]["url"] == address
    assert not found["settings"]["socket_mode_enabled"]


def test_in_socket_mode_slack_is_told_no_address() -> None:
    assert "url" not in str(made(public_url="https://example.edu"))


@table(
    "environ socket_mode",
    {
        "nothing set": ({}, "yes"),
        "an app token": ({"SLACK_APP_TOKEN": "xapp-1"}, "yes"),
        "a signing secret": ({"SLACK_SIGNING_SECRET": "x"}, "no"),
        "both: the app token": ({"SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "x"}, "yes"),
    },
)
def test_the_mode_is_the_settings(environ: dict[str, str], socket_mode: str) -> None:
    found = yaml.safe_load(text_of(**environ))
    assert found["settings"]["socket_mode_enabled"] == (socket_mode == "yes")


def test_the_settings_command_and_address_are_in_it_and_no_secret_is() -> None:
    text = text_of(
        SLACK_SIGNING_SECRET="canary", WALLTIME_COMMAND="/机时", WALLTIME_PUBLIC_URL="https://example.edu"
    )
    command = yaml.safe_load(text)["features"]["slash_commands"][0]
    assert (command["command"], command["url"]) == ("/机时", "https://example.edu/slack/events")
    assert "/机时" in text
    assert "canary" not in text


MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "secret",
    "WALLTIME_PUBLIC_URL": "https://example.edu/hpc",
}


@table(
    "environ redirects rotation",
    {
        "one workspace": ({}, [], "never"),
        "many": (MANY, ["https://example.edu/hpc/slack/oauth_redirect"], "on"),
        "many, and a token that could not be renewed": (
            {**MANY, "SLACK_BOT_TOKEN": "xoxb-1"},
            ["https://example.edu/hpc/slack/oauth_redirect"],
            "never",
        ),
    },
)
def test_many_workspaces_are_led_back_and_their_tokens_end(
    environ: dict[str, str], redirects: list[str], rotation: str
) -> None:
    found = yaml.safe_load(text_of(**environ))
    assert found["oauth_config"].get("redirect_urls", []) == redirects
    assert found["settings"]["org_deploy_enabled"] is bool(redirects)
    assert found["settings"]["token_rotation_enabled"] is (rotation == "on")
    assert found["settings"]["socket_mode_enabled"] is not bool(redirects)
