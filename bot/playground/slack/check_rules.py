"""Small rules from which the rules for every block are put together.

A rule is given a value and its JSON pointer and yields what is wrong with it.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One fault: where it is (a JSON pointer) and what Slack says of it."""

    pointer: str
    text: str


Refusals = Iterator[Refusal]
Rule = Callable[[Any, str], Refusals]


def refuse(pointer: str, text: str) -> Refusals:
    """Yield one refusal."""
    yield Refusal(pointer=pointer, text=text)


def anything(_value: Any, _pointer: str) -> Refusals:
    """Let every value pass."""
    yield from ()


def boolean(value: Any, pointer: str) -> Refusals:
    """Ask for true or false."""
    if not isinstance(value, bool):
        yield from refuse(pointer, "must be a boolean")


def string(most: int | None = None, *, least: int = 1, pattern: str | None = None) -> Rule:
    """Ask for text of a length, and of a form if `pattern` is given."""
    form = None if pattern is None else re.compile(pattern)

    def rule(value: Any, pointer: str) -> Refusals:
        if not isinstance(value, str):
            yield from refuse(pointer, "must be a string")
        elif len(value) < least:
            yield from refuse(pointer, f"must be more than {least - 1} characters")
        elif most is not None and len(value) > most:
            yield from refuse(pointer, f"must be less than {most + 1} characters")
        elif form is not None and not form.fullmatch(value):
            yield from refuse(pointer, f"must match {form.pattern}")

    return rule


def number(*, whole: bool = False, least: float | None = None, most: float | None = None) -> Rule:
    """Ask for a finite number in a range."""
    kind = "an integer" if whole else "a number"

    def rule(value: Any, pointer: str) -> Refusals:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
            yield from refuse(pointer, f"must be {kind}")
        elif least is not None and value < least:
            yield from refuse(pointer, f"must be greater than or equal to {least:g}")
        elif most is not None and value > most:
            yield from refuse(pointer, f"must be less than or equal to {most:g}")

    return rule


def one_of(*values: str) -> Rule:
    """Ask for one of some words."""

    def rule(value: Any, pointer: str) -> Refusals:
        if not isinstance(value, str) or value not in values:
            yield from refuse(pointer, f"must be one of: {', '.join(values)}")

    return rule


def listing(rule_of_item: Rule, *, least: int = 1, most: int | None = None) -> Rule:
    """Ask for a list of so many items, each by the same rule."""

    def rule(value: Any, pointer: str) -> Refusals:
        if not isinstance(value, list):
            yield from refuse(pointer, "must be an array")
            return
        if len(value) < least:
            yield from refuse(pointer, f"no fewer than {least} items allowed")
        if most is not None and len(value) > most:
            yield from refuse(pointer, f"no more than {most} items allowed")
        for place, item in enumerate(value):
            yield from rule_of_item(item, f"{pointer}/{place}")

    return rule


def mapping(needed: Mapping[str, Rule], allowed: Mapping[str, Rule] | None = None) -> Rule:
    """Ask for an object with some properties, some more if wanted, and no others."""
    known = {**needed, **(allowed or {})}

    def rule(value: Any, pointer: str) -> Refusals:
        if not isinstance(value, dict):
            yield from refuse(pointer, "must be an object")
            return
        for name in needed:
            if name not in value:
                yield from refuse(pointer, f"missing required field: {name}")
        for name, inner in value.items():
            if name not in known:
                yield from refuse(pointer, f"invalid additional property: {name}")
            else:
                yield from known[name](inner, f"{pointer}/{name}")

    return rule


def by_type(rules: Mapping[str, Rule]) -> Rule:
    """Ask for an object whose `type` says by which rule it goes."""

    def rule(value: Any, pointer: str) -> Refusals:
        if not isinstance(value, dict):
            yield from refuse(pointer, "must be an object")
        elif "type" not in value:
            yield from refuse(pointer, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in rules:
            yield from refuse(f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            yield from rules[value["type"]](value, pointer)

    return rule


def every(*rules: Rule) -> Rule:
    """Ask for what all rules ask for; the later ones only speak when the earlier found nothing."""

    def rule(value: Any, pointer: str) -> Refusals:
        for each in rules:
            found = list(each(value, pointer))
            yield from found
            if found:
                return

    return rule


def exactly_one(*names: str) -> Rule:
    """Ask for one, and only one, of some properties."""

    def rule(value: Any, pointer: str) -> Refusals:
        if sum(name in value for name in names) != 1:
            yield from refuse(pointer, f"must define either {' or '.join(f'`{name}`' for name in names)}")

    return rule


def at_least_one(*names: str) -> Rule:
    """Ask for one or more of some properties."""

    def rule(value: Any, pointer: str) -> Refusals:
        if not any(name in value for name in names):
            yield from refuse(pointer, f"must define either {' or '.join(f'`{name}`' for name in names)}")

    return rule
