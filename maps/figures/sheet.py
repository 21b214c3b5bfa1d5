"""
The sheet that every figure of the appendix stands on: A4, upright or lying.

Title, frame, legend, numbered caption, sources and the line of the map review stand where they
always stand; what is in the frame is drawn by the other modules of this folder. Sizes are in
millimetres of paper, so that a sheet looks alike in every format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ..style import FLAG, INK, MUTED
from .about import PAPERS, About, Key, Paper
from .text import INCH_MM, POINT_MM, breadth, fitted, wrapped

DOTS_AN_INCH = 300
MARGIN_MM = 13.0
TITLE_MM = 18.0
SIDE_MM = 66.0
"""Width of the column beside the frame of a lying sheet."""
LEGEND_ROW_MM = 5.0
WIDEST_KEY_MM = 64.0
PAIRED_MM = 12.5
"""What symbol and gaps take of a key in a pair."""
SCALE_HIGH_MM = 24.0
SCALE_MM = 52.0
"""Kept free for scale bar and north arrow: below the legend of a lying sheet, beside that of an
upright one."""
NOTE_SIZE, LEGEND_SIZE, TITLE_SIZE, CAPTION_SIZE = 7.0, 8.2, 16.0, 10.5
SUBTITLE_SIZE, LEAST_SUBTITLE = 9.0, 7.2
CAPTION_MM = 9.0
MARK_SIZE, MARK_PAD = 11.0, 0.35
"""Of 示意数据; the pad of its box in letters."""


@dataclass(frozen=True)
class Frame:
    """Where things stand on a sheet, in millimetres from its lower left corner: x, y, w, h."""

    body: tuple[float, float, float, float]
    legend: tuple[float, float, float, float]
    notes: tuple[float, float, float, float]


@dataclass(eq=False)
class Sheet:
    """
    A sheet under work.

    Parameters
    ----------
    figure, page, body
        The figure, its axes in millimetres of paper, and the axes of the picture.
    frame
        Where things stand.
    """

    figure: Figure
    page: Axes
    body: Axes
    frame: Frame
    paper: Paper
    about: About
    keys: list[Key] = field(default_factory=list)


def legend_columns(keys: Sequence[Key], width_mm: float) -> int:
    """Return into how many columns a legend goes; labels longer than a column are set smaller."""
    widest = max((breadth(key.label, LEGEND_SIZE) for key in keys), default=0) + 12
    return max(1, min(4, int(width_mm // min(widest, WIDEST_KEY_MM))))


def open_sheet(about: About, paper: Paper, keys: Sequence[Key], *, axes: bool = False) -> Sheet:
    """
    Lay out a sheet: everything but the picture.

    Parameters
    ----------
    about
        What stands around the picture.
    paper
        Upright or lying.
    keys
        The legend.
    axes
        Whether the picture is a chart, which needs room for labels within its frame.
    """
    width, height = PAPERS[paper]
    figure = Figure(figsize=(width / INCH_MM, height / INCH_MM), dpi=DOTS_AN_INCH)
    FigureCanvasAgg(figure)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, width), ylim=(0, height))
    page.set_axis_off()
    frame = _laid(about, paper, keys, 16.0 if axes else 26.0)
    x, y, w, h = frame.body
    inset = (18.0, 14.0, 8.0, 8.0) if axes else (0.0, 0.0, 0.0, 0.0)
    left, low, right, high = inset
    body = figure.add_axes(
        ((x + left) / width, (y + low) / height, (w - left - right) / width,
         (h - low - high) / height)
    )  # fmt: skip
    if axes:
        page.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=INK, linewidth=0.8))
    sheet = Sheet(figure, page, body, frame, paper, about, list(keys))
    _title(sheet)
    _legend(sheet)
    _notes(sheet)
    return sheet


def _laid(about: About, paper: Paper, keys: Sequence[Key], least_mm: float) -> Frame:
    width, height = PAPERS[paper]
    inner = width - 2 * MARGIN_MM
    low = MARGIN_MM + CAPTION_MM
    top = height - MARGIN_MM - TITLE_MM
    if paper == "landscape":
        body = (MARGIN_MM, low, inner - SIDE_MM - 3, top - low)
        side = MARGIN_MM + inner - SIDE_MM
        note_mm = _note_lines(about, SIDE_MM) * NOTE_SIZE * POINT_MM * 1.5 + 4
        legend_low = low + note_mm
        return Frame(
            body, (side, legend_low, SIDE_MM, top - legend_low), (side, low, SIDE_MM, note_mm)
        )
    note_mm = _note_lines(about, inner) * NOTE_SIZE * POINT_MM * 1.5 + 2
    rows = -(-len(keys) // legend_columns(keys, inner - SCALE_MM))
    legend_mm = max(rows * LEGEND_ROW_MM + 9, least_mm)
    legend_low = low + note_mm
    body_low = legend_low + legend_mm
    return Frame(
        (MARGIN_MM, body_low, inner, top - body_low),
        (MARGIN_MM, legend_low, inner, legend_mm),
        (MARGIN_MM, low, inner, note_mm),
    )


def _note_lines(about: About, width_mm: float) -> int:
    lines = [*about.notes, about.review]
    return sum(len(wrapped(line, NOTE_SIZE, width_mm - 3)) for line in lines if line)


def _title(sheet: Sheet) -> None:
    width, height = PAPERS[sheet.paper]
    about, page = sheet.about, sheet.page
    room = width - 2 * MARGIN_MM - (26 if about.illustrative else 0)
    size = min(TITLE_SIZE, TITLE_SIZE * room / max(breadth(about.title, TITLE_SIZE), 1))
    page.text(MARGIN_MM, height - MARGIN_MM - 5.5, about.title, fontsize=size, color=INK,
              va="center")  # fmt: skip
    size, lines = fitted(about.subtitle, (SUBTITLE_SIZE, LEAST_SUBTITLE), width - 2 * MARGIN_MM)
    for at, line in enumerate(lines):
        low = 12.6 + (at - (len(lines) - 1) / 2) * size * POINT_MM * 1.25
        page.text(MARGIN_MM, height - MARGIN_MM - low, line, fontsize=size, color=MUTED,
                  va="center")  # fmt: skip
    if about.illustrative:
        page.text(
            width - MARGIN_MM - MARK_PAD * MARK_SIZE * POINT_MM, height - MARGIN_MM - 5.5,
            "示意数据", fontsize=MARK_SIZE, color=FLAG, ha="right", va="center",
            bbox={"boxstyle": f"square,pad={MARK_PAD}", "facecolor": "white", "edgecolor": FLAG,
                  "linewidth": 0.9},
        )  # fmt: skip
    page.text(width / 2, MARGIN_MM + 2.5, about.caption, fontsize=CAPTION_SIZE, color=INK,
              ha="center", va="center")  # fmt: skip


def _legend(sheet: Sheet) -> None:
    x, y, w, h = sheet.frame.legend
    page, keys = sheet.page, sheet.keys
    page.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=INK, linewidth=0.8))
    if not keys:
        return
    page.text(x + 3, y + h - 4.5, "图例", fontsize=9.5, color=INK, va="center")
    if sheet.paper == "landscape":
        _legend_beside(sheet)
        return
    room = w - SCALE_MM
    columns = legend_columns(keys, room)
    rows = -(-len(keys) // columns)
    step = min(LEGEND_ROW_MM, (h - 10) / max(rows, 1))
    for at, key in enumerate(keys):
        column, row = divmod(at, rows)
        left = x + 3 + column * room / columns
        _draw_key(page, key, left, y + h - 9.5 - row * step, room / columns - 10, LEGEND_SIZE)


def _legend_beside(sheet: Sheet) -> None:
    """Draw the legend of a lying sheet: one below the other, short ones in pairs if it is long."""
    x, y, w, h = sheet.frame.legend
    free = h - 10 - SCALE_HIGH_MM
    rows = [[key] for key in sheet.keys]
    if len(rows) * LEGEND_ROW_MM > free:
        rows = _paired(sheet.keys, w / 2 - PAIRED_MM)
    step = min(LEGEND_ROW_MM, free / len(rows))
    size = min(LEGEND_SIZE, step / POINT_MM / 1.15)
    for at, row in enumerate(rows):
        for column, key in enumerate(row):
            left, room = x + 3 + column * w / 2, w / len(row) - PAIRED_MM
            _draw_key(sheet.page, key, left, y + h - 9.5 - at * step, room, size)


def _paired(keys: Sequence[Key], room: float) -> list[list[Key]]:
    """Return rows of keys: two that follow each other share one if both fit."""
    rows: list[list[Key]] = []
    open_ = False
    for key in keys:
        short = key.form != "head" and breadth(key.label, LEGEND_SIZE) <= room
        if short and open_:
            rows[-1].append(key)
            open_ = False
        else:
            rows.append([key])
            open_ = short
    return rows


def _draw_key(page: Axes, key: Key, x: float, y: float, room: float, most: float) -> None:
    size = min(most, LEGEND_SIZE * room / max(breadth(key.label, LEGEND_SIZE), 1))
    if key.form == "head":
        wide = min(most, LEGEND_SIZE * (room + 8) / max(breadth(key.label, LEGEND_SIZE), 1))
        page.text(x, y, key.label, fontsize=wide, color=key.edge, va="center")
        return
    if key.form == "area":
        page.add_patch(
            Rectangle((x, y - 1.5), 6, 3, facecolor=key.colour, edgecolor=key.edge,
                      linewidth=key.width, hatch=key.hatch or None, linestyle=key.dash)
        )  # fmt: skip
    elif key.form == "line":
        page.add_line(
            Line2D([x, x + 6], [y, y], color=key.colour, linewidth=key.width, linestyle=key.dash)
        )
    else:
        page.add_line(
            Line2D([x + 3], [y], marker=key.form, color=key.colour, markeredgecolor=key.edge,
                   markeredgewidth=key.width, markersize=key.size, linestyle="none")
        )  # fmt: skip
    page.text(x + 8, y, key.label, fontsize=size, color=INK, va="center")


def _notes(sheet: Sheet) -> None:
    x, y, w, h = sheet.frame.notes
    if sheet.paper == "landscape":
        sheet.page.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=INK, linewidth=0.8))
    pad = 1.5 if sheet.paper == "landscape" else 0.0
    top = y + h - 2.6
    for text in (*sheet.about.notes, sheet.about.review):
        for line in wrapped(text, NOTE_SIZE, w - 3) if text else ():
            sheet.page.text(x + pad, top, line, fontsize=NOTE_SIZE, color=MUTED, va="center")
            top -= NOTE_SIZE * POINT_MM * 1.5
