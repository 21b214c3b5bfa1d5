"""
A small healthy study, and how to write it: three towns, 247 places, 62 venues, a grid of roads.

Every answer can be told by hand. A room stands at each sixth place and is the only one within five
minutes' walk of it; a hall can be driven to from everywhere. All places but the first have 1000
people, the first has 10: one bad row of it stays below the limits of the quarantine.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import osmium

WEST, SOUTH, STEP = 113.00, 23.66, 0.01
COLUMNS, ROWS = range(14), range(11)
INNER_COLUMNS, INNER_ROWS = range(2, 12), range(2, 9)
BORDERS = (1.5, 4.5, 7.5, 11.5)
SOUTH_BORDER, NORTH_BORDER = 1.5, 8.5
TOWNS = (("441802901", "河东街道", "urban"), ("441802902", "山前镇", "rural"),
         ("441802903", "水口镇", "rural"))  # fmt: skip
BESIDE = 0.000225
"""25 m beside the road."""

PEOPLE, FEW = 1000, 10
PLACES, VENUES = 247, 62
ROOMS_OPEN = 41
ALL_PEOPLE = (PLACES - 1) * PEOPLE + FEW
ROOM_PEOPLE = (ROOMS_OPEN - 1) * PEOPLE + FEW

CLASSES = ("trunk", "secondary", "tertiary", "residential", "unclassified", "primary", "service")
LIMITS = {"trunk": "60", "primary": "60", "secondary": "50"}

SOURCES = """\
[towns]
file = "towns.geojson"
datum = "WGS84"
year = 2021

[venues]
file = "venues.csv"
datum = "WGS84"

[demand]
file = "demand.csv"
datum = "WGS84"
population = "resident"
year = 2020

[roads]
file = "roads.osm.pbf"
"""

TOML = f"""\
[study]
name = "测试区科普设施覆盖分析"
date = 2026-11-01
buffer_km = 2
thresholds = [5, 15, 30]

{SOURCES}
[[standards]]
key = "room"
name = "社区科普活动室步行5分钟"
types = ["room.community"]
mode = "walk"
minutes = 5
goal = 0.1

[[standards]]
key = "hall"
name = "科普场馆驾车30分钟"
types = ["town.hall"]
mode = "car"
minutes = 30
goal = 0.9

