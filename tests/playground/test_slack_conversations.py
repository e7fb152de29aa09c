"""Channels, threads, people and files as the Web API shows them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

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
    refusal,
    running,
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with running(Lab()) as made:
        made.twin.limits.enabled = False
        yield made


@pytest.fixture
def web(lab: Lab) -> AsyncWebClient:
    return lab.web()


async def test_conversations_with_people_may_be_closed(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.messages_tab_enabled = False
    assert await refusal(web.chat_postMessage(channel=ALICE, text="a")) == "messages_tab_disabled"
    lab.workspace.messages_tab_enabled = True
    lab.workspace.deactivate(ALICE)
    assert await refusal(web.chat_postMessage(channel=ALICE, text="a")) == "is_archived"
    assert await refusal(web.conversations_open(users=ALICE)) == "user_disabled"
    assert await refusal(web.conversations_open(users="U0NOBODY")) == "user_not_found"


async def test_history_pages_backwards_and_shows_metadata_on_demand(lab: Lab, web: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "n1"}}
    stamps = [
        (await web.chat_postMessage(channel=GENERAL, text=str(n), metadata=metadata))["ts"] for n in range(5)
    ]
    pages = [
        page.data["messages"] async for page in await web.conversations_history(channel=GENERAL, limit=2)
    ]
    shown = await web.conversations_history(
        channel=GENERAL, oldest=stamps[1], latest=stamps[3], inclusive=True, include_all_metadata=True
    )
    between = await web.conversations_history(channel=GENERAL, oldest=stamps[1], latest=stamps[3])

    assert [[each["text"] for each in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert "metadata" not in pages[0][0]
    assert [each["metadata"]["event_payload"] for each in shown["messages"]] == [{"id": "n1"}] * 3
    assert [each["text"] for each in between["messages"]] == ["2"]
    assert await refusal(web.conversations_history(channel=LOBBY)) == "not_in_channel"
    assert await refusal(web.conversations_history(channel=GENERAL, cursor="%%")) == "invalid_cursor"
    assert await refusal(web.conversations_history(channel=GENERAL, limit="x")) == "invalid_limit"  # type: ignore[arg-type]
    lab.workspace.scopes -= {"channels:history"}
    assert await refusal(web.conversations_history(channel=GENERAL)) == "missing_scope"


async def test_a_thread_has_its_answers(lab: Lab, web: AsyncWebClient) -> None:
    parent = (await web.chat_postMessage(channel=GENERAL, text="parent"))["ts"]
    await web.chat_postMessage(channel=GENERAL, text="quiet", thread_ts=parent)
    aloud = await web.chat_postMessage(channel=GENERAL, text="aloud", thread_ts=parent, reply_broadcast=True)
    deeper = await web.chat_postMessage(channel=GENERAL, text="deeper", thread_ts=aloud["ts"])

    replies = (await web.conversations_replies(channel=GENERAL, ts=parent))["messages"]
    history = (await web.conversations_history(channel=GENERAL))["messages"]

    assert [each["text"] for each in replies] == ["parent", "quiet", "aloud", "deeper"]
    assert [each["text"] for each in history] == ["aloud", "parent"]
    assert history[1]["reply_count"] == 3
    assert deeper["message"]["thread_ts"] == parent
    assert [each.text for each in lab.alice.messages(GENERAL)] == ["parent", "quiet", "aloud", "deeper"]
    assert await refusal(web.conversations_replies(channel=GENERAL, ts="1.000000")) == "thread_not_found"


async def test_channels_and_their_members_are_described(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.join(GENERAL, CAROL)
    channel = (await web.conversations_info(channel=GENERAL, include_num_members=True))["channel"]
    people = [
        each
        async for page in await web.conversations_members(channel=GENERAL, limit=2)
        for each in page.data["members"]
    ]
    dm = (await web.conversations_info(channel=lab.alice.dm))["channel"]

    assert (channel["is_ext_shared"], channel["is_member"], channel["num_members"]) == (True, True, 4)
    assert channel["shared_team_ids"] == [TEAM, "T0OTHER"]
    assert people == sorted([ALICE, BOB, CAROL, BOT])
    assert (dm["is_im"], dm["user"]) == (True, ALICE)
    assert (await web.conversations_info(channel=LOBBY))["channel"]["is_member"] is False
    assert await refusal(web.conversations_info(channel=SECRETS)) == "channel_not_found"
    assert (await web.team_info(team="T0OTHER"))["team"]["name"] == "Organisation T0OTHER"
    assert (await web.team_info())["team"]["domain"] == "lab"
    assert await refusal(web.team_info(team="T0NOBODY")) == "team_not_found"


async def test_people_are_described(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.change_person(ALICE, email="alice@example.org", is_admin=True)
    alice = (await web.users_info(user=ALICE, include_locale=True))["user"]
    carol = (await web.users_info(user=CAROL, include_locale=True))["user"]
    lab.workspace.deactivate(BOB)
    bob = (await web.users_info(user=BOB))["user"]

    assert (alice["tz"], alice["tz_offset"], alice["locale"]) == ("Asia/Shanghai", 8 * 3600, "en-US")
    assert (alice["is_admin"], alice["profile"]["email"]) == (True, "alice@example.org")
    assert (carol["team_id"], "locale" in carol) == ("T0OTHER", False)
    assert (bob["deleted"], "tz" in bob) == (True, False)
    assert await refusal(web.users_info(user="U0NOBODY")) == "user_not_found"


async def test_the_bots_own_channels_are_listed(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.invite_bot(SECRETS)
    public = await web.users_conversations()
    private = await web.users_conversations(types="private_channel,im", user=ALICE)
    lab.workspace.archive(GENERAL)
    live = await web.users_conversations(exclude_archived=True)

    assert [each["id"] for each in public["channels"]] == [GENERAL]
    assert {each["id"] for each in private["channels"]} == {SECRETS, lab.alice.dm}
    assert live["channels"] == []
    assert await refusal(web.users_conversations(user="U0NOBODY")) == "user_not_found"


async def test_a_file_is_announced_sent_and_shared(lab: Lab, web: AsyncWebClient) -> None:
    answer = await web.files_upload_v2(
        channel=GENERAL, content="a,b\n1,2\n", filename="usage.csv", title="Usage", initial_comment="Here."
    )
    message = await lab.alice.wait_message()

    assert (message.text, message.files[0]["title"]) == ("Here.", "Usage")
    async with aiohttp.ClientSession() as session:
        async with session.get(message.files[0]["url_private"]) as got:
            assert (await got.text(), got.headers["Content-Disposition"]) == ("a,b\n1,2\n", "attachment")
        announced = await web.files_getUploadURLExternal(filename="b.txt", length=3)
        async with session.post(announced["upload_url"], data=b"toolong") as refused:
            assert refused.status == 400
        missing = [{"id": announced["file_id"]}]
        assert await refusal(web.files_completeUploadExternal(files=missing)) == "file_not_found"
        form = aiohttp.FormData()
        form.add_field("file", b"abc", filename="b.txt")
        async with session.post(announced["upload_url"], data=form) as taken:
            assert await taken.text() == "OK - 3"
        assert (await web.files_completeUploadExternal(files=missing, thread_ts=message.ts))["ok"]
        async with session.put(f"{lab.twin.url}/upload/F0NONE", data=b"a") as unknown:
            assert unknown.status == 404
    assert answer["files"][0]["id"] == message.files[0]["id"]
    assert await refusal(web.files_getUploadURLExternal(filename="", length=3)) == "invalid_arguments"
    assert await refusal(web.files_completeUploadExternal(files=[])) == "invalid_arguments"


async def test_everybody_is_listed_page_by_page_but_people_of_other_organisations(
    lab: Lab, web: AsyncWebClient
) -> None:
    lab.workspace.add_person("W9", name="olga", team_id="T9")
    found: list[str] = []
    cursor = ""
    while True:
        answer = await web.users_list(cursor=cursor, limit=2)
        assert len(answer["members"]) <= 2
        found += [each["id"] for each in answer["members"]]
        cursor = answer["response_metadata"]["next_cursor"]
        if not cursor:
            break
    at_home = {each.id for each in lab.workspace.people.values() if each.team_id == TEAM}
    assert set(found) == at_home
    assert "W9" not in found


async def test_a_group_message_has_its_own_scope(lab: Lab, web: AsyncWebClient) -> None:
    lab.workspace.add_channel("C0MPIM", "mpdm-alice--bob-1", members={ALICE, BOB}, is_mpim=True)
    shown = (await web.conversations_info(channel="C0MPIM"))["channel"]
    assert (shown["is_mpim"], shown["is_private"]) == (True, True)
    listed = await web.users_conversations(user=ALICE, types="mpim")
    assert [each["id"] for each in listed["channels"]] == ["C0MPIM"]
    lab.workspace.scopes = lab.workspace.scopes - {"mpim:read"}
    assert await refusal(web.conversations_info(channel="C0MPIM")) == "missing_scope"
