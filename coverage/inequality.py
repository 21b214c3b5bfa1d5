"""
How unevenly something is spread over people: Lorenz, Gini, Theil, ratio of ends, concentration.

Everything is weighted by people: a place of 3000 counts as 3000 equal persons, and splitting a
place in two changes nothing. Measures of a good that nobody has, or of nobody, are None: not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

from ..geo.errors import Fault, LayerError

Floats = npt.NDArray[np.float64]

TOP_SHARE, BOTTOM_SHARE = 0.1, 0.4
"""Ends that are compared: the best tenth and the worst four tenths of the people (Palma 2011)."""


@dataclass(frozen=True, eq=False)
class Spread:
    """
    Values and the people who have them, places without people left out.

    Parameters
    ----------
    values
        Shape (n,), finite, zero or more.
    shares
        Shape (n,), parts of all people, above 0, together 1.
    kept
        Shape (p,), which places these are.
    """

    values: Floats
    shares: Floats
    kept: npt.NDArray[np.bool_]

    @cached_property
    def mean(self) -> float:
        """What a person has on average; 0.0 without anybody."""
        # Not by BLAS, whose sum hangs on the number of threads.
        return float(np.sum(self.shares * self.values))


def spread(values: npt.ArrayLike, people: npt.ArrayLike, *, signed: bool = False) -> Spread:
    """
    Check values and people, and leave out places where nobody lives.

    Parameters
    ----------
    values
        Shape (p,); below zero only when `signed`.
    people
        Shape (p,), zero or more.

    Raises
    ------
    LayerError
        A value is missing, infinite or below zero: an unreached time is no number.
    """
    held, crowd = np.asarray(values, float), np.asarray(people, float)
    sound = np.isfinite(held) & np.isfinite(crowd) & (crowd >= 0)
    if not signed:
        sound &= held >= 0
    if not sound.all():
        raise LayerError(Fault("E-MEASURE-VALUES", facts={"count": int((~sound).sum())}))
    kept = crowd > 0
    total = crowd.sum()
    return Spread(held[kept], crowd[kept] / total if total > 0 else crowd[kept], kept)


def lorenz(values: npt.ArrayLike, people: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Return the Lorenz curve: shares of the people, worst off first, and of the good they have.

    Returns
    -------
    float, shape (n + 1,) each
        From (0, 0) to (1, 1). Nobody or nothing to share: the point (0, 0) alone.
    """
    found = spread(values, people)
    if not found.mean > 0:
        return np.zeros(1), np.zeros(1)
    order = np.argsort(found.values, kind="stable")
    across = np.cumsum(found.shares[order])
    up = np.cumsum((found.shares * found.values)[order])
    return np.append(0.0, across / across[-1]), np.append(0.0, up / up[-1])


def gini(values: npt.ArrayLike, people: npt.ArrayLike) -> float | None:
    """
    Return the Gini coefficient, 0 (all alike) to below 1; None for nobody or nothing to share.

    1 - Σ_k p_k (L_{k-1} + L_k), trapezoids below the Lorenz curve, without the correction
    n / (n - 1) for small samples: the people are all there are, not a sample.
    """
    found = spread(values, people)
    mean = found.mean
    if not mean > 0:
        return None
    ranks = fractional_ranks(found.values, found.shares)
    # The least is taken off before: equal values then give 0 exactly.
    above = found.values - found.values.min()
    return max(0.0, float(np.sum(found.shares * above * (2.0 * ranks - 1.0))) / mean)


def fractional_ranks(by: npt.ArrayLike, shares: Floats) -> Floats:
    """Return the share of people who come before, plus half of those who tie, shape (n,)."""
    _, place = np.unique(np.asarray(by), return_inverse=True)
    crowd = np.bincount(place, weights=shares)
    before = np.cumsum(crowd) - crowd
    return np.asarray((before + crowd / 2.0)[place])


def concentration(
    values: npt.ArrayLike, people: npt.ArrayLike, rank_by: npt.ArrayLike
) -> float | None:
    """
    Return the concentration index, -1 to 1; above 0 the good gathers where `rank_by` is high.

    2 Σ p_i (x_i - mean) (R_i - 1/2) / mean; R_i the fractional rank in `rank_by`, ties sharing
    theirs (van Doorslaer & Koolman 2004). None for nobody or nothing to share.

    Parameters
    ----------
    values, people
        Shape (p,).
    rank_by
        Shape (p,), low to high: income, distance to the centre ... Reversed, the sign flips.
    """
    found = spread(values, people)
    mean = found.mean
    if not mean > 0:
        return None
    ranks = fractional_ranks(np.asarray(rank_by)[found.kept], found.shares)
    above = found.values - found.values.min()
    index = float(np.sum(found.shares * above * (2.0 * ranks - 1.0))) / mean
    return min(1.0, max(-1.0, index))


