"""The roads of one mode made ready for the kernels, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from . import bucket, hierarchy, sweep
from .bucket import NEVER, Graph
from .chains import Chains, Ends, along_chains, at_ends, contract
from .compiled import Array
from .hierarchy import Hierarchy
from .nearest import lower, nearest
from .routing import UNREACHED
from .snap import Doors

Kernels = Literal["bucket", "hierarchy"]
SOURCES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Prepared:
    """
    The roads of one mode without what a search need not see.

    Parameters
    ----------
    chains
        The contracted graph, and where the nodes of the network are on it.
    stored
        File of the hierarchy, named after the roads; None builds it anew in each process.
    """

    chains: Chains
    stored: Path | None = None

    @classmethod
    def of(cls, arcs: csr_matrix, lon: Array, lat: Array, stored: Path | None = None) -> Prepared:
        """Contract the chains of a mode; the hierarchy waits until it is asked for."""
        return cls(contract(arcs, lon, lat), stored)

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """Load or build the hierarchy; what cannot be written is built again next time."""
        found = hierarchy.load(self.stored) if self.stored else None
        if found is None:
            found = hierarchy.build(self.chains.graph)
            if self.stored:
                with suppress(OSError):
                    hierarchy.save(self.stored, found)
        return found

    @cached_property
    def backward(self) -> Graph:
        """The contracted graph with every arc the other way."""
        return self.chains.graph.turned()

    def table(
        self, leaving: Doors, arriving: Doors, *, horizon: int, kernels: Kernels, threads: int,
        width: int = 32,
    ) -> npt.NDArray[np.uint32]:  # fmt: skip
        """
        Return ticks from p places to v venues, shape (p, v), the way along a common edge apart.

        Searches backward from the venues, or forward from the places if they are fewer.
        """
        backward = len(leaving.ticks) >= len(arriving.ticks)
        homes = at_ends(self.chains, leaving, leaving=True)
        goals = at_ends(self.chains, arriving, leaving=False)
        sources, places = (goals, homes) if backward else (homes, goals)
        order = _along_curve(sources)
        sources = sources.take(order)
        search = self._by_bucket if kernels == "bucket" else self._by_sweep
        times = search(sources, places, order, horizon, backward, threads, width)
        if not backward:
            times = np.ascontiguousarray(times.T)
        for place, venue, ticks in along_chains(self.chains, leaving, arriving):
            near = ticks <= horizon
            np.minimum.at(times, (place[near], venue[near]), ticks[near].astype(np.uint32))
        return times

    def _by_sweep(
        self, sources: Ends, places: Ends, order: Array, horizon: int, backward: bool,
        threads: int, width: int,
    ) -> npt.NDArray[np.uint32]:  # fmt: skip
        found = sweep.table(
            self.hierarchy, sources, places, horizon=horizon, backward=backward, threads=threads,
            width=width,
        )  # fmt: skip
        times = np.empty((len(found), len(order)), np.uint32)
        cuts = np.linspace(0, len(found), threads + 1).astype(int)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(
                lambda cut: sweep.in_order(
                    found[slice(*cut)], order, np.int64(horizon), times[slice(*cut)]
                ), pairwise(cuts),
            ))  # fmt: skip
        return times

    def _by_bucket(
        self, sources: Ends, places: Ends, order: Array, horizon: int, backward: bool,
        threads: int, width: int,  # noqa: ARG002 - a bucket search is alone
    ) -> npt.NDArray[np.uint32]:  # fmt: skip
        graph = self.backward if backward else self.chains.graph
        times = np.full((len(places.first) - 1, len(order)), UNREACHED, np.uint32)
        number = np.repeat(np.arange(len(order)), np.diff(sources.first))
        starts = np.column_stack([sources.doors, number])

        def work(begin: int) -> None:
            chosen = starts[(number >= begin) & (number < begin + SOURCES_AT_ONCE)]
            label = bucket.table(graph, chosen, places.first, places.doors, horizon)
            ticks = np.where(label == NEVER, UNREACHED, label >> 32).astype(np.uint32)
            times[:, order[np.unique(chosen[:, 2])]] = ticks.T

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(0, len(order), SOURCES_AT_ONCE)))
        return times

    def nearest(
        self, leaving: Doors, arriving: Doors, groups: Sequence[Array], *, horizon: int,
        kernels: Kernels,
    ) -> Array:  # fmt: skip
        """
        Return labels of the nearest venue of each group, shape (p, groups), the edges apart.

        See `nearest.decode`.
        """
        homes = at_ends(self.chains, leaving, leaving=True)
        goals = at_ends(self.chains, arriving, leaving=False)
        starts = [_starts(goals, np.asarray(group)) for group in groups]
        if kernels == "hierarchy":
            labels = nearest(self.hierarchy, starts, homes, horizon=horizon, backward=True)
        else:
            labels = np.empty((len(leaving.ticks), len(groups)), np.int64)
            for k, rows in enumerate(starts):
                found = bucket.times_from(self.backward, rows, horizon)
                column = np.empty(len(labels), np.int64)
                bucket.answer(homes.first, homes.doors, np.int64(horizon), found, column)
                labels[:, k] = column
        for place, venue, ticks in along_chains(self.chains, leaving, arriving):
            near = ticks <= horizon
            lower(labels, groups, place[near], venue[near], ticks[near])
        return labels


def _starts(ends: Ends, venues: Array) -> Array:
    """Return the doors of some venues: node, ticks, number of the venue."""
    chosen = ends.take(venues)
    return np.column_stack([chosen.doors, np.repeat(venues, np.diff(chosen.first))])


def _along_curve(ends: Ends) -> Array:
    """Return sources in the order of their first doors on the curve."""
    none = np.diff(ends.first) == 0
    padded = np.append(ends.doors[:, 0], 0)
    return np.argsort(np.where(none, -1, padded[ends.first[:-1]]), kind="stable")
