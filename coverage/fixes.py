"""The nearest fix: which venue to open, or to give the function too, and whom that covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from geopandas import GeoDataFrame

from ..geo.routing import UNREACHED, Ticks
from .audience import for_group
from .question import Floats, Question
from .share import admitted, area_mask, in_use, nearest
from .times import minutes_up, within

TO_OPEN = ("candidate", "planned")
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fixes:
    """
    What could be done about a standard; p places.

    Parameters
    ----------
    options
        Shape (o,), numbers of venues that are not counted today: candidates, planned ones, and
        open venues that could take the function on; by identifier.
    ticks
        Shape (p, o), times to them.
    flips
        Shape (p, o), people of a place who are covered once that one venue counts too.
    after
        Shape (p, o), ticks of the place once it does: the count-th nearest then.
    limit_minutes
        Of the standard.
    """

    options: Ints
    ticks: Ticks
    flips: Ints
    after: Ticks
    limit_minutes: float

    @cached_property
    def gain(self) -> Ints:
        """Return the people whom each option covers, shape (o,)."""
        return np.asarray(self.flips.sum(axis=0), np.int64)

    @cached_property
    def nearest(self) -> Ints:
        """Return the nearest option of each place, of equal ones that of most gain; -1 for none."""
        if not len(self.options):
            return np.full(len(self.ticks), -1)
        order = np.argsort(-self.gain, kind="stable")
        found = order[self.ticks[:, order].argmin(axis=1)]
        reached = self.ticks[np.arange(len(found)), found] != UNREACHED
        return np.where(reached, found, -1)

    @cached_property
    def enough(self) -> npt.NDArray[np.bool_]:
        """Tell which places their nearest option covers."""
        return within(self._at_nearest(self.after), self.limit_minutes) & (self.nearest >= 0)

    @cached_property
    def minutes(self) -> Floats:
        """Return the minutes of each place once its nearest option counts; nan where unreached."""
        return minutes_up(self._at_nearest(self.after))

    @cached_property
    def own_minutes(self) -> Floats:
        """Return the minutes of each place to its nearest option itself; nan where unreached."""
        return minutes_up(self._at_nearest(self.ticks))

    def _at_nearest(self, table: Ticks) -> Ticks:
        if not len(self.options):
            return np.full(len(table), UNREACHED, np.uint32)
        return np.asarray(table[np.arange(len(table)), np.maximum(self.nearest, 0)])


def fixes(ask: Question, venues: GeoDataFrame, demand: GeoDataFrame, hosts: Sequence[str]) -> Fixes:
    """
    Try every venue that could count for a standard: those for other groups could not.

    Parameters
    ----------
    ask
        The standard and its times.
    venues, demand
        Layers.
    hosts
        Types of open venues that may take the function on.
    """
    standard = ask.standard
    wanted = venues["type"].isin(standard.types) & venues["status"].isin(TO_OPEN)
    others = [kind for kind in hosts if kind not in standard.types]
    could = (wanted.to_numpy() | in_use(venues, others)) & for_group(venues, standard.group)
    numbers = np.flatnonzero(could)
    return tried(ask, venues, demand, numbers)


def tried(ask: Question, venues: GeoDataFrame, demand: GeoDataFrame, numbers: Ints) -> Fixes:
    """Tell what comes of it if each of some venues counted for a standard, one at a time."""
    standard, times = ask.standard, ask.times
    numbers = numbers[np.argsort(times.venues[numbers].astype(str).to_numpy(), kind="stable")]
    known = admitted(venues, standard)[0]
    near = within(times.ticks[:, known], standard.minutes).sum(axis=1)
    people = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
    columns = times.ticks[:, numbers]
    lacking_one = near == standard.count - 1
    flips = (people * lacking_one)[:, None] * within(columns, standard.minutes)
    today = nearest(times, venues, standard.types, count=standard.count, among=known).ticks
    before = np.zeros(len(today), np.uint32)
    if standard.count > 1:
        kinds = standard.types
        before = nearest(times, venues, kinds, count=standard.count - 1, among=known).ticks
    after = np.maximum(np.minimum(columns, today[:, None]), before[:, None])
    return Fixes(numbers, columns, flips, after, standard.minutes)
