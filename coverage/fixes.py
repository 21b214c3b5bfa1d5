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
from .question import Question
from .share import admitted, area_mask, in_use, nearest
from .times import within

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
    """

    options: Ints
    ticks: Ticks
    flips: Ints
    after: Ticks

    @cached_property
    def gain(self) -> Ints:
        """Return the people whom each option covers, shape (o,)."""
        return np.asarray(self.flips.sum(axis=0), np.int64)

    def nearest(self, place: int) -> int | None:
        """Return the option nearest to a place, of equal ones that of most gain; None for none."""
        ticks = self.ticks[place]
        if not len(ticks) or ticks.min() == UNREACHED:
            return None
        return int(np.lexsort((-self.gain, ticks))[0])


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
    return Fixes(numbers, columns, flips, after)
