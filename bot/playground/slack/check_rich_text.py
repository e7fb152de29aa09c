"""Rules for the rich_text block, which also stands in table cells and inputs."""

from bot.playground.slack.check_rules import (
    Rule,
    boolean,
    by_type,
    listing,
    mapping,
    number,
    one_of,
    string,
)

TYPE = string()
BLOCK_ID = string(255)
BORDER = number(whole=True, least=0, most=1)
STYLE = mapping(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)


def _piece(needed: dict[str, Rule], allowed: dict[str, Rule] | None = None) -> Rule:
    return mapping({"type": TYPE, **needed}, {"style": STYLE, **(allowed or {})})


PIECE = by_type(
    {
        "broadcast": _piece({"range": one_of("here", "channel", "everyone")}),
        "channel": _piece({"channel_id": string()}),
        "color": _piece({"value": string(pattern=r"#[0-9a-fA-F]{6}")}),
        "date": _piece(
            {"timestamp": number(whole=True), "format": string()}, {"url": string(), "fallback": string()}
        ),
        "emoji": _piece(
            {"name": string()}, {"skin_tone": number(whole=True, least=1, most=6), "unicode": string()}
        ),
        "link": _piece({"url": string()}, {"text": string(least=0), "unsafe": boolean}),
        "team": _piece({"team_id": string()}),
        "text": _piece({"text": string()}),
        "user": _piece({"user_id": string()}),
        "usergroup": _piece({"usergroup_id": string()}),
    }
)
SECTION = mapping({"type": TYPE, "elements": listing(PIECE, least=0)})
PART = by_type(
    {
        "rich_text_section": SECTION,
        "rich_text_list": mapping(
            {
                "type": TYPE,
                "elements": listing(by_type({"rich_text_section": SECTION})),
                "style": one_of("bullet", "ordered"),
            },
            {
                "indent": number(whole=True, least=0, most=8),
                "offset": number(whole=True, least=0),
                "border": BORDER,
            },
        ),
        "rich_text_preformatted": mapping(
            {"type": TYPE, "elements": listing(PIECE)}, {"border": BORDER, "language": string()}
        ),
        "rich_text_quote": mapping({"type": TYPE, "elements": listing(PIECE)}, {"border": BORDER}),
    }
)
RICH_TEXT = by_type({"rich_text": mapping({"type": TYPE, "elements": listing(PART)}, {"block_id": BLOCK_ID})})
