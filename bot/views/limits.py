"""`limit`: the list, the form, and what is said when a limit is set or removed."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from slackblocks import (
    Block,
    Button,
    DatePicker,
    InputBlock,
    ModalView,
    Option,
    PlainTextInput,
    SectionBlock,
    StaticSelectMenu,
    TextType,
    UserSelectMenu,
)
from slackblocks import Text as SlackText

from bot.domain.clusters import Cluster
from bot.domain.errors import (
    LimitClusterMissing,
    LimitDateWrong,
    LimitNumberMalformed,
    LimitNumberOutOfRange,
    LimitThresholdWrong,
    LimitWordMissing,
    LimitWrong,
    UnknownCluster,
    WalltimeError,
)
from bot.domain.limit_answers import LimitRemoved, LimitSet, ListedLimit, Rehearsal, UseNow
from bot.domain.limits import DEFAULT_THRESHOLDS, Limit, PlaceKind, ScopeKind, range_words
from bot.domain.periods import PeriodKind
from bot.domain.standing import Audience
from bot.views.audience import readers_words
from bot.views.errors import limit_fault, sentence
from bot.views.format import day, escape, hours, moment
from bot.views.kit import Message, View, buttons, draw, say, small_print
from bot.views.language import tr

LIMIT: Final = "limit"
LIMIT_OPEN: Final = "limit.open"
LIMIT_OFF: Final = "limit.off"
LIMIT_OFF_CONFIRM: Final = "limit.off.confirm"
LIMIT_TRY: Final = "limit.try"
SCOPE: Final = "scope"
PERSON: Final = "person"
CORE_HOURS: Final = "core_hours"
PERIOD: Final = "period"
FROM: Final = "from"
TO: Final = "to"
THRESHOLDS: Final = "thresholds"
CLUSTER: Final = "cluster"

# A message holds 50 blocks: two for each limit, and a few around them.
MOST_LISTED: Final = 20
MOST_USES: Final = 10

_PERIODS: Final = {
    PeriodKind.DAY: "per day",
    PeriodKind.WEEK: "per week (from Monday)",
    PeriodKind.MONTH: "per month",
    PeriodKind.QUARTER: "per quarter",
    PeriodKind.YEAR: "per year",
    PeriodKind.RANGE: "from a date to a date",
    PeriodKind.TOTAL: "in total, as the cluster counts",
}
_SCOPES: Final = {
    ScopeKind.ME: "Me",
    ScopeKind.TEAM: "This channel's team, its sum",
    ScopeKind.EACH: "Each member of this channel's team",
    ScopeKind.PERSON: "One person who joined this channel",
}
_CHANGED: Final = {"core_hours": "the core-hours", "period": "the period", "thresholds": "the thresholds"}


def limits_message(listed: Sequence[ListedLimit], *, command: str) -> Message:
    """Draw the numbered list, with buttons to add, change and remove."""
    add = Button(text="Add a limit", action_id=LIMIT_OPEN, style="primary")
    if not listed:
        text = (
            f"No limits here yet. Set one: `{command} limit 2000 per month at 50,80,100`, or with the button."
        )
        return say(text, buttons(add))
    blocks: list[Block] = []
    for one in listed[:MOST_LISTED]:
        blocks.append(SectionBlock(f"*{one.number}.* {_line(one)}"))
        blocks.append(
            buttons(
                Button(text="Change", action_id=LIMIT_OPEN, value=one.limit.limit_id),
                Button(text="Remove", action_id=LIMIT_OFF, value=one.limit.limit_id, style="danger"),
            )
        )
    more = len(listed) - MOST_LISTED
    if more > 0:
        blocks.append(
            small_print(f"{more} more; remove one by its number: `{command} limit off {MOST_LISTED + 1}`")
        )
    blocks.append(buttons(add))
    spoken = "\n".join(f"{one.number}. {_line(one)}" for one in listed[:MOST_LISTED])
    return Message(text=f"Limits here:\n{spoken}", blocks=tuple(blocks))


def limit_form_button_message() -> Message:
    """Offer the form where Slack lets nothing open by itself: after a message."""
    add = Button(text=tr("Add a limit"), action_id=LIMIT_OPEN, style="primary")
    return say(tr("Set a limit; the form opens with the button."), buttons(add))


def setting_limit_message() -> Message:
    """Say to who sets a channel's limit that it is being done."""
    return say(tr("One moment: I am setting this up for the channel. Everybody here will see it."))


