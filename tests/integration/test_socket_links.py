"""Socket Mode's two links: cut, refused, renewed, gone silent, stopped; and commands arrive again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from structlog.testing import capture_logs

from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from bot.slack.socket_mode import LINKS, Patience, SocketMode
from bot.store.deliveries import SqlDeliveries
from bot.store.workspaces import SqlWorkspaces
from bot.wiring.bot import Bot
from bot.wiring.patience import ClusterPatience
from tests.world import APP_TOKEN, GENERAL, PATIENCE_S, World, until, world

QUICK = Patience(
    handshake=timedelta(seconds=1),
    broken=timedelta(seconds=1.5),
    close=timedelta(seconds=0.5),
    between_tries=timedelta(seconds=0.1),
    look=timedelta(seconds=0.02),
    ping=timedelta(seconds=0.2),
)

OPEN = "apps.connections.open"
Harm = Callable[[World], Awaitable[object]]


@pytest.fixture
async def lab(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    impatient(monkeypatch, QUICK)
    async with world(data_dir) as made:
        yield made


def impatient(monkeypatch: pytest.MonkeyPatch, patience: Patience) -> None:
    """Let bots that start from here on lose their patience with a link sooner."""
    monkeypatch.setattr("bot.wiring.bot.SocketMode", partial(SocketMode, patience=patience))


async def cut(lab: World) -> None:
    await lab.slack.cut_sockets()


async def refuse_handshakes(lab: World) -> None:
    lab.slack.faults.add(Fault(method="handshake", kind="refuse", times=5))
    await lab.slack.cut_sockets()


async def let_handshakes_hang(lab: World) -> None:
    lab.slack.faults.add(Fault(method="handshake", kind="hang", times=3))
    await lab.slack.cut_sockets()


async def fail_to_open(lab: World) -> None:
    lab.slack.faults.add(Fault(method=OPEN, kind="http_500", times=5))
    await lab.slack.cut_sockets()


async def answer_in_html(lab: World) -> None:
    lab.slack.faults.add(Fault(method=OPEN, kind="http_html", times=5))
    await lab.slack.cut_sockets()


async def limit_the_rate(lab: World) -> None:
    lab.slack.faults.add(Fault(method=OPEN, kind="ratelimited", times=3, retry_after=1))
    await lab.slack.cut_sockets()


async def revoke_the_app_token_for_a_while(lab: World) -> None:
    lab.slack.faults.add(Fault(method=OPEN, kind="error", error="invalid_auth", times=None))
    await lab.slack.cut_sockets()
    await asyncio.sleep(0.5)
    lab.slack.faults.clear()


async def let_tickets_die(lab: World) -> None:
    """Refuse handshakes until the tickets are too old: the SDK would knock with a dead one for ever."""
    refusal = Fault(method="handshake", kind="refuse", times=None)
    lab.slack.faults.add(refusal)
    await lab.slack.cut_sockets()
    await asyncio.sleep(0.3)
    lab.hours_pass(0.1)
    lab.slack.faults.clear()


async def go_deaf_for_a_while(lab: World) -> None:
    lab.slack.deaf = True
    await until(_connections(lab), lambda count: count < LINKS)
    lab.slack.deaf = False


HARMS = [
    pytest.param(cut, id="is cut"),
    pytest.param(refuse_handshakes, id="is refused at the handshake"),
    pytest.param(let_handshakes_hang, id="hangs at the handshake"),
    pytest.param(fail_to_open, id="gets HTTP 500 for a ticket"),
    pytest.param(answer_in_html, id="gets HTML for a ticket"),
    pytest.param(limit_the_rate, id="is rate limited"),
    pytest.param(revoke_the_app_token_for_a_while, id="has a bad token for a while"),
    pytest.param(let_tickets_die, id="has a dead ticket"),
    pytest.param(go_deaf_for_a_while, id="is half open"),
    *(
        pytest.param(lambda lab, why=why: lab.slack.disconnect(why), id=f"is told {why}")
        for why in ("refresh_requested", "warning", "link_disabled", "too_many_websockets")
    ),
]


@pytest.mark.parametrize("harm", HARMS)
async def test_a_command_is_answered_again_after_every_link(lab: World, harm: Harm) -> None:
    with capture_logs() as said:
        async with lab.bot() as bot:
            await until(_connections(lab), lambda count: count == LINKS)
            await harm(lab)
            await asyncio.sleep(1.2)  # the watchdog looks once a second: before that, all seems well
            await until(bot.trouble, lambda reasons: reasons == [])
            await until(_connections(lab), lambda count: count == LINKS)
            await asks_for_help(lab)
    assert _lines(said, "no link to Slack") == _lines(said, "linked to Slack by Socket Mode") - 1
    assert not _tracebacks(said)


async def test_before_the_first_link_everything_may_fail_and_it_still_comes(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.wiring.meeting.RETRY_SLACK", timedelta(seconds=0.2))
    lab.slack.faults.add(
        Fault(method="auth.test", kind="reset", times=1),
        Fault(method=OPEN, kind="reset", times=2),
        Fault(method="handshake", kind="http_500", times=2),
    )
    with capture_logs() as said:
        async with lab.bot():
            await asks_for_help(lab)
    assert not _tracebacks(said)


async def test_while_one_link_is_renewed_commands_arrive_by_the_other(lab: World) -> None:
    async with lab.bot() as bot:
        await until(_connections(lab), lambda count: count == LINKS)
        with capture_logs() as said:
            for old in tuple(lab.slack._sockets.links):
                renewing = asyncio.create_task(lab.slack._sockets._dismiss(old, "refresh_requested"))
                while old in lab.slack._sockets.links or lab.slack.connections < LINKS:
                    await asks_for_help(lab)
                    assert await bot.trouble() == []
                await renewing
        assert said == []


async def test_a_link_that_lives_and_brings_nothing_is_replaced_while_the_other_listens(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, replace(QUICK, silent=timedelta(seconds=0.4)))
    with capture_logs() as said:
        async with lab.bot() as bot:
            await until(_connections(lab), lambda count: count == LINKS)
            first = set(lab.slack._sockets.links)
            while not first.isdisjoint(lab.slack._sockets.links):
                assert lab.slack.connections >= 1
                assert await bot.trouble() == []
                await asyncio.sleep(0.005)
            await asks_for_help(lab)
    assert _lines(said, "no link to Slack") == 0


async def test_when_the_clock_jumps_the_links_stay(lab: World) -> None:
    async with lab.bot():
        await until(_connections(lab), lambda count: count == LINKS)
        first = set(lab.slack._sockets.links)
        lab.hours_pass(5)
        await asyncio.sleep(2.5)  # the watchdog looks once a second
        lab.hours_pass(-10)
        await asyncio.sleep(1.2)  # and once more
        assert set(lab.slack._sockets.links) == first
        await asks_for_help(lab)


@pytest.mark.parametrize("at_once", [False, True], ids=["later", "at the same time"])
async def test_an_event_that_comes_twice_runs_once(lab: World, *, at_once: bool) -> None:
    async with lab.bot():
        await until(_connections(lab), lambda count: count == LINKS)
        await lab.alice.open_home()
        event = lab.slack.events[-1].payload | {"event_id": "Ev0TWICE"}
        await until(_published(lab), lambda count: count == 1)
        twice = [_deliver(lab, "events_api", event, retry=(n, "http_timeout")) for n in (0, 1)]
        answers = await asyncio.gather(*twice) if at_once else [await each for each in twice]
        assert answers == [{}, {}]
        await until(_published(lab), lambda count: count == 2)
        await asyncio.sleep(0.2)
        assert await _published(lab)() == 2


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        pytest.param("interactive", {"type": "shortcut", "callback_id": "nobody"}, id="a shortcut"),
        pytest.param(
            "interactive", {"type": "view_closed", "view": {"callback_id": "x"}}, id="a closed form"
        ),
        pytest.param("events_api", {"event": {"type": "team_rename"}, "event_id": "Ev0OTHER"}, id="an event"),
        pytest.param("slash_commands", {"command": "/other", "text": ""}, id="a command"),
        pytest.param("block_suggestion_of_tomorrow", {}, id="a type that Slack may invent"),
    ],
)
async def test_what_nobody_listens_to_is_acknowledged(lab: World, kind: str, payload: dict[str, Any]) -> None:
    whose = {"team": {"id": "T0LAB"}, "user": {"id": "U0ALICE"}, "team_id": "T0LAB", "user_id": "U0ALICE"}
    with capture_logs() as said:
        async with lab.bot():
            assert await _deliver(lab, kind, {**whose, **payload}) == {}
            await asks_for_help(lab)
    assert not _tracebacks(said)


async def test_a_disk_that_is_gone_costs_nobody_an_answer_and_is_in_the_log(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> bool:
        raise OSError("the disk is gone")

    async with lab.bot() as bot:
        with capture_logs() as said, monkeypatch.context() as patched:
            patched.setattr(SqlDeliveries, "first_time", fails)
            await asks_for_help(lab)
            assert await bot.trouble() == ["database: OSError"]
        assert _lines(said, "a delivery cannot be remembered") == 1
        assert await bot.trouble() == []


async def test_while_no_link_lives_the_bot_says_why_and_logs_one_line_each_way(lab: World) -> None:
    with capture_logs() as said:
        async with lab.bot() as bot:
            await until(_connections(lab), lambda count: count == LINKS)
            refusal = Fault(method=OPEN, kind="error", error="invalid_auth", times=None)
            lab.slack.faults.add(refusal)
            await lab.slack.cut_sockets()
            await until(bot.trouble, lambda reasons: reasons == ["slack: Slack refuses: invalid_auth"])
            await asyncio.sleep(0.5)
            assert _lines(said, "no link to Slack") == 1
            lab.slack.faults.clear()
            await until(bot.trouble, lambda reasons: reasons == [])
            back, gone = "linked to Slack by Socket Mode", "no link to Slack"
            assert [entry["event"] for entry in said if entry["event"] in {back, gone}] == [back, gone, back]
    assert not _tracebacks(said)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param({"method": OPEN, "kind": "http_500"}, "refuses: HTTP 500", id="500"),
        pytest.param({"method": OPEN, "kind": "http_html"}, "refuses: HTTP 503", id="503 in HTML"),
        pytest.param({"method": OPEN, "kind": "ratelimited"}, "refuses: ratelimited", id="rate limit"),
        pytest.param({"method": OPEN, "kind": "reset"}, "no answer: Client", id="reset"),
        pytest.param({"method": OPEN, "kind": "hang"}, "no answer: TimeoutError", id="hangs"),
        pytest.param({"method": "handshake", "kind": "refuse"}, "the handshake failed", id="handshake"),
        pytest.param({"method": "auth.test", "kind": "http_500"}, "refuses: HTTP 500", id="no identity: 500"),
        pytest.param({"method": "auth.test", "kind": "ratelimited"}, "ratelimited", id="no identity: 429"),
        pytest.param({"method": "auth.test", "kind": "hang"}, "no answer: TimeoutError", id="no identity"),
    ],
)
async def test_from_the_start_on_the_reason_is_told(
    lab: World, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], reason: str
) -> None:
    monkeypatch.setattr("bot.wiring.bot.TIMEOUT_S", 1)
    monkeypatch.setattr("bot.wiring.meeting.RETRY_SLACK", timedelta(seconds=0.2))
    lab.slack.faults.add(Fault(times=None, **fault))
    async with Bot(lab.settings(), clock=lab.clock) as bot:
        await until(bot.trouble, lambda reasons: len(reasons) == 1 and reason in reasons[0])
        lab.slack.faults.clear()
        await until(bot.trouble, lambda reasons: reasons == [])
        await asks_for_help(lab)


async def test_a_failure_of_our_own_while_meeting_slack_ends_the_bot_instead_of_leaving_it_deaf(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(SqlWorkspaces, "meet", fails)
    async with Bot(lab.settings(), clock=lab.clock) as bot:
        with pytest.raises(OSError, match="the disk is gone"):
            await asyncio.wait_for(bot.run_until(asyncio.Event()), PATIENCE_S)


async def test_a_rate_limit_is_waited_out_before_the_next_try(lab: World) -> None:
    lab.slack.faults.add(Fault(method=OPEN, kind="ratelimited", times=LINKS, retry_after=2))
    async with lab.bot():
        calls = [call.at for call in lab.slack.calls if call.method == "apps.connections.open"]
        refused, tried_again = calls[:LINKS], calls[LINKS:]
        assert tried_again[0] - refused[-1] > timedelta(seconds=1.8)


async def test_a_deliberate_stop_says_nothing_and_leaves_nothing_behind(lab: World) -> None:
    with capture_logs() as said:
        async with lab.bot():
            await until(_connections(lab), lambda count: count == LINKS)
            said.clear()
        assert said == []
    await until(_connections(lab), lambda count: count == 0)
    assert _of_the_sdk() == []


async def test_a_stop_before_anything_was_reached_is_quick_and_quiet(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, replace(QUICK, handshake=timedelta(hours=1)))
    lab.slack.faults.add(Fault(method="handshake", kind="hang", times=None))
    with capture_logs() as said:
        async with Bot(lab.settings(), clock=lab.clock):
            await asyncio.sleep(0.3)
    assert not _tracebacks(said)
    assert _of_the_sdk() == []


async def test_a_stop_in_the_very_moment_of_a_handshake_is_not_lost(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11's `wait_for` forgets that it was cancelled when what it waits for is done by then."""
    connecting = asyncio.Semaphore(0)
    done = asyncio.Event()

    async def connect(_: object) -> None:
        connecting.release()
        await done.wait()

    monkeypatch.setattr(SocketModeClient, "connect", connect)
    async with Bot(lab.settings(), clock=lab.clock) as bot:
        for _ in range(LINKS):
            await connecting.acquire()
        done.set()
        await asyncio.sleep(0)
        assert bot._socket is not None
        async with asyncio.timeout(PATIENCE_S):
            await bot._socket.stop()
        assert [task for task in bot._socket._keepers if not task.done()] == []


