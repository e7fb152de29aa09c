"""The Home tab: drawn at once, kept up to date while it is open, and everything that its buttons do."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta

from bot.domain.limits import Limit, Scope, ScopeKind, place_of
from bot.domain.people import Person
from bot.domain.periods import Period, PeriodKind
from bot.playground.cluster import ClusterFault
from bot.playground.slack import Fault
from bot.playground.slack.client import Client
from bot.playground.slack.model import ViewState
from bot.slack.desk import Desk
from bot.store.engine import Database
from bot.store.limits import SqlLimits
from bot.wiring.bot import Bot
from tests.alerts_kit import TICK, say
from tests.world import ALICE, GENERAL, TEAM, World, until


def quick(lab: World, *, polls: str = "1h") -> AbstractAsyncContextManager[Bot]:
    """Run the bot with turns that a test can wait for; it polls seldom unless the test says so."""
    return lab.bot(tick=TICK, WALLTIME_POLL_INTERVAL=polls)


async def home_with(who: Client, *parts: str) -> ViewState:
    """Wait for a Home that holds all of these."""
    return await who.wait_view(
        lambda v: v.view["type"] == "home" and all(part in str(v.view) for part in parts)
    )


async def open_home(who: Client, *parts: str) -> ViewState:
    await who.open_home()
    return await home_with(who, *parts)


async def window_with(who: Client, *parts: str) -> ViewState:
    """Wait for a window with an answer."""
    return await who.wait_view(
        lambda v: v.view["callback_id"] == "answer" and all(part in str(v.view) for part in parts)
    )


def published(lab: World) -> int:
    return sum(call.method == "views.publish" for call in lab.slack.calls)


def value_of(view: ViewState, action_id: str) -> str:
    return next(
        str(element["value"])
        for block in view.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == action_id and "value" in element
    )


async def answered() -> None:
    """Wait until the bot, which runs in this process, has done all that people asked of it."""

    async def work() -> list[str]:
        coroutines = {task.get_name(): task.get_coro() for task in asyncio.all_tasks()}
        return [
            name
            for name, one in coroutines.items()
            if f"{Desk.__name__}." in getattr(one, "__qualname__", "")
        ]

    await until(work, lambda names: not names)


async def still(lab: World) -> None:
    """Let as much time pass as several looks take, once all is answered."""
    await answered()
    with lab.clock.fast():
        await asyncio.sleep(1)


async def test_the_messages_tab_draws_no_home(lab: World) -> None:
    async with quick(lab):
        await lab.alice.open_home(tab="messages")
        await still(lab)
        assert lab.alice.home is None
        assert published(lab) == 0


async def test_home_shows_the_last_reading_while_the_cluster_takes_its_time(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.add_core_hours("alice", 100.0)
        lab.east.faults.add(ClusterFault(kind="slow", delay=timedelta(seconds=1.5), times=1))
        await open_home(lab.alice, "1,234.50 core-hours")
        assert "1,334.50" not in str(lab.alice.home)
        await home_with(lab.alice, "1,334.50 core-hours")


async def test_a_cluster_that_does_not_answer_is_said_until_it_does(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        lab.hours_pass()
        lab.east.down = True
        home = await open_home(lab.alice, "is not answering just now", "1,234.50 core-hours")
        lab.east.down = False
        lab.hours_pass()
        await lab.alice.click("home.refresh", view=home)
        home = await home_with(lab.alice, "1,234.50 core-hours")
        await lab.alice.wait_view(lambda v: v.view["type"] == "home" and "not answering" not in str(v.view))


async def test_an_open_home_follows_what_is_done_elsewhere(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        with lab.clock.fast():
            await open_home(alice, "You have not linked a cluster yet")
            await lab.link(alice)
            await home_with(alice, "1,234.50 core-hours", "No limit counts your core-hours yet")
            await say(alice, "limit 2000 total at 50,80", "Limit set")
            await home_with(alice, "*East*: 61 % of 2,000.00 core-hours in total", "████████████░░░░░░░░")
            question = await say(alice, "join", "Join the team")
            await alice.click("team.join.confirm", message=question)
            await home_with(alice, f"<#{GENERAL}>: 1 person joined")
            await say(lab.bob, "limit each 5000 total", "Limit set")
            await home_with(alice, "1 limit counts you", "24 % of 5,000.00 core-hours in total")
            question = await say(alice, "limit off 1", "Remove the limit of 2,000.00")
            await alice.click("limit.off.confirm", message=question)
            await alice.wait_view(lambda v: v.view["type"] == "home" and "2,000.00" not in str(v.view))
            question = await say(alice, "unlink", "Unlink alice on East?")
            await alice.click("unlink.confirm", message=question)
            await home_with(alice, "You have not linked a cluster yet")


async def test_an_open_home_follows_the_polls_and_the_alerts(lab: World) -> None:
    alice = lab.alice
    async with quick(lab, polls="1s"):
        await lab.link(alice)
        await say(alice, "limit 2000 total at 80,100", "Limit set")
        await open_home(alice, "61 % of 2,000.00")
        lab.east.set_core_hours("alice", 1700)
        with lab.clock.fast():
            home = await home_with(alice, "85 % of 2,000.00", "1,700.00 core-hours", "Open alerts", "firing")
            await alice.click("alert.ack", view=home)
            await window_with(alice, "Acknowledged: no reminders")
            await home_with(alice, "acknowledged by <@U0ALICE>")
            await say(alice, "limit 9000 total at 80,100", "Limit changed")
            await alice.wait_view(
                lambda v: (
                    v.view["type"] == "home" and "Open alerts" not in str(v.view) and "18 %" in str(v.view)
                )
            )


async def test_a_home_that_stays_the_same_is_not_published_again(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        await open_home(lab.alice, "1,234.50 core-hours")
        await still(lab)
        before = published(lab)
        await still(lab)
        assert published(lab) == before


async def test_a_home_opened_long_ago_is_looked_at_no_more(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        await open_home(lab.alice, "1,234.50 core-hours")
        await answered()
        lab.hours_pass()
        await still(lab)
        before = published(lab)
        await say(lab.alice, "limit 2000 total", "Limit set")
        await still(lab)
        assert published(lab) == before
        await open_home(lab.alice, "61 % of 2,000.00")


async def test_slack_in_trouble_is_left_alone_for_a_minute(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        await open_home(lab.alice, "1,234.50 core-hours")
        await still(lab)
        lab.slack.faults.add(Fault(method="views.publish", kind="error", error="internal_error", times=1))
        await say(lab.alice, "limit 2000 total", "Limit set")
        await still(lab)
        assert "2,000.00" not in str(lab.alice.home)
        lab.clock.ahead += timedelta(minutes=1)
        await home_with(lab.alice, "61 % of 2,000.00")


async def test_thirty_limits_are_turned_page_by_page(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        await lab.link(alice)
        await set_limits(lab, 30)
        home = await open_home(alice, "Page 1 of 3, 30 limits", "1,001.00", "1,010.00")
        await alice.click("home.page.next", view=home)
        home = await home_with(alice, "Page 2 of 3", "1,011.00", "1,020.00")
        await alice.click("home.page.next", view=home)
        home = await home_with(alice, "Page 3 of 3", "1,021.00", "1,030.00")
        await alice.click("home.refresh", view=home)
        await still(lab)
        assert "Page 3 of 3" in str(lab.alice.home)
        await alice.click("home.page.previous", view=home)
        await home_with(alice, "Page 2 of 3")
    async with quick(lab):  # another process knows the page from the view
        home = await home_with(alice, "Page 2 of 3")
        await alice.click("home.refresh", view=home)
        await still(lab)
        assert "Page 2 of 3" in str(lab.alice.home)


async def test_answers_to_clicks_on_home_stand_in_a_window(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        await lab.link(alice)
        home = await open_home(alice, "1,234.50 core-hours")
        await alice.click("home.say.status", view=home)
        await window_with(alice, "alice on East", "For support: T0LAB/U0ALICE")
        await alice.click("home.say.help", view=home)
        window = await window_with(alice, "You can type")
        await alice.click("usage.refresh", view=window)
        window = await window_with(alice, "1,234.50 core-hours")
        assert len(alice.views) == 1
        await alice.click("home.say.alerts.test", view=home)
        await window_with(alice, "A test alert is on its way to your direct messages")
        await alice.wait_message(lambda m: "This is a test alert" in m.text, channel=alice.dm)
        assert [m for m in alice.messages(alice.dm) if "test alert" not in m.text] == []


async def test_a_form_opens_over_the_window_that_offers_it(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        home = await open_home(alice, "You have not linked")
        await alice.click("home.say.status", view=home)
        window = await window_with(alice, "You have not linked a cluster yet.")
        await alice.click("link.open", view=window)
        await alice.wait_view(lambda v: v.view["callback_id"] == "link")
        assert [view.view["callback_id"] for view in alice.views] == ["answer", "link"]


async def test_a_window_that_does_not_open_gives_way_to_a_message(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        home = await open_home(alice, "You have not linked")
        lab.slack.faults.add(Fault(method="views.open", kind="error", error="expired_trigger_id", times=1))
        await alice.click("home.say.help", view=home)
        await alice.wait_message(lambda m: "You can type" in m.text, channel=alice.dm)


async def test_a_limit_is_set_changed_and_removed_on_home(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        await lab.link(alice)
        home = await open_home(alice, "No limit counts your core-hours yet")
        with lab.clock.fast():
            await alice.click("limit.open", view=home)
            form = await alice.wait_view(lambda v: v.view["callback_id"] == "limit")
            await alice.submit(form, {"core_hours": "2000"})
            home = await home_with(alice, "2,000.00 core-hours per month")
            await alice.click("limit.open", view=home, value=value_of(home, "limit.open"))
            form = await alice.wait_view(lambda v: "Change limit" in str(v.view["title"]))
            await alice.submit(form, {"core_hours": "3000"})
            home = await home_with(alice, "3,000.00 core-hours per month")
            await alice.click("limit.off", view=home)
            window = await window_with(alice, "Remove the limit of 3,000.00")
            await alice.click("limit.off.confirm", view=window)
            await window_with(alice, "Removed: the limit of 3,000.00")
            await home_with(alice, "No limit counts your core-hours yet")


async def test_the_language_is_chosen_on_home_and_home_speaks_it(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        home = await open_home(alice, "You have not linked")
        await alice.click("home.language", view=home, selected="zh")
        await window_with(alice, "中文")
        home = await home_with(alice, "'initial_option': {'text': {'type': 'plain_text', 'text': '中文'")
        assert [row.code for row in await lab.rows("languages")] == ["zh"]
        await alice.click("home.language", view=home, selected="auto")
        await window_with(alice, "English")
        assert await lab.rows("languages") == []


async def test_a_channel_is_left_from_home(lab: World) -> None:
    alice = lab.alice
    async with quick(lab):
        question = await say(alice, "join", "Join the team")
        await alice.click("team.join.confirm", message=question)
        await alice.wait_message(lambda m: "You are in the team of" in m.text)
        home = await open_home(alice, f"<#{GENERAL}>: 1 person joined")
        await alice.click("home.leave", view=home)
        await home_with(alice, "You share your core-hours with no channel")
        assert await lab.rows("team_members") == []


async def test_home_shows_nobody_elses_numbers(lab: World) -> None:
    async with quick(lab):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
        for who in (lab.alice, lab.bob):
            question = await say(who, "join", "Join the team")
            await who.click("team.join.confirm", message=question)
            await who.wait_message(lambda m: "You are in the team of" in m.text)
        await say(lab.alice, "limit team 2000 total", "Limit set")
        await say(lab.alice, f"limit <@{lab.bob.person.id}> 777 total", "Limit set")
        await say(lab.bob, "limit 333 total", "Limit set")
        home = await open_home(lab.alice, "2 people joined", "The team's sum is shown in its channel.")
        for theirs in ("20.25", "bob", "777", "333", "1,254.75"):
            assert theirs not in str(home.view["blocks"])
        await open_home(lab.bob, "777.00", "333.00", "20.25")


async def test_an_admin_may_remove_a_channels_limit_from_home_and_others_may_not(lab: World) -> None:
    slack = lab.slack.workspaces[TEAM]
    slack.people[ALICE] = replace(slack.people[ALICE], is_admin=True)
    async with quick(lab):
        for who in (lab.alice, lab.bob):
            question = await say(who, "join", "Join the team")
            await who.click("team.join.confirm", message=question)
            await who.wait_message(lambda m: "You are in the team of" in m.text)
        await say(lab.bob, "limit each 500 total", "Limit set")
        home = await open_home(lab.alice, "You are an admin here", "500.00")
        await lab.alice.click("limit.off", view=home)
        window = await window_with(lab.alice, "Remove the limit of 500.00")
        await lab.alice.click("limit.off.confirm", view=window)
        await window_with(lab.alice, "Removed: the limit of 500.00")
        await say(lab.alice, "limit each 600 total", "Limit set")
        await open_home(lab.bob, "600.00")
        await still(lab)
        assert "limit.off" not in str(lab.bob.home)
        assert "You are an admin" not in str(lab.bob.home)


async def set_limits(lab: World, count: int) -> None:
    """Store so many limits of Alice's, one a day."""
    database = Database(lab.settings().database_url)
    try:
        for number in range(1, count + 1):
            await SqlLimits(database).put(
                _limit(lab, number), replaces=None, supersedes=None, judged=(), notices=()
            )
    finally:
        await database.close()


def _limit(lab: World, number: int) -> Limit:
    scope = Scope(kind=ScopeKind.ME, user=ALICE)
    day = lab.clock().date() + timedelta(days=number)
    period = Period(kind=PeriodKind.RANGE, first=day, last=day)
    return Limit(
        limit_id=f"L{number:02}",
        workspace=TEAM,
        cluster="east",
        scope=scope,
        core_hours=1000.0 + number,
        period=period,
        thresholds=(100,),
        set_by=Person(workspace=TEAM, user=ALICE),
        set_at=lab.clock() + timedelta(seconds=number),
        tells=place_of(scope),
    )
