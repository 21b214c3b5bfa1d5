"""Faults of what the study file declares beside its files, and of outlines: more of A, C, O, V."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from kepu.geo.crs import WGS84, transform, wgs84_to_gcj02

from . import kinds

planted = kinds.planted
STANDARDS = '[[standards]]\nkey = "room"'
VENUES = 'file = "venues.csv"\ndatum = "WGS84"\n'


def before_standards(f, text):
    f.say(STANDARDS, f"{text}\n\n{STANDARDS}")


# A: official totals and estimated groups
def control(text):
    return lambda f: before_standards(f, f'[control]\nsource = "年鉴"\n{text}')


for name, code, says, text in (
    ("of towns beyond the district's", "E-CONTROL-DISTRICT", "1000",
     "district_total = 1000\ntotals = { 441802901 = 2000 }"),
    ("of a town that is not there", "E-CONTROL-EMPTY", "441802999", "totals = { 441802999 = 2 }"),
    ("below zero", "E-CONTROL-VALUE", "441802901", "totals = { 441802901 = -1 }"),
):  # fmt: skip
    planted(f"A official people {name}", 3, code, says=(says,))(control(text))


def rule(f, group, basis, urban, rest=""):
    words = f'group = "{group}"\nbasis = "{basis}"\nurban = {urban}\nrural = 0.2\n{rest}'
    before_standards(f, f'[[groups]]\n{words}source = "抽样"')


for name, code, rest in (
    ("a share of 20", "E-GROUP-RULE", ("youth", "share", 20)),
    ("more than all people", "E-GROUP-TOTAL", ("youth", "total", 1, "total = 900000\n")),
    ("of a group that the table has", "E-GROUP-TWICE", ("elderly", "share", 0.2)),
):
    planted(f"A an estimate: {name}", 3, code, says=(f"groups.{rest[0]}",))(
        lambda f, rest=rest: rule(f, *rest)
    )
planted("A an estimated group", 0, "W-GROUP-ESTIMATED", says=("青少年", "抽样"))(
    lambda f: rule(f, "youth", "share", 0.1)
)

# O6: columns, editions, modes, trips
for name, code, text in (
    ("a column that there is not", "E-COLUMN-NAME", 'namme = "名称"'),
    ("a header that there is not", "E-COLUMN-HEADER", 'name = "名字"'),
    ("one header for two columns", "E-COLUMN-TWICE", 'name = "来源"\naddress = "来源"'),
):
    planted(f"O6 {name}", 3, code, says=("venues.csv",))(
        lambda f, text=text: f.say(VENUES, f"{VENUES}\n[venues.columns]\n{text}\n")
    )
planted("O6 a row of the header that there is not", 3, "E-HEADER-ROW", says=("venues.csv", "500"))(
    lambda f: f.say(VENUES, f"{VENUES}header = 500\n")
)
planted("O6 a mode that is not asked for", 3, "E-STANDARD-MODE", says=("book",))(
    lambda f: f.say("buffer_km = 2", 'buffer_km = 2\nmodes = ["walk", "car"]')
)
planted("O6 a path as Windows writes it", 3, "E-TOML-BACKSLASH", says=("study.toml",))(
    lambda f: f.say('"venues.csv"', r'"资料\venues.csv"')
)


@planted("O6 a study file in GBK", 3, "E-TOML-ENCODING", says=("study.toml",))
def _(f):
    def as_gbk(folder):
        path = folder / "study.toml"
        path.write_bytes(path.read_text("utf-8").encode("gbk"))

    f.after.append(as_gbk)


planted("V12 the people are of another year", 0, "W-EDITION", says=("towns.geojson", "2024"))(
    lambda f: f.say("year = 2020", "year = 2024")
)


def timed(f, rows):
    before_standards(f, '[calibration]\nfile = "trips.csv"\nsource = "实测"')
    text = "起点,终点,方式,分钟\n" + "\n".join(rows) + "\n"
    f.after.append(lambda folder: (folder / "trips.csv").write_text(text, "utf-8"))


planted("A few timed trips", 0, "W-TRIPS-FEW", says=("步行",))(
    lambda f: timed(f, ["441802901001,013001,步行,1"])
)
for name, code, row in (
    ("to nowhere", "Q-TRIP-END", "441802901001,别处,步行,1"),
    ("of eleven hours", "Q-TRIP-MINUTES", "441802901001,013001,步行,660"),
):
    planted(f"A a timed trip {name}", 0, code, "W-TRIPS-FEW", says=("trips.csv", "第3行"))(
        lambda f, row=row: timed(f, ["441802901001,013001,步行,1", row])
    )


def reported(f, row):
    before_standards(f, '[targets]\nfile = "reported.csv"')
    text = f"目标,现状\n科普讲师团成员,85\n{row}\n"
    f.after.append(lambda folder: (folder / "reported.csv").write_text(text, "utf-8"))


def is_set_apart(found, _):
    table = (found.out / "quarantine" / "targets.csv").read_text("utf-8-sig")
    assert len(table.splitlines()) == 2


for name, code, row in (
    ("of no target", "Q-TARGET-NAME", "没有的目标,5"),
    ("that may be a share", "Q-TARGET-PERCENT", "outcome.literacy,0.16"),
    ("in percent of a count", "Q-TARGET-COUNT", "people.volunteers,50%"),
):
    planted(f"A12 a figure {name}", 2, code, says=("reported.csv", "第3行"),
            also=is_set_apart)(lambda f, row=row: reported(f, row))  # fmt: skip


# C5, C6: tables in metres
def in_metres(f, table, code):
    rows = getattr(f, table)
    lon, lat = (np.array([float(row[name]) for row in rows]) for name in ("经度", "纬度"))
    east, north = transform(lon, lat, WGS84, code)
    for row, x, y in zip(rows, east, north, strict=True):
        row["经度"], row["纬度"] = f"{x:.2f}", f"{y:.2f}"


def declared(f, code):
    f.say(VENUES, VENUES.replace("WGS84", f"EPSG:{code}"))


planted("C6 venues in metres, declared", 0, "W-PLANE", says=("venues.csv", "EPSG:4547"))(
    lambda f: (in_metres(f, "venues", 4547), declared(f, 4547))
)
planted("C6 venues in metres of the next zone", 3, "E-ZONE", says=("venues.csv", "EPSG:4547"))(
    lambda f: (in_metres(f, "venues", 4547), declared(f, 4546))
)
planted("C6 one venue in other metres", 2, "Q-METRES", "W-PLANE", says=("第3行",), room=-1000,
        table="venues", row=3)(
    lambda f: (
        in_metres(f, "venues", 4547), declared(f, 4547), f.venues[1].update(经度="9123456.5")
    )
)  # fmt: skip
planted("C5 numbers that fit no axis", 3, "E-PLANE-AXES", says=("venues.csv",))(
    lambda f: (declared(f, 4547), [row.update(经度="1234.5", 纬度="1234.5") for row in f.venues])
)


# V: outlines
def shifted(path):
    towns = gpd.read_file(path)
    moved = shapely.transform(towns.geometry, lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T)))
    towns.set_geometry(moved).to_file(path)


planted("C2 outlines in GCJ-02 under the label of WGS 84", 0, "W-DATUM-LABEL",
        says=("towns.gpkg", "GCJ02"))(
    lambda f: kinds.as_layer(f, "towns.gpkg", datum="GCJ02", change=shifted)
)  # fmt: skip


@planted("V5 a hole that is real", 0, "W-GAP-ACCEPTED", says=("towns.geojson",))
def _(f):
    x = kinds.ring(f, 0)[1][0]
    south, north, west = 23.7035, 23.7065, x - 0.003
    kinds.ring(f, 0)[2:2] = [[x, south], [west, south], [west, north], [x, north]]
    f.say("year = 2021", "year = 2021\naccept_gaps = true")


@planted("V4 a part left over from drawing", 0, "W-SLIVER", says=("水口镇",))
def _(f):
    x, y = kinds.ring(f, 2)[1]
    speck = [[x + 0.01, y], [x + 0.0101, y], [x + 0.0101, y + 0.0001], [x + 0.01, y]]
    shape = kinds.town(f, 2)["geometry"]
    shape.update(type="MultiPolygon", coordinates=[shape["coordinates"], [speck]])


@planted("V4 a vertex far away", 3, "E-TOWN-EXTENT", says=("towns.geojson",))
def _(f):
    kinds.ring(f, 2)[1][0] += 20


@planted("V4 outlines in metres", 3, "E-NOT-DEGREES", says=("towns.geojson",))
def _(f):
    for number in range(3):
        kinds.ring(f, number)[:] = [[x * 3500, y * 110_000] for x, y in kinds.ring(f, number)]


planted("V12 kinds of towns not stated", 0, "W-TOWN-KIND", says=("河东街道",))(
    lambda f: [t["properties"].pop("kind") for t in f.towns["features"]]
)
planted("V2 a .prj in GBK", 3, "E-SHP-PRJ", says=("towns.prj",))(
    lambda f: kinds.as_layer(
        f, "towns.shp", encoding="utf-8",
        change=lambda path: path.with_suffix(".prj").write_bytes("坐标系".encode("gbk")),
    )
)  # fmt: skip
planted("V2 a .cpg that is not true", 3, "E-SHP-CPG", says=("towns.shp",))(
    lambda f: kinds.as_layer(
        f, "towns.shp", encoding="gbk",
        change=lambda path: path.with_suffix(".cpg").write_text("UTF-8", "ascii"),
    )
)  # fmt: skip


# N: addresses
def address(text):
    return lambda f: f.venues[1].update(经度="", 纬度="", 所属镇街="河东街道", 地址=text)


planted("N1 an address in the place of coordinates", 0, "W-ADDRESSES", says=("venues.csv", "3"))(
    address("河东街道河东002号社区")
)
for name, code, text in (
    ("that nobody knows", "Q-ADDRESS-UNKNOWN", "河东街道无名村"),
    ("that names only a town", "Q-ADDRESS-COARSE", "河东街道"),
    ("that is empty", "Q-ADDRESS-EMPTY", ""),
):
    planted(f"N1 an address {name}", 2, code, says=("第3行",), room=-1000, table="venues", row=3)(
        address(text)
    )
