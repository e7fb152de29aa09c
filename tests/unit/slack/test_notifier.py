"""Posting to Slack's stand-in over real loopback: what stands there, and how each end is understood."""

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from prometheus_client import REGISTRY
from slackblocks import SectionBlock

from bot.domain.errors import TellingEnded, TellingFailed, TellingPaused, TellingRefused, TellingUnsure
from bot.domain.limits import Place, PlaceKind
from bot.playground.slack import Fault
from bot.playground.slack.workspace import ALL_SCOPES
from bot.ports.alerting import Receipt
from bot.slack.notifier import EVENT_TYPE, SlackNotifier
from bot.views.kit import Message, say
from tests.playground.slack_kit import ALICE, GENERAL, LOBBY, SECRETS, TEAM, Lab, running
from tests.unit.kit import table
from tests.unit.slack.kit import clients_of

CHANNEL = Place(kind=PlaceKind.CHANNEL, slack_id=GENERAL)
DM = Place(kind=PlaceKind.DM, slack_id=ALICE)
HELLO = say("80 % of a limit is crossed.")


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        made.twin.limits.enabled = False
        yield made


@pytest.fixture
async def notifier(lab: Lab) -> AsyncIterator[SlackNotifier]:
    async with aiohttp.ClientSession() as session:
        clients = clients_of(lab, session)
        yield SlackNotifier(clients.of)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"walltime_notices_{name}_total", labels) or 0.0


def texts(lab: Lab, channel: str = GENERAL) -> list[str]:
    return [each.text for each in lab.alice.messages(channel)]


async def post(
    notifier: SlackNotifier,
    notice_id: str = "n1",
    place: Place = CHANNEL,
    message: Message = HELLO,
    thread: Receipt | None = None,
) -> Receipt:
    return await notifier.post(TEAM, place, message, notice_id=notice_id, thread=thread)


async def test_a_post_stands_there_with_its_id(lab: Lab, notifier: SlackNotifier) -> None:
    before = counted("told")
    receipt = await post(notifier)
    message = lab.workspace.board.find(GENERAL, receipt.ts)
    assert message is not None
    assert receipt.channel == GENERAL
    assert message.text == HELLO.text
    assert message.metadata == {"event_type": EVENT_TYPE, "event_payload": {"notice_id": "n1"}}
    assert counted("told") == before + 1


async def test_replies_go_into_the_thread_and_to_the_channel_if_wanted(
    lab: Lab, notifier: SlackNotifier
) -> None:
    parent = await post(notifier)
    reply = await post(notifier, "n2", thread=parent)
    loud = await notifier.post(TEAM, CHANNEL, HELLO, notice_id="n3", thread=parent, broadcast=True)
    found = [lab.workspace.board.find(GENERAL, each.ts) for each in (reply, loud)]
    assert [(each.thread_ts, each.broadcast) for each in found if each] == [
        (parent.ts, False),
        (parent.ts, True),
    ]


async def test_a_person_is_told_in_their_dm_and_the_receipt_names_it(
    lab: Lab, notifier: SlackNotifier
) -> None:
    receipt = await post(notifier, place=DM)
    assert receipt.channel == lab.alice.dm
    reply = await post(notifier, "n2", place=DM, thread=receipt)
    await notifier.edit(TEAM, receipt, say("newer"))
    now = lab.clock()
    assert await notifier.find(TEAM, DM, notice_id="n1", since=now) == receipt
    assert await notifier.find(TEAM, DM, notice_id="n2", since=now, thread=receipt) == reply


async def test_an_edit_keeps_the_id(lab: Lab, notifier: SlackNotifier) -> None:
    receipt = await post(notifier)
    await notifier.edit(TEAM, receipt, say("newer"))
    assert texts(lab) == ["newer"]
    assert await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock()) == receipt


async def test_a_post_whose_answer_was_lost_is_found(lab: Lab, notifier: SlackNotifier) -> None:
    parent = await post(notifier, "n0")
    before = counted("looked_up", outcome="found")
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="lose_answer", times=2))
    for notice_id, thread in (("n1", None), ("n2", parent)):
        with pytest.raises(TellingUnsure):
            await post(notifier, notice_id, thread=thread)
        found = await notifier.find(
            TEAM, CHANNEL, notice_id=notice_id, since=lab.clock() + timedelta(seconds=30), thread=thread
        )
        assert found is not None
        assert found.channel == GENERAL
    assert counted("looked_up", outcome="found") == before + 2


