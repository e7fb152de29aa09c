"""The Web API does what Slack's does, and refuses what it refuses."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack.workspace import ALL_SCOPES
from tests.playground.slack_kit import (
    ALICE,
    BOT,
    BOT_TOKEN,
    CAROL,
    GENERAL,
    LOBBY,
    SECRETS,
    TEAM,
    Lab,
    actions,
    button,
    post_json,
    refusal,
    running,
    section,
)

CELL = {"type": "raw_text", "text": "a"}
TABLE = {"type": "table", "rows": [[CELL]]}


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        made.twin.limits.enabled = False
        yield made


@pytest.fixture
def web(lab: Lab) -> AsyncWebClient:
    return lab.web()


async def test_auth_test_says_who_the_bot_is(web: AsyncWebClient) -> None:
    answer = await web.auth_test()

    assert answer.data == {
        "ok": True,
        "url": "https://lab.slack.com/",
        "team": "Lab",
        "user": "walltime",
        "team_id": TEAM,
        "user_id": BOT,
        "bot_id": "B0BOT",
        "is_enterprise_install": False,
    }
    assert set(answer.headers["x-oauth-scopes"].split(",")) == ALL_SCOPES


async def test_arguments_come_as_form_json_or_query(lab: Lab) -> None:
    url = f"{lab.twin.api_url}chat.postMessage"
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        form = {"channel": GENERAL, "text": "form", "blocks": '[{"type":"divider"}]'}
        for sending in (
            {"data": form},
            {"json": {"channel": GENERAL, "text": "json"}},
            {"params": {"channel": GENERAL, "text": "query"}},
        ):
            async with session.post(url, **sending) as answer:  # type: ignore[arg-type]
                assert (await answer.json())["ok"]
        async with session.post(url, data="{", headers={"Content-Type": "application/json"}) as answer:
            assert (await answer.json())["error"] == "invalid_json"
        async with session.post(url, json=[]) as answer:
            assert (await answer.json())["error"] == "json_not_object"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{lab.twin.api_url}auth.test", data={"token": BOT_TOKEN}) as answer:
            assert (await answer.json())["ok"]
        async with session.post(f"{lab.twin.api_url}auth.test") as answer:
            assert (await answer.json())["error"] == "not_authed"

    assert [each.text for each in lab.alice.messages(GENERAL)] == ["form", "json", "query"]
    assert all("token" not in call.args for call in lab.twin.calls)


async def test_tokens_die_in_their_own_ways(lab: Lab) -> None:
    assert await refusal(lab.web("xoxb-unknown").auth_test()) == "invalid_auth"
    assert (await lab.web().auth_revoke(test=True))["revoked"] is False
    assert (await lab.web().auth_revoke())["revoked"] is True
    assert await refusal(lab.web().auth_test()) == "token_revoked"
    gone = lab.add_workspace("T0GONE", "xoxb-gone")
    await gone.uninstall()
    assert await refusal(lab.web("xoxb-gone").auth_test()) == "account_inactive"


async def test_an_unknown_method_is_refused(web: AsyncWebClient) -> None:
    assert await refusal(web.api_call("chat.shout")) == "unknown_method"
    assert (await web.api_test(foo="bar"))["args"] == {"foo": "bar"}


async def test_a_missing_scope_is_named(lab: Lab) -> None:
    lab.add_workspace("T0POOR", "xoxb-poor", scopes=frozenset({"chat:write"}))

    with pytest.raises(SlackApiError) as refused:
        await lab.web("xoxb-poor").users_info(user=BOT)

    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "users:read"
    assert refused.value.response["provided"] == "chat:write"
    assert refused.value.response.headers["x-oauth-scopes"] == "chat:write"


async def test_a_post_is_seen_by_everybody_in_the_channel(lab: Lab, web: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "n1"}}
    answer = await web.chat_postMessage(
        channel=GENERAL,
        text="12 core-hours",
        blocks=[section("12"), actions(button("go"))],
        metadata=metadata,
    )
    seen = await lab.bob.wait_message()

    assert (seen.ts, seen.text, seen.user, seen.metadata) == (answer["ts"], "12 core-hours", BOT, metadata)
    assert all(block["block_id"] for block in seen.blocks)
    assert answer["message"]["bot_id"] == "B0BOT"
    assert answer["channel"] == GENERAL
    assert seen.to_dict()["ephemeral"] is False


async def test_a_post_to_a_person_goes_to_their_conversation(lab: Lab, web: AsyncWebClient) -> None:
    answer = await web.chat_postMessage(channel=ALICE, text="hello")

    assert answer["channel"] == lab.alice.dm == (await web.conversations_open(users=ALICE))["channel"]["id"]
    assert [each.text for each in lab.alice.messages(lab.alice.dm)] == ["hello"]
    assert lab.bob.messages(lab.alice.dm) == []


POST_REFUSALS: list[Any] = [
    pytest.param({"channel": "C0NOWHERE", "text": "a"}, "channel_not_found", id="no such channel"),
    pytest.param({"channel": SECRETS, "text": "a"}, "channel_not_found", id="private and not in it"),
    pytest.param({"channel": LOBBY, "text": "a"}, "not_in_channel", id="public and not in it"),
    pytest.param({"channel": GENERAL}, "no_text", id="nothing to say"),
    pytest.param({"channel": GENERAL, "text": "a" * 40_001}, "msg_too_long", id="too long"),
    pytest.param(
        {"channel": GENERAL, "text": "a", "blocks": [section("a" * 2900)] * 5},
        "msg_blocks_too_long",
        id="blocks too long",
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "blocks": [{"type": "gallery"}]},
        "invalid_blocks",
        id="unknown block",
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "blocks": "[{"}, "invalid_blocks_format", id="broken JSON"
    ),
    pytest.param({"channel": GENERAL, "text": "a", "blocks": ["a"]}, "invalid_blocks_format", id="texts"),
    pytest.param(
        {"channel": GENERAL, "text": "a", "blocks": [TABLE, TABLE]}, "invalid_attachments", id="two tables"
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "attachments": [{}] * 101}, "too_many_attachments", id="attachments"
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "markdown_text": "b"}, "markdown_text_conflict", id="both"
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "thread_ts": "1.000000"}, "thread_not_found", id="no thread"
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "metadata": {"a": 1}}, "invalid_metadata_format", id="metadata"
    ),
    pytest.param(
        {"channel": GENERAL, "text": "a", "metadata": {"event_type": "a", "event_payload": 1}},
        "invalid_metadata_schema",
        id="metadata schema",
    ),
    pytest.param({"channel": BOT, "text": "a"}, "cannot_dm_bot", id="to itself"),
]


@pytest.mark.parametrize(("arguments", "error"), POST_REFUSALS)
async def test_a_bad_post_is_refused(lab: Lab, arguments: dict[str, Any], error: str) -> None:
    assert await refusal(lab.web().api_call("chat.postMessage", json=arguments)) == error
    assert all(lab.alice.messages(channel) == [] for channel in (GENERAL, SECRETS, LOBBY))
    assert lab.twin.calls[-1].answer["error"] == error


async def test_invalid_blocks_are_explained_twice(web: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await web.chat_postMessage(channel=GENERAL, text="a", blocks=[section("a" * 3001)])

    words = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert refused.value.response["errors"] == [words]
    assert refused.value.response["response_metadata"]["messages"] == [f"[ERROR] {words}"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(lambda lab: lab.workspace.archive(GENERAL), "is_archived", id="archived"),
        pytest.param(lambda lab: lab.workspace.kick_bot(GENERAL), "not_in_channel", id="kicked"),
        pytest.param(
            lambda lab: setattr(lab.workspace.channel(GENERAL), "refuses", "restricted_action"),
            "restricted_action",
            id="restricted",
        ),
        pytest.param(lambda lab: lab.workspace.delete_channel(GENERAL), "channel_not_found", id="deleted"),
    ],
)
async def test_a_channel_may_stop_taking_posts(lab: Lab, change: Callable[[Lab], None], error: str) -> None:
    change(lab)

    assert await refusal(lab.web().chat_postMessage(channel=GENERAL, text="a")) == error


async def test_with_chat_write_public_the_bot_need_not_be_there(lab: Lab) -> None:
    lab.workspace.scopes |= {"chat:write.public"}

    assert (await lab.web().chat_postMessage(channel=LOBBY, text="a"))["ok"]
    assert [each.text for each in lab.alice.messages(LOBBY)] == ["a"]


async def test_an_ephemeral_message_is_for_one_member(lab: Lab, web: AsyncWebClient) -> None:
    answer = await web.chat_postEphemeral(channel=GENERAL, user=ALICE, text="psst")

    assert [each.ts for each in lab.alice.messages(GENERAL)] == [answer["message_ts"]]
    assert lab.bob.messages(GENERAL) == []
    assert (
        await refusal(web.chat_postEphemeral(channel=GENERAL, user=CAROL, text="a")) == "user_not_in_channel"
    )
    assert (
        await refusal(web.chat_update(channel=GENERAL, ts=answer["message_ts"], text="b"))
        == "message_not_found"
    )


async def test_an_edit_without_blocks_takes_them_away(lab: Lab, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=GENERAL, text="a", blocks=[section("a")])
    await web.chat_update(channel=GENERAL, ts=posted["ts"], text="b")
    message = lab.alice.messages(GENERAL)[0]

    assert (message.text, message.blocks, message.edited) == ("b", [], True)
    hers = await lab.alice.say("mine", channel=GENERAL)
    for arguments, error in (
        ({"channel": GENERAL, "ts": hers.ts, "text": "c"}, "cant_update_message"),
        ({"channel": GENERAL, "ts": "1.000000", "text": "c"}, "message_not_found"),
        ({"channel": ALICE, "ts": posted["ts"], "text": "c"}, "channel_not_found"),
        ({"channel": GENERAL, "ts": posted["ts"], "text": "c" * 4001}, "msg_too_long"),
        ({"channel": GENERAL, "ts": posted["ts"], "text": ""}, "no_text"),
    ):
        assert await refusal(web.api_call("chat.update", json=arguments)) == error
    assert await refusal(web.chat_delete(channel=GENERAL, ts=hers.ts)) == "cant_delete_message"


async def test_a_deleted_message_is_gone(lab: Lab, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=GENERAL, text="a")
    link = (await web.chat_getPermalink(channel=GENERAL, message_ts=posted["ts"]))["permalink"]
    await web.chat_delete(channel=GENERAL, ts=posted["ts"])

    assert link == f"https://lab.slack.com/archives/{GENERAL}/p{posted['ts'].replace('.', '')}"
    assert lab.alice.messages(GENERAL) == []
    assert (await web.conversations_history(channel=GENERAL))["messages"] == []
    assert (
        await refusal(web.chat_getPermalink(channel=GENERAL, message_ts=posted["ts"])) == "message_not_found"
    )


async def test_two_workspaces_do_not_see_each_other(lab: Lab) -> None:
    other = lab.add_workspace("T0TWO", "xoxb-two")
    other.add_channel(GENERAL, "general", members=set())
    await lab.web("xoxb-two").chat_postMessage(channel=GENERAL, text="two")

    assert lab.alice.messages(GENERAL) == []
    assert [each.text for each in other.board.visible(other.channel(GENERAL), BOT)] == ["two"]


async def test_timestamps_rise_while_the_clock_stands_still(web: AsyncWebClient) -> None:
    stamps = [(await web.chat_postMessage(channel=GENERAL, text="a"))["ts"] for _ in range(3)]

    assert stamps == sorted(set(stamps))


async def test_thousands_of_messages_stay_quick(lab: Lab) -> None:
    channel = lab.workspace.channel(GENERAL)
    for number in range(5000):
        lab.workspace.bot_post(channel, text=str(number))

    last = await lab.alice.wait_message(lambda message: message.text == "4999")
    page = await lab.web().conversations_history(channel=GENERAL, oldest=last.ts, inclusive=True)

    assert len(page["messages"]) == 1


async def test_nothing_else_is_served(lab: Lab) -> None:
    assert (await post_json(f"{lab.twin.url}/nowhere", {}))[0] == 404


async def test_an_older_slack_refuses_the_blocks_that_it_does_not_know(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.unknown_blocks.add("divider")
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="a", blocks=[{"type": "divider"}])) == (
        "invalid_blocks"
    )
    header = {"type": "header", "text": {"type": "plain_text", "text": "a"}}
    assert (await web.chat_postMessage(channel=GENERAL, text="a", blocks=[header]))["ok"]
