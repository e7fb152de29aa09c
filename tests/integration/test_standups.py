"""Standups over the twins: set, told once per date, skipped and said, for those who may."""

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.playground.slack import Message
from bot.playground.slack.client import Client
from bot.wiring.bot import Bot
from tests.alerts_kit import TICK, settled, shows
from tests.integration.team_kit import CAROL, GUS, OLGA, ORGA, agree, everything, furnish, say, team_works
from tests.integration.test_teams import _crowd
from tests.world import BOB, GENERAL, TEAM, World, until

SHANGHAI = ZoneInfo("Asia/Shanghai")


def quick(lab: World) -> AbstractAsyncContextManager[Bot]:
    return lab.bot(tick=TICK)


def local(lab: World) -> datetime:
    return lab.clock().astimezone(SHANGHAI)


def at(lab: World, clock: str, *, days: int = 0) -> None:
    """Let time pass until the clocks in Shanghai show this, so many days on."""
    hour, minute = clock.split(":")
    wanted = local(lab).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    wanted += timedelta(days=days)
    assert wanted > local(lab)
    lab.clock.ahead += wanted - local(lab)


def begin(lab: World) -> None:
    """Begin on the next Monday, 08:00 in Shanghai."""
    at(lab, "08:00", days=7 - local(lab).weekday())


def digests(who: Client) -> list[Message]:
    return [m for m in who.messages(GENERAL) if m.text.startswith("Core-hours of the team")]


async def told(lab: World, who: Client, count: int) -> list[Message]:
    """Wait until so many digests stand in the channel, and nothing more is owed."""

    async def look() -> int:
        return len(digests(who))

    with lab.clock.fast():
        await until(look, lambda found: found >= count)
    await settled(lab)
    assert len(digests(who)) == count, "\n".join(m.text for m in digests(who))
    return digests(who)


async def team(lab: World) -> None:
    await team_works(lab, GENERAL)
    await agree(lab.alice, GENERAL)
    await agree(lab.bob, GENERAL)


async def audit(lab: World) -> list[str]:
    return [row.action for row in await lab.rows("audit") if row.action.startswith("standup")]


async def test_a_standup_is_set_told_and_switched_off(lab: World) -> None:
    furnish(lab)
    begin(lab)
    async with quick(lab):
        await say(lab.bob, "standup", "No standup is set", channel=GENERAL)
        await say(
            lab.bob, "standup 09:30 daily", "Nobody has joined this channel's team yet", channel=GENERAL
        )
        await team(lab)
        answer = await say(
            lab.bob, "standup 09:30 mon-fri Asia/Shanghai", "Standup set: 09:30, Mon-Fri", channel=GENERAL
        )
        assert answer.ephemeral_for == BOB
        assert "2 people have joined" in answer.text
        await lab.alice.wait_message(lambda m: m.text.startswith(f"<@{BOB}> set up this channel's standup"))
        preview = await say(lab.alice, "standup preview", "A preview: only you see it", channel=GENERAL)
        assert preview.ephemeral_for is not None
        assert digests(lab.alice) == []
        at(lab, "09:30")
        (digest,) = await told(lab, lab.alice, 1)
        assert digest.ephemeral_for is None
        for fact in ("67.77 core-hours used together", "alice 60.00", "set up by bob", "next Tue"):
            assert fact in digest.text
        rows = [[cell["text"] for cell in row] for row in digest.blocks[2]["rows"]]
        assert [row[0] for row in rows] == ["Person", "alice", "bob", "2 people together"]
        await say(lab.bob, "standup", "set up by <@U0BOB>. The next digest comes on Tue", channel=GENERAL)
        await say(lab.alice, "status", "Standup: 09:30, Mon-Fri (Asia/Shanghai), next Tue", channel=GENERAL)
        await say(lab.bob, "standup off", "switched off", channel=GENERAL)
        await lab.alice.wait_message(lambda m: m.text.startswith(f"<@{BOB}> switched off"))
        at(lab, "09:31", days=1)
        await settled(lab)
        assert len(digests(lab.alice)) == 1
        await say(lab.bob, "standup off", "No standup is set", channel=GENERAL)
    assert await audit(lab) == ["standup_refused", "standup_set", "standup_off"]


async def test_down_at_the_due_minute_it_is_told_within_two_hours_else_said_in_the_next(lab: World) -> None:
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
    at(lab, "09:31")  # down for a minute
    async with quick(lab):
        await told(lab, lab.bob, 1)
    at(lab, "10:30", days=1)  # an hour
    async with quick(lab):
        await told(lab, lab.bob, 2)
    at(lab, "14:30", days=1)  # five hours
    async with quick(lab):
        await settled(lab)
        assert len(digests(lab.bob)) == 2
    at(lab, "09:30", days=1)
    async with quick(lab):
        found = await told(lab, lab.bob, 3)
        assert "Skipped since the last digest, because I could not post it in time: Wed" in found[2].text
        at(lab, "09:30", days=1)
        found = await told(lab, lab.bob, 4)
        assert "Skipped" not in found[3].text


