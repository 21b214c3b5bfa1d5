"""
A made district of two million edges, written in seconds: a grid of roads, a hundred metres apart.

The file of roads is encoded by hand (OpenStreetMap wiki, PBF Format): a writer that takes nodes one
by one needs longer than the run that is tried.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np

from .healthy import SOURCES

SIDE = 1000
"""Crossings a side: 2 x 1000 x 999 edges."""
WEST, SOUTH, STEP = 112.6, 23.2, 0.001
UNITS = 10_000_000
ROWS_A_BLOCK = 8
CLASSES = ("residential",) * 6 + ("tertiary",) * 2 + ("secondary", "primary")

TOML = f"""\
[study]
name = "两百万条边"
date = 2026-11-01
buffer_km = 2
thresholds = [15, 30]
horizon_minutes = 30
modes = ["car"]
land_points = 0

{SOURCES}
[[standards]]
key = "hall"
name = "科普场馆驾车15分钟"
types = ["town.hall"]
mode = "car"
minutes = 15
goal = 0.9
"""


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def turned(value: int) -> bytes:
    """Write a number that may be negative."""
    return varint(2 * value if value >= 0 else -2 * value - 1)


def steps(first: int, step: int, count: int) -> bytes:
    """Write numbers a step apart, as differences."""
    return turned(first) + turned(step) * (count - 1)


def field(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def blob(kind: bytes, body: bytes) -> bytes:
    packed = zlib.compress(body, 1)
    inner = varint(2 << 3) + varint(len(body)) + field(3, packed)
    head = field(1, kind) + varint(3 << 3) + varint(len(inner))
    return struct.pack(">I", len(head)) + head + inner


def write_roads(path: Path, side: int = SIDE) -> None:
    """Write side x side crossings, and a way along each row and column of them."""
    strings = ["", "highway", *dict.fromkeys(CLASSES)]
    table = field(1, b"".join(field(1, text.encode()) for text in strings))
    unit = round(STEP * UNITS)
    west, south = round(WEST * UNITS), round(SOUTH * UNITS)
    with path.open("wb") as stream:
        features = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
        stream.write(blob(b"OSMHeader", features))
        for begin in range(0, side, ROWS_A_BLOCK):
            rows = range(begin, min(begin + ROWS_A_BLOCK, side))
            count = len(rows) * side
            back = turned(-unit * (side - 1))
            lon = turned(west) + back.join([turned(unit) * (side - 1)] * len(rows))
            level = turned(0) * (side - 1)
            lat = turned(south + unit * begin) + turned(unit).join([level] * len(rows))
            dense = field(1, steps(1 + begin * side, 1, count)) + field(8, lat) + field(9, lon)
            stream.write(blob(b"OSMData", table + field(2, field(2, dense))))
        lines = [(1 + row * side, 1) for row in range(side)]
        lines += [(1 + column, side) for column in range(side)]
        for begin in range(0, len(lines), ROWS_A_BLOCK):
            ways = b""
            for number in range(begin, min(begin + ROWS_A_BLOCK, len(lines))):
                first, step = lines[number]
                kind = strings.index(CLASSES[number % len(CLASSES)])
                way = varint(8) + varint(number + 1) + field(2, varint(1))
                way += field(3, varint(kind)) + field(8, steps(first, step, side))
                ways += field(3, way)
            stream.write(blob(b"OSMData", table + field(2, ways)))


def write(folder: Path, *, places: int = 5_000, venues: int = 500, side: int = SIDE) -> Path:
    """Write a study on such roads; two towns, people and halls beside roads."""
    folder.mkdir(parents=True, exist_ok=True)
    write_roads(folder / "roads.osm.pbf", side)
    rng = np.random.default_rng(1)
    east, north = WEST + STEP * (side - 1), SOUTH + STEP * (side - 1)
    middle = (WEST + east) / 2
    features = []
    codes = (("441802901", "东街道"), ("441802902", "西镇"))
    for (code, name), (left, right) in zip(codes, ((middle, east), (WEST, middle)), strict=True):
        ring = [[left, SOUTH], [right, SOUTH], [right, north], [left, north], [left, SOUTH]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        own = {"代码": code, "名称": name}
        features.append({"type": "Feature", "properties": own, "geometry": shape})
    towns = {"type": "FeatureCollection", "features": features}
    (folder / "towns.geojson").write_text(json.dumps(towns, ensure_ascii=False), "utf-8")
    for name, header, count in (
        ("demand.csv", "代码,名称,所属镇街,经度,纬度,常住人口,城乡", places),
        ("venues.csv", "编号,名称,类型,经度,纬度,状态,来源,数据日期", venues),
    ):
        lon = WEST + STEP * (rng.integers(1, side - 1, count) + 0.4)
        lat = SOUTH + STEP * (rng.integers(1, side - 1, count) + rng.uniform(0.01, 0.04, count))
        lines = [header]
        for i, (x, y) in enumerate(zip(lon, lat, strict=True)):
            code, town = codes[0] if x > middle else codes[1]
            if name == "demand.csv":
                kind = "城镇" if town == "东街道" else "乡村"
                lines.append(f"{code}{i:04d},{i}号,{town},{x:.6f},{y:.6f},{100 + i % 900},{kind}")
            else:
                lines.append(
                    f"{i:06d},{i}馆,镇（街道）科普场馆,{x:.6f},{y:.6f},在用,测试,2026-10-01"
                )
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8-sig")
    study = folder / "study.toml"
    study.write_text(TOML, "utf-8")
    return study
