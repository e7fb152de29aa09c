"""`help`, and the answer to what was not understood."""

from slackblocks import Button, SectionBlock

from bot.domain.commands import WORDS, ShowHelp, Word
from bot.views.format import escape
from bot.views.kit import USAGE_REFRESH, Message, buttons, link_button, small_print
from bot.views.language import CHINESE, paragraph, spoken, tr


def help_message(wanted: ShowHelp, *, command: str) -> Message:
    """Draw all words, or one; begin with what was not understood and the nearest word."""
    if wanted.word is not None:
        line = _line(wanted.word, command)
        return Message(text=line, blocks=(SectionBlock(line),))
    start = f"{paragraph(_not_understood(wanted, command))}\n" if wanted.unknown is not None else ""
    first = tr("`{command}` your core-hours on each linked cluster", command=command)
    lines = "\n".join([first, *(_line(word, command) for word in WORDS)])
    return Message(
        text="".join([start, tr("You can type:"), "\n", lines]),
        blocks=(
            SectionBlock("".join([start, tr("*You can type*"), "\n", lines])),
            buttons(Button(text=tr("My core-hours"), action_id=USAGE_REFRESH), link_button()),
            small_print(tr("Only you see these answers.")),
        ),
    )


def does(word: Word) -> str:
    """Say what a word does, in one line."""
    return {
        "history": tr("core-hours per day: a chart, a table and a CSV file"),
        "link": tr("link your username on a cluster, with its API token"),
        "unlink": tr(
            "forget your token and readings, after a confirmation; admins also those of somebody else"
        ),
        "limit": tr("your limits and this channel's: list, set, remove"),
        "alerts": tr("open alerts; `test` sends one through the real path"),
        "team": tr("this channel's team: who used how much; `@person` or a username for one"),
        "join": tr("share your username and core-hours with this channel"),
        "leave": tr("stop sharing them with this channel"),
        "standup": tr("this channel's digest: show, set, send now, see before, switch off"),
        "status": tr("your links, their tokens and last readings, and your support id"),
        "lang": tr("the language of what only you see, or of this channel"),
        "help": tr("what you can type, or more on one word"),
    }[word.name]


def _not_understood(wanted: ShowHelp, command: str) -> list[str]:
    said = [tr("I do not understand “{words}”.", words=escape((wanted.unknown or "")[:80]))]
    if wanted.nearest is not None:
        meant = tr("Did you mean `{command} {word}`?", command=command, word=wanted.nearest.name)
        said.append(meant)
    return said


def _line(word: Word, command: str) -> str:
    """Say how a word is typed, to who is spoken to in Chinese also in Chinese, and what it does."""
    typed = [f"{word.name} {word.arguments}".strip()]
    if spoken() is CHINESE:
        typed.append(word.chinese[0])
    return " ".join([*(f"`{command} {way}`" for way in typed), does(word)])
