"""Measures of the map beyond coverage: access and priority of places and towns, by standard."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import numpy.typing as npt
from geopandas import GeoDataFrame

from .assessment import Assessment
from .coverage.catchments import PER_PEOPLE, VENUES, per_people
from .coverage.decay import LUO_QI_SHARES, LUO_QI_WEIGHTS
from .coverage.share import GROUPS
from .maps.content import Measure
from .maps.whatif import Access
from .study_keys import Study

ACCESS = Access(
    name="可达性",
    english="Access",
    basis="两步移动搜索法（E2SFCA）：考虑距离衰减后每万人（所选人群）可用的设施数",
    zones=LUO_QI_SHARES,
    weights=LUO_QI_WEIGHTS,
    people=PER_PEOPLE,
    units={group: per_people(VENUES, group) for group in GROUPS},
    scale=10_000,
    parts=(0.5, 1.0, 2.0),
    labels=("平均2倍以上", "高于平均", "低于平均", "不到一半"),
)
"""Of standards as they were analysed, of all other choices by the page itself."""
HALF_UP = Context(prec=3, rounding=ROUND_HALF_UP)


def further(study: Study, found: Assessment, demand: GeoDataFrame) -> Iterator[Measure]:
    """Yield access and priority, by standard."""
    for standard in study.wanted:
        yield from _access(standard.key, found, demand)
        yield from _priority(standard.key, found, demand)


def _access(key: str, found: Assessment, demand: GeoDataFrame) -> Iterator[Measure]:
    ask = next(one for one in found.questions if one.standard.key == key)
    table = found.access[(found.access["standard"] == key) & (found.access["measure"] == "e2sfca")]
    values = table.set_index("place")["value"].reindex(demand.index)
    known = values.notna().to_numpy()
    people = np.where(known, demand[ask.standard.group].to_numpy(np.int64), 0)
    numbers = values.fillna(0).to_numpy(float)
    if not people.sum() or not numbers.any():
        return
    towns, rural = demand["town"].to_numpy(), demand["rural"].to_numpy(bool)
    mean = _mean(numbers, people)
    codes = found.measured.towns.index
    by_town = [_mean(numbers, people * (towns == code)) for code in codes]
    scopes = [mean, _mean(numbers, people * ~rural), _mean(numbers, people * rural), *by_town]
    # whole multiples as the values are: a place with just the mean is not below it
    edges = (_scaled(np.multiply(ACCESS.parts, mean)) / ACCESS.scale).tolist()
    yield Measure(
        key="access",
        name=ACCESS.name,
        english=ACCESS.english,
        unit=ACCESS.units[ask.standard.group],
        basis=ACCESS.basis,
        standard=key,
        values=_scaled(np.where(known, numbers, np.nan)),
        scale=ACCESS.scale,
        edges=edges,
        labels=ACCESS.labels,
        towns=_scaled(by_town),
        town_edges=edges,
        town_labels=ACCESS.labels,
        is_more_better=True,
        summary=["—" if np.isnan(value) else _value_text(value) for value in scopes],
    )


def _mean(values: npt.NDArray[np.float64], people: npt.NDArray[np.int64]) -> float:
    return float(values @ people / people.sum()) if people.sum() else float("nan")


def _scaled(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    scaled = np.floor(np.asarray(values, float) * ACCESS.scale + 0.5)
    return np.where(np.isnan(scaled), -1, scaled).astype(np.int64)


def _value_text(value: float) -> str:
    """Return a value as the page prints it, `kepu.valueText`: three digits that count."""
    if value >= 100 or value.is_integer():
        return f"{int(value + 0.5):,}"
    # ties go up, as in the page; the exponent of `e` brings trailing zeros
    rounded = HALF_UP.create_decimal_from_float(value)
    return f"{Decimal(f'{rounded:.2e}'):f}"


def _priority(key: str, found: Assessment, demand: GeoDataFrame) -> Iterator[Measure]:
    flags = found.flags[(found.flags["standard"] == key) & (found.flags["level"] != "")]
    if flags.empty:
        return
    places = flags[flags["kind"] == "place"].set_index("id")["score"].reindex(demand.index)
    score = places.fillna(0).to_numpy(float)
    top = float(score.sum())
    towns, rural = demand["town"].to_numpy(), demand["rural"].to_numpy(bool)
    by_town = [float(score[towns == code].sum()) for code in found.measured.towns.index]
    ranked = np.sort(score[score > 0])[::-1]
    # the places that together hold half of the whole score come first, then up to nine tenths
    shares = ranked.cumsum() / top if top else ranked
    # whole numbers as the values are: the place at the edge is in its class
    if not len(ranked):
        return
    low, high = _whole_people(ranked[np.searchsorted(shares, (0.9, 0.5))]).tolist()
    if not 1 < low < high:
        return
    sums = [top, float(score[~rural].sum()), float(score[rural].sum()), *by_town]
    yield Measure(
        key="priority",
        name="优先级",
        english="Priority",
        unit="折算人",
        basis="未覆盖人数 × 超出时限的程度（至多为 1）；前一半居首",
        standard=key,
        values=_whole_people(score),
        scale=1,
        edges=[1.0, low, high],
        labels=("不欠", "其余一成", "其次四成", "首要一半"),
        towns=_whole_people(by_town),
        town_edges=[1.0, top / len(by_town) / 2, top / len(by_town)],
        town_labels=("不欠", "不到一半", "低于平均", "高于平均"),
        is_more_better=False,
        summary=[f"{value:,}" for value in _whole_people(sums)],
    )


def _whole_people(scores: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return scores, told in tenths, to the nearest whole, a half up: as the page rounds."""
    return np.floor(np.round(np.asarray(scores, float), 1) + 0.5).astype(np.int64)