async def test_what_never_arrived_is_not_found_and_counts_when_told_again(
    lab: Lab, notifier: SlackNotifier
) -> None:
    before, again = counted("looked_up", outcome="missing"), counted("told_again")
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="reset"))
    with pytest.raises(TellingUnsure):
        await post(notifier)
    assert await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock()) is None
    assert counted("looked_up", outcome="missing") == before + 1
    await post(notifier)
    await post(notifier, "n2")
    assert counted("told_again") == again + 1
    assert len(texts(lab)) == 2


async def test_a_busy_channel_is_read_page_by_page(lab: Lab, notifier: SlackNotifier) -> None:
    wanted = await post(notifier, "wanted")
    for number in range(40):
        await post(notifier, f"n{number}")
    assert await notifier.find(TEAM, CHANNEL, notice_id="wanted", since=lab.clock()) == wanted
    assert lab.twin.calls[-1].args["limit"] == "15"


async def test_old_messages_are_not_read(lab: Lab, notifier: SlackNotifier) -> None:
    await post(notifier)
    assert (
        await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock() + timedelta(minutes=2)) is None
    )


async def test_each_id_of_a_storm_finds_its_table_and_those_in_its_thread_find_the_first(
    lab: Lab, notifier: SlackNotifier
) -> None:
    first = [f"{number:032x}~table" for number in range(100)]
    root = await post(notifier, ",".join(first))
    await post(notifier, "later~table,last~table", thread=root)
    await post(notifier, "another")
    for notice_id in (first[0], first[99], "last~table"):
        assert await notifier.find(TEAM, CHANNEL, notice_id=notice_id, since=lab.clock()) == root
    assert await notifier.find(TEAM, CHANNEL, notice_id="last", since=lab.clock()) is None


async def test_a_thread_that_is_gone_holds_nothing(lab: Lab, notifier: SlackNotifier) -> None:
    gone = Receipt(channel=GENERAL, ts="1.000001")
    assert await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock(), thread=gone) is None
    with pytest.raises(TellingRefused) as refused:
        await post(notifier, thread=gone)
    assert (refused.value.code, refused.value.place_is_out) == ("thread_not_found", False)


async def test_slack_asks_to_wait(lab: Lab, notifier: SlackNotifier) -> None:
    lab.twin.faults.add(Fault(method="*", kind="ratelimited", retry_after=7, times=3))
    receipt = Receipt(channel=GENERAL, ts="1.1")
    for call in (
        post(notifier),
        notifier.edit(TEAM, receipt, HELLO),
        notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock()),
    ):
        with pytest.raises(TellingPaused) as paused:
            await call
        assert paused.value.wait == timedelta(seconds=7)


@table(
    "code out",
    {
        code.replace("_", " "): (code, out)
        for out, codes in {
            True: (
                "not_in_channel channel_not_found is_archived restricted_action user_not_found "
                "user_disabled cannot_dm_bot messages_tab_disabled account_inactive token_revoked "
                "invalid_auth missing_scope"
            ),
            False: "invalid_blocks msg_too_long no_text metadata_too_large message_not_found brand_new",
        }.items()
        for code in codes.split()
    },
)
async def test_definite_refusals(lab: Lab, notifier: SlackNotifier, code: str, *, out: bool) -> None:
    before = counted("refused", code=code)
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="error", error=code))
    with pytest.raises(TellingRefused) as refused:
        await post(notifier)
    assert (refused.value.code, refused.value.place_is_out) == (code, out)
    assert counted("refused", code=code) == before + 1


@table(
    "fault ends",
    {
        "internal error": ({"kind": "error", "error": "internal_error"}, TellingUnsure),
        "fatal error": ({"kind": "error", "error": "fatal_error"}, TellingUnsure),
        "http 500": ({"kind": "http_500"}, TellingUnsure),
        "http 503 with a page": ({"kind": "http_html"}, TellingUnsure),
        "reset": ({"kind": "reset"}, TellingUnsure),
        "lost answer": ({"kind": "lose_answer"}, TellingUnsure),
        "too many": ({"kind": "error", "error": "message_limit_exceeded"}, TellingPaused),
    },
)
async def test_other_ends(
    lab: Lab, notifier: SlackNotifier, fault: dict[str, str], ends: type[TellingEnded]
) -> None:
    lab.twin.faults.add(Fault(method="chat.postMessage", **fault))  # type: ignore[arg-type]
    with pytest.raises(ends):
        await post(notifier)


