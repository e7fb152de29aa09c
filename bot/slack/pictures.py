"""From a drawing to a picture that Slack shows."""

import asyncio
from functools import cache
from typing import Final

import fontpkg
import pylopdf_fonts_zh_cn
import resvg_py

from bot.views.chart_svg import FONT, is_chinese

# Slack shows pictures at some 360 points; three pixels each keep letters sharp.
ZOOM: Final = 3


class Rasteriser:
    """Turns SVG into PNG, one at a time: it takes a tenth of a second and all of the interpreter."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def png(self, svg: str) -> bytes:
        """Return the drawing as PNG, with the fonts that we bring along."""
        async with self._turn:
            return await asyncio.to_thread(_png, svg)


@cache
def _latin() -> str:
    return str(fontpkg.path(FONT))


def _fonts(svg: str) -> list[str]:
    """Return the files of the fonts: the Chinese one is large, and costs half a second each time."""
    is_needed = any(is_chinese(letter) for letter in svg)
    return [_latin(), str(pylopdf_fonts_zh_cn.sans_path())] if is_needed else [_latin()]


def _png(svg: str) -> bytes:
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=ZOOM,
        font_files=_fonts(svg),
        font_family=FONT,
        # Without a font of our own, text would vanish on a machine that has none.
        skip_system_fonts=True,
    )
