"""
How sure a coverage is: bands from imprecise points and from speeds, and what to survey first.

Points are moved by chance inside the circle of their grade and times follow to first order: the
straight distance that a move adds or takes off, with the detour, at the speed of a small road. The
true point is taken to lie as near to its road as the stated one: villages stand by roads. No road
is searched again; a test compares this with points that are truly moved and routed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from scipy.sparse import csr_matrix

from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED, Ticks
from .question import Question, spread_of
from .share import Standard, admitted, area_mask, scopes
from .times import at_least, threshold_ticks, within

Floats = npt.NDArray[np.float64]

DRAWS = 200
LIKELY = (0.05, 0.95)
"""Nine of ten draws lie in the band."""
SPEED_CHANGE = 0.25
"""All speeds a quarter lower, and a quarter higher."""
RIVALS = 12
"""Venues beside the nearest that may become the nearest when points move."""
TOGETHER = 500
"""Points whose moves are drawn at once: what is written on stays in the cache."""
UNSURE, MET, NOT_MET, UNKNOWN = "unsure", "met", "not_met", "unknown"


def moves(names: pd.Index[str], metres: Floats, *, seed: int, draws: int) -> Floats:
    """
    Draw moves of points, even over a circle; those of a point depend on its name alone.

    Returns
    -------
    float, shape (draws, n, 2)
        Metres east and north.
    """
    found = np.zeros((2, draws, len(names)))
    loose = np.flatnonzero(metres > 0)
    for some in np.array_split(loose, -(-len(loose) // TOGETHER)) if len(loose) else ():
        chance = np.empty((len(some), 2, draws))
        for row, name in enumerate(names[some].astype(str).tolist()):
            np.random.default_rng((seed, crc32(name.encode()))).random(out=chance[row])
        turn, far = 2 * np.pi * chance[:, 0], metres[some, None] * np.sqrt(chance[:, 1])
        found[0][:, some] = (far * np.cos(turn)).T
        found[1][:, some] = (far * np.sin(turn)).T
    return np.moveaxis(found, 0, 2)


def stretched(minutes: float, factor: float, fixed_minutes: float) -> float:
    """
    Return the limit for times at today's speeds that `minutes` is for times at `factor` x speeds.

    t' = fixed + (t - fixed) / factor <= limit is t <= fixed + factor (limit - fixed), to the tick.
    """
    return max(fixed_minutes + factor * (minutes - fixed_minutes), 0.0)


def bands_table(
    questions: Sequence[Question],
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    *,
    metres: Mapping[str, float],
    seed: int,
    draws: int = DRAWS,
    speed_change: float = SPEED_CHANGE,
) -> pd.DataFrame:
    """
    Bound the share of each standard by scope.

    Parameters
    ----------
    questions
        The standards with their times.
    venues, demand, towns
        Layers.
    metres
        How far points may be off, by grade.
    seed, draws
        Of the moves.
    speed_change
        0.25: a quarter down and up.

    Returns
    -------
    DataFrame
        `standard`, `scope`, `code`, `share`, `point_low`, `point_high` (5th and 95th of a hundred
        draws), `speed_low`, `speed_high`, `verdict`: met or not_met whatever of these comes true,
        unsure, or unknown where nobody lives.
    """
    names, members = scopes(demand, towns)
    spreads = spread_of(demand, metres), spread_of(venues, metres)
    home, goal = (
        moves(layer.index, spread, seed=seed, draws=draws)
        for layer, spread in zip((demand, venues), spreads, strict=True)
    )
    tables = []
    for ask in questions:
        people = demand[ask.standard.group].to_numpy(np.int64)
        weight = csr_matrix((members & area_mask(demand, ask.standard.area)) * people)
        total = weight @ np.ones(len(people), np.int64)
        chosen, ticks = rivals(ask, venues)
        limits = [
            ask.standard.minutes,
            *(
                stretched(ask.standard.minutes, factor, ask.fixed_minutes)
                for factor in (1 - speed_change, 1 + speed_change)
            ),
        ]
        # Whom no search reached may be just beyond the horizon, which may be the limit itself.
        nearest = at_least(ask.times, ticks, np.arange(len(people))[:, None], chosen)
        covered = [
            within(table, limit).sum(axis=1) >= ask.standard.count
            for table, limit in zip((ticks, nearest, nearest), limits, strict=True)
        ]
        covered += _moved(ask, chosen, nearest, (demand, venues), (home, goal), spreads)
        counts = weight @ np.array(covered, np.int64).T
        with np.errstate(invalid="ignore"):
            shares = counts / total[:, None]
        tables.append(_band(ask.standard, names, shares))
    return pd.concat(tables, ignore_index=True)


def _band(standard: Standard, names: pd.DataFrame, shares: Floats) -> pd.DataFrame:
    """Return the rows of a standard from shares: today's, slower, faster, and each of the draws."""
    drawn = shares[:, 3:]
    edges = np.quantile(drawn, LIKELY, axis=1)
    columns = {
        "share": shares[:, 0],
        "point_low": np.minimum(edges[0], shares[:, 0]),
        "point_high": np.maximum(edges[1], shares[:, 0]),
        "speed_low": shares[:, 1],
        "speed_high": shares[:, 2],
    }
    table = names.assign(**{key: pd.array(column, "Float64") for key, column in columns.items()})
    table.insert(0, "standard", standard.key)
    low = np.minimum(columns["point_low"], columns["speed_low"])
    high = np.maximum(columns["point_high"], columns["speed_high"])
    table["verdict"] = np.select(
        [np.isnan(shares[:, 0]), low >= standard.goal, high < standard.goal],
        [UNKNOWN, MET, NOT_MET], UNSURE,
    )  # fmt: skip
    return table


