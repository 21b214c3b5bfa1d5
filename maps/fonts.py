"""
Fonts of the figures: every character is drawn, or the figure is refused.

A font of the system comes first, for it is what the map and the text around use; the open font of
the wheel `zhplot` (Noto Sans SC, OFL) stands behind it, any other installed font behind that. GB
2312 lacks characters that place names of Guangdong are made of (氹 塱 磡 滘 漖 埇).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from .style import FONTS

WHEEL = ("zhplot", "fonts", "NotoSansSC-Regular.ttf")
LATIN = "DejaVu Sans"
"""Comes with matplotlib: signs such as ≤ and arrows."""
SILENT = frozenset("\n\t\u200b")
NEVER = ("Last Resort", "cm", "STIX")
"""Fonts of matplotlib that draw a box for everything, or are not encoded as texts are."""


class MissingGlyphError(ValueError):
    """
    No installed font draws some characters.

    Parameters
    ----------
    characters
        What cannot be drawn.
    """

    def __init__(self, characters: str) -> None:
        super().__init__(characters)
        self.characters = characters


@cache
def wheel_family() -> str:
    """Register the font of the wheel and return its name."""
    from matplotlib import font_manager

    path = str(files(WHEEL[0]).joinpath(*WHEEL[1:]))
    font_manager.fontManager.addfont(path)
    return str(font_manager.FontProperties(fname=path).get_name())


@cache
def installed() -> dict[str, str]:
    """Return the upright regular fonts of the system, name to file."""
    from matplotlib import font_manager

    found: dict[str, str] = {}
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda e: (e.name, e.fname)):
        plain = entry.style == "normal" and str(entry.weight) in ("400", "normal", "regular")
        # Of a collection matplotlib may read another face than it names: Japanese forms.
        plain &= not entry.name.startswith(NEVER)
        if plain and Path(entry.fname).suffix.lower() in (".ttf", ".otf"):
            found.setdefault(entry.name, entry.fname)
    return found


@cache
def characters_of(path: str) -> frozenset[str]:
    """Return what a font file can draw."""
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(path).get_charmap()))


def families(texts: Iterable[str], preferred: Iterable[str] = FONTS) -> list[str]:
    """
    Return the fonts that draw some texts between them, the first one first.

    Raises
    ------
    MissingGlyphError
        A character that no installed font has.
    """
    wheel, known = wheel_family(), installed()
    asked = [name for name in preferred if name in known]
    chosen = list(dict.fromkeys([*asked[:1], wheel]))
    needed = {c for text in texts for c in text if c not in SILENT and not c.isspace()}
    for name in chosen:
        needed -= characters_of(known.get(name) or _file_of(name))
    # Every font more is looked through for every text: seconds for all figures.
    for name in (LATIN, *known) if needed else ():
        if drawn := needed & characters_of(known.get(name) or _file_of(name)):
            chosen.append(name)
            needed -= drawn
    if needed:
        raise MissingGlyphError("".join(sorted(needed)))
    return chosen


@cache
def _file_of(name: str) -> str:
    from matplotlib import font_manager

    return str(font_manager.findfont(name, fallback_to_default=False))