def limit_off_question(listed: ListedLimit) -> Message:
    """Ask before removing."""
    text = (
        f"Remove the limit of {name_of(listed.limit, listed.label)}? "
        "Its alerts end, and nothing more is told about it."
    )
    confirm = Button(text="Remove", action_id=LIMIT_OFF_CONFIRM, value=listed.limit.limit_id, style="danger")
    return say(text, buttons(confirm))


def limit_removed_message(removed: LimitRemoved) -> Message:
    """Say to who removed it that it is done."""
    return say(f"Removed: the limit of {name_of(removed.limit, removed.label)}.")


def limit_removed_sentence(removed: LimitRemoved) -> str:
    """Say where a limit told that it is gone."""
    return f"<@{removed.by}> removed the limit of {name_of(removed.limit, removed.label)}."


def limit_set_message(answer: LimitSet) -> Message:
    """Answer who set it: what stands and what changed, the state of now, where it will tell."""
    parts = (
        _set_words(answer),
        *_now_words(answer),
        rehearsal_sentence(answer.rehearsal, answer.cluster),
        _tells_words(answer.limit, answer.audience),
    )
    return say(" ".join(parts))


def limit_set_sentence(answer: LimitSet) -> str:
    """Say in the channel who set what, and the state of now."""
    who = f"<@{answer.limit.set_by.user}>"
    return f"{who}: {_set_words(answer)} {' '.join(_now_words(answer))}"


def limit_told_sentence(answer: LimitSet) -> str:
    """Tell the person that a limit is for, in their DM."""
    limit = answer.limit
    verb = "changed" if answer.replaced else "set"
    return (
        f"<@{limit.set_by.user}> {verb} a limit for you in <#{limit.scope.channel}>: "
        f"{amount(limit, answer.cluster.label)}, told there at {percents(limit)}. {' '.join(_now_words(answer))} "
        "You joined that channel's team; to stop sharing, type “leave” there."
    )


def limit_form(
    clusters: Sequence[Cluster],
    *,
    metadata: str,
    in_channel: bool,
    limit: Limit | None = None,
) -> View:
    """Draw the form, filled with a limit to change; `metadata` comes back with the submission."""
    scopes = [ScopeKind.ME, *((ScopeKind.TEAM, ScopeKind.EACH, ScopeKind.PERSON) if in_channel else ())]
    scope = limit.scope.kind if limit else ScopeKind.ME
    period = limit.period.kind if limit else PeriodKind.MONTH
    inputs: list[Block] = [
        _choice("Whose core-hours", SCOPE, {each.value: _SCOPES[each] for each in scopes}, scope.value)
    ]
    if in_channel:
        inputs.append(
            InputBlock(
                "Person",
                UserSelectMenu(
                    action_id=PERSON, initial_user=limit.scope.user if limit and _is_person(limit) else None
                ),
                block_id=PERSON,
                hint="Only for one person; they must have joined this channel, and are told.",
                optional=True,
            )
        )
    if len(clusters) > 1:
        names = {cluster.name: cluster.label for cluster in clusters}
        inputs.append(_choice("Cluster", CLUSTER, names, limit.cluster if limit else None))
    inputs += [
        InputBlock(
            "Core-hours",
            PlainTextInput(
                action_id=CORE_HOURS,
                initial_value=_plain(limit.core_hours) if limit else None,
                placeholder="2000",
                max_length=40,
            ),
            block_id=CORE_HOURS,
        ),
        _choice("Period", PERIOD, {kind.value: words for kind, words in _PERIODS.items()}, period.value),
        _day("From", FROM, limit.period.first if limit else None),
        _day("To", TO, limit.period.last if limit else None),
        InputBlock(
            "Tell me at (%)",
            PlainTextInput(
                action_id=THRESHOLDS,
                initial_value=", ".join(str(each) for each in (limit or _Default).thresholds),
                max_length=200,
            ),
            block_id=THRESHOLDS,
            hint="Whole percentages from 1 to 200. Empty: 50, 80, 90, 100.",
            optional=True,
        ),
        SectionBlock(
            SlackText("What would it have told over the readings so far?", TextType.PLAINTEXT),
            block_id=LIMIT_TRY,
        ),
        buttons(Button(text="Try it", action_id=LIMIT_TRY)),
    ]
    return draw(
        ModalView(
            title="Change limit" if limit else "Set a limit",
            submit="Save",
            close="Cancel",
            callback_id=LIMIT,
            private_metadata=metadata,
            blocks=inputs,
        )
    )


