"""Colours and classes: edges that mean something, readable text, an order that grey keeps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from kepu.maps import style


@pytest.mark.parametrize(
    ("goal", "edges"),
    [
        (0.9, [0.6, 0.8, 0.9]),
        (0.95, [0.6, 0.8, 0.95]),
        (0.8, [0.5, 0.7, 0.8]),
        (1.0, [0.65, 0.85, 1.0]),
        (0.925, [0.6, 0.8, 0.925]),
        (0.05, [0.05]),
        (0.0, []),
    ],
)
def test_the_goal_is_an_edge_of_the_classes(goal: float, edges: list[float]) -> None:
    assert style.share_edges(goal) == pytest.approx(edges)
    fills = style.share_fills(goal)
    assert len(fills) == len(edges) + 1
    assert fills[-1] == style.SHARE_MET


def test_the_threshold_is_an_edge_of_the_classes() -> None:
    assert style.minute_edges(15.0) == [7.5, 15.0, 22.5, 30.0]


def test_text_is_readable_on_every_ground() -> None:
    grounds = ["#ffffff", style.PAPER, *style.SHARE_BELOW, style.SHARE_MET, *style.MINUTE_FILLS]
    assert all(style.contrast(style.INK, ground) >= 4.5 for ground in grounds)
    assert style.contrast(style.MUTED, "#ffffff") >= 4.5
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)


SCALES = (
    (style.SHARE_MET, *style.SHARE_BELOW[::-1]),
    style.MINUTE_FILLS,
    (*style.MINUTES_WITHIN, *style.MINUTES_BEYOND),
)


@pytest.mark.parametrize("colours", SCALES)
def test_a_grey_print_keeps_the_order_of_the_classes(colours: tuple[str, ...]) -> None:
    assert style.lightness("#ffffff") == pytest.approx(100)
    assert style.lightness("#777777") == pytest.approx(50, abs=0.5)
    grey = [style.lightness(colour) for colour in colours]
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
