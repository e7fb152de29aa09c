"""The tree of errors."""

import inspect
import re

from bot.domain import errors
from bot.domain.errors import WalltimeError

CLASSES = {
    name: found
    for name, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, Exception) and found.__module__ == errors.__name__
}


def drawn_tree() -> dict[str, str | None]:
    """Read the docstring's drawing: each name with the one it hangs on."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"((?:│   |    )*)(├── |└── )?([A-Z]\w+)\b", line)
        if match and match[3] in CLASSES:
            depth = len(match[1]) // 4 + bool(match[2])
            parents[match[3]] = path[depth - 1] if depth else None
            path[depth:] = [match[3]]
    return parents


def test_every_error_stands_in_the_tree_where_it_hangs_in_the_code() -> None:
    assert drawn_tree() == {
        name: None if found is WalltimeError else found.__bases__[0].__name__
        for name, found in CLASSES.items()
    }


def test_every_error_has_one_parent_and_says_what_it_means() -> None:
    for name, found in CLASSES.items():
        assert len(found.__bases__) == 1, name
        assert found.__doc__, name
