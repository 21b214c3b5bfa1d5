"""
What the grid does, compiled: sorts pieces of edges into squares, and looks around places.

Distances and positions are those of GEOS (`Distance::pointToSegment`, `LengthIndexOfPoint`),
operation for operation, so that a tie is a tie here and there.
"""

from __future__ import annotations

import numpy as np

from .compiled import Array, Int, kernel

NOWHERE = -1
"""Edge of a place that is not connected."""
MARGIN_METRES = 1e-6
"""Far above what rounding does to a coordinate, far below what anybody measures."""


@kernel
def _columns(
    ax: Int, ay: Int, bx: Int, by: Int, low: Int, side: Int, left: Int, scale: Int, across: Int
) -> tuple[Int, Int]:
    """Return the first and the last column that a piece touches between `low` and low + side."""
    west, east = min(ax, bx), max(ax, bx)
    first = int(np.floor((west - MARGIN_METRES - left) * scale))
    last = int(np.floor((east + MARGIN_METRES - left) * scale))
    rise = by - ay
    if first < last and abs(rise) > MARGIN_METRES:
        slope = 1.0 / rise
        begin = (low - MARGIN_METRES - ay) * slope
        end = (low + side + MARGIN_METRES - ay) * slope
        start, stop = max(min(begin, end), 0.0), min(max(begin, end), 1.0)
        one, other = ax + start * (bx - ax), ax + stop * (bx - ax)
        west, east = max(west, min(one, other)), min(east, max(one, other))
        first = int(np.floor((west - MARGIN_METRES - left) * scale))
        last = int(np.floor((east + MARGIN_METRES - left) * scale))
    return max(first, 0), min(last, across - 1)


@kernel
def sort(
    x: Array, y: Array, edge: Array, frame: Array, across: Int, up: Int
) -> tuple[Array, Array]:
    """Return where the pieces of each square begin, and the pieces by square."""
    left, low, side = frame[0], frame[1], frame[2]
    scale = 1.0 / side  # what this rounds otherwise than a division is far below the margin
    begin = np.zeros(across * up + 1, np.int64)
    piece = np.empty(0, np.int32)
    for turn in range(2):
        for i in range(len(x) - 1):
            if edge[i] != edge[i + 1]:
                continue
            bottom, top = min(y[i], y[i + 1]), max(y[i], y[i + 1])
            first = max(int(np.floor((bottom - MARGIN_METRES - low) * scale)), 0)
            last = min(int(np.floor((top + MARGIN_METRES - low) * scale)), up - 1)
            for row in range(first, last + 1):
                one, other = _columns(
                    x[i], y[i], x[i + 1], y[i + 1], low + row * side, side, left, scale, across
                )
                for square in range(row * across + one, row * across + other + 1):
                    if turn == 0:
                        begin[square + 1] += 1
                    else:
                        piece[begin[square]] = i
                        begin[square] += 1
        if turn == 0:  # in plain loops: numba takes seconds to compile slices that are assigned
            for square in range(across * up):
                begin[square + 1] += begin[square]
            piece = np.empty(begin[-1], np.int32)
    for square in range(across * up, 0, -1):
        begin[square] = begin[square - 1]
    begin[0] = 0
    return begin, piece


@kernel
def gaps(begin: Array, across: Int, up: Int) -> Array:
    """Return how many rings around each square, itself included, are empty."""
    gap = np.empty(across * up, np.int32)
    for square in range(across * up):
        gap[square] = 0 if begin[square + 1] > begin[square] else across + up
    for turn in range(2):
        way = 1 - 2 * turn
        for r in range(up):
            row = r if turn == 0 else up - 1 - r
            for c in range(across):
                column = c if turn == 0 else across - 1 - c
                square = row * across + column
                least = gap[square]
                if 0 <= column - way < across:
                    least = min(least, gap[square - way] + 1)
                if 0 <= row - way < up:
                    beyond = square - way * across
                    least = min(least, gap[beyond] + 1)
                    if column > 0:
                        least = min(least, gap[beyond - 1] + 1)
                    if column < across - 1:
                        least = min(least, gap[beyond + 1] + 1)
                gap[square] = least
    return gap


