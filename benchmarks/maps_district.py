"""A made-up district of any size with all that a page may hold, for the benchmark of the map."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from county import along, ticks_by_road
from scipy.spatial import cKDTree

from kepu.atlas_measures import ACCESS
from kepu.maps.content import Reach
from kepu.maps.pack import UNREACHED
from kepu.maps.whatif import Reached, Spots, whatif_part

WEST, SOUTH, EAST, NORTH = 112.8, 23.4, 113.4, 23.9
TYPES = tuple(f"type.{n:02}" for n in range(24))
PACES = {"walk": 15.0, "ebike": 4.0, "car": 2.0}
SLOWER = {"walk": 8, "ebike": 2, "car": 1}
HORIZON = 72_000


def district(places: int, venues: int, vertices: int) -> dict[str, Any]:
    """Return the arguments of `web_map` for a made-up district of this size."""
    rng = np.random.default_rng(7)
    towns = gpd.GeoDataFrame(
        {"name": [f"第{n}镇" for n in range(16)], "kind": ["urban", "rural"] * 8},
        geometry=[
            shapely.box(x, y, x + 0.15, y + 0.125)
            for x in np.arange(WEST, EAST - 0.01, 0.15)
            for y in np.arange(SOUTH, NORTH - 0.01, 0.125)
        ],
        crs=4326,
        index=pd.Index([f"4418020{n:02}" for n in range(16)]),
    )
    xy = rng.uniform((WEST, SOUTH), (EAST, NORTH), (places, 2))
    home = ((xy[:, 0] - WEST) // 0.15 * 4 + (xy[:, 1] - SOUTH) // 0.125).astype(int).clip(0, 15)
    people = rng.integers(20, 900, places)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"第{n}村民小组" for n in range(places)],
            "town": towns.index[home],
            "rural": home % 2 == 1,
            "people": people,
            "elderly": people // 5,
            "youth": people // 6,
        },
        geometry=gpd.points_from_xy(*xy.T, crs=4326),
        index=pd.Index([f"P{n:05}" for n in range(places)]),
    )
    there = rng.uniform((WEST, SOUTH), (EAST, NORTH), (venues, 2))
    kinds = np.array(TYPES)[np.arange(venues) % len(TYPES)]
    sites = gpd.GeoDataFrame(
        {"name": [f"设施{n:03}" for n in range(venues)], "type": kinds, "status": "open",
         "outside": False},
        geometry=gpd.points_from_xy(*there.T, crs=4326),
        index=pd.Index([f"V{n:03}" for n in range(venues)]),
    )  # fmt: skip
    km = np.hypot(*((xy[:, None] - there[None]) * [102.0, 111.0]).transpose(2, 0, 1))
    km *= 1.25 + 0.1 * rng.random(km.shape)
    standards = pd.DataFrame(
        {
            "name": [f"标准{n}" for n in range(9)],
            "types": [(TYPES[2 * n], TYPES[2 * n + 1]) for n in range(9)],
            "mode": list(PACES) * 3,
            "minutes": 15.0,
            "goal": 0.9,
            "group": "people",
            "area": "all",
            "basis": "示例",
        },
        index=[f"s{n}" for n in range(9)],
    )
    reach = [_reach(mode, np.rint(km * pace * 600), kinds) for mode, pace in PACES.items()]
    return {
        "title": "尺寸与速度",
        "towns": towns,
        "places": frame,
        "venues": sites,
        "types": {key: f"类型{key[-2:]}" for key in TYPES},
        "groups": {"people": "常住人口", "elderly": "老年人", "youth": "青少年"},
        "standards": standards,
        "reach": reach,
        "coverage": _coverage(standards, frame, towns, reach),
        "flags": pd.DataFrame(columns=["kind", "id", "standard", "sentence"]),
        "base": _roads(vertices, rng),
        "facts": [("道路来源", "示意")],
        "illustrative": True,
    }


def _reach(mode: str, ticks: np.ndarray, kinds: np.ndarray) -> Reach:
    whole = np.where(ticks > HORIZON, UNREACHED, ticks).astype(np.int64)
    best, which = {}, {}
    for kind in TYPES:
        mine = np.flatnonzero(kinds == kind)
        near = whole[:, mine].argmin(axis=1)
        best[kind] = whole[np.arange(len(whole)), mine[near]]
        which[kind] = np.where(best[kind] == UNREACHED, -1, mine[near])
    walk = np.full(len(whole), 60_000)
    usable = dict.fromkeys(TYPES, True)
    return Reach(
        mode, np.ones(len(whole), bool), walk, np.zeros(len(kinds), int), best, which, usable
    )


def _coverage(
    standards: pd.DataFrame, places: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, reach: list[Reach]
) -> pd.DataFrame:
    rows = []
    people, rural = places["people"].to_numpy(), places["rural"].to_numpy()
    scopes = [("district", "", people >= 0), ("urban", "", ~rural), ("rural", "", rural)]
    scopes += [("town", code, (places["town"] == code).to_numpy()) for code in towns.index]
    by_mode = {one.mode: one for one in reach}
    for key, row in standards.iterrows():
        ticks = np.min([by_mode[row["mode"]].ticks[kind] for kind in row["types"]], axis=0)
        covered = people * (ticks <= 9000)
        rows += [
            (key, scope, code, people[among].sum(), covered[among].sum(), 0)
            for scope, code, among in scopes
        ]
    columns = ["standard", "scope", "code", "people", "covered", "not_connected"]
    return pd.DataFrame(rows, columns=columns)


def _roads(vertices: int, rng: np.random.Generator) -> dict[str, gpd.GeoSeries]:
    lines = vertices // 25
    start = rng.uniform((WEST, SOUTH), (EAST, NORTH), (lines, 1, 2))
    turns = rng.uniform(0, 7, (lines, 1)) + rng.normal(0, 0.25, (lines, 25)).cumsum(axis=1)
    steps = 0.0006 * np.stack([np.cos(turns), np.sin(turns)], axis=2)
    ways = shapely.linestrings(start + steps.cumsum(axis=1))
    parts = {"primary": 0.05, "secondary": 0.1, "tertiary": 0.25, "minor": 0.6}
    at, found = 0, {}
    for name, part in parts.items():
        stop = at + int(part * lines)
        found[name] = gpd.GeoSeries(ways[at:stop], crs=4326)
        at = stop
    return found


LIMIT = 9000
SITES = 300
RING_POINTS = 150
"""A little more than the isochrones of the illustrative study have."""
GROWTH = 3
"""Points that a branch has between its ends."""


def whole(places: int, venues: int, vertices: int) -> dict[str, Any]:
    """Return a district with flags, isochrones, routes and scenarios in it too."""
    data = district(places, venues, vertices)
    rng = np.random.default_rng(11)
    there = shapely.get_coordinates(data["venues"].geometry.to_numpy())
    here = shapely.get_coordinates(data["places"].geometry.to_numpy())
    by_mode = {one.mode: one for one in data["reach"]}
    flags, branches = [], {}
    for key, row in data["standards"].iterrows():
        reach = by_mode[row["mode"]]
        first, second = row["types"]
        near = reach.ticks[first] <= reach.ticks[second]
        ticks = np.where(near, reach.ticks[first], reach.ticks[second])
        venue = np.where(near, reach.venue[first], reach.venue[second])
        branches[key] = _forest(here, there, venue, ticks, rng)
        flags.append(_flags(str(key), data, venue, ticks))
    data["flags"] = pd.concat(flags, ignore_index=True)
    data["isochrones"] = _rings(data, there, rng)
    data["branches"] = branches
    data["parts"] = [_scenarios(data, here, there)]
    return data


def _flags(key: str, data: dict[str, Any], venue: np.ndarray, ticks: np.ndarray) -> pd.DataFrame:
    short = np.flatnonzero(ticks > LIMIT)
    names, people = data["places"]["name"].to_numpy(), data["places"]["people"].to_numpy()
    venues = data["venues"]["name"].to_numpy()
    said = [
        f"{names[i]}到最近的{venues[venue[i]]}需{ticks[i] / 600:.1f}分钟，超出时限"
        f"{(ticks[i] - LIMIT) / 600:.1f}分钟，涉及{people[i]}人"
        if venue[i] >= 0
        else f"{names[i]}在120分钟内没有可到达的设施，涉及{people[i]}人"
        for i in short
    ]
    levels = np.array(["severe", "moderate", "mild"])[people[short] % 3]
    remedy = [f"在{names[i]}新设，可增加覆盖{people[i]}人" for i in short]
    return pd.DataFrame(
        {
            "kind": "place",
            "id": data["places"].index[short],
            "standard": key,
            "level": levels,
            "sentence": said,
            "remedy": remedy,
        }
    )


def _forest(
    here: np.ndarray, there: np.ndarray, venue: np.ndarray, ticks: np.ndarray,
    rng: np.random.Generator,
) -> SimpleNamespace:  # fmt: skip
    """Return routes: each place goes to the nearest of those before it, at last to its venue."""
    start = np.where(venue < 0, -1, np.arange(len(here)))
    parent = np.full(len(here), -1)
    ends = here.copy()
    for one in np.unique(venue[venue >= 0]):
        mine = np.flatnonzero(venue == one)
        mine = mine[np.argsort(ticks[mine], kind="stable")]
        _, around = cKDTree(here[mine]).query(here[mine], k=min(8, len(mine)))
        rank = np.arange(len(mine))
        before = np.where(np.reshape(around, (len(mine), -1)) < rank[:, None], 1, 0)
        chosen = np.reshape(around, (len(mine), -1))[rank, before.argmax(axis=1)]
        is_linked = before.any(axis=1)
        parent[mine] = np.where(is_linked, mine[chosen], -1)
        ends[mine] = np.where(is_linked[:, None], here[mine[chosen]], there[one])
    part = np.linspace(0, 1, GROWTH + 2)[None, :, None]
    points = here[:, None] * (1 - part) + ends[:, None] * part
    points[:, 1:-1] += rng.normal(0, 4e-4, (len(here), GROWTH, 2))
    return SimpleNamespace(start=start, parent=parent, line=shapely.linestrings(points))


def _rings(data: dict[str, Any], there: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:
    types = {
        mode: {kind for kinds in rows["types"] for kind in kinds}
        for mode, rows in data["standards"].groupby("mode")
    }
    rows, shapes = [], []
    for mode, kinds in types.items():
        for v in np.flatnonzero(data["venues"]["type"].isin(kinds)):
            for minutes in (7.5, 15.0):
                angle = np.linspace(0, 2 * np.pi, RING_POINTS, endpoint=False)
                size = minutes / PACES[mode] / 105 * (1 + 0.25 * rng.random(RING_POINTS))
                ring = there[v] + size[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
                rows.append((data["venues"].index[v], mode, minutes))
                shapes.append(shapely.polygons(ring))
    table = pd.DataFrame(rows, columns=["venue", "mode", "minutes"])
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def _scenarios(data: dict[str, Any], here: np.ndarray, there: np.ndarray) -> Any:
    chosen = np.sort(np.argsort(-data["places"]["people"].to_numpy(), kind="stable")[:SITES])
    sites = np.concatenate([there, here[chosen]])
    row = along(sites)
    metres = [102_000, 111_000]
    tables = [
        Reached(
            mode, "", row,
            ticks_by_road(here * metres, sites[row] * metres, slower=slower, horizon=HORIZON),
            HORIZON, [15.0],
        )
        for mode, slower in SLOWER.items()
    ]  # fmt: skip
    lon, lat = np.rint(here[chosen] * 1e7).astype(np.int64).T
    spots = Spots(
        id=list(data["places"].index[chosen]), name=list(data["places"]["name"].iloc[chosen]),
        origin=["place"] * SITES, types=[""] * SITES, host=np.full(SITES, -1), lon=lon, lat=lat,
    )  # fmt: skip
    numbers = np.arange(len(there))
    return whatif_part(
        tables, along=along(here), venue=numbers, spots=spots, names=data["types"], access=ACCESS
    )
