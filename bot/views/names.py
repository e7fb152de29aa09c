"""Names that people gave themselves, drawn as text: they ping nobody and break nothing around them."""

import unicodedata
from typing import Final

from bot.views.format import escape

LONGEST_NAME: Final = 40
# A right-to-left name stands in an isolate of its own: it turns nothing around it.
_TURNS: Final = frozenset({"R", "AL", "AN"})
_NAMELESS: Final = "?"
_ISOLATE: Final = "\u2068"
_END: Final = "\u2069"
# Letters that are drawn as nothing, or turn what follows. The joiners are kept: emoji and scripts need them.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")


def shown_name(name: str, *, most: int = LONGEST_NAME) -> str:
    """Return a name for a place that knows no markup, such as a cell of a table."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in name
        if letter.isspace() or letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN
    )
    plain = " ".join(seen.split()) or _NAMELESS
    short = plain if len(plain) <= most else f"{plain[: most - 1]}…"
    turns = any(unicodedata.bidirectional(letter) in _TURNS for letter in short)
    return f"{_ISOLATE}{short}{_END}" if turns else short


def said_name(name: str, *, most: int = LONGEST_NAME) -> str:
    """Return a name for a sentence in Slack's markup."""
    return escape(shown_name(name, most=most))
