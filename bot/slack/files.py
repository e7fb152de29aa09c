"""Files for one person. They go to the direct message: an answer that only one person sees carries none."""

import aiohttp
from prometheus_client import Counter
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import FileRefused
from bot.slack.client import error_code

FILES = Counter("walltime_slack_files_total", "Files sent to people, by outcome.", ["outcome"])


async def send_file(
    client: AsyncWebClient, user: str, content: bytes, *, name: str, title: str, alt: str, comment: str
) -> None:
    """Send a file to somebody's direct message; raises FileRefused."""
    try:
        opened = await client.conversations_open(users=user)
        await client.files_upload_v2(
            channel=opened["channel"]["id"],
            content=content,
            filename=name,
            title=title,
            alt_txt=alt,
            initial_comment=comment,
        )
    except SlackApiError as error:
        raise _refused(error_code(error)) from error
    except (SlackRequestError, aiohttp.ClientError, TimeoutError, OSError) as error:
        # The SDK's text of a refused upload has the answer's body in it: the kind is enough.
        raise _refused(type(error).__name__) from error
    FILES.labels("ok").inc()


def _refused(reason: str) -> FileRefused:
    FILES.labels(reason).inc()
    return FileRefused(reason)