def _moved(
    ask: Question,
    chosen: npt.NDArray[np.int64],
    ticks: Ticks,
    layers: tuple[GeoDataFrame, GeoDataFrame],
    drawn: tuple[Floats, Floats],
    spreads: tuple[Floats, Floats],
) -> list[npt.NDArray[np.bool_]]:
    """
    Tell who is covered in each of the draws; `chosen` venues at `ticks`, shape (p, k) each.

    Only the places are worked out that some move within the circles could change.
    """
    pace, count = TICKS_A_MINUTE / ask.metres_a_minute, ask.standard.count
    slack = threshold_ticks(ask.standard.minutes) - ticks.astype(np.int64)
    slack[ticks == UNREACHED] = -(2**40)
    most = (spreads[0][:, None] + spreads[1][chosen]) * pace + 1.0
    surely = (slack > most).sum(axis=1)
    open_ = np.flatnonzero((surely < count) & ((slack >= -most).sum(axis=1) >= count))
    place, rival = np.nonzero(np.abs(slack[open_]) <= most[open_])
    home, goal, left = open_[place], chosen[open_[place], rival], slack[open_[place], rival]
    here, there = (shapely.get_coordinates(layer.geometry) for layer in layers)
    east, north = (there[goal] - here[home]).T
    straight = np.hypot(east, north)
    found = []
    for home_move, goal_move in zip(*drawn, strict=True):
        more_east = east + goal_move[goal, 0] - home_move[home, 0]
        more_north = north + goal_move[goal, 1] - home_move[home, 1]
        near = (np.hypot(more_east, more_north) - straight) * pace <= left
        covered = surely >= count
        more = np.bincount(place[near], minlength=len(open_))
        covered[open_] = surely[open_] + more >= count
        found.append(covered)
    return found


def rivals(ask: Question, venues: GeoDataFrame) -> tuple[npt.NDArray[np.int64], Ticks]:
    """Return the nearest venues of each place, as many as may matter, and their times: (p, k)."""
    numbers = np.flatnonzero(admitted(venues, ask.standard)[0])
    most = min(len(numbers), ask.standard.count + RIVALS)
    columns = ask.times.ticks[:, numbers]
    at = np.argsort(columns, axis=1, kind="stable")[:, :most]
    return numbers[at], np.take_along_axis(columns, at, axis=1)


def extremes(row: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Return the least and the greatest share of a row of `bands_table`; None where one lacks."""
    low = [row[name] for name in ("point_low", "speed_low")]
    high = [row[name] for name in ("point_high", "speed_high")]
    if any(pd.isna(edge) for edge in (*low, *high)):
        return None
    return float(min(low)), float(max(high))
