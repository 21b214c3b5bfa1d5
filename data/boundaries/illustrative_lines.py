"""
Lines of the illustrative road map: a road with its tags, cutting it, and noding.

Two lines are connected where they bear the same vertex, as in OpenStreetMap. Lines on the ground
get a common vertex wherever they cross; what runs on a bridge, in a tunnel or on water is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from illustrative_ground import Spot, cm
from shapely import LineString, Point, STRtree, linestrings
from shapely.geometry.base import BaseGeometry

SNAP_METRES = 3.0
"""A crossing this near to a vertex takes the vertex."""
PASSES = 4


@dataclass
class Line:
    """
    A way to be: its vertices, its tags, and whether it lies on the ground.

    Parameters
    ----------
    spots
        Vertices in metres; the first and last are equal in a ring.
    tags
        OpenStreetMap tags.
    ground
        False for bridges, tunnels, ferries, motorways, railways and water: never noded.
    kind
        `arterial`, `street`, `village`, ..., for the script alone.
    """

    spots: list[Spot]
    tags: dict[str, str]
    ground: bool = True
    kind: str = ""

    @property
    def shape(self) -> LineString:
        """The line in metres."""
        return LineString(self.spots)


def along(spots: Sequence[Spot]) -> list[float]:
    """Return the metres run at each vertex."""
    run = [0.0]
    for (ax, ay), (bx, by) in pairwise(spots):
        run.append(run[-1] + math.hypot(bx - ax, by - ay))
    return run


def vertex_at(line: Line, distance: float) -> Spot:
    """Return the vertex at `distance` metres along `line`; put one there if none is near."""
    run = along(line.spots)
    nearest = min(range(len(run)), key=lambda index: abs(run[index] - distance))
    if abs(run[nearest] - distance) <= SNAP_METRES:
        return line.spots[nearest]
    index = next(index for index, metre in enumerate(run) if metre > distance)
    part = (distance - run[index - 1]) / (run[index] - run[index - 1])
    (ax, ay), (bx, by) = line.spots[index - 1], line.spots[index]
    spot = cm(ax + part * (bx - ax), ay + part * (by - ay))
    line.spots.insert(index, spot)
    return spot


def cut(line: Line, spans: Sequence[Spot]) -> Iterator[tuple[list[Spot], bool]]:
    """Yield the pieces of `line`, in order, each with whether it lies in a span of metres."""
    total = along(line.spots)[-1]
    marks = sorted({max(0.0, min(total, metre)) for span in spans for metre in span} | {0.0, total})
    stops = [vertex_at(line, mark) for mark in marks]
    index = [line.spots.index(stop) for stop in stops]
    if line.spots[0] == line.spots[-1]:
        index[-1] = len(line.spots) - 1
    for (first, last), (begin, end) in zip(pairwise(index), pairwise(marks), strict=True):
        if last > first:
            middle = (begin + end) / 2
            yield line.spots[first : last + 1], any(low < middle < high for low, high in spans)


def spans_over(line: Line, obstacle: BaseGeometry, reach: float) -> list[Spot]:
    """Return the merged spans of metres where `line` meets `obstacle`, `reach` metres longer."""
    shape = line.shape
    met = shape.intersection(obstacle)
    spans = []
    for part in getattr(met, "geoms", [met]):
        if not part.is_empty:
            run = [shape.project(Point(spot)) for spot in part.coords]
            spans.append((min(run) - reach, max(run) + reach))
    merged: list[Spot] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 30:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def lifted(line: Line, obstacle: BaseGeometry, reach: float, layer: int) -> list[Line]:
    """Cut `line` into plain pieces and bridges over `obstacle`."""
    bridge = {**line.tags, "bridge": "yes", "layer": str(layer)}
    return [
        replace(line, spots=spots, tags=bridge if over else dict(line.tags))
        for spots, over in cut(line, spans_over(line, obstacle, reach))
    ]


def _crossings(lines: Sequence[Line]) -> Iterator[tuple[int, int, int, int]]:
    """Yield line and piece of each pair of ground pieces that meet but at a common vertex."""
    owner = [
        (number, piece)
        for number, line in enumerate(lines)
        if line.ground
        for piece in range(len(line.spots) - 1)
    ]
    ends = [lines[number].spots[piece : piece + 2] for number, piece in owner]
    pieces = linestrings(np.array(ends))
    first, second = STRtree(pieces).query(pieces, predicate="intersects")
    for one, two in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if one < two and not set(ends[one]) & set(ends[two]):
            yield (*owner[one], *owner[two])


def _common(one: Sequence[Spot], two: Sequence[Spot]) -> Spot:
    """Return where two crossing pieces are to share a vertex."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = *one, *two
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if abs(across) < 1e-9:
        return two[0]
    part = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / across
    spot = cm(ax + part * (bx - ax), ay + part * (by - ay))
    near = min((*one, *two), key=lambda end: math.dist(end, spot))
    return near if math.dist(near, spot) <= SNAP_METRES else spot


def node(lines: Sequence[Line]) -> int:
    """
    Put a common vertex wherever two lines on the ground cross; return the crossings left.

    A vertex that is moved to a near one can bring about a new crossing, hence several passes.
    """
    left = 0
    for _ in range(PASSES):
        wanted: dict[tuple[int, int], set[Spot]] = defaultdict(set)
        left = 0
        for one, at, two, there in _crossings(lines):
            left += 1
            spot = _common(lines[one].spots[at : at + 2], lines[two].spots[there : there + 2])
            wanted[one, at].add(spot)
            wanted[two, there].add(spot)
        if not left:
            return 0
        for (number, piece), spots in sorted(wanted.items(), reverse=True):
            start, end = lines[number].spots[piece : piece + 2]
            new = sorted(spots - {start, end}, key=lambda spot: math.dist(start, spot))
            lines[number].spots[piece + 1 : piece + 1] = new
    return left


def without_repeats(spots: Iterable[Spot]) -> list[Spot]:
    """Drop a vertex that equals the one before it."""
    line: list[Spot] = []
    for spot in spots:
        if not line or spot != line[-1]:
            line.append(spot)
    return line


def roundabout(lines: list[Line], centre: Spot, radius: float, tags: dict[str, str]) -> list[Line]:
    """Clip the ground lines at a circle and return them with the ring, run anticlockwise."""
    disk = Point(centre).buffer(radius, quad_segs=64)
    entries: set[Spot] = set()
    kept: list[Line] = []
    for line in lines:
        if not line.ground or not line.shape.intersects(disk):
            kept.append(line)
            continue
        outside = line.shape.difference(disk)
        for part in getattr(outside, "geoms", [outside]):
            spots = without_repeats(cm(x, y) for x, y in part.coords)
            if len(spots) > 1 and part.length > 2 * SNAP_METRES:
                entries |= {
                    s for s in (spots[0], spots[-1]) if abs(math.dist(s, centre) - radius) < 1
                }
                kept.append(replace(line, spots=spots))
    turns = [2 * math.pi * corner / 12 for corner in range(12)]
    ring = entries | {
        spot
        for turn in turns
        if all(
            math.dist(spot := cm(centre[0] + radius * math.cos(turn),
                                 centre[1] + radius * math.sin(turn)), entry) > 5
            for entry in entries
        )
    }  # fmt: skip
    spots = sorted(ring, key=lambda s: math.atan2(s[1] - centre[1], s[0] - centre[0]))
    kept.append(Line([*spots, spots[0]], tags, ground=False, kind="roundabout"))
    return kept
