"""
The web map against `folium.GeoJson` and `GeoDataFrame.explore` on the same data.

`python benchmarks/maps.py` prints a table: size of the file, processor time to write it, time until
a Chromium of this computer has loaded it, and how long a step of panning, of zooming and of
choosing takes there. The peers show one standard and no roads; ours shows everything. They would
ask the network for their code: here Leaflet comes from the installed wheel.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import sync_playwright
from xstatic.pkg import leaflet

from kepu.maps.content import Reach
from kepu.maps.pack import UNREACHED
from kepu.maps.web import web_map

WEST, SOUTH, EAST, NORTH = 112.8, 23.4, 113.4, 23.9
TYPES = tuple(f"type.{n:02}" for n in range(24))
PACES = {"walk": 15.0, "ebike": 4.0, "car": 2.0}
HORIZON = 72_000
STEPS = 7
LEAST_MS = 0.01


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


def ours(data: dict[str, Any], path: Path) -> None:
    path.write_text(web_map(**data), encoding="utf-8", newline="\n")


def _told(data: dict[str, Any]) -> gpd.GeoDataFrame:
    ticks = data["reach"][0].ticks[TYPES[0]]
    return data["places"].assign(minutes=np.where(ticks == UNREACHED, np.nan, ticks / 600))


def plain_folium(data: dict[str, Any], path: Path) -> None:
    frame = _told(data).reset_index(names="id")
    sheet = folium.Map([23.65, 113.1], zoom_start=11, tiles=None, prefer_canvas=True)
    folium.GeoJson(
        frame[["name", "people", "minutes", "geometry"]].to_json(),
        marker=folium.CircleMarker(radius=3, fill=True),
        style_function=lambda f: {
            "color": "#2a6ca8" if (f["properties"]["minutes"] or 999) <= 15 else "#c75a1b"
        },
        tooltip=folium.GeoJsonTooltip(["name", "people", "minutes"]),
    ).add_to(sheet)
    sheet.save(path)


def explore(data: dict[str, Any], path: Path) -> None:
    frame = _told(data)[["name", "people", "minutes", "geometry"]]
    frame.explore("minutes", tiles=None, prefer_canvas=True, legend=False).save(path)


@contextmanager
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if program is None:
        raise SystemExit("no Chromium found")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


STEP = """async ([work, steps]) => {
  const sheet = Object.values(window).find((one) => window.L && one instanceof L.Map);
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const works = {
    pan: (k) => sheet.panBy([k % 2 ? 160 : -160, 0], { animate: false }),
    zoom: (k) => sheet.setZoom(sheet.getZoom() + (k % 2 ? -1 : 1), { animate: false }),
    choose: (k) => kepu.page.store.set({ minutes: k % 2 ? 15 : 20 }),
    mode: (k) => kepu.page.store.set({ mode: k % 2 ? 'walk' : 'car' }),
  };
  const times = [];
  for (let k = 0; k < steps; k += 1) {
    const start = performance.now();
    works[work](k);
    await frame();
    times.push(performance.now() - start);
  }
  return times;
}"""


def seen(running: Any, path: Path, ready: str, works: tuple[str, ...]) -> dict[str, float]:
    """Return milliseconds to load and for each work, all else at rest."""
    page = running.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(120_000)
    page.route(is_outside, from_wheel)
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_function(ready)
    found = {"load": 1000 * (time.perf_counter() - start)}
    for work in works:
        found[work] = median(page.evaluate(STEP, [work, STEPS]))
    page.close()
    return found


def is_outside(url: str) -> bool:
    return url.startswith("http")


def from_wheel(route: Any) -> None:
    name = route.request.url.rsplit("/", 1)[-1]
    if name in ("leaflet.js", "leaflet.css"):
        route.fulfill(path=Path(leaflet.BASE_DIR) / name)
    else:
        route.fulfill(body="")


MAKERS: dict[str, tuple[Callable[[dict[str, Any], Path], None], str, tuple[str, ...]]] = {
    "kepu": (ours, "document.body.classList.contains('ready')", ("pan", "zoom", "choose", "mode")),
    "folium.GeoJson": (
        plain_folium, "document.readyState === 'complete' && !!window.L", ("pan", "zoom")
    ),
    "GeoDataFrame.explore": (
        explore, "document.readyState === 'complete' && !!window.L", ("pan", "zoom")
    ),
}  # fmt: skip


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return rows `work, graph, ours_ms, peer, peer_ms, ratio`; sizes are in kB in their place."""
    sizes = [(500, 60, 5_000)] if quick else [(2_000, 300, 20_000), (20_000, 300, 100_000)]
    rows: list[dict[str, Any]] = []
    with browser() as running, tempfile.TemporaryDirectory() as folder:
        for places, venues, vertices in sizes:
            data = district(places, venues, vertices)
            graph = f"{places} places, {venues} venues, {vertices} road vertices"
            found: dict[str, dict[str, float]] = {}
            for name, (make, ready, works) in MAKERS.items():
                path = Path(folder) / f"{name}.html"
                start = time.process_time()
                try:
                    make(data, path)
                except ImportError as error:  # `explore` wants mapclassify, which we do not
                    print(f"{name} left out: {error}", file=sys.stderr)
                    continue
                found[name] = {"write": 1000 * (time.process_time() - start)}
                found[name] |= {"size kB": path.stat().st_size / 1000}
                found[name] |= seen(running, path, ready, works)
            rows += _rows(graph, found)
    return rows


def _rows(graph: str, found: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    rows = []
    mine = found["kepu"]
    for peer in list(found)[1:]:
        for work, value in mine.items():
            other = found[peer].get(work)
            rows.append(
                {
                    "work": work,
                    "graph": graph,
                    "ours_ms": round(value, 1),
                    "peer": peer if other is not None else "",
                    "peer_ms": None if other is None else round(other, 1),
                    "ratio": None if other is None else round(other / max(value, LEAST_MS), 2),
                }
            )
    return [row for row in rows if row["peer"] or row["work"] in ("choose", "mode")]


if __name__ == "__main__":
    for row in measure("--quick" in sys.argv):
        print("  ".join(f"{key}={value}" for key, value in row.items()))