async def test_a_stop_ends_within_its_patience_when_slack_hangs(
    lab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pings are rare here, so that nobody notices the silence before the stop.
    impatient(monkeypatch, replace(QUICK, ping=timedelta(seconds=60)))
    async with wire(lab) as freeze:
        async with lab.bot():
            await until(_connections(lab), lambda count: count == LINKS)
            freeze.set()
        await asyncio.sleep(0)
        assert _of_the_sdk() == []


async def test_a_form_that_is_being_worked_on_at_the_stop_gets_its_answer(lab: World) -> None:
    lab.east.latency = timedelta(seconds=0.3)
    async with lab.bot():
        sending = asyncio.create_task(lab.fill_form(lab.alice, token=lab.east.token("alice")))
        await lab.asked("alice")
    delivery = await sending
    assert delivery.ok, delivery.error
    assert [link.username for link in await lab.rows("links")] == ["alice"]


async def test_what_hangs_at_the_stop_does_not_hold_the_links_open(lab: World) -> None:
    lab.east.faults.add(ClusterFault(kind="hang"))
    async with lab.bot(patience=ClusterPatience()) as bot:
        sending = asyncio.create_task(lab.fill_form(lab.alice, token=lab.east.token("alice")))
        await lab.asked("alice")
        stopping = asyncio.create_task(bot.stop())
        await until(_connections(lab), lambda count: count == 0)
        assert lab.east.in_flight == 1
        lab.east.down = True
        await stopping
    await asyncio.gather(sending, return_exceptions=True)


async def test_the_app_token_is_not_in_the_log_whatever_happens(
    lab: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with lab.bot() as bot:
        for harm in (cut, refuse_handshakes, fail_to_open):
            await harm(lab)
            await asyncio.sleep(1.2)  # the watchdog looks once a second: before that, all seems well
            await until(bot.trouble, lambda reasons: reasons == [])
    assert APP_TOKEN not in caplog.text
    assert "ticket=" not in caplog.text


async def asks_for_help(lab: World) -> None:
    """Type a command once, and read its answer."""
    since = lab.alice.mark()
    delivery = await lab.alice.command("/walltime help", channel=GENERAL)
    assert delivery.ok, delivery.error
    await lab.alice.wait_message(lambda m: "You can type" in m.text, since=since)


def _connections(lab: World) -> Callable[[], Awaitable[int]]:
    async def look() -> int:
        return lab.slack.connections

    return look


def _published(lab: World) -> Callable[[], Awaitable[int]]:
    async def look() -> int:
        return sum(call.method == "views.publish" for call in lab.slack.calls)

    return look


async def _deliver(lab: World, kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any] | str:
    return await lab.slack._sockets.send(kind, payload, accepts_response=False, seconds=3, **more)


def _lines(said: Sequence[Any], event: str) -> int:
    return sum(entry["event"] == event for entry in said)


def _tracebacks(said: Sequence[Any]) -> list[Any]:
    return [entry for entry in said if "exc_info" in entry]


def _of_the_sdk() -> list[str]:
    """Name what the SDK's client still has running."""
    running = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in running if "SocketModeClient" in name]


@asynccontextmanager
async def wire(lab: World) -> AsyncIterator[asyncio.Event]:
    """Put a wire between Slack and the bot; once the event is set nothing more goes through, either way."""
    frozen = asyncio.Event()
    target = int(lab.slack.url.rpartition(":")[2])
    ends: list[asyncio.StreamWriter] = []
    pumps: list[asyncio.Task[None]] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if frozen.is_set():
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
            if frozen.is_set():
                await asyncio.Event().wait()
            writer.close()

    async def plug(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        ends.extend((writer, far_writer))
        pumps.extend(
            asyncio.create_task(pump(*pair)) for pair in ((reader, far_writer), (far_reader, writer))
        )

    server = await asyncio.start_server(plug, "127.0.0.1", 0)
    lab.slack._state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield frozen
    finally:
        server.close()
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in ends:
            end.transport.abort()
        await asyncio.sleep(0.05)
