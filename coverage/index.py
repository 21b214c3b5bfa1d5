"""
The access part of the science index 清城科普指数: a score for each town, and how sure it is.

A score is a weighted mean of indicators that were brought to 0..100 between fixed marks, so that a
town's score says nothing of the others and next year's can be compared. Whether the order of towns
rests on the weights is answered with ranges of ranks, not with one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..geo.errors import Fault, StudyError

Floats = npt.NDArray[np.float64]

SAMPLES = 10_000
LIKELY = (0.05, 0.95)
"""Nine of ten weightings give a rank in the likely range."""
TIE_POINTS = 1e-9
"""Scores nearer than this are equal, of 100."""


@dataclass(frozen=True)
class Indicator:
    """
    One part of the index.

    Parameters
    ----------
    key, name
        Column of the table, and the name planners read.
    weight
        Above 0; the weights of an index are divided by their sum.
    worst, best
        Marks for 0 and 100 points in the unit of the column; values beyond count as the mark. Best
        below worst for a burden.
    basis
        Why these marks.
    """

    key: str
    name: str
    weight: float
    worst: float
    best: float
    basis: str = ""


ACCESS_INDICATORS = (
    Indicator("covered", "达标覆盖率", 0.4, 0.0, 1.0, "适用标准的人口加权平均覆盖率"),
    Indicator("time_gap", "出行时间贫困差距", 0.2, 1.0, 0.0, "FGT1，以时限为贫困线"),
    Indicator(
        "supply", "人均可得供给与全区之比", 0.2, 0.0, 1.0, "两步移动搜索；达到全区均值得满分"
    ),
    Indicator("choice", "可达设施种类", 0.2, 0.0, 1.0, "时限内可达种类占在用种类之比"),
)
"""A proposal of ours for the access part, no official one: weights and marks are to be stated."""


def points(table: pd.DataFrame, indicators: Sequence[Indicator]) -> pd.DataFrame:
    """
    Bring indicators to 0..100 between their marks; missing stays missing.

    Parameters
    ----------
    table
        A row per town, a column per indicator.

    Raises
    ------
    StudyError
        No indicator, a weight that is not above 0, marks that are equal, or an infinite value.
    """
    keys = [part.key for part in indicators]
    values = table[keys].to_numpy(float, na_value=np.nan)
    _check(values, indicators)
    worst = np.array([part.worst for part in indicators])
    best = np.array([part.best for part in indicators])
    shares = (values - worst) / (best - worst)
    return pd.DataFrame(np.clip(shares, 0.0, 1.0) * 100.0, index=table.index, columns=keys)


def composite(
    table: pd.DataFrame,
    indicators: Sequence[Indicator] = ACCESS_INDICATORS,
    *,
    seed: int,
    samples: int = SAMPLES,
) -> pd.DataFrame:
    """
    Score and rank towns, and tell how far the ranks rest on the weights.

    Ranks count from 1, best first; towns that tie share a place in the stated order and take every
    rank they could have in the ranges. A town that lacks an indicator (nobody lives there) is not
    scored, nor guessed.

    Parameters
    ----------
    table
        A row per town, a column per indicator.
    indicators
        With weights and marks.
    seed
        Of the weights that are tried.
    samples
        How many weightings, drawn evenly from all that add up to 1 (Dirichlet with ones), beside
        those that count one indicator alone.

    Returns
    -------
    DataFrame
        `score` (0 to 100), `rank` with the stated weights; `best`, `worst`: over every weighting
        tried; `likely_best`, `likely_worst`: in nine of ten of those drawn; `without_best`,
        `without_worst`: when any one indicator is left out. Missing where not scored.
    """
    scored = points(table, indicators)
    every = scored.to_numpy(float)
    whole = ~np.isnan(every).any(axis=1)
    parts = every[whole]
    stated = np.array([part.weight for part in indicators])
    stated = stated / stated.sum()
    tried = np.random.default_rng(seed).dirichlet(np.ones(len(stated)), samples)
    alone = np.eye(len(stated))
    without = _left_out(stated)
    low, high = ranks(parts, tried)
    edge_low, edge_high = ranks(parts, np.vstack([alone, without, stated]))
    out_low, out_high = ranks(parts, without)
    found = {
        "score": _scores(parts, stated[None, :])[:, 0],
        "rank": ranks(parts, stated[None, :])[0][:, 0],
        "best": np.minimum(low.min(axis=1), edge_low.min(axis=1)),
        "worst": np.maximum(high.max(axis=1), edge_high.max(axis=1)),
        "likely_best": np.quantile(low, LIKELY[0], axis=1, method="lower"),
        "likely_worst": np.quantile(high, LIKELY[1], axis=1, method="higher"),
        "without_best": out_low.min(axis=1),
        "without_worst": out_high.max(axis=1),
    }
    answer = pd.DataFrame(np.nan, index=table.index, columns=list(found), dtype="Float64")
    answer.loc[whole] = np.column_stack(list(found.values()))
    return answer.astype(dict.fromkeys(list(found)[1:], "Int64"))


def ranks(parts: Floats, weights: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Return the best and the worst rank of t towns under each of s weightings, shape (t, s) each.

    They differ where towns tie: best = 1 + how many are better, worst = how many are not worse.

    Parameters
    ----------
    parts
        Shape (t, m), points.
    weights
        Shape (s, m), each adding up to 1.
    """
    scores = _scores(parts, weights)
    better = np.zeros(scores.shape, np.int64)
    level = np.zeros(scores.shape, np.int64)
    for town in range(len(scores)):
        apart = scores[town] - scores
        better += apart > TIE_POINTS
        level += np.abs(apart) <= TIE_POINTS
    return better + 1, better + level


def _scores(parts: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("tm,sm->ts", parts, weights))


def _left_out(stated: Floats) -> Floats:
    """Return the stated weights without each of the indicators in turn; alone it stays."""
    if len(stated) == 1:
        return stated[None, :]
    rest = np.where(np.eye(len(stated), dtype=bool), 0.0, stated)
    return np.asarray(rest / rest.sum(axis=1, keepdims=True))


def _check(values: Floats, indicators: Sequence[Indicator]) -> None:
    wrong = [
        part.name
        for part, column in zip(indicators, values.T, strict=True)
        if not (0 < part.weight < np.inf)
        or not np.isfinite([part.worst, part.best]).all()
        or part.worst == part.best
        or np.isinf(column).any()
    ]
    if wrong or not indicators:
        raise StudyError(Fault("E-INDEX", facts={"names": "、".join(wrong)}))
