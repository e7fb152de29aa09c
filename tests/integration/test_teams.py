"""`join`, `team`, `@person` and posting the table."""

from datetime import timedelta

from bot.domain.people import Link, Person
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.ports.alerting import Polled
from bot.store.engine import Database
from bot.store.links import SqlLinks
from bot.store.polls import SqlPolls
from bot.store.teams import SqlTeams
from bot.wiring.keys import key_ring
from tests.alerts_kit import TICK
from tests.integration.team_kit import CAROL, GUS, agree, everything, furnish, say, team_works
from tests.world import BOB, GENERAL, TEAM, World


async def test_joining_says_exactly_who_will_see_what(lab: World) -> None:
    slack = furnish(lab)
    async with lab.bot(tick=TICK):
        question = await say(lab.bob, "join", "Join the team of <#C0GENERAL>?", channel=GENERAL)
        assert "everybody in this workspace, its 2 members first (the channel is public)" in question.text
        assert "your username on each linked cluster, your core-hours" in question.text
        slack.join(GENERAL, GUS)
        await lab.bob.click("team.join.confirm", message=question)
        again = await lab.bob.wait_message(lambda m: "among them 1 guest" in m.text)
        assert "Join the team" in again.text
        assert await lab.rows("team_members") == []
        await lab.bob.click("team.join.confirm", message=again)
        await lab.bob.wait_message(lambda m: "You are in the team of <#C0GENERAL> now" in m.text)
        await say(lab.bob, "join", "already", channel=GENERAL)
        await say(lab.bob, "leave", "You have left", channel=GENERAL)
        await say(lab.bob, "leave", "You are not in the team", channel=GENERAL)
        await say(lab.bob, "join", "type it in the channel", channel=lab.bob.dm)


async def test_the_team_is_a_table_that_can_be_posted(lab: World) -> None:
    slack = furnish(lab)
    slack.join(GENERAL, CAROL)
    carol = lab.slack.act_as(TEAM, CAROL)
    async with lab.bot(tick=TICK):
        await say(carol, "team", "Nobody has joined the team of <#C0GENERAL> yet", channel=GENERAL)
        await agree(carol, GENERAL)
        await say(carol, "team", "1 person has joined", "has not linked a cluster yet", channel=GENERAL)
        await team_works(lab, GENERAL)
        await agree(lab.alice, GENERAL)
        await agree(lab.bob, GENERAL)
        shown = await say(
            carol, "team", "Team of <#C0GENERAL> on East", "67.77 core-hours used together", channel=GENERAL
        )
        assert shown.ephemeral_for == CAROL
        rows = [[cell["text"] for cell in row] for row in shown.blocks[1]["rows"]]
        names = [row[0].split(",")[0] for row in rows]
        assert names == ["Person", "alice", "bob", "2 people together"]
        assert [row[1] for row in rows[1:]] == ["60.00", "7.77", "67.77"]
        assert "On the team without a link to any cluster: carol." in shown.text
        await say(lab.alice, "limit team 100 per month", "Limit set", channel=GENERAL)
        shown = await say(carol, "team", "67 % of the team's limit of 100.00", channel=GENERAL)
        await carol.click("team.post", message=shown)
        posted = await lab.bob.wait_message(lambda m: "Posted by carol" in m.text, channel=GENERAL)
        assert posted.ephemeral_for is None
        assert all(block["type"] != "actions" for block in posted.blocks)
        await carol.wait_message(lambda m: "The table is on its way to <#C0GENERAL>" in m.text)


async def test_who_leaves_the_channel_leaves_its_team_and_joins_anew_when_back(lab: World) -> None:
    slack = furnish(lab)
    async with lab.bot(tick=TICK):
        await team_works(lab, GENERAL)
        await agree(lab.alice, GENERAL)
        await agree(lab.bob, GENERAL)
        slack.leave(GENERAL, BOB)
        told = await lab.bob.wait_message(lambda m: "so I took you off its team" in m.text)
        assert told.channel == lab.bob.dm
        shown = await say(lab.alice, "team", "Team of", "60.00 core-hours used together", channel=GENERAL)
        assert "bob" not in everything(shown)
        slack.join(GENERAL, BOB)
        await say(lab.alice, "@bob", "bob has not joined this channel's team", channel=GENERAL)
        await agree(lab.bob, GENERAL)
        await say(lab.alice, "team", "67.77 core-hours used together", channel=GENERAL)


