"""The words of `history [@person|team] [7d|14d|30d|90d]`, and of its buttons."""

import re
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.errors import HistoryWordUnknown
from bot.domain.history import DEFAULT_SPAN, SPANS

_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_TOKEN: Final = re.compile(r"<[^>]*>|\S+")
_SPANS: Final = {name: span for span in SPANS for name in (f"{span}d", f"{span}天", str(span))}
_ONESELF: Final = frozenset({"", "me", "my", "我", "我的"})
_TEAM: Final = "team"  # as it is written
_TEAMS: Final = frozenset({_TEAM, "团队"})


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryWish:
    """Whose history, of how many days; mine if it is neither a user's nor the team's.

    `cluster` None is the one with the most use.
    """

    user: str | None = None
    team: bool = False
    span: int = DEFAULT_SPAN
    cluster: str | None = None

    def of_others(self, asker: str) -> bool:
        """Tell whether it takes more than one's own days."""
        return self.team or self.user not in {None, asker}

    def write(self) -> str:
        """Write it as a button's value."""
        whose = _TEAM if self.team else self.user or ""
        return f"{self.span}/{whose}/{self.cluster or ''}"

    @classmethod
    def read(cls, value: str) -> Self:
        """Read a button's value; what is not one of ours is my own history."""
        span, _, rest = value.partition("/")
        whose, _, cluster = rest.partition("/")
        return cls(
            user=whose if whose not in {"", _TEAM} else None,
            team=whose == _TEAM,
            span=_SPANS.get(span, DEFAULT_SPAN),
            cluster=cluster or None,
        )


def parse_history(text: str) -> HistoryWish:
    """Read what follows `history`, as Slack gave it (mentions keep their capitals).

    Raises HistoryWordUnknown with the first word that does not fit.
    """
    user, team, span = None, False, None
    whose_given = False
    for word in _TOKEN.findall(text):
        plain = word.casefold()
        mention = _MENTION.fullmatch(word)
        if plain in _SPANS and span is None:
            span = _SPANS[plain]
        elif not whose_given and (mention or plain in _TEAMS | _ONESELF):
            whose_given = True
            user, team = (mention.group(1) if mention else None), plain in _TEAMS
        elif plain not in {"d", "day", "days", "天"} or span is None:
            raise HistoryWordUnknown(word)
    return HistoryWish(user=user, team=team, span=DEFAULT_SPAN if span is None else span)
