"""
The web map against `folium.GeoJson` and `GeoDataFrame.explore` on the same data.

`python benchmarks/maps.py` prints a table: size of the file, processor time to write it, time until
a Chromium of this computer has loaded it, and how long a step of panning, of zooming and of
choosing takes there. The peers show one standard and no roads; ours shows everything, with flags,
isochrones, routes and scenarios. They would ask the network for their code: here Leaflet comes from
the installed wheel.
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
from maps_district import TYPES, whole
from playwright.sync_api import sync_playwright
from xstatic.pkg import leaflet

from kepu.assessment import assess
from kepu.atlas import atlas
from kepu.inputs import read_layers
from kepu.maps.pack import UNREACHED
from kepu.maps.web import web_map
from kepu.passport import passport
from kepu.study import survey
from kepu.study_file import read_study

STEPS, PEER_STEPS = 9, 3
LEAST_MS = 0.01
NAMES = {
    "size": "page: size of the file, kB",
    "write": "page: to write it, CPU",
    "load": "page: to load it",
    "pan": "page: a step aside, to the next frame",
    "zoom": "page: a step of zoom, to the next frame",
    "choose": "page: another threshold, to the next frame",
    "mode": "page: another mode, to the next frame",
    "toggle": "page: a site opened or taken back, to the next frame",
    "access": "page: access under another threshold, to the next frame",
}
STUDY = Path(__file__).parents[1] / "data" / "boundaries" / "study.toml"


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
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  const page = window.kepu && kepu.page;
  const sites = page && kepu.whatif.candidates(page.data, page.blocks.whatif, page.answer.choice);
  const works = {
    pan: (k) => sheet.panBy([k % 2 ? 160 : -160, 0], { animate: false }),
    zoom: (k) => sheet.setZoom(sheet.getZoom() + (k % 2 ? -1 : 1), { animate: false }),
    choose: (k) => page.store.set({ minutes: k % 2 ? 15 : 20 }),
    mode: (k) => page.store.set({ mode: k % 2 ? 'walk' : 'car' }),
    access: (k) => page.store.set({ measure: 'access', minutes: k % 2 ? 24 : 25 }),
    toggle: (k) => kepu.whatif.actions.toggleSite(page, sites[(k >> 1) * 37 % sites.length]),
  };
  const times = [];
  for (let k = 0; k < steps; k += 1) {
    await rest(150);
    await frame();
    const start = performance.now();
    works[work](k);
    await frame();
    times.push(performance.now() - start);
  }
  return times;
}"""
"""Each step from rest until the frame that shows it; a toggle opens a site or takes it back."""


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
        if work == "toggle":  # as a planner has it: the tab of scenarios in sight
            page.evaluate("kepu.page.store.set({ tab: 'whatif' })")
        steps = STEPS if works is OWN else PEER_STEPS
        found[work] = median(page.evaluate(STEP, [work, steps]))
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


OWN = ("pan", "zoom", "choose", "mode", "toggle", "access")
MAKERS: dict[str, tuple[Callable[[dict[str, Any], Path], None], str, tuple[str, ...]]] = {
    "kepu": (ours, "document.body.classList.contains('ready')", OWN),
    "folium.GeoJson": (
        plain_folium, "document.readyState === 'complete' && !!window.L", ("pan", "zoom")
    ),
    "GeoDataFrame.explore": (
        explore, "document.readyState === 'complete' && !!window.L", ("pan", "zoom")
    ),
}  # fmt: skip


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return rows `work, graph, ours_ms, peer, peer_ms, ratio`; sizes are in kB in their place."""
    sizes = [(500, 60, 5_000)] if quick else [(20_000, 300, 100_000)]
    rows: list[dict[str, Any]] = []
    with browser() as running, tempfile.TemporaryDirectory() as folder:
        for places, venues, vertices in sizes:
            data = whole(places, venues, vertices)
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
                found[name] |= {"size": path.stat().st_size / 1000}
                found[name] |= seen(running, path, ready, works)
            rows += _rows(graph, found)
        if not quick:
            page = Path(folder) / "illustrative.html"
            ours(illustrative(), page)
            found = {"kepu": {"size": page.stat().st_size / 1000}}
            found["kepu"] |= seen(running, page, MAKERS["kepu"][1], OWN)
            rows += _rows("illustrative district", found)
    return rows


def illustrative() -> dict[str, Any]:
    """Return the page of the study that the program brings along, isochrones and all."""
    study = read_study(STUDY)
    now = survey(study, read_layers(study))
    found = assess(study, now)
    facts = passport(study, now, found, command="kepu demo", created="2026-11-01T00:00:00+00:00")
    return atlas(study, now, found, facts)


def _rows(graph: str, found: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Return a row for each work and peer; one that no peer can do stands alone."""
    rows = []
    for work, value in found["kepu"].items():
        peers = [name for name in found if name != "kepu" and work in found[name]]
        for peer in peers or [""]:
            other = found[peer][work] if peer else None
            rows.append(
                {
                    "work": NAMES[work],
                    "key": f"page {work}",
                    "graph": graph,
                    "ours_ms": round(value, 1),
                    "peer": peer,
                    "peer_ms": None if other is None else round(other, 1),
                    "ratio": None if other is None else round(other / max(value, LEAST_MS), 2),
                }
            )
    return rows


if __name__ == "__main__":
    for row in measure("--quick" in sys.argv):
        print("  ".join(f"{key}={value}" for key, value in row.items()))
