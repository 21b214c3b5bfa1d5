"""What stands around a figure: title, sources, legend; light to import, for it draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..style import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Paper = Literal["portrait", "landscape"]
PAPERS: dict[Paper, tuple[float, float]] = {"portrait": (210, 297), "landscape": (297, 210)}
"""Width and height in millimetres."""
FORMATS = ("png", "svg", "pdf")


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


@dataclass(frozen=True, eq=False)
class Picture:
    """
    A figure to draw.

    Parameters
    ----------
    stem
        Name of its files.
    about
        What stands around it.
    draw
        Draws it on a sheet; it can be sent to another process.
    remark
        A sentence for the annex, below the caption.
    """

    stem: str
    about: About
    draw: Callable[[Paper], Figure]
    remark: str = ""
