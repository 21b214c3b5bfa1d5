"""Which points to survey first: those whose place within their circle decides over most people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED
from .question import Floats, Question, spread_of
from .share import admitted, area_mask
from .times import threshold_ticks

COLUMNS = (
    "rank", "kind", "id", "name", "precision", "metres", "people", "standard", "total",
)  # fmt: skip


def surveys_table(
    questions: Sequence[Question],
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    *,
    metres: Mapping[str, float],
) -> pd.DataFrame:
    """
    List the points whose survey may change who is covered, those that move most people first.

    One point at a time is moved straight towards and straight away from all else by the radius of
    its grade; everybody who is covered in one case and not in the other hangs on it.

    Parameters
    ----------
    questions
        The standards with their times.
    venues, demand
        Layers.
    metres
        How far points may be off, by grade.

    Returns
    -------
    DataFrame
        `COLUMNS`: `rank` from 1, `kind` (place, venue), `precision` (grade), `metres` (its radius),
        `people` who hang on it in the `standard` where they are most, `total` over all standards.
    """
    spreads = {"place": spread_of(demand, metres), "venue": spread_of(venues, metres)}
    moved = [_moved(ask, venues, demand, spreads) for ask in questions]
    keys = np.array([ask.standard.key for ask in questions], object)
    tables = []
    for kind, layer in (("place", demand), ("venue", venues)):
        swings = np.array([one[kind] for one in moved]).reshape(len(keys), len(layer))
        grades = layer["precision"] if "precision" in layer else pd.Series("", layer.index)
        most = swings.argmax(axis=0) if len(keys) else np.zeros(len(layer), int)
        columns = {
            "kind": kind, "id": layer.index.astype(str), "name": layer["name"].to_numpy(),
            "precision": grades.fillna("").to_numpy(), "metres": spreads[kind],
            "people": swings.max(axis=0), "standard": keys[most], "total": swings.sum(axis=0),
        }  # fmt: skip
        tables.append(pd.DataFrame(columns)[swings.sum(axis=0) > 0])
    table = pd.concat(tables, ignore_index=True)
    order = ["total", "people", "kind", "id"]
    sorted_table = table.sort_values(order, ascending=[False, False, True, True])
    table = sorted_table.reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return pd.DataFrame(table, columns=list(COLUMNS))


def _moved(
    ask: Question, venues: GeoDataFrame, demand: GeoDataFrame, spreads: Mapping[str, Floats]
) -> dict[str, npt.NDArray[np.int64]]:
    """Count the people who hang on each place and on each venue."""
    standard, limit = ask.standard, threshold_ticks(ask.standard.minutes)
    people = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
    used = admitted(venues, standard)[0]
    ticks = ask.times.ticks[:, used].astype(np.int64)
    ticks[ask.times.ticks[:, used] == UNREACHED] = 2**40
    shift = {kind: _ticks(radius, ask) for kind, radius in spreads.items()}
    near = (ticks <= limit).sum(axis=1)
    home = shift["place"][:, None]
    best, worst = ((ticks + sign * home <= limit).sum(axis=1) for sign in (-1, 1))
    hanging = (best >= standard.count) & (worst < standard.count)
    goal = shift["venue"][used][None, :]
    others = near[:, None] - (ticks <= limit)
    swings = (ticks - goal <= limit) & (ticks + goal > limit) & (others == standard.count - 1)
    by_venue = np.zeros(len(venues), np.int64)
    by_venue[used] = people @ swings
    return {"place": people * hanging, "venue": by_venue}


def _ticks(metres: Floats, ask: Question) -> npt.NDArray[np.int64]:
    return np.rint(metres * TICKS_A_MINUTE / ask.metres_a_minute).astype(np.int64)