@kernel
def _metres(px: Int, py: Int, ax: Int, ay: Int, bx: Int, by: Int, beyond: Int) -> Int:
    """Return the distance to a piece as GEOS does; infinity where it is surely above `beyond`."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = (px - ax) * dx + (py - ay) * dy
    reach = beyond + MARGIN_METRES
    reach2 = reach * reach * (1 + 1e-9)
    if length2 == 0.0 or along <= 0.0:
        far2 = (px - ax) * (px - ax) + (py - ay) * (py - ay)
        return np.inf if far2 > reach2 else np.sqrt(far2)
    if along >= length2:
        far2 = (px - bx) * (px - bx) + (py - by) * (py - by)
        return np.inf if far2 > reach2 else np.sqrt(far2)
    aside = (ay - py) * dx - (ax - px) * dy
    if aside * aside > reach2 * length2:
        return np.inf
    return abs(aside / length2) * np.sqrt(length2)


@kernel
def _unseen(
    px: Int, py: Int, frame: Array, column: Int, row: Int, ring: Int, across: Int, up: Int
) -> Int:
    """Return how near a piece may be that passes through no square of the rings so far."""
    left, low, side = frame[0], frame[1], frame[2]
    reach = np.inf
    if column - ring > 0:
        reach = min(reach, px - (left + (column - ring) * side))
    if column + ring < across - 1:
        reach = min(reach, left + (column + ring + 1) * side - px)
    if row - ring > 0:
        reach = min(reach, py - (low + (row - ring) * side))
    if row + ring < up - 1:
        reach = min(reach, low + (row + ring + 1) * side - py)
    return reach


@kernel
def _side(
    cx: Int, cy: Int, turn: Int, column: Int, row: Int, ring: Int, best: Int, frame: Array,
    across: Int, up: Int,
) -> tuple[Int, Int, Int]:  # fmt: skip
    """Return the line of squares of one side of a ring that matters, and its first and last."""
    left, low, side = frame[0], frame[1], frame[2]
    level = turn < 2
    line = (row if level else column) + (ring if turn % 2 else -ring)
    middle, corner = (column, ring) if level else (row, ring - 1)
    count, lines = (across, up) if level else (up, across)
    if line < 0 or line >= lines or (ring == 0 and turn > 0):
        return line, 1, 0
    across_it, along_it = (cy - low, cx - left) if level else (cx - left, cy - low)
    reach = best + MARGIN_METRES
    if max(line * side - across_it, across_it - (line + 1) * side) > reach:
        return line, 1, 0
    first = max(np.floor((along_it - reach) / side), max(middle - corner, 0))
    last = min(np.floor((along_it + reach) / side), min(middle + corner, count - 1))
    return line, int(first), int(last)


@kernel
def nearest(
    px: Array, py: Array, limit: Array, usable: Array, x: Array, y: Array, edge: Array,
    frame: Array, across: Int, up: Int, begin: Array, piece: Array, gap: Array, found: Array,
    metres: Array,
) -> None:  # fmt: skip
    """Find the nearest usable edge of each place within its limit."""
    for q in range(len(px)):
        cx, cy, best, chosen = px[q], py[q], limit[q], np.int64(NOWHERE)
        if not (np.isfinite(cx) and np.isfinite(cy)):
            continue
        column = int(min(max(np.floor((cx - frame[0]) / frame[2]), 0.0), across - 1.0))
        row = int(min(max(np.floor((cy - frame[1]) / frame[2]), 0.0), up - 1.0))
        ring = np.int64(gap[row * across + column])
        while True:
            for turn in range(4):
                line, at, last = _side(cx, cy, turn, column, row, ring, best, frame, across, up)
                while at <= last:
                    square = line * across + at if turn < 2 else at * across + line
                    for k in range(begin[square], begin[square + 1]):
                        i = piece[k]
                        e = np.int64(edge[i])
                        if not usable[e]:
                            continue
                        far = _metres(cx, cy, x[i], y[i], x[i + 1], y[i + 1], best)
                        if far < best or (far == best and (chosen < 0 or e < chosen)):
                            best, chosen = far, e
                    at += max(np.int64(gap[square]), 1)
            reach = _unseen(cx, cy, frame, column, row, ring, across, up)
            if reach == np.inf or reach > best + MARGIN_METRES:
                break
            ring += 1
        found[q] = chosen
        metres[q] = best if chosen >= 0 else np.nan


@kernel
def shares(
    px: Array, py: Array, found: Array, x: Array, y: Array, first: Array, share: Array
) -> None:
    """Find where on its edge each place joins, as GEOS does: the first of the nearest points."""
    for q in range(len(px)):
        if found[q] < 0:
            continue
        best, at, gone = np.inf, 0.0, 0.0
        for i in range(first[found[q]], first[found[q] + 1] - 1):
            dx, dy = x[i + 1] - x[i], y[i + 1] - y[i]
            length2 = dx * dx + dy * dy
            length = np.sqrt(length2)
            far = _metres(px[q], py[q], x[i], y[i], x[i + 1], y[i + 1], best)
            if far < best:
                best, at = far, gone
                if length2 > 0.0:
                    part = ((px[q] - x[i]) * dx + (py[q] - y[i]) * dy) / length2
                    if (px[q] == x[i + 1] and py[q] == y[i + 1]) or part > 1.0:
                        at = gone + length
                    elif part > 0.0:
                        at = gone + part * length
            gone += length
        share[q] = at / gone if gone > 0.0 else 0.0


@kernel
def around(
    px: Array, py: Array, limit: Array, usable: Array, x: Array, y: Array, edge: Array,
    frame: Array, across: Int, up: Int, begin: Array, piece: Array, counts: Array,
    pairs: Array, metres: Array,
) -> None:  # fmt: skip
    """Count the usable pieces within the limit of each place; list them if there is room."""
    left, low, side = frame[0], frame[1], frame[2]
    fill = len(pairs) > 0
    at = 0
    for q in range(len(px)):
        reach = limit[q] + MARGIN_METRES
        one = int(min(max(np.floor((px[q] - reach - left) / side), 0.0), across - 1.0))
        other = int(min(max(np.floor((px[q] + reach - left) / side), 0.0), across - 1.0))
        bottom = int(min(max(np.floor((py[q] - reach - low) / side), 0.0), up - 1.0))
        top = int(min(max(np.floor((py[q] + reach - low) / side), 0.0), up - 1.0))
        for r in range(bottom, top + 1):
            for k in range(begin[r * across + one], begin[r * across + other + 1]):
                i = piece[k]
                if not usable[edge[i]]:
                    continue
                far = _metres(px[q], py[q], x[i], y[i], x[i + 1], y[i + 1], limit[q])
                if far <= limit[q]:
                    if fill:
                        pairs[at, 0], pairs[at, 1], metres[at] = q, edge[i], far
                        at += 1
                    else:
                        counts[q] += 1
