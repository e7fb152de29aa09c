"""Forms and questions of linking, for somebody whose Slack is in Chinese."""

from dataclasses import replace

import pytest

from tests.integration.test_access_keys import bot as bot_with_keys
from tests.integration.test_access_keys import fill
from tests.link_page_kit import HERE, ask_for_page, question_to, type_code, visiting
from tests.world import ALICE, TEAM, World


@pytest.fixture
def chinese(lab: World) -> World:
    slack = lab.slack.workspaces[TEAM]
    slack.people[ALICE] = replace(slack.people[ALICE], locale="zh-CN")
    return lab


async def test_the_forms_for_keys_and_tokens_and_their_errors_are_in_chinese(chinese: World) -> None:
    async with bot_with_keys(chinese):
        refused = await fill(chinese, secret_key="no key")
        form = chinese.alice.views[-1]
        assert form.view["callback_id"] == "link.by_key"
        assert (form.view["title"]["text"], form.view["submit"]["text"]) == ("绑定集群", "绑定")
        assert refused.errors["secret_key"].startswith("请完整粘贴")
        await chinese.alice.click("link.by_token", view=form)
        form = await chinese.alice.wait_view(
            lambda v: v.view.get("callback_id") == "link" and "submit" in v.view
        )
        assert form.view["title"]["text"] == "绑定集群"


async def test_the_question_is_in_slack_s_language_whatever_the_browser_speaks(chinese: World) -> None:
    async with chinese.bot(WALLTIME_PUBLIC_URL=HERE) as bot, visiting(bot) as browser:
        shown = await browser.fill_in(await ask_for_page(chinese.alice), chinese.east.token("alice"))
        assert "Confirm in Slack" in shown.seen
        question = await question_to(chinese.alice)
        assert "请求把 *East* 上的 *alice* 绑定到您" in question.text
        wrong = await type_code(chinese.alice, question, "AAAAAA")
        assert wrong.errors["code"].endswith("剩余次数：2。")  # noqa: RUF001 (the Chinese colon)
        await chinese.alice.close_view(chinese.alice.views[-1])
        assert (await type_code(chinese.alice, question, shown.code)).errors == {}
        await chinese.alice.wait_view(lambda v: "您已绑定 *East* 上的 *alice*" in str(v.view))