def tried_form(view: Mapping[str, Any], said: str) -> View:
    """Draw the form that somebody has open, with the answer in it; Slack keeps what was typed."""
    kept = ("type", "title", "submit", "close", "callback_id", "private_metadata")
    answer = {"text": {"type": "plain_text", "text": said}}
    blocks = [
        {**block, **answer} if block.get("block_id") == LIMIT_TRY else block for block in view["blocks"]
    ]
    return {**{name: view[name] for name in kept}, "blocks": blocks}


def limit_field_errors(error: WalltimeError) -> dict[str, str]:
    """Say what is wrong at the field of the form that holds it."""
    match error:
        case UnknownCluster():
            return {CLUSTER: sentence(error)}
        case LimitWordMissing(missing="person"):
            return {PERSON: "Choose the person that this limit is for."}
        case LimitWordMissing(missing="from"):
            return {FROM: "Choose the first day of the range, for example 2026-09-01."}
        case LimitWordMissing(missing="to"):
            return {TO: "Choose the last day of the range, for example 2026-12-31."}
        case LimitNumberMalformed() | LimitNumberOutOfRange():
            return {error.field: f"{limit_fault(error)} For example: 2000"}
        case LimitThresholdWrong():
            return {error.field: f"{limit_fault(error)} For example: 50, 80, 100"}
        case LimitDateWrong():
            return {error.field: f"{limit_fault(error)} For example: 2026-09-01"}
        case LimitClusterMissing() | LimitWrong():
            return {error.field: limit_fault(error)}
        case _:
            return {CORE_HOURS: sentence(error)}


def name_of(limit: Limit, label: str) -> str:
    """`2,000.00 core-hours per month on East for <@U1>`."""
    return f"{amount(limit, label)}, for {whose(limit)}"


def amount(limit: Limit, label: str) -> str:
    """`2,000.00 core-hours per month on East`."""
    return f"{hours(limit.core_hours)} core-hours {period_words(limit)} on {escape(label)}"


def period_words(limit: Limit) -> str:
    """`per month`, `from 2026-09-01 to 2026-12-31`, `in total`."""
    match limit.period.kind:
        case PeriodKind.RANGE:
            return range_words(limit.period)
        case PeriodKind.TOTAL:
            return "in total"
        case kind:
            return f"per {kind}"


def whose(limit: Limit) -> str:
    """Whose use it counts."""
    match limit.scope.kind:
        case ScopeKind.TEAM:
            return f"the team of <#{limit.scope.channel}> together"
        case ScopeKind.EACH:
            return f"each in the team of <#{limit.scope.channel}>"
        case _:
            return f"<@{limit.scope.user}>"


def percents(limit: Limit) -> str:
    """`50, 80, 100 %`."""
    return f"{', '.join(str(each) for each in limit.thresholds)} %"


def share(percent: float) -> str:
    """`61 %`, rounded down: what was not reached is not shown as reached."""
    return f"{int(percent + 1e-9):,} %"


class _Default:
    """What a new limit's form begins with."""

    thresholds = DEFAULT_THRESHOLDS


def _line(one: ListedLimit) -> str:
    limit = one.limit
    return (
        f"{name_of(limit, one.label)}, told at {percents(limit)} in {_place(limit)}; "
        f"set by <@{limit.set_by.user}>"
    )


