"""`walltime-bot demo`: the real bot between a Slack look-alike in the browser and two simulated clusters."""

import asyncio
import json
import signal
import socket
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import typer

from bot.cli.demo_many import CLIENT_ID, CLIENT_SECRET, furnish_many
from bot.cli.demo_past import remember
from bot.cli.demo_regions import HOSTS, open_regions
from bot.domain.people import Person
from bot.playground.cluster import ClusterTwin, Work
from bot.playground.slack import SlackTwin
from bot.store.vault import new_key
from bot.wiring.bot import Bot, utc_now
from bot.wiring.logs import set_up_logs
from bot.wiring.settings import read_settings

TEAM: Final = "T0LAB"
BOT_TOKEN: Final = "xoxb-demo-lab"  # noqa: S105 (opens the look-alike only)
APP_TOKEN: Final = "xapp-1-A0WALLTIME-1-demo"  # noqa: S105 (the same)
TOKEN_LIVES: Final = timedelta(hours=12)
HISTORY: Final = timedelta(days=60)
BIG_JOB: Final = 500
# They have a past to look at; alice is left for the newcomer to link.
LINKED_BEFORE: Final = {
    Person(workspace=TEAM, user="U0LI"): "libo",
    Person(workspace=TEAM, user="U0MAYA"): "maya",
}
POLL_INTERVAL: Final = "5s"  # nobody waits ten minutes for a demo


async def demo(
    port: int,
    *,
    link_page: bool = False,
    install: bool = False,
    started: Callable[[str], None] = typer.echo,
) -> None:
    """Run until Ctrl-C. Everything listens on loopback; what was stored is gone at the end.

    With `link_page` tokens are entered on the bot's own page instead of in Slack's form; so they are with
    `install`, where the bot serves many workspaces.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    set_up_logs(level="warning", style="console")
    async with AsyncExitStack() as opened:
        slack = SlackTwin(
            clock=utc_now, app_token=APP_TOKEN, port=port, client_id=CLIENT_ID, client_secret=CLIENT_SECRET
        )
        await slack.start()
        opened.push_async_callback(slack.stop)
        _furnish(slack, link_page=link_page or install)
        clusters = (
            ClusterTwin(name="east", cluster_id="11112", clock=utc_now, seed=1),
            ClusterTwin(name="west", cluster_id="11276", clock=utc_now, seed=2),
        )
        for cluster in clusters:
            await cluster.start()
            opened.push_async_callback(cluster.stop)
            _people_work(cluster, slack)
        await open_regions(clusters[0], slack, opened)
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="walltime-demo-"))
        environ = _environ(slack, clusters, Path(folder))
        if link_page or install:
            environ |= _public()
        if install:
            environ |= furnish_many(slack, clusters[0], environ["WALLTIME_PUBLIC_URL"])
        settings = read_settings(environ)
        await remember(
            settings, clusters[0], LINKED_BEFORE, channel="C0HPC", token_lives=TOKEN_LIVES, now=utc_now()
        )
        bot = await opened.enter_async_context(Bot(settings))
        started(f"Walltime demo: open {slack.url} in a browser (Ctrl-C ends it)")
        await bot.run_until(stop)


def _public() -> dict[str, str]:
    """Find a port for the bot, whose address must be known before it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    return {"WALLTIME_HTTP_PORT": str(found), "WALLTIME_PUBLIC_URL": f"http://127.0.0.1:{found}"}


def _environ(slack: SlackTwin, clusters: tuple[ClusterTwin, ...], folder: Path) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.api_url,
        "WALLTIME_CLUSTERS": json.dumps(
            [
                {
                    "name": cluster.name,
                    "label": cluster.name.title(),
                    "url": cluster.url,
                    "platform_url": cluster.platform_url,
                    "cluster_id": cluster.cluster_id,
                    "allow_access_keys": cluster.name == "east",
                }
                for cluster in clusters
            ]
        ),
        "WALLTIME_REGION_HOSTS": HOSTS,
        "WALLTIME_DATA_DIR": str(folder),
        "WALLTIME_SECRET_KEYS": new_key(),
        "WALLTIME_HTTP_PORT": "0",
        "WALLTIME_POLL_INTERVAL": POLL_INTERVAL,
    }


def _furnish(slack: SlackTwin, *, link_page: bool) -> None:
    lab = slack.add_workspace(TEAM, "Tidal Lab", bot_token=BOT_TOKEN)
    lab.add_person("U0ALICE", name="alice", real_name="Alice Ng", title="PhD student", tz="Asia/Shanghai")
    lab.add_person("U0LI", name="libo", real_name="李博", title="博士后", locale="zh-CN", tz="Asia/Shanghai")
    lab.add_person("U0MAYA", name="maya", real_name="Maya Okafor", title="Group leader", is_admin=True)
    everybody = {"U0ALICE", "U0LI", "U0MAYA"}
    lab.add_channel("C0HPC", "hpc", members=everybody)
    lab.add_channel("C0GENERAL", "general", members=everybody)
    lab.add_channel("C0BUDGET", "budget", members={"U0MAYA", "U0ALICE"}, is_private=True)

    def switch(on: bool) -> None:  # noqa: FBT001 (the page's switch calls it so)
        lab.unknown_blocks = {"data_visualization", "data_table"} if on else set()

    slack.add_switch("no-charts", "Slack takes no charts", False, switch)
    deed = (
        "open the page, paste a token, confirm with the page's code"
        if link_page
        else "paste a token, press Link"
    )
    slack.notes.extend(
        [
            f"Copy a token from the list, type `/walltime link`, {deed}. Then type `/walltime`.",
            "李博 and Maya linked East weeks ago: type `/walltime history team` in #hpc.",
            "Act as another person to see that your numbers are yours alone.",
            "Type `/walltime limit 600 per week`, let everybody burn core-hours: the alert is a message.",
            "Type `/walltime join`, then `/walltime limit team 1000 per month on east`: that alert is here.",
            "Switch the cluster off and ask half a minute later: the last reading is shown with its age.",
        ]
    )


def _people_work(cluster: ClusterTwin, slack: SlackTwin) -> None:
    """Give the three people accounts with a past, and their tokens to paste."""
    start = datetime.now(UTC) - HISTORY
    label = cluster.name.title()
    people: tuple[tuple[str, str, float, Literal["small", "mixed", "large"]], ...] = (
        ("U0ALICE", "alice", 900.0, "mixed"),
        ("U0LI", "libo", 2400.0, "large"),
        ("U0MAYA", "maya", 700.0, "small"),
    )
    for person, username, core_hours_per_week, sizes in people:
        work = Work(start=start, core_hours_per_week=core_hours_per_week, sizes=sizes)
        cluster.add_user(username, work=work)
        slack.clipboard.append(
            {
                "for": person,
                "label": f"API token of {username} on {label}",
                "value": cluster.token(username, lives=TOKEN_LIVES),
            }
        )

    def switch(on: bool) -> None:  # noqa: FBT001 (the page's switch calls it so)
        cluster.down = on

    def job(on: bool) -> None:  # noqa: FBT001 (as above)
        if on:
            for _, username, _, _ in people:
                cluster.set_core_hours(username, cluster.core_hours(username) + BIG_JOB)

    slack.add_switch(f"{cluster.name}-down", f"{label} is down", False, switch)
    slack.add_switch(
        f"{cluster.name}-job", f"On: everybody burns {BIG_JOB} core-hours on {label}", False, job
    )
