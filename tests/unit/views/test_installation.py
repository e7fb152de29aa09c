"""What whoever installed the app hears and sees."""

from datetime import timedelta

import pytest

from bot.domain.installations import InstallNews
from bot.playground.slack.check import faults_of_message
from bot.slack.manifest import SCOPES
from bot.views.installation import installation_message, lacking_sentence, unserved_sentence
from bot.views.language import CHINESE, ENGLISH, Language, speaking, spoken_in
from bot.views.losses import loss, losses
from tests.unit.kit import NOW
from tests.unit.views.test_chinese_answers import english_in

URL = "https://bot.example/slack/install"
NEWS = [InstallNews(missing=tuple(SCOPES)), InstallNews(ends_at=NOW + timedelta(hours=4))]


def test_every_scope_has_a_loss_of_its_own() -> None:
    assert len({loss(scope) for scope in (*SCOPES, "new:scope")}) == len(SCOPES) + 1


@pytest.mark.parametrize("news", NEWS, ids=["missing", "ends"])
@pytest.mark.parametrize("language", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("url", [URL, None], ids=["oauth", "own-token"])
def test_the_installer_hears_what_is_wrong_and_where_to_put_it_right(
    news: InstallNews, language: Language, url: str | None
) -> None:
    message = spoken_in(language, installation_message)(news, install_url=url)
    assert faults_of_message(message.to_slack()) == []
    assert (URL in message.text) is (url is not None)
    assert ("walltime-bot manifest" in message.text) is (url is None)
    with speaking(language):
        for scope, lost in losses(news.missing):
            assert f"{lost} (`{scope}`)" in message.text
    if language is CHINESE:
        assert english_in(message.text) == []


def test_who_asks_for_more_than_was_granted_hears_what_is_missing() -> None:
    assert "`files:write`" in lacking_sentence("files:write", install_url=URL)
    assert URL in unserved_sentence(install_url=URL)
