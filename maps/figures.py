"""
The sheet that every figure of the appendix stands on: A4, upright or lying.

Title, frame, legend, numbered caption, sources and the line of the map review stand where they
always stand; what is in the frame is drawn by `figures_map` and `figures_chart`. Sizes are in
millimetres of paper, so that a sheet looks alike in every format.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .fonts import families
from .style import FLAG, INK, MUTED

Paper = Literal["portrait", "landscape"]
PAPERS: dict[Paper, tuple[float, float]] = {"portrait": (210, 297), "landscape": (297, 210)}
"""Width and height in millimetres."""
FORMATS = ("png", "svg", "pdf")
DOTS_AN_INCH = 300
INCH_MM = 25.4
POINT_MM = INCH_MM / 72
MARGIN_MM = 13.0
TITLE_MM = 18.0
SIDE_MM = 66.0
"""Width of the column beside the frame of a lying sheet."""
LEGEND_ROW_MM = 5.0
WIDEST_KEY_MM = 64.0
NOTE_SIZE, LEGEND_SIZE, TITLE_SIZE, CAPTION_SIZE = 7.0, 8.2, 16.0, 10.5
CAPTION_MM = 9.0
SETTINGS: dict[Any, Any] = {
    "axes.unicode_minus": False,
    "font.enable_last_resort": False,
    "pdf.fonttype": 3,
    "svg.fonttype": "path",
    "svg.hashsalt": "kepu",
    "path.simplify": True,
    "hatch.linewidth": 0.5,
}


@dataclass(frozen=True)
class About:
    """
    What stands around a figure.

    Parameters
    ----------
    number, title
        The caption: 图 `number`  `title`.
    subtitle
        Below the title: the standard, the limit.
    notes
        Sources, dates, projection, what the figure does not say; one line each.
    review
        The line of the map review (审图号, or that there is none).
    illustrative
        Whether it bears 示意数据.
    """

    number: int
    title: str
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    review: str = ""
    illustrative: bool = False

    @property
    def caption(self) -> str:
        """The numbered caption."""
        return f"图 {self.number}　{self.title}"


@dataclass(frozen=True)
class Key:
    """
    An entry of the legend, drawn as it is on the sheet.

    Parameters
    ----------
    label
        What it means; with form `head`, a heading.
    form
        A marker of matplotlib, `area`, `line` or `head`.
    colour, edge, width, dash, hatch, size
        Its looks; `size` is the diameter of a marker in points.
    """

    label: str
    form: str = "area"
    colour: str = "none"
    edge: str = INK
    width: float = 0.6
    dash: Any = "-"
    hatch: str = ""
    size: float = 6.0


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
    """Break a text into lines that fit; Latin words and numbers stay whole, stops never lead."""
    lines, line = [], ""
    for word in _words(text):
        if line and breadth(line + word, size) > width_mm and word not in "，。；：、）":
            lines.append(line)
            line = word.lstrip()
        else:
            line += word
    return [*lines, line] if line else lines


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


SCALE_MM = 52.0
"""Kept free beside the legend of an upright sheet, for scale bar and north arrow."""


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
    for line in wrapped(about.subtitle, 9, width - 2 * MARGIN_MM)[:1]:
        page.text(MARGIN_MM, height - MARGIN_MM - 12.6, line, fontsize=9, color=MUTED, va="center")
    if about.illustrative:
        page.text(
            width - MARGIN_MM, height - MARGIN_MM - 5.5, "示意数据", fontsize=11, color=FLAG,
            ha="right", va="center",
            bbox={"boxstyle": "square,pad=0.35", "facecolor": "white", "edgecolor": FLAG,
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
    room = w - (SCALE_MM if sheet.paper == "portrait" else 0)
    columns = legend_columns(keys, room) if sheet.paper == "portrait" else 1
    rows = -(-len(keys) // columns)
    step = min(LEGEND_ROW_MM, (h - 10 - (0 if sheet.paper == "portrait" else 24)) / max(rows, 1))
    for at, key in enumerate(keys):
        column, row = divmod(at, rows)
        left = x + 3 + column * room / columns
        _draw_key(page, key, left, y + h - 9.5 - row * step, room / columns - 10)


def _draw_key(page: Axes, key: Key, x: float, y: float, room: float) -> None:
    size = min(LEGEND_SIZE, LEGEND_SIZE * room / max(breadth(key.label, LEGEND_SIZE), 1))
    if key.form == "head":
        wide = min(LEGEND_SIZE, LEGEND_SIZE * (room + 8) / max(breadth(key.label, LEGEND_SIZE), 1))
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


def texts_of(figure: Figure) -> list[str]:
    """Return every text that a figure shows."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text()]


def picture_of(figure: Figure, dots_an_inch: int) -> bytes:
    """Return a sheet as PNG without its margins and its caption, for a page that has its own."""
    image, dots = _raster(figure, dots_an_inch), dots_an_inch / INCH_MM
    edge, foot = round((MARGIN_MM - 2) * dots), round((MARGIN_MM + CAPTION_MM - 1) * dots)
    box = (edge, edge, image.width - edge, image.height - foot)
    return _png(image.crop(box), dots_an_inch)


def _raster(figure: Figure, dots_an_inch: int) -> Image.Image:
    """Return a figure in dots, without the transparency that it has no use for."""
    canvas: Any = FigureCanvasAgg(figure)
    with matplotlib.rc_context(SETTINGS):
        before, figure.dpi = figure.dpi, dots_an_inch
        try:
            canvas.draw()
        finally:
            figure.dpi = before
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _png(image: Image.Image, dots_an_inch: int) -> bytes:
    stream, told = io.BytesIO(), PngInfo()
    told.add_text("Software", "kepu")
    image.save(stream, format="png", dpi=(dots_an_inch, dots_an_inch), pnginfo=told)
    return stream.getvalue()


def saved(figure: Figure, ending: str, dots_an_inch: int = DOTS_AN_INCH) -> bytes:
    """Return a figure as a file; the same bytes every time."""
    if ending == "png":
        return _png(_raster(figure, dots_an_inch), dots_an_inch)
    stamps: dict[str, dict[str, Any]] = {
        "svg": {"Date": None, "Creator": "kepu"},
        "pdf": {"CreationDate": None, "Creator": "kepu", "Producer": "kepu"},
    }
    stream = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure.savefig(stream, format=ending, metadata=stamps[ending], dpi=dots_an_inch)
    return stream.getvalue()