def erreygers(
    values: npt.ArrayLike,
    people: npt.ArrayLike,
    rank_by: npt.ArrayLike,
    *,
    lowest: float,
    highest: float,
) -> float | None:
    """
    Return the concentration of a bounded variable: 4 mean / (highest - lowest) times the index.

    Erreygers (2009). The bounds are those that the variable can have (0 and 1 for a share), not
    the least and greatest that happen to be found.
    """
    index = concentration(values, people, rank_by)
    mean = spread(values, people).mean
    return None if index is None else 4.0 * mean * index / (highest - lowest)


@dataclass(frozen=True)
class Theil:
    """
    Theil's T and where it comes from; within + between = total.

    Parameters
    ----------
    total, between, within
        0 for all alike.
    parts
        By group: (between, within) contributions; a group's between may be negative.
    """

    total: float
    between: float
    within: float
    parts: Mapping[str, tuple[float, float]]


def theil(
    values: npt.ArrayLike, people: npt.ArrayLike, groups: npt.ArrayLike | None = None
) -> Theil | None:
    """
    Return Theil's T and its exact split between and within groups; None for nothing to share.

    T = Σ p_i r_i ln r_i with r = x / mean; between = Σ_g s_g ln(s_g / p_g), within = Σ_g s_g T_g,
    s the share of the good and p that of the people. 0 ln 0 = 0: somebody without any access is
    counted, not lost.

    Parameters
    ----------
    values, people
        Shape (p,).
    groups
        Shape (p,), town or urban and rural; None: everybody in one.
    """
    found = spread(values, people)
    mean = found.mean
    if not mean > 0:
        return None
    names = np.full(len(found.kept), "") if groups is None else np.asarray(groups).astype(str)
    parts: dict[str, tuple[float, float]] = {}
    for name in np.unique(names[found.kept]).tolist():
        inside = names[found.kept] == name
        crowd = float(found.shares[inside].sum())
        share = float(np.sum(found.shares[inside] * found.values[inside])) / mean
        # s ln(s / p) + (p - s): the second terms cancel over the groups, and each is then >= 0.
        between = float(xlogy(share, share / crowd))
        own = share * mean / crowd
        within = share * _theil(found.values[inside], found.shares[inside] / crowd, own)
        parts[name] = (between, within)
    between, within = (float(sum(column)) for column in zip(*parts.values(), strict=True))
    return Theil(_theil(found.values, found.shares, mean), max(0.0, between), within, parts)


def _theil(values: Floats, shares: Floats, mean: float) -> float:
    """Return T of some people; every term of r ln r - r + 1 is >= 0, so nothing cancels."""
    if not mean > 0:
        return 0.0
    ratio = values / mean
    return max(0.0, float(np.sum(shares * (xlogy(ratio, ratio) - ratio + 1.0))))


@dataclass(frozen=True)
class Ends:
    """Means of the two ends, and best over worst; None where the worst have nothing."""

    best: float
    worst: float
    ratio: float | None


def ends(
    values: npt.ArrayLike,
    people: npt.ArrayLike,
    rank_by: npt.ArrayLike | None = None,
    *,
    top: float = TOP_SHARE,
    bottom: float = BOTTOM_SHARE,
) -> Ends | None:
    """
    Compare the mean of the best tenth of the people to that of the worst four tenths.

    The Palma ratio of transport studies ranks people by income. Ranked by access itself, without
    `rank_by`, it is an access ratio and must be called so. A place across a limit is split; places
    that tie in rank share their mean.

    Parameters
    ----------
    values, people
        Shape (p,).
    rank_by
        Shape (p,), low to high; None: the values.
    top, bottom
        Shares of the people, above 0 to 1.
    """
    found = spread(values, people)
    if not len(found.values):
        return None
    by = found.values if rank_by is None else np.asarray(rank_by)[found.kept]
    _, place = np.unique(by, return_inverse=True)
    crowd = np.bincount(place, weights=found.shares)
    level = np.bincount(place, weights=found.shares * found.values) / crowd
    after = np.cumsum(crowd)
    before = after - crowd

    def mean_between(low: float, high: float) -> float:
        overlap = np.clip(np.minimum(after, high) - np.maximum(before, low), 0.0, None)
        return float(np.sum(overlap * level) / overlap.sum())

    best, worst = mean_between(1.0 - top, 1.0), mean_between(0.0, bottom)
    return Ends(best, worst, best / worst if worst > 0 else None)
