"""Settings: every fault at once, by the setting's name, never with its value."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.wiring.settings import Settings, SettingsFaulty, name_of, read_settings
from tests.unit.cluster.kit import make_certificates
from tests.unit.kit import RING_KEY, shown, table

EAST = {"name": "east", "url": "https://api.example.edu:65106"}
GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-bot-canary",
    "SLACK_APP_TOKEN": "xapp-1-canary",
    "WALLTIME_CLUSTERS": json.dumps([EAST]),
}
SERVER = "postgresql://me:can%40ary@/walltime?host=/run/pg&sslmode=require"


def faults(environ: Mapping[str, str], *, to_run: bool = True) -> list[str]:
    with pytest.raises(SettingsFaulty) as caught:
        read_settings(environ, to_run=to_run)
    assert str(caught.value) == "\n".join(caught.value.faults)
    assert "canary" not in shown(caught.value)
    return caught.value.faults


def fault_of(name: str, value: str) -> str:
    """The one fault of one wrong setting, which must be named."""
    (fault,) = faults({**GOOD, name: value})
    assert fault.startswith(f"{name}: "), fault
    return fault


def clusters(*given: object) -> dict[str, str]:
    return {**GOOD, "WALLTIME_CLUSTERS": json.dumps(given)}


def test_the_least_that_runs_takes_the_defaults() -> None:
    found = read_settings(GOOD)
    assert found.slack_bot_token is not None
    assert found.slack_bot_token.reveal() == "xoxb-bot-canary"
    assert found.socket_mode
    assert found.slack_api_url == "https://slack.com/api/"
    assert (found.command, found.http_host, found.http_port) == ("/walltime", "127.0.0.1", 8080)
    assert found.poll_interval == timedelta(minutes=10)
    assert (found.admins, found.log_format, found.log_level) == (frozenset(), "", "info")
    assert found.database_url == f"sqlite:///{found.data_dir.absolute()}/walltime.sqlite3"
    (cluster,) = found.clusters
    assert (cluster.name, cluster.label, cluster.cluster_id) == ("east", "east", None)
    assert (cluster.platform_url, cluster.timezone) == ("https://www.scnet.cn", ZoneInfo("Asia/Shanghai"))


def test_settings_do_not_show_their_secrets() -> None:
    found = read_settings(
        {**GOOD, "SLACK_SIGNING_SECRET": "canary", "WALLTIME_SECRET_KEYS": f"k1:{RING_KEY}"}
    )
    for text in (repr(found), str(found), f"{found}"):
        assert "canary" not in text
        assert RING_KEY not in text


@table(
    "name value field expected",
    {
        "a Slack of one's own": (
            "SLACK_API_URL",
            "https://slack-gov.com/api",
            "slack_api_url",
            "https://slack-gov.com/api/",
        ),
        "a Slack on loopback": (
            "SLACK_API_URL",
            "http://127.0.0.1:1/api/",
            "slack_api_url",
            "http://127.0.0.1:1/api/",
        ),
        "a public address": ("WALLTIME_PUBLIC_URL", "https://b.edu/", "public_url", "https://b.edu"),
        "a public address in a folder called hpc": (
            "WALLTIME_PUBLIC_URL",
            "https://tools.example.edu/hpc/",
            "public_url",
            "https://tools.example.edu/hpc",
        ),
        "a database": ("WALLTIME_DATABASE_URL", "sqlite:////tmp/x", "database_url", "sqlite:////tmp/x"),
        "a database on a server": ("WALLTIME_DATABASE_URL", SERVER, "database_url", SERVER),
        "a port": ("WALLTIME_HTTP_PORT", "0", "http_port", 0),
        "a host": ("WALLTIME_HTTP_HOST", "0.0.0.0", "http_host", "0.0.0.0"),
        "seconds": ("WALLTIME_POLL_INTERVAL", "1s", "poll_interval", timedelta(seconds=1)),
        "a mixed time": ("WALLTIME_POLL_INTERVAL", "1h30m", "poll_interval", timedelta(minutes=90)),
        "days": ("WALLTIME_POLL_INTERVAL", "2d", "poll_interval", timedelta(days=2)),
        "a list": ("WALLTIME_ADMINS", " U1, U2 ,,", "admins", frozenset({"U1", "U2"})),
        "a level in capitals": ("WALLTIME_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        "a format in capitals": ("WALLTIME_LOG_FORMAT", "Json", "log_format", "json"),
        "a command of one's own": ("WALLTIME_COMMAND", "/机时", "command", "/机时"),
        "spaces and newlines around": ("WALLTIME_LOG_LEVEL", " debug\n", "log_level", "debug"),
        "nothing but a space is not given": ("WALLTIME_HTTP_PORT", " ", "http_port", 8080),
        "empty is not given": ("WALLTIME_HTTP_PORT", "", "http_port", 8080),
    },
)
def test_a_setting_is_read(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(read_settings({**GOOD, name: value}), field) == expected


def test_a_token_piped_in_with_a_newline_works() -> None:
    found = read_settings({**GOOD, "SLACK_BOT_TOKEN": "xoxb-1\n", "SLACK_APP_TOKEN": " xapp-1\r\n"})
    assert found.slack_bot_token is not None
    assert found.slack_app_token is not None
    assert (found.slack_bot_token.reveal(), found.slack_app_token.reveal()) == ("xoxb-1", "xapp-1")


@table(
    "name value fault",
    {
        "a person's token": ("SLACK_BOT_TOKEN", "xoxp-canary", "must start with xoxb-"),
        "the tokens swapped": ("SLACK_APP_TOKEN", "xoxb-canary", "must start with xapp-"),
        "Slack over http": ("SLACK_API_URL", "http://canary.edu/api/", "only on loopback"),
        "Slack with a password": ("SLACK_API_URL", "https://me:canary@slack.com", "a user or a password"),
        "no JSON": ("WALLTIME_CLUSTERS", "[canary", "is not JSON"),
        "one cluster, not a list": ("WALLTIME_CLUSTERS", '{"name": "canary"}', "must be a list"),
        "no clusters": ("WALLTIME_CLUSTERS", "null", "must be a list"),
        "another database": ("WALLTIME_DATABASE_URL", "mysql://me:canary@db/x", "must be sqlite:///PATH"),
        "a database without a name": (
            "WALLTIME_DATABASE_URL",
            "postgresql://canary@db",
            "must name a database",
        ),
        "a password with an at": (
            "WALLTIME_DATABASE_URL",
            "postgresql://me:x@canary@db/walltime",
            "%40 for @",
        ),
        "a password with a slash": (
            "WALLTIME_DATABASE_URL",
            "postgresql://me:x/canary@db/walltime",
            "%2F for /",
        ),
        "a password with a percent": ("WALLTIME_DATABASE_URL", "postgresql://me:%canary@db/w", "%25 for %"),
        "a setting that libpq has not": (
            "WALLTIME_DATABASE_URL",
            "postgresql://db/w?canary=1",
            "is no address",
        ),
        "a driver in the address": (
            "WALLTIME_DATABASE_URL",
            "postgresql+x://canary@db/w",
            "or postgresql://",
        ),
        "a database in memory": ("WALLTIME_DATABASE_URL", "sqlite:///", "must be sqlite:///PATH"),
        "a relative database address": ("WALLTIME_DATABASE_URL", "sqlite://canary", "must be sqlite:///PATH"),
        "no key ring": ("WALLTIME_SECRET_KEYS", "canary", "key 1 is not id:base64"),
        "a key ring that is not ASCII": ("WALLTIME_SECRET_KEYS", "k:canäry", "key 1 is not base64"),
        "a command without a slash": ("WALLTIME_COMMAND", "canary", "must begin with /"),
        "a command of two words": ("WALLTIME_COMMAND", "/canary x", "must begin with /"),
        "a command in capitals": ("WALLTIME_COMMAND", "/Canary", "must begin with /"),
        "a port in words": ("WALLTIME_HTTP_PORT", "canary", "integer"),
        "a port beyond all": ("WALLTIME_HTTP_PORT", "65536", "65535"),
        "a negative port": ("WALLTIME_HTTP_PORT", "-1", "greater than or equal to 0"),
        "a public address over http": ("WALLTIME_PUBLIC_URL", "http://canary.edu", "only on loopback"),
        "a public address that is none": ("WALLTIME_PUBLIC_URL", "https://[canary", "is not a URL"),
        "a time without a unit": ("WALLTIME_POLL_INTERVAL", "10", "must be a time like"),
        "a time with more around": ("WALLTIME_POLL_INTERVAL", "canary 10m", "must be a time like"),
        "a time below zero": ("WALLTIME_POLL_INTERVAL", "-5m", "must be a time like"),
        "no time": ("WALLTIME_POLL_INTERVAL", "0s", "greater than or equal"),
        "a time beyond all": ("WALLTIME_POLL_INTERVAL", "9" * 30 + "d", "is too long"),
        "a time of more digits than int reads": ("WALLTIME_POLL_INTERVAL", "9" * 5000 + "d", "digits"),
        "a level that is none": ("WALLTIME_LOG_LEVEL", "canary", "'debug', 'info'"),
        "a format that is none": ("WALLTIME_LOG_FORMAT", "canary", "'console', 'json'"),
    },
)
def test_a_wrong_setting_is_named_with_what_it_must_be(name: str, value: str, fault: str) -> None:
    assert fault in fault_of(name, value)


def test_all_faults_are_named_at_once() -> None:
    found = faults(
        {
            "SLACK_BOT_TOKEN": "xoxp-canary",
            "SLACK_API_URL": "http://canary.edu",
            "WALLTIME_CLUSTERS": "canary",
            "WALLTIME_DATABASE_URL": "mysql://canary",
            "WALLTIME_SECRET_KEYS": "canary",
            "WALLTIME_COMMAND": "canary",
            "WALLTIME_HTTP_PORT": "canary",
            "WALLTIME_PUBLIC_URL": "canary",
            "WALLTIME_POLL_INTERVAL": "canary",
            "WALLTIME_LOG_FORMAT": "canary",
            "WALLTIME_LOG_LEVEL": "canary",
            "WALLTIME_POLL_INTERVALL": "canary",
            "WALLTIME_DATA_DIR_FILE": "/nowhere/at/all",
            "WALLTIME_CONFIG": "/nowhere/walltime.toml",
        }
    )
    assert sorted(fault.partition(":")[0] for fault in found) == sorted(
        [
            "SLACK_API_URL",
            "SLACK_APP_TOKEN",
            "SLACK_BOT_TOKEN",
            "WALLTIME_CLUSTERS",
            "WALLTIME_COMMAND",
            "WALLTIME_CONFIG",
            "WALLTIME_DATABASE_URL",
            "WALLTIME_DATA_DIR_FILE",
            "WALLTIME_HTTP_PORT",
            "WALLTIME_LOG_FORMAT",
            "WALLTIME_LOG_LEVEL",
            "WALLTIME_POLL_INTERVAL",
            "WALLTIME_POLL_INTERVALL",
            "WALLTIME_PUBLIC_URL",
            "WALLTIME_SECRET_KEYS",
        ]
    )


@table(
    "left_out named",
    {
        "the bot's token": (("SLACK_BOT_TOKEN",), ["SLACK_BOT_TOKEN"]),
        "the app's token and the secret": (("SLACK_APP_TOKEN",), ["SLACK_APP_TOKEN"]),
        "the clusters": (("WALLTIME_CLUSTERS",), ["WALLTIME_CLUSTERS"]),
        "everything": (tuple(GOOD), ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "WALLTIME_CLUSTERS"]),
    },
)
def test_what_a_running_bot_lacks_is_named_with_an_example(
    left_out: tuple[str, ...], named: list[str]
) -> None:
    environ = {name: value for name, value in GOOD.items() if name not in left_out}
    assert [fault.partition(": is missing")[0] for fault in faults(environ)] == named
    read_settings(environ, to_run=False)


MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "canary",
    "SLACK_SIGNING_SECRET": "canary",
    "WALLTIME_PUBLIC_URL": "https://walltime.example.edu",
    "WALLTIME_CLUSTERS": json.dumps([EAST]),
}


def test_many_workspaces_need_no_bot_token_and_may_have_one_beside_them() -> None:
    found = read_settings(MANY)
    assert (found.oauth, found.socket_mode, found.slack_bot_token) == (True, False, None)
    assert found.install_url == "https://walltime.example.edu/slack/install"
    assert read_settings({**MANY, "SLACK_BOT_TOKEN": "xoxb-1"}).oauth
    assert (read_settings(GOOD).oauth, read_settings(GOOD).install_url) == (False, None)


@table(
    "left_out added named",
    {
        "the id": (("SLACK_CLIENT_ID",), {}, ["SLACK_CLIENT_ID"]),
        "the secret": (("SLACK_CLIENT_SECRET",), {}, ["SLACK_CLIENT_SECRET"]),
        "the signing secret": (("SLACK_SIGNING_SECRET",), {}, ["SLACK_SIGNING_SECRET"]),
        "the address": (("WALLTIME_PUBLIC_URL",), {}, ["WALLTIME_PUBLIC_URL"]),
        "Socket Mode beside it": ((), {"SLACK_APP_TOKEN": "xapp-1-canary"}, ["SLACK_APP_TOKEN"]),
        "all at once": (
            tuple(MANY),
            {"SLACK_CLIENT_SECRET": "canary", "SLACK_APP_TOKEN": "xapp-1-canary"},
            [
                "SLACK_CLIENT_ID",
                "SLACK_SIGNING_SECRET",
                "WALLTIME_PUBLIC_URL",
                "SLACK_APP_TOKEN",
                "WALLTIME_CLUSTERS",
            ],
        ),
    },
)
def test_what_many_workspaces_lack_is_named_all_at_once(
    left_out: tuple[str, ...], added: dict[str, str], named: list[str]
) -> None:
    environ = {name: value for name, value in MANY.items() if name not in left_out} | added
    assert [fault.partition(":")[0] for fault in faults(environ)] == named


def test_a_database_s_password_is_not_shown_with_the_settings() -> None:
    settings = read_settings({**GOOD, "WALLTIME_DATABASE_URL": SERVER})
    assert settings.database_url == SERVER
    assert "%40ary" not in f"{settings!r} {settings}"


def test_a_signing_secret_instead_of_an_app_token_is_http_mode() -> None:
    environ = {**GOOD, "SLACK_SIGNING_SECRET": "canary"}
    del environ["SLACK_APP_TOKEN"]
    assert not read_settings(environ).socket_mode


def test_hosts_of_regions_are_ends_of_names_and_need_a_cluster_that_takes_access_keys(tmp_path: Path) -> None:
    east = {**EAST, "cluster_id": "11112", "allow_access_keys": True}
    environ = {**clusters(east), "WALLTIME_REGION_HOSTS": "hpccube.com, .scnet.cn"}
    assert read_settings(environ).region_hosts.suffixes == ("hpccube.com", "scnet.cn")
    toml = tmp_path / "walltime.toml"
    toml.write_text('region_hosts = ["hpccube.com"]')
    assert read_settings({**clusters(east), "WALLTIME_CONFIG": str(toml)}).region_hosts.suffixes == (
        "hpccube.com",
    )
    assert "allow_access_keys" in fault_of("WALLTIME_REGION_HOSTS", "hpccube.com")
    for wrong in ("com", "10.0.0.1", "*.scnet.cn", "https://scnet.cn", "a.edu,,b"):
        assert "host" in fault_of("WALLTIME_REGION_HOSTS", wrong)


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_may_stand_in_a_file(field: str, tmp_path: Path) -> None:
    values = {
        "slack_bot_token": "xoxb-1",
        "slack_app_token": "xapp-1",
        "slack_signing_secret": "secret",
        "slack_client_id": "1.2",
        "slack_client_secret": "secret",
        "slack_api_url": "https://slack.example.edu/api",
        "clusters": json.dumps([EAST]),
        "region_hosts": "example.edu",
        "database_url": "sqlite:////tmp/x",
        "data_dir": "/tmp/x",  # noqa: S108 (nothing is written)
        "secret_keys": f"k1:{RING_KEY}",
        "command": "/hours",
        "http_host": "::1",
        "http_port": "81",
        "public_url": "https://example.edu",
        "poll_interval": "1m",
        "polls_at_once": "5",
        "admins": "U1",
        "log_format": "json",
        "log_level": "debug",
    }
    path = tmp_path / "value"
    path.write_text(f"{values[field]}\n")
    name = name_of(field)
    from_file = read_settings({f"{name}_FILE": str(path)}, to_run=False)
    from_environ = read_settings({name: values[field]}, to_run=False)
    assert repr(getattr(from_file, field)) == repr(getattr(from_environ, field))
    assert getattr(from_file, field) != getattr(read_settings({}, to_run=False), field)


def test_a_value_wins_over_its_file_and_both_over_the_toml(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("2")
    (tmp_path / "walltime.toml").write_text('http_port = 1\nhttp_host = "toml"\ncommand = "/toml"')
    found = read_settings(
        {
            **GOOD,
            "WALLTIME_CONFIG": str(tmp_path / "walltime.toml"),
            "WALLTIME_HTTP_PORT_FILE": str(tmp_path / "port"),
            "WALLTIME_COMMAND": "/environ",
        }
    )
    assert (found.http_port, found.http_host, found.command) == (2, "toml", "/environ")
    (tmp_path / "port").write_text("not read")
    environ = {**GOOD, "WALLTIME_HTTP_PORT": "3", "WALLTIME_HTTP_PORT_FILE": str(tmp_path / "port")}
    assert read_settings(environ).http_port == 3


@table(
    "content",
    {
        "no text": (b"\xff\xfe\x00canary",),
        "empty": (b"",),
        "a token of another kind": (b"xoxp-canary",),
    },
)
def test_a_file_that_holds_no_good_value_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(content)
    environ = {**GOOD, "SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}
    del environ["SLACK_BOT_TOKEN"]
    assert all(fault.startswith("SLACK_BOT_TOKEN") for fault in faults(environ))


def toml(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "walltime.toml").write_text(text)
    return {"WALLTIME_CONFIG": str(tmp_path / "walltime.toml")}


def test_everything_may_stand_in_the_toml(tmp_path: Path) -> None:
    found = read_settings(
        toml(
            tmp_path,
            """
            slack_bot_token = "xoxb-1"
            slack_app_token = "xapp-1"
            poll_interval = "5m"
            admins = ["U1", "U2"]
            [[clusters]]
            name = "east"
            label = "East"
            url = "https://east.example.edu/hpc"
            cluster_id = 11112
            [[clusters]]
            name = "west"
            url = "https://west.example.edu"
            timezone = "Europe/Berlin"
            """,
        )
    )
    east, west = found.clusters
    assert (east.label, east.url, east.cluster_id) == ("East", "https://east.example.edu", "11112")
    assert (west.label, west.timezone) == ("west", ZoneInfo("Europe/Berlin"))
    assert found.admins == frozenset({"U1", "U2"})


@table(
    "text named fault",
    {
        "no TOML": ("canary", "WALLTIME_CONFIG", "is not TOML"),
        "a word twice": ('command = "/a"\ncommand = "/canary"', "WALLTIME_CONFIG", "is not TOML"),
        "a name that is none": ("poll_intervall = 5", "poll_intervall", "did you mean poll_interval?"),
        "the environment's name": ('WALLTIME_COMMAND = "/canary"', "WALLTIME_COMMAND", "no setting of mine"),
        "a number for a time": ("poll_interval = 600", "WALLTIME_POLL_INTERVAL", "must be a time like"),
        "a number for a token": ("slack_bot_token = 5", "SLACK_BOT_TOKEN", "must start with xoxb-"),
        "a table for an address": ("public_url = {a = 'canary'}", "WALLTIME_PUBLIC_URL", "must"),
        "a number among the admins": ('admins = ["canary", 5]', "WALLTIME_ADMINS", "string"),
        "a number for a database": ("database_url = 5", "WALLTIME_DATABASE_URL", "must be sqlite"),
    },
)
def test_a_fault_in_the_toml_is_named(text: str, named: str, fault: str, tmp_path: Path) -> None:
    (found,) = faults(toml(tmp_path, text), to_run=False)
    assert found.startswith(f"{named}: ")
    assert fault in found


@table(
    "name hint",
    {
        "a letter too many": ("WALLTIME_POLL_INTERVALL", "did you mean WALLTIME_POLL_INTERVAL?"),
        "the word for it elsewhere": ("WALLTIME_CLUSTER", "did you mean WALLTIME_CLUSTERS?"),
        "a port that is ours": ("WALLTIME_PORT", "did you mean WALLTIME_HTTP_PORT?"),
        "a slip in a port's name": ("WALLTIME_HTPP_PORT", "did you mean WALLTIME_HTTP_PORT?"),
        "a slip in a file's name": ("WALLTIME_SECRET_KEY_FILE", "did you mean WALLTIME_SECRET_KEYS_FILE?"),
        "nothing like it": ("WALLTIME_QQQQQQQQQQQQQ", "is no setting of mine"),
    },
)
def test_an_unknown_name_is_probably_a_typing_error(name: str, hint: str) -> None:
    assert hint in fault_of(name, "8080")


@pytest.mark.parametrize("service", ["WALLTIME", "WALLTIME_BOT", "WALLTIME_POSTGRES"])
def test_what_kubernetes_says_of_a_service_called_so_is_ignored(service: str) -> None:
    said = {
        f"{service}_SERVICE_HOST": "10.0.0.1",
        f"{service}_SERVICE_PORT": "8080",
        f"{service}_SERVICE_PORT_HTTP": "8080",
        f"{service}_PORT": "tcp://10.0.0.1:8080",
        f"{service}_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        f"{service}_PORT_8080_TCP_PROTO": "tcp",
        f"{service}_PORT_8080_TCP_PORT": "8080",
        f"{service}_PORT_8080_TCP_ADDR": "10.0.0.1",
    }
    assert read_settings({**GOOD, **said}).http_port == 8080


def test_names_of_others_are_nobody_s_business() -> None:
    read_settings({**GOOD, "PATH": "/bin", "SLACK_WEBHOOK": "x", "walltime_x": "y"})


@table(
    "entry fault",
    {
        "not an object": ("canary", "cluster 1 must be an object"),
        "no name": ({"url": "https://a.edu"}, "cluster 1: name must be"),
        "a name in capitals": ({**EAST, "name": "Canary"}, "cluster 1: name must be"),
        "a name too long": ({**EAST, "name": "c" * 33}, "cluster 1: name must be"),
        "no address": ({"name": "east"}, "cluster 1: url must start with https"),
        "an address over http": ({**EAST, "url": "http://canary.edu"}, "cluster 1: url http:// is accepted"),
        "an address with a password": (
            {**EAST, "url": "https://a:canary@b.edu"},
            "cluster 1: url must not hold a user or a password",
        ),
        "a platform over http": (
            {**EAST, "platform_url": "http://canary.edu"},
            "cluster 1: platform_url http:// is accepted",
        ),
        "a label too long": ({**EAST, "label": "c" * 61}, "cluster 1: label must be"),
        "a label over two lines": ({**EAST, "label": "a\ncanary"}, "cluster 1: label must be"),
        "a zone that is none": ({**EAST, "timezone": "canary"}, "cluster 1: timezone must be"),
        "a zone that is a folder": ({**EAST, "timezone": "Asia"}, "cluster 1: timezone must be"),
        "a zone that climbs": ({**EAST, "timezone": "../canary"}, "cluster 1: timezone must be"),
        "a CA that is not there": ({**EAST, "ca_file": "/canary"}, "cluster 1: ca_file cannot be read"),
        "a CA that is none": ({**EAST, "ca_file": __file__}, "cluster 1: ca_file cannot be read"),
        "a sign-in over http": (
            {**EAST, "sign_in_url": "http://canary.edu"},
            "cluster 1: sign_in_url http://",
        ),
        "a word for a yes": (
            {**EAST, "cluster_id": "1", "allow_access_keys": "canary"},
            "cluster 1: allow_access_keys must be true or false",
        ),
        "access keys without an id": (
            {**EAST, "allow_access_keys": True},
            "cluster 1: allow_access_keys needs cluster_id",
        ),
        "a key that is none": ({**EAST, "urls": "canary"}, "cluster 1: urls is no setting of a cluster"),
    },
)
def test_a_wrong_cluster_is_named_by_its_place(entry: Any, fault: str) -> None:
    (found,) = faults(clusters(entry))
    assert found.startswith(f"WALLTIME_CLUSTERS: {fault}")


@table(
    "entry sign_in_url",
    {
        "the public platform": ({}, "https://api.scnet.cn"),
        "a platform of one's own": (
            {"platform_url": "https://platform.example.edu"}, "https://platform.example.edu",
        ),
        "an address of its own": ({"sign_in_url": "https://keys.example.edu/"}, "https://keys.example.edu"),
    },
)  # fmt: skip
def test_where_one_signs_in_follows_the_platform(entry: dict[str, str], sign_in_url: str) -> None:
    (cluster,) = read_settings(clusters({**EAST, **entry})).clusters
    assert (cluster.sign_in_url, cluster.allow_access_keys) == (sign_in_url, False)


def test_access_keys_may_be_allowed() -> None:
    entry = {**EAST, "cluster_id": "11112", "allow_access_keys": True}
    assert read_settings(clusters(entry)).clusters[0].allow_access_keys


def test_all_faults_of_all_clusters_are_named_at_once() -> None:
    (found,) = faults(clusters({"name": "!", "url": "x"}, EAST, {**EAST, "timezone": "x"}, EAST))
    assert re.findall(r"cluster (\d): (\w+)", found) == [("1", "name"), ("1", "url"), ("3", "timezone")]
    assert "the name east is there twice" in found


def test_a_hundred_clusters_are_enough() -> None:
    many = [{**EAST, "name": f"c{number}"} for number in range(101)]
    assert len(read_settings(clusters(*many[:100])).clusters) == 100
    assert "1 to 100" in faults(clusters(*many))[0]


def test_a_ca_that_can_be_read_is_taken(tmp_path: Path) -> None:
    ca_file = make_certificates(tmp_path, "127.0.0.1").ca_file
    (cluster,) = read_settings(clusters({**EAST, "ca_file": ca_file})).clusters
    assert cluster.ca_file == ca_file
