"""What tells size and side of a map: scale bar and north arrow."""

from __future__ import annotations

from math import floor, log10

from matplotlib.patches import Polygon, Rectangle

from ..style import INK
from .sheet import SCALE_MM, Sheet


def metres_a_mm(sheet: Sheet) -> float:
    """Return how many metres of ground a millimetre of paper is."""
    low, high = sheet.body.get_xlim()
    return float(high - low) / sheet.frame.body[2]


def round_number(most: float) -> float:
    """Return the largest of 1, 2, 5 x 10^n that is not greater."""
    unit = 10.0 ** floor(log10(most))
    return max(n for n in (1, 2, 5) if n * unit <= most * (1 + 1e-9)) * unit


def _corner(sheet: Sheet) -> tuple[float, float]:
    """Return the lower right corner of where scale bar and arrow stand."""
    x, y, w, _ = sheet.frame.legend
    return x + w, y


def scale_bar(sheet: Sheet) -> None:
    """Draw the scale bar in four fields, and the scale in words."""
    right, low = _corner(sheet)
    ground = metres_a_mm(sheet)
    length = round_number(ground * (SCALE_MM - 22))
    mm = length / ground
    x, y = right - SCALE_MM + 3, low + 7
    for part in range(4):
        sheet.page.add_patch(
            Rectangle(
                (x + part * mm / 4, y),
                mm / 4,
                1.6,
                facecolor="white" if part % 2 else INK,
                edgecolor=INK,
                linewidth=0.5,
            )
        )
    for part, ha in ((0, "center"), (2, "center"), (4, "center")):
        text = f"{length * part / 4000:g}" + (" 公里" if part == 4 else "")
        sheet.page.text(x + part * mm / 4, y + 3.6, text, fontsize=7, color=INK, ha=ha, va="center")
    sheet.page.text(
        x,
        y - 2.8,
        f"比例尺 约 1:{round(ground * 1000, -3):,.0f}（A4）",
        fontsize=7,
        color=INK,
        va="center",
    )


def north_arrow(sheet: Sheet) -> None:
    """Draw an arrow that points up the sheet, where north is in a metric system."""
    right, low = _corner(sheet)
    x, y = right - 7.5, low + 6
    tip, foot = y + 12, y
    sheet.page.add_patch(
        Polygon(
            [(x, tip), (x - 2.6, foot), (x, foot + 2.4)],
            facecolor=INK,
            edgecolor=INK,
            linewidth=0.6,
            gid="north-dark",
        )
    )
    sheet.page.add_patch(
        Polygon(
            [(x, tip), (x + 2.6, foot), (x, foot + 2.4)],
            facecolor="white",
            edgecolor=INK,
            linewidth=0.6,
            gid="north-light",
        )
    )
    sheet.page.text(x, tip + 2.4, "北", fontsize=8, color=INK, ha="center", va="center")
