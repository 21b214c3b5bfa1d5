"""Colours and classes: edges that mean something, readable text, an order that grey keeps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from kepu.maps import style


def luminance(colour: str) -> float:
    """Return the relative luminance of a `#rrggbb` colour (WCAG 2.1)."""
    parts = [int(colour[i:j], 16) / 255 for i, j in itertools.pairwise((1, 3, 5, 7))]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(colour: str, background: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    high, low = sorted((luminance(colour), luminance(background)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lightness(colour: str) -> float:
    """Return CIE L*, 0 (black) to 100 (white): what a grey print keeps."""
    light = luminance(colour)
    root = light ** (1 / 3) if light > (6 / 29) ** 3 else light * (29 / 6) ** 2 / 3 + 4 / 29
    return 116 * root - 16


def test_the_threshold_is_an_edge_of_the_classes() -> None:
    assert style.minute_edges(15.0) == [7.5, 15.0, 22.5, 30.0]


def test_text_is_readable_on_every_ground() -> None:
    grounds = ["#ffffff", style.PAPER, *style.SHARE_BELOW, style.SHARE_MET, *style.MINUTE_FILLS]
    assert all(contrast(style.INK, ground) >= 4.5 for ground in grounds)
    assert contrast(style.MUTED, "#ffffff") >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


SCALES = (
    (style.SHARE_MET, *style.SHARE_BELOW[::-1]),
    style.MINUTE_FILLS,
    (*style.MINUTES_WITHIN, *style.MINUTES_BEYOND),
)


@pytest.mark.parametrize("colours", SCALES)
def test_a_grey_print_keeps_the_order_of_the_classes(colours: tuple[str, ...]) -> None:
    assert lightness("#ffffff") == pytest.approx(100)
    assert lightness("#777777") == pytest.approx(50, abs=0.5)
    grey = [lightness(colour) for colour in colours]
    assert all(better - worse > 3 for better, worse in itertools.pairwise(grey))


def _seen_by(colour: str, matrix: Mapping[str, tuple[float, float, float]]) -> np.ndarray:
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = np.array([((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in rgb])
    return np.array([np.clip(np.dot(matrix[row], linear), 0, 1) ** (1 / 2.2) for row in "rgb"])


DEUTERANOPIA = {  # Machado, Oliveira, Fernandes 2009, severity 1.0
    "r": (0.367322, 0.860646, -0.227968),
    "g": (0.280085, 0.672501, 0.047413),
    "b": (-0.011820, 0.042940, 0.968881),
}


def test_classes_differ_for_people_who_do_not_see_red_or_green() -> None:
    for colours in SCALES:
        seen = [_seen_by(colour, DEUTERANOPIA) for colour in colours]
        gaps = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
        assert min(gaps) > 0.06
