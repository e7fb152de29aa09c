"""Secrets in memory, and what looks like one in text."""

import re

# Three dot-separated base64url parts (JWT), Slack's own tokens, long hex (access and secret keys).
_CERTAIN = (
    r"eyJ[\w-]{8,}(?:\.[\w-]*)*"
    r"|xox[a-z](?:\.xox[a-z])?-[\w-]{8,}"
    r"|xapp-[\w-]{8,}"
    r"|(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"
)
# Only ASCII counts as part of a token: a key right behind Chinese text is still a key.
# No command of ours has a long run of base64 in it.
_IN_COMMANDS = re.compile(_CERTAIN + r"|(?<![\w-])[\w+/-]{40,}={0,2}", re.ASCII)
# In a log such a run may be a path: it lacks mixed case, a digit or a long stretch without a slash.
_IN_LOGS = re.compile(
    _CERTAIN
    + r"|(?<![\w-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)(?=[\w+/-]*[\w+-]{20})[\w+/-]{40,}={0,2}",
    re.ASCII,
)
MASK = "[secret]"


class Secret:
    """A string whose repr, str and format never show it; `reveal()` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; call it only where it leaves for its rightful receiver."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


def looks_secret(text: str) -> bool:
    """Tell whether a text holds something shaped like a token or a key."""
    return _IN_COMMANDS.search(text) is not None


def mask_secrets(text: str) -> str:
    """Return the text with everything token-shaped replaced."""
    return _IN_LOGS.sub(MASK, text)
