"""Which points to survey first: those whose place within their circle decides over most people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame, GeoSeries

from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED
from .access import blocks
from .question import Floats, Question, spread_of
from .share import admitted, area_mask
from .times import at_least, threshold_ticks

COLUMNS = (
    "rank", "kind", "id", "name", "precision", "metres", "people", "standard", "total", "jointly",
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
    its grade; everybody who is covered in one case and not in the other hangs on it. Who hangs on
    a place and a venue that are moved both, but on neither alone, is told apart.

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
        `people` who hang on it in the `standard` where they are most, `total` over all standards,
        `jointly` (over all standards) those who hang on it and the other end together.
    """
    spreads = {"place": spread_of(demand, metres), "venue": spread_of(venues, metres)}
    moved = [_moved(ask, venues, demand, spreads) for ask in questions]
    keys = np.array([ask.standard.key for ask in questions], object)
    tables = []
    for kind, layer in (("place", demand), ("venue", venues)):
        both = np.array([one[kind] for one in moved]).reshape(len(keys), 2, len(layer))
        swings, jointly = both[:, 0], both[:, 1].sum(axis=0)
        grades = layer["precision"] if "precision" in layer else pd.Series("", layer.index)
        most = np.where(swings.any(axis=0), swings, both[:, 1]).argmax(axis=0)
        columns = {
            "kind": kind, "id": layer.index.astype(str), "name": layer["name"].to_numpy(),
            "precision": grades.fillna("").to_numpy(), "metres": spreads[kind],
            "people": swings.max(axis=0), "standard": keys[most], "total": swings.sum(axis=0),
            "jointly": jointly,
        }  # fmt: skip
        tables.append(pd.DataFrame(columns)[swings.any(axis=0) | (jointly > 0)])
    table = pd.concat(tables, ignore_index=True)
    order = ["total", "people", "jointly", "kind", "id"]
    sorted_table = table.sort_values(order, ascending=[False, False, False, True, True])
    table = sorted_table.reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return pd.DataFrame(table, columns=list(COLUMNS))


def _moved(
    ask: Question, venues: GeoDataFrame, demand: GeoDataFrame, spreads: Mapping[str, Floats]
) -> dict[str, npt.NDArray[np.int64]]:
    """Count the people who hang on each place and on each venue, alone and jointly: (2, n) each."""
    standard = ask.standard
    people = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
    used = np.flatnonzero(admitted(venues, standard)[0])
    found = {"place": np.zeros((2, len(demand)), np.int64),
             "venue": np.zeros((2, len(venues)), np.int64)}  # fmt: skip
    for rows in blocks(len(demand), len(used)):
        crowd = people[rows]
        home, goal = spreads["place"][rows, None], spreads["venue"][None, used]
        straight = _straight(demand.geometry.iloc[rows], venues.geometry.iloc[used])
        late = _late(ask, np.arange(len(demand))[rows], used)
        near = (late <= 0).sum(axis=1)[:, None]
        best, worst = ((moved <= 0).sum(axis=1) for moved in _moves(ask, late, straight, home))
        alone = (best >= standard.count) & (worst < standard.count)
        decides = near - (late <= 0) == standard.count - 1
        by_venue, by_both = (
            decides & (nearer <= 0) & (farther > 0)
            for nearer, farther in (_moves(ask, late, straight, m) for m in (goal, home + goal))
        )
        jointly = by_both & ~by_venue & ~alone[:, None]
        found["place"][:, rows] = crowd * alone, crowd * jointly.any(axis=1)
        found["venue"][:, used] += np.array([crowd @ by_venue, crowd @ jointly])
    return found


def decisive_venue(
    ask: Question, layers: tuple[GeoDataFrame, GeoDataFrame],
    metres: tuple[Floats, Floats], places: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:  # fmt: skip
    """
    Return the venue that may lie within the limit of each place, were both ends off their points.

    Parameters
    ----------
    ask
        The standard and its times.
    layers, metres
        Demand and venues, and how far their points may be off.
    places
        Numbers of q places that one venue more would cover.

    Returns
    -------
    int, shape (q,)
        Of those beyond the limit the nearest that may be within; -1 for none, and for places that
        lack more than one.
    """
    demand, venues = layers
    used = np.flatnonzero(admitted(venues, ask.standard)[0])
    used = used[np.argsort(ask.times.venues[used].astype(str).to_numpy(), kind="stable")]
    found = np.full(len(places), -1)
    for rows in blocks(len(places), len(used)) if len(used) else ():
        some = places[rows]
        late = _late(ask, some, used)
        straight = _straight(demand.geometry.iloc[some], venues.geometry.iloc[used])
        both = metres[0][some, None] + metres[1][None, used]
        nearer, _ = _moves(ask, late, straight, both)
        one_short = (late <= 0).sum(axis=1) == ask.standard.count - 1
        may = (late > 0) & (nearer <= 0) & one_short[:, None]
        at = np.where(may, late, 2**41).argmin(axis=1)
        found[rows] = np.where(may.any(axis=1), used[at], -1)
    return found


def _straight(here: GeoSeries, there: GeoSeries) -> Floats:
    x, y = here.x.to_numpy()[:, None], here.y.to_numpy()[:, None]
    return np.asarray(np.hypot(x - there.x.to_numpy(), y - there.y.to_numpy()))


def _late(
    ask: Question, places: npt.NDArray[np.int64], venues: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """
    Return by how many ticks each trip exceeds the limit, at most 0 where it does not.

    Beyond the horizon it is at least what lies between the limit and it.
    """
    ticks = at_least(ask.times, ask.times.ticks[places][:, venues], places[:, None], venues)
    late = ticks.astype(np.int64) - threshold_ticks(ask.standard.minutes)
    late[ticks == UNREACHED] = 2**40
    return late


def _moves(
    ask: Question, late: npt.NDArray[np.int64], straight: Floats, metres: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Move ends nearer by some metres, not beyond each other, and farther: ticks over the limit."""
    return late - _ticks(np.minimum(metres, straight), ask), late + _ticks(metres, ask)


def _ticks(metres: Floats, ask: Question) -> npt.NDArray[np.int64]:
    return np.floor(metres * TICKS_A_MINUTE / ask.metres_a_minute + 1e-9).astype(np.int64)
