"""`standup`: what is set, the form, and what is said in the channel when it changes."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from slackblocks import (
    Block,
    Button,
    CheckboxGroup,
    InputBlock,
    ModalView,
    Option,
    OptionGroup,
    PlainTextInput,
    StaticSelectMenu,
    TextType,
    TimePicker,
)
from slackblocks import Text as SlackText

from bot.domain.errors import StandupWrong, WalltimeError
from bot.domain.standups import EVERY_DAY, WORKDAYS, Schedule, Standup
from bot.views.errors import sentence
from bot.views.format import clock, region, weekdays
from bot.views.kit import Message, View, buttons, draw, say
from bot.views.language import ntr, tr
from bot.views.standup_errors import standup_fault

STANDUP: Final = "standup"
STANDUP_OPEN: Final = "standup.open"
TIME: Final = "time"
DAYS: Final = "days"
TIMEZONE: Final = "timezone"
SKIP_IDLE: Final = "skip_idle"
HOLIDAYS: Final = "holidays"

_USUAL_TIME: Final = "09:30"
_LONGEST_OPTION: Final = 75


def standup_message(standup: Standup | None, channel: str, *, command: str) -> Message:
    """Say what is set in a channel, with the button to set or change it."""
    if standup is None:
        text = tr(
            "No standup is set in <#{channel}>. Set one with the button, or type "
            "`{command} standup 09:30 mon-fri Asia/Shanghai`.",
            channel=channel,
            command=command,
        )
        return say(text, buttons(open_button(tr("Set up a standup"))))
    text = tr(
        "The standup of <#{channel}>: {schedule}, set up by <@{user}>. The next digest comes on {next}. "
        "See it before: `{command} standup preview`; switch it off: `{command} standup off`.",
        channel=channel,
        schedule=schedule_words(standup.schedule),
        user=standup.set_by.user,
        next=next_words(standup),
        command=command,
    )
    return say(text, buttons(open_button(tr("Change"))))


def standup_set_message(standup: Standup, *, people: int) -> Message:
    """Answer who set it."""
    return say(
        ntr(
            "Standup set: {schedule}. The next digest comes on {next}, under your name; {count} person has joined "
            "this channel's team.",
            "Standup set: {schedule}. The next digest comes on {next}, under your name; {count} people have joined "
            "this channel's team.",
            people,
            schedule=schedule_words(standup.schedule),
            next=next_words(standup),
        )
    )


def standup_posted_sentence(standup: Standup) -> str:
    """Say in the channel who set it up, and what will come."""
    return tr(
        "<@{user}> set up this channel's standup: a digest of the team's core-hours, {schedule}. "
        "The next one comes on {next}.",
        user=standup.set_by.user,
        schedule=schedule_words(standup.schedule),
        next=next_words(standup),
    )


def standup_stopped_sentence(standup: Standup, by: str) -> str:
    """Say in the channel who switched it off."""
    return tr(
        "<@{user}> switched off this channel's standup ({schedule}).",
        user=by,
        schedule=schedule_words(standup.schedule),
    )


def standup_stopped_message() -> Message:
    """Answer who switched it off."""
    return say(tr("The standup is switched off: no more digests come here."))


def standup_sent_message(channel: str) -> Message:
    """Answer who asked for a digest now."""
    return say(tr("The digest is on its way to <#{channel}>.", channel=channel))


def standup_form(standup: Standup | None, *, zone: ZoneInfo, countries: Sequence[str], metadata: str) -> View:
    """Draw the form, filled with what is set; else with `zone`, the person's own."""
    schedule = standup.schedule if standup is not None else None
    names = {str(day): weekdays([day]) for day in EVERY_DAY}
    chosen = [str(day) for day in (schedule.days if schedule else WORKDAYS)]
    idle = {SKIP_IDLE: tr("No digest when nothing was used since the last one")}
    inputs: list[Block] = [
        InputBlock(
            tr("Time"),
            TimePicker(action_id=TIME, initial_time=f"{schedule.at:%H:%M}" if schedule else _USUAL_TIME),
            block_id=TIME,
        ),
        _boxes(tr("Days"), DAYS, names, chosen),
        InputBlock(
            tr("Time zone"),
            PlainTextInput(
                action_id=TIMEZONE, initial_value=(schedule.zone if schedule else zone).key, max_length=64
            ),
            block_id=TIMEZONE,
            hint=tr("An IANA name, such as Asia/Shanghai or Europe/Berlin. Clock changes are followed."),
        ),
        _boxes(
            tr("Quiet days"),
            SKIP_IDLE,
            idle,
            [SKIP_IDLE] if schedule and schedule.skip_idle else [],
            optional=True,
        ),
        InputBlock(
            tr("No digest on public holidays in"),
            _regions(countries, schedule.holidays if schedule else None),
            block_id=HOLIDAYS,
            optional=True,
            hint=tr(
                "The next digest tells of the days between. Weekend days that make up for one have a digest."
            ),
        ),
    ]
    return draw(
        ModalView(
            title=tr("Standup"),
            submit=tr("Save"),
            close=tr("Cancel"),
            callback_id=STANDUP,
            private_metadata=metadata,
            blocks=inputs,
        )
    )


def standup_field_errors(error: WalltimeError) -> dict[str, str]:
    """Say what is wrong at the field of the form that holds it."""
    if isinstance(error, StandupWrong):
        return {error.field: standup_fault(error)}
    return {TIME: sentence(error)}


def schedule_words(schedule: Schedule) -> str:
    """`09:30, Mon-Fri (Asia/Shanghai)`."""
    days = tr("every day") if schedule.days == EVERY_DAY else weekdays(schedule.days)
    words = f"{schedule.at:%H:%M}, {days} ({schedule.zone.key})"
    if schedule.holidays is not None:
        words = tr(
            "{schedule}, not on public holidays in {region}", schedule=words, region=region(schedule.holidays)
        )
    return tr("{schedule}, not when nothing was used", schedule=words) if schedule.skip_idle else words


def next_words(standup: Standup) -> str:
    """`Mon 23 Nov, 09:30`: the next digest by its own clock."""
    return clock(standup.next_at, standup.schedule.zone)


def open_button(text: str) -> Button:
    """Opens the form."""
    return Button(text=text, action_id=STANDUP_OPEN)


def _regions(countries: Sequence[str], chosen: str | None) -> StaticSelectMenu:
    """Offer the countries by their letters; what is chosen may be a part of one."""
    codes = sorted({*countries, *([chosen] if chosen else [])})
    options = {code: Option(SlackText(_named(code), TextType.PLAINTEXT), code) for code in codes}
    groups = [
        OptionGroup(SlackText(letter, TextType.PLAINTEXT), [options[code] for code in group])
        for letter, group in groupby(codes, key=lambda code: code[0])
    ]
    select = StaticSelectMenu(
        action_id=HOLIDAYS,
        option_groups=groups,
        placeholder=SlackText(tr("Choose a country"), TextType.PLAINTEXT),
    )
    # Slack wants an option here, slackblocks asks for a group.
    select.initial_option = options[chosen] if chosen else None
    return select


def _named(code: str) -> str:
    return f"{code} · {region(code)}"[:_LONGEST_OPTION]


def _boxes(
    label: str, name: str, options: Mapping[str, str], chosen: list[str], *, optional: bool = False
) -> InputBlock:
    drawn = {value: Option(SlackText(words, TextType.PLAINTEXT), value) for value, words in options.items()}
    first = [drawn[value] for value in chosen]
    boxes = CheckboxGroup(action_id=name, options=list(drawn.values()), initial_options=first or None)
    return InputBlock(label, boxes, block_id=name, optional=optional)
