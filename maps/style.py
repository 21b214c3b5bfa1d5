"""
Colours, classes and widths of everything drawn: one place for the web map and the figures.

Blue is within the threshold or meets the goal, orange is beyond or below: the pair that people with
any colour vision tell apart. From good to bad every scale also darkens from step to step, so that a
grey print can be read. Where colour says something, form or text says it again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

FONTS = (
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "sans-serif",
)
"""What Windows, macOS, UOS and Kylin have, in this order."""

INK = "#1f2933"
MUTED = "#52606d"
PAPER = "#f4f2ee"
SHARE_BELOW = ("#e3a166", "#f4c493", "#fde3c6")
SHARE_MET = "#eaf2f9"
MINUTE_FILLS = ("#f5f9fc", "#e3edf6", "#fadcba", "#eebb88", "#d9955a")
"""Areas by minutes: two classes within the threshold, three beyond."""
MINUTES_WITHIN = ("#bfdcf2", "#6fb1e0")
MINUTES_BEYOND = ("#d9772a", "#a8481a", "#5f1d08")
WITHIN_EDGE = "#1f5f99"
"""The rim of a place within the threshold; one beyond it has a white rim."""
BAR_MET = "#2a6ca8"
BAR_BELOW = "#c75a1b"
UNREACHED = "#ffffff"
NOT_MEANT = "#b8bec6"
"""Places that a standard is not meant for."""
FLAG = "#a8005f"
ROUTE = "#a8005f"
RINGS = ("#2c7fb8", "#41a6c4", "#7fcdbb", "#c7e9b4", "#edf8d9")
"""Isochrones, the nearest first."""
VENUE_TYPES = ("#17202a", "#4b2a7b", "#00573f", "#6b4300", "#7a0f2b")
VENUE_OTHER = "#6b7280"
DISTRICT_EDGE = "#5d4a5f"
TOWN_EDGE = "#7d6c80"
WATER = "#98c9de"

SHARE_STEPS = (2 / 3, 8 / 9)
MINUTE_STEPS = (0.5, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Line:
    """
    How one class of base lines looks.

    Parameters
    ----------
    colour, casing
        The line and the rim below it; an empty casing draws none.
    widths
        Pixels at zoom 10, 13 and 16; between them it is interpolated.
    zoom
        The first zoom that shows it.
    dash
        Canvas dash pattern in pixels, drawn in white upon the line.
    """

    colour: str
    casing: str
    widths: tuple[float, float, float]
    zoom: float
    dash: str = ""


BASE_LINES = {
    "river": Line(WATER, "", (1.2, 2.4, 5.0), 0),
    "minor": Line("#ffffff", "#b4aca1", (0.5, 1.4, 4.0), 12.5),
    "tertiary": Line("#ffffff", "#a99f92", (0.8, 2.4, 6.0), 10.5),
    "secondary": Line("#fffdf6", "#9d9385", (1.1, 3.4, 8.0), 9.5),
    "primary": Line("#fff6d9", "#9b8f80", (1.6, 4.4, 10.0), 0),
    "trunk": Line("#fdebb4", "#93856f", (2.0, 5.0, 11.0), 0),
    "rail": Line("#7c7f86", "", (1.6, 2.4, 4.0), 0, "7 7"),
    "motorway": Line("#f7d98b", "#7f6f55", (2.6, 5.8, 13.0), 0),
}
"""In drawing order, the most important last."""


def minute_edges(threshold_minutes: float) -> list[float]:
    """Return the inclusive upper ends of the classes of minutes; one of them is the threshold."""
    return [threshold_minutes * step for step in MINUTE_STEPS]


def page_style() -> dict[str, object]:
    """Return what the page needs to draw with the same hand."""
    return {
        "ink": INK,
        "fonts": ",".join(f'"{font}"' if " " in font else font for font in FONTS),
        "paper": PAPER,
        "shareFills": [*SHARE_BELOW, SHARE_MET],
        "shareSteps": list(SHARE_STEPS),
        "minuteFills": list(MINUTE_FILLS),
        "minuteSteps": list(MINUTE_STEPS),
        "dots": [*MINUTES_WITHIN, *MINUTES_BEYOND],
        "withinEdge": WITHIN_EDGE,
        "route": ROUTE,
        "rings": list(RINGS),
        "unreached": UNREACHED,
        "notMeant": NOT_MEANT,
        "flag": FLAG,
        "venueTypes": list(VENUE_TYPES),
        "venueOther": VENUE_OTHER,
        "districtEdge": DISTRICT_EDGE,
        "townEdge": TOWN_EDGE,
        "water": WATER,
        "lines": {name: asdict(line) for name, line in BASE_LINES.items()},
    }
