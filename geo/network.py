"""
The road network: crossings, the edges between them, and what an edge costs in each mode.

An edge is a piece of one way between two crossings (or a crossing and an end). Its times are summed
in whole milliseconds over its length; the arcs of a mode are tenths of a second, rounded once per
edge and never below one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from scipy.sparse import csr_matrix

from .crs import WGS84, metric_crs, transform
from .errors import Fault, NetworkError
from .profile import FERRY_WAIT_SECONDS, Profile

if TYPE_CHECKING:
    from .grid import Grid

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TICK_MILLISECONDS = 100
"""Times are whole tenths of a second: one tick."""
TICKS_A_MINUTE = 600


def ticks(milliseconds: npt.ArrayLike) -> Ints:
    """Round milliseconds to tenths of a second, half up."""
    return np.asarray((np.asarray(milliseconds, np.int64) + 50) // TICK_MILLISECONDS, np.int64)


@dataclass(frozen=True, eq=False)
class Network:
    """
    Roads as arrays: n nodes, m edges.

    Parameters
    ----------
    node
        Shape (n,), identifiers of the nodes in the source.
    lon, lat
        Shape (n,), degrees WGS 84.
    tail, head
        Shape (m,), node numbers; the forward direction of an edge leads from tail to head.
    way
        Shape (m,), identifiers of the ways in the source.
    highway
        Shape (m,), numbers of `classes`.
    classes, names
        Classes of roads, and their names.
    name
        Shape (m,), numbers of `names`; 0 is no name.
    length
        Shape (m,), metres on the ellipsoid.
    first
        Shape (m + 1,); edge e has the points first[e] to first[e + 1] of `shape_lon`, `shape_lat`.
    shape_lon, shape_lat
        Degrees WGS 84; an edge's points begin at its tail and end at its head.
    factor
        Shape (m,), share of the class speed that the surface leaves.
    limit_kmh
        Shape (m, 2), tagged limits forward and backward; inf where there is none.
    open
        By mode, shape (m, 2): usable forward, backward.
    barred
        By mode, shape (n,): a barrier that stops the mode.
    structure
        Shape (m,), bridge, tunnel or ferry: nobody joins or leaves it in between.
    built_up
        Shape (m,), in a town: the built-up speeds apply.
    """

    node: Ints
    lon: Floats
    lat: Floats
    tail: Ints
    head: Ints
    way: Ints
    highway: Ints
    classes: tuple[str, ...]
    name: Ints
    names: tuple[str, ...]
    length: Floats
    first: Ints
    shape_lon: Floats
    shape_lat: Floats
    factor: Floats
    limit_kmh: Floats
    open: Mapping[str, Bools]
    barred: Mapping[str, Bools]
    structure: Bools
    built_up: Bools
    warnings: tuple[Fault, ...] = field(default=())

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return len(self.node)

    @property
    def edges(self) -> int:
        """How many edges."""
        return len(self.tail)

    @cached_property
    def crs(self) -> CRS:
        """The metric reference system around the middle of the network."""
        return metric_crs(
            float(self.lon.min() + self.lon.max()) / 2, float(self.lat.min() + self.lat.max()) / 2
        )

    @cached_property
    def shape_xy(self) -> tuple[Floats, Floats]:
        """The points of the edges in `crs`, metres; edge e has first[e] to first[e + 1]."""
        return transform(self.shape_lon, self.shape_lat, WGS84, self.crs)

    @cached_property
    def lines(self) -> npt.NDArray[np.object_]:
        """Edges as lines in `crs`, shape (m,)."""
        return line_strings(*self.shape_xy, self.first)

    @cached_property
    def grid(self) -> Grid:
        """The edges by square, for `roadside`."""
        from .grid import Grid  # loads the kernels

        return Grid.of(*self.shape_xy, self.first)

    def lines_of(self, edges: Ints) -> npt.NDArray[np.object_]:
        """Return these q edges as lines in `crs`, shape (q,)."""
        if "lines" in vars(self):
            return self.lines[edges]
        sizes = np.diff(self.first)[edges]
        first = np.concatenate([[0], np.cumsum(sizes)])
        at = np.arange(first[-1]) + np.repeat(self.first[edges] - first[:-1], sizes)
        x, y = self.shape_xy
        return line_strings(x[at], y[at], first)

    @property
    def lines_wgs84(self) -> npt.NDArray[np.object_]:
        """Edges as lines in degrees WGS 84, shape (m,)."""
        return line_strings(self.shape_lon, self.shape_lat, self.first)

    def extent_in(self, crs: CRS) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the least and greatest x, and the least and greatest y, of the nodes in `crs`."""
        x, y = transform(self.lon, self.lat, WGS84, crs)
        return (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))

    def milliseconds(self, profile: Profile, edges: Ints | None = None) -> Ints:
        """
        Return the times of q edges forward and backward, shape (q, 2); 0 where it is closed.

        Length / speed, the speed being the class speed (built-up or rural) x surface factor, and at
        most `maxspeed_share` of a tagged limit; a ferry adds its wait where one comes from land.
        An open edge takes at least one millisecond.

        Parameters
        ----------
        profile
            The mode.
        edges
            Shape (q,), edge numbers; None asks for all m.
        """
        at = slice(None) if edges is None else edges
        highway, usable = self.highway[at], self.open[profile.mode][at]
        speeds = [profile.speeds.get(name) for name in self.classes]
        rural = np.array([s.kmh if s else np.nan for s in speeds])[highway]
        town = np.array([s.built_up_kmh if s else np.nan for s in speeds])[highway]
        kmh = np.where(self.built_up[at], town, rural)
        if profile.mode != "walk":
            kmh = kmh * self.factor[at]
        pace = np.repeat(kmh[:, None], 2, axis=1)
        if profile.maxspeed_share:
            pace = np.minimum(pace, self.limit_kmh[at] * profile.maxspeed_share)
        if not np.isfinite(pace[usable]).all():
            raise NetworkError(Fault("E-SPEED-MISSING", facts={"mode": profile.mode}))
        boarding = self._boarding(profile.mode)[at]
        exact = self.length[at, None] * 3600.0 / np.where(usable, pace, 1.0) + boarding * (
            FERRY_WAIT_SECONDS * 1000.0
        )
        return np.where(usable, np.maximum(np.rint(exact), 1), 0).astype(np.int64)

    def _boarding(self, mode: str) -> Bools:
        """Tell which ferries are boarded from land, forward and backward, shape (m, 2)."""
        ferry = np.array([name == "ferry" for name in self.classes], bool)[self.highway]
        if not ferry.any():
            return np.zeros((self.edges, 2), bool)
        land = np.zeros(self.nodes, bool)
        on_land = self.open[mode].any(axis=1) & ~ferry
        land[self.tail[on_land]] = land[self.head[on_land]] = True
        return np.asarray(ferry[:, None] & np.column_stack([land[self.tail], land[self.head]]))

    def arcs(self, profile: Profile) -> csr_matrix:
        """
        Return the arcs of a mode: row = from, column = to, ticks; the quickest of parallel edges.

        A barrier that stops the mode cuts every arc at its node.
        """
        times = ticks(self.milliseconds(profile))
        usable = self.open[profile.mode]
        source = np.concatenate([self.tail[usable[:, 0]], self.head[usable[:, 1]]])
        target = np.concatenate([self.head[usable[:, 0]], self.tail[usable[:, 1]]])
        weight = np.maximum(np.concatenate([times[usable[:, 0], 0], times[usable[:, 1], 1]]), 1)
        barred = self.barred[profile.mode]
        keep = (source != target) & ~barred[source] & ~barred[target]
        return quickest_arcs(source[keep], target[keep], weight[keep], self.nodes)

    def joinable(self, profile: Profile, arcs: csr_matrix) -> tuple[Bools, Bools]:
        """
        Tell which edges a place may be snapped to: who leaves it, and who arrives; shape (m,) each.

        Usable in the mode, neither bridge, tunnel, ferry, motorway nor link, and tied to the main
        component (the largest set of nodes that all reach each other): a traveller who leaves a
        place must be able to reach it, one who arrives must come from it.
        """
        onward, back = main_component(arcs)
        ahead, astern = self.open[profile.mode].T
        classes = [profile.speeds.get(name) for name in self.classes]
        landing = np.array([bool(s and s.snap) for s in classes])[self.highway] & ~self.structure
        leaving = (ahead & back[self.head]) | (astern & back[self.tail])
        arriving = (ahead & onward[self.tail]) | (astern & onward[self.head])
        return leaving & landing, arriving & landing

    def within_towns(self, towns: Any) -> Network:
        """
        Return a copy whose built-up edges are those with their middle inside `towns`.

        Parameters
        ----------
        towns
            A polygon in degrees WGS 84.
        """
        middle = shapely.line_interpolate_point(self.lines, 0.5, normalized=True)
        lon, lat = transform(shapely.get_x(middle), shapely.get_y(middle), self.crs, WGS84)
        shapely.prepare(towns)
        return replace(self, built_up=shapely.contains_xy(towns, lon, lat))

    def assumed_share(self, mode: str) -> float:
        """Return the share of usable length whose speed no tag confirms."""
        usable = self.open[mode].any(axis=1)
        unknown = ~np.isfinite(self.limit_kmh).any(axis=1)
        total = float(self.length[usable].sum())
        return float(self.length[usable & unknown].sum()) / total if total else 1.0