[[standards]]
key = "book"
name = "农家书屋电动自行车15分钟"
types = ["rural.bookhouse"]
mode = "ebike"
minutes = 15
goal = 0.5
group = "farmers"
area = "rural"
"""

Row = dict[str, str]


def lon(column: float) -> float:
    return WEST + STEP * column


def lat(row: float) -> float:
    return SOUTH + STEP * row


def node_id(column: int, row: int) -> int:
    return 1000 + 20 * row + column


@dataclass
class Files:
    """The inputs of a study, to be changed in one thing and written."""

    demand: list[Row]
    venues: list[Row]
    towns: dict
    toml: str
    nodes: dict[int, tuple[float, float, dict[str, str]]]
    ways: dict[int, tuple[list[int], dict[str, str]]]
    east: float = 0.0
    north: float = 0.0
    csv_bytes: dict[str, Callable[[str], bytes]] = field(default_factory=dict)
    after: list[Callable[[Path], None]] = field(default_factory=list)

    def say(self, old: str, new: str) -> None:
        """Change the study file."""
        assert self.toml.count(old) == 1, old
        self.toml = self.toml.replace(old, new)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in (("demand.csv", self.demand), ("venues.csv", self.venues)):
            encode = self.csv_bytes.get(name, lambda text: text.encode("utf-8-sig"))
            (folder / name).write_bytes(encode(csv_text(rows)))
        (folder / "towns.geojson").write_text(
            json.dumps(self.towns, ensure_ascii=False), encoding="utf-8"
        )
        write_roads(folder / "roads.osm.pbf", self.nodes, self.ways)
        study = folder / "study.toml"
        study.write_text(self.toml, encoding="utf-8")
        for change in self.after:
            change(folder)
        return study


def csv_text(rows: list[Row]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def write_roads(path: Path, nodes: dict, ways: dict, blocks: int = 1) -> None:
    """Write a `.osm.pbf`; `blocks` for the nodes and as many for the ways."""
    parts = []
    for number, things in enumerate([nodes] * blocks + [ways] * blocks):
        names = sorted(things)
        part = path.with_suffix(f".{number}.pbf")
        with osmium.SimpleWriter(str(part), overwrite=True) as file:
            share = -(-len(names) // blocks)
            for name in names[number % blocks * share :][:share]:
                if things is nodes:
                    x, y, tags = nodes[name]
                    file.add_node(osmium.osm.mutable.Node(id=name, location=(x, y), tags=tags))
                else:
                    refs, tags = ways[name]
                    file.add_way(osmium.osm.mutable.Way(id=name, nodes=refs, tags=tags))
        parts.append(part.read_bytes())
        part.unlink()
    head = block_ends(parts[0])[0]
    path.write_bytes(parts[0][:head] + b"".join(part[head:] for part in parts))


def block_ends(data: bytes) -> list[int]:
    """Return where each block of a PBF ends, by the frame alone."""
    ends, at = [], 0
    while at < len(data):
        header = data[at + 4 : at + 4 + int.from_bytes(data[at : at + 4], "big")]
        size, shift, place = 0, 0, header.rindex(b"\x18") + 1
        while True:
            size |= (header[place] & 127) << shift
            if header[place] < 128:
                break
            shift, place = shift + 7, place + 1
        at += 4 + len(header) + size
        ends.append(at)
    return ends


def healthy(east: float = 0.0, north: float = 0.0) -> Files:
    """Make the study; `east` and `north` move all of it, degrees."""
    demand, venues = places(), []
    venues = sites(demand)
    files = Files(demand, venues, outlines(), TOML, *roads(), east, north)
    if east or north:
        for row in (*demand, *venues):
            row["经度"] = f"{float(row['经度']) + east:.6f}"
            row["纬度"] = f"{float(row['纬度']) + north:.6f}"
        for feature in files.towns["features"]:
            (ring,) = feature["geometry"]["coordinates"]
            ring[:] = [[x + east, y + north] for x, y in ring]
        files.nodes = {k: (x + east, y + north, t) for k, (x, y, t) in files.nodes.items()}
    return files


def outlines() -> dict:
    features = []
    for (code, name, kind), (west, east) in zip(TOWNS, pairwise(BORDERS), strict=True):
        ring = [
            [round(lon(x), 6), round(lat(y), 6)]
            for x, y in (
                (west, SOUTH_BORDER),
                (east, SOUTH_BORDER),
                (east, NORTH_BORDER),
                (west, NORTH_BORDER),
                (west, SOUTH_BORDER),
            )
        ]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name, "kind": kind, "edition_year": 2021},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def spots() -> list[tuple[float, float]]:
    """Return the places: two on each edge of the inner grid, and one on the western border."""
    found = [
        (lon(i + share), lat(j) + BESIDE)
        for j in INNER_ROWS
        for i in INNER_COLUMNS[:-1]
        for share in (0.3, 0.7)
    ]
    found += [
        (lon(i) + BESIDE, lat(j + share))
        for i in INNER_COLUMNS
        for j in INNER_ROWS[:-1]
        for share in (0.3, 0.7)
    ]
    return [*found, (113.0152, lat(2) + BESIDE)]


def places() -> list[Row]:
    rows = []
    for number, (x, y) in enumerate(spots()):
        town = sum(x > lon(border) for border in BORDERS[1:-1])
        code, name, kind = TOWNS[town]
        people = PEOPLE if number else FEW
        rural = kind == "rural"
        rows.append(
            {
                "代码": f"{code}{number + 1:03d}",
                "名称": f"{name[:2]}{number:03d}号{'村' if rural else '社区'}",
                "所属镇街": name,
                "经度": f"{x:.6f}",
                "纬度": f"{y:.6f}",
                "常住人口": str(people),
                "城乡": "乡村" if rural else "城镇",
                "老年人口": str(people // 5),
                "农民人口": str(people * 3 // 5 if rural else 0),
                "点位精度": "C",
            }
        )
    return rows


def sites(demand: list[Row]) -> list[Row]:
    rows: list[Row] = []

    def add(kind: str, name: str, x: float, y: float, status: str = "在用", town: str = "") -> None:
        rows.append(
            {
                "编号": f"{13001 + len(rows):06d}",
                "名称": name,
                "类型": kind,
                "所属镇街": town,
                "经度": f"{x:.6f}",
                "纬度": f"{y:.6f}",
                "状态": status,
                "容量": "40",
                "容量单位": "座",
                "地址": "测试路1号",
                "来源": "测试",
                "数据日期": "2026-10-01",
            }
        )

    def room(number: int, status: str) -> None:
        place = demand[number]
        x, y = float(place["经度"]), float(place["纬度"])
        level = abs((y - SOUTH) / STEP - round((y - SOUTH) / STEP)) < 0.05
        x, y = (x, y - BESIDE / 2) if level else (x - BESIDE / 2, y)
        add("社区科普活动室", f"{place['名称']}活动室", x, y, status, place["所属镇街"])

    for number in range(0, 240, 6):
        room(number, "在用")
    for number, status in ((3, "停用"), (9, "候选"), (15, "拟建")):
        room(number, status)
    add("社区科普活动室", "邻区活动室", 113.0147, lat(2) + BESIDE / 2)
    for number, (i, j) in enumerate(((3, 5), (6, 5), (9, 5), (1, 9))):
        add("镇（街道）科普场馆", f"{'东西南北'[number]}科普馆", lon(i), lat(j) + BESIDE)
    for number in range(10):
        add("农家书屋", f"第{number}农家书屋", lon(1 + number), lat(4.5))
    for number in range(4):
        add("国家级科普教育基地", f"第{number}基地", lon(3 + 2 * number), lat(7.4))
    return rows


def roads() -> tuple[dict, dict]:
    nodes = {node_id(i, j): (round(lon(i), 7), round(lat(j), 7), {}) for i in COLUMNS for j in ROWS}
    ends = ((4, 10.3), (9, 10.3), (0, 0.4), (13, 0.4), (0, 9.6), (13, 9.6))
    nodes |= {n: (round(lon(x), 7), round(lat(y), 7), {}) for n, (x, y) in enumerate(ends, 1)}
    ways: dict[int, tuple[list[int], dict[str, str]]] = {}

    def add(refs: list[int], **tags: str) -> None:
        """Draw a straight road with a node in its middle, as most roads have."""
        (x1, y1, _), (x2, y2, _) = nodes[refs[0]], nodes[refs[1]]
        middle = 5000 + len(ways)
        nodes[middle] = (round((x1 + x2) / 2, 7), round((y1 + y2) / 2, 7), {})
        ways[1 + len(ways)] = ([refs[0], middle, refs[1]], tags)

    for j in ROWS:
        for i in COLUMNS[:-1]:
            kind = CLASSES[j % len(CLASSES)]
            limit = {"maxspeed": LIMITS[kind]} if kind in LIMITS else {}
            add([node_id(i, j), node_id(i + 1, j)], highway=kind, name=f"横{j}路", **limit)
    for i in COLUMNS:
        for j in ROWS[:-1]:
            kind = CLASSES[i % 5]
            add([node_id(i, j), node_id(i, j + 1)], highway=kind, name=f"纵{i}路")
    add([1, 2], highway="motorway", oneway="yes", maxspeed="100", ref="G0000")
    add([node_id(3, 10), 1], highway="motorway_link", oneway="yes")
    add([2, node_id(10, 10)], highway="motorway_link", oneway="yes")
    add([3, 4], waterway="river", name="测试江")
    add([5, 6], railway="rail", name="测试铁路")
    return nodes, ways


def edge(ways: dict, start: tuple[int, int], end: tuple[int, int]) -> int:
    """Return the way between two crossings of the grid."""
    wanted = {node_id(*start), node_id(*end)}
    return next(number for number, (refs, _) in ways.items() if {refs[0], refs[-1]} == wanted)
