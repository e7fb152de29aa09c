"""The one-time link page: how long it lives, what ends it, and the code that proves whose browser it was.

A page is bound to the person in Slack who asked for it, but a URL can be passed on. So the form alone links
nothing: whoever fills it in is shown a code, and only the bound person, in Slack, can type it in. A page sent
to somebody else ends there, because its sender cannot see the other's screen.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.errors import (
    LinkPageCancelled,
    LinkPageConfirmed,
    LinkPageExpired,
    LinkPageOfAnother,
    LinkPageUsed,
    LinkPageVoid,
)
from bot.domain.people import Person
from bot.domain.secret import Secret

PAGE_LIVES: Final = timedelta(minutes=10)
CONFIRM_WITHIN: Final = timedelta(minutes=10)
# An ended page can still say why it is ended.
REMEMBERED: Final = timedelta(days=1)
NAME_BYTES: Final = 32
# A person mistypes a few times; a script would hammer the cluster through the page.
MOST_ASKINGS: Final = 10
MOST_CODE_TRIES: Final = 3
CODE_LENGTH: Final = 6
# Without the look-alikes 0 and O, 1, I and L.
CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class PageState(StrEnum):
    """How far a page has come; time ends it in every state."""

    OPEN = "open"
    ASKED = "asked"  # filled in; the bound person is asked in Slack
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    VOID = "void"  # too many wrong codes, or too many tries of the form


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkPage:
    """One page. `cluster` is preselected until the form is sent, then the one chosen.

    `browser` names the browser that sent the form, by a digest; `username` is what its token proved.
    """

    page_id: str
    person: Person
    person_name: str
    workspace_name: str
    cluster: str | None
    expires_at: datetime
    state: PageState = PageState.OPEN
    browser: str | None = None
    username: str = ""


def check_open(page: LinkPage, *, now: datetime) -> None:
    """Let a form be shown or sent; raises the LinkPageOver that says why not."""
    _check_going_on(page, now=now)
    if page.state is PageState.ASKED:
        raise LinkPageUsed


def check_asked(page: LinkPage, person: Person, *, now: datetime) -> None:
    """Let this person confirm or cancel; raises LinkPageOfAnother or a LinkPageOver."""
    if page.person != person:
        raise LinkPageOfAnother
    _check_going_on(page, now=now)


def _check_going_on(page: LinkPage, *, now: datetime) -> None:
    match page.state:
        case PageState.CONFIRMED:
            raise LinkPageConfirmed
        case PageState.CANCELLED:
            raise LinkPageCancelled
        case PageState.VOID:
            raise LinkPageVoid
    if page.expires_at <= now:
        raise LinkPageExpired


def digest_of(name: Secret) -> str:
    """Return what is stored of a page's one-time name, or of a browser's ticket."""
    return hashlib.sha256(name.reveal().encode()).hexdigest()


def is_code(typed: str, code: Secret) -> bool:
    """Tell whether a person typed the code, in whatever case, spacing and width of letters."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    letters = "".join(letter for letter in plain if letter.isalnum())
    return hmac.compare_digest(letters.encode(), code.reveal().encode())


def spelled(code: Secret) -> str:
    """Return the code as people read it: in two halves."""
    letters = code.reveal()
    half = len(letters) // 2
    return f"{letters[:half]}-{letters[half:]}"