def line_strings(x: Floats, y: Floats, first: Ints) -> npt.NDArray[np.object_]:
    """Return lines from flat coordinates; line e has the points first[e] to first[e + 1]."""
    number = np.repeat(np.arange(len(first) - 1), np.diff(first))
    return np.asarray(shapely.linestrings(np.column_stack([x, y]), indices=number), object)


def quickest_arcs(source: Ints, target: Ints, weight: Ints, nodes: int) -> csr_matrix:
    """
    Return arcs as a matrix in which the smallest of parallel weights stands.

    scipy and networkx both add parallel entries when they build a matrix from pairs.

    Raises
    ------
    NetworkError
        A weight below 1: such an entry would vanish from a sparse matrix.
    """
    if len(weight) and weight.min() < 1:
        raise NetworkError(Fault("E-ARC-ZERO", facts={"count": int((weight < 1).sum())}))
    order = np.lexsort((weight, target, source))
    source, target, weight = source[order], target[order], weight[order]
    kept = np.ones(len(source), bool)
    kept[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    return csr_matrix(
        (weight[kept].astype(np.float64), (source[kept], target[kept])), shape=(nodes, nodes)
    )


def main_component(arcs: csr_matrix) -> tuple[Bools, Bools]:
    """
    Find the largest strong component; return what it reaches and what reaches it, shape (n,) each.

    Of equally large ones that with the lowest node number.
    """
    # A quarter of a second that loading the kernels need not wait.
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    _, label = connected_components(arcs, directed=True, connection="strong")
    seed = int(np.argmax(np.bincount(label)[label]))
    onward, back = np.zeros(arcs.shape[0], bool), np.zeros(arcs.shape[0], bool)
    onward[breadth_first_order(arcs, seed, directed=True, return_predecessors=False)] = True
    back[breadth_first_order(arcs.T.tocsr(), seed, directed=True, return_predecessors=False)] = True
    return onward, back
