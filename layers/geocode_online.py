"""
Geocoding by a web service, asked for by hand only: a table to review, never a table of venues.

Every reply is written down before the next question, so that nothing is asked twice, however a run
ends. Refused are replies outside the stated town and those no finer than a town.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from ..geo.crs import WGS84, Degrees, require_metric, to_wgs84, transform
from ..geo.errors import CrsError, Fault
from .addresses import TOKEN, districts, normalise, readings, town_spellings
from .asking import Client, GeocodeError, NoReplyError
from .lookup import town_named, town_names
from .place_index import TOWN_METRES
from .providers import PROVIDERS, Provider, Reply, provider_named
from .reply_cache import ReplyCache

__all__ = [
    "PROVIDERS",
    "Client",
    "GeocodeError",
    "NoReplyError",
    "Provider",
    "ReplyCache",
    "geocode_table",
    "provider_named",
]

SCORE_LEAST = 0.7
"""A service that says how well it understood an address must say so much."""
SAME_METRES = 200.0
"""Replies this near to each other are one."""
CENTRE_METRES = 50.0
"""A reply this near to the middle of a town or of the district is its centroid, not a place."""
FAILURES_MOST = 3
"""After so many questions in a row without a usable reply the service is taken to be down."""
COLUMNS = [
    "address", "answer", "lon", "lat", "grade", "level", "provider", "datum", "score", "verdict",
]  # fmt: skip


class _Judge:
    """Who says whether a reply may be used: by its grade, its score and the stated town."""

    def __init__(self, towns: GeoDataFrame, district: str, reach_metres: float) -> None:
        self.crs = require_metric(towns, "towns")
        self.towns, self.reach_metres = towns, reach_metres
        self.names = {str(town): str(name) for town, name in towns["name"].items()}
        self.stated, self.spellings = town_names(towns), town_spellings(self.names)
        self.known = districts(district)
        self.chain = "".join(self.known[level] for level in sorted(self.known))
        self.whole = shapely.union_all(towns.geometry.to_numpy())
        middles = [*towns.geometry, self.whole]
        self.middles = [point for s in middles for point in (s.centroid, s.point_on_surface())]

    def question(self, address: str, town: str) -> tuple[str, str, str]:
        """Return the text to ask, the code of the stated town, and why not to ask at all."""
        plain = normalise(address)
        if not plain:
            return "", "", "Q-ADDRESS-EMPTY"
        code = town_named(town, self.stated) if town.strip() else ""
        if code is None:
            return "", "", "Q-GEOCODE-UNKNOWN-TOWN"
        reading = readings(plain, self.spellings, self.known)[-1]
        if code and reading.town and reading.town != code:
            return "", code, "Q-GEOCODE-TOWN"
        code = reading.town or code
        if TOKEN.match(reading.whole):
            return plain, code, ""
        above = self.chain or plain[: len(plain) - len(reading.whole)]
        return f"{above}{self.names.get(code, '')}{reading.rest}", code, ""

    def verdict(self, reply: Reply, lon: float, lat: float, town: str) -> str:
        """Return why a reply is refused; empty where it is not."""
        if reply.grade == "E":
            return "Q-GEOCODE-COARSE"
        if reply.score < SCORE_LEAST:
            return "Q-GEOCODE-SCORE"
        try:
            x, y = self._metres([(reply, lon, lat)])
        except CrsError:
            return "Q-GEOCODE-TOWN"
        point = shapely.Point(float(x[0]), float(y[0]))
        shape, metres = (self.towns.geometry[town], TOWN_METRES) if town else (
            self.whole, self.reach_metres)  # fmt: skip
        if shapely.distance(point, shape) > metres:
            return "Q-GEOCODE-TOWN"
        if reply.grade != "B" and any(point.distance(m) < CENTRE_METRES for m in self.middles):
            return "Q-GEOCODE-COARSE"
        return ""

    def row(self, replies: list[Reply], town: str, provider: Provider) -> dict[str, object]:
        """Return the columns of one address: the one good reply, else the first and why not."""
        nowhere = {"lon": math.nan, "lat": math.nan, "grade": ""}
        good: list[tuple[Reply, float, float]] = []
        codes = []
        for reply in replies:
            x, y = to_wgs84([reply.lon], [reply.lat], provider.datum)
            lon, lat = round(float(x[0]), 7), round(float(y[0]), 7)
            codes.append(self.verdict(reply, lon, lat, town))
            if not codes[-1]:
                good.append((reply, lon, lat))
        if not good:
            first = replies[0] if replies else Reply("", math.nan, math.nan, "", "", math.nan)
            verdict = codes[0] if codes else "Q-GEOCODE-NONE"
            return {"answer": first.name, **nowhere, "level": first.level,
                    "score": first.score, "verdict": verdict}  # fmt: skip
        best, lon, lat = min(good, key=lambda one: one[0].grade)
        shown = {"level": best.level, "score": best.score}
        if not self._one_place(good):
            names = "；".join(
                f"{reply.name}({x:.6f},{y:.6f} {reply.grade})" for reply, x, y in good
            )
            return {"answer": names, **nowhere, **shown, "verdict": "Q-GEOCODE-SEVERAL"}
        spot = {"lon": lon, "lat": lat, "grade": best.grade}
        return {"answer": best.name, **spot, **shown, "verdict": ""}

    def _one_place(self, good: list[tuple[Reply, float, float]]) -> bool:
        x, y = self._metres(good)
        return bool(((x - x[0]) ** 2 + (y - y[0]) ** 2 <= SAME_METRES**2).all())

    def _metres(self, found: list[tuple[Reply, float, float]]) -> tuple[Degrees, Degrees]:
        lon = np.array([lon for _, lon, _ in found])
        return transform(lon, np.array([lat for *_, lat in found]), WGS84, self.crs)


def geocode_table(
    rows: pd.DataFrame,
    provider: Provider,
    cache: ReplyCache,
    towns: GeoDataFrame,
    *,
    district: str = "",
    reach_metres: float = TOWN_METRES,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """
    Ask a service for the addresses of a table; nothing is written but the cache.

    Parameters
    ----------
    rows
        Columns `address` and, where there is one, `town` (as stated).
    provider
        From `provider_named`.
    cache
        Where answers are kept, those of earlier runs too.
    towns
        From `read_towns`.
    district
        A text that names province, city and county, as 广东省清远市清城区; they are put before
        addresses.
    reach_metres
        How far outside the district a place may lie where no town is stated.
    progress
        Called with the number of addresses done and of all.

    Returns
    -------
    DataFrame
        On the index of `rows`: `address`, `answer` (the place as the service writes it), `lon`,
        `lat` (WGS 84; NaN where refused), `grade` (B to D), `level` (the service's word),
        `provider`, `datum` (of the service's own coordinates), `score` (0 to 1 or NaN), `verdict`:
        empty, Q-ADDRESS-EMPTY, Q-GEOCODE-NONE, -COARSE, -SCORE, -TOWN, -UNKNOWN-TOWN, -SEVERAL,
        -REPLY (to be asked again by the next run) or -UNASKED (only in the table of an error).

    Raises
    ------
    GeocodeError
        Key refused, quota spent, service down or cache damaged; what was answered is kept, and
        `table` of the error holds it.
    """
    judge = _Judge(towns, district, reach_metres)
    asking = _Asking(provider, cache)
    wanted = rows.reindex(columns=["address", "town"]).astype(object)
    texts = wanted.where(wanted.notna(), "").astype(str)
    table: list[dict[str, object]] = []
    for address, town in texts.itertuples(index=False, name=None):
        text, code, refusal = judge.question(address, town)
        found = refusal or asking.replies(text)
        row = {"verdict": found} if isinstance(found, str) else judge.row(found, code, provider)
        base = {"address": address, "provider": provider.name, "datum": provider.datum}
        table.append({**base, **row})
        if progress is not None and asking.stopped is None:
            progress(len(table), len(texts))
    frame = _frame(table, rows.index)
    if asking.stopped is not None:
        asking.stopped.table = frame
        raise asking.stopped
    return frame


class _Asking:
    """Asks what was not asked before, until the service stops."""

    def __init__(self, provider: Provider, cache: ReplyCache) -> None:
        self.provider, self.cache = provider, cache
        self.failures = 0
        self.stopped: GeocodeError | None = None
        self.cache_broken = False

    def replies(self, text: str) -> list[Reply] | str:
        """Return what the service answered, now or before; else the code of why it did not."""
        found = None
        try:
            if not self.cache_broken:
                found = self.cache.find(self.provider.name, text)
            if found is None and self.stopped is None:
                found = self.provider.ask(text)
                self.failures = 0
                self.cache.keep(self.provider.name, text, found)
        except NoReplyError as error:
            self.failures += 1
            if self.failures == FAILURES_MOST:
                self.stopped = _down(error, self.provider)
            return "Q-GEOCODE-REPLY"
        except GeocodeError as error:
            self.stopped = self.stopped or error
            self.cache_broken = error.faults[0].code == "E-GEOCODE-CACHE"
        return "Q-GEOCODE-UNASKED" if found is None else found


def _down(error: NoReplyError, provider: Provider) -> GeocodeError:
    facts = {
        "provider": provider.name,
        "count": FAILURES_MOST,
        "problem": error.faults[0].facts["problem"],
    }
    return GeocodeError(Fault("E-GEOCODE-SERVICE", facts=facts))


def _frame(table: list[dict[str, object]], index: pd.Index) -> pd.DataFrame:
    frame = pd.DataFrame(table, index=index, columns=COLUMNS)
    numbers = ["lon", "lat", "score"]
    words = [name for name in COLUMNS if name not in numbers]
    frame[words] = frame[words].where(frame[words].notna(), "").astype(str)
    return frame.astype(dict.fromkeys(numbers, float))
