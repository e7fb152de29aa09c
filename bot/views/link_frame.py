"""The frame that the forms for linking share: what is asked first, the button that sends, the small print."""

from collections.abc import Mapping, Sequence
from typing import Final

from slackblocks import (
    Block,
    Button,
    InputBlock,
    ModalView,
    Option,
    PlainTextInput,
    SectionBlock,
    StaticSelectMenu,
    TextType,
)
from slackblocks import Text as SlackText

from bot.views.format import escape
from bot.views.kit import View, buttons, draw, small_print
from bot.views.language import tr

CLUSTER: Final = "cluster"
USERNAME: Final = "username"
# What a menu of Slack's holds: options, and characters of one.
MOST_OPTIONS: Final = 100
_LONGEST_OPTION: Final = 75


def link_frame(
    callback_id: str,
    *,
    intro: str,
    trouble: str | None,
    inputs: Sequence[Block],
    instead: Button | None = None,
    print_: str = "",
    submit: str | None = None,
    metadata: str | None = None,
) -> View:
    """Draw a form; `trouble` says above it why the last try did not work, in place of the intro."""
    return draw(
        ModalView(
            title=tr("Link a cluster"),
            submit=submit or tr("Link"),
            close=tr("Cancel"),
            callback_id=callback_id,
            private_metadata=metadata,
            blocks=[
                SectionBlock(f":warning: {escape(trouble)}" if trouble else intro),
                *inputs,
                *([buttons(instead)] if instead is not None else []),
                *([small_print(print_)] if print_ else []),
            ],
        )
    )


def cluster_input(labels: Mapping[str, str], chosen: str | None) -> InputBlock:
    """A menu of what can be linked; one that is alone is chosen already."""
    options = {
        name: Option(SlackText(label[:_LONGEST_OPTION], TextType.PLAINTEXT), name)
        for name, label in list(labels.items())[:MOST_OPTIONS]
    }
    only = next(iter(options)) if len(options) == 1 else None
    return InputBlock(
        tr("Cluster"),
        StaticSelectMenu(
            action_id=CLUSTER,
            options=list(options.values()),
            initial_option=options.get(chosen or "", options.get(only or "")),
            placeholder=tr("Choose a cluster"),
        ),
        block_id=CLUSTER,
    )


def text_input(
    name: str,
    label: str,
    *,
    value: str = "",
    hint: str | None = None,
    placeholder: str | None = None,
    most: int | None = None,
    optional: bool = False,
) -> InputBlock:
    """A line to type in; its block has the name of its input."""
    field = PlainTextInput(
        action_id=name, initial_value=value or None, max_length=most, placeholder=placeholder
    )
    return InputBlock(label, field, block_id=name, hint=hint, optional=optional)
