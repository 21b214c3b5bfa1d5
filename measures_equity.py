"""How evenly access, shares and travel times of a study are spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.catchments import VENUES, per_people
from .coverage.equity import capped_minutes, divide, even_handed, kappa_of, poverty, time_poverty
from .coverage.inequality import concentration, ends, erreygers, gini, lorenz, spread, theil
from .coverage.share import scopes
from .coverage.times import within
from .measures import Answer

RANKED_BY = ("elderly", "farmers")
"""Groups by whose share of the people places are ranked for indices of concentration."""
POOR_PART = 0.5
"""Access below so many times the mean is poor: a line relative to the district itself."""
TENTHS = range(1, 10)
"""Of the people, worst off first, at which the Lorenz curve is printed."""
Floats = npt.NDArray[np.float64]


def equity_table(
    found: Sequence[Answer], demand: GeoDataFrame, towns: GeoDataFrame
) -> pd.DataFrame:
    """
    Return how evenly access and travel times are spread.

    Returns
    -------
    DataFrame
        `standard`, `measure`, `scope`, `code`, `value` (missing where there is nobody or nothing
        to share), `unit`. Of access: gini_access, theil_access with its parts between and within
        (towns; urban_rural), lorenz_10 .. lorenz_90 (what that part of the people, worst off
        first, have of it), concentration_people, _elderly, _farmers (places ranked by their
        people, by the share of the group), ends_access (mean of the best tenth over that of the
        worst four tenths, ranked by access), access_poor, access_gap, access_severity (below
        `POOR_PART` of the mean), mean_access, even_access. Of the share covered: urban_share,
        rural_share, gap_share, ratio_share, covered_people, _elderly, _farmers (concentration as
        Erreygers corrects it, ranked as above). Of time, by scope: poor_share, time_gap,
        time_severity (limit as poverty line, longer than the horizon counts as the horizon),
        unreached_people; even_minutes.
    """
    names, members = scopes(demand, towns)
    rows: list[dict[str, Any]] = []
    for one in found:
        for measure, value, unit in (*_of_access(one, demand), *_of_share(one, demand)):
            rows.append({"measure": measure, "scope": "district", "code": "", "value": value,
                         "unit": unit, "standard": one.key})  # fmt: skip
        minutes = capped_minutes(one.ticks, one.ask.times.horizon / 600)
        kappa = kappa_of(minutes, one.people, side="burden")
        for told, mask in zip(names.to_dict("records"), members, strict=True):
            for measure, value, unit in _of_time(one, mask, minutes, kappa):
                where = {"scope": told["scope"], "code": told["code"], "standard": one.key}
                rows.append({"measure": measure, "value": value, "unit": unit, **where})
    table = pd.DataFrame(rows, columns=["standard", "measure", "scope", "code", "value", "unit"])
    table["value"] = table["value"].astype("Float64")
    return table


Told = tuple[str, float | None, str]


def _of_access(one: Answer, demand: GeoDataFrame) -> Iterator[Told]:
    x, people = one.access, one.people
    yield "gini_access", gini(x, people), ""
    for name, groups in (("towns", demand["town"]), ("urban_rural", demand["rural"])):
        parts = theil(x, people, groups.to_numpy())
        if name == "towns":
            yield "theil_access", parts.total if parts else None, ""
        yield f"theil_between_{name}", parts.between if parts else None, ""
        yield f"theil_within_{name}", parts.within if parts else None, ""
    across, up = lorenz(x, people)
    for tenth in TENTHS:
        known = len(across) > 1
        yield f"lorenz_{tenth}0", float(np.interp(tenth / 10, across, up)) if known else None, "%"
    for name, rank in _ranks(demand):
        yield f"concentration_{name}", concentration(x, people, rank), ""
    best = ends(x, people)
    yield "ends_access", best.ratio if best else None, ""
    mean = spread(x, people).mean
    for power, name in enumerate(("access_poor", "access_gap", "access_severity")):
        poor = poverty(x, people, POOR_PART * mean, power=power) if mean > 0 else None
        yield name, poor, "" if power else "%"
    unit = per_people(VENUES, one.ask.standard.group)
    yield "mean_access", mean if people.any() else None, unit
    kappa = kappa_of(x, people, side="good")
    yield "even_access", even_handed(x, people, kappa=kappa), unit


def _ranks(demand: GeoDataFrame) -> Iterator[tuple[str, Floats]]:
    """Yield what places are ranked by, low to high: their people, the shares of groups."""
    everybody = demand["people"].to_numpy(float)
    yield "people", everybody
    for group in RANKED_BY:
        if group in demand:
            none = np.zeros(len(demand))
            yield group, np.divide(demand[group], everybody, out=none, where=everybody > 0)


def _of_share(one: Answer, demand: GeoDataFrame) -> Iterator[Told]:
    covered = within(one.ticks, one.ask.standard.minutes).astype(float)
    sides = divide(covered, one.people, demand["rural"].to_numpy(bool))
    yield "urban_share", sides.urban, "%"
    yield "rural_share", sides.rural, "%"
    yield "gap_share", sides.gap, "%"
    yield "ratio_share", sides.ratio, ""
    for name, rank in _ranks(demand):
        yield f"covered_{name}", erreygers(covered, one.people, rank, lowest=0.0, highest=1.0), ""


def _of_time(
    one: Answer, mask: npt.NDArray[np.bool_], minutes: Floats, kappa: float
) -> Iterator[Told]:
    people, cap = one.people * mask, one.ask.times.horizon / 600
    poor = time_poverty(
        one.ticks, people, line_minutes=one.ask.standard.minutes, cap_minutes=cap
    )  # fmt: skip
    yield "poor_share", poor.share, "%"
    yield "time_gap", poor.gap, ""
    yield "time_severity", poor.severity, ""
    yield "unreached_people", float(poor.unreached), "人"
    yield "even_minutes", even_handed(minutes, people, kappa=kappa), "分钟"


def lorenz_table(found: Sequence[Answer]) -> pd.DataFrame:
    """Return points of the Lorenz curve of access: `standard`, `people_share`, `value_share`."""
    tables = []
    for one in found:
        across, up = lorenz(one.access, one.people)
        tables.append(
            pd.DataFrame({"standard": one.key, "people_share": across, "value_share": up})
        )
    return pd.concat(tables, ignore_index=True)
