"""Tables in spatial files, in metres, and mended: the same rows, the same people."""

from __future__ import annotations

import csv
import datetime
import json
import shutil
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from kepu.geo.crs import WGS84, transform, wgs84_to_gcj02
from kepu.geo.errors import LayerError
from kepu.layers.demand import read_demand
from kepu.layers.ledger import FORMULA_STARTS, Ledger, unprotected
from kepu.layers.plane import likely_systems
from kepu.layers.venues import read_venues
from kepu.results import write_quarantine

HEADER = ("编号", "名称", "类型", "所属镇街", "经度", "纬度", "状态")
DATE = datetime.date(2026, 11, 1)
LON, LAT = 113.02123, 23.65123


def read(path: Path, towns: GeoDataFrame, **options: Any) -> tuple[GeoDataFrame, Ledger]:
    plain: dict[str, Any] = {"datum": "WGS84", "buffer_metres": 15_000.0, "date": DATE}
    venues, ledger = read_venues(path, towns=towns, **{**plain, **options})
    assert len(venues) == ledger.ok
    assert all(fault.zh and fault.en for fault in ledger.faults + ledger.warnings)
    ledger.balance()
    return venues, ledger


def outcome(path: Path, towns: GeoDataFrame, **options: Any) -> set[str]:
    """The codes of all that a file was told."""
    try:
        _, ledger = read(path, towns, **options)
    except LayerError as error:
        assert str(error)
        return {fault.code for fault in error.faults}
    return {fault.code for fault in ledger.faults + ledger.warnings}


def points(**columns: Any) -> GeoDataFrame:
    plain = {
        "编号": ["01", "02"],
        "名称": ["甲村书屋", "乙村书屋"],
        "类型": ["农家书屋"] * 2,
        "状态": ["在用"] * 2,
    }
    shapes = [Point(LON, LAT), Point(LON + 0.03, LAT)]
    return GeoDataFrame({**plain, **columns}, geometry=shapes, crs=4326)


def as_file(frame: GeoDataFrame, path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        # Shapefiles cannot hold the names that are tried here.
        warnings.simplefilter("ignore")
        frame.to_file(path, **options)
    return path


SHORT = {"编号": "id", "名称": "name", "类型": "type", "状态": "status"}


def shapefile(folder: Path, encoding: str = "utf-8", **columns: Any) -> Path:
    folder.mkdir(exist_ok=True)
    return as_file(points(**columns).rename(columns=SHORT), folder / "v.shp", encoding=encoding)


# Formats


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp", "zip"])
def test_points_of_every_format(tmp_path: Path, towns: GeoDataFrame, kind: str) -> None:
    if kind in ("shp", "zip"):
        path = shapefile(tmp_path / "s")
    else:
        path = as_file(points(), tmp_path / f"v.{kind}")
    if kind == "zip":
        shutil.make_archive(str(tmp_path / "v"), "zip", tmp_path / "s")
        path = tmp_path / "v.zip"
    venues, ledger = read(path, towns)
    assert venues.index.tolist() == ["01", "02"]
    assert venues["name"].tolist() == ["甲村书屋", "乙村书屋"]
    x, y = transform(np.array([LON]), np.array([LAT]), WGS84, towns.crs)
    assert venues.geometry.iloc[0].distance(Point(x[0], y[0])) < 1e-3
    assert ledger.file == path.name
    assert ledger.warnings == []


def test_a_file_in_metres_bears_its_system(tmp_path: Path, towns: GeoDataFrame) -> None:
    expected, _ = read(as_file(points(), tmp_path / "d.gpkg"), towns, datum=None)
    for number in (4547, 4526, 32649):
        path = as_file(points().to_crs(number), tmp_path / f"{number}.gpkg")
        for datum in (None, f"EPSG:{number}"):
            venues, ledger = read(path, towns, datum=datum)
            assert venues.geometry.geom_equals_exact(expected.geometry, 0.01).all()
            assert {fault.code for fault in ledger.warnings} == {"W-PLANE"}
        assert outcome(path, towns, datum="WGS84") == {"E-DATUM-CLASH"}


def test_shifted_points_labelled_wgs84(tmp_path: Path, towns: GeoDataFrame) -> None:
    x, y = wgs84_to_gcj02(np.array([LON, LON + 0.03]), np.array([LAT, LAT]))
    frame = points().set_geometry(geopandas.points_from_xy(x, y), crs=4326)
    venues, ledger = read(as_file(frame, tmp_path / "v.gpkg"), towns, datum="GCJ02")
    plain, _ = read(as_file(points(), tmp_path / "w.gpkg"), towns)
    assert venues.geometry.geom_equals_exact(plain.geometry, 0.01).all()
    assert {fault.code for fault in ledger.warnings} == {"W-DATUM-LABEL"}


Spoil = Callable[[GeoDataFrame], GeoDataFrame]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda f: f.assign(经度="1", 纬度="2"), {"W-GEOMETRY"}),
        (lambda f: f.set_geometry([f.geometry[0], None]), {"Q-MISSING"}),
        (lambda f: f.set_geometry([f.geometry[0], box(113, 23.6, 113.01, 23.61)]), {"Q-POINT"}),
        (lambda f: f.set_geometry([f.geometry[0], Point(LAT, LON)]), {"Q-SWAPPED"}),
        (lambda f: f.set_geometry([Point(LAT, LON)] * 2), {"E-SWAPPED"}),
        (lambda f: f.set_geometry([f.geometry[0], Point(0, 0)]), {"Q-NULL-POINT"}),
        (lambda f: f.drop(columns="状态"), {"E-HEADER-MISSING"}),
        (lambda f: f.iloc[:0], {"E-EMPTY"}),
    ],
)
def test_points_that_are_wrong(
    tmp_path: Path, towns: GeoDataFrame, spoil: Spoil, expected: set[str]
) -> None:
    assert outcome(as_file(spoil(points()), tmp_path / "v.gpkg"), towns) == expected


