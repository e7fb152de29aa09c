"""What all pages for browsers share: HTML that needs no script and loads nothing."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.views.language import LANGUAGES, Language, tr

# Our own file, and nothing in it closes a <style>: the one text that is not escaped.
_STYLE: Final = Markup((files("bot.views") / "templates" / "page.css").read_text(encoding="utf-8"))  # noqa: S704
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# Nothing is loaded, from anywhere; a form goes back to where it came from.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_templates: Final = Environment(
    loader=PackageLoader("bot.views"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a page is drawn for its reader; `command` is what they type in Slack.

    `languages` can be switched to: none where the page's address serves once.
    """

    language: Language
    command: str
    languages: Sequence[Language] = LANGUAGES


def draw_page(template: str, look: Look, **values: Any) -> str:
    """Fill in a template."""
    return _templates.get_template(template).render(
        language=look.language,
        command=look.command,
        languages=look.languages,
        tr=tr,
        style=_STYLE,
        **values,
    )