async def test_on_a_public_holiday_there_is_no_digest_and_the_next_calls_nothing_skipped(lab: World) -> None:
    today = local(lab).date()
    new_year = date(today.year + 1 + (today.month == 12 and today.day > 29), 1, 1)
    at(lab, "08:00", days=(new_year - today).days - 1)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 except Atlantis", "I know no country “Atlantis”", channel=GENERAL)
        words = "standup 09:30 daily Asia/Shanghai except Germany"
        await say(lab.bob, words, "not on public holidays in Germany", channel=GENERAL)
        at(lab, "09:30")
        found = await told(lab, lab.bob, 1)
        assert "2 Jan, 09:30" in found[0].text
        at(lab, "09:31", days=1)
        await settled(lab)
        assert len(digests(lab.bob)) == 1
        at(lab, "09:30", days=1)
        found = await told(lab, lab.bob, 2)
        assert "Skipped" not in found[1].text


async def test_restarted_again_and_again_around_the_due_minute_there_is_one_digest(lab: World) -> None:
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
    at(lab, "09:30")
    for _ in range(3):
        async with quick(lab):
            await told(lab, lab.bob, 1)
        lab.clock.ahead += timedelta(seconds=20)


async def test_two_bots_on_one_database_tell_one_digest(lab: World) -> None:
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        async with quick(lab):
            for day in range(3):
                at(lab, "09:30", days=int(day > 0))
                await told(lab, lab.bob, day + 1)


async def test_now_is_a_digest_besides_the_scheduled_one(lab: World) -> None:
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        await say(lab.alice, "standup now", "The digest is on its way", channel=GENERAL)
        (now,) = await told(lab, lab.bob, 1)
        assert "asked for by alice" in now.text
        at(lab, "09:30")
        scheduled = (await told(lab, lab.bob, 2))[1]
        assert "asked for" not in scheduled.text
    assert await audit(lab) == ["standup_set", "standup_now"]


async def test_the_form_offers_the_clickers_zone_and_marks_its_fields(lab: World) -> None:
    slack = lab.slack.workspaces[TEAM]
    slack.change_person(BOB, tz="Europe/Berlin")
    async with quick(lab):
        await team(lab)
        empty = await say(lab.bob, "standup", "No standup is set", channel=GENERAL)
        await lab.bob.click("standup.open", message=empty)
        form = await lab.bob.wait_view(lambda v: v.view.get("callback_id") == "standup")
        assert "Europe/Berlin" in str(form.view)
        wrong = await lab.bob.submit(form, {"timezone": "Europe/Berlim"})
        assert "Perhaps you mean Europe/Berlin" in wrong.errors["timezone"]
        right = {"time": "23:59", "days": ["0", "2"], "timezone": "europe/berlin", "skip_idle": ["skip_idle"]}
        delivery = await lab.bob.submit(form, right)
        assert delivery.errors == {}
        said = await lab.bob.wait_message(lambda m: "Standup set: 23:59, Mon, Wed (Europe/Berlin)" in m.text)
        assert "not when nothing was used" in said.text


async def test_without_a_zone_it_is_the_persons_own(lab: World) -> None:
    lab.slack.workspaces[TEAM].change_person(BOB, tz="America/New_York")
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30", "Standup set: 09:30, Mon-Fri (America/New_York)", channel=GENERAL)


async def test_guests_and_outsiders_may_not_set_it_and_admins_may_switch_it_off(lab: World) -> None:
    slack = furnish(lab)
    slack.join(GENERAL, GUS)
    slack.change_person(CAROL, is_admin=True)
    gus, carol = lab.slack.act_as(TEAM, GUS), lab.slack.act_as(TEAM, CAROL)
    async with quick(lab):
        await team(lab)
        for words in ("standup 09:30", "standup now"):
            await say(gus, words, "Only full members of the channel", channel=GENERAL)
        await say(lab.bob, "standup 09:30 UTC", "Standup set", channel=GENERAL)
        await say(gus, "standup off", "Only full members of the channel", channel=GENERAL)
        slack.join(GENERAL, CAROL)
        await say(carol, "standup off", "switched off", channel=GENERAL)
        await say(lab.bob, "standup 09:30", "type it in the channel", channel=lab.bob.dm)
    assert await audit(lab) == [
        "standup_refused",
        "standup_now_refused",
        "standup_set",
        "standup_off_refused",
        "standup_off",
    ]


