"""A town as a file of OpenStreetMap that is made, not measured: synthetic, and said to be so."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

WEST, SOUTH, STEP_DEGREES = 113.0, 23.3, 0.0011
CLASSES = ("residential", "unclassified", "service", "tertiary", "secondary", "primary")
BENDS = 2
EVERY_BUILDING = 2


def write_town(path: Path, lines: int, *, seed: int = 2) -> Path:
    """
    Write lines x lines crossings, about as many roads of two blocks each, and half as many houses.

    Every block has two bends; every 8th line is a larger road, 12 % of the others are one-way. The
    same seed gives the same town.
    """
    rng = np.random.default_rng(seed)
    spread = rng.normal(0, 0.2, (lines, lines, 2))
    writer = osmium.SimpleWriter(str(path))
    number = np.arange(1, lines * lines + 1).reshape(lines, lines)
    following = lines * lines + 1
    ways: list[tuple[list[int], dict[str, str]]] = []

    def place(column: float, row: float) -> tuple[float, float]:
        return WEST + column * STEP_DEGREES, SOUTH + row * STEP_DEGREES

    at = {}
    for c in range(lines):
        for r in range(lines):
            at[c, r] = (c + spread[c, r, 0], r + spread[c, r, 1])
            writer.add_node(Node(id=int(number[c, r]), location=place(*at[c, r])))
    for level in (True, False):
        for line in range(lines):
            for begin in range(0, lines - 2, 2):
                stops = [(begin + k, line) if level else (line, begin + k) for k in range(3)]
                refs = [int(number[stops[0]])]
                for one, other in pairwise(stops):
                    for part in (np.arange(BENDS) + 1) / (BENDS + 1):
                        bend = rng.normal(0, 0.04, 2) + [
                            at[one][k] + part * (at[other][k] - at[one][k]) for k in (0, 1)
                        ]
                        writer.add_node(Node(id=following, location=place(*bend)))
                        refs.append(following)
                        following += 1
                    refs.append(int(number[other]))
                ways.append((refs, _tags(rng, line)))
    for house in range(0, len(ways), EVERY_BUILDING):
        column, row = rng.uniform(0, lines, 2)
        for c, r in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)):
            writer.add_node(Node(id=following, location=place(column + c, row + r)))
            following += 1
        corners = [following - k for k in (4, 3, 2, 1, 4)]
        ways.append((corners, {"building": "yes", "addr:housenumber": str(house)}))
    for identifier, (refs, tags) in enumerate(ways, 1):
        writer.add_way(Way(id=identifier, nodes=refs, tags=tags))
    writer.close()
    return path


def _tags(rng: np.random.Generator, line: int) -> dict[str, str]:
    large = line % 8 == 0
    kind = CLASSES[int(rng.integers(3, 6)) if large else int(rng.integers(0, 3))]
    tags = {"highway": kind, "name": f"示意路{line}"}
    if large:
        tags["maxspeed"] = str(int(rng.choice((40, 60, 80))))
    elif rng.random() < 0.12:
        tags["oneway"] = "yes"
    if rng.random() < 0.2:
        tags["surface"] = str(rng.choice(("asphalt", "concrete", "gravel")))
    return tags
