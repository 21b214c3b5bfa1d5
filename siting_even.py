"""The even-handed average of times (Kolm-Pollak) of a siting problem, and what makes it small."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .coverage.equity import even_handed, kappa_of
from .coverage.siting.answers import Sites
from .coverage.siting.median_program import Distances
from .geo.network import TICKS_A_MINUTE
from .siting_points import AT_ONCE
from .siting_problem import Problem
from .siting_times import distances


@dataclass(frozen=True, eq=False)
class EvenHanded:
    """
    Even-handed minutes of plans; of a problem with one standard that asks for one venue.

    With a fixed kappa the least is a p-median of e^(-kappa t) (Logan et al. 2021; Horton et al.).
    """

    problem: Problem

    @property
    def told(self) -> bool:
        """Whether there is such an average: times of one standard, to one venue."""
        standards = self.problem.standards
        return len(standards) == 1 and standards[0].count == 1

    @cached_property
    def times(self) -> Distances:
        """Times of the one standard."""
        return distances(self.problem)

    @property
    def cap_minutes(self) -> float:
        """Longer times, and no way at all, count as this."""
        return float(self.problem.study.study.horizon_minutes)

    @cached_property
    def kappa(self) -> float:
        """The aversion of Kolm-Pollak, told from the times without a plan."""
        return kappa_of(self._minutes(np.zeros(0, np.int64)), self.times.weight, side="burden")

    def minutes(self, options: Sites) -> float | None:
        """Return the even-handed minutes to the nearest; None where there are none."""
        if not self.told:
            return None
        return even_handed(self._minutes(options), self.times.weight, kappa=self.kappa)

    def _minutes(self, options: Sites) -> npt.NDArray[np.float64]:
        table = self.times
        ticks = table.cap
        if len(options):
            ticks = np.minimum(ticks, table.cost[:, options].min(axis=1).astype(np.int64))
        return np.asarray(np.minimum(ticks / TICKS_A_MINUTE, self.cap_minutes))

    def scale(self) -> Distances | None:
        """Return the times as e^(-kappa t), in whole numbers up to 2^32; None where nobody asks."""
        if not self.told or self.kappa == 0 or not self.times.weight.any():
            return None
        table, kappa, cap_minutes = self.times, self.kappa, self.cap_minutes
        # The longest time of anybody is the largest number; sums stay exact in floating point.
        top = min(2**32 - 2, 2**52 // int(table.weight.sum()))

        def scaled(ticks: Any) -> npt.NDArray[np.float64]:
            minutes = np.minimum(np.asarray(ticks, np.float64) / TICKS_A_MINUTE, cap_minutes)
            return np.asarray(np.rint(top * np.exp(-kappa * (minutes - cap_minutes))))

        n, m = table.cost.shape
        cost = np.empty((n, m), np.uint32)
        for begin in range(0, m, AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            cost[:, part] = scaled(table.cost[:, part])
        return Distances(cost, scaled(table.cap).astype(np.int64), table.weight)
