"""`help`, and the answer to what was not understood."""

from slackblocks import Button, SectionBlock

from bot.domain.commands import WORDS, ShowHelp, Word
from bot.views.format import escape
from bot.views.kit import USAGE_REFRESH, Message, buttons, link_button, small_print


def help_message(wanted: ShowHelp, *, command: str) -> Message:
    """Draw all words, or one; begin with what was not understood and the nearest word."""
    if wanted.word is not None:
        line = _line(wanted.word, command)
        return Message(text=line, blocks=(SectionBlock(line),))
    start = ""
    if wanted.unknown is not None:
        start = f"I do not understand “{escape(wanted.unknown[:80])}”."
        if wanted.nearest is not None:
            start += f" Did you mean `{command} {wanted.nearest.name}`?"
        start += "\n"
    lines = [f"`{command}` your core-hours on each linked cluster", *(_line(word, command) for word in WORDS)]
    return Message(
        text=start + "You can type:\n" + "\n".join(lines),
        blocks=(
            SectionBlock(f"{start}*You can type*\n" + "\n".join(lines)),
            buttons(Button(text="My core-hours", action_id=USAGE_REFRESH), link_button()),
            small_print("Only you see these answers."),
        ),
    )


def _line(word: Word, command: str) -> str:
    typed = f"{command} {word.name} {word.arguments}".strip()
    return f"`{typed}` {word.does}"
