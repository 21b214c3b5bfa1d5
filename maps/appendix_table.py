"""A table of the Word annex as XML: a 三线表 whose numbers and small tables are not parted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx.oxml.ns import nsdecls

from .appendix import JUDGED, Listing, cell_text

LATIN = "Times New Roman"
HEI, SONG = "黑体", "宋体"
WHOLE_ROWS = 30
"""A table of no more rows is not parted by the end of a page."""
RUN_EM, SIDES_TWIPS = 0.66, 110
"""Of a letter or digit in the widest of the usual fonts, and the margins of a cell."""
RUN = re.compile(r"[^\s\u2e80-\uffff]+")
"""What a line must not part: a number, a word."""


def plain(text: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or ord(c) >= 32)


def table_xml(listing: Listing, wide_mm: float, points: float) -> str:
    """Return a 三线表 as XML: thick above and below, thin under the header, none upright."""
    frame = listing.frame
    names = [str(name) for name in frame.columns]
    texts = [[cell_text(v, listing.kinds.get(n, "text")) for v in frame[n]] for n in names]
    widths = _widths(names, texts, listing.widths, wide_mm)
    widths = _widened(widths, [_longest_run(column) * points for column in texts])
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    last = len(frame) - 1
    whole = len(frame) <= WHOLE_ROWS
    rows = [_row(names, ["center"] * len(names), widths, points, head=True, kept=whole)]
    sides = ["left" if listing.kinds.get(name, "text") == "text" else "right" for name in names]
    for at in range(len(frame)):
        cells, end = [column[at] for column in texts], at == last
        rule = listing.total and end
        rows.append(_row(cells, sides, widths, points, rule=rule, kept=whole and not end))
    thick, none = 'w:val="single" w:sz="12" w:space="0" w:color="000000"', 'w:val="nil"'
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblBorders><w:top {thick}/><w:left {none}/><w:bottom {thick}/>'
        f"<w:right {none}/><w:insideH {none}/><w:insideV {none}/></w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="50" w:type="dxa"/>'
        '<w:right w:w="50" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _widths(
    names: list[str], texts: list[list[str]], asked: tuple[float, ...], wide_mm: float
) -> list[int]:
    """Return the widths of columns in twentieths of a point: as asked, or by what they hold."""
    parts = list(asked)
    if not parts:
        for name, column in zip(names, texts, strict=True):
            longest = max((_units(text) for text in column), default=0)
            parts.append(min(max(longest, _units(name) / 2.2, 3.2) + 0.8, 26))
    whole = wide_mm / 25.4 * 1440
    return [int(whole * part / sum(parts)) for part in parts]


def _units(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in text)


def _longest_run(texts: Sequence[str]) -> float:
    """Return how wide the longest number or word of a column is, in letters of its size."""
    runs = (run for text in texts for run in RUN.findall(text))
    return max(map(len, runs), default=0) * RUN_EM


def _widened(widths: list[int], points: list[float]) -> list[int]:
    """Widen columns in which a number would be parted, by what the others can spare."""
    least = [round(20 * each) + SIDES_TWIPS for each in points]
    spare = [max(have - need, 0) for have, need in zip(widths, least, strict=True)]
    lack = [max(need - have, 0) for have, need in zip(widths, least, strict=True)]
    if not sum(lack) or not sum(spare):
        return widths
    part = min(1.0, sum(spare) / (2 * sum(lack)))
    taken = part * sum(lack) / sum(spare)
    return [
        int(have + part * short - taken * more)
        for have, short, more in zip(widths, lack, spare, strict=True)
    ]


def _shade(cell: str) -> str:
    """Return the ground of a verdict."""
    colour = JUDGED.get(cell)
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{colour}"/>' if colour else ""


def _row(
    cells: list[str], sides: list[str], widths: list[int], points: float, *, head: bool = False,
    rule: bool = False, kept: bool = False,
) -> str:  # fmt: skip
    size = f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'
    font = HEI if head else SONG
    fonts = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}" w:cs="{LATIN}"/>'
    line = 'w:val="single" w:sz="6" w:space="0" w:color="000000"'
    border = f"<w:bottom {line}/>" if head else f"<w:top {line}/>" if rule else ""
    marks = f"<w:tcBorders>{border}</w:tcBorders>" if border else ""
    spacing = (
        f'<w:spacing w:before="16" w:after="16" w:line="{round(points * 24)}" w:lineRule="exact"/>'
    )
    next_ = "<w:keepNext/>" if kept else ""
    row = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{marks}{_shade(cell)}'
        f'<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr>{next_}{spacing}<w:jc w:val="{side}"/></w:pPr>'
        f"<w:r><w:rPr>{fonts}{size}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(plain(cell))}</w:t></w:r></w:p></w:tc>'
        for cell, side, width in zip(cells, sides, widths, strict=True)
    )
    heading = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{heading}</w:trPr>{row}</w:tr>"