async def test_an_answer_that_does_not_come_is_unsure(
    lab: Lab, notifier: SlackNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.notifier.TIMEOUT_S", 0.05)
    lab.twin.faults.add(Fault(method="chat.postMessage", kind="hang"))
    with pytest.raises(TellingUnsure):
        await post(notifier)


async def test_without_a_connection_nothing_went_out(lab: Lab, notifier: SlackNotifier) -> None:
    await lab.twin.stop()
    with pytest.raises(TellingFailed):
        await post(notifier)


@pytest.mark.parametrize("kind", ["reset", "http_500", "http_html"])
async def test_looking_is_never_unsure(lab: Lab, notifier: SlackNotifier, kind: str) -> None:
    before = counted("looked_up", outcome="failed")
    lab.twin.faults.add(Fault(method="conversations.history", kind=kind, times=None))  # type: ignore[arg-type]
    with pytest.raises(TellingFailed):
        await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock())
    assert counted("looked_up", outcome="failed") == before + 1


async def test_a_bot_that_may_not_read_may_still_post(lab: Lab, notifier: SlackNotifier) -> None:
    lab.workspace.scopes = ALL_SCOPES - {"channels:history"}
    with pytest.raises(TellingRefused) as refused:
        await notifier.find(TEAM, CHANNEL, notice_id="n1", since=lab.clock())
    assert not refused.value.place_is_out
    await post(notifier)
    assert texts(lab) == [HELLO.text]


@table(
    "place code",
    {
        "public": (Place(kind=PlaceKind.CHANNEL, slack_id=LOBBY), "not_in_channel"),
        "private": (Place(kind=PlaceKind.CHANNEL, slack_id=SECRETS), "channel_not_found"),
        "nobody": (Place(kind=PlaceKind.DM, slack_id="U0NOBODY"), "channel_not_found"),
        "myself": (Place(kind=PlaceKind.DM, slack_id="U0BOT"), "cannot_dm_bot"),
    },
)
async def test_places_where_the_bot_is_not(notifier: SlackNotifier, place: Place, code: str) -> None:
    with pytest.raises(TellingRefused) as refused:
        await post(notifier, place=place)
    assert (refused.value.code, refused.value.place_is_out) == (code, True)


async def test_a_message_that_cannot_be_edited_says_nothing_of_its_place(notifier: SlackNotifier) -> None:
    with pytest.raises(TellingRefused) as refused:
        await notifier.edit(TEAM, Receipt(channel=GENERAL, ts="1.000001"), HELLO)
    assert (refused.value.code, refused.value.place_is_out) == ("message_not_found", False)


async def test_a_workspace_that_left_is_out(notifier: SlackNotifier) -> None:
    with pytest.raises(TellingRefused) as refused:
        await notifier.post("T0GONE", CHANNEL, HELLO, notice_id="n1")
    assert refused.value.place_is_out


async def test_bad_blocks_are_refused(notifier: SlackNotifier) -> None:
    broken = Message(
        text="x", blocks=(SectionBlock("a", block_id="same"), SectionBlock("b", block_id="same"))
    )
    with pytest.raises(TellingRefused) as refused:
        await post(notifier, message=broken)
    assert (refused.value.code, refused.value.place_is_out) == ("invalid_blocks", False)


async def test_who_takes_no_message_because_they_left_is_seen(lab: Lab) -> None:
    seen: list[str] = []
    lab.workspace.deactivate(ALICE)
    async with aiohttp.ClientSession() as session:
        clients = clients_of(lab, session)
        notifier = SlackNotifier(clients.of, saw=lambda _, user: seen.append(user["id"]))
        with pytest.raises(TellingRefused):
            await post(notifier, place=DM)
        with pytest.raises(TellingRefused):
            await post(notifier, place=Place(kind=PlaceKind.CHANNEL, slack_id="C0NOWHERE"))
    assert seen == [ALICE]
