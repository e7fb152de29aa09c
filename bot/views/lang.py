"""`lang`: which language is spoken, and that another one is."""

from bot.views.kit import Message, say
from bot.views.language import LANGUAGES, spoken, tr


def language_message(*, command: str) -> Message:
    """Say which language this person is spoken to in, and how to choose."""
    names = tr(", ").join(f"{one.name} (`{command} lang {one.code}`)" for one in LANGUAGES)
    return say(
        tr(
            "I speak {language} with you. Choose: {names}; `{command} lang auto` follows your Slack, and "
            "`{command} lang channel zh` is for what I post in this channel.",
            language=spoken().name,
            names=names,
            command=command,
        )
    )


def language_chosen_message(channel: str | None) -> Message:
    """Say in the language chosen that it is."""
    if channel is None:
        return say(tr("I speak {language} with you now.", language=spoken().name))
    return say(tr("In <#{channel}> I post in {language} now.", channel=channel, language=spoken().name))
