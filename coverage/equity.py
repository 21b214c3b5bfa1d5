"""
Who is served worse, and by how much: town and country, time poverty, an even-handed average.

A time that is not reached has no number. Where a measure needs one, the caller declares the minutes
that it is charged with, and the answer says how many people that concerns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED
from .decay import TickTable, widened
from .inequality import spread
from .times import threshold_ticks, within

Floats = npt.NDArray[np.float64]
Side = Literal["good", "burden"]
"""A good is better the more there is of it (venues in reach), a burden the less (minutes)."""

AVERSION = 1.0
"""How much worse off people weigh in Kolm-Pollak averages; 0.5 to 2 is usual."""


@dataclass(frozen=True)
class Divide:
    """
    Town against country.

    Parameters
    ----------
    urban, rural
        Means over people; None where nobody lives.
    gap
        urban - rural, in the unit of the values (points for shares).
    ratio
        urban / rural; None also where the rural mean is 0.
    """

    urban: float | None
    rural: float | None
    gap: float | None
    ratio: float | None


def divide(values: npt.ArrayLike, people: npt.ArrayLike, rural: npt.NDArray[np.bool_]) -> Divide:
    """
    Compare the means of urban and of rural people.

    Parameters
    ----------
    values
        Shape (p,): access, or covered as 0 and 1, whose mean is the share covered.
    people, rural
        Shape (p,).
    """
    crowd = np.asarray(people, float)
    sides = [spread(values, crowd * mask) for mask in (~rural, rural)]
    town, country = (side.mean if len(side.values) else None for side in sides)
    if town is None or country is None:
        return Divide(town, country, None, None)
    return Divide(town, country, town - country, town / country if country > 0 else None)


def poverty(
    values: npt.ArrayLike, people: npt.ArrayLike, line: float, *, power: int
) -> float | None:
    """
    Return the poverty in a good: Σ p_i ((line - x_i) / line)^power over those below the line.

    Foster, Greer & Thorbecke (1984): power 0 the share of the poor, 1 how far they are below the
    line, 2 the more for those farthest below. None for nobody. Who is at the line is not poor.

    Parameters
    ----------
    values, people
        Shape (p,), access of places.
    line
        Above 0, in the unit of the values.
    power
        0, 1 or 2.
    """
    found = spread(values, people)
    poor = found.values < line
    gap = (line - found.values[poor]) / line
    # Shares of six places may sum to the next number above 1.
    return min(1.0, float(np.sum(found.shares[poor] * gap**power))) if len(found.values) else None


@dataclass(frozen=True)
class TimePoverty:
    """
    Travel-time poverty of some people.

    Parameters
    ----------
    people, poor, unreached
        Counts: all, those beyond the line, and those of them who reach nothing, whose time is the
        declared cap.
    share, gap, severity
        FGT with power 0, 1, 2: the poor; their mean excess over the line in lines, the not poor
        counting 0; its mean square. None for nobody.
    """

    people: int
    poor: int
    unreached: int
    share: float | None
    gap: float | None
    severity: float | None


def time_poverty(
    ticks: TickTable, people: npt.ArrayLike, *, line_minutes: float, cap_minutes: float
) -> TimePoverty:
    """
    Measure how far people's trips exceed a line: Σ p_i ((t_i - line) / line)^a over t_i > line.

    Foster, Greer & Thorbecke (1984), turned from a lack of a good to an excess of time. Who needs
    the line exactly is not poor. Longer trips and those that are not reached count as the cap, so
    the gap is a lower bound when there are any.

    Parameters
    ----------
    ticks
        Shape (p,), nearest time of each place, tenths of a second.
    people
        Shape (p,), whole numbers.
    line_minutes, cap_minutes
        Poverty line, and the longest time that is counted: the horizon searched, or less.
    """
    crowd = np.asarray(people, np.int64)
    line, cap = threshold_ticks(line_minutes), threshold_ticks(cap_minutes)
    if not 0 < line <= cap:
        raise ValueError("the cap lies below the poverty line")
    times = widened(ticks)
    poor = ~within(times, line_minutes)
    excess = np.where(poor, np.minimum(times, np.uint32(cap)).astype(np.int64) - line, 0) / line
    total = int(crowd.sum())
    levels = [float((crowd * excess**power).sum() / total) if total else None for power in (1, 2)]
    count = int(crowd[poor].sum())
    lost = int(crowd[times == UNREACHED].sum())
    return TimePoverty(total, count, lost, count / total if total else None, *levels)


def capped_minutes(ticks: TickTable, cap_minutes: float) -> Floats:
    """Return times in minutes, those beyond `cap_minutes` and the unreached ones as that cap."""
    cap = threshold_ticks(cap_minutes)
    return np.minimum(widened(ticks), np.uint32(cap)) / np.float64(TICKS_A_MINUTE)


def kappa_of(
    values: npt.ArrayLike, people: npt.ArrayLike, *, side: Side, aversion: float = AVERSION
) -> float:
    """
    Return the inequality aversion of Kolm-Pollak in the unit of the values: ± e Σ p x / Σ p x².

    Above 0 for a good, below 0 for a burden (Logan et al. 2021). To compare two plans take the
    kappa of one of them for both. 0 where there is nothing.

    Parameters
    ----------
    values, people
        Shape (p,).
    side
        Whether more of it is better.
    aversion
        e, above 0, without unit.
    """
    found = spread(values, people)
    square = float(np.sum(found.shares * found.values**2))
    size = aversion * found.mean / square if square > 0 else 0.0
    return size if side == "good" else -size


def even_handed(values: npt.ArrayLike, people: npt.ArrayLike, *, kappa: float) -> float | None:
    """
    Return the equally-distributed equivalent of Kolm and Pollak: -ln(Σ p e^(-kappa x)) / kappa.

    What everybody could have alike and be as well off together. Of a good at most the mean, of a
    burden at least the mean; alike for all it is their value; x + c for all adds c. None for
    nobody.

    Parameters
    ----------
    values, people
        Shape (p,).
    kappa
        From `kappa_of`: above 0 for a good, below 0 for a burden; 0 gives the mean.
    """
    found = spread(values, people, signed=True)
    if not len(found.values):
        return None
    if kappa == 0:
        return found.mean
    # The mean is taken out first: what is left is small, and the logarithm loses nothing.
    apart = found.values - found.mean
    return found.mean - float(logsumexp(-kappa * apart, b=found.shares)) / kappa