async def test_where_the_bot_is_not_nothing_is_set(lab: World) -> None:
    slack = lab.slack.workspaces[TEAM]
    async with quick(lab):
        await team(lab)
        slack.kick_bot(GENERAL)
        await say(lab.bob, "standup 09:30", "Invite me", "Nothing was stored", channel=GENERAL)
    assert await lab.rows("standups") == []


async def test_who_reads_along_when_it_is_told_decides_what_is_named(lab: World) -> None:
    slack = furnish(lab)
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        at(lab, "09:30")
        (named,) = await told(lab, lab.bob, 1)
        assert "alice 60.00" in named.text
        slack.share(GENERAL, ORGA)
        slack.join(GENERAL, OLGA)
        at(lab, "09:30", days=1)
        summed = (await told(lab, lab.bob, 2))[1]
        assert "alice" not in everything(summed)
        assert "Numbers of single people are not shown" in summed.text
        assert "67.77" in summed.text


async def test_quiet_days_are_left_out_and_not_called_skipped(lab: World) -> None:
    begin(lab)
    async with lab.bot(tick=TICK, WALLTIME_POLL_INTERVAL="1h"):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai skip idle", "Standup set", channel=GENERAL)
        at(lab, "09:30")
        await told(lab, lab.bob, 1)
        at(lab, "09:29", days=1)
        for who, username in ((lab.alice, "alice"), (lab.bob, "bob")):
            await lab.link(who, username=username, lives=timedelta(days=9))  # reads the counter
        at(lab, "09:30")
        await settled(lab)
        assert len(digests(lab.bob)) == 1, "\n".join(m.text for m in digests(lab.bob))
        at(lab, "09:29", days=1)
        lab.east.set_core_hours("bob", 50)
        await say(lab.alice, "", "1,294.50", channel=GENERAL)
        await say(lab.bob, "", "50.00", channel=GENERAL)
        at(lab, "09:30")
        busy = (await told(lab, lab.bob, 2))[1]
        assert "Skipped" not in busy.text
        assert "21.98 core-hours since the last digest on Mon" in busy.text


async def test_limits_near_and_what_was_crossed_are_said(lab: World) -> None:
    begin(lab)
    async with lab.bot(tick=TICK, WALLTIME_POLL_INTERVAL="1s"):
        await team(lab)
        await say(lab.alice, "standup now", "on its way", channel=GENERAL)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        at(lab, "09:30")
        await told(lab, lab.bob, 2)
        await say(lab.bob, "limit team 100 per year at 80", "Limit set", channel=GENERAL)
        await shows(lab, "alice", 1234.5 + 85)

        async def crossed() -> bool:
            return any(row.kind == "alert" for row in await lab.rows("notices"))

        with lab.clock.fast():
            await until(crossed, bool)
        at(lab, "09:30", days=1)
        digest = (await told(lab, lab.bob, 3))[2]
        assert "80 % of a limit crossed: 100.00 core-hours per year on East, the team together" in digest.text
        assert "the team together: 92 % of 100.00 core-hours per year on East" in digest.text
        assert "limit set: 100.00 core-hours per year on East" in digest.text


async def test_a_long_team_is_told_in_one_message_and_its_thread(lab: World) -> None:
    begin(lab)
    async with quick(lab):
        await agree(lab.alice, GENERAL)
        await _crowd(lab, 80)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        at(lab, "09:30")
        (root,) = await told(lab, lab.bob, 1)
        pages = [m for m in lab.bob.messages(GENERAL) if m.text.startswith("More of the digest")]
        assert [page.thread_ts for page in pages] == [root.ts]
        tables = [block for m in (root, *pages) for block in m.blocks if block["type"] == "table"]
        names = [row[0]["text"] for block in tables for row in block["rows"][1:-1]]
        assert len(names) == len(set(names)) == 80
        assert [len(block["rows"]) - 2 for block in tables] == [25, 55]
        assert "alice" in root.text  # on the team without a link


async def test_thrown_out_whoever_set_it_up_hears_once_and_it_is_told_when_the_bot_is_back(
    lab: World,
) -> None:
    slack = lab.slack.workspaces[TEAM]
    begin(lab)
    async with quick(lab):
        await team(lab)
        await say(lab.bob, "standup 09:30 daily Asia/Shanghai", "Standup set", channel=GENERAL)
        await settled(lab)
        slack.kick_bot(GENERAL)
        at(lab, "09:30")
        heard = await lab.bob.wait_message(lambda m: "I cannot post in" in m.text)
        assert heard.channel == lab.bob.dm
        slack.invite_bot(GENERAL)
        lab.clock.ahead += timedelta(minutes=10)
        await told(lab, lab.bob, 1)
