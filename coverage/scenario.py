"""
What if a venue opened or closed: the new coverage from the known times, without a search.

Opening takes the less of two columns; closing asks again only for the places whose nearest venue it
was. Counts are whole people, so the answer is exactly that of counting from scratch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.routing import UNREACHED, Ticks
from .share import Standard, area_mask, share_of
from .times import Times, within

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NOT_MEANT = -1


@dataclass(frozen=True, eq=False)
class Tally:
    """
    How p places and their people stand to a standard that asks for one venue.

    Parameters
    ----------
    standard, times
        What is asked, and the times of those it is about.
    among
        Shape (v,), the venues that count now.
    rank
        Shape (v,), of equally near venues the lowest rank wins.
    ticks, venue
        Shape (p,), the nearest venue: ticks, and its number (-1 none).
    cell
        Shape (p,), town x 2 + rural; `NOT_MEANT` where the standard is not meant.
    people
        Shape (p,), of the group.
    covered
        Shape (towns x 2,), people within the threshold, by cell.
    """

    standard: Standard
    times: Times
    among: Bools
    rank: Ints
    ticks: Ticks
    venue: Ints
    cell: Ints
    people: Ints
    covered: Ints

    @classmethod
    def of(
        cls, standard: Standard, times: Times, among: Bools, demand: GeoDataFrame, towns: pd.Index
    ) -> Tally:
        """
        Count from scratch.

        Parameters
        ----------
        among
            Shape (v,), from `share.admitted`.
        demand
            p places: `town`, `rural` and the standard's group.
        towns
            Codes, t of them.
        """
        meant = area_mask(demand, standard.area)
        cell = towns.get_indexer(pd.Index(demand["town"])) * 2 + demand["rural"].to_numpy(int)
        order = np.argsort(times.venues.astype(str).to_numpy(), kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        places = len(times.places)
        blank = cls(
            standard, times, np.zeros(len(rank), bool), rank,
            np.full(places, UNREACHED, np.uint32), np.full(places, -1, np.int64),
            np.where(meant, cell, NOT_MEANT), demand[standard.group].to_numpy(np.int64),
            np.zeros(2 * len(towns), np.int64),
        )  # fmt: skip
        found = blank._asked_again(np.ones(places, bool), among)
        return found._recounted()

    def opened(self, venues: Iterable[int]) -> Tally:
        """Return the tally with some more venues, by number."""
        new = [v for v in venues if not self.among[v]]
        ticks, venue, among = self.ticks.copy(), self.venue.copy(), self.among.copy()
        for v in new:
            column = self.times.ticks[:, v]
            nearer = column < ticks
            tied = (column == ticks) & (column != UNREACHED)
            tied &= self.rank[v] < self.rank[venue]
            nearer |= tied
            ticks[nearer] = column[nearer]
            venue[nearer] = v
            among[v] = True
        found = replace(self, among=among, ticks=ticks, venue=venue)
        return found._recounted()

    def closed(self, venues: Iterable[int]) -> Tally:
        """Return the tally without some venues, by number."""
        gone = np.asarray(sorted(venues), np.int64)
        among = self.among.copy()
        among[gone] = False
        orphans = np.isin(self.venue, gone)
        return self._asked_again(orphans, among)._recounted()

    def changed(self, among: Bools) -> Tally:
        """Return the tally of other venues, shape (v,)."""
        return self.closed(np.flatnonzero(self.among & ~among)).opened(
            np.flatnonzero(among & ~self.among)
        )

    def with_site(self, column: Ticks, name: str) -> Tally:
        """Return the last word on a venue that no column holds yet, by its times, shape (p,)."""
        tied = (column == self.ticks) & (column != UNREACHED)
        before = self.times.venues.astype(str).to_numpy() > name
        nearer = (column < self.ticks) | (tied & before[self.venue])
        return replace(
            self, ticks=np.where(nearer, column, self.ticks),
            venue=np.where(nearer, len(self.rank), self.venue),
        )._recounted()  # fmt: skip

    def table(self) -> pd.DataFrame:
        """Return `people`, `covered`, `not_connected`, `share` in the order of `share.scopes`."""
        apart = ~self.times.connected
        rows = [_by_scope(counts) for counts in (
            self._counted(np.ones(len(self.people), bool)), self.covered, self._counted(apart)
        )]  # fmt: skip
        table = pd.DataFrame(dict(zip(("people", "covered", "not_connected"), rows, strict=True)))
        table["share"] = share_of(table["covered"], table["people"])
        return table

    def _asked_again(self, places: Bools, among: Bools) -> Tally:
        """Return the tally in which some places look for their nearest venue afresh."""
        chosen = np.flatnonzero(among)
        chosen = chosen[np.argsort(self.rank[chosen])]
        ticks, venue = self.ticks.copy(), self.venue.copy()
        ticks[places], venue[places] = UNREACHED, -1
        rows = np.flatnonzero(places)
        if len(chosen) and len(rows):
            columns = self.times.ticks[np.ix_(rows, chosen)]
            at = columns.argmin(axis=1)
            ticks[rows] = columns[np.arange(len(rows)), at]
            venue[rows] = np.where(ticks[rows] == UNREACHED, -1, chosen[at])
        return replace(self, among=among, ticks=ticks, venue=venue)

    def _counted(self, places: Bools) -> Ints:
        some = places & (self.cell != NOT_MEANT)
        counts = np.bincount(self.cell[some], self.people[some], minlength=len(self.covered))
        return counts.astype(np.int64)  # doubles hold every count of people exactly

    def _recounted(self) -> Tally:
        return replace(self, covered=self._counted(within(self.ticks, self.standard.minutes)))


def _by_scope(cells: Ints) -> Ints:
    """Return district, urban, rural and the towns, from the cells of towns."""
    by_town = cells.reshape(-1, 2)
    return np.concatenate([[by_town.sum()], by_town.sum(axis=0), by_town.sum(axis=1)])
