"""
Where good and poor access gather: local Moran and Getis-Ord Gi* on neighbours by road.

One place among its neighbours is compared to itself among neighbours drawn at random from all the
others; how often chance does as much is its p. With as many tests as places some are small by luck:
only those that survive Benjamini & Hochberg (1995) are called clusters.

Rule of enough: at least 30 places, and at least 3 neighbours of the place that is tested. Below it
nothing is tested and the reason is said; eight towns have no clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from ..geo.errors import Fault, LayerError
from .decay import Floats

Ints = npt.NDArray[np.int64]

FEWEST_PLACES = 30
FEWEST_NEIGHBOURS = 3
LEVEL = 0.05
"""Share of false ones among all that are called clusters."""
PERMUTATIONS = 9999
BLOCK_CELLS = 5_000_000
"""Permutations are drawn in blocks of at most so many cells: 40 MB."""
EQUAL = 1e-9
"""Sums that differ by less, relative to the spread of the values, are equal."""
REASONS = ("", "few_places", "few_neighbours", "all_alike")
CLUSTERS = ("", "high", "low", "high_among_low", "low_among_high")
"""Not significant or not tested; a high or low place among its like; an island among the others."""


def local_clusters(
    values: npt.ArrayLike,
    neighbours: csr_matrix,
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
    level: float = LEVEL,
) -> pd.DataFrame:
    """
    Test every place among its neighbours.

    Parameters
    ----------
    values
        Shape (p,), finite: access, or minutes with a declared cap.
    neighbours
        Shape (p, p), 1 for a neighbour of the place of the row, from `neighbours`. Means over them
        are row-standardised; Gi* counts each as one, and the place with them.
    seed
        Of the permutations. The same seed gives the same table, also for rows in another order.
    permutations
        At least 99; the smallest p is 2 / (permutations + 1).
    level
        Of the false discovery rate.

    Returns
    -------
    DataFrame, p rows
        `value`, `neighbours` (how many), `lag` (their mean), `local_moran`, `gi_star` (standard
        deviations from the expected; with the place itself), `quadrant` (HH, LH, LL, HL), `p`
        (two-sided), `q` (after Benjamini-Hochberg), `cluster` (`CLUSTERS`), `reason` (`REASONS`).
        p and q are missing where nothing was tested.

    Raises
    ------
    LayerError
        A value is missing or infinite.
    """
    x = _finite(values)
    z = x - x.mean() if len(x) else x
    degree = np.diff(neighbours.indptr)
    lag = np.where(degree > 0, _lag(x, neighbours), x.mean() if len(x) else 0.0)
    varies = _varies(z)
    tested = (degree >= FEWEST_NEIGHBOURS) & varies & (len(x) >= FEWEST_PLACES)
    p = np.full(len(x), np.nan)
    q = np.full(len(x), np.nan)
    if tested.any():
        p[tested] = _chance(x, lag, degree, np.flatnonzero(tested), seed, permutations)
        q[tested] = _false_discoveries(p[tested])
    high, among_high = z > 0, lag > x - z
    quadrant = np.where(among_high, np.where(high, "HH", "LH"), np.where(high, "HL", "LL"))
    quadrant = np.where(degree > 0, quadrant, "").astype(object)
    names = {"HH": "high", "LL": "low", "HL": "high_among_low", "LH": "low_among_high"}
    found = [names[at] if low <= level else "" for at, low in zip(quadrant, q, strict=True)]
    few = "few_places" if len(x) < FEWEST_PLACES else "few_neighbours" if varies else "all_alike"
    scale = float(np.sum(z * z)) / len(x) if len(x) else 0.0
    return pd.DataFrame(
        {
            "value": x,
            "neighbours": degree,
            "lag": pd.array(np.where(degree > 0, lag, np.nan), dtype="Float64"),
            "local_moran": z * (lag - x.mean()) / scale if varies else np.zeros(len(x)),
            "gi_star": _gi_star(x, neighbours, degree) if varies else np.zeros(len(x)),
            "quadrant": quadrant,
            "p": pd.array(p, dtype="Float64"),
            "q": pd.array(q, dtype="Float64"),
            "cluster": np.array(found, object),
            "reason": np.where(tested, "", few).astype(object),
        }
    )


def _false_discoveries(p: Floats) -> Floats:
    """
    Return q of Benjamini & Hochberg (1995): the least p m / rank of it and all greater ones.

    As `scipy.stats.false_discovery_control`, whose import takes a second of every run.
    """
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return q


def _finite(values: npt.ArrayLike) -> Floats:
    x = np.asarray(values, float)
    if not np.isfinite(x).all():
        raise LayerError(Fault("E-MEASURE-VALUES", facts={"count": int((~np.isfinite(x)).sum())}))
    return x


def _varies(z: Floats) -> bool:
    return bool(len(z) and np.ptp(z) > EQUAL * max(1.0, float(np.abs(z).max())))


def _lag(x: Floats, neighbours: csr_matrix) -> Floats:
    """Return the mean of each place's neighbours; 0 where it has none."""
    degree = np.diff(neighbours.indptr)
    sums = np.asarray(neighbours @ x)
    lag = np.zeros(len(x))
    np.divide(sums, degree, out=lag, where=degree > 0)
    return lag


