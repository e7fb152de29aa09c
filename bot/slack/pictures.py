"""From a drawing to a picture that Slack shows."""

import asyncio
from functools import cache
from typing import Final

import fontpkg
import resvg_py

from bot.views.chart_svg import FONT

# Slack shows pictures at some 360 points; three pixels each keep letters sharp.
ZOOM: Final = 3


class Rasteriser:
    """Turns SVG into PNG, one at a time: it takes a tenth of a second and all of the interpreter."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def png(self, svg: str) -> bytes:
        """Return the drawing as PNG, with the font that we bring along."""
        async with self._turn:
            return await asyncio.to_thread(_png, svg)


@cache
def _font_file() -> str:
    return str(fontpkg.path(FONT))


def _png(svg: str) -> bytes:
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=ZOOM,
        font_files=[_font_file()],
        font_family=FONT,
        # Without a font of our own, text would vanish on a machine that has none.
        skip_system_fonts=True,
    )