def _place(limit: Limit) -> str:
    in_dm = limit.tells.kind is PlaceKind.DM
    return "a direct message" if in_dm else f"<#{limit.tells.slack_id}>"


def _set_words(answer: LimitSet) -> str:
    limit, replaced = answer.limit, answer.replaced
    stands = f"{name_of(limit, answer.cluster.label)}, told at {percents(limit)}"
    if replaced is None:
        return f"Limit set: {stands}."
    names = [_CHANGED[name] for name in answer.changed if name in _CHANGED]
    what = f" ({' and '.join(names)} changed)" if names else " (nothing changed)"
    return (
        f"Limit changed: {stands}. It replaces {amount(replaced, answer.cluster.label)}, "
        f"told at {percents(replaced)}{what}."
    )


def _now_words(answer: LimitSet) -> list[str]:
    """Say where each subject stands, the fullest first, and what counts as told already."""
    if not answer.now:
        return ["Nobody whom it counts has linked this cluster yet."]
    words = [_use_words(use, answer) for use in answer.now[:MOST_USES]]
    more = len(answer.now) - MOST_USES
    if more > 0:
        words.append(f"And {more} more, each lower.")
    told = max(use.told for use in answer.now)
    if told and len(answer.now) == 1:
        coming = next((each for each in answer.limit.thresholds if each > told), None)
        speaks = f"the next one to speak is {coming} %" if coming else "none is left to speak"
        words.append(f"{told} % is passed already and counts as told; {speaks}.")
    elif told:
        words.append("What is passed already counts as told; the next threshold speaks.")
    return words


def _use_words(use: UseNow, answer: LimitSet) -> str:
    who = f"{escape(use.username)}: " if use.username and len(answer.now) > 1 else "Now: "
    if use.as_of is None:
        return f"{who}no reading yet."
    as_of = moment(use.as_of, answer.cluster)
    since = f" since {moment(use.since, answer.cluster)}" if use.since else ""
    least = "at least " if use.missing else ""
    return f"{who}{least}{hours(use.core_hours)} core-hours used{since}, {share(use.percent)}, as of {as_of}."


def rehearsal_sentence(rehearsal: Rehearsal | None, cluster: Cluster) -> str:
    """Say what it would have told: "… it would have alerted 3 times, last on 14 Nov."."""
    if rehearsal is None:
        return "There are no readings yet to try it on."
    on = f"On the readings since {day(rehearsal.since, cluster)} it would"
    if rehearsal.last_at is None:
        return f"{on} not have alerted."
    last = day(rehearsal.last_at, cluster)
    often = f"once, on {last}" if rehearsal.alerts == 1 else f"{rehearsal.alerts} times, last on {last}"
    return f"{on} have alerted {often}."


def _tells_words(limit: Limit, audience: Audience | None) -> str:
    if limit.tells.kind is PlaceKind.DM:
        return "I will tell you in a direct message."
    words = f"I will tell in {_place(limit)}"
    if audience is None:
        return f"{words}."
    return f"{words}; who can read it: {readers_words(audience)}."


def _choice(label: str, name: str, options: dict[str, str], chosen: str | None) -> InputBlock:
    drawn = {value: Option(SlackText(words, TextType.PLAINTEXT), value) for value, words in options.items()}
    menu = StaticSelectMenu(
        action_id=name,
        options=list(drawn.values()),
        initial_option=drawn.get(chosen or ""),
        placeholder="Choose",
    )
    return InputBlock(label, menu, block_id=name)


def _day(label: str, name: str, day: date | None) -> InputBlock:
    picker = DatePicker(action_id=name, initial_date=day.isoformat() if day else None)
    hint = "Only for a period from a date to a date; that day is part of it."
    return InputBlock(label, picker, block_id=name, hint=hint, optional=True)


def _is_person(limit: Limit) -> bool:
    return limit.scope.kind is ScopeKind.PERSON


def _plain(core_hours: float) -> str:
    """Write a number as the form reads it back, exactly."""
    return f"{Decimal(repr(float(core_hours))):f}".removesuffix(".0")
