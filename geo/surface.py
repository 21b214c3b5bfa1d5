"""
Travel-time surfaces: at every cell of a grid the time that a place at its centre would be counted.

A cell joins the road exactly as a place does (nearest joinable edge, walls respected, walk and
parking charged), so that what is drawn and what is counted tell one story. Only where every walk to
a road crosses a river, a railway or a motorway is a place counted, with a warning, and a cell left
out: a ring crosses no river without a bridge. Where the cells join is found once per mode and kept
in tiles, in a folder even from run to run; a surface then costs one bounded search and one sum per
cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from .cells import Cells, Name, Tile, cells_key, load, save
from .field import FAR, Field, Times32, door_starts
from .network import TICK_MILLISECONDS, Bools, Floats, Ints, Network
from .profile import Profile
from .roadside import NOWHERE
from .snap import Doors, Snaps, along_edge, doors, snap

TILE = 64
"""Cells along a side of a tile."""
CELL_METRES = {"walk": 25.0, "ebike": 50.0, "car": 50.0}
"""What a pixel is at the scale of a town for walks, of a county for rides."""
MARGIN_CELLS = 2
"""So much farther is searched: the cells on both sides of a contour have their true times."""
RIM_CELLS = 8
"""Kept around what is reached: a shore up to so many cells beyond it is still drawn to."""
Box = tuple[int, int, int, int]
"""First column, first row, and the ones behind the last, in cells from the origin of the CRS."""


@dataclass(frozen=True, eq=False)
class Surface:
    """
    Times at the centres of cells.

    Parameters
    ----------
    x, y
        Shapes (c,) and (r,), metres: centres of the columns and of the rows.
    ticks
        int32, shape (r, c); `FAR` where not reached within the horizon and its margin. Cells off
        the land have the time of the nearest cell on it.
    land
        Shape (r, c), the cells on land.
    """

    x: Floats
    y: Floats
    ticks: Times32
    land: Bools


class Ground:
    """The land around the roads of a mode, and where each cell of it joins them."""

    def __init__(
        self,
        network: Network,
        profile: Profile,
        *,
        leaving: bool = True,
        barriers: npt.NDArray[np.object_] | None = None,
        land: shapely.Geometry | None = None,
        cell_metres: float | None = None,
        searches: int = 1,
        folder: Path | None = None,
    ) -> None:
        """
        Look at the roads; the cells wait until they are asked for.

        Parameters
        ----------
        network, profile
            The mode.
        leaving
            True: people travel from the cells to the venues. False: the venue's people come.
        barriers
            What nobody walks across on the way to the road, in the CRS of the network.
        land
            Where times are wanted, in the CRS of the network; None is everywhere.
        cell_metres
            Side of a cell; None takes `CELL_METRES`.
        searches
            How many surfaces are likely to be asked for.
        folder
            Where it is kept from run to run which cell joins where; None keeps nothing.
        """
        self.network, self.profile, self.leaving = network, profile, leaving
        self.barriers, self.land = barriers, land
        self.cell = cell_metres or CELL_METRES[profile.mode]
        arcs = network.arcs(profile)
        self.field = Field(arcs.T.tocsr() if leaving else arcs, searches=searches)
        out, into = network.joinable(profile, arcs)
        self._joinable, self._venue_edges = (out, into) if leaving else (into, out)
        self._all_bounds = shapely.bounds(network.lines).reshape(-1, 4)
        self._bounds = self._all_bounds[self._joinable]
        self._ends = np.column_stack([network.tail, network.head])[self._joinable]
        self._tiles: dict[Name, Tile] = {}
        self._folder = folder
        if land is not None:
            shapely.prepare(land)

    @property
    def margin(self) -> int:
        """Ticks to walk across the margin."""
        across = MARGIN_CELLS * self.cell
        return int(self.profile.access_milliseconds(across) // TICK_MILLISECONDS) + 1

    def venue_doors(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Doors:
        """Join venues to the roads, as `coverage.times` does; metres in the CRS of the network."""
        limit = self.profile.snap_metres
        points = np.column_stack([x, y]).astype(float)
        low = points.min(axis=0, initial=np.inf) - limit
        high = points.max(axis=0, initial=-np.inf) + limit
        around = (self._all_bounds[:, :2] <= high) & (self._all_bounds[:, 2:] >= low)
        near = around.all(axis=1) & self._venue_edges
        where = snap(self.network, x, y, joinable=near, limit_metres=limit, barriers=self.barriers)
        return doors(self.network, self.profile, where, leaving=not self.leaving)

    def reached(self, venue_doors: Doors, venues: Ints, horizon: int) -> Times32:
        """Return the ticks between all n nodes and the nearest of some venues, `FAR` if beyond."""
        rows = np.isin(np.arange(len(venue_doors.ticks)), venues)
        starts = door_starts(venue_doors, np.arange(len(rows)))
        return self.field.labels(starts[rows[starts[:, 2]]], horizon + self.margin)[0]

    def box(self, time: Times32, venue_doors: Doors, venues: Ints, horizon: int) -> Box | None:
        """Return the cells that can be reached in time, and a rim around them; None for none."""
        first = time[self._ends].min(axis=1)
        edges = self._bounds[first < FAR]
        left = horizon + self.margin - first[first < FAR].astype(float)
        own = venue_doors.snaps.edge[venues]
        own = own[own >= 0]
        edges = np.concatenate([edges, shapely.bounds(self.network.lines[own]).reshape(-1, 4)])
        if not len(edges):
            return None
        left = np.concatenate([left, np.full(len(own), float(horizon + self.margin))])
        pace = self.profile.access_milliseconds(1.0) / TICK_MILLISECONDS
        walk = np.minimum(left / pace, self.profile.snap_metres) if pace else np.full(
            len(left), self.profile.snap_metres
        )  # fmt: skip
        low = np.floor((edges[:, :2] - walk[:, None]).min(axis=0) / self.cell) - MARGIN_CELLS
        high = np.ceil((edges[:, 2:] + walk[:, None]).max(axis=0) / self.cell) + MARGIN_CELLS
        if self.land is not None:
            west, south, east, north = np.array(shapely.bounds(self.land)) / self.cell
            low = np.maximum(low, np.floor([west, south]) - MARGIN_CELLS)
            high = np.minimum(high, np.ceil([east, north]) + MARGIN_CELLS)
        if (low >= high).any():
            return None
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def prepare(self, boxes: Iterable[Box]) -> None:
        """Find where the cells of some boxes join the road, those not yet known at once."""
        wanted = {tile for box in boxes for tile in _tiles(box)}
        fresh = sorted(wanted - set(self._tiles))
        if not fresh:
            return
        missing = [name for name in fresh if name not in self._kept]
        found = self._kept | self._looked_up(missing)
        where = Snaps.joined([found[name].snaps for name in fresh])
        times = doors(self.network, self.profile, where, leaving=self.leaving)
        for k, name in enumerate(fresh):
            part = slice(k * TILE**2, (k + 1) * TILE**2)
            self._tiles[name] = Tile.of(times, found[name].land, part)
        if self._file and missing:
            used = {name: Cells(tile.doors.snaps, tile.land) for name, tile in self._tiles.items()}
            save(self._file, self._kept | used)

    @cached_property
    def _file(self) -> Path | None:
        if self._folder is None:
            return None
        key = cells_key(
            self.network, self._joinable, self.profile.snap_metres, self.cell, self.barriers,
            self.land,
        )  # fmt: skip
        return self._folder / f"{key}.cells"

    @cached_property
    def _kept(self) -> dict[Name, Cells]:
        return load(self._file, TILE**2) if self._file else {}

    def _looked_up(self, names: list[Name]) -> dict[Name, Cells]:
        """Find where the cells of some tiles join the road."""
        if not names:
            return {}
        inside = np.arange(TILE) + 0.5
        corner = np.array(names, float)[:, None, :] * TILE
        grid = np.column_stack([np.tile(inside, TILE), np.repeat(inside, TILE)])
        x, y = ((corner + grid).reshape(-1, 2) * self.cell).T
        land = np.ones(len(x), bool)
        if self.land is not None:
            land = shapely.contains_xy(self.land, x, y)
        at = self._snapped(x, y, land)
        parts = [slice(k * TILE**2, (k + 1) * TILE**2) for k in range(len(names))]
        return {
            name: Cells(at.take(part), land[part]) for name, part in zip(names, parts, strict=True)
        }

    def _snapped(self, x: Floats, y: Floats, land: Bools) -> Snaps:
        """Snap the cells on land; those that only a walk across a wall ties to a road stay out."""
        some = np.flatnonzero(land)
        found = snap(
            self.network, x[some], y[some], joinable=self._joinable,
            limit_metres=self.profile.snap_metres, barriers=self.barriers,
        )  # fmt: skip
        some, free = some[~found.crosses], ~found.crosses
        edge, share = np.full(len(x), NOWHERE, np.int64), np.zeros(len(x))
        metres = np.full(len(x), np.nan)
        edge[some], share[some], metres[some] = (
            values[free] for values in (found.edge, found.share, found.metres)
        )
        return Snaps(edge, share, metres, np.zeros(len(x), bool))

    def surface(
        self, time: Times32, venue_doors: Doors, venues: Ints, horizon: int, box: Box
    ) -> Surface:
        """
        Return the times of the cells of a box.

        Parameters
        ----------
        time
            From `reached`, for the same venues and horizon.
        box
            From `box`; its cells are prepared if they are not yet.
        """
        self.prepare([box])
        column, row, last_column, last_row = box
        ticks = np.full((last_row - row, last_column - column), FAR, np.int32)
        land = np.zeros(ticks.shape, bool)
        venues = venues[venue_doors.snaps.connected[venues]]
        for name in _tiles(box):
            tile = self._tiles[name]
            tail, head = (time[n] + t for n, t in zip(tile.node, tile.ticks, strict=True))
            best = np.minimum(tail, head)
            self._along(best, tile, venue_doors, venues)
            west, south = name[0] * TILE - column, name[1] * TILE - row
            part = np.s_[max(south, 0) : south + TILE, max(west, 0) : west + TILE]
            own = np.s_[max(-south, 0) :, max(-west, 0) :]
            shape = ticks[part].shape
            ticks[part] = best.reshape(TILE, TILE)[own][: shape[0], : shape[1]]
            land[part] = tile.land.reshape(TILE, TILE)[own][: shape[0], : shape[1]]
        ticks[ticks > horizon + self.margin] = FAR
        x: Floats = (np.arange(column, last_column, dtype=np.float64) + 0.5) * self.cell
        y: Floats = (np.arange(row, last_row, dtype=np.float64) + 0.5) * self.cell
        rows, columns = (_span(ticks, axis, horizon) for axis in (1, 0))
        ticks, land = ticks[rows, columns], land[rows, columns]
        if self.land is not None:
            ticks = _spilt(ticks, land)
        return Surface(x[columns], y[rows], ticks, land)

    def _along(self, best: Times32, tile: Tile, venue_doors: Doors, venues: Ints) -> None:
        """Lower the times of cells on the edge of a venue: the way along it may be shorter."""
        for venue in venues:
            edge = int(venue_doors.snaps.edge[venue])
            if edge not in tile.edges:
                continue
            cells = np.flatnonzero(tile.doors.snaps.edge == edge)
            many = np.full(len(cells), venue)
            pair = (tile.doors, venue_doors, cells, many)
            if not self.leaving:
                pair = (venue_doors, tile.doors, many, cells)
            direct = along_edge(self.network, self.profile, *pair)
            best[cells] = np.where(direct >= 0, np.minimum(best[cells], direct), best[cells])


def _tiles(box: Box) -> list[tuple[int, int]]:
    """Return the tiles that a box touches."""
    columns = range(box[0] // TILE, (box[2] - 1) // TILE + 1)
    rows = range(box[1] // TILE, (box[3] - 1) // TILE + 1)
    return [(column, row) for row in rows for column in columns]


def _span(ticks: Times32, axis: int, horizon: int) -> slice:
    """Return the rows or columns that hold a reached cell, and a rim around them."""
    held = np.flatnonzero((ticks <= horizon).any(axis=axis))
    if not len(held):
        return slice(0, 2 * RIM_CELLS)
    return slice(max(int(held[0]) - RIM_CELLS, 0), int(held[-1]) + RIM_CELLS + 1)


def _spilt(ticks: Times32, land: Bools) -> Times32:
    """Give cells off the land the time of the nearest cell on it: banks stay apart in midstream."""
    if land.all() or not land.any():
        return ticks
    from scipy.ndimage import distance_transform_edt

    at = distance_transform_edt(~land, return_distances=False, return_indices=True)
    return np.asarray(ticks[at[0], at[1]], np.int32)
