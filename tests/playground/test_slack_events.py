"""What happens in a workspace reaches the app as events, if it asked for them and may know."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from tests.playground.slack_kit import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    GENERAL,
    LOBBY,
    SECRETS,
    TEAM,
    Lab,
    running,
    served,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    application = web.Application()

    async def take(_: web.Request) -> web.Response:
        return web.Response()

    application.router.add_post("/slack/events", take)
    async with served(application) as url, running(Lab()) as made:
        made.twin.request_url = f"{url}/slack/events"
        yield made


async def sent(lab: Lab) -> list[dict[str, Any]]:
    await lab.twin.settled()
    assert all(each.ok for each in lab.twin.events)
    return [each.payload["event"] for each in lab.twin.events]


@pytest.mark.parametrize(
    ("act", "events"),
    [
        pytest.param(
            lambda ws: ws.invite_bot(LOBBY, by=ALICE),
            [{"type": "member_joined_channel", "user": BOT, "channel": LOBBY, "inviter": ALICE}],
            id="the bot is invited",
        ),
        pytest.param(
            lambda ws: ws.kick_bot(GENERAL),
            [
                {"type": "member_left_channel", "user": BOT, "channel": GENERAL},
                {"type": "channel_left", "channel": GENERAL},
            ],
            id="the bot is kicked",
        ),
        pytest.param(
            lambda ws: ws.join(GENERAL, CAROL),
            [{"type": "member_joined_channel", "user": CAROL, "team": "T0OTHER"}],
            id="somebody joins",
        ),
        pytest.param(lambda ws: ws.join(LOBBY, BOB), [], id="somebody joins where the bot is not"),
        pytest.param(
            lambda ws: ws.leave(GENERAL, BOB),
            [{"type": "member_left_channel", "user": BOB}],
            id="somebody leaves",
        ),
        pytest.param(
            lambda ws: ws.archive(GENERAL), [{"type": "channel_archive", "channel": GENERAL}], id="archived"
        ),
        pytest.param(
            lambda ws: ws.archive(SECRETS),
            [{"type": "group_archive", "channel": SECRETS}],
            id="private archived",
        ),
        pytest.param(
            lambda ws: ws.unarchive(GENERAL),
            [{"type": "channel_unarchive", "channel": GENERAL}],
            id="unarchived",
        ),
        pytest.param(lambda ws: ws.rename(GENERAL, "all"), [{"type": "channel_rename"}], id="renamed"),
        pytest.param(
            lambda ws: ws.delete_channel(GENERAL),
            [{"type": "channel_deleted", "channel": GENERAL}],
            id="deleted",
        ),
        pytest.param(
            lambda ws: ws.share(GENERAL, "T0OTHER"),
            [{"type": "channel_shared", "connected_team_id": "T0OTHER"}],
            id="shared",
        ),
        pytest.param(
            lambda ws: ws.unshare(GENERAL, "T0OTHER"),
            [{"type": "channel_unshared", "is_ext_shared": False}],
            id="unshared",
        ),
        pytest.param(
            lambda ws: ws.change_channel_id(GENERAL, "C0NEW"),
            [{"type": "channel_id_changed", "old_channel_id": GENERAL, "new_channel_id": "C0NEW"}],
            id="another id",
        ),
        pytest.param(lambda ws: ws.deactivate(BOB), [{"type": "user_change"}], id="deactivated"),
    ],
)
async def test_changes_are_told(lab: Lab, act: Callable[[Any], Any], events: list[dict[str, Any]]) -> None:
    act(lab.workspace)
    told = await sent(lab)

    assert len(told) == len(events)
    assert all(one.items() >= other.items() for one, other in zip(told, events, strict=True))
    assert all(each["event_ts"] for each in told)


async def test_uninstalling_tells_and_kills_the_token(lab: Lab) -> None:
    await lab.workspace.uninstall()

    assert [each["type"] for each in await sent(lab)] == ["tokens_revoked", "app_uninstalled"]
    assert (await lab.alice.command("/walltime")).error == "unknown_command"


async def test_every_event_has_an_id_and_an_authorisation_of_its_own(lab: Lab) -> None:
    for _ in range(3):
        await lab.alice.say("hello")
    lab.workspace.share(GENERAL, "T0OTHER")
    await lab.twin.settled()
    payloads = [each.payload for each in lab.twin.events]

    assert len({each["event_id"] for each in payloads}) == 4
    assert [each["is_ext_shared_channel"] for each in payloads] == [False, False, False, True]
    assert payloads[0]["authorizations"] == [
        {
            "enterprise_id": None,
            "team_id": TEAM,
            "user_id": BOT,
            "is_bot": True,
            "is_enterprise_install": False,
        }
    ]


async def test_what_the_app_did_not_ask_for_or_may_not_know_is_not_sent(lab: Lab) -> None:
    lab.twin.subscriptions.discard("message.im")
    lab.workspace.scopes = frozenset({"chat:write"})
    await lab.alice.say("hello")
    lab.workspace.deactivate(BOB)

    assert await sent(lab) == []


async def test_the_apps_own_words_in_a_conversation_come_back_to_it(lab: Lab) -> None:
    await lab.web().chat_postMessage(channel=ALICE, text="hello")
    (event,) = await sent(lab)

    assert (event["type"], event["user"], event["bot_id"]) == ("message", BOT, "B0BOT")


async def test_opening_a_tab_is_told_with_its_name(lab: Lab) -> None:
    await lab.alice.open_home(tab="messages")
    (event,) = await sent(lab)

    assert (event["type"], event["tab"], event["channel"]) == ("app_home_opened", "messages", lab.alice.dm)


async def test_shortcuts_on_messages_carry_the_message(lab: Lab) -> None:
    message = await lab.bob.say("look", channel=GENERAL)
    delivery = await lab.alice.message_shortcut("why", message=message)

    assert delivery.payload["type"] == "message_action"
    assert (delivery.payload["message"]["text"], delivery.payload["channel"]["id"]) == ("look", GENERAL)


async def test_who_is_gone_does_nothing_more(lab: Lab) -> None:
    lab.workspace.deactivate(BOB)
    lab.workspace.archive(GENERAL)

    with pytest.raises(LookupError, match="deactivated"):
        await lab.bob.say("hello")
    with pytest.raises(LookupError, match="archived"):
        await lab.alice.say("hello", channel=GENERAL)
    with pytest.raises(LookupError, match="nobody"):
        lab.twin.act_as(TEAM, "U0NOBODY")
    with pytest.raises(LookupError, match="no workspace"):
        lab.twin.act_as("T0NONE", ALICE)
    with pytest.raises(LookupError, match="no channel"):
        lab.alice.messages("C0NONE")


async def test_a_channel_with_another_id_keeps_its_messages(lab: Lab) -> None:
    await lab.web().chat_postMessage(channel=GENERAL, text="a")
    await lab.web().chat_postEphemeral(channel=GENERAL, user=ALICE, text="b")
    lab.workspace.change_channel_id(GENERAL, "C0NEW")

    assert [(each.text, each.channel) for each in lab.alice.messages("C0NEW")] == [
        ("a", "C0NEW"),
        ("b", "C0NEW"),
    ]
    assert (await lab.alice.wait_message()).channel == "C0NEW"
    assert (await lab.alice.wait_message()).channel == "C0NEW"
