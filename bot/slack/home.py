"""The Home tab is drawn anew when it is opened and whenever what it shows changed."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import NotLinked
from bot.domain.people import Person
from bot.slack.desk import Desk
from bot.views.home import home_view
from bot.views.language import speaking


async def publish_home(desk: Desk, person: Person, client: AsyncWebClient) -> None:
    """Draw a person's Home tab as of now."""
    with speaking(await desk.tongues.of(person)):
        await _publish(desk, person, client)


async def _publish(desk: Desk, person: Person, client: AsyncWebClient) -> None:
    try:
        answers = await desk.answer_usage(person, now=desk.clock())
    except NotLinked:
        answers = ()
    status = await desk.show_status(person, None)
    view = home_view(answers, status.links, now=desk.clock(), command=desk.command)
    await client.views_publish(user_id=person.user, view=view)
