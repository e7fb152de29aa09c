"""A lab with a team: what the tests of teams and of privacy say and look for."""

import json

from bot.playground.slack import Message
from bot.playground.slack.client import Client
from bot.playground.slack.workspace import Workspace
from tests.world import TEAM, World

CAROL = "U0CAROL"
GUS = "U0GUS"
OLGA = "W0OLGA"
ORGA = "T9ORGA"


def furnish(lab: World) -> Workspace:
    """Add a full member who links nothing, a guest, and somebody of another organisation."""
    slack = lab.slack.workspaces[TEAM]
    slack.add_person(CAROL, name="carol")
    slack.add_person(GUS, name="gus", is_restricted=True)
    slack.add_person(OLGA, name="olga", team_id=ORGA, is_stranger=True)
    slack.add_outside_team(ORGA, "Orga <!channel> & Sons")
    return slack


async def say(who: Client, text: str, *parts: str, channel: str) -> Message:
    """Type a command and wait for the answer that has all these parts in it."""
    mark = who.mark()
    await who.command(f"/walltime {text}", channel=channel)
    return await who.wait_message(lambda m: all(part in m.text for part in parts), since=mark)


async def agree(who: Client, channel: str) -> None:
    """Join the channel's team, or agree anew."""
    question = await say(who, "join", f"<#{channel}>", channel=channel)
    await who.click("team.join.confirm", message=question)
    await who.wait_message(lambda m: f"You are in the team of <#{channel}> now" in m.text)


async def team_works(lab: World, channel: str) -> None:
    """Link Alice and Bob; an hour later she has used 60 core-hours more, he 7.77."""
    await linked(lab)
    await an_hour_later(lab, channel)


async def linked(lab: World) -> None:
    """Link Alice and Bob."""
    await lab.link(lab.alice)
    await lab.link(lab.bob, username="bob")


async def an_hour_later(lab: World, channel: str) -> None:
    """Let them use core-hours, and the bot read it."""
    lab.east.set_core_hours("alice", 1234.5 + 60)
    lab.east.set_core_hours("bob", 20.25 + 7.77)
    lab.hours_pass(1)
    await _read(lab, lab.alice, "1,294.50", channel)
    await _read(lab, lab.bob, "28.02", channel)


async def _read(lab: World, who: Client, number: str, channel: str) -> None:
    """Ask until the bot has this number: a poll that was under way may have brought the one before."""
    while number not in (await say(who, "", "core-hours used", channel=channel)).text:
        lab.hours_pass(0.02)


def everything(message: Message) -> str:
    """All that a message says, its blocks too."""
    return f"{message.text} {json.dumps(message.blocks, ensure_ascii=False)}"