def test_attributes_count_where_the_study_says_so(tmp_path: Path, towns: GeoDataFrame) -> None:
    frame = points(x0=["113.03456", "113.03457"], y0=["23.65123", "23.65124"])
    path = as_file(frame, tmp_path / "v.gpkg")
    venues, _ = read(path, towns, columns={"lon": "x0", "lat": "y0"})
    x, _y = transform(np.array([113.03456]), np.array([23.65123]), WGS84, towns.crs)
    assert venues.geometry.x.iloc[0] == pytest.approx(x[0], abs=1e-3)


def test_layers_of_a_geopackage(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = as_file(points(), tmp_path / "v.gpkg", layer="一")
    as_file(points(), path, layer="二")
    assert outcome(path, towns) == {"E-SHEET"}
    assert outcome(path, towns, sheet="三") == {"E-SHEET"}
    assert outcome(path, towns, sheet="二") == set()
    assert outcome(path, towns, sheet="二", header=1) == {"E-HEADER-ROW"}


# Cut and damaged


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "zip"])
def test_cut_files_stop(tmp_path: Path, towns: GeoDataFrame, kind: str) -> None:
    if kind == "zip":
        shapefile(tmp_path / "s")
        path = Path(shutil.make_archive(str(tmp_path / "v"), "zip", tmp_path / "s"))
    else:
        path = as_file(points(), tmp_path / f"v.{kind}")
    whole = path.read_bytes()
    for share in (0.3, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert outcome(path, towns) <= {"E-DAMAGED", "E-GEOJSON"}, share
        assert outcome(path, towns)


def test_a_page_of_zeros_in_a_geopackage_stops(tmp_path: Path, towns: GeoDataFrame) -> None:
    names = [f"{i}村书屋" * 20 for i in range(400)]
    frame = GeoDataFrame(
        {"编号": names, "名称": names, "类型": "农家书屋", "状态": "在用"},
        geometry=[Point(LON, LAT)] * 400,
        crs=4326,
    )
    path = as_file(frame, tmp_path / "v.gpkg")
    with sqlite3.connect(path) as database:
        size = database.execute("PRAGMA page_size").fetchone()[0]
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name='v'").fetchone()
    database.close()
    data = bytearray(path.read_bytes())
    data[(root - 1) * size : root * size] = bytes(size)
    path.write_bytes(data)
    assert outcome(path, towns) == {"E-DAMAGED"}


@pytest.mark.parametrize("name", ["设施#2", "设施%41", "设施?x"])
def test_names_that_mean_something_in_a_uri(tmp_path: Path, towns: GeoDataFrame, name: str) -> None:
    path = as_file(points(), tmp_path / "v.gpkg", layer="v").rename(tmp_path / f"{name}.gpkg")
    assert len(read(path, towns)[0]) == len(points())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert outcome(path, towns) == {"E-DAMAGED"}


@pytest.mark.parametrize("part", [".shp", ".dbf", ".shx"])
def test_a_part_that_is_cut_or_missing_stops(
    tmp_path: Path, towns: GeoDataFrame, part: str
) -> None:
    path = shapefile(tmp_path).with_suffix(part)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert outcome(tmp_path / "v.shp", towns) == {"E-SHP-CUT"}
    path.unlink()
    expected = "E-FILE-MISSING" if part == ".shp" else "E-SHP-PART"
    assert outcome(tmp_path / "v.shp", towns) == {expected}


def test_archives_with_no_shapefile_or_two(tmp_path: Path, towns: GeoDataFrame) -> None:
    for names in ((), ("a.shp", "b/b.shp")):
        with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
            archive.writestr("readme.txt", "x")
            for name in names:
                archive.writestr(name, b"")
        assert outcome(tmp_path / "v.zip", towns) == {"E-SHEET"}


# Text of Shapefiles


@pytest.mark.parametrize(
    ("encoding", "page", "language", "expected"),
    [
        ("utf-8", "UTF-8", None, set()),
        ("utf-8", None, None, {"W-SHP-CPG"}),
        ("gb18030", "GBK", None, set()),
        ("gb18030", "936", None, set()),
        ("gb18030", None, None, {"W-SHP-CPG"}),
        ("gb18030", None, 0x4D, set()),
        ("utf-8", None, 0x57, {"W-SHP-CPG"}),
        ("gb18030", "UTF-8", None, {"E-SHP-CPG"}),
        ("utf-8", "ISO-8859-1", None, {"W-SHP-CPG"}),
        ("gb18030", "1252", None, {"W-SHP-CPG"}),
        ("big5", None, None, {"E-SHP-CPG"}),
        ("utf-8", "whatever", None, {"E-SHP-CPG"}),
    ],
)
def test_encodings_of_shapefiles(
    tmp_path: Path, towns: GeoDataFrame, encoding: str, page: str | None,
    language: int | None, expected: set[str],
) -> None:  # fmt: skip
    names = ["龍潭圖書館", "廣場"] if encoding == "big5" else ["甲村书屋", "乙村书屋"]
    kinds = ["rural.bookhouse"] * 2
    path = shapefile(tmp_path, encoding, 名称=names, 类型=kinds, 状态=["open"] * 2)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if page:
        path.with_suffix(".cpg").write_text(page)
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[29] = language or 0
    path.with_suffix(".dbf").write_bytes(data)
    assert outcome(path, towns) == expected
    if not any(code.startswith("E-") for code in expected):
        assert read(path, towns)[0]["name"].tolist() == names


def test_cut_names_of_fields_need_a_word(tmp_path: Path, towns: GeoDataFrame) -> None:
    long = points().rename(columns=SHORT | {"编号": "venue_id_2021"})
    path = as_file(long, tmp_path / "v.shp", encoding="utf-8")
    assert outcome(path, towns) == {"E-HEADER-MISSING"}
    assert outcome(path, towns, columns={"venue": "venue_id_2"}) == {"W-HEADER-CUT"}
    demand = GeoDataFrame(
        {"place": ["1"], "name": ["甲村"], "population_2020": [5], "population_2021": [6]},
        geometry=[Point(LON, LAT)],
        crs=4326,
    )
    as_file(demand, tmp_path / "d.shp", encoding="utf-8")
    with pytest.raises(LayerError) as error:
        read_demand(tmp_path / "d.shp", datum=None, towns=towns)
    assert [fault.code for fault in error.value.faults] == ["E-HEADER-CUT"]
    places, _ = read_demand(
        tmp_path / "d.shp", datum=None, towns=towns, columns={"people": "populati_1"}
    )
    assert places["people"].tolist() == [6]


# Metres in tables


def plane_table(
    folder: Path, number: int, headers: tuple[str, str], north_first: bool, shift: float = 0.0
) -> Path:
    frame = points().to_crs(number)
    with (folder / "v.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "名称", "类型", "状态", *headers])
        for name, shape in zip(frame["编号"], frame.geometry, strict=True):
            pair = (shape.x + shift, shape.y)
            texts = [f"{metres:.3f}" for metres in (pair[::-1] if north_first else pair)]
            writer.writerow([name, f"{name}书屋", "农家书屋", "在用", *texts])
    return folder / "v.csv"


@pytest.mark.parametrize("number", [4547, 4526, 4497])
@pytest.mark.parametrize("headers", [("X坐标", "Y坐标"), ("横坐标（米）", "纵坐标（m）")])
@pytest.mark.parametrize("north_first", [True, False])
def test_north_is_told_by_size(
    tmp_path: Path, towns: GeoDataFrame, number: int, headers: tuple[str, str], north_first: bool
) -> None:
    path = plane_table(tmp_path, number, headers, north_first)
    venues, ledger = read(path, towns, datum=f"EPSG:{number}")
    x, y = transform(np.array([LON]), np.array([LAT]), WGS84, towns.crs)
    assert venues.geometry.iloc[0].distance(Point(x[0], y[0])) < 0.01
    (warning,) = [fault for fault in ledger.warnings if fault.code == "W-PLANE"]
    assert warning.facts["north"] == headers[0 if north_first else 1]
    assert "西安80" in warning.zh


@pytest.mark.parametrize(
    ("number", "declared", "expected", "likely"),
    [
        (4526, "EPSG:4547", "E-ZONE", "EPSG:4526"),
        (4547, "EPSG:4526", "E-ZONE", "EPSG:4547"),
        (4546, "EPSG:4547", "E-ZONE", "EPSG:4546"),
        (4547, "WGS84", "E-PLANE", "EPSG:4547"),
        (4526, "CGCS2000", "E-PLANE", "EPSG:4526"),
        (4547, "GCJ02", "E-PLANE", "EPSG:4547"),
        (4497, "WGS84", "E-PLANE", "EPSG:4497"),
    ],
)
def test_another_zone_is_named(
    tmp_path: Path, towns: GeoDataFrame, number: int, declared: str, expected: str, likely: str
) -> None:
    for north_first in (True, False):
        path = plane_table(tmp_path, number, ("X坐标", "Y坐标"), north_first)
        with pytest.raises(LayerError) as error:
            read(path, towns, datum=declared)
        (fault,) = error.value.faults
        assert fault.code == expected
        assert likely in str(fault.facts["likely"]).split("、")


@pytest.mark.parametrize("number", [2383, 2362, 2435])
def test_old_datums_are_refused(tmp_path: Path, towns: GeoDataFrame, number: int) -> None:
    path = plane_table(tmp_path, 4547, ("X坐标", "Y坐标"), True)
    assert outcome(path, towns, datum=f"EPSG:{number}") == {"E-CRS-SHIFT"}
    old = as_file(points().set_crs(number, allow_override=True), tmp_path / "v.gpkg")
    assert outcome(old, towns, datum=None) == {"E-CRS-SHIFT"}


def test_metres_that_fit_no_way(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = plane_table(tmp_path, 4547, ("X坐标", "Y坐标"), True)
    text = path.read_text("utf-8-sig").replace("2616", "9916").replace("2617", "9917")
    path.write_text(text, "utf-8-sig")
    assert outcome(path, towns, datum="EPSG:4547") == {"E-PLANE-AXES"}


def test_rows_that_are_not_like_the_others(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = plane_table(tmp_path, 4547, ("X坐标", "Y坐标"), True)
    lines = path.read_text("utf-8-sig").splitlines()
    cells = lines[1].split(",")
    lines += [",".join(["a", "丙", *cells[2:4], cells[5], cells[4]])]
    lines += [",".join(["b", "丁", *cells[2:4], "113.02123", "23.65123"])]
    lines += [",".join(["c", "戊", *cells[2:4], *cells[4:6]])]
    path.write_text("\n".join(lines) + "\n", "utf-8-sig")
    _, ledger = read(path, towns, datum="EPSG:4547")
    assert [(f.row, f.code) for f in ledger.faults] == [(4, "Q-SWAPPED"), (5, "Q-METRES")]
    assert outcome(path, towns, datum="EPSG:9999999") == {"E-DATUM"}


def test_a_row_of_metres_among_degrees(tmp_path: Path, towns: GeoDataFrame) -> None:
    row = "农家书屋,,{},{},在用"
    lines = [",".join(HEADER), "1,甲," + row.format(LON, LAT), "2,乙," + row.format(LON, LAT)]
    lines += ["3,丙," + row.format("502000.5", "2616000.1")]
    (tmp_path / "v.csv").write_text("\n".join(lines) + "\n", "utf-8-sig")
    _, ledger = read(tmp_path / "v.csv", towns)
    assert [(f.row, f.code) for f in ledger.faults] == [(4, "Q-DEGREES-RANGE")]


def test_likely_systems_around_a_meridian() -> None:
    assert likely_systems(500_000.0, 114.0) == "EPSG:4547"
    assert likely_systems(38_500_000.0, 114.0) == "EPSG:4526"
    assert likely_systems(1.0, 114.0) == "—"


# Corrections


def csv_rows(folder: Path, rows: list[dict[str, str]], name: str = "v.csv") -> Path:
    with (folder / name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def venue(number: int, **cells: str) -> dict[str, str]:
    values = (f"V{number}", f"{number}号", "农家书屋", "", f"113.0{number}123", "23.65123", "在用")
    return {**dict(zip(HEADER, values, strict=True)), **cells}


def quarantine(ledger: Ledger, path: Path) -> list[dict[str, str]]:
    """The rows as `results` writes them: what a spreadsheet would run bears a '."""
    rows = ledger.quarantine.to_dict("records")
    return [
        {
            str(key): f"'{cell}" if str(cell).lstrip().startswith(FORMULA_STARTS) else str(cell)
            for key, cell in row.items()
        }
        for row in rows
    ]


@pytest.fixture
def mended(tmp_path: Path, towns: GeoDataFrame) -> tuple[Path, list[dict[str, str]]]:
    rows = [venue(1), venue(2, 状态="?"), venue(3, 经度="113,03"), venue(4, 名称="=1+1")]
    path = csv_rows(tmp_path, rows)
    _, ledger = read(path, towns)
    assert (ledger.ok, ledger.quarantined) == (1, 3)
    return path, quarantine(ledger, path)


def test_mended_rows_take_their_places(
    tmp_path: Path, towns: GeoDataFrame, mended: tuple[Path, list[dict[str, str]]]
) -> None:
    path, rows = mended
    rows[0]["状态"], rows[1]["经度"] = "停用", "113.03123"
    fed = csv_rows(tmp_path, rows, "q.csv")
    venues, ledger = read(path, towns, corrections=fed)
    assert venues.index.tolist() == ["V1", "V2", "V3"]
    assert (ledger.rows_in, ledger.ok, ledger.quarantined, ledger.corrected) == (4, 3, 1, 3)
    assert ledger.quarantine.loc[5, "名称"] == "=1+1"
    (warning,) = [fault for fault in ledger.warnings if fault.code == "W-CORRECTED"]
    assert (warning.facts["count"], warning.facts["still"]) == (3, 1)
    venues, ledger = read(path, towns, corrections=csv_rows(tmp_path, rows[1:2], "q.csv"))
    assert venues.index.tolist() == ["V1", "V3"]
    assert ledger.quarantined == 2


Change = Callable[[list[dict[str, str]]], object]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows.append(rows[0]), {"E-CORRECTION-TWICE"}),
        (lambda rows: rows[0].update(_row="2"), {"E-CORRECTION-ROW"}),
        (lambda rows: rows[0].update(_row="99"), {"E-CORRECTION-ROW"}),
        (lambda rows: rows[0].update(_row="x"), {"E-CORRECTION-ROW"}),
        (lambda rows: rows[0].update(_row="9" * 5000), {"E-CORRECTION-ROW"}),
        (lambda rows: rows[0].update(_file="other.csv"), {"E-CORRECTION-FILE"}),
        (lambda rows: rows[0].update(_sheet="一"), {"E-CORRECTION-FILE"}),
        (lambda rows: [row.update(新列="1") for row in rows], {"E-CORRECTION-COLUMNS"}),
        (lambda rows: [row.pop("类型") for row in rows], {"E-CORRECTION-COLUMNS"}),
        (lambda rows: [row.pop("_row") for row in rows], {"E-CORRECTION-COLUMNS"}),
    ],
)
def test_corrections_that_are_wrong(
    tmp_path: Path, towns: GeoDataFrame, mended: tuple[Path, list[dict[str, str]]],
    change: Change, expected: set[str],
) -> None:  # fmt: skip
    path, rows = mended
    rows = [dict(row) for row in rows]
    change(rows)
    assert outcome(path, towns, corrections=csv_rows(tmp_path, rows, "q.csv")) == expected


def test_mended_rows_with_lost_cells(tmp_path: Path, towns: GeoDataFrame) -> None:
    text = ",".join(HEADER) + "\n1,甲,农家书屋,,113.02123,23.65123,在用\n2,乙,农家书屋\n"
    (tmp_path / "v.csv").write_text(text, "utf-8-sig")
    _, ledger = read(tmp_path / "v.csv", towns)
    assert {f.code for f in ledger.faults} == {"Q-FIELDS"}
    rows = quarantine(ledger, tmp_path)
    rows[0].update(经度="113.03123", 纬度="23.65123", 状态="在用")
    fed = csv_rows(tmp_path, rows, "q.csv")
    assert read(tmp_path / "v.csv", towns, corrections=fed)[0].index.tolist() == ["1", "2"]


def test_people_balance_over_table_and_corrections(tmp_path: Path, towns: GeoDataFrame) -> None:
    header = ("代码", "名称", "经度", "纬度", "常住人口")
    lines = [("1", "甲村", "113.02123", "23.65123", "5"), ("2", "乙村", "", "", "7")]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    path = csv_rows(tmp_path, rows, "d.csv")
    _, ledger = read_demand(path, datum="WGS84", towns=towns)
    assert (ledger.people_ok, ledger.people_quarantined) == (5, 7)
    fixed = quarantine(ledger, path)
    fixed[0].update(经度="113.07123", 纬度="23.65123", 常住人口="8")
    fed = csv_rows(tmp_path, fixed, "q.csv")
    _, ledger = read_demand(path, datum="WGS84", towns=towns, corrections=fed)
    assert (ledger.people_in, ledger.people_ok, ledger.people_quarantined) == (13, 13, 0)


def test_a_file_with_no_good_row_can_be_mended(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = csv_rows(tmp_path, [venue(1, 状态="")])
    assert outcome(path, towns) == {"E-NONE-LEFT", "Q-MISSING"}
    row = {**venue(1), "_file": "v.csv", "_sheet": "", "_row": "2", "_code": "", "_column": ""}
    row |= dict.fromkeys(("_value", "_reason_zh", "_reason_en", "_remedy", "_population"), "")
    fed = csv_rows(tmp_path, [row], "q.csv")
    assert outcome(path, towns, corrections=fed) == {"W-CORRECTED"}


def test_a_header_that_a_spreadsheet_would_run_is_protected_and_fed_back(
    tmp_path: Path, towns: GeoDataFrame
) -> None:
    risky = "=HYPERLINK(1)"
    path = csv_rows(tmp_path, [venue(1, **{risky: "a"}), venue(2, 状态="?", **{risky: "-b"})])
    _, ledger = read(path, towns)
    write_quarantine(tmp_path, {"venues": ledger})
    fed = tmp_path / "quarantine" / "venues.csv"
    head, row = list(csv.reader(fed.read_text("utf-8-sig").splitlines()))
    assert risky not in head
    assert (head[7], row[7]) == (f"'{risky}", "'-b")
    fed.write_text(fed.read_text("utf-8-sig").replace("?", "停用", 1), "utf-8")
    venues, ledger = read(path, towns, corrections=fed)
    assert venues.index.tolist() == ["V1", "V2"]
    assert ledger.unknown == [risky]


@given(st.text(max_size=8))
def test_the_mark_of_protection_comes_off(cell: str) -> None:
    risky = cell.lstrip().startswith(FORMULA_STARTS) or cell[:1] in ("\t", "\r")
    if risky:
        assert unprotected(f"'{cell}") == cell
    if not cell.startswith("'"):
        assert unprotected(cell) == cell


@given(st.lists(st.tuples(st.floats(113, 113.1), st.floats(23.6, 23.7)), min_size=1, max_size=6))
def test_points_come_back_from_geojson(
    tmp_path_factory: pytest.TempPathFactory, towns: GeoDataFrame, places: list[tuple[float, float]]
) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"编号": str(i), "名称": f"{i}号", "类型": "农家书屋", "状态": "在用"},
            "geometry": {"type": "Point", "coordinates": place},
        }
        for i, place in enumerate(places)
    ]
    path = tmp_path_factory.mktemp("g") / "v.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    try:
        venues, _ = read(path, towns)
    except LayerError as error:
        assert [fault.code for fault in error.faults] == ["E-COARSE"]
        return
    x, y = transform(*np.array(places).T, WGS84, towns.crs)
    assert np.allclose(venues.geometry.x, x, atol=1e-3)
    assert np.allclose(venues.geometry.y, y, atol=1e-3)
