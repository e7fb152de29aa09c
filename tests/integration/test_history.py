"""`history` in Slack: chart, picture, file, and who may see whose."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import aiohttp
import pytest

from bot.playground.slack import Fault, Message
from bot.playground.slack.client import Client
from tests.alerts_kit import join, say
from tests.world import BOB, GENERAL, TEAM, World

PRIVATE = "C0PRIVATE"
PNG = b"\x89PNG\r\n\x1a\n"
CHART = "data_visualization"


async def days_pass(lab: World, *people: tuple[Client, str, tuple[float, ...]]) -> None:
    """Link people, and let them use so much a day, read each morning."""
    for who, username, _ in people:
        await lab.link(who, username=username, lives=timedelta(days=90))
    shown = {username: {"alice": 1234.5, "bob": 20.25}[username] for _, username, _ in people}
    for day in range(len(people[0][2])):
        for _, username, used in people:
            shown[username] += used[day]
            lab.east.set_core_hours(username, shown[username])
        lab.hours_pass(24)
        for who, username, _ in people:
            await say(who, "", f"{shown[username]:,.2f} core-hours used")


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


def block(message: Message, kind: str) -> Any:
    return next(each for each in message.blocks if each["type"] == kind)


async def content(message: Message) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(message.files[0]["url_private"]) as got:
        return await got.read()


async def test_my_days_are_a_chart_with_the_limits_line_and_a_table(lab: World) -> None:
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (10, 20, 30, 20, 40)))
        await say(lab.alice, "limit 25 per day", "Limit set")
        shown = await say(lab.alice, "history 7d", "alice on East: 120.00 core-hours since", "Busiest day")
        assert kinds(shown) == ["section", CHART, "data_table", "context", "actions"]
        chart = block(shown, CHART)["chart"]
        assert [one["name"] for one in chart["series"]] == ["alice", "limit"]
        assert {point["value"] for point in chart["series"][1]["data"]} == {25}
        assert sum(point["value"] for point in chart["series"][0]["data"]) == pytest.approx(120, abs=0.1)
        rows = block(shown, "data_table")["rows"]
        assert len(rows) == 8
        assert rows[-1][1]["text"] == "no data"


async def test_other_days_take_the_place_of_those_that_were_there(lab: World) -> None:
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (10, 20)))
        usage = await say(lab.alice, "", "core-hours used")
        mark = lab.alice.mark()
        await lab.alice.click("history.open", message=usage)
        shown = await lab.alice.wait_message(lambda m: "30.00 core-hours since" in m.text, since=mark)
        assert len(block(shown, "data_table")["rows"]) == 15
        await lab.alice.click("history.open", message=shown, selected="90//east")
        await lab.alice.wait_message(
            lambda m: "mean of" in str(m.blocks) or "4 days" in str(m.blocks), since=mark
        )
        again = next(m for m in lab.alice.messages(GENERAL) if m.ts == shown.ts)
        assert len(block(again, "data_table")["rows"]) == 91


async def test_where_slack_takes_no_chart_a_picture_and_a_plain_table_come(lab: World) -> None:
    lab.slack.workspaces[TEAM].unknown_blocks.add(CHART)
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (10, 20)))
        shown = await say(
            lab.alice, "history", "30.00 core-hours since", "as a picture to our direct message"
        )
        assert kinds(shown) == ["section", "section", "table", "context", "actions"]
        assert len(block(shown, "table")["rows"]) == 15
        (picture,) = [m for m in lab.alice.messages(lab.alice.dm) if m.files]
        assert (await content(picture)).startswith(PNG)
        assert "Busiest day" in picture.text
        assert picture.files[0]["alt_txt"] == picture.text
        assert not any(m.files for m in lab.bob.messages(GENERAL))


@pytest.mark.parametrize("error", ["missing_scope", "storage_limit_reached"])
async def test_a_picture_that_slack_refuses_too_leaves_the_table_and_says_why(lab: World, error: str) -> None:
    lab.slack.workspaces[TEAM].unknown_blocks.add(CHART)
    lab.slack.faults.add(Fault(method="files.getUploadURLExternal", kind="error", error=error, times=None))
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (10, 20)))
        shown = await say(lab.alice, "history", "30.00 core-hours since", "the table has the same numbers")
        assert "table" in kinds(shown)
        assert ("install the app again" in shown.text) == (error == "missing_scope")


async def test_the_file_comes_to_my_direct_message_with_every_number(lab: World) -> None:
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (10, 20)))
        shown = await say(lab.alice, "history 7d", "30.00")
        await lab.alice.click("history.csv", message=shown)
        await lab.alice.wait_message(lambda m: "as a CSV file" in m.text)
        (sent,) = [m for m in lab.alice.messages(lab.alice.dm) if m.files]
        assert sent.files[0]["name"].startswith("core-hours-east-me-")
        rows = list(csv.DictReader(StringIO((await content(sent)).decode("utf-8-sig"))))
        assert len(rows) == 7
        assert sum(float(row["core_hours"] or 0) for row in rows) == pytest.approx(30, abs=0.1)
        assert [row["known"] for row in rows][:2] == ["nothing", "nothing"]


async def test_a_person_s_days_are_for_the_channel_that_they_joined(lab: World) -> None:
    lab.slack.workspaces[TEAM].add_channel(PRIVATE, "private", members={"U0ALICE", BOB}, is_private=True)
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (1, 2)), (lab.bob, "bob", (10, 20)))
        refused = await say(lab.alice, f"history <@{BOB}>", "has not joined this channel's team")
        assert "30.00" not in json.dumps(refused.blocks)
        await join(lab.bob)
        shown = await say(lab.alice, f"history <@{BOB}> 7d", "bob on East: 30.00")
        assert "alice" not in json.dumps(shown.blocks)
        await say(lab.alice, f"history <@{BOB}>", "has not joined this channel's team", channel=PRIVATE)
        await say(lab.alice, f"history <@{BOB}>", "type it in the channel", channel=lab.alice.dm)
        # The button is asked for again at the click: sharing has ended meanwhile.
        await say(lab.bob, "leave", "You have left the team")
        mark = lab.alice.mark()
        await lab.alice.click("history.csv", message=shown)
        await lab.alice.wait_message(lambda m: "has not joined this channel's team" in m.text, since=mark)
        assert not any(m.files for m in lab.alice.messages(lab.alice.dm))


async def test_who_left_the_channel_sees_nothing_of_its_people_any_more(lab: World) -> None:
    async with lab.bot():
        await days_pass(lab, (lab.bob, "bob", (10, 20)))
        await join(lab.bob)
        team = await say(lab.alice, "history team 7d", "on East: 30.00")
        person = await say(lab.alice, f"history <@{BOB}> 7d", "on East: 30.00")
        lab.slack.workspaces[TEAM].leave(GENERAL, "U0ALICE")
        for message in (team, person):
            mark = lab.alice.mark()
            await lab.alice.click("history.csv", message=message)
            await lab.alice.wait_message(lambda m: "Only members of the channel" in m.text, since=mark)
        assert not any(m.files for m in lab.alice.messages(lab.alice.dm))


async def test_another_s_own_limit_is_not_in_their_chart(lab: World) -> None:
    async with lab.bot():
        await days_pass(lab, (lab.alice, "alice", (1, 2)), (lab.bob, "bob", (10, 20)))
        await join(lab.bob)
        await say(lab.bob, "limit 25 per day", "Limit set")
        assert "limit" not in (await say(lab.alice, f"history <@{BOB}>", "bob on East")).text
        assert "The limit allows 25.00" in (await say(lab.bob, "history", "bob on East")).text


async def test_the_team_is_stacked_with_its_limit_and_has_a_column_for_each(lab: World) -> None:
    async with lab.bot():
        await say(lab.alice, "history team", "Nobody has joined")
        await join(lab.alice)
        await say(lab.alice, "history team", "has linked a cluster yet")
        await join(lab.bob)
        await days_pass(lab, (lab.alice, "alice", (10, 20)), (lab.bob, "bob", (30, 5)))
        await say(lab.alice, "limit team 500 per week", "500.00")
        shown = await say(lab.alice, "history team 7d", "The team on East: 65.00")
        chart = block(shown, CHART)["chart"]
        assert (chart["type"], [one["name"] for one in chart["series"]]) == (
            "area",
            ["limit", "+ alice", "bob"],
        )
        assert [cell["text"] for cell in block(shown, "data_table")["rows"][0]] == [
            "Day", "Together", "bob", "alice",
        ]  # fmt: skip


async def test_words_that_do_not_fit_and_nobody_linked_are_sentences(lab: World) -> None:
    async with lab.bot():
        await say(lab.alice, "history", "You have not linked a cluster yet")
        await say(lab.alice, "history 15d", "I do not understand “15d”", "There are 7d, 14d, 30d and 90d")
        await lab.link(lab.alice)
        await say(lab.alice, "history", "no reading in the last 14 days, so there is nothing to draw yet")
