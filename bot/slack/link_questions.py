"""The question that a link page needs answered, as a direct message."""

from collections.abc import Callable, Sequence

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.clusters import Cluster, named
from bot.domain.errors import QuestionNotAsked
from bot.domain.link_pages import LinkPage
from bot.slack.client import error_code
from bot.slack.tongues import Tongues
from bot.views.language import spoken_in
from bot.views.link_offer import link_question


class SlackLinkQuestions:
    """`LinkQuestions` by direct message: unlike an ephemeral one it is there on every device."""

    def __init__(
        self, client_for: Callable[[str], AsyncWebClient], clusters: Sequence[Cluster], tongues: Tongues
    ) -> None:
        self._client_for = client_for
        self._tongues = tongues
        self._clusters = clusters

    async def ask(self, page: LinkPage) -> None:
        """Post it once, in the person's language; whoever fills in the page hears at once if that fails."""
        cluster = named(page.cluster, self._clusters)
        label = cluster.label if cluster is not None else page.cluster or ""
        message = spoken_in(await self._tongues.of(page.person), link_question)(page, label)
        try:
            client = self._client_for(page.person.workspace)
            await client.chat_postMessage(channel=page.person.user, **message.to_slack())
        except SlackApiError as error:
            raise QuestionNotAsked(error_code(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise QuestionNotAsked(type(error).__name__) from error
