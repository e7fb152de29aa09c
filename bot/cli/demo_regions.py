"""The demo's platform: East's has more regions, which an access key opens, or does not."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from bot.playground.cluster import ClusterTwin, Work
from bot.playground.slack import SlackTwin
from bot.wiring.bot import utc_now

# What the bot may call of what the platform tells it: all of the demo is on loopback.
HOSTS: Final = "127.0.0.1"
PAST: Final = timedelta(days=60)


async def open_regions(east: ClusterTwin, slack: SlackTwin, opened: AsyncExitStack) -> None:
    """Put three regions beside East: one to link, one that is stopped, one with an address not to be called.

    Alice gets an access key to paste.
    """
    north = ClusterTwin(name="North", cluster_id="7", clock=utc_now, seed=3)
    await north.start()
    opened.push_async_callback(north.stop)
    work = Work(start=utc_now() - PAST, core_hours_per_week=300.0, sizes="small")
    north.add_user("ac_alice", login="alice", work=work)
    south = ClusterTwin(name="South", cluster_id="8", clock=utc_now)
    south.add_user("alice", account_status="Owe")
    far = ClusterTwin(name="Far", cluster_id="9", clock=utc_now)
    far.add_user("alice")
    east.add_region(north, north.url)
    east.add_region(south, north.url)
    east.add_region(far, "https://169.254.169.254")
    access_key, secret_key = east.add_access_key("alice")
    for what, value in (("Login name", "alice"), ("Access key", access_key), ("Secret key", secret_key)):
        slack.clipboard.append(
            {"for": "U0ALICE", "label": f"{what} of alice on the platform", "value": value}
        )
    slack.notes.append(
        "Use Alice's access key instead of a token, and ask what it opens: North can be linked, though no "
        "setting names it; South is stopped; the address of Far is not called."
    )
