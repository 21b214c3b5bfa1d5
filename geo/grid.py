"""
The nearest edge by a uniform grid: which pieces of edges pass through which square.

A place looks into its own square, then into the ring around it, and stops when no piece that it has
not seen can be as near; `squares` holds the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import squares
from .compiled import Array
from .squares import NOWHERE

SQUARES_A_PIECE = 1.0
SHORTEST_SIDE_METRES = 1.0


@dataclass(frozen=True, eq=False)
class Grid:
    """
    Pieces of m lines by square.

    Parameters
    ----------
    x, y
        Shape (k,), metres; line e has the points first[e] to first[e + 1].
    first
        Shape (m + 1,).
    edge
        Shape (k,), the line of each point.
    frame
        Left, low, and the side of a square, metres.
    across, up
        How many squares.
    begin, piece
        Square s holds the pieces (numbers of their first points) begin[s] to begin[s + 1].
    gap
        How many rings around a square, itself included, are empty.
    usable
        Shape (m,), the lines that may be found.
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    first: npt.NDArray[np.int64]
    edge: npt.NDArray[np.int32]
    frame: npt.NDArray[np.float64]
    across: int
    up: int
    begin: npt.NDArray[np.int64]
    piece: npt.NDArray[np.int32]
    gap: npt.NDArray[np.int32]
    usable: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, x: Array, y: Array, first: Array) -> Grid:
        """Sort lines into about as many squares as they have pieces."""
        x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
        first = np.ascontiguousarray(first, np.int64)
        edge = np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first))
        left, low = float(x.min()), float(y.min())
        width, height = float(x.max()) - left, float(y.max()) - low
        pieces = max(len(x) - len(first) + 1, 1)
        side = max(
            (width * height / (pieces * SQUARES_A_PIECE)) ** 0.5,
            max(width, height) / (4.0 * pieces),
            SHORTEST_SIDE_METRES,
        )
        across, up = int(width / side) + 1, int(height / side) + 1
        frame = np.array([left, low, side])
        begin, piece = squares.sort(x, y, edge, frame, across, up)
        gap = squares.gaps(begin, across, up)
        usable = np.ones(len(first) - 1, bool)
        return cls(x, y, first, edge, frame, across, up, begin, piece, gap, usable)

    def nearest(self, px: Array, py: Array, limit: Array) -> tuple[Array, Array]:
        """Return the nearest line of p places and the metres; see `roadside.Finder`."""
        order = self._neighbours(px, py)
        near, far = np.full(len(px), NOWHERE, np.int64), np.full(len(px), np.nan)
        squares.nearest(
            px[order], py[order], limit[order], self.usable, self.x, self.y, self.edge, self.frame,
            self.across, self.up, self.begin, self.piece, self.gap, near, far,
        )  # fmt: skip
        found, metres = np.empty_like(near), np.empty_like(far)
        found[order], metres[order] = near, far
        return found, metres

    def shares(self, px: Array, py: Array, found: Array) -> Array:
        """Return where p places join their lines; see `roadside.Finder`."""
        order = self._neighbours(px, py)
        part, share = np.zeros(len(px)), np.zeros(len(px))
        squares.shares(px[order], py[order], found[order], self.x, self.y, self.first, part)
        share[order] = part
        return share

    def _neighbours(self, px: Array, py: Array) -> Array:
        """Order places by 256 x 256 blocks: neighbours ask for the same memory."""
        left, low, side = self.frame
        column = (px - left) * (256 / (side * self.across))
        row = (py - low) * (256 / (side * self.up))
        key = 256 * np.clip(np.nan_to_num(row), 0, 255).astype(np.uint16)
        key += np.clip(np.nan_to_num(column), 0, 255).astype(np.uint16)
        return np.argsort(key, kind="stable")

    def around(self, px: Array, py: Array, limit: Array) -> tuple[Array, Array, Array]:
        """Return all lines within the limits: place, line, metres; see `roadside.Finder`."""
        counts = np.zeros(len(px), np.int64)
        same = (px, py, limit, self.usable, self.x, self.y, self.edge, self.frame, self.across,
                self.up, self.begin, self.piece, counts)  # fmt: skip
        squares.around(*same, np.empty((0, 2), np.int64), np.empty(0))
        total = int(counts.sum())
        pairs, metres = np.empty((total, 2), np.int64), np.empty(total)
        if total:
            squares.around(*same, pairs, metres)
        order = np.lexsort((metres, pairs[:, 1], pairs[:, 0]))
        pairs, metres = pairs[order], metres[order]
        fresh = np.ones(total, bool)
        fresh[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
        return pairs[fresh, 0], pairs[fresh, 1], metres[fresh]
