"""The form that sets or changes a limit, and what is wrong at its fields."""

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
from bot.domain.limits import DEFAULT_THRESHOLDS, Limit, ScopeKind
from bot.domain.periods import PeriodKind
from bot.views.errors import limit_fault, sentence
from bot.views.kit import View, buttons, draw
from bot.views.language import tr

LIMIT: Final = "limit"
LIMIT_TRY: Final = "limit.try"
SCOPE: Final = "scope"
PERSON: Final = "person"
CORE_HOURS: Final = "core_hours"
PERIOD: Final = "period"
FROM: Final = "from"
TO: Final = "to"
THRESHOLDS: Final = "thresholds"
CLUSTER: Final = "cluster"


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
    thresholds = limit.thresholds if limit else DEFAULT_THRESHOLDS
    whose = {each.value: _scope_words(each) for each in scopes}
    inputs: list[Block] = [_choice(tr("Whose core-hours"), SCOPE, whose, scope.value)]
    if in_channel:
        person = limit.scope.user if limit and limit.scope.kind is ScopeKind.PERSON else None
        inputs.append(
            InputBlock(
                tr("Person"),
                UserSelectMenu(action_id=PERSON, initial_user=person),
                block_id=PERSON,
                hint=tr("Only for one person; they must have joined this channel, and are told."),
                optional=True,
            )
        )
    if len(clusters) > 1:
        names = {cluster.name: cluster.label for cluster in clusters}
        inputs.append(_choice(tr("Cluster"), CLUSTER, names, limit.cluster if limit else None))
    inputs += [
        InputBlock(
            tr("Core-hours"),
            PlainTextInput(
                action_id=CORE_HOURS,
                initial_value=_plain(limit.core_hours) if limit else None,
                placeholder="2000",
                max_length=40,
            ),
            block_id=CORE_HOURS,
        ),
        _choice(tr("Period"), PERIOD, {kind.value: _period_words(kind) for kind in PeriodKind}, period.value),
        _day(tr("From"), FROM, limit.period.first if limit else None),
        _day(tr("To"), TO, limit.period.last if limit else None),
        InputBlock(
            tr("Tell me at (%)"),
            PlainTextInput(
                action_id=THRESHOLDS,
                initial_value=", ".join(str(each) for each in thresholds),
                max_length=200,
            ),
            block_id=THRESHOLDS,
            hint=tr("Whole percentages from 1 to 200. Empty: 50, 80, 90, 100."),
            optional=True,
        ),
        SectionBlock(
            SlackText(tr("What would it have told over the readings so far?"), TextType.PLAINTEXT),
            block_id=LIMIT_TRY,
        ),
        buttons(Button(text=tr("Try it"), action_id=LIMIT_TRY)),
    ]
    return draw(
        ModalView(
            title=tr("Change limit") if limit else tr("Set a limit"),
            submit=tr("Save"),
            close=tr("Cancel"),
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
            return {PERSON: tr("Choose the person that this limit is for.")}
        case LimitWordMissing(missing="from"):
            return {FROM: tr("Choose the first day of the range, for example 2026-09-01.")}
        case LimitWordMissing(missing="to"):
            return {TO: tr("Choose the last day of the range, for example 2026-12-31.")}
        case LimitNumberMalformed() | LimitNumberOutOfRange():
            return {error.field: _fault(error, example="2000")}
        case LimitThresholdWrong():
            return {error.field: _fault(error, example="50, 80, 100")}
        case LimitDateWrong():
            return {error.field: _fault(error, example="2026-09-01")}
        case LimitClusterMissing() | LimitWrong():
            return {error.field: limit_fault(error)}
        case _:
            return {CORE_HOURS: sentence(error)}


def _fault(error: LimitWrong, *, example: str) -> str:
    return tr("{fault} For example: {example}", fault=limit_fault(error), example=example)


def _scope_words(kind: ScopeKind) -> str:
    match kind:
        case ScopeKind.ME:
            return tr("Me")
        case ScopeKind.TEAM:
            return tr("This channel's team, its sum")
        case ScopeKind.EACH:
            return tr("Each member of this channel's team")
        case ScopeKind.PERSON:
            return tr("One person who joined this channel")


def _period_words(kind: PeriodKind) -> str:
    match kind:
        case PeriodKind.DAY:
            return tr("per day")
        case PeriodKind.WEEK:
            return tr("per week (from Monday)")
        case PeriodKind.MONTH:
            return tr("per month")
        case PeriodKind.QUARTER:
            return tr("per quarter")
        case PeriodKind.YEAR:
            return tr("per year")
        case PeriodKind.RANGE:
            return tr("from a date to a date")
        case PeriodKind.TOTAL:
            return tr("in total, as the cluster counts")


def _choice(label: str, name: str, options: dict[str, str], chosen: str | None) -> InputBlock:
    drawn = {value: Option(SlackText(words, TextType.PLAINTEXT), value) for value, words in options.items()}
    menu = StaticSelectMenu(
        action_id=name,
        options=list(drawn.values()),
        initial_option=drawn.get(chosen or ""),
        placeholder=tr("Choose"),
    )
    return InputBlock(label, menu, block_id=name)


def _day(label: str, name: str, day: date | None) -> InputBlock:
    picker = DatePicker(action_id=name, initial_date=day.isoformat() if day else None)
    hint = tr("Only for a period from a date to a date; that day is part of it.")
    return InputBlock(label, picker, block_id=name, hint=hint, optional=True)


def _plain(core_hours: float) -> str:
    """Write a number as the form reads it back, exactly."""
    return f"{Decimal(repr(float(core_hours))):f}".removesuffix(".0")
