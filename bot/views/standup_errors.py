"""What is wrong with a word of `standup …`, or with a field of its form."""

from bot.domain.errors import (
    HolidaysUnknown,
    StandupDaysWrong,
    StandupTimeMissing,
    StandupTimeWrong,
    StandupWrong,
    StandupZoneUnknown,
)
from bot.views.format import region
from bot.views.language import tr


def standup_fault(error: StandupWrong) -> str:
    """Name the wrong word of a standup, in plain text."""
    match error:
        case StandupTimeMissing():
            return tr("I need the local time of the digest, from 00:00 to 23:59.")
        case StandupTimeWrong():
            return tr("“{word}” is not a time of day: write it from 00:00 to 23:59.", word=error.word)
        case StandupDaysWrong(word=""):
            return tr("Choose at least one day of the week.")
        case StandupDaysWrong():
            return tr(
                "“{word}” is not days of the week: write mon-fri, mon,wed,fri, sat or daily.", word=error.word
            )
        case StandupZoneUnknown(nearest=()):
            return tr(
                "I know no time zone “{word}”: write its IANA name, such as Asia/Shanghai.", word=error.word
            )
        case StandupZoneUnknown():
            return tr(
                "I know no time zone “{word}”. Perhaps you mean {names}.",
                word=error.word,
                names=tr(" or ").join(error.nearest),
            )
        case HolidaysUnknown(nearest=()):
            return tr(
                "I know no country “{word}” and its holidays: write its name or its two letters, such as CN.",
                word=error.word,
            )
        case HolidaysUnknown():
            return tr(
                "I know no country “{word}” and its holidays. Perhaps you mean {names}.",
                word=error.word,
                names=tr(" or ").join(f"{code} ({region(code)})" for code in error.nearest),
            )
        case _:
            return tr("I do not understand “{word}” there.", word=error.word)
