"""A token goes in by the form; after that it is in clear nowhere but in the header to its own cluster."""

import base64
import json

import pytest

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from tests.process import running
from tests.world import GENERAL, World

pytestmark = pytest.mark.both_doors


async def test_the_canary_is_nowhere(lab: World) -> None:
    canary = lab.east.token("alice")
    pieces = [canary, canary.split(".")[2], base64.b64encode(canary.encode()).decode()[:60]]
    async with running(lab) as bot:
        lab.east.faults.add(ClusterFault(kind="code", code="10008", times=1))
        lab.slack.faults.add(Fault(method="views.publish", kind="http_500", times=1))
        refused = await lab.fill_form(lab.alice, token=canary)
        assert "does not accept" in refused.errors["token"]
        await lab.alice.close_view(lab.alice.views[-1])
        await lab.fill_form(lab.alice, token=canary)
        await lab.alice.wait_view(lambda v: "You are linked as" in str(v.view))
        await lab.alice.command(f"/walltime {canary}", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "revoke it now" in m.text)
        for words in ("", "status", "unlink", "help", f"help {canary}"):
            await lab.alice.command(f"/walltime {words}", channel=GENERAL)
        lab.slack.faults.add(Fault(method="response_url", kind="http_500", times=2))
        await lab.alice.command("/walltime status", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "For support" in m.text)
        assert await bot.stop() == 0
        written = bot.log
    said = json.dumps([m.to_dict() for m in lab.alice.messages(GENERAL)], default=str)
    calls = json.dumps([call.args for call in lab.slack.calls], default=str)
    files = b"".join(path.read_bytes() for path in lab.data_dir.iterdir()).decode("latin-1")
    for piece in pieces:
        for name, text in {"log": written, "messages": said, "calls": calls, "files": files}.items():
            assert piece not in text, f"the canary is in the {name}"