async def test_a_teammate_is_asked_about_by_mention_or_username(lab: World) -> None:
    furnish(lab).join(GENERAL, CAROL)
    carol = lab.slack.act_as(TEAM, CAROL)
    async with lab.bot(tick=TICK):
        await team_works(lab, GENERAL)
        await say(lab.bob, "limit 40 per month", "Limit set", channel=lab.bob.dm)
        await say(carol, "@bob", "bob has not joined this channel's team", "“join”", channel=GENERAL)
        await say(carol, "bob", "bob has not joined this channel's team", channel=GENERAL)
        await agree(lab.bob, GENERAL)
        for words in ("@bob", "bob", "BOB"):
            shown = await say(
                carol, words, "bob shares with <#C0GENERAL>", "28.02 core-hours used", channel=GENERAL
            )
            # A limit of their own is theirs alone.
            assert "40.00" not in everything(shown)
            assert "usage.refresh" not in everything(shown)
        await say(lab.bob, "@bob", "28.02", "of 40.00 core-hours", channel=GENERAL)
        await say(lab.bob, "bob", "28.02", "of 40.00 core-hours", channel=lab.bob.dm)
        await say(carol, "@bob", "type it in the channel", channel=carol.dm)
        await say(carol, "bob", "I do not understand “bob”", channel=carol.dm)
        await say(carol, "@nobody", "“@nobody” is not a person of this workspace", channel=GENERAL)
        await say(carol, "stauts", "Did you mean `/walltime status`?", channel=GENERAL)
        await agree(carol, GENERAL)
        await say(lab.bob, "@carol", "carol is in this channel's team, but has not linked", channel=GENERAL)


async def test_a_long_team_is_paged_and_its_posted_pages_are_one_thread(lab: World) -> None:
    furnish(lab)
    async with lab.bot(tick=TICK):
        await lab.link(lab.alice)
        await agree(lab.alice, GENERAL)
        await _crowd(lab, 132)
        shown = await say(lab.alice, "team", "Team of", channel=GENERAL)
        assert "page 1 of 3" in everything(shown)
        assert "133 people together" in everything(shown)
        await lab.alice.click("team.next", message=shown)
        second = await lab.alice.wait_message(lambda m: "page 2 of 3" in everything(m))
        await lab.alice.click("team.previous", message=second)
        await lab.alice.wait_message(lambda m: "page 1 of 3" in everything(m))
        await lab.alice.click("team.post", message=second)
        first = await lab.bob.wait_message(lambda m: "page 1 of 3 " in everything(m), channel=GENERAL)
        last = await lab.bob.wait_message(lambda m: "user131" in everything(m), channel=GENERAL)
        assert last.thread_ts == first.ts
        names = everything(shown) + everything(second) + everything(last)
        assert all(f"user{n:03}" in names for n in range(132))
        said = (call.method for call in lab.slack.calls)
        assert sum(method == "users.info" for method in said) < 20


async def _crowd(lab: World, size: int) -> None:
    """Put many linked people on the team, as if they had all gone the long way."""
    slack, settings = lab.slack.workspaces[TEAM], lab.settings()
    database = Database(settings.database_url)
    links = SqlLinks(database, key_ring(settings.secret_keys, settings.data_dir))
    teams, polls = SqlTeams(database), SqlPolls(database)
    (consent,) = (await teams.consents(TEAM, GENERAL)).values()
    for n in range(size):
        user, username = f"U1N{n:03}", f"user{n:03}"
        slack.add_person(user, name=f"<!channel> {n}", real_name="محمد")
        slack.channel(GENERAL).members.add(user)
        lab.east.add_user(username, core_hours=n)
        person, now = Person(workspace=TEAM, user=user), lab.clock()
        link = Link(
            person=person,
            cluster="east",
            username=username,
            link_id=f"{n:032x}",
            linked_at=now,
            token_expires_at=None,
        )
        reading = Reading(core_hours=n, at=now, confirmed_at=now)
        stored = await links.record(link, token=Secret(lab.east.token(username)), reading=reading)
        # Polled in half an hour: the tests that want a crowd want its tables.
        polled = Polled(link=stored, planned_gap=timedelta(minutes=10))
        await polls.plan(polled, next_at=now + timedelta(minutes=30), notice=None)
        await teams.join(person, GENERAL, consent=consent, now=now)
    await database.close()
