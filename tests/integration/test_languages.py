"""`lang`: who chooses for whom, and what Slack's own setting does without a choice."""

from dataclasses import replace

from tests.alerts_kit import say
from tests.world import ALICE, BOB, GENERAL, World, until

GUS = "U0GUS"


async def test_a_person_is_spoken_to_in_slacks_language_until_they_choose(lab: World) -> None:
    slack = lab.slack.workspaces["T0LAB"]
    slack.people[BOB] = replace(slack.people[BOB], locale="zh-CN")
    async with lab.bot():
        await say(lab.alice, "lang", "English")
        await say(lab.bob, "lang", "中文")
        await say(lab.bob, "lang en", "English")
        await say(lab.bob, "语言 auto", "中文")
        await say(lab.alice, "lang zh", "中文")
        assert len([call for call in lab.slack.calls if call.method == "users.info"]) <= 2
        refused = await say(lab.alice, "lang fr", "fr")
        assert "zh" in refused.text
    async with lab.bot():
        await say(lab.alice, "lang", "中文")


async def test_who_changes_their_language_in_slack_is_spoken_to_in_it_at_once_and_after_a_restart(
    lab: World,
) -> None:
    slack = lab.slack.workspaces["T0LAB"]
    async with lab.bot():
        await lab.link(lab.alice)
        slack.change_person(ALICE, locale="zh-CN")

        async def stored() -> str:
            (row,) = await lab.rows("people")
            return str(row.locale)

        await until(stored, lambda locale: locale == "zh-CN")
        await say(lab.alice, "lang", "中文")
    asked = [call.method for call in lab.slack.calls].count("users.info")
    async with lab.bot():
        await say(lab.alice, "lang", "中文")
    assert [call.method for call in lab.slack.calls].count("users.info") == asked


async def test_a_channels_language_is_chosen_by_full_members(lab: World) -> None:
    slack = lab.slack.workspaces["T0LAB"]
    slack.add_person(GUS, name="gus", is_restricted=True)
    slack.join(GENERAL, GUS)
    gus = lab.slack.act_as("T0LAB", GUS)
    async with lab.bot():
        await say(gus, "lang channel zh", "Only full members")
        await say(lab.alice, "lang channel zh", "channel", channel=lab.alice.dm)
        assert await lab.rows("languages") == []
        await say(lab.alice, "lang channel zh", "中文")
        assert [(row.kind, row.place_id, row.code) for row in await lab.rows("languages")] == [
            ("channel", GENERAL, "zh")
        ]
        await say(lab.alice, "lang channel auto", "English")
        assert await lab.rows("languages") == []
        assert [row.detail for row in await lab.rows("audit") if row.action == "language_chosen"] == [
            "zh",
            "auto",
        ]
