"""
The fault zoo through a plain script: osmnx, geopandas and scipy, as an analyst writes it in a day.

`answer` is that script. `score` plants each fault of `tests/zoo` and holds the script's figures
against its own figures for the healthy study, moved by what the fault is declared to move. Run
`python -m kepu.benchmarks.plain_script` or this file; `docs/reliability.md` prints the table.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import osmnx as ox
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from kepu.geo.crs import bd09_to_gcj02, gcj02_to_wgs84

TESTS = Path(__file__).parent.parent / "tests"
SPEEDS_KMH = {"trunk": 60, "primary": 50, "secondary": 45, "tertiary": 40, "residential": 25,
              "unclassified": 30, "service": 15, "motorway": 100, "motorway_link": 50}  # fmt: skip
WALK_KMH = 4.0
ROOM, HALL = "社区科普活动室", "镇（街道）科普场馆"


def points(rules: dict[str, Any], folder: Path) -> gpd.GeoDataFrame:
    """Read a table with 经度 and 纬度."""
    path = folder / rules["file"]
    read = pd.read_excel if path.suffix in (".xlsx", ".xls") else pd.read_csv
    table = read(path)
    lon = pd.to_numeric(table["经度"], errors="coerce").to_numpy()
    lat = pd.to_numeric(table["纬度"], errors="coerce").to_numpy()
    if rules.get("datum") == "BD09":
        lon, lat = bd09_to_gcj02(lon, lat)
    if rules.get("datum") in ("BD09", "GCJ02"):
        lon, lat = gcj02_to_wgs84(lon, lat)
    places = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    return places[np.isfinite(lon) & np.isfinite(lat)]


class Highways(osmium.SimpleHandler):
    """Copy nodes and highways: osmnx reads XML only, and every way that is in it."""

    def __init__(self, writer: osmium.SimpleWriter) -> None:
        super().__init__()
        self.node = writer.add_node
        self.writer = writer

    def way(self, way: osmium.osm.Way) -> None:
        if "highway" in way.tags:
            self.writer.add_way(way)


def network(path: Path) -> Any:
    """Read roads with osmnx and give each its seconds by car and on foot."""
    with tempfile.TemporaryDirectory() as scratch:
        xml = Path(scratch) / "roads.osm"
        with osmium.SimpleWriter(str(xml)) as writer:
            Highways(writer).apply_file(str(path))
        graph = ox.graph_from_xml(xml)
    graph = ox.add_edge_speeds(graph, hwy_speeds=SPEEDS_KMH)
    graph = ox.add_edge_travel_times(graph)
    for *_, edge in graph.edges(data=True):
        edge["walk"] = edge["length"] / WALK_KMH * 3.6
    return ox.project_graph(graph)


def covered(
    graph: Any, homes: gpd.GeoDataFrame, goals: gpd.GeoDataFrame, weight: str, minutes: float
) -> np.ndarray:
    """Say which homes reach a goal in time."""
    if not len(goals):
        return np.zeros(len(homes), bool)
    order = {node: number for number, node in enumerate(graph.nodes)}
    tail, head, cost = zip(
        *((order[v], order[u], data[weight]) for u, v, data in graph.edges(data=True)), strict=True
    )
    matrix = csr_matrix((cost, (tail, head)), shape=(len(order), len(order)))
    homes, goals = homes.to_crs(graph.graph["crs"]), goals.to_crs(graph.graph["crs"])
    near = [
        [order[node] for node in ox.nearest_nodes(graph, frame.geometry.x, frame.geometry.y)]
        for frame in (homes, goals)
    ]
    seconds = dijkstra(matrix, indices=sorted(set(near[1])), min_only=True)
    return np.asarray(seconds[near[0]] <= minutes * 60)


def answer(folder: Path) -> dict[str, Any]:
    """Count people, of each town, and those with a room and a hall in time."""
    study = tomllib.loads((folder / "study.toml").read_text("utf-8"))
    towns = gpd.read_file(folder / study["towns"]["file"]).to_crs(4326)
    demand, venues = (points(study[name], folder) for name in ("demand", "venues"))
    demand["people"] = pd.to_numeric(demand["常住人口"], errors="coerce").fillna(0)
    demand = gpd.sjoin(demand, towns[["name", "geometry"]], predicate="within")
    venues = venues[venues["状态"] == "在用"]
    graph = network(folder / study["roads"]["file"])
    rooms, halls = (venues[venues["类型"] == kind] for kind in (ROOM, HALL))
    people = demand["people"]
    return {
        "people": int(people.sum()),
        "room": int(people[covered(graph, demand, rooms, "walk", 5)].sum()),
        "hall": int(people[covered(graph, demand, halls, "travel_time", 30)].sum()),
        "towns": {str(k): int(v) for k, v in people.groupby(demand["name"]).sum().items()},
    }


def load(name: str) -> Any:
    """Return a module of `tests/zoo`."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    return import_module(f"zoo.{name}")


def told(folder: Path) -> tuple[str, dict[str, Any], str]:
    """Run the script; return `error`, `warned` or `silent`, its figures, and what it said."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            found = answer(folder)
        except Exception as error:  # the script of the day has no errors of its own
            return "error", {}, f"{type(error).__name__}: {error}"[:100]
    ours = [str(each.message) for each in heard if issubclass(each.category, (UserWarning,))]
    return "warned" if ours else "silent", found, "; ".join(ours)[:100]


def verdict(fault: Any, way: str, found: dict[str, Any], before: dict[str, Any]) -> str:
    """
    Judge one outcome, in favour of the script where there is a choice.

    A row that it drops without a word is right if the figures are those that remain without it;
    so are figures that do not change, whatever it did not notice.
    """
    if way in ("error", "warned"):
        return way
    same = {key: found[key] == before[key] for key in found}
    if all(same.values()) and fault.exit != 0:
        return "unchanged"
    hall = fault.people if fault.hall is None else fault.hall
    wanted = {"people": fault.people, "room": fault.room, "hall": hall}
    right = all(more is None or found[key] == before[key] + more for key, more in wanted.items())
    if fault.exit == 3:
        return "wrong"
    return "right" if right else "wrong"


def score() -> list[dict[str, str]]:
    """Plant every fault and judge the script."""
    healthy, faults = load("healthy"), load("faults")
    before: dict[tuple[float, float], dict[str, Any]] = {}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, fault in enumerate(faults.FAULTS):
            if fault.moved not in before:
                folder = Path(scratch) / f"healthy {len(before)}"
                healthy.healthy(*fault.moved).write(folder)
                way, found, said = told(folder)
                assert way == "silent", said
                before[fault.moved] = found
            files = healthy.healthy(*fault.moved)
            fault.change(files)
            folder = Path(scratch) / str(number)
            files.write(folder)
            way, found, said = told(folder)
            judged = verdict(fault, way, found, before[fault.moved])
            rows.append({"fault": fault.name, "verdict": judged, "said": said})
    return rows


def main() -> None:
    rows = score()
    counts = Counter(row["verdict"] for row in rows)
    by_family: dict[str, Counter[str]] = {}
    for row in rows:
        by_family.setdefault(row["fault"][0], Counter())[row["verdict"]] += 1
    report = {"faults": len(rows), "verdicts": counts, "families": by_family, "rows": rows}
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
