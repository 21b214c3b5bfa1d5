"""What the charts share: plain axes, and the texts that their fonts must have."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ..style import INK, MUTED
from .about import About, Key

GRID = "#d9dde2"
SIGNS = "0123456789.,%–≥示意数据图例"


def plain_axes(axes: Axes) -> None:
    """Leave two spines and no ticks."""
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(length=0, labelsize=8, colors=INK)


def texts_around(about: About, keys: Sequence[Key], more: Sequence[str]) -> list[str]:
    """Return every text of a chart: around it, in its legend, and more."""
    around = [about.title, about.subtitle, *about.notes, about.review, about.caption]
    return [*around, *(key.label for key in keys), *map(str, more), SIGNS]