def _gi_star(x: Floats, neighbours: csr_matrix, degree: npt.NDArray[np.int32]) -> Floats:
    """
    Return Gi* of Ord & Getis (1995) as standard deviations, the place one of its neighbourhood.

    (Σ_j w_ij x_j - W mean) / (s √((n S - W²) / (n - 1))), s the deviation of all, W = S = the size
    of the neighbourhood; 0 where it holds every place.
    """
    places = len(x)
    size = degree + 1.0
    above = np.asarray(neighbours @ x) + x - size * x.mean()
    error = x.std() * np.sqrt(np.maximum(0.0, (places * size - size**2) / max(1, places - 1)))
    deviations = np.zeros(places)
    np.divide(above, error, out=deviations, where=error > 0)
    return deviations


def _chance(
    x: Floats, lag: Floats, degree: npt.NDArray[np.int32], tested: Ints,
    seed: int, permutations: int,
) -> Floats:  # fmt: skip
    """
    Return how often chance does as much, two-sided, for the tested places.

    The others are drawn from in the order of their values, not of their rows: so the rows may be
    shuffled, and equal values are the same.
    """
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    rank = np.searchsorted(ordered, x)
    slack = EQUAL * float(np.ptp(x))
    above = np.zeros(len(tested), np.int64)
    below = np.zeros(len(tested), np.int64)
    for draws in _draws(len(x) - 1, int(degree[tested].max()), seed, permutations):
        for size in np.unique(degree[tested]).tolist():
            some = np.flatnonzero(degree[tested] == size)
            found = _counts(ordered, draws[:size], rank[tested[some]], lag[tested[some]], slack)
            above[some] += found[0]
            below[some] += found[1]
    return np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1.0) / (permutations + 1.0))


def _counts(
    ordered: Floats, draws: Ints, ranks: Ints, lag: Floats, slack: float
) -> tuple[Ints, Ints]:
    """
    Count the draws from all values but that of each rank whose mean is not below, not above a lag.

    The numbers of a draw from the rank on mean the value after: so its mean falls as the rank
    rises, in one step at each of its numbers. What the first rank would count is corrected by the
    steps that pass the lag; others than these are of no matter.

    Parameters
    ----------
    ordered
        All values, ascending.
    draws
        Shape (size, d), numbers below those of the values.
    ranks, lag
        Shape (q,), of the places.
    slack
        Means that differ from the lag by no more are equal to it.
    """
    numbers = np.sort(draws, axis=0)
    last = np.full((1, draws.shape[1]), len(ordered))
    means = np.array(
        [ordered[draws + (draws >= least)].mean(axis=0) for least in np.append(numbers, last, 0)]
    )
    below = _below(means, numbers, lag - slack, ranks, "left")
    return draws.shape[1] - below, _below(means, numbers, lag + slack, ranks, "right")


def _below(
    means: Floats, numbers: Ints, edge: Floats, ranks: Ints, side: Literal["left", "right"]
) -> Ints:
    """
    Count the draws whose mean is below an edge ("left"), or not above it ("right").

    Parameters
    ----------
    means
        Shape (size + 1, d): falling, with none, one ... all of the numbers below the rank.
    numbers
        Shape (size, d), ascending.
    edge, ranks
        Shape (q,).
    """
    order = np.argsort(edge, kind="stable")
    found = np.searchsorted(np.sort(means[0]), edge, side)
    until = np.searchsorted(edge[order], means, "right" if side == "left" else "left")
    passed = (until[:-1] - until[1:]).ravel()
    steps = np.flatnonzero(passed)
    blocks = np.cumsum(passed[steps]) // BLOCK_CELLS
    for block in np.unique(blocks).tolist():
        some = steps[blocks == block]
        many = passed[some]
        at = np.arange(many.sum()) + np.repeat(
            until[1:].ravel()[some] - np.cumsum(many) + many, many
        )
        place = order[at]
        place = place[np.repeat(numbers.ravel()[some], many) < ranks[place]]
        found += np.bincount(place, minlength=len(edge))
    return found


def _draws(others: int, most: int, seed: int, permutations: int) -> Iterator[Ints]:
    """Draw `most` different numbers below `others` again and again: shape (most, block) each."""
    random = np.random.default_rng(seed)
    if most * (most - 1) <= others:
        yield np.ascontiguousarray(_unlike(random, others, (permutations, most)).T)
        return
    rows = max(1, BLOCK_CELLS // max(1, others))
    for start in range(0, permutations, rows):
        size = min(rows, permutations - start)
        table = np.tile(np.arange(others, dtype=np.int64), (size, 1))
        yield np.ascontiguousarray(random.permuted(table, axis=1)[:, :most].T)


def _unlike(random: np.random.Generator, others: int, shape: tuple[int, int]) -> Ints:
    """Draw rows of numbers below `others`, again where two of a row are alike."""
    table = random.integers(others, size=shape)
    again = np.arange(len(table))
    while len(again):
        near = np.sort(table[again], axis=1)
        again = again[(near[:, 1:] == near[:, :-1]).any(axis=1)]
        table[again] = random.integers(others, size=(len(again), shape[1]))
    return table
