"""Texts on a sheet: how wide they are, how they break, and fonts that have every character."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..fonts import families

INCH_MM = 25.4
POINT_MM = INCH_MM / 72
OPENING = "（“《"
CLOSING = "，。；：、）”》"
"""Signs that never end a line, and those that never lead one."""
SETTINGS: dict[Any, Any] = {
    "axes.unicode_minus": False,
    "font.enable_last_resort": False,
    "pdf.fonttype": 3,
    "svg.fonttype": "path",
    "svg.hashsalt": "kepu",
    "path.simplify": True,
    "hatch.linewidth": 0.5,
}


@contextmanager
def lettered(texts: Iterable[str]) -> Iterator[None]:
    """
    Draw with fonts that have every character of some texts.

    Raises
    ------
    MissingGlyphError
        No installed font has one of them.
    """
    with matplotlib.rc_context({**SETTINGS, "font.family": families(texts)}):
        yield


def breadth(text: str, size: float) -> float:
    """Return about how wide a line is in millimetres: a Chinese character is a square."""
    units = sum(
        1.0 if ord(c) > 0x2E80 else 0.62 if c.isupper() or c in "%→" else 0.56 for c in text
    )
    return units * size * POINT_MM


def wrapped(text: str, size: float, width_mm: float) -> list[str]:
    """
    Break a text into lines that fit.

    Latin words and numbers stay whole, stops never lead, opening brackets never end a line.
    """
    lines, line = [], ""
    for word in _words(text):
        if line and breadth(line + word, size) > width_mm and word not in CLOSING:
            kept = line.rstrip(OPENING) or line
            lines.append(kept)
            line = (line[len(kept) :] + word).lstrip()
        else:
            line += word
    return [*lines, line] if line else lines


def fitted(text: str, sizes: tuple[float, float], width_mm: float) -> tuple[float, list[str]]:
    """Return size and lines of a text: on one line if a size between the two allows, else more."""
    largest, least = sizes
    size = min(largest, largest * width_mm / max(breadth(text, largest), 1.0))
    if size >= least:
        return size, [text] if text else []
    return least, wrapped(text, least, width_mm)


def balanced(text: str, size: float, width_mm: float) -> list[str]:
    """Break a text into as few lines as fit, all about as long."""
    lines = wrapped(text, size, width_mm)
    narrow = breadth(text, size) / max(len(lines), 1)
    while len(lines) > 1 and len(tried := wrapped(text, size, narrow)) > len(lines):
        narrow += size * POINT_MM / 2
        if narrow >= width_mm:
            return lines
    return tried if len(lines) > 1 else lines


def _words(text: str) -> Iterator[str]:
    word = ""
    for c in text:
        if ord(c) < 0x2E80 and not c.isspace():
            word += c
            continue
        if word:
            yield word
        word = ""
        yield c
    if word:
        yield word


def texts_of(figure: Figure) -> list[str]:
    """Return every text that a figure shows."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]
